//! What becomes of a device: let in, held back, blocked, and what happens to its held requests when that changes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]

mod support;

use std::collections::BTreeSet;

use access::{Exemption, Policy};
use activesync::{
    Settings,
    answer::HttpResponse,
    challenge::{BearerChallenge, Challenge},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use contact::{Card, Fact, Item, ItemId, fact::Name};
use http::{Method, Request};
use hub::AccessPath;
use ledger::tables::device_access::Enrolment;
use support::{
    ALIAS, EMAIL, Node, PASSWORD, Phone, World, collection, folder_sync_body, scenario, scenario_with, sync_body,
    write_add, write_change,
};
use tokio::task::JoinHandle;
use wbxml::{
    document,
    pages::{airsync as a, contacts as c, item_operations as i, ping as p, search as s, settings},
};

const PLACE: &str = "/Microsoft-Server-ActiveSync";

impl World {
    async fn exempt(&self, phone: &Phone, exemption: Option<Exemption>) {
        self.gate.set_exemption(EMAIL, &phone.id, exemption, "admin", "a test").await.unwrap();
    }

    async fn quarantine(&self, phone: &Phone) {
        self.exempt(phone, Some(Exemption::Quarantine)).await;
    }

    async fn clear(&self, phone: &Phone) {
        self.exempt(phone, None).await;
    }

    fn policy(&self, text: &str) {
        self.gate.set_policy(Policy::parse(text).unwrap());
    }

    async fn create(&self, given: &str) {
        let other = self.other_side();
        let book = other.default_book().await.unwrap().book;
        let name = Name { given: Some(given.to_owned()), ..Name::default() };
        let card = Card { items: vec![Item::new(ItemId(1), Fact::Name(name))], ..Card::default() };
        other.create(book, card, vec![]).await.unwrap();
    }

    /// The first names in the person's address books.
    async fn names(&self) -> Vec<String> {
        let other = self.other_side();
        let mut names = Vec::new();
        for book in other.books().await.unwrap() {
            for card in other.cards(book.book, hub::CardId(0), 500).await.unwrap() {
                names.extend(card.card.items.iter().filter_map(|item| match &item.fact {
                    Fact::Name(name) => name.given.clone(),
                    _ => None,
                }));
            }
        }
        names.sort();
        names
    }
}

fn ping_body(folder: &str) -> Vec<u8> {
    document(p::PING, |w| {
        w.text(p::HEARTBEAT_INTERVAL, "480");
        w.element(p::FOLDERS, |w| {
            w.element(p::FOLDER, |w| {
                w.text(p::ID, folder);
                w.text(p::CLASS, "Contacts");
            });
        });
    })
}

fn ping(phone: &Phone, folder: &str) -> JoinHandle<HttpResponse> {
    let (phone, body) = (phone.clone(), ping_body(folder));
    tokio::spawn(async move { phone.response("Ping", body).await })
}

async fn node(response: HttpResponse) -> Node {
    assert_eq!(response.status(), 200);
    Node::read(&support::body_of(response).await)
}

async fn until_held(world: &World, count: usize) {
    while world.server.held() != count {
        tokio::task::yield_now().await;
    }
}

fn gal(text: &str) -> Vec<u8> {
    document(s::SEARCH, |w| {
        w.element(s::STORE, |w| {
            w.text(s::NAME, "GAL");
            w.text(s::QUERY, text);
        });
    })
}

/// Goes through FolderSync with a key: the new key, and what was added and deleted.
async fn folders(phone: &Phone, key: &str) -> (String, Vec<String>, Vec<String>) {
    let answer = phone.ask("FolderSync", folder_sync_body(key)).await;
    assert_eq!(answer.text("Status"), "1");
    let ids = |kind| answer.child("Changes").children(kind).iter().map(|one| one.text("ServerId").to_owned()).collect();
    (answer.text("SyncKey").to_owned(), ids("Add"), ids("Delete"))
}

#[test]
fn a_held_back_phone_sees_an_empty_valid_account() {
    scenario(async |world| {
        world.create("Bea").await;
        world.other_side().create_book("Secret clients").await.unwrap();
        world.import_directory("lee@example.org,Bea Lee,Bea,Lee,,,,,,,,\n").await;
        let phone = world.phone();
        world.quarantine(&phone).await;
        let answer = phone.ask("FolderSync", folder_sync_body("0")).await;
        let adds = answer.child("Changes").children("Add");
        assert_eq!(adds.len(), 1, "one folder, and iOS goes on looking: {answer:?}");
        assert_eq!(adds[0].text("Type"), "9");
        let folder = adds[0].text("ServerId");
        let (key, held) = phone.first_sync(folder).await;
        assert!(held.is_empty(), "{held:?}");
        assert!(phone.bytes("Sync", sync_body(folder, &key, |_| {})).await.is_empty(), "nothing, and the key stays");
        let found = phone.ask("Search", gal("Bea")).await;
        assert!(
            found.child("Response").child("Store").find("Result").is_none_or(|one| one.children.is_empty()),
            "{found:?}"
        );
        let secret = world.other_side().default_book().await.unwrap().book.0.to_string();
        let fetch = document(i::ITEM_OPERATIONS, |w| {
            w.element(i::FETCH, |w| {
                w.text(i::STORE, "Mailbox");
                w.text(a::COLLECTION_ID, &secret);
                w.text(a::SERVER_ID, &format!("{secret}:3"));
            });
        });
        let fetched = phone.ask("ItemOperations", fetch).await;
        assert_eq!(fetched.child("Response").child("Fetch").text("Status"), "6");
        let foreign = phone.sync(&secret, "0", |_| {}).await;
        assert_eq!(collection(&foreign).text("Status"), "8", "a folder it was never shown");
    });
}

#[test]
fn what_a_held_back_phone_brings_is_kept_and_it_may_change_it() {
    scenario(async |world| {
        world.create("Bea").await;
        let phone = world.phone();
        world.quarantine(&phone).await;
        let folder = phone.default_folder().await;
        let (key, _) = phone.first_sync(&folder).await;
        let answer = phone.sync(&folder, &key, |w| write_add(w, "1", &[(c::FIRST_NAME, "Cem")])).await;
        let added = collection(&answer).child("Responses").child("Add");
        assert_eq!((added.text("Status"), added.text("ClientId")), ("1", "1"));
        let (key, server_id) = (collection(&answer).text("SyncKey"), added.text("ServerId"));
        let answer = phone.sync(&folder, key, |w| write_change(w, server_id, &[(c::FIRST_NAME, "Cemil")])).await;
        assert!(collection(&answer).find("Commands").is_none(), "{answer:?}");
        assert_eq!(world.names().await, ["Bea", "Cemil"]);
    });
}

#[test]
fn a_held_back_phone_cannot_touch_what_it_did_not_bring() {
    scenario(async |world| {
        world.create("Bea").await;
        let phone = world.phone();
        world.quarantine(&phone).await;
        let folder = phone.default_folder().await;
        let (key, _) = phone.first_sync(&folder).await;
        let mut key = key;
        for card in 1..6 {
            let guess = format!("{folder}:{card}");
            let answer = phone.sync(&folder, &key, |w| write_change(w, &guess, &[(c::FIRST_NAME, "Mallory")])).await;
            assert_eq!(collection(&answer).child("Responses").child("Change").text("Status"), "8", "{answer:?}");
            key = collection(&answer).text("SyncKey").to_owned();
            let delete = |w: &mut wbxml::Writer| {
                w.element(a::COMMANDS, |w| {
                    w.element(a::DELETE, |w| w.text(a::SERVER_ID, &guess));
                    w.element(a::FETCH, |w| w.text(a::SERVER_ID, &guess));
                });
            };
            let answer = phone.sync(&folder, &key, delete).await;
            assert!(collection(&answer).find("Commands").is_none(), "{answer:?}");
            assert_eq!(collection(&answer).child("Responses").child("Fetch").text("Status"), "8");
            key = collection(&answer).text("SyncKey").to_owned();
        }
        assert_eq!(world.names().await, ["Bea"]);
    });
}

#[test]
fn a_phone_held_back_later_and_cleared_ends_with_every_contact_once() {
    scenario(async |world| {
        world.create("Bea").await;
        world.create("Cem").await;
        let phone = world.phone();
        let (folder_key, added, _) = folders(&phone, "0").await;
        let folder = added[0].clone();
        let (key, held) = phone.first_sync(&folder).await;
        assert_eq!(held.len(), 2);
        let waiting = ping(&phone, &folder);
        until_held(&world, 1).await;

        world.quarantine(&phone).await;
        let told = node(waiting.await.unwrap()).await;
        assert_eq!((told.text("Status"), told.child("Folders").text("Folder")), ("2", folder.as_str()));
        // An edit that was made while the phone was held back goes along, and is not lost.
        let body = sync_body(&folder, &key, |w| write_change(w, &held["Bea"], &[(c::FIRST_NAME, "Beate")]));
        for _ in 0..2 {
            let answer = phone.ask("Sync", body.clone()).await;
            assert_eq!(collection(&answer).text("Status"), "12", "the folders have changed; a lost answer is repeated");
            assert!(collection(&answer).find("Commands").is_none() && collection(&answer).find("Responses").is_none());
        }
        assert_eq!(world.names().await, ["Beate", "Cem"]);
        let (folder_key, added, deleted) = folders(&phone, &folder_key).await;
        assert_eq!(deleted, std::slice::from_ref(&folder), "with the folder go the contacts");
        let [empty] = added.as_slice() else { panic!("{added:?}") };
        let (key, nothing) = phone.first_sync(empty).await;
        assert!(nothing.is_empty());
        let answer = phone.sync(empty, &key, |w| write_add(w, "7", &[(c::FIRST_NAME, "Dora")])).await;
        let key = collection(&answer).text("SyncKey").to_owned();
        world.create("Emil").await;
        let waiting = ping(&phone, empty);
        until_held(&world, 1).await;

        world.clear(&phone).await;
        let told = node(waiting.await.unwrap()).await;
        assert_eq!((told.text("Status"), told.child("Folders").text("Folder")), ("2", empty.as_str()));
        let late = phone.sync(empty, &key, |w| write_add(w, "8", &[(c::FIRST_NAME, "Fritz")])).await;
        assert_eq!(collection(&late).text("Status"), "12");
        let (_, added, deleted) = folders(&phone, &folder_key).await;
        assert_eq!((added, deleted), (vec![folder.clone()], vec![empty.clone()]));
        let (_, held) = phone.first_sync(&folder).await;
        assert_eq!(held.into_keys().collect::<Vec<_>>(), ["Beate", "Cem", "Dora", "Emil", "Fritz"]);
        assert_eq!(world.names().await, ["Beate", "Cem", "Dora", "Emil", "Fritz"]);
    });
}

#[test]
fn a_phone_that_only_asks_for_its_folders_is_not_waited_for_for_ever() {
    scenario(async |world| {
        world.create("Bea").await;
        let phone = world.phone();
        let (folder_key, added, _) = folders(&phone, "0").await;
        phone.first_sync(&added[0]).await;
        world.quarantine(&phone).await;
        let (folder_key, added, deleted) = folders(&phone, &folder_key).await;
        assert!(added.is_empty() && deleted.is_empty(), "it may have edits to bring");
        let (_, added, deleted) = folders(&phone, &folder_key).await;
        assert_eq!((added.len(), deleted.len()), (1, 1));
    });
}

#[test]
fn held_back_and_cleared_before_it_noticed_a_phone_goes_on_as_before() {
    scenario(async |world| {
        world.create("Bea").await;
        let phone = world.phone();
        let folder = phone.default_folder().await;
        let (key, _) = phone.first_sync(&folder).await;
        world.quarantine(&phone).await;
        let body = sync_body(&folder, &key, |w| write_add(w, "1", &[(c::FIRST_NAME, "Cem")]));
        assert_eq!(collection(&phone.ask("Sync", body.clone()).await).text("Status"), "12");
        world.clear(&phone).await;
        let answer = phone.ask("Sync", body).await;
        assert_eq!(collection(&answer).child("Responses").child("Add").text("Status"), "1");
        assert_eq!(world.names().await, ["Bea", "Cem"], "not doubled");
    });
}

#[test]
fn a_blocked_device_gets_129_and_no_folder_status_that_ends_the_daemon() {
    scenario(async |world| {
        let phone = world.phone();
        let folder = phone.default_folder().await;
        world.exempt(&phone, Some(Exemption::Block)).await;
        assert_eq!(phone.ask("Sync", sync_body(&folder, "0", |_| {})).await.text("Status"), "129");
        assert_eq!(phone.ask("Ping", ping_body(&folder)).await.text("Status"), "129");
        assert_eq!(phone.ask("Search", gal("Bea")).await.text("Status"), "129");
        assert_eq!(phone.ask("FolderSync", folder_sync_body("0")).await.text("Status"), "6", "iOS keeps what it has");
        let android = world.device("A1", "Android", "Android-Mail/7", "16.1");
        world.exempt(&android, Some(Exemption::Block)).await;
        assert_eq!(android.ask("FolderSync", folder_sync_body("0")).await.text("Status"), "129");
        assert_eq!(
            world.raw(world.signed_in(Method::OPTIONS, PLACE), "").await.status(),
            200,
            "the person may come in"
        );
    });
}

#[test]
fn activesync_off_is_126_and_403_and_neither_500_nor_a_401_loop() {
    scenario(async |world| {
        world.identity.set_paths_off(EMAIL, BTreeSet::from([AccessPath::ActiveSync])).await.unwrap();
        let phone = world.phone();
        let body = document(settings::SETTINGS, |w| w.element(settings::USER_INFORMATION, |w| w.empty(settings::GET)));
        assert_eq!(phone.ask("Settings", body.clone()).await.text("Status"), "126");
        assert_eq!(phone.ask("FolderSync", folder_sync_body("0")).await.text("Status"), "6");
        assert_eq!(world.raw(world.signed_in(Method::OPTIONS, PLACE), "").await.status(), 403);
        world.identity.set_paths_off(EMAIL, BTreeSet::new()).await.unwrap();
        assert_eq!(phone.ask("Settings", body).await.text("Status"), "1");
    });
}

#[test]
fn whoever_gets_nothing_is_pointed_to_the_page_that_says_why_in_a_header_and_never_in_a_document() {
    scenario(async |world| {
        let help = |response: &HttpResponse| {
            response.headers().get("Link").map(|link| link.to_str().unwrap().to_owned()).unwrap_or_default()
        };
        let phone = world.phone();
        let ask = async || phone.response("FolderSync", folder_sync_body("0")).await;
        let let_in = ask().await;
        assert_eq!(help(&let_in), "");
        world.quarantine(&phone).await;
        let held_back = ask().await;
        assert!(help(&held_back).contains("/help/device>; rel=\"help\""), "{}", help(&held_back));
        let body = support::body_of(held_back).await;
        assert!(!String::from_utf8_lossy(&body).contains("help/device"), "iOS takes no element it does not know");
        world.exempt(&phone, Some(Exemption::Block)).await;
        let blocked = ask().await;
        assert!(help(&blocked).contains("/help/device>"), "{}", help(&blocked));
        assert_eq!(node(blocked).await.text("Status"), "6");
        world.identity.set_paths_off(EMAIL, BTreeSet::from([AccessPath::ActiveSync])).await.unwrap();
        let off = world.raw(world.signed_in(Method::OPTIONS, PLACE), "").await;
        assert_eq!((off.status().as_u16(), help(&off).contains("/help/device>")), (403, true));
        assert!(String::from_utf8_lossy(&support::body_of(off).await).contains("/help/device"));
    });
}

#[test]
fn a_second_account_under_an_alias_or_another_host_is_refused_and_the_first_stays() {
    scenario(async |world| {
        let ask = async |user: &str, host: &str| {
            let uri = format!("{PLACE}?User={user}&DeviceId=D1&DeviceType=iPhone&Cmd=FolderSync");
            let request = Request::builder()
                .method(Method::POST)
                .uri(uri)
                .header("Host", host)
                .header("Authorization", format!("Basic {}", STANDARD.encode(format!("{user}:{PASSWORD}"))))
                .header("MS-ASProtocolVersion", "16.1");
            let response = world.raw(request, folder_sync_body("0")).await;
            node(response).await.text("Status").to_owned()
        };
        assert_eq!(ask(EMAIL, "contacts.example.org").await, "1");
        assert_eq!(ask(ALIAS, "contacts.example.org").await, "6", "iOS's folder commands say 6");
        assert_eq!(ask(EMAIL, "other.example.org:443").await, "6");
        assert_eq!(ask(EMAIL, "Contacts.Example.org:443").await, "1", "the same host");
        let records = world.gate.records(&world.other_side()).await.unwrap();
        assert!(records[0].access.seen.second_name.ends_with("other.example.org"), "{records:?}");
        world.policy("second_account = 'allow'");
        assert_eq!(ask(ALIAS, "contacts.example.org").await, "1");
        assert_eq!(ask(EMAIL, "contacts.example.org").await, "1");
        assert_eq!(world.other_side().devices().await.unwrap().len(), 2, "each keeps its own position");
    });
}

#[test]
fn a_changed_policy_ends_a_held_ping_with_the_right_answer() {
    scenario(async |world| {
        world.create("Bea").await;
        let phone = world.phone();
        let folder = phone.default_folder().await;
        phone.first_sync(&folder).await;
        let held = ping(&phone, &folder);
        until_held(&world, 1).await;
        world.policy("[[block]]\nname = 'Old'\nos = 'iOS < 27'");
        assert_eq!(node(held.await.unwrap()).await.text("Status"), "129");
        world.policy("");
        assert_eq!(phone.status_of("FolderSync", folder_sync_body("0")).await, 200);
    });
}

#[test]
fn a_policy_that_changes_nothing_for_a_phone_leaves_its_ping_alone() {
    scenario(async |world| {
        let phone = world.phone();
        let folder = phone.default_folder().await;
        phone.first_sync(&folder).await;
        let held = ping(&phone, &folder);
        until_held(&world, 1).await;
        world.policy("[[block]]\nname = 'Android'\nos = 'Android'");
        world.create("Bea").await;
        assert_eq!(node(held.await.unwrap()).await.text("Status"), "2");
    });
}

#[test]
fn a_disabled_person_s_held_ping_ends_with_131_and_one_whose_token_is_revoked_with_401() {
    let bearer = BearerChallenge {
        client_id: "00000002-0000-0ff1-ce00-000000000000".into(),
        authorization_uri: "https://login.example.org/oauth2/authorize".into(),
        issuer_kind: Some("ADFS".into()),
    };
    let challenge = Challenge { basic_realm: None, bearer: Some(bearer) };
    scenario_with(&Settings { challenge, ..Settings::default() }, async |world| {
        let phone = world.phone();
        let folder = phone.default_folder().await;
        phone.first_sync(&folder).await;
        let held = ping(&phone, &folder);
        until_held(&world, 1).await;
        world.identity.set_disabled(EMAIL, true).await.unwrap();
        assert_eq!(node(held.await.unwrap()).await.text("Status"), "131");

        world.identity.set_disabled(EMAIL, false).await.unwrap();
        let held = ping(&phone, &folder);
        until_held(&world, 1).await;
        world.identity.revoke_tokens(EMAIL).await.unwrap();
        let response = held.await.unwrap();
        assert_eq!(response.status(), 401);
        let challenge = response.headers()["WWW-Authenticate"].to_str().unwrap();
        assert!(challenge.contains("authorization_uri="), "{challenge}");
    });
}

#[test]
fn a_held_sync_of_a_phone_that_is_blocked_ends_with_129() {
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
            w.text(a::HEARTBEAT_INTERVAL, "480");
        });
        let asking = phone.clone();
        let held = tokio::spawn(async move { asking.response("Sync", body).await });
        until_held(&world, 1).await;
        world.exempt(&phone, Some(Exemption::Block)).await;
        assert_eq!(node(held.await.unwrap()).await.text("Status"), "129");
    });
}

#[test]
fn enrolment_clears_a_phone_that_waits_for_it() {
    scenario(async |world| {
        world.policy("default = 'quarantine'\n[[allow]]\nname = 'Ours'\nenrolled = true\ncompliant = true");
        world.create("Bea").await;
        let phone = world.phone();
        let (folder_key, added, _) = folders(&phone, "0").await;
        let (_, nothing) = phone.first_sync(&added[0]).await;
        assert!(nothing.is_empty());
        let held = ping(&phone, &added[0]);
        until_held(&world, 1).await;
        let enrolment = Enrolment { enrolled: Some("UDID".into()), compliant: Some(true), managed: Some(true) };
        world.gate.set_enrolment(world.account, &phone.id, enrolment).await.unwrap();
        assert_eq!(node(held.await.unwrap()).await.text("Status"), "2", "its folder is to be synchronised once more");
        assert_eq!(collection(&phone.sync(&added[0], "0", |_| {}).await).text("Status"), "12");
        let (_, added, _) = folders(&phone, &folder_key).await;
        let (_, held) = phone.first_sync(&added[0]).await;
        assert_eq!(held.into_keys().collect::<Vec<_>>(), ["Bea"]);
    });
}

#[test]
fn the_empty_bearer_probe_is_answered_alike_for_known_and_unknown_people() {
    scenario(async |world| {
        let probe = async |who: &str| {
            let request = Request::builder()
                .method(Method::GET)
                .uri(PLACE)
                .header("Authorization", "Bearer")
                .header("X-User-Identity", who);
            let response = world.raw(request, "").await;
            (response.status(), response.headers().clone(), support::body_of(response).await)
        };
        let (status, headers, body) = probe(EMAIL).await;
        assert_eq!(status, 401);
        assert_eq!((status, headers.clone(), body), probe("nobody@example.org").await);
        // Without an authorization server iOS is told to ask for a password.
        let diagnostics = headers["x-ms-diagnostics"].to_str().unwrap();
        assert!(diagnostics.contains("error_category=\"oauth_not_available\""), "{diagnostics}");
        let challenges: Vec<_> = headers.get_all("WWW-Authenticate").iter().collect();
        assert_eq!(challenges, ["Basic realm=\"Bothways\"", "Bearer error=\"invalid_token\""]);
    });
}

#[test]
fn every_decision_is_remembered_with_its_reason() {
    scenario(async |world| {
        world.policy("[[quarantine]]\nname = 'Unmanaged'\nmanaged_profile = true");
        let phone = world.phone();
        phone.ask("FolderSync", folder_sync_body("0")).await;
        let [record] = <[_; 1]>::try_from(world.gate.records(&world.other_side()).await.unwrap()).unwrap();
        let seen = &record.access.seen;
        assert_eq!((seen.verdict.as_str(), seen.verdict_by.as_str()), ("quarantine", "rule \"Unmanaged\""));
        assert_eq!((seen.sign_in.as_str(), seen.network.as_str()), ("issued-token", "127.0.0.1"));
        world.policy("");
        phone.ask("FolderSync", folder_sync_body("0")).await;
        let records = world.gate.records(&world.other_side()).await.unwrap();
        assert_eq!(records[0].access.seen.verdict, "allow");
    });
}

#[test]
fn an_account_that_begins_anew_is_noted_however_lately_the_one_before_was() {
    scenario(async |world| {
        let phone = world.phone();
        let folder = phone.default_folder().await;
        let noted = async || {
            let records = world.gate.records(&world.other_side()).await.unwrap();
            records.iter().find_map(|record| record.access.synced_at).map(|(_, last)| last)
        };
        let (key, _) = phone.first_sync(&folder).await;
        let first = noted().await.unwrap();
        phone.bytes("Sync", sync_body(&folder, &key, |_| {})).await;
        assert_eq!(noted().await, Some(first), "one that goes on is noted now and then");
        phone.first_sync(&folder).await;
        assert!(noted().await.unwrap() > first, "a rollout that was taken back and begun again has to see it");
    });
}
