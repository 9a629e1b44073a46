//! Ping: held until something is there that the next Sync gives.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]

mod support;

use contact::{Card, Fact, Item, ItemId, fact::Name};
use support::{Node, Phone, World, collection, scenario, sync_body, write_add};
use tokio::task::JoinHandle;
use wbxml::{
    document,
    pages::{contacts as c, ping as p},
};

fn body(heartbeat: &str, folders: &[&str]) -> Vec<u8> {
    document(p::PING, |w| {
        if !heartbeat.is_empty() {
            w.text(p::HEARTBEAT_INTERVAL, heartbeat);
        }
        if !folders.is_empty() {
            w.element(p::FOLDERS, |w| {
                for id in folders {
                    w.element(p::FOLDER, |w| {
                        w.text(p::ID, id);
                        w.text(p::CLASS, "Contacts");
                    });
                }
            });
        }
    })
}

fn ping(phone: &Phone, body: Vec<u8>) -> JoinHandle<Node> {
    let phone = phone.clone();
    tokio::spawn(async move { phone.ask("Ping", body).await })
}

async fn until_held(world: &World, count: usize) {
    while world.server.held() != count {
        tokio::task::yield_now().await;
    }
}

async fn create(world: &World, given: &str) {
    let other = world.other_side();
    let book = other.default_book().await.unwrap().book;
    let name = Name { given: Some(given.to_owned()), ..Name::default() };
    let card = Card { items: vec![Item::new(ItemId(1), Fact::Name(name))], ..Card::default() };
    other.create(book, card, vec![]).await.unwrap();
}

#[test]
fn a_change_of_the_other_side_ends_the_ping_with_its_folder() {
    scenario(async |world| {
        let phone = world.phone();
        let folder = phone.default_folder().await;
        phone.first_sync(&folder).await;
        let held = ping(&phone, body("480", &[&folder]));
        until_held(&world, 1).await;
        create(&world, "Bea").await;
        let answer = held.await.unwrap();
        assert_eq!(answer.text("Status"), "2");
        assert_eq!(answer.child("Folders").text("Folder"), folder);
        until_held(&world, 0).await;
    });
}

#[test]
fn what_is_pending_already_is_answered_at_once() {
    scenario(async |world| {
        let phone = world.phone();
        let folder = phone.default_folder().await;
        phone.first_sync(&folder).await;
        create(&world, "Bea").await;
        assert_eq!(phone.ask("Ping", body("480", &[&folder])).await.text("Status"), "2");
    });
}

#[test]
fn a_device_s_own_edit_does_not_wake_its_ping() {
    scenario(async |world| {
        let phone = world.phone();
        let folder = phone.default_folder().await;
        let (key, _) = phone.first_sync(&folder).await;
        let held = ping(&phone, body("480", &[&folder]));
        until_held(&world, 1).await;
        let answer = phone.sync(&folder, &key, |w| write_add(w, "1", &[(c::FIRST_NAME, "Bea")])).await;
        assert!(!held.is_finished());
        create(&world, "Cem").await;
        assert_eq!(held.await.unwrap().text("Status"), "2");
        let next = phone.sync(&folder, collection(&answer).text("SyncKey"), |_| {}).await;
        let commands = collection(&next).child("Commands");
        assert_eq!(commands.children.len(), 1, "a folder is reported only if its Sync delivers");
    });
}

#[test]
fn an_empty_ping_is_the_one_before_even_for_another_connection() {
    scenario(async |world| {
        let phone = world.phone();
        let folder = phone.default_folder().await;
        phone.first_sync(&folder).await;
        create(&world, "Bea").await;
        assert_eq!(phone.ask("Ping", body("480", &[&folder])).await.text("Status"), "2");
        assert_eq!(phone.ask("Ping", vec![]).await.text("Status"), "2");
        assert_eq!(phone.ask("Ping", body("600", &[])).await.text("Status"), "2", "only the interval is new");
    });
}

#[test]
fn an_empty_ping_of_a_new_device_is_3_and_bounds_are_5() {
    scenario(async |world| {
        let phone = world.phone();
        let folder = phone.default_folder().await;
        assert_eq!(phone.ask("Ping", vec![]).await.text("Status"), "3");
        for (asked, allowed) in [("59", "60"), ("3541", "3540"), ("0", "60")] {
            let answer = phone.ask("Ping", body(asked, &[&folder])).await;
            assert_eq!((answer.text("Status"), answer.text("HeartbeatInterval")), ("5", allowed));
        }
        assert_eq!(phone.ask("Ping", body("soon", &[&folder])).await.text("Status"), "4");
    });
}

#[test]
fn too_many_folders_are_6_with_the_number_allowed() {
    scenario(async |world| {
        let phone = world.phone();
        phone.default_folder().await;
        let max = activesync::limits::PING_FOLDERS_MAX;
        let answer = phone.ask("Ping", body("480", &vec!["1"; max + 1])).await;
        assert_eq!((answer.text("Status"), answer.text("MaxFolders")), ("6", max.to_string().as_str()));
    });
}

#[test]
fn unknown_folders_and_folders_before_their_first_sync_are_passed_over() {
    scenario(async |world| {
        create(&world, "Bea").await;
        let phone = world.phone();
        let folder = phone.default_folder().await;
        let held = ping(&phone, body("480", &["4711", "nonsense", &folder]));
        until_held(&world, 1).await;
        assert!(!held.is_finished());
        world.server.close();
        assert_eq!(held.await.unwrap().text("Status"), "1");
    });
}

#[test]
fn a_changed_hierarchy_is_7() {
    scenario(async |world| {
        let phone = world.phone();
        let folder = phone.default_folder().await;
        phone.first_sync(&folder).await;
        let held = ping(&phone, body("480", &[&folder]));
        until_held(&world, 1).await;
        world.other_side().create_book("Sailing").await.unwrap();
        assert_eq!(held.await.unwrap().text("Status"), "7");
    });
}

#[test]
fn a_new_ping_of_the_device_ends_the_old_one() {
    scenario(async |world| {
        let phone = world.phone();
        let folder = phone.default_folder().await;
        phone.first_sync(&folder).await;
        let old = ping(&phone, body("480", &[&folder]));
        until_held(&world, 1).await;
        let new = ping(&phone, vec![]);
        assert_eq!(old.await.unwrap().text("Status"), "1");
        assert!(!new.is_finished());
        create(&world, "Bea").await;
        assert_eq!(new.await.unwrap().text("Status"), "2");
    });
}

#[test]
fn a_held_ping_keeps_nothing_of_its_request() {
    scenario(async |world| {
        let phone = world.phone();
        let folder = phone.default_folder().await;
        phone.first_sync(&folder).await;
        let (parts, request) =
            phone.request("Ping").body(bytes::Bytes::from(body("480", &[&folder]))).unwrap().into_parts();
        let watched = request.clone();
        let server = world.server.clone();
        let held = tokio::spawn(async move {
            let answer = server.handle(parts, request, "127.0.0.1:5".parse().unwrap());
            assert!(size_of_val(&answer) <= 1_024, "{} bytes for every phone that waits", size_of_val(&answer));
            answer.await
        });
        until_held(&world, 1).await;
        assert!(watched.is_unique(), "the body is dropped while the Ping waits");
        create(&world, "Bea").await;
        assert_eq!(held.await.unwrap().status(), 200);
    });
}

#[test]
fn a_ping_whose_client_went_away_leaves_nothing_behind() {
    scenario(async |world| {
        let phone = world.phone();
        let folder = phone.default_folder().await;
        phone.first_sync(&folder).await;
        let held = ping(&phone, body("480", &[&folder]));
        until_held(&world, 1).await;
        held.abort();
        until_held(&world, 0).await;
        assert!(phone.bytes("Sync", sync_body(&folder, &phone.first_sync(&folder).await.0, |_| {})).await.is_empty());
    });
}
