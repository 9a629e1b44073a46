//! What a person is told about their own devices: the verdict, what decided, and what they can do about it.
//!
//! Of the policy they learn the name of the rule that decided, and no other: neither what it asks, nor what other rules
//! say. What an administrator noted about the device is for administrators.

use std::collections::BTreeSet;

use access::{
    Answer, Condition, Decision, Facts, Policy, Reason, Rule, Verdict, decide,
    os::{self, Os, OsRange},
};
use hub::{AccessPath, HubError, devices::Wipe};

use crate::{
    admission::PersonFacts,
    devices::{DeviceRecord, Gate},
    limits::SECOND_ACCOUNT_SILENCE,
};

/// A device, as its person is told about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnDevice {
    /// Its DeviceId.
    pub id: String,
    /// What the person calls it, where it says so.
    pub name: Option<String>,
    /// What it calls its kind: `iPhone`.
    pub device_type: String,
    /// Its model.
    pub model: Option<String>,
    /// Its operating system.
    pub os: Option<Os>,
    /// When it last asked, in microseconds since 1970.
    pub last_seen: i64,
    /// What becomes of it as things stand now.
    pub verdict: Verdict,
    /// Since when, in microseconds since 1970; `None` when it will hear of it with its next request.
    pub since: Option<i64>,
    /// What decided.
    pub cause: Cause,
    /// What the person can do, beside asking.
    pub remedies: BTreeSet<Remedy>,
    /// Another account of the person that was lately refused on this device.
    pub second_account: Option<String>,
}

/// What decided, as far as the person is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The rule of this name.
    Rule(String),
    /// An administrator, about this person on this device.
    Administrator,
    /// No rule applies, and this is what holds then.
    Default,
    /// The device has not taken the device policy yet.
    DevicePolicy,
    /// ActiveSync is off for the person.
    ActiveSyncOff,
    /// The account is to be taken off the device, or was.
    Wipe,
}

/// What a person can do that may change the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Remedy {
    /// Install a newer operating system.
    Update,
    /// Have the device enrolled and in order.
    Enrol,
    /// Come from another network.
    OtherNetwork,
    /// Have fewer devices.
    FewerDevices,
    /// Take the device policy.
    AcceptPolicy,
}

impl Gate {
    /// A person's devices that have asked, the most recently seen first, each with what the policy in force says of it as
    /// it was last seen. None where the installation has no hub.
    pub async fn own_devices(&self, person: &PersonFacts) -> Result<Vec<OwnDevice>, HubError> {
        let Some(hub) = &self.identity().inner.settings.hub else { return Ok(Vec::new()) };
        let access = hub.for_account(person.account, "page");
        let (policy, now) = (self.policy(), self.identity().inner.clock.now());
        let records = self.records(&access).await?;
        Ok(records.iter().filter_map(|record| own_device(record, person, &policy, now)).collect())
    }
}

/// `None` for a device that never asked: somebody decided ahead, and there is nothing to be told yet.
fn own_device(record: &DeviceRecord, person: &PersonFacts, policy: &Policy, now: i64) -> Option<OwnDevice> {
    let (device, seen) = (record.device.as_ref()?, &record.access.seen);
    let standing = if person.paths_off.contains(&AccessPath::ActiveSync) {
        access::Standing::ActiveSyncOff
    } else {
        access::Standing::Enabled
    };
    let asks = access::Person { email: person.email.clone(), groups: person.groups.clone(), standing };
    // Only a device that was told to provision knows that it has to.
    let facts = record.facts(asks, seen.verdict_by == Reason::DevicePolicy.text());
    let decision = decide(&facts, policy);
    let (verdict, cause) = match device.wipe {
        Wipe::No => (decision.verdict, cause(&decision.reason)),
        Wipe::Asked | Wipe::Done => (Verdict::Block, Cause::Wipe),
    };
    let (told, agent) = (&device.information, &device.greeting.user_agent);
    let lately = now.saturating_sub(seen.second_at) < SECOND_ACCOUNT_SILENCE;
    Some(OwnDevice {
        id: record.id.clone(),
        name: told.friendly_name.as_deref().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned),
        device_type: device.greeting.device_type.clone(),
        model: os::model(told.model.as_deref(), agent),
        os: Os::of(told.os.as_deref(), &device.greeting.device_type, agent),
        last_seen: device.last_seen,
        verdict,
        since: (record.verdict() == Some(verdict)).then_some(seen.verdict_at),
        remedies: if cause == Cause::Wipe { BTreeSet::new() } else { remedies(&decision, &facts, policy) },
        cause,
        second_account: Some(seen.second_name.clone()).filter(|name| lately && !name.is_empty()),
    })
}

fn cause(reason: &Reason) -> Cause {
    match reason {
        Reason::Rule(name) => Cause::Rule(name.clone()),
        Reason::Exemption => Cause::Administrator,
        Reason::DevicePolicy => Cause::DevicePolicy,
        Reason::ActiveSyncOff | Reason::Disabled => Cause::ActiveSyncOff,
        Reason::Default | Reason::NotAuthenticated | Reason::SecondAccount => Cause::Default,
    }
}

/// What the person can do: about any one condition of the rule that decided; where no rule did, about all that an allow
/// rule still misses, if they can do something about all of it.
fn remedies(decision: &Decision, facts: &Facts, policy: &Policy) -> BTreeSet<Remedy> {
    match (&decision.reason, decision.verdict) {
        (_, Verdict::Allow) => BTreeSet::new(),
        (Reason::DevicePolicy, _) => [Remedy::AcceptPolicy].into(),
        (Reason::Rule(name), _) => {
            let mut rules = policy.block.iter().chain(&policy.quarantine);
            let rule = rules.find(|rule| rule.name == *name);
            rule.map_or_else(BTreeSet::new, |rule| {
                rule.conditions.iter().filter_map(|condition| against(condition, facts)).collect()
            })
        }
        (Reason::Default, _) => policy.allow.iter().filter_map(|rule| towards(rule, facts)).flatten().collect(),
        _ => BTreeSet::new(),
    }
}

/// What makes a condition fail that holds now.
fn against(condition: &Condition, facts: &Facts) -> Option<Remedy> {
    match condition {
        Condition::Os(ranges) => {
            let outgrown = |range: &OsRange| {
                range.versions.below.is_some()
                    && facts.device.os.as_ref().is_none_or(|os| range.contains(os) != Some(false))
            };
            ranges.iter().any(outgrown).then_some(Remedy::Update)
        }
        Condition::Enrolled(false) | Condition::Compliant(false) | Condition::ManagedProfile(false) => {
            Some(Remedy::Enrol)
        }
        Condition::Network(_) => Some(Remedy::OtherNetwork),
        Condition::DevicesOver(_) => Some(Remedy::FewerDevices),
        _ => None,
    }
}

/// What makes an allow rule apply; `None` when it misses something that the person can do nothing about.
fn towards(rule: &Rule, facts: &Facts) -> Option<BTreeSet<Remedy>> {
    let missing = rule.conditions.iter().filter(|condition| condition.check(facts) != Answer::Yes);
    missing.map(|condition| helps(condition, facts)).collect()
}

/// What makes a condition hold that does not yet.
fn helps(condition: &Condition, facts: &Facts) -> Option<Remedy> {
    match condition {
        Condition::Os(ranges) => {
            let reachable = |range: &OsRange| {
                range.versions.from.is_some() && facts.device.os.as_ref().is_none_or(|os| range.name.covers(&os.name))
            };
            ranges.iter().any(reachable).then_some(Remedy::Update)
        }
        Condition::Enrolled(true) | Condition::Compliant(true) | Condition::ManagedProfile(true) => Some(Remedy::Enrol),
        Condition::Network(_) => Some(Remedy::OtherNetwork),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(os: &str) -> Facts {
        Facts {
            person: Some(access::Person {
                email: "anna@example.com".into(),
                groups: Vec::new(),
                standing: access::Standing::Enabled,
            }),
            sign_in: None,
            network: None,
            device: access::Device {
                id: "A".into(),
                device_type: "iPhone".into(),
                os: Os::from_information(os),
                ..access::Device::default()
            },
        }
    }

    fn told(os: &str, policy: &str) -> Vec<Remedy> {
        let (facts, policy) = (facts(os), Policy::parse(policy).unwrap());
        remedies(&decide(&facts, &policy), &facts, &policy).into_iter().collect()
    }

    #[test]
    fn an_old_system_is_told_to_update_where_that_helps() {
        assert_eq!(told("iOS 16.1", "[[block]]\nname = 'Old'\nos = 'iOS < 17.2'"), [Remedy::Update]);
        assert_eq!(told("iOS 16.1", "[[block]]\nname = 'All'\nos = 'iOS'"), []);
        assert_eq!(
            told("iOS 16.1", "default = 'quarantine'\n[[allow]]\nname = 'New'\nos = 'iOS >= 17'"),
            [Remedy::Update]
        );
        assert_eq!(told("Android 14", "default = 'block'\n[[allow]]\nname = 'New'\nos = 'iOS >= 17'"), []);
    }

    #[test]
    fn what_only_an_administrator_can_change_is_no_remedy() {
        let policy = "default = 'quarantine'\n[[allow]]\nname = 'x'\nenrolled = true\ngroup = 'Sales'";
        assert_eq!(told("iOS 18.0", policy), []);
        let policy = "default = 'quarantine'\n[[allow]]\nname = 'x'\nenrolled = true\ncompliant = true";
        assert_eq!(told("iOS 18.0", policy), [Remedy::Enrol]);
    }

    #[test]
    fn who_is_let_in_needs_nothing() {
        assert_eq!(told("iOS 16.1", "[[block]]\nname = 'Old'\nos = 'iOS < 16'"), []);
    }
}
