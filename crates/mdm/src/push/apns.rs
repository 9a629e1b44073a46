//! Apple's push service: `POST /3/device/<token>` over HTTP/2 with the MDM push certificate, whose subject's UID is the
//! topic.

use std::time::Duration;

use http::{StatusCode, Version};
use reqwest::{Certificate as Root, Client, Identity, Response};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use serde::Deserialize;
use x509_cert::{
    Certificate,
    der::{Decode, asn1::ObjectIdentifier},
};

use super::{Push, PushError};
use crate::{Pending, hexadecimal::hexadecimal, limits, register::WakeAddress};

/// Apple's own.
const APPLE: &str = "https://api.push.apple.com";
/// `userId` (RFC 4519 2.39).
const UID: ObjectIdentifier = ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.1");
/// What a push that failed for the token's sake says (Apple: "Handling notification responses from APNs").
const TOKEN_IS_BAD: [&str; 3] = ["BadDeviceToken", "Unregistered", "ExpiredToken"];

/// What it takes to reach the push service.
#[derive(Clone)]
pub struct ApnsSettings {
    /// Where it is; Apple's own by default.
    pub address: String,
    /// The MDM push certificate, PEM.
    pub certificate: Vec<u8>,
    /// Its key, PEM.
    pub key: Vec<u8>,
    /// Authorities of the service, PEM each; the system's when there are none.
    pub authorities: Vec<Vec<u8>>,
}

impl ApnsSettings {
    /// Apple's own service.
    #[must_use]
    pub fn apple(certificate: Vec<u8>, key: Vec<u8>) -> Self {
        Self { address: APPLE.to_owned(), certificate, key, authorities: Vec::new() }
    }
}

/// Why the push service cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ApnsError {
    /// The certificate cannot be read.
    #[error("the push certificate is not PEM, or cannot be read")]
    Unreadable,
    /// It is another kind of certificate.
    #[error("the certificate is none for MDM pushes: its subject has no UID that begins with com.apple.mgmt")]
    NoTopic,
    /// Its key is missing.
    #[error("the push certificate's key is not PEM, or is encrypted")]
    NoKey,
    /// The client cannot be made.
    #[error("the push service cannot be asked: {0}")]
    Client(#[from] reqwest::Error),
}

/// Apple's push service.
#[derive(Debug)]
pub struct Apns {
    client: Client,
    address: String,
    topic: String,
    /// Microseconds since 1970.
    not_after: i64,
    clock: ClockOf,
}

struct ClockOf(std::sync::Arc<dyn hub::Clock>);

impl std::fmt::Debug for ClockOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

impl Apns {
    /// Reads the certificate. Nobody is asked yet.
    ///
    /// # Errors
    /// The certificate or its key cannot be used.
    pub fn new(settings: &ApnsSettings, clock: std::sync::Arc<dyn hub::Clock>) -> Result<Self, ApnsError> {
        let der = CertificateDer::from_pem_slice(&settings.certificate).map_err(|_| ApnsError::Unreadable)?;
        let certificate = Certificate::from_der(&der).map_err(|_| ApnsError::Unreadable)?;
        let topic = topic(&certificate).ok_or(ApnsError::NoTopic)?;
        PrivateKeyDer::from_pem_slice(&settings.key).map_err(|_| ApnsError::NoKey)?;
        let identity = [&settings.certificate[..], b"\n", &settings.key].concat();
        let mut client = Client::builder()
            .identity(Identity::from_pem(&identity)?)
            // The service speaks nothing else.
            .http2_prior_knowledge()
            .https_only(true)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(limits::PUSH_TIMEOUT);
        if !settings.authorities.is_empty() {
            let roots: Result<Vec<_>, _> = settings.authorities.iter().map(|pem| Root::from_pem(pem)).collect();
            client = client.tls_certs_only(roots?);
        }
        let ends = certificate.tbs_certificate.validity.not_after.to_unix_duration();
        Ok(Self {
            client: client.build()?,
            address: settings.address.trim_end_matches('/').to_owned(),
            topic,
            not_after: i64::try_from(ends.as_micros()).unwrap_or(i64::MAX),
            clock: ClockOf(clock),
        })
    }

    /// The topic that devices have to be enrolled under. A renewed certificate has to have the same, or every device is
    /// lost.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// When the certificate ends, in microseconds since 1970.
    #[must_use]
    pub fn not_after(&self) -> i64 {
        self.not_after
    }

    async fn post(&self, address: &WakeAddress) -> Result<(), PushError> {
        if self.clock.0.now() >= self.not_after {
            return Err(PushError::Refused("the push certificate has ended".to_owned()));
        }
        if address.topic != self.topic {
            return Err(PushError::Refused(format!(
                "the device is enrolled under {}, and the certificate is for {}",
                address.topic, self.topic
            )));
        }
        let token = hexadecimal(&address.token);
        let request = self
            .client
            .post(format!("{}/3/device/{token}", self.address))
            .header("apns-topic", &self.topic)
            .header("apns-push-type", "mdm")
            .json(&serde_json::json!({ "mdm": address.magic }));
        let unreachable =
            |error: reqwest::Error| PushError::Later { reason: error.without_url().to_string(), after: None };
        let response = request.send().await.map_err(unreachable)?;
        if response.version() != Version::HTTP_2 {
            return Err(PushError::Refused("this is no push service: it does not speak HTTP/2".to_owned()));
        }
        judge(response).await
    }
}

impl Push for Apns {
    fn can_wake(&self) -> bool {
        true
    }

    fn wake<'a>(&'a self, address: &'a WakeAddress) -> Pending<'a, Result<(), PushError>> {
        Box::pin(self.post(address))
    }
}

#[derive(Deserialize)]
struct Failure {
    reason: String,
}

async fn judge(mut response: Response) -> Result<(), PushError> {
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let after = response.headers().get(http::header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > limits::PUSH_ANSWER_BYTES_MAX {
            break;
        }
    }
    let told = serde_json::from_slice::<Failure>(&body).map(|failure| failure.reason);
    let reason = told.unwrap_or_else(|_| status.to_string());
    if status == StatusCode::GONE || TOKEN_IS_BAD.contains(&reason.as_str()) {
        return Err(PushError::Gone(reason));
    }
    if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
        return Err(PushError::Later { reason, after: after.map(Duration::from_secs) });
    }
    Err(PushError::Refused(reason))
}

fn topic(certificate: &Certificate) -> Option<String> {
    let mut names = certificate.tbs_certificate.subject.0.iter().flat_map(|name| name.0.iter());
    let uid = names.find(|name| name.oid == UID)?;
    let topic = std::str::from_utf8(uid.value.value()).ok()?;
    topic.starts_with("com.apple.mgmt").then(|| topic.to_owned())
}
