//! The schema, as the ordered list of steps that lead to it.
//!
//! To add one: a file `mNNNN_name.rs` with the next number and a `MIGRATION`, and its line in [`ALL`]. A migration that
//! has been released never changes. Statements only add (tables, columns, indexes), are data definition in the types
//! `BIGINT`, `TEXT` and `BYTEA`, and may run twice (`IF NOT EXISTS`), because not every engine keeps data definition in
//! transactions.

mod m0001_contacts;
mod m0002_identity;
mod m0003_directory;
mod m0004_subscriptions;
mod m0005_sessions;
mod m0006_second_factors;
mod m0007_device_access;
mod m0008_certificates;
mod m0009_device_management;

use std::hash::{BuildHasher, RandomState};

use crate::{
    database::Database,
    error::{LedgerError, Result},
    limits,
    transaction::Transaction,
};

/// One step of the schema.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Migration {
    /// Its place: 1 for the first, without gaps.
    pub(crate) number: i64,
    /// What it is about, for people who look into the database.
    pub(crate) name: &'static str,
    /// Run in this order.
    pub(crate) statements: &'static [&'static str],
}

/// Every migration of this release, in order.
pub(crate) const ALL: &[Migration] = &[
    m0001_contacts::MIGRATION,
    m0002_identity::MIGRATION,
    m0003_directory::MIGRATION,
    m0004_subscriptions::MIGRATION,
    m0005_sessions::MIGRATION,
    m0006_second_factors::MIGRATION,
    m0007_device_access::MIGRATION,
    m0008_certificates::MIGRATION,
    m0009_device_management::MIGRATION,
];

const PREPARE: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS schema_version (number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS schema_lease (lease BIGINT NOT NULL PRIMARY KEY, holder TEXT NOT NULL, held_until BIGINT NOT NULL)",
];

const TAKE_LEASE: &str = "INSERT INTO schema_lease (lease, holder, held_until) VALUES (1, $1, $2) \
     ON CONFLICT (lease) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until \
     WHERE schema_lease.held_until < $3 OR schema_lease.holder = excluded.holder RETURNING holder";

const FREE_LEASE: &str = "UPDATE schema_lease SET held_until = 0 WHERE holder = $1";

/// Brings a database to the end of `list`. Two processes may try at once: a row holds the lease, and the second one
/// finds the work done.
pub(crate) async fn migrate(
    database: &Database,
    list: &'static [Migration],
    clock: &(dyn Fn() -> i64 + Sync),
) -> Result<()> {
    let known = list.last().map_or(0, |last| last.number);
    if found(database).await? == Some(known) {
        return Ok(());
    }
    prepare(database).await?;
    // The number tells two migrators of one process apart.
    let number = RandomState::new().hash_one(0);
    let holder = format!("process {} ({number:x})", std::process::id());
    let mut polls = 0;
    loop {
        // Looked up again: another process may have finished meanwhile, or may be of a newer release.
        let found = found(database).await?.unwrap_or(0);
        if found > known {
            return Err(LedgerError::SchemaTooNew { found, known });
        }
        if found == known {
            return Ok(());
        }
        if take_lease(database, &holder, clock()).await? {
            break;
        }
        polls += 1;
        if polls > limits::LEASE_POLLS {
            return Err(LedgerError::MigrationUnderWay { holder: lease_holder(database).await? });
        }
        tokio::time::sleep(limits::LEASE_POLL).await;
    }
    let result = apply(database, list, &holder, clock).await;
    let freed = database.write(move |t| t.execute(FREE_LEASE, &[(&holder).into()])).await;
    result.and(freed.map(|_| ()))
}

async fn apply(
    database: &Database,
    list: &'static [Migration],
    holder: &str,
    clock: &(dyn Fn() -> i64 + Sync),
) -> Result<()> {
    for migration in list {
        let now = clock();
        let holder = holder.to_owned();
        database
            .write(move |t| {
                // Held anew for each step, so that a long list does not outlive its lease.
                if !hold(t, &holder, now)? {
                    return Err(LedgerError::MigrationUnderWay { holder: "another process".into() });
                }
                apply_one(t, migration, now)
            })
            .await?;
    }
    Ok(())
}

fn apply_one(t: &mut dyn Transaction, migration: &Migration, now: i64) -> Result<()> {
    let number = migration.number;
    let done =
        t.first("SELECT number FROM schema_version WHERE number = $1", &[number.into()], |row| row.integer(0))?;
    if done.is_some() {
        return Ok(());
    }
    for statement in migration.statements {
        t.execute(statement, &[])?;
    }
    t.execute(
        "INSERT INTO schema_version (number, name, applied_at) VALUES ($1, $2, $3)",
        &[number.into(), migration.name.into(), now.into()],
    )?;
    tracing::info!(number, name = migration.name, "schema migrated");
    Ok(())
}

/// The highest migration in the database; `None` when it has not even the table of them.
async fn found(database: &Database) -> Result<Option<i64>> {
    let highest: Result<Option<i64>> = database
        .read(|t| {
            let number = "SELECT number FROM schema_version ORDER BY number DESC LIMIT 1";
            t.first(number, &[], |row| row.integer(0))
        })
        .await;
    match highest {
        Ok(highest) => Ok(highest),
        // The two engines have different words for a missing table, and the next step makes it.
        Err(LedgerError::Database(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn prepare(database: &Database) -> Result<()> {
    for statement in PREPARE {
        match database.write(move |t| t.execute(statement, &[])).await {
            // On PostgreSQL, IF NOT EXISTS does not protect against another process that makes it at this moment.
            Ok(_) | Err(LedgerError::Duplicate) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn take_lease(database: &Database, holder: &str, now: i64) -> Result<bool> {
    let holder = holder.to_owned();
    database.write(move |t| hold(t, &holder, now)).await
}

fn hold(t: &mut dyn Transaction, holder: &str, now: i64) -> Result<bool> {
    let until = now.saturating_add(limits::LEASE_MICROSECONDS);
    Ok(t.first(TAKE_LEASE, &[holder.into(), until.into(), now.into()], |_| Ok(()))?.is_some())
}

async fn lease_holder(database: &Database) -> Result<String> {
    let holder = database
        .read(|t| t.first("SELECT holder FROM schema_lease WHERE lease = 1", &[], |row| row.text(0).map(str::to_owned)))
        .await?;
    Ok(holder.unwrap_or_default())
}
