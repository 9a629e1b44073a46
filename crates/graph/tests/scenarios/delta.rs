use http::Method;
use ledger::testing::{both_engines, sqlite};
use serde_json::json;

use crate::world::World;

#[test]
fn a_delta_tells_what_came_changed_and_went_since_the_last_one() {
    both_engines(async |database| {
        let world = World::new(database).await;
        let kept = world.contact(json!({"givenName": "kept"})).await;
        let gone = world.contact(json!({"givenName": "gone"})).await;
        let first = world.get("/me/contacts/delta").await;
        assert_eq!(first.each("id"), [kept.as_str(), gone.as_str()]);

        let fresh = world.contact(json!({"givenName": "fresh"})).await;
        world.patch(&format!("/me/contacts/{kept}"), json!({"surname": "changed"})).await;
        world.delete(&format!("/me/contacts/{gone}")).await;
        let second = world.get(&first.link("deltaLink")).await;
        assert_eq!(second.each("id"), [fresh, kept, gone]);
        assert_eq!(second.values()[2]["@removed"], json!({"reason": "deleted"}));
        assert!(world.get(&second.link("deltaLink")).await.values().is_empty());
        assert_eq!(world.get(&first.link("deltaLink")).await.values(), second.values(), "a token can be used again");
    });
}

#[test]
fn the_three_spellings_of_delta_are_one() {
    sqlite(async |database| {
        let world = World::new(database).await;
        world.contact(json!({"givenName": "Ann"})).await;
        for spelling in ["delta", "delta()", "microsoft.graph.delta()", "microsoft.graph.delta"] {
            for folder in ["/me/contacts", "/me/contactFolders/contacts/contacts", "/users/ann@example.com/contacts"] {
                assert_eq!(world.get(&format!("{folder}/{spelling}")).await.each("givenName"), ["Ann"], "{spelling}");
            }
            assert_eq!(world.get(&format!("/me/contactFolders/{spelling}")).await.status, 200);
        }
    });
}

#[test]
fn pages_keep_the_selection_and_writes_between_them_come_in_the_next_run() {
    sqlite(async |database| {
        let world = World::new(database).await;
        for number in 0..5 {
            world.contact(json!({"givenName": number.to_string()})).await;
        }
        let page =
            async |path: &str| world.call(Method::GET, path).header("prefer", "odata.maxpagesize=2").send().await;
        let first = page("/me/contacts/delta?$select=givenName").await;
        assert_eq!(first.header("preference-applied"), "odata.maxpagesize=2");
        world.contact(json!({"givenName": "late"})).await;
        let second = page(&first.link("nextLink")).await;
        assert_eq!(second.values()[0].as_object().unwrap().len(), 3, "etag, id and what was selected");
        let third = page(&second.link("nextLink")).await;
        let names: Vec<_> = [&first, &second, &third].iter().flat_map(|reply| reply.each("givenName")).collect();
        assert_eq!(names, ["0", "1", "2", "3", "4"]);
        assert_eq!(page(&third.link("deltaLink")).await.each("givenName"), ["late"]);
    });
}

#[test]
fn a_token_from_elsewhere_means_start_again() {
    sqlite(async |database| {
        let world = World::new(database).await;
        let token = world.get("/me/contacts/delta").await.link("deltaLink").split_once('=').unwrap().1.to_owned();
        let folder = world.post("/me/contactFolders", json!({"displayName": "Other"})).await.json();
        let other = format!("/me/contactFolders/{}/contacts/delta", folder["id"].as_str().unwrap());
        let expired = (410, "syncStateNotFound".to_owned());
        assert_eq!(world.get(&format!("{other}?$deltatoken={token}")).await.refusal(), expired);
        let reply = world.get("/me/contacts/delta?$deltatoken=nonsense").await;
        assert_eq!(reply.refusal(), expired);
        assert_eq!(reply.header("location"), "http://hub.example/v1.0/me/contacts/delta?$deltatoken=");
        assert_eq!(world.get(reply.header("location")).await.status, 200);
        let bob = world.call(Method::GET, &format!("/me/contacts/delta?$deltatoken={token}"));
        assert_eq!(bob.token(Some(&world.tokens[1])).send().await.refusal(), expired);
    });
}

#[test]
fn a_token_of_the_future_means_start_again() {
    sqlite(async |database| {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        let world = World::new(database).await;
        let link = world.get("/me/contacts/delta").await.link("deltaLink");
        let (path, token) = link.split_once("$deltatoken=").unwrap();
        let token = String::from_utf8(URL_SAFE_NO_PAD.decode(token).unwrap()).unwrap();
        let later = URL_SAFE_NO_PAD.encode(token.replace("\"c\":1", "\"c\":99"));
        assert_eq!(world.get(&format!("{path}$deltatoken={later}")).await.refusal(), (410, "syncStateNotFound".into()));
    });
}

#[test]
fn from_now_on_is_a_token_too() {
    sqlite(async |database| {
        let world = World::new(database).await;
        world.contact(json!({"givenName": "old"})).await;
        let latest = world.get("/me/contacts/delta?$deltatoken=latest").await;
        assert!(latest.values().is_empty());
        world.contact(json!({"givenName": "new"})).await;
        assert_eq!(world.get(&latest.link("deltaLink")).await.each("givenName"), ["new"]);
    });
}

#[test]
fn a_contact_that_moves_leaves_one_folder_and_comes_into_the_other() {
    sqlite(async |database| {
        let world = World::new(database).await;
        let id = world.contact(json!({"givenName": "Ann"})).await;
        let folder = world.post("/me/contactFolders", json!({"displayName": "Other"})).await.json();
        let folder = folder["id"].as_str().unwrap();
        let here = world.get("/me/contacts/delta").await.link("deltaLink");
        let there = world.get(&format!("/me/contactFolders/{folder}/contacts/delta")).await.link("deltaLink");
        world.patch(&format!("/me/contacts/{id}"), json!({"parentFolderId": folder})).await;
        assert_eq!(world.get(&here).await.values(), [json!({"id": id, "@removed": {"reason": "deleted"}})]);
        assert_eq!(world.get(&there).await.each("id"), [id]);
    });
}

#[test]
fn options_that_make_no_sense_of_changes_are_refused() {
    sqlite(async |database| {
        let world = World::new(database).await;
        for option in ["$top=5", "$filter=givenName%20eq%20'a'", "$orderby=givenName", "$search=a", "$skip=1"] {
            let refusal = world.get(&format!("/me/contacts/delta?{option}")).await.refusal();
            assert_eq!(refusal, (400, "ErrorInvalidUrlQuery".into()), "{option}");
        }
    });
}
