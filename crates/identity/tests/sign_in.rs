//! Who gets in and who does not, on both engines.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has to stop")]

mod support;

use std::{sync::atomic::Ordering, time::Duration};

use hub::{AccessPath, Clock};
use identity::{AccountPassword, Binding, Credentials, IdentityError, NewPerson, Policy, Refusal, Secret};
use ledger::testing::both_engines;
use support::{House, SECOND};

#[test]
fn a_person_signs_in_by_address_alias_or_domain_and_name() {
    both_engines(async |database| {
        let house = House::with_anna(&database).await;
        let caller = house.sign_in("anna@example.org", "correct horse").await.unwrap();
        assert_eq!((caller.email.as_str(), caller.path), ("anna@example.org", AccessPath::ActiveSync));
        for user in
            ["ANNA@example.ORG", "anna", "EXAMPLE\\anna", "example.org\\Anna@example.org", "anna.berg@example.org"]
        {
            assert_eq!(house.sign_in(user, "correct horse").await.as_ref(), Ok(&caller), "{user}");
        }
    });
}

#[test]
fn a_wrong_password_and_an_unknown_person_look_alike() {
    both_engines(async |database| {
        let house = House::with_anna(&database).await;
        for (user, password) in [
            ("anna@example.org", "correct horse "),
            ("nobody@example.org", "correct horse"),
            ("anna@example.org\0", "x"),
        ] {
            // The second time the answer comes from memory.
            assert_eq!(house.sign_in(user, password).await, Err(Refusal::Wrong));
            assert_eq!(house.sign_in(user, password).await, Err(Refusal::Wrong));
        }
    });
}

#[test]
fn somebody_refused_before_they_were_added_gets_in_afterwards() {
    both_engines(async |database| {
        let house = House::with_anna(&database).await;
        assert_eq!(house.sign_in("bert@example.org", "battery").await, Err(Refusal::Wrong));
        house.add("bert@example.org", Some("battery"), &[]).await.unwrap();
        assert!(house.sign_in("bert@example.org", "battery").await.is_ok());
    });
}

#[test]
fn a_person_who_is_disabled_is_out_with_the_next_request_and_in_again_when_enabled() {
    both_engines(async |database| {
        let house = House::with_anna(&database).await;
        let token = house.identity.issue_token("anna", AccessPath::Graph, Duration::from_hours(1)).await.unwrap();
        house.sign_in("anna", "correct horse").await.unwrap();
        house.identity.set_disabled("anna@example.org", true).await.unwrap();
        assert_eq!(house.sign_in("anna", "correct horse").await, Err(Refusal::Disabled));
        assert_eq!(house.show(&token, AccessPath::Graph).await, Err(Refusal::Disabled));
        assert_eq!(house.sign_in("anna", "wrong").await, Err(Refusal::Wrong), "nobody learns it without the password");
        house.identity.set_disabled("anna@example.org", false).await.unwrap();
        assert!(house.sign_in("anna", "correct horse").await.is_ok());
        assert!(house.show(&token, AccessPath::Graph).await.is_ok());
    });
}

#[test]
fn what_a_command_in_another_process_changes_takes_effect_at_the_next_request() {
    both_engines(async |database| {
        let server = House::with_anna(&database).await;
        let command = House::new(&database, Policy::default());
        server.sign_in("anna", "correct horse").await.unwrap();
        assert_eq!(server.sign_in("anna", "battery").await, Err(Refusal::Wrong));
        command.identity.set_password("anna@example.org", Some(Secret::new("battery"))).await.unwrap();
        assert_eq!(server.sign_in("anna", "correct horse").await, Err(Refusal::Wrong));
        assert!(server.sign_in("anna", "battery").await.is_ok());
        command.identity.set_password("anna@example.org", None).await.unwrap();
        assert_eq!(server.sign_in("anna", "battery").await, Err(Refusal::Wrong));
    });
}

#[test]
fn an_app_password_opens_the_door_until_it_is_revoked() {
    both_engines(async |database| {
        let house = House::with_anna(&database).await;
        let made = house.identity.add_app_password("anna", "iPhone", None, Binding::AnyDevice).await.unwrap();
        let given =
            house.identity.add_app_password("anna", "iPad", Some(Secret::new("staple")), Binding::AnyDevice).await;
        assert_eq!(given.unwrap().reveal(), "staple");
        for password in [made.reveal(), &made.reveal().replace('-', ""), "staple", "correct horse"] {
            assert!(house.sign_in("anna", password).await.is_ok(), "{password}");
        }
        house.identity.revoke_app_password("anna", "iPhone").await.unwrap();
        assert_eq!(house.sign_in("anna", made.reveal()).await, Err(Refusal::Wrong));
        assert!(house.sign_in("anna", "staple").await.is_ok(), "the other one is not touched");
        let again = house.identity.revoke_app_password("anna", "iPhone").await;
        assert_eq!(again, Err(IdentityError::NoSuchAppPassword("iPhone".into())));
    });
}

#[test]
fn an_app_password_bound_to_its_first_device_is_no_good_on_a_second() {
    both_engines(async |database| {
        let house = House::with_anna(&database).await;
        let secret = house.identity.add_app_password("anna", "iPhone", None, Binding::FirstDevice).await.unwrap();
        let secret = secret.reveal();
        assert!(house.sign_in("anna", secret).await.is_ok(), "discovery names no device and binds nothing");
        assert!(house.sign_in_from("anna", secret, Some("ONE")).await.is_ok());
        assert_eq!(house.sign_in_from("anna", secret, Some("TWO")).await, Err(Refusal::OtherDevice));
        assert!(house.sign_in_from("anna", secret, Some("ONE")).await.is_ok());
        assert!(house.sign_in_from("anna", "correct horse", Some("TWO")).await.is_ok());
        let list = house.identity.app_passwords("anna").await.unwrap();
        assert_eq!(list[0].device.as_deref(), Some("ONE"));
    });
}

#[test]
fn the_list_of_app_passwords_tells_which_are_in_use() {
    both_engines(async |database| {
        let house = House::with_anna(&database).await;
        let used = house.identity.add_app_password("anna", "used", None, Binding::AnyDevice).await.unwrap();
        house.clock.0.fetch_add(SECOND, Ordering::Relaxed);
        house.identity.add_app_password("anna", "unused", None, Binding::AnyDevice).await.unwrap();
        house.sign_in("anna", used.reveal()).await.unwrap();
        let list = house.identity.app_passwords("anna").await.unwrap();
        let seen: Vec<_> = list.iter().map(|one| (one.label.as_str(), one.last_used_at)).collect();
        assert_eq!(seen, [("used", Some(house.clock.now())), ("unused", None)]);
        let twice = house.identity.add_app_password("anna", "used", None, Binding::AnyDevice).await;
        assert_eq!(twice, Err(IdentityError::LabelTaken("used".into())));
    });
}

#[test]
fn where_the_policy_wants_app_passwords_the_accounts_own_is_refused() {
    both_engines(async |database| {
        let house = House::with_anna(&database).await;
        let app = house.identity.add_app_password("anna", "iPhone", None, Binding::AnyDevice).await.unwrap();
        let strict = House::new(&database, Policy { account_password: AccountPassword::Refused, ..Policy::default() });
        assert_eq!(strict.sign_in("anna", "correct horse").await, Err(Refusal::Wrong));
        assert!(strict.sign_in("anna", app.reveal()).await.is_ok());
    });
}

#[test]
fn a_password_does_not_open_the_path_of_tokens() {
    both_engines(async |database| {
        let house = House::with_anna(&database).await;
        let credentials = Credentials::Basic { user: "anna".into(), password: Secret::new("correct horse") };
        let refused = house.ask(&credentials, AccessPath::Graph, None).await;
        assert_eq!(refused, Err(Refusal::OtherPath));
    });
}

#[test]
fn a_token_opens_one_path_until_it_expires() {
    both_engines(async |database| {
        let house = House::with_anna(&database).await;
        let token = house.identity.issue_token("anna", AccessPath::Graph, Duration::from_hours(1)).await.unwrap();
        assert_eq!(token.reveal().len(), 43);
        assert_eq!(house.show(&token, AccessPath::Graph).await.unwrap().email, "anna@example.org");
        assert_eq!(house.show(&token, AccessPath::ActiveSync).await, Err(Refusal::OtherPath));
        assert_eq!(house.show(&Secret::new("x".repeat(43)), AccessPath::Graph).await, Err(Refusal::Wrong));
        house.clock.0.fetch_add(3600 * SECOND, Ordering::Relaxed);
        assert_eq!(house.show(&token, AccessPath::Graph).await, Err(Refusal::Expired));
        let other = house.identity.issue_token("anna", AccessPath::Graph, Duration::from_hours(1)).await.unwrap();
        assert_eq!(house.show(&token, AccessPath::Graph).await, Err(Refusal::Wrong), "forgotten with the next one");
        assert_eq!(house.identity.revoke_tokens("anna").await, Ok(1));
        assert_eq!(house.show(&other, AccessPath::Graph).await, Err(Refusal::Wrong));
    });
}

#[test]
fn guessing_gets_slower_but_keeps_no_known_device_out() {
    both_engines(async |database| {
        let house = House::with_anna(&database).await;
        house.sign_in("anna", "correct horse").await.unwrap();
        for guess in 0..11 {
            assert_eq!(house.sign_in("anna", &format!("guess {guess}")).await, Err(Refusal::Wrong));
        }
        let paused = Err(Refusal::TooManyAttempts { retry_after: Duration::from_secs(1) });
        assert_eq!(house.sign_in("anna", "guess 11").await, paused);
        assert!(house.sign_in("anna", "correct horse").await.is_ok(), "checked before");
        assert_eq!(house.sign_in("anna", "guess 3").await, Err(Refusal::Wrong), "known to be wrong");
        house.clock.0.fetch_add(SECOND, Ordering::Relaxed);
        assert_eq!(house.sign_in("anna", "guess 11").await, Err(Refusal::Wrong));
    });
}

#[test]
fn a_phone_with_an_old_password_does_not_lock_its_owner_out() {
    both_engines(async |database| {
        let house = House::with_anna(&database).await;
        for _ in 0..50 {
            assert_eq!(house.sign_in("anna", "last year's").await, Err(Refusal::Wrong));
        }
        assert!(house.sign_in("anna", "correct horse").await.is_ok());
    });
}

#[test]
fn a_name_belongs_to_one_person() {
    both_engines(async |database| {
        let house = House::with_anna(&database).await;
        assert_eq!(
            house.add("anna@example.ORG", None, &[]).await,
            Err(IdentityError::NameTaken("anna@example.org".into()))
        );
        assert_eq!(house.add("bert@example.org", None, &["ANNA"]).await, Err(IdentityError::NameTaken("anna".into())));
        assert_eq!(house.identity.find("bert@example.org").await, Ok(None), "nothing of Bert was kept");
        assert_eq!(
            house.identity.set_disabled("carl@example.org", true).await,
            Err(IdentityError::NoSuchPerson("carl@example.org".into()))
        );
    });
}

#[test]
fn many_people_are_imported_each_by_itself_and_listed_by_address() {
    both_engines(async |database| {
        let house = House::with_anna(&database).await;
        let person = |email: &str| NewPerson {
            account: house.identity.draw_account(),
            email: email.into(),
            name: "N".into(),
            password: None,
            groups: vec![],
            aliases: vec![],
        };
        let results = house
            .identity
            .import(vec![person("zoe@example.org"), person("nonsense"), person("bert@example.org")])
            .await;
        assert_eq!(results.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
        let people = house.identity.list().await.unwrap();
        let emails: Vec<_> = people.iter().map(|person| person.email.as_str()).collect();
        assert_eq!(emails, ["anna@example.org", "bert@example.org", "zoe@example.org"]);
        assert_eq!(people[0].aliases, ["anna", "anna.berg@example.org"]);
        assert_eq!(people[0].groups, ["sales", "berlin office"]);
        assert!(people[0].has_password && !people[1].has_password && !people[0].disabled);
    });
}

#[test]
fn without_credentials_there_is_no_caller() {
    both_engines(async |database| {
        let house = House::with_anna(&database).await;
        for (header, refusal) in [
            (None, Refusal::Missing),
            (Some(&b"Bearer"[..]), Refusal::EmptyBearer),
            (Some(b"Negotiate abc"), Refusal::Malformed),
        ] {
            let credentials = Credentials::from_authorization(header);
            assert_eq!(house.ask(&credentials, AccessPath::ActiveSync, None).await, Err(refusal));
        }
    });
}
