//! What a device says of a command, or that it has nothing to do.

use fleet::delivery::DeviceError;
use plist::{Dictionary, Value};

use crate::{checkin::Device, document, error::Refusal, limits};

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It has nothing to do and asks.
    Idle,
    /// It says that it is done.
    Acknowledged,
    /// It refuses.
    Error,
    /// It does not understand the command.
    CommandFormatError,
    /// It cannot now. It asks again by itself only when this was the last thing it said.
    NotNow,
}

/// A report with its sender.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Who says it.
    pub device: Device,
    /// How it went.
    pub status: Status,
    /// CommandUUID; `None` with [`Status::Idle`].
    pub command: Option<String>,
    /// All of the report, for what the command asked.
    pub answer: Dictionary,
}

impl Report {
    /// Reads a report.
    pub fn read(body: &[u8]) -> Result<Self, Refusal> {
        let answer = document::read(body)?;
        let device = Device::of(&answer)?;
        let status = match answer.get("Status").and_then(Value::as_string) {
            Some("Idle") => Status::Idle,
            Some("Acknowledged") => Status::Acknowledged,
            Some("Error") => Status::Error,
            Some("CommandFormatError") => Status::CommandFormatError,
            Some("NotNow") => Status::NotNow,
            _ => return Err(Refusal::Lacks("Status")),
        };
        let command = document::text(&answer, "CommandUUID");
        if status != Status::Idle && command.is_none() {
            return Err(Refusal::Lacks("CommandUUID"));
        }
        Ok(Self { device, status, command, answer })
    }
}

/// The links of an ErrorChain, the most specific last, as devices write them.
pub(crate) fn error_chain(of: &Dictionary) -> Vec<DeviceError> {
    let links = document::dictionaries(of, "ErrorChain").into_iter().flatten();
    links.take(limits::ERROR_CHAIN_MAX).map(link).collect()
}

fn link(link: &Dictionary) -> DeviceError {
    let text = |key| document::text(link, key);
    DeviceError {
        domain: text("ErrorDomain").unwrap_or_default(),
        code: link.get("ErrorCode").and_then(Value::as_signed_integer).unwrap_or_default(),
        description: text("USEnglishDescription").or_else(|| text("LocalizedDescription")).unwrap_or_default(),
    }
}

/// The link of a chain that says what is wrong: the last.
#[must_use]
pub fn last_error(chain: &[DeviceError]) -> Option<&DeviceError> {
    chain.last()
}
