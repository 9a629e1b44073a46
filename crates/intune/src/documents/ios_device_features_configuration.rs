//! `iosDeviceFeaturesConfiguration` with Microsoft's SSO extension (beta).
//!
//! Since device keys live in the Secure Enclave, web views such as the account's sign-in meet "require compliant
//! device" only through this extension. It needs Microsoft Authenticator on the device.

use serde::Serialize;

use super::{Document, default_scope_tags};

/// Device features: here, the SSO extension alone.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IosDeviceFeaturesConfiguration {
    /// Name in the portal.
    pub display_name: String,
    /// Words in the portal.
    pub description: String,
    /// Who may administer it.
    pub role_scope_tag_ids: Vec<String>,
    /// The extension.
    pub ios_single_sign_on_extension: IosAzureAdSingleSignOnExtension,
}

/// `iosAzureAdSingleSignOnExtension`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IosAzureAdSingleSignOnExtension {
    #[serde(rename = "@odata.type")]
    odata_type: &'static str,
    /// Shared devices.
    pub enable_shared_device_mode: bool,
    /// Apps without Microsoft's library that may use it, by bundle id.
    pub bundle_id_access_control_list: Vec<String>,
    /// The extension's own keys.
    pub configurations: Vec<KeyTypedValuePair>,
}

/// `keyTypedValuePair`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "@odata.type")]
pub enum KeyTypedValuePair {
    /// Text.
    #[serde(rename = "#microsoft.graph.keyStringValuePair")]
    String {
        /// The key.
        key: String,
        /// The value.
        value: String,
    },
    /// A number.
    #[serde(rename = "#microsoft.graph.keyIntegerValuePair")]
    Integer {
        /// The key.
        key: String,
        /// The value.
        value: i32,
    },
}

impl IosDeviceFeaturesConfiguration {
    /// The extension for Apple's own sign-in views.
    pub fn single_sign_on(display_name: String) -> Self {
        let on = |key: &str| KeyTypedValuePair::Integer { key: key.to_owned(), value: 1 };
        let prefix = KeyTypedValuePair::String { key: "AppPrefixAllowList".to_owned(), value: "com.apple.".to_owned() };
        Self {
            display_name,
            description: "The account's sign-in can show that the device is compliant".to_owned(),
            role_scope_tag_ids: default_scope_tags(),
            ios_single_sign_on_extension: IosAzureAdSingleSignOnExtension {
                odata_type: "#microsoft.graph.iosAzureAdSingleSignOnExtension",
                enable_shared_device_mode: false,
                bundle_id_access_control_list: Vec::new(),
                configurations: vec![prefix, on("browser_sso_interaction_enabled"), on("disable_explicit_app_prompt")],
            },
        }
    }
}

impl Document for IosDeviceFeaturesConfiguration {
    const TYPE: &'static str = "iosDeviceFeaturesConfiguration";
}
