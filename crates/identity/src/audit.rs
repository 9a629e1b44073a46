//! Who signed in, from where, what was decided and what was changed: append-only, with nothing secret in it.
//!
//! What changes something writes its event in the same transaction. What merely happened is handed in with
//! [`Audit::record`], which holds nobody up: events are written together, a moment later, by whoever came first.

use std::{
    collections::VecDeque,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use hub::AccountId;
use ledger::{
    LedgerError, Transaction,
    tables::audit::{self as table, AuditRow},
};
use serde_json::{Map, Value};

use crate::{authenticate::Identity, error::Result, limits};

/// The account of events that are nobody's.
const NOBODY: AccountId = AccountId([0; 16]);

/// Something that happened. Nothing secret may be in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// Of whom it tells; `None` when nobody is known.
    pub account: Option<AccountId>,
    /// Who did it: an address, `server`, or the name of the one who gave a command. Empty: whoever
    /// [acts](Identity::acting_as).
    pub actor: String,
    /// What: `sign-in`, `session-ended`, `device-blocked` ... In lower case, with hyphens.
    pub event: &'static str,
    /// How it ended: `ok`, or a reason in a few words.
    pub outcome: String,
    /// Where from.
    pub network: Option<IpAddr>,
    /// The DeviceId.
    pub device: Option<String>,
    /// Whatever else there is to say: an object.
    pub detail: Value,
}

impl AuditEvent {
    /// An event that went well, by whoever acts, of nobody.
    #[must_use]
    pub fn new(event: &'static str) -> Self {
        Self {
            account: None,
            actor: String::new(),
            event,
            outcome: "ok".to_owned(),
            network: None,
            device: None,
            detail: Value::Object(Map::new()),
        }
    }

    /// With one thing more to say.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        match &mut self.detail {
            Value::Object(detail) => drop(detail.insert(name.to_owned(), value.into())),
            other => *other = Value::Object(Map::from_iter([(name.to_owned(), value.into())])),
        }
        self
    }
}

/// Something that happened, as it is read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Microseconds since 1970.
    pub at: i64,
    /// Of whom it tells; `None` when nobody was known.
    pub account: Option<AccountId>,
    /// Who did it.
    pub actor: String,
    /// What.
    pub event: String,
    /// How it ended.
    pub outcome: String,
    /// Where from; empty when that is not known.
    pub network: String,
    /// The DeviceId; empty when there was none.
    pub device: String,
    /// Whatever else there was to say.
    pub detail: Value,
    id: [u8; 16],
}

impl From<AuditRow> for AuditEntry {
    fn from(row: AuditRow) -> Self {
        Self {
            at: row.at,
            account: Some(row.account).filter(|account| *account != NOBODY),
            actor: row.actor,
            event: row.event,
            outcome: row.outcome,
            network: row.network,
            device: row.device,
            detail: serde_json::from_str(&row.detail).unwrap_or(Value::Null),
            id: row.id,
        }
    }
}

/// Events that wait to be written.
#[derive(Default)]
pub(crate) struct Waiting {
    rows: Mutex<VecDeque<AuditRow>>,
    /// Held by whoever writes.
    writing: tokio::sync::Mutex<()>,
    dropped: AtomicU64,
}

impl Waiting {
    fn rows(&self) -> MutexGuard<'_, VecDeque<AuditRow>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes an event as part of a larger change.
pub(crate) fn insert(tx: &mut dyn Transaction, row: &AuditRow) -> Result<(), LedgerError> {
    table::insert(tx, row)
}

/// Where events are handed in, and read again.
#[derive(Debug, Clone)]
pub struct Audit {
    identity: Identity,
}

impl Identity {
    /// The audit.
    #[must_use]
    pub fn audit(&self) -> Audit {
        Audit { identity: self.clone() }
    }

    /// The same people, changed by somebody else than the server itself: an administrator's command, by name.
    #[must_use]
    pub fn acting_as(&self, actor: &str) -> Self {
        Self { actor: Arc::from(actor), ..self.clone() }
    }

    /// An event as a row, with this moment. For whoever writes it in a transaction of their own
    /// (`ledger::tables::audit::insert`).
    #[must_use]
    pub fn audited(&self, event: AuditEvent) -> AuditRow {
        let mut id = [0; 16];
        self.inner.entropy.fill(&mut id);
        // PostgreSQL keeps no text with a NUL.
        let plain = |text: String| text.replace('\0', "");
        let actor = if event.actor.is_empty() { self.actor.to_string() } else { event.actor };
        AuditRow {
            account: event.account.unwrap_or(NOBODY),
            at: self.inner.clock.now(),
            id,
            actor: plain(actor),
            event: event.event.to_owned(),
            outcome: plain(event.outcome),
            network: event.network.map(|network| network.to_canonical().to_string()).unwrap_or_default(),
            device: plain(event.device.unwrap_or_default()),
            detail: plain(event.detail.to_string()),
        }
    }
}

impl Audit {
    /// Writes an event down, soon. Never fails and never holds up a request.
    pub fn record(&self, event: AuditEvent) {
        let waiting = &self.identity.inner.audit;
        let row = self.identity.audited(event);
        let mut rows = waiting.rows();
        if rows.len() >= limits::AUDIT_WAITING {
            waiting.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        rows.push_back(row);
        // Whoever finds the queue empty starts the writing of all that come until it begins.
        let first = rows.len() == 1;
        drop(rows);
        if first && let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let audit = self.clone();
            runtime.spawn(async move { audit.flush().await });
        }
    }

    /// Waits until everything that was recorded is written. For the end of a command or of the server.
    pub async fn flush(&self) {
        let inner = &self.identity.inner;
        let _one_at_a_time = inner.audit.writing.lock().await;
        loop {
            let batch: Arc<[AuditRow]> = {
                let mut rows = inner.audit.rows();
                let length = rows.len().min(limits::AUDIT_BATCH);
                rows.drain(..length).collect()
            };
            if batch.is_empty() {
                break;
            }
            let count = batch.len();
            let written =
                inner.database.write::<_, LedgerError>(move |tx| batch.iter().try_for_each(|row| insert(tx, row)));
            if let Err(error) = written.await {
                tracing::error!(%error, count, "audit events were lost");
            }
        }
        match inner.audit.dropped.swap(0, Ordering::Relaxed) {
            0 => {}
            count => tracing::error!(count, "audit events came faster than they could be written, and were lost"),
        }
    }

    /// The events since a moment, in order, of one account or of all, a page at a time: `after` is the last one of the
    /// page before. An empty page is the end.
    pub async fn page(
        &self,
        since: i64,
        account: Option<AccountId>,
        after: Option<&AuditEntry>,
    ) -> Result<Vec<AuditEntry>> {
        const ROWS: i64 = 1000;
        let (at, id) = after.map_or((since, [0; 16]), |entry| (entry.at, entry.id));
        let read = move |tx: &mut dyn Transaction| match &account {
            Some(account) => table::page_of(tx, account, (at, &id), ROWS),
            None => table::page(tx, (at, &id), ROWS),
        };
        let rows = self.identity.inner.database.read_long::<_, LedgerError>(read).await?;
        Ok(rows.into_iter().map(AuditEntry::from).collect())
    }
}
