//! `deviceAndAppManagementAssignmentFilter` (beta): a rule over devices that assignments can name.

use serde::Serialize;

use super::{Document, default_scope_tags};

/// A filter.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceAndAppManagementAssignmentFilter {
    /// Name in the portal.
    pub display_name: String,
    /// Words in the portal.
    pub description: String,
    /// `devicePlatformType`.
    platform: &'static str,
    /// The rule.
    pub rule: String,
    /// Who may administer it.
    pub role_scope_tags: Vec<String>,
}

impl DeviceAndAppManagementAssignmentFilter {
    /// iOS 13 and later: older versions ignore which services an account is for, and would take all of them.
    pub fn ios_13(display_name: String) -> Self {
        Self {
            display_name,
            description: "Older versions ignore which services an account is for".to_owned(),
            platform: "iOS",
            rule: r#"(device.operatingSystemVersion -ge "13.0")"#.to_owned(),
            role_scope_tags: default_scope_tags(),
        }
    }
}

impl Document for DeviceAndAppManagementAssignmentFilter {
    const TYPE: &'static str = "deviceAndAppManagementAssignmentFilter";
}
