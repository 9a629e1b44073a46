//! The profiles that are made here.

use fleet::{
    enrolment::Enrolment,
    lint::{Context, Rule, lint},
    profile::{Account, Installation, MdmEnrolment, Options, SignIn, contacts, mdm_enrolment},
};
use plist::{Dictionary, Value};

use crate::house::{all_profiles, anna, ben, everything, hub, ids, mdm_server, on, pkcs12, scep, version};

fn payload<'a>(profile: &'a fleet::profile::Profile, kind: &str) -> &'a Dictionary {
    let content = profile.dictionary().get("PayloadContent").and_then(Value::as_array).unwrap();
    let of_kind = |payload: &&Dictionary| payload.get("PayloadType").and_then(Value::as_string) == Some(kind);
    content.iter().filter_map(Value::as_dictionary).find(of_kind).unwrap()
}

fn text<'a>(payload: &'a Dictionary, key: &str) -> &'a str {
    payload.get(key).and_then(Value::as_string).unwrap()
}

#[test]
fn every_profile_made_here_passes_the_table_and_every_rule() {
    for (name, profile, context) in all_profiles() {
        let report = lint(&profile.to_plist(), &context);
        assert!(report.findings.is_empty(), "{name}: {report}");
        assert_eq!(report.identifier.as_deref(), Some(profile.identifier()));
    }
}

#[test]
fn the_account_brings_contacts_and_nothing_else_and_all_five_services_are_locked() {
    let profile = contacts(&hub(), &anna(), Enrolment::Device, &Options::default());
    let account = payload(&profile, "com.apple.eas.account");
    for service in ["Mail", "Contacts", "Calendars", "Reminders", "Notes"] {
        let flag = |key: String| account.get(&key).and_then(Value::as_boolean);
        assert_eq!(flag(format!("Enable{service}")), Some(service == "Contacts"));
        assert_eq!(flag(format!("Enable{service}UserOverridable")), Some(false));
    }
    assert_eq!(account.get("SSL").and_then(Value::as_boolean), Some(true));
    assert_eq!(account.get("OAuth").and_then(Value::as_boolean), Some(true));
    assert_eq!(text(account, "OAuthSignInURL"), hub().sign_in_url);
    assert_eq!(text(account, "OAuthTokenRequestURL"), hub().token_url);
    assert_eq!(text(account, "Host"), hub().host);
    assert_eq!(text(account, "UserName"), anna().user_name);
    assert_eq!(text(account, "EmailAddress"), anna().email);
}

#[test]
fn no_account_carries_a_password() {
    for (name, profile, _) in all_profiles() {
        let written = String::from_utf8(profile.to_plist()).unwrap();
        assert!(!written.contains("Password"), "{name}");
    }
}

#[test]
fn the_profile_is_not_for_phones_before_ios_13() {
    let profile = contacts(&hub(), &anna(), Enrolment::Device, &Options::default());
    assert_eq!(profile.required_os(), Some(version("13.0")));
    let report = lint(&profile.to_plist(), &on(Enrolment::Device, "12.5.7"));
    assert!(report.breaks() && ids(&report).contains(&"EAS-FULL-ACCOUNT-ON-OLD-OS"), "{report}");
}

#[test]
fn a_carddav_account_is_for_old_phones_too() {
    let options = Options { account: Account::CardDav { principal_url: None, port: None }, ..Options::default() };
    let profile = contacts(&hub(), &anna(), Enrolment::Device, &options);
    assert_eq!(profile.required_os(), Some(version("4.0")));
    assert!(lint(&profile.to_plist(), &on(Enrolment::Device, "9.3")).findings.is_empty());
}

#[test]
fn the_same_person_gets_the_same_bytes_again() {
    let make = || contacts(&hub(), &anna(), Enrolment::User, &Options { web_clip: true, ..Options::default() });
    assert_eq!(make(), make());
    assert_eq!(make().to_plist(), make().to_plist());
}

#[test]
fn a_change_shows_in_the_profiles_uuid_and_leaves_the_accounts_alone() {
    let plain = contacts(&hub(), &anna(), Enrolment::Device, &Options::default());
    let mut moved = hub();
    moved.token_url.push_str("/v2.0");
    for changed in [
        contacts(&hub(), &anna(), Enrolment::Device, &Options { web_clip: true, ..Options::default() }),
        contacts(&moved, &anna(), Enrolment::Device, &Options::default()),
    ] {
        assert_eq!(plain.identifier(), changed.identifier());
        assert_ne!(plain.uuid(), changed.uuid());
        let account = |profile| text(payload(profile, "com.apple.eas.account"), "PayloadUUID").to_owned();
        assert_eq!(account(&plain), account(&changed), "a re-push would sign the person out");
    }
}

#[test]
fn two_people_have_different_accounts_under_one_identifier() {
    let anna = contacts(&hub(), &anna(), Enrolment::Device, &Options::default());
    let ben = contacts(&hub(), &ben(), Enrolment::Device, &Options::default());
    let account = |profile| text(payload(profile, "com.apple.eas.account"), "PayloadUUID").to_owned();
    assert_ne!(account(&anna), account(&ben));
    assert_eq!(anna.identifier(), ben.identifier());
}

#[test]
fn capitals_in_an_address_make_no_other_account() {
    let mut shouted = anna();
    shouted.email = shouted.email.to_uppercase();
    let account = |person| {
        let profile = contacts(&hub(), person, Enrolment::Device, &Options::default());
        text(payload(&profile, "com.apple.eas.account"), "PayloadUUID").to_owned()
    };
    assert_eq!(account(&anna()), account(&shouted));
}

#[test]
fn the_certificate_that_the_account_uses_is_in_the_same_profile() {
    for identity in [scep(), pkcs12(None)] {
        let kind = match identity {
            fleet::profile::ClientIdentity::Scep(_) => "com.apple.security.scep",
            fleet::profile::ClientIdentity::Pkcs12(_) => "com.apple.security.pkcs12",
        };
        let options = Options { account: Account::Exchange(SignIn::Certificate(identity)), ..Options::default() };
        let profile = contacts(&hub(), &anna(), Enrolment::Device, &options);
        let account = payload(&profile, "com.apple.eas.account");
        assert_eq!(text(account, "PayloadCertificateUUID"), text(payload(&profile, kind), "PayloadUUID"));
        assert_eq!(account.get("OAuth").and_then(Value::as_boolean), Some(false));
    }
}

#[test]
fn a_key_file_with_its_password_is_a_secret_in_clear_and_nothing_worse() {
    let account = Account::Exchange(SignIn::Certificate(pkcs12(Some("swordfish"))));
    let profile = contacts(&hub(), &anna(), Enrolment::Device, &Options { account, ..Options::default() });
    let report = lint(&profile.to_plist(), &Context::default());
    assert_eq!(ids(&report), ["SECRET-IN-CLEAR"]);
    assert!(!report.to_string().contains("swordfish"));
}

#[test]
fn managed_contacts_stay_away_from_personal_apps() {
    let restrictions = |enrolment, installation| {
        let profile = contacts(&hub(), &anna(), enrolment, &everything(Account::default(), installation));
        let mut keys: Vec<String> = payload(&profile, "com.apple.applicationaccess")
            .iter()
            .filter(|(key, _)| key.starts_with("allow"))
            .map(|(key, value)| format!("{key}={}", value.as_boolean().unwrap()))
            .collect();
        keys.sort();
        keys
    };
    let master = "allowOpenFromManagedToUnmanaged=false";
    let write = "allowManagedToWriteUnmanagedContacts=false";
    let read = "allowUnmanagedToReadManagedContacts=false";
    assert_eq!(restrictions(Enrolment::Device, Installation::Mdm), [write, master, read]);
    assert_eq!(restrictions(Enrolment::User, Installation::Mdm), [master, read], "iOS would reject the whole profile");
    assert_eq!(restrictions(Enrolment::Device, Installation::ByHand), [master], "both keys are MDM's alone");
}

#[test]
fn a_profile_for_device_enrolment_would_be_rejected_in_user_enrolment() {
    let options = everything(Account::default(), Installation::Mdm);
    let profile = contacts(&hub(), &anna(), Enrolment::Device, &options);
    let report = lint(&profile.to_plist(), &on(Enrolment::User, "17.0"));
    assert_eq!(ids(&report), ["USER-ENROLMENT-FORBIDDEN"]);
    assert!(report.findings[0].path.ends_with(".allowManagedToWriteUnmanagedContacts"));
}

#[test]
fn an_enrolment_asks_for_the_rights_of_a_rollout_at_once() {
    let profile = mdm_enrolment(&mdm_server(), &scep(), &MdmEnrolment::Profile);
    let mdm = payload(&profile, "com.apple.mdm");
    assert_eq!(mdm.get("AccessRights").and_then(Value::as_signed_integer), Some(7443));
    assert_eq!(text(mdm, "Topic"), "com.apple.mgmt.External.1");
    assert_eq!(text(mdm, "IdentityCertificateUUID"), text(payload(&profile, "com.apple.security.scep"), "PayloadUUID"));
    assert_eq!(mdm.get("CheckOutWhenRemoved").and_then(Value::as_boolean), Some(true));
}

#[test]
fn a_personal_device_is_asked_for_no_rights() {
    let kind = MdmEnrolment::AccountDrivenUser { managed_apple_account: "anna@apple.example.org".to_owned() };
    let profile = mdm_enrolment(&mdm_server(), &scep(), &kind);
    let mdm = payload(&profile, "com.apple.mdm");
    assert!(!mdm.contains_key("AccessRights"));
    assert_eq!(text(mdm, "EnrollmentMode"), "BYOD");
    assert_eq!(profile.required_os(), Some(version("15.0")));
}

#[test]
fn a_name_that_xml_cannot_carry_does_not_break_the_profile() {
    let mut hub = hub();
    hub.organisation = "Ex\u{0}am\u{b}ple \u{ffff}& <Co>".to_owned();
    let profile = contacts(&hub, &anna(), Enrolment::Device, &Options::default());
    assert!(lint(&profile.to_plist(), &Context::default()).findings.is_empty());
    let read: Dictionary = plist::from_bytes(&profile.to_plist()).unwrap();
    assert_eq!(text(&read, "PayloadOrganization"), "Example & <Co>");
}

#[test]
fn rules_have_ids_of_their_own() {
    let mut ids: Vec<&str> = Rule::ALL.iter().map(|rule| rule.id()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), Rule::ALL.len());
}
