//! Whether a device can get the account, judged before anything is ordered.

mod reason;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use reason::Reason;

use crate::{
    inventory::{
        Device, Export, Managed,
        device::same_address,
        versions::{Contradiction, Versions},
    },
    limits::os_floor,
};

/// A version of iOS that may get the profile: proof that somebody compared it. Only [`Floor::reached`] makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Floor(#[serde(with = "crate::text")] access::version::Version);

impl Floor {
    /// The version that counts, if it is known and not below 13. There is no option to this.
    pub fn reached(versions: &Versions) -> Result<Self, Reason> {
        match versions.effective() {
            Some(version) if version >= os_floor() => Ok(Self(version)),
            Some(version) => Err(Reason::BelowFloor { version }),
            None => Err(Reason::VersionUnknown),
        }
    }

    /// The version.
    #[must_use]
    pub fn version(self) -> access::version::Version {
        self.0
    }
}

/// Where the account points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// This hub, which needs no consent of a tenant.
    Hub,
    /// Exchange Online itself.
    Exchange {
        /// Apple's client has consent in the tenant.
        consent: bool,
    },
}

/// A finding of the cross-check that locks people out as things stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lockout {
    /// Rule id, such as `CA-APPROVED-APP`.
    pub rule: String,
    /// Whom, by e-mail address; `None`: everybody.
    pub people: Option<BTreeSet<String>>,
}

/// What the hub knows of its people, by e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct People(BTreeMap<String, bool>);

impl People {
    /// Adds a person; `active_sync`: whether that path is on for them.
    pub fn add(&mut self, email: &str, active_sync: bool) {
        self.0.insert(email.trim().to_lowercase(), active_sync);
    }

    /// Whether ActiveSync is on for a person; `None` when the hub does not know them.
    #[must_use]
    pub fn active_sync(&self, email: &str) -> Option<bool> {
        self.0.get(&email.trim().to_lowercase()).copied()
    }
}

/// A reason that an administrator may set aside, knowing why. iOS below 13 is none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Waiver {
    /// Not seen for too long.
    LongUnseen,
    /// Policies that would lock out: mended since the check, or judged otherwise.
    Policies,
    /// Consent is given per person.
    Consent,
    /// Nobody said how the device is enrolled.
    EnrolmentUnknown,
}

/// What devices are judged against.
#[derive(Debug, Clone)]
pub struct Conditions {
    /// Where the account points.
    pub mode: Mode,
    /// The account's host name.
    pub host: String,
    /// The people of the hub.
    pub people: People,
    /// Findings that lock people out.
    pub lockouts: Vec<Lockout>,
    /// Whether the rollout itself turns Outlook's export off (it does wherever it can configure apps).
    pub turns_export_off: bool,
    /// Longest time since a device was last seen.
    pub seen_within: SignedDuration,
    /// Reasons set aside.
    pub waived: BTreeSet<Waiver>,
}

/// What was found of one device.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Readiness {
    /// Why it is held back; empty: it is ready.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<Reason>,
}

impl Readiness {
    /// Nothing holds it back.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.held.is_empty()
    }
}

/// Sources that contradict each other about a device's iOS: no reason to hold it back, but to be shown.
#[must_use]
pub fn contradiction(device: &Device) -> Option<Contradiction> {
    device.versions.contradiction()
}

/// Judges one device. All reasons are named, so that they can be mended in one go.
#[must_use]
pub fn judge(device: &Device, conditions: &Conditions, now: Timestamp) -> Readiness {
    let mut held =
        vec![Floor::reached(&device.versions).err(), enrolment(device, conditions), export(device, conditions)];
    held.push(unseen(device, conditions, now));
    held.extend(person(device, conditions));
    let consent = matches!(conditions.mode, Mode::Exchange { consent: false });
    held.push((consent && !conditions.waived.contains(&Waiver::Consent)).then_some(Reason::ConsentMissing));
    held.extend(lockouts(device, conditions));
    Readiness { held: held.into_iter().flatten().collect() }
}

fn enrolment(device: &Device, conditions: &Conditions) -> Option<Reason> {
    match device.managed {
        Managed::No => Some(Reason::NotEnrolled),
        Managed::Unknown if conditions.waived.contains(&Waiver::EnrolmentUnknown) => None,
        Managed::Unknown => Some(Reason::EnrolmentUnknown),
        Managed::As(_) => None,
    }
}

fn export(device: &Device, conditions: &Conditions) -> Option<Reason> {
    (device.export == Export::On && !conditions.turns_export_off).then_some(Reason::ExportOn)
}

fn unseen(device: &Device, conditions: &Conditions, now: Timestamp) -> Option<Reason> {
    let last_seen = device.last_seen?;
    let long = now.duration_since(last_seen) > conditions.seen_within;
    (long && !conditions.waived.contains(&Waiver::LongUnseen)).then_some(Reason::LongUnseen { last_seen })
}

fn person(device: &Device, conditions: &Conditions) -> [Option<Reason>; 2] {
    let Some(person) = device.person.as_ref() else { return [Some(Reason::PersonUnknown { person: None }), None] };
    let of_person = match conditions.people.active_sync(person) {
        None => Some(Reason::PersonUnknown { person: Some(person.clone()) }),
        Some(false) => Some(Reason::ActiveSyncOff { person: person.clone() }),
        Some(true) => None,
    };
    [of_person, existing_account(device, &conditions.host)]
}

/// An account that makes iOS refuse the profile (MCEASErrorDomain 21005).
pub(crate) fn existing_account(device: &Device, host: &str) -> Option<Reason> {
    let person = device.person.as_ref()?;
    let account = device.accounts.iter().find(|account| account.is(host, person))?;
    Some(Reason::ExistingAccount { host: account.host.clone(), email: account.email.clone() })
}

fn lockouts<'a>(device: &'a Device, conditions: &'a Conditions) -> impl Iterator<Item = Option<Reason>> + 'a {
    let hit = |lockout: &Lockout| match (&lockout.people, &device.person) {
        (None, _) => true,
        (Some(people), Some(person)) => people.iter().any(|one| same_address(one, person)),
        (Some(_), None) => false,
    };
    let counted = !conditions.waived.contains(&Waiver::Policies);
    conditions
        .lockouts
        .iter()
        .filter(move |lockout| counted && hit(lockout))
        .map(|lockout| Some(Reason::LockedOut { rule: lockout.rule.clone() }))
}

#[cfg(test)]
mod tests {
    use fleet::enrolment::{Enrolment, EnrolmentId};

    use super::*;
    use crate::inventory::{KnownAccount, Source, versions};

    fn conditions() -> Conditions {
        let mut people = People::default();
        people.add("Anna@example.com", true);
        people.add("off@example.com", false);
        Conditions {
            mode: Mode::Hub,
            host: "contacts.example.com".into(),
            people,
            lockouts: Vec::new(),
            turns_export_off: true,
            seen_within: SignedDuration::from_hours(24 * 30),
            waived: BTreeSet::new(),
        }
    }

    fn device(version: &str) -> Device {
        let mut device = Device::new(EnrolmentId::parse("D1").unwrap());
        device.person = Some("anna@example.com".into());
        device.managed = Managed::As(Enrolment::Device);
        if let Some(version) = versions::parse(version) {
            device.versions = Versions::stated(Source::List, version);
        }
        device
    }

    fn codes(device: &Device, conditions: &Conditions) -> Vec<&'static str> {
        let now = "2026-06-01T00:00:00Z".parse().unwrap();
        judge(device, conditions, now).held.iter().map(Reason::code).collect()
    }

    #[test]
    fn every_reason_has_a_device_that_it_holds_back() {
        let change = |change: fn(&mut Device, &mut Conditions)| {
            let (mut device, mut conditions) = (device("17"), conditions());
            change(&mut device, &mut conditions);
            codes(&device, &conditions)
        };
        assert_eq!(change(|_, _| ()), [""; 0]);
        assert_eq!(change(|d, _| d.versions = Versions::default()), ["version-unknown"]);
        assert_eq!(change(|d, _| d.versions.observe(versions::parse("12.5.7").unwrap())), ["below-floor"]);
        assert_eq!(change(|d, _| d.managed = Managed::No), ["not-enrolled"]);
        assert_eq!(change(|d, _| d.managed = Managed::Unknown), ["enrolment-unknown"]);
        assert_eq!(change(|d, _| d.person = None), ["person-unknown"]);
        assert_eq!(change(|d, _| d.person = Some("eve@example.com".into())), ["person-unknown"]);
        assert_eq!(change(|d, _| d.person = Some("off@example.com".into())), ["active-sync-off"]);
        assert_eq!(change(|d, _| d.last_seen = Some("2026-01-01T00:00:00Z".parse().unwrap())), ["long-unseen"]);
        assert_eq!(change(|_, c| c.mode = Mode::Exchange { consent: false }), ["consent-missing"]);
        let same = |host: &str| vec![KnownAccount { host: host.into(), email: "ANNA@example.com".into() }];
        let mut other = device("17");
        other.accounts = same("outlook.office365.com");
        assert_eq!(codes(&other, &conditions()), [""; 0]);
        other.accounts = same("contacts.example.com");
        assert_eq!(codes(&other, &conditions()), ["existing-account"]);
    }

    #[test]
    fn export_holds_back_only_where_the_rollout_cannot_turn_it_off() {
        let mut device = device("17");
        device.export = Export::On;
        assert_eq!(codes(&device, &conditions()), [""; 0]);
        assert_eq!(codes(&device, &Conditions { turns_export_off: false, ..conditions() }), ["export-on"]);
    }

    #[test]
    fn a_lockout_holds_back_those_it_hits() {
        let lockout = |people: Option<&str>| Conditions {
            lockouts: vec![Lockout {
                rule: "CA-APPROVED-APP".into(),
                people: people.map(|person| BTreeSet::from([person.to_owned()])),
            }],
            ..conditions()
        };
        assert_eq!(codes(&device("17"), &lockout(None)), ["locked-out"]);
        assert_eq!(codes(&device("17"), &lockout(Some("ANNA@example.com"))), ["locked-out"]);
        assert_eq!(codes(&device("17"), &lockout(Some("bert@example.com"))), [""; 0]);
    }

    #[test]
    fn no_waiver_lets_ios_12_through() {
        let waived = BTreeSet::from([Waiver::LongUnseen, Waiver::Policies, Waiver::Consent, Waiver::EnrolmentUnknown]);
        let conditions = Conditions {
            mode: Mode::Exchange { consent: false },
            lockouts: vec![Lockout { rule: "X".into(), people: None }],
            waived,
            ..conditions()
        };
        let mut device = device("12.5.7");
        device.managed = Managed::Unknown;
        device.last_seen = Some(Timestamp::UNIX_EPOCH);
        assert_eq!(codes(&device, &conditions), ["below-floor"]);
    }
}
