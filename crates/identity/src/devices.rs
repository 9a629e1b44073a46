//! The gate: what becomes of a person on a device, decided for every request and remembered for lists.
//!
//! [`Gate::ask`] gathers what is known (the person from their admission, the device from the hub, exemptions and enrolment
//! from the ledger), lets [`access::decide`] decide under the policy in force, and notes what was seen and decided. A
//! change of the verdict goes to the audit. What administrators and device management change counts as a change of the
//! person, so that every process hears of it and held requests are answered anew.

use std::{net::IpAddr, sync::Arc};

use access::{AccountOnDevice, DevicePolicy, Exemption, Facts, Policy, SecondAccount, SignIn, Standing, Verdict, os};
use hub::{AccessPath, AccountId, devices::Device};
use ledger::{
    LedgerError, Transaction,
    tables::{
        device_access::{self, DeviceAccess, Enrolment, Seen},
        devices, people,
    },
};
use tokio::sync::watch;

use crate::{
    admission::Admission,
    audit::AuditEvent,
    authenticate::Identity,
    credentials::login_name,
    error::{IdentityError, Result},
    limits::{DEVICE_NOTE, SECOND_ACCOUNT_SILENCE},
    people::existing,
};

/// Where every device passes. Clones share it.
#[derive(Clone)]
pub struct Gate {
    identity: Identity,
    policy: Arc<watch::Sender<Arc<Policy>>>,
}

/// A device at the gate.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The device.
    pub device: Device,
    /// The name under which the account on it signs in, where the request says.
    pub login_name: Option<String>,
    /// The host it asks; empty when unknown.
    pub host: String,
    /// Where it is.
    pub network: IpAddr,
    /// Whether it keeps to the device policy.
    pub policy: DevicePolicy,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// With its reasons.
    pub decision: access::Decision,
    /// Since when the verdict is this one, in microseconds since 1970.
    pub since: i64,
    /// It was another one before, or there was none.
    pub is_new: bool,
    /// A Sync of the device was noted lately ([`Gate::note_sync`]).
    pub sync_noted: bool,
}

/// What is known of a person on a device, for lists and explanations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRecord {
    /// The device; `None` when something was decided about it before it ever asked.
    pub device: Option<Device>,
    /// Its DeviceId.
    pub id: String,
    /// The how-manieth of the person's devices it is; `None` when it never asked.
    pub number: Option<u32>,
    /// What was decided, seen and said.
    pub access: DeviceAccess,
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate").field("policy", &self.policy()).finish_non_exhaustive()
    }
}

impl Gate {
    /// A gate with the policy that an empty file is.
    #[must_use]
    pub fn new(identity: Identity) -> Self {
        Self { identity, policy: Arc::new(watch::channel(Arc::default()).0) }
    }

    /// Who people are.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The policy in force.
    #[must_use]
    pub fn policy(&self) -> Arc<Policy> {
        self.policy.borrow().clone()
    }

    /// Puts another policy in force; held requests are answered anew.
    pub fn set_policy(&self, policy: Policy) {
        self.policy.send_if_modified(|current| {
            let differs = **current != policy;
            if differs {
                *current = Arc::new(policy);
            }
            differs
        });
    }

    /// Says when another policy is in force.
    #[must_use]
    pub fn policy_changes(&self) -> watch::Receiver<Arc<Policy>> {
        self.policy.subscribe()
    }

    /// The name under which the hub keeps a device: its DeviceId, unless the person has more than one account on it and
    /// may, for each account keeps its own position.
    pub async fn device_name(
        &self,
        admission: &Admission,
        device: &str,
        user: Option<&str>,
        host: &str,
    ) -> Result<String, LedgerError> {
        if self.policy.borrow().second_account == SecondAccount::Refuse {
            return Ok(device.to_owned());
        }
        let (account, name, now) = (admission.person.account, device.to_owned(), self.identity.inner.clock.now());
        let database = &self.identity.inner.database;
        let known = database.read(move |tx| device_access::get(tx, &account, &name)).await?.unwrap_or_default();
        Ok(match account_on_device(&known.seen, user.map(login_name).as_deref(), host, now) {
            AccountOnDevice::Only => device.to_owned(),
            AccountOnDevice::Second { this, .. } => format!("{device}/{this}"),
        })
    }

    /// Decides, and notes it.
    pub async fn ask(&self, admission: &Admission, visit: &Visit) -> Result<Passage, LedgerError> {
        let policy = self.policy();
        let (account, name, now) =
            (admission.person.account, visit.device.greeting.device.clone(), self.identity.inner.clock.now());
        let (counts, first_seen) = (policy.counts_devices(), visit.device.first_seen);
        let database = &self.identity.inner.database;
        let (known, number) = database
            .read::<_, LedgerError>(move |tx| {
                let known = device_access::get(tx, &account, &name)?.unwrap_or_default();
                let number = if counts { Some(number_of(tx, &account, &name, first_seen)?) } else { None };
                Ok((known, number))
            })
            .await?;
        let user = visit.login_name.as_deref().map(login_name);
        let on_device = account_on_device(&known.seen, user.as_deref(), &visit.host, now);
        let facts = Facts {
            person: Some(person(admission)),
            sign_in: Some(admission.method),
            network: Some(visit.network),
            device: access::Device {
                number,
                policy: visit.policy,
                account: on_device.clone(),
                ..device(&visit.device, &known)
            },
        };
        let decision = access::decide(&facts, &policy);
        let seen = seen(admission, visit, &known.seen, &on_device, &decision, now);
        // A second account's visit decides nothing about the first.
        let (since, is_new) = (seen.verdict_at, seen.verdict != known.seen.verdict);
        if seen != known.seen {
            self.note(account, visit, &known.seen, &seen, &decision).await?;
        }
        let last = known.synced_at.map(|(_, last)| last);
        let sync_noted = last.is_some_and(|last| now.saturating_sub(last) < DEVICE_NOTE);
        Ok(Passage { decision, since, is_new, sync_noted })
    }

    async fn note(
        &self,
        account: AccountId,
        visit: &Visit,
        known: &Seen,
        seen: &Seen,
        decision: &access::Decision,
    ) -> Result<(), LedgerError> {
        let (name, row) = (visit.device.greeting.device.clone(), seen.clone());
        self.identity.inner.database.write(move |tx| device_access::put_seen(tx, &account, &name, &row)).await?;
        let second = seen.second_at != known.second_at;
        if second || seen.verdict != known.verdict {
            self.identity.audit().record(AuditEvent {
                account: Some(account),
                outcome: decision.verdict.name().to_owned(),
                network: Some(visit.network),
                device: Some(visit.device.greeting.device.clone()),
                detail: serde_json::json!({
                    "because": decision.reason.text(),
                    "before": if second { "" } else { known.verdict.as_str() },
                    "login_name": visit.login_name,
                    "host": visit.host,
                }),
                ..AuditEvent::new("device-access")
            });
        }
        Ok(())
    }

    /// Notes that a device synchronises.
    pub async fn note_sync(&self, account: AccountId, device: &str) -> Result<(), LedgerError> {
        let (name, now) = (device.to_owned(), self.identity.inner.clock.now());
        self.identity.inner.database.write(move |tx| device_access::put_synced(tx, &account, &name, now)).await
    }

    /// Decides about a person on a device, whatever the rules say, or takes that back with `None`. Which account of the
    /// person holds the device is found out anew.
    ///
    /// # Errors
    /// Nobody has that address.
    pub async fn set_exemption(
        &self,
        email: &str,
        device: &str,
        exemption: Option<Exemption>,
        by: &str,
        why: &str,
    ) -> Result<()> {
        let (who, name, now) = (email.to_owned(), device.to_owned(), self.identity.inner.clock.now());
        let (author, reason) = (by.to_owned(), why.to_owned());
        let text = exemption.map_or("", Exemption::name);
        let account = self
            .identity
            .inner
            .database
            .write(move |tx| {
                let account = existing(tx, &who)?.account;
                device_access::put_exemption(tx, &account, &name, text, &author, &reason, now)?;
                people::changed(tx, &account)?;
                Ok::<_, IdentityError>(account)
            })
            .await?;
        self.wake(account);
        self.identity.audit().record(AuditEvent {
            account: Some(account),
            actor: by.to_owned(),
            device: Some(device.to_owned()),
            detail: serde_json::json!({ "why": why }),
            ..AuditEvent::new(match exemption {
                Some(Exemption::Allow) => "device-allowed",
                Some(Exemption::Quarantine) => "device-quarantined",
                Some(Exemption::Block) => "device-blocked",
                None => "device-cleared",
            })
        });
        Ok(())
    }

    /// What device management knows of a device: which enrolled device it is (by its `EASDeviceIdentifier`, which is the
    /// DeviceId), whether that is in order, whether the account came with a managed profile. May come before the device.
    pub async fn set_enrolment(&self, account: AccountId, device: &str, enrolment: Enrolment) -> Result<()> {
        let name = device.to_owned();
        let changed = self
            .identity
            .inner
            .database
            .write(move |tx| {
                let known = device_access::get(tx, &account, &name)?.unwrap_or_default();
                if known.enrolment == enrolment {
                    return Ok(false);
                }
                device_access::put_enrolment(tx, &account, &name, &enrolment)?;
                people::changed(tx, &account)?;
                Ok::<_, IdentityError>(true)
            })
            .await?;
        if changed {
            self.wake(account);
        }
        Ok(())
    }

    /// Forgets what was seen of a device; what was decided about it stays.
    pub async fn forget(&self, account: AccountId, device: &str) -> Result<()> {
        let name = device.to_owned();
        let forget = move |tx: &mut dyn Transaction| match device_access::get(tx, &account, &name)? {
            Some(known) if known.exemption.is_empty() && known.enrolment == Enrolment::default() => {
                device_access::delete(tx, &account, &name).map(drop)
            }
            Some(_) => device_access::put_seen(tx, &account, &name, &Seen::default()),
            None => Ok(()),
        };
        Ok(self.identity.inner.database.write(forget).await?)
    }

    /// Everything that is known of a person's devices: those that asked, the most recently seen first, then those about
    /// which something was decided ahead.
    pub async fn records(&self, access: &hub::Access) -> std::result::Result<Vec<DeviceRecord>, hub::HubError> {
        let account = access.account();
        let devices = access.devices().await?;
        let rows = self.identity.inner.database.read(move |tx| device_access::of_account(tx, &account)).await;
        let mut rows: std::collections::BTreeMap<_, _> = rows?.into_iter().collect();
        let mut order: Vec<_> = devices.iter().map(|one| (one.first_seen, one.greeting.device.clone())).collect();
        order.sort();
        let number = |device: &Device| {
            let place = order.iter().position(|(_, id)| *id == device.greeting.device)?;
            u32::try_from(place + 1).ok()
        };
        let mut records: Vec<_> = devices
            .into_iter()
            .map(|device| DeviceRecord {
                id: device.greeting.device.clone(),
                number: number(&device),
                access: rows.remove(&device.greeting.device).unwrap_or_default(),
                device: Some(device),
            })
            .collect();
        let ahead = |(id, access)| DeviceRecord { device: None, id, number: None, access };
        records.extend(rows.into_iter().map(ahead));
        Ok(records)
    }

    fn wake(&self, account: AccountId) {
        if let Some(hub) = &self.identity.inner.settings.hub {
            // Those who wake look; the revision is a hint.
            hub.wake_ups().publish(account);
        }
    }
}

impl DeviceRecord {
    /// The facts of this device as it was last seen.
    #[must_use]
    pub fn facts(&self, person: access::Person, device_policy: bool) -> Facts {
        let seen = &self.access.seen;
        let known = match &self.device {
            Some(known) => device(known, &self.access),
            None => access::Device {
                id: self.id.clone(),
                enrolled: self.access.enrolment.enrolled.is_some(),
                compliant: self.access.enrolment.compliant,
                managed_profile: self.access.enrolment.managed,
                exemption: Exemption::named(&self.access.exemption),
                ..access::Device::default()
            },
        };
        let provisioned = self.device.as_ref().is_some_and(|device| device.policy_key != 0);
        let policy = match (device_policy, provisioned) {
            (false, _) => DevicePolicy::NotRequired,
            (true, true) => DevicePolicy::Met,
            (true, false) => DevicePolicy::Unmet,
        };
        Facts {
            person: Some(person),
            sign_in: SignIn::named(&seen.sign_in),
            network: seen.network.parse().ok(),
            device: access::Device { number: self.number, policy, ..known },
        }
    }

    /// The last verdict; `None` before the first.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        Verdict::named(&self.access.seen.verdict)
    }
}

/// What is known after a visit. Small changes are written now and then only.
fn seen(
    admission: &Admission,
    visit: &Visit,
    known: &Seen,
    on_device: &AccountOnDevice,
    decision: &access::Decision,
    now: i64,
) -> Seen {
    let mut seen = known.clone();
    if let AccountOnDevice::Second { this, .. } = on_device {
        if seen.second_name != *this || now.saturating_sub(seen.second_at) >= DEVICE_NOTE {
            (seen.second_name, seen.second_at) = (this.clone(), now);
        }
        return seen;
    }
    let verdict = decision.verdict.name();
    if seen.verdict != verdict {
        (seen.verdict, seen.verdict_at) = (verdict.to_owned(), now);
    }
    seen.verdict_by = decision.reason.text();
    admission.method.name().clone_into(&mut seen.sign_in);
    let holder = visit.login_name.as_deref().map(login_name).filter(|name| !name.is_empty());
    if let Some(name) = holder.filter(|_| !visit.host.is_empty()) {
        let same = seen.login_name == name && seen.host == visit.host;
        if !same || now.saturating_sub(seen.holder_at) >= DEVICE_NOTE {
            (seen.login_name, seen.host, seen.holder_at) = (name, visit.host.clone(), now);
            seen.network = visit.network.to_string();
        }
    }
    if seen != *known {
        seen.network = visit.network.to_string();
    }
    seen
}

fn person(admission: &Admission) -> access::Person {
    let known = &admission.person;
    let off = known.paths_off.contains(&AccessPath::ActiveSync);
    access::Person {
        email: known.email.clone(),
        groups: known.groups.clone(),
        standing: if off { Standing::ActiveSyncOff } else { Standing::Enabled },
    }
}

/// What is known of a device, but for what each request brings anew.
fn device(known: &Device, access: &DeviceAccess) -> access::Device {
    let (greeting, told) = (&known.greeting, &known.information);
    access::Device {
        id: greeting.device.clone(),
        device_type: greeting.device_type.clone(),
        model: os::model(told.model.as_deref(), &greeting.user_agent),
        os: os::Os::of(told.os.as_deref(), &greeting.device_type, &greeting.user_agent),
        user_agent: Some(greeting.user_agent.clone()).filter(|agent| !agent.is_empty()),
        enrolled: access.enrolment.enrolled.is_some(),
        compliant: access.enrolment.compliant,
        managed_profile: access.enrolment.managed,
        exemption: Exemption::named(&access.exemption),
        ..access::Device::default()
    }
}

/// Whether another account of the person is in use on the device. One that has been silent for long has been removed,
/// or was moved to another host: the account that asks takes its place.
fn account_on_device(known: &Seen, user: Option<&str>, host: &str, now: i64) -> AccountOnDevice {
    let Some(user) = user.filter(|user| !user.is_empty() && !host.is_empty() && !known.login_name.is_empty()) else {
        return AccountOnDevice::Only;
    };
    let same = known.login_name == user && known.host == host;
    if same || now.saturating_sub(known.holder_at) >= SECOND_ACCOUNT_SILENCE {
        return AccountOnDevice::Only;
    }
    let text = |name: &str, host: &str| format!("{name}@{host}");
    AccountOnDevice::Second { first: text(&known.login_name, &known.host), this: text(user, host) }
}

/// The how-manieth of a person's devices this is, by when each was first seen.
fn number_of(tx: &mut dyn Transaction, account: &AccountId, device: &str, first_seen: i64) -> Result<u32, LedgerError> {
    let all = devices::of_account(tx, account)?;
    let before = all.iter().filter(|one| (one.first_seen, one.device.as_str()) < (first_seen, device));
    Ok(u32::try_from(before.count()).unwrap_or(u32::MAX).saturating_add(1))
}
