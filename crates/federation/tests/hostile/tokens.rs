//! The provider's access tokens on the API paths.

use federation::CompanyTokens;
use hub::AccessPath;
use identity::{
    Secret,
    sources::{ForeignToken, SourceError, TokenSource},
};
use serde_json::{Value, json};

use crate::{
    house::{House, NOW},
    provider::{EcKey, Reply, hs256, unsigned},
};

fn claims(house: &House) -> Value {
    json!({
        "iss": house.provider.url, "aud": "api://bothways", "sub": "248289761001", "scp": "openid contacts.read",
        "iat": NOW, "exp": NOW + 300, "email": "anna@example.org", "email_verified": true, "name": "Anna Lee",
        "xms_cc": ["cp1"],
    })
}

async fn check(house: &House, token: &str, path: AccessPath) -> Result<Option<ForeignToken>, SourceError> {
    CompanyTokens::of(&house.company).unwrap().check(&Secret::new(token), path).await
}

#[tokio::test]
async fn a_token_with_the_scope_opens_its_path_and_no_other() {
    let house = House::new();
    let token = house.key.sign(&claims(&house).to_string());
    let found = check(&house, &token, AccessPath::Graph).await.unwrap().unwrap();
    assert_eq!(found.person.email, "anna@example.org");
    assert_eq!(found.expires_at, (NOW + 300) * 1_000_000);
    assert!(found.claims_challenge);
    for path in [AccessPath::ActiveSync, AccessPath::CardDav, AccessPath::Jmap] {
        assert_eq!(check(&house, &token, path).await, Ok(None), "{path:?}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_token_closes_every_path() {
    let house = House::new();
    for (name, value) in [
        ("aud", json!("bothways")),
        ("aud", json!(null)),
        ("scp", json!("contacts.readwrite")),
        ("scp", json!("contacts")),
        ("scp", json!(null)),
        ("exp", json!(NOW - 600)),
        ("exp", json!(null)),
        ("nbf", json!(NOW + 600)),
        ("iat", json!(NOW + 600)),
        ("iss", json!("https://evil.example")),
        ("email_verified", json!(false)),
        ("email", json!(null)),
        ("sub", json!("")),
        // An ID token, whatever else it says.
        ("nonce", json!("n")),
        ("at_hash", json!("h")),
    ] {
        let mut claims = claims(&house);
        claims[name] = value.clone();
        let token = house.key.sign(&claims.to_string());
        assert_eq!(check(&house, &token, AccessPath::Graph).await, Ok(None), "{name} {value}");
    }
}

#[tokio::test]
async fn forged_tokens_close_every_path() {
    let house = House::new();
    let good = claims(&house).to_string();
    let stranger = EcKey::new("ec");
    for token in [
        unsigned("none", &good),
        hs256(house.key.jwk().as_bytes(), "ec", &good),
        stranger.sign(&good),
        String::new(),
        "a.b.c".into(),
    ] {
        assert_eq!(check(&house, &token, AccessPath::Graph).await, Ok(None), "{token}");
    }
}

#[tokio::test]
async fn nobody_is_asked_while_the_keys_are_kept() {
    let house = House::new();
    let token = house.key.sign(&claims(&house).to_string());
    check(&house, &token, AccessPath::Graph).await.unwrap().unwrap();
    for place in ["/jwks", "/.well-known/openid-configuration"] {
        house.provider.reply(place, Reply::Silence);
    }
    for _ in 0..100 {
        assert!(check(&house, &token, AccessPath::Graph).await.unwrap().is_some());
    }
    assert_eq!(house.provider.asked("/jwks"), 1);
    assert_eq!(house.provider.asked("/.well-known/openid-configuration"), 1);
}

#[tokio::test]
async fn tokens_of_others_cost_no_question() {
    let house = House::new();
    let mut ours = claims(&house);
    ours["iss"] = json!("https://contacts.example.com");
    let token = house.key.sign(&ours.to_string());
    assert_eq!(check(&house, &token, AccessPath::Graph).await, Ok(None));
    assert_eq!(check(&house, "an-opaque-token", AccessPath::Graph).await, Ok(None));
    assert_eq!(house.provider.asked("/.well-known/openid-configuration"), 0);
}

#[tokio::test]
async fn a_provider_that_cannot_be_asked_has_not_said_no() {
    let house = House::new();
    house.provider.reply("/jwks", Reply::Status(500, String::new()));
    let token = house.key.sign(&claims(&house).to_string());
    assert!(check(&house, &token, AccessPath::Graph).await.is_err());
    assert!(check(&house, &token, AccessPath::Graph).await.is_err(), "nor a moment later, when it is not asked");
}

#[tokio::test]
async fn keys_are_read_again_beside_the_work() {
    let house = House::new();
    let token = |house: &House| {
        let mut claims = claims(house);
        claims["exp"] = json!(NOW + 10_000);
        house.key.sign(&claims.to_string())
    };
    check(&house, &token(&house), AccessPath::Graph).await.unwrap().unwrap();
    house.clock.pass(2 * 3600);
    assert!(check(&house, &token(&house), AccessPath::Graph).await.unwrap().is_some());
    while house.provider.asked("/jwks") < 2 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn tokens_may_bear_another_issuer_than_the_sign_in() {
    let house = House::with(|settings| {
        settings.tokens.as_mut().unwrap().issuer = Some("https://sts.windows.net/tenant/".to_owned());
    });
    let mut claims = claims(&house);
    claims["iss"] = json!("https://sts.windows.net/tenant/");
    let found = check(&house, &house.key.sign(&claims.to_string()), AccessPath::Graph).await.unwrap().unwrap();
    assert_eq!(found.person.issuer, house.provider.url, "the same person as at the sign-in page");
}
