//! A provider that is slow, broken, endless, somewhere else, or has new keys.

use federation::{CompanyError, Remedy, Start, TokenFault};

use crate::{
    house::House,
    provider::{EcKey, Reply},
};

const DISCOVERY: &str = "/.well-known/openid-configuration";

async fn begun(house: &House) -> CompanyError {
    house.company.begin(&Start::default()).await.map(|_| ()).unwrap_err()
}

fn keys(keys: &[&EcKey]) -> Reply {
    let keys: Vec<_> = keys.iter().map(|key| key.jwk()).collect();
    Reply::Json(format!(r#"{{"keys":[{}]}}"#, keys.join(",")))
}

/// Time stands still for the program and runs ahead whenever it only waits, so this takes no time.
#[tokio::test(start_paused = true)]
async fn a_provider_that_never_answers_is_given_up() {
    let house = House::new();
    house.provider.reply(DISCOVERY, Reply::Silence);
    let error = begun(&house).await;
    assert!(matches!(&error, CompanyError::Unreachable { reason, .. } if reason == "no answer in time"), "{error}");
    assert_eq!(error.remedy(), Remedy::Later);
    assert_eq!(begun(&house).await, CompanyError::AskedJustNow, "the next ones do not wait as well");
}

#[tokio::test]
async fn a_provider_that_fails_is_asked_again_later() {
    let house = House::new();
    house.provider.reply(DISCOVERY, Reply::Status(500, String::new()));
    assert!(matches!(begun(&house).await, CompanyError::Status { status: 500, .. }));
    for _ in 0..20 {
        assert_eq!(begun(&house).await.remedy(), Remedy::Later);
    }
    assert_eq!(house.provider.asked(DISCOVERY), 1);
    house.clock.pass(11);
    house.provider.reply(DISCOVERY, Reply::Json(house.provider.document("")));
    assert!(house.sign_in(|_| {}).await.is_ok());
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_told() {
    let house = House::with(|settings| settings.issuer = "http://127.0.0.1:9".to_owned());
    let error = begun(&house).await;
    assert!(error.to_string().contains("http://127.0.0.1:9/.well-known/openid-configuration"), "{error}");
    assert_eq!(error.remedy(), Remedy::Later);
}

#[tokio::test]
async fn an_endless_answer_ends() {
    for place in [DISCOVERY, "/jwks", "/token"] {
        let house = House::new();
        house.provider.reply(place, Reply::Endless);
        let result = match house.company.begin(&Start::default()).await {
            Err(error) => Err(error),
            Ok(_) if place == "/token" => {
                let asked = house.begin().await;
                house.come_back(&asked).await.map(|_| ())
            }
            Ok(_) => house.sign_in(|_| {}).await.map(|_| ()),
        };
        let error = result.unwrap_err();
        assert!(error.to_string().contains("longer than 1024 KiB"), "{place}: {error}");
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let house = House::new();
    house.provider.reply(DISCOVERY, Reply::Redirect(format!("{}{DISCOVERY}?secret=1", house.provider.url)));
    let error = begun(&house).await;
    assert!(matches!(&error, CompanyError::Redirected { to, .. } if !to.contains("secret")), "{error}");
    assert_eq!(house.provider.asked(DISCOVERY), 1);

    let house = House::new();
    house.provider.reply("/token", Reply::Redirect("https://evil.example/".to_owned()));
    let asked = house.begin().await;
    assert!(matches!(house.come_back(&asked).await, Err(CompanyError::Redirected { .. })), "the code stays with us");
}

#[tokio::test]
async fn a_document_of_another_issuer_is_not_believed() {
    let house = House::new();
    let said = |issuer: &str| Reply::Json(house.provider.document("").replacen(&house.provider.url, issuer, 1));
    house.provider.reply(DISCOVERY, said("https://evil.example"));
    let error = begun(&house).await.to_string();
    assert!(error.contains("https://evil.example") && error.contains(&house.provider.url), "{error}");
    house.clock.pass(11);
    house.provider.reply(DISCOVERY, said("https://login.microsoftonline.com/{tenantid}/v2.0"));
    assert!(begun(&house).await.to_string().contains("tenant's id"), "what Entra says under \"common\"");
}

#[tokio::test]
async fn codes_and_secrets_do_not_go_where_they_could_be_read() {
    for place in ["token_endpoint", "jwks_uri", "authorization_endpoint", "userinfo_endpoint"] {
        let house = House::new();
        let document = house
            .provider
            .document("")
            .replace(&format!("\"{place}\":\"http://127.0.0.1"), &format!("\"{place}\":\"http://op.example"));
        house.provider.reply(DISCOVERY, Reply::Json(document));
        assert!(matches!(begun(&house).await, CompanyError::NotSecure { what, .. } if what == place), "{place}");
    }
}

#[tokio::test]
async fn documents_that_are_none_are_told() {
    for (document, says) in [
        ("", "no JSON"),
        ("[]", "no JSON"),
        ("<html>", "no JSON"),
        ("{}", "no issuer"),
        ("{\"issuer\":3}", "no issuer"),
    ] {
        let house = House::new();
        house.provider.reply(DISCOVERY, Reply::Json(document.to_owned()));
        let error = begun(&house).await;
        assert!(error.to_string().contains(says), "{document}: {error}");
        assert_eq!(error.remedy(), Remedy::Settings);
    }
    let house = House::new();
    let only_secret = house.provider.document("").replace(r#""RS256","ES256","HS256","none""#, r#""HS256","none""#);
    house.provider.reply(DISCOVERY, Reply::Json(only_secret));
    assert_eq!(begun(&house).await, CompanyError::NoAlgorithm);
}

#[tokio::test]
async fn a_new_key_is_asked_for_once() {
    let house = House::new();
    house.sign_in(|_| {}).await.unwrap();
    house.clock.pass(60);
    let new = EcKey::new("new");
    house.provider.reply("/jwks", keys(&[&house.key, &new]));
    house.sign_in_with(|claims| new.sign(claims)).await.unwrap();
    house.sign_in_with(|claims| new.sign(claims)).await.unwrap();
    assert_eq!(house.provider.asked("/jwks"), 2);
}

#[tokio::test]
async fn a_flood_of_unknown_keys_does_not_become_a_flood_of_questions() {
    let house = House::new();
    house.sign_in(|_| {}).await.unwrap();
    house.clock.pass(60);
    for number in 0..50 {
        let header = format!(r#"{{"alg":"ES256","kid":"unknown-{number}"}}"#);
        let refused = house.sign_in_with(|claims| house.key.sign_under(&header, claims)).await;
        assert_eq!(refused, Err(CompanyError::Token(TokenFault::KeyUnknown(format!("unknown-{number}")))));
    }
    assert_eq!(house.provider.asked("/jwks"), 2, "one at the start, one for all of them");
    assert!(house.sign_in(|_| {}).await.is_ok(), "and the key that is known is good all the while");
}

#[tokio::test]
async fn a_token_that_names_no_key_is_checked_against_those_that_fit() {
    let house = House::new();
    let other = EcKey::new("other");
    house.provider.reply("/jwks", keys(&[&other, &house.key]));
    let header = r#"{"alg":"ES256"}"#;
    assert!(house.sign_in_with(|claims| house.key.sign_under(header, claims)).await.is_ok());
    let stranger = EcKey::new("stranger");
    let refused = house.sign_in_with(|claims| stranger.sign_under(header, claims)).await;
    assert_eq!(refused, Err(CompanyError::Token(TokenFault::Signature)));
}

#[tokio::test]
async fn a_key_that_was_taken_back_is_forgotten() {
    let house = House::new();
    house.sign_in(|_| {}).await.unwrap();
    let new = EcKey::new("new");
    house.provider.reply("/jwks", keys(&[&new]));
    house.clock.pass(2 * 24 * 3600);
    let refused = house.sign_in(|_| {}).await;
    assert_eq!(refused, Err(CompanyError::Token(TokenFault::KeyUnknown("ec".to_owned()))));
}

#[tokio::test]
async fn keys_and_documents_outlast_a_short_failure() {
    let house = House::new();
    house.sign_in(|_| {}).await.unwrap();
    house.clock.pass(2 * 3600);
    house.provider.reply(DISCOVERY, Reply::Status(503, String::new()));
    house.provider.reply("/jwks", Reply::Status(503, String::new()));
    assert!(house.sign_in(|_| {}).await.is_ok());
}

#[tokio::test]
async fn an_examination_says_what_to_mend() {
    let house = House::new();
    let checks = house.company.examine().await;
    assert!(checks[0].found.as_ref().unwrap().contains("has 1 keys"));
    assert!(checks[1].found.as_ref().unwrap().contains("/sign-in/company must be registered"));
    house.provider.reply("/jwks", Reply::Json(r#"{"keys":[{"kty":"oct","k":"AA"}]}"#.to_owned()));
    let problem = house.company.examine().await[0].found.clone().unwrap_err();
    assert!(problem.wrong.contains("no key that can be used"), "{problem:?}");
}
