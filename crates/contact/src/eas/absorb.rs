//! A card edited by what a device changed.

use super::{
    EasContact, Lens, Picture, Property,
    file_as::{self, Parts},
    project::{note_position, photo_of},
    record::{self, Record},
    slots::Line,
    split_address, text, wire_text,
};
use crate::{
    Card, Fact, Item, NewItemIds,
    fact::{Name, Photo},
    names,
    photo::PreparedPhoto,
};

pub(super) fn absorb(
    lens: &Lens,
    base: &Card,
    served: &EasContact,
    sent: &EasContact,
    photo: Option<&PreparedPhoto>,
    ids: &mut dyn NewItemIds,
) -> Card {
    let seen = lens.seen(served, sent);
    if seen == *served {
        return base.clone();
    }
    let mut card = base.clone();
    let name_before = record::name_of(base).cloned().unwrap_or_default();
    for line in Line::ALL {
        let (before, after) = (slots_of(line, served), slots_of(line, &seen));
        if before != after {
            let name_beside = |slot: usize| name_beside(line, slot, sent);
            edit_line(&mut card, line, &before, &after, &name_beside, ids);
        }
    }
    for record in Record::ALL {
        edit_record(&mut card, record, served, &seen, ids);
    }
    edit_filed_as(&mut card, served, &seen, ids);
    if record::NAME_PARTS.iter().any(|part| served.texts.get(part) != seen.texts.get(part)) {
        let_the_full_name_follow(&mut card, &name_before);
    }
    if seen.body != served.body {
        edit_note(&mut card, lens, served.body.as_deref(), seen.body.as_deref(), ids);
    }
    if seen.picture != served.picture {
        edit_photo(&mut card, lens, seen.picture, photo, ids);
    }
    card
}

fn slots_of(line: Line, contact: &EasContact) -> Vec<Option<&str>> {
    match line {
        Line::Categories => contact.categories.iter().flatten().map(|text| Some(text.as_str())).collect(),
        Line::Children => contact.children.iter().flatten().map(|text| Some(text.as_str())).collect(),
        _ => line.elements().iter().map(|element| contact.texts.get(element).map(String::as_str)).collect(),
    }
}

/// The name in `"Name" <a@b>` that was sent in this slot.
fn name_beside(line: Line, slot: usize, sent: &EasContact) -> Option<String> {
    if line != Line::Emails {
        return None;
    }
    let text = sent.texts.get(line.elements().get(slot)?)?;
    split_address(&wire_text(text)).0
}

/// Edits the items of a line so that its slots show `after`.
///
/// A text that moved to another slot takes its item along, and one that a waiting item has already brings that item
/// forward, so that labels, contexts and service names stay with what they describe. Other texts are typed over the
/// item in their slot; where there was none, a new item is made. An item whose slot was cleared is deleted.
fn edit_line(
    card: &mut Card,
    line: Line,
    before: &[Option<&str>],
    after: &[Option<&str>],
    name_beside: &dyn Fn(usize) -> Option<String>,
    ids: &mut dyn NewItemIds,
) {
    let members = line.members(card);
    let held = items_in_slots(card, &members, before);
    let chosen = choose_items(card, line, &members, before, after, &held);

    let deleted: Vec<usize> = held.iter().flatten().copied().filter(|at| !chosen.contains(&Some(*at))).collect();
    let mut order: Vec<usize> = Vec::with_capacity(members.len() + 1);
    for (slot, text) in after.iter().enumerate() {
        let Some(text) = *text else { continue };
        if let Some(at) = chosen.get(slot).copied().flatten() {
            order.push(at);
            if let Some(item) = card.items.get_mut(at).filter(|item| Line::shown(item) != text) {
                Line::write(&mut item.fact, text, name_beside(slot));
                item.touched();
            }
        } else if let Some((fact, context)) = line.create(text, name_beside(slot)) {
            order.push(card.items.len());
            card.items.push(Item::new(ids.new_item_id(), fact).in_contexts(context));
        }
    }
    let waiting: Vec<usize> = members.into_iter().filter(|at| !order.contains(at) && !deleted.contains(at)).collect();
    order.extend(waiting);
    bring_into_order(card, line, &order);
    remove(card, &deleted);
}

/// Which item each served slot showed: the one of the same text, else the one at its place.
fn items_in_slots(card: &Card, members: &[usize], slots: &[Option<&str>]) -> Vec<Option<usize>> {
    let shown: Vec<String> = members.iter().filter_map(|&at| card.items.get(at)).map(Line::shown).collect();
    let mut filled = slots.iter().enumerate().filter(|(_, text)| text.is_some()).map(|(slot, _)| slot);
    // Canonical slots are filled without gaps, so the n-th filled slot is the n-th member.
    let mut in_place = vec![None; slots.len()];
    for &member in members {
        let Some(slot) = filled.next() else { break };
        if let Some(place) = in_place.get_mut(slot) {
            *place = Some(member);
        }
    }
    let mut held = vec![None; slots.len()];
    let mut taken: Vec<usize> = Vec::new();
    let mut take = |held: &mut Vec<Option<usize>>, slot: usize, at: usize| {
        if !taken.contains(&at) && held.get(slot).is_some_and(Option::is_none) {
            taken.push(at);
            if let Some(place) = held.get_mut(slot) {
                *place = Some(at);
            }
            return true;
        }
        false
    };
    let text_at = |at: usize| members.iter().position(|&member| member == at).and_then(|index| shown.get(index));
    for (slot, at) in in_place.iter().enumerate() {
        if let Some(at) = *at
            && text_at(at).map(String::as_str) == slots.get(slot).copied().flatten()
        {
            take(&mut held, slot, at);
        }
    }
    for (slot, text) in slots.iter().enumerate() {
        let Some(text) = text else { continue };
        for (&member, shown) in members.iter().zip(&shown) {
            if shown == text && take(&mut held, slot, member) {
                break;
            }
        }
    }
    for (slot, at) in in_place.iter().enumerate() {
        if let Some(at) = *at {
            take(&mut held, slot, at);
        }
    }
    held
}

/// The item for a slot that is to show this text, given the items already taken.
type Pick<'a> = &'a dyn Fn(usize, &str, &[usize]) -> Option<usize>;

/// Which existing item each slot shows from now on; `None` where a new one is needed or the slot is empty.
fn choose_items(
    card: &Card,
    line: Line,
    members: &[usize],
    before: &[Option<&str>],
    after: &[Option<&str>],
    held: &[Option<usize>],
) -> Vec<Option<usize>> {
    let mut chosen: Vec<Option<usize>> = vec![None; after.len()];
    let mut taken: Vec<usize> = Vec::new();
    let before_at = |slot: usize| before.get(slot).copied().flatten();
    let held_at = |slot: usize| held.get(slot).copied().flatten();
    let filled = |slot: usize| after.get(slot).copied().flatten();

    let mut settle = |pick: Pick<'_>| {
        for slot in 0..after.len() {
            let Some(text) = filled(slot) else { continue };
            if chosen.get(slot).copied().flatten().is_some() {
                continue;
            }
            if let Some(at) = pick(slot, text, &taken).filter(|at| !taken.contains(at)) {
                taken.push(at);
                if let Some(place) = chosen.get_mut(slot) {
                    *place = Some(at);
                }
            }
        }
    };
    // Unchanged.
    settle(&|slot, text, _| (before_at(slot) == Some(text)).then(|| held_at(slot)).flatten());
    // Moved from another slot.
    settle(&|_, text, taken| {
        let from = (0..before.len())
            .find(|&from| before_at(from) == Some(text) && held_at(from).is_some_and(|at| !taken.contains(&at)));
        from.and_then(held_at)
    });
    // Waiting without a slot until now, if it can be brought before all others that wait.
    settle(&|_, text, taken| {
        let waiting = || members.iter().copied().filter(|at| !held.contains(&Some(*at)) && !taken.contains(at));
        let item = |at: usize| card.items.get(at);
        let goes_first = |it: &Item| waiting().filter_map(item).all(|other| line.can_stand_before(it, other));
        waiting().find(|&at| item(at).is_some_and(|it| Line::shown(it) == text && goes_first(it)))
    });
    // Typed over.
    settle(&|slot, _, _| held_at(slot));
    chosen
}

/// Makes the line's members come in this order, changing as little as possible: first the order in the card, and only
/// where that is not enough the preferences, and the place of a number without one.
fn bring_into_order(card: &mut Card, line: Line, order: &[usize]) {
    let mut places: Vec<usize> = order.to_vec();
    places.sort_unstable();
    let items: Vec<Item> = order.iter().filter_map(|&at| card.items.get(at).cloned()).collect();
    for (&at, item) in places.iter().zip(items) {
        if let Some(place) = card.items.get_mut(at) {
            *place = item;
        }
    }
    let rank = |card: &Card, at: usize| card.items.get(at).and_then(|item| line.rank(item)).unwrap_or(0);
    if let Some(context) = line.place_of_untyped() {
        for (index, &at) in places.iter().enumerate() {
            let behind = places.get(index + 1..).unwrap_or_default();
            if behind.iter().any(|&later| rank(card, later) < rank(card, at))
                && let Some(item) = card.items.get_mut(at).filter(|item| item.contexts.is_empty())
            {
                item.contexts.insert(context);
                item.touched();
            }
        }
    }
    // A slot before another is at least as preferred; who only waits keeps the preference it has.
    let mut next = u8::MAX;
    for &at in places.iter().rev() {
        if let Some(item) = card.items.get_mut(at) {
            if item.pref.unwrap_or(u8::MAX) > next {
                item.pref = Some(next);
                item.touched();
            }
            next = item.pref.unwrap_or(u8::MAX);
        }
    }
}

fn remove(card: &mut Card, positions: &[usize]) {
    let mut at = 0;
    card.items.retain(|_| {
        let keep = !positions.contains(&at);
        at += 1;
        keep
    });
}

fn edit_record(card: &mut Card, record: Record, served: &EasContact, seen: &EasContact, ids: &mut dyn NewItemIds) {
    let changed: Vec<Property> = record
        .elements()
        .iter()
        .copied()
        .filter(|element| served.texts.get(element) != seen.texts.get(element))
        .collect();
    if changed.is_empty() {
        return;
    }
    let at = record.position(card).unwrap_or_else(|| {
        let (fact, context) = record.empty();
        card.items.push(Item::new(ids.new_item_id(), fact).in_contexts(context));
        card.items.len() - 1
    });
    let Some(item) = card.items.get_mut(at) else { return };
    record::set_parts(&mut item.fact, changed.iter().map(|element| (*element, seen.texts.get(element))));
    item.touched();
    if record::is_spent(record, &item.fact) {
        card.items.remove(at);
    }
}

/// Keeps a person's own filing text true to what the device shows; a computed one stays unwritten.
fn edit_filed_as(card: &mut Card, served: &EasContact, seen: &EasContact, ids: &mut dyn NewItemIds) {
    let filed = seen.texts.get(&Property::FileAs);
    if served.texts.get(&Property::FileAs) == filed {
        return;
    }
    let own = record::name_of(card).and_then(|name| name.file_as.as_ref());
    let parts = Parts::of_card(record::name_of(card), record::organization_of(card));
    if own.is_none() && filed == file_as::default(parts).as_ref() {
        return;
    }
    let at = Record::Name.position(card).unwrap_or_else(|| {
        card.items.push(Item::new(ids.new_item_id(), Fact::Name(Name::default())));
        card.items.len() - 1
    });
    if let Some(item) = card.items.get_mut(at)
        && let Fact::Name(name) = &mut item.fact
    {
        name.file_as = filed.cloned();
        item.touched();
    }
}

/// A full name composed of the parts goes with the last of them; one of the person's own stays.
fn let_the_full_name_follow(card: &mut Card, before: &Name) {
    let Some(at) = Record::Name.position(card) else { return };
    let Some(Item { fact: Fact::Name(name), .. }) = card.items.get_mut(at) else { return };
    name.full = names::full_following(&record::taken_apart(before), name);
    if *name == Name::default() {
        card.items.remove(at);
    }
}

/// The end of the note that the device was never served stays behind what it sent: an edit of the beginning is no
/// order to delete the end, and clearing what was shown brings up the rest.
fn edit_note(card: &mut Card, lens: &Lens, served: Option<&str>, seen: Option<&str>, ids: &mut dyn NewItemIds) {
    let at = note_position(card);
    let note = at.and_then(|at| card.items.get(at)).map(|item| match &item.fact {
        Fact::Note(note) => wire_text(note),
        _ => String::new(),
    });
    let shown = text::truncated(served.unwrap_or_default(), lens.body_truncation);
    let never_shown = note.as_deref().filter(|_| served.is_some()).and_then(|note| note.strip_prefix(shown));
    let text = format!("{}{}", seen.unwrap_or_default(), never_shown.unwrap_or_default());
    match at {
        Some(at) if text.is_empty() => remove(card, &[at]),
        Some(at) => {
            if let Some(item) = card.items.get_mut(at) {
                item.fact = Fact::Note(text);
                item.touched();
            }
        }
        None if text.is_empty() => {}
        None => card.items.push(Item::new(ids.new_item_id(), Fact::Note(text))),
    }
}

fn edit_photo(card: &mut Card, lens: &Lens, seen: Picture, photo: Option<&PreparedPhoto>, ids: &mut dyn NewItemIds) {
    let Picture::Photo(_) = seen else {
        card.items.retain(|item| !matches!(item.fact, Fact::Photo(_)));
        return;
    };
    let Some(photo) = photo else { return };
    let is_the_one_kept =
        photo_of(card).is_some_and(|kept| kept.original == photo.original_hash || kept.served == photo.original_hash);
    if is_the_one_kept {
        return;
    }
    let fact = Fact::Photo(Photo {
        original: photo.original_hash,
        media_type: photo.media_type.clone(),
        served: photo.served_hash,
        uploaded_by: Some(lens.device.clone()),
    });
    match card.items.iter_mut().find(|item| matches!(item.fact, Fact::Photo(_))) {
        Some(item) => {
            item.fact = fact;
            item.touched();
        }
        None => card.items.push(Item::new(ids.new_item_id(), fact)),
    }
}
