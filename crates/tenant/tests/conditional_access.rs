//! Which sign-ins Conditional Access lets in: the table of combinations, clients and conditions.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "tests; values read best where they are made"
)]

mod support;

use serde_json::{Value, json};
use support::{ANNA, BEN, EMERGENCY, EXO, Export, OTHERS, OTTO, PILOT, policy};
use tenant::{
    Options,
    conditional_access::{SignIn, evaluate},
};

fn what_if(user: &str, device: Value) -> Value {
    json!({
        "signInIdentity": { "@odata.type": "#microsoft.graph.userSignIn", "userId": user },
        "signInContext": { "@odata.type": "#microsoft.graph.applicationContext", "includeApplications": [EXO] },
        "signInConditions": {
            "devicePlatform": "iOS", "clientAppType": "mobileAppsAndDesktopClients", "deviceInfo": device,
            "country": "US", "ipAddress": "203.0.113.10", "signInRiskLevel": "none", "userRiskLevel": "none",
        },
        "appliedPoliciesOnly": true,
    })
}

fn compliant() -> Value {
    json!({ "isCompliant": true, "operatingSystem": "iOS", "operatingSystemVersion": "18.6", "ownership": "Company" })
}

/// Verdicts in the order native-contacts, outlook, hub.
fn verdicts(policies: &[Value], sign_in: &Value) -> Value {
    let mut export = Export::healthy();
    export.without("ca.json");
    for (place, policy) in policies.iter().enumerate() {
        export.with(&format!("ca-{place}.json"), policy.clone());
    }
    let sign_in = SignIn::read(sign_in.to_string().as_bytes()).unwrap();
    serde_json::to_value(evaluate(&export.tenant(), &sign_in, &Options::default())).unwrap()
}

fn asks(operator: &str, controls: &[&str]) -> Value {
    policy("P", json!({ "operator": operator, "builtInControls": controls }), json!({}))
}

#[test]
fn the_answer_has_the_five_members_that_scripts_read() {
    let found = verdicts(&[asks("AND", &["compliantDevice", "approvedApplication"])], &what_if(ANNA, compliant()));
    assert_eq!(
        found,
        json!([
            { "client": "native-contacts", "allowed": false, "decidedBy": ["P"], "unmet": ["approvedApplication"], "reportOnly": [] },
            { "client": "outlook", "allowed": true, "decidedBy": ["P"], "unmet": [], "reportOnly": [] },
            { "client": "hub", "allowed": true, "decidedBy": [], "unmet": [], "reportOnly": [] },
        ])
    );
}

/// Operator, controls, whether the native app gets in on a compliant phone, and on one that is not; Outlook likewise.
type Row = (&'static str, &'static [&'static str], [bool; 2], [bool; 2]);

const TABLE: [Row; 19] = [
    ("OR", &["compliantDevice"], [true, false], [true, false]),
    ("OR", &["mfa"], [true, true], [true, true]),
    ("AND", &["compliantDevice", "mfa"], [true, false], [true, false]),
    ("OR", &["compliantDevice", "mfa"], [true, true], [true, true]),
    ("OR", &["compliantDevice", "compliantApplication"], [true, false], [true, true]),
    ("OR", &["compliantDevice", "approvedApplication"], [true, false], [true, true]),
    ("OR", &["compliantDevice", "approvedApplication", "compliantApplication"], [true, false], [true, true]),
    ("AND", &["compliantDevice", "approvedApplication"], [false, false], [true, false]),
    ("AND", &["compliantDevice", "compliantApplication"], [false, false], [true, false]),
    ("OR", &["approvedApplication"], [false, false], [true, true]),
    ("OR", &["compliantApplication"], [false, false], [true, true]),
    ("AND", &["compliantApplication"], [false, false], [true, true]),
    ("OR", &["approvedApplication", "compliantApplication"], [false, false], [true, true]),
    ("AND", &["approvedApplication", "compliantApplication"], [false, false], [true, true]),
    ("OR", &["domainJoinedDevice"], [false, false], [false, false]),
    ("OR", &["block"], [false, false], [false, false]),
    ("OR", &["block", "mfa"], [false, false], [false, false]),
    ("AND", &["mfa", "passwordChange"], [true, true], [true, true]),
    ("OR", &["somethingNew"], [false, false], [false, false]),
];

#[test]
fn every_combination_of_controls_admits_whom_the_table_says() {
    for (operator, controls, native, outlook) in TABLE {
        for (place, is_compliant) in [true, false].into_iter().enumerate() {
            let sign_in = what_if(ANNA, json!({ "isCompliant": is_compliant }));
            let found = verdicts(&[asks(operator, controls)], &sign_in);
            let row = format!("{operator} {controls:?} compliant: {is_compliant}: {found}");
            assert_eq!(found[0]["allowed"], native[place], "{row}");
            assert_eq!(found[1]["allowed"], outlook[place], "{row}");
            for verdict in [&found[0], &found[1]] {
                assert_eq!(verdict["decidedBy"], json!(["P"]), "{row}");
                assert_eq!(verdict["unmet"].as_array().unwrap().is_empty(), verdict["allowed"] == true, "{row}");
            }
        }
    }
}

#[test]
fn terms_factors_strengths_and_session_controls_are_met_by_a_sign_in_page() {
    for grant in [
        json!({ "operator": "OR", "builtInControls": [], "termsOfUse": ["tou-1"] }),
        json!({ "operator": "OR", "builtInControls": [], "customAuthenticationFactors": ["Duo"] }),
        json!({ "operator": "AND", "builtInControls": ["compliantDevice"], "authenticationStrength": { "id": "1", "displayName": "Phishing-resistant" } }),
        Value::Null,
    ] {
        let mut policy = policy("P", grant, json!({}));
        policy["sessionControls"] = json!({ "signInFrequency": { "value": 1, "type": "days", "isEnabled": true } });
        let found = verdicts(&[policy], &what_if(ANNA, compliant()));
        assert_eq!(
            found[0],
            json!({ "client": "native-contacts", "allowed": true, "decidedBy": ["P"], "unmet": [], "reportOnly": [] })
        );
    }
}

#[test]
fn a_password_account_shows_no_page_and_no_device_so_any_grant_refuses_it() {
    let eas = json!({ "clientAppTypes": ["exchangeActiveSync", "other"] });
    let mut sign_in = what_if(ANNA, compliant());
    for grant in
        [json!({ "operator": "OR", "builtInControls": ["mfa"] }), json!({ "operator": "OR", "termsOfUse": ["t"] })]
    {
        let policies = [policy("Legacy", grant, eas.clone())];
        sign_in["signInConditions"]["clientAppType"] = json!("mobileAppsAndDesktopClients");
        assert_eq!(verdicts(&policies, &sign_in)[0]["decidedBy"], json!([]), "OAuth is not judged by it");
        sign_in["signInConditions"]["clientAppType"] = json!("easSupported");
        assert_eq!(verdicts(&policies, &sign_in)[0]["allowed"], false);
    }
}

#[test]
fn of_two_policies_both_must_be_met_and_the_one_that_is_not_decides() {
    let mut second = asks("OR", &["approvedApplication", "compliantApplication"]);
    second["displayName"] = json!("Apps");
    let found = verdicts(&[asks("OR", &["compliantDevice"]), second], &what_if(BEN, compliant()));
    assert_eq!(found[0]["decidedBy"], json!(["Apps"]));
    assert_eq!(found[0]["unmet"], json!(["approvedApplication", "compliantApplication"]));
    assert_eq!(found[1]["decidedBy"], json!(["P", "Apps"]));
}

#[test]
fn report_only_is_listed_and_never_decides_and_disabled_is_not_even_listed() {
    let mut report_only = asks("OR", &["block"]);
    report_only["state"] = json!("enabledForReportingButNotEnforced");
    let mut disabled = asks("OR", &["block"]);
    disabled["state"] = json!("disabled");
    let found = verdicts(&[report_only, disabled], &what_if(ANNA, compliant()));
    assert_eq!(
        found[0],
        json!({ "client": "native-contacts", "allowed": true, "decidedBy": [], "unmet": [], "reportOnly": ["P"] })
    );
}

#[test]
fn the_hub_is_met_by_policies_over_all_apps_or_its_own() {
    let all = |exclude: Value| json!({ "applications": { "includeApplications": ["All"], "excludeApplications": exclude }, "clientAppTypes": ["all"] });
    let grant = || json!({ "operator": "OR", "builtInControls": ["compliantApplication"] });
    let mut sign_in = what_if(ANNA, compliant());
    assert_eq!(verdicts(&[policy("All", grant(), all(json!([])))], &sign_in)[2]["allowed"], false);
    assert_eq!(verdicts(&[policy("All", grant(), all(json!([EXO])))], &sign_in)[0]["allowed"], true);
    assert_eq!(verdicts(&[policy("All", grant(), all(json!([EXO])))], &sign_in)[2]["allowed"], false);
    sign_in["signInContext"]["includeApplications"] = json!([EXO, "hub-app"]);
    assert_eq!(verdicts(&[policy("All", grant(), all(json!(["HUB-app"])))], &sign_in)[2]["allowed"], true);
    let named = json!({ "applications": { "includeApplications": ["hub-app"] }, "clientAppTypes": ["browser"] });
    let found = verdicts(&[policy("Hub", grant(), named)], &sign_in);
    assert_eq!((&found[0]["allowed"], &found[2]["allowed"]), (&json!(true), &json!(false)));
}

#[test]
fn conditions_are_held_against_what_the_file_says() {
    let grant = || json!({ "operator": "OR", "builtInControls": ["block"] });
    let applies = |conditions: Value, sign_in: &Value| {
        verdicts(&[policy("P", grant(), conditions)], sign_in)[0]["allowed"] == false
    };
    let anna = what_if(ANNA, compliant());
    for (conditions, wanted) in [
        (json!({}), true),
        (json!({ "users": { "includeGroups": [OTHERS] } }), false),
        (json!({ "users": { "includeUsers": ["All"], "excludeGroups": [EMERGENCY] } }), true),
        (json!({ "users": { "includeUsers": ["All"], "excludeUsers": [ANNA] } }), false),
        (json!({ "users": { "includeGroups": [EMERGENCY] } }), false),
        (json!({ "platforms": { "includePlatforms": ["all"], "excludePlatforms": ["ios"] } }), false),
        (json!({ "signInRiskLevels": ["high"] }), false),
        (json!({ "signInRiskLevels": ["none"] }), true),
        (json!({ "devices": { "deviceFilter": { "mode": "exclude", "rule": "device.isCompliant -eq True" } } }), false),
        (
            json!({ "devices": { "deviceFilter": { "mode": "include", "rule": "device.deviceOwnership -eq \"Company\"" } } }),
            true,
        ),
        (
            json!({ "devices": { "deviceFilter": { "mode": "include", "rule": "device.operatingSystemVersion -lt \"18.10\"" } } }),
            true,
        ),
        (json!({ "locations": { "includeLocations": ["All"], "excludeLocations": ["loc-office"] } }), false),
        (json!({ "locations": { "includeLocations": ["loc-abroad"] } }), false),
    ] {
        let mut export = Export::healthy();
        export.without("ca.json").with("ca.json", policy("P", grant(), conditions.clone()));
        export.with("office.json", json!({ "@odata.type": "#microsoft.graph.ipNamedLocation", "id": "loc-office", "displayName": "Office", "isTrusted": true, "ipRanges": [{ "cidrAddress": "203.0.113.0/24" }] }));
        export.with("abroad.json", json!({ "@odata.type": "#microsoft.graph.countryNamedLocation", "id": "loc-abroad", "displayName": "Abroad", "countriesAndRegions": ["FR"] }));
        let found = evaluate(&export.tenant(), &SignIn::of(&anna).unwrap(), &Options::default());
        assert_eq!(!found[0].allowed, wanted, "{conditions}");
    }
    assert!(!applies(json!({}), &what_if(OTTO, compliant())));
    assert!(applies(json!({ "users": { "includeGroups": [PILOT] } }), &what_if("anna@contoso.com", compliant())));
}

#[test]
fn short_files_are_read_as_well() {
    let policies = [asks("OR", &["compliantDevice"])];
    for (sign_in, allowed) in [
        (json!({ "userPrincipalName": "Anna@Contoso.com", "isCompliant": true }), true),
        (json!({ "userId": ANNA, "deviceInfo": { "isCompliant": "False" } }), false),
        // Nothing said: Anna's phone is in the export and compliant, nothing is known of Ben's.
        (json!({ "userId": ANNA }), true),
        (json!({ "userId": BEN }), false),
        (json!({ "user": { "id": BEN }, "device": { "isCompliant": true } }), true),
        (json!({ "userId": "ben@contoso.com", "platform": "android" }), true),
        (json!({ "userId": "stranger@contoso.com", "groups": [PILOT] }), false),
    ] {
        assert_eq!(verdicts(&policies, &sign_in)[0]["allowed"], allowed, "{sign_in}");
    }
    for nonsense in [json!([]), json!({}), json!({ "signInConditions": {} })] {
        assert!(SignIn::of(&nonsense).is_err(), "{nonsense}");
    }
    assert!(SignIn::read(b"{").is_err());
}
