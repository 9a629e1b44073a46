//! Table `subscription`: endpoints that are told of changes.

use super::accounts::account_id;
use crate::{AccountId, BookId, Result, Revision, Row, Transaction};

/// An endpoint that is told of the changes of one book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Unique within the account.
    pub id: String,
    /// Whose changes.
    pub book: BookId,
    /// The path's own name of what is watched, as it was asked for.
    pub resource: String,
    /// The path's own set of kinds of changes.
    pub change_types: i64,
    /// Where changes are told.
    pub notification_url: String,
    /// Where it is told what becomes of the subscription.
    pub lifecycle_url: Option<String>,
    /// A secret of the subscriber's, sent with every notification.
    pub client_state: Option<String>,
    /// Microseconds since 1970.
    pub created_at: i64,
    /// Microseconds since 1970.
    pub expires_at: i64,
    /// How it goes.
    pub progress: Progress,
}

/// How far a subscription has been served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Everything up to here has been accepted or given up.
    pub cursor: Revision,
    /// Not to be attempted before this, in microseconds since 1970.
    pub attempt_at: i64,
    /// Since when the endpoint has accepted nothing; `None` when the last attempt went well.
    pub failing_since: Option<i64>,
    /// The subscriber knows that the end is near.
    pub renewal_told: bool,
}

const OF_ACCOUNT: &str = "SELECT account, subscription, book, resource, change_types, notification_url, lifecycle_url,
        client_state, created_at, expires_at, cursor, attempt_at, failing_since, renewal_told
     FROM subscription WHERE account = $1 ORDER BY subscription";
const ALL: &str = "SELECT account, subscription, book, resource, change_types, notification_url, lifecycle_url,
        client_state, created_at, expires_at, cursor, attempt_at, failing_since, renewal_told
     FROM subscription ORDER BY account, subscription";

fn read(row: &dyn Row) -> Result<(AccountId, Subscription)> {
    let subscription = Subscription {
        id: row.text(1)?.to_owned(),
        book: BookId(row.integer(2)?),
        resource: row.text(3)?.to_owned(),
        change_types: row.integer(4)?,
        notification_url: row.text(5)?.to_owned(),
        lifecycle_url: row.optional_text(6)?.map(str::to_owned),
        client_state: row.optional_text(7)?.map(str::to_owned),
        created_at: row.integer(8)?,
        expires_at: row.integer(9)?,
        progress: Progress {
            cursor: Revision(row.integer(10)?),
            attempt_at: row.integer(11)?,
            failing_since: row.optional_integer(12)?,
            renewal_told: row.integer(13)? != 0,
        },
    };
    Ok((account_id(row.bytes(0)?)?, subscription))
}

/// Adds a subscription.
pub fn insert(tx: &mut dyn Transaction, account: &AccountId, subscription: &Subscription) -> Result<()> {
    let progress = &subscription.progress;
    tx.execute(
        "INSERT INTO subscription (account, subscription, book, resource, change_types, notification_url,
            lifecycle_url, client_state, created_at, expires_at, cursor, attempt_at, failing_since, renewal_told)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        &[
            account.into(),
            (&subscription.id).into(),
            subscription.book.into(),
            (&subscription.resource).into(),
            subscription.change_types.into(),
            (&subscription.notification_url).into(),
            subscription.lifecycle_url.as_ref().into(),
            subscription.client_state.as_ref().into(),
            subscription.created_at.into(),
            subscription.expires_at.into(),
            progress.cursor.into(),
            progress.attempt_at.into(),
            progress.failing_since.into(),
            progress.renewal_told.into(),
        ],
    )?;
    Ok(())
}

/// The subscriptions of an account, those past their end included.
pub fn of_account(tx: &mut dyn Transaction, account: &AccountId) -> Result<Vec<Subscription>> {
    tx.all(OF_ACCOUNT, &[account.into()], |row| Ok(read(row)?.1))
}

/// The subscriptions of every account.
pub fn all(tx: &mut dyn Transaction) -> Result<Vec<(AccountId, Subscription)>> {
    tx.all(ALL, &[], read)
}

/// Gives a subscription another end, of which nothing has been told yet; the number of subscriptions changed (0 or 1).
pub fn renew(tx: &mut dyn Transaction, account: &AccountId, id: &str, expires_at: i64) -> Result<u64> {
    tx.execute(
        "UPDATE subscription SET expires_at = $1, renewal_told = 0 WHERE account = $2 AND subscription = $3",
        &[expires_at.into(), account.into(), id.into()],
    )
}

/// Takes the right to attempt a delivery until `until`; false when somebody else has it or it is too early.
pub fn claim(tx: &mut dyn Transaction, account: &AccountId, id: &str, now: i64, until: i64) -> Result<bool> {
    let changed = tx.execute(
        "UPDATE subscription SET attempt_at = $1 WHERE account = $2 AND subscription = $3 AND attempt_at <= $4",
        &[until.into(), account.into(), id.into(), now.into()],
    )?;
    Ok(changed == 1)
}

/// Records how it goes.
pub fn settle(tx: &mut dyn Transaction, account: &AccountId, id: &str, progress: &Progress) -> Result<()> {
    tx.execute(
        "UPDATE subscription SET cursor = $1, attempt_at = $2, failing_since = $3, renewal_told = $4
         WHERE account = $5 AND subscription = $6",
        &[
            progress.cursor.into(),
            progress.attempt_at.into(),
            progress.failing_since.into(),
            progress.renewal_told.into(),
            account.into(),
            id.into(),
        ],
    )?;
    Ok(())
}

/// Removes a subscription; the number removed (0 or 1).
pub fn delete(tx: &mut dyn Transaction, account: &AccountId, id: &str) -> Result<u64> {
    tx.execute("DELETE FROM subscription WHERE account = $1 AND subscription = $2", &[account.into(), id.into()])
}
