//! Table `sign_in_session`: sign-ins through the authorization server, and the refresh tokens that renew them.
//!
//! Tokens are kept as digests only. Rows of sessions that ended stay for a while, for lists and for replays.

use crate::{AccountId, LedgerError, Result, Row, Transaction, tables::accounts::account_id};

/// The id of a session, unique within its account.
pub type SessionKey = [u8; 16];
/// The digest of a refresh token.
pub type Digest = [u8; 32];

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub session: SessionKey,
    /// The client's id.
    pub client: String,
    /// The name of the way it opens.
    pub path: String,
    /// As it was granted.
    pub scope: String,
    /// As it was asked for.
    pub resource: Option<String>,
    /// How the person proved who they are, words with spaces between.
    pub amr: String,
    /// The client understands a claims challenge.
    pub claims_challenge: bool,
    /// When the person signed in, in microseconds since 1970.
    pub auth_time: i64,
    /// The browser of the sign-in.
    pub user_agent: String,
    /// Where the person signed in.
    pub network: String,
    /// The DeviceId that first used it.
    pub device: Option<String>,
    /// Microseconds since 1970.
    pub created_at: i64,
    /// Microseconds since 1970.
    pub used_at: i64,
    /// Microseconds since 1970; not valid from then on.
    pub expires_at: i64,
    /// Microseconds since 1970; `None` while it lives.
    pub ended_at: Option<i64>,
    /// Why it ended; empty while it lives.
    pub ended_why: String,
    /// Of the valid refresh token; `None` for a service.
    pub refresh: Option<Digest>,
    /// Of the refresh token before.
    pub refresh_before: Option<Digest>,
    /// When the valid refresh token was issued, in microseconds since 1970.
    pub refreshed_at: i64,
    /// A token of the newest answer was seen.
    pub arrived: bool,
}

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
    bytes.try_into().map_err(|_| LedgerError::Damaged(format!("not {N} bytes but {}", bytes.len())))
}

/// Columns from 0 on, in the order of [`COLUMNS`].
fn read(row: &dyn Row) -> Result<Session> {
    Ok(Session {
        session: array(row.bytes(0)?)?,
        client: row.text(1)?.to_owned(),
        path: row.text(2)?.to_owned(),
        scope: row.text(3)?.to_owned(),
        resource: row.optional_text(4)?.map(str::to_owned),
        amr: row.text(5)?.to_owned(),
        claims_challenge: row.integer(6)? != 0,
        auth_time: row.integer(7)?,
        user_agent: row.text(8)?.to_owned(),
        network: row.text(9)?.to_owned(),
        device: row.optional_text(10)?.map(str::to_owned),
        created_at: row.integer(11)?,
        used_at: row.integer(12)?,
        expires_at: row.integer(13)?,
        ended_at: row.optional_integer(14)?,
        ended_why: row.text(15)?.to_owned(),
        refresh: row.optional_bytes(16)?.map(array).transpose()?,
        refresh_before: row.optional_bytes(17)?.map(array).transpose()?,
        refreshed_at: row.integer(18)?,
        arrived: row.integer(19)? != 0,
    })
}

/// Begins a session.
pub fn insert(tx: &mut dyn Transaction, account: &AccountId, session: &Session) -> Result<()> {
    tx.execute(
        "INSERT INTO sign_in_session (account, session, client, path, scope, resource, amr, claims_challenge, auth_time,
         user_agent, network, device, created_at, used_at, expires_at, ended_at, ended_why, refresh, refresh_before,
         refreshed_at, arrived)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)",
        &[
            account.into(),
            (&session.session).into(),
            (&session.client).into(),
            (&session.path).into(),
            (&session.scope).into(),
            session.resource.as_ref().into(),
            (&session.amr).into(),
            session.claims_challenge.into(),
            session.auth_time.into(),
            (&session.user_agent).into(),
            (&session.network).into(),
            session.device.as_ref().into(),
            session.created_at.into(),
            session.used_at.into(),
            session.expires_at.into(),
            session.ended_at.into(),
            (&session.ended_why).into(),
            session.refresh.as_ref().into(),
            session.refresh_before.as_ref().into(),
            session.refreshed_at.into(),
            session.arrived.into(),
        ],
    )?;
    Ok(())
}

/// A session; `None` when there is none of this id.
pub fn find(tx: &mut dyn Transaction, account: &AccountId, session: &SessionKey) -> Result<Option<Session>> {
    tx.first(
        "SELECT session, client, path, scope, resource, amr, claims_challenge, auth_time, user_agent, network, device,
         created_at, used_at, expires_at, ended_at, ended_why, refresh, refresh_before, refreshed_at, arrived
         FROM sign_in_session WHERE account = $1 AND session = $2",
        &[account.into(), session.into()],
        read,
    )
}

/// An account's sessions, the newest first, with those that ended.
pub fn all(tx: &mut dyn Transaction, account: &AccountId) -> Result<Vec<Session>> {
    tx.all(
        "SELECT session, client, path, scope, resource, amr, claims_challenge, auth_time, user_agent, network, device,
         created_at, used_at, expires_at, ended_at, ended_why, refresh, refresh_before, refreshed_at, arrived
         FROM sign_in_session WHERE account = $1 ORDER BY created_at DESC",
        &[account.into()],
        read,
    )
}

/// Replaces the refresh token: `before` stays good for a lost answer.
pub fn renew(
    tx: &mut dyn Transaction,
    account: &AccountId,
    session: &SessionKey,
    (refresh, before): (&Digest, &Digest),
    (now, expires_at): (i64, i64),
) -> Result<()> {
    tx.execute(
        "UPDATE sign_in_session SET refresh = $1, refresh_before = $2, refreshed_at = $3, used_at = $3, expires_at = $4,
         arrived = 0 WHERE account = $5 AND session = $6",
        &[refresh.into(), before.into(), now.into(), expires_at.into(), account.into(), session.into()],
    )?;
    Ok(())
}

/// Notes that a session without refresh token was used again.
pub fn extend(
    tx: &mut dyn Transaction,
    account: &AccountId,
    session: &SessionKey,
    (now, expires_at): (i64, i64),
) -> Result<()> {
    tx.execute(
        "UPDATE sign_in_session SET used_at = $1, expires_at = $2 WHERE account = $3 AND session = $4",
        &[now.into(), expires_at.into(), account.into(), session.into()],
    )?;
    Ok(())
}

/// Notes that an access token of a session was shown; one of its newest answer when `arrived`.
pub fn seen(
    tx: &mut dyn Transaction,
    account: &AccountId,
    session: &SessionKey,
    now: i64,
    arrived: bool,
) -> Result<()> {
    tx.execute(
        "UPDATE sign_in_session SET used_at = $1, arrived = CASE WHEN $2 = 1 THEN 1 ELSE arrived END
         WHERE account = $3 AND session = $4",
        &[now.into(), arrived.into(), account.into(), session.into()],
    )?;
    Ok(())
}

/// Gives a session to a device, if it belongs to none yet; the device it belongs to now. `None` when there is no such
/// session.
pub fn bind(
    tx: &mut dyn Transaction,
    account: &AccountId,
    session: &SessionKey,
    device: &str,
) -> Result<Option<String>> {
    tx.first(
        "UPDATE sign_in_session SET device = COALESCE(device, $1) WHERE account = $2 AND session = $3 RETURNING device",
        &[device.into(), account.into(), session.into()],
        |row| Ok(row.text(0)?.to_owned()),
    )
}

/// Ends a session that lives; the number ended (0 or 1). Counts up nothing: see
/// [`people::changed`](super::people::changed).
pub fn end(tx: &mut dyn Transaction, account: &AccountId, session: &SessionKey, now: i64, why: &str) -> Result<u64> {
    tx.execute(
        "UPDATE sign_in_session SET ended_at = $1, ended_why = $2
         WHERE account = $3 AND session = $4 AND ended_at IS NULL",
        &[now.into(), why.into(), account.into(), session.into()],
    )
}

/// Ends all sessions of an account that live; their number. Counts up nothing: see
/// [`people::changed`](super::people::changed).
pub fn end_all(tx: &mut dyn Transaction, account: &AccountId, now: i64, why: &str) -> Result<u64> {
    tx.execute(
        "UPDATE sign_in_session SET ended_at = $1, ended_why = $2 WHERE account = $3 AND ended_at IS NULL",
        &[now.into(), why.into(), account.into()],
    )
}

/// The accounts with living sessions of a client, each once. Looks at every session there is.
pub fn accounts_of_client(tx: &mut dyn Transaction, client: &str) -> Result<Vec<AccountId>> {
    tx.all(
        "SELECT DISTINCT account FROM sign_in_session WHERE client = $1 AND ended_at IS NULL",
        &[client.into()],
        |row| account_id(row.bytes(0)?),
    )
}

/// Ends all sessions that an account has with a client; their number. Counts up nothing.
pub fn end_of_client(tx: &mut dyn Transaction, account: &AccountId, client: &str, now: i64, why: &str) -> Result<u64> {
    tx.execute(
        "UPDATE sign_in_session SET ended_at = $1, ended_why = $2
         WHERE account = $3 AND client = $4 AND ended_at IS NULL",
        &[now.into(), why.into(), account.into(), client.into()],
    )
}

/// Forgets sessions that ended or expired before a moment; their number. Looks at every session there is.
pub fn forget_ended(tx: &mut dyn Transaction, before: i64) -> Result<u64> {
    tx.execute("DELETE FROM sign_in_session WHERE ended_at < $1 OR expires_at < $1", &[before.into()])
}
