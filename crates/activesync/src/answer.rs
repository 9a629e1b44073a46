//! HTTP answers.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;

use crate::{
    body,
    challenge::{Challenge, OAUTH_NOT_AVAILABLE, TokenFault},
    command::Command,
    limits::RETRY_AFTER,
    status::Refusal,
    version,
};

/// What `handle` gives back.
pub type HttpResponse = Response<Full<Bytes>>;

/// `Content-Type` of every document. iOS compares it literally: nothing may follow.
pub const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/vnd.ms-sync.wbxml");

/// What a command gives back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A WBXML document.
    Document(Vec<u8>),
    /// An empty body: nothing has changed. Sync only.
    Nothing,
}

impl Answer {
    /// As HTTP, zipped when the client takes it.
    #[must_use]
    pub fn into_http(self, zip: bool) -> HttpResponse {
        let mut response = match self {
            Self::Nothing => Response::new(Full::default()),
            Self::Document(document) => {
                let zipped = if zip { body::zipped(&document) } else { None };
                let is_zipped = zipped.is_some();
                let mut response = Response::new(Full::new(Bytes::from(zipped.unwrap_or(document))));
                if is_zipped {
                    response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                }
                response
            }
        };
        response.headers_mut().insert(header::CONTENT_TYPE, CONTENT_TYPE);
        with_common_headers(response)
    }
}

/// A refusal as HTTP. Its text is for people who read traffic.
#[must_use]
pub fn refuse(refusal: Refusal) -> HttpResponse {
    let reason = refusal.http().canonical_reason().unwrap_or("Retry after sending a PROVISION command");
    let mut response = Response::new(Full::new(Bytes::from_static(reason.as_bytes())));
    *response.status_mut() = refusal.http();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    match refusal {
        Refusal::Temporary => {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER.as_secs()));
        }
        Refusal::WrongMethod => {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("OPTIONS, POST"));
        }
        _ => {}
    }
    with_common_headers(response)
}

/// Where people read why their device gets nothing, on this server.
const HELP_PAGE: &str = "/help/device";

/// The address of the page that explains to a person why their device gets nothing.
#[must_use]
pub fn help_page(origin: &str) -> String {
    format!("{origin}{HELP_PAGE}")
}

/// Names that page in a header (RFC 8288, relation `help`): for people who read traffic, and programs that look. In the
/// document it has no place: iOS takes no element that it does not know.
#[must_use]
pub fn pointing_to_help(mut response: HttpResponse, origin: &str) -> HttpResponse {
    let page = help_page(origin);
    if let Ok(link) = HeaderValue::try_from(format!("<{page}>; rel=\"help\"")) {
        response.headers_mut().insert(header::LINK, link);
    }
    if response.status() == StatusCode::FORBIDDEN {
        *response.body_mut() = Full::new(Bytes::from(format!("Forbidden. Why: {page}\n")));
    }
    response
}

/// 401, and what credentials would help.
#[must_use]
pub fn unauthenticated(challenge: &Challenge, asked_for_bearer: bool, fault: Option<TokenFault>) -> HttpResponse {
    let mut response = refuse(Refusal::Unauthenticated);
    for value in challenge.headers(asked_for_bearer, fault) {
        response.headers_mut().append(header::WWW_AUTHENTICATE, value);
    }
    if asked_for_bearer && challenge.bearer.is_none() {
        response.headers_mut().insert("x-ms-diagnostics", OAUTH_NOT_AVAILABLE);
    }
    response
}

/// The answer to OPTIONS: what is spoken here. iOS fails without either list.
#[must_use]
pub fn options() -> HttpResponse {
    let mut response = Response::new(Full::default());
    let headers = response.headers_mut();
    headers.insert("MS-ASProtocolVersions", HeaderValue::from_static(version::OFFERED));
    if let Ok(commands) = HeaderValue::from_str(&Command::offered()) {
        headers.insert("MS-ASProtocolCommands", commands);
    }
    headers.insert(header::ALLOW, HeaderValue::from_static("OPTIONS,POST"));
    headers.insert("Public", HeaderValue::from_static("OPTIONS,POST"));
    with_common_headers(response)
}

/// A body of another type than WBXML.
#[must_use]
pub fn text(status: StatusCode, content_type: &'static str, text: String) -> HttpResponse {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private"));
    response
}

fn with_common_headers(mut response: HttpResponse) -> HttpResponse {
    let headers = response.headers_mut();
    headers.insert("MS-Server-ActiveSync", HeaderValue::from_static("16.1"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private"));
    response
}
