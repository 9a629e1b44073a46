//! The laws of the Graph lens over generated cards and patches.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails here fails for good reason")]

mod cases;

use std::collections::BTreeSet;

use cases::cases;
use contact::{
    Card, Context, Fact, Item, ItemId, NewItemIds, PartialDate,
    fact::{
        Address, Anniversary, AnniversaryKind, Email, Identifier, IdentifierKind, Name, OnlineService, Opaque,
        Organization, Phone, PhoneKind, Relation, RelationKind, ServiceKind, Title, TitleKind,
    },
    graph::{ExtendedPropertyId, GraphContact, Patch, absorb, project},
};
use proptest::prelude::*;
use serde_json::{Map, Value};

struct Counting(u64);

impl NewItemIds for Counting {
    fn new_item_id(&mut self) -> ItemId {
        self.0 += 1;
        ItemId(self.0)
    }
}

const EXTENDED: [&str; 6] = [
    "String 0x3A24",
    "String 0x3A1F",
    "String 0x3A57",
    "SystemTime 0x3A41",
    "String 0x3A4A",
    "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name Hat",
];

fn expand() -> Vec<ExtendedPropertyId> {
    EXTENDED.iter().map(|id| ExtendedPropertyId::parse(id).unwrap()).collect()
}

/// Few words, so that equal texts, swaps and moves happen often.
fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["Ann", "Lee", "ann", "Ørsted", "安", "x y", "+1 55", "a@b.example", "O'Neil, J."])
        .prop_map(str::to_owned)
}

fn maybe() -> impl Strategy<Value = Option<String>> {
    prop::option::of(word())
}

fn date() -> impl Strategy<Value = PartialDate> {
    (prop::option::of(1900_i16..2030), 1_u8..=12, 1_u8..=28)
        .prop_map(|(year, month, day)| PartialDate::new(year, month, day).unwrap())
}

fn name() -> impl Strategy<Value = Fact> {
    (maybe(), maybe(), maybe(), maybe(), maybe(), maybe()).prop_map(
        |(full, given, given2, surname, file_as, suffix)| {
            Fact::Name(Name { full, given, given2, surname, file_as, suffix, ..Name::default() })
        },
    )
}

fn organization() -> impl Strategy<Value = Fact> {
    (maybe(), prop::collection::vec(word(), 0..3), maybe())
        .prop_map(|(name, units, office)| Fact::Organization(Organization { name, units, office, phonetic: None }))
}

fn address() -> impl Strategy<Value = Fact> {
    (maybe(), maybe(), maybe(), maybe(), maybe()).prop_map(|(street, city, country, po_box, extended)| {
        let country_code = country.as_ref().map(|_| "dk".to_owned());
        Fact::Address(Address { street, city, country, po_box, extended, country_code, ..Address::default() })
    })
}

fn phone_kind() -> impl Strategy<Value = PhoneKind> {
    prop::sample::select(vec![
        PhoneKind::Voice,
        PhoneKind::Voice,
        PhoneKind::Voice,
        PhoneKind::Mobile,
        PhoneKind::Fax,
        PhoneKind::Main,
        PhoneKind::Video,
    ])
}

fn fact() -> impl Strategy<Value = Fact> {
    let relations = prop::sample::select(vec![RelationKind::Child, RelationKind::Spouse, RelationKind::Other]);
    let services = prop::sample::select(vec![ServiceKind::Messaging, ServiceKind::Social]);
    let anniversaries =
        prop::sample::select(vec![AnniversaryKind::Birth, AnniversaryKind::Wedding, AnniversaryKind::Other]);
    prop_oneof![
        3 => (word(), maybe()).prop_map(|(address, name)| Fact::Email(Email { address, name })),
        4 => (word(), phone_kind()).prop_map(|(number, kind)| Fact::Phone(Phone { number, kind })),
        2 => address(),
        1 => organization(),
        1 => word().prop_map(Fact::Nickname),
        1 => word().prop_map(Fact::Note),
        1 => word().prop_map(Fact::Link),
        1 => word().prop_map(Fact::Keyword),
        1 => word().prop_map(|name| Fact::Title(Title { kind: TitleKind::Title, name })),
        1 => (word(), services).prop_map(|(user, kind)| {
            Fact::OnlineService(OnlineService { user, service: Some("Jabber".to_owned()), kind })
        }),
        1 => (word(), relations).prop_map(|(name, kind)| Fact::Relation(Relation { kind, name })),
        1 => (date(), anniversaries).prop_map(|(date, kind)| Fact::Anniversary(Anniversary { kind, date })),
        1 => word().prop_map(|value| Fact::Identifier(Identifier { kind: IdentifierKind::CustomerId, value })),
        1 => word().prop_map(|value| Fact::Opaque(Opaque { property: "vcard:X-KEEP".to_owned(), value })),
        1 => word().prop_map(|value| Fact::Opaque(Opaque {
            property: "graph:String {66f5a359-4659-4830-9070-00047ec6ac6e} Name Hat".to_owned(),
            value,
        })),
    ]
}

fn contexts() -> impl Strategy<Value = BTreeSet<Context>> {
    prop::collection::btree_set(prop::sample::select(vec![Context::Work, Context::Private]), 0..=2)
}

fn card() -> impl Strategy<Value = Card> {
    let item = (fact(), contexts(), maybe(), prop::option::weighted(0.2, 1_u8..4));
    (prop::option::of(name()), prop::collection::vec(item, 0..14)).prop_map(|(name, facts)| {
        let named = name.into_iter().map(|fact| (fact, BTreeSet::new(), None, None));
        let items = named.chain(facts).zip(1..).map(|((fact, contexts, label, pref), id)| {
            let mut item = Item::new(ItemId(id), fact);
            (item.contexts, item.label, item.pref) = (contexts, label, pref);
            item.source.vcard = vec![format!("X-SOURCE:{id}")];
            item
        });
        Card { uid: "uid".to_owned(), items: items.collect(), ..Card::default() }
    })
}

fn wire(card: &Card) -> Map<String, Value> {
    let Value::Object(object) = serde_json::to_value(project(card, &expand())).unwrap() else { unreachable!() };
    object
}

/// A patch as a client makes it that shows another card's values in some of the properties.
fn patch_from(other: &Card, chosen: &BTreeSet<usize>) -> Value {
    let named = wire(other).into_iter().enumerate().filter(|(index, (key, _))| {
        // The three e-mail properties say what `emailAddresses` says; a client that names both means the same.
        chosen.contains(index) && !key.ends_with("EmailAddress")
    });
    Value::Object(named.map(|(_, entry)| entry).collect())
}

fn apply(base: &Card, patch: &Value) -> Card {
    absorb(base, &Patch::parse(patch).unwrap(), &mut Counting(1000))
}

/// Names of what a patch of this property may also change to the eye: texts Exchange computes from others.
fn follows(key: &str) -> bool {
    matches!(key, "displayName" | "fileAs")
}

const COMPANY: [&str; 4] = ["companyName", "department", "officeLocation", "yomiCompanyName"];

proptest! {
    #![proptest_config(cases(192))]

    /// Echo: what was served and comes back is no change, down to the verbatim source.
    #[test]
    fn a_contact_sent_back_as_it_was_served_is_unchanged(card in card()) {
        prop_assert_eq!(apply(&card, &Value::Object(wire(&card))), card);
    }

    /// Ghost: properties not named show what they showed; items no property shows are the same to the letter.
    #[test]
    fn a_patch_leaves_alone_what_it_does_not_name(
        base in card(),
        other in card(),
        chosen in prop::collection::btree_set(0_usize..40, 0..8),
    ) {
        let patch = patch_from(&other, &chosen);
        let after = apply(&base, &patch);
        let (before, shown) = (wire(&base), wire(&after));
        for (key, value) in before.iter().filter(|(key, _)| patch.get(*key).is_none() && !follows(key)) {
            if key.ends_with("EmailAddress") && patch.get("emailAddresses").is_some() { continue }
            if key == "singleValueExtendedProperties" { continue }
            // A first company that becomes empty makes room for the second.
            if COMPANY.contains(&key.as_str()) && COMPANY.iter().any(|key| patch.get(key).is_some()) { continue }
            prop_assert_eq!(Some(value), shown.get(key), "{}", key);
        }
        for item in &base.items {
            let outside = match &item.fact {
                Fact::Opaque(opaque) => opaque.property.starts_with("vcard:"),
                Fact::OnlineService(service) => service.kind == ServiceKind::Social,
                Fact::Relation(relation) => relation.kind == RelationKind::Other,
                Fact::Anniversary(anniversary) => anniversary.kind == AnniversaryKind::Other,
                Fact::Phone(phone) => phone.kind == PhoneKind::Video,
                _ => false,
            };
            if outside { prop_assert_eq!(after.item(item.id), Some(item)); }
        }
    }

    /// Completeness: what a patch names is what a client reads afterwards, as far as the resource shows.
    #[test]
    fn a_patch_is_what_a_client_reads_afterwards(
        base in card(),
        other in card(),
        chosen in prop::collection::btree_set(0_usize..40, 0..8),
    ) {
        let patch = patch_from(&other, &chosen);
        let shown = wire(&apply(&base, &patch));
        for (key, value) in patch.as_object().unwrap() {
            let cleared = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
            match key.as_str() {
                // Computed when cleared; and behind a cleared place the next one moves up.
                _ if cleared => {}
                "singleValueExtendedProperties" => {}
                // Sent as it was served it stays what it is: computed.
                "fileAs" if wire(&base)["fileAs"] == *value => {}
                "emailAddresses" | "businessPhones" | "homePhones" | "imAddresses" => {
                    let (wanted, got) = (value.as_array().unwrap(), shown[key].as_array().unwrap());
                    let text = |entry: &Value| entry.get("address").unwrap_or(entry).clone();
                    let (wanted, got): (Vec<_>, Vec<_>) =
                        (wanted.iter().map(text).collect(), got.iter().map(text).collect());
                    prop_assert_eq!(&got[..wanted.len()], &wanted[..], "{}", key);
                }
                "businessAddress" | "homeAddress" | "otherAddress" => {
                    for (part, value) in value.as_object().unwrap() {
                        prop_assert_eq!(shown[key].get(part).unwrap_or(&Value::Null), value, "{}/{}", key, part);
                    }
                }
                _ => prop_assert_eq!(&shown[key], value, "{}", key),
            }
        }
    }

    /// Identity: item ids stay unique, and an item whose value is still shown keeps its id, label and contexts.
    #[test]
    fn items_keep_their_ids_through_a_new_order(card in card(), seed in any::<u64>()) {
        let served: GraphContact = project(&card, &[]);
        let mut addresses: Vec<Value> = served.emails.iter().map(|email| serde_json::to_value(email).unwrap()).collect();
        if !addresses.is_empty() {
            let turn = usize::try_from(seed % 7).unwrap() % addresses.len();
            addresses.rotate_left(turn);
        }
        let after = apply(&card, &serde_json::json!({ "emailAddresses": addresses }));
        prop_assert_eq!(after.items.len(), card.items.len());
        for item in &card.items {
            let kept = after.item(item.id).unwrap();
            prop_assert_eq!((&kept.fact, &kept.label, &kept.contexts), (&item.fact, &item.label, &item.contexts));
        }
    }
}
