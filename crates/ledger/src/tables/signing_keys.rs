//! Table `signing_key`: what tokens are signed with.

use crate::{Result, Row, Transaction};

/// A key, sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// Its id in tokens.
    pub kid: String,
    /// PKCS#8, sealed.
    pub key: Vec<u8>,
    /// Self-signed, DER.
    pub certificate: Vec<u8>,
    /// Microseconds since 1970.
    pub created_at: i64,
    /// When another one took its place, in microseconds since 1970; `None` for the one that signs.
    pub retired_at: Option<i64>,
}

fn read(row: &dyn Row) -> Result<SigningKey> {
    Ok(SigningKey {
        kid: row.text(0)?.to_owned(),
        key: row.bytes(1)?.to_vec(),
        certificate: row.bytes(2)?.to_vec(),
        created_at: row.integer(3)?,
        retired_at: row.optional_integer(4)?,
    })
}

/// Every key, the newest first.
pub fn all(tx: &mut dyn Transaction) -> Result<Vec<SigningKey>> {
    tx.all(
        "SELECT kid, key, certificate, created_at, retired_at FROM signing_key ORDER BY created_at DESC, kid",
        &[],
        read,
    )
}

/// Keeps a key.
pub fn insert(tx: &mut dyn Transaction, key: &SigningKey) -> Result<()> {
    tx.execute(
        "INSERT INTO signing_key (kid, key, certificate, created_at, retired_at) VALUES ($1, $2, $3, $4, $5)",
        &[
            (&key.kid).into(),
            (&key.key).into(),
            (&key.certificate).into(),
            key.created_at.into(),
            key.retired_at.into(),
        ],
    )?;
    Ok(())
}

/// Takes the place of every key that signs; their number.
pub fn retire(tx: &mut dyn Transaction, now: i64) -> Result<u64> {
    tx.execute("UPDATE signing_key SET retired_at = $1 WHERE retired_at IS NULL", &[now.into()])
}

/// Forgets keys that were retired before a moment; their number.
pub fn forget_retired(tx: &mut dyn Transaction, before: i64) -> Result<u64> {
    tx.execute("DELETE FROM signing_key WHERE retired_at < $1", &[before.into()])
}

/// Forgets a key; the number forgotten (0 or 1).
pub fn delete(tx: &mut dyn Transaction, kid: &str) -> Result<u64> {
    tx.execute("DELETE FROM signing_key WHERE kid = $1", &[kid.into()])
}
