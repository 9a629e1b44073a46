//! What a server did that no careful server does to an enrolled device, each under its own name.

use thiserror::Error;

use super::os_version::OsVersion;

/// A rule that a management server broke.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ManagedViolation {
    /// A 401 on a management address: the device has unenrolled itself.
    #[error("HTTP 401 on a management address unenrolled the device")]
    UnenrolledBy401,
    /// A 403 with `com.apple.unrecognized.device`: the device has unenrolled itself.
    #[error("HTTP 403 com.apple.unrecognized.device unenrolled the device")]
    UnenrolledAsUnrecognized,
    /// The answer is no property list, or not that of a command.
    #[error("the command cannot be read: {0}")]
    UnreadableCommand(String),
    /// A command that was acknowledged comes again.
    #[error("the command {0} comes again although it was acknowledged")]
    AcknowledgedCommandAgain(String),
    /// The server never answers with an empty body.
    #[error("the queue does not end")]
    EndlessQueue,
    /// A contacts-only account went to a release that makes a full one of it, mail and all.
    #[error("{email} became a full account on iOS {os}, which ignores the data types")]
    FullAccount {
        /// Whose.
        email: String,
        /// Which release.
        os: OsVersion,
    },
    /// An account with OAuth went to a release that asks for a password instead.
    #[error("{email} asks for a password on iOS {os}, which knows no OAuth")]
    OAuthIgnored {
        /// Whose.
        email: String,
        /// Which release.
        os: OsVersion,
    },
    /// Two payloads set the same restriction; Apple calls the result unexpected behaviour.
    #[error("{0} is set by two payloads")]
    RestrictionSetTwice(&'static str),
    /// The key means nothing while allowOpenFromManagedToUnmanaged is true.
    #[error("{0} means nothing while allowOpenFromManagedToUnmanaged is true")]
    InertRestriction(&'static str),
    /// A renewal changes what must stay, byte for byte, the query included.
    #[error("a renewal changes {0}")]
    RenewalChanges(&'static str),
    /// A profile under the same identifier brings the account under another payload UUID: the person has to sign in again.
    #[error("the account of {0} was removed and added again")]
    AccountReplaced(String),
    /// An answer about declarations that is not what the protocol says.
    #[error("declarations: {0}")]
    Declarations(String),
    /// A legacy declaration's profile is not on the management server, or not fetched by https.
    #[error("a profile at {0:?}, which is not the management server's")]
    ProfileElsewhere(String),
}
