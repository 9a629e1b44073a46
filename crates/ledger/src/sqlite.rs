//! The embedded engine: one thread writes and lets neighbours share a commit, many connections read.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use rusqlite::{
    Connection, ErrorCode, OptionalExtension,
    config::DbConfig,
    ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_ROWID, SQLITE_CONSTRAINT_UNIQUE},
    params_from_iter,
    types::{ToSqlOutput, ValueRef},
};
use tokio::sync::{Semaphore, SemaphorePermit, mpsc, oneshot};

use crate::{
    database::verdict,
    error::{LedgerError, Result, WorkError, unexpected},
    limits, statement,
    transaction::{Row, Transaction, Value},
};

/// What an acknowledged write survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// A power failure: every commit waits for the disk (`synchronous=FULL`).
    #[default]
    PowerFailure,
    /// The end of the process, not a power failure (`synchronous=NORMAL`).
    ProcessEnd,
}

/// How to open a SQLite file.
#[derive(Debug, Clone, Copy)]
pub struct SqliteOptions {
    /// What an acknowledged write survives.
    pub durability: Durability,
    /// Connections for reading. Reads run on the threads that ask, so more than there are threads are of no use.
    pub readers: usize,
    /// How long to wait for another process that writes.
    pub busy: Duration,
    /// The largest size of the file, in pages of 4 KiB; `None` for SQLite's own limit. Writes beyond it are
    /// [`LedgerError::Unwritable`], as on a full disk.
    pub pages_max: Option<u32>,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        let threads = thread::available_parallelism().map_or(4, std::num::NonZero::get);
        Self {
            durability: Durability::PowerFailure,
            readers: threads.saturating_mul(2).clamp(4, 64),
            busy: limits::BUSY,
            pages_max: None,
        }
    }
}

/// An open SQLite file.
pub(crate) struct Sqlite {
    writer: mpsc::Sender<Box<dyn Job>>,
    readers: Mutex<Vec<Connection>>,
    /// As many permits as there are readers.
    free: Semaphore,
}

impl Sqlite {
    pub(crate) fn open(path: &Path, options: SqliteOptions) -> Result<Self> {
        let connection = connect(path, &options)?;
        let readers = (0..options.readers.max(1))
            .map(|_| {
                let reader = connect(path, &options)?;
                reader.pragma_update(None, "query_only", true).map_err(from_sqlite)?;
                Ok(reader)
            })
            .collect::<Result<Vec<_>>>()?;
        let (writer, queue) = mpsc::channel(limits::WRITER_QUEUE);
        let log = wal_path(path);
        thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || Writer { connection, log, commits: 0 }.run(queue))
            .map_err(|error| LedgerError::Database(error.to_string()))?;
        Ok(Self { writer, free: Semaphore::new(readers.len()), readers: Mutex::new(readers) })
    }

    pub(crate) async fn write<T, E>(
        &self,
        work: impl Fn(&mut dyn Transaction) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: WorkError,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Piece { work, reply, outcome: None });
        self.writer.send(job).await.map_err(|_| LedgerError::Closed)?;
        match answer.await.map_err(|_| LedgerError::Closed)? {
            Ok(result) => result,
            Err(panic) => resume_unwind(panic),
        }
    }

    pub(crate) async fn read<T, E: WorkError>(
        &self,
        work: &(impl Fn(&mut dyn Transaction) -> Result<T, E> + Sync),
    ) -> Result<T, E> {
        if let Some(result) = self.read_now(work) {
            return result;
        }
        let permit = self.free.acquire().await.map_err(|_| LedgerError::Closed)?;
        self.reader(permit)?.transact(work)
    }

    pub(crate) async fn query<T, E: WorkError>(
        &self,
        work: &(impl Fn(&mut dyn Transaction) -> Result<T, E> + Sync),
    ) -> Result<T, E> {
        let permit = self.free.acquire().await.map_err(|_| LedgerError::Closed)?;
        self.reader(permit)?.query(work)
    }

    pub(crate) async fn read_long<T, E>(
        self: Arc<Self>,
        work: impl Fn(&mut dyn Transaction) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: WorkError,
    {
        let reading = tokio::task::spawn_blocking(move || {
            // One of these threads may wait for a reader; the readers are given back by others.
            let permit =
                tokio::runtime::Handle::current().block_on(self.free.acquire()).map_err(|_| LedgerError::Closed)?;
            self.reader(permit)?.transact(&work)
        });
        match reading.await {
            Ok(result) => result,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                Err(_) => Err(LedgerError::Closed.into()),
            },
        }
    }

    pub(crate) fn read_now<T, E: WorkError>(
        &self,
        work: &impl Fn(&mut dyn Transaction) -> Result<T, E>,
    ) -> Option<Result<T, E>> {
        let permit = self.free.try_acquire().ok()?;
        Some(self.reader(permit).map_err(E::from).and_then(|reader| reader.transact(work)))
    }

    fn reader<'s>(&'s self, permit: SemaphorePermit<'s>) -> Result<Reader<'s>> {
        let connection = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = connection.ok_or(LedgerError::Closed)?;
        Ok(Reader { sqlite: self, connection: Some(connection), _permit: permit })
    }
}

/// A read connection on loan; it goes back when this is dropped, before the permit does.
struct Reader<'s> {
    sqlite: &'s Sqlite,
    connection: Option<Connection>,
    _permit: SemaphorePermit<'s>,
}

impl Reader<'_> {
    fn transact<T, E: WorkError>(&self, work: &impl Fn(&mut dyn Transaction) -> Result<T, E>) -> Result<T, E> {
        let Some(connection) = &self.connection else { return Err(LedgerError::Closed.into()) };
        run(connection, "BEGIN")?;
        let mut transaction = SqliteTransaction::new(connection);
        let result = work(&mut transaction);
        let result = verdict(result, transaction.failed);
        // Nothing was written, so there is nothing a failing COMMIT could lose.
        let _ = run(connection, "COMMIT");
        result
    }

    fn query<T, E: WorkError>(&self, work: &impl Fn(&mut dyn Transaction) -> Result<T, E>) -> Result<T, E> {
        let Some(connection) = &self.connection else { return Err(LedgerError::Closed.into()) };
        let mut transaction = SqliteTransaction { queries_left: Some(1), ..SqliteTransaction::new(connection) };
        let result = work(&mut transaction);
        verdict(result, transaction.failed)
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            if !connection.is_autocommit() {
                let _ = run(&connection, "ROLLBACK");
            }
            self.sqlite.readers.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}

/// A piece of work on its way through the writer.
trait Job: Send {
    /// Runs the work; whether its effects shall stay.
    fn run(&mut self, connection: &Connection) -> bool;
    /// Gives the caller the outcome, which stands if the commit did.
    fn answer(self: Box<Self>, commit: Result<()>);
}

struct Piece<W, T, E> {
    work: W,
    reply: oneshot::Sender<thread::Result<Result<T, E>>>,
    outcome: Option<thread::Result<Result<T, E>>>,
}

impl<W, T, E> Job for Piece<W, T, E>
where
    W: Fn(&mut dyn Transaction) -> Result<T, E> + Send,
    T: Send,
    E: WorkError,
{
    fn run(&mut self, connection: &Connection) -> bool {
        let mut transaction = SqliteTransaction::new(connection);
        // A panic belongs to the caller, not to the neighbours in this commit.
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.work)(&mut transaction)));
        let outcome = outcome.map(|result| verdict(result, transaction.failed));
        let keep = matches!(outcome, Ok(Ok(_)));
        self.outcome = Some(outcome);
        keep
    }

    fn answer(self: Box<Self>, commit: Result<()>) {
        let outcome = match (commit, self.outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Ok(()), None) => Ok(Err(LedgerError::Closed.into())),
            (Err(error), _) => Ok(Err(error.into())),
        };
        // A caller that has gone away needs no answer.
        let _ = self.reply.send(outcome);
    }
}

/// Why a shared transaction did not come to its commit.
enum Stopped {
    /// It could not begin or commit: true for all of its pieces.
    Failed(LedgerError),
    /// The engine rolled it back in the middle of a piece; the others may be innocent.
    RolledBack,
    /// A piece ended with an error of its own, and there was no savepoint to go back to.
    Refused,
}

/// Whether the pieces of a shared transaction can be undone one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Savepoints {
    No,
    Yes,
}

/// The thread that writes.
struct Writer {
    connection: Connection,
    /// The write-ahead log, whose size is watched.
    log: PathBuf,
    commits: u32,
}

impl Writer {
    fn run(mut self, mut queue: mpsc::Receiver<Box<dyn Job>>) {
        while let Some(first) = queue.blocking_recv() {
            let mut group = vec![first];
            while group.len() < limits::GROUP {
                let Ok(next) = queue.try_recv() else { break };
                group.push(next);
            }
            self.serve(group);
            self.keep_log_short();
        }
    }

    /// Runs a group in one transaction. When the engine throws that away in the middle of a piece, each runs again in
    /// one of its own, so that a piece that does not fit on the disk takes no other with it. Savepoints around the pieces
    /// make SQLite copy every page that is written, so there are none until a piece ends with an error.
    fn serve(&mut self, mut group: Vec<Box<dyn Job>>) {
        let mut result = self.transact(&mut group, Savepoints::No);
        if matches!(result, Err(Stopped::Refused)) && group.len() > 1 {
            result = self.transact(&mut group, Savepoints::Yes);
        }
        match result {
            Err(Stopped::RolledBack) if group.len() > 1 => {
                for piece in group {
                    self.serve(vec![piece]);
                }
            }
            // The only piece has its own error to tell, and nothing of it was kept.
            Ok(()) | Err(Stopped::RolledBack | Stopped::Refused) => {
                for piece in group {
                    piece.answer(Ok(()));
                }
            }
            Err(Stopped::Failed(error)) => group.into_iter().for_each(|piece| piece.answer(Err(error.clone()))),
        }
    }

    fn transact(&self, group: &mut [Box<dyn Job>], savepoints: Savepoints) -> Result<(), Stopped> {
        let connection = &self.connection;
        let result = self.transact_open(group, savepoints);
        if !connection.is_autocommit() {
            let _ = run(connection, "ROLLBACK");
        }
        result
    }

    fn transact_open(&self, group: &mut [Box<dyn Job>], savepoints: Savepoints) -> Result<(), Stopped> {
        let connection = &self.connection;
        let statement = |sql| run(connection, sql).map_err(Stopped::Failed);
        // Takes the write lock at once: a transaction that upgraded later could find its picture outdated.
        statement("BEGIN IMMEDIATE")?;
        for piece in group {
            if savepoints == Savepoints::Yes {
                statement("SAVEPOINT piece")?;
            }
            let keep = piece.run(connection);
            if connection.is_autocommit() {
                return Err(Stopped::RolledBack);
            }
            match (savepoints, keep) {
                (Savepoints::No, true) => {}
                (Savepoints::No, false) => return Err(Stopped::Refused),
                (Savepoints::Yes, true) => statement("RELEASE piece")?,
                (Savepoints::Yes, false) => {
                    statement("ROLLBACK TO piece")?;
                    statement("RELEASE piece")?;
                }
            }
        }
        statement("COMMIT")
    }

    /// SQLite empties its log only in a moment without readers; when there was none for long, wait for one.
    fn keep_log_short(&mut self) {
        self.commits += 1;
        if self.commits < limits::WAL_CHECK_COMMITS {
            return;
        }
        self.commits = 0;
        if std::fs::metadata(&self.log).is_ok_and(|log| log.len() > limits::WAL_BYTES) {
            let done = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).optional();
            if let Err(error) = done {
                tracing::warn!(%error, "the write-ahead log could not be shortened");
            }
        }
    }
}

/// SQLite's transaction, as work sees it.
struct SqliteTransaction<'c> {
    connection: &'c Connection,
    failed: bool,
    /// How many more queries there may be; `None` for any number.
    queries_left: Option<u32>,
}

impl<'c> SqliteTransaction<'c> {
    fn new(connection: &'c Connection) -> Self {
        Self { connection, failed: false, queries_left: None }
    }

    /// Counts a query; one too many would see another picture of the database than the one before.
    fn count(&mut self) -> Result<()> {
        if self.failed {
            return Err(LedgerError::Broken);
        }
        match &mut self.queries_left {
            None => Ok(()),
            Some(0) => {
                self.failed = true;
                Err(LedgerError::Database("a second query outside of a transaction".into()))
            }
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }

    fn remember<T>(&mut self, result: Result<T>) -> Result<T> {
        self.failed |= result.is_err();
        result
    }
}

impl Transaction for SqliteTransaction<'_> {
    fn execute(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<u64> {
        self.count()?;
        let result = statement::check(sql, values).and_then(|()| {
            if let Some(table) = sql.strip_suffix(statement::KEY_IS_THE_TABLE) {
                return self
                    .connection
                    .execute_batch(&format!("{table} WITHOUT ROWID"))
                    .map(|()| 0)
                    .map_err(from_sqlite);
            }
            let mut prepared = self.connection.prepare_cached(sql).map_err(from_sqlite)?;
            let changed = prepared.execute(params_from_iter(values)).map_err(from_sqlite)?;
            Ok(changed as u64)
        });
        self.remember(result)
    }

    fn for_each(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        self.count()?;
        let prepared =
            statement::check(sql, values).and_then(|()| self.connection.prepare_cached(sql).map_err(from_sqlite));
        let mut prepared = self.remember(prepared)?;
        let mut rows = match prepared.query(params_from_iter(values)) {
            Ok(rows) => rows,
            Err(error) => {
                self.failed = true;
                return Err(from_sqlite(error));
            }
        };
        loop {
            match rows.next() {
                Ok(Some(row)) => each(row)?,
                Ok(None) => return Ok(()),
                Err(error) => {
                    self.failed = true;
                    return Err(from_sqlite(error));
                }
            }
        }
    }
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(value) => ValueRef::Integer(*value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
            Self::Bytes(value) => ValueRef::Blob(value),
        }))
    }
}

impl Row for rusqlite::Row<'_> {
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
        match self.get_ref(column).map_err(from_sqlite)? {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(value) => Ok(Some(value)),
            _ => Err(unexpected(column, "an integer")),
        }
    }
    fn optional_text(&self, column: usize) -> Result<Option<&str>> {
        match self.get_ref(column).map_err(from_sqlite)? {
            ValueRef::Null => Ok(None),
            ValueRef::Text(value) => std::str::from_utf8(value).map(Some).map_err(|_| unexpected(column, "UTF-8")),
            _ => Err(unexpected(column, "a text")),
        }
    }
    fn optional_bytes(&self, column: usize) -> Result<Option<&[u8]>> {
        match self.get_ref(column).map_err(from_sqlite)? {
            ValueRef::Null => Ok(None),
            ValueRef::Blob(value) => Ok(Some(value)),
            _ => Err(unexpected(column, "bytes")),
        }
    }
}

fn connect(path: &Path, options: &SqliteOptions) -> Result<Connection> {
    let connection = Connection::open(path).map_err(from_sqlite)?;
    connection.busy_timeout(options.busy).map_err(from_sqlite)?;
    connection.set_prepared_statement_cache_capacity(limits::PREPARED_STATEMENTS);
    // Without this guarantee SQLite plans joins anew whenever a parameter has another value: most of the cost of a read.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(from_sqlite)?;
    let set = |name: &str, value: i64| connection.pragma_update(None, name, value).map_err(from_sqlite);
    connection.pragma_update(None, "journal_mode", "wal").map_err(from_sqlite)?;
    set(
        "synchronous",
        match options.durability {
            Durability::PowerFailure => 2,
            Durability::ProcessEnd => 1,
        },
    )?;
    set("foreign_keys", 1)?;
    set("cache_size", -(limits::CACHE_BYTES >> 10))?;
    // A map of the file would be taken down and set up again, with a fault for every page, by each connection after
    // each commit of another.
    set("mmap_size", 0)?;
    set("temp_store", 2)?;
    set("wal_autocheckpoint", limits::CHECKPOINT_PAGES)?;
    set("journal_size_limit", i64::try_from(limits::WAL_BYTES).unwrap_or(i64::MAX))?;
    if let Some(pages) = options.pages_max {
        set("max_page_count", i64::from(pages))?;
    }
    Ok(connection)
}

fn wal_path(path: &Path) -> PathBuf {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

fn run(connection: &Connection, sql: &str) -> Result<()> {
    connection.prepare_cached(sql).and_then(|mut prepared| prepared.execute([])).map(|_| ()).map_err(from_sqlite)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` wants")]
fn from_sqlite(error: rusqlite::Error) -> LedgerError {
    let Some(failure) = error.sqlite_error() else { return LedgerError::Database(error.to_string()) };
    match failure.code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => LedgerError::Conflict,
        ErrorCode::ConstraintViolation
            if [SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_ROWID, SQLITE_CONSTRAINT_UNIQUE]
                .contains(&failure.extended_code) =>
        {
            LedgerError::Duplicate
        }
        ErrorCode::DiskFull | ErrorCode::SystemIoFailure | ErrorCode::ReadOnly => {
            LedgerError::Unwritable(error.to_string())
        }
        _ => LedgerError::Database(error.to_string()),
    }
}
