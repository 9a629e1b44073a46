//! An iPhone signs in through every door, and stays signed in for as long as it may.

use std::{
    io::Write,
    process::Stdio,
    sync::{Arc, Mutex},
};

use phone::{
    AddAccount, Credentials, DeviceKind, Discovery, LocalContact, Mode, OAuthProfile, Person, Phone, PhoneConfig,
    PhoneError, Property, SignInFault,
};

use crate::house::{House, bothways, email};

const PASSWORD: &str = "correct horse battery staple";

/// Gives a person another password, as an administrator does.
fn set_password(house: &House, person: &str, password: &str) {
    let mut command = bothways(house.data(), &["user", "password", &email(person), "--password-stdin"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}

fn house() -> House {
    let house = House::with(&["anna", "bert"]);
    set_password(&house, "anna", PASSWORD);
    set_password(&house, "bert", "bert's own password");
    house
}

fn anna() -> Person {
    Person::new(&email("anna"), PASSWORD)
}

fn configuration(house: &House, device: &str) -> PhoneConfig {
    let mut config = house.device(DeviceKind::IPhone, "anna", device);
    config.credentials = Credentials::OAuth;
    config.discovery = Discovery::At(house.url());
    config
}

fn profile(house: &House) -> OAuthProfile {
    OAuthProfile {
        sign_in_url: format!("{}/oauth2/authorize", house.url()),
        token_request_url: format!("{}/oauth2/token", house.url()),
    }
}

/// An iPhone that was set up by signing in, with one contact that the server has.
async fn signed_in(house: &House, device: &str, way: &AddAccount) -> Phone {
    let mut phone = Phone::new(configuration(house, device)).unwrap();
    phone.set_up_with_oauth(way, &anna()).await.unwrap();
    phone.sync().await.unwrap();
    phone.add_contact(LocalContact::named("Bea", device).with(Property::MobilePhoneNumber, "+49 170 1")).unwrap();
    phone.sync().await.unwrap();
    assert_eq!(phone.violations(), []);
    phone
}

fn names(phone: &Phone) -> Vec<String> {
    let mut names: Vec<_> = phone.contacts().map(|(_, contact)| contact.display_name()).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_add_the_account_ends_with_the_contacts_on_the_phone() {
    let house = house();
    let ways = [
        ("SIGNIN", AddAccount::SignIn),
        ("MANUAL", AddAccount::ConfigureManually),
        ("PROFILE1", AddAccount::Profile(profile(&house), Mode::OnPremises)),
        ("PROFILE2", AddAccount::Profile(profile(&house), Mode::EntraLike)),
        ("PROFILE3", AddAccount::ProfileThenDiscovery(profile(&house))),
    ];
    for (count, (device, way)) in ways.iter().enumerate() {
        let phone = signed_in(&house, device, way).await;
        assert_eq!(phone.contact_count(), count + 1, "{way:?}: every contact of the phones before, and its own");
        assert!(phone.tokens().unwrap().refresh.is_some(), "{way:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_password_is_the_door_that_needs_no_page() {
    let house = house();
    let secret = house.administer(&["app-password", "add", &email("anna"), "--label", "iPhone"]);
    let mut config = configuration(&house, "APPPASSWORD");
    config.credentials = Credentials::Password(secret.trim().to_owned());
    let mut phone = Phone::new(config).unwrap();
    phone.set_up().await.unwrap();
    phone.sync().await.unwrap();
    assert_eq!(phone.violations(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_a_refusal_end_the_sign_in_and_nothing_else() {
    let house = house();
    let mut phone = Phone::new(configuration(&house, "WRONG")).unwrap();
    let wrong = Person::new(&email("anna"), "not hers");
    let error = phone.set_up_with_oauth(&AddAccount::ConfigureManually, &wrong).await.unwrap_err();
    assert!(matches!(error, PhoneError::SignIn(SignInFault::NotLetIn(_))), "{error}");
    let refuses = Person { refuses: true, ..anna() };
    let error = phone.set_up_with_oauth(&AddAccount::ConfigureManually, &refuses).await.unwrap_err();
    assert!(matches!(&error, PhoneError::SignIn(SignInFault::Callback(error)) if error == "access_denied"), "{error}");
    phone.set_up_with_oauth(&AddAccount::ConfigureManually, &anna()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_else_cannot_sign_in_to_the_account_that_is_on_the_phone() {
    let house = house();
    let mut phone = Phone::new(configuration(&house, "OTHER")).unwrap();
    let bert = Person::new(&email("bert"), "bert's own password");
    let error = phone.set_up_with_oauth(&AddAccount::ConfigureManually, &bert).await.unwrap_err();
    assert!(matches!(error, PhoneError::SignIn(SignInFault::OtherPerson { .. })), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_that_has_ended_is_renewed_without_a_word() {
    for mode in [Mode::OnPremises, Mode::EntraLike] {
        let house = house();
        let mut phone = signed_in(&house, "EXPIRY", &AddAccount::Profile(profile(&house), mode)).await;
        let before = phone.tokens().unwrap().clone();
        phone.set_tokens(phone::Tokens { expires_at: 0, ..before.clone() });
        phone.sync().await.unwrap();
        let after = phone.tokens().unwrap();
        assert_ne!((&before.access, &before.refresh), (&after.access, &after.refresh));
        // A token that the server does not take, though it has not expired: the phone renews once and goes on.
        phone.set_tokens(phone::Tokens { access: "e30.e30.e30".to_owned(), ..after.clone() });
        phone.sync().await.unwrap();
        assert_eq!((phone.counters().renewals, phone.contact_count()), (2, 1));
        assert_eq!(phone.violations(), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_to_a_renewal_signs_nobody_out() {
    let house = house();
    let mut phone = signed_in(&house, "LOST", &AddAccount::ConfigureManually).await;
    for _ in 0..3 {
        phone.lose_next_token_answer();
        assert!(matches!(phone.renew().await, Err(PhoneError::Transport(_))));
        phone.renew().await.unwrap();
        phone.sync().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_refresh_token_ends_the_sign_in_of_thief_and_owner() {
    let house = house();
    let mut phone = signed_in(&house, "OWNER", &AddAccount::ConfigureManually).await;
    let stolen = phone.tokens().unwrap().clone();
    phone.renew().await.unwrap();
    // Used: the phone has got the new tokens, so nothing was lost on the way.
    phone.sync().await.unwrap();
    phone.renew().await.unwrap();
    phone.sync().await.unwrap();
    let mut thief = Phone::new(configuration(&house, "THIEF")).unwrap();
    thief.set_tokens(stolen);
    assert!(matches!(thief.renew().await, Err(PhoneError::SignInOver)));
    assert!(matches!(phone.renew().await, Err(PhoneError::SignInOver)));
    phone.sign_in_again(&AddAccount::ConfigureManually, &anna()).await.unwrap();
    phone.sync().await.unwrap();
    assert_eq!(names(&phone), ["Bea OWNER"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_belongs_to_the_device_that_used_it_first() {
    let house = house();
    let phone = signed_in(&house, "FIRST", &AddAccount::ConfigureManually).await;
    let mut other = Phone::new(configuration(&house, "SECOND")).unwrap();
    other.set_tokens(phone.tokens().unwrap().clone());
    // What it would renew is the owner's: the other device gets nothing with it either.
    assert!(other.set_up().await.is_err());
    assert_eq!(other.contact_count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_the_server_in_the_middle_of_a_sign_in_changes_nothing() {
    let house = Arc::new(Mutex::new(house()));
    let mut phone = {
        let house = house.lock().unwrap();
        Phone::new(configuration(&house, "RESTART")).unwrap()
    };
    let pages = Arc::new(Mutex::new(0));
    let (between, seen) = (Arc::clone(&house), Arc::clone(&pages));
    let on_page = move |_: &str| {
        *seen.lock().unwrap() += 1;
        let mut house = between.lock().unwrap();
        house.kill();
        house.start();
    };
    let person = Person { on_page: Some(Arc::new(on_page)), ..anna() };
    phone.set_up_with_oauth(&AddAccount::ConfigureManually, &person).await.unwrap();
    phone.sync().await.unwrap();
    assert!(*pages.lock().unwrap() >= 2, "password and consent");
    assert_eq!(phone.violations(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_change_of_password_the_phone_asks_again_and_loses_and_doubles_nothing() {
    let house = house();
    let mut phone = signed_in(&house, "PASSWORD", &AddAccount::ConfigureManually).await;
    phone.add_contact(LocalContact::named("Not", "Sent")).unwrap();
    let (held, ()) = tokio::join!(phone.ping_until_change(std::time::Duration::from_secs(20)), async {
        set_password(&house, "anna", "another password");
    });
    // The held Ping ends, the renewal is refused, and the person is asked.
    assert!(matches!(held, Err(PhoneError::SignInOver)), "{held:?}");
    assert!(matches!(phone.sync().await, Err(PhoneError::SignInOver)));
    assert_eq!(names(&phone), ["Bea PASSWORD", "Not Sent"]);
    let error = phone.sign_in_again(&AddAccount::ConfigureManually, &anna()).await.unwrap_err();
    assert!(matches!(error, PhoneError::SignIn(SignInFault::NotLetIn(_))), "{error}");
    let person = Person::new(&email("anna"), "another password");
    phone.sign_in_again(&AddAccount::ConfigureManually, &person).await.unwrap();
    phone.sync().await.unwrap();
    assert_eq!(names(&phone), ["Bea PASSWORD", "Not Sent"]);
    let on_the_server = house.outlook("anna").contacts().await;
    assert_eq!((on_the_server.len(), phone.has_unsent()), (2, false));
    assert_eq!(phone.violations(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_session_is_over_on_every_path_and_one_of_another_phone_is_not() {
    let house = house();
    let mut lost = signed_in(&house, "LOSTPHONE", &AddAccount::ConfigureManually).await;
    let mut kept = signed_in(&house, "KEPTPHONE", &AddAccount::ConfigureManually).await;
    // What the other phone added would end the Ping before the revocation does.
    lost.sync().await.unwrap();
    assert_eq!(lost.contact_count(), 2);
    let sessions = house.administer(&["session", "list", &email("anna"), "--json"]);
    let sessions: serde_json::Value = serde_json::from_str(&sessions).unwrap();
    let of_lost = sessions.as_array().unwrap().iter().find(|session| session["device"] == "LOSTPHONE").unwrap();
    let (held, _) = tokio::join!(lost.ping_until_change(std::time::Duration::from_secs(20)), async {
        house.administer(&["session", "revoke", &email("anna"), of_lost["session"].as_str().unwrap()])
    });
    assert!(matches!(held, Err(PhoneError::SignInOver)), "{held:?}");
    kept.sync().await.unwrap();
    kept.renew().await.unwrap();
    // A phone that does not wait hears of it with its next request, as the claims challenge that it said it understands.
    house.administer(&["session", "revoke", &email("anna"), "--all"]);
    let told = async {
        loop {
            if let Err(error) = kept.sync().await {
                break error;
            }
        }
    };
    let error = tokio::time::timeout(std::time::Duration::from_mins(1), told).await.unwrap();
    assert!(matches!(error, PhoneError::SignInOver), "{error}");
    assert_eq!((lost.counters().claims_challenges, kept.counters().claims_challenges), (1, 1));
    assert_eq!(kept.contact_count(), 2);
}
