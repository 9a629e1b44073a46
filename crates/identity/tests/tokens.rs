//! Access tokens in hostile hands, keys that change, and credentials that were known when something was taken back.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has to stop")]

mod support;

use std::{collections::BTreeSet, net::IpAddr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hub::{AccessPath, Clock};
use identity::{AuditEntry, Binding, CodeRequest, Identity, Refusal, Secret, Settings};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use ledger::{
    Database, LedgerError,
    testing::{both_engines, sqlite},
};
use serde_json::{Value, json};
use support::{House, SECOND, claims, settings};

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// The same token with another header or other claims, and the signature it had.
fn with(token: &Secret, header: Option<&Value>, changed: Option<&Value>) -> Secret {
    let mut parts: Vec<String> = token.reveal().split('.').map(str::to_owned).collect();
    if let Some(header) = header {
        parts[0] = part(header);
    }
    if let Some(changed) = changed {
        parts[1] = part(changed);
    }
    Secret::new(parts.join("."))
}

#[test]
fn a_token_whose_header_plays_games_with_the_algorithm_is_refused() {
    sqlite(async |database| {
        let house = House::with_anna(&database).await;
        let grant = house.begin().await;
        let kid = house.identity.jwks().await.unwrap()["keys"][0]["kid"].clone();
        for alg in ["none", "None", "HS256", "RS384", "RS512", "PS256", "ES256", "rs256"] {
            let header = json!({ "alg": alg, "typ": "at+jwt", "kid": kid });
            assert_eq!(
                house.opens(&with(&grant.access_token, Some(&header), None)).await,
                Err(Refusal::Wrong),
                "{alg}"
            );
        }
        let unsigned = with(&grant.access_token, Some(&json!({ "alg": "none", "kid": kid })), None);
        let unsigned = unsigned.reveal().rsplit_once('.').unwrap().0.to_owned() + ".";
        assert_eq!(house.opens(&Secret::new(unsigned)).await, Err(Refusal::Wrong));
    });
}

#[test]
fn the_public_key_is_no_secret_to_sign_with() {
    sqlite(async |database| {
        let house = House::with_anna(&database).await;
        let grant = house.begin().await;
        let key = house.identity.jwks().await.unwrap()["keys"][0].clone();
        let text = |name: &str| key[name].as_str().unwrap().to_owned();
        let certificate = base64::engine::general_purpose::STANDARD.decode(key["x5c"][0].as_str().unwrap()).unwrap();
        for secret in [text("n").into_bytes(), URL_SAFE_NO_PAD.decode(text("n")).unwrap(), certificate] {
            let header = Header { typ: Some("at+jwt".into()), kid: Some(text("kid")), ..Header::new(Algorithm::HS256) };
            let claims = claims(&grant.access_token);
            let forged = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(&secret)).unwrap();
            assert_eq!(house.opens(&Secret::new(forged)).await, Err(Refusal::Wrong));
        }
    });
}

#[test]
fn a_token_that_names_no_key_of_ours_or_was_changed_is_refused() {
    sqlite(async |database| {
        let house = House::with_anna(&database).await;
        let grant = house.begin().await;
        for kid in ["other", "", "../../etc/passwd", "' OR 1=1 --"] {
            let header = json!({ "alg": "RS256", "typ": "at+jwt", "kid": kid });
            assert_eq!(
                house.opens(&with(&grant.access_token, Some(&header), None)).await,
                Err(Refusal::Wrong),
                "{kid}"
            );
        }
        for (claim, value) in [
            ("sub", json!("0".repeat(32))),
            ("path", json!("graph")),
            ("exp", json!(9_999_999_999_i64)),
            ("aud", json!("https://localhost/v1.0")),
        ] {
            let mut changed = claims(&grant.access_token);
            changed[claim] = value;
            assert_eq!(
                house.opens(&with(&grant.access_token, None, Some(&changed))).await,
                Err(Refusal::Wrong),
                "{claim}"
            );
        }
        for nonsense in ["a.b.c", "..", "a.b", "....", &"x.".repeat(100)] {
            assert_eq!(house.opens(&Secret::new(nonsense)).await, Err(Refusal::Wrong), "{nonsense}");
        }
    });
}

#[test]
fn a_token_opens_its_own_path_only_and_an_id_token_none() {
    sqlite(async |database| {
        let house = House::with_anna(&database).await;
        let grant = house.begin().await;
        for path in [AccessPath::Graph, AccessPath::CardDav, AccessPath::Jmap] {
            let refused = house.admit(&grant.access_token, path, None).await.map(|_| ());
            assert_eq!(refused, Err(Refusal::OtherPath), "before it is known");
        }
        house.opens(&grant.access_token).await.unwrap();
        let known = house.admit(&grant.access_token, AccessPath::Graph, None).await.map(|_| ());
        assert_eq!(known, Err(Refusal::OtherPath), "and after");
        assert_eq!(house.opens(&grant.id_token).await, Err(Refusal::Wrong));
        assert_eq!(house.opens(&grant.refresh_token.unwrap()).await, Err(Refusal::Wrong));
    });
}

#[test]
fn a_token_of_another_address_or_installation_is_refused() {
    sqlite(async |database| {
        let house = House::with_anna(&database).await;
        let issuer = |issuer: &str| Settings { issuer: Some(issuer.into()), ..settings() };
        let ours = house.beside(&database, issuer("https://contacts.example.org"));
        let grant = ours.begin().await;
        assert_eq!(claims(&grant.access_token)["aud"], "https://contacts.example.org/Microsoft-Server-ActiveSync");
        let moved = house.beside(&database, issuer("https://elsewhere.example.org"));
        assert_eq!(moved.opens(&grant.access_token).await, Err(Refusal::Wrong));
        assert_eq!(ours.opens(&grant.access_token).await, Ok(()));
    });
    sqlite(async |database| {
        let house = House::with_anna(&database).await;
        let by_request = house.identity.issuing_as("https://127.0.0.1:4711/");
        let code = house.code().await;
        let grant = by_request.redeem_code(&code, &support::apple(), support::REDIRECT, None).await.unwrap();
        assert_eq!(claims(&grant.access_token)["iss"], "https://127.0.0.1:4711");
        assert_eq!(
            house.opens(&grant.access_token).await,
            Ok(()),
            "where no address is set, the one it came by is good"
        );
    });
}

#[test]
fn a_token_is_good_in_its_time_and_a_minute_before_by_another_servers_clock() {
    sqlite(async |database| {
        let house = House::with_anna(&database).await;
        let grant = house.begin().await;
        house.pass(-60 * SECOND);
        house.identity.invalidate();
        assert_eq!(house.opens(&grant.access_token).await, Ok(()));
        house.pass(-SECOND);
        house.identity.invalidate();
        assert_eq!(house.opens(&grant.access_token).await, Err(Refusal::Wrong), "from the future");
        house.pass(61 * SECOND + 3599 * SECOND);
        assert_eq!(house.opens(&grant.access_token).await, Ok(()));
        house.pass(SECOND);
        assert_eq!(house.opens(&grant.access_token).await, Err(Refusal::Expired), "known");
        house.identity.invalidate();
        assert_eq!(house.opens(&grant.access_token).await, Err(Refusal::Expired), "not known; no grace");
    });
}

#[test]
fn a_new_key_signs_and_the_one_before_is_still_believed() {
    both_engines(async |database| {
        let house = House::with_anna(&database).await;
        let old = house.begin().await;
        house.identity.rotate_keys().await.unwrap();
        let new = house.begin().await;
        let other = house.beside(&database, settings());
        for server in [&house, &other] {
            assert_eq!(server.opens(&old.access_token).await, Ok(()));
            assert_eq!(server.opens(&new.access_token).await, Ok(()));
            let keys = server.identity.jwks().await.unwrap();
            assert_eq!(keys["keys"].as_array().unwrap().len(), 2);
            assert_eq!(keys["keys"][0]["alg"], "RS256");
            assert!(keys["keys"][0]["x5c"][0].is_string(), "iOS takes no key without x5c");
            assert!(keys["keys"][0].get("d").is_none(), "nothing private");
        }
        house.pass(3 * 86_400 * SECOND);
        house.identity.rotate_keys().await.unwrap();
        assert_eq!(
            house.identity.jwks().await.unwrap()["keys"].as_array().unwrap().len(),
            2,
            "the oldest is forgotten"
        );
    });
}

/// Changes something behind everybody's back: who reads the database sees it, who does not, does not.
async fn disable_secretly(database: &Database) {
    let work = |tx: &mut dyn ledger::Transaction| tx.execute("UPDATE person SET disabled = 1", &[]);
    database.write::<_, LedgerError>(work).await.unwrap();
}

#[test]
fn a_known_token_is_let_in_without_the_database_for_less_than_a_second_after_a_look() {
    sqlite(async |database| {
        let house = House::with_anna(&database).await;
        let grant = house.begin().await;
        house.identity.look().await.unwrap();
        let admission = house.admit(&grant.access_token, AccessPath::ActiveSync, None).await.unwrap();
        disable_secretly(&database).await;
        assert_eq!(house.opens(&grant.access_token).await, Ok(()), "nobody asked the database");
        assert_eq!(house.identity.still(&admission).await, Ok(()));
        house.pass(SECOND);
        assert_eq!(house.opens(&grant.access_token).await, Err(Refusal::Disabled), "nobody looked for a second");
        assert_eq!(house.identity.still(&admission).await, Err(Refusal::Disabled));
    });
}

/// What takes something back from Anna, and whether it ends her sessions, her app password, her issued token.
type Taking = (&'static str, [bool; 3]);

const TAKINGS: [Taking; 6] = [
    ("disable", [true, true, true]),
    ("password", [true, false, false]),
    ("app password", [false, true, false]),
    ("tokens", [false, false, true]),
    ("session", [true, false, false]),
    ("groups", [false, false, false]),
];

async fn take(identity: &Identity, what: &str) {
    let account = identity.find("anna").await.unwrap().unwrap().account;
    match what {
        "disable" => identity.set_disabled("anna", true).await.unwrap(),
        "password" => identity.set_password("anna", Some(Secret::new("new"))).await.unwrap(),
        "app password" => identity.revoke_app_password("anna", "phone").await.unwrap(),
        "tokens" => drop(identity.revoke_tokens("anna").await.unwrap()),
        "session" => drop(identity.end_sessions(account, "a test").await.unwrap()),
        _ => identity.set_paths_off("anna", BTreeSet::from([AccessPath::Graph])).await.unwrap(),
    }
}

#[test]
fn what_is_taken_back_in_another_process_ends_with_the_next_look_and_nothing_else_does() {
    for (what, [session, app, token]) in TAKINGS {
        sqlite(async |database| {
            let house = House::with_anna(&database).await;
            let command = house.beside(&database, settings());
            let app_password =
                house.identity.add_app_password("anna", "phone", None, Binding::AnyDevice).await.unwrap();
            let life = std::time::Duration::from_hours(1);
            let issued = house.identity.issue_token("anna", AccessPath::ActiveSync, life).await.unwrap();
            let grant = house.begin().await;
            let basic = async || house.sign_in("anna", app_password.reveal()).await.map(|_| ());
            house.identity.look().await.unwrap();
            let mut held = Vec::new();
            for credential in [&grant.access_token, &issued] {
                held.push(house.admit(credential, AccessPath::ActiveSync, None).await.unwrap());
            }
            basic().await.unwrap();

            take(&command.identity, what).await;
            assert_eq!(house.opens(&grant.access_token).await, Ok(()), "{what}: within the second");
            house.identity.look().await.unwrap();
            assert_eq!(house.opens(&grant.access_token).await.is_err(), session, "{what}: the session");
            assert_eq!(house.identity.still(&held[0]).await.is_err(), session, "{what}: a held request");
            assert_eq!(house.renew(&grant).await.is_err(), session, "{what}: the refresh token");
            assert_eq!(house.opens(&issued).await.is_err(), token, "{what}: the issued token");
            assert_eq!(house.identity.still(&held[1]).await.is_err(), token, "{what}: its held request");
            assert_eq!(basic().await.is_err(), app, "{what}: the app password");
        });
    }
}

#[test]
fn what_is_taken_back_in_this_process_ends_at_once() {
    both_engines(async |database| {
        let house = House::with_anna(&database).await;
        let grant = house.begin().await;
        house.identity.look().await.unwrap();
        house.opens(&grant.access_token).await.unwrap();
        house.identity.set_password("anna", Some(Secret::new("new"))).await.unwrap();
        assert_eq!(house.opens(&grant.access_token).await, Err(Refusal::Ended { claims_challenge: true }));
        assert_eq!(house.sign_in("anna", "correct horse").await.map(|_| ()), Err(Refusal::Wrong));
        house.sign_in("anna", "new").await.unwrap();
    });
}

#[test]
fn a_token_learns_of_new_groups_without_a_new_sign_in() {
    sqlite(async |database| {
        let house = House::with_anna(&database).await;
        let grant = house.begin().await;
        house.identity.look().await.unwrap();
        house.opens(&grant.access_token).await.unwrap();
        house.identity.set_paths_off("anna", [AccessPath::Graph].into()).await.unwrap();
        let admission = house.admit(&grant.access_token, AccessPath::ActiveSync, None).await.unwrap();
        assert!(admission.person.paths_off.contains(&AccessPath::Graph));
    });
}

async fn page_sign_in(house: &House, name: &str, password: &str, network: [u8; 4]) -> Result<(), Refusal> {
    house.identity.sign_in_with_password(name, &Secret::new(password), IpAddr::from(network)).await.map(|_| ())
}

#[test]
fn on_a_page_unknown_people_and_wrong_passwords_look_alike_and_app_passwords_are_none() {
    sqlite(async |database| {
        let house = House::with_anna(&database).await;
        let app_password = house.identity.add_app_password("anna", "phone", None, Binding::AnyDevice).await.unwrap();
        let here = [192, 0, 2, 1];
        for (name, password) in
            [("anna", "wrong"), ("nobody", "wrong"), ("", "x"), ("anna", app_password.reveal()), ("anna\0", "x")]
        {
            assert_eq!(page_sign_in(&house, name, password, here).await, Err(Refusal::Wrong), "{name}");
        }
        assert_eq!(page_sign_in(&house, "EXAMPLE\\Anna", "correct horse", here).await, Ok(()));
        house.identity.set_disabled("anna", true).await.unwrap();
        assert_eq!(page_sign_in(&house, "anna", "wrong", here).await, Err(Refusal::Wrong));
        assert_eq!(page_sign_in(&house, "anna", "correct horse", here).await, Err(Refusal::Disabled));
    });
}

#[test]
fn guessing_on_a_page_is_slowed_down_alike_for_people_and_nobody_and_keeps_nobody_out() {
    sqlite(async |database| {
        let house = House::with_anna(&database).await;
        let (home, attacker) = ([192, 0, 2, 1], [203, 0, 113, 9]);
        page_sign_in(&house, "anna", "correct horse", home).await.unwrap();
        for name in ["anna", "nobody"] {
            for guess in 0..11 {
                assert_eq!(page_sign_in(&house, name, &format!("{guess}"), attacker).await, Err(Refusal::Wrong));
            }
            let paused = page_sign_in(&house, name, "correct horse", attacker).await;
            assert!(matches!(paused, Err(Refusal::TooManyAttempts { .. })), "{name}: {paused:?}");
        }
        assert_eq!(page_sign_in(&house, "anna", "correct horse", home).await, Ok(()), "from home");
        house.pass(60 * SECOND);
        assert_eq!(page_sign_in(&house, "anna", "correct horse", attacker).await, Ok(()), "a pause ends");
    });
}

async fn audited(house: &House) -> Vec<AuditEntry> {
    house.identity.audit().flush().await;
    house.identity.audit().page(0, None, None).await.unwrap()
}

#[test]
fn the_audit_tells_who_did_what_and_no_secret() {
    both_engines(async |database| {
        let house = House::with_anna(&database).await;
        let grant = house.begin().await;
        let _ = page_sign_in(&house, "anna", "hunter2", [192, 0, 2, 1]).await;
        let second = house.renew(&grant).await.unwrap();
        house.renew(&second).await.unwrap();
        let _ = house.renew(&grant).await;
        house.identity.set_disabled("anna", true).await.unwrap();
        let entries = audited(&house).await;
        let mut told: Vec<_> = entries.iter().map(|entry| (entry.event.as_str(), entry.outcome.as_str())).collect();
        told.sort_unstable();
        assert_eq!(
            told,
            [
                ("person-added", "ok"),
                ("person-disabled", "ok"),
                ("refresh-token-reused", "session ended"),
                ("session-began", "ok"),
                ("sign-in", "wrong credentials"),
            ]
        );
        let anna = house.anna().await;
        assert!(entries.iter().all(|entry| entry.account == Some(anna)));
        let all = format!("{entries:?}");
        let refresh = grant.refresh_token.unwrap();
        for secret in ["hunter2", "correct horse", refresh.reveal(), grant.access_token.reveal()] {
            assert!(!all.contains(secret));
        }
    });
}

#[test]
fn the_audit_is_read_page_by_page_and_forgotten_after_its_retention() {
    sqlite(async |database| {
        let house = House::with_anna(&database).await;
        for number in 0..2500 {
            house.identity.audit().record(identity::AuditEvent::new("test").with("number", number));
        }
        house.identity.audit().flush().await;
        let (mut after, mut seen) = (None, Vec::new());
        loop {
            let page = house.identity.audit().page(0, None, after.as_ref()).await.unwrap();
            let Some(last) = page.last().cloned() else { break };
            seen.extend(page.iter().filter_map(|entry| entry.detail["number"].as_i64()));
            after = Some(last);
        }
        seen.sort_unstable();
        assert_eq!(seen, (0..2500).collect::<Vec<_>>());
        house.pass(366 * 86_400 * SECOND);
        house.identity.forget_old().await.unwrap();
        assert_eq!(audited(&house).await, []);
    });
}

#[test]
fn a_request_is_kept_as_it_was_asked() {
    sqlite(async |database| {
        let house = House::with_anna(&database).await;
        let long = CodeRequest { user_agent: "ü".repeat(1000) + "\n", ..house.request() };
        let code = house.identity.issue_code(house.anna().await, long).await.unwrap();
        house.redeem(&code).await.unwrap();
        let session = house.identity.sessions("anna").await.unwrap().remove(0);
        assert_eq!(session.user_agent, "ü".repeat(150));
        assert_eq!((session.network.as_str(), session.created_at), ("192.0.2.1", house.clock.now()));
    });
}

#[test]
fn who_left_the_company_loses_the_sessions_and_nobody_else_does() {
    both_engines(async |database| {
        let house = House::with_anna(&database).await;
        let network = IpAddr::from([192, 0, 2, 9]);
        let foreign = identity::ForeignPerson {
            issuer: "https://idp.example".into(),
            subject: "4711".into(),
            email: "anna@example.org".into(),
            name: String::new(),
            groups: None,
            just_in_time: false,
        };
        house.identity.adopt(&foreign).await.unwrap();
        let grant = house.begin().await;
        assert_eq!(house.opens(&grant.access_token).await, Ok(()));
        for (issuer, subject) in [("https://idp.example", "4712"), ("https://other.example", "4711")] {
            assert_eq!(house.identity.dismiss(issuer, subject, network, "left").await, Ok(0));
            assert_eq!(house.opens(&grant.access_token).await, Ok(()), "{issuer} {subject}");
        }
        assert_eq!(house.identity.dismiss(&foreign.issuer, &foreign.subject, network, "left").await, Ok(1));
        assert!(house.opens(&grant.access_token).await.is_err());
        let audit = audited(&house).await;
        let anna = Some(house.anna().await);
        let told = |event: &str| audit.iter().filter(|entry| entry.event == event && entry.account == anna).count();
        assert_eq!((told("sessions-ended"), told("sign-in")), (1, 1));
    });
}
