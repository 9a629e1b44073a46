//! The ledger's database: one way to write and one way to read, whatever the engine.

use std::{path::Path, sync::Arc};

use crate::{
    error::{LedgerError, Result, WorkError},
    migrations,
    postgres::Postgres,
    sqlite::{Sqlite, SqliteOptions},
    transaction::Transaction,
};

/// A database that is open. Clones share it; it closes when the last one is dropped.
///
/// Work is a synchronous closure over a [`Transaction`]. It may run several times (another transaction won, or its
/// neighbours in a shared commit broke), so its only effects are its statements and its result. Transactions are
/// serializable on both engines: each one sees the database as if no other were running.
///
/// Work ends with `Ok`, and everything it wrote is durable before the caller gets the result; or with an error, and
/// nothing of it was written. After a statement has failed the transaction is over: work that passes over such an
/// error and ends with `Ok` is rolled back with [`LedgerError::Broken`], on both engines.
///
/// Dropping the future of [`write`](Self::write) does not undo the work: it may still happen.
#[derive(Clone)]
pub struct Database {
    engine: Engine,
}

#[derive(Clone)]
enum Engine {
    Sqlite(Arc<Sqlite>),
    Postgres(Arc<Postgres>),
}

impl std::fmt::Debug for Database {
    /// The engine only: a PostgreSQL address holds a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").field("engine", &self.engine_name()).finish()
    }
}

impl Database {
    /// Opens a SQLite file and makes it when it is missing (its folder must exist). The schema is not touched: call
    /// [`migrate`](Self::migrate).
    pub fn open_sqlite(path: &Path, options: SqliteOptions) -> Result<Self> {
        Ok(Self { engine: Engine::Sqlite(Arc::new(Sqlite::open(path, options)?)) })
    }

    /// Prepares connections to a PostgreSQL database, named by a `postgres://` address or `key=value` pairs. The first
    /// connection is made by the first piece of work. Must be called within a tokio runtime.
    pub fn open_postgres(url: &str) -> Result<Self> {
        Ok(Self { engine: Engine::Postgres(Arc::new(Postgres::open(url)?)) })
    }

    /// `SQLite` or `PostgreSQL`, for messages.
    #[must_use]
    pub fn engine_name(&self) -> &'static str {
        match self.engine {
            Engine::Sqlite(_) => "SQLite",
            Engine::Postgres(_) => "PostgreSQL",
        }
    }

    /// Brings the schema to this release's. `clock` gives microseconds since 1970 in UTC.
    ///
    /// # Errors
    /// [`LedgerError::SchemaTooNew`] when a newer release has written the database: nothing is touched then.
    /// [`LedgerError::MigrationUnderWay`] when another process keeps migrating for too long.
    pub async fn migrate(&self, clock: &(dyn Fn() -> i64 + Sync)) -> Result<()> {
        migrations::migrate(self, migrations::ALL, clock).await
    }

    /// Runs `work` in a transaction that may write. The result arrives when it is durable.
    pub async fn write<T, E>(
        &self,
        work: impl Fn(&mut dyn Transaction) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: WorkError,
    {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.write(work).await,
            Engine::Postgres(postgres) => postgres.write(Arc::new(work)).await,
        }
    }

    /// Runs `work` in a transaction that only reads, on one unchanging picture of the database.
    ///
    /// On SQLite it runs at once on the calling thread, which is five times cheaper than a trip to another one. Keep
    /// reads short, then (a page, not a mailbox), or use [`read_long`](Self::read_long).
    pub async fn read<T, E>(
        &self,
        work: impl Fn(&mut dyn Transaction) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: WorkError,
    {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.read(&work).await,
            Engine::Postgres(postgres) => postgres.read(Arc::new(work)).await,
        }
    }

    /// As [`read`](Self::read), for work that is a single query: on SQLite there is no transaction to begin and to end
    /// around it. A second query of the same work fails.
    pub async fn query<T, E>(
        &self,
        work: impl Fn(&mut dyn Transaction) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: WorkError,
    {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.query(&work).await,
            Engine::Postgres(postgres) => postgres.read(Arc::new(work)).await,
        }
    }

    /// As [`read`](Self::read), for work of more than some milliseconds: it runs where it keeps nobody from working.
    pub async fn read_long<T, E>(
        &self,
        work: impl Fn(&mut dyn Transaction) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: WorkError,
    {
        match &self.engine {
            Engine::Sqlite(sqlite) => Arc::clone(sqlite).read_long(work).await,
            Engine::Postgres(postgres) => postgres.read(Arc::new(work)).await,
        }
    }

    /// A read in place for callers that are not asynchronous. `None` when this engine cannot do it just now (always on
    /// PostgreSQL, and on SQLite when every reader is taken): use [`read`](Self::read) then.
    pub fn read_now<T, E: WorkError>(
        &self,
        work: impl Fn(&mut dyn Transaction) -> Result<T, E>,
    ) -> Option<Result<T, E>> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.read_now(&work),
            Engine::Postgres(_) => None,
        }
    }
}

/// Judges how work ended: an `Ok` after a failed statement is not one.
pub(crate) fn verdict<T, E: WorkError>(result: Result<T, E>, statement_failed: bool) -> Result<T, E> {
    if statement_failed && result.is_ok() { Err(LedgerError::Broken.into()) } else { result }
}
