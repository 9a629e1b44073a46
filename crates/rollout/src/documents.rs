//! What a rollout brings to devices. It knows these documents by their names only.

use plist::Dictionary;

use crate::{inventory::Device, state::ladder::ProfileName};

/// A contacts profile as it is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactsProfile {
    /// PayloadIdentifier, which never changes for a person's device, and PayloadUUID, which changes with the content.
    pub name: ProfileName,
    /// The profile, signed or not.
    pub bytes: Vec<u8>,
}

/// Why a document could not be made; for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DocumentError(pub String);

/// Makes the documents. The same device gets the same names until the content changes.
pub trait Documents {
    /// Outlook's bundle id.
    fn outlook_bundle_id(&self) -> &str;

    /// The contacts profile of a device's person. Asked only for devices that may have it.
    fn contacts_profile(&self, device: &Device) -> Result<ContactsProfile, DocumentError>;

    /// Outlook's whole configuration with the export off and locked. `before`: what it has now, whose other keys stay.
    fn export_off(&self, device: &Device, before: Option<&Dictionary>) -> Dictionary;

    /// Outlook's whole configuration before the rollout, where it could not be read from the device; `None`: it had none.
    fn export_before(&self, device: &Device) -> Option<Dictionary>;
}
