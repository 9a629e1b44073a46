//! Assignments: to whom a policy goes. `/assign` replaces the whole list.

use serde::Serialize;
use serde_json::{Value, json};

use crate::ids::GroupId;

/// `deviceAndAppManagementAssignmentTarget`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "@odata.type")]
pub enum Target {
    /// Members of a group.
    #[serde(rename = "#microsoft.graph.groupAssignmentTarget", rename_all = "camelCase")]
    Group {
        /// The group.
        group_id: GroupId,
        /// Which of their devices.
        #[serde(flatten)]
        filter: Option<Filter>,
    },
    /// All but the members of a group. Never with a filter.
    #[serde(rename = "#microsoft.graph.exclusionGroupAssignmentTarget", rename_all = "camelCase")]
    ExclusionGroup {
        /// The group.
        group_id: GroupId,
    },
    /// All users with a licence.
    #[serde(rename = "#microsoft.graph.allLicensedUsersAssignmentTarget")]
    AllLicensedUsers {
        /// Which of their devices.
        #[serde(flatten)]
        filter: Option<Filter>,
    },
    /// All devices.
    #[serde(rename = "#microsoft.graph.allDevicesAssignmentTarget")]
    AllDevices {
        /// Which of them.
        #[serde(flatten)]
        filter: Option<Filter>,
    },
}

/// An assignment filter on a target (beta).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Filter {
    /// The filter's id, or a [reference](crate::role::Role::reference) to one that is made by the same plan.
    #[serde(rename = "deviceAndAppManagementAssignmentFilterId")]
    pub id: String,
    /// How it is meant.
    #[serde(rename = "deviceAndAppManagementAssignmentFilterType")]
    pub mode: FilterMode,
}

/// `deviceAndAppManagementAssignmentFilterType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum FilterMode {
    /// Only devices that match.
    Include,
    /// Only devices that do not.
    Exclude,
}

impl Target {
    /// One element of `assignments`.
    ///
    /// # Errors
    /// Never with the targets above.
    pub fn assignment(&self) -> serde_json::Result<Value> {
        Ok(json!({ "target": serde_json::to_value(self)? }))
    }
}
