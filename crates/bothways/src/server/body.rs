//! Bodies: of requests, read whole within limits; of answers.

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use tokio::sync::Semaphore;

use crate::limits;

/// What the server answers with.
pub type Answer = Response<Body>;

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Larger than [`limits::BODY_BYTES_MAX`].
    #[error("the body is larger than {} MiB", limits::BODY_BYTES_MAX >> 20)]
    TooLarge,
    /// Not there within [`limits::BODY_WAIT`].
    #[error("the body did not come in time")]
    TooSlow,
    /// The connection broke, or its chunks are malformed.
    #[error("the body ended too early")]
    Broken,
}

impl BodyError {
    /// The answer to it.
    pub fn answer(self) -> Answer {
        let status = match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Broken => StatusCode::BAD_REQUEST,
        };
        let mut answer = text(status, self.to_string());
        // What is left of the body is not read, so the connection cannot go on.
        answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        answer
    }
}

/// Reads whole bodies; few large ones at a time.
#[derive(Debug)]
pub struct BodyReader {
    large: Semaphore,
}

impl Default for BodyReader {
    fn default() -> Self {
        Self { large: Semaphore::new(limits::LARGE_BODIES_MAX) }
    }
}

impl BodyReader {
    /// The whole body. Waits for its turn when it is large, or does not say how large it is.
    pub async fn read(&self, body: Incoming) -> Result<Bytes, BodyError> {
        let small = body.size_hint().upper().is_some_and(|length| length <= limits::SMALL_BODY_BYTES_MAX as u64);
        if body.size_hint().lower() > limits::BODY_BYTES_MAX as u64 {
            return Err(BodyError::TooLarge);
        }
        if body.is_end_stream() {
            return Ok(Bytes::new());
        }
        let turn = if small { None } else { Some(self.large.acquire().await) };
        let read = tokio::time::timeout(limits::BODY_WAIT, Limited::new(body, limits::BODY_BYTES_MAX).collect()).await;
        drop(turn);
        match read {
            Ok(Ok(read)) => Ok(read.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(BodyError::TooLarge),
            Ok(Err(_)) => Err(BodyError::Broken),
            Err(_) => Err(BodyError::TooSlow),
        }
    }
}

/// A plain text.
pub fn text(status: StatusCode, text: impl Into<Body>) -> Answer {
    let mut answer = Response::new(text.into());
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer
}

/// 503: nothing was lost, come again.
pub fn come_again() -> Answer {
    let mut answer = text(StatusCode::SERVICE_UNAVAILABLE, "temporarily not available\n");
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(limits::RETRY_AFTER_SECONDS));
    answer
}
