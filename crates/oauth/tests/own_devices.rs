//! What people are told about their own devices, and that nobody else is.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has to stop")]

mod support;

use access::{Exemption, Policy};
use http::{StatusCode, header};
use hub::devices::DeviceInformation;
use ledger::testing::sqlite;
use support::{Answer, Browser, House, app_request, iphone_request};

const ANNA: &str = "anna@example.org";
const WAITS: &str = "default = 'quarantine'\n[[allow]]\nname = 'Secret plan'\nenrolled = true\n";
const OLD: &str = "[[block]]\nname = 'Too old'\nos = 'iOS < 17.2'\n";

fn iphone(name: &str) -> DeviceInformation {
    DeviceInformation {
        friendly_name: Some(name.to_owned()),
        os: Some("iOS 17.1 21B74".to_owned()),
        ..DeviceInformation::default()
    }
}

async fn known(house: &House, name: &str, password: &str) -> String {
    let browser = house.browser();
    assert_eq!(browser.get("/help/device/sign-in").await.location(), "/sign-in");
    assert_eq!(browser.sign_in(name, password).await.location(), "/help/device");
    browser.get("/help/device").await.text
}

async fn signed_in_at_help(browser: &Browser<'_>) -> Answer {
    browser.get("/help/device/sign-in").await;
    browser.sign_in(ANNA, "correct horse").await;
    browser.get("/help/device").await
}

#[test]
fn a_stranger_is_told_in_general_and_offered_to_sign_in() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        house.phone_asks(ANNA, "PHONE1", iphone("Anna's <b>iPhone")).await;
        let page = house.browser().get("/help/device").await;
        assert!(page.text.contains("href=\"/help/device/sign-in\""), "{}", page.text);
        assert!(!page.text.contains("PHONE1"), "{}", page.text);
        assert_eq!(
            page.header(header::CONTENT_SECURITY_POLICY),
            "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        );
    });
}

#[test]
fn a_person_sees_the_device_that_waits_and_why_and_what_to_do_and_that_nothing_is_lost() {
    sqlite(async |database| {
        let mut house = House::new(&database).await;
        house.restart_asking(Some("it@example.org"));
        house.gate.set_policy(Policy::parse(WAITS).unwrap());
        house.phone_asks(ANNA, "PHONE1", iphone("Anna's <b>iPhone")).await;
        let page = known(&house, ANNA, "correct horse").await;
        for shown in [
            "Anna's &lt;b&gt;iPhone (iPhone15,4, iOS 17.1)",
            "PHONE1",
            "Waiting to be let in",
            "since <time datetime=\"2027-01-15\">",
            "checks devices before they get contacts",
            "enrolled in your company's device management",
            "Your contacts are safe on the server",
            "<a href=\"mailto:it@example.org\">it@example.org</a>",
        ] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        // What rules there are besides is nobody's business.
        assert!(!page.contains("Secret plan"), "{page}");
        assert!(!page.contains("<script"), "{page}");
    });
}

#[test]
fn a_refused_device_s_person_learns_the_rule_s_name_and_to_update_but_not_what_the_rule_asks() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        house.gate.set_policy(Policy::parse(OLD).unwrap());
        house.phone_asks(ANNA, "PHONE1", iphone("Phone")).await;
        let page = known(&house, ANNA, "correct horse").await;
        for shown in ["Refused", "rule “Too old”", "Install all updates", "your administrator"] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        assert!(!page.contains("17.2"), "{page}");
    });
}

#[test]
fn what_an_administrator_noted_about_a_device_is_not_shown() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        house.phone_asks(ANNA, "PHONE1", iphone("Phone")).await;
        house.gate.set_exemption(ANNA, "PHONE1", Some(Exemption::Block), "boss", "leaves in May").await.unwrap();
        let page = known(&house, ANNA, "correct horse").await;
        assert!(page.contains("An administrator decided this") && page.contains("Refused"), "{page}");
        assert!(page.contains("from its next sync on"), "the device has not heard of it: {page}");
        assert!(!page.contains("leaves in May") && !page.contains("boss"), "{page}");
    });
}

#[test]
fn a_released_device_is_said_to_be_let_in() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        house.gate.set_policy(Policy::parse(WAITS).unwrap());
        house.phone_asks(ANNA, "PHONE1", iphone("Phone")).await;
        house.gate.set_exemption(ANNA, "PHONE1", Some(Exemption::Allow), "admin", "").await.unwrap();
        let page = known(&house, ANNA, "correct horse").await;
        assert!(page.contains("Let in") && !page.contains("Waiting to be let in"), "{page}");
    });
}

#[test]
fn nobody_sees_another_person_s_device() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        house.add("bert", "battery staple").await;
        house.phone_asks(ANNA, "PHONE1", iphone("Anna's phone")).await;
        house.phone_asks("bert@example.org", "PHONE2", iphone("Bert's phone")).await;
        let (anna, bert) =
            (known(&house, ANNA, "correct horse").await, known(&house, "bert@example.org", "battery staple").await);
        assert!(anna.contains("PHONE1") && !anna.contains("PHONE2"), "{anna}");
        assert!(bert.contains("PHONE2") && !bert.contains("PHONE1") && !bert.contains("Anna"), "{bert}");
    });
}

#[test]
fn the_account_page_says_the_same_and_german_pages_say_it_in_german() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        house.gate.set_policy(Policy::parse(WAITS).unwrap());
        house.phone_asks(ANNA, "PHONE1", iphone("Phone")).await;
        let mut browser = house.browser();
        signed_in_at_help(&browser).await;
        let page = browser.get("/account").await;
        assert!(page.text.contains("Waiting to be let in") && page.text.contains("PHONE1"), "{}", page.text);
        browser.language = "de";
        for place in ["/account", "/help/device"] {
            let page = browser.get(place).await;
            assert!(page.text.contains("Wartet auf die Zulassung"), "{}", page.text);
        }
    });
}

#[test]
fn a_phone_that_signs_in_again_is_told_before_it_goes_on_and_goes_on_all_the_same() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        house.gate.set_policy(Policy::parse(WAITS).unwrap());
        house.phone_asks(ANNA, "PHONE1", iphone("Phone")).await;
        let browser = house.browser();
        browser.open(&iphone_request()).await;
        browser.sign_in(ANNA, "correct horse").await;
        let consent = browser.get("/sign-in/consent").await;
        assert!(consent.text.contains("role=\"note\"") && consent.text.contains("Phone (iPhone15,4, iOS 17.1)"));
        assert!(consent.text.contains("href=\"/help/device\""), "{}", consent.text);
        let help = browser.get("/help/device").await;
        assert!(help.text.contains("href=\"/sign-in/consent\""), "the way back: {}", help.text);
        assert!(!browser.allow().await.parameters()["code"].is_empty(), "reading it does not end the sign-in");
    });
}

#[test]
fn neither_a_device_that_is_let_in_nor_one_of_another_kind_nor_another_path_gets_the_remark() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        house.phone_asks(ANNA, "PHONE1", iphone("Phone")).await;
        let remark = async |request: &str| {
            let browser = house.browser();
            browser.open(request).await;
            browser.sign_in(ANNA, "correct horse").await;
            browser.get("/sign-in/consent").await.text.contains("role=\"note\"")
        };
        assert!(!remark(&iphone_request()).await, "it is let in");
        house.gate.set_policy(Policy::parse(WAITS).unwrap());
        assert!(remark(&iphone_request()).await);
        assert!(!remark(&app_request("")).await, "an address book program is not a device at the gate");
    });
}

#[test]
fn a_person_s_help_is_over_with_their_sign_in() {
    sqlite(async |database| {
        let house = House::new(&database).await;
        house.phone_asks(ANNA, "PHONE1", iphone("Phone")).await;
        let browser = house.browser();
        let page = signed_in_at_help(&browser).await;
        assert_eq!((page.status, page.text.contains("PHONE1")), (StatusCode::OK, true));
        house.pass(11 * 3600);
        assert!(!browser.get("/help/device").await.text.contains("PHONE1"));
    });
}
