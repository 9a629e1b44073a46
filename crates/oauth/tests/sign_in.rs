//! Signing in as it should go: both ways of iOS, programs, devices that show a code, services.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has to stop")]

mod support;

use http::{StatusCode, header};
use hub::Clock;
use identity::Secret;
use ledger::testing::sqlite;
use serde_json::Value;
use support::{
    APP_REDIRECT, APPLE, APPLE_REDIRECT, CHALLENGE, House, ORIGIN, VERIFIER, app_code, app_request, claims,
    iphone_request,
};

fn apple_code(code: &str) -> Vec<(&'static str, String)> {
    [
        ("grant_type", "authorization_code"),
        ("client_id", APPLE),
        ("code", code),
        ("redirect_uri", APPLE_REDIRECT),
        ("scope", "https://outlook.office365.com/EAS.AccessAsUser.All"),
        ("code_verifier", VERIFIER),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .to_vec()
}

fn lent<'a>(form: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    form.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

#[test]
fn an_iphone_signs_in_the_on_premises_way_with_resource_and_neither_scope_nor_pkce() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let browser = house.browser();
        let page = browser.open(&iphone_request()).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text.contains("value=\"anna@example.org\""), "the hint is filled in");
        let answer = browser.sign_in("anna@example.org", "correct horse").await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/sign-in/consent"));
        let consent = browser.get("/sign-in/consent").await;
        for shown in ["Apple Internet Accounts", "iPhone (iOS 18.7)", "Anna Lee", "no mail, no calendar"] {
            assert!(consent.text.contains(shown), "{shown}: {}", consent.text);
        }
        let back = browser.allow().await;
        assert!(back.location().starts_with("com.apple.Preferences://oauth-redirect?code="), "{}", back.location());
        let parameters = back.parameters();
        assert_eq!(parameters["state"], "11111111-2222-3333-4444-555555555555");
        assert_eq!(parameters["iss"], ORIGIN);
        // In this mode the phone sends scope and code_verifier although it gave no challenge.
        let answer = house.post("/oauth2/token", &lent(&apple_code(&parameters["code"]))).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let tokens = answer.json();
        let id = claims(&tokens["id_token"]);
        assert_eq!((id["preferred_username"].as_str(), id["aud"].as_str()), (Some("anna@example.org"), Some(APPLE)));
        assert_eq!(claims(&tokens["access_token"])["path"], "activesync");
    });
}

#[test]
fn an_iphone_signs_in_the_entra_way_with_pkce_and_finds_x5c_and_tid() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let request = format!(
            "/oauth2/v2.0/authorize?response_type=code&client_id={APPLE}&redirect_uri={APPLE_REDIRECT}&state=s&display=ios\
             &scope=https%3A%2F%2Foutlook.office365.com%2FEAS.AccessAsUser.All+openid&code_challenge={CHALLENGE}\
             &code_challenge_method=S256"
        );
        let code = house.allowed(&request).await["code"].clone();
        let tokens = house.post("/oauth2/v2.0/token", &lent(&apple_code(&code))).await.json();
        let metadata = house.get("/common/v2.0/.well-known/openid-configuration").await.json();
        let id = claims(&tokens["id_token"]);
        assert_eq!(id["iss"], metadata["issuer"]);
        assert!(id["tid"].as_str().is_some_and(|tid| tid.len() == 36), "{id}");
        let keys = house.get("/oauth2/jwks").await.json();
        assert!(keys["keys"][0]["x5c"][0].is_string(), "{keys}");
        for endpoint in ["token_endpoint", "jwks_uri", "authorization_endpoint"] {
            assert!(metadata[endpoint].as_str().unwrap().starts_with(ORIGIN), "{endpoint}");
        }
    });
}

#[test]
fn ios_wants_all_four_in_every_token_answer_and_no_cache_to_keep_it() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let code = house.allowed(&iphone_request()).await["code"].clone();
        let first = house.post("/oauth2/token", &lent(&apple_code(&code))).await;
        let refresh_token = first.json()["refresh_token"].as_str().unwrap().to_owned();
        let form = [("grant_type", "refresh_token"), ("client_id", APPLE), ("refresh_token", &refresh_token)];
        let refreshed = house.post("/oauth2/token", &form).await;
        for answer in [first, refreshed] {
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
            assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
            let body = answer.json();
            for name in ["id_token", "access_token", "refresh_token", "expires_in"] {
                assert_ne!(body[name], Value::Null, "{name}: {body}");
            }
            assert_eq!(body["token_type"], "Bearer");
        }
    });
}

#[test]
fn a_restart_in_the_middle_of_a_sign_in_changes_nothing() {
    sqlite(async |database| {
        let mut house = House::new(&database).await;
        let browser = house.browser();
        let page = browser.open(&app_request("")).await;
        let form = [("token", page.token()), ("name", "anna".into()), ("password", "correct horse".into())];
        let cookies = browser.cookies.lock().unwrap().clone();
        house.restart();
        let browser = house.browser();
        *browser.cookies.lock().unwrap() = cookies;
        let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(browser.post("/sign-in", &form).await.location(), "/sign-in/consent");
        let code = browser.allow().await.parameters()["code"].clone();
        assert_eq!(house.post("/oauth2/token", &app_code(&code)).await.status, StatusCode::OK);
    });
}

#[test]
fn a_browser_that_knows_somebody_lets_them_choose_and_asks_for_no_password_again() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let browser = house.browser();
        browser.open(&app_request("")).await;
        browser.sign_in("anna", "correct horse").await;
        let page = browser.open(&app_request("")).await;
        assert!(page.text.contains("Choose an account") && page.text.contains("Anna Lee"), "{}", page.text);
        let form = [("token", page.token()), ("account", "anna@example.org".into())];
        let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(browser.post("/sign-in/choose", &form).await.location(), "/sign-in/consent");
        // With a hint that fits, not even that.
        let page = browser.open(&app_request("&login_hint=anna%40example.org")).await;
        assert!(page.text.contains("Allow access?"), "{}", page.text);
        // Unless the app wants it.
        let page = browser.open(&app_request("&login_hint=anna%40example.org&prompt=login")).await;
        assert!(page.text.contains("type=\"password\""));
        house.pass(11 * 3600);
        let page = browser.open(&app_request("&login_hint=anna%40example.org")).await;
        assert!(page.text.contains("type=\"password\""));
    });
}

#[test]
fn a_silent_request_never_shows_a_page() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let browser = house.browser();
        let silent = app_request("&prompt=none");
        assert_eq!(browser.get(&silent).await.parameters()["error"], "login_required");
        browser.open(&app_request("")).await;
        browser.sign_in("anna", "correct horse").await;
        let parameters = browser.get(&silent).await.parameters();
        assert_eq!((parameters["error"].as_str(), parameters["iss"].as_str()), ("consent_required", ORIGIN));
    });
}

#[test]
fn a_program_without_a_browser_shows_a_code_and_waits() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let started = house.post("/oauth2/devicecode", &[("client_id", "app"), ("scope", "carddav")]).await.json();
        let user_code = started["user_code"].as_str().unwrap();
        let device_code = started["device_code"].as_str().unwrap();
        let grant_type = "urn:ietf:params:oauth:grant-type:device_code";
        let poll = [("grant_type", grant_type), ("client_id", "app"), ("device_code", device_code)];
        assert_eq!(house.post("/oauth2/token", &poll).await.error(), "authorization_pending");
        assert_eq!(house.post("/oauth2/token", &poll).await.error(), "slow_down");
        let browser = house.browser();
        let complete = started["verification_uri_complete"].as_str().unwrap();
        let page = browser.open(complete.strip_prefix(ORIGIN).unwrap()).await;
        let form = [("token", page.token()), ("user_code", user_code.to_lowercase())];
        let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(browser.post("/device", &form).await.location(), "/sign-in");
        assert_eq!(browser.sign_in("anna", "correct horse").await.location(), "/device/confirm");
        let page = browser.get("/device/confirm").await;
        assert!(page.text.contains(user_code) && page.text.contains("Address Book"), "{}", page.text);
        let token = page.token();
        let done = browser.post("/device/confirm", &[("token", &token), ("decision", "allow")]).await;
        assert!(done.text.contains("The device is connected"), "{}", done.text);
        house.pass(60);
        let tokens = house.post("/oauth2/token", &poll).await.json();
        assert_eq!(claims(&tokens["access_token"])["path"], "carddav", "{tokens}");
    });
}

#[test]
fn a_device_that_is_denied_hears_it() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let started = house.post("/oauth2/devicecode", &[("client_id", "app"), ("scope", "carddav")]).await.json();
        let browser = house.browser();
        let page = browser.open("/device").await;
        let (token, user_code) = (page.token(), started["user_code"].as_str().unwrap());
        browser.post("/device", &[("token", &token), ("user_code", user_code)]).await;
        browser.sign_in("anna", "correct horse").await;
        let token = browser.get("/device/confirm").await.token();
        browser.post("/device/confirm", &[("token", &token), ("decision", "deny")]).await;
        let device_code = started["device_code"].as_str().unwrap();
        let grant_type = "urn:ietf:params:oauth:grant-type:device_code";
        let poll = [("grant_type", grant_type), ("client_id", "app"), ("device_code", device_code)];
        assert_eq!(house.post("/oauth2/token", &poll).await.error(), "access_denied");
    });
}

#[test]
fn a_service_gets_a_token_for_itself_and_may_look_at_tokens_of_its_path_only() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let tokens = house.post_as_service("/oauth2/token", &[("grant_type", "client_credentials")]).await;
        assert_eq!(tokens.status, StatusCode::OK, "{}", tokens.text);
        let tokens = tokens.json();
        assert_eq!(tokens.get("refresh_token"), None);
        let token = tokens["access_token"].as_str().unwrap();
        let told = house.post_as_service("/oauth2/introspect", &[("token", token)]).await.json();
        assert_eq!((&told["active"], &told["username"]), (&Value::Bool(true), &Value::from("anna@example.org")));
        let other = house.app_tokens().await;
        let carddav = other["access_token"].as_str().unwrap();
        let told = house.post_as_service("/oauth2/introspect", &[("token", carddav)]).await.json();
        assert_eq!(told, serde_json::json!({ "active": false }), "a CardDAV token is none of its business");
        let public = house.post("/oauth2/introspect", &[("client_id", "app"), ("token", carddav)]).await;
        assert_eq!((public.status, public.error().as_str()), (StatusCode::UNAUTHORIZED, "invalid_client"));
    });
}

#[test]
fn a_revoked_session_is_over_and_revoking_rubbish_is_no_error() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let tokens = house.app_tokens().await;
        let refresh_token = tokens["refresh_token"].as_str().unwrap();
        for token in [refresh_token, "rubbish", refresh_token] {
            let answer = house.post("/oauth2/revoke", &[("client_id", "app"), ("token", token)]).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        }
        let form = [("grant_type", "refresh_token"), ("client_id", "app"), ("refresh_token", refresh_token)];
        assert_eq!(house.post("/oauth2/token", &form).await.error(), "invalid_grant");
    });
}

#[test]
fn people_see_their_devices_and_sign_them_out_one_by_one() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let tokens = house.app_tokens().await;
        let browser = house.browser();
        assert_eq!(browser.get("/account").await.location(), "/sign-in");
        assert_eq!(browser.sign_in("anna", "correct horse").await.location(), "/account");
        let page = browser.get("/account").await;
        assert!(page.text.contains("iPhone (iOS 18.7), Address Book &lt;b&gt;"), "{}", page.text);
        let (_, rest) = page.text.split_once("name=\"session\" value=\"").unwrap();
        let (token, session) = (page.token(), rest.split('"').next().unwrap());
        let answer = browser.post("/account/sign-out", &[("token", &token), ("session", session)]).await;
        let page = browser.get(answer.location()).await;
        assert!(page.text.contains("It was signed out") && page.text.contains("No device and no program"));
        let refresh_token = tokens["refresh_token"].as_str().unwrap();
        let form = [("grant_type", "refresh_token"), ("client_id", "app"), ("refresh_token", refresh_token)];
        assert_eq!(house.post("/oauth2/token", &form).await.error(), "invalid_grant");
        // Signing out of the browser makes it a stranger.
        let token = browser.get("/account").await.token();
        assert!(browser.post("/sign-out", &[("token", &token)]).await.text.contains("You are signed out"));
        assert_eq!(browser.get("/account").await.location(), "/sign-in");
    });
}

#[test]
fn a_new_password_makes_every_browser_a_stranger() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let browser = house.browser();
        browser.open("/account").await;
        browser.sign_in("anna", "correct horse").await;
        assert_eq!(browser.get("/account").await.status, StatusCode::OK);
        house.identity.set_password("anna", Some(Secret::new("battery staple"))).await.unwrap();
        assert_eq!(browser.get("/account").await.location(), "/sign-in");
    });
}

#[test]
fn a_path_that_is_closed_for_a_person_is_explained_and_gives_no_code() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        house.identity.set_paths_off("anna", [hub::AccessPath::ActiveSync].into()).await.unwrap();
        let browser = house.browser();
        browser.open(&iphone_request()).await;
        browser.sign_in("anna", "correct horse").await;
        let page = browser.get("/sign-in/consent").await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
        assert!(page.text.contains("Not switched on for you"), "{}", page.text);
        let token = page.token();
        for decision in ["allow", "deny"] {
            let cookies = browser.cookies.lock().unwrap().clone();
            let answer = browser.post("/sign-in/consent", &[("token", &token), ("decision", decision)]).await;
            assert_eq!(answer.parameters()["error"], "access_denied");
            *browser.cookies.lock().unwrap() = cookies;
        }
    });
}

#[test]
fn pages_speak_the_language_of_the_app_then_of_the_browser() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let mut browser = house.browser();
        let page = browser.open(&app_request("&ui_locales=de-de")).await;
        assert!(page.text.contains("<html lang=\"de\">") && page.text.contains("Anmelden"), "{}", page.text);
        let page = browser.get("/sign-in?ui_locales=en").await;
        assert!(page.text.contains("<html lang=\"en\">"));
        assert!(browser.get("/sign-in").await.text.contains("<html lang=\"en\">"), "the choice lasts");
        browser.language = "de-AT,de;q=0.9";
        assert!(browser.open(&app_request("")).await.text.contains("<html lang=\"de\">"));
        assert!(browser.get("/help/device").await.text.contains("Warum sind auf meinem Gerät keine Kontakte?"));
    });
}

#[test]
fn the_server_describes_itself_where_clients_look() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let metadata = house.get("/.well-known/oauth-authorization-server").await.json();
        assert_eq!(metadata, house.get("/.well-known/openid-configuration").await.json());
        assert_eq!(metadata["issuer"], ORIGIN);
        assert_eq!(metadata["code_challenge_methods_supported"], serde_json::json!(["S256"]));
        assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
        let resource = house.get("/.well-known/oauth-protected-resource").await.json();
        assert_eq!(resource["authorization_servers"], serde_json::json!([ORIGIN]));
        // What it promises is there: a program that asks wrongly is answered in OAuth's words.
        for endpoint in
            ["token_endpoint", "introspection_endpoint", "revocation_endpoint", "device_authorization_endpoint"]
        {
            let path = metadata[endpoint].as_str().unwrap().strip_prefix(ORIGIN).unwrap();
            assert_eq!(house.post(path, &[]).await.error(), "invalid_request", "{endpoint}");
        }
    });
}

#[test]
fn an_app_may_send_its_request_as_a_form() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let form = [
            ("response_type", "code"),
            ("client_id", "app"),
            ("redirect_uri", APP_REDIRECT),
            ("scope", "carddav"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        assert_eq!(house.browser().post("/oauth2/v2.0/authorize", &form).await.location(), "/sign-in");
    });
}

#[test]
fn a_person_with_an_authenticator_app_is_asked_for_its_code_after_the_password() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let account = house.identity.find("anna").await.unwrap().unwrap().account;
        let enrolled = house.identity.begin_totp(account, "anna@example.org", "Example", "Phone").await.unwrap();
        let now = || house.clock.now().unsigned_abs() / 1_000_000;
        let app = totp_rs::Totp::from_url(enrolled.address.reveal()).unwrap();
        let code = |at: u64| app.generate(at).to_string();
        house.identity.confirm_totp(account, &enrolled.id, &Secret::new(code(now()))).await.unwrap();
        let recovery = house.identity.make_recovery_codes(account).await.unwrap();
        house.pass(60);

        for good in [code(now()), recovery[0].reveal().to_owned()] {
            let browser = house.browser();
            browser.open(&iphone_request()).await;
            assert_eq!(browser.sign_in("anna", "correct horse").await.location(), "/sign-in/code");
            // The password alone opens nothing.
            assert_eq!(browser.get("/sign-in/consent").await.location(), "/sign-in/code");
            assert_eq!(browser.get("/account").await.location(), "/sign-in");
            browser.open(&iphone_request()).await;
            browser.sign_in("anna", "correct horse").await;
            let token = browser.get("/sign-in/code").await.token();
            let wrong = browser.post("/sign-in/code", &[("token", &token), ("code", "000000")]).await;
            assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(wrong.text.contains("This code is not right"), "{}", wrong.text);
            let answer = browser.post("/sign-in/code", &[("token", &token), ("code", &good)]).await;
            assert_eq!(answer.location(), "/sign-in/consent", "{}", answer.text);
            let parameters = browser.allow().await.parameters();
            let tokens = house.post("/oauth2/token", &lent(&apple_code(&parameters["code"]))).await.json();
            assert_eq!(claims(&tokens["id_token"])["amr"], serde_json::json!(["pwd", "otp", "mfa"]));
        }
    });
}
