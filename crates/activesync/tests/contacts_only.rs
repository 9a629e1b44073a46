//! Contacts only: every command with every other class, folder type and store, and what comes of it. Nothing here can
//! give mail, calendars, tasks, notes, messages or documents, because there are none; this shows that asking for them is
//! answered with the protocol's own words for that.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]

mod support;

use std::time::Duration;

use hub::AccessPath;
use support::{EMAIL, collection, folder_sync_body, scenario, sync_body};
use wbxml::{
    document,
    pages::{
        airsync as a, find as f, folder_hierarchy as fh, get_item_estimate as g, item_operations as i, moves as m,
        ping as p, search as s, settings,
    },
};

/// The classes of MS-ASCMD 2.2.3.27 that are not contacts.
const CLASSES: [&str; 6] = ["Email", "Calendar", "Tasks", "Notes", "SMS", "DocumentLibrary"];
/// The folder types of MS-ASCMD 2.2.3.186 that are not contacts.
const FOLDER_TYPES: [&str; 17] =
    ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "15", "16", "17", "18"];

#[test]
fn the_hierarchy_has_contacts_and_nothing_else() {
    scenario(async |world| {
        world.other_side().create_book("Sailing").await.unwrap();
        let answer = world.phone().ask("FolderSync", folder_sync_body("0")).await;
        let types: Vec<_> =
            answer.child("Changes").children("Add").iter().map(|add| add.text("Type").to_owned()).collect();
        assert_eq!(types, ["9", "14"]);
    });
}

#[test]
fn no_folder_of_another_type_can_be_made() {
    scenario(async |world| {
        let phone = world.phone();
        let key = phone.ask("FolderSync", folder_sync_body("0")).await.text("SyncKey").to_owned();
        for folder_type in FOLDER_TYPES {
            let body = document(fh::FOLDER_CREATE, |w| {
                w.text(fh::SYNC_KEY, &key);
                w.text(fh::PARENT_ID, "0");
                w.text(fh::DISPLAY_NAME, "Inbox");
                w.text(fh::TYPE, folder_type);
            });
            assert_eq!(phone.ask("FolderCreate", body).await.text("Status"), "3", "{folder_type}");
        }
        assert_eq!(world.other_side().books().await.unwrap().len(), 1);
    });
}

#[test]
fn items_of_other_classes_are_given_by_no_command() {
    scenario(async |world| {
        let phone = world.phone();
        let folder = phone.default_folder().await;
        let (key, _) = phone.first_sync(&folder).await;
        for class in CLASSES {
            // Other classes have no folder, so every id of one is unknown, whatever class is claimed for it.
            for id in ["1001", "inbox", "RI", "Mail:DEFAULT"] {
                let foreign = phone.sync(id, "0", |w| w.text(a::CLASS, class)).await;
                assert_eq!(collection(&foreign).text("Status"), "8", "{class} {id}");
            }
            // On the contacts folder a claimed class changes nothing.
            let own = phone.bytes("Sync", sync_body(&folder, &key, |w| w.text(a::CLASS, class))).await;
            assert!(own.is_empty(), "{class}");
            let estimate = document(g::GET_ITEM_ESTIMATE, |w| {
                w.element(g::COLLECTIONS, |w| {
                    w.element(g::COLLECTION, |w| {
                        w.text(a::SYNC_KEY, &key);
                        w.text(g::COLLECTION_ID, "1001");
                    });
                });
            });
            assert_eq!(phone.ask("GetItemEstimate", estimate).await.child("Response").text("Status"), "2");
            let mailbox = document(s::SEARCH, |w| {
                w.element(s::STORE, |w| {
                    w.text(s::NAME, "Mailbox");
                    w.element(s::QUERY, |w| {
                        w.element(s::AND, |w| {
                            w.text(a::CLASS, class);
                            w.text(s::FREE_TEXT, "Anna");
                        });
                    });
                });
            });
            let found = phone.ask("Search", mailbox).await;
            let store = found.child("Response").child("Store");
            assert!(store.find("Result").is_none_or(|result| result.children.is_empty()), "{class}: {found:?}");
            let find = document(f::FIND, |w| {
                w.text(f::SEARCH_ID, "42");
                w.element(f::EXECUTE_SEARCH, |w| {
                    w.element(f::MAILBOX_SEARCH_CRITERION, |w| {
                        w.element(f::QUERY, |w| {
                            w.text(a::CLASS, class);
                            w.text(f::FREE_TEXT, "Anna");
                        });
                    });
                });
            });
            assert_eq!(phone.ask("Find", find).await.child("Response").text("Total"), "0", "{class}");
        }
    });
}

#[test]
fn stores_of_documents_and_items_of_mail_are_not_there() {
    scenario(async |world| {
        let phone = world.phone();
        for store in ["DocumentLibrary", "Document Library", "PublicFolder"] {
            let body = document(s::SEARCH, |w| {
                w.element(s::STORE, |w| {
                    w.text(s::NAME, store);
                    w.text(s::QUERY, "\\\\server\\share");
                });
            });
            assert_eq!(phone.ask("Search", body).await.child("Response").child("Store").text("Status"), "9", "{store}");
            let fetch = document(i::ITEM_OPERATIONS, |w| {
                w.element(i::FETCH, |w| {
                    w.text(i::STORE, store);
                    w.text(a::SERVER_ID, "1:1");
                });
            });
            let answer = phone.ask("ItemOperations", fetch).await;
            assert_eq!(answer.child("Response").child("Fetch").text("Status"), "9", "{store}");
        }
        let attachment = document(i::ITEM_OPERATIONS, |w| {
            w.element(i::FETCH, |w| {
                w.text(i::STORE, "Mailbox");
                w.text(wbxml::pages::airsyncbase::FILE_REFERENCE, "1:1:0");
            });
        });
        assert_eq!(phone.ask("ItemOperations", attachment).await.child("Response").child("Fetch").text("Status"), "6");
        let moved = document(m::MOVE_ITEMS, |w| {
            w.element(m::MOVE, |w| {
                w.text(m::SRC_MSG_ID, "inbox:1");
                w.text(m::SRC_FLD_ID, "inbox");
                w.text(m::DST_FLD_ID, "drafts");
            });
        });
        assert_eq!(phone.ask("MoveItems", moved).await.child("Response").text("Status"), "1");
    });
}

#[test]
fn commands_of_mail_and_calendar_are_neither_offered_nor_run() {
    scenario(async |world| {
        let phone = world.phone();
        for command in ["SendMail", "SmartForward", "SmartReply", "GetAttachment", "MeetingResponse", "ValidateCert"] {
            assert_eq!(phone.status_of(command, vec![]).await, 501, "{command}");
        }
        let oof = document(settings::SETTINGS, |w| {
            w.element(settings::OOF, |w| w.element(settings::SET, |w| w.text(settings::OOF_STATE, "1")));
        });
        assert_eq!(phone.ask("Settings", oof).await.child("Oof").text("Status"), "5", "there is nobody to be away");
    });
}

#[test]
fn a_ping_for_other_classes_waits_for_nothing() {
    scenario(async |world| {
        let phone = world.phone();
        phone.default_folder().await;
        world.server.close();
        for class in CLASSES {
            let body = document(p::PING, |w| {
                w.text(p::HEARTBEAT_INTERVAL, "480");
                w.element(p::FOLDERS, |w| {
                    w.element(p::FOLDER, |w| {
                        w.text(p::ID, "1001");
                        w.text(p::CLASS, class);
                    });
                });
            });
            assert_eq!(phone.ask("Ping", body).await.text("Status"), "1", "{class}");
        }
    });
}

#[test]
fn a_token_of_another_path_opens_nothing_here() {
    scenario(async |world| {
        for path in [AccessPath::Graph, AccessPath::CardDav, AccessPath::Jmap] {
            let token = world.identity.issue_token(EMAIL, path, Duration::from_hours(1)).await.unwrap();
            let request = world.phone().request("FolderSync");
            let (mut parts, ()) = request.body(()).unwrap().into_parts();
            parts.headers.insert("Authorization", format!("Bearer {}", token.reveal()).parse().unwrap());
            let response =
                world.server.handle(parts, folder_sync_body("0").into(), "127.0.0.1:5".parse().unwrap()).await;
            assert_eq!(response.status(), 401, "{path:?}");
        }
    });
}
