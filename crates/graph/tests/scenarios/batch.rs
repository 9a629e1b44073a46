use std::collections::BTreeMap;

use ledger::testing::sqlite;
use serde_json::{Value, json};

use crate::{
    photos::{RED, red},
    world::World,
};

async fn run(world: &World, requests: Value) -> BTreeMap<String, Value> {
    let reply = world.post("/$batch", json!({"requests": requests})).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let responses = reply.json()["responses"].as_array().unwrap().clone();
    responses.into_iter().map(|response| (response["id"].as_str().unwrap().to_owned(), response)).collect()
}

#[test]
fn a_batch_answers_each_request_by_itself() {
    sqlite(async |database| {
        let world = World::new(database).await;
        let id = world.contact(json!({"givenName": "Ann"})).await;
        let json_type = json!({"Content-Type": "application/json"});
        let found = run(&world, json!([
            {"id": "get", "method": "GET", "url": format!("/me/contacts/{id}?$select=givenName")},
            {"id": "post", "method": "POST", "url": "me/contacts", "headers": json_type, "body": {"givenName": "Bo"}},
            {"id": "whole", "method": "GET", "url": format!("https://hub.example/v1.0/me/contacts/{id}")},
            {"id": "bad", "method": "GET", "url": "/me/contacts/nonsense"},
            {"id": "nested", "method": "POST", "url": "/$batch", "headers": json_type, "body": {}},
        ])).await;
        assert_eq!((&found["get"]["status"], &found["get"]["body"]["givenName"]), (&json!(200), &json!("Ann")));
        assert_eq!((&found["post"]["status"], &found["post"]["body"]["givenName"]), (&json!(201), &json!("Bo")));
        assert_eq!((&found["whole"]["status"], &found["whole"]["body"]["givenName"]), (&json!(200), &json!("Ann")));
        assert_eq!(found["bad"]["body"]["error"]["code"], "ErrorInvalidIdMalformed");
        assert_eq!(found["nested"]["status"], 400);
    });
}

#[test]
fn pictures_travel_through_a_batch_as_base64() {
    sqlite(async |database| {
        let world = World::new(database).await;
        let url = format!("/me/contacts/{}/photo/$value", world.contact(json!({"givenName": "Ann"})).await);
        let found = run(
            &world,
            json!([
                {"id": "1", "method": "PUT", "url": url, "headers": {"Content-Type": "image/png"}, "body": RED},
                {"id": "2", "method": "GET", "url": url, "dependsOn": ["1"]},
            ]),
        )
        .await;
        assert_eq!(found["2"]["headers"]["Content-Type"], "image/png");
        assert_eq!(found["2"]["body"], RED);
        assert_eq!(world.get(&url).await.body, red());
    });
}

#[test]
fn what_depends_on_a_failure_is_not_attempted() {
    sqlite(async |database| {
        let world = World::new(database).await;
        let headers = json!({"Content-Type": "application/json"});
        let found = run(&world, json!([
            {"id": "1", "method": "POST", "url": "/me/contacts", "headers": headers, "body": {"nonsense": 1}},
            {"id": "2", "method": "POST", "url": "/me/contacts", "headers": headers, "body": {}, "dependsOn": ["1"]},
            {"id": "3", "method": "GET", "url": "/me/contacts", "dependsOn": ["2"]},
        ])).await;
        let statuses: Vec<_> = found.values().map(|response| response["status"].as_u64().unwrap()).collect();
        assert_eq!(statuses, [400, 424, 424]);
        assert!(world.get("/me/contacts").await.values().is_empty());
    });
}

#[test]
fn a_batch_that_is_none_is_refused_as_a_whole() {
    sqlite(async |database| {
        let world = World::new(database).await;
        let step = |id: &str| json!({"id": id, "method": "GET", "url": "/me"});
        let many: Vec<_> = (0..21).map(|number| step(&number.to_string())).collect();
        for (requests, code) in [
            (json!(many), "MaximumValueExceeded"),
            (json!([step("1"), step("1")]), "BadRequest"),
            (json!([step("")]), "BadRequest"),
            (json!([{"id": "1", "method": "GET", "url": "/me", "dependsOn": ["2"]}, step("2")]), "BadRequest"),
            (json!("x"), "BadRequest"),
        ] {
            let reply = world.post("/$batch", json!({"requests": requests})).await;
            assert_eq!(reply.refusal(), (400, code.into()));
        }
    });
}
