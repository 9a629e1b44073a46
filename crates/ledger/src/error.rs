//! What can go wrong in a ledger.

/// What can go wrong in a ledger.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// A concurrent transaction won; the engines retry by themselves before this gets out.
    #[error("a concurrent transaction won")]
    Conflict,
    /// A row with this key already exists.
    #[error("a row with this key already exists")]
    Duplicate,
    /// The disk is full or the file system is read-only; nothing was written.
    #[error("the ledger cannot be written: {0}")]
    Unwritable(String),
    /// Anything else the database says.
    #[error("database: {0}")]
    Database(String),
    /// A row that this release cannot read.
    #[error("damaged row: {0}")]
    Damaged(String),
    /// The ledger is shutting down.
    #[error("the ledger is closed")]
    Closed,
}

/// Shorthand.
pub type Result<T> = std::result::Result<T, LedgerError>;
