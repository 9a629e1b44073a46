//! The MDM server inside, as a way for a rollout to reach devices.

use fleet::{
    delivery::{Capabilities, Delivery, DeliveryError, Logged, Order, OrderId},
    enrolment::EnrolmentId,
};

use crate::{command::Command, error::Refusal, service::Service};

/// Delivery by the MDM server inside.
#[derive(Debug, Clone)]
pub struct Embedded(pub Service);

impl Delivery for Embedded {
    fn capabilities(&self) -> Capabilities {
        Capabilities { push: self.0.can_wake(), answers: true, status_reports: true }
    }

    async fn give(&self, device: &EnrolmentId, id: &OrderId, order: &Order) -> Result<(), DeliveryError> {
        self.0.give(device, id, Command::of(order)).await.map(drop).map_err(not_taken)
    }

    async fn events(&self, after: i64) -> Result<Vec<Logged>, DeliveryError> {
        self.0.register().events(after).await
    }
}

/// What a refusal means to whoever gave an order.
pub(crate) fn not_taken(refusal: Refusal) -> DeliveryError {
    match refusal {
        Refusal::NotEnrolled(device) => DeliveryError::NotEnrolled(device),
        Refusal::QueueFull(_) | Refusal::Ledger(_) => DeliveryError::Temporary(refusal.to_string()),
        _ => DeliveryError::Refused(refusal.to_string()),
    }
}
