//! `/scep`, `/crl`, `/ocsp` and the authority's certificate over HTTP. Nothing here asks who is asking: what is public
//! is public, and what is not is behind a challenge.

use std::net::IpAddr;

use axum::{
    Extension, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, RawQuery, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderValue, StatusCode, header};

use crate::{error::Result, limits, scep::CAPABILITIES, service::Certificates};

/// Where a request comes from; the listener puts it into the request's extensions, because it alone knows whether a
/// proxy is to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network(pub IpAddr);

/// All of it. A request should bear its [`Network`] as an extension.
pub fn router(certificates: Certificates) -> Router {
    // RFC 8894 4.1 names no address; older clients are built for the one of the first such program.
    let scep = get(scep_get).post(scep_post).layer(DefaultBodyLimit::max(limits::SCEP_BYTES_MAX));
    let ocsp = post(ocsp_post).layer(DefaultBodyLimit::max(limits::OCSP_BYTES_MAX));
    Router::new()
        .route("/scep", scep.clone())
        .route("/scep/pkiclient.exe", scep)
        .route("/crl", get(crl))
        .route("/ocsp", ocsp.clone())
        .route("/ocsp/", ocsp)
        .route("/ocsp/{*request}", get(ocsp_get))
        .with_state(certificates)
}

async fn scep_get(
    State(certificates): State<Certificates>,
    network: Option<Extension<Network>>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    match parameter(&query, "operation").as_deref() {
        Some("GetCACaps") => of_type("text/plain", CAPABILITIES.as_bytes().to_vec()),
        Some("GetCACert") => match certificates.authority().await {
            Ok(authority) => of_type("application/x-x509-ca-cert", authority.der().to_vec()),
            Err(error) => later(&error),
        },
        Some("PKIOperation") => {
            // A plus that nobody escaped has become a space.
            let message = parameter(&query, "message").map(|text| text.replace(' ', "+"));
            match message.and_then(|text| STANDARD.decode(text.trim()).ok()) {
                Some(message) => scep(&certificates, &message, network).await,
                None => refuse("the message is not base64"),
            }
        }
        _ => refuse("the operation is GetCACaps, GetCACert or PKIOperation"),
    }
}

async fn scep_post(
    State(certificates): State<Certificates>,
    network: Option<Extension<Network>>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    match parameter(query.as_deref().unwrap_or_default(), "operation").as_deref() {
        Some("PKIOperation") => scep(&certificates, &body, network).await,
        _ => refuse("the operation is PKIOperation"),
    }
}

async fn scep(certificates: &Certificates, message: &[u8], network: Option<Extension<Network>>) -> Response {
    if message.len() > limits::SCEP_BYTES_MAX {
        return (StatusCode::PAYLOAD_TOO_LARGE, "the message is too large\n").into_response();
    }
    match certificates.scep(message, network.map(|Extension(network)| network.0)).await {
        Ok(Ok(answer)) => of_type("application/x-pki-message", answer),
        Ok(Err(unreadable)) => {
            tracing::info!(%unreadable, "SCEP: not a message");
            refuse("the message cannot be read")
        }
        Err(error) => later(&error),
    }
}

async fn crl(State(certificates): State<Certificates>) -> Response {
    answer("application/pkix-crl", certificates.crl().await)
}

async fn ocsp_post(State(certificates): State<Certificates>, body: Bytes) -> Response {
    answer("application/ocsp-response", certificates.ocsp(&body).await)
}

/// RFC 6960 A.1: base64 in the path, escaped or not.
async fn ocsp_get(State(certificates): State<Certificates>, Path(request): Path<String>) -> Response {
    if request.len() > limits::OCSP_BYTES_MAX {
        return (StatusCode::URI_TOO_LONG, "the request is too long\n").into_response();
    }
    match STANDARD.decode(&request) {
        Ok(request) => answer("application/ocsp-response", certificates.ocsp(&request).await),
        Err(_) => refuse("the request is not base64"),
    }
}

fn answer(media_type: &'static str, body: Result<Vec<u8>>) -> Response {
    match body {
        Ok(body) => of_type(media_type, body),
        Err(error) => later(&error),
    }
}

fn of_type(media_type: &'static str, body: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(media_type))], body).into_response()
}

fn refuse(why: &'static str) -> Response {
    (StatusCode::BAD_REQUEST, format!("{why}\n")).into_response()
}

fn later(error: &dyn std::fmt::Display) -> Response {
    tracing::error!(%error, "certificates");
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, HeaderValue::from_static("30"))], "not now\n")
        .into_response()
}

fn parameter(query: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
