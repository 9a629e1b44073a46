//! What a hostile app, a hostile page or a hostile stranger tries, and what becomes of it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has to stop")]

mod support;

use http::{StatusCode, header};
use ledger::testing::sqlite;
use support::{
    APP_REDIRECT, APPLE, APPLE_REDIRECT, CHALLENGE, House, ORIGIN, VERIFIER, app_code, app_request, encoded,
    form_request, get_request, iphone_request,
};

#[test]
fn a_code_that_is_used_twice_ends_what_came_of_the_first_use() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let code = house.allowed(&app_request("")).await["code"].clone();
        let tokens = house.post("/oauth2/token", &app_code(&code)).await.json();
        assert_eq!(house.post("/oauth2/token", &app_code(&code)).await.error(), "invalid_grant");
        let refresh_token = tokens["refresh_token"].as_str().unwrap();
        let form = [("grant_type", "refresh_token"), ("client_id", "app"), ("refresh_token", refresh_token)];
        assert_eq!(house.post("/oauth2/token", &form).await.error(), "invalid_grant");
    });
}

#[test]
fn a_code_is_good_for_a_minute_for_its_client_its_address_and_its_verifier_alone() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let wrong: [(&str, &str); 4] = [
            ("client_id", APPLE),
            ("redirect_uri", "https://app.example.net/other"),
            ("code_verifier", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
            ("code_verifier", ""),
        ];
        for (name, value) in wrong {
            let code = house.allowed(&app_request("")).await["code"].clone();
            let form = app_code(&code).map(|(known, good)| (known, if known == name { value } else { good }));
            let answer = house.post("/oauth2/token", &form).await;
            assert_eq!((answer.status, answer.error().as_str()), (StatusCode::BAD_REQUEST, "invalid_grant"), "{name}");
        }
        let code = house.allowed(&app_request("")).await["code"].clone();
        house.pass(61);
        assert_eq!(house.post("/oauth2/token", &app_code(&code)).await.error(), "invalid_grant");
    });
}

#[test]
fn pkce_cannot_be_downgraded() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let browser = house.browser();
        let bare = app_request("").replace(&format!("&code_challenge={CHALLENGE}&code_challenge_method=S256"), "");
        let plain = app_request("").replace("S256", "plain");
        let silent = app_request("").replace("&code_challenge_method=S256", "");
        for request in [&bare, &bare.replace("/v2.0/", "/"), &plain, &silent] {
            assert_eq!(browser.get(request).await.parameters()["error"], "invalid_request", "{request}");
        }
        // Apple's client needs it in the Entra-like mode, and cannot lose it on the way in the other.
        let apple = iphone_request().replace("/oauth2/authorize", "/oauth2/v2.0/authorize");
        assert_eq!(browser.get(&apple).await.parameters()["error"], "invalid_request");
        let stripped = format!("{}&code_challenge_method=S256", iphone_request());
        assert_eq!(browser.get(&stripped).await.parameters()["error"], "invalid_request");
        let challenged = format!("{}&code_challenge={CHALLENGE}&code_challenge_method=S256", iphone_request());
        let code = house.allowed(&challenged).await["code"].clone();
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", APPLE),
            ("code", &code),
            ("redirect_uri", APPLE_REDIRECT),
        ];
        assert_eq!(house.post("/oauth2/token", &form).await.error(), "invalid_grant");
    });
}

#[test]
fn nobody_is_sent_to_an_address_that_is_not_registered_to_the_letter() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        for redirect in [
            "https://app.example.net/cb/",
            "https://app.example.net/CB",
            "https://APP.example.net/cb",
            "https://app.example.net:443/cb",
            "http://app.example.net/cb",
            "https://app.example.net/cb?x=1",
            "https://app.example.net/cb#x",
            "https://app.example.net/cb%2f",
            "https://app.example.net/./cb",
            "https://app.example.net@evil.example/cb",
            "https://evil.example/?https://app.example.net/cb",
            "//app.example.net/cb",
            "javascript:alert(1)",
            APPLE_REDIRECT,
            "",
        ] {
            let request = app_request("").replace(&encoded(APP_REDIRECT), &encoded(redirect));
            let answer = house.get(&request).await;
            assert_eq!((answer.status, answer.location()), (StatusCode::BAD_REQUEST, ""), "{redirect}");
            assert!(answer.header(header::CONTENT_TYPE).starts_with("text/html"));
        }
        for redirect in ["com.apple.preferences://oauth-redirect", "com.apple.Preferences://oauth-redirect//"] {
            let request = iphone_request().replace(APPLE_REDIRECT, redirect);
            assert_eq!(house.get(&request).await.location(), "", "{redirect}");
        }
        // Without or with two of them there is nobody to be told either.
        let missing = app_request("").replace("client_id=app", "client_id=");
        let unknown = app_request("").replace("client_id=app", "client_id=nobody");
        let twice = app_request("&redirect_uri=https%3A%2F%2Fevil.example");
        let two_clients = app_request("&client_id=app");
        for request in [missing, unknown, twice, two_clients] {
            let answer = house.get(&request).await;
            assert_eq!((answer.status, answer.location()), (StatusCode::BAD_REQUEST, ""), "{request}");
        }
    });
}

#[test]
fn an_answer_says_who_gives_it_so_that_servers_cannot_be_mixed_up() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        assert_eq!(house.allowed(&app_request("")).await["iss"], ORIGIN);
        let wrong = house.get(&app_request("&response_mode=fragment")).await;
        let parameters = wrong.parameters();
        assert_eq!((parameters["iss"].as_str(), parameters["state"].as_str()), (ORIGIN, "s1"));
    });
}

#[test]
fn an_app_is_told_in_registered_words_what_is_wrong_with_its_request() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        for (change, to, error) in [
            ("response_type=code", "response_type=token", "unsupported_response_type"),
            ("response_type=code", "response_type=", "invalid_request"),
            ("scope=openid+carddav", "scope=openid", "invalid_scope"),
            ("scope=openid+carddav", "scope=carddav+Contacts.Read", "invalid_scope"),
            ("scope=openid+carddav", "scope=EAS.AccessAsUser.All", "invalid_scope"),
            ("state=s1", "state=s1&state=s1", "invalid_request"),
            ("state=s1", "request=e30", "request_not_supported"),
            ("state=s1", "request_uri=https%3A%2F%2Fevil.example", "request_uri_not_supported"),
            ("state=s1", "resource=https%3A%2F%2Fevil.example%2F", "invalid_target"),
            ("state=s1", "resource=https%3A%2F%2Fcontacts.example.org.evil.example%2F", "invalid_target"),
            ("state=s1", "prompt=none+login", "invalid_request"),
            ("nonce=n1", &format!("nonce={}", "n".repeat(2000)), "invalid_request"),
        ] {
            let answer = house.get(&app_request("").replace(change, to)).await;
            assert!(answer.location().starts_with(APP_REDIRECT), "{to}: {}", answer.text);
            assert_eq!(answer.parameters()["error"], error, "{to}");
        }
    });
}

#[test]
fn no_form_is_taken_that_was_not_made_for_this_browser() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let browser = house.browser();
        browser.open(&app_request("")).await;
        let before = browser.get("/sign-in").await.token();
        browser.sign_in("anna", "correct horse").await;
        let other = house.browser();
        other.open(&app_request("")).await;
        let foreign = other.get("/sign-in").await.token();
        for token in ["", "x", &before, &foreign] {
            for (path, field) in [
                ("/sign-in", ("name", "anna")),
                ("/sign-in/choose", ("account", "anna@example.org")),
                ("/sign-in/consent", ("decision", "allow")),
                ("/sign-in/cancel", ("decision", "cancel")),
                ("/device", ("user_code", "BCDF-GHJK")),
                ("/device/confirm", ("decision", "allow")),
                ("/sign-in/code", ("code", "123456")),
                ("/sign-in/code", ("passkey", "{}")),
                ("/sign-in/enrol", ("code", "123456")),
                ("/account/app", ("label", "Phone")),
                ("/account/app/confirm", ("factor", "00")),
                ("/account/passkey", ("label", "Phone")),
                ("/account/passkey/confirm", ("passkey", "{}")),
                ("/account/recovery-codes", ("x", "y")),
                ("/account/remove", ("factor", "00")),
                ("/account/sign-out", ("session", "00000000000000000000000000000000")),
                ("/sign-out", ("x", "y")),
            ] {
                let answer = browser.post(path, &[("token", token), field]).await;
                assert_eq!((answer.status, answer.location()), (StatusCode::FORBIDDEN, ""), "{path} {token:?}");
            }
        }
        // And none without the browser's cookies, whatever its token.
        let token = browser.get("/sign-in/consent").await.token();
        let answer = house.post("/sign-in/consent", &[("token", &token), ("decision", "allow")]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::BAD_REQUEST, ""));
    });
}

#[test]
fn a_session_cannot_be_fixed_before_somebody_signs_in() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let browser = house.browser();
        browser.open(&app_request("")).await;
        let fixed = browser.cookies.lock().unwrap().clone();
        let answer = browser.sign_in("anna", "correct horse").await;
        let signed_in = browser.cookies.lock().unwrap().clone();
        assert_ne!(fixed["__Host-sign-in"], signed_in["__Host-sign-in"]);
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            let text = cookie.to_str().unwrap();
            for mark in ["__Host-", "; Path=/; Secure; HttpOnly; SameSite=Lax"] {
                assert!(text.contains(mark), "{text}");
            }
            assert!(!text.contains("anna"), "sealed: {text}");
        }
        // Whoever planted the cookie has nothing of what was proved with it.
        *browser.cookies.lock().unwrap() = fixed;
        assert_eq!(browser.get("/sign-in/consent").await.location(), "/sign-in");
    });
}

#[test]
fn a_cookie_that_was_changed_or_put_in_anothers_place_is_none() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let browser = house.browser();
        browser.open(&app_request("")).await;
        browser.sign_in("anna", "correct horse").await;
        let good = browser.cookies.lock().unwrap().clone();
        let mut changed = good["__Host-sign-in"].clone();
        let last = if changed.ends_with('A') { 'B' } else { 'A' };
        changed.replace_range(20..21, &last.to_string());
        for value in [changed, good["__Host-people"].clone(), "x".repeat(3000), String::new()] {
            browser.cookies.lock().unwrap().insert("__Host-sign-in".into(), value);
            assert_eq!(browser.get("/sign-in/consent").await.status, StatusCode::BAD_REQUEST);
        }
        *browser.cookies.lock().unwrap() = good;
        assert_eq!(browser.get("/sign-in/consent").await.status, StatusCode::OK);
        house.pass(31 * 60);
        assert_eq!(browser.get("/sign-in/consent").await.status, StatusCode::BAD_REQUEST, "half an hour is enough");
    });
}

#[test]
fn nobody_learns_from_an_answer_who_has_an_account() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let mut answers = Vec::new();
        for name in ["anna@example.org", "nobody@example.org"] {
            let browser = house.browser();
            browser.open(&app_request("")).await;
            let answer = browser.sign_in(name, "wrong").await;
            let token = answer.token();
            answers.push((answer.status, answer.text.replace(name, "NAME").replace(&token, "TOKEN")));
        }
        assert_eq!(answers[0], answers[1]);
        assert!(answers[0].1.contains("The name or the password is not right."));
    });
}

#[test]
fn guessing_is_slowed_down_for_people_who_exist_and_for_those_who_do_not() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        for name in ["anna", "nobody"] {
            let browser = house.browser();
            browser.open(&app_request("")).await;
            let mut last = browser.sign_in(name, "guess 0").await;
            for number in 1..20 {
                last = browser.sign_in(name, &format!("guess {number}")).await;
            }
            assert_eq!(last.status, StatusCode::TOO_MANY_REQUESTS, "{name}");
            assert!(last.header(header::RETRY_AFTER).parse::<u64>().unwrap() >= 1);
        }
        house.pass(3600);
        let browser = house.browser();
        browser.open(&app_request("")).await;
        assert_eq!(
            browser.sign_in("anna", "correct horse").await.location(),
            "/sign-in/consent",
            "nobody is locked out"
        );
    });
}

#[test]
fn a_page_can_be_framed_nowhere_runs_nothing_and_leads_only_to_its_app() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let browser = house.browser();
        let page = browser.open(&iphone_request()).await;
        let policy = page.header(header::CONTENT_SECURITY_POLICY);
        assert_eq!(
            policy,
            "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self' com.apple.Preferences:; \
             frame-ancestors 'none'"
        );
        assert!(!page.text.contains("<script") && !page.text.contains("style=") && !page.text.contains(" onc"));
        for (name, value) in [
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(page.header(name), value, "{name}");
        }
        let page = browser.open(&app_request("")).await;
        assert!(page.header(header::CONTENT_SECURITY_POLICY).contains("form-action 'self' https://app.example.net;"));
        let help = house.get("/help/device").await;
        assert!(help.header(header::CONTENT_SECURITY_POLICY).contains("form-action 'self';"));
    });
}

#[test]
fn what_an_app_sends_is_text_on_a_page_and_nothing_more() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let browser = house.browser();
        let page = browser.open(&app_request("&login_hint=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E")).await;
        assert!(!page.text.contains("<script>") && page.text.contains("&lt;script&gt;"), "{}", page.text);
        browser.sign_in("anna", "correct horse").await;
        let consent = browser.get("/sign-in/consent").await.text;
        assert!(consent.contains("Address Book &lt;b&gt;") && !consent.contains("Book <b>"), "{consent}");
        let page = house.get("/device?user_code=%22%3E%3Cimg%20src%3Dx%3E").await;
        assert!(!page.text.contains("<img"));
    });
}

#[test]
fn a_state_comes_back_as_it_was_and_cannot_add_parameters_or_lines() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let state = "a&code=evil\r\nSet-Cookie: x=y#\"ü";
        let request = app_request("&prompt=none").replace("state=s1", &format!("state={}", encoded(state)));
        let answer = house.get(&request).await;
        assert_eq!(answer.parameters()["state"], state);
        assert_eq!(answer.parameters().get("code"), None);
        assert_eq!(answer.headers.get(header::SET_COOKIE), None);
    });
}

#[test]
fn oversized_and_malformed_requests_are_refused_and_never_a_500() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let long = "x".repeat(40_000);
        let many = "a=1&".repeat(100);
        let long_state = app_request("").replace("state=s1", &format!("state={}", "s".repeat(2000)));
        assert_eq!(house.get(&long_state).await.status, StatusCode::BAD_REQUEST);
        assert_eq!(house.get(&format!("/oauth2/authorize?{long}")).await.status, StatusCode::URI_TOO_LONG);
        assert_eq!(house.get(&format!("/oauth2/authorize?{many}")).await.status, StatusCode::URI_TOO_LONG);
        assert_eq!(house.get("/oauth2/authorize?%ff%fe=%00").await.status, StatusCode::BAD_REQUEST);
        for path in ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke", "/oauth2/devicecode"] {
            assert_eq!(house.post(path, &[("a", &long)]).await.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
            let mut json = form_request(path, &[("client_id", "app")]);
            json.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
            assert_eq!(house.send(json).await.error(), "invalid_request", "{path}");
            assert_eq!(house.get(path).await.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        }
        let mut request = get_request("/sign-in");
        request.headers_mut().insert(header::COOKIE, "__Host-sign-in=\"a;;==; =".parse().unwrap());
        assert_eq!(house.send(request).await.status, StatusCode::BAD_REQUEST);
        assert_eq!(house.get("/sign-in/../oauth2").await.status, StatusCode::NOT_FOUND);
    });
}

#[test]
fn token_requests_are_refused_in_the_words_of_rfc_6749() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let token = |form: Vec<(&'static str, &'static str)>| house.send(form_request("/oauth2/token", &form));
        let code = ("grant_type", "authorization_code");
        for (form, status, error) in [
            (vec![], 400, "invalid_request"),
            (vec![("grant_type", "password"), ("client_id", "app")], 400, "unsupported_grant_type"),
            (vec![code], 400, "invalid_request"),
            (vec![code, ("client_id", "nobody")], 401, "invalid_client"),
            (vec![code, ("client_id", "service")], 401, "invalid_client"),
            (vec![code, ("client_id", "app"), ("client_secret", "x")], 401, "invalid_client"),
            (vec![code, ("client_id", "app"), ("code", "x")], 400, "invalid_request"),
            (vec![code, ("client_id", "app"), ("code", "x"), ("code", "x")], 400, "invalid_request"),
            (vec![code, ("client_id", "app"), ("code", "x"), ("redirect_uri", "x")], 400, "invalid_grant"),
            (vec![("grant_type", "client_credentials"), ("client_id", "app")], 400, "unauthorized_client"),
            (vec![("grant_type", "refresh_token"), ("client_id", "app"), ("refresh_token", "x")], 400, "invalid_grant"),
        ] {
            let answer = token(form.clone()).await;
            assert_eq!((answer.status.as_u16(), answer.error().as_str()), (status, error), "{form:?}");
            assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
        }
        let mut request = form_request("/oauth2/token", &[code]);
        request.headers_mut().insert(header::AUTHORIZATION, "Basic c2VydmljZTp3cm9uZw==".parse().unwrap());
        let answer = house.send(request).await;
        assert_eq!((answer.status, answer.error().as_str()), (StatusCode::UNAUTHORIZED, "invalid_client"));
        assert!(answer.header(header::WWW_AUTHENTICATE).starts_with("Basic "), "RFC 6749 5.2");
        assert!(VERIFIER.len() >= 43);
    });
}

#[test]
fn user_codes_are_looked_up_only_for_somebody_who_has_signed_in() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let browser = house.browser();
        let token = browser.open("/device").await.token();
        // A wrong code and a right one look alike to a stranger.
        let answer = browser.post("/device", &[("token", &token), ("user_code", "BCDF-GHJK")]).await;
        assert_eq!(answer.location(), "/sign-in");
        browser.sign_in("anna", "correct horse").await;
        let page = browser.get("/device/confirm").await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.text.contains("This code is not known"));
    });
}

#[test]
fn a_host_header_that_names_no_host_is_refused_and_never_copied_into_an_answer() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        // With a public address in the settings, the header decides nothing.
        let mut request = get_request("/.well-known/openid-configuration");
        request.headers_mut().insert(header::HOST, "evil.example".parse().unwrap());
        assert_eq!(house.send(request).await.json()["issuer"], ORIGIN);
    });
}
