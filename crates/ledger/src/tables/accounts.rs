//! Table `account`: one row per person, with the counter that orders everything they own.

use crate::{AccountId, LedgerError, Result, Revision, Transaction};

/// Makes the account; nothing happens when it exists.
pub fn create(tx: &mut dyn Transaction, account: &AccountId, now: i64) -> Result<()> {
    tx.execute(
        "INSERT INTO account (account, revision, created_at, changed_at) VALUES ($1, 0, $2, $3)
         ON CONFLICT (account) DO NOTHING",
        &[account.into(), now.into(), now.into()],
    )?;
    Ok(())
}

/// The account's newest revision; `None` when there is no such account.
pub fn revision(tx: &mut dyn Transaction, account: &AccountId) -> Result<Option<Revision>> {
    tx.first("SELECT revision FROM account WHERE account = $1", &[account.into()], |row| Ok(Revision(row.integer(0)?)))
}

/// Takes the next `count` revisions; the first of them. As [`next_revision`], for many at once.
pub fn next_revisions(tx: &mut dyn Transaction, account: &AccountId, count: i64, now: i64) -> Result<Revision> {
    tx.first(
        "UPDATE account SET revision = revision + $1, changed_at = $2 WHERE account = $3 RETURNING revision",
        &[count.into(), now.into(), account.into()],
        |row| Ok(Revision(row.integer(0)? - count + 1)),
    )?
    .ok_or_else(|| LedgerError::Damaged(format!("no account {account}")))
}

/// Takes the next revision. The row stays locked until the transaction ends, so the order of revisions is the order
/// of commits.
pub fn next_revision(tx: &mut dyn Transaction, account: &AccountId, now: i64) -> Result<Revision> {
    next_revisions(tx, account, 1, now)
}

/// Locks the account until the transaction ends and returns its revision: two rounds of one account never interleave.
pub fn lock(tx: &mut dyn Transaction, account: &AccountId) -> Result<Revision> {
    tx.first(
        "UPDATE account SET revision = revision WHERE account = $1 RETURNING revision",
        &[account.into()],
        |row| Ok(Revision(row.integer(0)?)),
    )?
    .ok_or_else(|| LedgerError::Damaged(format!("no account {account}")))
}

/// Accounts changed at or after a moment, for the sweep that catches lost wake-ups.
pub fn changed_since(tx: &mut dyn Transaction, since: i64) -> Result<Vec<(AccountId, Revision)>> {
    tx.all("SELECT account, revision FROM account WHERE changed_at >= $1", &[since.into()], |row| {
        Ok((account_id(row.bytes(0)?)?, Revision(row.integer(1)?)))
    })
}

/// Every account.
pub fn all(tx: &mut dyn Transaction) -> Result<Vec<AccountId>> {
    tx.all("SELECT account FROM account ORDER BY account", &[], |row| account_id(row.bytes(0)?))
}

/// Reads an account id from a column.
pub fn account_id(bytes: &[u8]) -> Result<AccountId> {
    bytes.try_into().map(AccountId).map_err(|_| LedgerError::Damaged(format!("an account id of {} bytes", bytes.len())))
}
