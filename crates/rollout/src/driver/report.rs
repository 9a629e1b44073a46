//! What a step did.

use std::fmt;

use fleet::enrolment::EnrolmentId;
use serde::Serialize;

use crate::state::{Member, Phase, Rollout, ladder::Rung};

/// What a step did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Events taken.
    pub events: usize,
    /// There are more events than one step reads.
    pub more: bool,
    /// People told.
    pub told: usize,
    /// Devices whose person could not be told, and why. They are tried again.
    pub not_told: Vec<(EnrolmentId, String)>,
    /// Orders given, or given again.
    pub given: usize,
    /// Orders put off by the way to the devices. They are given again.
    pub put_off: usize,
    /// Waves that changed, by name.
    pub waves: Vec<(String, Phase)>,
    /// Devices that are done since.
    pub done: Vec<EnrolmentId>,
    /// Devices that failed, and why.
    pub failed: Vec<(EnrolmentId, String)>,
    /// Nothing is left to do.
    pub finished: bool,
}

impl Report {
    pub(super) fn compare(&mut self, before: &Rollout, after: &Rollout) {
        let changed = before.waves().zip(after.waves()).filter(|((_, was), (_, is))| was.phase != is.phase);
        self.waves = changed.map(|(_, (wave, state))| (wave.name.clone(), state.phase)).collect();
        for member in after.members() {
            let was = before.member(member.id()).map(Member::rung);
            match member.rung() {
                Rung::Done(_) if !matches!(was, Some(Rung::Done(_))) => self.done.push(member.id().clone()),
                Rung::Failed(failed) if !matches!(was, Some(Rung::Failed(_))) => {
                    self.failed.push((member.id().clone(), failed.failure.to_string()));
                }
                _ => {}
            }
        }
        self.finished = after.finished();
    }

    /// Nothing happened and nothing was done: there is no use in another step before something does.
    #[must_use]
    pub fn idle(&self) -> bool {
        self.events == 0
            && self.told == 0
            && self.given == 0
            && self.put_off == 0
            && !self.more
            && self.waves.is_empty()
            && self.done.is_empty()
            && self.failed.is_empty()
            && self.not_told.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} events, {} told, {} orders, {} done", self.events, self.told, self.given, self.done.len())?;
        if self.put_off > 0 {
            write!(f, ", {} put off", self.put_off)?;
        }
        for (wave, phase) in &self.waves {
            write!(f, "\n{wave}: {phase}")?;
        }
        for (device, why) in &self.failed {
            write!(f, "\n{device} failed: {why}")?;
        }
        for (device, why) in &self.not_told {
            write!(f, "\n{device}: its person could not be told: {why}")?;
        }
        Ok(())
    }
}
