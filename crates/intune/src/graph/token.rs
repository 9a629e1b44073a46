//! Tokens for Graph.

use std::{fmt, sync::Arc};

use jiff::Timestamp;
use reqwest::{Client, Url, header};
use serde_json::Value;
use tokio::sync::Mutex;

use super::{
    Boxed, Clock, GraphError,
    address::{secure, shown},
    answer::{one_line, why},
    http_client,
};
use crate::limits;

/// A bearer token. It does not show itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Takes a token as it is.
    pub fn new(secret: String) -> Self {
        Self(secret)
    }

    pub(super) fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The token endpoint says no.
    #[error("{url} gives no token: {said}")]
    Refused {
        /// Where.
        url: String,
        /// What it said.
        said: String,
    },
    /// The token endpoint does not answer, or not sensibly.
    #[error("{url} gives no token: {reason}")]
    Unreachable {
        /// Where.
        url: String,
        /// Why.
        reason: String,
    },
}

/// Where tokens come from.
pub trait TokenSource: Send + Sync {
    /// A token that is good now.
    fn token(&self) -> Boxed<'_, Result<Token, TokenError>>;
    /// This one was not accepted; do not give it again if there is another way.
    fn refused<'a>(&'a self, token: &'a Token) -> Boxed<'a, ()>;
}

/// One that somebody fetched.
#[derive(Debug, Clone)]
pub struct StaticToken(pub Token);

impl TokenSource for StaticToken {
    fn token(&self) -> Boxed<'_, Result<Token, TokenError>> {
        Box::pin(async { Ok(self.0.clone()) })
    }

    fn refused<'a>(&'a self, _: &'a Token) -> Boxed<'a, ()> {
        Box::pin(async {})
    }
}

/// An app registration's id and secret (RFC 6749 4.4).
pub struct ClientCredentials {
    http: Client,
    endpoint: Url,
    client_id: String,
    client_secret: String,
    scope: String,
    clock: Arc<dyn Clock>,
    held: Mutex<Option<(Token, Timestamp)>>,
}

impl ClientCredentials {
    /// `endpoint` such as `https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token`, `scope` such as
    /// `https://graph.microsoft.com/.default`.
    ///
    /// # Errors
    /// When the secret could leave unencrypted, or when TLS cannot be used.
    pub fn new(
        endpoint: &str,
        client_id: String,
        client_secret: String,
        scope: String,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, GraphError> {
        let endpoint = secure(endpoint)?;
        let http = http_client().map_err(|error| GraphError::Tls(error.to_string()))?;
        Ok(Self { http, endpoint, client_id, client_secret, scope, clock, held: Mutex::new(None) })
    }

    async fn fetch(&self) -> Result<(Token, Timestamp), TokenError> {
        let url = || shown(&self.endpoint);
        let unreachable = |error: reqwest::Error| TokenError::Unreachable { url: url(), reason: why(&error) };
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &self.client_id)
            .append_pair("client_secret", &self.client_secret)
            .append_pair("scope", &self.scope)
            .finish();
        let request = self.http.post(self.endpoint.clone());
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(form);
        let mut response = request.send().await.map_err(unreachable)?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > limits::ANSWER_BYTES_MAX {
                return Err(TokenError::Unreachable { url: url(), reason: "an answer without end".to_owned() });
            }
        }
        let said: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let text = |name: &str| said.get(name).and_then(Value::as_str);
        let Some(token) = text("access_token").filter(|_| response.status().is_success()) else {
            let words = text("error_description").or_else(|| text("error")).unwrap_or("no reason given");
            let said = format!("status {}, {}", response.status().as_u16(), one_line(words));
            return Err(TokenError::Refused { url: url(), said });
        };
        let good_for = said.get("expires_in").and_then(Value::as_i64).unwrap_or(0).clamp(0, 86_400);
        let until = self.clock.now() + jiff::SignedDuration::from_secs(good_for);
        Ok((Token(token.to_owned()), until))
    }
}

impl TokenSource for ClientCredentials {
    fn token(&self) -> Boxed<'_, Result<Token, TokenError>> {
        Box::pin(async {
            let mut held = self.held.lock().await;
            if let Some((token, until)) = &*held
                && *until > self.clock.now() + limits::TOKEN_MARGIN
            {
                return Ok(token.clone());
            }
            let (token, until) = self.fetch().await?;
            *held = Some((token.clone(), until));
            Ok(token)
        })
    }

    fn refused<'a>(&'a self, token: &'a Token) -> Boxed<'a, ()> {
        Box::pin(async move {
            let mut held = self.held.lock().await;
            if held.as_ref().is_some_and(|(held, _)| held == token) {
                *held = None;
            }
        })
    }
}
