//! NanoMDM, an MDM that somebody else runs: orders go in by its API, answers come by its webhooks.
//!
//! Its webhooks may be lost: it tells once, and has no way to ask for results. So whatever has been silent for too long
//! is asked again ([`NanoMdm::reconcile`]), and nothing counts as done because nothing was heard. Orders are kept in our
//! own [`Register`] before they are given to it: it takes the same CommandUUID twice for two commands or for an error,
//! depending on its database.

mod api;
mod reconcile;
mod webhook;

use std::sync::Arc;

use fleet::{
    delivery::{Capabilities, Delivery, DeliveryError, Logged, Order, OrderId},
    enrolment::EnrolmentId,
};
use identity::Secret;

use api::Api;
pub use api::{ApiError, Taken};
pub use reconcile::Reconciled;
pub use webhook::{Webhook, router};

use crate::{
    command::Command,
    embedded::not_taken,
    register::{Given, Register},
};

/// Where NanoMDM is, and what it takes to talk to it.
#[derive(Debug, Clone)]
pub struct NanoMdmSettings {
    /// Its address, such as `https://mdm.example.org`; `/v1/...` is below it.
    pub address: String,
    /// Its API key: the password of the user `nanomdm`.
    pub key: Secret,
    /// What it signs webhooks with (`-webhook-hmac-key`).
    pub webhook_key: Secret,
    /// It has a push certificate. Without, orders wait until devices come by themselves.
    pub push: bool,
}

/// NanoMDM. Clones share everything.
#[derive(Debug, Clone)]
pub struct NanoMdm {
    register: Register,
    api: Arc<Api>,
    webhook_key: Arc<Secret>,
}

impl NanoMdm {
    /// NanoMDM, with what is known of its devices in a register.
    ///
    /// # Errors
    /// The system's certificates cannot be used.
    pub fn new(register: Register, settings: &NanoMdmSettings) -> Result<Self, reqwest::Error> {
        let api = Arc::new(Api::new(settings)?);
        Ok(Self { register, api, webhook_key: Arc::new(settings.webhook_key.clone()) })
    }

    /// What is known of its devices.
    #[must_use]
    pub fn register(&self) -> &Register {
        &self.register
    }

    pub(crate) fn webhook_key(&self) -> &Secret {
        &self.webhook_key
    }

    /// Gives a device a command. The same name twice is once.
    pub async fn give_command(
        &self,
        device: &EnrolmentId,
        id: &OrderId,
        command: Command,
    ) -> Result<Given, DeliveryError> {
        let given = self.register.give(device, id, command).await.map_err(not_taken)?;
        let open = self.register.not_taken(device, id).await.map_err(not_taken)?;
        // `None`: it was taken before, or something has already come of it.
        if let Some(plist) = open {
            match self.api.enqueue(device, plist).await {
                // A caller that died between its yes and our note repeats itself.
                Ok(Taken::Now | Taken::Before) => self.register.note_taken(device, id).await.map_err(not_taken)?,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(given)
    }
}

impl Delivery for NanoMdm {
    fn capabilities(&self) -> Capabilities {
        Capabilities { push: self.api.pushes(), answers: true, status_reports: true }
    }

    async fn give(&self, device: &EnrolmentId, id: &OrderId, order: &Order) -> Result<(), DeliveryError> {
        self.give_command(device, id, Command::of(order)).await.map(drop)
    }

    async fn events(&self, after: i64) -> Result<Vec<Logged>, DeliveryError> {
        self.register.events(after).await
    }
}
