//! Graph requests against the server of [`crate::world`].

use axum::body::Body;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::world::{Person, SECRET, World, with_world};

/// Requests of one input; more are not read.
const REQUESTS_MAX: usize = 4;
/// Stands between requests: ASCII's record separator.
const SEPARATOR: u8 = 0x1E;

/// Requests, each a line `METHOD path?query` and a body after it. `{b}`, `{2}`, `{c}` and `{d}` stand for folders and
/// contacts of the sender, `{o}` for a contact of somebody else, `{@}` for the change key of the first contact.
pub fn graph_requests(data: &[u8]) {
    let requests: Vec<&[u8]> = data.split(|byte| *byte == SEPARATOR).take(REQUESTS_MAX).collect();
    with_world(|world| async move { converse(&world, &requests).await });
}

async fn converse(world: &World, requests: &[&[u8]]) {
    let (sender, bystander) = world.people().await;
    let before = bystander.belongings().await;
    let words = words(world, &sender).await;
    for request in requests {
        send(world, &sender, &words, request).await;
    }
    sender.belongings().await;
    assert_eq!(bystander.belongings().await, before, "nothing of the bystander's changed");
}

/// Ids as the server gives them.
async fn words(world: &World, sender: &Person) -> Vec<(&'static str, String)> {
    let folders = get(world, sender, "/v1.0/me/contactFolders").await;
    let contacts = get(world, sender, "/v1.0/me/contacts?$orderby=id").await;
    let id = |list: &serde_json::Value, at: usize| {
        list.pointer(&format!("/value/{at}/id")).and_then(serde_json::Value::as_str).unwrap_or("none").to_owned()
    };
    vec![
        ("{b}", id(&folders, 0)),
        ("{2}", id(&folders, 1)),
        ("{c}", id(&contacts, 0)),
        ("{d}", id(&contacts, 1)),
        ("{o}", "AAAAAAAAAAc".to_owned()),
    ]
}

async fn get(world: &World, sender: &Person, uri: &str) -> serde_json::Value {
    let request = Request::get(uri).header("authorization", &sender.graph).body(Body::empty()).expect("a request");
    let response = world.graph.clone().oneshot(request).await.expect("the router always answers");
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    serde_json::from_slice(&body).unwrap_or_default()
}

async fn send(world: &World, sender: &Person, words: &[(&str, String)], request: &[u8]) {
    let mut text = String::from_utf8_lossy(request).into_owned();
    for (word, value) in words {
        text = text.replace(word, value);
    }
    let (line, body) = text.split_once('\n').unwrap_or((&text, ""));
    let (method, uri) = line.split_once(' ').unwrap_or(("GET", line));
    let Ok(method) = Method::from_bytes(method.as_bytes()) else { return };
    let media_type = if uri.contains("$value") { "image/png" } else { "application/json" };
    let request = Request::builder()
        .method(method)
        .uri(format!("/v1.0{uri}"))
        .header("authorization", &sender.graph)
        .header("content-type", media_type)
        .body(Body::from(body.to_owned()));
    let Ok(request) = request else { return };
    let response = world.graph.clone().oneshot(request).await.expect("the router always answers");
    let (head, body) = response.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    assert_ne!(head.status, StatusCode::INTERNAL_SERVER_ERROR, "{line}");
    assert_ne!(head.status, StatusCode::SERVICE_UNAVAILABLE, "{line}");
    assert_ne!(head.status, StatusCode::UNAUTHORIZED, "{line}");
    let is_json = head.headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if is_json {
        serde_json::from_slice::<serde_json::Value>(&body).expect("an answer that says JSON is JSON");
    }
    let secret = SECRET.as_bytes();
    assert!(!body.windows(secret.len()).any(|part| part == secret), "an answer holds what is a bystander's");
}
