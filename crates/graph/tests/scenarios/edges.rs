use graph::Options;
use http::Method;
use ledger::testing::sqlite;
use serde_json::json;

use crate::world::World;

#[test]
fn nobody_gets_in_without_a_token_for_this_path() {
    sqlite(async |database| {
        let world = World::new(database).await;
        for token in [None, Some("nonsense"), Some("")] {
            for path in ["/me/contacts", "/me/messages", "/nonsense", "/$batch"] {
                let reply = world.call(Method::GET, path).token(token).send().await;
                assert_eq!(reply.refusal(), (401, "InvalidAuthenticationToken".into()));
                assert!(reply.header("www-authenticate").starts_with("Bearer "));
            }
        }
        let life = std::time::Duration::from_mins(1);
        let phone = world.service.identity.issue_token("ann@example.com", hub::AccessPath::ActiveSync, life).await;
        let reply = world.call(Method::GET, "/me").token(Some(phone.unwrap().reveal())).send().await;
        assert_eq!(reply.status, 401);
    });
}

#[test]
fn where_an_administrator_has_closed_this_path_another_sign_in_is_not_asked_for() {
    sqlite(async |database| {
        let world = World::new(database).await;
        assert_eq!(world.get("/me/contacts").await.status, 200);
        let identity = &world.service.identity;
        identity.set_paths_off("ann@example.com", [hub::AccessPath::Graph].into()).await.unwrap();
        assert_eq!(world.get("/me/contacts").await.refusal(), (403, "ErrorAccessDenied".into()));
        identity.set_paths_off("ann@example.com", [hub::AccessPath::ActiveSync].into()).await.unwrap();
        assert_eq!(world.get("/me/contacts").await.status, 200);
    });
}

#[test]
fn there_is_nothing_but_contacts_and_the_directory() {
    sqlite(async |database| {
        let world = World::new(database).await;
        for path in ["/me/messages", "/me/mailFolders/inbox/messages", "/me/events", "/me/calendar", "/me/drive/root"] {
            assert_eq!(world.get(path).await.refusal(), (403, "ErrorAccessDenied".into()), "{path}");
        }
        assert_eq!(world.post("/me/sendMail", json!({})).await.status, 403);
        for path in ["/me/nonsense", "/groups", "/me/contacts/x/y/z"] {
            assert_eq!(world.get(path).await.refusal(), (404, "ResourceNotFound".into()), "{path}");
        }
        assert_eq!(world.delete("/me").await.refusal(), (405, "MethodNotAllowed".into()));
        assert_eq!(world.call(Method::PUT, "/me/contacts").send().await.status, 405);
    });
}

#[test]
fn another_persons_contact_is_no_contact() {
    sqlite(async |database| {
        let world = World::new(database).await;
        let id = world.contact(json!({"givenName": "Ann"})).await;
        for method in [Method::GET, Method::DELETE] {
            let bob = world.call(method, &format!("/me/contacts/{id}")).token(Some(&world.tokens[1]));
            assert_eq!(bob.send().await.refusal(), (404, "ErrorItemNotFound".into()));
        }
        let bob = world.call(Method::PATCH, &format!("/me/contacts/{id}")).token(Some(&world.tokens[1]));
        assert_eq!(bob.json(&json!({"surname": "X"})).send().await.status, 404);
    });
}

#[test]
fn an_error_says_when_and_which_request_it_was() {
    sqlite(async |database| {
        let world = World::new(database).await;
        let call = world.call(Method::GET, "/me/contacts/nonsense").header("client-request-id", "mine");
        let reply = call.send().await;
        let inner = reply.json()["error"]["innerError"].clone();
        assert_eq!(inner["client-request-id"], "mine");
        assert_eq!(inner["request-id"], reply.header("request-id"));
        assert!(inner["date"].as_str().unwrap().starts_with("2027-01-15T08:"));
        assert_eq!(reply.header("client-request-id"), "mine");
    });
}

#[test]
fn a_body_too_large_is_refused() {
    sqlite(async |database| {
        let world = World::new(database).await;
        let body = vec![b' '; graph::limits::BODY_BYTES_MAX + 1];
        let reply = world.call(Method::POST, "/me/contacts").bytes("application/json", body).send().await;
        assert_eq!(reply.refusal(), (413, "RequestEntityTooLarge".into()));
    });
}

#[test]
fn links_have_the_scheme_that_a_trusted_proxy_names() {
    sqlite(async |database| {
        let options = Options { tls: false, trust_forwarded_proto: true, ..Options::default() };
        let world = World::with(database, options).await;
        let reply = world.call(Method::GET, "/me/contacts/delta").header("x-forwarded-proto", "https").send().await;
        assert!(reply.link("deltaLink").starts_with("https://hub.example/v1.0/me/contacts/delta?$deltatoken="));
    });
    sqlite(async |database| {
        let world = World::new(database).await;
        let reply = world.call(Method::GET, "/me/contacts/delta").header("x-forwarded-proto", "https").send().await;
        assert!(reply.link("deltaLink").starts_with("http://"));
    });
}

#[test]
fn no_json_of_any_shape_brings_the_server_down() {
    sqlite(async |database| {
        let world = World::new(database).await;
        for body in [
            json!(null),
            json!(7),
            json!([[]]),
            json!({"emailAddresses": {}}),
            json!({"homeAddress": {"x": 1}}),
            json!({"requests": [null]}),
            json!({"displayName": []}),
            json!({"changeType": 1}),
        ] {
            for path in ["/me/contacts", "/me/contactFolders", "/$batch", "/subscriptions"] {
                let status = world.post(path, body.clone()).await.status.as_u16();
                assert_eq!(status, 400, "{path} {body}");
            }
        }
    });
}
