//! The laws of a lens over address books as five programs write them, for every path. A new path adds a row.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop where it fails")]

use std::{collections::HashMap, path::Path};

use contact::{
    BlobHash, Card, Fact, ItemId, NewItemIds,
    eas::{self, Family, Lens, Property, Supported, Version},
    fact::PhoneKind,
    graph,
    merge::{Winner, merge},
    vcard::{self, ClientProfile, VcardVersion},
};
use serde_json::json;

struct Counting(u64);

impl NewItemIds for Counting {
    fn new_item_id(&mut self) -> ItemId {
        self.0 += 1;
        ItemId(self.0)
    }
}

struct Imported {
    card: Card,
    photos: HashMap<BlobHash, Vec<u8>>,
}

fn real_cards() -> Vec<Imported> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cards");
    let mut cards = Vec::new();
    for book in ["ios", "outlook", "google", "android", "thunderbird"] {
        let bytes = std::fs::read(folder.join(format!("{book}.vcf"))).unwrap();
        for imported in vcard::read(&bytes, &mut Counting(0)) {
            let imported = imported.unwrap();
            let photos = imported.photos.into_iter().map(|photo| (photo.original_hash, photo.original)).collect();
            cards.push(Imported { card: imported.card, photos });
        }
    }
    assert!(cards.len() > 10);
    cards
}

fn client(family: Family, version: Version) -> Lens {
    Lens { family, version, supported: Supported::NotSent, body_truncation: Some(32_768), device: "D".to_owned() }
}

fn phones() -> [Lens; 4] {
    [
        client(Family::Ios, Version::V14_1),
        client(Family::Android, Version::V14_1),
        client(Family::TbSync, Version::V16_1),
        client(Family::Other, Version::V16_0),
    ]
}

type Echo = Box<dyn Fn(&Imported) -> Card>;

/// Every path with a client that returns what it was served.
fn paths() -> Vec<(String, Echo)> {
    let mut rows: Vec<(String, Echo)> = Vec::new();
    for lens in phones() {
        rows.push((
            format!("ActiveSync, {:?} {:?}", lens.family, lens.version),
            Box::new(move |imported: &Imported| {
                let served = lens.project(&imported.card);
                lens.absorb(&imported.card, &served, &served, None, &mut Counting(1_000))
            }),
        ));
    }
    rows.push((
        "Graph".to_owned(),
        Box::new(|imported: &Imported| {
            let served = serde_json::to_value(graph::project(&imported.card, &[])).unwrap();
            graph::absorb(&imported.card, &graph::Patch::parse(&served).unwrap(), &mut Counting(1_000))
        }),
    ));
    for version in [VcardVersion::V3, VcardVersion::V4] {
        rows.push((
            format!("vCard {}", version.number()),
            Box::new(move |imported: &Imported| {
                let photos = |hash: BlobHash| imported.photos.get(&hash).cloned();
                let served = vcard::project(&imported.card, version, &photos);
                let complete = ClientProfile::Complete;
                vcard::absorb(&imported.card, version, complete, served.as_bytes(), &mut Counting(1_000)).unwrap().card
            }),
        ));
    }
    rows
}

#[test]
fn echo_a_real_card_served_and_returned_on_any_path_is_unchanged_to_the_letter() {
    for imported in real_cards() {
        for (path, echo) in paths() {
            assert_eq!(echo(&imported), imported.card, "{path}");
        }
    }
}

#[test]
fn ghost_a_number_typed_on_a_phone_changes_nothing_else_of_a_real_card() {
    for Imported { card, .. } in real_cards() {
        for lens in phones() {
            let served = lens.project(&card);
            let mut sent = served.clone();
            sent.texts.insert(Property::MobilePhoneNumber, "+1 555 0100".to_owned());
            let edited = lens.absorb(&card, &served, &sent, None, &mut Counting(1_000));
            let is_typed = |fact: &Fact| matches!(fact, Fact::Phone(phone) if phone.number == "+1 555 0100");
            let changed: Vec<_> = edited.items.iter().filter(|item| card.item(item.id) != Some(*item)).collect();
            assert_eq!(changed.len(), 1, "{changed:?}");
            assert!(is_typed(&changed[0].fact));
            assert!(card.items.iter().all(|item| edited.item(item.id).is_some()), "an item is gone");
            assert_eq!(lens.project(&edited), lens.seen(&served, &sent));
        }
    }
}

#[test]
fn completeness_a_real_card_added_on_one_phone_looks_the_same_on_another() {
    for Imported { card, .. } in real_cards() {
        let [iphone, android, ..] = phones();
        let typed = eas::EasContact { picture: eas::Picture::Absent, own_picture: false, ..iphone.project(&card) };
        let added = iphone.absorb(&Card::default(), &eas::EasContact::default(), &typed, None, &mut Counting(0));
        assert_eq!(android.project(&added), typed);
    }
}

#[test]
fn convergence_a_phone_and_the_outlook_side_edit_a_real_card_and_both_land_whoever_comes_first() {
    let [iphone, ..] = phones();
    for Imported { card, .. } in real_cards() {
        let served = iphone.project(&card);
        let mut sent = served.clone();
        sent.texts.insert(Property::PagerNumber, "+1 555 0101".to_owned());
        let by_phone = iphone.absorb(&card, &served, &sent, None, &mut Counting(1_000));
        let patch = graph::Patch::parse(&json!({ "jobTitle": "Captain" })).unwrap();
        let by_outlook = graph::absorb(&card, &patch, &mut Counting(2_000));

        let merged = merge(&card, &by_phone, &by_outlook, Winner::Mine);
        assert_eq!(merged, merge(&card, &by_outlook, &by_phone, Winner::Mine));
        assert!(merged.conflicts.is_empty());
        let shown = iphone.project(&merged.card).texts;
        assert_eq!(shown.get(&Property::JobTitle).map(String::as_str), Some("Captain"));
        assert_eq!(shown.get(&Property::PagerNumber).map(String::as_str), Some("+1 555 0101"));
        let pagers = merged.card.items.iter().filter(
            |item| matches!(&item.fact, Fact::Phone(phone) if phone.kind == PhoneKind::Pager && item.label.is_none()),
        );
        assert_eq!(pagers.count(), 1);
    }
}

#[test]
fn identity_ids_survive_a_journey_through_every_path() {
    for mut imported in real_cards() {
        let before: Vec<ItemId> = imported.card.items.iter().map(|item| item.id).collect();
        for (_, echo) in paths() {
            imported.card = echo(&imported);
        }
        let after: Vec<ItemId> = imported.card.items.iter().map(|item| item.id).collect();
        assert_eq!(after, before);
    }
}
