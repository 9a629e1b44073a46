//! NanoMDM's API: `PUT /v1/enqueue/{id}` and `GET /v1/push/{id}`.

use std::collections::BTreeMap;

use fleet::{delivery::DeliveryError, enrolment::EnrolmentId};
use http::StatusCode;
use identity::Secret;
use reqwest::{Client, RequestBuilder, redirect::Policy};
use serde::Deserialize;

use super::NanoMdmSettings;
use crate::limits;

/// What a database says of a CommandUUID that is there already; NanoMDM hands it on (MySQL, PostgreSQL, SQLite).
const TAKEN_BEFORE: [&str; 3] = ["duplicate entry", "duplicate key", "unique constraint"];

#[derive(Debug)]
pub(super) struct Api {
    client: Client,
    address: String,
    key: Secret,
    push: bool,
}

/// Whether a command is in the queue by this request or was already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// By this one.
    Now,
    /// By one before.
    Before,
}

/// Why nothing came of a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// It cannot be reached, or not now.
    #[error("NanoMDM cannot be asked: {0}")]
    Unreachable(String),
    /// The key is not the right one.
    #[error("NanoMDM does not take the API key")]
    Key,
    /// It answered something that it never does.
    #[error("what answers is not NanoMDM: {0}")]
    NotNanoMdm(String),
    /// It did not take the command.
    #[error("NanoMDM did not take the command: {0}")]
    NotQueued(String),
}

impl From<ApiError> for DeliveryError {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Unreachable(_) | ApiError::NotQueued(_) => Self::Temporary(error.to_string()),
            ApiError::Key | ApiError::NotNanoMdm(_) => Self::Refused(error.to_string()),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answer {
    status: BTreeMap<String, OfDevice>,
    command_error: Option<String>,
    push_error: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OfDevice {
    push_error: Option<String>,
    command_error: Option<String>,
}

impl Api {
    pub(super) fn new(settings: &NanoMdmSettings) -> Result<Self, reqwest::Error> {
        let client = Client::builder().redirect(Policy::none()).timeout(limits::NANOMDM_TIMEOUT).build()?;
        let address = settings.address.trim_end_matches('/').to_owned();
        Ok(Self { client, address, key: settings.key.clone(), push: settings.push })
    }

    pub(super) fn pushes(&self) -> bool {
        self.push
    }

    /// Puts a command into a device's queue.
    pub(super) async fn enqueue(&self, device: &EnrolmentId, plist: Vec<u8>) -> Result<Taken, ApiError> {
        // Without a push certificate every push fails, and 207 or 500 would look like a failure of the command.
        let push = if self.push { "" } else { "?nopush=1" };
        let url = format!("{}/v1/enqueue/{device}{push}", self.address);
        let (status, answer) = self.ask(self.client.put(url).body(plist)).await?;
        let told = answer.status.get(device.as_str());
        let error = told.and_then(|told| told.command_error.as_ref()).or(answer.command_error.as_ref());
        if let Some(error) = error.filter(|error| !error.is_empty()) {
            let lower = error.to_lowercase();
            let before = TAKEN_BEFORE.iter().any(|sign| lower.contains(sign));
            return if before { Ok(Taken::Before) } else { Err(ApiError::NotQueued(error.clone())) };
        }
        let push_error = told.and_then(|told| told.push_error.as_ref()).or(answer.push_error.as_ref());
        match push_error.filter(|error| !error.is_empty()) {
            // It is in the queue, and the device gets it when it comes.
            Some(push_error) => tracing::warn!(%device, push_error, "NanoMDM took the command and woke nobody"),
            // Nothing went wrong with this device, so it must have been all that.
            None if !status.is_success() => return Err(ApiError::NotQueued(format!("it answered {status}"))),
            None => {}
        }
        Ok(Taken::Now)
    }

    /// Wakes a device.
    pub(super) async fn push(&self, device: &EnrolmentId) -> Result<(), ApiError> {
        self.ask(self.client.get(format!("{}/v1/push/{device}", self.address))).await.map(drop)
    }

    /// 200, 207 and 500 all come with an answer that says what went wrong.
    async fn ask(&self, request: RequestBuilder) -> Result<(StatusCode, Answer), ApiError> {
        let unreachable = |error: reqwest::Error| ApiError::Unreachable(error.without_url().to_string());
        let request = request.basic_auth("nanomdm", Some(self.key.reveal()));
        let mut response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            body.extend_from_slice(&chunk);
            if body.len() > limits::NANOMDM_ANSWER_BYTES_MAX {
                return Err(ApiError::NotNanoMdm("its answer does not end".to_owned()));
            }
        }
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(ApiError::Key),
            StatusCode::OK | StatusCode::MULTI_STATUS => {
                let answer = serde_json::from_slice(&body).map_err(|error| ApiError::NotNanoMdm(error.to_string()))?;
                Ok((status, answer))
            }
            _ if status.is_server_error() => match serde_json::from_slice(&body) {
                Ok(answer) => Ok((status, answer)),
                // A proxy in front of it.
                Err(_) => Err(ApiError::Unreachable(status.to_string())),
            },
            StatusCode::TOO_MANY_REQUESTS => Err(ApiError::Unreachable(status.to_string())),
            _ => Err(ApiError::NotNanoMdm(format!("it answered {status}"))),
        }
    }
}
