//! The devices that Intune manages: what a rollout starts from, and what it sees of Exchange without its PowerShell.

use serde::{Deserialize, Serialize};

use crate::{
    graph::{Address, Graph, GraphError},
    metadata::Version,
};

const MEMBERS: &str = "id,deviceName,model,operatingSystem,osVersion,complianceState,userPrincipalName,emailAddress,\
                       isSupervised,deviceEnrollmentType,deviceCategoryDisplayName,lastSyncDateTime,easActivated,easDeviceId,exchangeAccessState,exchangeAccessStateReason,\
                       exchangeLastSuccessfulSyncDateTime";

/// `managedDevice`, as far as a rollout needs it. What the service did not say is absent; versions and states are as it
/// writes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManagedDevice {
    /// Intune's id.
    pub id: String,
    /// Its name.
    pub device_name: Option<String>,
    /// Such as `iPhone 15`.
    pub model: Option<String>,
    /// `iOS` or `iPadOS`.
    pub operating_system: Option<String>,
    /// Such as `18.6`.
    pub os_version: Option<String>,
    /// Such as `compliant`, `noncompliant`, `inGracePeriod`.
    pub compliance_state: Option<String>,
    /// Whose.
    pub user_principal_name: Option<String>,
    /// Whose, as an address.
    pub email_address: Option<String>,
    /// Supervised or not.
    pub is_supervised: Option<bool>,
    /// Such as `userEnrollment`, `appleUserEnrollment`, `appleBulkWithUser`.
    pub device_enrollment_type: Option<String>,
    /// The category that the company gave it.
    pub device_category_display_name: Option<String>,
    /// When it last spoke to Intune.
    pub last_sync_date_time: Option<String>,
    /// Whether it is known to Exchange.
    pub eas_activated: Option<bool>,
    /// Its ActiveSync DeviceId.
    pub eas_device_id: Option<String>,
    /// `none`, `unknown`, `allowed`, `blocked`, `quarantined`.
    pub exchange_access_state: Option<String>,
    /// Such as `exchangeDeviceRule`, `azureADBlockDueToAccessPolicy`.
    pub exchange_access_state_reason: Option<String>,
    /// When it last reached Exchange.
    pub exchange_last_successful_sync_date_time: Option<String>,
}

/// All iPhones and iPads.
///
/// # Errors
/// When Graph refuses or does not answer, or a device has no id.
pub async fn managed_devices(graph: &Graph) -> Result<Vec<ManagedDevice>, GraphError> {
    let address = Address::new(Version::V1, &["deviceManagement", "managedDevices"])
        .with("$filter", "operatingSystem eq 'iOS' or operatingSystem eq 'iPadOS'")
        .with("$select", MEMBERS);
    let read = |device| {
        serde_json::from_value(device).map_err(|error| GraphError::NotUnderstood {
            url: "deviceManagement/managedDevices".to_owned(),
            reason: error.to_string(),
        })
    };
    graph.list(&address).await?.into_iter().map(read).collect()
}
