//! The HTTP edge: who asks for what, and what becomes of it.

use std::{net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use directory::Directory;
use http::{HeaderMap, Method, StatusCode, header, request::Parts, uri::Scheme};
use hub::{
    AccessPath, Caller, Hub,
    devices::{Device, DeviceGreeting, Wipe},
    withheld::{Shown, View},
};
use identity::{Admission, Attempt, ClientCertificate, Credentials, Gate, Identity};

use crate::{
    admittance::{Admittance, Guest, Stop},
    answer::{self, HttpResponse},
    autodiscover::{ACTIVESYNC_PATH, v1, v2},
    body,
    catch_panic::catch_panic,
    challenge::{Challenge, TokenFault},
    command::Command,
    commands::{self, ping, sync},
    device,
    limits::DEVICE_TEXT_MAX,
    policy::Policy,
    query::{Query, QueryError},
    same_key::SameKeys,
    session::Session,
    status::{Denial, Refusal},
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
    pub(crate) gate: Gate,
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
    /// The path over a hub, without rules about devices.
    #[must_use]
    pub fn new(hub: Hub, identity: Identity, directory: Directory, settings: Settings) -> Self {
        Self::behind(Gate::new(identity), hub, directory, settings)
    }

    /// The path over a hub, behind a gate that decides about devices.
    #[must_use]
    pub fn behind(gate: Gate, hub: Hub, directory: Directory, settings: Settings) -> Self {
        let shared = Shared {
            hub,
            directory,
            gate,
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
                Ok(admission) => self.autodiscover_xml(&parts, &body, &admission.caller),
                Err(turned_away) => turned_away.into_http(),
            },
            Some(Place::ActiveSync) => {
                let query = Query::parse(parts.uri.query());
                let origin = self.origin(&parts.headers);
                let done = match self.authenticate(&parts, query.as_ref().ok(), peer).await {
                    Ok(admission) => match parts.method {
                        Method::OPTIONS if is_off(&admission) => answer::refuse(Refusal::Forbidden),
                        Method::OPTIONS => answer::options(),
                        Method::POST => {
                            let next = Box::pin(self.command(query, parts, body, admission, peer)).await;
                            match next {
                                Ok(Next::Answer(response)) => response,
                                Ok(held) => return held,
                                Err(stop) => {
                                    tracing::info!(?stop, "refused");
                                    stop.into_http()
                                }
                            }
                        }
                        _ => answer::refuse(Refusal::WrongMethod),
                    },
                    Err(turned_away) => turned_away.into_http(),
                };
                if done.status() == StatusCode::FORBIDDEN { answer::pointing_to_help(done, &origin) } else { done }
            }
        };
        Next::Answer(done)
    }

    /// Who asks. Whatever is wrong with the credentials, the answer is the same, so that nobody learns who has an
    /// account. Whose credentials are right and who is disabled is told so: asking for them again would not help.
    async fn authenticate(&self, parts: &Parts, query: Option<&Query>, peer: SocketAddr) -> Result<Admission, Stop> {
        let header = parts.headers.get(header::AUTHORIZATION).map(http::HeaderValue::as_bytes);
        let credentials = Credentials::from_authorization(header);
        let is_bearer = matches!(credentials, Credentials::Bearer(_) | Credentials::EmptyBearer);
        let attempt = Attempt {
            credentials: &credentials,
            path: AccessPath::ActiveSync,
            device: query.map(|query| query.device.as_str()),
            network: peer.ip(),
            certificate: parts.extensions.get::<Arc<ClientCertificate>>().map(Arc::as_ref),
        };
        match self.shared.gate.identity().authenticate(attempt).await {
            Ok(admission) => Ok(admission),
            Err(refusal @ (identity::Refusal::TooManyAttempts { .. } | identity::Refusal::Unavailable(_))) => {
                tracing::warn!(%peer, %refusal, "nobody can be let in now");
                Err(Refusal::Temporary.into())
            }
            Err(identity::Refusal::Disabled) => {
                tracing::info!(%peer, "a person who is disabled");
                Err(match query.filter(|query| parts.method == Method::POST && !query.command.is_mail_only()) {
                    None => Refusal::Forbidden.into(),
                    Some(query) => {
                        let agent = text_header(&parts.headers, header::USER_AGENT.as_str());
                        let family = device::family(&query.device_type, &agent);
                        let document = commands::denied::encode(query.command, family, Denial::AccountDisabled);
                        Stop::Response(Box::new(answer::Answer::Document(document).into_http(false)))
                    }
                })
            }
            Err(refusal) => {
                tracing::debug!(%peer, %refusal, "not let in");
                let challenge = self.shared.settings.challenge.told_at(&self.origin(&parts.headers));
                let asks_for_claims = matches!(refusal, identity::Refusal::Ended { claims_challenge: true });
                let fault = asks_for_claims.then(|| TokenFault::InsufficientClaims(self.shared.hub.now() / 1_000_000));
                Err(Stop::Response(Box::new(answer::unauthenticated(&challenge, is_bearer, fault))))
            }
        }
    }

    async fn command(
        &self,
        query: Result<Query, QueryError>,
        parts: Parts,
        body: Bytes,
        admission: Admission,
        peer: SocketAddr,
    ) -> Result<Next, Stop> {
        let query = query.map_err(|error| refusal_of(&error))?;
        if query.command.is_mail_only() {
            return Err(Refusal::MailCommand.into());
        }
        let headers = parts.headers;
        let version = version_of(&query, &headers)?;
        let body = body::received(&headers, body)?;
        let zip = body::wants_zip(&headers);
        let user_agent = text_header(&headers, header::USER_AGENT.as_str());
        let policy_key = query.policy_key.or_else(|| text_header(&headers, "X-MS-PolicyKey").trim().parse().ok());
        let command = query.command;
        let guest = Box::new(Guest {
            login_name: login_name(&headers, &query).map(Into::into),
            host: host(&headers, &parts.uri).into(),
            origin: self.origin(&headers).into(),
            network: peer.ip(),
            is_bearer: is_bearer(&headers),
            policy_key: policy_key.unwrap_or(0),
            command,
            family: device::family(&query.device_type, &user_agent),
            admission,
        });
        drop(headers);
        let session = self.session(query, guest, version, user_agent).await?;
        metrics::counter!("bothways_activesync_commands_total", "command" => command.name()).increment(1);
        tracing::debug!(device = session.device_id(), command = command.name(), bytes = body.len(), "asked");
        let held_back = (session.shown.view == View::Withheld).then(|| session.guest.origin.clone());
        let next = match command {
            Command::Ping => match ping::begin(session, &body).await? {
                ping::Step::Done(answer) => Next::Answer(answer.into_http(zip)),
                ping::Step::Hold(held) => Next::Ping(held, zip),
            },
            Command::Sync => match Box::pin(sync::begin(session, &body)).await? {
                sync::Step::Done(answer) => Next::Answer(answer.into_http(zip)),
                sync::Step::Hold(held, patience) => Next::Sync(held, patience, zip),
            },
            other => Next::Answer(commands::run(other, &session, &body).await?.into_http(zip)),
        };
        Ok(match (next, held_back) {
            (Next::Answer(response), Some(origin)) => Next::Answer(answer::pointing_to_help(response, &origin)),
            (next, _) => next,
        })
    }

    async fn session(
        &self,
        query: Query,
        guest: Box<Guest>,
        version: Version,
        user_agent: String,
    ) -> Result<Session, Stop> {
        let family = guest.family;
        let (admission, user) = (&guest.admission, guest.login_name.as_deref());
        let name = self.shared.gate.device_name(admission, query.device.as_str(), user, &guest.host);
        let device = name.await.map_err(hub::HubError::from)?;
        let access = self.shared.hub.for_caller(&guest.admission.caller).as_device(&device);
        let greeting = DeviceGreeting {
            device,
            device_type: query.device_type,
            user_agent,
            protocol: version::name(version).to_owned(),
        };
        let device = access.greet(greeting).await?;
        let shown = self.admit(&guest, &device, version).await?;
        Ok(Session { shared: Arc::clone(&self.shared), access, guest, shown, device, family, version })
    }

    /// What the device is shown. Not when its account is to be taken off it: it is told that first, and nothing after.
    async fn admit(&self, guest: &Guest, device: &Device, version: Version) -> Result<Shown, Stop> {
        match device.wipe {
            Wipe::No => {}
            Wipe::Asked if guest.command == Command::Provision => return Ok(Shown::default()),
            Wipe::Asked if version == Version::V16_1 => return Err(Refusal::MustProvision.into()),
            Wipe::Asked | Wipe::Done => return Err(Refusal::Forbidden.into()),
        }
        match guest.ask(&self.shared, device.clone()).await? {
            Admittance::In(shown) => Ok(shown),
            Admittance::Provision => Err(Refusal::MustProvision.into()),
            Admittance::Denied(denial) => Err(guest.denied(denial)),
        }
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
        self.origin(headers) + ACTIVESYNC_PATH
    }

    /// Scheme, host and port of this server, as clients reach it.
    fn origin(&self, headers: &HeaderMap) -> String {
        if let Some(public) = &self.shared.settings.public_url {
            return public.trim_end_matches('/').to_owned();
        }
        let (scheme, host) = (&self.shared.settings.scheme, text_header(headers, header::HOST.as_str()));
        format!("{scheme}://{host}")
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

async fn finish(held: Pin<Box<dyn Future<Output = Result<answer::Answer, Stop>> + Send>>, zip: Zip) -> HttpResponse {
    match catch_panic(held).await {
        Some(Ok(answer)) => answer.into_http(zip),
        Some(Err(stop)) => stop.into_http(),
        None => answer::refuse(Refusal::Temporary),
    }
}

/// Whether ActiveSync is off for a person. Before any command is known, that can only be said with 403.
fn is_off(admission: &Admission) -> bool {
    admission.person.paths_off.contains(&AccessPath::ActiveSync)
}

fn is_bearer(headers: &HeaderMap) -> bool {
    let scheme = headers.get(header::AUTHORIZATION).and_then(|value| value.as_bytes().get(..6));
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"Bearer"))
}

/// The name the account on the device signs in with: a password's, else what the query says.
fn login_name(headers: &HeaderMap, query: &Query) -> Option<String> {
    let header = headers.get(header::AUTHORIZATION).map(http::HeaderValue::as_bytes);
    match Credentials::from_authorization(header) {
        Credentials::Basic { user, .. } => Some(user),
        _ => query.user.clone(),
    }
}

/// The host that the device asked, in lower case, without a port.
fn host(headers: &HeaderMap, uri: &http::Uri) -> String {
    let named = headers.get(header::HOST).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let authority = named.or_else(|| uri.authority().map(ToString::to_string)).unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority.as_str(),
    };
    host.trim_end_matches('.').chars().take(DEVICE_TEXT_MAX).collect::<String>().to_ascii_lowercase()
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
