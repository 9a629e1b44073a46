//! What can go wrong in a ledger.

/// What can go wrong in a ledger.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
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
    /// The work went on after one of its statements had failed, and wanted to commit; nothing was written.
    #[error("a statement of this transaction failed and its error was passed over")]
    Broken,
    /// A newer release has written this database.
    #[error(
        "this database has schema {found}, and this release knows schemas up to {known}: run the release that wrote it, or a newer one"
    )]
    SchemaTooNew {
        /// The highest migration in the database.
        found: i64,
        /// The highest migration this release has.
        known: i64,
    },
    /// Another process is changing the schema and has not finished in time.
    #[error("{holder} is migrating this database; try again when it has finished")]
    MigrationUnderWay {
        /// The process that holds the lease.
        holder: String,
    },
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
pub type Result<T, E = LedgerError> = std::result::Result<T, E>;

/// An error a piece of work may end with: the rules above the ledger have situations of their own, and a transaction that
/// ends in one of them is rolled back.
pub trait WorkError: From<LedgerError> + Send + 'static {
    /// Whether a concurrent transaction won, so that the engine shall run the work again.
    fn is_conflict(&self) -> bool;
}

impl WorkError for LedgerError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict)
    }
}

/// A column that does not hold what the statement's reader expects.
pub(crate) fn unexpected(column: usize, wanted: &str) -> LedgerError {
    LedgerError::Damaged(format!("column {column} is not {wanted}"))
}
