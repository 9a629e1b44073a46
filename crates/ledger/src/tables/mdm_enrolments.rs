//! Tables `mdm_address` and `mdm_enrolment`: where managed devices ask, and which there are.

use crate::{AccountId, LedgerError, Result, Row, Transaction, tables::accounts::account_id};

/// The one server there is; the key leaves room for another.
const SERVER: &str = "inside";

/// What no enrolled device takes a change of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// ServerURL, byte for byte.
    pub server_url: String,
    /// CheckInURL, byte for byte.
    pub check_in_url: String,
    /// Topic.
    pub topic: String,
    /// AccessRights.
    pub access_rights: i64,
}

/// How far a device's enrolment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It has shown who it is and has not been heard of since: it may not have enrolled.
    Authenticated,
    /// It can be managed.
    Enrolled,
    /// It told that it left.
    Left,
}

impl Standing {
    fn name(self) -> &'static str {
        match self {
            Self::Authenticated => "authenticated",
            Self::Enrolled => "enrolled",
            Self::Left => "left",
        }
    }

    fn of(name: &str) -> Result<Self> {
        match name {
            "authenticated" => Ok(Self::Authenticated),
            "enrolled" => Ok(Self::Enrolled),
            "left" => Ok(Self::Left),
            _ => Err(LedgerError::Damaged(format!("an enrolment that stands {name}"))),
        }
    }
}

/// A device under management.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// UDID or EnrollmentID.
    pub enrolment: String,
    /// How it is enrolled, in the words of device management.
    pub kind: String,
    /// How far it has come.
    pub standing: Standing,
    /// Whose; `None` when nobody said.
    pub account: Option<AccountId>,
    /// SHA-256 of the certificate it enrolled with; unique. `None` when another MDM knows it.
    pub certificate: Option<[u8; 32]>,
    /// What it takes to wake it, sealed; `None` before its first TokenUpdate.
    pub push: Option<Vec<u8>>,
    /// It cannot be woken until it brings another token.
    pub push_gone: bool,
    /// When it was last woken, in microseconds since 1970; 0 when never.
    pub pushed_at: i64,
    /// TokenUpdates since it enrolled.
    pub token_updates: i64,
    /// What it says of itself: JSON.
    pub facts: String,
    /// The ActiveSync DeviceId that it says it has.
    pub eas_device: Option<String>,
    /// It holds the contacts profile; `None` while nobody has asked.
    pub managed: Option<bool>,
    /// Microseconds since 1970.
    pub created_at: i64,
    /// Microseconds since 1970.
    pub last_seen: i64,
    /// When its declarations last changed, in microseconds since 1970; 0 when it never had any.
    pub declarations_at: i64,
}

fn read(row: &dyn Row) -> Result<Enrolment> {
    let digest = |bytes: &[u8]| bytes.try_into().map_err(|_| LedgerError::Damaged("a digest of another length".into()));
    Ok(Enrolment {
        enrolment: row.text(0)?.to_owned(),
        kind: row.text(1)?.to_owned(),
        standing: Standing::of(row.text(2)?)?,
        account: row.optional_bytes(3)?.map(account_id).transpose()?,
        certificate: row.optional_bytes(4)?.map(digest).transpose()?,
        push: row.optional_bytes(5)?.map(<[u8]>::to_vec),
        push_gone: row.integer(6)? != 0,
        pushed_at: row.integer(7)?,
        token_updates: row.integer(8)?,
        facts: row.text(9)?.to_owned(),
        eas_device: row.optional_text(10)?.map(str::to_owned),
        managed: row.optional_integer(11)?.map(|managed| managed != 0),
        created_at: row.integer(12)?,
        last_seen: row.integer(13)?,
        declarations_at: row.integer(14)?,
    })
}

/// Where devices ask; `None` when it was never settled.
pub fn address(tx: &mut dyn Transaction) -> Result<Option<Address>> {
    tx.first(
        "SELECT server_url, check_in_url, topic, access_rights FROM mdm_address WHERE server = $1",
        &[SERVER.into()],
        |row| {
            Ok(Address {
                server_url: row.text(0)?.to_owned(),
                check_in_url: row.text(1)?.to_owned(),
                topic: row.text(2)?.to_owned(),
                access_rights: row.integer(3)?,
            })
        },
    )
}

/// Settles where devices ask.
pub fn put_address(tx: &mut dyn Transaction, address: &Address) -> Result<()> {
    tx.execute(
        "INSERT INTO mdm_address (server, server_url, check_in_url, topic, access_rights) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (server) DO UPDATE SET server_url = excluded.server_url, check_in_url = excluded.check_in_url,
            topic = excluded.topic, access_rights = excluded.access_rights",
        &[
            SERVER.into(),
            (&address.server_url).into(),
            (&address.check_in_url).into(),
            (&address.topic).into(),
            address.access_rights.into(),
        ],
    )?;
    Ok(())
}

/// Whether a device is enrolled, or about to be, with a certificate of ours.
pub fn any_bound(tx: &mut dyn Transaction) -> Result<bool> {
    let sql = "SELECT 1 FROM mdm_enrolment WHERE certificate IS NOT NULL AND standing <> $1 LIMIT 1";
    Ok(tx.first(sql, &[Standing::Left.name().into()], |_| Ok(()))?.is_some())
}

/// The device; `None` when it never enrolled.
pub fn get(tx: &mut dyn Transaction, enrolment: &str) -> Result<Option<Enrolment>> {
    tx.first(
        "SELECT enrolment, kind, standing, account, certificate, push, push_gone, pushed_at, token_updates, facts,
            eas_device, managed, created_at, last_seen, declarations_at FROM mdm_enrolment WHERE enrolment = $1",
        &[enrolment.into()],
        read,
    )
}

/// The device that enrolled with a certificate; `None` when none did.
pub fn by_certificate(tx: &mut dyn Transaction, certificate: &[u8; 32]) -> Result<Option<String>> {
    let sql = "SELECT enrolment FROM mdm_enrolment WHERE certificate = $1";
    tx.first(sql, &[certificate.into()], |row| Ok(row.text(0)?.to_owned()))
}

/// The next devices behind one, in the order of their names; the first page is behind the empty name.
pub fn page(tx: &mut dyn Transaction, after: &str, rows: i64) -> Result<Vec<Enrolment>> {
    tx.all(
        "SELECT enrolment, kind, standing, account, certificate, push, push_gone, pushed_at, token_updates, facts,
            eas_device, managed, created_at, last_seen, declarations_at FROM mdm_enrolment
         WHERE enrolment > $1 ORDER BY enrolment LIMIT $2",
        &[after.into(), rows.into()],
        read,
    )
}

/// A person's devices, in the order of their names.
pub fn of_account(tx: &mut dyn Transaction, account: &AccountId) -> Result<Vec<Enrolment>> {
    tx.all(
        "SELECT enrolment, kind, standing, account, certificate, push, push_gone, pushed_at, token_updates, facts,
            eas_device, managed, created_at, last_seen, declarations_at FROM mdm_enrolment
         WHERE account = $1 ORDER BY enrolment",
        &[account.into()],
        read,
    )
}

/// Enrolled devices that can be woken, were not since a moment, and have something left to do.
pub fn to_wake(tx: &mut dyn Transaction, pushed_before: i64, rows: i64) -> Result<Vec<Enrolment>> {
    tx.all(
        "SELECT enrolment, kind, standing, account, certificate, push, push_gone, pushed_at, token_updates, facts,
            eas_device, managed, created_at, last_seen, declarations_at FROM mdm_enrolment
         WHERE standing = $1 AND push_gone = 0 AND push IS NOT NULL AND pushed_at < $2 AND EXISTS (
            SELECT 1 FROM mdm_command WHERE mdm_command.enrolment = mdm_enrolment.enrolment
                AND mdm_command.state IN ('queued', 'delivered', 'not-now'))
         ORDER BY pushed_at, enrolment LIMIT $3",
        &[Standing::Enrolled.name().into(), pushed_before.into(), rows.into()],
        read,
    )
}

/// Writes a device, new or known; what counts its commands stays. [`LedgerError::Duplicate`] when another device has
/// enrolled with the certificate.
pub fn put(tx: &mut dyn Transaction, row: &Enrolment) -> Result<()> {
    tx.execute(
        "INSERT INTO mdm_enrolment (enrolment, kind, standing, account, certificate, push, push_gone, pushed_at,
            token_updates, facts, eas_device, managed, created_at, last_seen, declarations_at, commands)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 0)
         ON CONFLICT (enrolment) DO UPDATE SET kind = excluded.kind, standing = excluded.standing,
            account = excluded.account, certificate = excluded.certificate, push = excluded.push,
            push_gone = excluded.push_gone, pushed_at = excluded.pushed_at, token_updates = excluded.token_updates,
            facts = excluded.facts, eas_device = excluded.eas_device, managed = excluded.managed,
            created_at = excluded.created_at, last_seen = excluded.last_seen,
            declarations_at = excluded.declarations_at",
        &[
            (&row.enrolment).into(),
            (&row.kind).into(),
            row.standing.name().into(),
            row.account.as_ref().into(),
            row.certificate.as_ref().into(),
            row.push.as_ref().into(),
            row.push_gone.into(),
            row.pushed_at.into(),
            row.token_updates.into(),
            (&row.facts).into(),
            row.eas_device.as_ref().into(),
            row.managed.into(),
            row.created_at.into(),
            row.last_seen.into(),
            row.declarations_at.into(),
        ],
    )?;
    Ok(())
}

/// Notes that a device was woken, or (`gone`) cannot be any more. Nothing else of the row is touched, and nothing at all
/// when it has brought another token than `push` meanwhile.
pub fn put_pushed(tx: &mut dyn Transaction, (enrolment, push): (&str, &[u8]), at: i64, gone: bool) -> Result<()> {
    tx.execute(
        "UPDATE mdm_enrolment SET pushed_at = $1, push_gone = $2 WHERE enrolment = $3 AND push = $4",
        &[at.into(), gone.into(), enrolment.into(), push.into()],
    )?;
    Ok(())
}

/// Forgets a device; `false` when it was not known.
pub fn delete(tx: &mut dyn Transaction, enrolment: &str) -> Result<bool> {
    Ok(tx.execute("DELETE FROM mdm_enrolment WHERE enrolment = $1", &[enrolment.into()])? > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::both_engines;

    fn device(name: &str, certificate: Option<[u8; 32]>) -> Enrolment {
        Enrolment {
            enrolment: name.to_owned(),
            kind: "device".to_owned(),
            standing: Standing::Enrolled,
            account: Some(AccountId([1; 16])),
            certificate,
            push: Some(vec![1, 2]),
            push_gone: false,
            pushed_at: 0,
            token_updates: 1,
            facts: "{}".to_owned(),
            eas_device: None,
            managed: None,
            created_at: 1,
            last_seen: 2,
            declarations_at: 0,
        }
    }

    #[test]
    fn what_was_written_of_a_device_is_read_again() {
        both_engines(async |ledger| {
            ledger
                .write::<_, LedgerError>(|tx| {
                    let row =
                        Enrolment { managed: Some(false), eas_device: Some("E".into()), ..device("A", Some([1; 32])) };
                    put(tx, &device("A", None))?;
                    put(tx, &row)?;
                    put(tx, &device("B", None))?;
                    assert_eq!(get(tx, "A")?.as_ref(), Some(&row));
                    assert_eq!(by_certificate(tx, &[1; 32])?.as_deref(), Some("A"));
                    assert_eq!(by_certificate(tx, &[2; 32])?, None);
                    assert_eq!(page(tx, "A", 9)?, [device("B", None)]);
                    assert_eq!(of_account(tx, &AccountId([1; 16]))?.len(), 2);
                    assert!(any_bound(tx)? && delete(tx, "A")? && !delete(tx, "A")? && !any_bound(tx)?);
                    Ok(())
                })
                .await
                .unwrap();
        });
    }

    #[test]
    fn a_certificate_is_never_two_devices() {
        both_engines(async |ledger| {
            ledger.write(|tx| put(tx, &device("A", Some([1; 32])))).await.unwrap();
            let second = ledger.write(|tx| put(tx, &device("B", Some([1; 32])))).await;
            assert_eq!(second, Err(LedgerError::Duplicate));
            ledger.write(|tx| put(tx, &device("B", None)).and_then(|()| put(tx, &device("C", None)))).await.unwrap();
        });
    }

    #[test]
    fn where_devices_ask_is_kept_byte_for_byte() {
        both_engines(async |ledger| {
            ledger
                .write::<_, LedgerError>(|tx| {
                    assert_eq!(address(tx)?, None);
                    let mut settled = Address {
                        server_url: "https://h/mdm/connect?a=1".into(),
                        check_in_url: "https://h/mdm/checkin".into(),
                        topic: "com.apple.mgmt.External.1".into(),
                        access_rights: 7443,
                    };
                    put_address(tx, &settled)?;
                    settled.topic.push('2');
                    put_address(tx, &settled)?;
                    assert_eq!(address(tx)?, Some(settled));
                    Ok(())
                })
                .await
                .unwrap();
        });
    }
}
