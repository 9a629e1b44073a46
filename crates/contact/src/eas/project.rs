//! A card's complete canonical wire form.

use super::{
    EasContact, Lens, Picture, Property,
    file_as::{self, Parts},
    record::{self, Record},
    slots::Line,
    wire_text,
};
use crate::{Card, Fact, fact::Photo};

pub(super) fn project(lens: &Lens, card: &Card) -> EasContact {
    let mut contact = EasContact::default();
    for line in Line::ALL {
        project_line(lens, card, line, &mut contact);
    }
    for record in Record::ALL {
        project_record(card, record, &mut contact);
    }
    if let Some(filed) = filed_as(card, &contact) {
        contact.texts.insert(Property::FileAs, filed);
    }
    contact.body = note_position(card).and_then(|at| match &card.items.get(at)?.fact {
        Fact::Note(note) => Some(wire_text(note)),
        _ => None,
    });
    if let Some(photo) = photo_of(card) {
        contact.picture = Picture::Photo(photo.served);
        contact.own_picture = photo.uploaded_by.as_ref() == Some(&lens.device);
    }
    contact
}

fn project_line(lens: &Lens, card: &Card, line: Line, contact: &mut EasContact) {
    let members = line.members(card);
    let mut shown = members.iter().take(line.capacity()).filter_map(|&at| card.items.get(at)).map(Line::shown);
    match line {
        Line::Categories | Line::Children => {
            let list: Vec<String> = shown.collect();
            let field = if line == Line::Categories { &mut contact.categories } else { &mut contact.children };
            *field = (!list.is_empty()).then_some(list);
        }
        _ => {
            for &element in line.elements().iter().filter(|&&element| lens.covers(element)) {
                let Some(text) = shown.next() else { return };
                contact.texts.insert(element, text);
            }
        }
    }
}

fn project_record(card: &Card, record: Record, contact: &mut EasContact) {
    let Some(item) = record.position(card).and_then(|at| card.items.get(at)) else { return };
    for &element in record.elements() {
        if let Some(text) = record::part(&item.fact, element).map(wire_text).filter(|text| !text.is_empty()) {
            contact.texts.insert(element, text);
        }
    }
}

fn filed_as(card: &Card, contact: &EasContact) -> Option<String> {
    let own = record::name_of(card).and_then(|name| name.file_as.as_deref()).map(wire_text);
    own.filter(|text| !text.is_empty()).or_else(|| file_as::default(Parts::of_contact(contact)))
}

/// The note shown: the first that is not blank.
pub(super) fn note_position(card: &Card) -> Option<usize> {
    let notes = card.items.iter().enumerate();
    notes
        .filter(|(_, item)| matches!(&item.fact, Fact::Note(note) if !wire_text(note).is_empty()))
        .min_by_key(|(at, item)| (item.pref.unwrap_or(u8::MAX), *at))
        .map(|(at, _)| at)
}

pub(super) fn photo_of(card: &Card) -> Option<&Photo> {
    card.items.iter().find_map(|item| match &item.fact {
        Fact::Photo(photo) => Some(photo),
        _ => None,
    })
}
