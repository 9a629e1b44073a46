//! What an object is for within the set that is brought into a tenant, and how it is found again.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What an object is for. The order is the order in which it is safe to bring them in: consent before anybody signs in,
/// Outlook's export off before the account comes, demands last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The assignment filter for iOS 13.
    #[serde(rename = "ios-13-filter")]
    Ios13Filter,
    /// Apple's client as an app of the tenant.
    AppleClient,
    /// Consent to it.
    AppleConsent,
    /// Save Contacts off, on managed devices.
    OutlookManagedDevices,
    /// Save Contacts off, in managed apps.
    OutlookManagedApps,
    /// App protection that lets Outlook export, for phones that are not enrolled.
    ExportProtection,
    /// Outlook's export with chosen fields, for phones that are not enrolled.
    OutlookExport,
    /// Microsoft's SSO extension.
    SingleSignOn,
    /// Who can read and write contacts on the device.
    Restrictions,
    /// The contacts account.
    Account,
    /// Compliance.
    Compliance,
    /// Conditional Access by compliant device.
    CompliantDevice,
    /// Conditional Access against ActiveSync with passwords.
    BlockBasicEas,
}

impl Role {
    /// As it stands in markers and references.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ios13Filter => "ios-13-filter",
            Self::AppleClient => "apple-client",
            Self::AppleConsent => "apple-consent",
            Self::OutlookManagedDevices => "outlook-managed-devices",
            Self::OutlookManagedApps => "outlook-managed-apps",
            Self::ExportProtection => "export-protection",
            Self::OutlookExport => "outlook-export",
            Self::SingleSignOn => "single-sign-on",
            Self::Restrictions => "restrictions",
            Self::Account => "account",
            Self::Compliance => "compliance",
            Self::CompliantDevice => "compliant-device",
            Self::BlockBasicEas => "block-basic-eas",
        }
    }

    /// Stands in a body for the id of this role's object until that is known.
    pub fn reference(self) -> String {
        format!("@{{{}}}", self.as_str())
    }

    /// What the object is found by again, at the end of its description: also after somebody renamed it, and after the
    /// answer to its creation got lost.
    pub fn marker(self, set: &SetName) -> String {
        format!("[{set}/{}]", self.as_str())
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Names a set of objects, so that a tenant can have several, a pilot's beside everybody's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SetName(String);

/// What was given cannot name a set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} cannot name a set: 1 to 32 lower-case letters, digits and hyphens")]
pub struct NotASetName(String);

impl SetName {
    /// Reads a name: lower-case letters, digits, hyphens.
    ///
    /// # Errors
    /// For anything else.
    pub fn parse(text: &str) -> Result<Self, NotASetName> {
        let fits = (1..=32).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if fits { Ok(Self(text.to_owned())) } else { Err(NotASetName(text.chars().take(80).collect())) }
    }
}

impl TryFrom<String> for SetName {
    type Error = NotASetName;

    fn try_from(text: String) -> Result<Self, NotASetName> {
        Self::parse(&text)
    }
}

impl From<SetName> for String {
    fn from(name: SetName) -> Self {
        name.0
    }
}

impl fmt::Display for SetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
