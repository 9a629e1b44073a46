//! `iosMobileAppConfiguration`: an app's configuration on managed devices.

use serde::Serialize;

use super::{Document, outlook};

/// Configuration for an app that management installed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IosMobileAppConfiguration {
    /// Name in the portal.
    pub display_name: String,
    /// Words in the portal.
    pub description: String,
    /// Ids that the tenant gave the app; the same app has another in each tenant.
    pub targeted_mobile_apps: Vec<String>,
    /// Keys and values.
    pub settings: Vec<AppConfigurationSettingItem>,
}

/// `appConfigurationSettingItem`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AppConfigurationSettingItem {
    /// The app's key.
    pub app_config_key: String,
    /// How the value is to be understood.
    pub app_config_key_type: MdmAppConfigKeyType,
    /// The value as text.
    pub app_config_key_value: String,
}

/// `mdmAppConfigKeyType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum MdmAppConfigKeyType {
    /// Text.
    StringType,
    /// A whole number.
    IntegerType,
    /// A number.
    RealType,
    /// `true` or `false`.
    BooleanType,
    /// A word that Intune replaces.
    TokenType,
}

impl IosMobileAppConfiguration {
    /// Outlook's Save Contacts off, and locked: without the lock, whoever turned it on keeps exporting.
    pub fn save_contacts_off(display_name: String, outlook_apps: Vec<String>) -> Self {
        let off = |key: &str| AppConfigurationSettingItem {
            app_config_key: key.to_owned(),
            app_config_key_type: MdmAppConfigKeyType::BooleanType,
            app_config_key_value: "false".to_owned(),
        };
        Self {
            display_name,
            description: "Outlook's Save Contacts is off and locked: the managed account brings the contacts"
                .to_owned(),
            targeted_mobile_apps: outlook_apps,
            settings: vec![off(outlook::LOCAL_SYNC), off(outlook::LOCAL_SYNC_CHANGE)],
        }
    }
}

impl Document for IosMobileAppConfiguration {
    const TYPE: &'static str = "iosMobileAppConfiguration";
}
