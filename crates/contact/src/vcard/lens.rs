//! The lens for clients that read a vCard and send a whole vCard back (CardDAV).
//!
//! A client's vCard has no item ids, so its items are found again by what they say: first those that are equal, then
//! those with the same number or address written otherwise, then what there is only one of, then what stands in the
//! same place. Only the rest is new or gone.

use super::{
    CardError, VcardVersion,
    export::{self, Photos},
    import::ImportedCard,
    pictures::PreparedPhoto,
};
use crate::{
    card::{Card, Item},
    fact::{AnniversaryKind, Fact, Name, Organization, TitleKind},
    ids::NewItemIds,
};

/// What it means that a client's vCard lacks something it was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClientProfile {
    /// The client keeps every line it does not understand: what is missing was deleted.
    Complete,
    /// iOS and macOS: they drop what is not of their own dialect. Only what they can show can be deleted.
    AppleDialect,
}

/// A card edited by a client's vCard.
#[derive(Debug, Clone)]
pub struct Absorbed {
    /// The edited card; equal to the base when the client changed nothing.
    pub card: Card,
    /// Pictures the base did not have.
    pub photos: Vec<PreparedPhoto>,
}

/// What a client of this version is shown; see [`write`](super::write).
#[must_use]
pub fn project(card: &Card, version: VcardVersion, photos: &Photos<'_>) -> String {
    export::write(card, version, photos)
}

/// The base with the edits of a client that was shown it in `version` and sends `vcard`.
///
/// Items the client did not change stay as they are, ids, order and source included. The UID stays the base's.
/// Nothing but the first card of `vcard` is read; without one the error says why.
pub fn absorb(
    base: &Card,
    version: VcardVersion,
    profile: ClientProfile,
    vcard: &[u8],
    ids: &mut dyn NewItemIds,
) -> Result<Absorbed, CardError> {
    let no_card = CardError::NotACard { line: 1, text: String::new() };
    let sent = super::read(vcard, ids).next().unwrap_or(Err(no_card))?;
    let shown: Vec<Option<Item>> = base.items.iter().map(|item| export::shown(base, item, version)).collect();
    let pairs = pair(&shown, &sent.card.items);
    Ok(edited(base, &shown, sent, &pairs, profile))
}

/// For every item sent, the position of the base's item it continues.
fn pair(shown: &[Option<Item>], sent: &[Item]) -> Vec<Option<usize>> {
    let mut pairs: Vec<Option<usize>> = vec![None; sent.len()];
    let mut free: Vec<(usize, &Item)> =
        shown.iter().enumerate().filter_map(|(at, item)| Some((at, item.as_ref()?))).collect();
    let rounds: [fn(&Item, &Item) -> bool; 5] =
        [is_equal, says_the_same, is_the_only_kind, is_in_the_same_place, is_alike];
    for matches in rounds {
        for (pair, item) in pairs.iter_mut().zip(sent).filter(|(pair, _)| pair.is_none()) {
            if let Some(found) = free.iter().position(|(_, shown)| matches(shown, item)) {
                *pair = Some(free.remove(found).0);
            }
        }
    }
    pairs
}

fn is_equal(shown: &Item, sent: &Item) -> bool {
    shown.fact == sent.fact && shown.contexts == sent.contexts && shown.label == sent.label && shown.pref == sent.pref
}

/// The same value, however it is written, under any label.
fn says_the_same(shown: &Item, sent: &Item) -> bool {
    match (&shown.fact, &sent.fact) {
        (Fact::Phone(one), Fact::Phone(other)) => {
            let (one, other) = (digits(&one.number), digits(&other.number));
            !one.is_empty() && one == other
        }
        (Fact::Email(one), Fact::Email(other)) => one.address.eq_ignore_ascii_case(&other.address),
        (Fact::Opaque(one), Fact::Opaque(other)) => one == other,
        (Fact::Link(one), Fact::Link(other)) => one.trim_end_matches('/') == other.trim_end_matches('/'),
        (Fact::OnlineService(one), Fact::OnlineService(other)) => one.user == other.user,
        (Fact::Photo(one), Fact::Photo(other)) => one.original == other.original || one.served == other.original,
        (Fact::Relation(one), Fact::Relation(other)) => one.name == other.name,
        (one, other) => one == other,
    }
}

/// The digits of a number, and its plus sign.
fn digits(number: &str) -> String {
    number.chars().filter(|letter| letter.is_ascii_digit() || *letter == '+').collect()
}

/// What a card has one of.
fn is_the_only_kind(shown: &Item, sent: &Item) -> bool {
    match (&shown.fact, &sent.fact) {
        (Fact::Name(_), Fact::Name(_)) | (Fact::Photo(_), Fact::Photo(_)) => true,
        (Fact::Anniversary(one), Fact::Anniversary(other)) => {
            one.kind == other.kind && one.kind != AnniversaryKind::Other
        }
        _ => false,
    }
}

/// Another value of the same kind under the same label: an edit.
fn is_in_the_same_place(shown: &Item, sent: &Item) -> bool {
    is_alike(shown, sent) && shown.contexts == sent.contexts && shown.label == sent.label
}

/// Another value of the same kind. Categories and opaque properties are what they say: another value is another.
fn is_alike(shown: &Item, sent: &Item) -> bool {
    match (&shown.fact, &sent.fact) {
        (Fact::Phone(one), Fact::Phone(other)) => one.kind == other.kind,
        (Fact::Title(one), Fact::Title(other)) => one.kind == other.kind,
        (Fact::Anniversary(one), Fact::Anniversary(other)) => one.kind == other.kind,
        (Fact::Relation(one), Fact::Relation(other)) => one.kind == other.kind,
        (Fact::OnlineService(one), Fact::OnlineService(other)) => {
            one.kind == other.kind && one.service == other.service
        }
        (Fact::Identifier(one), Fact::Identifier(other)) => one.kind == other.kind,
        (Fact::Keyword(_) | Fact::Opaque(_), _) => false,
        (one, other) => std::mem::discriminant(one) == std::mem::discriminant(other),
    }
}

fn edited(
    base: &Card,
    shown: &[Option<Item>],
    sent: ImportedCard,
    pairs: &[Option<usize>],
    profile: ClientProfile,
) -> Absorbed {
    let mut items = Vec::with_capacity(base.items.len());
    for (position, (item, shown)) in base.items.iter().zip(shown).enumerate() {
        let at = pairs.iter().position(|pair| *pair == Some(position));
        match (at.and_then(|at| sent.card.items.get(at)), shown) {
            (Some(sent), Some(shown)) => items.push(edit(item, shown, sent)),
            (None, Some(shown)) if covers(profile, base, position, shown) => {}
            _ => items.push(item.clone()),
        }
    }
    let new = sent.card.items.iter().zip(pairs).filter(|(_, pair)| pair.is_none()).map(|(item, _)| item.clone());
    items.extend(new);
    let mut photos = sent.photos;
    photos.retain(|photo| {
        items.iter().any(|item| matches!(&item.fact, Fact::Photo(fact) if fact.original == photo.original_hash))
            && !base
                .items
                .iter()
                .any(|item| matches!(&item.fact, Fact::Photo(fact) if fact.original == photo.original_hash))
    });
    let kind = if profile == ClientProfile::Complete { sent.card.kind } else { base.kind };
    Absorbed { card: Card { uid: base.uid.clone(), kind, items }, photos }
}

/// The base's item with what the client changed of it.
fn edit(base: &Item, shown: &Item, sent: &Item) -> Item {
    let same_photo =
        matches!((&shown.fact, &sent.fact), (Fact::Photo(_), Fact::Photo(_))) && says_the_same(shown, sent);
    if same_photo || is_equal(shown, sent) {
        return base.clone();
    }
    let mut item = Item { id: base.id, source: sent.source.clone(), ..sent.clone() };
    item.fact = edited_fact(base, shown, sent);
    if shown.contexts == sent.contexts {
        item.contexts.clone_from(&base.contexts);
    }
    if shown.label == sent.label {
        item.label.clone_from(&base.label);
    }
    if shown.pref == sent.pref {
        item.pref = base.pref;
    }
    if item.fact == base.fact && item.contexts == base.contexts && item.label == base.label && item.pref == base.pref {
        return base.clone();
    }
    if item.fact != sent.fact {
        item.touched();
    }
    item
}

/// A number that was only spelled anew stays as its owner typed it; what the vCard cannot carry stays.
fn edited_fact(base: &Item, shown: &Item, sent: &Item) -> Fact {
    match (&base.fact, &shown.fact, &sent.fact) {
        (base, shown, sent) if shown == sent => base.clone(),
        (Fact::Phone(base), Fact::Phone(shown), Fact::Phone(sent)) if digits(&shown.number) == digits(&sent.number) => {
            let kind = if shown.kind == sent.kind { base.kind } else { sent.kind };
            Fact::Phone(crate::fact::Phone { number: base.number.clone(), kind })
        }
        (Fact::Name(base), Fact::Name(shown), Fact::Name(sent)) => Fact::Name(edited_name(base, shown, sent)),
        (Fact::Organization(base), Fact::Organization(shown), Fact::Organization(sent)) => {
            Fact::Organization(Organization {
                office: sent.office.clone().or_else(|| base.office.clone()),
                name: if shown.name == sent.name { base.name.clone() } else { sent.name.clone() },
                ..sent.clone()
            })
        }
        (_, _, sent) => sent.clone(),
    }
}

/// FileAs and initials have no place in Apple's dialect: their absence says nothing.
fn edited_name(base: &Name, shown: &Name, sent: &Name) -> Name {
    let pick = |of: fn(&Name) -> &Option<String>| {
        if of(shown) == of(sent) { of(base).clone() } else { of(sent).clone() }
    };
    Name {
        full: pick(|name| &name.full),
        given: pick(|name| &name.given),
        given2: pick(|name| &name.given2),
        surname: pick(|name| &name.surname),
        prefix: pick(|name| &name.prefix),
        suffix: pick(|name| &name.suffix),
        phonetic_given: pick(|name| &name.phonetic_given),
        phonetic_given2: pick(|name| &name.phonetic_given2),
        phonetic_surname: pick(|name| &name.phonetic_surname),
        file_as: sent.file_as.clone().or_else(|| base.file_as.clone()),
        initials: sent.initials.clone().or_else(|| base.initials.clone()),
    }
}

/// Opaque properties Apple's programs write and so can take away.
const APPLE_PROPERTIES: &[&str] =
    &["X-ABSHOWAS", "X-ABUID", "MEMBER", "X-IMAGETYPE", "X-IMAGEHASH", "X-SHARED-PHOTO-DISPLAY-PREF"];

/// Whether the client could have shown this item, so that its absence is a deletion.
fn covers(profile: ClientProfile, base: &Card, position: usize, shown: &Item) -> bool {
    if shown.fact == Fact::Name(Name::default()) {
        return false;
    }
    if profile == ClientProfile::Complete {
        return true;
    }
    let before = base.items.iter().take(position);
    let is_first = before.filter(|item| is_alike(item, shown)).count() == 0;
    match &shown.fact {
        Fact::Keyword(_) | Fact::Identifier(_) => false,
        Fact::Title(title) => title.kind == TitleKind::Title && is_first,
        Fact::Nickname(_) | Fact::Organization(_) | Fact::Note(_) => is_first,
        Fact::Opaque(opaque) => {
            let name = opaque.property.strip_prefix("vcard:").unwrap_or_default();
            APPLE_PROPERTIES.contains(&name)
        }
        _ => true,
    }
}
