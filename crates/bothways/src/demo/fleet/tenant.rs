//! The company's policies as Microsoft Graph and Exchange export them, before and after they are mended.

use serde_json::{Value, json};
use tenant::Tenant;

const PILOT: &str = "11111111-1111-1111-1111-111111111111";
const EXCHANGE: &str = "00000002-0000-0ff1-ce00-000000000000";

/// What is wrong with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Three things.
    AsFound,
    /// Nothing.
    Mended,
}

/// The exports.
pub fn exports(state: State) -> Tenant {
    let found = state == State::AsFound;
    let assigned = json!([{ "target": { "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": PILOT } }]);
    let files = [
        ("group.json", group()),
        ("email-profile.json", email_profile(&assigned)),
        ("outlook.json", outlook(&assigned, found)),
        ("restrictions.json", restrictions(&assigned, found)),
        ("conditional-access.json", conditional_access(found)),
    ];
    Tenant::read(files.map(|(name, object)| (name.to_owned(), object.to_string().into_bytes())))
}

fn group() -> Value {
    json!({
        "@odata.type": "#microsoft.graph.group", "id": PILOT, "displayName": "Contacts rollout",
        "members": [{ "@odata.type": "#microsoft.graph.user", "id": "a0000000-0000-0000-0000-000000000001",
                      "userPrincipalName": "person001@lake.example" }],
    })
}

fn email_profile(assigned: &Value) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.iosEasEmailProfileConfiguration", "id": "profile",
        "displayName": "Contacts by the hub", "hostName": "contacts.lake.example", "accountName": "Lake Contacts",
        "usernameSource": "userPrincipalName", "usernameAADSource": "userPrincipalName",
        "emailAddressSource": "primarySmtpAddress", "authenticationMethod": "usernameAndPassword", "useOAuth": true,
        "requireSsl": true, "easServices": "contacts", "easServicesUserOverrideEnabled": false,
        "durationOfEmailToSync": "oneWeek", "requireSmime": false, "assignments": assigned,
    })
}

/// As found, who turned the export on keeps it: every contact twice.
fn outlook(assigned: &Value, found: bool) -> Value {
    let setting = |key: &str, value: &str| json!({ "appConfigKey": key, "appConfigKeyType": "booleanType", "appConfigKeyValue": value });
    let save = "com.microsoft.outlook.Contacts.LocalSyncEnabled";
    json!({
        "@odata.type": "#microsoft.graph.iosMobileAppConfiguration", "id": "outlook",
        "displayName": "Outlook: Save Contacts", "targetedMobileApps": ["outlook"],
        "settings": [setting(save, "false"),
                     setting(&format!("{save}.UserChangeAllowed"), if found { "true" } else { "false" })],
        "assignments": assigned,
    })
}

/// As found, personal apps can read managed contacts.
fn restrictions(assigned: &Value, found: bool) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.iosGeneralDeviceConfiguration", "id": "restrictions",
        "displayName": "Managed contacts boundary", "documentsBlockManagedDocumentsInUnmanagedApps": true,
        "documentsBlockUnmanagedDocumentsInManagedApps": false, "contactsAllowManagedToUnmanagedWrite": false,
        "contactsAllowUnmanagedToManagedRead": found, "assignments": assigned,
    })
}

/// As found, it demands an app protection policy of every app, which the Contacts app cannot have.
fn conditional_access(found: bool) -> Value {
    let applications = if found { json!(["All"]) } else { json!([EXCHANGE]) };
    json!({
        "id": "ca", "displayName": "Protected apps on phones", "state": "enabled",
        "conditions": {
            "clientAppTypes": ["all"],
            "applications": { "includeApplications": applications, "excludeApplications": [] },
            "users": { "includeUsers": [], "excludeUsers": [], "includeGroups": [PILOT], "excludeGroups": [] },
            "platforms": { "includePlatforms": ["iOS"], "excludePlatforms": [] },
        },
        "grantControls": { "operator": "OR", "builtInControls": ["compliantApplication"],
                           "customAuthenticationFactors": [], "termsOfUse": [] },
        "sessionControls": null,
    })
}
