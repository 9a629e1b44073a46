use intune::{
    desired::{Include, Mode},
    documents::{
        Document,
        assignment::{Filter, FilterMode, Target},
        ios_eas_email_profile_configuration::{EasService, EasServices, IosEasEmailProfileConfiguration},
        ios_general_device_configuration::IosGeneralDeviceConfiguration,
    },
    metadata::{Version, ViolationKind, validate, validate_as},
    role::Role,
};
use serde_json::json;

use crate::company::{everything, group, hub, wanted};

#[test]
fn every_document_is_what_the_published_types_allow() {
    let mut challenge = hub();
    challenge.mode = Mode::HubChallenge { host: "hub.contoso.example".to_owned() };
    challenge.audience.include = Include::AllDevices;
    let mut checked = 0;
    for settings in [everything(), hub(), challenge] {
        for object in wanted(&settings).objects {
            assert_eq!(validate(&object.body, object.collection.version()), [], "{}", object.role);
            for assignment in object.assignments.iter().flatten() {
                assert_eq!(validate_as(assignment, "deviceConfigurationAssignment", Version::Beta), []);
            }
            checked += 1;
        }
    }
    assert!(checked > 25);
}

#[test]
fn the_e_mail_profile_and_the_exceptions_for_contacts_are_beta_only() {
    let profile = IosEasEmailProfileConfiguration::contacts_only("a".into(), "b".into(), "c.example".into());
    let found = validate(&profile.body().unwrap(), Version::V1);
    assert!(found.iter().any(|violation| violation.kind == ViolationKind::BetaOnly), "{found:?}");
    let restrictions = IosGeneralDeviceConfiguration::managed_account("a".into()).body().unwrap();
    let found = validate(&restrictions, Version::V1);
    assert!(found.iter().any(|violation| violation.path == "contactsAllowUnmanagedToManagedRead"), "{found:?}");
}

#[test]
fn the_seed_profile_reads_as_published() {
    let profile = IosEasEmailProfileConfiguration::contacts_only(
        "iOS - Managed EAS - Contacts only (OAuth)".into(),
        "Contoso Contacts".into(),
        "outlook.office365.com".into(),
    );
    let expected = json!({
        "@odata.type": "#microsoft.graph.iosEasEmailProfileConfiguration",
        "displayName": "iOS - Managed EAS - Contacts only (OAuth)",
        "description": "Two-way contact sync with the native Contacts app; mail, calendar, reminders and notes off",
        "roleScopeTagIds": ["0"],
        "hostName": "outlook.office365.com",
        "accountName": "Contoso Contacts",
        "usernameSource": "userPrincipalName",
        "usernameAADSource": "userPrincipalName",
        "emailAddressSource": "primarySmtpAddress",
        "authenticationMethod": "usernameAndPassword",
        "useOAuth": true,
        "requireSsl": true,
        "easServices": "contacts",
        "easServicesUserOverrideEnabled": false,
        "durationOfEmailToSync": "oneWeek",
        "requireSmime": false,
        "blockMovingMessagesToOtherEmailAccounts": false,
        "blockSendingEmailFromThirdPartyApps": false,
        "blockSyncingRecentlyUsedEmailAddresses": true
    });
    assert_eq!(profile.body().unwrap(), expected);
}

#[test]
fn services_are_joined_by_commas_in_the_order_of_their_bits() {
    let services: EasServices =
        [EasService::Reminders, EasService::Contacts, EasService::Calendars].into_iter().collect();
    assert_eq!(serde_json::to_value(services).unwrap(), "calendars,contacts,reminders");
    assert_eq!(serde_json::to_value(EasServices::default()).unwrap(), "none");
}

#[test]
fn a_certificate_is_bound_by_its_address() {
    let profile = IosEasEmailProfileConfiguration::contacts_only("a".into(), "b".into(), "c.example".into());
    let body = profile.with_certificate("33333333-3333-3333-3333-333333333333").body().unwrap();
    assert_eq!(validate(&body, Version::Beta), []);
    assert!(
        body["identityCertificate@odata.bind"].as_str().unwrap().ends_with("('33333333-3333-3333-3333-333333333333')")
    );
}

#[test]
fn an_assignment_names_its_filter() {
    let target = Target::Group {
        group_id: group("11111111-1111-1111-1111-111111111111"),
        filter: Some(Filter { id: Role::Ios13Filter.reference(), mode: FilterMode::Include }),
    };
    assert_eq!(
        target.assignment().unwrap(),
        json!({"target": {
            "@odata.type": "#microsoft.graph.groupAssignmentTarget",
            "groupId": "11111111-1111-1111-1111-111111111111",
            "deviceAndAppManagementAssignmentFilterId": "@{ios-13-filter}",
            "deviceAndAppManagementAssignmentFilterType": "include"
        }})
    );
    let all = Target::AllLicensedUsers { filter: None }.assignment().unwrap();
    assert_eq!(all, json!({"target": {"@odata.type": "#microsoft.graph.allLicensedUsersAssignmentTarget"}}));
}

#[test]
fn the_export_has_all_eighteen_switches_and_both_keys() {
    let objects = wanted(&everything()).objects;
    let export = objects.iter().find(|object| object.role == Role::OutlookExport).unwrap();
    let settings = export.body["customSettings"].as_array().unwrap();
    assert_eq!(settings.len(), 20);
    let on: Vec<_> =
        settings.iter().filter(|setting| setting["value"] == "true").map(|setting| &setting["name"]).collect();
    assert_eq!(
        on,
        [
            "com.microsoft.outlook.Contacts.LocalSyncEnabled",
            "com.microsoft.outlook.ContactSync.CompanyAllowed",
            "com.microsoft.outlook.ContactSync.PhoneMobileAllowed"
        ]
    );
    assert_eq!(export.body["targetedAppManagementLevels"], "unmanaged");
}
