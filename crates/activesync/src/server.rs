//! The HTTP edge: who asks for what, and what becomes of it.

use std::{net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use directory::Directory;
use http::{HeaderMap, Method, StatusCode, header, request::Parts, uri::Scheme};
use hub::{
    AccessPath, Caller, Hub,
    devices::{DeviceGreeting, Wipe},
};
use identity::{Credentials, Identity};

use crate::{
    answer::{self, HttpResponse},
    autodiscover::{ACTIVESYNC_PATH, v1, v2},
    body,
    catch_panic::catch_panic,
    challenge::Challenge,
    command::Command,
    commands::{self, ping, sync},
    device,
    limits::DEVICE_TEXT_MAX,
    policy::Policy,
    query::{Query, QueryError},
    same_key::SameKeys,
    session::{Outcome, Session},
    status::Refusal,
    version::{self, Version},
    waits::Waits,
};

/// What an administrator decides about this path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Scheme, host and port under which clients reach this server; the request's own host when missing.
    pub public_url: Option<String>,
    /// How clients reach the request's own host.
    pub scheme: Scheme,
    /// Which credentials are taken.
    pub challenge: Challenge,
    /// Rules for devices. Without, every device is let in, also one that never provisions.
    pub policy: Option<Policy>,
}

impl Default for Settings {
    /// Passwords, no rules.
    fn default() -> Self {
        let challenge = Challenge { basic_realm: Some("Bothways".to_owned()), bearer: None };
        Self { public_url: None, scheme: Scheme::HTTPS, challenge, policy: None }
    }
}

/// The ActiveSync path. Clones share it.
#[derive(Clone)]
pub struct ActiveSync {
    shared: Arc<Shared>,
}

/// What every request may use.
pub(crate) struct Shared {
    pub(crate) hub: Hub,
    pub(crate) directory: Directory,
    identity: Identity,
    pub(crate) settings: Settings,
    pub(crate) waits: Waits,
    pub(crate) same_keys: SameKeys,
    pub(crate) sync_memory: sync::SharedMemory,
}

/// What is left of a request once it is understood.
enum Next {
    /// The answer.
    Answer(HttpResponse),
    /// A Ping to hold.
    Ping(Box<ping::Held>, Zip),
    /// A Sync to hold.
    Sync(Box<sync::Held>, Duration, Zip),
}

/// Whether the answer is to be zipped.
type Zip = bool;

impl ActiveSync {
    /// The path over a hub.
    #[must_use]
    pub fn new(hub: Hub, identity: Identity, directory: Directory, settings: Settings) -> Self {
        let shared = Shared {
            hub,
            directory,
            identity,
            settings,
            waits: Waits::default(),
            same_keys: SameKeys::default(),
            sync_memory: sync::SharedMemory::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Whether this path answers for an URL's path. Upper and lower case are the same here: clients mix them.
    #[must_use]
    pub fn serves(path: &str) -> bool {
        Place::of(path).is_some()
    }

    /// Answers a request. While it is held, nothing of the request is kept but which account, folders and deadline.
    ///
    /// Never fails and never panics: what goes wrong inside is a 503, and the device comes again.
    pub async fn handle(&self, parts: Parts, body: Bytes, peer: SocketAddr) -> HttpResponse {
        let next = catch_panic(Box::pin(self.clone().begin(parts, body, peer))).await;
        match next {
            None => answer::refuse(Refusal::Temporary),
            Some(Next::Answer(response)) => response,
            Some(Next::Ping(held, zip)) => finish(Box::pin(ping::hold(held)), zip).await,
            Some(Next::Sync(held, patience, zip)) => finish(Box::pin(sync::hold(held, patience)), zip).await,
        }
    }

    /// Answers all held requests now, and those to come at once. For a clean end of the process.
    pub fn close(&self) {
        self.shared.waits.close();
    }

    /// How many requests are held.
    #[must_use]
    pub fn held(&self) -> usize {
        self.shared.waits.held()
    }

    async fn begin(self, parts: Parts, body: Bytes, peer: SocketAddr) -> Next {
        let done = match Place::of(parts.uri.path()) {
            None => answer::text(StatusCode::NOT_FOUND, "text/plain", "Not Found".to_owned()),
            Some(Place::AutodiscoverJson(rest)) => {
                let (status, text) = v2::Request::parse(rest, parts.uri.query()).answer(&self.url(&parts.headers));
                answer::text(status, "application/json; charset=utf-8", text)
            }
            Some(Place::AutodiscoverXml) => match self.authenticate(&parts, None, peer).await {
                Ok(caller) => self.autodiscover_xml(&parts, &body, &caller),
                Err(response) => response,
            },
            Some(Place::ActiveSync) => {
                let query = Query::parse(parts.uri.query());
                match self.authenticate(&parts, query.as_ref().ok(), peer).await {
                    Ok(caller) => match parts.method {
                        Method::OPTIONS => answer::options(),
                        Method::POST => {
                            let zip = body::wants_zip(&parts.headers);
                            return self.command(query, parts, body, caller).await.unwrap_or_else(|refusal| {
                                tracing::info!(?refusal, zip, "refused");
                                Next::Answer(answer::refuse(refusal))
                            });
                        }
                        _ => answer::refuse(Refusal::WrongMethod),
                    },
                    Err(response) => response,
                }
            }
        };
        Next::Answer(done)
    }

    /// Who asks. Whatever is wrong with the credentials, the answer is the same, so that nobody learns who has an
    /// account.
    async fn authenticate(
        &self,
        parts: &Parts,
        query: Option<&Query>,
        peer: SocketAddr,
    ) -> Result<Caller, HttpResponse> {
        let header = parts.headers.get(header::AUTHORIZATION).map(http::HeaderValue::as_bytes);
        let credentials = Credentials::from_authorization(header);
        let is_bearer = matches!(credentials, Credentials::Bearer(_) | Credentials::EmptyBearer);
        let device = query.map(|query| query.device.as_str());
        match self.shared.identity.authenticate(&credentials, AccessPath::ActiveSync, device).await {
            Ok(caller) => Ok(caller),
            Err(refusal @ (identity::Refusal::TooManyAttempts { .. } | identity::Refusal::Unavailable(_))) => {
                tracing::warn!(%peer, %refusal, "nobody can be let in now");
                Err(answer::refuse(Refusal::Temporary))
            }
            Err(refusal) => {
                tracing::debug!(%peer, %refusal, "not let in");
                Err(answer::unauthenticated(&self.shared.settings.challenge, is_bearer))
            }
        }
    }

    async fn command(
        &self,
        query: Result<Query, QueryError>,
        parts: Parts,
        body: Bytes,
        caller: Caller,
    ) -> Result<Next, Refusal> {
        let query = query.map_err(|error| refusal_of(&error))?;
        if query.command.is_mail_only() {
            return Err(Refusal::MailCommand);
        }
        let headers = parts.headers;
        let version = version_of(&query, &headers)?;
        let body = body::received(&headers, body)?;
        let zip = body::wants_zip(&headers);
        let user_agent = text_header(&headers, header::USER_AGENT.as_str());
        let policy_key = query.policy_key.or_else(|| text_header(&headers, "X-MS-PolicyKey").trim().parse().ok());
        drop(headers);
        let command = query.command;
        let session = self.session(query, caller, version, user_agent).await?;
        self.admit(&session, command, policy_key.unwrap_or(0))?;
        metrics::counter!("bothways_activesync_commands_total", "command" => command.name()).increment(1);
        tracing::debug!(device = session.device_id(), command = command.name(), bytes = body.len(), "asked");
        match command {
            Command::Ping => Ok(match ping::begin(session, &body).await? {
                ping::Step::Done(answer) => Next::Answer(answer.into_http(zip)),
                ping::Step::Hold(held) => Next::Ping(held, zip),
            }),
            Command::Sync => Ok(match Box::pin(sync::begin(session, &body)).await? {
                sync::Step::Done(answer) => Next::Answer(answer.into_http(zip)),
                sync::Step::Hold(held, patience) => Next::Sync(held, patience, zip),
            }),
            other => commands::run(other, &session, &body).await.map(|answer| Next::Answer(answer.into_http(zip))),
        }
    }

    async fn session(
        &self,
        query: Query,
        caller: Caller,
        version: Version,
        user_agent: String,
    ) -> Result<Session, Refusal> {
        let family = device::family(&query.device_type, &user_agent);
        let device = query.device.as_str().to_owned();
        let access = self.shared.hub.for_caller(&caller).as_device(&device);
        let greeting = DeviceGreeting {
            device,
            device_type: query.device_type,
            user_agent,
            protocol: version::name(version).to_owned(),
        };
        let device = access.greet(greeting).await?;
        Ok(Session { shared: Arc::clone(&self.shared), access, caller, device, family, version })
    }

    /// Whether the device may go on: not when its account was taken off, and not before it keeps to the rules.
    fn admit(&self, session: &Session, command: Command, policy_key: u32) -> Result<(), Refusal> {
        let provisions = command == Command::Provision;
        match session.device.wipe {
            Wipe::No => {}
            Wipe::Asked if provisions => return Ok(()),
            Wipe::Asked if session.version == Version::V16_1 => return Err(Refusal::MustProvision),
            Wipe::Asked | Wipe::Done => return Err(Refusal::Forbidden),
        }
        let known = session.device.policy_key;
        let keeps_rules = self.shared.settings.policy.is_none() || known != 0 && policy_key == known;
        if provisions || keeps_rules { Ok(()) } else { Err(Refusal::MustProvision) }
    }

    fn autodiscover_xml(&self, parts: &Parts, body: &Bytes, caller: &Caller) -> HttpResponse {
        let xml = |text| answer::text(StatusCode::OK, "text/xml; charset=utf-8", text);
        if parts.method != Method::POST {
            return xml(v1::encode_error(v1::INVALID_REQUEST, "Invalid Request"));
        }
        match v1::Request::parse(body) {
            Ok(request) if request.is_for_activesync() => {
                xml(v1::encode(&caller.name, &caller.email, &self.url(&parts.headers)))
            }
            Ok(_) => xml(v1::encode_error(v1::PROVIDER_NOT_AVAILABLE, "Provider is not available")),
            Err(error) => {
                tracing::info!(%error, "an Autodiscover request that is not understood");
                xml(v1::encode_error(v1::INVALID_REQUEST, "Invalid Request"))
            }
        }
    }

    /// Where ActiveSync is, as clients reach it.
    fn url(&self, headers: &HeaderMap) -> String {
        if let Some(public) = &self.shared.settings.public_url {
            return format!("{}{ACTIVESYNC_PATH}", public.trim_end_matches('/'));
        }
        let (scheme, host) = (&self.shared.settings.scheme, text_header(headers, header::HOST.as_str()));
        format!("{scheme}://{host}{ACTIVESYNC_PATH}")
    }
}

/// What an URL's path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place<'a> {
    ActiveSync,
    AutodiscoverXml,
    /// With what follows `autodiscover.json`.
    AutodiscoverJson(&'a str),
}

impl<'a> Place<'a> {
    fn of(path: &'a str) -> Option<Self> {
        const JSON: &str = "/autodiscover/autodiscover.json";
        let lower = path.trim_end_matches('/').to_ascii_lowercase();
        if lower == "/microsoft-server-activesync" || lower == "/microsoft-server-activesync/default.eas" {
            return Some(Self::ActiveSync);
        }
        if lower == "/autodiscover/autodiscover.xml" {
            return Some(Self::AutodiscoverXml);
        }
        let rest = lower.starts_with(JSON).then(|| path.get(JSON.len()..)).flatten()?;
        (rest.is_empty() || rest.starts_with('/')).then_some(Self::AutodiscoverJson(rest))
    }
}

async fn finish(held: Pin<Box<dyn Future<Output = Outcome> + Send>>, zip: Zip) -> HttpResponse {
    match catch_panic(held).await {
        Some(Ok(answer)) => answer.into_http(zip),
        Some(Err(refusal)) => answer::refuse(refusal),
        None => answer::refuse(Refusal::Temporary),
    }
}

fn refusal_of(error: &QueryError) -> Refusal {
    tracing::info!(%error, "a query string that is not understood");
    match error {
        QueryError::UnknownCommand(_) => Refusal::UnknownCommand,
        QueryError::UnknownVersion(_) => Refusal::UnknownVersion,
        _ => Refusal::Malformed,
    }
}

/// The version of a request. A client that names none is served as 14.1, the lowest.
fn version_of(query: &Query, headers: &HeaderMap) -> Result<Version, Refusal> {
    match (query.version, headers.get("MS-ASProtocolVersion")) {
        (Some(version), _) => Ok(version),
        (None, None) => Ok(Version::V14_1),
        (None, Some(text)) => text.to_str().ok().and_then(version::named).ok_or(Refusal::UnknownVersion),
    }
}

fn text_header(headers: &HeaderMap, name: &str) -> String {
    let text = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.chars().take(DEVICE_TEXT_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_known_in_any_case() {
        assert_eq!(Place::of("/Microsoft-Server-ActiveSync"), Some(Place::ActiveSync));
        assert_eq!(Place::of("/microsoft-server-activesync/default.eas"), Some(Place::ActiveSync));
        assert_eq!(Place::of("/AutoDiscover/AutoDiscover.XML"), Some(Place::AutodiscoverXml));
        assert_eq!(
            Place::of("/Autodiscover/Autodiscover.json/v1.0/Anna@Example.org"),
            Some(Place::AutodiscoverJson("/v1.0/Anna@Example.org"))
        );
        assert_eq!(Place::of("/autodiscover/autodiscover.jsonx"), None);
        assert_eq!(Place::of("/v1.0/me"), None);
    }
}
