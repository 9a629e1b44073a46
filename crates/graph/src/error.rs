//! What can go wrong on this path, and the one place where that becomes a status and a Graph error code.

use contact::{graph::PatchError, photo::PhotoError};
use http::StatusCode;
use hub::HubError;

use crate::limits;

/// A situation a request can end in. Every variant has its line in [`GraphError::wire`].
#[derive(Debug, thiserror::Error)]
pub(crate) enum GraphError {
    /// No credential, or none that opens this path.
    #[error("Access token is empty, expired, or not made for this path.")]
    Unauthenticated,
    /// The address names another person's mailbox.
    #[error("Access is denied. Check credentials and try again.")]
    OtherMailbox,
    /// An administrator has closed this path for the person. Not 401: another sign-in would not help.
    #[error("Access is denied: an administrator has closed this way for this person.")]
    PathOff,
    /// Something Microsoft 365 has and this server never will: mail, calendars, files.
    #[error("Access is denied: this server has contacts and the directory, and no '{0}'.")]
    NotContacts(String),
    /// No such path.
    #[error("Resource not found for the segment '{0}'.")]
    NoSuchSegment(String),
    /// The path exists, the method does not.
    #[error("The method is not allowed on this resource.")]
    MethodNotAllowed,
    /// No person of this id or address.
    #[error("Resource '{0}' does not exist or one of its queried reference-property objects are not present.")]
    NoSuchUser(String),
    /// No contact or folder of this id in this mailbox.
    #[error("The specified object was not found in the store.")]
    ItemNotFound,
    /// Text that can be no id.
    #[error("Id is malformed.")]
    IdMalformed,
    /// A contact or person without a picture.
    #[error("The photo wasn't found.")]
    NoPhoto,
    /// A query option that is wrong.
    #[error("The query option '{option}' is not valid: {reason}.")]
    QueryOption {
        /// `$filter` ...
        option: &'static str,
        /// Why.
        reason: String,
    },
    /// A query option that this resource does not have.
    #[error("The query option '{0}' is not supported on this resource.")]
    QueryOptionUnsupported(String),
    /// A directory search without the header Graph wants to see.
    #[error(
        "Request with $search query parameter only works with a special request header: 'ConsistencyLevel: eventual'"
    )]
    ConsistencyLevelMissing,
    /// The body is no JSON.
    #[error(
        "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format."
    )]
    BodyNotJson,
    /// The body is JSON and no contact.
    #[error("{0}")]
    Patch(#[from] PatchError),
    /// The body lacks something or has something wrong.
    #[error("{0}")]
    BadBody(String),
    /// The body is larger than allowed.
    #[error("The request is larger than {0} bytes.")]
    TooLarge(usize),
    /// What was put as a photo is none that can be read.
    #[error("The image cannot be used: {0}.")]
    BadImage(PhotoError),
    /// `If-Match` named another version.
    #[error(
        "The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item."
    )]
    ChangeKeyMismatch,
    /// A folder of this name exists.
    #[error("A folder with the specified name already exists.")]
    FolderExists,
    /// The default folder can be neither deleted nor renamed.
    #[error("Distinguished folders cannot be deleted or renamed.")]
    DistinguishedFolder,
    /// Text that cannot name a folder.
    #[error("The folder's display name is empty or too long.")]
    BadFolderName,
    /// No more folders.
    #[error("The mailbox has as many folders as it may.")]
    TooManyFolders,
    /// A token that is damaged, of another mailbox or folder, or of a ledger that is no more.
    #[error("The sync state generation is not found; full synchronization is required.")]
    SyncStateNotFound {
        /// Where to begin anew.
        restart: String,
    },
    /// A batch that cannot be worked on as a whole.
    #[error("{0}")]
    BadBatch(String),
    /// Too many requests in a batch.
    #[error("Number of batch request steps exceeds the maximum value of {}.", limits::BATCH_REQUESTS_MAX)]
    BatchTooLong,
    /// A request of a batch whose predecessor failed.
    #[error("A request this one depends on failed.")]
    FailedDependency,
    /// No subscription of this id.
    #[error("The object was not found.")]
    NoSuchSubscription,
    /// A subscription that cannot be as asked.
    #[error("{0}")]
    BadSubscription(String),
    /// The endpoint did not answer the validation request as it must.
    #[error("Subscription validation request failed. {0}")]
    EndpointNotValidated(String),
    /// No more subscriptions.
    #[error("The mailbox has as many subscriptions as it may.")]
    TooManySubscriptions,
    /// Too many wrong passwords; the right one is not looked at either.
    #[error("Too many requests. Please try again later.")]
    TooManyRequests {
        /// When it will be.
        retry_after: std::time::Duration,
    },
    /// Trouble that passes: a full disk, a database that restarts, a rush.
    #[error("The service is temporarily unavailable. Please try again later.")]
    Unavailable,
    /// Trouble that does not pass.
    #[error("An internal server error occurred.")]
    Internal,
}

/// Shorthand.
pub(crate) type Result<T, E = GraphError> = std::result::Result<T, E>;

impl GraphError {
    /// Status and code, as Graph and Exchange behind it have them.
    pub(crate) fn wire(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Unauthenticated => (StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken"),
            Self::OtherMailbox | Self::PathOff | Self::NotContacts(_) => (StatusCode::FORBIDDEN, "ErrorAccessDenied"),
            Self::NoSuchSegment(_) | Self::NoSuchSubscription => (StatusCode::NOT_FOUND, "ResourceNotFound"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed"),
            Self::NoSuchUser(_) => (StatusCode::NOT_FOUND, "Request_ResourceNotFound"),
            Self::ItemNotFound => (StatusCode::NOT_FOUND, "ErrorItemNotFound"),
            Self::IdMalformed => (StatusCode::BAD_REQUEST, "ErrorInvalidIdMalformed"),
            Self::NoPhoto => (StatusCode::NOT_FOUND, "ImageNotFound"),
            Self::QueryOption { option: "$filter", .. } => (StatusCode::BAD_REQUEST, "ErrorInvalidUrlQueryFilter"),
            Self::QueryOption { .. } | Self::QueryOptionUnsupported(_) => {
                (StatusCode::BAD_REQUEST, "ErrorInvalidUrlQuery")
            }
            Self::ConsistencyLevelMissing => (StatusCode::BAD_REQUEST, "Request_UnsupportedQuery"),
            Self::BodyNotJson | Self::BadBody(_) | Self::BadBatch(_) => (StatusCode::BAD_REQUEST, "BadRequest"),
            Self::Patch(PatchError::NotADate { .. }) => (StatusCode::BAD_REQUEST, "ErrorPropertyValidationFailure"),
            Self::Patch(PatchError::ExtendedPropertyId(_)) => (StatusCode::BAD_REQUEST, "ErrorInvalidExtendedProperty"),
            Self::Patch(_) => (StatusCode::BAD_REQUEST, "RequestBodyRead"),
            Self::TooLarge(_) | Self::BadImage(PhotoError::TooManyBytes { .. }) => {
                (StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge")
            }
            Self::BadImage(_) => (StatusCode::BAD_REQUEST, "ErrorInvalidImage"),
            Self::ChangeKeyMismatch => (StatusCode::PRECONDITION_FAILED, "ErrorIrresolvableConflict"),
            Self::FolderExists => (StatusCode::CONFLICT, "ErrorFolderExists"),
            Self::DistinguishedFolder => (StatusCode::FORBIDDEN, "ErrorDeleteDistinguishedFolder"),
            Self::BadFolderName => (StatusCode::BAD_REQUEST, "ErrorInvalidFolderName"),
            Self::TooManyFolders => (StatusCode::FORBIDDEN, "ErrorQuotaExceeded"),
            Self::SyncStateNotFound { .. } => (StatusCode::GONE, "syncStateNotFound"),
            Self::BatchTooLong => (StatusCode::BAD_REQUEST, "MaximumValueExceeded"),
            Self::FailedDependency => (StatusCode::FAILED_DEPENDENCY, "FailedDependency"),
            Self::BadSubscription(_) => (StatusCode::BAD_REQUEST, "InvalidRequest"),
            Self::EndpointNotValidated(_) => (StatusCode::BAD_REQUEST, "ValidationError"),
            Self::TooManySubscriptions => (StatusCode::FORBIDDEN, "ExtensionError"),
            Self::TooManyRequests { .. } => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequests"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "ServiceNotAvailable"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError"),
        }
    }
}

impl From<HubError> for GraphError {
    fn from(error: HubError) -> Self {
        match error {
            HubError::NoSuchBook(_) | HubError::NoSuchCard(_) | HubError::NoSuchVersion { .. } => Self::ItemNotFound,
            HubError::Changed { .. } => Self::ChangeKeyMismatch,
            HubError::BookNameTaken(_) => Self::FolderExists,
            HubError::BadBookName(_) => Self::BadFolderName,
            HubError::DefaultBook => Self::DistinguishedFolder,
            HubError::TooManyBooks(_) => Self::TooManyFolders,
            HubError::NoSuchAccount | HubError::NoSuchDevice(_) => Self::OtherMailbox,
            HubError::Damaged(_) => {
                tracing::error!(%error, "a request cannot be answered");
                Self::Internal
            }
            // Anything the ledger says passes: a full disk is emptied, a database comes back.
            HubError::Overtaken | HubError::Ledger(_) => {
                tracing::warn!(%error, "a request cannot be answered now");
                Self::Unavailable
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_situation_has_the_status_and_code_that_clients_know() {
        let option = |option| GraphError::QueryOption { option, reason: String::new() };
        for (error, status, code) in [
            (GraphError::Unauthenticated, 401, "InvalidAuthenticationToken"),
            (GraphError::OtherMailbox, 403, "ErrorAccessDenied"),
            (GraphError::PathOff, 403, "ErrorAccessDenied"),
            (GraphError::NotContacts("messages".into()), 403, "ErrorAccessDenied"),
            (GraphError::NoSuchSegment("x".into()), 404, "ResourceNotFound"),
            (GraphError::MethodNotAllowed, 405, "MethodNotAllowed"),
            (GraphError::NoSuchUser("x".into()), 404, "Request_ResourceNotFound"),
            (GraphError::ItemNotFound, 404, "ErrorItemNotFound"),
            (GraphError::IdMalformed, 400, "ErrorInvalidIdMalformed"),
            (GraphError::NoPhoto, 404, "ImageNotFound"),
            (option("$filter"), 400, "ErrorInvalidUrlQueryFilter"),
            (option("$top"), 400, "ErrorInvalidUrlQuery"),
            (GraphError::QueryOptionUnsupported("$top".into()), 400, "ErrorInvalidUrlQuery"),
            (GraphError::ConsistencyLevelMissing, 400, "Request_UnsupportedQuery"),
            (GraphError::BodyNotJson, 400, "BadRequest"),
            (GraphError::BadBody(String::new()), 400, "BadRequest"),
            (PatchError::NotAnObject.into(), 400, "RequestBodyRead"),
            (PatchError::NotADate { property: String::new() }.into(), 400, "ErrorPropertyValidationFailure"),
            (GraphError::TooLarge(1), 413, "RequestEntityTooLarge"),
            (GraphError::BadImage(PhotoError::TooManyBytes { bytes: 1 }), 413, "RequestEntityTooLarge"),
            (GraphError::BadImage(PhotoError::UnknownFormat), 400, "ErrorInvalidImage"),
            (GraphError::ChangeKeyMismatch, 412, "ErrorIrresolvableConflict"),
            (GraphError::FolderExists, 409, "ErrorFolderExists"),
            (GraphError::DistinguishedFolder, 403, "ErrorDeleteDistinguishedFolder"),
            (GraphError::BadFolderName, 400, "ErrorInvalidFolderName"),
            (GraphError::TooManyFolders, 403, "ErrorQuotaExceeded"),
            (GraphError::SyncStateNotFound { restart: String::new() }, 410, "syncStateNotFound"),
            (GraphError::BadBatch(String::new()), 400, "BadRequest"),
            (GraphError::BatchTooLong, 400, "MaximumValueExceeded"),
            (GraphError::FailedDependency, 424, "FailedDependency"),
            (GraphError::NoSuchSubscription, 404, "ResourceNotFound"),
            (GraphError::BadSubscription(String::new()), 400, "InvalidRequest"),
            (GraphError::EndpointNotValidated(String::new()), 400, "ValidationError"),
            (GraphError::TooManySubscriptions, 403, "ExtensionError"),
            (GraphError::TooManyRequests { retry_after: std::time::Duration::ZERO }, 429, "TooManyRequests"),
            (GraphError::Unavailable, 503, "ServiceNotAvailable"),
            (GraphError::Internal, 500, "InternalServerError"),
        ] {
            assert_eq!(error.wire(), (StatusCode::from_u16(status).unwrap(), code), "{error:?}");
        }
    }

    #[test]
    fn what_the_hub_says_becomes_what_exchange_would_say() {
        let card = hub::CardId(1);
        for (error, code) in [
            (HubError::NoSuchCard(card), "ErrorItemNotFound"),
            (HubError::NoSuchBook(hub::BookId(1)), "ErrorItemNotFound"),
            (HubError::Changed { card, newest: hub::Revision(1) }, "ErrorIrresolvableConflict"),
            (HubError::BookNameTaken(String::new()), "ErrorFolderExists"),
            (HubError::BadBookName(String::new()), "ErrorInvalidFolderName"),
            (HubError::DefaultBook, "ErrorDeleteDistinguishedFolder"),
            (HubError::TooManyBooks(1), "ErrorQuotaExceeded"),
            (HubError::NoSuchAccount, "ErrorAccessDenied"),
            (HubError::Overtaken, "ServiceNotAvailable"),
            (ledger::LedgerError::Unwritable("the disk is full".into()).into(), "ServiceNotAvailable"),
            (HubError::Damaged(String::new()), "InternalServerError"),
        ] {
            assert_eq!(GraphError::from(error).wire().1, code);
        }
    }
}
