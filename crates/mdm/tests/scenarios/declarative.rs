//! Declarative management, as a device does it.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::StatusCode;
use ledger::testing::{both_engines, sqlite};
use mdm::{
    Refusal,
    declarative::{Declaration, Valid},
};
use serde_json::{Value, json};

use crate::{
    device::{Phone, entry},
    house::{ANNA, House, id},
};

fn declaration(kind: &str, identifier: &str, token: &str, payload: Value) -> Declaration {
    let (kind, identifier, server_token) = (kind.to_owned(), identifier.to_owned(), token.to_owned());
    Declaration { kind, identifier, server_token, payload }
}

fn account(token: &str) -> Vec<Declaration> {
    vec![
        declaration(
            "com.apple.configuration.account.exchange",
            "account",
            token,
            json!({ "HostName": "h", "EnabledProtocolTypes": ["EAS"] }),
        ),
        declaration("com.apple.activation.simple", "activation", "1", json!({ "StandardConfigurations": ["account"] })),
    ]
}

async fn ask(house: &House, phone: &Phone, endpoint: &str) -> Value {
    let (status, text) = phone.check_in(house, "DeclarativeManagement", &entry("Endpoint", endpoint)).await;
    assert_eq!(status, StatusCode::OK);
    serde_json::from_str(&text).unwrap()
}

async fn report(house: &House, phone: &Phone, report: Value) -> StatusCode {
    let data = format!("<key>Data</key><data>{}</data>", STANDARD.encode(report.to_string()));
    phone.check_in(house, "DeclarativeManagement", &(entry("Endpoint", "status") + &data)).await.0
}

#[test]
fn a_device_fetches_its_declarations_and_hears_of_changes() {
    both_engines(async |ledger| {
        let house = House::on(ledger).await;
        let phone = Phone::of(&house, ANNA, "A").await;
        phone.settle(&house).await;
        assert!(house.service.declare(&id("A"), account("t1")).await.unwrap());
        assert_eq!(house.push.take(), [id("A")]);
        let got = phone.idle(&house).await.unwrap();
        assert_eq!(got.kind, "DeclarativeManagement");
        let tokens = ask(&house, &phone, "tokens").await;
        assert!(got.text.replace(['\n', '\t'], "").contains(&STANDARD.encode(tokens.to_string())), "the same tokens");
        phone.acknowledge(&house, &got, "").await;

        let items = ask(&house, &phone, "declaration-items").await;
        assert_eq!(items["DeclarationsToken"], tokens["SyncTokens"]["DeclarationsToken"]);
        assert_eq!(items["Declarations"]["Configurations"], json!([{ "Identifier": "account", "ServerToken": "t1" }]));
        assert_eq!(items["Declarations"]["Assets"], json!([]), "empty, and there");
        let one = ask(&house, &phone, "declaration/configuration/account").await;
        assert_eq!(one["Type"], "com.apple.configuration.account.exchange");
        assert_eq!(one["Payload"]["HostName"], "h");
        let (status, _) =
            phone.check_in(&house, "DeclarativeManagement", &entry("Endpoint", "declaration/asset/account")).await;
        assert_eq!(status, StatusCode::NOT_FOUND);

        // The same again is nothing; a change is told.
        assert!(!house.service.declare(&id("A"), account("t1")).await.unwrap());
        assert_eq!(phone.idle(&house).await, None);
        assert!(house.service.declare(&id("A"), account("t2")).await.unwrap());
        assert_eq!(phone.idle(&house).await.unwrap().kind, "DeclarativeManagement");
        assert_ne!(ask(&house, &phone, "tokens").await["SyncTokens"]["DeclarationsToken"], items["DeclarationsToken"]);
        assert_eq!(house.register.declarations(&id("A")).await.unwrap(), account("t2"));
    });
}

#[test]
fn reports_are_joined_and_told_as_what_they_mean() {
    both_engines(async |ledger| {
        let house = House::on(ledger).await;
        let phone = Phone::of(&house, ANNA, "A").await;
        phone.settle(&house).await;
        let position = house.position().await;
        let accounts = |items: Value| json!({ "StatusItems": { "account": { "list": { "exchange": items } } } });
        let ours = json!({ "identifier": "1", "declaration-identifier": "account", "hostname": "h",
            "are-contacts-enabled": true, "is-mail-enabled": false });
        let own = json!({ "identifier": "2", "hostname": "outlook.office365.com", "is-mail-enabled": true,
            "are-calendars-enabled": true });
        assert_eq!(report(&house, &phone, accounts(json!([own]))).await, StatusCode::OK);
        assert_eq!(report(&house, &phone, accounts(json!([ours]))).await, StatusCode::OK);
        let gone = accounts(json!([{ "identifier": "2", "_removed": true }]));
        assert_eq!(report(&house, &phone, gone).await, StatusCode::OK);
        let mut full = accounts(json!([]));
        full["FullReport"] = json!(true);
        assert_eq!(report(&house, &phone, full).await, StatusCode::OK);
        assert_eq!(
            house.told(position).await,
            [
                "accounts [2 false true true]",
                "accounts [2 false true true, 1 true false false]",
                "accounts [1 true false false]",
                "accounts []",
            ]
        );
    });
}

#[test]
fn a_declaration_that_cannot_be_applied_is_a_failure_with_its_reason_told_once() {
    both_engines(async |ledger| {
        let house = House::on(ledger).await;
        let phone = Phone::of(&house, ANNA, "A").await;
        phone.settle(&house).await;
        let position = house.position().await;
        let state = |valid: &str, active: bool| {
            json!({ "StatusItems": { "management": { "declarations": { "configurations": [{
                "identifier": "account", "server-token": "t", "active": active, "valid": valid,
                "reasons": [{ "code": "Error.ConfigurationCannotBeApplied", "description": "no" }] }] } } } })
        };
        for (valid, active) in [("unknown", false), ("invalid", false), ("invalid", false), ("valid", true)] {
            assert_eq!(report(&house, &phone, state(valid, active)).await, StatusCode::OK);
        }
        let told = house.told(position).await;
        assert_eq!(told, ["failed account: Error.ConfigurationCannotBeApplied 0", "acknowledged account"]);
        let [state] = &house.register.declaration_states(&id("A")).await.unwrap()[..] else { panic!("one") };
        assert_eq!((state.valid, state.active), (Valid::Valid, true));
    });
}

#[test]
fn a_device_before_ios_15_is_given_no_declarations() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let phone = Phone { version: "14.8".to_owned(), ..Phone::of(&house, ANNA, "A").await };
        phone.settle(&house).await;
        let refused = house.service.declare(&id("A"), account("t")).await;
        assert!(matches!(refused, Err(Refusal::UnfitOrder(why)) if why.contains("iOS 15")));
        assert_eq!(phone.idle(&house).await, None);
    });
}

#[test]
fn what_is_no_report_is_400_and_changes_nothing() {
    both_engines(async |ledger| {
        let house = House::on(ledger).await;
        let phone = Phone::of(&house, ANNA, "A").await;
        phone.settle(&house).await;
        for nonsense in [json!([]), json!({}), json!({ "StatusItems": 7 }), json!("text")] {
            assert_eq!(report(&house, &phone, nonsense).await, StatusCode::BAD_REQUEST);
        }
        let (status, _) = phone.check_in(&house, "DeclarativeManagement", &entry("Endpoint", "status")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(house.register.status(&id("A")).await.unwrap(), None);
    });
}

#[test]
fn an_update_of_the_system_is_known_from_a_report() {
    both_engines(async |ledger| {
        let house = House::on(ledger).await;
        let phone = Phone::of(&house, ANNA, "A").await;
        phone.settle(&house).await;
        let position = house.position().await;
        let version = json!({ "StatusItems": { "device": { "operating-system": { "version": "18.4" } } } });
        report(&house, &phone, version.clone()).await;
        report(&house, &phone, version).await;
        assert_eq!(house.told(position).await, ["facts 18.4"]);
        let known = house.register.device(&id("A")).await.unwrap().unwrap();
        assert_eq!(known.facts.os_version.as_deref(), Some("18.4"));
        assert_eq!(known.facts.eas_device_identifier, Some(phone.eas()), "what was known otherwise stays");
    });
}
