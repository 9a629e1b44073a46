//! Waves: who belongs to which, and what must have come out of one before the next begins.

use std::{collections::BTreeSet, fmt};

use fleet::enrolment::EnrolmentId;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::inventory::{Device, device::same_address};

/// Who is in a wave. The first wave that wants a device has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Who {
    /// The devices of a group (the inventory's `group`).
    Group(String),
    /// The devices of these people, by e-mail address.
    People(BTreeSet<String>),
    /// These devices.
    Devices(BTreeSet<EnrolmentId>),
    /// A share of all devices, by a hash of the device's id: a device stays in its wave whoever else joins or leaves.
    Percent(u8),
    /// All that no wave before has.
    Rest,
}

/// Errors that a wave may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Errors {
    /// So many devices.
    Count(usize),
    /// Such a share of the wave's ready devices.
    Percent(u8),
}

impl Errors {
    /// Whether so many failures among so many ready devices are more than that.
    #[must_use]
    pub fn exceeded_by(self, failed: usize, ready: usize) -> bool {
        match self {
            Self::Count(count) => failed > count,
            Self::Percent(percent) => failed * 100 > ready * usize::from(percent),
        }
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Percent(percent) => write!(f, "{percent} %"),
        }
    }
}

/// What must have come out of a wave before the next begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gate {
    /// Share of the wave's ready devices that must be done, in percent.
    pub done_percent: u8,
    /// With more errors than this the wave stops.
    pub errors_max: Errors,
    /// Shortest time since the wave began.
    pub at_least: SignedDuration,
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} % done, at most {} errors", self.done_percent, self.errors_max)?;
        if self.at_least.is_zero() { Ok(()) } else { write!(f, ", after {:#}", self.at_least) }
    }
}

/// A wave as it is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wave {
    /// Its name.
    pub name: String,
    /// Who is in it.
    pub who: Who,
    /// What must come out of it.
    pub gate: Gate,
}

/// Hundredths of a percent.
const BUCKETS: u64 = 10_000;

/// Where a device falls among all, from its id alone.
fn bucket(id: &EnrolmentId) -> u64 {
    let digest = Sha256::digest(id.as_str().as_bytes());
    let number = digest.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    number % BUCKETS
}

/// The wave that has a device: its place among the waves; `None` when none wants it.
#[must_use]
pub fn place(waves: &[Wave], device: &Device) -> Option<usize> {
    let bucket = bucket(&device.id);
    let mut shares = 0;
    waves.iter().position(|wave| match &wave.who {
        Who::Group(group) => device.group.as_ref() == Some(group),
        Who::People(people) => {
            device.person.as_ref().is_some_and(|person| people.iter().any(|one| same_address(one, person)))
        }
        Who::Devices(devices) => devices.contains(&device.id),
        Who::Percent(percent) => {
            shares += u64::from(*percent) * (BUCKETS / 100);
            bucket < shares
        }
        Who::Rest => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GATE: Gate = Gate { done_percent: 90, errors_max: Errors::Percent(5), at_least: SignedDuration::ZERO };

    fn wave(who: Who) -> Wave {
        Wave { name: "w".into(), who, gate: GATE }
    }

    fn device(number: usize) -> Device {
        Device::new(EnrolmentId::parse(&format!("D{number}")).unwrap())
    }

    #[test]
    fn shares_are_about_what_was_asked_and_do_not_depend_on_the_others() {
        let waves = [wave(Who::Percent(10)), wave(Who::Percent(30)), wave(Who::Rest)];
        let mut counts = [0; 3];
        (0..10_000).for_each(|number| counts[place(&waves, &device(number)).unwrap()] += 1);
        assert!((900..1_100).contains(&counts[0]) && (2_800..3_200).contains(&counts[1]), "{counts:?}");
    }

    #[test]
    fn the_first_wave_that_wants_a_device_has_it() {
        let waves = [wave(Who::Group("pilot".into())), wave(Who::People(BTreeSet::from(["a@example.com".into()])))];
        let mut phone = device(1);
        assert_eq!(place(&waves, &phone), None);
        phone.person = Some("A@Example.com".into());
        assert_eq!(place(&waves, &phone), Some(1));
        phone.group = Some("pilot".into());
        assert_eq!(place(&waves, &phone), Some(0));
    }

    #[test]
    fn errors_are_counted_or_shared() {
        assert!(!Errors::Count(2).exceeded_by(2, 10) && Errors::Count(2).exceeded_by(3, 10));
        assert!(!Errors::Percent(10).exceeded_by(1, 10) && Errors::Percent(10).exceeded_by(2, 10));
        assert!(!Errors::Percent(5).exceeded_by(0, 0));
    }
}
