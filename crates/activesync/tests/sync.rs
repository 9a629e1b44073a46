//! Sync, as devices of several families ask for it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]

mod support;

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use contact::{
    Card, Fact, Item, ItemId,
    eas::{Property, Version},
    fact::{Email, Name},
};
use hub::cards::Against;
use support::{Phone, World, collection, scenario, sync_body, write_add, write_change};
use wbxml::{
    Writer, document,
    pages::{airsync as a, airsyncbase, contacts as c},
};

fn card(given: &str) -> Card {
    let name = Name { given: Some(given.to_owned()), ..Name::default() };
    Card { items: vec![Item::new(ItemId(1), Fact::Name(name))], ..Card::default() }
}

async fn create(world: &World, given: &str) {
    let other = world.other_side();
    let book = other.default_book().await.unwrap().book;
    other.create(book, card(given), vec![]).await.unwrap();
}

/// The names of everything in the ledger.
async fn ledger(world: &World) -> Vec<String> {
    let other = world.other_side();
    let book = other.default_book().await.unwrap().book;
    let cards = other.cards(book, hub::CardId(0), 1_000).await.unwrap();
    cards.iter().map(|stored| activesync_name(&stored.card)).collect()
}

fn activesync_name(card: &Card) -> String {
    let name = card.items.iter().find_map(|item| match &item.fact {
        Fact::Name(name) => name.given.clone(),
        _ => None,
    });
    name.unwrap_or_default()
}

async fn start(phone: &Phone) -> (String, String) {
    let folder = phone.default_folder().await;
    let answer = phone.sync(&folder, "0", |_| {}).await;
    (folder, collection(&answer).text("SyncKey").to_owned())
}

fn options(w: &mut Writer, truncation: &str) {
    w.element(a::OPTIONS, |w| {
        w.element(airsyncbase::BODY_PREFERENCE, |w| {
            w.text(airsyncbase::TYPE, "1");
            w.text(airsyncbase::TRUNCATION_SIZE, truncation);
        });
    });
}

#[test]
fn key_0_answers_a_new_key_and_nothing_else() {
    scenario(async |world| {
        create(&world, "Bea").await;
        let phone = world.phone();
        let folder = phone.default_folder().await;
        let answer = phone.sync(&folder, "0", |_| {}).await;
        let one = collection(&answer);
        assert_eq!(one.names(), ["SyncKey", "CollectionId", "Status"], "no Class, no MoreAvailable without items");
        assert_ne!(one.text("SyncKey"), "0", "a key that does not advance makes iOS loop");
    });
}

#[test]
fn get_changes_beside_key_0_is_taken_leniently() {
    scenario(async |world| {
        let phone = world.phone();
        let folder = phone.default_folder().await;
        let answer = phone.sync(&folder, "0", |w| w.empty(a::GET_CHANGES)).await;
        assert_eq!(collection(&answer).text("Status"), "1", "the specification would have 4, which clients die of");
    });
}

#[test]
fn the_first_run_comes_in_pages_of_the_window_s_size() {
    scenario(async |world| {
        for number in 0..30 {
            create(&world, &format!("Somebody {number}")).await;
        }
        let phone = world.phone();
        let (folder, key) = start(&phone).await;
        let first = phone.sync(&folder, &key, |w| w.text(a::WINDOW_SIZE, "25")).await;
        let page = collection(&first);
        assert_eq!(page.child("Commands").children("Add").len(), 25);
        assert!(page.find("MoreAvailable").is_some());
        let second = phone.sync(&folder, page.text("SyncKey"), |w| w.text(a::WINDOW_SIZE, "25")).await;
        assert_eq!(collection(&second).child("Commands").children("Add").len(), 5);
        assert!(collection(&second).find("MoreAvailable").is_none());
    });
}

#[test]
fn nothing_new_is_an_empty_body_never_an_empty_collections() {
    scenario(async |world| {
        create(&world, "Bea").await;
        let phone = world.phone();
        let folder = phone.default_folder().await;
        let (key, _) = phone.first_sync(&folder).await;
        assert!(phone.bytes("Sync", sync_body(&folder, &key, |_| {})).await.is_empty());
    });
}

#[test]
fn an_add_gets_its_server_id_and_does_not_come_back_as_an_echo() {
    scenario(async |world| {
        let phone = world.phone();
        let folder = phone.default_folder().await;
        let (key, _) = phone.first_sync(&folder).await;
        let answer = phone.sync(&folder, &key, |w| write_add(w, "17", &[(c::FIRST_NAME, "Bea")])).await;
        let one = collection(&answer);
        let added = one.child("Responses").child("Add");
        assert_eq!(added.names(), ["ClientId", "ServerId", "Status"]);
        assert_eq!((added.text("ClientId"), added.text("Status")), ("17", "1"));
        assert!(one.find("Commands").is_none());
        assert!(phone.bytes("Sync", sync_body(&folder, one.text("SyncKey"), |_| {})).await.is_empty());
        assert_eq!(ledger(&world).await, ["Bea"]);
    });
}

#[test]
fn a_lost_answer_to_an_add_does_not_double_the_contact() {
    scenario(async |world| {
        let phone = world.phone();
        let folder = phone.default_folder().await;
        let (key, _) = phone.first_sync(&folder).await;
        let request = sync_body(&folder, &key, |w| write_add(w, "17", &[(c::FIRST_NAME, "Bea")]));
        let first = phone.bytes("Sync", request.clone()).await;
        let again = phone.bytes("Sync", request).await;
        assert_eq!(first, again, "the same request gets the same answer");
        assert_eq!(ledger(&world).await, ["Bea"]);
    });
}

#[test]
fn two_adds_with_one_client_id_are_two_contacts_and_two_answers() {
    scenario(async |world| {
        let phone = world.device("ANDROID1", "Android", "Android-Mail/7", "14.1");
        let folder = phone.default_folder().await;
        let (key, _) = phone.first_sync(&folder).await;
        let answer = phone
            .sync(&folder, &key, |w| {
                write_add(w, "1", &[(c::FIRST_NAME, "Ada")]);
                write_add(w, "1", &[(c::FIRST_NAME, "Bob")]);
            })
            .await;
        let responses = collection(&answer).child("Responses").children("Add");
        assert_eq!(responses.len(), 2);
        assert_ne!(responses[0].text("ServerId"), responses[1].text("ServerId"));
        assert_eq!(ledger(&world).await, ["Ada", "Bob"]);
    });
}

#[test]
fn a_key_that_was_never_given_is_status_3_for_this_collection_only() {
    scenario(async |world| {
        let other_book = world.other_side().create_book("Sailing").await.unwrap().book.to_string();
        let phone = world.phone();
        let folder = phone.default_folder().await;
        let (key, _) = phone.first_sync(&folder).await;
        let body = document(a::SYNC, |w| {
            w.element(a::COLLECTIONS, |w| {
                for (id, key, name) in [(&folder, key.as_str(), "Bea"), (&other_book, "made.up", "Cem")] {
                    w.element(a::COLLECTION, |w| {
                        w.text(a::SYNC_KEY, key);
                        w.text(a::COLLECTION_ID, id);
                        write_add(w, "1", &[(c::FIRST_NAME, name)]);
                    });
                }
            });
        });
        let answer = phone.ask("Sync", body).await;
        let statuses: Vec<_> =
            answer.child("Collections").children("Collection").iter().map(|one| one.text("Status")).collect();
        assert_eq!(statuses, ["1", "3"]);
        assert_eq!(ledger(&world).await, ["Bea"], "nothing is touched under a wrong key");
    });
}

#[test]
fn a_change_of_the_other_side_reaches_the_phone_as_the_complete_contact() {
    scenario(async |world| {
        create(&world, "Bea").await;
        let phone = world.phone();
        let folder = phone.default_folder().await;
        let (key, held) = phone.first_sync(&folder).await;
        let other = world.other_side();
        let book = other.default_book().await.unwrap().book;
        let id = other.cards(book, hub::CardId(0), 1).await.unwrap()[0].id;
        let edit = |card: &Card, _: &mut dyn contact::NewItemIds| {
            let email = Email { address: "bea@example.net".into(), name: None };
            let mut card = card.clone();
            card.items.push(Item::new(ItemId(2), Fact::Email(email)));
            card
        };
        other.edit(id, Against::Newest, vec![], Arc::new(edit)).await.unwrap();
        let answer = phone.sync(&folder, &key, |_| {}).await;
        let change = collection(&answer).child("Commands").child("Change");
        assert_eq!(change.text("ServerId"), held["Bea"]);
        let data = change.child("ApplicationData");
        assert_eq!((data.text("FirstName"), data.text("Email1Address")), ("Bea", "bea@example.net"));
    });
}

#[test]
fn a_cleared_field_is_handed_on_as_an_empty_element_without_content_bit() {
    scenario(async |world| {
        let phone = world.phone();
        let folder = phone.default_folder().await;
        let (key, _) = phone.first_sync(&folder).await;
        let texts = [(c::FIRST_NAME, "Bea"), (c::JOB_TITLE, "Pilot"), (c::BIRTHDAY, "1980-05-04T00:00:00.000Z")];
        let answer = phone.sync(&folder, &key, |w| write_add(w, "1", &texts)).await;
        let key = collection(&answer).text("SyncKey").to_owned();
        let second = world.device("OTHERPHONE", "Thunderbird", "Thunderbird ActiveSync", "14.1");
        let (second_key, _) = second.first_sync(&folder).await;
        let id = collection(&answer).child("Responses").child("Add").text("ServerId").to_owned();
        phone.sync(&folder, &key, |w| write_change(w, &id, &[(c::FIRST_NAME, "Bea")])).await;
        let told = second.sync(&folder, &second_key, |_| {}).await;
        let data = collection(&told).child("Commands").child("Change").child("ApplicationData");
        assert_eq!(data.child("JobTitle").text, "");
        assert!(data.find("Birthday").is_none(), "an empty date is no date");
    });
}

#[test]
fn every_contact_that_goes_out_has_only_containers_ios_knows() {
    scenario(async |world| {
        let phone = world.phone();
        let folder = phone.default_folder().await;
        let (key, _) = phone.first_sync(&folder).await;
        let body = sync_body(&folder, &key, |w| {
            w.element(a::COMMANDS, |w| {
                w.element(a::ADD, |w| {
                    w.text(a::CLIENT_ID, "1");
                    w.element(a::APPLICATION_DATA, |w| {
                        w.element(airsyncbase::BODY, |w| {
                            w.text(airsyncbase::TYPE, "1");
                            w.text(airsyncbase::DATA, "a note");
                        });
                        w.text(c::FIRST_NAME, "Bea");
                        w.element(c::CATEGORIES, |w| w.text(c::CATEGORY, "Friends"));
                        w.element(c::CHILDREN, |w| w.text(c::CHILD, "Ada"));
                    });
                });
            });
        });
        phone.bytes("Sync", body).await;
        let second = world.device("SECOND", "iPhone", "Apple-iPhone9C1/1501.1", "16.1");
        let (folder, key) = start(&second).await;
        let answer = second.sync(&folder, &key, |_| {}).await;
        let data = collection(&answer).child("Commands").child("Add").child("ApplicationData");
        let containers: Vec<_> =
            data.children.iter().filter(|child| !child.children.is_empty()).map(|child| child.name.as_str()).collect();
        assert_eq!(containers, ["Categories", "Children", "Body"]);
        assert_eq!(data.child("Body").names(), ["Type", "EstimatedDataSize", "Data"]);
    });
}

#[test]
fn a_note_is_cut_to_the_size_the_client_asked_for() {
    scenario(async |world| {
        let other = world.other_side();
        let book = other.default_book().await.unwrap().book;
        let mut long = card("Bea");
        long.items.push(Item::new(ItemId(2), Fact::Note("0123456789".into())));
        other.create(book, long, vec![]).await.unwrap();
        let phone = world.phone();
        let (folder, key) = start(&phone).await;
        let answer = phone.sync(&folder, &key, |w| options(w, "4")).await;
        let body = collection(&answer).child("Commands").child("Add").child("ApplicationData").child("Body");
        assert_eq!(body.names(), ["Type", "EstimatedDataSize", "Truncated", "Data"]);
        assert_eq!((body.text("EstimatedDataSize"), body.text("Data")), ("10", "0123"));
    });
}

#[test]
fn a_photo_travels_as_base64_and_comes_back_the_same() {
    scenario(async |world| {
        let phone = world.phone();
        let folder = phone.default_folder().await;
        let (key, _) = phone.first_sync(&folder).await;
        let photo = STANDARD.encode(small_jpeg());
        let texts = [(c::FIRST_NAME, "Bea"), (c::PICTURE, photo.as_str())];
        phone.sync(&folder, &key, |w| write_add(w, "1", &texts)).await;
        let second = world.device("SECOND", "iPad", "Apple-iPad1C1/1", "16.0");
        let (folder, key) = start(&second).await;
        let answer = second.sync(&folder, &key, |_| {}).await;
        let data = collection(&answer).child("Commands").child("Add").child("ApplicationData");
        assert_eq!(data.text("Picture"), photo);
    });
}

#[test]
fn a_picture_that_is_none_is_status_6_for_its_contact_only() {
    scenario(async |world| {
        let phone = world.phone();
        let folder = phone.default_folder().await;
        let (key, _) = phone.first_sync(&folder).await;
        let answer = phone
            .sync(&folder, &key, |w| {
                write_add(w, "1", &[(c::FIRST_NAME, "Ada"), (c::PICTURE, "%%%")]);
                write_add(w, "2", &[(c::FIRST_NAME, "Bob")]);
            })
            .await;
        let responses = collection(&answer).child("Responses").children("Add");
        let statuses: std::collections::BTreeMap<_, _> =
            responses.iter().map(|one| (one.text("ClientId"), one.text("Status"))).collect();
        assert_eq!(statuses, [("1", "6"), ("2", "1")].into());
        assert_eq!(ledger(&world).await, ["Bob"]);
    });
}

#[test]
fn a_picture_in_an_unknown_format_does_not_cost_the_contact() {
    scenario(async |world| {
        let phone = world.phone();
        let folder = phone.default_folder().await;
        let (key, _) = phone.first_sync(&folder).await;
        let answer = phone
            .sync(&folder, &key, |w| write_add(w, "1", &[(c::FIRST_NAME, "Ada"), (c::PICTURE, "bm8gcGljdHVyZQ==")]))
            .await;
        assert_eq!(collection(&answer).child("Responses").child("Add").text("Status"), "1");
        assert_eq!(ledger(&world).await, ["Ada"]);
    });
}

#[test]
fn other_people_s_and_made_up_server_ids_are_status_8_and_touch_nothing() {
    scenario(async |world| {
        create(&world, "Bea").await;
        let phone = world.phone();
        let folder = phone.default_folder().await;
        let (mut key, _) = phone.first_sync(&folder).await;
        for id in ["4711:1", "1:4711", "nonsense", ""] {
            let body = sync_body(&folder, &key, |w| {
                write_change(w, id, &[(c::FIRST_NAME, "X")]);
                w.element(a::COMMANDS, |w| {
                    w.element(a::DELETE, |w| w.text(a::SERVER_ID, id));
                    w.element(a::FETCH, |w| w.text(a::SERVER_ID, id));
                });
            });
            let answer = phone.ask("Sync", body).await;
            let responses = collection(&answer).child("Responses");
            assert_eq!(responses.children.len(), 3, "{id}");
            assert!(responses.children.iter().all(|one| one.text("Status") == "8"), "{id}");
            collection(&answer).text("SyncKey").clone_into(&mut key);
        }
        assert_eq!(ledger(&world).await, ["Bea"]);
    });
}

#[test]
fn an_unknown_folder_is_8_and_a_deleted_one_12() {
    scenario(async |world| {
        let other = world.other_side();
        let book = other.create_book("Sailing").await.unwrap().book;
        let phone = world.phone();
        phone.default_folder().await;
        let (key, _) = phone.first_sync(&book.to_string()).await;
        let unknown = phone.sync("4711", "0", |_| {}).await;
        assert_eq!(collection(&unknown).text("Status"), "8");
        other.delete_book(book).await.unwrap();
        let gone = phone.sync(&book.to_string(), &key, |_| {}).await;
        assert_eq!(collection(&gone).text("Status"), "12");
    });
}

#[test]
fn fetch_gives_the_contact_again() {
    scenario(async |world| {
        create(&world, "Bea").await;
        let phone = world.phone();
        let folder = phone.default_folder().await;
        let (key, held) = phone.first_sync(&folder).await;
        let answer = phone
            .sync(&folder, &key, |w| {
                w.element(a::COMMANDS, |w| w.element(a::FETCH, |w| w.text(a::SERVER_ID, &held["Bea"])));
            })
            .await;
        let fetched = collection(&answer).child("Responses").child("Fetch");
        assert_eq!(fetched.names(), ["ServerId", "Status", "ApplicationData"]);
        assert_eq!(fetched.child("ApplicationData").text("FirstName"), "Bea");
    });
}

#[test]
fn wait_beside_heartbeat_is_4_and_out_of_bounds_is_14_with_the_limit() {
    scenario(async |world| {
        let phone = world.phone();
        let (folder, key) = start(&phone).await;
        let ask = async |waits: &[(wbxml::Tag, &str)]| {
            let body = document(a::SYNC, |w| {
                w.element(a::COLLECTIONS, |w| {
                    w.element(a::COLLECTION, |w| {
                        w.text(a::SYNC_KEY, &key);
                        w.text(a::COLLECTION_ID, &folder);
                    });
                });
                for (tag, text) in waits {
                    w.text(*tag, text);
                }
            });
            phone.ask("Sync", body).await
        };
        let both = ask(&[(a::WAIT, "5"), (a::HEARTBEAT_INTERVAL, "480")]).await;
        assert_eq!((both.text("Status"), both.names()), ("4", vec!["Status"]));
        for (tag, asked, limit) in [
            (a::WAIT, "0", "1"),
            (a::WAIT, "60", "59"),
            (a::HEARTBEAT_INTERVAL, "59", "60"),
            (a::HEARTBEAT_INTERVAL, "3541", "3540"),
        ] {
            let answer = ask(&[(tag, asked)]).await;
            assert_eq!((answer.text("Status"), answer.text("Limit")), ("14", limit), "{asked}");
        }
    });
}

#[test]
fn an_empty_sync_without_memory_is_13() {
    scenario(async |world| {
        let phone = world.phone();
        phone.default_folder().await;
        assert_eq!(phone.ask("Sync", vec![]).await.text("Status"), "13");
        let partial = document(a::SYNC, |w| w.empty(a::PARTIAL));
        assert_eq!(phone.ask("Sync", partial).await.text("Status"), "13");
    });
}

#[test]
fn an_empty_sync_is_the_one_before_and_a_partial_one_leaves_out_what_is_as_before() {
    scenario(async |world| {
        let sailing = world.other_side().create_book("Sailing").await.unwrap().book.to_string();
        let phone = world.phone();
        let folder = phone.default_folder().await;
        let (key, _) = phone.first_sync(&folder).await;
        let (sailing_key, _) = phone.first_sync(&sailing).await;
        let body = document(a::SYNC, |w| {
            w.element(a::COLLECTIONS, |w| {
                for (id, key) in [(&folder, &key), (&sailing, &sailing_key)] {
                    w.element(a::COLLECTION, |w| {
                        w.text(a::SYNC_KEY, key);
                        w.text(a::COLLECTION_ID, id);
                    });
                }
            });
        });
        assert!(phone.bytes("Sync", body).await.is_empty());
        assert!(phone.bytes("Sync", vec![]).await.is_empty());
        create(&world, "Bea").await;
        let partial = document(a::SYNC, |w| {
            w.empty(a::PARTIAL);
            w.text(a::WINDOW_SIZE, "10");
        });
        let answer = phone.ask("Sync", partial).await;
        assert_eq!(collection(&answer).text("CollectionId"), folder);
        assert_eq!(phone.ask("Sync", vec![]).await.text("Status"), "13", "a key has moved: not guessed at");
    });
}

#[test]
fn a_held_sync_is_answered_when_the_other_side_changes_something() {
    scenario(async |world| {
        let phone = world.phone();
        let folder = phone.default_folder().await;
        let (key, _) = phone.first_sync(&folder).await;
        let body = document(a::SYNC, |w| {
            w.element(a::COLLECTIONS, |w| {
                w.element(a::COLLECTION, |w| {
                    w.text(a::SYNC_KEY, &key);
                    w.text(a::COLLECTION_ID, &folder);
                });
            });
            w.text(a::WAIT, "30");
        });
        let held = tokio::spawn({
            let phone = phone.clone();
            async move { phone.ask("Sync", body).await }
        });
        while world.server.held() == 0 {
            tokio::task::yield_now().await;
        }
        create(&world, "Bea").await;
        let answer = held.await.unwrap();
        let data = collection(&answer).child("Commands").child("Add").child("ApplicationData");
        assert_eq!(data.text("FirstName"), "Bea");
    });
}

#[test]
fn supported_decides_what_an_absent_element_means() {
    scenario(async |world| {
        let declare = |phone: Phone, listed: Option<Vec<wbxml::Tag>>| async move {
            let folder = phone.default_folder().await;
            let first = phone
                .sync(&folder, "0", |w| {
                    if let Some(listed) = &listed {
                        w.element(a::SUPPORTED, |w| listed.iter().for_each(|tag| w.empty(*tag)));
                    }
                })
                .await;
            let texts = [(c::FIRST_NAME, "Bea"), (c::JOB_TITLE, "Pilot")];
            let key = collection(&first).text("SyncKey").to_owned();
            let added = phone.sync(&folder, &key, |w| write_add(w, "1", &texts)).await;
            let id = collection(&added).child("Responses").child("Add").text("ServerId").to_owned();
            let key = collection(&added).text("SyncKey").to_owned();
            let body = sync_body(&folder, &key, |w| write_change(w, &id, &[(c::FIRST_NAME, "Bea")]));
            phone.bytes("Sync", body).await;
            let card = id.split(':').nth(1).unwrap().parse().unwrap();
            let stored = phone.world.other_side().card(hub::CardId(card)).await.unwrap().unwrap();
            stored.card.items.iter().any(|item| matches!(&item.fact, Fact::Title(_)))
        };
        let device = |id: &str| world.device(id, "SmartPhone", "Some/1.0", "14.1");
        assert!(!declare(device("A"), None).await, "not sent: nothing is ghosted, absent is gone");
        assert!(declare(device("B"), Some(vec![])).await, "empty: everything is ghosted, absent is kept");
        assert!(!declare(device("C"), Some(vec![c::JOB_TITLE])).await, "listed: not ghosted, absent is gone");
        assert!(declare(device("D"), Some(vec![c::FILE_AS])).await, "not listed: ghosted, absent is kept");
    });
}

#[test]
fn all_properties_go_up_from_one_device_and_come_down_to_another_unchanged() {
    scenario(async |world| {
        let up = world.device("UP", "SmartPhone", "Some/1.0", "16.1");
        let folder = up.default_folder().await;
        let (key, _) = up.first_sync(&folder).await;
        let value = |property: Property| match property {
            Property::Birthday => "1980-05-04T11:59:00.000Z".to_owned(),
            Property::Anniversary => "2001-09-08T11:59:00.000Z".to_owned(),
            Property::WeightedRank => "7".to_owned(),
            Property::Email1Address | Property::Email2Address | Property::Email3Address => {
                format!("{}@example.net", property.name().to_lowercase())
            }
            other => format!("the {}", other.name()),
        };
        let tag = |property: Property| {
            let page = wbxml::pages::page(if property.is_contacts2() { 12 } else { 1 }).unwrap();
            page.tags.iter().find(|(_, name)| *name == property.name()).unwrap().0
        };
        let values: Vec<(Property, String)> =
            Property::ALL.iter().map(|property| (*property, value(*property))).collect();
        let texts: Vec<_> = values.iter().map(|(property, text)| (tag(*property), text.as_str())).collect();
        up.sync(&folder, &key, |w| write_add(w, "1", &texts)).await;
        for version in [Version::V14_1, Version::V16_0, Version::V16_1] {
            let version = activesync::version::name(version);
            let down = world.device(&format!("DOWN{version}"), "SmartPhone", "Some/1.0", version);
            let (folder, key) = start(&down).await;
            let answer = down.sync(&folder, &key, |_| {}).await;
            let data = collection(&answer).child("Commands").child("Add").child("ApplicationData");
            for (property, text) in &values {
                assert_eq!(data.find(property.name()).map(|node| &node.text), Some(text), "{}", property.name());
            }
        }
    });
}

#[test]
fn a_conflict_is_merged_and_the_phone_gets_the_union() {
    scenario(async |world| {
        let phone = world.phone();
        let folder = phone.default_folder().await;
        let (key, _) = phone.first_sync(&folder).await;
        let added = phone.sync(&folder, &key, |w| write_add(w, "1", &[(c::FIRST_NAME, "Bea")])).await;
        let id = collection(&added).child("Responses").child("Add").text("ServerId").to_owned();
        let second = world.device("SECOND", "iPhone", "Apple-iPhone9C1/1501.1", "14.1");
        let (second_key, _) = second.first_sync(&folder).await;
        let texts = [(c::FIRST_NAME, "Bea"), (c::JOB_TITLE, "Pilot")];
        second.bytes("Sync", sync_body(&folder, &second_key, |w| write_change(w, &id, &texts))).await;
        let texts = [(c::FIRST_NAME, "Bea"), (c::DEPARTMENT, "Flight")];
        let key = collection(&added).text("SyncKey").to_owned();
        let answer = phone.sync(&folder, &key, |w| write_change(w, &id, &texts)).await;
        let data = collection(&answer).child("Commands").child("Change").child("ApplicationData");
        assert_eq!((data.text("JobTitle"), data.text("Department")), ("Pilot", "Flight"));
    });
}

/// The smallest picture every decoder reads.
fn small_jpeg() -> Vec<u8> {
    STANDARD
        .decode(
            "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////\
             ////////////////2wBDAf//////////////////////////////////////////////////////////////////////////////////\
             ////wAARCAABAAEDAREAAhEBAxEB/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAAAAD/xAAUAQEAAAAAAAAA\
             AAAAAAAAAAAA/8QAFBEBAAAAAAAAAAAAAAAAAAAAAP/aAAwDAQACEQMRAD8AN//Z",
        )
        .unwrap()
}
