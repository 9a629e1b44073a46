//! `conditionalAccessPolicy`: whose sign-in, to what, needs which controls.

use serde::Serialize;

use super::Document;
use crate::ids::{GroupId, UserId};

/// Office 365 Exchange Online.
pub const EXCHANGE_ONLINE: &str = "00000002-0000-0ff1-ce00-000000000000";

/// A policy. This crate makes it report-only and never names users it was not given: there is no way to say "all".
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConditionalAccessPolicy {
    /// Name in the portal.
    pub display_name: String,
    /// Words in the portal.
    pub description: String,
    /// Always report-only when made.
    pub state: NewPolicyState,
    /// When it applies.
    pub conditions: Conditions,
    /// What it demands.
    pub grant_controls: GrantControls,
}

/// The one state in which a policy may come into being.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum NewPolicyState {
    /// Judged and logged, not enforced.
    #[serde(rename = "enabledForReportingButNotEnforced")]
    ReportOnly,
}

/// `conditionalAccessConditionSet`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Conditions {
    /// Kinds of client.
    pub client_app_types: Vec<ClientAppType>,
    /// Which applications.
    pub applications: Applications,
    /// Who.
    pub users: Users,
    /// On what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platforms: Option<Platforms>,
}

/// `conditionalAccessClientApp`. A native account with OAuth is a mobile app; with a password it is ActiveSync.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)] // the service's own words, nothing to add
pub enum ClientAppType {
    All,
    Browser,
    MobileAppsAndDesktopClients,
    ExchangeActiveSync,
    Other,
}

/// `conditionalAccessApplications`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Applications {
    /// App ids.
    pub include_applications: Vec<String>,
    /// App ids.
    pub exclude_applications: Vec<String>,
}

/// `conditionalAccessUsers`.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Users {
    /// Users.
    pub include_users: Vec<UserId>,
    /// Groups.
    pub include_groups: Vec<GroupId>,
    /// Users.
    pub exclude_users: Vec<UserId>,
    /// Groups.
    pub exclude_groups: Vec<GroupId>,
}

/// `conditionalAccessPlatforms`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Platforms {
    /// Such as iOS.
    pub include_platforms: Vec<DevicePlatform>,
    /// Such as iOS.
    pub exclude_platforms: Vec<DevicePlatform>,
}

/// `conditionalAccessDevicePlatform`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)] // the service's own words, nothing to add
pub enum DevicePlatform {
    Android,
    #[serde(rename = "iOS")]
    Ios,
    Windows,
    WindowsPhone,
    #[serde(rename = "macOS")]
    MacOs,
    Linux,
    All,
}

/// `conditionalAccessGrantControls`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GrantControls {
    /// How they are joined.
    pub operator: Operator,
    /// What is demanded.
    pub built_in_controls: Vec<GrantControl>,
    /// Others' factors.
    pub custom_authentication_factors: Vec<String>,
    /// Terms of use.
    pub terms_of_use: Vec<String>,
}

/// How controls are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Operator {
    /// One of them.
    #[serde(rename = "OR")]
    Or,
    /// All of them.
    #[serde(rename = "AND")]
    And,
}

/// `conditionalAccessGrantControl`, those that a native client can meet or that concern it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GrantControl {
    /// Nobody.
    Block,
    /// A second factor.
    Mfa,
    /// A compliant device.
    CompliantDevice,
    /// An app under app protection. No native client can meet it.
    CompliantApplication,
}

impl ConditionalAccessPolicy {
    /// Exchange Online from iOS by modern sign-in: a compliant device; or, for phones that are not enrolled, an app
    /// under app protection.
    pub fn compliant_ios(display_name: String, users: Users, or_protected_app: bool) -> Self {
        let mut built_in_controls = vec![GrantControl::CompliantDevice];
        if or_protected_app {
            built_in_controls.push(GrantControl::CompliantApplication);
        }
        Self {
            display_name,
            description: "Exchange on iOS needs a compliant device, which the native contacts account can be on"
                .to_owned(),
            state: NewPolicyState::ReportOnly,
            conditions: Conditions {
                client_app_types: vec![ClientAppType::MobileAppsAndDesktopClients],
                applications: exchange_online(),
                users,
                platforms: Some(Platforms {
                    include_platforms: vec![DevicePlatform::Ios],
                    exclude_platforms: Vec::new(),
                }),
            },
            grant_controls: GrantControls {
                operator: Operator::Or,
                built_in_controls,
                custom_authentication_factors: Vec::new(),
                terms_of_use: Vec::new(),
            },
        }
    }

    /// ActiveSync with passwords is blocked. Exchange Online has to be its only application.
    pub fn block_basic_eas(display_name: String, users: Users) -> Self {
        Self {
            display_name,
            description: "ActiveSync without modern sign-in is refused".to_owned(),
            state: NewPolicyState::ReportOnly,
            conditions: Conditions {
                client_app_types: vec![ClientAppType::ExchangeActiveSync],
                applications: exchange_online(),
                users,
                platforms: None,
            },
            grant_controls: GrantControls {
                operator: Operator::Or,
                built_in_controls: vec![GrantControl::Block],
                custom_authentication_factors: Vec::new(),
                terms_of_use: Vec::new(),
            },
        }
    }
}

fn exchange_online() -> Applications {
    Applications { include_applications: vec![EXCHANGE_ONLINE.to_owned()], exclude_applications: Vec::new() }
}

impl Document for ConditionalAccessPolicy {
    const TYPE: &'static str = "conditionalAccessPolicy";
}
