//! A healthy tenant at Exchange Online, and a healthy one at a hub; tests change what they are about.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "each test uses a part"
)]

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tenant::{Finding, Options, Report, Severity, Tenant, check};

pub const EXO: &str = "00000002-0000-0ff1-ce00-000000000000";
pub const APPLE: &str = "f8d98a96-0999-43f5-8af3-69971c7bb423";
pub const PILOT: &str = "11111111-1111-1111-1111-111111111111";
pub const OTHERS: &str = "22222222-2222-2222-2222-222222222222";
pub const EMERGENCY: &str = "99999999-9999-9999-9999-999999999999";
pub const ANNA: &str = "aaaaaaaa-0000-0000-0000-000000000001";
pub const BEN: &str = "aaaaaaaa-0000-0000-0000-000000000002";
pub const OTTO: &str = "aaaaaaaa-0000-0000-0000-000000000003";

/// Files of an export by name.
#[derive(Clone)]
pub struct Export(pub BTreeMap<String, Value>);

pub fn assigned_to(groups: &[&str]) -> Value {
    groups
        .iter()
        .map(|group| json!({ "target": { "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group } }))
        .collect()
}

impl Export {
    /// Anna and Ben get contacts from Exchange; Otto is not in the rollout.
    pub fn healthy() -> Self {
        let mut export = Self::people();
        export
            .with("email-profile.json", json!({
                "@odata.context": "https://graph.microsoft.com/beta/$metadata#deviceManagement/deviceConfigurations/$entity",
                "@odata.type": "#microsoft.graph.iosEasEmailProfileConfiguration",
                "id": "c-1", "displayName": "Managed contacts", "hostName": "outlook.office365.com",
                "accountName": "Contacts", "useOAuth": true, "requireSsl": true, "easServices": "contacts",
                "easServicesUserOverrideEnabled": false, "authenticationMethod": "usernameAndPassword",
                "assignments": assigned_to(&[PILOT]),
            }))
            .with("consent/apple.json", json!({
                "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#servicePrincipals/$entity",
                "id": "sp-apple", "appId": APPLE, "displayName": "Apple Internet Accounts",
                "accountEnabled": true, "appRoleAssignmentRequired": false, "servicePrincipalType": "Application",
            }))
            .with("consent/exchange.json", json!({
                "id": "sp-exo", "appId": EXO, "displayName": "Office 365 Exchange Online", "accountEnabled": true,
            }))
            .with("consent/grants.json", json!({
                "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#oauth2PermissionGrants",
                "value": [{ "clientId": "sp-apple", "consentType": "AllPrincipals", "principalId": null,
                            "resourceId": "sp-exo", "scope": "EAS.AccessAsUser.All offline_access" }],
            }))
            .with("Get-ActiveSyncOrganizationSettings.json", json!({ "DefaultAccessLevel": 0, "Name": "Mobile Mailbox Settings" }))
            .with("Get-ActiveSyncDeviceAccessRule.json", json!([
                { "Name": "iPhone (DeviceType)", "Characteristic": 0, "QueryString": "iPhone", "AccessLevel": 0 },
                { "Name": "iPad (DeviceType)", "Characteristic": "DeviceType", "QueryString": "iPad", "AccessLevel": "Allow" },
            ]))
            .with("Get-CASMailbox.json", json!([
                { "Name": "anna", "DisplayName": "Anna Berg", "PrimarySmtpAddress": "anna@contoso.com", "ActiveSyncEnabled": "True" },
                { "Name": "otto", "DisplayName": "Otto Outside", "PrimarySmtpAddress": "otto@contoso.com", "ActiveSyncEnabled": "False" },
            ]));
        export.shared();
        export
    }

    /// Anna and Ben get contacts from a hub, by a profile of its own.
    pub fn hub() -> Self {
        let mut export = Self::people();
        export.with("profile.json", custom("Contacts from the hub", &account("contacts.contoso.com", ""), &[PILOT]));
        export.shared();
        export
    }

    fn people() -> Self {
        let mut export = Self(BTreeMap::new());
        export
            .with("groups/pilot.json", json!({
                "@odata.type": "#microsoft.graph.group", "id": PILOT, "displayName": "Pilot", "members": [ANNA, { "id": BEN }],
            }))
            .with("groups/others.json", json!({
                "@odata.type": "#microsoft.graph.group", "id": OTHERS, "displayName": "Others",
                "members": [{ "@odata.type": "#microsoft.graph.user", "id": OTTO }],
            }))
            .with("users.json", json!({
                "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users",
                "value": [
                    { "id": ANNA, "displayName": "Anna Berg", "userPrincipalName": "anna@contoso.com", "mail": "Anna@contoso.com" },
                    { "id": BEN, "displayName": "Ben Cole", "userPrincipalName": "ben@contoso.com" },
                    { "id": OTTO, "displayName": "Otto Outside", "userPrincipalName": "otto@contoso.com" },
                ],
            }));
        export
    }

    fn shared(&mut self) {
        self.with("outlook.json", json!({
            "@odata.type": "#microsoft.graph.iosMobileAppConfiguration", "displayName": "Outlook - Save Contacts off",
            "targetedMobileApps": ["app-outlook"],
            "settings": [
                { "appConfigKey": "com.microsoft.outlook.Contacts.LocalSyncEnabled", "appConfigKeyType": "booleanType", "appConfigKeyValue": "false" },
                { "appConfigKey": "com.microsoft.outlook.Contacts.LocalSyncEnabled.UserChangeAllowed", "appConfigKeyType": "booleanType", "appConfigKeyValue": "False" },
            ],
            "assignments": assigned_to(&[PILOT]),
        }))
        .with("restrictions.json", json!({
            "@odata.type": "#microsoft.graph.iosGeneralDeviceConfiguration", "displayName": "Contacts boundary",
            "documentsBlockManagedDocumentsInUnmanagedApps": true, "contactsAllowManagedToUnmanagedWrite": false,
            "contactsAllowUnmanagedToManagedRead": false, "assignments": assigned_to(&[PILOT]),
        }))
        .with("sso.json", json!({
            "@odata.type": "#microsoft.graph.iosDeviceFeaturesConfiguration", "displayName": "SSO extension",
            "iosSingleSignOnExtension": {
                "@odata.type": "#microsoft.graph.iosAzureAdSingleSignOnExtension",
                "configurations": [{ "@odata.type": "#microsoft.graph.keyStringValuePair", "key": "AppPrefixAllowList", "value": "com.apple." }],
            },
            "assignments": assigned_to(&[PILOT]),
        }))
        .with("ca.json", policy("Compliant device", json!({ "operator": "OR", "builtInControls": ["compliantDevice"] }), json!({})))
        .with("devices.json", json!({ "value": [device("iPhone of Anna", ANNA, "17.5.1"), device("iPhone of Otto", OTTO, "12.5.7")] }));
    }

    pub fn with(&mut self, file: &str, value: Value) -> &mut Self {
        self.0.insert(file.to_owned(), value);
        self
    }

    pub fn without(&mut self, file: &str) -> &mut Self {
        self.0.remove(file).expect("a file of the export");
        self
    }

    /// Sets a member of an object by a pointer such as `/easServices`.
    pub fn set(&mut self, file: &str, pointer: &str, value: Value) -> &mut Self {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let object = self.0.get_mut(file).expect("a file of the export").pointer_mut(parent).expect("a parent");
        object[name] = value;
        self
    }

    pub fn tenant(&self) -> Tenant {
        Tenant::read(self.0.iter().map(|(name, value)| (name.clone(), value.to_string().into_bytes())))
    }

    pub fn report(&self) -> Report {
        check(&self.tenant(), &Options::default())
    }

    pub fn found(&self, rule: &str) -> Vec<Finding> {
        self.report().findings().iter().filter(|finding| finding.rule == rule).cloned().collect()
    }

    /// The one finding of a rule.
    pub fn one(&self, rule: &str) -> Finding {
        let found = self.found(rule);
        assert_eq!(found.len(), 1, "{rule}: {}", self.report());
        found.into_iter().next().unwrap()
    }

    #[track_caller]
    pub fn breaks(&self, rule: &str) -> &Self {
        self.says(rule, Severity::Error)
    }

    #[track_caller]
    pub fn says(&self, rule: &str, severity: Severity) -> &Self {
        let found = self.found(rule);
        assert!(found.iter().any(|finding| finding.severity == severity), "{rule} {severity:?}: {}", self.report());
        assert_eq!(
            self.report().would_break(),
            self.report().findings().iter().any(|it| it.severity == Severity::Error)
        );
        self
    }

    #[track_caller]
    pub fn passes(&self, rule: &str) -> &Self {
        assert_eq!(self.found(rule), [], "{rule}");
        self
    }

    #[track_caller]
    pub fn is_sound(&self) -> &Self {
        assert!(!self.report().would_break(), "{}", self.report());
        self
    }
}

pub fn policy(name: &str, grant: Value, conditions: Value) -> Value {
    let mut all = json!({
        "clientAppTypes": ["mobileAppsAndDesktopClients"],
        "applications": { "includeApplications": [EXO], "excludeApplications": [] },
        "users": { "includeGroups": [PILOT], "excludeGroups": [EMERGENCY] },
        "platforms": { "includePlatforms": ["iOS"], "excludePlatforms": [] },
        "locations": null, "signInRiskLevels": [], "userRiskLevels": [],
    });
    for (name, value) in conditions.as_object().unwrap() {
        all[name] = value.clone();
    }
    json!({
        "@odata.type": "#microsoft.graph.conditionalAccessPolicy", "id": name, "displayName": name, "state": "enabled",
        "conditions": all, "grantControls": grant, "sessionControls": null,
    })
}

pub fn device(name: &str, user: &str, version: &str) -> Value {
    json!({ "@odata.type": "#microsoft.graph.managedDevice", "id": format!("d-{name}"), "deviceName": name, "userId": user,
            "operatingSystem": "iOS", "osVersion": version, "complianceState": "compliant", "model": "iPhone 13" })
}

/// The XML of a contacts account; `more` overrides keys, since a reader takes the last.
pub fn account(host: &str, keys: &str) -> String {
    let off =
        ["Mail", "Calendars", "Reminders", "Notes"].map(|name| format!("<key>Enable{name}</key><false/>")).concat();
    let locked = ["Mail", "Contacts", "Calendars", "Reminders", "Notes"]
        .map(|name| format!("<key>Enable{name}UserOverridable</key><false/>"))
        .concat();
    format!(
        "<dict><key>PayloadType</key><string>com.apple.eas.account</string><key>Host</key><string>{host}</string>\
         <key>SSL</key><true/><key>OAuth</key><true/><key>EnableContacts</key><true/>{off}{locked}{keys}</dict>"
    )
}

pub fn profile(payloads: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><plist version=\"1.0\"><dict><key>PayloadType</key>\
         <string>Configuration</string><key>PayloadContent</key><array>{payloads}</array></dict></plist>"
    )
}

pub fn custom(name: &str, payloads: &str, groups: &[&str]) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.iosCustomConfiguration", "displayName": name, "payloadName": name,
        "payloadFileName": "contacts.mobileconfig", "payload": STANDARD.encode(profile(payloads)),
        "assignments": assigned_to(groups),
    })
}
