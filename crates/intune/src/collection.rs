//! Where objects live in Graph, and what each place needs: version, paths, permissions.

use serde::{Deserialize, Serialize};

use crate::{graph::Address, metadata::Version};

/// A collection of objects in the tenant.
///
/// Intune's are read and written in beta: v1.0 does not show an assignment's filter, so a difference there would be
/// overlooked, and has no e-mail profile at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)] // Graph's own words, nothing to add
pub enum Collection {
    AssignmentFilters,
    ServicePrincipals,
    Oauth2PermissionGrants,
    MobileAppConfigurations,
    TargetedManagedAppConfigurations,
    IosManagedAppProtections,
    DeviceConfigurations,
    DeviceCompliancePolicies,
    ConditionalAccessPolicies,
}

impl Collection {
    /// Which version it is spoken to in.
    pub fn version(self) -> Version {
        match self {
            Self::ServicePrincipals | Self::Oauth2PermissionGrants | Self::ConditionalAccessPolicies => Version::V1,
            _ => Version::Beta,
        }
    }

    fn segments(self) -> &'static [&'static str] {
        match self {
            Self::AssignmentFilters => &["deviceManagement", "assignmentFilters"],
            Self::ServicePrincipals => &["servicePrincipals"],
            Self::Oauth2PermissionGrants => &["oauth2PermissionGrants"],
            Self::MobileAppConfigurations => &["deviceAppManagement", "mobileAppConfigurations"],
            Self::TargetedManagedAppConfigurations => &["deviceAppManagement", "targetedManagedAppConfigurations"],
            Self::IosManagedAppProtections => &["deviceAppManagement", "iosManagedAppProtections"],
            Self::DeviceConfigurations => &["deviceManagement", "deviceConfigurations"],
            Self::DeviceCompliancePolicies => &["deviceManagement", "deviceCompliancePolicies"],
            Self::ConditionalAccessPolicies => &["identity", "conditionalAccess", "policies"],
        }
    }

    fn expand(self) -> Option<&'static str> {
        match self {
            Self::AssignmentFilters
            | Self::ServicePrincipals
            | Self::Oauth2PermissionGrants
            | Self::ConditionalAccessPolicies => None,
            Self::MobileAppConfigurations | Self::DeviceConfigurations => Some("assignments"),
            Self::TargetedManagedAppConfigurations | Self::IosManagedAppProtections => Some("apps,assignments"),
            Self::DeviceCompliancePolicies => {
                Some("assignments,scheduledActionsForRule($expand=scheduledActionConfigurations)")
            }
        }
    }

    /// Whether objects here are assigned to groups.
    pub fn assignable(self) -> bool {
        self.expand().is_some()
    }

    /// Whether an object may be made into another type's: only collections with several types have that question.
    pub(crate) fn holds_several_types(self) -> bool {
        matches!(self, Self::DeviceConfigurations)
    }

    /// The whole collection, with what a difference is looked for in.
    pub(crate) fn all(self) -> Address {
        let address = Address::new(self.version(), self.segments());
        match self.expand() {
            Some(expand) => address.with("$expand", expand),
            None => address,
        }
    }

    /// Objects that fulfil an OData filter.
    pub(crate) fn filtered(self, filter: &str) -> Address {
        self.all().with("$filter", filter)
    }

    /// One object, to be read.
    pub(crate) fn item(self, id: &str) -> Address {
        self.all().below(&[id])
    }

    /// One object, to be written.
    pub(crate) fn bare_item(self, id: &str) -> Address {
        Address::new(self.version(), self.segments()).below(&[id])
    }

    /// Where objects are created.
    pub(crate) fn bare(self) -> Address {
        Address::new(self.version(), self.segments())
    }

    /// The action that replaces an object's assignments.
    pub(crate) fn assign(self, id: &str) -> Address {
        match self {
            // Only the derived type has the action; the collection's own type does not declare it.
            Self::MobileAppConfigurations => {
                self.bare_item(id).below(&["microsoft.graph.managedDeviceMobileAppConfiguration", "assign"])
            }
            _ => self.bare_item(id).below(&["assign"]),
        }
    }

    /// Where the service counts on how many devices it arrived.
    pub(crate) fn status(self, id: &str) -> Option<Address> {
        match self {
            Self::DeviceConfigurations | Self::DeviceCompliancePolicies => {
                Some(self.bare_item(id).below(&["deviceStatusOverview"]))
            }
            Self::MobileAppConfigurations => Some(self.bare_item(id).below(&["deviceStatusSummary"])),
            _ => None,
        }
    }
}

/// The application permission that a request to this path needs, for a message about a 403.
pub(crate) fn permission_for(path: &str, write: bool) -> &'static str {
    const TABLE: [(&str, &str, &str); 5] = [
        (
            "/conditionalAccess/",
            "Policy.Read.All",
            "Policy.Read.All, Policy.ReadWrite.ConditionalAccess and Application.Read.All",
        ),
        ("/servicePrincipals", "Application.Read.All", "Application.ReadWrite.All"),
        ("/oauth2PermissionGrants", "Directory.Read.All", "DelegatedPermissionGrant.ReadWrite.All"),
        ("/deviceAppManagement/", "DeviceManagementApps.Read.All", "DeviceManagementApps.ReadWrite.All"),
        ("/managedDevices", "DeviceManagementManagedDevices.Read.All", "DeviceManagementManagedDevices.ReadWrite.All"),
    ];
    let rest = ("", "DeviceManagementConfiguration.Read.All", "DeviceManagementConfiguration.ReadWrite.All");
    let (_, reading, writing) = TABLE.into_iter().find(|(part, ..)| path.contains(part)).unwrap_or(rest);
    if write { writing } else { reading }
}
