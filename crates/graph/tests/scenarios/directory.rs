use http::Method;
use ledger::testing::sqlite;
use serde_json::json;

use crate::world::{Reply, World};

async fn search(world: &World, query: &str) -> Reply {
    world.call(Method::GET, &format!("/users?{query}")).header("consistencylevel", "eventual").send().await
}

#[test]
fn i_am_who_the_directory_says_i_am() {
    sqlite(async |database| {
        let world = World::new(database).await;
        let me = world.get("/me").await.json();
        assert_eq!((&me["displayName"], &me["jobTitle"]), (&json!("Ann Lee"), &json!("Captain")));
        assert_eq!(me["userPrincipalName"], "ann@example.com");
        let id = me["id"].as_str().unwrap();
        for name in [id, "ann@example.com", "ANN@example.com", "me-token-to-replace"] {
            assert_eq!(world.get(&format!("/users/{name}")).await.json()["id"], me["id"], "{name}");
            assert_eq!(world.get(&format!("/users/{name}/contacts")).await.status, 200, "{name}");
        }
        let bob = world.call(Method::GET, "/me").token(Some(&world.tokens[1])).send().await.json();
        assert_eq!((&bob["displayName"], &bob["mail"]), (&json!("Bob"), &json!("bob@example.com")));
    });
}

#[test]
fn the_directory_is_searched_and_filtered() {
    sqlite(async |database| {
        let world = World::new(database).await;
        for (query, expected) in [
            ("$search=%22displayName:carl%22", vec!["carl@example.com"]),
            (
                "$search=%22displayName:be%22%20OR%20%22displayName:%C3%B8rst%22",
                vec!["carl@example.com", "clara@example.com"],
            ),
            (
                "$filter=startswith(displayName,'c')&$orderby=displayName%20desc",
                vec!["clara@example.com", "carl@example.com"],
            ),
            ("$filter=mail%20eq%20'CARL@example.com'", vec!["carl@example.com"]),
            ("$filter=department%20eq%20'yard'%20and%20jobTitle%20ne%20null", vec!["carl@example.com"]),
            ("$filter=mobilePhone%20ne%20null", vec!["carl@example.com"]),
            ("$search=%22displayName:nobody%22", vec![]),
        ] {
            assert_eq!(search(&world, query).await.each("mail"), expected, "{query}");
        }
        let plain = world.get("/users?$search=%22displayName:carl%22").await;
        assert_eq!(plain.refusal(), (400, "Request_UnsupportedQuery".into()));
        let people = world.get("/me/people?$search=%22clara%22").await;
        assert_eq!(people.values()[0]["scoredEmailAddresses"][0]["address"], "clara@example.com");
    });
}

#[test]
fn the_directory_is_listed_in_pages() {
    sqlite(async |database| {
        let world = World::new(database).await;
        let first = world.get("/users?$top=2&$select=mail&$count=true").await;
        assert_eq!((first.values().len(), &first.json()["@odata.count"]), (2, &json!(3)));
        let second = world.get(&first.link("nextLink")).await;
        assert_eq!(second.each("mail"), ["clara@example.com"]);
    });
}

#[test]
fn others_can_be_looked_at_but_not_into() {
    sqlite(async |database| {
        let world = World::new(database).await;
        let carl = world.get("/users/carl@example.com").await.json();
        assert_eq!(carl["officeLocation"], json!(null));
        assert_eq!(
            world.get(&format!("/users/{}", carl["id"].as_str().unwrap())).await.json()["mail"],
            "carl@example.com"
        );
        let denied = (403, "ErrorAccessDenied".to_owned());
        for path in ["/users/carl@example.com/contacts", "/users/bob@example.com/contactFolders", "/users/x/contacts"] {
            assert_eq!(world.get(path).await.refusal(), denied, "{path}");
        }
        assert_eq!(world.get("/users/nobody@example.com").await.refusal(), (404, "Request_ResourceNotFound".into()));
    });
}
