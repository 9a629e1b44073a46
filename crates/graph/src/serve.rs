//! From an HTTP request to an answer: sign-in, limits, batches, request ids.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    Router,
    body::{Body, HttpBody},
    extract::State,
    routing::any,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, Response, Uri, header, request::Parts};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hub::{AccessPath, Caller};
use identity::{Attempt, ClientCertificate, Credentials, Refusal};

use crate::{
    batch::{self, Responses},
    error::{GraphError, Result},
    limits::{BODY_BYTES_MAX, BODY_WAIT},
    message::{About, Answer, Request, date_time},
    odata::Query,
    routes,
    service::{Options, Service},
};

pub(crate) fn router(service: Service) -> Router {
    Router::new().route("/v1.0/{*path}", any(handle)).with_state(service)
}

/// What is known of a request before anything of it was understood.
struct Envelope {
    request_id: String,
    client_request_id: Option<String>,
    date: String,
}

impl Envelope {
    fn about(&self) -> About<'_> {
        About { request_id: &self.request_id, client_request_id: self.client_request_id.as_deref(), date: &self.date }
    }

    fn refusal(&self, error: &GraphError) -> Answer {
        Answer::refusal(error, &self.about())
    }
}

async fn handle(State(service): State<Service>, request: http::Request<Body>) -> Response<Body> {
    let client_request_id = text(request.headers(), "client-request-id");
    let date = date_time(service.hub.now()).trim_end_matches('Z').to_owned();
    let envelope = Envelope { request_id: service.new_guid(), client_request_id, date };
    let answer = respond(&service, &envelope, request).await.unwrap_or_else(|error| envelope.refusal(&error));
    let mut answer = answer.with(HeaderName::from_static("request-id"), &envelope.request_id);
    if let Some(client) = &envelope.client_request_id {
        answer = answer.with(HeaderName::from_static("client-request-id"), client);
    }
    answer.into_response()
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

async fn respond(service: &Service, envelope: &Envelope, request: http::Request<Body>) -> Result<Answer> {
    let (head, body) = request.into_parts();
    let caller = sign_in(service, &head).await?;
    let request = Request {
        origin: origin(&service.options, &head.headers, &head.uri),
        path: head.uri.path().to_owned(),
        segments: Request::segments_of(head.uri.path())?,
        query: Query::parse(head.uri.query().unwrap_or_default())?,
        body: read(body).await?,
        method: head.method,
        headers: head.headers,
    };
    if let [only] = request.segments.as_slice()
        && only.eq_ignore_ascii_case("$batch")
    {
        return answer_batch(service, envelope, &caller, &request).await;
    }
    let answer = routes::answer(service, &caller, &request).await?;
    if request.prefers().immutable_ids {
        return Ok(answer.preference_applied("IdType=\"ImmutableId\""));
    }
    Ok(answer)
}

/// Who asks. The client's address and certificate are extensions of the request, put there by whoever accepted it.
async fn sign_in(service: &Service, head: &Parts) -> Result<Caller> {
    let authorization = head.headers.get(header::AUTHORIZATION).map(http::HeaderValue::as_bytes);
    let credentials = Credentials::from_authorization(authorization);
    let client = head.extensions.get::<SocketAddr>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), SocketAddr::ip);
    let attempt = Attempt {
        credentials: &credentials,
        path: AccessPath::Graph,
        device: None,
        network: client,
        certificate: head.extensions.get::<Arc<ClientCertificate>>().map(Arc::as_ref),
    };
    let admission = service.identity.authenticate(attempt).await.map_err(|refusal| match refusal {
        Refusal::Unavailable(reason) => {
            tracing::warn!(reason, "nobody can be signed in now");
            GraphError::Unavailable
        }
        Refusal::TooManyAttempts { retry_after } => GraphError::TooManyRequests { retry_after },
        refusal => {
            tracing::info!(%refusal, "a request was not signed in");
            GraphError::Unauthenticated
        }
    })?;
    if admission.person.paths_off.contains(&AccessPath::Graph) {
        return Err(GraphError::PathOff);
    }
    Ok(admission.caller)
}

async fn read(body: Body) -> Result<Bytes> {
    // A body that says how large it is need not come to be refused.
    if body.size_hint().lower() > BODY_BYTES_MAX as u64 {
        return Err(GraphError::TooLarge(BODY_BYTES_MAX));
    }
    match tokio::time::timeout(BODY_WAIT, Limited::new(body, BODY_BYTES_MAX).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(GraphError::TooLarge(BODY_BYTES_MAX)),
        Ok(Err(_)) => Err(GraphError::BadBody("The body was cut off.".to_owned())),
        Err(_) => Err(GraphError::BadBody("The body did not come in time.".to_owned())),
    }
}

/// Scheme and host for links, as the client used them.
fn origin(options: &Options, headers: &HeaderMap, uri: &Uri) -> String {
    let forwarded = text(headers, "x-forwarded-proto").filter(|_| options.trust_forwarded_proto);
    let scheme = match forwarded.as_deref() {
        Some(proto @ ("https" | "http")) => proto,
        _ if options.tls => "https",
        _ => "http",
    };
    let host = text(headers, "host").or_else(|| uri.authority().map(ToString::to_string));
    format!("{scheme}://{}", host.unwrap_or_else(|| "localhost".to_owned()))
}

async fn answer_batch(service: &Service, envelope: &Envelope, caller: &Caller, request: &Request) -> Result<Answer> {
    if request.method != Method::POST {
        return Err(GraphError::MethodNotAllowed);
    }
    let mut responses = Responses::default();
    for step in batch::parse(request)? {
        let id = step.id.clone();
        let result = match responses.admit(step) {
            Ok(request) => routes::answer(service, caller, &request).await,
            Err(error) => Err(error),
        };
        responses.add(id, result.unwrap_or_else(|error| envelope.refusal(&error)));
    }
    Ok(responses.into_answer())
}
