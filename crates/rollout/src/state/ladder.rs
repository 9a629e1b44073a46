//! The ladder that a device climbs, and the proofs between its rungs.
//!
//! The order that avoids duplicates is a chain of values that only the step before makes:
//! [`Confirmed`] (export is off, read back) → [`Cleared`] (and Outlook had its time to clean up) → [`Account`] → an order to
//! install. The way back has one too: [`Removed`] (the account is gone) → Outlook gets its configuration again.
//! A document read back restores them as they were written; it bears a checksum for that reason.

use fleet::delivery::{Order, ReportedAccount};
use jiff::{SignedDuration, Timestamp};
use plist::Dictionary;
use serde::{Deserialize, Serialize};

use super::{failure::Failure, order::Purpose};
use crate::{
    configuration::Fingerprint,
    limits::{ACCOUNT_REPORT_MAJOR, ATTEMPTS_MAX},
    readiness::{Floor, Reason},
};
use access::version::Version;

/// What the way to the devices can bring back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// Answers come back.
    pub answers: bool,
    /// Devices report their accounts.
    pub status_reports: bool,
}

/// Where a device stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rung {
    /// It is not to get the account as things are.
    HeldBack(Vec<Reason>),
    /// Nothing happened yet.
    Planned,
    /// Its person knows what is coming.
    Told(Timestamp),
    /// It is asked what it is.
    Examining(Attempts),
    /// Outlook's export is being turned off.
    ExportOff(ExportOff),
    /// Export is off; Outlook cleans up.
    CleaningUp(Confirmed),
    /// The account is being brought.
    Account(Account),
    /// The account works: the hub saw it.
    Done(Account),
    /// It went wrong, also the second time.
    Failed(Failed),
    /// What was done is being taken back.
    RollingBack(RollBack),
    /// All is as it was.
    RolledBack(Removed),
}

impl Rung {
    /// What has to be ordered here; `None` where time, people or the hub are waited for.
    pub(super) fn purpose(&self) -> Option<Purpose> {
        match self {
            Self::Examining(_) => Some(Purpose::Examine),
            Self::ExportOff(off) => Some(match off.step {
                ExportStep::Reading => Purpose::ReadBefore,
                ExportStep::Setting => Purpose::TurnExportOff,
                ExportStep::ReadingBack => Purpose::ReadExportOff,
            }),
            Self::Account(account) => match account.step {
                AccountStep::Installing => Some(Purpose::InstallAccount),
                AccountStep::Listing => Some(Purpose::ListAccount),
                AccountStep::SigningIn => None,
            },
            Self::RollingBack(RollBack::Account { step: RemoveStep::Removing, .. }) => Some(Purpose::RemoveAccount),
            Self::RollingBack(RollBack::Account { step: RemoveStep::Listing, .. }) => Some(Purpose::ListRemoved),
            Self::RollingBack(RollBack::Outlook { step: RestoreStep::Restoring, .. }) => Some(Purpose::RestoreOutlook),
            Self::RollingBack(RollBack::Outlook { step: RestoreStep::ReadingBack, .. }) => Some(Purpose::ReadRestored),
            _ => None,
        }
    }
}

/// Times that a change was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attempts(u8);

impl Attempts {
    /// Counts one that failed; `None` when there is no other.
    pub(super) fn another(self) -> Option<Self> {
        let next = Self(self.0.saturating_add(1));
        (next.0 < ATTEMPTS_MAX).then_some(next)
    }
}

/// Turning Outlook's export off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportOff {
    pub(super) step: ExportStep,
    #[serde(default)]
    pub(super) attempts: Attempts,
}

impl ExportOff {
    /// How far it is.
    #[must_use]
    pub fn step(&self) -> ExportStep {
        self.step
    }
}

/// How far that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExportStep {
    /// Reading what Outlook has, to be able to put it back.
    Reading,
    /// Setting it.
    Setting,
    /// Reading it back.
    ReadingBack,
}

/// Why export counts as off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confirmation {
    /// The configuration was read back and is what was set.
    ReadBack,
    /// The way has no answers, and the administrator said so.
    Word,
}

/// Proof that export is off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    at: Timestamp,
    by: Confirmation,
}

impl Confirmed {
    /// By reading back: only if it is exactly what was wanted.
    pub(super) fn read_back(wanted: &Fingerprint, held: Option<&Dictionary>, at: Timestamp) -> Option<Self> {
        (Fingerprint::of(held) == *wanted).then_some(Self { at, by: Confirmation::ReadBack })
    }

    /// By the administrator's word: only where no answer can come.
    pub(super) fn on_word(way: Way, at: Timestamp) -> Option<Self> {
        (!way.answers).then_some(Self { at, by: Confirmation::Word })
    }

    /// Proof that Outlook had its time since.
    pub(super) fn waited(&self, clean_up: SignedDuration, now: Timestamp) -> Option<Cleared> {
        (now.duration_since(self.at) >= clean_up).then(|| Cleared { confirmed: self.clone(), at: now })
    }

    /// Since when, and on which grounds.
    #[must_use]
    pub fn since(&self) -> (Timestamp, Confirmation) {
        (self.at, self.by)
    }
}

/// Proof that export is off and Outlook had its time: the account may come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cleared {
    confirmed: Confirmed,
    at: Timestamp,
}

/// A profile by its names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileName {
    /// PayloadIdentifier.
    pub identifier: String,
    /// PayloadUUID, made of the content.
    pub uuid: String,
}

/// How far the account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountStep {
    /// Its profile is being installed.
    Installing,
    /// Its profile is looked for among those listed.
    Listing,
    /// The profile is there. The person signs in, the device reports, the hub sees a sync.
    SigningIn,
}

/// What a device reported of our account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switches {
    /// Contacts are on.
    pub contacts: bool,
    /// Mail, or anything else, is on.
    pub more: bool,
}

/// Bringing the account. It cannot be made without [`Cleared`] and [`Floor`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    cleared: Cleared,
    floor: Floor,
    pub(super) step: AccountStep,
    #[serde(default)]
    pub(super) attempts: Attempts,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) listed: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) switches: Option<Switches>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) synced: Option<Timestamp>,
}

impl Account {
    pub(super) fn begin(cleared: Cleared, floor: Floor) -> Self {
        let step = AccountStep::Installing;
        Self { cleared, floor, step, attempts: Attempts::default(), listed: None, switches: None, synced: None }
    }

    /// The order to install the profile: nothing else in this crate makes one.
    #[allow(clippy::unused_self, reason = "the account is the proof that it may be ordered")]
    pub(super) fn install(&self, profile: Vec<u8>) -> Order {
        Order::InstallProfile(profile)
    }

    /// Whether the evidence is complete: the hub saw a sync; the profile is listed in its current version, where answers
    /// come back; the device reports contacts and nothing else, where it can. An acknowledgement is not among it.
    pub(super) fn proven(&self, way: Way) -> bool {
        let listed = self.listed.is_some() || !way.answers;
        let reports = way.status_reports && self.floor.version() >= Version::major(ACCOUNT_REPORT_MAJOR);
        let reported = self.switches == Some(Switches { contacts: true, more: false }) || !reports;
        self.synced.is_some() && listed && reported
    }

    /// How far it is.
    #[must_use]
    pub fn step(&self) -> AccountStep {
        self.step
    }

    /// What the device reported of it, if it did.
    #[must_use]
    pub fn switches(&self) -> Option<Switches> {
        self.switches
    }

    /// When the hub saw a sync, if it did.
    #[must_use]
    pub fn synced(&self) -> Option<Timestamp> {
        self.synced
    }

    /// When the profile was seen in its current version, if it was.
    #[must_use]
    pub fn listed(&self) -> Option<Timestamp> {
        self.listed
    }
}

impl Switches {
    pub(super) fn of(account: &ReportedAccount) -> Self {
        Self { contacts: account.contacts, more: account.mail || account.others }
    }
}

/// A device that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// Why.
    pub failure: Failure,
    /// When.
    pub at: Timestamp,
    /// On the way back, not on the way there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rolling_back: bool,
}

/// Taking back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RollBack {
    /// The account first: export on beside it would double every contact.
    Account {
        /// How far.
        step: RemoveStep,
        /// Times tried.
        #[serde(default)]
        attempts: Attempts,
    },
    /// Then Outlook's configuration.
    Outlook {
        /// Proof that the account is gone.
        removed: Removed,
        /// How far.
        step: RestoreStep,
        /// Times tried.
        #[serde(default)]
        attempts: Attempts,
    },
}

/// How far the removal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RemoveStep {
    /// Removing.
    Removing,
    /// Looking whether it is gone.
    Listing,
}

/// How far the restoring is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestoreStep {
    /// Setting what was.
    Restoring,
    /// Reading it back.
    ReadingBack,
}

/// Why the account counts as gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gone {
    /// It was never ordered.
    NeverOrdered,
    /// The device does not list it.
    NotListed,
    /// The way has no answers, and the administrator said so.
    Word,
    /// The device left management, and what management had installed left with it.
    LeftManagement,
}

/// Proof that the account is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    at: Timestamp,
    by: Gone,
}

impl Removed {
    pub(super) fn now(by: Gone, at: Timestamp) -> Self {
        Self { at, by }
    }

    /// Since when, and on which grounds.
    #[must_use]
    pub fn since(&self) -> (Timestamp, Gone) {
        (self.at, self.by)
    }
}
