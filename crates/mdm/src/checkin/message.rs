//! Check-in messages, read.

use fleet::enrolment::{Enrolment, EnrolmentId};
use plist::{Dictionary, Value};

use crate::{document, error::Refusal, limits};

/// Which device it is, as every message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// UDID, or EnrollmentID.
    pub id: EnrolmentId,
    /// [`Enrolment::User`] for one with an EnrollmentID; else [`Enrolment::Device`], which may turn out supervised.
    pub kind: Enrolment,
}

/// What a device says of itself when it enrolls; what it did not say is absent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Introduction {
    /// Topic.
    pub topic: Option<String>,
    /// OSVersion.
    pub os_version: Option<String>,
    /// BuildVersion.
    pub build_version: Option<String>,
    /// ProductName.
    pub product_name: Option<String>,
    /// SerialNumber.
    pub serial_number: Option<String>,
}

/// What it takes to wake a device.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// Topic.
    pub topic: String,
    /// Token.
    pub token: Vec<u8>,
    /// PushMagic.
    pub magic: String,
    /// AwaitingConfiguration: it stands in Setup Assistant until it is told to go on.
    pub awaiting_configuration: bool,
}

impl std::fmt::Debug for Token {
    /// Without the token: whoever has it and the certificate wakes the device.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token").field("topic", &self.topic).finish_non_exhaustive()
    }
}

/// What it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// It wants to enrol. It may say so again: then it begins anew.
    Authenticate(Introduction),
    /// It can be woken so; the first one of these enrolls it.
    TokenUpdate(Token),
    /// It leaves. Many leave without a word.
    CheckOut,
    /// Declarative management: an endpoint, and what is sent there.
    DeclarativeManagement {
        /// `tokens`, `declaration-items`, `declaration/<class>/<identifier>` or `status`.
        endpoint: String,
        /// JSON.
        data: Option<Vec<u8>>,
    },
    /// It wants a token for a service of Apple's (iOS 17).
    GetToken,
}

/// A check-in message with its sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckIn {
    /// Who says it.
    pub device: Device,
    /// What.
    pub message: Message,
}

impl Device {
    /// Who a message is from: its UDID, or its EnrollmentID under user enrolment.
    pub(crate) fn of(message: &Dictionary) -> Result<Self, Refusal> {
        if ["UserID", "EnrollmentUserID"].iter().any(|key| message.contains_key(key)) {
            return Err(Refusal::UserChannel);
        }
        let (id, kind) = match (message.get("UDID"), message.get("EnrollmentID")) {
            (Some(udid), _) => (udid, Enrolment::Device),
            (None, Some(id)) => (id, Enrolment::User),
            (None, None) => return Err(Refusal::Lacks("UDID or EnrollmentID")),
        };
        let id = id.as_string().and_then(EnrolmentId::parse).ok_or(Refusal::Lacks("UDID or EnrollmentID"))?;
        Ok(Self { id, kind })
    }
}

impl CheckIn {
    /// Reads a message.
    pub fn read(body: &[u8]) -> Result<Self, Refusal> {
        let message = document::read(body)?;
        let kind = document::text(&message, "MessageType").ok_or(Refusal::Lacks("MessageType"))?;
        if matches!(kind.as_str(), "UserAuthenticate" | "SetBootstrapToken" | "GetBootstrapToken") {
            return Err(Refusal::NotSpoken(kind));
        }
        let device = Device::of(&message)?;
        let message = match kind.as_str() {
            "Authenticate" => Message::Authenticate(introduction(&message)),
            "TokenUpdate" => Message::TokenUpdate(token(&message)?),
            "CheckOut" => Message::CheckOut,
            "DeclarativeManagement" => Message::DeclarativeManagement {
                endpoint: document::text(&message, "Endpoint").ok_or(Refusal::Lacks("Endpoint"))?,
                data: message.get("Data").and_then(Value::as_data).map(<[u8]>::to_vec),
            },
            "GetToken" => Message::GetToken,
            _ => return Err(Refusal::NotSpoken(kind)),
        };
        Ok(Self { device, message })
    }
}

fn introduction(message: &Dictionary) -> Introduction {
    let text = |key| document::text(message, key);
    Introduction {
        topic: text("Topic"),
        os_version: text("OSVersion"),
        build_version: text("BuildVersion"),
        product_name: text("ProductName"),
        serial_number: text("SerialNumber"),
    }
}

fn token(message: &Dictionary) -> Result<Token, Refusal> {
    let token = message.get("Token").and_then(Value::as_data).ok_or(Refusal::Lacks("Token"))?;
    if !(1..=limits::PUSH_TOKEN_BYTES_MAX).contains(&token.len()) {
        return Err(Refusal::Lacks("Token"));
    }
    Ok(Token {
        topic: document::text(message, "Topic").ok_or(Refusal::Lacks("Topic"))?,
        token: token.to_vec(),
        magic: document::text(message, "PushMagic").ok_or(Refusal::Lacks("PushMagic"))?,
        awaiting_configuration: document::boolean(message, "AwaitingConfiguration") == Some(true),
    })
}
