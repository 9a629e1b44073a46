//! The rules of a round, one scenario each.
use std::sync::Arc;

use crate::support::{access, add, added, card, change, contact, expect_round, first_sync, hub, request, shown};
use contact::{
    Fact, Item, ItemId,
    eas::{EasContact, Family, Property, Version},
    fact::{Email, Organization},
};
use hub::{
    Access, AccountId, BookId, CardId, HubError,
    cards::Against,
    round::{CommandResponse, FailedCommand, PingedBook, ServerCommand, SyncAnswer, SyncCommand},
};
use ledger::testing::{both_engines, sqlite};

const BEA: &[(Property, &str)] = &[(Property::FirstName, "Bea"), (Property::MobilePhoneNumber, "+49 170 1")];

async fn default_book(access: &Access) -> BookId {
    access.default_book().await.unwrap().book
}

async fn cards(access: &Access, book: BookId) -> Vec<hub::cards::StoredCard> {
    access.cards(book, CardId(0), 1000).await.unwrap()
}

fn pinged(book: BookId) -> Vec<PingedBook> {
    vec![PingedBook { book, family: Family::Ios, version: Version::V16_1 }]
}

fn with_company(card: &contact::Card, company: &str) -> contact::Card {
    let mut card = card.clone();
    card.items.retain(|item| !matches!(item.fact, Fact::Organization(_)));
    let fact = Fact::Organization(Organization { name: Some(company.to_owned()), ..Organization::default() });
    card.items.push(Item::new(ItemId(77), fact));
    card
}

async fn set_company(access: &Access, card: CardId, company: &'static str) {
    let edit = Arc::new(move |card: &contact::Card, _: &mut dyn contact::NewItemIds| with_company(card, company));
    access.edit(card, Against::Newest, vec![], edit).await.unwrap();
}

#[test]
fn a_lost_answer_to_an_add_does_not_double_the_contact() {
    both_engines(async |database| {
        let access = access(&hub(database, 1).await);
        let book = default_book(&access).await;
        let (key, _) = first_sync(&access, "P", book, 25).await;
        let asked = request(&key, vec![add("17", contact(BEA))], 25);
        let first = expect_round(access.sync("P", book, asked.clone()).await.unwrap());
        let again = expect_round(access.sync("P", book, asked).await.unwrap());
        assert_eq!(added(&first, "17"), added(&again, "17"));
        assert_eq!((first.key, first.responses, first.commands), (again.key, again.responses, again.commands));
        assert!(again.repeated);
        assert_eq!(cards(&access, book).await.len(), 1);
    });
}

#[test]
fn a_repeated_add_with_other_content_changes_the_contact_it_made() {
    both_engines(async |database| {
        let access = access(&hub(database, 1).await);
        let book = default_book(&access).await;
        let (key, _) = first_sync(&access, "P", book, 25).await;
        access.sync("P", book, request(&key, vec![add("17", contact(BEA))], 25)).await.unwrap();
        let better = contact(&[(Property::FirstName, "Bea"), (Property::MobilePhoneNumber, "+49 170 2")]);
        let round = expect_round(access.sync("P", book, request(&key, vec![add("17", better)], 25)).await.unwrap());
        assert!(round.commands.is_empty(), "what it sent is what there is: {:?}", round.commands);
        let [only] = &cards(&access, book).await[..] else { panic!("one contact") };
        assert!(format!("{:?}", only.card).contains("+49 170 2"));
        assert_eq!(added(&round, "17"), only.id);
    });
}

#[test]
fn an_add_that_does_not_come_again_after_its_answer_was_lost_is_told_to_the_phone() {
    sqlite(async |database| {
        let access = access(&hub(database, 1).await);
        let book = default_book(&access).await;
        let (key, _) = first_sync(&access, "P", book, 25).await;
        access.sync("P", book, request(&key, vec![add("17", contact(BEA))], 25)).await.unwrap();
        let round = expect_round(access.sync("P", book, request(&key, vec![], 25)).await.unwrap());
        assert!(matches!(&round.commands[..], [ServerCommand::Add { .. }]), "{:?}", round.commands);
    });
}

#[test]
fn two_adds_of_one_client_id_in_one_request_are_two_contacts() {
    sqlite(async |database| {
        let access = access(&hub(database, 1).await);
        let book = default_book(&access).await;
        let (key, _) = first_sync(&access, "P", book, 25).await;
        let asked = request(&key, vec![add("5", contact(BEA)), add("5", contact(BEA))], 25);
        expect_round(access.sync("P", book, asked.clone()).await.unwrap());
        access.sync("P", book, asked).await.unwrap();
        assert_eq!(cards(&access, book).await.len(), 2);
    });
}

#[test]
fn of_two_adds_of_one_client_id_the_one_that_does_not_come_again_is_not_taken_for_the_other() {
    sqlite(async |database| {
        let access = access(&hub(database, 1).await);
        let book = default_book(&access).await;
        let (key, _) = first_sync(&access, "P", book, 25).await;
        let cyd = contact(&[(Property::FirstName, "Cyd")]);
        let both = request(&key, vec![add("5", contact(BEA)), add("5", cyd.clone())], 25);
        let first = expect_round(access.sync("P", book, both).await.unwrap());
        let round = expect_round(access.sync("P", book, request(&key, vec![add("5", cyd)], 25)).await.unwrap());
        let CommandResponse::Added(_, second_of_first) = &first.responses[1] else { panic!("two responses") };
        assert_eq!(added(&round, "5"), *second_of_first);
        let told: Vec<CardId> = round.commands.iter().map(ServerCommand::card).collect();
        assert_eq!(told, [added(&first, "5")], "the one whose id the phone never learnt");
        assert_eq!(cards(&access, book).await.len(), 2);
    });
}

#[test]
fn a_client_id_used_again_in_a_later_round_is_another_contact() {
    sqlite(async |database| {
        let access = access(&hub(database, 1).await);
        let book = default_book(&access).await;
        let (key, _) = first_sync(&access, "P", book, 25).await;
        let round =
            expect_round(access.sync("P", book, request(&key, vec![add("5", contact(BEA))], 25)).await.unwrap());
        let next = request(&round.key.0, vec![add("5", contact(BEA))], 25);
        access.sync("P", book, next).await.unwrap();
        assert_eq!(cards(&access, book).await.len(), 2);
    });
}

#[test]
fn a_key_two_steps_old_and_a_made_up_one_start_the_device_over_and_touch_nothing() {
    both_engines(async |database| {
        let access = access(&hub(database, 1).await);
        let book = default_book(&access).await;
        let (old, _) = first_sync(&access, "P", book, 25).await;
        let mut key = old.clone();
        for number in 0..2 {
            let asked = request(&key, vec![add(&number.to_string(), contact(BEA))], 25);
            key = expect_round(access.sync("P", book, asked).await.unwrap()).key.0;
        }
        for bad in [old.as_str(), "12", "", "🦀"] {
            let asked = request(bad, vec![add("9", contact(BEA))], 25);
            assert_eq!(access.sync("P", book, asked).await.unwrap(), SyncAnswer::BadKey);
        }
        assert_eq!(cards(&access, book).await.len(), 2);
        let asked = request(&key, vec![], 25);
        assert_eq!(access.sync("P", book, asked).await.unwrap(), SyncAnswer::Unchanged, "the current key lives on");
    });
}

#[test]
fn the_old_epoch_lives_until_the_fresh_key_comes_back() {
    sqlite(async |database| {
        let access = access(&hub(database, 1).await);
        let book = default_book(&access).await;
        let (key, _) = first_sync(&access, "P", book, 25).await;
        let one = expect_round(access.sync("P", book, request("0", vec![], 25)).await.unwrap());
        let two = expect_round(access.sync("P", book, request("0", vec![], 25)).await.unwrap());
        assert_eq!(one.key, two.key, "a second key 0 gets the same fresh key");
        let asked = request(&key, vec![], 25);
        assert_eq!(access.sync("P", book, asked).await.unwrap(), SyncAnswer::Unchanged);
        access.sync("P", book, request(&one.key.0, vec![], 25)).await.unwrap();
        assert_eq!(access.sync("P", book, request(&key, vec![], 25)).await.unwrap(), SyncAnswer::BadKey);
    });
}

#[test]
fn the_first_answer_of_an_epoch_brings_a_new_key_even_for_an_empty_book() {
    sqlite(async |database| {
        let access = access(&hub(database, 1).await);
        let book = default_book(&access).await;
        let fresh = expect_round(access.sync("P", book, request("0", vec![], 25)).await.unwrap());
        let first = expect_round(access.sync("P", book, request(&fresh.key.0, vec![], 25)).await.unwrap());
        assert_ne!(first.key, fresh.key);
        assert!(!first.more_available && first.commands.is_empty());
    });
}

#[test]
fn a_phone_s_own_edit_does_not_come_back() {
    both_engines(async |database| {
        let access = access(&hub(database, 1).await);
        let book = default_book(&access).await;
        let (key, _) = first_sync(&access, "P", book, 25).await;
        let round =
            expect_round(access.sync("P", book, request(&key, vec![add("1", contact(BEA))], 25)).await.unwrap());
        assert!(round.commands.is_empty());
        assert!(access.pending("P", pinged(book)).await.unwrap().is_empty(), "a Ping has nothing to report");
        let asked = request(&round.key.0, vec![], 25);
        assert_eq!(access.sync("P", book, asked).await.unwrap(), SyncAnswer::Unchanged);
    });
}

#[test]
fn what_others_changed_meanwhile_is_merged_and_told_at_once() {
    both_engines(async |database| {
        let access = access(&hub(database, 1).await);
        let book = default_book(&access).await;
        let stored = access.create(book, card("Bea"), vec![]).await.unwrap();
        let (key, _) = first_sync(&access, "P", book, 25).await;
        set_company(&access, stored.id, "Ferry").await;
        let round = expect_round(
            access.sync("P", book, request(&key, vec![change(stored.id, contact(BEA))], 25)).await.unwrap(),
        );
        let [ServerCommand::Change { form, .. }] = &round.commands[..] else { panic!("{:?}", round.commands) };
        let told = shown(form);
        assert_eq!(told.texts[&Property::CompanyName], "Ferry");
        assert_eq!(told.texts[&Property::MobilePhoneNumber], "+49 170 1");
    });
}

#[test]
fn what_a_merge_has_to_tell_and_what_is_new_share_the_window() {
    both_engines(async |database| {
        let access = access(&hub(database, 1).await);
        let book = default_book(&access).await;
        let mut known = Vec::new();
        for given in ["Ada", "Bea", "Cleo"] {
            known.push(access.create(book, card(given), vec![]).await.unwrap().id);
        }
        let (mut key, _) = first_sync(&access, "P", book, 25).await;
        for id in &known {
            set_company(&access, *id, "Ferry").await;
        }
        access.create(book, card("Dora"), vec![]).await.unwrap();
        let mut sent = known.iter().map(|id| change(*id, contact(BEA))).collect();
        let mut told = 0;
        while let SyncAnswer::Round(round) = access.sync("P", book, request(&key, sent, 2)).await.unwrap() {
            assert!(round.commands.len() <= 2, "{:?}", round.commands);
            told += round.commands.len();
            (key, sent) = (round.key.0, vec![]);
        }
        assert_eq!(told, 4, "three merged contacts and a new one");
    });
}

#[test]
fn a_deletion_does_not_beat_a_change_the_phone_has_not_seen() {
    both_engines(async |database| {
        let access = access(&hub(database, 1).await);
        let book = default_book(&access).await;
        let stored = access.create(book, card("Bea"), vec![]).await.unwrap();
        let (key, _) = first_sync(&access, "P", book, 25).await;
        set_company(&access, stored.id, "Ferry").await;
        let delete = vec![SyncCommand::Delete { card: stored.id }];
        let round = expect_round(access.sync("P", book, request(&key, delete, 25)).await.unwrap());
        assert!(matches!(&round.commands[..], [ServerCommand::Add { .. }]), "it gets the card again");
        assert_eq!(cards(&access, book).await.len(), 1);
    });
}

#[test]
fn a_deletion_of_what_the_phone_knows_is_a_tombstone_that_can_be_restored() {
    both_engines(async |database| {
        let access = access(&hub(database, 1).await);
        let book = default_book(&access).await;
        let stored = access.create(book, card("Bea"), vec![]).await.unwrap();
        let (key, _) = first_sync(&access, "P", book, 25).await;
        let delete = vec![SyncCommand::Delete { card: stored.id }];
        let round = expect_round(access.sync("P", book, request(&key, delete, 25)).await.unwrap());
        assert!(round.commands.is_empty() && round.responses.is_empty());
        assert!(cards(&access, book).await.is_empty());
        assert_eq!(access.deleted_cards(10).await.unwrap().len(), 1);
        let restored = access.restore(stored.id, stored.revision).await.unwrap();
        assert_eq!(restored.card, stored.card);
        let round = expect_round(access.sync("P", book, request(&round.key.0, vec![], 25)).await.unwrap());
        assert!(matches!(&round.commands[..], [ServerCommand::Add { card, .. }] if *card == stored.id));
    });
}

#[test]
fn a_change_of_a_card_deleted_meanwhile_brings_it_back_with_both_sides_facts() {
    both_engines(async |database| {
        let access = access(&hub(database, 1).await);
        let book = default_book(&access).await;
        let mut deep = card("Bea");
        deep.items.push(Item::new(ItemId(9), Fact::Email(Email { address: "b@x".to_owned(), name: None })));
        let stored = access.create(book, deep, vec![]).await.unwrap();
        let (key, _) = first_sync(&access, "P", book, 25).await;
        access.delete(stored.id, None).await.unwrap();
        let sent = contact(&[
            (Property::FirstName, "Bea"),
            (Property::Email1Address, "b@x"),
            (Property::MobilePhoneNumber, "+49 170 1"),
        ]);
        access.sync("P", book, request(&key, vec![change(stored.id, sent)], 25)).await.unwrap();
        let [only] = &cards(&access, book).await[..] else { panic!("it lives again") };
        assert_eq!(only.id, stored.id);
        let text = format!("{:?}", only.card);
        assert!(text.contains("b@x") && text.contains("+49 170 1"), "{text}");
    });
}

#[test]
fn other_people_s_cards_and_cards_of_no_one_are_not_found_and_the_rest_of_the_request_goes_on() {
    both_engines(async |database| {
        let hub = hub(database, 1).await;
        let other = AccountId([9; 16]);
        hub.create_account(other).await.unwrap();
        let others = hub.for_account(other, "test");
        let secret = others.create(default_book(&others).await, card("Secret"), vec![]).await.unwrap();
        let access = access(&hub);
        let book = default_book(&access).await;
        let (key, _) = first_sync(&access, "P", book, 25).await;
        let nobody = CardId(4711);
        let asked = vec![
            change(secret.id, contact(BEA)),
            SyncCommand::Delete { card: nobody },
            SyncCommand::Fetch { card: nobody },
            add("1", contact(BEA)),
        ];
        let round = expect_round(access.sync("P", book, request(&key, asked, 25)).await.unwrap());
        assert_eq!(round.responses[0], CommandResponse::NotFound(secret.id, FailedCommand::Change));
        assert_eq!(round.responses[1], CommandResponse::NotFound(nobody, FailedCommand::Delete));
        assert_eq!(round.responses[2], CommandResponse::NotFound(nobody, FailedCommand::Fetch));
        assert!(matches!(round.responses[3], CommandResponse::Added(..)));
        assert_eq!(others.card(secret.id).await.unwrap(), Some(secret));
    });
}

#[test]
fn namesakes_come_in_a_run_of_their_own_because_ios_joins_them_in_the_first() {
    both_engines(async |database| {
        let access = access(&hub(database, 1).await);
        let book = default_book(&access).await;
        for name in ["Bea", "Cyd", "Bea", "Bea"] {
            access.create(book, card(name), vec![]).await.unwrap();
        }
        let (key, told) = first_sync(&access, "P", book, 25).await;
        assert_eq!(told.len(), 2, "the oldest of each name");
        assert_eq!(
            access.pending("P", pinged(book)).await.unwrap(),
            vec![book],
            "a Ping asks the phone to come for the rest"
        );
        let round = expect_round(access.sync("P", book, request(&key, vec![], 25)).await.unwrap());
        assert_eq!(round.commands.len(), 2);
        assert!(round.commands.iter().all(|command| matches!(command, ServerCommand::Add { .. })));
    });
}

#[test]
fn a_card_that_moved_is_edited_where_it_is_and_gone_where_it_was() {
    both_engines(async |database| {
        let access = access(&hub(database, 1).await);
        let book = default_book(&access).await;
        let other = access.create_book("Ferry").await.unwrap().book;
        let stored = access.create(book, card("Bea"), vec![]).await.unwrap();
        let (key, _) = first_sync(&access, "P", book, 25).await;
        access.move_card(stored.id, other).await.unwrap();
        let round = expect_round(
            access.sync("P", book, request(&key, vec![change(stored.id, contact(BEA))], 25)).await.unwrap(),
        );
        assert_eq!(round.commands, vec![ServerCommand::Delete { card: stored.id }]);
        assert!(cards(&access, book).await.is_empty());
        let [only] = &cards(&access, other).await[..] else { panic!("one card") };
        assert!(format!("{:?}", only.card).contains("+49 170 1"), "the edit went with it");
    });
}

#[test]
fn a_device_that_does_not_want_to_hear_is_owed_what_a_merge_made() {
    sqlite(async |database| {
        let access = access(&hub(database, 1).await);
        let book = default_book(&access).await;
        let stored = access.create(book, card("Bea"), vec![]).await.unwrap();
        let (key, _) = first_sync(&access, "P", book, 25).await;
        set_company(&access, stored.id, "Ferry").await;
        let mut quiet = request(&key, vec![change(stored.id, contact(BEA))], 25);
        quiet.get_changes = false;
        let round = expect_round(access.sync("P", book, quiet).await.unwrap());
        assert!(round.commands.is_empty());
        assert_eq!(access.pending("P", pinged(book)).await.unwrap(), vec![book]);
        let round = expect_round(access.sync("P", book, request(&round.key.0, vec![], 25)).await.unwrap());
        let [ServerCommand::Change { form, .. }] = &round.commands[..] else { panic!("{:?}", round.commands) };
        assert_eq!(shown(form).texts[&Property::CompanyName], "Ferry");
    });
}

#[test]
fn the_loser_of_a_conflict_is_in_history() {
    both_engines(async |database| {
        let access = access(&hub(database, 1).await);
        let book = default_book(&access).await;
        let stored = access.create(book, with_company(&card("Bea"), "Quay"), vec![]).await.unwrap();
        let (key, _) = first_sync(&access, "P", book, 25).await;
        set_company(&access, stored.id, "Ferry").await;
        let sent = contact(&[(Property::FirstName, "Bea"), (Property::CompanyName, "Pier")]);
        let round =
            expect_round(access.sync("P", book, request(&key, vec![change(stored.id, sent)], 25)).await.unwrap());
        let [ServerCommand::Change { form, .. }] = &round.commands[..] else { panic!("{:?}", round.commands) };
        assert_eq!(shown(form).texts[&Property::CompanyName], "Ferry", "the ledger's stays");
        let history = access.history(stored.id).await.unwrap();
        let lost = format!("{:?}", history.last().unwrap().conflicts);
        assert!(lost.contains("Pier"), "{lost}");
    });
}

#[test]
fn a_precondition_that_does_not_hold_writes_nothing() {
    both_engines(async |database| {
        let access = access(&hub(database, 1).await);
        let book = default_book(&access).await;
        let stored = access.create(book, card("Bea"), vec![]).await.unwrap();
        set_company(&access, stored.id, "Ferry").await;
        let edit = Arc::new(|card: &contact::Card, _: &mut dyn contact::NewItemIds| with_company(card, "Pier"));
        let answer = access.edit(stored.id, Against::Exactly(stored.revision), vec![], edit).await;
        assert!(matches!(answer, Err(HubError::Changed { .. })));
        assert!(matches!(access.delete(stored.id, Some(stored.revision)).await, Err(HubError::Changed { .. })));
        assert!(format!("{:?}", access.card(stored.id).await.unwrap()).contains("Ferry"));
    });
}

#[test]
fn a_book_that_was_never_synchronised_is_no_reason_to_answer_a_ping() {
    sqlite(async |database| {
        let access = access(&hub(database, 1).await);
        let book = default_book(&access).await;
        access.create(book, card("Bea"), vec![]).await.unwrap();
        assert!(access.pending("P", pinged(book)).await.unwrap().is_empty());
    });
}

#[test]
fn a_change_that_this_phone_does_not_show_is_no_reason_to_answer_a_ping() {
    sqlite(async |database| {
        let access = access(&hub(database, 1).await);
        let book = default_book(&access).await;
        let stored = access.create(book, card("Bea"), vec![]).await.unwrap();
        first_sync(&access, "P", book, 25).await;
        let edit = Arc::new(|card: &contact::Card, _: &mut dyn contact::NewItemIds| {
            let mut card = card.clone();
            card.items[0].label = Some("nobody shows this".to_owned());
            card
        });
        access.edit(stored.id, Against::Newest, vec![], edit).await.unwrap();
        assert!(access.pending("P", pinged(book)).await.unwrap().is_empty());
    });
}

#[test]
fn an_estimate_counts_what_would_come_and_not_the_whole_book() {
    sqlite(async |database| {
        let access = access(&hub(database, 1).await);
        let book = default_book(&access).await;
        for index in 0..30 {
            access.create(book, card(&format!("n{index}")), vec![]).await.unwrap();
        }
        let watched = pinged(book).remove(0);
        let fresh = expect_round(access.sync("P", book, request("0", vec![], 25)).await.unwrap());
        assert_eq!(access.estimate("P", watched.clone(), fresh.key).await.unwrap(), Some(30));
        let (key, _) = first_sync(&access, "P", book, 25).await;
        access.create(book, card("late"), vec![]).await.unwrap();
        let key = hub::round::SyncKey(key);
        assert_eq!(access.estimate("P", watched.clone(), key).await.unwrap(), Some(1));
        let wrong = hub::round::SyncKey("wrong".to_owned());
        assert_eq!(access.estimate("P", watched, wrong).await.unwrap(), None);
    });
}

#[test]
fn a_commit_wakes_whoever_waits_for_the_account() {
    sqlite(async |database| {
        let hub = hub(database, 1).await;
        let access = access(&hub);
        let mut waiting = hub.wake_ups().wait_for(access.account());
        access.create(default_book(&access).await, card("Bea"), vec![]).await.unwrap();
        waiting.woken().await;
    });
}

#[test]
fn two_requests_of_one_device_at_once_do_not_double_anything() {
    both_engines(async |database| {
        let access = access(&hub(database, 1).await);
        let book = default_book(&access).await;
        let (key, _) = first_sync(&access, "P", book, 25).await;
        let asked = request(&key, vec![add("1", contact(BEA))], 25);
        let (one, two) = tokio::join!(access.sync("P", book, asked.clone()), access.sync("P", book, asked));
        assert_eq!(added(&expect_round(one.unwrap()), "1"), added(&expect_round(two.unwrap()), "1"));
        assert_eq!(cards(&access, book).await.len(), 1);
    });
}

#[test]
fn a_contact_that_says_nothing_is_still_a_contact() {
    sqlite(async |database| {
        let access = access(&hub(database, 1).await);
        let book = default_book(&access).await;
        let (key, _) = first_sync(&access, "P", book, 25).await;
        let round = expect_round(
            access.sync("P", book, request(&key, vec![add("1", EasContact::default())], 25)).await.unwrap(),
        );
        assert!(access.card(added(&round, "1")).await.unwrap().is_some());
    });
}
