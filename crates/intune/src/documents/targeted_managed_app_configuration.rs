//! `targetedManagedAppConfiguration`: an app's configuration through its own management SDK, enrolled or not.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{
    Document, default_scope_tags,
    managed_mobile_app::{AppManagementLevel, ManagedMobileApp, TargetedManagedAppGroupType},
    outlook::{self, ExportField},
};

/// Configuration for managed apps. `appGroupType` and `targetedAppManagementLevels` are beta properties.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TargetedManagedAppConfiguration {
    /// Name in the portal.
    pub display_name: String,
    /// Words in the portal.
    pub description: String,
    /// Who may administer it.
    pub role_scope_tag_ids: Vec<String>,
    /// How the apps are chosen.
    pub app_group_type: TargetedManagedAppGroupType,
    /// On which devices.
    pub targeted_app_management_levels: AppManagementLevel,
    /// The apps.
    pub apps: Vec<ManagedMobileApp>,
    /// Keys and values; values are text, `"true"` and `"false"` too.
    pub custom_settings: Vec<KeyValuePair>,
}

/// `keyValuePair`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyValuePair {
    /// The key.
    pub name: String,
    /// The value.
    pub value: String,
}

fn setting(name: &str, on: bool) -> KeyValuePair {
    KeyValuePair { name: name.to_owned(), value: on.to_string() }
}

impl TargetedManagedAppConfiguration {
    /// Outlook's Save Contacts off, and locked, on enrolled devices.
    pub fn save_contacts_off(display_name: String) -> Self {
        Self {
            display_name,
            description: "Outlook's Save Contacts is off and locked: the managed account brings the contacts"
                .to_owned(),
            role_scope_tag_ids: default_scope_tags(),
            app_group_type: TargetedManagedAppGroupType::SelectedPublicApps,
            targeted_app_management_levels: AppManagementLevel::Mdm,
            apps: vec![ManagedMobileApp::outlook()],
            custom_settings: vec![setting(outlook::LOCAL_SYNC, false), setting(outlook::LOCAL_SYNC_CHANGE, false)],
        }
    }

    /// The opposite, for phones that are not enrolled: one-way export of names and these fields, enforced.
    pub fn export(display_name: String, fields: &BTreeSet<ExportField>) -> Self {
        let switches = ExportField::ALL.into_iter().map(|field| setting(&field.key(), fields.contains(&field)));
        let mut custom_settings = vec![setting(outlook::LOCAL_SYNC, true), setting(outlook::LOCAL_SYNC_CHANGE, false)];
        custom_settings.extend(switches);
        Self {
            description: "Outlook copies chosen fields of contacts into phones that are not enrolled, one way"
                .to_owned(),
            targeted_app_management_levels: AppManagementLevel::Unmanaged,
            custom_settings,
            ..Self::save_contacts_off(display_name)
        }
    }
}

impl Document for TargetedManagedAppConfiguration {
    const TYPE: &'static str = "targetedManagedAppConfiguration";
}
