//! NanoMDM's webhooks (`service/webhook/event.json`): what devices said, as they said it.

use aws_lc_rs::hmac;
use axum::{
    Router,
    body::to_bytes,
    extract::{Request, State},
    middleware::map_response,
    response::{IntoResponse, Response},
    routing::post,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, StatusCode};
use serde::Deserialize;

use super::NanoMdm;
use crate::{
    checkin::{CheckIn, Message},
    command::Report,
    declarative::StatusReport,
    error::Refusal,
    limits,
    register::Shown,
    router::{never_unauthorized, refuse},
};

/// Base64 of HMAC-SHA-256 over the body.
const SIGNATURE: HeaderName = HeaderName::from_static("x-hmac-signature");

/// A webhook, read.
#[derive(Debug, Clone, PartialEq)]
pub enum Webhook {
    /// A check-in message. What NanoMDM answers itself changes nothing here.
    CheckIn(Box<CheckIn>),
    /// A report on a command.
    Connect(Box<Report>),
    /// Something that is of no interest here.
    Other(String),
}

#[derive(Deserialize)]
struct Event {
    topic: String,
    #[serde(rename = "acknowledge_event")]
    report: Option<Payload>,
    #[serde(rename = "checkin_event")]
    check_in: Option<Payload>,
}

#[derive(Deserialize)]
struct Payload {
    raw_payload: String,
}

impl Webhook {
    /// Reads a webhook's body. Which device it is from, and what it says, is in the device's own message.
    pub fn read(body: &[u8]) -> Result<Self, Refusal> {
        let event: Event = serde_json::from_slice(body).map_err(|_| Refusal::NotAWebhook)?;
        let raw = |payload: Option<Payload>| {
            let payload = payload.ok_or(Refusal::NotAWebhook)?;
            STANDARD.decode(payload.raw_payload).map_err(|_| Refusal::NotAWebhook)
        };
        match event.topic.as_str() {
            "mdm.Connect" => Ok(Self::Connect(Box::new(Report::read(&raw(event.report)?)?))),
            "mdm.Authenticate" | "mdm.TokenUpdate" | "mdm.CheckOut" | "mdm.DeclarativeManagement" => {
                Ok(Self::CheckIn(Box::new(CheckIn::read(&raw(event.check_in)?)?)))
            }
            _ => Ok(Self::Other(event.topic)),
        }
    }
}

/// `/mdm/nanomdm/webhook`.
pub fn router(nanomdm: NanoMdm) -> Router {
    Router::new()
        .route("/mdm/nanomdm/webhook", post(receive))
        .with_state(nanomdm)
        .layer(map_response(never_unauthorized))
}

async fn receive(State(nanomdm): State<NanoMdm>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let taken = async {
        let body = to_bytes(body, limits::WEBHOOK_BYTES_MAX).await.map_err(|_| Refusal::Body)?;
        check_signature(nanomdm.webhook_key().reveal(), &parts.headers, &body)?;
        nanomdm.take(Webhook::read(&body)?).await
    };
    match taken.await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(refusal) => refuse(&refusal),
    }
}

fn check_signature(key: &str, headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    let shown = headers.get(SIGNATURE).and_then(|value| STANDARD.decode(value.as_bytes()).ok());
    let signature = shown.ok_or(Refusal::UnsignedWebhook)?;
    hmac::verify(&key, body, &signature).map_err(|_| Refusal::UnsignedWebhook)
}

impl NanoMdm {
    /// What becomes of a webhook. One that comes twice changes nothing the second time, but for an enrolment, which begins
    /// anew.
    pub async fn take(&self, webhook: Webhook) -> Result<(), Refusal> {
        let register = self.register();
        match webhook {
            Webhook::Other(topic) => {
                tracing::debug!(topic, "a webhook of no interest");
                Ok(())
            }
            Webhook::Connect(report) => register.report(*report, Shown::AnotherMdm).await,
            Webhook::CheckIn(check_in) => {
                let CheckIn { device, message } = *check_in;
                match message {
                    Message::Authenticate(says) => register.authenticate(device, says, Shown::AnotherMdm).await,
                    Message::TokenUpdate(token) => {
                        register.token_update(device, token, Shown::AnotherMdm, false).await.map(drop)
                    }
                    Message::CheckOut => register.check_out(device, Shown::AnotherMdm).await,
                    Message::DeclarativeManagement { endpoint, data: Some(data) } if endpoint == "status" => {
                        let report = StatusReport::read(&data)?;
                        register.status_report(device, report, Shown::AnotherMdm).await
                    }
                    Message::DeclarativeManagement { .. } | Message::GetToken => Ok(()),
                }
            }
        }
    }
}
