//! One request of one device, once it is known who asks.

use std::sync::Arc;

use contact::eas::{Family, Lens, Supported, Version};
use directory::Directory;
use hub::{Access, BookId, Caller, devices::Device, round::PingedBook, withheld::Shown};

use crate::{admittance::Guest, answer::Answer, server::Shared, status::Refusal};

/// A command's outcome.
pub(crate) type Outcome = Result<Answer, Refusal>;

/// What every command may use.
pub(crate) struct Session {
    pub(crate) shared: Arc<Shared>,
    /// The person's contacts, in the name of this device.
    pub(crate) access: Access,
    /// Who asks, for asking again.
    pub(crate) guest: Box<Guest>,
    /// What of it the device is shown.
    pub(crate) shown: Shown,
    pub(crate) device: Device,
    pub(crate) family: Family,
    pub(crate) version: Version,
}

impl Session {
    /// The DeviceId.
    pub(crate) fn device_id(&self) -> &str {
        &self.device.greeting.device
    }

    pub(crate) fn caller(&self) -> &Caller {
        &self.guest.admission.caller
    }

    pub(crate) fn directory(&self) -> &Directory {
        &self.shared.directory
    }

    pub(crate) fn pinged(&self, book: BookId) -> PingedBook {
        PingedBook { book, family: self.family, version: self.version }
    }

    /// How this client sees cards outside of Sync, where nothing is ghosted.
    pub(crate) fn lens(&self, body_truncation: Option<u32>) -> Lens {
        Lens {
            family: self.family,
            version: self.version,
            supported: Supported::NotSent,
            body_truncation,
            device: self.device_id().to_owned(),
        }
    }
}
