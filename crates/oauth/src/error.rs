//! What goes wrong at the endpoints that speak JSON, and its form on the wire (RFC 6749 5.2), in one place.

use std::time::Duration;

use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use identity::GrantError;
use serde_json::json;

use crate::{answers, limits, parameters::ParameterError, scope::ScopeError};

/// Why a token, introspection, revocation or device request fails.
///
/// A 4xx tells a phone that its sign-in is over: iOS deletes its refresh token for any of them. So whatever may be
/// otherwise in a minute is [`Temporary`](Self::Temporary).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OAuthError {
    #[error("{0}")]
    InvalidRequest(String),
    /// The request is too large to be read.
    #[error("the request is too large")]
    TooLarge,
    /// `basic`: the client used the `Authorization` header, so that the answer must name a scheme.
    #[error("the client is not known, or its credentials are not right")]
    InvalidClient { basic: bool },
    #[error("{0}")]
    InvalidGrant(&'static str),
    #[error("the client may not use this grant")]
    UnauthorizedClient,
    #[error("there is no such grant type here")]
    UnsupportedGrantType,
    #[error("{0}")]
    InvalidScope(ScopeError),
    #[error("the resource is not this server")]
    InvalidTarget,
    #[error("nobody has decided yet")]
    AuthorizationPending,
    #[error("asked too often")]
    SlowDown,
    #[error("it was not allowed")]
    AccessDenied,
    #[error("the device code is no longer good")]
    ExpiredToken,
    /// Nothing was found out; try again.
    #[error("the server cannot answer now")]
    Temporary { reason: String, retry_after: Duration },
}

impl OAuthError {
    /// A failure of ours that will pass.
    pub(crate) fn temporary(reason: impl Into<String>) -> Self {
        let retry_after = Duration::from_secs(limits::RETRY_AFTER_SECONDS.into());
        Self::Temporary { reason: reason.into(), retry_after }
    }

    /// The registered code (RFC 6749 5.2, RFC 8628 3.5, RFC 8707 2).
    fn code(&self) -> &'static str {
        match self {
            Self::InvalidRequest(_) | Self::TooLarge => "invalid_request",
            Self::InvalidClient { .. } => "invalid_client",
            Self::InvalidGrant(_) => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope(_) => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::AuthorizationPending => "authorization_pending",
            Self::SlowDown => "slow_down",
            Self::AccessDenied => "access_denied",
            Self::ExpiredToken => "expired_token",
            Self::Temporary { .. } => "temporarily_unavailable",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::InvalidClient { .. } => StatusCode::UNAUTHORIZED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Temporary { .. } => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// The answer.
    pub(crate) fn answer(&self) -> Response {
        match self {
            Self::Temporary { reason, .. } => tracing::warn!(reason, "no token can be given now"),
            error => tracing::info!(error = error.code(), reason = %error, "no token is given"),
        }
        let body = json!({ "error": self.code(), "error_description": self.to_string() });
        let mut answer = answers::json(self.status(), &body);
        match self {
            Self::InvalidClient { basic: true } => {
                let scheme = HeaderValue::from_static("Basic realm=\"token\"");
                answer.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
            }
            Self::Temporary { retry_after, .. } => {
                let seconds = retry_after.as_secs().max(1);
                answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            _ => {}
        }
        answer
    }
}

impl From<ParameterError> for OAuthError {
    fn from(error: ParameterError) -> Self {
        match error {
            ParameterError::TooLarge => Self::TooLarge,
            ParameterError::NotAForm => Self::InvalidRequest(error.to_string()),
            // The network's fault, not the sign-in's.
            ParameterError::Broken => Self::temporary(error.to_string()),
        }
    }
}

impl From<GrantError> for OAuthError {
    fn from(error: GrantError) -> Self {
        match error {
            GrantError::Invalid(why) => Self::InvalidGrant(why),
            GrantError::Client => Self::InvalidClient { basic: false },
            GrantError::NotForThisClient => Self::UnauthorizedClient,
            GrantError::Pending => Self::AuthorizationPending,
            GrantError::SlowDown => Self::SlowDown,
            GrantError::Denied => Self::AccessDenied,
            GrantError::Expired => Self::ExpiredToken,
            GrantError::Temporary(reason) => Self::temporary(reason),
        }
    }
}
