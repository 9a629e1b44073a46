//! `managedMobileApp`: which apps a policy for managed apps is about. Set with the action `targetApps`, not by PATCH.

use serde::Serialize;

use super::outlook;

/// One app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ManagedMobileApp {
    /// By its bundle id.
    pub mobile_app_identifier: IosMobileAppIdentifier,
}

/// `iosMobileAppIdentifier`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IosMobileAppIdentifier {
    #[serde(rename = "@odata.type")]
    odata_type: &'static str,
    /// Such as `com.microsoft.Office.Outlook`.
    #[serde(rename = "bundleId")]
    pub bundle_id: String,
}

impl ManagedMobileApp {
    /// An app on iOS.
    pub fn ios(bundle_id: &str) -> Self {
        let odata_type = "#microsoft.graph.iosMobileAppIdentifier";
        Self { mobile_app_identifier: IosMobileAppIdentifier { odata_type, bundle_id: bundle_id.to_owned() } }
    }

    /// Outlook on iOS.
    pub fn outlook() -> Self {
        Self::ios(outlook::BUNDLE_ID)
    }
}

/// `targetedManagedAppGroupType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum TargetedManagedAppGroupType {
    /// The apps that are named.
    SelectedPublicApps,
    /// Microsoft's core apps.
    AllCoreMicrosoftApps,
    /// All of Microsoft's apps.
    AllMicrosoftApps,
    /// All apps.
    AllApps,
}

/// `appManagementLevel`, of which a policy may have several: on which devices a policy for managed apps applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum AppManagementLevel {
    /// On all.
    Unspecified,
    /// On devices that are not enrolled.
    Unmanaged,
    /// On enrolled devices.
    Mdm,
}
