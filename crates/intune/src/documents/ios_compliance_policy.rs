//! `iosCompliancePolicy`: when a device counts as compliant.

use serde::Serialize;

use super::Document;

/// A compliance policy.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_excessive_bools)] // the service's own properties
pub struct IosCompliancePolicy {
    /// Name in the portal.
    pub display_name: String,
    /// Words in the portal.
    pub description: String,
    /// Lowest iOS.
    pub os_minimum_version: String,
    /// "Unable to set up email on the device: Require". Devices whose people made the account by hand, or whose policy
    /// reaches others than the e-mail profile does, are not compliant with it.
    pub managed_email_profile_required: bool,
    /// No jailbreaks.
    pub security_block_jailbroken_devices: bool,
    /// A passcode.
    pub passcode_required: bool,
    /// Of which kind.
    pub passcode_required_type: RequiredPasswordType,
    /// No 1234.
    pub passcode_block_simple: bool,
    /// Threat protection.
    pub device_threat_protection_enabled: bool,
    /// How strict.
    pub device_threat_protection_required_security_level: DeviceThreatProtectionLevel,
    /// What happens when a device is not compliant. There is no policy without a block action.
    pub scheduled_actions_for_rule: [ScheduledActionForRule; 1],
}

/// `requiredPasswordType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum RequiredPasswordType {
    /// As the device has it.
    DeviceDefault,
    /// Letters too.
    Alphanumeric,
    /// Digits.
    Numeric,
}

/// `deviceThreatProtectionLevel`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)] // the service's own words, nothing to add
pub enum DeviceThreatProtectionLevel {
    Unavailable,
    Secured,
    Low,
    Medium,
    High,
    NotSet,
}

/// `deviceComplianceScheduledActionForRule`. Changed by the action `scheduleActionsForRules`, not by PATCH.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScheduledActionForRule {
    /// `PasswordRequired` stands for all rules.
    pub rule_name: String,
    /// One action.
    pub scheduled_action_configurations: [ActionItem; 1],
}

/// `deviceComplianceActionItem`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ActionItem {
    action_type: &'static str,
    /// Hours before it is done.
    pub grace_period_hours: u32,
    notification_template_id: &'static str,
    #[serde(rename = "notificationMessageCCList")]
    notification_message_cc_list: [String; 0],
}

impl IosCompliancePolicy {
    /// A base line: iOS 13, a passcode, no jailbreak; blocked after these hours of grace.
    pub fn baseline(display_name: String, grace_period_hours: u32) -> Self {
        let block = ActionItem {
            action_type: "block",
            grace_period_hours,
            notification_template_id: "",
            notification_message_cc_list: [],
        };
        Self {
            display_name,
            description: "What a device needs before it gets company contacts".to_owned(),
            os_minimum_version: "13.0".to_owned(),
            managed_email_profile_required: false,
            security_block_jailbroken_devices: true,
            passcode_required: true,
            passcode_required_type: RequiredPasswordType::DeviceDefault,
            passcode_block_simple: false,
            device_threat_protection_enabled: false,
            device_threat_protection_required_security_level: DeviceThreatProtectionLevel::Unavailable,
            scheduled_actions_for_rule: [ScheduledActionForRule {
                rule_name: "PasswordRequired".to_owned(),
                scheduled_action_configurations: [block],
            }],
        }
    }
}

impl Document for IosCompliancePolicy {
    const TYPE: &'static str = "iosCompliancePolicy";
}
