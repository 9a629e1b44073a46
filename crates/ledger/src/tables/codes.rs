//! Tables `authorization_code` and `device_code`: what a client was given to come back with.
//!
//! Codes are kept as digests, and stay for a while after their use: a second use is how a theft shows.

use crate::{
    AccountId, LedgerError, Result, Row, Transaction, tables::accounts::account_id, tables::sessions::SessionKey,
};

/// An authorization code (RFC 6749 4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationCode {
    /// What the client asked for; its form is the identity crate's.
    pub request: String,
    /// Microseconds since 1970; not valid from then on.
    pub expires_at: i64,
    /// What came of it; `None` while it was not used.
    pub session: Option<SessionKey>,
}

/// Keeps a code under its digest.
pub fn insert(
    tx: &mut dyn Transaction,
    account: &AccountId,
    digest: &[u8; 32],
    request: &str,
    expires_at: i64,
) -> Result<()> {
    tx.execute(
        "INSERT INTO authorization_code (account, code, request, expires_at, session) VALUES ($1, $2, $3, $4, NULL)",
        &[account.into(), digest.into(), request.into(), expires_at.into()],
    )?;
    Ok(())
}

/// The code of this digest; `None` when there is none.
pub fn find(tx: &mut dyn Transaction, account: &AccountId, digest: &[u8; 32]) -> Result<Option<AuthorizationCode>> {
    tx.first(
        "SELECT request, expires_at, session FROM authorization_code WHERE account = $1 AND code = $2",
        &[account.into(), digest.into()],
        |row| {
            Ok(AuthorizationCode {
                request: row.text(0)?.to_owned(),
                expires_at: row.integer(1)?,
                session: row.optional_bytes(2)?.map(session_key).transpose()?,
            })
        },
    )
}

fn session_key(bytes: &[u8]) -> Result<SessionKey> {
    bytes.try_into().map_err(|_| LedgerError::Damaged("a session's id has 16 bytes".to_owned()))
}

/// Uses a code up; the number of codes that were unused (0 or 1).
pub fn spend(tx: &mut dyn Transaction, account: &AccountId, digest: &[u8; 32], session: &SessionKey) -> Result<u64> {
    tx.execute(
        "UPDATE authorization_code SET session = $1 WHERE account = $2 AND code = $3 AND session IS NULL",
        &[session.into(), account.into(), digest.into()],
    )
}

/// Forgets codes that expired before a moment, of both kinds; their number.
pub fn forget_expired(tx: &mut dyn Transaction, before: i64) -> Result<u64> {
    let codes = tx.execute("DELETE FROM authorization_code WHERE expires_at < $1", &[before.into()])?;
    let device_codes = tx.execute("DELETE FROM device_code WHERE expires_at < $1", &[before.into()])?;
    Ok(codes.saturating_add(device_codes))
}

/// What became of a device code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceCodeState {
    /// Nobody has decided.
    Waiting,
    /// Somebody said yes.
    Allowed,
    /// Somebody said no.
    Denied,
}

/// A device code (RFC 8628).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceCode {
    /// Its digest.
    pub digest: [u8; 32],
    /// What people type, in its plain form.
    pub user_code: String,
    /// What the program asked for; its form is the identity crate's.
    pub request: String,
    /// Microseconds since 1970; not valid from then on.
    pub expires_at: i64,
    /// When the program last asked, in microseconds since 1970.
    pub polled_at: i64,
    /// What became of it.
    pub state: DeviceCodeState,
    /// Who said yes.
    pub account: Option<AccountId>,
    /// How they proved who they are.
    pub amr: String,
    /// When they signed in, in microseconds since 1970.
    pub auth_time: i64,
}

fn read_device_code(row: &dyn Row) -> Result<DeviceCode> {
    Ok(DeviceCode {
        digest: row.bytes(0)?.try_into().map_err(|_| LedgerError::Damaged("a digest has 32 bytes".to_owned()))?,
        user_code: row.text(1)?.to_owned(),
        request: row.text(2)?.to_owned(),
        expires_at: row.integer(3)?,
        polled_at: row.integer(4)?,
        state: match row.integer(5)? {
            0 => DeviceCodeState::Waiting,
            1 => DeviceCodeState::Allowed,
            2 => DeviceCodeState::Denied,
            other => return Err(LedgerError::Damaged(format!("a device code of state {other}"))),
        },
        account: row.optional_bytes(6)?.map(account_id).transpose()?,
        amr: row.text(7)?.to_owned(),
        auth_time: row.integer(8)?,
    })
}

/// Keeps a device code that waits. [`LedgerError::Duplicate`] when the user code is taken.
pub fn insert_device_code(
    tx: &mut dyn Transaction,
    digest: &[u8; 32],
    (user_code, request): (&str, &str),
    expires_at: i64,
) -> Result<()> {
    tx.execute(
        "INSERT INTO device_code (device_code, user_code, request, expires_at, polled_at, state, account, amr, auth_time)
         VALUES ($1, $2, $3, $4, 0, 0, NULL, '', 0)",
        &[digest.into(), user_code.into(), request.into(), expires_at.into()],
    )?;
    Ok(())
}

/// The device code of this digest; `None` when there is none.
pub fn device_code(tx: &mut dyn Transaction, digest: &[u8; 32]) -> Result<Option<DeviceCode>> {
    tx.first(
        "SELECT device_code, user_code, request, expires_at, polled_at, state, account, amr, auth_time
         FROM device_code WHERE device_code = $1",
        &[digest.into()],
        read_device_code,
    )
}

/// The device code with this user code; `None` when there is none.
pub fn by_user_code(tx: &mut dyn Transaction, user_code: &str) -> Result<Option<DeviceCode>> {
    tx.first(
        "SELECT device_code, user_code, request, expires_at, polled_at, state, account, amr, auth_time
         FROM device_code WHERE user_code = $1",
        &[user_code.into()],
        read_device_code,
    )
}

/// Notes that somebody said yes; the number of codes that waited (0 or 1).
pub fn allow_device_code(
    tx: &mut dyn Transaction,
    digest: &[u8; 32],
    account: &AccountId,
    amr: &str,
    auth_time: i64,
) -> Result<u64> {
    tx.execute(
        "UPDATE device_code SET state = 1, account = $1, amr = $2, auth_time = $3 WHERE device_code = $4 AND state = 0",
        &[account.into(), amr.into(), auth_time.into(), digest.into()],
    )
}

/// Notes that somebody said no; the number of codes that waited (0 or 1).
pub fn deny_device_code(tx: &mut dyn Transaction, digest: &[u8; 32]) -> Result<u64> {
    tx.execute("UPDATE device_code SET state = 2 WHERE device_code = $1 AND state = 0", &[digest.into()])
}

/// Notes when the program asked.
pub fn polled_device_code(tx: &mut dyn Transaction, digest: &[u8; 32], now: i64) -> Result<()> {
    tx.execute("UPDATE device_code SET polled_at = $1 WHERE device_code = $2", &[now.into(), digest.into()])?;
    Ok(())
}

/// Uses a device code up; the number of codes there were (0 or 1).
pub fn delete_device_code(tx: &mut dyn Transaction, digest: &[u8; 32]) -> Result<u64> {
    tx.execute("DELETE FROM device_code WHERE device_code = $1", &[digest.into()])
}

/// How many device codes there are that somebody may still decide about.
pub fn count_device_codes(tx: &mut dyn Transaction, now: i64) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM device_code WHERE expires_at > $1";
    Ok(tx.first(sql, &[now.into()], |row| row.integer(0))?.unwrap_or_default())
}
