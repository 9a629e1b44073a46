//! Second factors on the pages: asked for at sign-in, required, added and removed by people themselves.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has to stop")]

mod support;

use http::{StatusCode, header};
use hub::Clock;
use identity::{
    Secret,
    second_factor::{FactorEntry, FactorKind},
};
use ledger::testing::sqlite;
use oauth::SecondFactorRule;
use support::{APP_REDIRECT, Answer, Browser, House, app_code, app_request, claims};

/// What an authenticator app shows that was given what the page says.
struct App(totp_rs::Totp);

impl App {
    /// From the address on the page.
    fn of(page: &Answer) -> Self {
        let (_, rest) = page.text.split_once("href=\"otpauth://").unwrap();
        let address = rest.split('"').next().unwrap().replace("&amp;", "&");
        Self(totp_rs::Totp::from_url(format!("otpauth://{address}")).unwrap())
    }

    fn code(&self, house: &House) -> String {
        self.0.generate(house.clock.now().unsigned_abs() / 1_000_000).to_string()
    }

    /// A code that is none of those near to now.
    fn wrong_code(&self, house: &House) -> String {
        let now = house.clock.now().unsigned_abs() / 1_000_000;
        let near: Vec<String> =
            [now - 60, now - 30, now, now + 30, now + 60].map(|at| self.0.generate(at).to_string()).into();
        (0..10).map(|number| format!("{number:06}")).find(|code| !near.contains(code)).unwrap()
    }
}

async fn at_account(house: &House) -> Browser<'_> {
    let browser = house.browser();
    browser.open("/account").await;
    assert_eq!(browser.sign_in("anna", "correct horse").await.location(), "/account");
    browser
}

/// Adds an app at /account, and answers with the app and the recovery codes.
async fn add_app(house: &House, browser: &Browser<'_>) -> (App, Vec<String>) {
    let token = browser.get("/account").await.token();
    let page = browser.post("/account/app", &[("token", &token), ("label", "Work <phone>")]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let app = App::of(&page);
    let form = [("token", page.token()), ("factor", hidden(&page, "factor")), ("code", app.code(house))];
    let page =
        browser.post("/account/app/confirm", &form.each_ref().map(|(name, value)| (*name, value.as_str()))).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    house.pass(30);
    (app, recovery_codes(&page))
}

fn hidden(page: &Answer, name: &str) -> String {
    let (_, rest) = page.text.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

fn recovery_codes(page: &Answer) -> Vec<String> {
    let parts = page.text.split("<code>").skip(1);
    parts.map(|part| part.split('<').next().unwrap().to_owned()).collect()
}

async fn factors(house: &House, kind: FactorKind) -> Vec<FactorEntry> {
    let anna = house.identity.find("anna").await.unwrap().unwrap().account;
    let all = house.identity.second_factors(anna).await.unwrap();
    all.into_iter().filter(|factor| factor.kind == kind).collect()
}

async fn send_code(browser: &Browser<'_>, path: &str, code: &str) -> Answer {
    let token = browser.get(path).await.token();
    browser.post(path, &[("token", &token), ("code", code)]).await
}

/// A browser whose person has typed the password for `app`.
async fn half_way(house: &House) -> Browser<'_> {
    let browser = house.browser();
    browser.open(&app_request("")).await;
    browser.sign_in("anna", "correct horse").await;
    browser
}

#[test]
fn people_add_an_app_themselves_and_are_asked_for_it_from_then_on() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let browser = at_account(&house).await;
        assert!(browser.get("/account").await.text.contains("So far your password alone is enough"));
        let (app, codes) = add_app(&house, &browser).await;
        assert_eq!(codes.len(), 10);
        // They did it here themselves: this browser goes on knowing them.
        let page = browser.get("/account").await;
        assert!(page.text.contains("Work &lt;phone&gt;, Authenticator app"), "{}", page.text);
        assert!(page.text.contains("10 left"), "{}", page.text);
        assert!(!codes.iter().any(|code| page.text.contains(code)), "they are shown once");

        let phone = half_way(&house).await;
        assert_eq!(phone.get("/sign-in/consent").await.location(), "/sign-in/code");
        let answer = send_code(&phone, "/sign-in/code", &app.code(&house)).await;
        assert_eq!(answer.location(), "/sign-in/consent", "{}", answer.text);
        let parameters = phone.allow().await.parameters();
        let tokens = house.post("/oauth2/token", &app_code(&parameters["code"])).await.json();
        assert_eq!(claims(&tokens["id_token"])["amr"], serde_json::json!(["pwd", "otp", "mfa"]));
        // And with one of the codes that were shown.
        let phone = half_way(&house).await;
        assert_eq!(send_code(&phone, "/sign-in/code", &codes[3]).await.location(), "/sign-in/consent");
        assert!(browser.get("/account").await.text.contains("9 left"));
    });
}

#[test]
fn a_wrong_code_and_a_code_that_was_used_are_refused() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let (app, codes) = add_app(&house, &at_account(&house).await).await;
        let code = app.code(&house);
        let phone = half_way(&house).await;
        let wrong = send_code(&phone, "/sign-in/code", &app.wrong_code(&house)).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.text.contains("This code is not right"), "{}", wrong.text);
        assert_eq!(send_code(&phone, "/sign-in/code", &code).await.location(), "/sign-in/consent");
        assert_eq!(send_code(&half_way(&house).await, "/sign-in/code", &codes[0]).await.location(), "/sign-in/consent");
        // Somebody looked over the shoulder, and knows the password too.
        let stranger = half_way(&house).await;
        for seen in [&code, &codes[0]] {
            let answer = send_code(&stranger, "/sign-in/code", seen).await;
            assert_eq!((answer.status, answer.location()), (StatusCode::UNPROCESSABLE_ENTITY, ""));
        }
        assert_eq!(stranger.get("/sign-in/consent").await.location(), "/sign-in/code");
        assert_eq!(stranger.get("/account").await.location(), "/sign-in");
    });
}

#[test]
fn guessing_codes_ends_in_a_pause() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let (app, _) = add_app(&house, &at_account(&house).await).await;
        let stranger = half_way(&house).await;
        let mut last = None;
        for _ in 0..10 {
            last = Some(send_code(&stranger, "/sign-in/code", &app.wrong_code(&house)).await);
        }
        let last = last.unwrap();
        assert_eq!(last.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(last.header(header::RETRY_AFTER).parse::<u32>().unwrap() > 0);
        // In the pause even the right one is not looked at.
        let right = send_code(&stranger, "/sign-in/code", &app.code(&house)).await;
        assert_eq!(right.status, StatusCode::TOO_MANY_REQUESTS);
    });
}

#[test]
fn where_it_is_required_whoever_has_none_adds_an_app_before_they_go_on() {
    sqlite(async |database| {
        let house = House::with_rule(&database, SecondFactorRule::Required).await;
        let browser = house.browser();
        browser.open(&app_request("")).await;
        assert_eq!(browser.sign_in("anna", "correct horse").await.location(), "/sign-in/enrol");
        for path in ["/sign-in/consent", "/sign-in/code"] {
            assert_eq!(browser.get(path).await.location(), "/sign-in/enrol", "{path}");
        }
        let page = browser.get("/sign-in/enrol").await;
        let app = App::of(&page);
        assert!(page.text.contains("Your company asks for a second step"), "{}", page.text);
        let policy = page.header(header::CONTENT_SECURITY_POLICY);
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("script-src"), "{policy}");

        let wrong = send_code(&browser, "/sign-in/enrol", &app.wrong_code(&house)).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(App::of(&wrong).code(&house), app.code(&house), "the same key is shown again");
        assert_eq!(browser.get("/sign-in/consent").await.location(), "/sign-in/enrol");

        let code = app.code(&house);
        let done = send_code(&browser, "/sign-in/enrol", &code).await;
        assert_eq!((done.status, recovery_codes(&done).len()), (StatusCode::OK, 10), "{}", done.text);
        assert!(done.text.contains("href=\"/sign-in/consent\""), "{}", done.text);
        assert!(!browser.get("/account").await.text.contains(&recovery_codes(&done)[0]));
        browser.open(&app_request("&login_hint=anna%40example.org")).await;
        let back = browser.allow().await;
        assert!(back.location().starts_with(APP_REDIRECT), "{}", back.location());
        let tokens = house.post("/oauth2/token", &app_code(&back.parameters()["code"])).await.json();
        assert_eq!(claims(&tokens["id_token"])["amr"], serde_json::json!(["pwd", "otp", "mfa"]));

        // The code that confirmed it is used up; the next one opens.
        let phone = half_way(&house).await;
        assert_eq!(send_code(&phone, "/sign-in/code", &code).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        house.pass(30);
        assert_eq!(send_code(&phone, "/sign-in/code", &app.code(&house)).await.location(), "/sign-in/consent");
    });
}

#[test]
fn the_password_alone_that_was_enough_before_is_not_once_a_second_factor_is_required() {
    sqlite(async |database| {
        let mut house = House::new(&database).await;
        let cookies = at_account(&house).await.cookies.into_inner().unwrap();
        house.restart_with(SecondFactorRule::Required);
        let browser = house.browser();
        *browser.cookies.lock().unwrap() = cookies;
        assert_eq!(browser.get("/account").await.location(), "/sign-in");
        assert_eq!(browser.sign_in("anna", "correct horse").await.location(), "/sign-in/enrol");
    });
}

#[test]
fn a_recovery_code_that_is_left_over_is_no_way_around_the_required_app() {
    sqlite(async |database| {
        let house = House::with_rule(&database, SecondFactorRule::Required).await;
        let anna = house.identity.find("anna").await.unwrap().unwrap().account;
        let codes = house.identity.make_recovery_codes(anna).await.unwrap();
        let browser = half_way(&house).await;
        let token = browser.get("/sign-in/enrol").await.token();
        let form = [("token", token.as_str()), ("code", codes[0].reveal())];
        assert_eq!(browser.post("/sign-in/code", &form).await.location(), "/sign-in/enrol");
        assert_eq!(factors(&house, FactorKind::Recovery).await.len(), 10);
    });
}

#[test]
fn an_enrolment_that_was_begun_with_a_stolen_password_ends_when_the_person_enrols() {
    sqlite(async |database| {
        let house = House::with_rule(&database, SecondFactorRule::Required).await;
        let thief = half_way(&house).await;
        let seen = App::of(&thief.get("/sign-in/enrol").await);
        let token = thief.get("/sign-in/enrol").await.token();
        let anna = half_way(&house).await;
        let own = App::of(&anna.get("/sign-in/enrol").await);
        assert_ne!(seen.code(&house), own.code(&house), "everybody is shown a key of their own");
        assert_eq!(send_code(&anna, "/sign-in/enrol", &own.code(&house)).await.status, StatusCode::OK);
        let answer = thief.post("/sign-in/enrol", &[("token", &token), ("code", &seen.code(&house))]).await;
        assert_eq!(answer.location(), "/sign-in");
        assert_eq!(thief.sign_in("anna", "correct horse").await.location(), "/sign-in/code");
        assert_eq!(factors(&house, FactorKind::Totp).await.len(), 1);
    });
}

#[test]
fn people_remove_a_factor_and_the_password_is_enough_again() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let browser = at_account(&house).await;
        add_app(&house, &browser).await;
        let page = browser.get("/account").await;
        let (token, factor) = (page.token(), hidden(&page, "factor"));
        let form = [("token", token.as_str()), ("factor", factor.as_str())];
        let done = browser.post("/account/remove", &form).await;
        assert_eq!(done.location(), "/account?done=factor-removed");
        assert!(browser.get(done.location()).await.text.contains("It was removed."));
        assert!(factors(&house, FactorKind::Totp).await.is_empty());
        assert_eq!(half_way(&house).await.get("/sign-in/consent").await.status, StatusCode::OK);
        // The form sent twice does no harm.
        assert_eq!(browser.post("/account/remove", &form).await.location(), "/account?done=factor-removed");
    });
}

#[test]
fn new_recovery_codes_replace_the_old_ones() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let browser = at_account(&house).await;
        let (_, old) = add_app(&house, &browser).await;
        let token = browser.get("/account").await.token();
        let new = recovery_codes(&browser.post("/account/recovery-codes", &[("token", &token)]).await);
        assert_eq!(new.len(), 10);
        let phone = half_way(&house).await;
        assert_eq!(send_code(&phone, "/sign-in/code", &old[0]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(send_code(&phone, "/sign-in/code", &new[0]).await.location(), "/sign-in/consent");
    });
}

#[test]
fn nobody_confirms_or_removes_what_belongs_to_somebody_else() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let bert = person(&house, "bert@example.org").await;
        let begun = house.identity.begin_totp(bert, "bert@example.org", "Example", "").await.unwrap();
        let code = totp_rs::Totp::from_url(begun.address.reveal()).unwrap();
        let code = App(code).code(&house);
        let browser = at_account(&house).await;
        let token = browser.get("/account").await.token();
        let id = begun.id.to_string();
        let form = [("token", token.as_str()), ("factor", id.as_str()), ("code", code.as_str())];
        assert_eq!(browser.post("/account/app/confirm", &form).await.location(), "/account");
        assert!(!house.identity.has_second_factor(bert).await.unwrap());
        house.identity.confirm_totp(bert, &begun.id, &Secret::new(code.as_str())).await.unwrap();
        browser.post("/account/remove", &form).await;
        assert!(house.identity.has_second_factor(bert).await.unwrap());
    });
}

async fn person(house: &House, email: &str) -> hub::AccountId {
    let account = house.identity.draw_account();
    let person = identity::NewPerson {
        account,
        email: email.into(),
        name: "Bert".into(),
        password: Some(Secret::new("battery staple")),
        groups: Vec::new(),
        aliases: Vec::new(),
    };
    house.identity.add(person).await.unwrap();
    account
}

#[test]
fn only_the_pages_that_ask_for_a_passkey_may_run_a_script_and_only_ours() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let browser = at_account(&house).await;
        let page = browser.get("/account").await;
        assert!(!page.header(header::CONTENT_SECURITY_POLICY).contains("script-src"));
        let page = browser.post("/account/passkey", &[("token", &page.token()), ("label", "Key")]).await;
        let policy = page.header(header::CONTENT_SECURITY_POLICY);
        assert!(policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self';"), "{policy}");
        assert!(page.text.contains("Passkeys need a browser with scripts switched on"), "{}", page.text);
        assert_eq!(page.text.matches("<script").count(), 1);
        let script = house.get("/sign-in/passkey.js").await;
        assert_eq!(script.header(header::CONTENT_TYPE), "text/javascript; charset=utf-8");
        assert!(script.text.contains("navigator.credentials"));
    });
}

#[test]
fn a_passkey_is_taken_only_for_the_question_that_this_browser_was_asked_a_moment_ago() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        let browser = at_account(&house).await;
        let token = browser.get("/account").await.token();
        // Nothing was asked, an old question, an answer that is none: each time the account, with the reason.
        for wait in [None, Some(301), Some(0)] {
            if let Some(seconds) = wait {
                browser.post("/account/passkey", &[("token", &token)]).await;
                house.pass(seconds);
            }
            let form = [("token", token.as_str()), ("passkey", "{\"id\":\"x\"}")];
            let answer = browser.post("/account/passkey/confirm", &form).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wait:?}");
            assert!(answer.text.contains("The passkey was not taken"), "{}", answer.text);
        }
        assert!(factors(&house, FactorKind::Passkey).await.is_empty());
    });
}

#[test]
fn second_factors_speak_german() {
    sqlite(async |database| {
        let house = House::with_rule(&database, SecondFactorRule::Required).await;
        let mut browser = house.browser();
        browser.language = "de";
        browser.open("/account").await;
        browser.sign_in("anna", "correct horse").await;
        let page = browser.get("/sign-in/enrol").await;
        assert!(page.text.contains("Authenticator-App hinzufügen"), "{}", page.text);
        let done = send_code(&browser, "/sign-in/enrol", &App::of(&page).code(&house)).await;
        assert!(done.text.contains("Wiederherstellungscodes"), "{}", done.text);
        assert!(browser.get("/account").await.text.contains("Zweiter Schritt bei der Anmeldung"));
    });
}
