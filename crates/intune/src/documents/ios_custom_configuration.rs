//! `iosCustomConfiguration`: a configuration profile of one's own.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;

use super::Document;

/// A profile, byte for byte.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IosCustomConfiguration {
    /// Name in the portal.
    pub display_name: String,
    /// Words in the portal.
    pub description: String,
    /// Name that people see.
    pub payload_name: String,
    /// Ends in `.mobileconfig`.
    pub payload_file_name: String,
    /// The profile in base64.
    pub payload: String,
}

impl IosCustomConfiguration {
    /// Carries this profile, signed or not.
    pub fn carrying(display_name: String, payload_name: String, file_stem: &str, profile: &[u8]) -> Self {
        Self {
            display_name,
            description: "The managed contacts account: contacts only, with this company's own sign-in".to_owned(),
            payload_name,
            payload_file_name: format!("{file_stem}.mobileconfig"),
            payload: STANDARD.encode(profile),
        }
    }
}

impl Document for IosCustomConfiguration {
    const TYPE: &'static str = "iosCustomConfiguration";
}
