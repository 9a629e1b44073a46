//! What the hub saw of a device.

use hub::Hub;
use identity::{Gate, Identity};
use jiff::Timestamp;
use rollout::{
    driver::{Syncs, Trouble},
    state::SyncQuestion,
};

use crate::installation::Installation;

/// The hub's own record of syncs.
#[derive(Clone)]
pub struct HubSyncs {
    hub: Hub,
    identity: Identity,
    gate: Gate,
}

impl HubSyncs {
    /// Of this installation.
    pub fn new(installation: &Installation) -> Self {
        let Installation { hub, identity, gate, .. } = installation;
        Self { hub: hub.clone(), identity: identity.clone(), gate: gate.clone() }
    }

    async fn asked(&self, question: &SyncQuestion) -> anyhow::Result<Option<Timestamp>> {
        let Some(person) = self.identity.find(&question.person).await? else { return Ok(None) };
        let records = self.gate.records(&self.hub.for_account(person.account, "rollout")).await?;
        let mut of_device = records.iter().filter(|record| record.id == question.eas_device_identifier);
        let synced = of_device.find_map(|record| record.access.synced_at);
        Ok(synced.map(|(_, last)| Timestamp::from_microsecond(last)).transpose()?)
    }
}

impl Syncs for HubSyncs {
    async fn last_sync(&self, question: &SyncQuestion) -> Result<Option<Timestamp>, Trouble> {
        self.asked(question).await.map_err(|error| Trouble(format!("{error:#}")))
    }
}
