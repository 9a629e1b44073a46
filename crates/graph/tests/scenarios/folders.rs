use http::Method;
use ledger::testing::sqlite;
use serde_json::json;

use crate::world::World;

#[test]
fn a_folder_is_created_renamed_used_and_deleted() {
    sqlite(async |database| {
        let world = World::new(database).await;
        assert!(world.get("/me/contactFolders").await.values().is_empty(), "clients add the default folder themselves");
        let default = world.get("/me/contactFolders/contacts").await.json();
        assert_eq!(default["displayName"], "Contacts");

        let created = world.post("/me/contactFolders", json!({"displayName": "Suppliers"})).await;
        assert_eq!(created.status, 201);
        assert_eq!(created.json()["parentFolderId"], default["id"]);
        let path = format!("/me/contactFolders/{}", created.json()["id"].as_str().unwrap());
        assert_eq!(world.patch(&path, json!({"displayName": "Partners"})).await.json()["displayName"], "Partners");
        assert_eq!(world.get("/me/contactFolders?$select=displayName").await.each("displayName"), ["Partners"]);

        let contact = world.post(&format!("{path}/contacts"), json!({"givenName": "Ann"})).await.json();
        assert_eq!(contact["parentFolderId"], created.json()["id"]);
        assert!(world.get("/me/contacts").await.values().is_empty());
        assert_eq!(world.get(&format!("{path}/contacts")).await.each("givenName"), ["Ann"]);

        assert_eq!(world.delete(&path).await.status, 204);
        assert_eq!(world.get(&path).await.refusal(), (404, "ErrorItemNotFound".into()));
        let contact = format!("/me/contacts/{}", contact["id"].as_str().unwrap());
        assert_eq!(world.get(&contact).await.status, 404);
    });
}

#[test]
fn what_cannot_be_done_with_folders_is_said_in_exchanges_words() {
    sqlite(async |database| {
        let world = World::new(database).await;
        world.post("/me/contactFolders", json!({"displayName": "Suppliers"})).await;
        let again = world.post("/me/contactFolders", json!({"displayName": "suppliers"})).await;
        assert_eq!(again.refusal(), (409, "ErrorFolderExists".into()));
        let nameless = world.post("/me/contactFolders", json!({"displayName": " "})).await;
        assert_eq!(nameless.refusal(), (400, "ErrorInvalidFolderName".into()));
        let deleted = world.delete("/me/contactFolders/contacts").await;
        assert_eq!(deleted.refusal(), (403, "ErrorDeleteDistinguishedFolder".into()));
        assert_eq!(world.get("/me/contactFolders/nonsense").await.refusal(), (400, "ErrorInvalidIdMalformed".into()));
    });
}

#[test]
fn the_folders_lie_in_the_default_one_and_nothing_lies_in_them() {
    sqlite(async |database| {
        let world = World::new(database).await;
        let created = world.post("/me/contactFolders/contacts/childFolders", json!({"displayName": "Suppliers"})).await;
        let id = created.json()["id"].as_str().unwrap().to_owned();
        assert_eq!(world.get("/me/contactFolders/contacts/childFolders").await.each("id"), [id.as_str()]);
        assert!(world.get(&format!("/me/contactFolders/{id}/childFolders")).await.values().is_empty());
    });
}

#[test]
fn a_contact_moves_with_its_id_and_is_found_only_where_it_is() {
    sqlite(async |database| {
        let world = World::new(database).await;
        let id = world.contact(json!({"givenName": "Ann"})).await;
        let folder = world.post("/me/contactFolders", json!({"displayName": "Suppliers"})).await.json();
        let folder = folder["id"].as_str().unwrap();
        let moved = world.patch(&format!("/me/contacts/{id}"), json!({"parentFolderId": folder})).await.json();
        assert_eq!((moved["id"].as_str().unwrap(), moved["parentFolderId"].as_str().unwrap()), (id.as_str(), folder));
        assert_eq!(world.get(&format!("/me/contactFolders/{folder}/contacts/{id}")).await.status, 200);
        assert_eq!(world.get(&format!("/me/contactFolders/contacts/contacts/{id}")).await.status, 404);
        assert_eq!(world.get(&format!("/me/contacts/{id}")).await.status, 200);
    });
}

#[test]
fn a_delta_of_folders_tells_what_came_changed_and_went() {
    sqlite(async |database| {
        let world = World::new(database).await;
        let id = |name: &str| {
            let (world, name) = (&world, name.to_owned());
            async move {
                let reply = world.post("/me/contactFolders", json!({"displayName": name})).await;
                reply.json()["id"].as_str().unwrap().to_owned()
            }
        };
        let (kept, renamed, deleted) = (id("A").await, id("B").await, id("C").await);
        let first = world.get("/me/contactFolders/delta").await;
        assert_eq!(first.each("id"), [kept.clone(), renamed.clone(), deleted.clone()]);

        world.patch(&format!("/me/contactFolders/{renamed}"), json!({"displayName": "BB"})).await;
        world.call(Method::DELETE, &format!("/me/contactFolders/{deleted}")).send().await;
        let second = world.get(&first.link("deltaLink")).await;
        assert_eq!(second.each("id"), [renamed, deleted]);
        assert_eq!(second.values()[1]["@removed"]["reason"], "deleted");
        assert!(world.get(&second.link("deltaLink")).await.values().is_empty());
        assert_eq!(
            world.get("/me/contactFolders/delta?$deltatoken=x").await.refusal(),
            (410, "syncStateNotFound".into())
        );
    });
}
