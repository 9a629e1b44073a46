//! For the tests of this and other crates: a fresh database on every engine, and a PostgreSQL that is thrown away.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up has to stop"
)]

mod throwaway_postgres;

use std::{
    fs,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicI64, AtomicU32, Ordering},
};

use crate::{Database, Durability, SqliteOptions};

/// A clock that ticks once each time it is read: microseconds from a fixed moment on.
pub fn clock() -> i64 {
    static NOW: AtomicI64 = AtomicI64::new(1_800_000_000_000_000);
    NOW.fetch_add(1, Ordering::Relaxed)
}

/// Runs a test on SQLite and then on PostgreSQL, each time with a fresh database that has this release's schema.
///
/// # Panics
/// When the test does; and when there is no PostgreSQL, unless `BOTHWAYS_SKIP_POSTGRES=1` says that this is meant.
pub fn both_engines(test: impl AsyncFn(Database)) {
    both_engines_bare(async |database| {
        database.migrate(&clock).await.expect("a fresh database takes the schema");
        test(database).await;
    });
}

/// As [`both_engines`], with databases that are empty.
///
/// # Panics
/// As [`both_engines`].
pub fn both_engines_bare(test: impl AsyncFn(Database)) {
    sqlite_bare(&test);
    postgres_bare(&test);
}

/// Runs a test on a fresh SQLite file with this release's schema, for what has nothing to do with engines.
///
/// # Panics
/// When the test does.
pub fn sqlite(test: impl AsyncFn(Database)) {
    sqlite_bare(&async |database: Database| {
        database.migrate(&clock).await.expect("a fresh database takes the schema");
        test(database).await;
    });
}

fn sqlite_bare(test: &impl AsyncFn(Database)) {
    println!("engine: SQLite");
    let folder = Folder::new();
    runtime().block_on(async {
        // What a power failure would take is no matter for a folder that goes with the test.
        let options = SqliteOptions { durability: Durability::ProcessEnd, ..SqliteOptions::default() };
        let database = Database::open_sqlite(&folder.path().join("ledger.db"), options);
        test(database.expect("a SQLite file opens")).await;
    });
}

fn postgres_bare(test: &impl AsyncFn(Database)) {
    let runtime = runtime();
    if let Some(fresh) = runtime.block_on(throwaway_postgres::fresh_database()) {
        println!("engine: PostgreSQL");
        runtime.block_on(async { test(Database::open_postgres(&fresh).expect("an address")).await });
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime starts")
}

/// An empty folder that goes when this is dropped.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Makes one among the temporary files.
    ///
    /// # Panics
    /// When that is not possible.
    #[allow(clippy::new_without_default, reason = "a default that touches the disk would surprise")]
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("bothways-test-{}-{number}", process::id()));
        // A process of the same number may have crashed here before.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).expect("a temporary folder");
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
