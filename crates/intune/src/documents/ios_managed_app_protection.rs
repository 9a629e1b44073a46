//! `iosManagedAppProtection`: what managed apps may do with company data.

use serde::Serialize;

use super::{Document, managed_mobile_app::ManagedMobileApp};

/// An app protection policy. Only what export depends on is meant to be changed; the rest is what the service demands.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_excessive_bools)] // the service's own properties
pub struct IosManagedAppProtection {
    /// Name in the portal.
    pub display_name: String,
    /// Words in the portal.
    pub description: String,
    /// The apps.
    pub apps: Vec<ManagedMobileApp>,
    /// "Sync policy managed app data with native apps or add-ins": blocking it takes calendars and add-ins too.
    pub contact_sync_blocked: bool,
    /// ISO 8601 duration.
    pub period_offline_before_access_check: String,
    /// ISO 8601 duration.
    pub period_online_before_access_check: String,
    /// ISO 8601 duration.
    pub period_offline_before_wipe_is_enforced: String,
    /// ISO 8601 duration.
    pub period_before_pin_reset: String,
    /// Where data may come from.
    pub allowed_inbound_data_transfer_sources: ManagedAppDataTransferLevel,
    /// Where data may go.
    pub allowed_outbound_data_transfer_destinations: ManagedAppDataTransferLevel,
    /// The clipboard.
    pub allowed_outbound_clipboard_sharing_level: ManagedAppClipboardSharingLevel,
    /// Ask for the work account on every start.
    pub organizational_credentials_required: bool,
    /// Keep data out of backups.
    pub data_backup_blocked: bool,
    /// Refuse jailbroken devices.
    pub device_compliance_required: bool,
    /// Links open in the managed browser.
    pub managed_browser_to_open_links_required: bool,
    /// No copies elsewhere.
    pub save_as_blocked: bool,
    /// A PIN for the app.
    pub pin_required: bool,
    /// Wrong PINs.
    pub maximum_pin_retries: i32,
    /// No 1234.
    pub simple_pin_blocked: bool,
    /// Digits.
    pub minimum_pin_length: i32,
    /// What a PIN is made of.
    pub pin_character_set: ManagedAppPinCharacterSet,
    /// Where copies may go.
    pub allowed_data_storage_locations: Vec<String>,
    /// Printing.
    pub print_blocked: bool,
    /// Fingerprint in place of the PIN.
    pub fingerprint_blocked: bool,
    /// No PIN where the device has one.
    pub disable_app_pin_if_device_pin_is_set: bool,
}

/// `managedAppDataTransferLevel`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ManagedAppDataTransferLevel {
    /// All apps.
    AllApps,
    /// Managed ones.
    ManagedApps,
    /// None.
    None,
}

/// `managedAppClipboardSharingLevel`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ManagedAppClipboardSharingLevel {
    /// With all apps.
    AllApps,
    /// With managed apps, and from all.
    ManagedAppsWithPasteIn,
    /// With managed apps.
    ManagedApps,
    /// Not at all.
    Blocked,
}

/// `managedAppPinCharacterSet`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ManagedAppPinCharacterSet {
    /// Digits.
    Numeric,
    /// Letters and signs.
    AlphanumericAndSymbol,
}

impl IosManagedAppProtection {
    /// A policy for Outlook that lets it export: without, Save Contacts is not offered at all.
    pub fn allowing_export(display_name: String) -> Self {
        Self {
            display_name,
            description: "Company data stays in managed apps; Outlook may save contacts on the phone".to_owned(),
            apps: vec![ManagedMobileApp::outlook()],
            contact_sync_blocked: false,
            period_offline_before_access_check: "PT12H".to_owned(),
            period_online_before_access_check: "PT30M".to_owned(),
            period_offline_before_wipe_is_enforced: "P90D".to_owned(),
            period_before_pin_reset: "PT0S".to_owned(),
            allowed_inbound_data_transfer_sources: ManagedAppDataTransferLevel::AllApps,
            allowed_outbound_data_transfer_destinations: ManagedAppDataTransferLevel::ManagedApps,
            allowed_outbound_clipboard_sharing_level: ManagedAppClipboardSharingLevel::ManagedAppsWithPasteIn,
            organizational_credentials_required: false,
            data_backup_blocked: true,
            device_compliance_required: true,
            managed_browser_to_open_links_required: false,
            save_as_blocked: true,
            pin_required: true,
            maximum_pin_retries: 5,
            simple_pin_blocked: false,
            minimum_pin_length: 4,
            pin_character_set: ManagedAppPinCharacterSet::Numeric,
            allowed_data_storage_locations: Vec::new(),
            print_blocked: false,
            fingerprint_blocked: false,
            disable_app_pin_if_device_pin_is_set: false,
        }
    }
}

impl Document for IosManagedAppProtection {
    const TYPE: &'static str = "iosManagedAppProtection";
}
