//! Who would gain or lose access if another policy held.

use serde::Serialize;

use crate::{
    decide::{Decision, decide},
    facts::Facts,
    policy::{Policy, Verdict},
};

/// What changes for one device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Its place among the facts that were given.
    pub place: usize,
    /// As it is.
    pub before: Decision,
    /// As it would be.
    pub after: Decision,
}

/// How many devices there are of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Totals {
    /// All.
    pub devices: usize,
    /// Would be given more than they are.
    pub gain: usize,
    /// Would be given less.
    pub lose: usize,
    /// The same verdict, by another rule.
    pub other_reason: usize,
    /// Would be allowed.
    pub allowed: usize,
    /// Would be held back.
    pub quarantined: usize,
    /// Would be blocked.
    pub blocked: usize,
}

/// Compares two policies over the same devices: those whose verdict would differ, in their order, and the totals.
#[must_use]
pub fn what_if<'a>(
    before: &Policy,
    after: &Policy,
    devices: impl IntoIterator<Item = &'a Facts>,
) -> (Vec<Difference>, Totals) {
    let (mut differences, mut totals) = (Vec::new(), Totals::default());
    for (place, facts) in devices.into_iter().enumerate() {
        let (before, after) = (decide(facts, before), decide(facts, after));
        totals.devices += 1;
        match after.verdict {
            Verdict::Allow => totals.allowed += 1,
            Verdict::Quarantine => totals.quarantined += 1,
            Verdict::Block => totals.blocked += 1,
        }
        if before.verdict == after.verdict {
            totals.other_reason += usize::from(before.reason != after.reason);
            continue;
        }
        if after.verdict > before.verdict {
            totals.gain += 1;
        } else {
            totals.lose += 1;
        }
        differences.push(Difference { place, before, after });
    }
    (differences, totals)
}
