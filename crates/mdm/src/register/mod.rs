//! The register of managed devices: which there are, how far each has come, what it was told and what it said. Whoever
//! the devices talk to, the MDM server inside or another one, what they say comes here and nowhere else.
//!
//! Every method is one transaction: the device, its queue and the log of events change together or not at all.

mod desk;
mod enrolling;
mod orders;
mod reporting;
mod waking;

use std::sync::Arc;

use fleet::{
    delivery::{DeliveryError, DeviceFacts, Logged},
    enrolment::{Enrolment, EnrolmentId},
};
use hub::{AccountId, Clock, Entropy};
use identity::{AuditEvent, ClientCertificate, Identity};
use ledger::{
    Database, LedgerError,
    tables::{
        mdm_enrolments::{self, Enrolment as Row, Standing},
        mdm_events,
    },
};
use serde::{Deserialize, Serialize};

use crate::{Pending, declarative, error::Refusal, event_log, limits};

pub(crate) use desk::Desk;
pub use enrolling::Enrolled;
pub use orders::Given;
pub(crate) use orders::checked as checked_order_id;
pub use waking::WakeAddress;

/// Hears what becomes of devices that people have, so that access can depend on it.
pub trait Enrolments: Send + Sync {
    /// Something changed. It may be told again, and must then do nothing.
    fn changed(&self, change: EnrolmentChange) -> Pending<'_, ()>;
}

/// For those who do not care.
impl Enrolments for () {
    fn changed(&self, _: EnrolmentChange) -> Pending<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// What is now true of the ActiveSync device that a managed device says it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolmentChange {
    /// Whose device it is.
    pub account: AccountId,
    /// EASDeviceIdentifier, which is ActiveSync's DeviceId.
    pub eas_device: String,
    /// The managed device.
    pub enrolment: EnrolmentId,
    /// It is enrolled.
    pub enrolled: bool,
    /// It holds the contacts profile; `None` while it was not asked.
    pub managed: Option<bool>,
}

/// What a register works with.
pub struct Parts {
    /// With this release's schema.
    pub ledger: Database,
    /// Seals what must not be read in the database, and hears of enrolments in its audit.
    pub identity: Identity,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Hears what becomes of devices.
    pub enrolments: Arc<dyn Enrolments>,
    /// What the PayloadIdentifiers of contacts profiles begin with.
    pub contacts_profiles: String,
}

/// The register. Clones share everything.
#[derive(Clone)]
pub struct Register {
    inner: Arc<Parts>,
}

impl std::fmt::Debug for Register {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Register").field("ledger", &self.inner.ledger).finish_non_exhaustive()
    }
}

/// Who shows a device's message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// The device itself, with a certificate of ours.
    Certificate(ClientCertificate),
    /// Another MDM, which has made sure of the device.
    AnotherMdm,
}

/// What is known of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedDevice {
    /// Its name.
    pub id: EnrolmentId,
    /// How it is enrolled.
    pub kind: Enrolment,
    /// It can be managed: it brought a token and did not leave.
    pub enrolled: bool,
    /// Whose it is; `None` when nobody said.
    pub account: Option<AccountId>,
    /// What it says of itself.
    pub facts: DeviceFacts,
    /// SerialNumber, which personal devices do not tell.
    pub serial_number: Option<String>,
    /// BuildVersion.
    pub build_version: Option<String>,
    /// It holds the contacts profile; `None` while it was not asked.
    pub managed: Option<bool>,
    /// When it was last heard of, in microseconds since 1970. A device that leaves rarely says so: its silence is all
    /// there is.
    pub last_seen: i64,
    /// TokenUpdates since it enrolled.
    pub token_updates: i64,
    /// It cannot be woken: it brought no token, or Apple knows it no longer.
    pub asleep: bool,
}

/// What a device says of itself, as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Known {
    #[serde(flatten)]
    pub(crate) facts: DeviceFacts,
    pub(crate) serial_number: Option<String>,
    pub(crate) build_version: Option<String>,
}

impl Known {
    pub(crate) fn of(row: &Row) -> Self {
        serde_json::from_str(&row.facts).unwrap_or_default()
    }

    pub(crate) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What was told stands; what was not told stays.
    pub(crate) fn learn(&mut self, told: DeviceFacts) {
        let facts = &mut self.facts;
        facts.os_version = told.os_version.or(facts.os_version.take());
        facts.product_name = told.product_name.or(facts.product_name.take());
        facts.supervised = told.supervised.or(facts.supervised);
        facts.user_enrolment = told.user_enrolment.or(facts.user_enrolment);
        facts.eas_device_identifier = told.eas_device_identifier.or(facts.eas_device_identifier.take());
    }
}

pub(crate) fn kind_name(kind: Enrolment) -> &'static str {
    match kind {
        Enrolment::Device => "device",
        Enrolment::Supervised => "supervised",
        Enrolment::User => "user",
    }
}

pub(crate) fn kind_of(row: &Row) -> Enrolment {
    match row.kind.as_str() {
        "supervised" => Enrolment::Supervised,
        "user" => Enrolment::User,
        _ => Enrolment::Device,
    }
}

impl ManagedDevice {
    fn of(row: &Row) -> Option<Self> {
        let known = Known::of(row);
        Some(Self {
            id: EnrolmentId::parse(&row.enrolment)?,
            kind: kind_of(row),
            enrolled: row.standing == Standing::Enrolled,
            account: row.account,
            facts: known.facts,
            serial_number: known.serial_number,
            build_version: known.build_version,
            managed: row.managed,
            last_seen: row.last_seen,
            token_updates: row.token_updates,
            asleep: row.push.is_none() || row.push_gone,
        })
    }
}

impl Register {
    /// A register over a ledger.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self { inner: Arc::new(parts) }
    }

    /// The time, in microseconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.inner.clock.now()
    }

    pub(crate) fn ledger(&self) -> &Database {
        &self.inner.ledger
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.inner.identity
    }

    /// A random name (UUID, version 4).
    pub(crate) fn draw_id(&self) -> String {
        let mut bytes = [0; 16];
        self.inner.entropy.fill(&mut bytes);
        let number = u128::from_be_bytes(bytes) & !(0xf << 76 | 0x3 << 62) | 0x4 << 76 | 0x2 << 62;
        let digits = format!("{number:032X}");
        let part = |range: std::ops::Range<usize>| digits.get(range).unwrap_or_default();
        format!("{}-{}-{}-{}-{}", part(0..8), part(8..12), part(12..16), part(16..20), part(20..32))
    }

    /// Work that changes something; what changed is told when it is durable.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Desk<'_>) -> Result<T, Refusal> + Send + Sync + 'static,
    ) -> Result<T, Refusal> {
        let (register, now) = (self.clone(), self.now());
        let written = self.inner.ledger.write(move |tx| {
            let mut desk = Desk::new(tx, &register, now);
            let answer = work(&mut desk)?;
            Ok::<_, Refusal>((answer, desk.changes))
        });
        let (answer, changes) = written.await?;
        for change in changes {
            self.inner.enrolments.changed(change).await;
        }
        Ok(answer)
    }

    pub(crate) fn audit(&self, event: &'static str, device: &EnrolmentId, account: Option<AccountId>) {
        let event = AuditEvent { account, actor: "device management".to_owned(), ..AuditEvent::new(event) };
        self.inner.identity.audit().record(event.with("enrolment", device.as_str()));
    }

    /// What is known of a device; `None` when it never enrolled.
    pub async fn device(&self, id: &EnrolmentId) -> Result<Option<ManagedDevice>, LedgerError> {
        let id = id.clone();
        let row = self.inner.ledger.read(move |tx| mdm_enrolments::get(tx, id.as_str())).await?;
        Ok(row.as_ref().and_then(ManagedDevice::of))
    }

    /// Every device, in the order of their names.
    pub async fn devices(&self) -> Result<Vec<ManagedDevice>, LedgerError> {
        let mut devices = Vec::new();
        self.each(|row| devices.extend(ManagedDevice::of(row))).await?;
        Ok(devices)
    }

    /// A person's devices, in the order of their names.
    pub async fn devices_of(&self, account: AccountId) -> Result<Vec<ManagedDevice>, LedgerError> {
        let rows = self.inner.ledger.read(move |tx| mdm_enrolments::of_account(tx, &account)).await?;
        Ok(rows.iter().filter_map(ManagedDevice::of).collect())
    }

    async fn each(&self, mut see: impl FnMut(&Row)) -> Result<(), LedgerError> {
        let mut after = String::new();
        loop {
            let from = after.clone();
            let read = self.inner.ledger.read(move |tx| mdm_enrolments::page(tx, &from, limits::DEVICES_PAGE));
            let page = read.await?;
            let Some(last) = page.last() else { return Ok(()) };
            after.clone_from(&last.enrolment);
            page.iter().for_each(&mut see);
        }
    }

    /// Tells [`Enrolments`] of every device anew: for a start, because a process may have ended between a change and
    /// the telling.
    pub async fn tell_again(&self) -> Result<(), LedgerError> {
        let mut changes = Vec::new();
        self.each(|row| changes.extend(desk::told(row))).await?;
        for change in changes {
            self.inner.enrolments.changed(change).await;
        }
        Ok(())
    }

    /// What happened after this position, the oldest first, at most a page.
    pub async fn events(&self, after: i64) -> Result<Vec<Logged>, DeliveryError> {
        let read = self.inner.ledger.read(move |tx| mdm_events::page(tx, after, limits::EVENTS_PAGE)).await;
        let rows = read.map_err(|error| DeliveryError::Temporary(error.to_string()))?;
        let logged = rows.into_iter().map(|row| {
            let event = event_log::from_text(&row.event).map_err(|error| DeliveryError::Refused(error.to_string()))?;
            let device = EnrolmentId::parse(&row.enrolment);
            let device = device.ok_or_else(|| DeliveryError::Refused("an event of nobody".to_owned()))?;
            Ok(Logged { position: row.position, device, at: row.at, event })
        });
        logged.collect()
    }

    /// What a device has reported of itself by declarative management, all reports joined: the StatusItems. `None` when
    /// it never reported.
    pub async fn status(&self, id: &EnrolmentId) -> Result<Option<serde_json::Value>, LedgerError> {
        let id = id.clone();
        let found = self.inner.ledger.read(move |tx| ledger::tables::mdm_declarations::status(tx, id.as_str())).await?;
        Ok(found.map(|found| serde_json::from_str(&found.status).unwrap_or_default()))
    }

    /// What a device says of its declarations.
    pub async fn declaration_states(
        &self,
        id: &EnrolmentId,
    ) -> Result<Vec<declarative::DeclarationState>, LedgerError> {
        let status = self.status(id).await?;
        Ok(status.map(|status| declarative::states(&status)).unwrap_or_default())
    }

    /// Forgets commands that are done and events, both from before a moment (microseconds since 1970).
    pub async fn forget(&self, before: i64) -> Result<(), LedgerError> {
        let forget = move |tx: &mut dyn ledger::Transaction| {
            ledger::tables::mdm_commands::forget(tx, before)?;
            mdm_events::forget(tx, before).map(drop)
        };
        self.inner.ledger.write(forget).await
    }
}
