//! Declarations.

use fleet::{
    declaration::{
        AppLicence, AppSource, Declaration, DeclarationSet, Family, Identifier, LdapSearch, STATUS_ITEMS, SetError,
        activation, card_dav_account, contacts, ldap_account, legacy_profile, managed_app, outlook, password_asset,
        user_identity,
    },
    enrolment::Enrolment,
    lint::{Context, lint_declaration, lint_message},
    outlook::SaveContactsOff,
    profile::{self, Options},
    schema::schema,
};
use serde_json::{Value as Json, json};

use crate::house::{anna, ben, directory, hub, ids, on};

fn named(text: &str) -> Identifier {
    Identifier::parse(text).unwrap()
}

fn store() -> AppSource {
    AppSource::BundleId(fleet::outlook::BUNDLE_ID.to_owned(), AppLicence::Device)
}

/// Everything that can be declared.
fn everything() -> DeclarationSet {
    let url = "https://contacts.example.org/assets/outlook";
    let mut more: Vec<Declaration> = outlook(&hub(), &store(), url).into();
    let password = password_asset(named("password"), "https://contacts.example.org/assets/password");
    let person = profile::contacts(&hub(), &anna(), Enrolment::Device, &Options::default());
    more.push(card_dav_account(named("carddav"), &hub().host, Some("/dav/"), "Contacts", Some(password.identifier())));
    more.push(ldap_account(named("ldap"), &directory(), LdapSearch::default(), Some(password.identifier())));
    more.push(password);
    more.push(legacy_profile(named("restrictions"), "https://contacts.example.org/profiles/1", person.uuid()));
    more.push(managed_app(
        named("manifest"),
        &AppSource::Manifest("https://example.org/app.plist".to_owned()),
        true,
        None,
    ));
    contacts(&hub(), &anna(), more).unwrap()
}

#[test]
fn every_declaration_passes_the_table() {
    let set = everything();
    assert_eq!(set.iter().count(), 11);
    for declaration in set.iter() {
        for enrolment in [Enrolment::Device, Enrolment::Supervised, Enrolment::User] {
            let report = lint_declaration(&declaration.to_json(), &on(enrolment, "18.4"));
            assert!(report.findings.is_empty(), "{}: {report}", declaration.declaration_type());
        }
        assert!(declaration.server_token().len() <= 64 && declaration.identifier().as_str().len() <= 64);
    }
}

#[test]
fn the_declared_account_brings_contacts_and_nothing_else_locked() {
    let set = contacts(&hub(), &anna(), Vec::new()).unwrap();
    let account = set.iter().find(|one| one.declaration_type().ends_with("account.exchange")).unwrap().payload();
    for service in ["Mail", "Contacts", "Calendar", "Reminders", "Notes"] {
        assert_eq!(account[format!("{service}ServiceActive")], json!(service == "Contacts"));
        assert_eq!(account[format!("Lock{service}Service")], json!(true));
    }
    assert_eq!(account["EnabledProtocolTypes"], json!(["EAS"]));
    assert_eq!(account["HostName"], json!(hub().host), "with a sign-in address there is no Autodiscover");
    assert_eq!(account["OAuth"]["SignInURL"], json!(hub().sign_in_url));
}

#[test]
fn the_activation_names_every_configuration() {
    let set = everything();
    let activation = set.iter().find(|one| one.family() == Family::Activation).unwrap();
    let activated = activation.payload()["StandardConfigurations"].as_array().unwrap().len();
    assert_eq!(activated, set.iter().filter(|one| one.family() == Family::Configuration).count());
}

#[test]
fn the_device_is_asked_whether_contacts_are_on_and_mail_is_off() {
    assert!(STATUS_ITEMS.contains(&"account.list.exchange"));
    for item in STATUS_ITEMS {
        assert!(schema().status(item).is_some(), "{item}");
    }
}

#[test]
fn all_four_lists_are_there_even_when_empty() {
    for set in [DeclarationSet::default(), everything()] {
        let items = set.declaration_items();
        for list in ["Activations", "Assets", "Configurations", "Management"] {
            assert!(items["Declarations"][list].is_array(), "{list}");
        }
        let report = lint_message("DeclarationItemsResponse", &items);
        assert!(report.findings.is_empty(), "{report}");
        let report = lint_message("TokensResponse", &set.tokens("2026-01-31T12:00:00Z"));
        assert!(report.findings.is_empty(), "{report}");
        assert_eq!(set.tokens("2026-01-31T12:00:00Z")["SyncTokens"]["DeclarationsToken"], items["DeclarationsToken"]);
    }
}

#[test]
fn a_token_changes_with_anything_in_the_declaration_and_with_nothing_else() {
    let token = |set: &DeclarationSet| set.token();
    let plain = contacts(&hub(), &anna(), Vec::new()).unwrap();
    assert_eq!(token(&plain), token(&contacts(&hub(), &anna(), Vec::new()).unwrap()));
    let mut moved = hub();
    moved.token_url.push_str("/v2.0");
    let moved = contacts(&moved, &anna(), Vec::new()).unwrap();
    assert_ne!(token(&plain), token(&moved));
    let changed: Vec<bool> =
        plain.iter().zip(moved.iter()).map(|(one, other)| one.server_token() != other.server_token()).collect();
    assert_eq!(changed.iter().filter(|changed| **changed).count(), 1, "only the account changed");
    assert!(plain.iter().zip(moved.iter()).all(|(one, other)| one.identifier() == other.identifier()));
}

#[test]
fn a_new_profile_behind_the_same_address_is_a_new_declaration() {
    let of = |person: profile::Person| {
        let profile = profile::contacts(&hub(), &person, Enrolment::Device, &Options::default());
        legacy_profile(named("profile"), "https://contacts.example.org/profiles/1", profile.uuid())
    };
    assert_ne!(of(anna()).server_token(), of(ben()).server_token());
    assert_eq!(of(anna()), of(anna()));
}

#[test]
fn outlooks_settings_are_described_as_they_will_be_fetched() {
    let [asset, app] = outlook(&hub(), &store(), "https://contacts.example.org/assets/outlook");
    let content = SaveContactsOff.asset();
    assert_eq!(asset.payload()["Reference"]["Size"], json!(content.len()));
    assert!(asset.payload()["Reference"]["DataURL"].as_str().unwrap().contains("/outlook?version="));
    assert_eq!(app.payload()["LegacyAppConfigAssetReference"], json!(asset.identifier().as_str()));
    let before_18_4 = lint_declaration(&app.to_json(), &on(Enrolment::Device, "18.0"));
    assert_eq!(ids(&before_18_4), ["OS-TOO-OLD"]);
}

#[test]
fn what_refers_to_nothing_is_no_set() {
    let lonely = card_dav_account(named("carddav"), "example.org", None, "Contacts", Some(&named("nowhere")));
    assert_eq!(
        DeclarationSet::new([lonely]),
        Err(SetError::Missing { from: named("carddav"), to: "nowhere".to_owned() })
    );
    let idle = activation(named("activation"), [&named("nothing")]);
    assert!(matches!(DeclarationSet::new([idle]), Err(SetError::Missing { .. })));
}

#[test]
fn two_declarations_of_one_name_are_no_set() {
    let identity = || user_identity(named("anna"), None, "anna@example.org");
    assert_eq!(DeclarationSet::new([identity(), identity()]), Err(SetError::SameIdentifier(named("anna"))));
    let other_list = activation(named("anna"), []);
    assert_eq!(DeclarationSet::new([identity(), other_list]), Err(SetError::SameIdentifier(named("anna"))));
}

#[test]
fn a_name_of_more_than_64_octets_is_none() {
    assert!(Identifier::parse(&"a".repeat(64)).is_ok());
    for text in [&"a".repeat(65), "", "a/b", "a b", "ä"] {
        assert!(Identifier::parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_declaration_is_found_by_the_words_of_its_address() {
    let set = contacts(&hub(), &anna(), Vec::new()).unwrap();
    for declaration in set.iter() {
        assert_eq!(Family::of(declaration.declaration_type()), Some(declaration.family()));
        assert_eq!(set.get(declaration.family(), declaration.identifier().as_str()), Some(declaration));
        let other = if declaration.family() == Family::Asset { Family::Management } else { Family::Asset };
        assert_eq!(set.get(other, declaration.identifier().as_str()), None);
    }
    assert_eq!(Family::of("com.apple.configurations"), None);
}

#[test]
fn a_stranger_s_declaration_is_judged_by_the_table() {
    let lint = |payload: Json, context: &Context| {
        let declaration = json!({"Type": "com.apple.configuration.account.exchange", "Identifier": "a",
            "ServerToken": "b", "Payload": payload});
        ids(&lint_declaration(&declaration, context))
    };
    assert_eq!(lint(json!({}), &Context::default()), ["KEY-MISSING"]);
    assert_eq!(lint(json!({"EnabledProtocolTypes": ["IMAP"]}), &Context::default()), ["KEY-VALUE"]);
    assert_eq!(lint(json!({"EnabledProtocolTypes": ["EAS"], "Port": 443}), &Context::default()), ["KEY-NOT-IOS"]);
    let calendars = json!({"EnabledProtocolTypes": ["EAS"], "CalendarsServiceActive": false});
    assert_eq!(lint(calendars, &Context::default()), ["KEY-UNKNOWN"], "it is Calendar here, and Calendars in profiles");
    let old = on(Enrolment::Device, "14.8");
    assert_eq!(lint(json!({"EnabledProtocolTypes": ["EAS"]}), &old), ["OS-TOO-OLD"]);
}
