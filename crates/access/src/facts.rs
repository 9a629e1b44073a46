//! What is known of a request. `None` is what nobody has said: it is unknown, not false.

use std::net::IpAddr;

use serde::Serialize;

use crate::os::Os;

/// Everything a decision is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Who has proved who they are; `None`: nobody.
    pub person: Option<Person>,
    /// How they proved it.
    pub sign_in: Option<SignIn>,
    /// Where the request comes from.
    pub network: Option<IpAddr>,
    /// What it comes from.
    pub device: Device,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The main address.
    pub email: String,
    /// Groups.
    pub groups: Vec<String>,
    /// Whether they may come in at all.
    pub standing: Standing,
}

/// Whether a person may use ActiveSync, before any device is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Yes.
    Enabled,
    /// Not on this path.
    ActiveSyncOff,
    /// On none.
    Disabled,
}

/// How somebody proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignIn {
    /// The account's password.
    Password,
    /// An app password.
    AppPassword,
    /// This server's sign-in page.
    #[serde(rename = "oauth")]
    OAuth,
    /// A client certificate.
    Certificate,
    /// A token that an administrator issued.
    IssuedToken,
    /// A token of the company's own sign-in.
    CompanyToken,
}

impl SignIn {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Password, Self::AppPassword, Self::OAuth, Self::Certificate, Self::IssuedToken, Self::CompanyToken];

    /// The name in policies and records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::AppPassword => "app-password",
            Self::OAuth => "oauth",
            Self::Certificate => "certificate",
            Self::IssuedToken => "issued-token",
            Self::CompanyToken => "company-token",
        }
    }

    /// The way of this name; `None` for any other text.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.name() == name)
    }
}

/// A device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Device {
    /// Its DeviceId.
    pub id: String,
    /// Its DeviceType; every request names it.
    pub device_type: String,
    /// Its model, `iPhone15,4`.
    pub model: Option<String>,
    /// Its operating system.
    pub os: Option<Os>,
    /// Its User-Agent.
    pub user_agent: Option<String>,
    /// Whether it belongs to an enrolled device. Never unknown: a device nobody has enrolled is not.
    pub enrolled: bool,
    /// Whether device management finds it in order.
    pub compliant: Option<bool>,
    /// Whether the account came with a managed profile.
    pub managed_profile: Option<bool>,
    /// The how-manieth device of this person it is, by when each was first seen.
    pub number: Option<u32>,
    /// Whether it keeps to the device policy.
    pub policy: DevicePolicy,
    /// Whether this person has another account on it.
    pub account: AccountOnDevice,
    /// What an administrator decided about this person on this device.
    pub exemption: Option<Exemption>,
}

/// Whether a device keeps to the rules it is provisioned with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DevicePolicy {
    /// There are none.
    #[default]
    NotRequired,
    /// It does.
    Met,
    /// It has not said so yet.
    Unmet,
}

/// Whether the account that asks is the only one of this person on this device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum AccountOnDevice {
    /// It is.
    #[default]
    Only,
    /// The person has one there that is in use: same person, same device, another login name or host.
    Second {
        /// How the first one signs in: name and host.
        first: String,
        /// How this one does.
        this: String,
    },
}

/// A personal exemption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Exemption {
    /// May come in, whatever the rules say.
    Allow,
    /// Held back, whatever the rules say.
    Quarantine,
    /// May not come in, whatever the rules say.
    Block,
}

impl Exemption {
    /// The name in commands and records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Quarantine => "quarantine",
            Self::Block => "block",
        }
    }

    /// The exemption of this name; `None` for any other text.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Allow, Self::Quarantine, Self::Block].into_iter().find(|exemption| exemption.name() == name)
    }
}
