use std::sync::Arc;

use contact::{Card, Fact, Item, NewItemIds};
use http::Method;
use hub::{
    cards::Against,
    feed::{Change, Position},
};
use ledger::testing::{both_engines, sqlite};
use serde_json::json;

use crate::world::World;

#[test]
fn a_contact_lives_from_post_to_delete() {
    both_engines(async |database| {
        let world = World::new(database).await;
        let created = world.post("/me/contacts", json!({"givenName": "Ann", "surname": "Lee"})).await;
        assert_eq!(created.status, 201);
        let id = created.json()["id"].as_str().unwrap().to_owned();
        assert_eq!(created.header("location"), format!("http://hub.example/v1.0/me/contacts/{id}"));
        assert_eq!(created.json()["displayName"], "Ann Lee");

        let patched = world.patch(&format!("/me/contacts/{id}"), json!({"surname": "Berg"})).await;
        assert_eq!((patched.status.as_u16(), &patched.json()["displayName"]), (200, &json!("Ann Berg")));
        assert_ne!(patched.json()["changeKey"], created.json()["changeKey"]);
        assert_eq!(patched.json()["@odata.etag"], format!("W/\"{}\"", patched.json()["changeKey"].as_str().unwrap()));

        assert_eq!(world.delete(&format!("/me/contacts/{id}")).await.status, 204);
        assert_eq!(world.get(&format!("/me/contacts/{id}")).await.refusal(), (404, "ErrorItemNotFound".into()));
        assert_eq!(world.delete(&format!("/me/contacts/{id}")).await.refusal(), (404, "ErrorItemNotFound".into()));
    });
}

#[test]
fn a_patch_that_changes_nothing_keeps_the_change_key() {
    sqlite(async |database| {
        let world = World::new(database).await;
        let id = world.contact(json!({"givenName": "Ann", "emailAddresses": [{"address": "a@x"}]})).await;
        let before = world.get(&format!("/me/contacts/{id}")).await.json();
        let after = world.patch(&format!("/me/contacts/{id}"), before.clone()).await.json();
        assert_eq!(after, before);
    });
}

#[test]
fn an_edit_made_on_a_phone_meanwhile_is_not_undone_by_a_patch() {
    sqlite(async |database| {
        let world = World::new(database).await;
        let id = world.contact(json!({"givenName": "Ann"})).await;
        let card = world.access().changes(world.default_book().await, Position::START, 1).await.unwrap();
        let Change::Present(card) = &card.changes[0] else { panic!("no contact") };
        let nickname = |base: &Card, ids: &mut dyn NewItemIds| {
            let mut card = base.clone();
            card.items.push(Item::new(ids.new_item_id(), Fact::Nickname("Annie".to_owned())));
            card
        };
        world.access().edit(card.id, Against::Newest, vec![], Arc::new(nickname)).await.unwrap();
        let merged = world.patch(&format!("/me/contacts/{id}"), json!({"jobTitle": "Captain"})).await.json();
        assert_eq!((&merged["nickName"], &merged["jobTitle"]), (&json!("Annie"), &json!("Captain")));
    });
}

#[test]
fn if_match_is_optional_and_kept_when_sent() {
    sqlite(async |database| {
        let world = World::new(database).await;
        let id = world.contact(json!({"givenName": "Ann"})).await;
        let path = format!("/me/contacts/{id}");
        let etag = world.get(&path).await.json()["@odata.etag"].as_str().unwrap().to_owned();
        world.patch(&path, json!({"surname": "Lee"})).await;
        let stale = |method| world.call(method, &path).header("if-match", &etag).json(&json!({"surname": "X"})).send();
        assert_eq!(stale(Method::PATCH).await.refusal(), (412, "ErrorIrresolvableConflict".into()));
        assert_eq!(stale(Method::DELETE).await.refusal(), (412, "ErrorIrresolvableConflict".into()));
        let any = world.call(Method::DELETE, &path).header("if-match", "*").send().await;
        assert_eq!(any.status, 204);
    });
}

#[test]
fn a_client_that_prefers_little_gets_little() {
    sqlite(async |database| {
        let world = World::new(database).await;
        let id = world.contact(json!({"givenName": "Ann"})).await;
        let patch = world.call(Method::PATCH, &format!("/me/contacts/{id}")).header("prefer", "return=minimal");
        let reply = patch.json(&json!({"surname": "Lee"})).send().await;
        assert_eq!((reply.status.as_u16(), reply.body.len()), (204, 0));
        assert_eq!(reply.header("preference-applied"), "return=minimal");
    });
}

#[test]
fn pages_of_a_list_have_every_contact_once() {
    sqlite(async |database| {
        let world = World::new(database).await;
        for number in 0..25 {
            world.contact(json!({"givenName": format!("{number:02}")})).await;
        }
        let first = world.get("/me/contacts?$select=givenName&$count=true").await;
        assert_eq!((first.values().len(), &first.json()["@odata.count"]), (10, &json!(25)));
        assert_eq!(first.values()[0].as_object().unwrap().len(), 3, "etag, id and what was selected");

        let (mut names, mut reply) = (Vec::new(), first);
        loop {
            names.extend(reply.each("givenName"));
            match reply.json().get("@odata.nextLink") {
                Some(next) => reply = world.get(next.as_str().unwrap()).await,
                None => break,
            }
        }
        assert_eq!(names, (0..25).map(|number| format!("{number:02}")).collect::<Vec<_>>());
        assert_eq!(world.get("/me/contacts?$top=3&$skip=24").await.each("givenName"), ["24"]);
        assert_eq!(world.get("/me/contacts/$count").await.text(), "25");
    });
}

#[test]
fn a_list_is_ordered_and_filtered_as_asked() {
    sqlite(async |database| {
        let world = World::new(database).await;
        for (name, address, company) in [("Bo", "bo@x.example", "Y"), ("al", "al@x.example", "X"), ("Cy", "", "x")] {
            let body = json!({"givenName": name, "companyName": company, "emailAddresses": [{"address": address}]});
            world.contact(body).await;
        }
        let names = async |query: &str| world.get(&format!("/me/contacts?{query}")).await.each("givenName");
        assert_eq!(names("$orderby=givenName").await, ["al", "Bo", "Cy"]);
        assert_eq!(names("$orderby=companyName,givenName%20desc").await, ["Cy", "al", "Bo"]);
        assert_eq!(names("$filter=emailAddresses/any(a:a/address%20eq%20'BO@x.example')").await, ["Bo"]);
        assert_eq!(names("%24filter=startswith(givenName,'c')").await, ["Cy"]);
        assert_eq!(names("$filter=companyName%20eq%20'x'&$top=1&$orderby=givenName").await, ["al"]);
        assert_eq!(names("$search=%22al%22").await, ["al"]);
        assert!(names("$filter=lastModifiedDateTime%20lt%202020-01-01T00:00:00Z").await.is_empty());
        assert_eq!(names("$filter=lastModifiedDateTime%20ge%202020-01-01T00:00:00Z").await.len(), 3);
    });
}

#[test]
fn a_sorted_list_goes_on_where_the_page_ended() {
    sqlite(async |database| {
        let world = World::new(database).await;
        for name in ["c", "a", "b"] {
            world.contact(json!({"givenName": name})).await;
        }
        let first = world.get("/me/contacts?$orderby=givenName&$top=2").await;
        assert_eq!(first.each("givenName"), ["a", "b"]);
        let second = world.get(&first.link("nextLink")).await;
        assert_eq!(second.each("givenName"), ["c"]);
        assert!(second.json().get("@odata.nextLink").is_none());
    });
}

#[test]
fn extended_properties_are_written_and_asked_for() {
    sqlite(async |database| {
        let world = World::new(database).await;
        let fax = json!([{"id": "String 0x3A24", "value": "+45 9"}]);
        let created = world.post("/me/contacts", json!({"singleValueExtendedProperties": fax})).await;
        assert_eq!(created.json()["singleValueExtendedProperties"], fax);
        let path = format!("/me/contacts/{}", created.json()["id"].as_str().unwrap());
        assert!(world.get(&path).await.json().get("singleValueExtendedProperties").is_none());
        let expand = "?$expand=singleValueExtendedProperties($filter=id%20eq%20'String%200x3a24')";
        assert_eq!(world.get(&format!("{path}{expand}")).await.json()["singleValueExtendedProperties"], fax);
        let listed = world.get(&format!("/me/contacts{expand}&$select=id")).await;
        assert_eq!(listed.values()[0]["singleValueExtendedProperties"], fax);
        world.patch(&path, json!({"singleValueExtendedProperties": [{"id": "String 0x3A24", "value": null}]})).await;
        assert!(world.get(&format!("{path}{expand}")).await.json().get("singleValueExtendedProperties").is_none());
    });
}

#[test]
fn what_is_no_contact_is_refused_and_nothing_is_written() {
    sqlite(async |database| {
        let world = World::new(database).await;
        for (body, code) in [
            (json!([]), "RequestBodyRead"),
            (json!({"nonsense": 1}), "RequestBodyRead"),
            (json!({"givenName": 1}), "RequestBodyRead"),
            (json!({"birthday": "soon"}), "ErrorPropertyValidationFailure"),
            (json!({"singleValueExtendedProperties": [{"id": "x", "value": "y"}]}), "ErrorInvalidExtendedProperty"),
        ] {
            assert_eq!(world.post("/me/contacts", body).await.refusal(), (400, code.into()));
        }
        let broken = world.call(Method::POST, "/me/contacts").bytes("application/json", b"{\"a\":".to_vec());
        assert_eq!(broken.send().await.refusal(), (400, "BadRequest".into()));
        assert!(world.get("/me/contacts").await.values().is_empty());
    });
}

#[test]
fn a_contact_is_found_however_its_path_is_written() {
    sqlite(async |database| {
        let world = World::new(database).await;
        let id = world.contact(json!({"givenName": "Ann"})).await;
        for path in [
            format!("/me/contacts('{id}')"),
            format!("/Me/Contacts/{id}"),
            format!("/users('ann@example.com')/contactfolders('contacts')/contacts('{id}')"),
        ] {
            assert_eq!(world.get(&path).await.json()["givenName"], "Ann", "{path}");
        }
        assert!(world.get(&format!("/me/contacts/{}", id.to_lowercase())).await.status.is_client_error());
    });
}

#[test]
fn every_id_is_immutable_and_who_asks_for_that_is_told_so() {
    sqlite(async |database| {
        let world = World::new(database).await;
        let id = world.contact(json!({"givenName": "Ann"})).await;
        let reply = world.call(Method::GET, "/me/contacts").header("prefer", "IdType=\"ImmutableId\"").send().await;
        assert_eq!(reply.each("id"), [id]);
        assert_eq!(reply.header("preference-applied"), "IdType=\"ImmutableId\"");
    });
}
