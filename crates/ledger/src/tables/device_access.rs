//! Table `device_access`: what is known and was decided about a person on a device, beside the device itself
//! ([`devices`](super::devices)).
//!
//! Three hands write it, each its own columns: requests what they saw, administrators exemptions, device management what
//! it knows. A row may come before the device does: an exemption or an enrolment can be waiting for it.

use crate::{AccountId, Result, Row, Transaction};

/// A row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeviceAccess {
    /// `allow`, `quarantine` or `block`; empty when there is none.
    pub exemption: String,
    /// Who made it.
    pub exemption_by: String,
    /// Why.
    pub exemption_why: String,
    /// When, in microseconds since 1970.
    pub exemption_at: i64,
    /// What device management says.
    pub enrolment: Enrolment,
    /// What requests showed.
    pub seen: Seen,
    /// First and last Sync, in microseconds since 1970; `None` when there was none.
    pub synced_at: Option<(i64, i64)>,
}

/// What device management says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Enrolment {
    /// The enrolled device that this one is.
    pub enrolled: Option<String>,
    /// It is in order; `None` while nobody has said.
    pub compliant: Option<bool>,
    /// The account came with a managed profile; `None` while nobody has said.
    pub managed: Option<bool>,
}

/// What requests showed, and what was decided about them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// How the person signed in.
    pub sign_in: String,
    /// From where.
    pub network: String,
    /// The name that the account in use on this device signs in with.
    pub login_name: String,
    /// The host it asks.
    pub host: String,
    /// When that account was last seen, in microseconds since 1970.
    pub holder_at: i64,
    /// Name and host of another account of the person on the device, which was refused; empty when there was none.
    pub second_name: String,
    /// When, in microseconds since 1970.
    pub second_at: i64,
    /// The last decision; empty before the first.
    pub verdict: String,
    /// What decided.
    pub verdict_by: String,
    /// Since when the verdict is this one, in microseconds since 1970.
    pub verdict_at: i64,
}

fn read(row: &dyn Row) -> Result<DeviceAccess> {
    let text = |at| Ok::<_, crate::LedgerError>(row.text(at)?.to_owned());
    Ok(DeviceAccess {
        exemption: text(0)?,
        exemption_by: text(1)?,
        exemption_why: text(2)?,
        exemption_at: row.integer(3)?,
        enrolment: Enrolment {
            enrolled: row.optional_text(4)?.map(str::to_owned),
            compliant: row.optional_integer(5)?.map(|compliant| compliant != 0),
            managed: row.optional_integer(6)?.map(|managed| managed != 0),
        },
        seen: Seen {
            sign_in: text(7)?,
            network: text(8)?,
            login_name: text(9)?,
            host: text(10)?,
            holder_at: row.integer(11)?,
            second_name: text(12)?,
            second_at: row.integer(13)?,
            verdict: text(16)?,
            verdict_by: text(17)?,
            verdict_at: row.integer(18)?,
        },
        synced_at: row.optional_integer(14)?.zip(row.optional_integer(15)?),
    })
}

/// The row of a device; `None` when nothing is known.
pub fn get(tx: &mut dyn Transaction, account: &AccountId, device: &str) -> Result<Option<DeviceAccess>> {
    tx.first(
        "SELECT exemption, exemption_by, exemption_why, exemption_at, enrolled, compliant, managed, sign_in,
            network, login_name, host, holder_at, second_name, second_at, first_sync_at, last_sync_at, verdict,
            verdict_by, verdict_at, device
         FROM device_access WHERE account = $1 AND device = $2",
        &[account.into(), device.into()],
        read,
    )
}

/// All rows of an account with their devices, in no order.
pub fn of_account(tx: &mut dyn Transaction, account: &AccountId) -> Result<Vec<(String, DeviceAccess)>> {
    tx.all(
        "SELECT exemption, exemption_by, exemption_why, exemption_at, enrolled, compliant, managed, sign_in,
            network, login_name, host, holder_at, second_name, second_at, first_sync_at, last_sync_at, verdict,
            verdict_by, verdict_at, device
         FROM device_access WHERE account = $1",
        &[account.into()],
        |row| Ok((row.text(19)?.to_owned(), read(row)?)),
    )
}

/// Writes what a request showed.
pub fn put_seen(tx: &mut dyn Transaction, account: &AccountId, device: &str, seen: &Seen) -> Result<()> {
    tx.execute(
        "INSERT INTO device_access (account, device, sign_in, network, login_name, host, holder_at, second_name,
            second_at, verdict, verdict_by, verdict_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (account, device) DO UPDATE SET sign_in = excluded.sign_in, network = excluded.network,
            login_name = excluded.login_name, host = excluded.host, holder_at = excluded.holder_at,
            second_name = excluded.second_name, second_at = excluded.second_at, verdict = excluded.verdict,
            verdict_by = excluded.verdict_by, verdict_at = excluded.verdict_at",
        &[
            account.into(),
            device.into(),
            (&seen.sign_in).into(),
            (&seen.network).into(),
            (&seen.login_name).into(),
            (&seen.host).into(),
            seen.holder_at.into(),
            (&seen.second_name).into(),
            seen.second_at.into(),
            (&seen.verdict).into(),
            (&seen.verdict_by).into(),
            seen.verdict_at.into(),
        ],
    )?;
    Ok(())
}

/// Notes a Sync. The first one stays.
pub fn put_synced(tx: &mut dyn Transaction, account: &AccountId, device: &str, now: i64) -> Result<()> {
    tx.execute(
        "INSERT INTO device_access (account, device, first_sync_at, last_sync_at) VALUES ($1, $2, $3, $3)
         ON CONFLICT (account, device) DO UPDATE SET last_sync_at = excluded.last_sync_at,
            first_sync_at = COALESCE(device_access.first_sync_at, excluded.first_sync_at)",
        &[account.into(), device.into(), now.into()],
    )?;
    Ok(())
}

/// Writes an exemption, or takes it away with an empty text. What was seen of a second account is forgotten with it, and
/// who holds the device is found out anew.
pub fn put_exemption(
    tx: &mut dyn Transaction,
    account: &AccountId,
    device: &str,
    exemption: &str,
    by: &str,
    why: &str,
    now: i64,
) -> Result<()> {
    tx.execute(
        "INSERT INTO device_access (account, device, exemption, exemption_by, exemption_why, exemption_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (account, device) DO UPDATE SET exemption = excluded.exemption,
            exemption_by = excluded.exemption_by, exemption_why = excluded.exemption_why,
            exemption_at = excluded.exemption_at, login_name = '', host = '', holder_at = 0, second_name = '',
            second_at = 0",
        &[account.into(), device.into(), exemption.into(), by.into(), why.into(), now.into()],
    )?;
    Ok(())
}

/// Writes what device management knows.
pub fn put_enrolment(tx: &mut dyn Transaction, account: &AccountId, device: &str, enrolment: &Enrolment) -> Result<()> {
    let flag = |known: Option<bool>| known.map(i64::from);
    tx.execute(
        "INSERT INTO device_access (account, device, enrolled, compliant, managed) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (account, device) DO UPDATE SET enrolled = excluded.enrolled, compliant = excluded.compliant,
            managed = excluded.managed",
        &[
            account.into(),
            device.into(),
            enrolment.enrolled.as_ref().into(),
            flag(enrolment.compliant).into(),
            flag(enrolment.managed).into(),
        ],
    )?;
    Ok(())
}

/// Forgets a device; `false` when nothing was known.
pub fn delete(tx: &mut dyn Transaction, account: &AccountId, device: &str) -> Result<bool> {
    let sql = "DELETE FROM device_access WHERE account = $1 AND device = $2";
    Ok(tx.execute(sql, &[account.into(), device.into()])? > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LedgerError, testing::both_engines};

    #[test]
    fn each_hand_writes_its_own_columns() {
        both_engines(async |ledger| {
            ledger
                .write::<_, LedgerError>(|tx| {
                    let account = AccountId([7; 16]);
                    assert_eq!(get(tx, &account, "D1")?, None);
                    put_exemption(tx, &account, "D1", "block", "admin", "lost", 5)?;
                    let seen = Seen { verdict: "block".into(), verdict_at: 6, ..Seen::default() };
                    put_seen(tx, &account, "D1", &seen)?;
                    let enrolment = Enrolment { enrolled: Some("E9".into()), compliant: Some(false), managed: None };
                    put_enrolment(tx, &account, "D1", &enrolment)?;
                    put_synced(tx, &account, "D1", 7)?;
                    put_synced(tx, &account, "D1", 9)?;
                    let known = get(tx, &account, "D1")?.unwrap();
                    assert_eq!((known.exemption.as_str(), known.exemption_why.as_str()), ("block", "lost"));
                    assert_eq!((&known.seen, &known.enrolment), (&seen, &enrolment));
                    assert_eq!(known.synced_at, Some((7, 9)));
                    assert_eq!(of_account(tx, &account)?, [("D1".to_owned(), known)]);
                    assert!(delete(tx, &account, "D1")? && !delete(tx, &account, "D1")?);
                    Ok(())
                })
                .await
                .unwrap();
        });
    }
}
