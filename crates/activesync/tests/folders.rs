//! Address books as folders.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]

mod support;

use support::{Phone, folder_sync_body, scenario};
use wbxml::{document, pages::folder_hierarchy as fh};

fn create(key: &str, name: &str, parent: &str, folder_type: &str) -> Vec<u8> {
    document(fh::FOLDER_CREATE, |w| {
        w.text(fh::SYNC_KEY, key);
        w.text(fh::PARENT_ID, parent);
        w.text(fh::DISPLAY_NAME, name);
        w.text(fh::TYPE, folder_type);
    })
}

async fn key(phone: &Phone) -> String {
    phone.ask("FolderSync", folder_sync_body("0")).await.text("SyncKey").to_owned()
}

#[test]
fn the_first_folder_sync_brings_one_default_contacts_folder_with_all_ios_needs() {
    scenario(async |world| {
        let answer = world.phone().ask("FolderSync", folder_sync_body("0")).await;
        assert_eq!(answer.names(), ["Status", "SyncKey", "Changes"]);
        assert_eq!(answer.child("Changes").text("Count"), "1");
        let add = answer.child("Changes").child("Add");
        assert_eq!(add.names(), ["ServerId", "ParentId", "DisplayName", "Type"]);
        assert_eq!((add.text("ParentId"), add.text("Type")), ("0", "9"));
        assert_ne!(add.text("ServerId"), add.text("ParentId"), "iOS discards a folder that is its own parent");
    });
}

#[test]
fn folder_ids_stay_the_same_over_key_0() {
    scenario(async |world| {
        let phone = world.phone();
        assert_eq!(phone.default_folder().await, phone.default_folder().await);
    });
}

#[test]
fn a_wrong_hierarchy_key_is_status_9_and_nothing_else() {
    scenario(async |world| {
        let phone = world.phone();
        key(&phone).await;
        let answer = phone.ask("FolderSync", folder_sync_body("4711")).await;
        assert_eq!((answer.text("Status"), answer.names()), ("9", vec!["Status"]));
    });
}

#[test]
fn a_book_made_on_the_phone_is_there_and_the_same_request_again_does_not_double_it() {
    scenario(async |world| {
        let phone = world.phone();
        let key = key(&phone).await;
        let first = phone.ask("FolderCreate", create(&key, "Sailing", "0", "14")).await;
        assert_eq!(first.names(), ["Status", "SyncKey", "ServerId"]);
        let again = phone.ask("FolderCreate", create(&key, "Sailing", "0", "14")).await;
        assert_eq!(first, again, "the answer was lost");
        assert_eq!(world.other_side().books().await.unwrap().len(), 2);
        let next = phone.ask("FolderSync", folder_sync_body(first.text("SyncKey"))).await;
        assert_eq!(next.child("Changes").text("Count"), "0", "the device knows its own book");
    });
}

#[test]
fn a_taken_name_is_status_2_so_that_ios_appends_a_number() {
    scenario(async |world| {
        let phone = world.phone();
        let key = key(&phone).await;
        let answer = phone.ask("FolderCreate", create(&key, "contacts", "0", "14")).await;
        assert_eq!(answer.text("Status"), "2");
    });
}

#[test]
fn folders_of_mail_and_calendar_and_wrong_parents_are_refused() {
    scenario(async |world| {
        let phone = world.phone();
        let key = key(&phone).await;
        for folder_type in ["1", "8", "9", "12", "13", "15"] {
            let answer = phone.ask("FolderCreate", create(&key, "x", "0", folder_type)).await;
            assert_eq!(answer.text("Status"), "3", "type {folder_type}");
        }
        assert_eq!(phone.ask("FolderCreate", create(&key, "x", "5", "14")).await.text("Status"), "5");
        assert_eq!(phone.ask("FolderCreate", create("77", "x", "0", "14")).await.text("Status"), "9");
        assert_eq!(world.other_side().books().await.unwrap().len(), 1);
    });
}

#[test]
fn a_book_is_renamed_and_deleted_from_the_phone_but_not_the_default_one() {
    scenario(async |world| {
        let phone = world.phone();
        let key = key(&phone).await;
        let made = phone.ask("FolderCreate", create(&key, "Sailing", "0", "14")).await;
        let update = |key: &str, id: &str, name: &str| {
            document(fh::FOLDER_UPDATE, |w| {
                w.text(fh::SYNC_KEY, key);
                w.text(fh::SERVER_ID, id);
                w.text(fh::PARENT_ID, "0");
                w.text(fh::DISPLAY_NAME, name);
            })
        };
        let delete = |key: &str, id: &str| {
            document(fh::FOLDER_DELETE, |w| {
                w.text(fh::SYNC_KEY, key);
                w.text(fh::SERVER_ID, id);
            })
        };
        let id = made.text("ServerId");
        let renamed = phone.ask("FolderUpdate", update(made.text("SyncKey"), id, "Rowing")).await;
        assert_eq!(renamed.text("Status"), "1");
        assert_eq!(world.other_side().books().await.unwrap()[1].name, "Rowing");
        let default = world.other_side().default_book().await.unwrap().book.to_string();
        let key = renamed.text("SyncKey");
        assert_eq!(phone.ask("FolderDelete", delete(key, &default)).await.text("Status"), "3");
        assert_eq!(phone.ask("FolderDelete", delete(key, "4711")).await.text("Status"), "6", "4 ends iOS's daemon");
        assert_eq!(phone.ask("FolderDelete", delete(key, id)).await.text("Status"), "1");
        assert_eq!(world.other_side().books().await.unwrap().len(), 1);
    });
}

#[test]
fn what_others_do_to_books_comes_as_add_update_and_delete() {
    scenario(async |world| {
        let phone = world.phone();
        let key = key(&phone).await;
        let other = world.other_side();
        let book = other.create_book("Sailing").await.unwrap().book;
        let added = phone.ask("FolderSync", folder_sync_body(&key)).await;
        assert_eq!(added.child("Changes").child("Add").text("Type"), "14");
        other.rename_book(book, "Rowing").await.unwrap();
        let updated = phone.ask("FolderSync", folder_sync_body(added.text("SyncKey"))).await;
        assert_eq!(updated.child("Changes").child("Update").text("DisplayName"), "Rowing");
        other.delete_book(book).await.unwrap();
        let deleted = phone.ask("FolderSync", folder_sync_body(updated.text("SyncKey"))).await;
        assert_eq!(deleted.child("Changes").child("Delete").text("ServerId"), book.to_string());
    });
}
