//! Cookies whose value is sealed: what a browser carries for us, unreadable and unchangeable on the way.
//!
//! So a restart of the server, or another node, in the middle of a sign-in changes nothing.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue, header};
use serde::{Serialize, de::DeserializeOwned};

use crate::{limits, service::Service};

/// A cookie of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Jar {
    /// The sign-in that is in progress.
    Progress,
    /// The people this browser knows.
    Browser,
    /// A question about a passkey.
    Passkey,
}

impl Jar {
    /// The `__Host-` prefix keeps other hosts of the same domain from setting it; browsers accept it only with TLS.
    fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Progress, true) => "__Host-sign-in",
            (Self::Progress, false) => "sign-in",
            (Self::Browser, true) => "__Host-people",
            (Self::Browser, false) => "people",
            (Self::Passkey, true) => "__Host-passkey",
            (Self::Passkey, false) => "passkey",
        }
    }

    /// What it is sealed for: one is never taken for the other.
    fn purpose(self) -> &'static str {
        match self {
            Self::Progress => "cookie sign-in",
            Self::Browser => "cookie people",
            Self::Passkey => "cookie passkey",
        }
    }
}

/// A value does not fit into a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the request is too long to be kept in a cookie")]
pub(crate) struct TooLong;

/// The `Set-Cookie` that keeps a value.
pub(crate) fn keep(service: &Service, jar: Jar, value: &impl Serialize) -> Result<HeaderValue, TooLong> {
    let plain = serde_json::to_vec(value).map_err(|_| TooLong)?;
    let sealed = service.key.seal(jar.purpose(), &plain, service.entropy.as_ref());
    let text = URL_SAFE_NO_PAD.encode(sealed);
    if text.len() > limits::COOKIE_BYTES_MAX {
        return Err(TooLong);
    }
    set(service, jar, &text, "").ok_or(TooLong)
}

/// The `Set-Cookie` that forgets it.
pub(crate) fn forget(service: &Service, jar: Jar) -> Option<HeaderValue> {
    set(service, jar, "", "; Max-Age=0")
}

/// Lax, so that it comes along when an app or the company's provider sends the person here, and never with a form of
/// another site.
fn set(service: &Service, jar: Jar, value: &str, more: &str) -> Option<HeaderValue> {
    let secure = service.is_secure();
    let (name, mark) = (jar.name(secure), if secure { "; Secure" } else { "" });
    HeaderValue::try_from(format!("{name}={value}; Path=/{mark}; HttpOnly; SameSite=Lax{more}")).ok()
}

/// What the browser brought back; `None` when it brought nothing that was sealed here.
pub(crate) fn kept<T: DeserializeOwned>(service: &Service, headers: &HeaderMap, jar: Jar) -> Option<T> {
    let name = jar.name(service.is_secure());
    let mut values = headers.get_all(header::COOKIE).iter().filter_map(|header| header.to_str().ok());
    let text = values
        .find_map(|header| header.split(';').find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('=')))?;
    let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
    let plain = service.key.open(jar.purpose(), &sealed).ok()?;
    serde_json::from_slice(&plain).ok()
}
