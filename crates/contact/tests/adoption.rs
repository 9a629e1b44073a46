//! Taking over contacts from a phone: who is who, what is joined, and what never happens.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may stop where it fails")]

#[allow(dead_code, reason = "other tests use the rest of it")]
mod generate;

use std::collections::{BTreeMap, BTreeSet};

use contact::{
    Card, Fact,
    adoption::{
        Background, Brought, Choices, Doubt, Effect, Evidence, Kept, Match, Plan, Verdict, Write, matched, plan,
    },
    vcard,
};
use generate::{Counting, card};
use proptest::prelude::*;

fn read(lines: &str) -> Card {
    let text = format!("BEGIN:VCARD\nVERSION:3.0\n{lines}\nEND:VCARD\n");
    let mut ids = Counting(lines.len() as u64 * 1000);
    vcard::read(text.as_bytes(), &mut ids).next().unwrap().unwrap().card
}

fn kept(lines: &str) -> Kept {
    Kept { card: read(lines), modified_at: 1000, is_deleted: false }
}

fn brought(lines: &str) -> Brought {
    Brought { card: read(lines), revised_at: None, spare_uid: format!("spare {lines}") }
}

fn planned(kept: &[Kept], brought: &[Brought]) -> Plan {
    planned_with(kept, brought, &Choices::default(), &Background::default())
}

fn planned_with(kept: &[Kept], brought: &[Brought], choices: &Choices, background: &Background) -> Plan {
    plan(kept, brought, &matched(kept, brought, choices), background, &mut Counting(1 << 40))
}

/// Ours after what was planned is carried out.
fn carried_out(kept: &[Kept], plan: &Plan) -> Vec<Kept> {
    let mut after = kept.to_vec();
    for write in &plan.writes {
        match write {
            Write::Edit { kept, card, .. } => {
                after[*kept] = Kept { card: card.clone(), modified_at: 9999, is_deleted: false }
            }
            Write::Create { card, .. } => after.push(Kept { card: card.clone(), modified_at: 9999, is_deleted: false }),
        }
    }
    after
}

fn verdicts(plan: &Plan) -> Vec<Verdict> {
    plan.proposals.iter().map(|proposal| proposal.verdict).collect()
}

fn phones(card: &Card) -> Vec<&str> {
    let numbers = card.items.iter().filter_map(|item| match &item.fact {
        Fact::Phone(phone) => Some(phone.number.as_str()),
        _ => None,
    });
    numbers.collect()
}

const BEA: &str = "N:Muster;Bea;;;\nFN:Bea Muster\nTEL;TYPE=CELL:+49 170 1234567";

#[test]
fn the_same_contact_spelled_otherwise_is_the_same() {
    let ours =
        kept("UID:1\nN:Müster;Bea;;Dr.;\nTEL;TYPE=CELL:+49 170 1234567\nEMAIL:bea@example.com\nORG:Example;Research");
    let theirs = brought(
        "UID:x\nN:MÜSTER;Bea;;;\nFN:Bea MÜSTER\nTEL;TYPE=HOME:0170/123 45 67\nEMAIL;TYPE=HOME:BEA@example.com\nORG:Example",
    );
    let plan = planned(&[ours], &[theirs]);
    assert_eq!((verdicts(&plan), plan.writes.len()), (vec![Verdict::Same], 0), "{plan:#?}");
}

#[test]
fn a_number_that_was_edited_on_the_phone_stands_beside_the_old_one() {
    let ours = [kept(&format!("UID:1\n{BEA}\nEMAIL:bea@example.com"))];
    let mut theirs = brought("UID:x\nN:Muster;Bea;;;\nTEL;TYPE=CELL:+49 170 7654321\nEMAIL:bea@example.com");
    let plan = planned(&ours, std::slice::from_ref(&theirs));
    assert_eq!(verdicts(&plan), [Verdict::Differs]);
    let after = carried_out(&ours, &plan);
    assert_eq!(phones(&after[0].card), ["+49 170 1234567", "+49 170 7654321"]);
    theirs.revised_at = Some(2000);
    let plan = planned(&ours, &[theirs]);
    assert_eq!(verdicts(&plan), [Verdict::NewerThere]);
    let after = carried_out(&ours, &plan);
    assert_eq!(phones(&after[0].card), ["+49 170 7654321", "+49 170 1234567"], "the newer one first");
}

#[test]
fn what_was_removed_here_does_not_come_back_from_an_older_phone() {
    let ours = [kept(&format!("UID:1\n{BEA}\nEMAIL:bea@example.com"))];
    let theirs = [brought("UID:1\nN:Muster;Bea;;;\nTEL;TYPE=CELL:+49 170 7654321")];
    let past = read("TEL;TYPE=CELL:+491707654321").items.into_iter().map(|item| item.fact).collect();
    let background = Background { past: [(0, past)].into(), ..Background::default() };
    let plan = planned_with(&ours, &theirs, &Choices::default(), &background);
    assert_eq!(plan.proposals[0].changes[0].effect, Effect::RemovedBefore);
    assert!(plan.writes.is_empty());
}

#[test]
fn of_a_birthday_there_is_one_and_the_side_that_is_newer_has_it() {
    let ours = [kept(&format!("UID:1\n{BEA}\nBDAY:1980-05-04"))];
    let mut theirs = brought(&format!("UID:1\n{BEA}\nBDAY:1980-05-05"));
    let plan = planned(&ours, std::slice::from_ref(&theirs));
    let change = &plan.proposals[0].changes[0];
    assert_eq!((change.what.as_str(), change.effect), ("birthday", Effect::Kept), "{change:?}");
    assert!(plan.writes.is_empty());
    theirs.revised_at = Some(2000);
    let after = carried_out(&ours, &planned(&ours, &[theirs]));
    assert!(format!("{:?}", after[0].card).contains("day: 5"), "{:?}", after[0].card);
}

#[test]
fn a_new_surname_on_a_newer_phone_goes_into_the_whole_name_too() {
    let ours = [kept("UID:1\nN:Muster;Bea;;;\nFN:Bea Muster")];
    let mut theirs = brought("UID:1\nN:Neu;Bea;;;\nFN:Bea Neu");
    theirs.revised_at = Some(2000);
    let after = carried_out(&ours, &planned(&ours, std::slice::from_ref(&theirs)));
    assert_eq!(contact::display_name(&after[0].card), "Bea Neu");
    assert!(!format!("{:?}", after[0].card).contains("Muster"), "{:?}", after[0].card);
    // A whole name that only repeats what is here is no change.
    let nameless = [kept("UID:1\nN:Muster;Bea;;;")];
    assert_eq!(verdicts(&planned(&nameless, &[brought("UID:1\nFN:Bea Muster")])), [Verdict::Same]);
}

#[test]
fn a_note_that_was_continued_on_the_phone_is_taken_and_two_notes_are_joined() {
    let joined = |here: &str, there: &str| {
        let ours = [kept(&format!("UID:1\n{BEA}\nNOTE:{here}"))];
        let after = carried_out(&ours, &planned(&ours, &[brought(&format!("UID:1\n{BEA}\nNOTE:{there}"))]));
        after[0].card.items.iter().find_map(|item| match &item.fact {
            Fact::Note(text) => Some(text.clone()),
            _ => None,
        })
    };
    assert_eq!(joined("Likes tea", "Likes tea and cake").unwrap(), "Likes tea and cake");
    assert_eq!(joined("Likes tea and cake", "Likes tea").unwrap(), "Likes tea and cake");
    assert_eq!(joined("Likes tea", "Has a dog").unwrap(), "Likes tea\n\nHas a dog");
}

#[test]
fn who_is_twice_on_the_phone_is_one_afterwards_with_the_facts_of_both() {
    let theirs =
        [brought(&format!("UID:a\n{BEA}\nEMAIL:bea@example.com")), brought(&format!("UID:b\n{BEA}\nNOTE:dog"))];
    let plan = planned(&[], &theirs);
    assert_eq!(verdicts(&plan), [Verdict::OnlyThere, Verdict::Duplicate]);
    let after = carried_out(&[], &plan);
    assert_eq!(after.len(), 1);
    let text = format!("{:?}", after[0].card);
    assert!(text.contains("bea@example.com") && text.contains("dog"), "{text}");
    let again = planned(&after, &theirs);
    assert_eq!((verdicts(&again), again.writes.len()), (vec![Verdict::Same, Verdict::Duplicate], 0));
}

#[test]
fn namesakes_are_told_apart_by_their_numbers_and_nobody_is_joined_by_name_alone() {
    let ours =
        [kept("UID:1\nN:Smith;John;;;\nTEL:+44 20 11111111"), kept("UID:2\nN:Smith;John;;;\nTEL:+44 20 22222222")];
    let second = brought("UID:x\nN:Smith;John;;;\nTEL:+44 20 22222222\nNOTE:tall");
    let third = brought("UID:y\nN:Smith;John;;;\nTEL:+44 20 33333333");
    let plan = planned(&ours, &[second, third]);
    assert!(matches!(plan.proposals[0].matched, Match::Kept { at: 1, why: Evidence::NameAndReach, .. }));
    assert!(matches!(plan.proposals[1].matched, Match::Unclear { doubt: Doubt::NameAlone, .. }));
    assert_eq!(plan.writes.len(), 1);
}

#[test]
fn a_choice_decides_what_the_matching_does_not() {
    let ours = [kept("UID:1\nN:Muster;Bea;;;\nTEL:+49 30 11111111")];
    let theirs = [brought("UID:x\nN:Muster;Bea;;;\nTEL:+49 30 22222222")];
    assert_eq!(verdicts(&planned(&ours, &theirs)), [Verdict::Unclear]);
    let with = |choices: Choices| planned_with(&ours, &theirs, &choices, &Background::default());
    let same = with(Choices { same: [(0, 0)].into(), ..Choices::default() });
    assert!(matches!(same.writes[..], [Write::Edit { kept: 0, .. }]));
    let new = with(Choices { new: [0].into(), ..Choices::default() });
    assert!(matches!(new.writes[..], [Write::Create { .. }]));
    let trusting = with(Choices { trust_names: true, ..Choices::default() });
    assert!(matches!(trusting.writes[..], [Write::Edit { kept: 0, .. }]));
}

#[test]
fn a_shared_number_alone_joins_nobody() {
    let ours = [kept("UID:1\nN:Muster;Bea;;;\nTEL:+49 30 11111111")];
    let plan = planned(&ours, &[brought("UID:x\nN:Muster;Cem;;;\nTEL:+49 30 11111111")]);
    assert!(matches!(plan.proposals[0].matched, Match::Unclear { doubt: Doubt::OtherName, .. }));
}

#[test]
fn what_was_deleted_here_is_not_brought_back_without_a_choice() {
    let mut ours = kept(&format!("UID:1\n{BEA}"));
    ours.is_deleted = true;
    let plan = planned(&[ours], &[brought(&format!("UID:1\n{BEA}"))]);
    assert!(matches!(plan.proposals[0].matched, Match::Unclear { doubt: Doubt::DeletedHere, .. }));
}

#[test]
fn a_smaller_copy_of_our_photo_is_no_change() {
    let picture = |side: u32| {
        let paint = image::RgbImage::from_fn(side * 4 / 3, side, |x, y| {
            let (x, y) = (x * 120 / side, y * 120 / side);
            image::Rgb([u8::try_from(x % 200).unwrap(), u8::try_from(y * 2).unwrap(), if x > y { 200 } else { 30 }])
        });
        let mut jpeg = Vec::new();
        image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 70).encode_image(&paint).unwrap();
        jpeg
    };
    let square = |jpeg: &[u8]| {
        let whole = image::load_from_memory(jpeg).unwrap();
        let middle = whole.crop_imm((whole.width() - whole.height()) / 2, 0, whole.height(), whole.height());
        let mut bytes = Vec::new();
        image::codecs::jpeg::JpegEncoder::new(&mut bytes).encode_image(&middle.to_rgb8()).unwrap();
        bytes
    };
    let large = picture(600);
    assert!(contact::photo::is_copy(&large, &picture(150)));
    assert!(contact::photo::is_copy(&large, &square(&picture(150))));
    let other = image::RgbImage::from_pixel(150, 150, image::Rgb([240, 10, 10]));
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new(&mut bytes).encode_image(&other).unwrap();
    assert!(!contact::photo::is_copy(&large, &bytes));
    assert!(!contact::photo::is_copy(&large, b"no picture"));
}

/// Every text and number that a fact says, but the note and the whole name, which follow other rules.
fn leaves(fact: &Fact) -> BTreeMap<String, serde_json::Value> {
    let Ok(serde_json::Value::Object(object)) = serde_json::to_value(fact) else { return BTreeMap::new() };
    let (kind, value) = object.into_iter().next().unwrap();
    match value {
        serde_json::Value::Object(parts) => parts.into_iter().filter(|(name, _)| name != "full").collect(),
        _ if kind == "note" => BTreeMap::new(),
        other => [(kind, other)].into(),
    }
}

fn pair(ours: Card, theirs: Card, revised_at: Option<i64>) -> ([Kept; 1], [Brought; 1]) {
    let spare_uid = "spare".to_owned();
    let kept = Kept { card: ours, modified_at: 1000, is_deleted: false };
    ([kept], [Brought { card: theirs, revised_at, spare_uid }])
}

fn chosen() -> Choices {
    Choices { same: [(0, 0)].into(), ..Choices::default() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn nothing_of_ours_goes_when_the_phone_is_not_known_to_be_newer(ours in card(), theirs in card()) {
        let (kept, brought) = pair(ours.clone(), theirs, None);
        let after = carried_out(&kept, &planned_with(&kept, &brought, &chosen(), &Background::default()));
        for item in &ours.items {
            let now = after[0].card.item(item.id);
            prop_assert!(now.is_some(), "{item:?} is gone");
            let (was, is) = (leaves(&item.fact), leaves(&now.unwrap().fact));
            for (name, value) in was {
                prop_assert_eq!(is.get(&name), Some(&value), "{}", name);
            }
            prop_assert!(item.contexts.is_subset(&now.unwrap().contexts));
            prop_assert!(item.label.is_none() || item.label == now.unwrap().label);
        }
    }

    #[test]
    fn a_fact_of_ours_that_the_phone_lacks_stays_as_it_is_even_when_the_phone_is_newer(ours in card(), theirs in card()) {
        let kinds: BTreeSet<String> = theirs.items.iter().map(|item| format!("{:?}", std::mem::discriminant(&item.fact))).collect();
        let (kept, brought) = pair(ours.clone(), theirs, Some(2000));
        let after = carried_out(&kept, &planned_with(&kept, &brought, &chosen(), &Background::default()));
        for item in &ours.items {
            let now = after[0].card.item(item.id);
            prop_assert!(now.is_some());
            if !kinds.contains(&format!("{:?}", std::mem::discriminant(&item.fact))) {
                prop_assert_eq!(now, Some(item));
            }
        }
    }

    #[test]
    fn addresses_and_numbers_of_theirs_are_there_afterwards(ours in card(), theirs in card(), newer in any::<bool>()) {
        let (kept, brought) = pair(ours, theirs.clone(), newer.then_some(2000));
        let after = carried_out(&kept, &planned_with(&kept, &brought, &chosen(), &Background::default()));
        let reach = |card: &Card| -> BTreeSet<String> {
            card.items.iter().filter_map(|item| match &item.fact {
                Fact::Email(email) => Some(email.address.to_lowercase()),
                Fact::Phone(phone) => Some(phone.number.chars().filter(char::is_ascii_digit).collect()),
                _ => None,
            }).collect()
        };
        prop_assert!(reach(&theirs).is_subset(&reach(&after[0].card)));
    }

    #[test]
    fn twice_is_once(ours in card(), theirs in card(), newer in any::<bool>()) {
        let (kept, brought) = pair(ours, theirs, newer.then_some(2000));
        let after = carried_out(&kept, &planned_with(&kept, &brought, &chosen(), &Background::default()));
        let again = planned_with(&after, &brought, &chosen(), &Background::default());
        prop_assert_eq!(again.writes, vec![], "{:#?}", again.proposals);
    }

    #[test]
    fn a_whole_book_twice_is_once(ours in proptest::collection::vec(card(), 0..5), theirs in proptest::collection::vec(card(), 0..5)) {
        let numbered = |cards: Vec<Card>, side: &str| -> Vec<Card> {
            cards.into_iter().enumerate().map(|(at, card)| Card { uid: format!("{side}{at}"), ..card }).collect()
        };
        let kept: Vec<Kept> = numbered(ours, "ours").into_iter()
            .map(|card| Kept { card, modified_at: 1000, is_deleted: false }).collect();
        let brought: Vec<Brought> = numbered(theirs, "theirs").into_iter().enumerate()
            .map(|(at, card)| Brought { card, revised_at: None, spare_uid: format!("spare{at}") }).collect();
        let first = planned(&kept, &brought);
        prop_assert_eq!(&first, &planned(&kept, &brought), "the same cards, the same plan");
        let after = carried_out(&kept, &first);
        let again = planned(&after, &brought);
        // Who was new may now be like somebody else who was new: then somebody has to look, and nothing is doubled.
        prop_assert!(again.writes.iter().all(|write| matches!(write, Write::Edit { .. })) , "{:#?}", again.writes);
        prop_assert_eq!(after.len() - kept.len(), first.writes.iter().filter(|write| matches!(write, Write::Create { .. })).count());
    }
}
