//! Random cards for the laws: small alphabets, so that equal texts, waiting items and full slots are common.
#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

use contact::{
    BlobHash, Card, CardKind, Context, Fact, Item, ItemId, NewItemIds, PartialDate,
    fact::{
        Address, Anniversary, AnniversaryKind, Email, Identifier, IdentifierKind, Name, OnlineService, Opaque,
        Organization, Phone, PhoneKind, Photo, Relation, RelationKind, ServiceKind, Title, TitleKind,
    },
};
use proptest::{collection::vec, option, prelude::*, sample::select};

/// Ids counted up from a start that no generated card reaches.
pub struct Counting(pub u64);

impl NewItemIds for Counting {
    fn new_item_id(&mut self) -> ItemId {
        self.0 += 1;
        ItemId(self.0)
    }
}

pub fn text() -> impl Strategy<Value = String> {
    select(vec!["Ada", "Örn", "渡辺", "O'Neil, Jr.", "two words", "a\nb", "x", "  spaced", "Ada ", "1;2", "😀"])
        .prop_map(str::to_owned)
}

fn some_text() -> impl Strategy<Value = Option<String>> {
    option::of(text())
}

pub fn number() -> impl Strategy<Value = String> {
    select(vec!["1", "22", "333", "+49 40 1", "+49401", "(555) 010-1"]).prop_map(str::to_owned)
}

pub fn address_text() -> impl Strategy<Value = String> {
    select(vec!["a@x.example", "b@x.example", "c@x.example", "d@x.example", "A@x.example"]).prop_map(str::to_owned)
}

pub fn day() -> impl Strategy<Value = PartialDate> {
    (option::of(1605_i16..2100), 1_u8..=12, 1_u8..=28)
        .prop_map(|(year, month, day)| PartialDate::new(year, month, day).unwrap())
}

fn name() -> impl Strategy<Value = Fact> {
    (
        (some_text(), some_text(), some_text(), some_text(), some_text()),
        (some_text(), some_text(), some_text(), some_text(), any::<bool>()),
    )
        .prop_map(
            |(
                (given, given2, surname, prefix, suffix),
                (phonetic_given, phonetic_surname, file_as, full, composed),
            )| {
                let mut name = Name {
                    given,
                    given2,
                    surname,
                    prefix,
                    suffix,
                    phonetic_given,
                    phonetic_surname,
                    file_as,
                    full,
                    ..Name::default()
                };
                if composed {
                    name.full = contact::names::composed(&name);
                }
                Fact::Name(name)
            },
        )
}

fn photo() -> impl Strategy<Value = Fact> {
    (0_u8..4, option::of(select(vec!["DEVICE", "OTHER"]))).prop_map(|(seed, uploaded_by)| {
        Fact::Photo(Photo {
            original: BlobHash([seed; 32]),
            media_type: "image/jpeg".to_owned(),
            served: BlobHash([seed + 100; 32]),
            uploaded_by: uploaded_by.map(str::to_owned),
        })
    })
}

fn address() -> impl Strategy<Value = Fact> {
    (some_text(), some_text(), some_text(), some_text(), some_text(), some_text()).prop_map(
        |(street, city, postal_code, country, po_box, state)| {
            Fact::Address(Address { street, city, postal_code, country, po_box, state, ..Address::default() })
        },
    )
}

pub fn fact() -> impl Strategy<Value = Fact> {
    use AnniversaryKind::{Birth, Other, Wedding};
    prop_oneof![
        4 => (address_text(), some_text()).prop_map(|(address, name)| Fact::Email(Email { address, name })),
        6 => (number(), phone_kind()).prop_map(|(number, kind)| Fact::Phone(Phone { number, kind })),
        3 => address(),
        1 => text().prop_map(Fact::Nickname),
        2 => (some_text(), vec(text(), 0..3), some_text(), some_text()).prop_map(|(name, units, phonetic, office)| {
            Fact::Organization(Organization { name, units, phonetic, office })
        }),
        1 => (select(vec![TitleKind::Title, TitleKind::Role]), text())
            .prop_map(|(kind, name)| Fact::Title(Title { kind, name })),
        1 => text().prop_map(Fact::Link),
        2 => (text(), some_text(), select(vec![ServiceKind::Messaging, ServiceKind::Social]))
            .prop_map(|(user, service, kind)| Fact::OnlineService(OnlineService { user, service, kind })),
        2 => (select(vec![Birth, Wedding, Other]), day())
            .prop_map(|(kind, date)| Fact::Anniversary(Anniversary { kind, date })),
        3 => (relation_kind(), text()).prop_map(|(kind, name)| Fact::Relation(Relation { kind, name })),
        1 => text().prop_map(Fact::Note),
        2 => text().prop_map(Fact::Keyword),
        1 => (identifier_kind(), select(vec!["1", "22"]))
            .prop_map(|(kind, value)| Fact::Identifier(Identifier { kind, value: value.to_owned() })),
        1 => text().prop_map(|value| Fact::Opaque(Opaque { property: "vcard:X-KEEP".to_owned(), value })),
    ]
}

pub fn phone_kind() -> impl Strategy<Value = PhoneKind> {
    use PhoneKind::{Assistant, Car, Fax, Main, Mobile, Pager, Radio, Text, Textphone, Video, Voice};
    prop_oneof![
        5 => Just(Voice),
        2 => Just(Mobile),
        2 => Just(Fax),
        1 => select(vec![Pager, Main, Car, Radio, Assistant, Text, Textphone, Video]),
    ]
}

fn relation_kind() -> impl Strategy<Value = RelationKind> {
    use RelationKind::{Assistant, Child, Manager, Other, Spouse};
    select(vec![Spouse, Child, Child, Manager, Assistant, Other])
}

fn identifier_kind() -> impl Strategy<Value = IdentifierKind> {
    use IdentifierKind::{AccountName, Alias, CustomerId, GovernmentId, WeightedRank};
    select(vec![CustomerId, GovernmentId, AccountName, Alias, WeightedRank])
}

pub fn item(fact: impl Strategy<Value = Fact>) -> impl Strategy<Value = Item> {
    let contexts = prop_oneof![
        3 => Just(vec![]),
        3 => Just(vec![Context::Private]),
        3 => Just(vec![Context::Work]),
        1 => Just(vec![Context::Private, Context::Work]),
    ];
    let label = option::weighted(0.2, select(vec!["Ferry office", "iPhone"]));
    let pref = option::weighted(0.3, select(vec![1_u8, 2, 50]));
    let source = option::weighted(0.5, Just("X:1"));
    (fact, contexts, label, pref, source).prop_map(|(fact, contexts, label, pref, source)| {
        let mut item = Item::new(ItemId(0), fact).in_contexts(contexts);
        item.label = label.map(str::to_owned);
        item.pref = pref;
        item.source.vcard = source.map(str::to_owned).into_iter().collect();
        item
    })
}

/// A card with items 1, 2, 3 ... in any order of kinds; at most one name and one photo, as the model has it.
pub fn card() -> impl Strategy<Value = Card> {
    (option::weighted(0.8, item(name())), option::weighted(0.4, item(photo())), vec(item(fact()), 0..14)).prop_map(
        |(name, photo, mut items)| {
            items.extend(name);
            items.extend(photo);
            for (id, item) in (1..).zip(&mut items) {
                item.id = ItemId(id);
            }
            Card { uid: "card".to_owned(), kind: CardKind::Individual, items }
        },
    )
}

/// What one person does to a card, in the model itself: changes, deletions, additions, a new order.
pub fn edited(base: Card, first_new_id: u64) -> impl Strategy<Value = Card> {
    let count = base.items.len();
    let step = prop_oneof![
        (0..count.max(1), item(fact())).prop_map(Step::Change),
        (0..count.max(1)).prop_map(Step::Delete),
        (0..=count, item(fact())).prop_map(Step::Add),
        (0..count.max(1), 0..count.max(1)).prop_map(Step::Move),
    ];
    vec(step, 0..5).prop_map(move |steps| {
        let mut card = base.clone();
        for (id, step) in (first_new_id..).zip(steps) {
            step.apply(&mut card, ItemId(id));
        }
        card
    })
}

#[derive(Debug, Clone)]
enum Step {
    Change((usize, Item)),
    Delete(usize),
    Add((usize, Item)),
    Move((usize, usize)),
}

impl Step {
    fn apply(self, card: &mut Card, id: ItemId) {
        match self {
            Self::Change((at, to)) => {
                if let Some(item) = card.items.get_mut(at)
                    && std::mem::discriminant(&item.fact) == std::mem::discriminant(&to.fact)
                {
                    *item = Item { id: item.id, ..to };
                    item.touched();
                }
            }
            Self::Delete(at) => {
                if at < card.items.len() {
                    card.items.remove(at);
                }
            }
            Self::Add((at, item)) => card.items.insert(at.min(card.items.len()), Item { id, ..item }),
            Self::Move((from, to)) => {
                if from < card.items.len() && to < card.items.len() {
                    card.items.swap(from, to);
                }
            }
        }
    }
}
