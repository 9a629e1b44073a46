//! What an object of an export is: by `@odata.type`, by its properties, by `@odata.context`, by the name of its file.

use super::value::Object;

/// The kinds of object that are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    EmailProfile,
    CustomConfiguration,
    GeneralConfiguration,
    FeaturesConfiguration,
    CompliancePolicy,
    ManagedAppsConfiguration,
    ManagedDevicesConfiguration,
    AppProtection,
    ConditionalAccessPolicy,
    NamedLocation,
    Group,
    DirectoryRole,
    User,
    ServicePrincipal,
    PermissionGrant,
    AuthorizationPolicy,
    ManagedDevice,
    AssignmentFilter,
    MobileApp,
    Organization,
    DeviceAccessRule,
    ActiveSyncSettings,
    CasMailbox,
    MobileDevice,
    MobileDevicePolicy,
}

impl Kind {
    /// By `@odata.type`, without `#microsoft.graph.`; `None` for a type that is not judged.
    pub(crate) fn of_type(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "ioseasemailprofileconfiguration" => Self::EmailProfile,
            "ioscustomconfiguration" => Self::CustomConfiguration,
            "iosgeneraldeviceconfiguration" => Self::GeneralConfiguration,
            "iosdevicefeaturesconfiguration" => Self::FeaturesConfiguration,
            "ioscompliancepolicy" => Self::CompliancePolicy,
            "targetedmanagedappconfiguration" => Self::ManagedAppsConfiguration,
            "iosmobileappconfiguration" => Self::ManagedDevicesConfiguration,
            "iosmanagedappprotection" | "defaultmanagedappprotection" => Self::AppProtection,
            "conditionalaccesspolicy" | "whatifanalysisresult" => Self::ConditionalAccessPolicy,
            "ipnamedlocation" | "countrynamedlocation" => Self::NamedLocation,
            "group" => Self::Group,
            "directoryrole" => Self::DirectoryRole,
            "user" => Self::User,
            "serviceprincipal" => Self::ServicePrincipal,
            "oauth2permissiongrant" => Self::PermissionGrant,
            "authorizationpolicy" => Self::AuthorizationPolicy,
            "manageddevice" => Self::ManagedDevice,
            "deviceandappmanagementassignmentfilter" => Self::AssignmentFilter,
            "iosstoreapp"
            | "managediosstoreapp"
            | "iosvppapp"
            | "ioslobapp"
            | "managedioslobapp"
            | "webapp"
            | "ioswebclip"
            | "androidstoreapp"
            | "managedandroidstoreapp"
            | "androidmanagedstoreapp"
            | "androidforworkapp"
            | "mobileapp" => Self::MobileApp,
            "organization" => Self::Organization,
            _ => return None,
        })
    }

    /// By the properties it has.
    pub(crate) fn of_properties(object: Object<'_>) -> Option<Self> {
        let any = |names: &[&str]| object.names_any(names);
        let all = |names: &[&str]| names.iter().all(|name| object.names(name));
        let table: [(bool, Self); 29] = [
            (all(&["Characteristic", "QueryString"]), Self::DeviceAccessRule),
            (any(&["DefaultAccessLevel"]), Self::ActiveSyncSettings),
            (any(&["ActiveSyncEnabled", "ActiveSyncAllowedDeviceIDs"]), Self::CasMailbox),
            (any(&["AllowNonProvisionableDevices", "AllowSimplePassword"]), Self::MobileDevicePolicy),
            (any(&["DeviceAccessState", "DeviceUserAgent"]), Self::MobileDevice),
            (any(&["ClientVersion"]) && any(&["DeviceType", "ClientType", "DeviceModel"]), Self::MobileDevice),
            (all(&["DeviceId", "DeviceType"]), Self::MobileDevice),
            (all(&["DeviceType", "UserDisplayName"]) && !any(&["osVersion"]), Self::MobileDevice),
            (
                any(&["conditions"]) && any(&["grantControls", "sessionControls", "state"]),
                Self::ConditionalAccessPolicy,
            ),
            (any(&["easServices", "easServicesUserOverrideEnabled"]), Self::EmailProfile),
            (all(&["hostName", "useOAuth"]), Self::EmailProfile),
            (any(&["payload"]) && any(&["payloadName", "payloadFileName"]), Self::CustomConfiguration),
            (any(&["iosSingleSignOnExtension"]), Self::FeaturesConfiguration),
            (
                any(&[
                    "contactsAllowManagedToUnmanagedWrite",
                    "contactsAllowUnmanagedToManagedRead",
                    "documentsBlockManagedDocumentsInUnmanagedApps",
                ]),
                Self::GeneralConfiguration,
            ),
            (any(&["managedEmailProfileRequired"]), Self::CompliancePolicy),
            (any(&["contactSyncBlocked"]), Self::AppProtection),
            (
                any(&["targetedMobileApps"]) && any(&["settings", "encodedSettingXml"]),
                Self::ManagedDevicesConfiguration,
            ),
            (any(&["customSettings"]), Self::ManagedAppsConfiguration),
            (all(&["clientId", "scope"]) && any(&["consentType", "resourceId"]), Self::PermissionGrant),
            (any(&["osVersion"]) && any(&["operatingSystem", "complianceState", "deviceName"]), Self::ManagedDevice),
            (any(&["roleTemplateId"]), Self::DirectoryRole),
            (any(&["members", "groupTypes", "securityEnabled", "membershipRule"]), Self::Group),
            (any(&["verifiedDomains"]), Self::Organization),
            (any(&["defaultUserRolePermissions"]), Self::AuthorizationPolicy),
            (any(&["userPrincipalName"]), Self::User),
            (any(&["ipRanges", "countriesAndRegions"]), Self::NamedLocation),
            (all(&["rule", "platform"]), Self::AssignmentFilter),
            (any(&["bundleId", "appStoreUrl"]), Self::MobileApp),
            (
                any(&["appId"]) && any(&["displayName", "appDisplayName", "accountEnabled", "servicePrincipalType"]),
                Self::ServicePrincipal,
            ),
        ];
        table.into_iter().find_map(|(is, kind)| is.then_some(kind))
    }

    /// By `@odata.context`, such as `https://graph.microsoft.com/v1.0/$metadata#groups(members())/$entity`.
    pub(crate) fn of_context(context: &str) -> Option<Self> {
        let path = context.split_once('#')?.1.to_ascii_lowercase();
        if let Some((_, rest)) = path.split_once("microsoft.graph.") {
            let name: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
            if let Some(kind) = Self::of_type(&name) {
                return Some(kind);
            }
        }
        let segments: Vec<&str> = path.split('/').map(|part| part.split('(').next().unwrap_or_default()).collect();
        let has = |name: &str| segments.contains(&name);
        if has("conditionalaccess") {
            return match () {
                () if has("policies") => Some(Self::ConditionalAccessPolicy),
                () if has("namedlocations") => Some(Self::NamedLocation),
                () => None,
            };
        }
        let table = [
            ("devicecompliancepolicies", Self::CompliancePolicy),
            ("targetedmanagedappconfigurations", Self::ManagedAppsConfiguration),
            ("mobileappconfigurations", Self::ManagedDevicesConfiguration),
            ("iosmanagedappprotections", Self::AppProtection),
            ("manageddevices", Self::ManagedDevice),
            ("assignmentfilters", Self::AssignmentFilter),
            ("mobileapps", Self::MobileApp),
            ("oauth2permissiongrants", Self::PermissionGrant),
            ("serviceprincipals", Self::ServicePrincipal),
            ("authorizationpolicy", Self::AuthorizationPolicy),
            ("directoryroles", Self::DirectoryRole),
            ("organization", Self::Organization),
            ("groups", Self::Group),
            ("users", Self::User),
        ];
        table.into_iter().find_map(|(name, kind)| has(name).then_some(kind))
    }

    /// By the name of its file, such as `Get-CASMailbox.json` or `groups/pilot.json`.
    pub(crate) fn of_file(name: &str) -> Option<Self> {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        let table = [
            ("activesyncdeviceaccessrule", Self::DeviceAccessRule),
            ("activesyncorganizationsettings", Self::ActiveSyncSettings),
            ("casmailbox", Self::CasMailbox),
            ("mobiledevicemailboxpolicy", Self::MobileDevicePolicy),
            ("mobiledevicestatistics", Self::MobileDevice),
            ("mobiledevice", Self::MobileDevice),
            ("conditionalaccess", Self::ConditionalAccessPolicy),
            ("namedlocation", Self::NamedLocation),
            ("permissiongrant", Self::PermissionGrant),
            ("serviceprincipal", Self::ServicePrincipal),
            ("authorizationpolicy", Self::AuthorizationPolicy),
            ("directoryrole", Self::DirectoryRole),
            ("manageddevice", Self::ManagedDevice),
            ("assignmentfilter", Self::AssignmentFilter),
            ("emailprofile", Self::EmailProfile),
            ("compliance", Self::CompliancePolicy),
            ("managedappconfiguration", Self::ManagedAppsConfiguration),
            ("mobileappconfiguration", Self::ManagedDevicesConfiguration),
            ("appprotection", Self::AppProtection),
            ("mobileapp", Self::MobileApp),
            ("organization", Self::Organization),
            ("group", Self::Group),
            ("user", Self::User),
        ];
        table.into_iter().find_map(|(part, kind)| plain.contains(part).then_some(kind))
    }
}
