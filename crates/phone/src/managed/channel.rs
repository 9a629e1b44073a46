//! The wire to the management server: PUT of property lists, signed when the enrolment says so, and what an answer's status
//! means to a device.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Method;
use serde_json::Value as Json;

use super::cms;
use super::device::{ManagedError, ManagedPhone};
use super::enrolment::EnrolmentName;
use super::os_version::Feature;
use super::plist::{self, Dictionary, Value};
use super::violation::ManagedViolation;
use crate::transport::Outgoing;

const CHECK_IN: &str = "application/x-apple-aspen-mdm-checkin";
const REPORT: &str = "application/x-apple-aspen-mdm; charset=UTF-8";
/// A device waits a minute.
const PATIENCE: Duration = Duration::from_mins(1);

impl ManagedPhone {
    /// Sends a check-in message; answers with the body.
    pub(super) async fn check_in(&mut self, kind: &'static str, message: Dictionary) -> Result<Bytes, ManagedError> {
        let enrolled = self.enrolled.as_ref().ok_or(ManagedError::NotEnrolled)?;
        let address = enrolled.settings.check_in_url.clone();
        let mut message = message.with("MessageType", kind);
        // A declarative message has no topic.
        if kind != "DeclarativeManagement" {
            message.set("Topic", enrolled.settings.topic.as_str());
        }
        *self.counters.check_ins.entry(kind).or_default() += 1;
        self.put(&address, CHECK_IN, message).await
    }

    /// Reports on a command; answers with the next one.
    pub(super) async fn report(&mut self, message: Dictionary) -> Result<Bytes, ManagedError> {
        let enrolled = self.enrolled.as_ref().ok_or(ManagedError::NotEnrolled)?;
        let address = enrolled.settings.server_url.clone();
        self.put(&address, REPORT, message).await
    }

    async fn put(&mut self, address: &str, kind: &str, message: Dictionary) -> Result<Bytes, ManagedError> {
        let enrolled = self.enrolled.as_ref().ok_or(ManagedError::NotEnrolled)?;
        let message = match &enrolled.name {
            EnrolmentName::Udid(udid) => message.with("UDID", udid.as_str()),
            EnrolmentName::EnrolmentId(id) => message.with("EnrollmentID", id.as_str()),
        };
        let body = plist::write(&Value::Dictionary(message)).into_bytes();
        let mut headers = vec![("content-type", kind.to_owned()), ("user-agent", "MDM/1.0".to_owned())];
        if enrolled.settings.sign_message {
            let signature = cms::sign_detached(&enrolled.identity, &body)?;
            headers.push(("mdm-signature", STANDARD.encode(signature)));
        }
        self.send(Method::PUT, address, headers, Bytes::from(body)).await
    }

    /// Fetches a document from the management server as the enrolled device.
    pub(super) async fn fetch(&mut self, address: &str) -> Result<Bytes, ManagedError> {
        let enrolled = self.enrolled.as_ref().ok_or(ManagedError::NotEnrolled)?;
        let mut headers = vec![("user-agent", "MDM/1.0".to_owned())];
        if enrolled.settings.sign_message {
            headers.push(("mdm-signature", STANDARD.encode(cms::sign_detached(&enrolled.identity, b"")?)));
        }
        self.send(Method::GET, address, headers, Bytes::new()).await
    }

    async fn send(
        &mut self,
        method: Method,
        address: &str,
        headers: Vec<(&'static str, String)>,
        body: Bytes,
    ) -> Result<Bytes, ManagedError> {
        if self.faults.offline {
            return Err(ManagedError::Offline);
        }
        let endpoint =
            self.spec.management_endpoint(address).map_err(|error| ManagedError::Protocol(error.to_string()))?;
        let target = address.splitn(4, '/').nth(3).map_or_else(|| "/".to_owned(), |path| format!("/{path}"));
        let enrolled = self.enrolled.as_mut().ok_or(ManagedError::NotEnrolled)?;
        enrolled.transport.move_to(endpoint);
        let established = enrolled.established;
        let answer = enrolled.transport.ask(&Outgoing { method, target, headers, body }, PATIENCE).await?;
        match answer.status {
            200 => Ok(answer.body),
            401 if established => {
                self.hold_against(ManagedViolation::UnenrolledBy401);
                self.unenrol();
                Err(ManagedError::Unenrolled)
            }
            403 if established && self.spec.os.knows(Feature::Release17) && is_unrecognized(&answer.body) => {
                self.hold_against(ManagedViolation::UnenrolledAsUnrecognized);
                self.unenrol();
                Err(ManagedError::Unenrolled)
            }
            status => Err(ManagedError::Http(status)),
        }
    }

    /// Closes the connection; a device keeps none open.
    pub(super) fn hang_up(&mut self) {
        if let Some(enrolled) = self.enrolled.as_mut() {
            enrolled.transport.hang_up();
        }
    }
}

/// The body may be JSON or a property list.
fn is_unrecognized(body: &[u8]) -> bool {
    const CODE: &str = "com.apple.unrecognized.device";
    if let Ok(json) = serde_json::from_slice::<Json>(body) {
        return json.get("code").and_then(Json::as_str) == Some(CODE);
    }
    plist::read(body).is_ok_and(|value| value.as_dictionary().and_then(|inside| inside.text("code")) == Some(CODE))
}
