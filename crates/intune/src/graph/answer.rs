//! An answer that was read to its end, and what it means.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Method, RequestBuilder, StatusCode, Url, header};
use serde_json::Value;

use super::{GraphError, address::shown, back_off, nothing};
use crate::{collection::permission_for, limits};

pub(super) struct Answer {
    pub status: StatusCode,
    url: String,
    write: bool,
    request_id: String,
    retry_after: Option<String>,
    bytes: Vec<u8>,
}

/// Why there is no answer.
pub(super) enum Unanswered {
    /// It may have been done.
    Lost(GraphError),
    /// Asking again leads nowhere.
    Never(GraphError),
}

impl Answer {
    pub async fn read(method: &Method, url: &Url, request: RequestBuilder) -> Result<Self, Unanswered> {
        let lost =
            |error: reqwest::Error| Unanswered::Lost(GraphError::Unreachable { url: shown(url), reason: why(&error) });
        let mut response = request.send().await.map_err(lost)?;
        let header = |name: &str| {
            let value = response.headers().get(name).and_then(|value| value.to_str().ok());
            value.map(|value| value.chars().take(limits::SAID_CHARS_MAX).collect::<String>())
        };
        let request_id = header("request-id").unwrap_or_else(|| "none".to_owned());
        let retry_after = header(header::RETRY_AFTER.as_str());
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(lost)? {
            if bytes.len() + chunk.len() > limits::ANSWER_BYTES_MAX {
                return Err(Unanswered::Never(GraphError::TooLong { url: shown(url) }));
            }
            bytes.extend_from_slice(&chunk);
        }
        let answer = Self {
            status: response.status(),
            url: shown(url),
            write: method != Method::GET,
            request_id,
            retry_after,
            bytes,
        };
        // A page that ends in the middle comes whole when it is asked for again.
        match answer.json() {
            Err(error) if answer.status.is_success() => Err(Unanswered::Lost(error)),
            _ => Ok(answer),
        }
    }

    fn json(&self) -> Result<Value, GraphError> {
        if self.bytes.is_empty() {
            return Ok(nothing());
        }
        serde_json::from_slice(&self.bytes)
            .map_err(|error| GraphError::NotUnderstood { url: self.url.clone(), reason: error.to_string() })
    }

    /// How long the service wants us to wait; `None` when asking again is not what it wants. The inner `None`: it does
    /// not say how long.
    #[allow(clippy::option_option)] // whether, and how long
    pub fn wait(&self, now: Timestamp) -> Option<Option<Duration>> {
        matches!(self.status.as_u16(), 429 | 502 | 503 | 504)
            .then(|| self.retry_after.as_deref().and_then(|value| back_off::retry_after(value, now)))
    }

    /// What it gave back.
    pub fn success(self) -> Result<Value, GraphError> {
        if self.status.is_success() { self.json() } else { Err(self.refusal()) }
    }

    /// That it was done.
    pub fn done(self) -> Result<(), GraphError> {
        self.success().map(|_| ())
    }

    pub fn unavailable(&self, retries: u32) -> GraphError {
        GraphError::Unavailable {
            url: self.url.clone(),
            status: self.status.as_u16(),
            retries,
            said: self.said(),
            request_id: self.request_id.clone(),
        }
    }

    fn refusal(&self) -> GraphError {
        let (url, said, request_id) = (self.url.clone(), self.said(), self.request_id.clone());
        match self.status {
            StatusCode::UNAUTHORIZED => GraphError::Unauthorized { url, said, request_id },
            StatusCode::FORBIDDEN => {
                let permission = permission_for(&url, self.write);
                GraphError::Forbidden { url, permission, said, request_id }
            }
            StatusCode::NOT_FOUND => GraphError::NotFound { url, request_id },
            status => GraphError::Refused { url, status: status.as_u16(), said, request_id },
        }
    }

    /// The error's message behind a colon, fit for one line.
    pub fn said(&self) -> String {
        let value: Value = serde_json::from_slice(&self.bytes).unwrap_or_default();
        let error = |name: &str| value.get("error").and_then(|error| error.get(name)).and_then(Value::as_str);
        let text = match (error("code"), error("message")) {
            (Some(code), Some(message)) => format!("{code}: {message}"),
            (Some(one), None) | (None, Some(one)) => one.to_owned(),
            (None, None) => return String::new(),
        };
        format!(": {}", one_line(&text))
    }
}

/// What somebody else said: one line, of limited length.
pub(super) fn one_line(text: &str) -> String {
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    clean.take(limits::SAID_CHARS_MAX).collect::<String>().trim().to_owned()
}

/// The innermost cause: reqwest's first line says only that something failed.
pub(super) fn why(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
