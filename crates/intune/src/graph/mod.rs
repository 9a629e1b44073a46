//! The client for Microsoft Graph: one request at a time, repeated as the service demands, and no more.
//!
//! A create whose answer got lost is not repeated here: whoever asked must look first ([`Created::Doubtful`]).

use std::{future::Future, pin::Pin, sync::Arc};

use jiff::Timestamp;
use reqwest::{Client, Method, StatusCode, Url, header, redirect::Policy};
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use crate::limits;

mod address;
mod answer;
mod back_off;
mod clock;
mod error;
mod token;

pub use address::Address;
pub use clock::{Clock, SystemClock};
pub use error::GraphError;
pub use token::{ClientCredentials, StaticToken, Token, TokenError, TokenSource};

use answer::{Answer, Unanswered};

/// Microsoft's own, for all but the national clouds.
pub const PUBLIC_CLOUD: &str = "https://graph.microsoft.com";

/// A future behind a pointer, so that clocks and token sources can be handed in.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What became of a create.
#[derive(Debug, Clone, PartialEq)]
pub enum Created {
    /// The object as the service has it.
    Object(Value),
    /// Something like it was there already (409).
    Conflict(String),
    /// No answer, or one that says nothing: the object may be there or not.
    Doubtful(String),
}

/// Whether a request may be made again when nobody knows what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeat {
    /// Once more changes nothing.
    Freely,
    /// Only when the service says that it was not done (429).
    WhenRefused,
}

/// A connection to one tenant.
pub struct Graph {
    http: Client,
    base: Url,
    tokens: Arc<dyn TokenSource>,
    clock: Arc<dyn Clock>,
    conditional_access: Mutex<Option<Timestamp>>,
    retries: u32,
}

impl Graph {
    /// `base` is [`PUBLIC_CLOUD`], a national cloud's, or an address on this machine.
    ///
    /// # Errors
    /// When a token could leave unencrypted, or when TLS cannot be used.
    pub fn new(base: &str, tokens: Arc<dyn TokenSource>, clock: Arc<dyn Clock>) -> Result<Self, GraphError> {
        let base = address::secure(base)?;
        let http = http_client().map_err(|error| GraphError::Tls(error.to_string()))?;
        Ok(Self { http, base, tokens, clock, conditional_access: Mutex::new(None), retries: limits::RETRIES_MAX })
    }

    /// How often a request is made again before the error is told, in place of [`limits::RETRIES_MAX`].
    #[must_use]
    pub fn with_retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// The clock it was given.
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// One object; `None` when there is none.
    ///
    /// # Errors
    /// When the service refuses, or does not answer sensibly for a while.
    pub async fn get(&self, address: &Address) -> Result<Option<Value>, GraphError> {
        let url = address.url(&self.base)?;
        match self.ask(&Method::GET, &url, None, Repeat::Freely).await? {
            answer if answer.status == StatusCode::NOT_FOUND => Ok(None),
            answer => answer.success().map(Some),
        }
    }

    /// All objects of a collection, page by page.
    ///
    /// # Errors
    /// As [`get`](Self::get); when pages lead elsewhere or do not end; when the collection itself is not there.
    pub async fn list(&self, address: &Address) -> Result<Vec<Value>, GraphError> {
        let mut next = Some(address.url(&self.base)?);
        let mut objects = Vec::new();
        let mut pages = 0;
        while let Some(url) = next.take() {
            pages += 1;
            let page = self.ask(&Method::GET, &url, None, Repeat::Freely).await?.success()?;
            let Some(Value::Array(values)) = page.get("value") else {
                return Err(GraphError::NotUnderstood { url: address::shown(&url), reason: "no list".to_owned() });
            };
            objects.extend(values.iter().cloned());
            if pages > limits::PAGES_MAX || objects.len() > limits::OBJECTS_MAX {
                return Err(GraphError::TooMany { url: address::shown(&url) });
            }
            next = match page.get("@odata.nextLink").and_then(Value::as_str) {
                Some(link) => Some(self.same_place(link)?),
                None => None,
            };
        }
        Ok(objects)
    }

    /// Creates an object.
    ///
    /// # Errors
    /// When the service refuses. Lost answers are no errors.
    pub async fn create(&self, address: &Address, body: &Value) -> Result<Created, GraphError> {
        let url = address.url(&self.base)?;
        match self.ask(&Method::POST, &url, Some(body), Repeat::WhenRefused).await {
            Ok(answer) if answer.status == StatusCode::CONFLICT => Ok(Created::Conflict(answer.said())),
            Ok(answer) => match answer.success() {
                Ok(object) if object.get("id").is_some_and(Value::is_string) => Ok(Created::Object(object)),
                Ok(_) => Ok(Created::Doubtful("the answer has no id".to_owned())),
                Err(GraphError::NotUnderstood { reason, .. }) => Ok(Created::Doubtful(reason)),
                Err(error) => Err(error),
            },
            Err(GraphError::Unreachable { reason, .. } | GraphError::NotUnderstood { reason, .. }) => {
                Ok(Created::Doubtful(reason))
            }
            Err(GraphError::Unavailable { status, .. }) => Ok(Created::Doubtful(format!("status {status}"))),
            Err(error) => Err(error),
        }
    }

    /// Changes the properties that the body names. The body must say its `@odata.type`: Intune's collections hold many
    /// types.
    ///
    /// # Errors
    /// When the service refuses, does not answer, or the object is not there.
    pub async fn patch(&self, address: &Address, body: &Value) -> Result<(), GraphError> {
        let url = address.url(&self.base)?;
        if !body.get("@odata.type").is_some_and(Value::is_string) {
            return Err(GraphError::Untyped { url: address::shown(&url) });
        }
        self.ask(&Method::PATCH, &url, Some(body), Repeat::Freely).await?.done()
    }

    /// Calls an action that may be called twice, such as `assign`.
    ///
    /// # Errors
    /// When the service refuses or does not answer.
    pub async fn act(&self, address: &Address, body: &Value) -> Result<(), GraphError> {
        let url = address.url(&self.base)?;
        self.ask(&Method::POST, &url, Some(body), Repeat::Freely).await?.done()
    }

    /// Deletes an object; one that is not there is deleted.
    ///
    /// # Errors
    /// When the service refuses or does not answer.
    pub async fn delete(&self, address: &Address) -> Result<(), GraphError> {
        let url = address.url(&self.base)?;
        match self.ask(&Method::DELETE, &url, None, Repeat::Freely).await? {
            answer if answer.status == StatusCode::NOT_FOUND => Ok(()),
            answer => answer.done(),
        }
    }

    /// A next page must be where the first was: the token goes with the request.
    fn same_place(&self, link: &str) -> Result<Url, GraphError> {
        let elsewhere = || GraphError::Elsewhere { link: link.chars().take(limits::SAID_CHARS_MAX).collect() };
        let url = Url::parse(link).map_err(|_| elsewhere())?;
        if url.origin() == self.base.origin() && url.username().is_empty() { Ok(url) } else { Err(elsewhere()) }
    }

    async fn ask(
        &self,
        method: &Method,
        url: &Url,
        body: Option<&Value>,
        repeat: Repeat,
    ) -> Result<Answer, GraphError> {
        let body = body.map(|body| bytes(body, url)).transpose()?;
        let mut renewed = false;
        let mut tries = 0;
        loop {
            self.space(url).await;
            let token = self.tokens.token().await.map_err(GraphError::Token)?;
            let outcome = self.once(method, url, body.as_deref(), &token).await;
            let (wait, error) = match outcome {
                Ok(answer) if answer.status == StatusCode::UNAUTHORIZED && !renewed => {
                    renewed = true;
                    self.tokens.refused(&token).await;
                    continue;
                }
                Ok(answer) => match answer.wait(self.clock.now()) {
                    None => return Ok(answer),
                    Some(wait) => {
                        let refused = answer.status == StatusCode::TOO_MANY_REQUESTS;
                        let error = answer.unavailable(tries);
                        if !refused && repeat == Repeat::WhenRefused {
                            return Err(error);
                        }
                        (wait, error)
                    }
                },
                Err(Unanswered::Lost(error)) if repeat == Repeat::Freely => (None, error),
                Err(Unanswered::Lost(error) | Unanswered::Never(error)) => return Err(error),
            };
            if tries >= self.retries {
                return Err(error);
            }
            let wait = wait.unwrap_or_else(|| back_off::doubled(tries));
            tracing::debug!(url = address::shown(url), seconds = wait.as_secs(), %error, "asking again later");
            self.clock.sleep(wait).await;
            tries += 1;
        }
    }

    /// Conditional Access takes one request a second and does not say how long to wait after the next one.
    async fn space(&self, url: &Url) {
        if !url.path().contains("/identity/conditionalAccess/") {
            return;
        }
        let mut last = self.conditional_access.lock().await;
        if let Some(last) = *last {
            let since = self.clock.now().duration_since(last).unsigned_abs();
            if let Some(rest) = limits::CONDITIONAL_ACCESS_SPACING.checked_sub(since) {
                self.clock.sleep(rest).await;
            }
        }
        *last = Some(self.clock.now());
    }

    async fn once(&self, method: &Method, url: &Url, body: Option<&[u8]>, token: &Token) -> Result<Answer, Unanswered> {
        let mut request = self.http.request(method.clone(), url.clone()).bearer_auth(token.secret());
        request = request.header(header::ACCEPT, "application/json");
        if let Some(body) = body {
            request = request.header(header::CONTENT_TYPE, "application/json").body(body.to_vec());
        }
        Answer::read(method, url, request).await
    }
}

fn bytes(body: &Value, url: &Url) -> Result<Vec<u8>, GraphError> {
    let bytes = serde_json::to_vec(body)
        .map_err(|error| GraphError::NotUnderstood { url: address::shown(url), reason: error.to_string() })?;
    if bytes.len() > limits::REQUEST_BYTES_MAX {
        return Err(GraphError::BodyTooLong { url: address::shown(url), bytes: bytes.len() });
    }
    Ok(bytes)
}

/// TLS as everywhere in the house, no redirection, an end to everything.
fn http_client() -> reqwest::Result<Client> {
    Client::builder()
        .redirect(Policy::none())
        .connect_timeout(limits::CONNECT)
        .timeout(limits::ANSWER)
        .user_agent(concat!("bothways/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// An object's member as text.
pub(crate) fn text<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str)
}

/// An object without members, as actions that give nothing back leave it.
fn nothing() -> Value {
    Value::Object(Map::new())
}
