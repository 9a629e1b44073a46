//! The front door: which path a request is for, its id, its line in the log, its place in the metrics.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Instant};

use activesync::ActiveSync;
use axum::{Router, body::Body};
use http::{HeaderName, HeaderValue, Method, Request, StatusCode};
use hyper::body::Incoming;
use ledger::{Database, LedgerError};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::watch;
use tower::ServiceExt;
use tracing::Instrument;

use super::{
    body::{self, Answer, BodyReader},
    guard::guarded,
};
use crate::ambient::new_uuid;

/// Answers to every request bear the id under which the log knows it. Graph's name for it (facts clients rely on).
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// What a listener offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Everything.
    Contacts,
    /// `/metrics`, `/healthz` and `/readyz`, to anyone who reaches the address.
    Metrics,
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Room {
    ActiveSync,
    Autodiscover,
    Graph,
    SignIn,
    Certificates,
    Management,
    Health,
    Readiness,
    Metrics,
    Nothing,
}

impl Room {
    /// Exchange's clients spell their addresses in any case.
    fn of(path: &str) -> Self {
        let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        match path {
            "/healthz" => Self::Health,
            "/readyz" => Self::Readiness,
            "/metrics" => Self::Metrics,
            _ if first.eq_ignore_ascii_case("Microsoft-Server-ActiveSync") => Self::ActiveSync,
            _ if first.eq_ignore_ascii_case("autodiscover") => Self::Autodiscover,
            _ if first.eq_ignore_ascii_case("v1.0") => Self::Graph,
            _ if oauth::ROOMS.contains(&first) => Self::SignIn,
            _ if matches!(first, "scep" | "crl" | "ocsp") => Self::Certificates,
            _ if first == "mdm" => Self::Management,
            _ => Self::Nothing,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::ActiveSync => "activesync",
            Self::Autodiscover => "autodiscover",
            Self::Graph => "graph",
            Self::SignIn => "sign-in",
            Self::Certificates => "certificates",
            Self::Management => "mdm",
            Self::Health | Self::Readiness | Self::Metrics => "operations",
            Self::Nothing => "none",
        }
    }
}

/// The front door.
pub struct Front {
    /// The ActiveSync path.
    pub activesync: ActiveSync,
    /// The Graph path.
    pub graph: Router,
    /// The authorization server and its pages.
    pub sign_in: Router,
    /// SCEP, revocation lists, OCSP.
    pub certificates: Router,
    /// The MDM server inside, or the webhook of another; empty without either.
    pub management: Router,
    /// Asked whether it answers.
    pub ledger: Database,
    /// What has been counted.
    pub metrics: PrometheusHandle,
    /// A proxy stands in front, so the peer is not the client.
    pub behind_proxy: bool,
    /// Reads bodies.
    pub bodies: BodyReader,
    /// Becomes true when the server stops.
    pub closing: watch::Receiver<bool>,
}

impl Front {
    /// Answers a request, whatever happens.
    pub async fn answer(
        self: Arc<Self>,
        service: Service,
        peer: SocketAddr,
        request: Request<Incoming>,
    ) -> Result<Answer, Infallible> {
        let started = Instant::now();
        let id = new_uuid();
        let room = match (service, Room::of(request.uri().path())) {
            (
                Service::Metrics,
                Room::ActiveSync
                | Room::Autodiscover
                | Room::Graph
                | Room::SignIn
                | Room::Certificates
                | Room::Management,
            ) => Room::Nothing,
            (_, room) => room,
        };
        let client = self.client(peer, &request);
        let span = tracing::info_span!("request", id, shown_as = tracing::field::Empty);
        let line = Line::of(&request, client);
        let work = Arc::clone(&self).enter(room, service, client, request).instrument(span.clone());
        let mut answer = guarded(work).await.unwrap_or_else(|_| body::come_again());
        match (answer.headers().get(REQUEST_ID), HeaderValue::try_from(id)) {
            // A path that has ids of its own, as Graph in its errors: the line in the log bears both.
            (Some(shown), _) => drop(span.record("shown_as", shown.to_str().unwrap_or_default())),
            (None, Ok(id)) => drop(answer.headers_mut().insert(REQUEST_ID, id)),
            (None, Err(_)) => {}
        }
        span.in_scope(|| line.write(room, answer.status(), started));
        Ok(answer)
    }

    async fn enter(
        self: Arc<Self>,
        room: Room,
        service: Service,
        client: SocketAddr,
        request: Request<Incoming>,
    ) -> Answer {
        match room {
            Room::ActiveSync | Room::Autodiscover => self.activesync(client, request).await,
            Room::Graph => {
                let mut request = request;
                // For whoever asks where the request comes from.
                request.extensions_mut().insert(client);
                let Ok(answer) = self.graph.clone().oneshot(request.map(Body::new)).await;
                answer
            }
            Room::SignIn => {
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(oauth::Network(client.ip()));
                let Ok(answer) = self.sign_in.clone().oneshot(request).await;
                answer
            }
            Room::Certificates => self.whole(self.certificates.clone(), client, request).await,
            Room::Management => self.whole(self.management.clone(), client, request).await,
            Room::Health => body::text(StatusCode::OK, "ok\n"),
            Room::Readiness => self.readiness().await,
            Room::Metrics if service == Service::Metrics || (client.ip().is_loopback() && !self.behind_proxy) => {
                metrics::gauge!("bothways_held_requests")
                    .set(u32::try_from(self.activesync.held()).unwrap_or(u32::MAX));
                body::text(StatusCode::OK, self.metrics.render())
            }
            Room::Metrics | Room::Nothing => body::text(StatusCode::NOT_FOUND, "there is nothing here\n"),
        }
    }

    /// For rooms whose messages are read whole before they are looked at.
    async fn whole(&self, router: Router, client: SocketAddr, request: Request<Incoming>) -> Answer {
        let (parts, body) = request.into_parts();
        let bytes = match self.bodies.read(body).await {
            Ok(bytes) => bytes,
            Err(error) => return error.answer(),
        };
        let mut request = Request::from_parts(parts, Body::from(bytes));
        request.extensions_mut().insert(certificates::Network(client.ip()));
        let Ok(answer) = router.oneshot(request).await;
        answer
    }

    async fn activesync(&self, client: SocketAddr, request: Request<Incoming>) -> Answer {
        let (parts, body) = request.into_parts();
        match self.bodies.read(body).await {
            Ok(bytes) => self.activesync.handle(parts, bytes, client).await.map(Body::new),
            Err(error) => error.answer(),
        }
    }

    /// Ready is a server that takes requests and whose ledger answers.
    async fn readiness(&self) -> Answer {
        if *self.closing.borrow() {
            return body::text(StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
        }
        let asked = self.ledger.read::<_, LedgerError>(|tx| tx.first("SELECT 1", &[], |row| row.integer(0))).await;
        match asked {
            Ok(_) => body::text(StatusCode::OK, "ready\n"),
            Err(error) => {
                tracing::warn!(%error, "not ready");
                body::text(StatusCode::SERVICE_UNAVAILABLE, "the ledger does not answer\n")
            }
        }
    }

    /// The client's address. Behind a proxy it is the last one in `X-Forwarded-For`, which that proxy has added.
    fn client(&self, peer: SocketAddr, request: &Request<Incoming>) -> SocketAddr {
        let forwarded = || {
            let last = request.headers().get_all("x-forwarded-for").iter().next_back()?;
            last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
        };
        self.behind_proxy.then(forwarded).flatten().map_or(peer, |client| SocketAddr::new(client, peer.port()))
    }
}

/// What the log keeps of a request: nothing of its query, headers or body, which hold secrets.
struct Line {
    method: Method,
    path: Box<str>,
    /// ActiveSync's command, the only part of a query worth a log line.
    command: Option<Box<str>>,
    client: SocketAddr,
}

impl Line {
    fn of(request: &Request<Incoming>, client: SocketAddr) -> Self {
        let path = request.uri().path();
        let command = request.uri().query().and_then(command).map(Box::from);
        Self { method: request.method().clone(), path: path.into(), command, client }
    }

    fn write(&self, room: Room, status: StatusCode, started: Instant) {
        let took = started.elapsed();
        let (path, command) = (&*self.path, self.command.as_deref().unwrap_or_default());
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let quiet = room.name() == "operations";
        let status = status.as_u16();
        if quiet {
            tracing::debug!(method = %self.method, path, status, micros, client = %self.client.ip(), "answered");
        } else if command.is_empty() {
            tracing::info!(method = %self.method, path, status, micros, client = %self.client.ip(), "answered");
        } else {
            tracing::info!(method = %self.method, path, command, status, micros, client = %self.client.ip(), "answered");
        }
        let labels = [("path", room.name().to_owned()), ("status", status.to_string())];
        metrics::counter!("bothways_requests_total", &labels).increment(1);
        metrics::histogram!("bothways_request_seconds", "path" => room.name()).record(took.as_secs_f64());
    }
}

fn command(query: &str) -> Option<&str> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, command) = pairs.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("cmd"))?;
    command.bytes().all(|byte| byte.is_ascii_alphanumeric()).then_some(command).filter(|command| command.len() <= 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exchange_addresses_are_found_in_any_case() {
        assert_eq!(Room::of("/Microsoft-Server-ActiveSync"), Room::ActiveSync);
        assert_eq!(Room::of("/microsoft-server-activesync/default.eas"), Room::ActiveSync);
        assert_eq!(Room::of("/Autodiscover/Autodiscover.xml"), Room::Autodiscover);
        assert_eq!(Room::of("/autodiscover/autodiscover.json/v1.0/a@b.c"), Room::Autodiscover);
        assert_eq!(Room::of("/v1.0/me/contacts"), Room::Graph);
        assert_eq!(Room::of("/v1.0extra"), Room::Nothing);
        assert_eq!(Room::of("/oauth2/v2.0/authorize"), Room::SignIn);
        assert_eq!(Room::of("/.well-known/openid-configuration"), Room::SignIn);
        assert_eq!(Room::of("/OAuth2/token"), Room::Nothing);
        assert_eq!(Room::of("/scep/pkiclient.exe"), Room::Certificates);
        assert_eq!(Room::of("/ocsp/MEQ="), Room::Certificates);
        assert_eq!(Room::of("/mdm/checkin"), Room::Management);
        assert_eq!(Room::of("/"), Room::Nothing);
    }

    #[test]
    fn of_a_query_the_log_keeps_the_command_alone() {
        assert_eq!(command("Cmd=Ping&User=a&DeviceId=b"), Some("Ping"));
        assert_eq!(command("User=a&cmd=Sync"), Some("Sync"));
        assert_eq!(command("jAAJBAp2MTQwRGV2aWNl"), None);
        assert_eq!(command("Cmd=%0aevil"), None);
    }
}
