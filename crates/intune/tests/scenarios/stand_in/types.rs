//! The published types, written down a second time from the published pages, for the stand-in alone.
//!
//! One line per property: name, then what it takes. `!` after the name: may not be null. `*`: has to be there on create.
//! `^`: only the service writes it. `@`: a navigation, not changed by PATCH. `~`: only beta has it.

use std::{collections::BTreeMap, sync::LazyLock};

const EMAIL: &str = "
accountName!* text
authenticationMethod one:usernameAndPassword|certificate|derivedCredential
blockMovingMessagesToOtherEmailAccounts bool
blockSendingEmailFromThirdPartyApps bool
blockSyncingRecentlyUsedEmailAddresses bool
durationOfEmailToSync!* one:userDefined|oneDay|threeDays|oneWeek|twoWeeks|oneMonth|unlimited
easServices some:none|calendars|contacts|email|notes|reminders
easServicesUserOverrideEnabled bool
emailAddressSource!* one:userPrincipalName|primarySmtpAddress
hostName!* text
perAppVPNProfileId text
requireSmime bool
requireSsl!* bool
useOAuth bool
usernameSource!* one:userPrincipalName|primarySmtpAddress
usernameAADSource one:userPrincipalName|primarySmtpAddress|samAccountName
userDomainNameSource one:fullDomainName|netBiosDomainName
customDomainName text
";

const CONFIGURATION: &str = "
id^ text
displayName!* text
description text
version^ number
createdDateTime^ text
lastModifiedDateTime^ text
roleScopeTagIds~ texts
supportsScopeTags^~ bool
assignments@ any
";

const MANAGED: &str = "
id^ text
displayName!* text
description text
version^ text
createdDateTime^ text
lastModifiedDateTime^ text
roleScopeTagIds~ texts
isAssigned^ bool
deployedAppCount^ number
appGroupType~ one:selectedPublicApps|allCoreMicrosoftApps|allMicrosoftApps|allApps
targetedAppManagementLevels~ some:unspecified|unmanaged|mdm|androidEnterprise
apps@ apps
assignments@ any
";

const TABLE: &[(&str, &str, bool, &[&str])] = &[
    ("iosEasEmailProfileConfiguration", "deviceConfigurations", true, &[CONFIGURATION, EMAIL]),
    (
        "iosCustomConfiguration",
        "deviceConfigurations",
        false,
        &[CONFIGURATION, "payloadName!* text\npayloadFileName text\npayload!* base64"],
    ),
    (
        "iosGeneralDeviceConfiguration",
        "deviceConfigurations",
        false,
        &[
            CONFIGURATION,
            "documentsBlockManagedDocumentsInUnmanagedApps! bool
             documentsBlockUnmanagedDocumentsInManagedApps! bool
             contactsAllowManagedToUnmanagedWrite!~ bool
             contactsAllowUnmanagedToManagedRead!~ bool
             airDropForceUnmanagedDropTarget! bool
             passcodeRequired! bool",
        ],
    ),
    (
        "iosDeviceFeaturesConfiguration",
        "deviceConfigurations",
        false,
        &[CONFIGURATION, "assetTagTemplate text\nlockScreenFootnote text\niosSingleSignOnExtension~ sso"],
    ),
    (
        "iosCompliancePolicy",
        "deviceCompliancePolicies",
        false,
        &[
            CONFIGURATION,
            "passcodeBlockSimple! bool
             passcodeMinimumLength number
             passcodeRequiredType! one:deviceDefault|alphanumeric|numeric
             passcodeRequired! bool
             osMinimumVersion text
             osMaximumVersion text
             securityBlockJailbrokenDevices! bool
             deviceThreatProtectionEnabled! bool
             deviceThreatProtectionRequiredSecurityLevel! one:unavailable|secured|low|medium|high|notSet
             managedEmailProfileRequired! bool
             scheduledActionsForRule@* rules",
        ],
    ),
    (
        "iosMobileAppConfiguration",
        "mobileAppConfigurations",
        false,
        &[CONFIGURATION, "targetedMobileApps!* texts\nencodedSettingXml base64\nsettings settings"],
    ),
    (
        "targetedManagedAppConfiguration",
        "targetedManagedAppConfigurations",
        false,
        &[MANAGED, "customSettings!* pairs"],
    ),
    (
        "iosManagedAppProtection",
        "iosManagedAppProtections",
        false,
        &[
            MANAGED,
            "periodOfflineBeforeAccessCheck!* duration
             periodOnlineBeforeAccessCheck!* duration
             allowedInboundDataTransferSources!* one:allApps|managedApps|none
             allowedOutboundDataTransferDestinations!* one:allApps|managedApps|none
             organizationalCredentialsRequired!* bool
             allowedOutboundClipboardSharingLevel!* one:allApps|managedAppsWithPasteIn|managedApps|blocked
             dataBackupBlocked!* bool
             deviceComplianceRequired!* bool
             managedBrowserToOpenLinksRequired!* bool
             saveAsBlocked!* bool
             periodOfflineBeforeWipeIsEnforced!* duration
             pinRequired!* bool
             maximumPinRetries!* number
             simplePinBlocked!* bool
             minimumPinLength!* number
             pinCharacterSet!* one:numeric|alphanumericAndSymbol
             periodBeforePinReset!* duration
             allowedDataStorageLocations! texts
             contactSyncBlocked!* bool
             printBlocked!* bool
             fingerprintBlocked!* bool
             disableAppPinIfDevicePinIsSet!* bool",
        ],
    ),
    (
        "deviceAndAppManagementAssignmentFilter",
        "assignmentFilters",
        true,
        &["id^ text
           displayName!* text
           description text
           createdDateTime^ text
           lastModifiedDateTime^ text
           platform!* one:iOS|android|macOS|windows10AndLater
           rule!* text
           roleScopeTags texts"],
    ),
    (
        "conditionalAccessPolicy",
        "policies",
        false,
        &["id^ text
           displayName!* text
           description text
           templateId^ text
           createdDateTime^ text
           modifiedDateTime^ text
           state!* one:enabled|disabled|enabledForReportingButNotEnforced
           conditions!* conditions
           grantControls grant
           sessionControls any"],
    ),
    (
        "servicePrincipal",
        "servicePrincipals",
        false,
        &["id^ text\nappId!* text\naccountEnabled bool\ndisplayName^ text\nappRoleAssignmentRequired! bool"],
    ),
    (
        "oAuth2PermissionGrant",
        "oauth2PermissionGrants",
        false,
        &["id^ text
           clientId!* text
           consentType!* one:AllPrincipals|Principal
           principalId text
           resourceId!* text
           scope text"],
    ),
];

#[derive(Debug, Clone, Default)]
#[allow(clippy::struct_excessive_bools)] // marks of the table above
pub struct Takes {
    pub not_null: bool,
    pub on_create: bool,
    pub service_only: bool,
    pub navigation: bool,
    pub beta: bool,
    pub kind: String,
}

#[derive(Debug, Clone)]
pub struct Published {
    pub collection: &'static str,
    pub beta: bool,
    pub takes: BTreeMap<String, Takes>,
}

/// The table, read once.
static PUBLISHED: LazyLock<BTreeMap<&str, Published>> = LazyLock::new(|| {
    TABLE.iter().map(|(name, collection, beta, texts)| (*name, read(collection, *beta, texts))).collect()
});

pub fn published(name: &str) -> Option<&'static Published> {
    PUBLISHED.get(name)
}

fn read(collection: &'static str, beta: bool, texts: &[&str]) -> Published {
    let lines = texts.iter().flat_map(|text| text.lines()).map(str::trim).filter(|line| !line.is_empty());
    let takes = lines.map(|line| {
        let (marked, kind) = line.split_once(' ').expect("a property and what it takes");
        let name: String = marked.chars().filter(char::is_ascii_alphanumeric).collect();
        let has = |mark: char| marked.contains(mark);
        let takes = Takes {
            not_null: has('!'),
            on_create: has('*'),
            service_only: has('^'),
            navigation: has('@'),
            beta: has('~'),
            kind: kind.to_owned(),
        };
        (name, takes)
    });
    Published { collection, beta, takes: takes.collect() }
}

/// The one type of a collection that has only one.
pub fn only_type(collection: &str) -> Option<&'static str> {
    match collection {
        "deviceConfigurations" | "deviceCompliancePolicies" | "mobileAppConfigurations" => None,
        _ => TABLE.iter().find(|(_, of, ..)| *of == collection).map(|(name, ..)| *name),
    }
}
