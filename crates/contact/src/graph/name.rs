//! Names, companies, and the texts Exchange computes from them when the card has none of its own.

use super::{property::Text, shelf::Shelf};
use crate::{
    card::{Card, Item},
    fact::{Fact, Name, Organization},
    ids::NewItemIds,
};

/// The card's name; empty when it has none.
pub(super) fn name(card: &Card) -> Name {
    let names = card.items.iter().find_map(|item| if let Fact::Name(name) = &item.fact { Some(name) } else { None });
    names.cloned().unwrap_or_default()
}

/// The first company; empty when there is none.
pub(super) fn organization(card: &Card) -> Organization {
    let first = first_organization(card).and_then(|index| card.items.get(index));
    match first.map(|item| &item.fact) {
        Some(Fact::Organization(organization)) => organization.clone(),
        _ => Organization::default(),
    }
}

fn first_organization(card: &Card) -> Option<usize> {
    let companies = card.items.iter().enumerate().filter(|(_, item)| matches!(item.fact, Fact::Organization(_)));
    companies.min_by_key(|(index, item)| (item.pref.unwrap_or(u8::MAX), *index)).map(|(index, _)| index)
}

/// Edits the name; a name that becomes empty goes, one that was missing comes.
pub(super) fn edit_name(card: &mut Card, ids: &mut dyn NewItemIds, edit: impl FnOnce(&mut Name)) {
    let place = card.items.iter().position(|item| matches!(item.fact, Fact::Name(_)));
    let mut edited = name(card);
    edit(&mut edited);
    let gone = edited == Name::default();
    store(card, place, Fact::Name(edited), gone, ids);
}

/// Edits the first company, in the same way.
pub(super) fn edit_organization(card: &mut Card, ids: &mut dyn NewItemIds, edit: impl FnOnce(&mut Organization)) {
    let place = first_organization(card);
    let mut edited = organization(card);
    edit(&mut edited);
    let gone = edited == Organization::default();
    store(card, place, Fact::Organization(edited), gone, ids);
}

/// Puts an edited fact back into its place. Unchanged facts keep their source.
pub(super) fn store(card: &mut Card, place: Option<usize>, fact: Fact, gone: bool, ids: &mut dyn NewItemIds) {
    match place.and_then(|index| card.items.get_mut(index)) {
        Some(item) if item.fact == fact => {}
        Some(item) if !gone => {
            item.fact = fact;
            item.touched();
        }
        Some(_) => {
            if let Some(index) = place {
                card.items.remove(index);
            }
        }
        None if gone => {}
        None => card.items.push(Item::new(ids.new_item_id(), fact)),
    }
}

/// The part of a name that a property is; `None` for the others.
pub(super) fn part(name: &mut Name, text: Text) -> Option<&mut Option<String>> {
    match text {
        Text::DisplayName => Some(&mut name.full),
        Text::FileAs => Some(&mut name.file_as),
        Text::GivenName => Some(&mut name.given),
        Text::MiddleName => Some(&mut name.given2),
        Text::Surname => Some(&mut name.surname),
        Text::Title => Some(&mut name.prefix),
        Text::Generation => Some(&mut name.suffix),
        Text::Initials => Some(&mut name.initials),
        Text::YomiGivenName => Some(&mut name.phonetic_given),
        Text::YomiSurname => Some(&mut name.phonetic_surname),
        _ => None,
    }
}

/// "Ann B. Lee Jr.": what the parts of a name make; `None` when there are none.
pub(super) fn full_of_parts(name: &Name) -> Option<String> {
    let parts = [&name.given, &name.given2, &name.surname, &name.suffix];
    let words: Vec<&str> = parts.into_iter().flatten().map(String::as_str).filter(|word| !word.is_empty()).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// The display name: the card's own, else made of the parts, else what a person would call it.
pub(super) fn display_name(card: &Card) -> Option<String> {
    let name = name(card);
    let own = name.full.clone().filter(|full| !full.is_empty());
    own.or_else(|| full_of_parts(&name)).or_else(|| organization(card).name).or_else(|| {
        [Shelf::Nicknames, Shelf::Emails].iter().find_map(|shelf| shelf.text_at(card, 0).map(str::to_owned))
    })
}

/// The text filed under: the card's own, else "Lee, Ann B.", else the display name.
pub(super) fn file_as(card: &Card) -> Option<String> {
    let name = name(card);
    let computed = || {
        let first = [name.given.as_deref(), name.given2.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
        match (name.surname.as_deref(), first.is_empty()) {
            (Some(surname), false) => Some(format!("{surname}, {first}")),
            _ => display_name(card),
        }
    };
    name.file_as.clone().filter(|text| !text.is_empty()).or_else(computed)
}
