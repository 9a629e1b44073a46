//! What can go wrong in the hub: situations, which each path turns into its own protocol's answers.

use ledger::{BookId, CardId, LedgerError, Revision, WorkError};

/// What can go wrong in the hub.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// The account has no living address book of this id.
    #[error("no address book {0}")]
    NoSuchBook(BookId),
    /// The account has no living card of this id.
    #[error("no contact {0}")]
    NoSuchCard(CardId),
    /// The card never had a version of this revision.
    #[error("contact {card} has no version {revision}")]
    NoSuchVersion {
        /// The card.
        card: CardId,
        /// What was asked for.
        revision: Revision,
    },
    /// The caller's precondition named another revision than the card's newest.
    #[error("contact {card} has changed: it is at {newest} now")]
    Changed {
        /// The card.
        card: CardId,
        /// Its newest revision.
        newest: Revision,
    },
    /// Another living book has this name (compared without case).
    #[error("an address book named {0:?} exists")]
    BookNameTaken(String),
    /// A name that is empty or too long.
    #[error("{0:?} cannot be an address book's name")]
    BadBookName(String),
    /// The default book can be neither renamed nor deleted.
    #[error("the default address book stays as it is")]
    DefaultBook,
    /// The account has as many books as it may.
    #[error("no more than {0} address books")]
    TooManyBooks(usize),
    /// The account is not there any more.
    #[error("no such account")]
    NoSuchAccount,
    /// The device is not known.
    #[error("no device {0:?}")]
    NoSuchDevice(String),
    /// Another request of the same device was faster, again and again.
    #[error("another request of this device is being worked on")]
    Overtaken,
    /// A record of the hub's own that it cannot read.
    #[error("damaged record: {0}")]
    Damaged(String),
    /// The ledger's troubles.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Shorthand.
pub type Result<T, E = HubError> = std::result::Result<T, E>;

impl WorkError for HubError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Ledger(error) if error.is_conflict())
    }
}
