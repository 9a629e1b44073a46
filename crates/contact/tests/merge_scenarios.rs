//! What becomes of two edits of one contact.

use contact::{
    BlobHash, Card, Context, Fact, Item, ItemId,
    fact::{Anniversary, AnniversaryKind, Email, Name, Phone, PhoneKind, Photo},
    merge::{Facet, Winner, merge},
};
use serde_json::json;

fn phone(id: u64, number: &str) -> Item {
    Item::new(ItemId(id), Fact::Phone(Phone { number: number.to_owned(), kind: PhoneKind::Voice }))
}

fn email(id: u64, address: &str) -> Item {
    Item::new(ItemId(id), Fact::Email(Email { address: address.to_owned(), name: None }))
}

fn name(id: u64, given: &str, surname: &str, full: &str) -> Item {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let name = Name { given: text(given), surname: text(surname), full: text(full), ..Name::default() };
    Item::new(ItemId(id), Fact::Name(name))
}

fn card(items: &[Item]) -> Card {
    Card { uid: "u".to_owned(), items: items.to_vec(), ..Card::default() }
}

#[test]
fn two_people_changing_different_parts_of_one_name_both_get_their_way() {
    let base = card(&[name(1, "Ada", "Byron", "Ada Byron")]);
    let merged = merge(
        &base,
        &card(&[name(1, "Augusta", "Byron", "Augusta Byron")]),
        &card(&[name(1, "Ada", "King", "Ada King")]),
        Winner::Theirs,
    );
    assert_eq!(merged.card, card(&[name(1, "Augusta", "King", "Augusta King")]));
    assert!(merged.conflicts.is_empty());
}

#[test]
fn the_same_number_changed_twice_is_a_named_conflict_and_the_winner_s_is_kept() {
    let base = card(&[phone(1, "1")]);
    for (winner, kept, other) in [(Winner::Mine, "2", "3"), (Winner::Theirs, "3", "2")] {
        let merged = merge(&base, &card(&[phone(1, "2")]), &card(&[phone(1, "3")]), winner);
        assert_eq!(merged.card, card(&[phone(1, kept)]));
        let [conflict] = merged.conflicts.as_slice() else { panic!("{:?}", merged.conflicts) };
        assert_eq!((conflict.item, conflict.facet.as_str()), (Some(ItemId(1)), "phone.number"));
        assert_eq!((&conflict.kept, &conflict.other), (&json!(kept), &json!(other)));
    }
}

#[test]
fn the_same_number_typed_twice_on_both_sides_is_paired_alike_from_either_side() {
    let base = card(&[]);
    let mine = card(&[email(10, "a@x.example"), phone(11, "1"), phone(12, "1")]);
    let theirs = card(&[email(20, "a@x.example"), phone(21, "1"), phone(22, "1"), phone(23, "1")]);
    let one = merge(&base, &mine, &theirs, Winner::Mine);
    assert_eq!(one, merge(&base, &theirs, &mine, Winner::Theirs));
    let ids: Vec<u64> = one.card.items.iter().map(|item| item.id.0).collect();
    assert_eq!(ids, [10, 11, 12, 23]);
}

#[test]
fn an_update_beats_a_deletion_and_the_deletion_is_named() {
    let base = card(&[phone(1, "1")]);
    let merged = merge(&base, &card(&[]), &card(&[phone(1, "2")]), Winner::Mine);
    assert_eq!(merged.card, card(&[phone(1, "2")]));
    assert_eq!(merged.conflicts[0].facet, Facet::EXISTENCE);
}

#[test]
fn a_deletion_of_what_nobody_changed_is_a_deletion() {
    let base = card(&[phone(1, "1"), phone(2, "2")]);
    let merged = merge(&base, &card(&[phone(2, "2")]), &card(&[phone(1, "1"), phone(2, "22")]), Winner::Mine);
    assert_eq!(merged.card, card(&[phone(2, "22")]));
}

#[test]
fn contexts_merge_as_sets() {
    let (home, work) = (Context::Private, Context::Work);
    let base = card(&[phone(1, "1").in_contexts([home])]);
    let merged = merge(
        &base,
        &card(&[phone(1, "1").in_contexts([home, work])]),
        &card(&[phone(1, "1").in_contexts([])]),
        Winner::Mine,
    );
    assert_eq!(merged.card, card(&[phone(1, "1").in_contexts([work])]));
    assert!(merged.conflicts.is_empty());
}

#[test]
fn the_same_address_added_on_both_sides_is_there_once() {
    let merged =
        merge(&card(&[]), &card(&[email(10, "A@x.example")]), &card(&[email(20, "a@x.example")]), Winner::Mine);
    assert_eq!(merged.card, card(&[email(10, "A@x.example")]));
}

#[test]
fn the_same_number_in_another_spelling_is_there_once() {
    let merged = merge(&card(&[]), &card(&[phone(10, "+49 40 1")]), &card(&[phone(20, "+49401")]), Winner::Theirs);
    assert_eq!(merged.card, card(&[phone(10, "+49401")]));
}

#[test]
fn a_number_added_on_one_side_and_typed_over_another_on_the_other_side_is_there_once() {
    let base = card(&[phone(1, "1")]);
    let merged = merge(&base, &card(&[phone(1, "2")]), &card(&[phone(1, "1"), phone(9, "2")]), Winner::Theirs);
    assert_eq!(merged.card, card(&[phone(1, "2")]));
}

#[test]
fn equal_numbers_that_one_person_added_twice_stay_two() {
    let mine = card(&[phone(10, "1"), phone(11, "1")]);
    assert_eq!(merge(&card(&[]), &mine, &card(&[]), Winner::Mine).card, mine);
}

#[test]
fn names_and_photos_made_on_both_sides_join_into_one() {
    let photo = |id, seed| {
        let hash = BlobHash([seed; 32]);
        let media_type = "image/jpeg".to_owned();
        Item::new(ItemId(id), Fact::Photo(Photo { original: hash, media_type, served: hash, uploaded_by: None }))
    };
    let merged = merge(
        &card(&[]),
        &card(&[name(10, "Ada", "", ""), photo(11, 1)]),
        &card(&[name(20, "", "King", ""), photo(21, 2)]),
        Winner::Theirs,
    );
    assert_eq!(merged.card, card(&[name(10, "Ada", "King", ""), photo(11, 2)]));
    assert_eq!(merged.conflicts.len(), 1);
}

#[test]
fn a_birthday_deleted_and_made_anew_is_the_one_that_was_there() {
    let birthday = |id, date: &str| {
        let date = date.parse().unwrap();
        Item::new(ItemId(id), Fact::Anniversary(Anniversary { kind: AnniversaryKind::Birth, date }))
    };
    let base = card(&[birthday(1, "1815-12-10")]);
    let merged = merge(&base, &card(&[birthday(9, "1815-12-11")]), &base, Winner::Theirs);
    assert_eq!(merged.card, card(&[birthday(1, "1815-12-11")]));
}

#[test]
fn a_new_order_of_one_side_and_additions_of_the_other_both_stand() {
    let [one, two, three] = [phone(1, "1"), phone(2, "2"), phone(3, "3")];
    let base = card(&[one.clone(), two.clone()]);
    let merged = merge(
        &base,
        &card(&[two.clone(), one.clone()]),
        &card(&[one.clone(), three.clone(), two.clone()]),
        Winner::Theirs,
    );
    assert_eq!(merged.card, card(&[two, one, three]));
}

#[test]
fn the_word_for_word_form_survives_only_where_it_is_still_true() {
    let written = |mut item: Item, line: &str| {
        item.source.vcard = vec![line.to_owned()];
        item
    };
    let base = card(&[written(phone(1, "1"), "TEL:1"), written(phone(2, "2"), "TEL:2")]);
    let mine = card(&[written(phone(1, "11"), "TEL:11"), written(phone(2, "2"), "TEL:2")]);
    let theirs = card(&[written(phone(1, "1").in_contexts([Context::Work]), "TEL;TYPE=WORK:1"), phone(2, "22")]);
    let merged = merge(&base, &mine, &theirs, Winner::Mine).card;
    assert_eq!(merged, card(&[phone(1, "11").in_contexts([Context::Work]), phone(2, "22")]));
}
