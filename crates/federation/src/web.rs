//! Talking to a provider: TLS only, no redirects, and an end to everything.

use std::{net::IpAddr, path::Path};

use http::{StatusCode, header};
use reqwest::{Certificate, Client, RequestBuilder, Response, Url, redirect::Policy};
use serde_json::Value;

use crate::{
    error::{CompanyError, SettingsError},
    limits,
};

/// Fetches documents from one provider.
#[derive(Debug, Clone)]
pub(crate) struct Web {
    client: Client,
}

/// An answer that was read to its end.
#[derive(Debug)]
pub(crate) struct Document {
    pub status: StatusCode,
    pub bytes: Vec<u8>,
}

impl Web {
    /// `ca_file`: PEM certificates of the authorities that may vouch for the provider; the system's without it.
    pub fn new(ca_file: Option<&Path>) -> Result<Self, SettingsError> {
        let mut builder = Client::builder()
            .redirect(Policy::none())
            .connect_timeout(limits::CONNECT)
            .timeout(limits::ANSWER)
            .user_agent(concat!("bothways/", env!("CARGO_PKG_VERSION")));
        if let Some(file) = ca_file {
            let unfit = |reason: String| SettingsError(format!("ca_file {}: {reason}", file.display()));
            let pem = std::fs::read(file).map_err(|error| unfit(error.to_string()))?;
            let authorities = Certificate::from_pem_bundle(&pem).map_err(|error| unfit(error.to_string()))?;
            if authorities.is_empty() {
                return Err(unfit("it holds no certificate in PEM".to_owned()));
            }
            builder = builder.tls_certs_only(authorities);
        }
        let client = builder.build().map_err(|error| SettingsError(format!("TLS cannot be used: {}", why(&error))))?;
        Ok(Self { client })
    }

    /// A JSON object from a place that must have one.
    pub async fn object(
        &self,
        url: &Url,
        bearer: Option<&str>,
    ) -> Result<serde_json::Map<String, Value>, CompanyError> {
        let mut request = self.client.get(url.clone()).header(header::ACCEPT, "application/json");
        if let Some(token) = bearer {
            request = request.bearer_auth(token);
        }
        let document = Self::fetch(url, request).await?;
        if document.status != StatusCode::OK {
            return Err(document.as_error(url));
        }
        document.object(url)
    }

    /// Sends a form; `basic` are a client's id and secret, encoded as RFC 6749 2.3.1 wants them.
    pub async fn form(
        &self,
        url: &Url,
        fields: &[(&str, &str)],
        basic: Option<(&str, &str)>,
    ) -> Result<Document, CompanyError> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut request = self
            .client
            .post(url.clone())
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body);
        if let Some((id, secret)) = basic {
            let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            request = request.basic_auth(encoded(id), Some(encoded(secret)));
        }
        Self::fetch(url, request).await
    }

    async fn fetch(url: &Url, request: RequestBuilder) -> Result<Document, CompanyError> {
        let unreachable = |error: &reqwest::Error| CompanyError::Unreachable { url: shown(url), reason: why(error) };
        let mut response = request.send().await.map_err(|error| unreachable(&error))?;
        if response.status().is_redirection() {
            return Err(CompanyError::Redirected { url: shown(url), to: location(&response) });
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error))? {
            if bytes.len() + chunk.len() > limits::ANSWER_BYTES {
                return Err(CompanyError::TooLong { url: shown(url) });
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Document { status: response.status(), bytes })
    }
}

impl Document {
    pub fn object(&self, url: &Url) -> Result<serde_json::Map<String, Value>, CompanyError> {
        serde_json::from_slice(&self.bytes).map_err(|error| CompanyError::NotUnderstood {
            url: shown(url),
            reason: format!("no JSON object ({error})"),
        })
    }

    /// For a status that is none of success.
    pub fn as_error(&self, url: &Url) -> CompanyError {
        let said = serde_json::from_slice::<serde_json::Map<String, Value>>(&self.bytes).ok();
        let text = |name| said.as_ref().and_then(|said| said.get(name)).and_then(Value::as_str);
        let said = text("error_description").or_else(|| text("error")).map(quoted).unwrap_or_default();
        CompanyError::Status { url: shown(url), status: self.status.as_u16(), said }
    }
}

/// What somebody else said, fit for a message: one line, of limited length, behind a colon.
pub(crate) fn quoted(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(limits::ERROR_CHARS).collect();
    let clean = clean.trim();
    if clean.is_empty() { String::new() } else { format!(": {clean}") }
}

/// An address that secrets may be sent to: `https`, or `http` on this machine.
pub(crate) fn secure(what: &'static str, text: &str) -> Result<Url, CompanyError> {
    let not_secure = || CompanyError::NotSecure { what, url: text.chars().take(limits::ERROR_CHARS).collect() };
    let url = Url::parse(text).map_err(|_| not_secure())?;
    let fits = match url.scheme() {
        "https" => url.has_host(),
        "http" => url.host_str().is_some_and(is_this_machine),
        _ => false,
    };
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    if fits && plain { Ok(url) } else { Err(not_secure()) }
}

pub(crate) fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// Without a query, which may hold secrets.
pub(crate) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.into()
}

fn location(response: &Response) -> String {
    let to = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok()).unwrap_or("nowhere");
    to.split('?').next().unwrap_or_default().chars().take(limits::ERROR_CHARS).collect()
}

/// The whole chain: reqwest's first line says only that something failed.
fn why(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_over_tls_or_stay_on_this_machine() {
        for good in ["https://a.example/x", "http://127.0.0.1:8080/", "http://[::1]/", "http://localhost/"] {
            assert!(secure("issuer", good).is_ok(), "{good}");
        }
        for bad in [
            "http://a.example/",
            "http://127.0.0.1.a.example/",
            "ftp://127.0.0.1/",
            "a.example",
            "",
            "https://",
            "https://user:secret@a.example/",
            "https://a.example/#x",
            "http://localhost.a.example/",
            "file:///etc/passwd",
        ] {
            assert!(secure("issuer", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_a_provider_says_cannot_forge_a_line_in_the_log() {
        assert_eq!(quoted("bad\nlevel=error\u{1b}[0m"), ": bad level=error [0m");
        assert_eq!(quoted(" \n"), "");
        assert!(quoted(&"x".repeat(10_000)).len() < 400);
    }
}
