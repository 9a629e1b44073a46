//! What can go wrong between us and Graph.

use super::TokenError;
use crate::limits;

/// A situation, with what an administrator needs to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// A base address that tokens must not be sent to.
    #[error("{0:?} is no address to send a token to: it has to be https, or on this machine")]
    NotSecure(String),
    /// The machine has no usable TLS.
    #[error("TLS cannot be used: {0}")]
    Tls(String),
    /// No token.
    #[error(transparent)]
    Token(TokenError),
    /// An id that cannot stand in an address.
    #[error("{0:?} holds an id that no object has")]
    BadId(String),
    /// 401 with a fresh token.
    #[error("{url}: the token is not accepted{said} (request-id {request_id})")]
    Unauthorized {
        /// Where.
        url: String,
        /// What the service said.
        said: String,
        /// For Microsoft's support.
        request_id: String,
    },
    /// 403.
    #[error(
        "{url}: not permitted{said}; the app needs {permission}, with an administrator's consent (request-id {request_id})"
    )]
    Forbidden {
        /// Where.
        url: String,
        /// What the app needs.
        permission: &'static str,
        /// What the service said.
        said: String,
        /// For Microsoft's support.
        request_id: String,
    },
    /// Not there.
    #[error("{url}: not found (request-id {request_id})")]
    NotFound {
        /// Where.
        url: String,
        /// For Microsoft's support.
        request_id: String,
    },
    /// Any other refusal.
    #[error("{url}: refused with status {status}{said} (request-id {request_id})")]
    Refused {
        /// Where.
        url: String,
        /// The status.
        status: u16,
        /// What the service said.
        said: String,
        /// For Microsoft's support.
        request_id: String,
    },
    /// 429 or 5xx until patience ended.
    #[error("{url}: status {status}, also after {retries} more tries{said} (request-id {request_id})")]
    Unavailable {
        /// Where.
        url: String,
        /// The status.
        status: u16,
        /// How often it was asked again.
        retries: u32,
        /// What the service said.
        said: String,
        /// For Microsoft's support.
        request_id: String,
    },
    /// No answer.
    #[error("{url}: no answer: {reason}")]
    Unreachable {
        /// Where.
        url: String,
        /// Why.
        reason: String,
    },
    /// An answer, but no sense in it; half a page, for one.
    #[error("{url}: the answer cannot be read: {reason}")]
    NotUnderstood {
        /// Where.
        url: String,
        /// Why.
        reason: String,
    },
    /// An answer without end.
    #[error("{url}: the answer has more than {max} bytes", max = limits::ANSWER_BYTES_MAX)]
    TooLong {
        /// Where.
        url: String,
    },
    /// A request that the service would not take.
    #[error("{url}: the request has {bytes} bytes, more than {max}", max = limits::REQUEST_BYTES_MAX)]
    BodyTooLong {
        /// Where.
        url: String,
        /// Its bytes.
        bytes: usize,
    },
    /// A collection without end.
    #[error("{url}: more than {pages} pages or {objects} objects", pages = limits::PAGES_MAX, objects = limits::OBJECTS_MAX)]
    TooMany {
        /// Where.
        url: String,
    },
    /// A next page on another host.
    #[error("the next page is elsewhere, where the token must not go: {link}")]
    Elsewhere {
        /// Where to.
        link: String,
    },
    /// A PATCH without `@odata.type`.
    #[error("{url}: a change must say its @odata.type")]
    Untyped {
        /// Where.
        url: String,
    },
}
