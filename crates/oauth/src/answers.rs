//! Answers: pages, redirections, JSON; each with the headers that keep it where it belongs.

use axum::{body::Body, response::Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use maud::Markup;
use serde::Serialize;

use crate::limits;

/// A page, not yet sent.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) markup: Markup,
    /// Where a form of this page may lead beside this server, as a source of a Content Security Policy. Browsers apply
    /// `form-action` to the redirections after a form too, so the app's own address must be named.
    pub(crate) form_leads_to: Option<String>,
    /// It has the script for passkeys, which this server serves; nothing else may run.
    pub(crate) script: bool,
    /// Cookies to set.
    pub(crate) cookies: Vec<HeaderValue>,
}

impl Page {
    pub(crate) fn new(markup: Markup) -> Self {
        Self { status: StatusCode::OK, markup, form_leads_to: None, script: false, cookies: Vec::new() }
    }

    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    pub(crate) fn with_cookie(mut self, cookie: HeaderValue) -> Self {
        self.cookies.push(cookie);
        self
    }

    pub(crate) fn with_script(self) -> Self {
        Self { script: true, ..self }
    }

    /// The answer: kept by nobody, framed nowhere, without anything from elsewhere, without script but the one for passkeys.
    pub(crate) fn answer(self) -> Response {
        let leads_to = self.form_leads_to.map(|source| format!(" {source}")).unwrap_or_default();
        let scripts = if self.script { "; script-src 'self'" } else { "" };
        let policy = format!(
            "default-src 'none'; style-src 'self'{scripts}; base-uri 'none'; form-action 'self'{leads_to}; frame-ancestors 'none'"
        );
        let mut answer = Response::new(Body::from(self.markup.into_string()));
        *answer.status_mut() = self.status;
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        // What cannot be a header names no place a form could lead to either: then it leads nowhere else.
        let policy = HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        for cookie in self.cookies {
            headers.append(header::SET_COOKIE, cookie);
        }
        guard(&mut answer);
        answer
    }
}

/// What every answer of this crate bears.
fn guard(answer: &mut Response) {
    const GUARDS: [(HeaderName, &str); 5] = [
        (header::CACHE_CONTROL, "no-store"),
        (header::PRAGMA, "no-cache"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    for (name, value) in GUARDS {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
}

/// 303: go there with GET.
pub(crate) fn see_other(location: &str, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(location) = HeaderValue::try_from(location) {
        answer.headers_mut().insert(header::LOCATION, location);
    } else {
        *answer.status_mut() = StatusCode::BAD_REQUEST;
    }
    for cookie in cookies {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    guard(&mut answer);
    answer
}

/// JSON that nobody may keep.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    let body = serde_json::to_vec(value).unwrap_or_default();
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    guard(&mut answer);
    answer
}

/// JSON for everybody, kept for a while: metadata and keys.
pub(crate) fn published(value: &impl Serialize) -> Response {
    let mut answer = json(StatusCode::OK, value);
    let headers = answer.headers_mut();
    headers.remove(header::PRAGMA);
    if let Ok(age) = HeaderValue::try_from(format!("public, max-age={}", limits::METADATA_AGE_SECONDS)) {
        headers.insert(header::CACHE_CONTROL, age);
    }
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    answer
}

/// 200 and nothing else.
pub(crate) fn nothing() -> Response {
    let mut answer = Response::new(Body::empty());
    guard(&mut answer);
    answer
}
