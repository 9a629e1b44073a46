//! Table `second_factor`: what a person proves themselves with beside a password. Secrets come sealed or hashed.
//!
//! Adding or removing one counts up `person.revision` in the identity crate; using one does not.

use crate::{AccountId, Result, Row, Transaction};

/// A second factor.
#[derive(Clone, PartialEq, Eq)]
pub struct SecondFactor {
    /// Random, or a passkey's credential id.
    pub factor: Vec<u8>,
    /// `totp`, `passkey` or `recovery`.
    pub kind: String,
    /// What the person calls it.
    pub label: String,
    /// In the form of its kind.
    pub secret: Vec<u8>,
    /// The last time step (`totp`) or signature counter (`passkey`) that was taken.
    pub counter: i64,
    /// The person has shown that they have it.
    pub confirmed: bool,
    /// Microseconds since 1970.
    pub created_at: i64,
    /// Microseconds since 1970; `None` when it was never used.
    pub used_at: Option<i64>,
}

fn read(row: &dyn Row) -> Result<SecondFactor> {
    Ok(SecondFactor {
        factor: row.bytes(0)?.to_vec(),
        kind: row.text(1)?.to_owned(),
        label: row.text(2)?.to_owned(),
        secret: row.bytes(3)?.to_vec(),
        counter: row.integer(4)?,
        confirmed: row.integer(5)? != 0,
        created_at: row.integer(6)?,
        used_at: row.optional_integer(7)?,
    })
}

/// A person's second factors, in the order they were made.
pub fn of_account(tx: &mut dyn Transaction, account: &AccountId) -> Result<Vec<SecondFactor>> {
    tx.all(
        "SELECT factor, kind, label, secret, counter, confirmed, created_at, used_at FROM second_factor
         WHERE account = $1 ORDER BY created_at, factor",
        &[account.into()],
        read,
    )
}

/// Adds one. [`LedgerError::Duplicate`](crate::LedgerError::Duplicate) when it is there.
pub fn insert(tx: &mut dyn Transaction, account: &AccountId, factor: &SecondFactor) -> Result<()> {
    tx.execute(
        "INSERT INTO second_factor (account, factor, kind, label, secret, counter, confirmed, created_at, used_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &[
            account.into(),
            (&factor.factor).into(),
            (&factor.kind).into(),
            (&factor.label).into(),
            (&factor.secret).into(),
            factor.counter.into(),
            factor.confirmed.into(),
            factor.created_at.into(),
            factor.used_at.into(),
        ],
    )?;
    Ok(())
}

/// Takes a code of a time step, if none of this step or a later one was taken before; `false` otherwise. The first one
/// taken confirms the factor.
pub fn take_step(tx: &mut dyn Transaction, account: &AccountId, factor: &[u8], step: i64, now: i64) -> Result<bool> {
    let taken = tx.execute(
        "UPDATE second_factor SET counter = $1, used_at = $2, confirmed = 1
         WHERE account = $3 AND factor = $4 AND counter < $5",
        &[step.into(), now.into(), account.into(), factor.into(), step.into()],
    )?;
    Ok(taken > 0)
}

/// Keeps what a passkey has become by being used; the number kept (0 or 1).
pub fn update(
    tx: &mut dyn Transaction,
    account: &AccountId,
    factor: &[u8],
    secret: &[u8],
    counter: i64,
    now: i64,
) -> Result<u64> {
    tx.execute(
        "UPDATE second_factor SET secret = $1, counter = $2, used_at = $3 WHERE account = $4 AND factor = $5",
        &[secret.into(), counter.into(), now.into(), account.into(), factor.into()],
    )
}

/// Removes one; the number removed (0 or 1).
pub fn delete(tx: &mut dyn Transaction, account: &AccountId, factor: &[u8]) -> Result<u64> {
    tx.execute("DELETE FROM second_factor WHERE account = $1 AND factor = $2", &[account.into(), factor.into()])
}

/// Removes all of a kind; their number.
pub fn delete_kind(tx: &mut dyn Transaction, account: &AccountId, kind: &str) -> Result<u64> {
    tx.execute("DELETE FROM second_factor WHERE account = $1 AND kind = $2", &[account.into(), kind.into()])
}

/// Removes all; their number.
pub fn delete_all(tx: &mut dyn Transaction, account: &AccountId) -> Result<u64> {
    tx.execute("DELETE FROM second_factor WHERE account = $1", &[account.into()])
}
