//! Why a task of the phone failed.

use thiserror::Error;

use crate::commands::Command;
use crate::ids::{FolderId, LocalId};
use crate::sign_in::SignInFault;
use crate::strictness::Violation;
use crate::transport::{BadAddress, TransportError};

/// A failed task.
#[derive(Debug, Error)]
pub enum PhoneError {
    /// No answer came, repeats included.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The answer breaks a rule on which iOS throws it away.
    #[error("{command}: {violation}")]
    Refused {
        /// Which command was answered.
        command: Command,
        /// The first rule broken; all are in the phone's list.
        violation: Violation,
    },
    /// 401: a person would be asked for the password.
    #[error("the credentials are refused")]
    Unauthorized,
    /// The sign-in is over: the person would be asked to sign in, at most once a day.
    #[error("the sign-in is over")]
    SignInOver,
    /// The token endpoint has trouble; the tokens are kept and the task fails.
    #[error("the token endpoint answered HTTP {0}")]
    TokenEndpoint(u16),
    /// The sign-in failed.
    #[error("sign-in: {0}")]
    SignIn(#[from] SignInFault),
    /// 403 or status 177: taken as "a client certificate is wanted".
    #[error("access is refused")]
    Forbidden,
    /// An HTTP status that means failure.
    #[error("{command}: HTTP {status}")]
    Http {
        /// Which command was answered.
        command: Command,
        /// The status.
        status: u16,
    },
    /// A status that means failure.
    #[error("{command}: status {status}")]
    Status {
        /// Which command was answered.
        command: Command,
        /// The status.
        status: u32,
    },
    /// A folder's Sync failed and waits for the next trigger.
    #[error("Sync of {folder}: status {status}")]
    Collection {
        /// The folder.
        folder: FolderId,
        /// The last status.
        status: u32,
    },
    /// The server wiped the device or the account; nothing is left on it.
    #[error("the account was wiped")]
    Wiped,
    /// The server offers no version the phone speaks.
    #[error("no common version; the server offers {0:?}")]
    NoCommonVersion(String),
    /// OPTIONS, Autodiscover: neither found a server.
    #[error("no server found for {0}")]
    NoServer(String),
    /// The phone was not set up.
    #[error("the account is not set up")]
    NotSetUp,
    /// The server has no folder for contacts.
    #[error("the server has no contacts folder")]
    NoContactsFolder,
    /// There is no such record.
    #[error("no contact {0}")]
    NoSuchContact(LocalId),
    /// There is no such folder.
    #[error("no folder {0}")]
    NoSuchFolder(FolderId),
    /// Pushing was switched off by a loop guard; a person would have to refresh.
    #[error("push is off")]
    PushOff,
    /// Too many redirections or policy rounds.
    #[error("{0}: going round in circles")]
    Circles(Command),
    /// The phone crashed before it stored the answer, as it was told to.
    #[error("the phone crashed")]
    Crashed,
    /// An address is no address.
    #[error(transparent)]
    BadAddress(#[from] BadAddress),
    /// A saved state cannot be read.
    #[error("the saved state is unreadable: {0}")]
    BadState(#[from] serde_json::Error),
}
