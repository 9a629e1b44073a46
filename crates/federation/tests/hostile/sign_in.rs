//! The sign-in: what goes out, and what is not taken back in.

use federation::{CompanyError, Memory, Remedy, Start, TokenFault};
use serde_json::{Value, json};

use crate::{
    house::{House, NOW, REDIRECT_URI},
    provider::{EcKey, Provider, Reply, RsaKey, hs256, unsigned},
};

fn fault(result: Result<federation::CompanyPerson, CompanyError>) -> TokenFault {
    match result {
        Err(CompanyError::Token(fault)) => fault,
        other => panic!("not refused because of its token: {other:?}"),
    }
}

#[tokio::test]
async fn a_provider_that_behaves_lets_a_person_in() {
    let house = House::new();
    let person = house.sign_in(|_| {}).await.unwrap();
    assert_eq!(person.person.email, "anna@example.org");
    assert_eq!(person.person.subject, "248289761001");
    assert_eq!(person.person.issuer, house.provider.url);
    assert_eq!(person.person.groups, Some(vec!["contacts".to_owned()]));
    assert_eq!((person.auth_time, person.amr), (Some(NOW - 5), vec!["pwd".to_owned()]));
    assert_eq!(house.provider.asked("/userinfo"), 0, "nothing was missing");
}

#[tokio::test]
async fn what_goes_out_is_bound_to_what_comes_back() {
    let house = House::new();
    let asked = house.begin().await;
    assert!(asked.url.starts_with(&format!("{}/authorize?tenant=1&response_type=code&", house.provider.url)));
    assert!(asked.url.contains("code_challenge_method=S256") && asked.url.contains("client_id=bothways"));
    house.will_issue(&house.key.sign(&house.claims(&asked).to_string()));
    house.come_back(&asked).await.unwrap();
    let request = house.provider.last("/token");
    let verifier = request.split("code_verifier=").nth(1).unwrap().split('&').next().unwrap();
    assert!((43..=128).contains(&verifier.len()), "RFC 7636 4.1");
    assert!(!asked.url.contains(verifier), "the verifier stays here until the code is redeemed");
    let other = house.begin().await;
    assert!(other.state != asked.state && other.nonce != asked.nonce);
}

#[tokio::test]
async fn only_a_provider_that_knows_how_is_asked_for_a_choice_of_accounts() {
    let start = Start { login_hint: None, choose_account: true };
    for knows in [true, false] {
        let house = House::with(|settings| settings.select_account = knows);
        let url = house.company.begin(&start).await.unwrap().url;
        assert_eq!(url.contains("prompt=select_account"), knows);
    }
}

#[tokio::test]
async fn a_sign_in_survives_a_restart_of_the_server() {
    let house = House::new();
    let asked = house.begin().await;
    let sealed = serde_json::to_string(&asked.memory).unwrap();
    let memory: Memory = serde_json::from_str(&sealed).unwrap();
    house.will_issue(&house.key.sign(&house.claims(&asked).to_string()));
    assert!(house.company.complete(&memory, &format!("state={}&code=c", asked.state)).await.is_ok());
    assert!(!format!("{:?}", asked.memory).contains(&asked.state), "nothing of it gets into a log");
}

#[tokio::test]
async fn a_token_nobody_signed_proves_nothing() {
    for algorithm in ["none", "None", "NONE", "nOnE", "", "ES256"] {
        let house = House::new();
        let fault = fault(house.sign_in_with(|claims| unsigned(algorithm, claims)).await);
        let expected =
            if algorithm == "ES256" { TokenFault::Signature } else { TokenFault::Algorithm(algorithm.to_owned()) };
        assert_eq!(fault, expected);
    }
}

#[tokio::test]
async fn a_public_key_is_no_shared_secret() {
    let rsa = RsaKey::new();
    let house = House::new();
    house.provider.reply("/jwks", Reply::Json(format!(r#"{{"keys":[{},{}]}}"#, house.key.jwk(), rsa.jwk())));
    assert!(house.sign_in_with(|claims| rsa.sign(claims)).await.is_ok(), "the key itself is good");
    for secret in rsa.public_forms() {
        let fault = fault(house.sign_in_with(|claims| hs256(&secret, "rsa", claims)).await);
        assert_eq!(fault, TokenFault::Algorithm("HS256".to_owned()));
    }
}

#[tokio::test]
async fn a_symmetric_key_in_the_key_set_is_left_out() {
    let house = House::new();
    let keys = format!(r#"{{"keys":[{},{{"kty":"oct","kid":"oct","k":"c2VjcmV0"}}]}}"#, house.key.jwk());
    house.provider.reply("/jwks", Reply::Json(keys));
    assert!(matches!(
        fault(house.sign_in_with(|claims| hs256(b"secret", "oct", claims)).await),
        TokenFault::Algorithm(_)
    ));
}

#[tokio::test]
async fn only_announced_algorithms_are_accepted() {
    let house = House::new();
    let document = house.provider.document(r#","id_token_signing_alg_values_supported":["RS256"]"#);
    let document: serde_json::Map<String, Value> = serde_json::from_str(&document).unwrap();
    house.provider.reply("/.well-known/openid-configuration", Reply::Json(Value::Object(document).to_string()));
    assert_eq!(fault(house.sign_in(|_| {}).await), TokenFault::Algorithm("ES256".to_owned()));
}

#[tokio::test]
async fn a_key_that_the_token_brings_along_is_not_looked_at() {
    let house = House::new();
    let forger = EcKey::new("forged");
    let jwk = forger.jwk();
    let header =
        format!(r#"{{"alg":"ES256","kid":"ec","jwk":{jwk},"jku":"{}/forged","x5u":"{0}/forged"}}"#, house.provider.url);
    assert_eq!(fault(house.sign_in_with(|claims| forger.sign_under(&header, claims)).await), TokenFault::Signature);
    assert_eq!(house.provider.asked("/forged"), 0);
}

#[tokio::test]
async fn an_extension_that_must_be_understood_and_is_not_refuses_the_token() {
    let house = House::new();
    let header = r#"{"alg":"ES256","kid":"ec","crit":["exp"],"exp":1}"#;
    assert_eq!(fault(house.sign_in_with(|claims| house.key.sign_under(header, claims)).await), TokenFault::Critical);
}

#[tokio::test]
async fn a_changed_token_is_refused() {
    let house = House::new();
    let changed = house.sign_in_with(|claims| {
        let good = house.key.sign(claims);
        let other = house.key.sign(&claims.replace("anna", "bert"));
        let (header_and_claims, _) = other.rsplit_once('.').unwrap();
        let (_, signature) = good.rsplit_once('.').unwrap();
        format!("{header_and_claims}.{signature}")
    });
    assert_eq!(fault(changed.await), TokenFault::Signature);
    for garbage in ["", ".", "..", "a.b.c", "a.b.c.d", "{}", "e30.e30.", &"x".repeat(100_000)] {
        let result = house.sign_in_with(|_| garbage.to_owned()).await;
        assert_eq!(fault(result), TokenFault::Malformed, "{garbage:.20}");
    }
}

#[tokio::test]
async fn a_token_of_another_issuer_is_refused() {
    let house = House::new();
    for issuer in [json!("https://evil.example"), json!(format!("{}/", house.provider.url)), json!("")] {
        let result = house.sign_in(|claims| claims["iss"] = issuer.clone()).await;
        assert!(matches!(fault(result), TokenFault::Issuer { .. }), "{issuer}");
    }
    assert_eq!(fault(house.sign_in(|claims| claims["iss"] = json!(null)).await), TokenFault::Claim("iss"));
}

#[tokio::test]
async fn a_token_for_somebody_else_is_refused() {
    let house = House::new();
    for audience in [json!("other"), json!([]), json!(["other", "third"]), json!("Bothways"), json!("bothways ")] {
        let result = house.sign_in(|claims| claims["aud"] = audience.clone()).await;
        assert!(matches!(fault(result), TokenFault::Audience { .. }), "{audience}");
    }
    for unfit in [json!(null), json!(1), json!({"bothways": 1}), json!(["bothways", 1])] {
        let result = house.sign_in(|claims| claims["aud"] = unfit.clone()).await;
        assert_eq!(fault(result), TokenFault::Claim("aud"), "{unfit}");
    }
}

#[tokio::test]
async fn a_token_for_several_must_say_that_it_was_issued_to_us() {
    let house = House::new();
    let several = json!(["bothways", "other"]);
    assert_eq!(fault(house.sign_in(|claims| claims["aud"] = several.clone()).await), TokenFault::Claim("azp"));
    for (party, good) in [("bothways", true), ("other", false)] {
        let result = house.sign_in(|claims| {
            claims["aud"] = several.clone();
            claims["azp"] = json!(party);
        });
        assert_eq!(result.await.is_ok(), good, "{party}");
    }
}

#[tokio::test]
async fn a_token_of_another_sign_in_is_refused() {
    let house = House::new();
    let other = house.begin().await;
    for nonce in [json!(other.nonce), json!(""), json!(null), json!(1)] {
        assert_eq!(fault(house.sign_in(|claims| claims["nonce"] = nonce.clone()).await), TokenFault::Nonce, "{nonce}");
    }
}

#[tokio::test]
async fn an_expired_token_is_refused_and_clocks_may_differ_a_little() {
    let house = House::new();
    assert!(house.sign_in(|claims| claims["exp"] = json!(NOW - 60)).await.is_ok());
    assert_eq!(fault(house.sign_in(|claims| claims["exp"] = json!(NOW - 600)).await), TokenFault::Expired(600));
    assert!(house.sign_in(|claims| claims["iat"] = json!(NOW + 60)).await.is_ok());
    for name in ["iat", "nbf"] {
        let fault = fault(house.sign_in(|claims| claims[name] = json!(NOW + 3600)).await);
        assert_eq!(fault, TokenFault::Future(3600), "{name}");
        assert!(fault.to_string().contains("clock"), "{fault}");
    }
    assert_eq!(fault(house.sign_in(|claims| claims["iat"] = json!(NOW - 7200)).await), TokenFault::Old(7200));
    for (name, unfit) in
        [("exp", json!(null)), ("exp", json!("never")), ("exp", json!(1e300)), ("iat", json!(null)), ("exp", json!(-1))]
    {
        assert!(
            matches!(fault(house.sign_in(|claims| claims[name] = unfit.clone()).await), TokenFault::Claim(_)),
            "{name} {unfit}"
        );
    }
}

#[tokio::test]
async fn an_access_token_that_was_exchanged_is_noticed() {
    let house = House::new();
    assert_eq!(fault(house.sign_in(|claims| claims["at_hash"] = json!("AAAA")).await), TokenFault::AccessTokenHash);
    // The left half of SHA-256("at-1").
    let hash =
        crate::provider::base64url(&aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"at-1").as_ref()[..16]);
    assert!(house.sign_in(|claims| claims["at_hash"] = json!(hash)).await.is_ok());
}

#[tokio::test]
async fn an_answer_for_another_browser_is_refused_before_anybody_is_asked() {
    let house = House::new();
    let (mine, theirs) = (house.begin().await, house.begin().await);
    for query in [
        format!("code=c&state={}", theirs.state),
        "code=c".to_owned(),
        "code=c&state=".to_owned(),
        format!("code=c&state={}x", mine.state),
        "error=access_denied".to_owned(),
    ] {
        let result = house.company.complete(&mine.memory, &query).await;
        assert_eq!(result, Err(CompanyError::NotBegunHere), "{query}");
    }
    assert_eq!(house.provider.asked("/token"), 0, "the code of somebody else was not redeemed");
}

#[tokio::test]
async fn a_memory_for_another_provider_is_of_no_use() {
    let (house, other) = (House::new(), House::new());
    let asked = other.begin().await;
    assert_eq!(house.come_back(&asked).await, Err(CompanyError::NotBegunHere));
}

#[tokio::test]
async fn providers_are_not_mixed_up() {
    let house = House::new();
    let asked = house.begin().await;
    house.will_issue(&house.key.sign(&house.claims(&asked).to_string()));
    let complete =
        async |more: &str| house.company.complete(&asked.memory, &format!("code=c&state={}{more}", asked.state)).await;
    let refused = complete("&iss=https%3A%2F%2Fevil.example").await.unwrap_err();
    assert!(matches!(&refused, CompanyError::MixUp { got, .. } if got == "https://evil.example"), "{refused}");
    // An error of another provider is not believed either.
    assert!(matches!(complete("&iss=https%3A%2F%2Fevil.example&error=x").await, Err(CompanyError::Callback(_))));
    assert_eq!(house.provider.asked("/token"), 0);
    assert!(complete("").await.is_ok(), "this provider does not announce that it names itself");
    let ours = format!("&iss={}", house.provider.url.replace(':', "%3A").replace('/', "%2F"));
    assert!(complete(&ours).await.is_ok());
}

#[tokio::test]
async fn a_provider_that_announces_to_name_itself_must_do_so() {
    let house = House::new();
    let document = house.provider.document(r#","authorization_response_iss_parameter_supported":true"#);
    house.provider.reply("/.well-known/openid-configuration", Reply::Json(document));
    let asked = house.begin().await;
    assert!(matches!(house.come_back(&asked).await, Err(CompanyError::MixUp { got, .. }) if got.is_empty()));
}

#[tokio::test]
async fn a_parameter_twice_is_refused() {
    let house = House::new();
    let asked = house.begin().await;
    for more in ["&code=other", "&state=other", "&error=x"] {
        let query = format!("code=c&state={}{more}", asked.state);
        assert!(
            matches!(house.company.complete(&asked.memory, &query).await, Err(CompanyError::Callback(_))),
            "{more}"
        );
    }
    let endless = format!("state={}&code={}", asked.state, "x".repeat(100_000));
    assert!(matches!(house.company.complete(&asked.memory, &endless).await, Err(CompanyError::Callback(_))));
}

#[tokio::test]
async fn a_sign_in_that_took_all_day_begins_again() {
    let house = House::new();
    let asked = house.begin().await;
    house.clock.pass(3600);
    assert_eq!(house.come_back(&asked).await, Err(CompanyError::TookTooLong));
}

#[tokio::test]
async fn a_person_who_left_is_not_let_in_by_the_provider() {
    let house = House::new();
    let asked = house.begin().await;
    let query = format!("error=access_denied&error_description=AADSTS50105%3A+not+assigned%0Ax&state={}", asked.state);
    let refused = house.company.complete(&asked.memory, &query).await.unwrap_err();
    assert_eq!(refused.remedy(), Remedy::Permission);
    assert_eq!(refused.to_string(), "the provider did not let this person in: AADSTS50105: not assigned x");
}

#[tokio::test]
async fn a_person_who_left_the_group_is_refused_by_name() {
    let house = House::with(|settings| settings.groups = vec!["contacts".to_owned()]);
    assert!(house.sign_in(|_| {}).await.is_ok());
    let refused = house.sign_in(|claims| claims["groups"] = json!(["sales"])).await.unwrap_err();
    let CompanyError::NotInGroup { email, issuer, subject } = refused else { panic!("{refused}") };
    assert_eq!((&*email, &*issuer, &*subject), ("anna@example.org", &*house.provider.url, "248289761001"));
}

#[tokio::test]
async fn too_many_groups_for_a_token_are_told_with_what_to_do() {
    let house = House::with(|settings| settings.groups = vec!["contacts".to_owned()]);
    let refused = house.sign_in(|claims| {
        claims.as_object_mut().unwrap().remove("groups");
        claims["_claim_names"] = json!({"groups": "src1"});
        claims["_claim_sources"] = json!({"src1": {"endpoint": "https://graph.example/getMemberObjects"}});
    });
    let refused = refused.await.unwrap_err();
    assert!(matches!(refused, CompanyError::GroupOverage { .. }), "{refused}");
    assert!(refused.to_string().contains("assigned to this application"));
}

#[tokio::test]
async fn an_unverified_address_opens_nobodys_account() {
    let house = House::new();
    house.provider.reply("/userinfo", Reply::Json(json!({"sub": "248289761001", "email_verified": true}).to_string()));
    for verified in [json!(false), json!(null), json!("no")] {
        let refused = house.sign_in(|claims| claims["email_verified"] = verified.clone()).await.unwrap_err();
        assert!(matches!(refused, CompanyError::EmailNotVerified { .. }), "{verified}: {refused}");
    }
    let trusting = House::with(|settings| settings.claims.email_trusted = true);
    assert!(trusting.sign_in(|claims| claims["email_verified"] = json!(false)).await.is_ok());
}

#[tokio::test]
async fn that_another_address_is_verified_says_nothing() {
    let house = House::new();
    // The token names an address without a word about it; the user information says that its own is verified.
    let elsewhere = json!({"sub": "248289761001", "email": "eve@example.org", "email_verified": true, "name": "E"});
    house.provider.reply("/userinfo", Reply::Json(elsewhere.to_string()));
    let refused = house.sign_in(|claims| {
        let claims = claims.as_object_mut().unwrap();
        claims.remove("email_verified");
        claims.remove("name");
    });
    assert!(matches!(refused.await, Err(CompanyError::EmailNotVerified { email }) if email == "anna@example.org"));
}

#[tokio::test]
async fn what_the_token_leaves_out_comes_from_the_user_information() {
    let house = House::new();
    let more = json!({"sub": "248289761001", "email": "anna@example.org", "email_verified": true, "name": "Anna", "groups": ["a"]});
    house.provider.reply("/userinfo", Reply::Json(more.to_string()));
    let short = |claims: &mut Value| {
        for name in ["email", "email_verified", "name", "groups"] {
            claims.as_object_mut().unwrap().remove(name);
        }
    };
    let person = house.sign_in(short).await.unwrap().person;
    assert_eq!(
        (&*person.email, &*person.name, person.groups),
        ("anna@example.org", "Anna", Some(vec!["a".to_owned()]))
    );
    assert!(house.provider.last("/userinfo").to_lowercase().contains("authorization: bearer at-1"));

    house.provider.reply("/userinfo", Reply::Json(more.to_string().replace("248289761001", "1")));
    assert_eq!(fault(house.sign_in(short).await), TokenFault::Subject);
}

#[tokio::test]
async fn a_subject_must_be_one() {
    let house = House::new();
    for subject in [json!(null), json!(""), json!(7), json!("x".repeat(256)), json!("a\nb")] {
        assert_eq!(fault(house.sign_in(|claims| claims["sub"] = subject.clone()).await), TokenFault::Claim("sub"));
    }
}

#[tokio::test]
async fn refusals_at_the_token_endpoint_say_what_to_mend() {
    let house = House::new();
    let refused = async |status: u16, body: &str| {
        house.provider.reply("/token", Reply::Status(status, body.to_owned()));
        let asked = house.begin().await;
        house.come_back(&asked).await.unwrap_err()
    };
    let wrong_secret = refused(401, r#"{"error":"invalid_client","error_description":"AADSTS7000222: expired"}"#).await;
    assert!(
        wrong_secret.to_string().contains("client_secret_file") && wrong_secret.to_string().contains("AADSTS7000222")
    );
    let wrong_uri = refused(400, r#"{"error":"invalid_grant"}"#).await;
    assert!(wrong_uri.to_string().contains(REDIRECT_URI), "{wrong_uri}");
    assert_eq!(refused(503, "<html>").await.remedy(), Remedy::Later);
    assert_eq!(refused(500, r#"{"error":"invalid_grant"}"#).await.remedy(), Remedy::Later, "the server's own trouble");
    let forged = refused(400, r#"{"error":"x\ny","error_description":"a\r\nlevel=error"}"#).await;
    assert!(!forged.to_string().contains('\n'));
    house.provider.reply("/token", Reply::Json(r#"{"access_token":"a","token_type":"Bearer"}"#.to_owned()));
    let asked = house.begin().await;
    assert!(house.come_back(&asked).await.unwrap_err().to_string().contains("openid"));
}

#[tokio::test]
async fn a_secret_is_sent_as_the_provider_wants_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret"), "s:3 crët\n").unwrap();
    let file = folder.path().join("secret");
    let house = House::with(|settings| settings.client_secret_file = Some(file.clone()));
    house.sign_in(|_| {}).await.unwrap();
    let request = house.provider.last("/token");
    // "bothways:" and the secret form-encoded: s%3A3+cr%C3%ABt
    assert!(request.contains("authorization: Basic Ym90aHdheXM6cyUzQTMrY3IlQzMlQUJ0"), "{request}");
    assert!(!request.contains("client_secret"));

    let post = House::with(|settings| settings.client_secret_file = Some(file));
    let document = post.provider.document(r#","token_endpoint_auth_methods_supported":["client_secret_post"]"#);
    post.provider.reply("/.well-known/openid-configuration", Reply::Json(document));
    post.sign_in(|_| {}).await.unwrap();
    let request = post.provider.last("/token");
    assert!(request.contains("client_secret=s%3A3+cr%C3%ABt") && !request.contains("authorization:"), "{request}");
}

#[test]
fn a_provider_helper_encodes_as_everybody_else() {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    for length in 0..70_u8 {
        let bytes: Vec<u8> = (0..length).map(|byte| byte.wrapping_mul(37)).collect();
        assert_eq!(crate::provider::base64url(&bytes), URL_SAFE_NO_PAD.encode(&bytes));
    }
    let _ = Provider::start("{}");
}
