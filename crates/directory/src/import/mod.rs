//! Filling the directory from a file: first a [`Plan`] that says what would happen, then, if wanted, its execution.
//!
//! An address identifies an entry. Importing the same file again changes nothing; a changed row replaces its entry
//! whole; entries the file does not mention stay unless [`Options::remove_missing`] says otherwise.

mod csv;
mod execute;
mod photos;
mod plan;

pub use csv::{ColumnMap, CsvFile, Field, Record};
pub use execute::{Progress, Report};
pub use photos::PhotoFolder;
pub use plan::{Counts, Options, Plan};

/// Why nothing can be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file is empty.
    #[error("the file has no header line")]
    NoHeader,
    /// Some spreadsheet programs write UTF-16 as "Unicode text".
    #[error("the file is UTF-16; save it as CSV UTF-8")]
    Utf16,
    /// A column that is needed, or that the map names.
    #[error("the header has no column {column:?} for {field}")]
    MissingColumn {
        /// What it would hold.
        field: Field,
        /// What was looked for.
        column: String,
    },
    /// The folder of photos cannot be read.
    #[error("the photo folder cannot be read: {0}")]
    Photos(std::io::Error),
    /// More rows than [`IMPORT_ROWS_MAX`](crate::limits::IMPORT_ROWS_MAX).
    #[error("the file has more than {0} rows")]
    TooManyRows(usize),
    /// Another import has changed the directory after this one was planned, or while it ran. What this one had
    /// written stays; importing the file again completes it.
    #[error("the directory was changed by another import; import the file again")]
    DirectoryChanged,
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] ledger::LedgerError),
}

/// A line that cannot be imported; the others can.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct LineError {
    /// Counted from 1.
    pub line: u64,
    /// Why.
    pub reason: Reason,
}

/// Why a line cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Too many or too few separators.
    #[error("{found} columns where the header has {expected}")]
    Columns {
        /// In this line.
        found: usize,
        /// In the header.
        expected: usize,
    },
    /// Written in another encoding.
    #[error("{0} is not UTF-8")]
    NotUtf8(Field),
    /// Longer than [`FIELD_CHARS_MAX`](crate::limits::FIELD_CHARS_MAX).
    #[error("{0} is too long (is a quotation mark left open?)")]
    TooLong(Field),
    /// Without address.
    #[error("there is no email")]
    NoEmail,
    /// Not an address.
    #[error("{0:?} is not an address")]
    BadEmail(String),
    /// An address that an earlier line has.
    #[error("the address is that of line {first} as well")]
    Repeated {
        /// The earlier line, which counts.
        first: u64,
    },
    /// The entry was imported, its photo was not.
    #[error("photo {file}: {reason}")]
    Photo {
        /// The file's name.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
}
