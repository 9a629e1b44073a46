//! Search, Find, ResolveRecipients, GetItemEstimate, ItemOperations and MoveItems.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]

mod support;

use contact::{
    Card, Fact, Item, ItemId,
    fact::{Email, Name},
};
use hub::BookId;
use support::{Node, Phone, World, collection, scenario};
use wbxml::{
    Tag, document,
    pages::{
        airsync as a, airsyncbase, contacts as c, find as f, get_item_estimate as g, item_operations as i, moves as m,
        resolve_recipients as r, search as s,
    },
};

const PEOPLE: &str = "bea.muster@example.org,Bea Muster,Bea,Muster,+49 30 1,+49 170 1,,Beispiel,Flight,Pilot,B 7,bea\n\
                      cem.muster@example.org,Cem Muster,Cem,Muster,,,,,,,,cem\n";

async fn create(world: &World, book: BookId, given: &str, email: &str) -> String {
    let name = Name { given: Some(given.to_owned()), surname: Some("Segler".into()), ..Name::default() };
    let email = Email { address: email.to_owned(), name: None };
    let items = vec![Item::new(ItemId(1), Fact::Name(name)), Item::new(ItemId(2), Fact::Email(email))];
    let stored = world.other_side().create(book, Card { items, ..Card::default() }, vec![]).await.unwrap();
    format!("{book}:{}", stored.id)
}

async fn default_book(world: &World) -> BookId {
    world.other_side().default_book().await.unwrap().book
}

fn gal(query: &str, range: &str, picture: bool) -> Vec<u8> {
    document(s::SEARCH, |w| {
        w.element(s::STORE, |w| {
            w.text(s::NAME, "GAL");
            w.text(s::QUERY, query);
            w.element(s::OPTIONS, |w| {
                w.text(s::RANGE, range);
                if picture {
                    w.empty(s::PICTURE);
                }
            });
        });
    })
}

fn store(answer: &Node) -> &Node {
    answer.child("Response").child("Store")
}

#[test]
fn the_directory_is_found_by_the_beginning_of_a_name() {
    scenario(async |world| {
        world.import_directory(PEOPLE).await;
        let answer = world.phone().ask("Search", gal("must", "0-99", false)).await;
        assert_eq!(answer.text("Status"), "1");
        let store = store(&answer);
        assert_eq!(store.names(), ["Status", "Result", "Result", "Range", "Total"]);
        assert_eq!((store.text("Range"), store.text("Total")), ("0-1", "2"));
        let bea = store.child("Result").child("Properties");
        let known = ["DisplayName", "Phone", "Office", "Title", "Company", "Alias", "FirstName", "LastName"];
        assert!(known.iter().all(|name| bea.find(name).is_some()), "{bea:?}");
        assert_eq!(bea.text("EmailAddress"), "bea.muster@example.org");
        let cem = store.children("Result")[1].child("Properties");
        assert!(cem.find("Phone").is_none(), "empty properties are left out");
    });
}

#[test]
fn a_range_gives_that_many_and_one_past_the_end_is_12() {
    scenario(async |world| {
        world.import_directory(PEOPLE).await;
        let second = world.phone().ask("Search", gal("must", "1-1", false)).await;
        assert_eq!((store(&second).text("Range"), store(&second).text("Total")), ("1-1", "2"));
        assert_eq!(store(&second).children("Result").len(), 1);
        let beyond = world.phone().ask("Search", gal("must", "2-9", false)).await;
        assert_eq!(store(&beyond).text("Status"), "12");
        let nobody = world.phone().ask("Search", gal("nobody", "0-99", false)).await;
        assert_eq!((store(&nobody).text("Status"), store(&nobody).text("Total")), ("1", "0"));
        let backwards = world.phone().ask("Search", gal("must", "9-3", false)).await;
        assert_eq!(store(&backwards).text("Status"), "2");
    });
}

#[test]
fn pictures_come_only_when_asked_for_and_a_missing_one_is_173() {
    scenario(async |world| {
        world.import_directory(PEOPLE).await;
        let without = world.phone().ask("Search", gal("bea", "0-99", false)).await;
        assert!(store(&without).child("Result").child("Properties").find("Picture").is_none());
        let with = world.phone().ask("Search", gal("bea", "0-99", true)).await;
        let picture = store(&with).child("Result").child("Properties").child("Picture");
        assert_eq!((picture.text("Status"), picture.names()), ("173", vec!["Status"]));
    });
}

#[test]
fn a_search_of_the_mailbox_finds_own_contacts_only_where_asked() {
    scenario(async |world| {
        let book = default_book(&world).await;
        let id = create(&world, book, "Dora", "dora@example.net").await;
        let body = |class: &str, folder: &str| {
            document(s::SEARCH, |w| {
                w.element(s::STORE, |w| {
                    w.text(s::NAME, "Mailbox");
                    w.element(s::QUERY, |w| {
                        w.element(s::AND, |w| {
                            w.text(a::CLASS, class);
                            w.text(a::COLLECTION_ID, folder);
                            w.text(s::FREE_TEXT, "dora segler");
                        });
                    });
                    w.element(s::OPTIONS, |w| w.text(s::RANGE, "0-9"));
                });
            })
        };
        let phone = world.phone();
        let found = phone.ask("Search", body("Contacts", &book.to_string())).await;
        let result = store(&found).child("Result");
        assert_eq!(result.names(), ["Class", "LongId", "CollectionId", "Properties"]);
        assert_eq!((result.text("LongId"), result.child("Properties").text("FirstName")), (id.as_str(), "Dora"));
        assert_eq!(store(&phone.ask("Search", body("Email", &book.to_string())).await).text("Total"), "0");
        assert_eq!(store(&phone.ask("Search", body("Contacts", "4711")).await).text("Total"), "0");
    });
}

fn criterion(tag: Tag, query: &str) -> Vec<u8> {
    document(f::FIND, |w| {
        w.text(f::SEARCH_ID, "42DD7336-419F-4F68-BEBC-95982BF69899");
        w.element(f::EXECUTE_SEARCH, |w| {
            w.element(tag, |w| {
                if tag == f::GAL_SEARCH_CRITERION {
                    w.text(f::QUERY, query);
                } else {
                    w.element(f::QUERY, |w| {
                        w.text(a::CLASS, "Email");
                        w.text(f::FREE_TEXT, query);
                    });
                }
                w.element(f::OPTIONS, |w| w.text(f::RANGE, "0-99"));
            });
        });
    })
}

#[test]
fn find_searches_the_directory_and_finds_nothing_in_the_mailbox_without_an_error() {
    scenario(async |world| {
        world.import_directory(PEOPLE).await;
        let phone = world.device("7Q2M5T9KD14V9B3R", "iPhone", "Apple-iPhone15C4/2302.85", "16.1");
        let people = phone.ask("Find", criterion(f::GAL_SEARCH_CRITERION, "cem")).await;
        let response = people.child("Response");
        assert_eq!(response.names(), ["Store", "Status", "Result", "Range", "Total"]);
        assert_eq!(response.child("Result").child("Properties").text("DisplayName"), "Cem Muster");
        let mail = phone.ask("Find", criterion(f::MAILBOX_SEARCH_CRITERION, "to:\"Test\"")).await;
        let response = mail.child("Response");
        assert_eq!((response.text("Status"), response.text("Total")), ("1", "0"));
    });
}

#[test]
fn recipients_are_resolved_from_the_directory_and_own_contacts() {
    scenario(async |world| {
        world.import_directory(PEOPLE).await;
        create(&world, default_book(&world).await, "Dora", "dora@example.net").await;
        let body = document(r::RESOLVE_RECIPIENTS, |w| {
            for to in ["cem.muster@example.org", "muster", "dora@example.net", "nobody"] {
                w.text(r::TO, to);
            }
            w.element(r::OPTIONS, |w| {
                w.text(r::MAX_AMBIGUOUS_RECIPIENTS, "1");
                w.empty(r::PICTURE);
                w.text(r::CERTIFICATE_RETRIEVAL, "2");
            });
        });
        let answer = world.phone().ask("ResolveRecipients", body).await;
        let responses = answer.children("Response");
        let statuses: Vec<_> = responses.iter().map(|one| (one.text("Status"), one.text("RecipientCount"))).collect();
        assert_eq!(statuses, [("1", "1"), ("3", "2"), ("1", "1"), ("4", "0")]);
        let cem = responses[0].child("Recipient");
        assert_eq!((cem.text("Type"), cem.text("DisplayName")), ("1", "Cem Muster"));
        assert_eq!(cem.child("Picture").text("Status"), "173");
        assert_eq!(cem.child("Certificates").text("Status"), "7");
        assert_eq!(responses[1].children("Recipient").len(), 1);
        let dora = responses[2].child("Recipient");
        assert_eq!((dora.text("Type"), dora.text("EmailAddress")), ("2", "dora@example.net"));
    });
}

fn estimate(folder: &str, key: &str) -> Vec<u8> {
    document(g::GET_ITEM_ESTIMATE, |w| {
        w.element(g::COLLECTIONS, |w| {
            w.element(g::COLLECTION, |w| {
                w.text(a::SYNC_KEY, key);
                w.text(g::COLLECTION_ID, folder);
            });
        });
    })
}

async fn estimated(phone: &Phone, folder: &str, key: &str) -> (String, Option<String>) {
    let answer = phone.ask("GetItemEstimate", estimate(folder, key)).await;
    let response = answer.child("Response");
    let count = response.child("Collection").find("Estimate").map(|count| count.text.clone());
    (response.text("Status").to_owned(), count)
}

#[test]
fn an_estimate_counts_what_is_new_not_what_there_is() {
    scenario(async |world| {
        let book = default_book(&world).await;
        for number in 0..3 {
            create(&world, book, &format!("Old {number}"), "old@example.net").await;
        }
        let phone = world.phone();
        let folder = phone.default_folder().await;
        let first = phone.sync(&folder, "0", |_| {}).await;
        assert_eq!(
            estimated(&phone, &folder, collection(&first).text("SyncKey")).await,
            ("1".into(), Some("3".into()))
        );
        let (key, _) = phone.first_sync(&folder).await;
        create(&world, book, "New", "new@example.net").await;
        assert_eq!(estimated(&phone, &folder, &key).await, ("1".into(), Some("1".into())));
        assert_eq!(estimated(&phone, &folder, "0").await, ("3".into(), None));
        assert_eq!(estimated(&phone, &folder, "made.up").await, ("4".into(), None));
        assert_eq!(estimated(&phone, "4711", &key).await, ("2".into(), None));
    });
}

#[test]
fn item_operations_fetch_the_named_elements_of_one_contact() {
    scenario(async |world| {
        let book = default_book(&world).await;
        let id = create(&world, book, "Dora", "dora@example.net").await;
        let body = |id: &str| {
            document(i::ITEM_OPERATIONS, |w| {
                w.element(i::FETCH, |w| {
                    w.text(i::STORE, "Mailbox");
                    w.text(a::COLLECTION_ID, &book.to_string());
                    w.text(a::SERVER_ID, id);
                    w.element(i::OPTIONS, |w| {
                        w.element(i::SCHEMA, |w| {
                            w.empty(c::FIRST_NAME);
                            w.empty(airsyncbase::BODY);
                        });
                    });
                });
            })
        };
        let phone = world.phone();
        let answer = phone.ask("ItemOperations", body(&id)).await;
        let fetched = answer.child("Response").child("Fetch");
        assert_eq!(fetched.names(), ["Status", "CollectionId", "ServerId", "Class", "Properties"]);
        assert_eq!(fetched.child("Properties").names(), ["FirstName"]);
        let missing = phone.ask("ItemOperations", body("1:4711")).await;
        assert_eq!(missing.child("Response").child("Fetch").text("Status"), "6");
    });
}

#[test]
fn a_folder_is_emptied_and_its_contacts_stay_in_history() {
    scenario(async |world| {
        let book = default_book(&world).await;
        create(&world, book, "Dora", "dora@example.net").await;
        let body = document(i::ITEM_OPERATIONS, |w| {
            for folder in [book.to_string().as_str(), "4711"] {
                w.element(i::EMPTY_FOLDER_CONTENTS, |w| w.text(a::COLLECTION_ID, folder));
            }
        });
        let answer = world.phone().ask("ItemOperations", body).await;
        let outcomes = answer.child("Response").children("EmptyFolderContents");
        assert_eq!(outcomes.iter().map(|one| one.text("Status")).collect::<Vec<_>>(), ["1", "6"]);
        assert_eq!(world.other_side().count(book).await.unwrap(), 0);
    });
}

#[test]
fn a_contact_moves_to_another_book_and_the_same_request_again_is_a_success() {
    scenario(async |world| {
        let book = default_book(&world).await;
        let id = create(&world, book, "Dora", "dora@example.net").await;
        let sailing = world.other_side().create_book("Sailing").await.unwrap().book;
        let phone = world.phone();
        phone.default_folder().await;
        let (sailing_key, _) = phone.first_sync(&sailing.to_string()).await;
        let (key, _) = phone.first_sync(&book.to_string()).await;
        let body = |id: &str, from: &str, to: &str| {
            document(m::MOVE_ITEMS, |w| {
                w.element(m::MOVE, |w| {
                    w.text(m::SRC_MSG_ID, id);
                    w.text(m::SRC_FLD_ID, from);
                    w.text(m::DST_FLD_ID, to);
                });
            })
        };
        let (from, to) = (book.to_string(), sailing.to_string());
        let moved = phone.ask("MoveItems", body(&id, &from, &to)).await;
        let response = moved.child("Response");
        assert_eq!(response.names(), ["SrcMsgId", "Status", "DstMsgId"]);
        assert_eq!(response.text("Status"), "3");
        assert_eq!(phone.ask("MoveItems", body(&id, &from, &to)).await, moved, "the answer was lost");
        let status = async |id: &str, from: &str, to: &str| {
            phone.ask("MoveItems", body(id, from, to)).await.child("Response").text("Status").to_owned()
        };
        assert_eq!(status("1:4711", &from, &to).await, "1");
        assert_eq!(status(response.text("DstMsgId"), &to, "4711").await, "2");
        assert_eq!(status(response.text("DstMsgId"), &to, &to).await, "4");
        let gone = phone.sync(&from, &key, |_| {}).await;
        assert_eq!(collection(&gone).child("Commands").child("Delete").text("ServerId"), id);
        let there = phone.sync(&to, &sailing_key, |_| {}).await;
        let add = collection(&there).child("Commands").child("Add");
        assert_eq!(add.text("ServerId"), response.text("DstMsgId"));
    });
}
