//! Exchange's own lock: which ActiveSync devices may reach mailboxes.
//!
//! Graph has no way to it, so what is wanted comes as a PowerShell script, and what is there is read from the JSON of
//! `Get-ActiveSyncDeviceAccessRule` and `Get-ActiveSyncOrganizationSettings`. The rules match exactly, without wildcards,
//! and what devices say of themselves can be forged: they open a way, they do not secure one.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::desired::{Mode, Settings};

mod export;
mod script;

pub use export::{ExportError, Exported};
pub use script::script;

/// What a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs)] // Exchange's own words, nothing to add
pub enum Characteristic {
    DeviceType,
    DeviceModel,
    DeviceOS,
    UserAgent,
    XMSWLHeader,
}

/// What happens to a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs)] // Exchange's own words, nothing to add
pub enum AccessLevel {
    Allow,
    Block,
    Quarantine,
}

impl fmt::Display for Characteristic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl fmt::Display for AccessLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// `ActiveSyncDeviceAccessRule`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceAccessRule {
    /// What it looks at.
    pub characteristic: Characteristic,
    /// What that has to be, exactly.
    pub query: String,
    /// What happens then.
    pub level: AccessLevel,
}

impl fmt::Display for DeviceAccessRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {:?}", self.level, self.characteristic, self.query)
    }
}

/// The rules for a company's settings: with Exchange as the server, iPhones and iPads are let in by their type. With the
/// hub as the server no native client talks to Exchange, and its lock stays as strict as it is.
pub fn desired_rules(settings: &Settings) -> Vec<DeviceAccessRule> {
    match settings.mode {
        Mode::HubProfile { .. } | Mode::HubChallenge { .. } => Vec::new(),
        Mode::Exchange => native_client_rules(),
    }
}

/// What lets the native client of iPhones and iPads reach Exchange.
pub fn native_client_rules() -> Vec<DeviceAccessRule> {
    let rule = |device: &str| DeviceAccessRule {
        characteristic: Characteristic::DeviceType,
        query: device.to_owned(),
        level: AccessLevel::Allow,
    };
    ["iPhone", "iPad"].into_iter().map(rule).collect()
}

/// How a wanted rule stands in an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleStanding {
    /// The wanted rule.
    pub rule: DeviceAccessRule,
    /// How it stands.
    pub state: RuleState,
    /// Other rules that decide against the device before this one: blocks come before allows.
    pub against: Vec<DeviceAccessRule>,
}

/// How a wanted rule stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleState {
    /// It is there.
    Present,
    /// It is not there.
    Missing,
    /// There is one for the same devices with another level.
    Other(AccessLevel),
}

/// Compares wanted rules with an export. Exchange asks blocking rules first, then quarantining ones, then allowing ones.
pub fn compare(wanted: &[DeviceAccessRule], exported: &Exported) -> Vec<RuleStanding> {
    let standing = |rule: &DeviceAccessRule| {
        let same: Vec<_> = exported.rules.iter().filter(|there| same_devices(there, rule)).collect();
        let state = match same.as_slice() {
            [] => RuleState::Missing,
            rules if rules.iter().any(|there| there.level == rule.level) => RuleState::Present,
            [there, ..] => RuleState::Other(there.level),
        };
        let against = same.into_iter().filter(|there| there.level != rule.level && there.level != AccessLevel::Allow);
        RuleStanding { rule: rule.clone(), state, against: against.cloned().collect() }
    };
    wanted.iter().map(standing).collect()
}

fn same_devices(one: &DeviceAccessRule, other: &DeviceAccessRule) -> bool {
    one.characteristic == other.characteristic && one.query.eq_ignore_ascii_case(&other.query)
}
