//! A card of ours joined with the phone's card of the same person, facet by facet.

use super::{
    Change, Effect,
    comparable::comparable,
    keys::{folded, number},
    words::{kind, words},
};
use crate::{
    Card, Fact, Item,
    fact::{Address, AnniversaryKind, Name, Organization, Phone, PhoneKind},
    ids::NewItemIds,
    merge::{Facet, Winner, joined_item},
};

/// What is known beside the two cards.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Circumstances<'a> {
    /// The phone's card says that it was changed after ours.
    pub(super) newer_there: bool,
    /// What older versions of ours had.
    pub(super) past: &'a [Fact],
    /// Their photos are one picture in two sizes.
    pub(super) is_copy: bool,
}

/// A joined card.
pub(super) struct Joined {
    pub(super) card: Card,
    pub(super) changes: Vec<Change>,
}

/// What Apple's programs note for themselves.
const BOOKKEEPING: [&str; 6] = [
    "vcard:X-ABUID",
    "vcard:X-ABSHOWAS",
    "vcard:X-IMAGETYPE",
    "vcard:X-IMAGEHASH",
    "vcard:X-SHARED-PHOTO-DISPLAY-PREF",
    "vcard:X-ABADR",
];

/// Whether an item says something about the contact.
pub(super) fn says_something(item: &Item) -> bool {
    match &item.fact {
        Fact::Opaque(opaque) => !BOOKKEEPING.contains(&opaque.property.as_str()),
        Fact::Name(name) => *name != Name::default(),
        Fact::Organization(company) => *company != Organization::default(),
        Fact::Address(address) => *address != Address::default(),
        _ => true,
    }
}

/// Whether ours says all that the phone's does.
pub(super) fn brings_nothing(kept: &Card, brought: &Card, circumstances: &Circumstances<'_>) -> bool {
    struct NoIds;
    impl NewItemIds for NoIds {
        fn new_item_id(&mut self) -> crate::ItemId {
            // The card is not kept.
            crate::ItemId(u64::MAX)
        }
    }
    join(kept, brought, circumstances, &mut NoIds).changes.is_empty()
}

/// How often a card is joined anew at most; what is left then is left to the next time.
const ROUNDS_MAX: usize = 8;

/// Joins them. Every item of ours is there afterwards, in its place and under its id.
///
/// Goes on until there is nothing more to write, also for somebody to whom ours is the newer one by now: an item that
/// was added may be half of another one.
pub(super) fn join(kept: &Card, brought: &Card, circumstances: &Circumstances<'_>, ids: &mut dyn NewItemIds) -> Joined {
    let mut joined = join_once(kept, brought, circumstances, ids);
    let settled = Circumstances { newer_there: false, ..*circumstances };
    for _ in 0..ROUNDS_MAX {
        let again = join_once(&joined.card, brought, &settled, ids);
        if !again.changes.iter().any(|change| change.effect.writes()) {
            break;
        }
        joined.card = again.card;
    }
    joined
}

fn join_once(kept: &Card, brought: &Card, circumstances: &Circumstances<'_>, ids: &mut dyn NewItemIds) -> Joined {
    let mut joined = Joined { card: kept.clone(), changes: Vec::new() };
    let theirs: Vec<&Item> = brought.items.iter().filter(|item| says_something(item)).collect();
    let pairs = paired(&kept.items, &theirs);
    for (theirs, pair) in theirs.into_iter().zip(pairs) {
        match pair {
            Pair::Ours(at) => {
                if let Some(ours) = kept.items.get(at) {
                    joined.take_facets(ours, theirs, circumstances);
                }
            }
            Pair::SaidAlready => {}
            Pair::New => joined.add(theirs, circumstances, ids),
        }
    }
    joined
}

/// What an item of theirs is in ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pair {
    /// The item at this place.
    Ours(usize),
    /// It stands there already, for another one of theirs.
    SaidAlready,
    New,
}

/// Each of ours continues one of theirs at most.
fn paired(ours: &[Item], theirs: &[&Item]) -> Vec<Pair> {
    let mut pairs = vec![Pair::New; theirs.len()];
    let mut free: Vec<(usize, &Item)> = ours.iter().enumerate().collect();
    for fits in [is_the_same as fn(&Fact, &Fact) -> bool, is_the_only_one, is_compatible] {
        for (pair, item) in pairs.iter_mut().zip(theirs) {
            if *pair == Pair::New
                && let Some(found) = free.iter().position(|(_, ours)| fits(&ours.fact, &item.fact))
            {
                *pair = Pair::Ours(free.remove(found).0);
            }
        }
    }
    for (place, item) in theirs.iter().enumerate() {
        let said = |other: &&&Item| is_the_same(&other.fact, &item.fact);
        let by_ours = ours.iter().any(|ours| is_the_same(&ours.fact, &item.fact));
        let only_one = ours.iter().chain(theirs.iter().take(place).copied());
        let second = only_one.into_iter().any(|other| is_the_only_one(&other.fact, &item.fact));
        let open = pairs.get(place) == Some(&Pair::New);
        if open
            && (by_ours || second || theirs.iter().take(place).any(|other| said(&other)))
            && let Some(pair) = pairs.get_mut(place)
        {
            *pair = Pair::SaidAlready;
        }
    }
    pairs
}

/// The same to a person, however it is written and whatever its label.
fn is_the_same(one: &Fact, other: &Fact) -> bool {
    let same = |one: &str, other: &str| folded(one) == folded(other);
    match (one, other) {
        (Fact::Phone(one), Fact::Phone(other)) => {
            let dialled = |phone: &Phone| {
                number(&phone.number).unwrap_or_else(|| {
                    phone.number.chars().filter(|c| c.is_alphanumeric() || "+*#".contains(*c)).collect()
                })
            };
            (one.kind == other.kind || is_telephone(one.kind) && is_telephone(other.kind))
                && dialled(one) == dialled(other)
        }
        (Fact::Email(one), Fact::Email(other)) => same(&one.address, &other.address),
        (Fact::Nickname(one), Fact::Nickname(other)) | (Fact::Keyword(one), Fact::Keyword(other)) => same(one, other),
        (Fact::Link(one), Fact::Link(other)) => one.trim().trim_end_matches('/') == other.trim().trim_end_matches('/'),
        (Fact::Title(one), Fact::Title(other)) => one.kind == other.kind && same(&one.name, &other.name),
        (Fact::OnlineService(one), Fact::OnlineService(other)) => {
            let one_service = match (&one.service, &other.service) {
                (Some(one), Some(other)) => same(one, other),
                _ => true,
            };
            one.kind == other.kind && one_service && same(&one.user, &other.user)
        }
        (Fact::Relation(one), Fact::Relation(other)) => one.kind == other.kind && same(&one.name, &other.name),
        (Fact::Organization(one), Fact::Organization(other)) => {
            one.name.is_some() && one.name.as_deref().map(folded) == other.name.as_deref().map(folded)
        }
        (one, other) => one == other,
    }
}

/// What calls a person, by whatever name a program has for the line.
fn is_telephone(kind: PhoneKind) -> bool {
    matches!(kind, PhoneKind::Voice | PhoneKind::Mobile | PhoneKind::Main | PhoneKind::Car | PhoneKind::Text)
}

/// Of what a card has one.
fn is_the_only_one(one: &Fact, other: &Fact) -> bool {
    match (one, other) {
        (Fact::Name(_), Fact::Name(_)) | (Fact::Photo(_), Fact::Photo(_)) | (Fact::Note(_), Fact::Note(_)) => true,
        (Fact::Anniversary(one), Fact::Anniversary(other)) => {
            one.kind == other.kind && one.kind != AnniversaryKind::Other
        }
        _ => false,
    }
}

/// Two halves of one thing: what both say is the same, and they share something.
fn is_compatible(one: &Fact, other: &Fact) -> bool {
    match (one, other) {
        (Fact::Address(one), Fact::Address(other)) => {
            let parts = |address: &Address| {
                let Address { street, extended, po_box, city, state, postal_code, country, country_code } =
                    address.clone();
                [street, extended, po_box, city, state, postal_code, country, country_code]
            };
            let pairs = parts(one).into_iter().zip(parts(other));
            let said: Vec<bool> = pairs.filter_map(|pair| Some(folded(&pair.0?) == folded(&pair.1?))).collect();
            said.iter().all(|same| *same) && said.len() >= 2
        }
        (Fact::Organization(one), Fact::Organization(other)) => one.name.is_none() || other.name.is_none(),
        _ => false,
    }
}

impl Joined {
    fn changed(&mut self, what: impl Into<String>, here: Option<String>, there: String, effect: Effect) {
        self.changes.push(Change { what: what.into(), here, there, effect });
    }

    fn put(&mut self, item: Item) {
        if let Some(place) = self.card.items.iter_mut().find(|place| place.id == item.id) {
            *place = item;
        }
    }

    fn take_facets(&mut self, ours: &Item, theirs: &Item, circumstances: &Circumstances<'_>) {
        match (&ours.fact, &theirs.fact) {
            (Fact::Note(here), Fact::Note(there)) => self.take_note(ours, here, there),
            (Fact::Photo(here), Fact::Photo(there)) => {
                let is_ours = [here.original, here.served].contains(&there.original) || circumstances.is_copy;
                if is_ours {
                    return;
                }
                let (here, there_text) = (words(&ours.fact), words(&theirs.fact));
                if circumstances.newer_there {
                    let mut taken = Item { fact: theirs.fact.clone(), ..ours.clone() };
                    taken.touched();
                    self.put(taken);
                    self.changed("photo", Some(here), there_text, Effect::Taken);
                } else {
                    self.changed("photo", Some(here), there_text, Effect::Kept);
                }
            }
            _ => self.take_others(ours, theirs, circumstances),
        }
    }

    /// A note is text that people add to: what is not in ours yet is put below it.
    fn take_note(&mut self, ours: &Item, here: &str, there: &str) {
        let (known, new) = (folded(here), folded(there));
        if known.contains(&new) {
            return;
        }
        let text = if new.contains(&known) { there.to_owned() } else { format!("{}\n\n{there}", here.trim_end()) };
        let mut joined = Item { fact: Fact::Note(text), ..ours.clone() };
        joined.touched();
        self.put(joined);
        self.changed("note", Some(here.to_owned()), there.to_owned(), Effect::Filled);
    }

    fn take_others(&mut self, ours: &Item, theirs: &Item, circumstances: &Circumstances<'_>) {
        let Some((base, theirs)) = comparable(ours, theirs, circumstances.newer_there) else { return };
        let winner = if circumstances.newer_there { Winner::Theirs } else { Winner::Mine };
        let (joined, conflicts) = joined_item(&base, ours, &theirs, winner);
        let effect = if circumstances.newer_there { Effect::Taken } else { Effect::Kept };
        for conflict in &conflicts {
            let (here, there) = match winner {
                Winner::Mine => (&conflict.kept, &conflict.other),
                Winner::Theirs => (&conflict.other, &conflict.kept),
            };
            let what = readable(&conflict.facet, &ours.fact);
            self.changed(what, Some(plain(here)), plain(there), effect);
        }
        let says = |item: &Item| (item.fact.clone(), item.contexts.clone(), item.label.clone());
        if says(&joined) == says(ours) {
            return;
        }
        if conflicts.is_empty() || effect == Effect::Kept {
            self.changed(kind(&ours.fact), Some(words(&ours.fact)), words(&joined.fact), Effect::Filled);
        }
        self.put(joined);
    }

    /// What ours does not have. Something that was removed here stays away, unless the phone's is newer than that.
    fn add(&mut self, theirs: &Item, circumstances: &Circumstances<'_>, ids: &mut dyn NewItemIds) {
        let (what, there) = (kind(&theirs.fact), words(&theirs.fact));
        let was_here = circumstances.past.iter().any(|past| is_the_same(past, &theirs.fact));
        if was_here && !circumstances.newer_there {
            self.changed(what, None, there, Effect::RemovedBefore);
            return;
        }
        let item = Item { id: ids.new_item_id(), ..theirs.clone() };
        // What the person wrote last is what a path with few slots shows.
        let alike = |ours: &Item| match (&ours.fact, &item.fact) {
            (Fact::Phone(one), Fact::Phone(other)) => one.kind == other.kind && ours.contexts == item.contexts,
            (one, other) => std::mem::discriminant(one) == std::mem::discriminant(other),
        };
        let first = self.card.items.iter().position(alike).filter(|_| circumstances.newer_there);
        let end = self.card.items.len();
        self.card.items.insert(first.unwrap_or(end), item);
        self.changed(what, None, there, Effect::Added);
    }
}

/// A facet's name for people.
fn readable(facet: &Facet, of: &Fact) -> String {
    match facet.as_str() {
        "anniversary.date" => kind(of).to_owned(),
        name => name.to_owned(),
    }
}

/// A facet's value as text.
fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Null => String::new(),
        serde_json::Value::Array(all) => all.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
