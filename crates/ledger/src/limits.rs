//! Every limit of the ledger.

use std::time::Duration;

/// Statements a connection keeps prepared.
pub(crate) const PREPARED_STATEMENTS: usize = 256;

/// Pieces of work that may wait for the SQLite writer before callers have to wait for a place in the queue.
pub(crate) const WRITER_QUEUE: usize = 1024;

/// Pieces of work that share one commit, at most: it bounds what a failed commit takes with it.
pub(crate) const GROUP: usize = 64;

/// How long a SQLite transaction waits for another process to finish its own.
pub(crate) const BUSY: Duration = Duration::from_secs(10);

/// SQLite's page cache, per connection. As large as the block it is kept in (`.cargo/config.toml`).
pub(crate) const CACHE_BYTES: i64 = 8 << 20;

/// Pages in the write-ahead log after which SQLite moves them into the database by itself (16 MiB).
pub(crate) const CHECKPOINT_PAGES: i64 = 4096;

/// A write-ahead log that grew past this, because readers were always in the way, is moved into the database with the
/// readers waited for.
pub(crate) const WAL_BYTES: u64 = 64 << 20;

/// Commits between two looks at the write-ahead log's size.
pub(crate) const WAL_CHECK_COMMITS: u32 = 256;

/// Connections to PostgreSQL.
pub(crate) const POSTGRES_CONNECTIONS: usize = 16;

/// How long a piece of work waits for a connection to PostgreSQL.
pub(crate) const POSTGRES_WAIT: Duration = Duration::from_secs(30);

/// How often a piece of work runs before its conflict is given to the caller.
pub(crate) const ATTEMPTS: u32 = 24;

/// The longest pause between two attempts.
pub(crate) const PAUSE_MAX: Duration = Duration::from_millis(100);

/// How long a migrator may be silent before another one takes over, in microseconds.
pub(crate) const LEASE_MICROSECONDS: i64 = 120_000_000;

/// How often, and how many times, a migrator looks whether the lease has become free.
pub(crate) const LEASE_POLL: Duration = Duration::from_millis(100);
/// See [`LEASE_POLL`]: one minute.
pub(crate) const LEASE_POLLS: u32 = 600;
