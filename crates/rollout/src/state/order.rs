//! Orders as the state keeps them: what for, under which name, and how far they got.

use fleet::{delivery::OrderId, enrolment::EnrolmentId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::digest::uuid;

/// What an order is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Hear from the device itself what it is.
    Examine,
    /// Read Outlook's configuration before it is changed.
    ReadBefore,
    /// Turn Outlook's export off, locked.
    TurnExportOff,
    /// Read it back.
    ReadExportOff,
    /// Install the contacts profile.
    InstallAccount,
    /// See whether it is listed.
    ListAccount,
    /// Remove the contacts profile.
    RemoveAccount,
    /// See that it is not listed.
    ListRemoved,
    /// Give Outlook the configuration that it had.
    RestoreOutlook,
    /// Read that back.
    ReadRestored,
}

impl Purpose {
    /// It changes the device; the others only ask.
    #[must_use]
    pub fn changes(self) -> bool {
        matches!(self, Self::TurnExportOff | Self::InstallAccount | Self::RemoveAccount | Self::RestoreOutlook)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Examine => "examine",
            Self::ReadBefore => "read-before",
            Self::TurnExportOff => "turn-export-off",
            Self::ReadExportOff => "read-export-off",
            Self::InstallAccount => "install-account",
            Self::ListAccount => "list-account",
            Self::RemoveAccount => "remove-account",
            Self::ListRemoved => "list-removed",
            Self::RestoreOutlook => "restore-outlook",
            Self::ReadRestored => "read-restored",
        }
    }
}

/// How far an order got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Written down to be given. It may have been given: a program can die between the two, and gives it again.
    Intended,
    /// Taken by the way to the devices.
    Given(Timestamp),
    /// It left for the device.
    Delivered(Timestamp),
    /// The device cannot now. That is waiting, no error.
    NotNow(Timestamp),
    /// The device says that it is done.
    Acknowledged(Timestamp),
}

/// An order of the state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// Its name.
    pub id: OrderId,
    /// What for.
    pub purpose: Purpose,
    /// When it was written down.
    pub at: Timestamp,
    /// How far it got.
    pub stage: Stage,
}

/// The name of a device's n-th order in a rollout: the same state always gives the same name, so that an order that is
/// given again after a crash is the same order. Shaped like a UUID, as CommandUUIDs are.
#[must_use]
pub fn name(rollout: &str, device: &EnrolmentId, number: u32, purpose: Purpose) -> OrderId {
    OrderId(uuid(&[rollout, device.as_str(), &number.to_string(), purpose.name()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_depends_on_everything_and_on_nothing_else() {
        let device = |id| EnrolmentId::parse(id).unwrap();
        let one = name("r", &device("D1"), 1, Purpose::Examine);
        assert_eq!(one, name("r", &device("D1"), 1, Purpose::Examine));
        assert_eq!(one.0.len(), 36);
        for other in [
            name("s", &device("D1"), 1, Purpose::Examine),
            name("r", &device("D2"), 1, Purpose::Examine),
            name("r", &device("D1"), 2, Purpose::Examine),
            name("r", &device("D1"), 1, Purpose::ListAccount),
        ] {
            assert_ne!(one, other);
        }
    }
}
