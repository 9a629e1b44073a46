//! Tables `mdm_declaration` and `mdm_status`: what devices shall keep to by themselves, and what they report.

use crate::{Result, Transaction};

/// A declaration for a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// Unique among the device's.
    pub identifier: String,
    /// Such as `com.apple.configuration.account.exchange`.
    pub kind: String,
    /// Differs whenever anything else does.
    pub server_token: String,
    /// JSON.
    pub payload: String,
}

/// What a device has reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// All of it, joined: JSON.
    pub status: String,
    /// The last report's errors: JSON.
    pub errors: String,
    /// Microseconds since 1970.
    pub reported_at: i64,
}

/// A device's declarations, in the order of their identifiers.
pub fn of_enrolment(tx: &mut dyn Transaction, enrolment: &str) -> Result<Vec<Declaration>> {
    tx.all(
        "SELECT identifier, type, server_token, payload FROM mdm_declaration WHERE enrolment = $1 ORDER BY identifier",
        &[enrolment.into()],
        |row| {
            Ok(Declaration {
                identifier: row.text(0)?.to_owned(),
                kind: row.text(1)?.to_owned(),
                server_token: row.text(2)?.to_owned(),
                payload: row.text(3)?.to_owned(),
            })
        },
    )
}

/// Takes the place of all of a device's declarations.
pub fn replace(tx: &mut dyn Transaction, enrolment: &str, declarations: &[Declaration]) -> Result<()> {
    tx.execute("DELETE FROM mdm_declaration WHERE enrolment = $1", &[enrolment.into()])?;
    for declaration in declarations {
        tx.execute(
            "INSERT INTO mdm_declaration (enrolment, identifier, type, server_token, payload)
             VALUES ($1, $2, $3, $4, $5)",
            &[
                enrolment.into(),
                (&declaration.identifier).into(),
                (&declaration.kind).into(),
                (&declaration.server_token).into(),
                (&declaration.payload).into(),
            ],
        )?;
    }
    Ok(())
}

/// What a device has reported; `None` when it never did.
pub fn status(tx: &mut dyn Transaction, enrolment: &str) -> Result<Option<Status>> {
    tx.first("SELECT status, errors, reported_at FROM mdm_status WHERE enrolment = $1", &[enrolment.into()], |row| {
        Ok(Status { status: row.text(0)?.to_owned(), errors: row.text(1)?.to_owned(), reported_at: row.integer(2)? })
    })
}

/// Keeps what a device has reported.
pub fn put_status(tx: &mut dyn Transaction, enrolment: &str, status: &Status) -> Result<()> {
    tx.execute(
        "INSERT INTO mdm_status (enrolment, status, errors, reported_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (enrolment) DO UPDATE SET status = excluded.status, errors = excluded.errors,
            reported_at = excluded.reported_at",
        &[enrolment.into(), (&status.status).into(), (&status.errors).into(), status.reported_at.into()],
    )?;
    Ok(())
}

/// Forgets what a device has reported.
pub fn delete_status(tx: &mut dyn Transaction, enrolment: &str) -> Result<()> {
    tx.execute("DELETE FROM mdm_status WHERE enrolment = $1", &[enrolment.into()]).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LedgerError, testing::both_engines};

    #[test]
    fn declarations_are_replaced_as_a_whole() {
        both_engines(async |ledger| {
            ledger
                .write::<_, LedgerError>(|tx| {
                    let one = |identifier: &str| Declaration {
                        identifier: identifier.to_owned(),
                        kind: "com.apple.activation.simple".to_owned(),
                        server_token: "t".to_owned(),
                        payload: "{}".to_owned(),
                    };
                    replace(tx, "A", &[one("b"), one("a")])?;
                    replace(tx, "B", &[one("b")])?;
                    assert_eq!(of_enrolment(tx, "A")?, [one("a"), one("b")]);
                    replace(tx, "A", &[])?;
                    assert!(of_enrolment(tx, "A")?.is_empty());
                    assert_eq!(of_enrolment(tx, "B")?.len(), 1);
                    Ok(())
                })
                .await
                .unwrap();
        });
    }

    #[test]
    fn the_last_status_stands_until_it_is_forgotten() {
        both_engines(async |ledger| {
            ledger
                .write::<_, LedgerError>(|tx| {
                    assert_eq!(status(tx, "A")?, None);
                    for at in [1, 2] {
                        let report = Status { status: format!("{at}"), errors: "[]".to_owned(), reported_at: at };
                        put_status(tx, "A", &report)?;
                        assert_eq!(status(tx, "A")?, Some(report));
                    }
                    delete_status(tx, "A")?;
                    assert_eq!(status(tx, "A")?, None);
                    Ok(())
                })
                .await
                .unwrap();
        });
    }
}
