//! What is laid down for devices and apps: restrictions, the sign-in extension, compliance, app protection.

use std::collections::BTreeSet;

use super::{
    outlook_configuration::{Apps, ManagementLevels, managed_apps},
    payload::{RestrictionKeys, SSO_EXTENSION},
    value::Object,
};

/// The contacts boundary as one object lays it down, in the words of Graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Restrictions {
    /// The master switch: managed documents stay in managed apps. `None` where the object does not say.
    pub master: Option<bool>,
    /// The exception that lets personal apps read managed contacts.
    pub unmanaged_read: Option<bool>,
    /// The exception that lets managed apps write to personal contacts.
    pub managed_write: Option<bool>,
}

impl Restrictions {
    /// From an `iosGeneralDeviceConfiguration`. Its `false` is "not configured", so nothing is laid down by it.
    pub(crate) fn read(object: Object<'_>) -> Self {
        let set = |name: &str| object.flag(name).filter(|value| *value);
        Self {
            master: set("documentsBlockManagedDocumentsInUnmanagedApps"),
            unmanaged_read: set("contactsAllowUnmanagedToManagedRead"),
            managed_write: set("contactsAllowManagedToUnmanagedWrite"),
        }
    }

    /// From Apple's payload.
    pub(crate) fn of_payload(keys: RestrictionKeys) -> Self {
        Self {
            master: keys.managed_to_unmanaged.map(|allowed| !allowed),
            unmanaged_read: keys.unmanaged_read,
            managed_write: keys.managed_write,
        }
    }
}

/// Whether an `iosDeviceFeaturesConfiguration` brings Microsoft's plug-in, and for Apple's own programs.
pub(crate) fn brings_sso_plug_in(object: Object<'_>) -> bool {
    let Some(extension) = object.object("iosSingleSignOnExtension") else { return false };
    let kind = extension.text("@odata.type").unwrap_or_default().to_ascii_lowercase();
    let identifier = extension.text("extensionIdentifier").unwrap_or_default().to_ascii_lowercase();
    let microsofts = kind.ends_with("azureadsinglesignonextension")
        || identifier == SSO_EXTENSION
        || (kind.is_empty() && identifier.is_empty());
    microsofts && reaches_settings(extension)
}

/// The account is added in Apple's Settings: the list of prefixes must cover it. Without a list it does.
fn reaches_settings(extension: Object<'_>) -> bool {
    let value = |wanted: &str| {
        extension.objects("configurations").into_iter().find_map(|pair| {
            pair.text("key").filter(|key| key.eq_ignore_ascii_case(wanted))?;
            pair.first_text(&["value", "stringValue"])
        })
    };
    let Some(prefixes) = value("AppPrefixAllowList") else { return true };
    let covers = |prefix: &str| "com.apple.".starts_with(prefix.trim()) && !prefix.trim().is_empty();
    let listed = value("AppAllowList").unwrap_or_default();
    let bundles = extension.texts("bundleIdAccessControlList");
    let names: Vec<&str> = listed.split(',').chain(bundles.iter().map(String::as_str)).map(str::trim).collect();
    prefixes.split(',').any(covers) || names.iter().any(|name| name.eq_ignore_ascii_case("com.apple.Preferences"))
}

/// `iosCompliancePolicy`, as far as it concerns the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compliance {
    /// `managedEmailProfileRequired`.
    pub email_profile_required: bool,
    /// Hours until a phone that does not comply is blocked; `None` where the export has no such action.
    pub grace_hours: Option<i64>,
}

impl Compliance {
    pub(crate) fn read(object: Object<'_>) -> Self {
        let blocks = object.objects("scheduledActionsForRule").into_iter().flat_map(|rule| {
            rule.objects("scheduledActionConfigurations").into_iter().filter_map(|action| {
                let block = action.text("actionType").is_none_or(|kind| kind.eq_ignore_ascii_case("block"));
                block.then(|| action.number("gracePeriodHours").unwrap_or(0))
            })
        });
        Self {
            email_profile_required: object.flag("managedEmailProfileRequired").unwrap_or(false),
            grace_hours: blocks.min(),
        }
    }
}

/// `iosManagedAppProtection`, as far as it concerns contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppProtection {
    /// `contactSyncBlocked`.
    pub contact_sync_blocked: bool,
    /// For which apps.
    pub apps: Apps,
    /// On which phones.
    pub levels: ManagementLevels,
}

impl AppProtection {
    pub(crate) fn read(object: Object<'_>) -> Self {
        Self {
            contact_sync_blocked: object.flag("contactSyncBlocked").unwrap_or(false),
            apps: managed_apps(object),
            levels: ManagementLevels::read(object),
        }
    }
}

/// Properties that Graph's v1.0 does not have, of those that an export of the object shows.
pub(crate) fn beta_properties(object: Object<'_>, names: &[&'static str]) -> BTreeSet<&'static str> {
    names.iter().copied().filter(|name| object.get(name).is_some()).collect()
}
