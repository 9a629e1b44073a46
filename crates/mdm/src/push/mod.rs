//! Waking devices: the one thing that needs Apple. Without it everything works when a device comes by itself.

mod apns;

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use fleet::enrolment::EnrolmentId;

pub use apns::{Apns, ApnsError, ApnsSettings};

use crate::{Pending, limits, register::WakeAddress};

/// Why a device was not woken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// It has another token now, or is gone: there is no use in trying before it brings one.
    #[error("the device's push token is no longer good: {0}")]
    Gone(String),
    /// Not now.
    #[error("the push service cannot now: {reason}")]
    Later {
        /// What it said.
        reason: String,
        /// When it may be asked again, where it said so.
        after: Option<Duration>,
    },
    /// It will not, whatever the device: the certificate has ended, or is not for the topic.
    #[error("the push service refuses: {0}")]
    Refused(String),
}

/// A way to wake devices.
pub trait Push: Send + Sync {
    /// It can. What cannot answers every [`wake`](Self::wake) with `Ok`.
    fn can_wake(&self) -> bool;

    /// Wakes a device, which then asks what there is to do. Nothing says that it did.
    fn wake<'a>(&'a self, address: &'a WakeAddress) -> Pending<'a, Result<(), PushError>>;
}

/// Wakes nobody: devices come when they do.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoPush;

impl Push for NoPush {
    fn can_wake(&self) -> bool {
        false
    }

    fn wake<'a>(&'a self, _: &'a WakeAddress) -> Pending<'a, Result<(), PushError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// Wakes nobody, and remembers whom it would have woken: for simulated devices.
#[derive(Debug, Default)]
pub struct Logged(Mutex<VecDeque<EnrolmentId>>);

impl Logged {
    /// Whom it would have woken since it was last asked, in order.
    pub fn take(&self) -> Vec<EnrolmentId> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect()
    }
}

impl Push for Logged {
    fn can_wake(&self) -> bool {
        true
    }

    fn wake<'a>(&'a self, address: &'a WakeAddress) -> Pending<'a, Result<(), PushError>> {
        tracing::debug!(device = %address.device, "a device would be woken");
        let mut woken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if woken.len() >= limits::LOGGED_PUSHES_MAX {
            woken.pop_front();
        }
        woken.push_back(address.device.clone());
        Box::pin(std::future::ready(Ok(())))
    }
}
