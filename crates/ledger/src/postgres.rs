//! The engine for many machines: PostgreSQL, with work on blocking threads and conflicts retried.

use std::{
    error::Error as _,
    hash::{BuildHasher, RandomState},
    panic::resume_unwind,
    sync::Arc,
    time::Duration,
};

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use tokio::{runtime::Handle, sync::Semaphore};
use tokio_postgres::{
    Config, IsolationLevel, NoTls,
    error::SqlState,
    types::{FromSql, IsNull, ToSql, Type, private::BytesMut, to_sql_checked},
};

use crate::{
    database::verdict,
    error::{LedgerError, Result, WorkError, unexpected},
    limits, statement,
    transaction::{Row, Transaction, Value},
};

/// Connections to one PostgreSQL database.
pub(crate) struct Postgres {
    pool: Pool,
    /// Work that has lost to another transaction queues here for its next attempt: twenty writers of one account would
    /// otherwise make each other lose again and again.
    lane: Semaphore,
}

#[derive(Clone, Copy)]
enum Mode {
    Write,
    Read,
}

impl Postgres {
    pub(crate) fn open(url: &str) -> Result<Self> {
        // The driver's error may repeat the address, and with it a password.
        let config: Config =
            url.parse().map_err(|_| LedgerError::Database("this is not an address of a PostgreSQL database".into()))?;
        let manager = Manager::from_config(config, NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
        let pool = Pool::builder(manager)
            .max_size(limits::POSTGRES_CONNECTIONS)
            .wait_timeout(Some(limits::POSTGRES_WAIT))
            .create_timeout(Some(limits::POSTGRES_WAIT))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| LedgerError::Database(error.to_string()))?;
        Ok(Self { pool, lane: Semaphore::new(1) })
    }

    pub(crate) async fn write<W, T, E>(&self, work: Arc<W>) -> Result<T, E>
    where
        W: Fn(&mut dyn Transaction) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: WorkError,
    {
        self.repeat(Mode::Write, work).await
    }

    pub(crate) async fn read<W, T, E>(&self, work: Arc<W>) -> Result<T, E>
    where
        W: Fn(&mut dyn Transaction) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: WorkError,
    {
        self.repeat(Mode::Read, work).await
    }

    async fn repeat<W, T, E>(&self, mode: Mode, work: Arc<W>) -> Result<T, E>
    where
        W: Fn(&mut dyn Transaction) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: WorkError,
    {
        let first = self.once(mode, Arc::clone(&work)).await;
        if !is_conflict(&first) {
            return first;
        }
        let _turn = self.lane.acquire().await.map_err(|_| LedgerError::Closed)?;
        for attempt in 1..limits::ATTEMPTS {
            let result = self.once(mode, Arc::clone(&work)).await;
            if !is_conflict(&result) {
                return result;
            }
            tokio::time::sleep(pause(attempt)).await;
        }
        Err(LedgerError::Conflict.into())
    }

    async fn once<W, T, E>(&self, mode: Mode, work: Arc<W>) -> Result<T, E>
    where
        W: Fn(&mut dyn Transaction) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: WorkError,
    {
        let mut client =
            self.pool.get().await.map_err(|error| LedgerError::Database(format!("no connection: {error}")))?;
        let runtime = Handle::current();
        let working = tokio::task::spawn_blocking(move || {
            let builder = client.build_transaction();
            let builder = match mode {
                Mode::Write => builder.isolation_level(IsolationLevel::Serializable),
                Mode::Read => builder.isolation_level(IsolationLevel::RepeatableRead).read_only(true),
            };
            let inner = runtime.block_on(builder.start()).map_err(|error| from_postgres(&error))?;
            let mut transaction = PostgresTransaction { inner, runtime: &runtime, failed: false };
            let result = work(&mut transaction);
            let PostgresTransaction { inner, failed, .. } = transaction;
            let result = verdict(result, failed);
            if result.is_ok() {
                runtime.block_on(inner.commit()).map_err(|error| from_postgres(&error))?;
            } else {
                // A connection that cannot even roll back is thrown away by the pool.
                let _ = runtime.block_on(inner.rollback());
            }
            result
        });
        match working.await {
            Ok(result) => result,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                Err(_) => Err(LedgerError::Closed.into()),
            },
        }
    }
}

fn is_conflict<T, E: WorkError>(result: &Result<T, E>) -> bool {
    result.as_ref().is_err_and(WorkError::is_conflict)
}

/// Doubles with each attempt up to a limit, and is cut at random so that rivals part.
fn pause(attempt: u32) -> Duration {
    let longest = Duration::from_millis(1 << attempt.min(10)).min(limits::PAUSE_MAX);
    let random = RandomState::new().hash_one(attempt) % 1000;
    longest.mul_f64(0.5 + f64::from(u32::try_from(random).unwrap_or(0)) / 2000.0)
}

/// PostgreSQL's transaction, as work sees it.
struct PostgresTransaction<'c> {
    inner: deadpool_postgres::Transaction<'c>,
    runtime: &'c Handle,
    failed: bool,
}

impl PostgresTransaction<'_> {
    fn attempt<T>(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        run: impl AsyncFnOnce(&Self) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T> {
        if self.failed {
            return Err(LedgerError::Broken);
        }
        let result = statement::check(sql, values)
            .and_then(|()| self.runtime.block_on(run(self)).map_err(|error| from_postgres(&error)));
        self.failed = result.is_err();
        result
    }
}

impl Transaction for PostgresTransaction<'_> {
    fn execute(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<u64> {
        self.attempt(sql, values, async |this| {
            let prepared = this.inner.prepare_cached(sql).await?;
            this.inner.execute_raw(&prepared, values.iter().copied()).await
        })
    }

    fn for_each(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        let references: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as _).collect();
        let rows = self.attempt(sql, values, async |this| {
            let prepared = this.inner.prepare_cached(sql).await?;
            this.inner.query(&prepared, &references).await
        })?;
        rows.iter().try_for_each(|row| each(row))
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match *self {
            Self::Null => Ok(IsNull::Yes),
            // `$1 + 1` makes PostgreSQL take `$1` for 32 bits wide.
            Self::Integer(value) if *ty == Type::INT4 => i32::try_from(value)?.to_sql(ty, out),
            Self::Integer(value) if *ty == Type::INT8 => value.to_sql(ty, out),
            Self::Text(value) if <&str as ToSql>::accepts(ty) => value.to_sql(ty, out),
            Self::Bytes(value) if *ty == Type::BYTEA => value.to_sql(ty, out),
            Self::Integer(_) | Self::Text(_) | Self::Bytes(_) => {
                Err(format!("a value of another type than {ty}").into())
            }
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl Row for tokio_postgres::Row {
    fn integer(&self, column: usize) -> Result<i64> {
        self.optional_integer(column)?.ok_or_else(|| unexpected(column, "an integer"))
    }
    fn text(&self, column: usize) -> Result<&str> {
        self.optional_text(column)?.ok_or_else(|| unexpected(column, "a text"))
    }
    fn bytes(&self, column: usize) -> Result<&[u8]> {
        self.optional_bytes(column)?.ok_or_else(|| unexpected(column, "bytes"))
    }
    fn optional_integer(&self, column: usize) -> Result<Option<i64>> {
        if self.columns().get(column).is_some_and(|described| *described.type_() == Type::INT4) {
            return Ok(get::<Option<i32>>(self, column, "an integer")?.map(i64::from));
        }
        get(self, column, "an integer")
    }
    fn optional_text(&self, column: usize) -> Result<Option<&str>> {
        get(self, column, "a text")
    }
    fn optional_bytes(&self, column: usize) -> Result<Option<&[u8]>> {
        get(self, column, "bytes")
    }
}

fn get<'r, T: FromSql<'r>>(row: &'r tokio_postgres::Row, column: usize, wanted: &str) -> Result<T> {
    row.try_get(column).map_err(|_| unexpected(column, wanted))
}

fn from_postgres(error: &tokio_postgres::Error) -> LedgerError {
    match error.code() {
        Some(&(SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED)) => LedgerError::Conflict,
        // The other two: tables and types that somebody makes at the same moment.
        Some(&(SqlState::UNIQUE_VIOLATION | SqlState::DUPLICATE_TABLE | SqlState::DUPLICATE_OBJECT)) => {
            LedgerError::Duplicate
        }
        Some(&(SqlState::DISK_FULL | SqlState::IO_ERROR | SqlState::READ_ONLY_SQL_TRANSACTION)) => {
            LedgerError::Unwritable(describe(error))
        }
        _ => LedgerError::Database(describe(error)),
    }
}

/// The driver's own text says only which side failed; the reason is its source.
fn describe(error: &tokio_postgres::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}
