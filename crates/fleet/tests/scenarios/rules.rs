//! For every rule a profile that breaks it. A rule that nothing here breaks fails the test.

use std::collections::BTreeSet;

use fleet::{
    enrolment::Enrolment,
    lint::{Context, Rule, lint, lint_declaration},
};
use serde_json::{Value as Json, json};

use crate::house::{account_with, certificate, ids, on, openssl, profile_of, sound_account, with, xml};

fn restrictions(keys: Json) -> Json {
    with(json!({"PayloadType": "com.apple.applicationaccess"}), keys)
}

fn scep() -> Json {
    json!({"PayloadType": "com.apple.security.scep", "PayloadContent": {"URL": "https://example.org/scep",
        "Keysize": 2048, "CAFingerprint": {"$data": "AAAA"}}})
}

fn mdm(changes: Json) -> Json {
    let mdm = json!({"PayloadType": "com.apple.mdm", "ServerURL": "https://mdm.example.org/",
        "Topic": "com.apple.mgmt.External.1", "AccessRights": 8191,
        "IdentityCertificateUUID": "00000000-0000-4000-8000-000000000000"});
    with(mdm, changes)
}

/// Profiles in XML with the rule they break.
fn broken() -> Vec<(Rule, Context, Json)> {
    let any = Context::default();
    let device = on(Enrolment::Device, "17.4");
    let user = on(Enrolment::User, "17.4");
    let by_hand = Context { manual: true, ..any };
    let one = |payload: Json| profile_of(&[payload]);
    let account = |changes: Json| profile_of(&[account_with(changes)]);
    let enrolment = |changes: Json| profile_of(&[scep(), mdm(changes)]);
    let closed = json!({"allowOpenFromManagedToUnmanaged": false});
    vec![
        (Rule::NotProfile, any, json!({"Command": {"RequestType": "ProfileList"}})),
        (Rule::NotProfile, any, sound_account()),
        (
            Rule::Encrypted,
            any,
            with(profile_of(&[]), json!({"IsEncrypted": true, "EncryptedPayloadContent": {"$data": "AAAA"}})),
        ),
        (Rule::KeyUnknown, any, account(json!({"EnableMailUserOverrideable": false}))),
        (Rule::KeyType, any, account(json!({"SSL": "true"}))),
        (Rule::KeyMissing, any, one(json!({"PayloadType": "com.apple.carddav.account"}))),
        (Rule::KeyMissing, any, with(profile_of(&[]), json!({"PayloadUUID": null}))),
        (Rule::KeyMissing, any, one(json!({"Host": "example.org"}))),
        (Rule::KeyValue, any, account(json!({"MailNumberOfPastDaysToSync": 2}))),
        (Rule::KeyForm, any, enrolment(json!({"ServerURL": "http://mdm.example.org/"}))),
        (
            Rule::KeyNotIos,
            any,
            one(with(
                scep(),
                json!({"PayloadType": "com.apple.security.pkcs12", "PayloadContent": {"$data": "MAA="}, "KeyIsExtractable": false}),
            )),
        ),
        (Rule::AboveOs, on(Enrolment::Device, "13.1"), account(json!({"VPNUUID": "x"}))),
        (Rule::Deprecated, any, account(json!({"HeaderMagic": "x"}))),
        (Rule::Removed, on(Enrolment::Device, "18.0"), enrolment(json!({"ManagedAppleID": "anna@example.org"}))),
        (Rule::SupervisedOnly, device, one(restrictions(json!({"allowAccountModification": false})))),
        (Rule::UserEnrolmentForbidden, user, one(restrictions(json!({"allowManagedToWriteUnmanagedContacts": false})))),
        (Rule::UserEnrolmentForbidden, user, one(json!({"PayloadType": "com.apple.homescreenlayout", "Pages": []}))),
        (Rule::UserEnrolmentIgnored, user, enrolment(json!({}))),
        (
            Rule::MdmOnly,
            by_hand,
            one(restrictions(with(closed.clone(), json!({"allowUnmanagedToReadManagedContacts": false})))),
        ),
        (Rule::PayloadUnknown, any, one(json!({"PayloadType": "com.apple.eas.acount"}))),
        (Rule::PayloadDouble, any, profile_of(&[scep(), mdm(json!({})), mdm(json!({}))])),
        (
            Rule::UuidDouble,
            any,
            one(with(sound_account(), json!({"PayloadUUID": "99999999-0000-4000-8000-000000000000"}))),
        ),
        (Rule::UuidForm, any, one(with(sound_account(), json!({"PayloadUUID": "account"})))),
        (Rule::IdentifierDouble, any, one(with(sound_account(), json!({"PayloadIdentifier": "org.other"})))),
        (
            Rule::ReferenceNowhere,
            any,
            account(json!({"PayloadCertificateUUID": "12345678-0000-4000-8000-000000000000"})),
        ),
        (
            Rule::ReferenceWrongKind,
            any,
            account(json!({"PayloadCertificateUUID": "00000000-0000-4000-8000-000000000000"})),
        ),
        (
            Rule::RemovalDisallowed,
            on(Enrolment::Supervised, "17.0"),
            with(profile_of(&[]), json!({"PayloadRemovalDisallowed": true})),
        ),
        (Rule::RemovesItself, any, with(profile_of(&[]), json!({"DurationUntilRemoval": 3600.5}))),
        (
            Rule::SecretInClear,
            any,
            one(
                json!({"PayloadType": "com.apple.carddav.account", "CardDAVHostName": "example.org", "CardDAVPassword": "swordfish"}),
            ),
        ),
        (Rule::NoService, any, account(json!({"EnableContacts": false}))),
        (Rule::OtherServices, any, account(json!({"EnableMail": true}))),
        (Rule::ServiceByDefault, any, account(json!({"EnableMail": null}))),
        (Rule::ServiceUnlocked, any, account(json!({"EnableContactsUserOverridable": true}))),
        (Rule::ServiceUnlocked, any, account(json!({"EnableNotesUserOverridable": null}))),
        (Rule::FullAccountOnOldOs, on(Enrolment::Device, "12.5"), account(json!({}))),
        (Rule::NoSsl, any, account(json!({"SSL": null}))),
        (
            Rule::NoSsl,
            any,
            one(
                json!({"PayloadType": "com.apple.ldap.account", "LDAPAccountHostName": "example.org", "LDAPAccountUseSSL": false}),
            ),
        ),
        (Rule::PasswordWithOAuth, any, account(json!({"Password": "swordfish"}))),
        (Rule::SignInWithoutHost, any, account(json!({"Host": null, "OAuthSignInURL": "https://example.org/"}))),
        (Rule::NoHost, any, account(json!({"Host": null, "OAuth": false}))),
        (Rule::NoUser, any, account(json!({"UserName": null}))),
        (Rule::TokenWithoutSignIn, any, account(json!({"OAuthTokenRequestURL": "https://example.org/token"}))),
        (Rule::NotHttps, any, account(json!({"OAuthSignInURL": "http://example.org/"}))),
        (
            Rule::AccountDouble,
            any,
            profile_of(&[sound_account(), account_with(json!({"Host": "OUTLOOK.office365.com"}))]),
        ),
        (Rule::RestrictionsInert, any, one(restrictions(json!({"allowUnmanagedToReadManagedContacts": false})))),
        (Rule::RestrictionsDouble, any, profile_of(&[restrictions(closed.clone()), restrictions(closed.clone())])),
        (
            Rule::ContactsReadable,
            any,
            one(restrictions(with(closed, json!({"allowUnmanagedToReadManagedContacts": true})))),
        ),
        (Rule::Rights, any, enrolment(json!({"AccessRights": 2}))),
        (Rule::Rights, any, enrolment(json!({"AccessRights": null}))),
        (Rule::RightsShort, any, enrolment(json!({"AccessRights": 3}))),
        (Rule::UrlQuery, any, enrolment(json!({"ServerURL": "https://mdm.example.org/?token=1"}))),
        (Rule::Topic, any, enrolment(json!({"Topic": "org.example.mdm"}))),
        (Rule::DevelopmentPush, any, enrolment(json!({"UseDevelopmentAPNS": true}))),
        (
            Rule::ScepKey,
            any,
            one(with(
                scep(),
                json!({"PayloadContent": {"URL": "https://example.org/", "CAFingerprint": {"$data": "AAAA"}}}),
            )),
        ),
        (
            Rule::ScepFingerprint,
            any,
            one(with(scep(), json!({"PayloadContent": {"URL": "https://example.org/", "Keysize": 2048}}))),
        ),
        (
            Rule::CertificateUnreadable,
            any,
            one(json!({"PayloadType": "com.apple.security.root", "PayloadContent": {"$data": "AAAA"}})),
        ),
        (
            Rule::NoSearchBase,
            any,
            one(json!({"PayloadType": "com.apple.ldap.account", "LDAPAccountHostName": "example.org"})),
        ),
    ]
}

/// Files that are no profile in XML.
fn files() -> Vec<(Rule, Vec<u8>)> {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    certificate(place, "authority", None);
    certificate(place, "signer", Some("authority"));
    std::fs::write(place.join("profile"), xml(&profile_of(&[sound_account()]))).unwrap();
    let signed = |signer: &str, more: &[&str]| {
        let (pem, key) = (format!("{signer}.pem"), format!("{signer}.key"));
        let mut arguments = vec!["cms", "-sign", "-binary", "-nodetach", "-in", "profile", "-outform", "DER"];
        arguments.extend(["-signer", &pem, "-inkey", &key, "-out", "signed"]);
        arguments.extend(more);
        openssl(place, &arguments);
        std::fs::read(place.join("signed")).unwrap()
    };
    let twice = xml(&profile_of(&[sound_account()]));
    let twice = String::from_utf8(twice).unwrap().replace("<key>SSL</key>", "<key>SSL</key><false/><key>SSL</key>");
    vec![
        (Rule::TooLarge, vec![b' '; 10 * 1024 * 1024 + 1]),
        (Rule::NotPlist, b"PK\x03\x04".to_vec()),
        (Rule::DuplicateKey, twice.into_bytes()),
        (Rule::Unverified, signed("signer", &[])),
        (Rule::Stranger, signed("authority", &[])),
        (Rule::Stranger, signed("signer", &["-nocerts"])),
    ]
}

#[test]
fn every_rule_finds_what_it_is_for() {
    let mut found = BTreeSet::new();
    for (rule, context, json) in broken() {
        let report = lint(&xml(&json), &context);
        assert!(ids(&report).contains(&rule.id()), "{rule} is not in {report}");
        found.insert(rule);
    }
    for (rule, bytes) in files() {
        let report = lint(&bytes, &Context::default());
        assert!(ids(&report).contains(&rule.id()), "{rule} is not in {report}");
        found.insert(rule);
    }
    let supervised_only = json!({"Type": "com.apple.configuration.softwareupdate.settings", "Identifier": "a",
        "ServerToken": "b", "Payload": {}});
    let report = lint_declaration(&supervised_only, &on(Enrolment::User, "18.0"));
    assert_eq!(ids(&report), ["ENROLMENT-UNSUPPORTED"], "{report}");
    found.insert(Rule::EnrolmentUnsupported);
    let silent: Vec<&Rule> = Rule::ALL.iter().filter(|rule| !found.contains(rule)).collect();
    assert!(silent.is_empty(), "nothing breaks {silent:?}");
}

#[test]
fn every_finding_says_what_happens_and_how_to_mend_it() {
    for (_, context, json) in broken() {
        for finding in lint(&xml(&json), &context).findings {
            assert!(finding.text.ends_with('.') && finding.text.len() > 30, "{finding}");
            assert!(finding.fix.len() > 10, "{finding}");
        }
    }
}

#[test]
fn the_sound_ones_are_sound() {
    let device = on(Enrolment::Device, "17.4");
    for profile in [profile_of(&[sound_account()]), profile_of(&[scep(), mdm(json!({}))]), profile_of(&[])] {
        let report = lint(&xml(&profile), &device);
        assert!(report.findings.is_empty(), "{report}");
    }
}

#[test]
fn every_rule_is_in_the_list_of_checks_as_it_is() {
    let checks = include_str!("../../../../docs/checks.md");
    for rule in Rule::ALL {
        let line = format!("| `{rule}` | {} | {} |", rule.severity(), rule.meaning());
        assert!(checks.contains(&line), "docs/checks.md lacks: {line}");
    }
}
