//! `iosGeneralDeviceConfiguration`: device restrictions. The two exceptions for contacts are beta properties.

use serde::Serialize;

use super::{Document, default_scope_tags};

/// The restrictions that decide who can read and write contacts.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_excessive_bools)] // the service's own properties
pub struct IosGeneralDeviceConfiguration {
    /// Name in the portal.
    pub display_name: String,
    /// Words in the portal.
    pub description: String,
    /// Who may administer it.
    pub role_scope_tag_ids: Vec<String>,
    /// The master switch (Apple's allowOpenFromManagedToUnmanaged=false): without it the exceptions mean nothing and
    /// every app reads managed contacts.
    pub documents_block_managed_documents_in_unmanaged_apps: bool,
    /// The other direction.
    pub documents_block_unmanaged_documents_in_managed_apps: bool,
    /// Managed apps such as Outlook may write into the phone's own contacts.
    pub contacts_allow_managed_to_unmanaged_write: bool,
    /// Personal apps may read managed contacts.
    pub contacts_allow_unmanaged_to_managed_read: bool,
    /// AirDrop is an unmanaged place.
    pub air_drop_force_unmanaged_drop_target: bool,
}

impl IosGeneralDeviceConfiguration {
    /// For the managed account: personal apps can neither read its contacts nor get copies.
    pub fn managed_account(display_name: String) -> Self {
        Self {
            display_name,
            description: "Managed contacts stay out of reach of personal apps".to_owned(),
            role_scope_tag_ids: default_scope_tags(),
            documents_block_managed_documents_in_unmanaged_apps: true,
            documents_block_unmanaged_documents_in_managed_apps: false,
            contacts_allow_managed_to_unmanaged_write: false,
            contacts_allow_unmanaged_to_managed_read: false,
            air_drop_force_unmanaged_drop_target: true,
        }
    }

    /// For Outlook's export on enrolled devices: managed apps may write into the phone's own contacts.
    pub fn export(display_name: String) -> Self {
        Self {
            description: "Outlook may save contacts on the phone; personal apps can read those".to_owned(),
            contacts_allow_managed_to_unmanaged_write: true,
            contacts_allow_unmanaged_to_managed_read: true,
            ..Self::managed_account(display_name)
        }
    }
}

impl Document for IosGeneralDeviceConfiguration {
    const TYPE: &'static str = "iosGeneralDeviceConfiguration";
}
