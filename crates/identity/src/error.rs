//! Why somebody may not come in, and why something could not be administered.

use std::time::Duration;

use ledger::LedgerError;

/// Why a request has no caller.
///
/// All but the last two are answered alike on the wire (401), so that nobody learns which people there are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The request says nothing about who is asking.
    #[error("no credentials")]
    Missing,
    /// `Authorization: Bearer` without a token: a client asks where it can get one.
    #[error("an empty bearer token")]
    EmptyBearer,
    /// The header cannot be read.
    #[error("malformed credentials")]
    Malformed,
    /// No such person, or not their password, or not a token of ours.
    #[error("wrong credentials")]
    Wrong,
    /// The right password of a person who is shut out.
    #[error("this person is disabled")]
    Disabled,
    /// The token is no longer valid.
    #[error("the token has expired")]
    Expired,
    /// The sign-in that the token came of is over: ended by somebody, or by a change of password.
    #[error("the sign-in is over")]
    Ended {
        /// The client said (`cp1`) that it understands a claims challenge.
        claims_challenge: bool,
    },
    /// The token opens another path.
    #[error("the token is for another path")]
    OtherPath,
    /// The app password or session belongs to another device.
    #[error("this belongs to another device")]
    OtherDevice,
    /// Too many wrong passwords for this name. The password was not looked at.
    #[error("too many wrong passwords; try again in {} s", retry_after.as_secs())]
    TooManyAttempts {
        /// When it will be looked at again; at least a second.
        retry_after: Duration,
    },
    /// Nothing is known about the credentials; try again.
    #[error("sign-in is not possible now: {0}")]
    Unavailable(String),
}

impl From<LedgerError> for Refusal {
    fn from(error: LedgerError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// Why a person could not be administered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// Nobody has this address.
    #[error("there is no {0}")]
    NoSuchPerson(String),
    /// Somebody signs in with this address or alias.
    #[error("{0} is taken")]
    NameTaken(String),
    /// Not an address: `local@domain` with no space or control character.
    #[error("{0:?} is not an e-mail address")]
    NotAnAddress(String),
    /// Not an alias: an address, or a word without space, backslash, colon or control character.
    #[error("{0:?} cannot be an alias")]
    NotAnAlias(String),
    /// Empty or too long.
    #[error("a password must have between 1 and {max} bytes", max = crate::limits::PASSWORD_BYTES)]
    UnfitPassword,
    /// Empty, too long, or with a control character.
    #[error("{0:?} cannot be a label")]
    UnfitLabel(String),
    /// The person has an app password of this label.
    #[error("there is an app password {0:?} already")]
    LabelTaken(String),
    /// The person has none of this label.
    #[error("there is no app password {0:?}")]
    NoSuchAppPassword(String),
    /// The person has as many as one may have.
    #[error("there are too many app passwords; revoke one first")]
    TooManyAppPasswords,
    /// Not between a second and ten years.
    #[error("a token lives between one second and ten years")]
    UnfitLife,
    /// The person has no token of this id.
    #[error("there is no token {0}")]
    NoSuchToken(crate::tokens::TokenId),
    /// What is wrong with a client that was to be added.
    #[error("{0}")]
    UnfitClient(&'static str),
    /// There is a client of this id.
    #[error("there is a client {0} already")]
    ClientTaken(String),
    /// There is no client of this id that could be removed.
    #[error("there is no client {0} that was added")]
    NoSuchClient(String),
    /// Hashing failed.
    #[error("the password could not be hashed: {0}")]
    Hashing(String),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl ledger::WorkError for IdentityError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Ledger(error) if error.is_conflict())
    }
}

/// Shorthand.
pub type Result<T, E = IdentityError> = std::result::Result<T, E>;
