//! What was done by whom (append-only).

use std::net::IpAddr;

use hub::AccountId;

use crate::authenticate::Identity;

/// Something that happened. Nothing secret may be in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// Of whom it tells; `None` when nobody is known.
    pub account: Option<AccountId>,
    /// Who did it: an address, `server`, or the name of the one who gave a command. Empty: the settings' actor.
    pub actor: String,
    /// What: `sign-in`, `session-ended`, `device-blocked` ... In lower case, with hyphens.
    pub event: &'static str,
    /// How it ended: `ok`, or a reason in a few words.
    pub outcome: String,
    /// Where from.
    pub network: Option<IpAddr>,
    /// The DeviceId.
    pub device: Option<String>,
    /// Whatever else there is to say.
    pub detail: serde_json::Value,
}

impl AuditEvent {
    /// An event that went well, by the settings' actor, of nobody.
    #[must_use]
    pub fn new(event: &'static str) -> Self {
        Self {
            account: None,
            actor: String::new(),
            event,
            outcome: "ok".to_owned(),
            network: None,
            device: None,
            detail: serde_json::Value::Null,
        }
    }
}

/// Where events are handed in.
#[derive(Debug, Clone)]
pub struct Audit {
    identity: Identity,
}

impl Identity {
    /// The audit.
    #[must_use]
    pub fn audit(&self) -> Audit {
        Audit { identity: self.clone() }
    }
}

impl Audit {
    /// Writes an event down, soon, and never fails or holds up a request.
    pub fn record(&self, event: AuditEvent) {
        let _ = &self.identity;
        tracing::info!(?event, "audit");
    }

    /// Waits until everything that was recorded is written. For the end of a command or of the server.
    pub async fn flush(&self) {}
}
