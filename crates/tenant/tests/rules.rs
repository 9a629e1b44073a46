//! A tenant that each rule finds, one that it lets pass, and those that only look alike.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "tests; values read best where they are made"
)]

mod support;

use serde_json::{Value, json};
use support::{
    ANNA, APPLE, BEN, EMERGENCY, EXO, Export, OTHERS, OTTO, PILOT, account, assigned_to, custom, device, policy,
};
use tenant::{
    Options,
    Severity::{Info, Warning},
    check,
};

fn healthy() -> Export {
    Export::healthy()
}

fn with_ca(grant: Value, conditions: Value) -> Export {
    let mut export = healthy();
    export.with("ca-2.json", policy("Apps only", grant, conditions));
    export
}

fn grant(operator: &str, controls: &[&str]) -> Value {
    json!({ "operator": operator, "builtInControls": controls, "customAuthenticationFactors": [], "termsOfUse": [] })
}

#[test]
fn a_healthy_tenant_has_nothing_but_notes_about_the_beta() {
    for export in [Export::healthy(), Export::hub()] {
        let report = export.report();
        let rules: Vec<_> = report.findings().iter().map(|finding| (finding.severity, finding.rule)).collect();
        let notes = [(Info, "EAS-BETA-ONLY"), (Info, "GROUP-NOT-EXPORTED")];
        assert!(rules.iter().all(|rule| notes.contains(rule)), "{report}");
        assert!(!report.would_break());
    }
}

#[test]
fn eas_beta_only_names_objects_and_properties_that_v1_lacks() {
    healthy().says("EAS-BETA-ONLY", Info);
    let mut export = Export::hub();
    export.without("restrictions.json").without("sso.json").passes("EAS-BETA-ONLY");
    export.set("outlook.json", "/assignments/0/target/deviceAndAppManagementAssignmentFilterId", json!("f-1"));
    export.set("outlook.json", "/assignments/0/target/deviceAndAppManagementAssignmentFilterType", json!("include"));
    export.says("EAS-BETA-ONLY", Info).says("FILTER-UNJUDGED", Info);
}

#[test]
fn eas_reprompt_follows_from_what_has_to_be_mended_on_an_assigned_profile() {
    healthy().passes("EAS-REPROMPT");
    healthy().set("email-profile.json", "/easServicesUserOverrideEnabled", json!("True")).says("EAS-REPROMPT", Warning);
    let mut unassigned = healthy();
    unassigned.set("email-profile.json", "/easServices", json!("email")).set(
        "email-profile.json",
        "/assignments",
        json!([]),
    );
    unassigned.passes("EAS-REPROMPT").passes("EAS-NOT-CONTACTS-ONLY").says("ROLLOUT-EMPTY", Info).is_sound();
}

#[test]
fn eas_not_contacts_only_reads_flags_in_any_order_and_apples_defaults() {
    for services in [
        json!("contacts, calendars"),
        json!("calendars,contacts,email,notes,reminders"),
        json!("none"),
        json!("calendars"),
        Value::Null,
    ] {
        healthy().set("email-profile.json", "/easServices", services).breaks("EAS-NOT-CONTACTS-ONLY");
    }
    healthy().set("email-profile.json", "/easServices", json!("Contacts")).passes("EAS-NOT-CONTACTS-ONLY").is_sound();
    let mut payload = Export::hub();
    payload.with(
        "profile.json",
        custom("Mail too", &account("contacts.contoso.com", "").replace("<key>EnableMail</key><false/>", ""), &[PILOT]),
    );
    assert!(
        payload.breaks("EAS-NOT-CONTACTS-ONLY").one("EAS-NOT-CONTACTS-ONLY").objects.contains(&"Mail too".to_owned())
    );
}

#[test]
fn eas_override_on_also_in_a_payload() {
    healthy().passes("EAS-OVERRIDE-ON");
    healthy().set("email-profile.json", "/easServicesUserOverrideEnabled", json!(true)).breaks("EAS-OVERRIDE-ON");
    healthy().set("email-profile.json", "/easServicesUserOverrideEnabled", json!("False")).passes("EAS-OVERRIDE-ON");
    let open = account("contacts.contoso.com", "").replace("<key>EnableContactsUserOverridable</key><false/>", "");
    Export::hub().with("profile.json", custom("Open", &open, &[PILOT])).breaks("EAS-OVERRIDE-ON");
}

#[test]
fn eas_no_oauth_but_a_certificate_will_do() {
    healthy().set("email-profile.json", "/useOAuth", json!("False")).breaks("EAS-NO-OAUTH");
    let mut certificate = healthy();
    certificate.set("email-profile.json", "/useOAuth", json!(false));
    certificate.set("email-profile.json", "/authenticationMethod", json!("certificate")).passes("EAS-NO-OAUTH");
    let password = account("contacts.contoso.com", "").replace("<key>OAuth</key><true/>", "");
    Export::hub().with("profile.json", custom("Password", &password, &[PILOT])).says("EAS-NO-OAUTH", Warning);
}

#[test]
fn eas_no_ssl() {
    healthy().passes("EAS-NO-SSL");
    healthy().set("email-profile.json", "/requireSsl", json!("false")).says("EAS-NO-SSL", Warning);
}

#[test]
fn eas_two_profiles_are_contacts_twice_or_a_second_account_refused() {
    let mut twice = healthy();
    twice.with("hub.json", custom("Hub", &account("contacts.contoso.com", ""), &[PILOT])).breaks("EAS-TWO-PROFILES");
    let mut same = healthy();
    same.with("copy.json", custom("Copy", &account("Outlook.Office365.com", ""), &[PILOT]))
        .says("EAS-TWO-PROFILES", Warning);
    let mut apart = healthy();
    apart.with("hub.json", custom("Hub", &account("contacts.contoso.com", ""), &[OTHERS])).passes("EAS-TWO-PROFILES");
}

#[test]
fn os_below_13_compares_versions_and_minds_filters_and_owners() {
    healthy().passes("OS-BELOW-13");
    for (version, below) in [("12.5.7 (16H81)", true), ("9.3.5", true), ("13.0", false), ("13", false), ("26.1", false)]
    {
        let mut export = healthy();
        export.with("devices.json", json!([device("Old", BEN, version)]));
        if below {
            export.breaks("OS-BELOW-13")
        } else {
            export.passes("OS-BELOW-13")
        };
    }
    let mut filtered = healthy();
    filtered
        .with("devices.json", device("Old", BEN, "12.4"))
        .with("filter.json", json!({ "displayName": "13 and later", "id": "f-13", "platform": "iOS", "rule": "(device.osVersion -ge \"13.0\")" }))
        .set("email-profile.json", "/assignments/0/target/deviceAndAppManagementAssignmentFilterId", json!("f-13"))
        .set("email-profile.json", "/assignments/0/target/deviceAndAppManagementAssignmentFilterType", json!("include"))
        .passes("OS-BELOW-13");
    filtered.without("filter.json").says("OS-BELOW-13", Warning).says("FILTER-UNJUDGED", Info);
    let mut android = healthy();
    let mut phone = device("Robot", BEN, "11");
    phone["operatingSystem"] = json!("Android");
    android.with("devices.json", phone).passes("OS-BELOW-13");
}

#[test]
fn acp_userchange_needs_both_keys() {
    healthy().passes("ACP-USERCHANGE");
    healthy().set("outlook.json", "/settings/1/appConfigKeyValue", json!("true")).breaks("ACP-USERCHANGE");
    let mut one_key = healthy();
    let first = one_key.0["outlook.json"]["settings"][0].clone();
    one_key.set("outlook.json", "/settings", first).breaks("ACP-USERCHANGE");
    one_key
        .set("outlook.json", "/assignments", assigned_to(&[OTHERS]))
        .passes("ACP-USERCHANGE")
        .says("ACP-MISSING", Warning);
    // A second configuration locks it for the same people.
    let mut locked = healthy();
    let mut second = locked.0["outlook.json"].clone();
    second["settings"] = json!([second["settings"][0]]);
    locked.with("outlook-2.json", second).passes("ACP-USERCHANGE");
}

fn managed_apps(levels: &str, local_sync: &str, more: &[(&str, &str)]) -> Value {
    let mut settings = vec![
        json!({ "name": "com.microsoft.outlook.Contacts.LocalSyncEnabled", "value": local_sync }),
        json!({ "name": "com.microsoft.outlook.Contacts.LocalSyncEnabled.UserChangeAllowed", "value": "false" }),
    ];
    settings.extend(more.iter().map(|(name, value)| json!({ "name": name, "value": value })));
    json!({
        "@odata.type": "#microsoft.graph.targetedManagedAppConfiguration", "displayName": "Outlook, managed apps",
        "appGroupType": "selectedPublicApps", "targetedAppManagementLevels": levels,
        "apps": [{ "mobileAppIdentifier": { "@odata.type": "#microsoft.graph.iosMobileAppIdentifier", "bundleId": "com.microsoft.office.outlook" } }],
        "customSettings": settings, "assignments": assigned_to(&[PILOT]),
    })
}

#[test]
fn acp_channel_mismatch_where_limits_or_locks_do_not_arrive() {
    healthy().passes("ACP-CHANNEL-MISMATCH");
    let mut export = healthy();
    let limit = json!({ "appConfigKey": "com.microsoft.outlook.ContactSync.NotesAllowed", "appConfigKeyType": "stringType", "appConfigKeyValue": "false" });
    export.0.get_mut("outlook.json").unwrap()["settings"].as_array_mut().unwrap().push(limit);
    export.says("ACP-CHANNEL-MISMATCH", Warning);
    export.set("outlook.json", "/settings/0/appConfigKeyValue", json!("true")).breaks("ACP-CHANNEL-MISMATCH");

    let mut unmanaged = healthy();
    unmanaged.with("outlook.json", managed_apps("unmanaged", "false", &[])).breaks("ACP-CHANNEL-MISMATCH");
    unmanaged
        .with("outlook.json", managed_apps("mdm", "false", &[]))
        .passes("ACP-CHANNEL-MISMATCH")
        .passes("ACP-MISSING");
    let limits = [("com.microsoft.outlook.ContactSync.NotesAllowed", "false")];
    unmanaged.with("outlook.json", managed_apps("unspecified", "false", &limits)).passes("ACP-CHANNEL-MISMATCH");
}

#[test]
fn acp_eas_duplicate_unless_the_export_is_for_other_people_or_other_phones() {
    healthy().passes("ACP-EAS-DUPLICATE");
    let mut export = healthy();
    export.with("export.json", managed_apps("mdm", "True", &[])).breaks("ACP-EAS-DUPLICATE");
    assert!(export.one("ACP-EAS-DUPLICATE").objects.contains(&"Managed contacts".to_owned()));
    export.with("export.json", managed_apps("unmanaged", "true", &[])).passes("ACP-EAS-DUPLICATE");
    export.with("export.json", managed_apps("mdm", "true", &[]));
    export.set("export.json", "/assignments", assigned_to(&[OTHERS])).passes("ACP-EAS-DUPLICATE");
    let mut excluded = healthy();
    excluded.with("export.json", managed_apps("mdm", "true", &[]));
    excluded.set(
        "export.json",
        "/assignments",
        json!([
            { "target": { "@odata.type": "#microsoft.graph.allLicensedUsersAssignmentTarget" } },
            { "target": { "@odata.type": "#microsoft.graph.exclusionGroupAssignmentTarget", "groupId": PILOT } },
        ]),
    );
    excluded.passes("ACP-EAS-DUPLICATE");
    Export::hub().with("export.json", managed_apps("mdm", "true", &[])).breaks("ACP-EAS-DUPLICATE");
}

#[test]
fn acp_wrong_app() {
    let mut export = healthy();
    export.with("app.json", json!({ "@odata.type": "#microsoft.graph.iosStoreApp", "id": "app-outlook", "displayName": "Microsoft Outlook", "bundleId": "com.microsoft.Office.Outlook" }));
    export.passes("ACP-WRONG-APP");
    export.set("app.json", "/bundleId", json!("com.microsoft.skype.teams"));
    export.says("ACP-WRONG-APP", Warning).says("ACP-MISSING", Warning);
}

fn protection(blocked: Value, group: &str) -> Value {
    json!({ "@odata.type": "#microsoft.graph.iosManagedAppProtection", "displayName": "App protection", "contactSyncBlocked": blocked, "assignments": assigned_to(&[group]) })
}

#[test]
fn app_blocks_export_only_where_something_is_to_be_exported() {
    let mut export = healthy();
    export
        .with("protection.json", protection(json!("True"), PILOT))
        .passes("APP-BLOCKS-EXPORT")
        .says("APP-BLOCKS-ADDINS", Info)
        .is_sound();
    let mut outlook = managed_apps("unmanaged", "true", &[]);
    outlook["assignments"] = assigned_to(&[OTHERS]);
    export.with("export.json", outlook).passes("APP-BLOCKS-EXPORT");
    export.with("protection.json", protection(json!(true), OTHERS)).says("APP-BLOCKS-EXPORT", Warning).is_sound();
    export
        .with("protection.json", protection(json!("False"), OTHERS))
        .passes("APP-BLOCKS-EXPORT")
        .passes("APP-BLOCKS-ADDINS");
}

#[test]
fn ca_approved_app_alone_or_by_or() {
    for controls in [
        &["approvedApplication"][..],
        &["compliantApplication"],
        &["approvedApplication", "compliantApplication"],
        &["domainJoinedDevice", "compliantApplication"],
    ] {
        with_ca(grant("OR", controls), json!({}))
            .breaks("CA-APPROVED-APP")
            .passes("CA-APP-AND")
            .passes("CA-ALL-APPS-OVERLAP");
    }
    with_ca(grant("AND", &["compliantApplication"]), json!({})).breaks("CA-APPROVED-APP");
    for controls in [&["compliantDevice", "compliantApplication"][..], &["approvedApplication", "mfa"]] {
        with_ca(grant("OR", controls), json!({})).passes("CA-APPROVED-APP").is_sound();
    }
}

#[test]
fn ca_policies_that_touch_nobody_of_the_rollout_are_no_finding() {
    let app = || grant("OR", &["compliantApplication"]);
    for conditions in [
        json!({ "users": { "includeGroups": [OTHERS] } }),
        json!({ "users": { "includeUsers": ["All"], "excludeGroups": [PILOT] } }),
        json!({ "users": { "includeUsers": ["All"], "excludeUsers": [ANNA, BEN] } }),
        json!({ "users": { "includeUsers": ["None"] } }),
        json!({ "users": { "includeUsers": ["GuestsOrExternalUsers"] } }),
        json!({ "platforms": { "includePlatforms": ["android"] } }),
        json!({ "platforms": { "includePlatforms": ["all"], "excludePlatforms": ["iOS"] } }),
        json!({ "clientAppTypes": ["exchangeActiveSync", "other"] }),
        json!({ "clientAppTypes": ["browser"] }),
        json!({ "applications": { "includeApplications": ["00000003-0000-0ff1-ce00-000000000000"] } }),
        json!({ "applications": { "includeApplications": ["All"], "excludeApplications": [EXO] } }),
        json!({ "applications": { "includeUserActions": ["urn:user:registersecurityinfo"] } }),
        json!({ "devices": { "deviceFilter": { "mode": "exclude", "rule": "device.isCompliant -eq True" } } }),
        json!({ "devices": { "deviceFilter": { "mode": "include", "rule": "device.isCompliant -ne True" } } }),
    ] {
        with_ca(app(), conditions.clone()).passes("CA-APPROVED-APP").passes("CA-ALL-APPS-OVERLAP").is_sound();
    }
    let mut disabled = with_ca(app(), json!({}));
    disabled.set("ca-2.json", "/state", json!("disabled")).passes("CA-APPROVED-APP").is_sound();
}

#[test]
fn ca_policies_reach_people_by_themselves_by_groups_in_groups_and_by_all() {
    for conditions in [
        json!({ "users": { "includeUsers": ["All"], "excludeGroups": [EMERGENCY] } }),
        json!({ "users": { "includeUsers": [BEN] } }),
        json!({ "platforms": null, "clientAppTypes": ["all"] }),
        json!({ "applications": { "includeApplications": ["Office365"] } }),
        json!({ "devices": { "deviceFilter": { "mode": "exclude", "rule": "device.isCompliant -ne True" } } }),
        json!({ "locations": { "includeLocations": ["All"], "excludeLocations": ["AllTrusted"] } }),
    ] {
        with_ca(grant("OR", &["approvedApplication"]), conditions).breaks("CA-APPROVED-APP");
    }
}

#[test]
fn what_may_apply_is_a_warning_and_what_only_reports_as_well() {
    for conditions in [
        json!({ "users": { "includeGroups": ["33333333-3333-3333-3333-333333333333"] } }),
        json!({ "signInRiskLevels": ["high"] }),
        json!({ "locations": { "includeLocations": ["loc-1"] } }),
        json!({ "devices": { "deviceFilter": { "mode": "include", "rule": "device.extensionAttribute1 -eq \"x\"" } } }),
        json!({ "devices": { "deviceFilter": { "mode": "include", "rule": "what is this" } } }),
    ] {
        with_ca(grant("OR", &["compliantApplication"]), conditions).says("CA-APPROVED-APP", Warning).is_sound();
    }
    let mut report_only = with_ca(grant("OR", &["compliantApplication"]), json!({}));
    report_only.set("ca-2.json", "/state", json!("enabledForReportingButNotEnforced"));
    report_only.says("CA-APPROVED-APP", Warning).is_sound();
}

#[test]
fn ca_app_and_is_not_met_by_a_compliant_device() {
    for controls in [
        &["compliantDevice", "approvedApplication"][..],
        &["compliantDevice", "compliantApplication"],
        &["mfa", "compliantApplication"],
    ] {
        with_ca(grant("AND", controls), json!({})).breaks("CA-APP-AND").passes("CA-APPROVED-APP");
        with_ca(grant("OR", controls), json!({})).passes("CA-APP-AND");
    }
}

#[test]
fn ca_all_apps_overlap_also_meets_the_hub() {
    let all = || json!({ "applications": { "includeApplications": ["All"] }, "clientAppTypes": ["all"] });
    with_ca(grant("OR", &["compliantApplication"]), all()).breaks("CA-ALL-APPS-OVERLAP");
    with_ca(grant("OR", &["compliantApplication", "compliantDevice"]), all()).passes("CA-ALL-APPS-OVERLAP").is_sound();
    let mut hub = Export::hub();
    hub.with("ca-2.json", policy("Apps only", grant("OR", &["compliantApplication"]), json!({}))).is_sound();
    hub.with("ca-2.json", policy("Apps only", grant("OR", &["approvedApplication"]), all()));
    hub.breaks("CA-ALL-APPS-OVERLAP").passes("CA-APPROVED-APP");
    hub.set("ca-2.json", "/conditions/applications/excludeApplications", json!(["hub-app"]));
    hub.says("CA-ALL-APPS-OVERLAP", Warning);
    let options = Options { hub_application_ids: vec!["HUB-app".into()], ..Options::default() };
    let report = check(&hub.tenant(), &options);
    assert!(report.findings().iter().all(|finding| finding.rule != "CA-ALL-APPS-OVERLAP"), "{report}");
}

#[test]
fn ca_approved_retired_when_nothing_else_is_demanded() {
    with_ca(grant("OR", &["approvedApplication"]), json!({})).says("CA-APPROVED-RETIRED", Warning);
    with_ca(grant("OR", &["approvedApplication", "compliantDevice"]), json!({})).passes("CA-APPROVED-RETIRED");
    with_ca(grant("OR", &["approvedApplication"]), json!({ "users": { "includeGroups": [OTHERS] } }))
        .passes("CA-APPROVED-RETIRED");
    // Once a tenant is known to have stopped enforcing it, it locks nobody out.
    let tenant = with_ca(grant("OR", &["approvedApplication"]), json!({})).tenant();
    let report = check(&tenant, &Options { approved_application_enforced: false, ..Options::default() });
    assert!(!report.would_break(), "{report}");
}

#[test]
fn ca_blocks_native() {
    for controls in ["block", "domainJoinedDevice"] {
        with_ca(grant("OR", &[controls]), json!({})).breaks("CA-BLOCKS-NATIVE");
        with_ca(grant("OR", &[controls]), json!({ "clientAppTypes": ["other"] })).passes("CA-BLOCKS-NATIVE");
    }
    with_ca(grant("OR", &["domainJoinedDevice", "compliantDevice"]), json!({})).passes("CA-BLOCKS-NATIVE");
}

#[test]
fn ca_eas_multiapp_but_all_apps_is_microsofts_own_template() {
    let eas = |apps: Value| json!({ "clientAppTypes": ["exchangeActiveSync", "other"], "applications": { "includeApplications": apps }, "platforms": null });
    with_ca(grant("OR", &["block"]), eas(json!([EXO, "00000003-0000-0ff1-ce00-000000000000"])))
        .breaks("CA-EAS-MULTIAPP");
    for apps in [json!([EXO]), json!(["All"])] {
        with_ca(grant("OR", &["block"]), eas(apps)).passes("CA-EAS-MULTIAPP").is_sound();
    }
    let several = json!([EXO, "00000003-0000-0ff1-ce00-000000000000"]);
    let mut elsewhere = eas(several.clone());
    elsewhere["users"] = json!({ "includeGroups": [OTHERS] });
    with_ca(grant("OR", &["block"]), elsewhere).passes("CA-EAS-MULTIAPP");
    with_ca(grant("OR", &["mfa"]), json!({ "applications": { "includeApplications": several } }))
        .passes("CA-EAS-MULTIAPP");
}

#[test]
fn ca_no_sso_ext_for_people_who_need_a_compliant_device() {
    healthy().passes("CA-NO-SSO-EXT");
    healthy().without("sso.json").breaks("CA-NO-SSO-EXT");
    healthy().set("sso.json", "/assignments", assigned_to(&[OTHERS])).breaks("CA-NO-SSO-EXT");
    healthy()
        .set("sso.json", "/iosSingleSignOnExtension/configurations/0/value", json!("com.contoso."))
        .breaks("CA-NO-SSO-EXT");
    let mut either = healthy();
    either.without("sso.json").with("ca.json", policy("Either", grant("OR", &["compliantDevice", "mfa"]), json!({})));
    either.passes("CA-NO-SSO-EXT");
    let mut reporting = healthy();
    reporting.without("sso.json").set("ca.json", "/state", json!("enabledForReportingButNotEnforced"));
    reporting.says("CA-NO-SSO-EXT", Warning).is_sound();
}

fn compliance(groups: &[&str], hours: i64) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.iosCompliancePolicy", "displayName": "Baseline", "managedEmailProfileRequired": "True",
        "scheduledActionsForRule": [{ "ruleName": "PasswordRequired", "scheduledActionConfigurations": [{ "actionType": "block", "gracePeriodHours": hours }] }],
        "assignments": assigned_to(groups),
    })
}

#[test]
fn cmp_group_mismatch_where_the_demand_reaches_further_than_the_profile() {
    healthy().with("compliance.json", compliance(&[PILOT], 72)).passes("CMP-GROUP-MISMATCH").is_sound();
    let mut wider = healthy();
    wider.with("compliance.json", compliance(&[PILOT, OTHERS], 72)).breaks("CMP-GROUP-MISMATCH");
    assert!(wider.one("CMP-GROUP-MISMATCH").text.starts_with("Otto Outside must"), "{}", wider.report());
    wider.set("compliance.json", "/managedEmailProfileRequired", json!("False")).passes("CMP-GROUP-MISMATCH");
    let mut gap = healthy();
    gap.with("compliance.json", compliance(&[PILOT], 72));
    gap.0.get_mut("email-profile.json").unwrap()["assignments"].as_array_mut().unwrap().push(
        json!({ "target": { "@odata.type": "#microsoft.graph.exclusionGroupAssignmentTarget", "groupId": EMERGENCY } }),
    );
    gap.passes("CMP-GROUP-MISMATCH");
    gap.with("groups/emergency.json", json!({ "id": EMERGENCY, "displayName": "Emergency", "members": [BEN] }))
        .breaks("CMP-GROUP-MISMATCH");
}

fn phone(owner: &str, version: &str) -> Value {
    json!({ "FriendlyName": "Phone", "DeviceType": "iPhone", "ClientType": "EAS", "ClientVersion": version, "UserDisplayName": owner, "IsManaged": "False" })
}

#[test]
fn cmp_manual_account_without_a_grace_period() {
    let mut export = healthy();
    export.with("compliance.json", compliance(&[PILOT], 0)).passes("CMP-MANUAL-ACCOUNT");
    export.with("Get-MobileDevice.json", phone("Anna Berg", "16.1")).breaks("CMP-MANUAL-ACCOUNT");
    export.with("Get-MobileDevice.json", phone("Otto Outside", "16.1")).passes("CMP-MANUAL-ACCOUNT");
    export.with("Get-MobileDevice.json", phone("Anna Berg", "16.1")).with("compliance.json", compliance(&[PILOT], 72));
    export.passes("CMP-MANUAL-ACCOUNT").is_sound();
}

#[test]
fn abq_default_block_needs_rules_for_iphones_and_ipads() {
    let block = |level: Value| {
        let mut export = healthy();
        export.set("Get-ActiveSyncOrganizationSettings.json", "/DefaultAccessLevel", level);
        export
    };
    for level in [json!("Block"), json!(1), json!("Quarantine"), json!("2")] {
        block(level.clone()).passes("ABQ-DEFAULT-BLOCK").is_sound();
        let mut outlook_only = block(level);
        outlook_only.with("Get-ActiveSyncDeviceAccessRule.json", json!({ "Name": "Outlook", "Characteristic": "DeviceModel", "QueryString": "Outlook for iOS and Android", "AccessLevel": "Allow" }));
        outlook_only.breaks("ABQ-DEFAULT-BLOCK").passes("ABQ-IPHONE-BLOCK");
    }
    let mut exempt = block(json!("Block"));
    exempt.without("Get-ActiveSyncDeviceAccessRule.json").with("Get-CASMailbox.json", json!([
        { "PrimarySmtpAddress": "anna@contoso.com", "ActiveSyncEnabled": true, "ActiveSyncAllowedDeviceIDs": ["APPL1"] },
        { "PrimarySmtpAddress": "ben@contoso.com", "ActiveSyncEnabled": true, "ActiveSyncAllowedDeviceIDs": "APPL2" },
    ]));
    exempt.passes("ABQ-DEFAULT-BLOCK");
}

#[test]
fn abq_ipad_missing_until_somebody_is_known_to_have_one() {
    let mut export = healthy();
    export
        .set("Get-ActiveSyncOrganizationSettings.json", "/DefaultAccessLevel", json!("Block"))
        .passes("ABQ-IPAD-MISSING");
    let iphones = json!({ "Characteristic": "DeviceType", "QueryString": "iPhone", "AccessLevel": "Allow" });
    export.with("Get-ActiveSyncDeviceAccessRule.json", iphones);
    export.says("ABQ-IPAD-MISSING", Warning).passes("ABQ-DEFAULT-BLOCK").is_sound();
    let mut ipad = device("iPad of Ben", BEN, "17.1");
    ipad["model"] = json!("iPad Pro");
    export.with("ipad.json", ipad).breaks("ABQ-DEFAULT-BLOCK").passes("ABQ-IPAD-MISSING");
}

#[test]
fn people_known_to_exchange_by_other_names_are_not_missed() {
    let mut export = healthy();
    export.without("users.json").without("Get-CASMailbox.json").without("devices.json");
    export.with(
        "groups/pilot.json",
        json!({ "id": PILOT, "displayName": "Pilot", "members": [{ "userPrincipalName": "anna.berg@contoso.com" }] }),
    );
    export.with("Get-MobileDevice.json", phone("Anna Berg", "14.1")).breaks("EAS-VERSION-161");
    export.with("Get-MobileDevice.json", phone("Otto Outside", "14.1")).says("EAS-VERSION-161", Warning).is_sound();
    let mut row = phone("", "14.1");
    row["UserDisplayName"] = Value::Null;
    row["Identity"] = json!("otto@contoso.com\\ExchangeActiveSyncDevices\\iPhone§APPL1");
    export.with("Get-MobileDevice.json", row.clone()).passes("EAS-VERSION-161");
    row["Identity"] = json!("anna.berg@contoso.com\\ExchangeActiveSyncDevices\\iPhone§APPL1");
    export.with("Get-MobileDevice.json", row).breaks("EAS-VERSION-161");
    // Ids here and names there tell nothing.
    export.with("groups/pilot.json", json!({ "id": PILOT, "displayName": "Pilot", "members": [ANNA] }));
    export.with("Get-MobileDevice.json", phone("Anna Berg", "14.1")).breaks("EAS-VERSION-161");
}

#[test]
fn abq_iphone_block_by_type() {
    for (query, level) in [("iPhone", json!("Block")), ("iphone", json!(2)), ("iPhone", json!("Quarantine"))] {
        let mut export = healthy();
        export.with(
            "Get-ActiveSyncDeviceAccessRule.json",
            json!({ "Name": "No phones", "Characteristic": "DeviceType", "QueryString": query, "AccessLevel": level }),
        );
        export.breaks("ABQ-IPHONE-BLOCK");
    }
    for query in ["SAMSUNGSMG991B", "Outlook", "iPhones"] {
        let mut export = healthy();
        export.with(
            "Get-ActiveSyncDeviceAccessRule.json",
            json!([{ "Characteristic": "DeviceType", "QueryString": query, "AccessLevel": "Block" }]),
        );
        export.passes("ABQ-IPHONE-BLOCK").is_sound();
    }
    let mut model = healthy();
    model.with(
        "Get-ActiveSyncDeviceAccessRule.json",
        json!({ "Characteristic": "DeviceModel", "QueryString": "iPhone15C4", "AccessLevel": "Block" }),
    );
    model.says("ABQ-IPHONE-BLOCK", Warning);
}

#[test]
fn abq_device_held() {
    let mut export = healthy();
    let mut held = phone("Anna Berg", "16.1");
    held["DeviceAccessState"] = json!("Quarantined");
    export.with("Get-MobileDevice.json", held.clone()).says("ABQ-DEVICE-HELD", Warning);
    held["DeviceAccessState"] = json!("Allowed");
    export.with("Get-MobileDevice.json", held).passes("ABQ-DEVICE-HELD");
}

#[test]
fn cas_eas_disabled_for_a_mailbox_of_the_rollout() {
    healthy().passes("CAS-EAS-DISABLED");
    let mut export = healthy();
    export.set("Get-CASMailbox.json", "/0/ActiveSyncEnabled", json!("False")).breaks("CAS-EAS-DISABLED");
    assert_eq!(export.one("CAS-EAS-DISABLED").objects, ["Anna Berg"]);
    let mut bare = healthy();
    bare.with("Get-CASMailbox.json", json!({ "Identity": "contoso.com/Users/Ben Cole", "activesyncenabled": false }))
        .breaks("CAS-EAS-DISABLED");
}

#[test]
fn cas_device_blocked() {
    let mut export = healthy();
    export.set("devices.json", "/value/0/easDeviceId", json!("APPLX1")).passes("CAS-DEVICE-BLOCKED");
    export.set("Get-CASMailbox.json", "/0/ActiveSyncBlockedDeviceIDs", json!(["applx1"])).breaks("CAS-DEVICE-BLOCKED");
}

#[test]
fn consent_missing_in_its_many_ways() {
    healthy().passes("CONSENT-MISSING");
    healthy().without("consent/grants.json").breaks("CONSENT-MISSING");
    healthy().without("consent/apple.json").set("consent/grants.json", "/value", json!([])).breaks("CONSENT-MISSING");
    healthy().set("consent/apple.json", "/accountEnabled", json!("False")).breaks("CONSENT-MISSING");
    healthy().set("consent/grants.json", "/value/0/scope", json!("EWS.AccessAsUser.All")).breaks("CONSENT-MISSING");
    healthy().set("consent/grants.json", "/value/0/clientId", json!("sp-exo")).breaks("CONSENT-MISSING");
    let mut one = healthy();
    one.set("consent/grants.json", "/value/0/consentType", json!("Principal"));
    one.set("consent/grants.json", "/value/0/principalId", json!(ANNA)).breaks("CONSENT-MISSING");
    assert!(one.one("CONSENT-MISSING").text.contains("Ben Cole"));
    let mut unknown = healthy();
    unknown.without("consent/grants.json").without("consent/apple.json").without("consent/exchange.json");
    unknown.says("CONSENT-MISSING", Warning).is_sound();
    let mut required = healthy();
    required.set("consent/apple.json", "/appRoleAssignmentRequired", json!(true)).says("CONSENT-MISSING", Warning);
    required
        .set("consent/apple.json", "/appRoleAssignedTo", json!([{ "principalId": PILOT }]))
        .passes("CONSENT-MISSING");
    let mut themselves = healthy();
    themselves.without("consent/grants.json").with("authorization.json", json!({
        "@odata.type": "#microsoft.graph.authorizationPolicy",
        "defaultUserRolePermissions": { "permissionGrantPoliciesAssigned": ["ManagePermissionGrantsForSelf.microsoft-user-default-legacy"] } }));
    themselves.passes("CONSENT-MISSING");
    assert_eq!(APPLE.len(), 36);
}

#[test]
fn rst_leak_read_by_the_exception_or_because_the_master_switch_is_off() {
    healthy().passes("RST-LEAK-READ");
    healthy().set("restrictions.json", "/contactsAllowUnmanagedToManagedRead", json!("True")).breaks("RST-LEAK-READ");
    healthy()
        .set("restrictions.json", "/documentsBlockManagedDocumentsInUnmanagedApps", json!("False"))
        .breaks("RST-LEAK-READ");
    healthy().set("restrictions.json", "/assignments", assigned_to(&[OTHERS])).breaks("RST-LEAK-READ");
    healthy().without("restrictions.json").says("RST-LEAK-READ", Warning).is_sound();
    // Another object that leaves the switch alone does not switch it off.
    let mut second = healthy();
    second.with("camera.json", json!({ "@odata.type": "#microsoft.graph.iosGeneralDeviceConfiguration", "displayName": "No camera",
        "cameraBlocked": true, "documentsBlockManagedDocumentsInUnmanagedApps": false, "contactsAllowUnmanagedToManagedRead": false,
        "assignments": assigned_to(&[PILOT]) }));
    second.passes("RST-LEAK-READ").passes("RST-KEY-TWICE").is_sound();
    let keys = "<dict><key>PayloadType</key><string>com.apple.applicationaccess</string><key>allowOpenFromManagedToUnmanaged</key><false/>KEYS</dict>";
    let mut payload = healthy();
    payload
        .without("restrictions.json")
        .with("own.json", custom("Own boundary", &keys.replace("KEYS", ""), &[PILOT]))
        .passes("RST-LEAK-READ");
    let leak = keys.replace("KEYS", "<key>allowUnmanagedToReadManagedContacts</key><true/>");
    payload.with("own.json", custom("Own boundary", &leak, &[PILOT])).breaks("RST-LEAK-READ");
}

#[test]
fn rst_key_twice_with_different_values() {
    let keys = "<dict><key>PayloadType</key><string>com.apple.applicationaccess</string><key>allowOpenFromManagedToUnmanaged</key><VALUE/></dict>";
    let mut export = healthy();
    export.with("own.json", custom("Own", &keys.replace("VALUE", "true"), &[PILOT])).says("RST-KEY-TWICE", Warning);
    export.with("own.json", custom("Own", &keys.replace("VALUE", "false"), &[PILOT])).passes("RST-KEY-TWICE");
    export.with("own.json", custom("Own", &keys.replace("VALUE", "true"), &[OTHERS])).passes("RST-KEY-TWICE");
}

#[test]
fn rst_export_impossible_for_those_who_export() {
    healthy().passes("RST-EXPORT-IMPOSSIBLE");
    let mut export = healthy();
    let mut outlook = managed_apps("mdm", "true", &[]);
    outlook["assignments"] = assigned_to(&[OTHERS]);
    export.with("export.json", outlook).passes("RST-EXPORT-IMPOSSIBLE");
    export
        .set("restrictions.json", "/assignments", assigned_to(&[PILOT, OTHERS]))
        .says("RST-EXPORT-IMPOSSIBLE", Warning);
    export.set("export.json", "/assignments", assigned_to(&[PILOT, OTHERS])).breaks("RST-EXPORT-IMPOSSIBLE");
    export
        .set("restrictions.json", "/contactsAllowManagedToUnmanagedWrite", json!("true"))
        .passes("RST-EXPORT-IMPOSSIBLE");
}

#[test]
fn eas_version_161_compares_versions_and_leaves_outlook_alone() {
    for (version, old) in [("14.1", true), ("16.0", true), ("16.1", false), ("16.10", false), ("", false)] {
        let mut export = healthy();
        export.with("Get-MobileDevice.json", json!([phone("Anna Berg", version)]));
        if old {
            export.breaks("EAS-VERSION-161")
        } else {
            export.passes("EAS-VERSION-161").is_sound()
        };
    }
    let mut outlook = phone("Anna Berg", "1.0");
    outlook["DeviceModel"] = json!("Outlook for iOS and Android");
    healthy().with("Get-MobileDevice.json", outlook).passes("EAS-VERSION-161");
    healthy().with("Get-MobileDevice.json", phone("Otto Outside", "14.1")).passes("EAS-VERSION-161").is_sound();
}

#[test]
fn at_a_hub_exchanges_own_locks_are_no_finding() {
    let mut export = Export::hub();
    export
        .with("settings.json", json!({ "DefaultAccessLevel": "Block" }))
        .with("rules.json", json!({ "Characteristic": "DeviceType", "QueryString": "iPhone", "AccessLevel": "Block" }))
        .with("cas.json", json!({ "PrimarySmtpAddress": "anna@contoso.com", "ActiveSyncEnabled": "False" }))
        .with("phones.json", phone("Anna Berg", "14.1"))
        .with("ca-2.json", policy("Apps", grant("OR", &["approvedApplication"]), json!({})))
        .with("ca-3.json", policy("Block", grant("OR", &["block"]), json!({})))
        .with(
            "principals.json",
            json!({ "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#servicePrincipals", "value": [] }),
        );
    let rules: Vec<_> =
        export.report().findings().iter().filter(|finding| finding.severity != Info).map(|it| it.rule).collect();
    assert!(rules.is_empty(), "{}", export.report());
}

#[test]
fn assignments_to_everybody_meet_policies_over_everybody() {
    let mut export = healthy();
    export.without("users.json").without("Get-CASMailbox.json").without("devices.json").without("outlook.json");
    export.set(
        "email-profile.json",
        "/assignments",
        json!([{ "target": { "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" } }]),
    );
    export.with(
        "ca-2.json",
        policy("Apps", grant("OR", &["approvedApplication"]), json!({ "users": { "includeUsers": ["All"] } })),
    );
    export.breaks("CA-APPROVED-APP");
}

#[test]
fn a_group_that_is_not_exported_overlaps_with_itself_and_not_with_its_exclusion() {
    let mut export = healthy();
    export
        .without("groups/pilot.json")
        .with("ca-2.json", policy("Apps", grant("OR", &["approvedApplication"]), json!({})));
    export.breaks("CA-APPROVED-APP").says("GROUP-NOT-EXPORTED", Info);
    export
        .set("ca-2.json", "/conditions/users", json!({ "includeUsers": ["All"], "excludeGroups": [PILOT] }))
        .passes("CA-APPROVED-APP");
}

#[test]
fn an_empty_group_is_nobody() {
    let mut export = healthy();
    export.set("groups/pilot.json", "/members", json!([])).set("email-profile.json", "/easServices", json!("email"));
    export.says("ROLLOUT-EMPTY", Info).passes("EAS-NOT-CONTACTS-ONLY").is_sound();
    assert!(!OTTO.is_empty());
}
