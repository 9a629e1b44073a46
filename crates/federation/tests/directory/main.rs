//! Passwords checked by a directory: OpenLDAP as Debian ships it, and servers that misbehave.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has to stop"
)]

mod fake;
mod slapd;

use std::{path::Path, sync::atomic::Ordering};

use federation::{LdapPasswords, LdapSettings};
use identity::{
    Secret,
    sources::{ForeignPerson, PasswordAnswer, PasswordSource, SourceError},
};

use fake::{Fake, Habit};
use slapd::{BASE, SERVICE, Slapd};

const PEOPLE: &str = "uid={name},ou=people,dc=example,dc=org";

/// Settings as an administrator writes them.
fn settings(toml: &str) -> LdapSettings {
    toml::from_str(toml).unwrap()
}

fn anonymous(url: &str) -> LdapSettings {
    settings(&format!("urls = [{url:?}]\nbase = {BASE:?}\ncreate_people = true"))
}

fn by_template(url: &str) -> LdapSettings {
    LdapSettings { bind_template: Some(PEOPLE.to_owned()), ..anonymous(url) }
}

/// Somebody who may read groups searches.
fn by_service(server: &Slapd) -> LdapSettings {
    let file = server.folder.join(format!("service-{:?}", std::thread::current().id()));
    std::fs::write(&file, "service-password\n").unwrap();
    LdapSettings { bind_dn: Some(SERVICE.to_owned()), bind_password_file: Some(file), ..anonymous(&server.ldap()) }
}

async fn ask(settings: LdapSettings, name: &str, password: &str) -> Result<PasswordAnswer, SourceError> {
    LdapPasswords::new(settings, Path::new("/")).unwrap().check(name, &Secret::new(password)).await
}

async fn person(settings: LdapSettings, name: &str, password: &str) -> ForeignPerson {
    match ask(settings, name, password).await {
        Ok(PasswordAnswer::Right(person)) => person,
        other => panic!("{name} was not let in: {other:?}"),
    }
}

#[tokio::test]
async fn the_right_password_says_who_somebody_is() {
    let Some(server) = Slapd::running() else { return };
    for name in ["anna", "anna@example.org"] {
        let anna = person(anonymous(&server.ldap()), name, "correct-horse").await;
        assert_eq!((&*anna.email, &*anna.name), ("anna@example.org", "Anna Lee"));
        assert_eq!(anna.issuer, "ldap:dc=example,dc=org");
        assert_eq!(anna.subject.len(), 36, "an entryUUID: {}", anna.subject);
        assert_eq!(anna.groups, Some(vec!["Sales, EMEA".to_owned()]));
        assert!(anna.just_in_time);
    }
    assert_eq!(person(anonymous(&server.ldap()), "bert", "battery-staple").await.name, "Bert Grün (Öl)");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_person_are_told_apart() {
    let Some(server) = Slapd::running() else { return };
    assert_eq!(ask(anonymous(&server.ldap()), "anna", "wrong").await, Ok(PasswordAnswer::Wrong));
    assert_eq!(ask(anonymous(&server.ldap()), "nobody", "wrong").await, Ok(PasswordAnswer::Unknown));
    assert_eq!(ask(anonymous(&server.ldap()), "", "wrong").await, Ok(PasswordAnswer::Unknown));
    assert_eq!(ask(anonymous(&server.ldap()), "a\0", "wrong").await, Ok(PasswordAnswer::Unknown));
}

/// OpenLDAP answers a bind with a name and no password with success unless told otherwise; so does Active Directory.
#[tokio::test]
async fn an_empty_password_opens_nothing() {
    let Some(server) = Slapd::running() else { return };
    for settings in [anonymous(&server.ldap()), by_template(&server.ldap()), by_service(server)] {
        for password in ["", "\0", "\0correct-horse", "correct-horse\0"] {
            let answer = ask(settings.clone(), "anna", password).await;
            assert_eq!(answer, Ok(PasswordAnswer::Wrong), "{password:?}");
        }
    }
}

#[tokio::test]
async fn a_name_is_not_part_of_the_filter() {
    let Some(server) = Slapd::running() else { return };
    for name in
        ["*", "an*", "anna)(objectClass=*", "*)(uid=anna", "anna)(|(uid=*))", "x)(|(uid=anna", "\\61nna", "(uid=anna)"]
    {
        for settings in [anonymous(&server.ldap()), by_service(server)] {
            assert_eq!(ask(settings, name, "correct-horse").await, Ok(PasswordAnswer::Unknown), "{name}");
        }
    }
    assert_eq!(person(anonymous(&server.ldap()), "o,(x)*\\", "odd-password").await.email, "odd@example.org");
}

#[tokio::test]
async fn a_name_is_not_part_of_the_dn() {
    let Some(server) = Slapd::running() else { return };
    assert_eq!(person(by_template(&server.ldap()), "anna", "correct-horse").await.email, "anna@example.org");
    assert_eq!(person(by_template(&server.ldap()), "o,(x)*\\", "odd-password").await.email, "odd@example.org");
    let below = LdapSettings {
        bind_template: Some("{name},ou=people,dc=example,dc=org".to_owned()),
        ..by_template(&server.ldap())
    };
    for (settings, name) in [
        (by_template(&server.ldap()), "anna,ou=people,dc=example,dc=org"),
        (by_template(&server.ldap()), "bert,ou=people+uid=anna"),
        (below, "uid=anna"),
    ] {
        let answer = ask(settings, name, "correct-horse").await;
        assert!(!matches!(answer, Ok(PasswordAnswer::Right(_))), "{name}: {answer:?}");
    }
}

#[tokio::test]
async fn with_a_template_nobody_becomes_somebody_else() {
    let Some(server) = Slapd::running() else { return };
    // The filter finds anna; the one who was let in is bert.
    let odd = LdapSettings { filter: Some("(|(uid=anna)(uid={name}))".to_owned()), ..by_template(&server.ldap()) };
    assert_eq!(person(odd, "bert", "battery-staple").await.email, "bert@example.org");
}

#[tokio::test]
async fn several_people_of_one_name_are_nobody() {
    let Some(server) = Slapd::running() else { return };
    assert_eq!(ask(anonymous(&server.ldap()), "twin@example.org", "twin-password").await, Ok(PasswordAnswer::Wrong));
}

#[tokio::test]
async fn somebody_without_an_address_is_not_let_in() {
    let Some(server) = Slapd::running() else { return };
    assert_eq!(ask(anonymous(&server.ldap()), "mallory", "mallory-password").await, Ok(PasswordAnswer::Wrong));
}

#[tokio::test]
async fn groups_are_found_by_a_search_of_whoever_may_read_them() {
    let Some(server) = Slapd::running() else { return };
    let search = LdapSettings { group_source: federation::GroupSource::Search, ..by_service(server) };
    for (name, password, groups) in [
        ("anna", "correct-horse", vec!["Sales, EMEA".to_owned()]),
        ("bert", "battery-staple", vec![]),
        // A DN that means something in a filter.
        ("o,(x)*\\", "odd-password", vec!["odd".to_owned()]),
    ] {
        assert_eq!(person(search.clone(), name, password).await.groups, Some(groups), "{name}");
    }
    let quiet = LdapSettings { group_source: federation::GroupSource::None, ..anonymous(&server.ldap()) };
    assert_eq!(person(quiet, "anna", "correct-horse").await.groups, None, "what is known here stays");
}

#[tokio::test]
async fn only_people_of_the_group_come_in() {
    let Some(server) = Slapd::running() else { return };
    let only = LdapSettings { groups: vec!["sales, emea".to_owned()], ..anonymous(&server.ldap()) };
    assert_eq!(person(only.clone(), "anna", "correct-horse").await.email, "anna@example.org");
    assert_eq!(ask(only, "bert", "battery-staple").await, Ok(PasswordAnswer::Wrong));
}

#[tokio::test]
async fn tls_from_the_start_and_later_both_check_who_is_there() {
    let Some(server) = Slapd::running() else { return };
    let trusting = |url: &str, start_tls: bool, authority: &str| LdapSettings {
        start_tls,
        ca_file: Some(server.folder.join(authority)),
        ..anonymous(url)
    };
    for (url, start_tls) in [(server.ldaps(), false), (server.ldap(), true)] {
        let anna = person(trusting(&url, start_tls, "authority.pem"), "anna", "correct-horse").await;
        assert_eq!(anna.email, "anna@example.org");
        for authority in ["stranger.pem"] {
            let answer = ask(trusting(&url, start_tls, authority), "anna", "correct-horse").await;
            assert!(answer.is_err(), "{url}: {answer:?}");
        }
        let system = LdapSettings { start_tls, ..anonymous(&url) };
        assert!(ask(system, "anna", "correct-horse").await.is_err(), "the system does not know the tests' authority");
    }
}

#[tokio::test]
async fn passwords_do_not_go_over_the_network_in_the_clear() {
    let refused = |toml: &str| LdapPasswords::new(settings(toml), Path::new("/")).unwrap_err().to_string();
    assert!(refused("urls = ['ldap://dc.example.com']\nbase = 'dc=x'").contains("in the clear"));
    assert!(refused("urls = ['ldaps://a', 'ldap://b']\nbase = 'dc=x'").contains("in the clear"));
    assert!(refused("urls = ['http://a']\nbase = 'dc=x'").contains("ldaps://"));
    assert!(refused("urls = []\nbase = 'dc=x'").contains("urls"));
    assert!(refused("urls = ['ldaps://a']\nbase = 'dc=x'\nfilter = '(uid=*)'").contains("{name}"));
    assert!(refused("urls = ['ldaps://a']\nbase = 'dc=x'\nfilter = '(uid={name}'").contains("no LDAP filter"));
    assert!(refused("urls = ['ldaps://a']\nbase = 'dc=x'\nbind_dn = 'cn=a'").contains("go together"));
    assert!(refused("urls = ['ldaps://a']\nbase = 'dc=x'\nca_file = '/nowhere.pem'").contains("/nowhere.pem"));
    assert!(
        LdapPasswords::new(
            settings("urls = ['ldap://dc.example.com']\nbase = 'dc=x'\nstart_tls = true"),
            Path::new("/")
        )
        .is_ok()
    );
}

#[tokio::test]
async fn a_directory_that_is_away_has_not_said_no() {
    let Some(server) = Slapd::running() else { return };
    assert!(ask(anonymous("ldap://127.0.0.1:9"), "anna", "correct-horse").await.is_err());
    let second = LdapSettings { urls: vec!["ldap://127.0.0.1:9".to_owned(), server.ldap()], ..anonymous("") };
    assert_eq!(person(second, "anna", "correct-horse").await.email, "anna@example.org", "the next one is asked");
}

#[tokio::test]
async fn a_service_that_may_not_come_in_has_not_said_no_about_anybody() {
    let Some(server) = Slapd::running() else { return };
    let mut settings = by_service(server);
    std::fs::write(settings.bind_password_file.as_ref().unwrap(), "wrong").unwrap();
    let error = ask(settings.clone(), "anna", "correct-horse").await.unwrap_err();
    assert!(error.to_string().contains(SERVICE), "{error}");
    settings.bind_dn = Some("cn=nobody,dc=example,dc=org".to_owned());
    assert!(ask(settings, "anna", "correct-horse").await.is_err());
}

#[tokio::test]
async fn whoever_is_busy_or_confused_has_not_said_no() {
    // 51 busy, 52 unavailable, 8 stronger authentication, 13 confidentiality, 80 other.
    for code in [51, 52, 8, 13, 80, 53, 1, 2, 3] {
        let fake = Fake::start(Habit::BindResult(code));
        let answer = ask(by_template(&fake.url), "anna", "correct-horse").await;
        assert!(answer.is_err(), "{code}: {answer:?}");
    }
    for code in [49, 48, 32, 19] {
        let fake = Fake::start(Habit::BindResult(code));
        assert_eq!(ask(by_template(&fake.url), "anna", "wrong").await, Ok(PasswordAnswer::Wrong), "{code}");
    }
    for habit in [Habit::Noise, Habit::Nonsense, Habit::NamelessEntry] {
        let fake = Fake::start(habit);
        let settings = LdapSettings { timeout_seconds: 1, ..anonymous(&fake.url) };
        let answer = ask(settings, "anna", "correct-horse").await;
        assert!(answer.is_err(), "{answer:?}");
    }
}

/// Time stands still for the program and runs ahead whenever it only waits, so this takes no time.
#[tokio::test(start_paused = true)]
async fn a_directory_that_never_answers_is_given_up() {
    let fake = Fake::start(Habit::Silence);
    let error = ask(by_template(&fake.url), "anna", "correct-horse").await.unwrap_err();
    assert!(error.to_string().contains("did not answer") || error.to_string().contains("reached"), "{error}");
}

#[tokio::test]
async fn references_to_other_servers_are_not_followed() {
    let elsewhere = Fake::start(Habit::BindResult(0));
    let fake = Fake::start(Habit::Referral);
    let error = ask(anonymous(&fake.url), "anna", "correct-horse").await.unwrap_err();
    assert!(error.to_string().contains("not followed"), "{error}");
    assert_eq!(elsewhere.visits.load(Ordering::SeqCst), 0);

    let Some(server) = Slapd::running() else { return };
    // A base that the real server does not hold: it refers to another one.
    let other_tree = LdapSettings { base: "dc=elsewhere,dc=net".to_owned(), ..anonymous(&server.ldap()) };
    let error = ask(other_tree, "anna", "correct-horse").await.unwrap_err();
    assert!(error.to_string().contains("not followed"), "{error}");
    // A part of the tree that is elsewhere is no entry, and nobody there is asked for.
    assert_eq!(ask(anonymous(&server.ldap()), "elsewhere", "x").await, Ok(PasswordAnswer::Unknown));
}

#[tokio::test]
async fn a_new_password_and_a_leaver_are_felt_at_once() {
    let Some(server) = Slapd::running() else { return };
    let (connection, mut admin) = ldap3::LdapConnAsync::new(&server.ldap()).await.unwrap();
    ldap3::drive!(connection);
    admin.simple_bind("cn=admin,dc=example,dc=org", "admin").await.unwrap().success().unwrap();
    let dn = "uid=carla,ou=people,dc=example,dc=org";
    let set = |value: &'static str| std::collections::HashSet::from([value]);
    let entry = [
        ("objectClass", set("inetOrgPerson")),
        ("uid", set("carla")),
        ("cn", set("Carla")),
        ("sn", set("Carla")),
        ("mail", set("carla@example.org")),
        ("userPassword", set("first")),
    ];
    admin.add(dn, entry.to_vec()).await.unwrap().success().unwrap();
    let settings = anonymous(&server.ldap());
    assert_eq!(person(settings.clone(), "carla", "first").await.email, "carla@example.org");
    let change = vec![ldap3::Mod::Replace("userPassword", set("second"))];
    admin.modify(dn, change).await.unwrap().success().unwrap();
    assert_eq!(ask(settings.clone(), "carla", "first").await, Ok(PasswordAnswer::Wrong));
    assert!(matches!(ask(settings.clone(), "carla", "second").await, Ok(PasswordAnswer::Right(_))));
    admin.delete(dn).await.unwrap().success().unwrap();
    assert_eq!(ask(settings, "carla", "second").await, Ok(PasswordAnswer::Unknown));
}

#[tokio::test]
async fn an_examination_says_what_to_mend() {
    let Some(server) = Slapd::running() else { return };
    let examine = async |settings| LdapPasswords::new(settings, Path::new("/")).unwrap().examine().await.found;
    assert!(examine(by_service(server)).await.unwrap().contains("is there"));
    assert!(examine(anonymous("ldap://127.0.0.1:9")).await.unwrap_err().wrong.contains("127.0.0.1:9"));
    let typo = LdapSettings { base: "dc=exmaple,dc=org".to_owned(), ..by_service(server) };
    assert!(examine(typo).await.is_err());
}
