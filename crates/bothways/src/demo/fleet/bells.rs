//! Stands in for Apple's push service: remembers who was rung.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use fleet::enrolment::EnrolmentId;
use mdm::{Pending, Push, PushError, register::WakeAddress};

/// Who was rung and did not come yet.
#[derive(Debug, Default)]
pub struct Bells(Mutex<BTreeSet<EnrolmentId>>);

impl Bells {
    /// Who was rung since this was last asked.
    pub fn take(&self) -> BTreeSet<EnrolmentId> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Push for Bells {
    fn can_wake(&self) -> bool {
        true
    }

    fn wake<'a>(&'a self, address: &'a WakeAddress) -> Pending<'a, Result<(), PushError>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(address.device.clone());
        Box::pin(std::future::ready(Ok(())))
    }
}
