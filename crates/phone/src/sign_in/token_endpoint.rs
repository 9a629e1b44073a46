//! Requests to the token endpoint, and what iOS takes for an answer.

use bytes::Bytes;
use http::Method;
use serde_json::Value;

use super::fault::SignInFault;
use super::form_encoded;
use crate::config::PhoneConfig;
use crate::error::PhoneError;
use crate::limits::COMMAND_TIMEOUT;
use crate::transport::{Answer, Endpoint, FaultRates, LinkFault, Outgoing, Transport};

/// A token answer; all four parts must be there, whatever was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TokenAnswer {
    pub(super) access_token: String,
    pub(super) id_token: String,
    pub(super) refresh_token: Option<String>,
    pub(super) expires_in: i64,
}

/// Fetches JSON; metadata and keys.
pub(super) async fn fetch(config: &PhoneConfig, address: &str) -> Result<Value, PhoneError> {
    let answer = send(config, Method::GET, address, String::new(), None).await?;
    if answer.status != 200 {
        return Err(SignInFault::Metadata(format!("{address} answered HTTP {}", answer.status)).into());
    }
    serde_json::from_slice(&answer.body).map_err(|_| SignInFault::Metadata(format!("{address} is not JSON")).into())
}

/// Posts a form; the answer's status and body are the caller's to judge. `fault` may lose it.
pub(super) async fn post(
    config: &PhoneConfig,
    address: &str,
    parameters: &[(&str, String)],
    fault: Option<LinkFault>,
) -> Result<Answer, PhoneError> {
    send(config, Method::POST, address, form_encoded(parameters), fault).await
}

async fn send(
    config: &PhoneConfig,
    method: Method,
    address: &str,
    body: String,
    fault: Option<LinkFault>,
) -> Result<Answer, PhoneError> {
    let endpoint: Endpoint = address.parse()?;
    let target = address.splitn(4, '/').nth(3).map(|path| format!("/{path}")).unwrap_or_default();
    let mut transport =
        Transport::new(endpoint, config.trust.clone(), config.source, FaultRates::default(), config.seed);
    let mut headers = vec![
        ("user-agent", "Preferences/2027.0.6.101 CFNetwork/3892.100.1 Darwin/27.0.0".to_owned()),
        ("accept", "application/json".to_owned()),
    ];
    if method == Method::POST {
        headers.push(("content-type", "application/x-www-form-urlencoded".to_owned()));
    }
    let request = Outgoing { method, target, headers, body: Bytes::from(body) };
    let Some(fault) = fault else { return Ok(transport.ask(&request, COMMAND_TIMEOUT).await?) };
    transport.plan(fault);
    Ok(transport.command(crate::transport::Lane::Commands, &request, COMMAND_TIMEOUT).await?)
}

/// Reads a 200.
pub(super) fn read(answer: &Answer) -> Result<TokenAnswer, SignInFault> {
    let wrong = |reason: String| SignInFault::TokenAnswer(reason);
    let json: Value = serde_json::from_slice(&answer.body).map_err(|_| wrong("is not JSON".to_owned()))?;
    let text = |name: &str| {
        let value = json.get(name).and_then(Value::as_str).map(str::to_owned);
        value.ok_or_else(|| wrong(format!("has no {name}")))
    };
    let expires_in = json.get("expires_in").and_then(Value::as_i64);
    Ok(TokenAnswer {
        id_token: text("id_token")?,
        access_token: text("access_token")?,
        refresh_token: text("refresh_token").ok(),
        expires_in: expires_in.ok_or_else(|| wrong("has no expires_in".to_owned()))?,
    })
}

/// `error` of a refusal.
pub(super) fn error_of(answer: &Answer) -> String {
    let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    json.get("error").and_then(Value::as_str).unwrap_or_default().to_owned()
}
