//! The plan: a value that says who comes when, who is held back and why. Nothing happens by making one.

mod wave;

use std::{collections::BTreeMap, fmt};

use fleet::enrolment::EnrolmentId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use wave::{Errors, Gate, Wave, Who, place};

use crate::{
    inventory::{Device, Inventory, versions::Contradiction},
    limits::WAVES_MAX,
    readiness::{self, Conditions, Readiness, Reason},
};

/// How a rollout waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// The account's host name; tells our account from others on the device.
    pub host: String,
    /// Between telling a person and the first change on the device.
    pub notice: SignedDuration,
    /// Between export confirmed off and the account: Outlook takes up to a day to clean up what it exported.
    pub clean_up: SignedDuration,
    /// After how long without an answer a device is asked how things stand. Doubles each time.
    pub patience: SignedDuration,
}

impl Settings {
    /// What suits real fleets: a day of notice, a day of clean-up, an hour of patience.
    #[must_use]
    pub fn usual(host: &str) -> Self {
        let day = SignedDuration::from_hours(24);
        Self { host: host.to_owned(), notice: day, clean_up: day, patience: SignedDuration::from_hours(1) }
    }
}

/// Why waves are no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// None.
    #[error("a rollout needs at least one wave")]
    NoWaves,
    /// Too many.
    #[error("a rollout has at most {WAVES_MAX} waves")]
    TooManyWaves,
    /// Percentages beyond the whole.
    #[error("the waves' percentages add up to {0}, more than 100")]
    MoreThanAll(u32),
    /// A gate that nothing passes.
    #[error("wave {0}: more than 100 % cannot be done")]
    Gate(String),
    /// A name twice, or none.
    #[error("every wave needs a name of its own; {0:?} is not")]
    Name(String),
}

/// Where a device stands in the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Planned {
    /// The wave's place; `None`: no wave wants it.
    pub wave: Option<usize>,
    /// Whether it is ready.
    #[serde(flatten)]
    pub readiness: Readiness,
    /// Sources that do not agree on its iOS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contradiction: Option<Contradiction>,
}

/// Who comes when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The waves in order.
    pub waves: Vec<Wave>,
    /// Every device of the inventory.
    pub devices: BTreeMap<EnrolmentId, Planned>,
}

impl Plan {
    /// Judges and places every device.
    pub fn make(
        inventory: &Inventory,
        waves: Vec<Wave>,
        conditions: &Conditions,
        now: Timestamp,
    ) -> Result<Self, PlanError> {
        check(&waves)?;
        let planned = |device: &Device| Planned {
            wave: place(&waves, device),
            readiness: readiness::judge(device, conditions, now),
            contradiction: readiness::contradiction(device),
        };
        let devices = inventory.devices().map(|device| (device.id.clone(), planned(device))).collect();
        Ok(Self { waves, devices })
    }

    /// How many of a wave's devices are ready, and how many are in it.
    #[must_use]
    pub fn counts(&self, wave: usize) -> (usize, usize) {
        let of_wave = || self.devices.values().filter(|planned| planned.wave == Some(wave));
        (of_wave().filter(|planned| planned.readiness.ready()).count(), of_wave().count())
    }

    /// The reasons that hold devices back, most frequent first.
    #[must_use]
    pub fn reasons(&self) -> Vec<(&'static str, &'static str, usize)> {
        tally(self.devices.values().flat_map(|planned| &planned.readiness.held))
    }
}

/// Reasons by heading: heading, remedy, how many; most frequent first.
pub(crate) fn tally<'a>(reasons: impl Iterator<Item = &'a Reason>) -> Vec<(&'static str, &'static str, usize)> {
    let mut counts: BTreeMap<_, usize> = BTreeMap::new();
    reasons.for_each(|reason| *counts.entry((reason.heading(), reason.remedy())).or_default() += 1);
    let mut counts: Vec<_> = counts.into_iter().map(|((heading, remedy), count)| (heading, remedy, count)).collect();
    counts.sort_by_key(|(_, _, count)| std::cmp::Reverse(*count));
    counts
}

fn check(waves: &[Wave]) -> Result<(), PlanError> {
    if waves.is_empty() {
        return Err(PlanError::NoWaves);
    }
    if waves.len() > WAVES_MAX {
        return Err(PlanError::TooManyWaves);
    }
    let shares = waves.iter().map(|wave| if let Who::Percent(share) = wave.who { u32::from(share) } else { 0 }).sum();
    if shares > 100 {
        return Err(PlanError::MoreThanAll(shares));
    }
    for (place, wave) in waves.iter().enumerate() {
        if wave.gate.done_percent > 100 {
            return Err(PlanError::Gate(wave.name.clone()));
        }
        let double = waves.iter().take(place).any(|before| before.name == wave.name);
        if double || wave.name.trim().is_empty() {
            return Err(PlanError::Name(wave.name.clone()));
        }
    }
    Ok(())
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, wave) in self.waves.iter().enumerate() {
            let (ready, all) = self.counts(place);
            writeln!(f, "{}. {}: {ready} ready of {all}; next when {}", place + 1, wave.name, wave.gate)?;
        }
        let unplaced = self.devices.values().filter(|planned| planned.wave.is_none()).count();
        if unplaced > 0 {
            writeln!(f, "In no wave: {unplaced}")?;
        }
        let held = self.devices.values().filter(|planned| !planned.readiness.ready()).count();
        if held > 0 {
            writeln!(f, "Held back: {held}")?;
        }
        for (heading, remedy, count) in self.reasons() {
            writeln!(f, "  {count:>5}  {heading}. {remedy}")?;
        }
        for (id, planned) in &self.devices {
            if let Some(contradiction) = planned.contradiction {
                writeln!(f, "  {id}: {contradiction}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GATE: Gate = Gate { done_percent: 90, errors_max: Errors::Count(1), at_least: SignedDuration::ZERO };

    fn refused(waves: &[(&str, Who, u8)]) -> PlanError {
        let wave = |(name, who, done_percent): &(&str, Who, u8)| Wave {
            name: (*name).to_owned(),
            who: who.clone(),
            gate: Gate { done_percent: *done_percent, ..GATE },
        };
        check(&waves.iter().map(wave).collect::<Vec<_>>()).unwrap_err()
    }

    #[test]
    fn waves_that_make_no_plan_are_refused() {
        assert_eq!(refused(&[]), PlanError::NoWaves);
        assert_eq!(refused(&[("a", Who::Percent(60), 90), ("b", Who::Percent(41), 90)]), PlanError::MoreThanAll(101));
        assert_eq!(refused(&[("a", Who::Rest, 101)]), PlanError::Gate("a".into()));
        assert_eq!(refused(&[("a", Who::Rest, 90), ("a", Who::Rest, 90)]), PlanError::Name("a".into()));
    }
}
