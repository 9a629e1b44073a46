//! The five laws of a lens and the promises of the merge, over random cards and random edits.
//!
//! *echo*: what is served and returned is no change. *ghost*: an edit leaves everything the path does not show alone.
//! *completeness*: every change lands or is named as a conflict. *convergence*: the order of arrival does not matter.
//! *identity*: item ids survive.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop where it fails")]

mod cases;
mod generate;

use std::collections::BTreeSet;

use cases::cases;
use contact::{
    Card, Fact, Item, ItemId,
    eas::{EasContact, Element, Family, Lens, Picture, Property, Supported, Version},
    merge::{Winner, merge},
};
use generate::{Counting, address_text, card, day, edited, number, text};
use proptest::{collection::vec, option, prelude::*, sample::select};

const NEW_IDS: u64 = 1_000_000;

fn lens() -> impl Strategy<Value = Lens> {
    let supported = prop_oneof![
        4 => Just(Supported::NotSent),
        1 => Just(Supported::Empty),
        2 => vec(select(Property::ALL), 0..60)
            .prop_map(|listed| Supported::Listed(listed.into_iter().map(Element::Text).collect::<BTreeSet<_>>())),
    ];
    (
        select(vec![Family::Ios, Family::Android, Family::TbSync, Family::Other]),
        select(vec![Version::V14_1, Version::V16_0, Version::V16_1]),
        supported,
    )
        .prop_map(|(family, version, supported)| Lens {
            family,
            version,
            supported,
            body_truncation: Some(32_768),
            device: "DEVICE".to_owned(),
        })
}

/// What a person does on the phone: each step sets or clears one element of the form the phone holds.
#[derive(Debug, Clone)]
enum Step {
    Text(Property, Option<String>),
    Categories(Vec<String>),
    Children(Vec<String>),
    Body(String),
    DeletePhoto,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let property = select(Property::ALL).prop_filter("computed, or of no phone", |property| {
        !matches!(property, Property::FileAs | Property::Alias | Property::WeightedRank)
    });
    let value = property.prop_flat_map(|property| {
        let name = property.name();
        let text = if name.starts_with("Email") {
            address_text().boxed()
        } else if matches!(property, Property::Birthday | Property::Anniversary) {
            day()
                .prop_map(|day| {
                    let year = day.year().unwrap_or(1604);
                    format!("{year:04}-{:02}-{:02}T00:00:00.000Z", day.month(), day.day())
                })
                .boxed()
        } else if name.contains("Phone") || name.contains("Fax") {
            number().boxed()
        } else {
            text().boxed()
        };
        option::weighted(0.7, text).prop_map(move |text| Step::Text(property, text))
    });
    let step = prop_oneof![
        10 => value,
        1 => vec(text(), 0..3).prop_map(Step::Categories),
        1 => vec(text(), 0..3).prop_map(Step::Children),
        1 => text().prop_map(Step::Body),
        1 => Just(Step::DeletePhoto),
    ];
    vec(step, 0..6)
}

/// What the device sends after these steps: everything it holds, and an empty element for what it cleared.
fn sent(served: &EasContact, steps: &[Step]) -> EasContact {
    let mut sent = served.clone();
    for step in steps.iter().cloned() {
        match step {
            Step::Text(property, text) => drop(sent.texts.insert(property, text.unwrap_or_default())),
            Step::Categories(list) => sent.categories = Some(list),
            Step::Children(list) => sent.children = Some(list),
            Step::Body(text) => sent.body = Some(text),
            Step::DeletePhoto => sent.picture = Picture::Empty,
        }
    }
    sent
}

fn absorbed(lens: &Lens, base: &Card, sent: &EasContact) -> Card {
    lens.absorb(base, &lens.project(base), sent, None, &mut Counting(NEW_IDS))
}

/// The same form as another program would write it.
fn respelled(served: &EasContact, family: Family) -> EasContact {
    let mut sent = served.clone();
    for (property, text) in &mut sent.texts {
        let name = property.name();
        if name.starts_with("Email") {
            *text = format!("\"Somebody Else\" <{text}>");
        } else if matches!(property, Property::Birthday | Property::Anniversary) {
            *text = text.replace("T11:59:00.000Z", "T00:00:00Z");
        } else {
            *text = text.replace('\n', "\r\n");
        }
    }
    if let Some(body) = &mut sent.body {
        *body = body.replace('\n', "\r\n");
    }
    if let Some(categories) = &mut sent.categories {
        categories.reverse();
    }
    sent.picture = match family {
        Family::Ios if !served.own_picture => Picture::Empty,
        _ => Picture::Absent,
    };
    sent.own_picture = false;
    sent
}

/// Rows of slots that close up when one in the middle is cleared, and fill up from the items that wait.
const ROWS: [&[Property]; 4] = [
    &[Property::Email1Address, Property::Email2Address, Property::Email3Address],
    &[Property::HomePhoneNumber, Property::Home2PhoneNumber],
    &[Property::BusinessPhoneNumber, Property::Business2PhoneNumber],
    &[Property::IMAddress, Property::IMAddress2, Property::IMAddress3],
];

/// Facts of several parts: when every part shown is cleared the fact goes, and the next of its kind is shown.
const RECORDS: [&[Property]; 4] = [
    &[Property::CompanyName, Property::Department, Property::YomiCompanyName, Property::OfficeLocation],
    &[
        Property::HomeAddressStreet,
        Property::HomeAddressCity,
        Property::HomeAddressState,
        Property::HomeAddressPostalCode,
        Property::HomeAddressCountry,
    ],
    &[
        Property::BusinessAddressStreet,
        Property::BusinessAddressCity,
        Property::BusinessAddressState,
        Property::BusinessAddressPostalCode,
        Property::BusinessAddressCountry,
    ],
    &[
        Property::OtherAddressStreet,
        Property::OtherAddressCity,
        Property::OtherAddressState,
        Property::OtherAddressPostalCode,
        Property::OtherAddressCountry,
    ],
];

const NAME: [Property; 5] =
    [Property::FirstName, Property::MiddleName, Property::LastName, Property::Title, Property::Suffix];

/// Whether the card has a full name of the person's own writing behind the parts shown: it is shown when they are cleared.
fn has_a_full_name_behind_the_parts(card: &Card) -> bool {
    card.items.iter().any(|item| match &item.fact {
        Fact::Name(name) => {
            let parts = [&name.given, &name.given2, &name.surname, &name.prefix, &name.suffix];
            let is_composed = name.full == contact::names::composed(name);
            name.full.is_some() && !is_composed && parts.iter().any(|part| part.is_some())
        }
        _ => false,
    })
}

/// Of a form after an edit the part that is the device's alone to say: without the rows in which a slot was left or
/// became free, where later entries and waiting items move up.
fn settled(card: &Card, served: &EasContact, seen: &EasContact, mut form: EasContact) -> EasContact {
    let is_shown = |contact: &EasContact, parts: &[Property]| parts.iter().any(|part| contact.texts.contains_key(part));
    if has_a_full_name_behind_the_parts(card) && is_shown(served, &NAME) && !is_shown(seen, &NAME) {
        form.texts.retain(|slot, _| !NAME.contains(slot) && *slot != Property::FileAs);
    }
    let singles = Property::ALL.chunks(1).filter(|single| !NAME.contains(&single[0]) && single[0] != Property::FileAs);
    let is_filled = |contact: &EasContact, slot: &Property| contact.texts.contains_key(slot);
    for row in ROWS.into_iter().chain(singles) {
        let is_freed = row.iter().any(|slot| is_filled(served, slot) && !is_filled(seen, slot));
        let has_gap = row.windows(2).any(|pair| !is_filled(seen, &pair[0]) && is_filled(seen, &pair[1]));
        let is_part = RECORDS.into_iter().flatten().any(|part| row.contains(part));
        if !is_part && (is_freed || has_gap) {
            form.texts.retain(|slot, _| !row.contains(slot));
        }
    }
    for record in RECORDS {
        if is_shown(served, record) && !is_shown(seen, record) {
            form.texts.retain(|slot, _| !record.contains(slot));
            if record.contains(&Property::CompanyName) {
                form.texts.remove(&Property::FileAs);
            }
        }
    }
    form
}

/// What a person means whose phone writes the city of an other address as that of the home address, as Android does:
/// with no more of a home address than a city, it is the other address's.
fn meant(family: Family, mut typed: EasContact) -> EasContact {
    use Property as P;
    let home = [P::HomeAddressStreet, P::HomeAddressState, P::HomeAddressPostalCode, P::HomeAddressCountry];
    let other = [P::OtherAddressStreet, P::OtherAddressState, P::OtherAddressPostalCode, P::OtherAddressCountry];
    let has = |parts: &[P]| parts.iter().any(|part| typed.texts.contains_key(part));
    if family == Family::Android
        && has(&other)
        && !has(&home)
        && !has(&[P::OtherAddressCity])
        && let Some(city) = typed.texts.remove(&P::HomeAddressCity)
    {
        typed.texts.insert(P::OtherAddressCity, city);
    }
    typed
}

fn by_id(card: &Card) -> BTreeSet<ItemId> {
    card.items.iter().map(|item| item.id).collect()
}

/// Items that the lens does not show: without them the card looks the same. Not counted are those that only look
/// unseen because a twin would take their place.
fn unseen(lens: &Lens, card: &Card) -> Vec<Item> {
    let shown = lens.project(card);
    let is_shown = |item: &Item| {
        let others = card.items.iter().filter(|other| other.id != item.id).cloned().collect();
        lens.project(&Card { items: others, ..card.clone() }) != shown
    };
    let has_twin = |item: &Item| {
        card.items.iter().any(|other| {
            other.id != item.id
                && std::mem::discriminant(&other.fact) == std::mem::discriminant(&item.fact)
                && texts(other).iter().any(|text| texts(item).contains(text))
        })
    };
    card.items.iter().filter(|item| !has_twin(item) && !is_shown(item)).cloned().collect()
}

fn texts(item: &Item) -> Vec<serde_json::Value> {
    changed_parts(None, item).into_iter().map(|(_, value)| value).collect()
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn echo_what_is_served_and_returned_is_no_change(card in card(), lens in lens()) {
        prop_assert_eq!(absorbed(&lens, &card, &lens.project(&card)), card);
    }

    #[test]
    fn echo_in_another_spelling_is_no_change(card in card(), lens in lens()) {
        let sent = respelled(&lens.project(&card), lens.family);
        prop_assert_eq!(absorbed(&lens, &card, &sent), card);
    }

    #[test]
    fn echo_seen_is_canonical(card in card(), lens in lens(), steps in steps()) {
        let served = lens.project(&card);
        let seen = lens.seen(&served, &sent(&served, &steps));
        prop_assert_eq!(lens.seen(&seen, &seen), seen);
    }

    #[test]
    fn ghost_an_edit_leaves_alone_what_the_lens_does_not_show(card in card(), lens in lens(), steps in steps()) {
        let sent = sent(&lens.project(&card), &steps);
        let edited = absorbed(&lens, &card, &sent);
        for item in unseen(&lens, &card) {
            // It may be brought forward by typing its text, or be given parts that it had not; nothing of it is lost.
            let after = edited.item(item.id);
            prop_assert!(after.is_some(), "{:?} is gone", item);
            let lost = changed_parts(after, &item);
            prop_assert!(lost.is_empty(), "{:?} of {:?} is changed", lost, item);
            prop_assert_eq!(&after.unwrap().label, &item.label);
        }
    }

    #[test]
    fn completeness_a_card_shows_what_the_device_shows_after_its_edit(
        card in card(), lens in lens(), steps in steps(),
    ) {
        let served = lens.project(&card);
        let sent = sent(&served, &steps);
        let seen = lens.seen(&served, &sent);
        let after = lens.project(&absorbed(&lens, &card, &sent));
        prop_assert_eq!(settled(&card, &served, &seen, after), settled(&card, &served, &seen, seen.clone()));
    }

    #[test]
    fn completeness_what_was_typed_is_in_the_card(card in card(), lens in lens(), steps in steps()) {
        let served = lens.project(&card);
        let sent = sent(&served, &steps);
        let seen = lens.seen(&served, &sent);
        let after = lens.project(&absorbed(&lens, &card, &sent));
        for (slot, text) in seen.texts.iter().filter(|(slot, _)| **slot != Property::FileAs) {
            let row: &[Property] = ROWS.into_iter().find(|row| row.contains(slot)).unwrap_or(std::slice::from_ref(slot));
            let shown = row.iter().any(|slot| after.texts.get(slot) == Some(text));
            prop_assert!(shown, "{} {:?} is not shown: {:?}", slot.name(), text, after);
        }
    }

    #[test]
    fn completeness_an_added_contact_comes_down_as_it_went_up(card in card(), lens in lens()) {
        // The form of a random card stands for what a person typed on the first device.
        let typed = lens.project(&card);
        let typed = EasContact { picture: Picture::Absent, own_picture: false, ..typed };
        let nothing = EasContact::default();
        let added = lens.absorb(&Card::default(), &nothing, &typed, None, &mut Counting(NEW_IDS));
        prop_assert_eq!(lens.project(&added), meant(lens.family, typed));
    }

    #[test]
    fn identity_an_edit_keeps_the_ids_of_all_it_does_not_delete_and_doubles_none(
        card in card(), lens in lens(), steps in steps(),
    ) {
        let edited = absorbed(&lens, &card, &sent(&lens.project(&card), &steps));
        prop_assert_eq!(by_id(&edited).len(), edited.items.len());
        let is_old_or_new = |id: &ItemId| card.item(*id).is_some() || id.0 > NEW_IDS;
        prop_assert!(by_id(&edited).iter().all(is_old_or_new));
        for item in &card.items {
            if let Some(after) = edited.item(item.id) {
                prop_assert_eq!(std::mem::discriminant(&after.fact), std::mem::discriminant(&item.fact));
            }
        }
    }

    #[test]
    fn a_touched_item_has_no_word_for_word_form_any_more(card in card(), lens in lens(), steps in steps()) {
        let edited = absorbed(&lens, &card, &sent(&lens.project(&card), &steps));
        for before in &card.items {
            if let Some(after) = edited.item(before.id).filter(|after| *after != before) {
                prop_assert!(after.source.vcard.is_empty(), "{:?} became {:?}", before, after);
            }
        }
    }
}

/// A base and two edits of it.
fn fork() -> impl Strategy<Value = (Card, Card, Card)> {
    card().prop_flat_map(|base| (Just(base.clone()), edited(base.clone(), NEW_IDS), edited(base, 2 * NEW_IDS)))
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn convergence_swapping_the_sides_and_the_winner_gives_the_same_card((base, mine, theirs) in fork()) {
        let one = merge(&base, &mine, &theirs, Winner::Mine);
        let other = merge(&base, &theirs, &mine, Winner::Theirs);
        prop_assert_eq!(one, other);
    }

    #[test]
    fn convergence_without_conflicts_the_winner_does_not_matter((base, mine, theirs) in fork()) {
        let one = merge(&base, &mine, &theirs, Winner::Mine);
        let other = merge(&base, &mine, &theirs, Winner::Theirs);
        if one.conflicts.is_empty() {
            let by_id = |card: &Card| {
                let mut items = card.items.clone();
                items.sort_by_key(|item| item.id);
                items
            };
            prop_assert_eq!(by_id(&one.card), by_id(&other.card));
        }
    }

    #[test]
    fn merging_with_an_unchanged_side_is_the_other_side((base, mine, _) in fork()) {
        // A birthday made anew in place of the one that was there goes on under that one's id.
        let kept = |item: &Item| base.item(item.id).is_some() && mine.item(item.id).is_some();
        let but_for_new_ids = |card: &Card| -> Vec<Item> {
            card.items.iter().map(|item| Item { id: if kept(item) { item.id } else { ItemId(0) }, ..item.clone() }).collect()
        };
        for winner in [Winner::Mine, Winner::Theirs] {
            for merged in [merge(&base, &mine, &base, winner), merge(&base, &base, &mine, winner)] {
                prop_assert_eq!(but_for_new_ids(&merged.card), but_for_new_ids(&mine));
                prop_assert!(merged.conflicts.is_empty());
            }
        }
    }

    #[test]
    fn merging_twice_changes_nothing_more((base, mine, theirs) in fork()) {
        let merged = merge(&base, &mine, &theirs, Winner::Mine).card;
        let again = merge(&base, &merged, &merged, Winner::Mine);
        let facts = |card: &Card| card.items.iter().map(|item| item.fact.clone()).collect::<Vec<_>>();
        prop_assert_eq!(facts(&again.card), facts(&merged));
        prop_assert!(again.conflicts.is_empty());
    }

    #[test]
    fn completeness_every_change_lands_or_is_named((base, mine, theirs) in fork()) {
        let merged = merge(&base, &mine, &theirs, Winner::Theirs);
        let named = |id: ItemId| merged.conflicts.iter().any(|conflict| conflict.item == Some(id));
        for item in &mine.items {
            let Some(after) = merged.card.item(item.id) else {
                // Deleted by the other side while unchanged here, or the same fact under another id.
                let unchanged = base.item(item.id).is_some_and(|before| {
                    (&before.fact, &before.contexts, &before.label) == (&item.fact, &item.contexts, &item.label)
                });
                let elsewhere = base.item(item.id).is_none() && !merged.card.items.is_empty();
                prop_assert!(unchanged || elsewhere, "{:?} is lost", item);
                continue;
            };
            let before = base.item(item.id);
            if before.is_none_or(|before| before.fact != item.fact) && !named(item.id) {
                for (part, value) in changed_parts(before, item) {
                    let landed = serde_json::to_value(&after.fact).unwrap();
                    prop_assert_eq!(landed.pointer(&part), Some(&value), "{} of {:?}", part, after);
                }
            }
        }
        for item in base.items.iter().filter(|item| mine.item(item.id).is_none()) {
            let is_gone = merged.card.item(item.id).is_none();
            let was_made_anew = mine.items.iter().any(|made| base.item(made.id).is_none());
            prop_assert!(is_gone || named(item.id) || was_made_anew, "the deletion of {:?} is lost", item);
        }
    }

    #[test]
    fn two_phones_editing_at_once_lose_nothing(
        base in card(), one in lens(), other in lens(), first in steps(), second in steps(),
    ) {
        let mine = absorbed(&one, &base, &sent(&one.project(&base), &first));
        let theirs = other.absorb(
            &base, &other.project(&base), &sent(&other.project(&base), &second), None, &mut Counting(2 * NEW_IDS),
        );
        let merged = merge(&base, &mine, &theirs, Winner::Mine);
        prop_assert_eq!(&merged, &merge(&base, &theirs, &mine, Winner::Theirs));
        prop_assert_eq!(by_id(&merged.card).len(), merged.card.items.len());
        for item in unseen(&one, &base).iter().filter(|item| theirs.item(item.id) == Some(item)) {
            if mine.item(item.id) == Some(item) {
                prop_assert_eq!(merged.card.item(item.id), Some(item));
            }
        }
    }
}

/// The parts of an item's fact that differ from before, as JSON pointers; composed full names aside.
fn changed_parts(before: Option<&Item>, after: &Item) -> Vec<(String, serde_json::Value)> {
    let after = serde_json::to_value(&after.fact).unwrap();
    let before = before.map(|item| serde_json::to_value(&item.fact).unwrap()).unwrap_or_default();
    let mut changed = Vec::new();
    for (kind, value) in after.as_object().into_iter().flatten() {
        match value.as_object() {
            Some(parts) => {
                for (part, value) in parts.iter().filter(|(part, _)| *part != "full") {
                    let pointer = format!("/{kind}/{part}");
                    if before.pointer(&pointer) != Some(value) {
                        changed.push((pointer, value.clone()));
                    }
                }
            }
            None if before.pointer(&format!("/{kind}")) != Some(value) => {
                changed.push((format!("/{kind}"), value.clone()));
            }
            None => {}
        }
    }
    changed
}
