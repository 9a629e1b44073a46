//! Table `audit`: what was done by whom. Rows are added, and forgotten when they are old enough; never changed.

use crate::{AccountId, LedgerError, Result, Row, Transaction, tables::accounts::account_id};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Of whom it tells; sixteen zeros when nobody is known.
    pub account: AccountId,
    /// Microseconds since 1970.
    pub at: i64,
    /// Random.
    pub id: [u8; 16],
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
    /// JSON.
    pub detail: String,
}

fn read(row: &dyn Row) -> Result<AuditRow> {
    Ok(AuditRow {
        account: account_id(row.bytes(0)?)?,
        at: row.integer(1)?,
        id: row.bytes(2)?.try_into().map_err(|_| LedgerError::Damaged("an id has 16 bytes".to_owned()))?,
        actor: row.text(3)?.to_owned(),
        event: row.text(4)?.to_owned(),
        outcome: row.text(5)?.to_owned(),
        network: row.text(6)?.to_owned(),
        device: row.text(7)?.to_owned(),
        detail: row.text(8)?.to_owned(),
    })
}

/// Adds an event.
pub fn insert(tx: &mut dyn Transaction, row: &AuditRow) -> Result<()> {
    tx.execute(
        "INSERT INTO audit (account, at, id, actor, event, outcome, network, device, detail)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &[
            (&row.account).into(),
            row.at.into(),
            (&row.id).into(),
            (&row.actor).into(),
            (&row.event).into(),
            (&row.outcome).into(),
            (&row.network).into(),
            (&row.device).into(),
            (&row.detail).into(),
        ],
    )?;
    Ok(())
}

/// The next events behind a place, in order of time; all accounts'. The place before the first is `(at, [0; 16])`.
pub fn page(tx: &mut dyn Transaction, (at, id): (i64, &[u8; 16]), rows: i64) -> Result<Vec<AuditRow>> {
    tx.all(
        "SELECT account, at, id, actor, event, outcome, network, device, detail FROM audit
         WHERE at > $1 OR (at = $1 AND id > $2) ORDER BY at, id LIMIT $3",
        &[at.into(), id.into(), rows.into()],
        read,
    )
}

/// As [`page`], of one account.
pub fn page_of(
    tx: &mut dyn Transaction,
    account: &AccountId,
    (at, id): (i64, &[u8; 16]),
    rows: i64,
) -> Result<Vec<AuditRow>> {
    tx.all(
        "SELECT account, at, id, actor, event, outcome, network, device, detail FROM audit
         WHERE account = $1 AND (at > $2 OR (at = $2 AND id > $3)) ORDER BY at, id LIMIT $4",
        &[account.into(), at.into(), id.into(), rows.into()],
        read,
    )
}

/// Forgets what happened before a moment; the number of events.
pub fn forget(tx: &mut dyn Transaction, before: i64) -> Result<u64> {
    tx.execute("DELETE FROM audit WHERE at < $1", &[before.into()])
}
