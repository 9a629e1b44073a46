use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::{Query, State},
    routing::post,
};
use http::{Method, StatusCode};
use ledger::testing::{both_engines, sqlite};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::world::{Reply, World};

/// An endpoint of a subscriber's.
struct Endpoint {
    url: String,
    heard: mpsc::UnboundedReceiver<Value>,
    answer: Arc<Mutex<StatusCode>>,
}

type Ears = (mpsc::UnboundedSender<Value>, Arc<Mutex<StatusCode>>);

async fn hear(
    State((heard, answer)): State<Ears>,
    Query(query): Query<Vec<(String, String)>>,
    body: String,
) -> (StatusCode, String) {
    if let Some((_, token)) = query.into_iter().find(|(name, _)| name == "validationToken") {
        return (StatusCode::OK, token);
    }
    let status = *answer.lock().unwrap();
    if status.is_success() {
        let body: Value = serde_json::from_str(&body).unwrap();
        body["value"].as_array().unwrap().iter().for_each(|told| heard.send(told.clone()).unwrap());
    } else {
        heard.send(json!("refused")).unwrap();
    }
    (status, String::new())
}

impl Endpoint {
    async fn open() -> Self {
        let (sender, heard) = mpsc::unbounded_channel();
        let answer = Arc::new(Mutex::new(StatusCode::ACCEPTED));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?who=me", listener.local_addr().unwrap());
        let router = Router::new().route("/hook", post(hear)).with_state((sender, answer.clone()));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, heard, answer }
    }

    /// What is told next. On a busy machine an attempt may time out; the world's clock then moves on to the next one.
    async fn next(&mut self, world: &World) -> Value {
        for _ in 0..20 {
            if let Ok(told) = tokio::time::timeout(Duration::from_secs(5), self.heard.recv()).await {
                return told.unwrap();
            }
            world.clock.advance(60);
        }
        panic!("nothing was told");
    }
}

fn wanted(endpoint: &Endpoint) -> Value {
    json!({
        "changeType": "created,updated,deleted",
        "notificationUrl": endpoint.url,
        "lifecycleNotificationUrl": endpoint.url,
        "resource": "/me/contacts",
        "expirationDateTime": "2027-01-16T08:00:00Z",
        "clientState": "secret",
    })
}

async fn subscribe(world: &World, endpoint: &Endpoint) -> Reply {
    let reply = world.post("/subscriptions", wanted(endpoint)).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply
}

#[test]
fn a_subscriber_hears_of_everything_that_comes_changes_and_goes() {
    both_engines(async |database| {
        let world = World::new(database).await;
        let mut endpoint = Endpoint::open().await;
        let id = subscribe(&world, &endpoint).await.json()["id"].clone();
        let notifier = tokio::spawn(graph::notify(world.service.clone()));

        let contact = world.contact(json!({"givenName": "Ann"})).await;
        let told = endpoint.next(&world).await;
        assert_eq!((&told["changeType"], &told["clientState"]), (&json!("created"), &json!("secret")));
        assert_eq!((&told["subscriptionId"], &told["resourceData"]["id"]), (&id, &json!(contact)));
        world.patch(&format!("/me/contacts/{contact}"), json!({"surname": "Lee"})).await;
        assert_eq!(endpoint.next(&world).await["changeType"], "updated");
        world.delete(&format!("/me/contacts/{contact}")).await;
        assert_eq!(endpoint.next(&world).await["changeType"], "deleted");
        notifier.abort();
    });
}

#[test]
fn what_happened_while_nobody_told_is_told_afterwards() {
    sqlite(async |database| {
        let world = World::new(database).await;
        let mut endpoint = Endpoint::open().await;
        subscribe(&world, &endpoint).await;
        world.contact(json!({"givenName": "Ann"})).await;
        world.contact(json!({"givenName": "Bo"})).await;
        let notifier = tokio::spawn(graph::notify(world.service.clone()));
        assert_eq!(endpoint.next(&world).await["changeType"], "created");
        assert_eq!(endpoint.next(&world).await["changeType"], "created");
        notifier.abort();
    });
}

#[test]
fn an_endpoint_that_fails_is_told_again_later() {
    sqlite(async |database| {
        let world = World::new(database).await;
        let mut endpoint = Endpoint::open().await;
        subscribe(&world, &endpoint).await;
        *endpoint.answer.lock().unwrap() = StatusCode::SERVICE_UNAVAILABLE;
        let notifier = tokio::spawn(graph::notify(world.service.clone()));
        let first = world.contact(json!({"givenName": "Ann"})).await;
        assert_eq!(endpoint.next(&world).await, "refused");
        notifier.abort();

        *endpoint.answer.lock().unwrap() = StatusCode::OK;
        world.clock.advance(120);
        let notifier = tokio::spawn(graph::notify(world.service.clone()));
        assert_eq!(endpoint.next(&world).await["resourceData"]["id"], first);
        notifier.abort();
    });
}

#[test]
fn a_subscriber_is_told_that_the_end_is_near_and_then_no_more() {
    sqlite(async |database| {
        let world = World::new(database).await;
        let mut endpoint = Endpoint::open().await;
        let id = subscribe(&world, &endpoint).await.json()["id"].as_str().unwrap().to_owned();
        world.clock.advance(24 * 3600 - 300);
        let notifier = tokio::spawn(graph::notify(world.service.clone()));
        let told = endpoint.next(&world).await;
        assert_eq!(
            (&told["lifecycleEvent"], &told["clientState"]),
            (&json!("reauthorizationRequired"), &json!("secret"))
        );
        notifier.abort();
        let path = format!("/subscriptions/{id}");
        assert_eq!(world.post(&format!("{path}/reauthorize"), json!({})).await.status, 200);
        let renewed = world.patch(&path, json!({"expirationDateTime": "2027-01-18T08:00:00Z"})).await;
        assert_eq!(renewed.json()["expirationDateTime"], "2027-01-18T08:00:00Z");
        world.clock.advance(3 * 24 * 3600);
        assert_eq!(world.get(&path).await.refusal(), (404, "ResourceNotFound".into()));
        assert!(world.get("/subscriptions").await.values().is_empty());
    });
}

#[test]
fn a_subscriber_learns_that_the_folder_is_gone() {
    sqlite(async |database| {
        let world = World::new(database).await;
        let mut endpoint = Endpoint::open().await;
        let folder = world.post("/me/contactFolders", json!({"displayName": "Other"})).await.json();
        let folder = folder["id"].as_str().unwrap();
        let mut body = wanted(&endpoint);
        body["resource"] = json!(format!("users/ann@example.com/contactFolders/{folder}/contacts"));
        assert_eq!(world.post("/subscriptions", body).await.status, 201);
        let notifier = tokio::spawn(graph::notify(world.service.clone()));
        world.delete(&format!("/me/contactFolders/{folder}")).await;
        assert_eq!(endpoint.next(&world).await["lifecycleEvent"], "subscriptionRemoved");
        notifier.abort();
    });
}

#[test]
fn a_subscription_is_listed_read_and_ended() {
    both_engines(async |database| {
        let world = World::new(database).await;
        let endpoint = Endpoint::open().await;
        let created = subscribe(&world, &endpoint).await.json();
        assert_eq!(world.get("/subscriptions").await.each("id"), [created["id"].as_str().unwrap()]);
        let path = format!("/subscriptions/{}", created["id"].as_str().unwrap());
        assert_eq!(world.get(&path).await.json()["changeType"], "created,updated,deleted");
        let bob = world.call(Method::GET, &path).token(Some(&world.tokens[1])).send().await;
        assert_eq!(bob.status, 404, "nobody sees another's");
        assert_eq!(world.delete(&path).await.status, 204);
        assert_eq!(world.delete(&path).await.status, 404);
    });
}

#[test]
fn what_cannot_be_subscribed_to_is_refused() {
    sqlite(async |database| {
        let world = World::new(database).await;
        let endpoint = Endpoint::open().await;
        for (name, value, code) in [
            ("resource", json!("/me/messages"), "InvalidRequest"),
            ("changeType", json!("read"), "InvalidRequest"),
            ("expirationDateTime", json!("2027-03-01T00:00:00Z"), "InvalidRequest"),
            ("expirationDateTime", json!(null), "InvalidRequest"),
            ("clientState", json!("x".repeat(129)), "InvalidRequest"),
            ("notificationUrl", json!("ftp://x"), "InvalidRequest"),
            ("includeResourceData", json!(true), "InvalidRequest"),
            ("notificationUrl", json!("http://127.0.0.1:1/"), "ValidationError"),
            ("lifecycleNotificationUrl", json!(endpoint.url.replace("hook", "nowhere")), "ValidationError"),
        ] {
            let mut body = wanted(&endpoint);
            body[name] = value;
            assert_eq!(world.post("/subscriptions", body).await.refusal(), (400, code.into()), "{name}");
        }
        assert!(world.get("/subscriptions").await.values().is_empty());
    });
}

#[test]
fn an_end_too_soon_is_put_off() {
    sqlite(async |database| {
        let world = World::new(database).await;
        let mut body = wanted(&Endpoint::open().await);
        body["expirationDateTime"] = json!("2027-01-15T08:01:00Z");
        let created = world.post("/subscriptions", body).await.json();
        assert_eq!(created["expirationDateTime"], "2027-01-15T08:45:00Z");
    });
}
