//! Why a device does not get the account yet, and what to do about it.

use std::fmt;

use access::version::Version;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{limits::os_floor, text};

/// Why a device is held back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase", tag = "reason")]
pub enum Reason {
    /// iOS below 13 would make a whole mail account of the profile. Nothing waives this.
    BelowFloor {
        /// What it has.
        #[serde(with = "text")]
        version: Version,
    },
    /// Nobody knows its iOS, so it may be below 13.
    VersionUnknown,
    /// Not under management, or not any more.
    NotEnrolled,
    /// Nobody said how it is enrolled.
    EnrolmentUnknown,
    /// It has an account with the same host and address: the profile would be refused (21005).
    ExistingAccount {
        /// Its host.
        host: String,
        /// Its address.
        email: String,
    },
    /// Outlook exports, and this rollout does not turn it off itself.
    ExportOn,
    /// Apple's client has no consent in the tenant (Exchange mode).
    ConsentMissing,
    /// A policy would lock this person out.
    LockedOut {
        /// The finding's rule id.
        rule: String,
    },
    /// The device has nobody, or somebody whom the hub does not know.
    PersonUnknown {
        /// Whom, if anybody.
        person: Option<String>,
    },
    /// ActiveSync is off for this person: the account would fail without saying so.
    ActiveSyncOff {
        /// Whom.
        person: String,
    },
    /// Management has not heard of it for too long.
    LongUnseen {
        /// When it last did.
        last_seen: Timestamp,
    },
}

impl Reason {
    /// Its name in JSON, and to count by.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::BelowFloor { .. } => "below-floor",
            Self::VersionUnknown => "version-unknown",
            Self::NotEnrolled => "not-enrolled",
            Self::EnrolmentUnknown => "enrolment-unknown",
            Self::ExistingAccount { .. } => "existing-account",
            Self::ExportOn => "export-on",
            Self::ConsentMissing => "consent-missing",
            Self::LockedOut { .. } => "locked-out",
            Self::PersonUnknown { .. } => "person-unknown",
            Self::ActiveSyncOff { .. } => "active-sync-off",
            Self::LongUnseen { .. } => "long-unseen",
        }
    }

    /// The reason without what differs from device to device, for counting.
    #[must_use]
    pub fn heading(&self) -> &'static str {
        match self {
            Self::BelowFloor { .. } => "iOS below 13",
            Self::VersionUnknown => "iOS version unknown",
            Self::NotEnrolled => "not enrolled",
            Self::EnrolmentUnknown => "kind of enrolment unknown",
            Self::ExistingAccount { .. } => "has an account with the same host and address",
            Self::ExportOn => "Outlook still exports contacts",
            Self::ConsentMissing => "consent for Apple's client is missing",
            Self::LockedOut { .. } => "a policy would lock the person out",
            Self::PersonUnknown { .. } => "the hub does not know the person",
            Self::ActiveSyncOff { .. } => "ActiveSync is off for the person",
            Self::LongUnseen { .. } => "not seen for too long",
        }
    }

    /// What to do.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::BelowFloor { .. } => "Update or replace the device. It never gets the profile as it is.",
            Self::VersionUnknown => "Let the device report (DeviceInformation), or fill in os_version.",
            Self::NotEnrolled => "Enrol the device.",
            Self::EnrolmentUnknown => "Ask the device (SecurityInfo), or fill in enrolment.",
            Self::ExistingAccount { .. } => "The person removes that account under Settings > Apps > Contacts first.",
            Self::ExportOn => "Deliver Outlook's configuration (Save Contacts off, locked), wait a day, export again.",
            Self::ConsentMissing => "Give admin consent to Apple Internet Accounts in Entra.",
            Self::LockedOut { .. } => "Mend the finding (bothways fleet check says how).",
            Self::PersonUnknown { .. } => "Add the person (bothways user add), or correct the device's owner.",
            Self::ActiveSyncOff { .. } => "Turn ActiveSync on for the person (bothways user paths).",
            Self::LongUnseen { .. } => "Find the device and let it connect, or retire it.",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BelowFloor { version } => write!(f, "iOS {version} is below {}", os_floor()),
            Self::ExistingAccount { host, email } => write!(f, "has the account {email} at {host} already"),
            Self::LockedOut { rule } => write!(f, "{rule}: a policy would lock the person out"),
            Self::PersonUnknown { person: None } => f.write_str("nobody is named as its owner"),
            Self::PersonUnknown { person: Some(person) } => write!(f, "the hub does not know {person}"),
            Self::ActiveSyncOff { person } => write!(f, "ActiveSync is off for {person}"),
            Self::LongUnseen { last_seen } => write!(f, "last seen {}", last_seen.strftime("%Y-%m-%d")),
            other => f.write_str(other.heading()),
        }
    }
}
