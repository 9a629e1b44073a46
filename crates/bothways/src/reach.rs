//! The way a rollout takes to the devices: through management, or as files for any other MDM.

use fleet::{
    delivery::{Capabilities, Delivery, DeliveryError, Logged, Order, OrderId},
    enrolment::EnrolmentId,
};
use mdm::Files;

use crate::management::Way;

/// The way.
#[derive(Debug, Clone)]
pub enum Reach {
    /// Management of this installation.
    Managed(Way),
    /// Files, which somebody gives to another MDM.
    Files(Files),
}

impl Delivery for Reach {
    fn capabilities(&self) -> Capabilities {
        match self {
            Self::Managed(way) => way.capabilities(),
            Self::Files(files) => files.capabilities(),
        }
    }

    async fn give(&self, device: &EnrolmentId, id: &OrderId, order: &Order) -> Result<(), DeliveryError> {
        match self {
            Self::Managed(way) => way.give(device, id, order).await,
            Self::Files(files) => files.give(device, id, order).await,
        }
    }

    async fn events(&self, after: i64) -> Result<Vec<Logged>, DeliveryError> {
        match self {
            Self::Managed(way) => way.events(after).await,
            Self::Files(files) => files.events(after).await,
        }
    }
}
