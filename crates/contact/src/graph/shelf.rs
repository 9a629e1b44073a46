//! Which item sits in which place: items of one kind stand on a shelf in order of rank, and a place of the resource is
//! a shelf and a rank. A function of the card alone, so the places a client was served can be computed again.

use super::patch::Field;
use crate::{
    card::{Card, Context, Item},
    fact::{
        Email, Fact, Identifier, IdentifierKind, OnlineService, Phone, PhoneKind, Relation, RelationKind, ServiceKind,
        Title, TitleKind,
    },
    ids::NewItemIds,
};

/// Items that are one text each and of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shelf {
    Emails,
    Phone(PhoneKind, Line),
    Messaging,
    Keywords,
    Relation(RelationKind),
    Nicknames,
    Title(TitleKind),
    Notes,
    Links,
    Identifier(IdentifierKind),
}

/// Which contexts a phone's place asks for. Work goes before home when an item is both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    Work,
    Home,
    Neither,
    Any,
}

/// A text wanted on a shelf. `name` is the display name beside an e-mail address: unset leaves that of a known
/// address alone, null takes it away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) text: String,
    pub(super) name: Field<String>,
}

impl Wanted {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), name: Field::Unset }
    }
}

impl Line {
    pub(super) fn of(item: &Item) -> Self {
        if item.contexts.contains(&Context::Work) {
            Self::Work
        } else if item.contexts.contains(&Context::Private) {
            Self::Home
        } else {
            Self::Neither
        }
    }

    pub(super) fn context(self) -> Option<Context> {
        match self {
            Self::Work => Some(Context::Work),
            Self::Home => Some(Context::Private),
            Self::Neither | Self::Any => None,
        }
    }
}

impl Shelf {
    /// The item's text if it stands on this shelf.
    pub(super) fn text_of(self, item: &Item) -> Option<&str> {
        match (self, &item.fact) {
            (Self::Emails, Fact::Email(email)) => Some(&email.address),
            (Self::Phone(kind, line), Fact::Phone(phone)) => {
                (phone.kind == kind && (line == Line::Any || line == Line::of(item))).then_some(&phone.number)
            }
            (Self::Messaging, Fact::OnlineService(service)) => {
                (service.kind == ServiceKind::Messaging).then_some(&service.user)
            }
            (Self::Relation(kind), Fact::Relation(relation)) => (relation.kind == kind).then_some(&relation.name),
            (Self::Title(kind), Fact::Title(title)) => (title.kind == kind).then_some(&title.name),
            (Self::Identifier(kind), Fact::Identifier(identifier)) => {
                (identifier.kind == kind).then_some(&identifier.value)
            }
            (Self::Keywords, Fact::Keyword(text))
            | (Self::Nicknames, Fact::Nickname(text))
            | (Self::Notes, Fact::Note(text))
            | (Self::Links, Fact::Link(text)) => Some(text),
            _ => None,
        }
    }

    /// Indices of the shelf's items, best rank first: by preference, then by order in the card. Items without text take
    /// no place.
    pub(super) fn ranked(self, card: &Card) -> Vec<usize> {
        let mut found: Vec<(u8, usize)> = card
            .items
            .iter()
            .enumerate()
            .filter(|(_, item)| self.text_of(item).is_some_and(|text| !text.is_empty()))
            .map(|(index, item)| (item.pref.unwrap_or(u8::MAX), index))
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, index)| index).collect()
    }

    /// The shelf's items, best rank first.
    pub(super) fn items(self, card: &Card) -> Vec<&Item> {
        self.ranked(card).into_iter().filter_map(|index| card.items.get(index)).collect()
    }

    /// The text of the item of this rank; `None` when there are fewer.
    pub(super) fn text_at(self, card: &Card, rank: usize) -> Option<&str> {
        self.items(card).get(rank).and_then(|item| self.text_of(item))
    }

    fn fresh(self, wanted: &Wanted, ids: &mut dyn NewItemIds) -> Item {
        let text = wanted.text.clone();
        let fact = match self {
            Self::Emails => Fact::Email(Email { address: text, name: wanted.name.clone().value() }),
            Self::Phone(kind, _) => Fact::Phone(Phone { number: text, kind }),
            Self::Messaging => {
                Fact::OnlineService(OnlineService { user: text, service: None, kind: ServiceKind::Messaging })
            }
            Self::Keywords => Fact::Keyword(text),
            Self::Relation(kind) => Fact::Relation(Relation { kind, name: text }),
            Self::Nicknames => Fact::Nickname(text),
            Self::Title(kind) => Fact::Title(Title { kind, name: text }),
            Self::Notes => Fact::Note(text),
            Self::Links => Fact::Link(text),
            Self::Identifier(kind) => Fact::Identifier(Identifier { kind, value: text }),
        };
        let context = if let Self::Phone(_, line) = self { line.context() } else { None };
        Item::new(ids.new_item_id(), fact).in_contexts(context)
    }

    /// Gives an item of this shelf another text, and an e-mail address another name.
    fn reword(item: &mut Item, wanted: &Wanted) {
        let before = item.fact.clone();
        match &mut item.fact {
            Fact::Email(email) => {
                if wanted.name != Field::Unset {
                    email.name = wanted.name.clone().value();
                }
                email.address.clone_from(&wanted.text);
            }
            Fact::Phone(phone) => phone.number.clone_from(&wanted.text),
            Fact::OnlineService(service) => service.user.clone_from(&wanted.text),
            Fact::Relation(relation) => relation.name.clone_from(&wanted.text),
            Fact::Title(title) => title.name.clone_from(&wanted.text),
            Fact::Identifier(identifier) => identifier.value.clone_from(&wanted.text),
            Fact::Keyword(text) | Fact::Nickname(text) | Fact::Note(text) | Fact::Link(text) => {
                text.clone_from(&wanted.text);
            }
            _ => {}
        }
        if item.fact != before {
            item.touched();
        }
    }

    /// Puts one text into the place of this rank, or empties the place; behind the last item a new one is added.
    pub(super) fn set_at(self, card: &mut Card, rank: usize, wanted: Option<&Wanted>, ids: &mut dyn NewItemIds) {
        let place = self.ranked(card).get(rank).copied();
        match (place, wanted) {
            (Some(index), Some(wanted)) => {
                if let Some(item) = card.items.get_mut(index) {
                    Self::reword(item, wanted);
                }
            }
            (Some(index), None) => {
                card.items.remove(index);
            }
            (None, Some(wanted)) => {
                let item = self.fresh(wanted, ids);
                card.items.push(item);
            }
            (None, None) => {}
        }
    }

    /// Makes the first `shown` items of the shelf read as `wanted`, in that order.
    ///
    /// A wanted text first takes the item that already has it (a hidden one too, so that sending it again does not
    /// double it), then the shown item at its own place, then a new item. Shown items nobody took are deleted.
    pub(super) fn replace(self, card: &mut Card, shown: usize, wanted: &[Wanted], ids: &mut dyn NewItemIds) {
        let ranked = self.ranked(card);
        let taken = self.match_up(card, &ranked, shown, wanted);
        let item_at = |rank: usize| ranked.get(rank).and_then(|index| card.items.get(*index)).cloned();
        let ordered: Vec<Item> = wanted
            .iter()
            .zip(&taken)
            .map(|(wanted, rank)| match rank.and_then(item_at) {
                Some(mut item) => {
                    Self::reword(&mut item, wanted);
                    item
                }
                None => self.fresh(wanted, ids),
            })
            .collect();

        // From this rank on the items that stay hidden, and those to be brought forward past them.
        let hidden = (shown..ranked.len()).find(|rank| !taken.contains(&Some(*rank))).unwrap_or(ranked.len());
        let places = places_for(&taken, hidden);
        let prefs: Vec<Option<u8>> = places.iter().map(|rank| item_at(*rank).and_then(|item| item.pref)).collect();
        let last_pref = prefs.last().copied().flatten();
        let indices: Vec<usize> = places.iter().filter_map(|rank| ranked.get(*rank).copied()).collect();
        let mut left: Vec<usize> = (0..ranked.len())
            .filter(|rank| (*rank < hidden || taken.contains(&Some(*rank))) && !places.contains(rank))
            .filter_map(|rank| ranked.get(rank).copied())
            .collect();

        // What finds no place stands right behind the last one that has, with its preference: before everything hidden.
        let behind = indices.last().map_or(card.items.len(), |index| index + 1);
        let mut added = Vec::new();
        for (order, mut item) in ordered.into_iter().enumerate() {
            let pref = prefs.get(order).copied().unwrap_or(last_pref);
            if item.pref != pref {
                item.pref = pref;
                item.touched();
            }
            match indices.get(order).and_then(|index| card.items.get_mut(*index)) {
                Some(place) => *place = item,
                None => added.push(item),
            }
        }
        left.sort_unstable_by(|a, b| b.cmp(a));
        let shift = added.len();
        card.items.splice(behind..behind, added);
        for index in left {
            card.items.remove(index + if index >= behind { shift } else { 0 });
        }
    }

    /// For each wanted text the rank of the item it takes, if any.
    fn match_up(self, card: &Card, ranked: &[usize], shown: usize, wanted: &[Wanted]) -> Vec<Option<usize>> {
        let text_at =
            |rank: usize| ranked.get(rank).and_then(|index| card.items.get(*index)).and_then(|item| self.text_of(item));
        let mut taken: Vec<Option<usize>> = vec![None; wanted.len()];
        let mut free: Vec<bool> = vec![true; ranked.len()];
        let exactly = |a: &str, b: &str| a == b;
        let loosely = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
        for same in [&exactly as &dyn Fn(&str, &str) -> bool, &loosely] {
            for (place, wanted) in taken.iter_mut().zip(wanted).filter(|(place, _)| place.is_none()) {
                let found = free
                    .iter()
                    .enumerate()
                    .position(|(rank, free)| *free && text_at(rank).is_some_and(|text| same(text, &wanted.text)));
                if let Some(free) = found.and_then(|rank| free.get_mut(rank)) {
                    *free = false;
                    *place = found;
                }
            }
        }
        for (rank, place) in taken.iter_mut().enumerate().take(shown) {
            if let (None, Some(free @ true)) = (&place, free.get_mut(rank)) {
                *free = false;
                *place = Some(rank);
            }
        }
        taken
    }
}

/// The ranks at which the items taken are to stand, ascending, all before rank `hidden`: those of the items taken there,
/// and of items that go as many as are brought forward from behind.
fn places_for(taken: &[Option<usize>], hidden: usize) -> Vec<usize> {
    let (kept, freed): (Vec<usize>, Vec<usize>) = (0..hidden).partition(|rank| taken.contains(&Some(*rank)));
    let brought_forward = taken.iter().flatten().filter(|rank| **rank >= hidden).count();
    let mut places: Vec<usize> = kept.into_iter().chain(freed.into_iter().take(brought_forward)).collect();
    places.sort_unstable();
    places
}

#[cfg(test)]
mod tests {
    use super::{Shelf, Wanted};
    use crate::{
        card::{Card, Item},
        fact::{Email, Fact},
        ids::{ItemId, NewItemIds},
    };

    struct Counting(u64);
    impl NewItemIds for Counting {
        fn new_item_id(&mut self) -> ItemId {
            self.0 += 1;
            ItemId(self.0)
        }
    }

    fn card(addresses: &[(&str, Option<u8>)]) -> Card {
        let items = addresses.iter().zip(1..).map(|((address, pref), id)| {
            let mut item = Item::new(ItemId(id), Fact::Email(Email { address: (*address).to_owned(), name: None }));
            item.pref = *pref;
            item
        });
        Card { items: items.collect(), ..Card::default() }
    }

    fn replaced(mut card: Card, wanted: &[&str]) -> Vec<(String, u64)> {
        let wanted: Vec<_> = wanted.iter().map(|text| Wanted::text(*text)).collect();
        Shelf::Emails.replace(&mut card, 3, &wanted, &mut Counting(100));
        let items = Shelf::Emails.items(&card);
        items.iter().map(|item| (Shelf::Emails.text_of(item).unwrap().to_owned(), item.id.0)).collect()
    }

    fn is(expected: &[(&str, u64)]) -> Vec<(String, u64)> {
        expected.iter().map(|(text, id)| ((*text).to_owned(), *id)).collect()
    }

    #[test]
    fn an_address_corrected_in_its_place_is_the_same_item() {
        assert_eq!(replaced(card(&[("a", None), ("b", None)]), &["aa", "b"]), is(&[("aa", 1), ("b", 2)]));
    }

    #[test]
    fn when_a_shown_address_goes_the_fourth_moves_up() {
        let card = card(&[("a", None), ("b", None), ("c", None), ("d", None)]);
        assert_eq!(replaced(card, &["a", "c"]), is(&[("a", 1), ("c", 3), ("d", 4)]));
    }

    #[test]
    fn a_hidden_address_sent_again_is_not_doubled() {
        let card = card(&[("a", None), ("b", None), ("c", None), ("d", None)]);
        assert_eq!(replaced(card, &["d", "a", "b", "c"]), is(&[("d", 4), ("a", 1), ("b", 2), ("c", 3)]));
    }

    #[test]
    fn a_hidden_address_sent_alone_is_shown_before_all_that_stay_hidden() {
        let card = card(&[("a", None), ("b", None), ("c", None), ("d", None), ("e", None)]);
        assert_eq!(replaced(card, &["e"]), is(&[("e", 5), ("d", 4)]));
    }

    #[test]
    fn a_hidden_address_sent_behind_a_shown_one_is_shown_before_all_that_stay_hidden() {
        let card = card(&[("a", Some(1)), ("b", Some(1)), ("c", Some(2)), ("d", Some(3)), ("e", None), ("f", None)]);
        assert_eq!(replaced(card, &["c", "e"]), is(&[("c", 3), ("e", 5), ("d", 4), ("f", 6)]));
    }

    #[test]
    fn a_new_order_is_kept_even_against_old_preferences() {
        let card = card(&[("a", Some(1)), ("b", Some(2)), ("c", None)]);
        assert_eq!(replaced(card, &["c", "n", "a"]), is(&[("c", 3), ("n", 2), ("a", 1)]));
    }

    #[test]
    fn a_new_address_stands_before_what_is_hidden() {
        let card = card(&[("a", Some(1)), ("b", Some(1)), ("c", Some(1)), ("d", Some(1))]);
        assert_eq!(replaced(card, &["a", "b", "c", "n"]), is(&[("a", 1), ("b", 2), ("c", 3), ("n", 101), ("d", 4)]));
    }

    #[test]
    fn the_same_address_twice_is_two_items() {
        assert_eq!(replaced(card(&[("a", None)]), &["a", "a"]), is(&[("a", 1), ("a", 101)]));
    }
}
