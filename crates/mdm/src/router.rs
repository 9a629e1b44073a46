//! `/mdm/checkin` and `/mdm/connect` over HTTP.
//!
//! Never 401, whatever happens: an enrolled device takes it for an order to leave. Nor Apple's `unrecognized.device` in
//! a 403, which is the same order since iOS 17.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    middleware::map_response,
    response::{IntoResponse, Response},
    routing::put,
};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use identity::ClientCertificate;

use crate::{
    error::Refusal,
    identity_of::identify,
    limits,
    service::{Answer, Service},
};

const CHECK_IN: &str = "application/x-apple-aspen-mdm-checkin";
const REPORT: &str = "application/x-apple-aspen-mdm";

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    CheckIn,
    Report,
}

/// The MDM server. The listener puts the client certificate of the connection into a request's extensions
/// (`Arc<ClientCertificate>`); without one the `Mdm-Signature` counts.
pub fn router(service: Service) -> Router {
    Router::new()
        .route("/mdm/checkin", put(check_in))
        .route("/mdm/connect", put(connect))
        .with_state(service)
        .layer(map_response(never_unauthorized))
}

/// The last one who looks. Nothing in here answers 401; should that change, no fleet is lost by it.
pub(crate) async fn never_unauthorized(mut answer: Response) -> Response {
    if answer.status() == StatusCode::UNAUTHORIZED {
        tracing::error!("an MDM route was about to answer 401");
        *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        answer.headers_mut().remove(header::WWW_AUTHENTICATE);
        *answer.body_mut() = Body::from("not now\n");
    }
    answer
}

async fn check_in(State(service): State<Service>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match kind(&parts.headers) {
        Some(Kind::CheckIn) => answer(take(&service, Kind::CheckIn, &parts, body).await),
        _ => refuse(&Refusal::WrongContentType),
    }
}

/// Devices without CheckInURL send everything here.
async fn connect(State(service): State<Service>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match kind(&parts.headers) {
        Some(kind) => answer(take(&service, kind, &parts, body).await),
        None => refuse(&Refusal::WrongContentType),
    }
}

fn kind(headers: &HeaderMap) -> Option<Kind> {
    let media_type = headers.get(header::CONTENT_TYPE)?.to_str().ok()?.split(';').next()?.trim();
    if media_type.eq_ignore_ascii_case(CHECK_IN) {
        Some(Kind::CheckIn)
    } else if media_type.eq_ignore_ascii_case(REPORT) {
        Some(Kind::Report)
    } else {
        None
    }
}

async fn take(service: &Service, kind: Kind, parts: &Parts, body: Body) -> Result<Answer, Refusal> {
    let body: Bytes = to_bytes(body, limits::MESSAGE_BYTES_MAX).await.map_err(|_| Refusal::Body)?;
    let connection = parts.extensions.get::<Arc<ClientCertificate>>();
    let client = identify(service.certificates(), connection, &parts.headers, &body).await?;
    match kind {
        Kind::CheckIn => service.check_in(client, &body).await,
        Kind::Report => service.connect(client, &body).await,
    }
}

fn answer(answer: Result<Answer, Refusal>) -> Response {
    let of_type = |media_type: &'static str, body: Vec<u8>| {
        ([(header::CONTENT_TYPE, HeaderValue::from_static(media_type))], body).into_response()
    };
    match answer {
        Ok(Answer::Nothing) => StatusCode::OK.into_response(),
        Ok(Answer::Plist(plist)) => of_type("application/xml; charset=utf-8", plist),
        Ok(Answer::Json(json)) => of_type("application/json", json),
        Err(refusal) => refuse(&refusal),
    }
}

/// The text goes to the log alone: devices show nobody anything, and strangers need no hints.
pub(crate) fn refuse(refusal: &Refusal) -> Response {
    let status = refusal.status();
    if status.is_server_error() {
        tracing::error!(%refusal, "device management");
    } else {
        tracing::info!(%refusal, "device management");
    }
    (status, status.canonical_reason().unwrap_or_default()).into_response()
}

#[cfg(test)]
mod tests {
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_401_from_anywhere_below_never_reaches_a_device() {
        let denies = || async { (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Basic")], "go away") };
        let router = Router::new().route("/", axum::routing::get(denies)).layer(map_response(never_unauthorized));
        let answer = router.oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!answer.headers().contains_key(header::WWW_AUTHENTICATE));
        assert_eq!(to_bytes(answer.into_body(), 100).await.unwrap(), "not now\n");
    }
}
