//! Tables `certificate_authority`, `certificate` and `scep_challenge`: who issues client certificates, which there are,
//! and which may still be asked for.
//!
//! Rows of certificates stay when they are revoked: a revocation list needs them until they would have ended.

use crate::{AccountId, Result, Row, Transaction, tables::accounts::account_id};

/// The one authority there is; the key leaves room for its successor.
const AUTHORITY: &str = "clients";

/// The issuing authority.
#[derive(Clone, PartialEq, Eq)]
pub struct Authority {
    /// The private key, sealed.
    pub key: Vec<u8>,
    /// DER.
    pub certificate: Vec<u8>,
    /// Microseconds since 1970.
    pub created_at: i64,
    /// Counts revocations.
    pub revocations: i64,
    /// Of the last revocation list that was signed.
    pub crl_number: i64,
}

/// A certificate that was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Whose.
    pub account: AccountId,
    /// Lower-case hexadecimal digits; unique.
    pub serial: String,
    /// DER.
    pub certificate: Vec<u8>,
    /// What people call it.
    pub label: String,
    /// SHA-256 of the public key (SubjectPublicKeyInfo).
    pub public_key: [u8; 32],
    /// SCEP's, of the request it answered; `None` when it was issued by a command.
    pub transaction_id: Option<String>,
    /// Microseconds since 1970.
    pub issued_at: i64,
    /// Microseconds since 1970.
    pub not_after: i64,
    /// Microseconds since 1970; `None` while it is good.
    pub revoked_at: Option<i64>,
    /// CRLReason (RFC 5280 5.3.1), when it is revoked.
    pub reason: Option<i64>,
}

/// A password that is good for one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Whose certificate.
    pub account: AccountId,
    /// What the certificate will be called.
    pub label: String,
    /// Microseconds since 1970; no good from then on.
    pub expires_at: i64,
    /// Microseconds since 1970; `None` while it is good.
    pub used_at: Option<i64>,
    /// Of the certificate it was used for.
    pub serial: Option<String>,
}

/// The authority; `None` until it was made.
pub fn authority(tx: &mut dyn Transaction) -> Result<Option<Authority>> {
    tx.first(
        "SELECT key, certificate, created_at, revocations, crl_number FROM certificate_authority WHERE authority = $1",
        &[AUTHORITY.into()],
        |row| {
            Ok(Authority {
                key: row.bytes(0)?.to_vec(),
                certificate: row.bytes(1)?.to_vec(),
                created_at: row.integer(2)?,
                revocations: row.integer(3)?,
                crl_number: row.integer(4)?,
            })
        },
    )
}

/// Keeps the authority, unless there is one: the first one stays.
pub fn insert_authority(tx: &mut dyn Transaction, authority: &Authority) -> Result<()> {
    tx.execute(
        "INSERT INTO certificate_authority (authority, key, certificate, created_at, revocations, crl_number)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (authority) DO NOTHING",
        &[
            AUTHORITY.into(),
            (&authority.key).into(),
            (&authority.certificate).into(),
            authority.created_at.into(),
            authority.revocations.into(),
            authority.crl_number.into(),
        ],
    )?;
    Ok(())
}

/// The number of the next revocation list; `None` without authority.
pub fn next_crl_number(tx: &mut dyn Transaction) -> Result<Option<i64>> {
    tx.first(
        "UPDATE certificate_authority SET crl_number = crl_number + 1 WHERE authority = $1 RETURNING crl_number",
        &[AUTHORITY.into()],
        |row| row.integer(0),
    )
}

fn read_certificate(row: &dyn Row) -> Result<Certificate> {
    Ok(Certificate {
        account: account_id(row.bytes(0)?)?,
        serial: row.text(1)?.to_owned(),
        certificate: row.bytes(2)?.to_vec(),
        label: row.text(3)?.to_owned(),
        public_key: digest(row.bytes(4)?)?,
        transaction_id: row.optional_text(5)?.map(str::to_owned),
        issued_at: row.integer(6)?,
        not_after: row.integer(7)?,
        revoked_at: row.optional_integer(8)?,
        reason: row.optional_integer(9)?,
    })
}

fn digest(bytes: &[u8]) -> Result<[u8; 32]> {
    bytes.try_into().map_err(|_| crate::LedgerError::Damaged("a digest of another length".into()))
}

/// Keeps a certificate. [`LedgerError::Duplicate`](crate::LedgerError::Duplicate) when its serial number is taken.
pub fn insert(tx: &mut dyn Transaction, certificate: &Certificate) -> Result<()> {
    tx.execute(
        "INSERT INTO certificate (account, serial, certificate, label, public_key, transaction_id, issued_at, not_after,
         revoked_at, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &[
            (&certificate.account).into(),
            (&certificate.serial).into(),
            (&certificate.certificate).into(),
            (&certificate.label).into(),
            (&certificate.public_key).into(),
            certificate.transaction_id.as_ref().into(),
            certificate.issued_at.into(),
            certificate.not_after.into(),
            certificate.revoked_at.into(),
            certificate.reason.into(),
        ],
    )?;
    Ok(())
}

/// The certificate with this serial number; `None` when none was issued.
pub fn by_serial(tx: &mut dyn Transaction, serial: &str) -> Result<Option<Certificate>> {
    tx.first(
        "SELECT account, serial, certificate, label, public_key, transaction_id, issued_at, not_after, revoked_at,
         reason FROM certificate WHERE serial = $1",
        &[serial.into()],
        read_certificate,
    )
}

/// The newest certificate for a key that answered a SCEP transaction; `None` when there is none.
pub fn by_transaction(
    tx: &mut dyn Transaction,
    public_key: &[u8; 32],
    transaction_id: &str,
) -> Result<Option<Certificate>> {
    tx.first(
        "SELECT account, serial, certificate, label, public_key, transaction_id, issued_at, not_after, revoked_at,
         reason FROM certificate WHERE public_key = $1 AND transaction_id = $2 ORDER BY issued_at DESC LIMIT 1",
        &[public_key.into(), transaction_id.into()],
        read_certificate,
    )
}

/// A person's certificates, the oldest first.
pub fn of_account(tx: &mut dyn Transaction, account: &AccountId) -> Result<Vec<Certificate>> {
    tx.all(
        "SELECT account, serial, certificate, label, public_key, transaction_id, issued_at, not_after, revoked_at,
         reason FROM certificate WHERE account = $1 ORDER BY issued_at, serial",
        &[account.into()],
        read_certificate,
    )
}

/// Everybody's certificates, the oldest first.
pub fn all(tx: &mut dyn Transaction) -> Result<Vec<Certificate>> {
    tx.all(
        "SELECT account, serial, certificate, label, public_key, transaction_id, issued_at, not_after, revoked_at,
         reason FROM certificate ORDER BY issued_at, serial",
        &[],
        read_certificate,
    )
}

/// A line of a revocation list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    /// Lower-case hexadecimal digits.
    pub serial: String,
    /// Microseconds since 1970.
    pub revoked_at: i64,
    /// CRLReason (RFC 5280 5.3.1).
    pub reason: i64,
}

/// The revoked certificates that end after a moment, in the order of their serial numbers.
pub fn revoked(tx: &mut dyn Transaction, ends_after: i64) -> Result<Vec<Revoked>> {
    tx.all(
        "SELECT serial, revoked_at, reason FROM certificate WHERE revoked_at IS NOT NULL AND not_after > $1
         ORDER BY serial",
        &[ends_after.into()],
        |row| {
            Ok(Revoked {
                serial: row.text(0)?.to_owned(),
                revoked_at: row.integer(1)?,
                reason: row.optional_integer(2)?.unwrap_or_default(),
            })
        },
    )
}

/// Revokes a certificate that is good; the number revoked (0 or 1). Whose it was has to be told apart
/// (`person.revision`).
pub fn revoke(tx: &mut dyn Transaction, serial: &str, revoked_at: i64, reason: i64) -> Result<u64> {
    let revoked = tx.execute(
        "UPDATE certificate SET revoked_at = $1, reason = $2 WHERE serial = $3 AND revoked_at IS NULL",
        &[revoked_at.into(), reason.into(), serial.into()],
    )?;
    tx.execute(
        "UPDATE certificate_authority SET revocations = revocations + 1 WHERE authority = $1",
        &[AUTHORITY.into()],
    )?;
    Ok(revoked)
}

/// Keeps a challenge under the digest of its text.
pub fn insert_challenge(tx: &mut dyn Transaction, digest: &[u8; 32], challenge: &Challenge) -> Result<()> {
    tx.execute(
        "INSERT INTO scep_challenge (challenge, account, label, expires_at, used_at, serial)
         VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            digest.into(),
            (&challenge.account).into(),
            (&challenge.label).into(),
            challenge.expires_at.into(),
            challenge.used_at.into(),
            challenge.serial.as_ref().into(),
        ],
    )?;
    Ok(())
}

/// The challenge with this digest; `None` when there is none.
pub fn challenge(tx: &mut dyn Transaction, digest: &[u8; 32]) -> Result<Option<Challenge>> {
    tx.first(
        "SELECT account, label, expires_at, used_at, serial FROM scep_challenge WHERE challenge = $1",
        &[digest.into()],
        |row| {
            Ok(Challenge {
                account: account_id(row.bytes(0)?)?,
                label: row.text(1)?.to_owned(),
                expires_at: row.integer(2)?,
                used_at: row.optional_integer(3)?,
                serial: row.optional_text(4)?.map(str::to_owned),
            })
        },
    )
}

/// Uses a challenge up; the number of challenges that were still good (0 or 1).
pub fn use_challenge(tx: &mut dyn Transaction, digest: &[u8; 32], now: i64, serial: &str) -> Result<u64> {
    tx.execute(
        "UPDATE scep_challenge SET used_at = $1, serial = $2 WHERE challenge = $3 AND used_at IS NULL",
        &[now.into(), serial.into(), digest.into()],
    )
}

/// Forgets challenges that ended before a moment; their number.
pub fn delete_challenges(tx: &mut dyn Transaction, ended_before: i64) -> Result<u64> {
    tx.execute("DELETE FROM scep_challenge WHERE expires_at < $1", &[ended_before.into()])
}

/// How many challenges of a person are still good.
pub fn open_challenges(tx: &mut dyn Transaction, account: &AccountId, now: i64) -> Result<i64> {
    let count = tx.first(
        "SELECT COUNT(*) FROM scep_challenge WHERE account = $1 AND used_at IS NULL AND expires_at > $2",
        &[account.into(), now.into()],
        |row| row.integer(0),
    )?;
    Ok(count.unwrap_or_default())
}
