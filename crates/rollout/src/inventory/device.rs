//! A device as a rollout sees it.

use std::fmt;

use fleet::{
    delivery::{DeviceFacts, ReportedAccount},
    enrolment::{Enrolment, EnrolmentId},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::versions::{self, Versions};

/// Whether and how a device is under management.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Managed {
    /// It is not, or not any more.
    No,
    /// It is, or may be; nobody said how.
    #[default]
    Unknown,
    /// It is.
    As(Enrolment),
}

impl fmt::Display for Managed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::No => "not enrolled",
            Self::Unknown => "enrolment unknown",
            Self::As(Enrolment::Device) => "device enrolment",
            Self::As(Enrolment::Supervised) => "supervised",
            Self::As(Enrolment::User) => "user enrolment",
        })
    }
}

/// Outlook's "Save Contacts", the one-way export into the native Contacts app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Export {
    /// It exports.
    On,
    /// It does not.
    Off,
    /// Nobody said.
    #[default]
    Unknown,
}

/// An Exchange account on a device.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KnownAccount {
    /// Host name.
    pub host: String,
    /// Its e-mail address or user name.
    pub email: String,
}

impl KnownAccount {
    /// Whether iOS would call an account with this host and address a duplicate of this one.
    #[must_use]
    pub fn is(&self, host: &str, email: &str) -> bool {
        self.host.trim().eq_ignore_ascii_case(host.trim()) && same_address(&self.email, email)
    }
}

/// Whether two texts are the same e-mail address.
#[must_use]
pub fn same_address(left: &str, right: &str) -> bool {
    left.trim().to_lowercase() == right.trim().to_lowercase()
}

/// A device and the person who has it. What is not known is absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// What management calls it.
    pub id: EnrolmentId,
    /// Whose it is: an e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// Its iOS, and who says so.
    #[serde(default)]
    pub versions: Versions,
    /// Such as `iPhone15,4`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// How it is enrolled.
    #[serde(default)]
    pub managed: Managed,
    /// Supervised or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervised: Option<bool>,
    /// Exchange accounts known to be on it, apart from ours.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<KnownAccount>,
    /// Outlook's export.
    #[serde(default)]
    pub export: Export,
    /// `EASDeviceIdentifier`: the DeviceId that its ActiveSync requests bear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eas_device_identifier: Option<String>,
    /// When management last heard of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Timestamp>,
    /// A group to make waves of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

impl Device {
    /// A device of which only the name is known.
    #[must_use]
    pub fn new(id: EnrolmentId) -> Self {
        Self {
            id,
            person: None,
            versions: Versions::default(),
            product: None,
            managed: Managed::Unknown,
            supervised: None,
            accounts: Vec::new(),
            export: Export::Unknown,
            eas_device_identifier: None,
            last_seen: None,
            group: None,
        }
    }

    /// Takes what the device says of itself. What it did not say stays as it was; a version that cannot be read is none.
    pub fn learn(&mut self, facts: &DeviceFacts) {
        if let Some(version) = facts.os_version.as_deref().and_then(versions::parse) {
            self.versions.observe(version);
        }
        if let Some(product) = &facts.product_name {
            self.product = Some(product.clone());
        }
        if let Some(identifier) = facts.eas_device_identifier.as_ref().filter(|identifier| !identifier.is_empty()) {
            self.eas_device_identifier = Some(identifier.clone());
        }
        self.supervised = facts.supervised.or(self.supervised);
        let kind = match (facts.user_enrolment, self.supervised) {
            (Some(true), _) => Some(Enrolment::User),
            (_, Some(true)) => Some(Enrolment::Supervised),
            (Some(false), _) => Some(Enrolment::Device),
            (None, _) => None,
        };
        if let Some(kind) = kind {
            self.managed = Managed::As(kind);
        }
    }

    /// Takes the accounts that the device reports: all that it has.
    pub fn reported(&mut self, accounts: &[ReportedAccount]) {
        self.accounts = accounts
            .iter()
            .filter_map(|account| Some(KnownAccount { host: account.host.clone()?, email: account.user_name.clone()? }))
            .collect();
    }

    /// Takes what another record of the same device knows better: whatever it says at all.
    pub fn merge(&mut self, newer: Self) {
        let Self { id: _, person, versions, product, managed, supervised, accounts, export, .. } = newer;
        self.versions.merge(&versions);
        self.person = person.or(self.person.take());
        self.product = product.or(self.product.take());
        self.supervised = supervised.or(self.supervised);
        self.eas_device_identifier = newer.eas_device_identifier.or(self.eas_device_identifier.take());
        self.last_seen = newer.last_seen.max(self.last_seen);
        self.group = newer.group.or(self.group.take());
        if managed != Managed::Unknown {
            self.managed = managed;
        }
        if !accounts.is_empty() {
            self.accounts = accounts;
        }
        if export != Export::Unknown {
            self.export = export;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_device_does_not_say_stays_as_it_was() {
        let mut device = Device::new(EnrolmentId::parse("D1").unwrap());
        device.learn(&DeviceFacts {
            os_version: Some("17.2".into()),
            eas_device_identifier: Some("ABC".into()),
            supervised: Some(true),
            ..DeviceFacts::default()
        });
        device.learn(&DeviceFacts { os_version: Some("garbage".into()), ..DeviceFacts::default() });
        assert_eq!(device.versions.to_string(), "iOS 17.2");
        assert_eq!(device.eas_device_identifier.as_deref(), Some("ABC"));
        assert_eq!(device.managed, Managed::As(Enrolment::Supervised));
    }

    #[test]
    fn an_account_is_the_same_by_host_and_address_whatever_their_case() {
        let account = KnownAccount { host: "Outlook.Office365.com".into(), email: "Anna@Example.com".into() };
        assert!(account.is("outlook.office365.com", "anna@example.com"));
        assert!(!account.is("contacts.example.com", "anna@example.com"));
        assert!(!account.is("outlook.office365.com", "anna.alias@example.com"));
    }
}
