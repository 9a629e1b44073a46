//! Codes, refresh tokens, device codes and services: what gives a token, what does not, and what ends a session.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has to stop")]

mod support;

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hub::AccessPath;
use identity::{
    Client, ClientId, CodeRequest, Decision, GrantError, GrantType, NewClient, PkceChallenge, Refusal, Secret, Settings,
};
use ledger::testing::{both_engines, sqlite};
use sha2::{Digest, Sha256};
use support::{House, REDIRECT, SECOND, apple, claims, settings};

const USED: Result<(), GrantError> = Err(GrantError::Invalid("the refresh token was used before"));
const ENDED: Result<(), GrantError> = Err(GrantError::Invalid("the session has ended"));

#[test]
fn a_phone_signs_in_and_gets_everything_that_ios_wants() {
    both_engines(async |database| {
        let house = House::with_anna(&database).await;
        let grant = house.begin().await;
        assert_eq!((grant.expires_in.as_secs(), grant.scope.as_str()), (3600, "EAS.AccessAsUser.All"));
        assert!(grant.refresh_token.is_some());
        let id = claims(&grant.id_token);
        for (claim, value) in [
            ("aud", ClientId::APPLE),
            ("nonce", "n-0S6"),
            ("preferred_username", "anna@example.org"),
            ("email", "anna@example.org"),
            ("tid", house.identity.tenant()),
            ("iss", house.identity.issuer()),
        ] {
            assert_eq!(id[claim], value, "{claim}");
        }
        assert_eq!(id["amr"], serde_json::json!(["pwd", "otp", "mfa"]));
        let access = claims(&grant.access_token);
        assert_eq!(access["upn"], "anna@example.org");
        assert_eq!(access["path"], "activesync");
        let admission = house.admit(&grant.access_token, AccessPath::ActiveSync, None).await.unwrap();
        assert_eq!(admission.session, Some(grant.session));
        assert_eq!(admission.person.groups, ["sales", "berlin office"]);
        assert!(admission.claims_challenge && admission.expires_at.is_some());
    });
}

#[test]
fn a_code_used_twice_ends_what_came_of_it() {
    both_engines(async |database| {
        let house = House::with_anna(&database).await;
        let code = house.code().await;
        let grant = house.redeem(&code).await.unwrap();
        house.opens(&grant.access_token).await.unwrap();
        assert_eq!(house.redeem(&code).await.map(|_| ()), Err(GrantError::Invalid("the code was used before")));
        assert_eq!(house.opens(&grant.access_token).await, Err(Refusal::Ended { claims_challenge: true }));
        assert_eq!(house.renew(&grant).await.map(|_| ()), ENDED);
    });
}

#[test]
fn a_code_is_for_one_client_one_address_and_one_minute() {
    sqlite(async |database| {
        let house = House::with_anna(&database).await;
        let code = house.code().await;
        let redeem =
            async |client: &ClientId, uri: &str| house.identity.redeem_code(&code, client, uri, None).await.map(|_| ());
        assert!(redeem(&ClientId::new("other"), REDIRECT).await.is_err());
        assert!(redeem(&apple(), "com.apple.mobilemail://oauth-redirect").await.is_err());
        assert!(redeem(&apple(), "com.apple.Preferences://OAuth-redirect").await.is_err());
        assert!(redeem(&apple(), "com.apple.Preferences://oauth-redirect//").await.is_err());
        house.pass(60 * SECOND);
        assert_eq!(redeem(&apple(), REDIRECT).await, Err(GrantError::Invalid("the code has expired")));
        let code = house.code().await;
        house.pass(59 * SECOND);
        let lenient =
            house.identity.redeem_code(&code, &apple(), "com.apple.Preferences://oauth-redirect/", None).await;
        assert!(lenient.is_ok(), "iOS leaves out or adds the last slash");
    });
}

#[test]
fn what_was_asked_for_with_a_challenge_needs_its_verifier() {
    sqlite(async |database| {
        let house = House::with_anna(&database).await;
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
        let request = CodeRequest { pkce: PkceChallenge::s256(&challenge), ..house.request() };
        let code = house.identity.issue_code(house.anna().await, request).await.unwrap();
        for wrong in [None, Some(""), Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXx"), Some(challenge.as_str())] {
            let wrong = wrong.map(Secret::new);
            let refused = house.identity.redeem_code(&code, &apple(), REDIRECT, wrong.as_ref()).await;
            assert_eq!(refused.map(|_| ()), Err(GrantError::Invalid("code_verifier does not fit")));
        }
        let right = Secret::new(verifier);
        assert!(house.identity.redeem_code(&code, &apple(), REDIRECT, Some(&right)).await.is_ok());
    });
}

#[test]
fn a_challenge_taken_out_on_the_way_is_noticed_but_ios_sends_a_verifier_without_one() {
    sqlite(async |database| {
        let house = House::with_anna(&database).await;
        let verifier = Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        let request = CodeRequest { client: ClientId::new("app"), ..house.request() };
        let code = house.identity.issue_code(house.anna().await, request).await.unwrap();
        let downgraded = house.identity.redeem_code(&code, &ClientId::new("app"), REDIRECT, Some(&verifier)).await;
        assert_eq!(downgraded.map(|_| ()), Err(GrantError::Invalid("code_verifier does not fit")));
        let code = house.code().await;
        assert!(house.identity.redeem_code(&code, &apple(), REDIRECT, Some(&verifier)).await.is_ok());
    });
}

#[test]
fn a_refresh_token_that_was_replaced_and_is_shown_later_ends_the_session() {
    both_engines(async |database| {
        let house = House::with_anna(&database).await;
        let first = house.begin().await;
        let second = house.renew(&first).await.unwrap();
        let third = house.renew(&second).await.unwrap();
        house.opens(&third.access_token).await.unwrap();
        assert_eq!(house.renew(&first).await.map(|_| ()), USED);
        assert_eq!(house.renew(&third).await.map(|_| ()), ENDED, "the whole family");
        for grant in [&first, &second, &third] {
            assert_eq!(house.opens(&grant.access_token).await, Err(Refusal::Ended { claims_challenge: true }));
        }
    });
}

#[test]
fn a_lost_answer_to_a_refresh_is_given_again_with_the_same_refresh_token() {
    sqlite(async |database| {
        let house = House::with_anna(&database).await;
        let first = house.begin().await;
        let lost = house.renew(&first).await.unwrap();
        house.pass(119 * SECOND);
        let again = house.renew(&first).await.unwrap();
        assert_eq!(lost.refresh_token, again.refresh_token, "whichever answer arrives, the line is one");
        let next = house.renew(&again).await.unwrap();
        assert_eq!(house.renew(&first).await.map(|_| ()), USED, "its successor was used");
        assert_eq!(house.renew(&next).await.map(|_| ()), ENDED);
    });
}

#[test]
fn a_phone_out_of_reach_after_a_lost_answer_is_not_signed_out() {
    sqlite(async |database| {
        let house = House::with_anna(&database).await;
        let first = house.begin().await;
        house.pass(3600 * SECOND);
        let lost = house.renew(&first).await.unwrap();
        house.pass(3 * 3600 * SECOND);
        let found = house.renew(&first).await.unwrap();
        assert_eq!(lost.refresh_token, found.refresh_token);
        house.opens(&found.access_token).await.unwrap();
        house.pass(121 * SECOND);
        assert_eq!(house.renew(&first).await.map(|_| ()), USED, "the answer has arrived: its access token was seen");
    });
}

#[test]
fn nobody_ends_a_session_with_an_invented_refresh_token() {
    sqlite(async |database| {
        let house = House::with_anna(&database).await;
        let grant = house.begin().await;
        let mut bytes = URL_SAFE_NO_PAD.decode(grant.refresh_token.as_ref().unwrap().reveal()).unwrap();
        bytes[40] ^= 1;
        let invented = Secret::new(URL_SAFE_NO_PAD.encode(bytes));
        let refused = house.refresh(&invented).await.map(|_| ());
        assert_eq!(refused, Err(GrantError::Invalid("this is not a code or token of this server")));
        assert!(house.renew(&grant).await.is_ok());
    });
}

#[test]
fn a_refresh_token_is_no_good_with_another_client_and_that_ends_nothing() {
    sqlite(async |database| {
        let house = House::with_anna(&database).await;
        let grant = house.begin().await;
        let other = house.identity.refresh(grant.refresh_token.as_ref().unwrap(), &ClientId::new("other")).await;
        assert_eq!(other.map(|_| ()), Err(GrantError::Invalid("the refresh token is another client's")));
        assert!(house.renew(&grant).await.is_ok());
    });
}

#[test]
fn a_session_belongs_to_the_device_that_first_used_it() {
    both_engines(async |database| {
        let house = House::with_anna(&database).await;
        let grant = house.begin().await;
        house.opens(&grant.access_token).await.unwrap();
        let from = async |token: &Secret, device: &str| {
            house.admit(token, AccessPath::ActiveSync, Some(device)).await.map(|_| ())
        };
        from(&grant.access_token, "PHONE").await.unwrap();
        from(&grant.access_token, "PHONE").await.unwrap();
        assert_eq!(from(&grant.access_token, "OTHER").await, Err(Refusal::OtherDevice));
        let renewed = house.renew(&grant).await.unwrap();
        assert_eq!(from(&renewed.access_token, "OTHER").await, Err(Refusal::OtherDevice), "the family's");
        from(&renewed.access_token, "PHONE").await.unwrap();
        assert_eq!(house.identity.sessions("anna").await.unwrap()[0].device.as_deref(), Some("PHONE"));
    });
}

#[test]
fn a_session_that_nobody_renews_ends_by_itself() {
    sqlite(async |database| {
        let house = House::with_anna(&database).await;
        let grant = house.begin().await;
        house.pass(89 * 86_400 * SECOND);
        let renewed = house.renew(&grant).await.unwrap();
        house.pass(90 * 86_400 * SECOND);
        assert_eq!(house.renew(&renewed).await.map(|_| ()), Err(GrantError::Invalid("the session has expired")));
    });
}

#[test]
fn another_installations_key_makes_requests_fail_for_a_while_and_signs_nobody_out() {
    sqlite(async |database| {
        let house = House::with_anna(&database).await;
        let grant = house.begin().await;
        let other = house.beside(&database, Settings::new([8; 32].into()));
        assert!(matches!(other.renew(&grant).await, Err(GrantError::Temporary(_))));
        assert!(matches!(other.redeem(&house.code().await).await, Err(GrantError::Temporary(_))));
        assert!(house.renew(&grant).await.is_ok());
    });
}

#[test]
fn trouble_in_the_ledger_is_temporary_whatever_was_asked() {
    sqlite(async |database| {
        let house = House::with_anna(&database).await;
        let (grant, code) = (house.begin().await, house.code().await);
        let drop = |tx: &mut dyn ledger::Transaction| tx.execute("DROP TABLE sign_in_session", &[]);
        database.write::<_, ledger::LedgerError>(drop).await.unwrap();
        assert!(matches!(house.renew(&grant).await, Err(GrantError::Temporary(_))));
        assert!(matches!(house.redeem(&code).await, Err(GrantError::Temporary(_))));
        assert!(matches!(house.opens(&grant.access_token).await, Err(Refusal::Unavailable(_))));
    });
}

#[test]
fn a_server_that_restarts_between_code_and_token_notices_nothing() {
    sqlite(async |database| {
        let house = House::with_anna(&database).await;
        let code = house.code().await;
        let restarted = house.beside(&database, settings());
        let grant = restarted.redeem(&code).await.unwrap();
        let again = house.beside(&database, settings());
        assert!(again.opens(&grant.access_token).await.is_ok() && again.renew(&grant).await.is_ok());
    });
}

fn service() -> NewClient {
    NewClient {
        id: Some(ClientId::new("crm")),
        name: "CRM".into(),
        confidential: true,
        redirect_uris: Vec::new(),
        paths: [AccessPath::Graph].into(),
        grants: [GrantType::ClientCredentials].into(),
        acts_for: Some("anna".into()),
    }
}

#[test]
fn a_service_gets_tokens_with_its_secret_until_it_is_removed() {
    both_engines(async |database| {
        let house = House::with_anna(&database).await;
        let (client, secret) = house.identity.add_client(service()).await.unwrap();
        let secret = secret.unwrap();
        let get = async |secret: &Secret, path| house.identity.client_credentials(&client.id, secret, path).await;
        assert_eq!(get(&Secret::new("wrong"), AccessPath::Graph).await.map(|_| ()), Err(GrantError::Client));
        assert_eq!(
            get(&secret, AccessPath::ActiveSync).await.map(|_| ()),
            Err(GrantError::NotForThisClient),
            "only what it was given"
        );
        let grant = get(&secret, AccessPath::Graph).await.unwrap();
        assert_eq!(grant.refresh_token, None);
        let admitted = house.admit(&grant.access_token, AccessPath::Graph, None).await.unwrap();
        assert_eq!(admitted.caller.email, "anna@example.org");
        assert_eq!(get(&secret, AccessPath::Graph).await.unwrap().session, grant.session, "one session goes on");
        assert_eq!(house.identity.remove_client(&client.id).await, Ok(1));
        let after = house.admit(&grant.access_token, AccessPath::Graph, None).await.map(|_| ());
        assert_eq!(after, Err(Refusal::Ended { claims_challenge: false }));
        assert_eq!(get(&secret, AccessPath::Graph).await.map(|_| ()), Err(GrantError::Client));
    });
}

#[test]
fn a_client_without_a_secret_shows_none_and_one_that_makes_no_sense_is_not_added() {
    sqlite(async |database| {
        let house = House::with_anna(&database).await;
        let none: Option<&Secret> = None;
        assert_eq!(house.identity.authenticate_client(&apple(), none).await, Ok(Client::apple()));
        let with = house.identity.authenticate_client(&apple(), Some(&Secret::new("x"))).await;
        assert_eq!(with, Err(GrantError::Client));
        for senseless in [
            NewClient { id: Some(apple()), ..service() },
            NewClient { acts_for: None, ..service() },
            NewClient { confidential: false, ..service() },
            NewClient { redirect_uris: vec!["https://a.example/".into()], ..service() },
            NewClient { paths: BTreeSet::new(), ..service() },
            NewClient { name: " ".into(), ..service() },
            NewClient { id: Some(ClientId::new("a b")), ..service() },
        ] {
            assert!(house.identity.add_client(senseless.clone()).await.is_err(), "{senseless:?}");
        }
    });
}

#[test]
fn a_program_without_a_browser_gets_its_token_when_somebody_says_yes() {
    both_engines(async |database| {
        let house = House::with_anna(&database).await;
        let started = house.identity.start_device_code(house.request()).await.unwrap();
        let poll = async || house.identity.poll_device_code(&started.device_code, &apple()).await;
        assert_eq!(poll().await.map(|_| ()), Err(GrantError::Pending));
        assert_eq!(poll().await.map(|_| ()), Err(GrantError::SlowDown));
        house.pass(5 * SECOND);
        assert_eq!(poll().await.map(|_| ()), Err(GrantError::Pending));
        let typed = started.user_code.to_lowercase();
        let shown = house.identity.find_user_code(&typed).await.unwrap().unwrap();
        assert_eq!((&shown.user_code, &shown.request.client), (&started.user_code, &apple()));
        let account = house.anna().await;
        let yes = Decision::Allow { account, amr: vec!["pwd".into()], auth_time: 7 };
        assert_eq!(house.identity.decide_user_code(&typed, yes.clone()).await, Ok(true));
        assert_eq!(house.identity.decide_user_code(&typed, yes).await, Ok(false), "once");
        assert_eq!(house.identity.find_user_code(&typed).await, Ok(None));
        let other = house.identity.poll_device_code(&started.device_code, &ClientId::new("other")).await;
        assert!(matches!(other, Err(GrantError::Invalid(_))));
        let grant = poll().await.unwrap();
        assert_eq!(house.opens(&grant.access_token).await, Ok(()));
        assert!(matches!(poll().await, Err(GrantError::Invalid(_))), "once");
    });
}

#[test]
fn a_device_code_ends_with_a_no_or_with_its_time() {
    sqlite(async |database| {
        let house = House::with_anna(&database).await;
        let denied = house.identity.start_device_code(house.request()).await.unwrap();
        assert_eq!(house.identity.decide_user_code(&denied.user_code, Decision::Deny).await, Ok(true));
        let late = house.identity.start_device_code(house.request()).await.unwrap();
        let poll = async |code: &Secret| house.identity.poll_device_code(code, &apple()).await.map(|_| ());
        assert_eq!(poll(&denied.device_code).await, Err(GrantError::Denied));
        house.pass(900 * SECOND);
        assert_eq!(poll(&late.device_code).await, Err(GrantError::Expired));
        assert_eq!(house.identity.decide_user_code(&late.user_code, Decision::Deny).await, Ok(false));
    });
}

#[test]
fn a_token_given_back_ends_its_session_and_introspection_knows() {
    sqlite(async |database| {
        let house = House::with_anna(&database).await;
        let grant = house.begin().await;
        let refresh = grant.refresh_token.clone().unwrap();
        for (token, is_refresh) in [(&grant.access_token, false), (&refresh, true)] {
            let told = house.identity.introspect(token).await.unwrap().unwrap();
            assert_eq!((told.session, told.refresh, told.client), (grant.session, is_refresh, apple()));
        }
        assert_eq!(house.identity.introspect(&Secret::new("nonsense")).await, Ok(None));
        assert_eq!(house.identity.introspect(&grant.id_token).await, Ok(None), "an id_token is no access token");
        house.identity.revoke(&refresh, &ClientId::new("other")).await.unwrap();
        assert!(house.identity.introspect(&refresh).await.unwrap().is_some(), "not its own");
        house.identity.revoke(&grant.access_token, &apple()).await.unwrap();
        assert_eq!(house.identity.introspect(&refresh).await, Ok(None));
        assert_eq!(house.renew(&grant).await.map(|_| ()), ENDED);
    });
}
