//! The folder hierarchy a device holds, and what its folder commands do.
use crate::support::{access, card, hub};
use hub::{
    Access, HubError,
    hierarchy::{FolderAnswer, HierarchyAnswer, HierarchyChange},
};
use ledger::testing::{both_engines, sqlite};

async fn folders(access: &Access, key: &str) -> (String, Vec<HierarchyChange>) {
    match access.folder_sync("P", key).await.unwrap() {
        HierarchyAnswer::Changes(key, changes) => (key, changes),
        HierarchyAnswer::BadKey => panic!("the key {key} is good"),
    }
}

fn done(answer: FolderAnswer) -> (String, hub::BookId) {
    match answer {
        FolderAnswer::Done { key, book } => (key, book),
        FolderAnswer::BadKey => panic!("the key is good"),
    }
}

#[test]
fn every_account_has_one_default_book_and_it_stays() {
    both_engines(async |database| {
        let access = access(&hub(database, 1).await);
        let (_, changes) = folders(&access, "0").await;
        let [HierarchyChange::Add(book)] = &changes[..] else { panic!("{changes:?}") };
        assert!(book.is_default && book.name == "Contacts");
        assert!(matches!(access.rename_book(book.book, "Mine").await, Err(HubError::DefaultBook)));
        assert!(matches!(access.delete_book(book.book).await, Err(HubError::DefaultBook)));
    });
}

#[test]
fn nothing_new_keeps_the_key() {
    sqlite(async |database| {
        let access = access(&hub(database, 1).await);
        let (key, _) = folders(&access, "0").await;
        assert_eq!(folders(&access, &key).await, (key, vec![]));
    });
}

#[test]
fn the_key_before_is_accepted_once_more_and_an_older_one_is_not() {
    both_engines(async |database| {
        let access = access(&hub(database, 1).await);
        let (first, _) = folders(&access, "0").await;
        access.create_book("Ferry").await.unwrap();
        let (second, changes) = folders(&access, &first).await;
        assert_eq!(changes.len(), 1);
        let (again, same) = folders(&access, &first).await;
        assert_eq!(same, changes, "the answer was lost: the same again");
        access.create_book("Quay").await.unwrap();
        let (third, _) = folders(&access, &again).await;
        assert_eq!(access.folder_sync("P", &second).await.unwrap(), HierarchyAnswer::BadKey);
        assert_eq!(access.folder_sync("P", "99").await.unwrap(), HierarchyAnswer::BadKey);
        assert!(folders(&access, &third).await.1.is_empty());
    });
}

#[test]
fn a_lost_answer_to_a_folder_create_does_not_make_a_second_folder() {
    both_engines(async |database| {
        let access = access(&hub(database, 1).await);
        let (key, _) = folders(&access, "0").await;
        let first = done(access.folder_create("P", &key, "Ferry").await.unwrap());
        let again = done(access.folder_create("P", &key, "Ferry").await.unwrap());
        assert_eq!(first, again);
        assert_eq!(access.books().await.unwrap().len(), 2);
        assert!(folders(&access, &first.0).await.1.is_empty(), "the device knows the folder it made");
    });
}

#[test]
fn a_folder_command_hides_nothing_that_others_did() {
    both_engines(async |database| {
        let access = access(&hub(database, 1).await);
        let (key, _) = folders(&access, "0").await;
        let others = access.create_book("Of others").await.unwrap();
        let (key, _) = done(access.folder_create("P", &key, "Ferry").await.unwrap());
        let (_, changes) = folders(&access, &key).await;
        assert_eq!(changes, vec![HierarchyChange::Add(others)]);
    });
}

#[test]
fn a_folder_command_with_a_bad_key_does_nothing() {
    sqlite(async |database| {
        let access = access(&hub(database, 1).await);
        folders(&access, "0").await;
        for key in ["0", "7", ""] {
            assert_eq!(access.folder_create("P", key, "Ferry").await.unwrap(), FolderAnswer::BadKey);
        }
        assert_eq!(access.books().await.unwrap().len(), 1);
    });
}

#[test]
fn renaming_and_deleting_from_the_phone_is_seen_by_other_devices_as_what_it_is() {
    both_engines(async |database| {
        let access = access(&hub(database, 1).await);
        let (key, _) = folders(&access, "0").await;
        let (key, book) = done(access.folder_create("P", &key, "Ferry").await.unwrap());
        let HierarchyAnswer::Changes(other, _) = access.folder_sync("Q", "0").await.unwrap() else { panic!() };
        access.create(book, card("Bea"), vec![]).await.unwrap();
        let (key, _) = done(access.folder_rename("P", &key, book, "Quay").await.unwrap());
        let HierarchyAnswer::Changes(other, changes) = access.folder_sync("Q", &other).await.unwrap() else { panic!() };
        assert!(matches!(&changes[..], [HierarchyChange::Update(book)] if book.name == "Quay"));
        done(access.folder_delete("P", &key, book).await.unwrap());
        assert!(access.hierarchy_is_stale("Q").await.unwrap());
        let HierarchyAnswer::Changes(_, changes) = access.folder_sync("Q", &other).await.unwrap() else { panic!() };
        assert_eq!(changes, vec![HierarchyChange::Delete(book)]);
        assert_eq!(access.deleted_cards(10).await.unwrap().len(), 1, "its contacts are in history");
    });
}

#[test]
fn a_name_that_exists_or_is_none_is_refused() {
    sqlite(async |database| {
        let access = access(&hub(database, 1).await);
        access.create_book("Ferry").await.unwrap();
        assert!(matches!(access.create_book("fErRy").await, Err(HubError::BookNameTaken(_))));
        for name in ["", "   ", "a\nb", &"x".repeat(257)] {
            assert!(matches!(access.create_book(name).await, Err(HubError::BadBookName(_))), "{name:?}");
        }
    });
}
