//! The traps one by one: where a finding stands, and what it is not mistaken for.

use fleet::{
    enrolment::Enrolment,
    lint::{Context, Severity},
};
use serde_json::{Value as Json, json};

use crate::house::{account_with, ids, lint_json, on, profile_of, sound_account, with};

fn paths<'a>(report: &'a fleet::lint::Report, rule: &str) -> Vec<&'a str> {
    report.findings.iter().filter(|finding| finding.rule.id() == rule).map(|finding| finding.path.as_str()).collect()
}

#[test]
fn a_full_account_is_one_finding_and_not_five() {
    let mut account = sound_account();
    let keys: Vec<String> =
        account.as_object().unwrap().keys().filter(|key| key.starts_with("Enable")).cloned().collect();
    for key in keys {
        account.as_object_mut().unwrap().remove(&key);
    }
    assert_eq!(ids(&lint_json(&profile_of(&[account]), &Context::default())), ["EAS-OTHER-SERVICES"]);
}

#[test]
fn a_switch_left_out_is_named_where_it_should_stand() {
    let account = account_with(json!({"EnableMail": null}));
    let report = lint_json(&profile_of(&[account]), &Context::default());
    assert_eq!(paths(&report, "EAS-SERVICE-BY-DEFAULT"), ["PayloadContent[0].EnableMail"]);
}

#[test]
fn a_misspelt_lock_is_recognised_and_the_service_is_unlocked() {
    let account = account_with(json!({"EnableMailUserOverridable": null, "EnableMailUserOverrideable": false}));
    let report = lint_json(&profile_of(&[account]), &Context::default());
    assert_eq!(ids(&report), ["KEY-UNKNOWN", "EAS-SERVICE-UNLOCKED"]);
    assert_eq!(report.findings[0].fix, "Did you mean EnableMailUserOverridable?");
}

#[test]
fn on_ios_12_oauth_makes_a_full_account_and_before_it_a_password_is_asked_for() {
    let at = |os: &str| lint_json(&profile_of(&[sound_account()]), &on(Enrolment::Device, os));
    assert!(!at("12.0").to_string().contains("asks for a password"));
    assert!(at("11.4").to_string().contains("asks for a password"));
    assert!(paths(&at("12.0"), "OS-TOO-OLD").iter().all(|path| !path.ends_with(".OAuth")));
    assert!(paths(&at("11.4"), "OS-TOO-OLD").contains(&"PayloadContent[0].OAuth"));
    assert!(at("13.0").findings.is_empty());
}

#[test]
fn a_person_can_be_asked_for_what_mdm_cannot() {
    let account = account_with(json!({"UserName": null, "EmailAddress": null}));
    let profile = profile_of(&[account]);
    assert_eq!(ids(&lint_json(&profile, &Context::default())), ["EAS-NO-USER", "EAS-NO-USER"]);
    assert!(lint_json(&profile, &Context { manual: true, ..Context::default() }).findings.is_empty());
}

#[test]
fn oauth_without_a_host_finds_its_server_itself() {
    let account = account_with(json!({"Host": null}));
    assert!(lint_json(&profile_of(&[account]), &Context::default()).findings.is_empty());
}

#[test]
fn contact_keys_do_nothing_until_managed_open_in_is_closed_anywhere_in_the_profile() {
    let keys = json!({"PayloadType": "com.apple.applicationaccess", "allowUnmanagedToReadManagedContacts": false,
        "allowManagedToWriteUnmanagedContacts": false});
    let closed = json!({"PayloadType": "com.apple.applicationaccess", "allowOpenFromManagedToUnmanaged": false});
    let open = with(keys.clone(), json!({"allowOpenFromManagedToUnmanaged": true}));
    let inert = ["RESTRICTIONS-INERT", "RESTRICTIONS-INERT"];
    assert_eq!(ids(&lint_json(&profile_of(std::slice::from_ref(&keys)), &Context::default())), inert);
    assert_eq!(ids(&lint_json(&profile_of(&[open]), &Context::default())), inert);
    assert!(lint_json(&profile_of(&[keys, closed]), &Context::default()).findings.is_empty());
}

#[test]
fn different_keys_in_two_restrictions_payloads_are_no_quarrel() {
    let one = json!({"PayloadType": "com.apple.applicationaccess", "allowCamera": true});
    let other = json!({"PayloadType": "com.apple.applicationaccess", "allowOpenFromManagedToUnmanaged": false});
    assert!(lint_json(&profile_of(&[one, other]), &Context::default()).findings.is_empty());
}

#[test]
fn a_personal_devices_enrolment_needs_no_rights() {
    let mdm = json!({"PayloadType": "com.apple.mdm", "ServerURL": "https://mdm.example.org/",
        "Topic": "com.apple.mgmt.External.1", "EnrollmentMode": "BYOD", "AssignedManagedAppleID": "anna@example.org",
        "IdentityCertificateUUID": "00000001-0000-4000-8000-000000000000"});
    let identity = json!({"PayloadType": "com.apple.security.pkcs12", "PayloadContent": {"$data": "MAA="}});
    assert!(lint_json(&profile_of(&[mdm, identity]), &on(Enrolment::User, "17.0")).findings.is_empty());
}

#[test]
fn what_is_unknown_of_a_device_is_not_held_against_a_profile() {
    let payload = json!({"PayloadType": "com.apple.applicationaccess", "allowAccountModification": false,
        "allowOpenFromManagedToUnmanaged": false, "allowManagedToWriteUnmanagedContacts": false});
    assert!(lint_json(&profile_of(std::slice::from_ref(&payload)), &Context::default()).findings.is_empty());
    let report = lint_json(&profile_of(&[payload]), &on(Enrolment::User, "6.0"));
    assert_eq!(report.findings.iter().filter(|finding| finding.severity == Severity::Error).count(), 2);
}

#[test]
fn an_anchor_is_a_certificate_and_no_identity() {
    let pinned = |kind: &str| {
        let mdm = json!({"PayloadType": "com.apple.mdm", "ServerURL": "https://mdm.example.org/", "AccessRights": 8191,
            "Topic": "com.apple.mgmt.External.1", "IdentityCertificateUUID": "00000001-0000-4000-8000-000000000000",
            "ServerURLPinningCertificateUUIDs": ["00000002-0000-4000-8000-000000000000"]});
        let file = |kind: &str| json!({"PayloadType": kind, "PayloadContent": {"$data": "MAA="}});
        lint_json(&profile_of(&[mdm, file("com.apple.security.pkcs12"), file(kind)]), &Context::default())
    };
    let report = pinned("com.apple.security.pkcs12");
    assert_eq!(paths(&report, "REFERENCE-WRONG-KIND"), ["PayloadContent[0].ServerURLPinningCertificateUUIDs[0]"]);
    assert!(paths(&pinned("com.apple.security.root"), "REFERENCE-WRONG-KIND").is_empty());
}

#[test]
fn references_do_not_care_for_capitals() {
    let identity = json!({"PayloadType": "com.apple.security.pkcs12", "PayloadContent": {"$data": "MAA="},
        "PayloadUUID": "ABCDEFAB-0000-4000-8000-000000000000"});
    let account = account_with(json!({"PayloadCertificateUUID": "abcdefab-0000-4000-8000-000000000000"}));
    assert!(lint_json(&profile_of(&[identity, account]), &Context::default()).findings.is_empty());
}

#[test]
fn the_worst_comes_first() {
    let account = account_with(json!({"EnableMail": true, "SSL": false, "HeaderMagic": "x"}));
    let report = lint_json(&profile_of(&[account]), &Context::default());
    let severities: Vec<Severity> = report.findings.iter().map(|finding| finding.severity).collect();
    assert!(severities.is_sorted() && severities.len() >= 3, "{report}");
}

#[test]
fn scripts_read_findings_as_json() {
    let account = account_with(json!({"SSL": false}));
    let report = serde_json::to_value(lint_json(&profile_of(&[account]), &Context::default())).unwrap();
    assert_eq!(report["identifier"], "org.other");
    assert_eq!(report["signedBy"], Json::Null);
    let finding = &report["findings"][0];
    assert_eq!((&finding["rule"], &finding["severity"]), (&json!("ACCOUNT-WITHOUT-TLS"), &json!("error")));
    assert_eq!(finding["path"], "PayloadContent[0].SSL");
    assert!(finding["text"].is_string() && finding["fix"].is_string());
}

#[test]
fn a_password_is_named_and_not_repeated() {
    let account = account_with(json!({"OAuth": false, "Password": "swordfish"}));
    let report = lint_json(&profile_of(&[account]), &Context::default());
    assert_eq!(paths(&report, "SECRET-IN-CLEAR"), ["PayloadContent[0].Password"]);
    assert!(!report.to_string().contains("swordfish"));
}

#[test]
fn an_encrypted_profile_needs_no_payloads_to_be_seen() {
    let either = json!({"IsEncrypted": true, "EncryptedPayloadContent": {"$data": "AAAA"}});
    assert_eq!(ids(&lint_json(&with(profile_of(&[]), either), &Context::default())), ["FILE-ENCRYPTED"]);
    let content = json!({"PayloadContent": null, "IsEncrypted": true, "EncryptedPayloadContent": {"$data": "AAAA"}});
    assert_eq!(ids(&lint_json(&with(profile_of(&[]), content), &Context::default())), ["FILE-ENCRYPTED"]);
}

#[test]
fn a_made_up_type_that_is_referred_to_gives_no_orders_to_a_terminal() {
    let stranger = json!({"PayloadType": "\u{9b}31m", "PayloadUUID": "ABCDEFAB-0000-4000-8000-000000000000"});
    let account = account_with(json!({"PayloadCertificateUUID": "ABCDEFAB-0000-4000-8000-000000000000"}));
    let report = lint_json(&profile_of(&[stranger, account]), &Context::default());
    assert_eq!(ids(&report), ["REFERENCE-WRONG-KIND", "PAYLOAD-UNKNOWN"]);
    assert!(!report.to_string().contains('\u{9b}'));
}
