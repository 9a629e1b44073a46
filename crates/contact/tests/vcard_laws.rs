//! What holds for every vCard, shown on address books as five programs write them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop where it fails")]

mod cases;
#[allow(dead_code, reason = "other tests use the rest of it")]
mod generate;
mod vcard_support;

use std::collections::HashMap;

use cases::cases;
use contact::{
    BlobHash, Card, Fact, Item, ItemId,
    vcard::{self, ClientProfile, ImportedCard, VcardVersion},
};
use proptest::prelude::*;
use vcard_support::{Counting, book, file, read_one, untouched};

const BOOKS: [&str; 5] = ["ios", "outlook", "google", "android", "thunderbird"];
const VERSIONS: [VcardVersion; 3] = [VcardVersion::V2_1, VcardVersion::V3, VcardVersion::V4];

fn every_card() -> impl Iterator<Item = ImportedCard> {
    BOOKS.into_iter().flat_map(book)
}

fn photos(imported: &ImportedCard) -> impl Fn(BlobHash) -> Option<Vec<u8>> + use<> {
    let stored: HashMap<BlobHash, Vec<u8>> =
        imported.photos.iter().map(|photo| (photo.original_hash, photo.original.clone())).collect();
    move |hash| stored.get(&hash).cloned()
}

/// What a card says, without ids, sources and the order of items.
fn says(card: &Card) -> Vec<String> {
    let plain = |item: &Item| {
        let mut item = item.clone();
        item.id = ItemId(0);
        // The value of an opaque property is in the writing of the version it came in.
        if let (Fact::Opaque(opaque), Some("VERSION:2.1")) =
            (&mut item.fact, item.source.vcard.first().map(String::as_str))
        {
            opaque.value = opaque.value.replace("\r\n", "\n").replace('\n', "\\n");
        }
        if let Fact::Opaque(opaque) = &mut item.fact {
            opaque.value = opaque.value.replace("\\;", ";");
        }
        item.touched();
        format!("{item:?}")
    };
    let mut facts: Vec<String> = card.items.iter().map(plain).collect();
    facts.sort();
    facts.push(format!("{} {:?}", card.uid, card.kind));
    facts
}

fn unfolded(text: &str) -> String {
    let text = text.replace("\r\n ", "");
    if !text.contains("VERSION:2.1") {
        return text;
    }
    // Base64 in vCard 2.1 ends with a blank line; any other `=` at an end is a soft break.
    text.replace("=\r\n\r\n", "\u{1}").replace("=\r\n", "").replace('\u{1}', "=\r\n\r\n")
}

#[test]
fn every_sample_card_is_read_without_a_remark() {
    for name in BOOKS {
        let cards = book(name);
        assert!(cards.len() >= 8, "{name} has {} cards", cards.len());
        assert!(cards.iter().all(|card| card.remarks.is_empty()), "{name}");
    }
}

#[test]
fn a_card_exported_and_imported_again_says_the_same() {
    for imported in every_card() {
        let text = vcard::write(&imported.card, VcardVersion::V3, &photos(&imported));
        assert_eq!(says(&read_one(&text)), says(&imported.card), "{text}");
    }
}

#[test]
fn a_card_made_wholly_anew_says_the_same_in_3_0_and_4_0() {
    for imported in every_card() {
        for version in [VcardVersion::V3, VcardVersion::V4] {
            let card = untouched(imported.card.clone());
            let text = vcard::write(&card, version, &photos(&imported));
            let (mut read, mut wrote) = (says(&read_one(&text)), says(&card));
            // Opaque properties are translated between versions, values and names included.
            read.retain(|fact| !fact.contains("fact: Opaque"));
            wrote.retain(|fact| !fact.contains("fact: Opaque"));
            assert_eq!(read, wrote, "{text}");
        }
    }
}

#[test]
fn untouched_items_come_back_in_their_own_lines() {
    for name in BOOKS {
        let original = unfolded(&String::from_utf8(file(&format!("{name}.vcf"))).unwrap());
        for imported in book(name) {
            let version = match name {
                "outlook" | "android" => VcardVersion::V2_1,
                "thunderbird" => VcardVersion::V4,
                _ => VcardVersion::V3,
            };
            let text = unfolded(&vcard::write(&imported.card, version, &photos(&imported)));
            let own = imported.card.items.iter().flat_map(|item| &item.source.vcard);
            for line in own.filter(|line| !line.starts_with("VERSION:") && !line.to_uppercase().starts_with("PHOTO")) {
                assert!(original.contains(&format!("{line}\r\n")), "{line} is not of {name}");
                assert!(text.contains(&format!("{line}\r\n")), "{line} is not in {text}");
            }
        }
    }
}

#[test]
fn a_photo_comes_back_octet_by_octet_with_its_parameters() {
    let original = unfolded(&String::from_utf8(file("ios.vcf")).unwrap());
    let card = book("ios").remove(0);
    let text = unfolded(&vcard::write(&card.card, VcardVersion::V3, &photos(&card)));
    let line = original.lines().find(|line| line.starts_with("PHOTO")).unwrap();
    assert!(text.lines().any(|other| other == line));
}

#[test]
fn echo_what_a_client_sends_back_unchanged_changes_nothing() {
    for imported in every_card() {
        for version in VERSIONS {
            for profile in [ClientProfile::Complete, ClientProfile::AppleDialect] {
                let text = vcard::project(&imported.card, version, &photos(&imported));
                let absorbed = vcard::absorb(&imported.card, version, profile, text.as_bytes(), &mut Counting(9000));
                let absorbed = absorbed.unwrap();
                assert_eq!(absorbed.card, imported.card, "{version:?} {profile:?}\n{text}");
                assert!(absorbed.photos.is_empty());
            }
        }
    }
}

#[test]
fn every_line_written_has_at_most_75_octets_and_breaks_between_letters() {
    for imported in every_card() {
        for version in [VcardVersion::V3, VcardVersion::V4] {
            let text = vcard::write(&imported.card, version, &photos(&imported));
            assert!(text.split("\r\n").all(|line| line.len() <= 75), "{text}");
        }
    }
}

#[test]
fn every_card_written_has_a_full_name() {
    for imported in every_card() {
        for version in VERSIONS {
            let text = vcard::write(&imported.card, version, &photos(&imported));
            assert_eq!(text.lines().filter(|line| line.starts_with("FN")).count(), 1, "{text}");
        }
    }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn echo_holds_for_cards_of_every_path(card in generate::card()) {
        for version in VERSIONS {
            for profile in [ClientProfile::Complete, ClientProfile::AppleDialect] {
                let text = vcard::project(&card, version, &|_| None);
                let photoless = Card {
                    items: card.items.iter().filter(|item| !matches!(item.fact, Fact::Photo(_))).cloned().collect(),
                    ..card.clone()
                };
                let absorbed =
                    vcard::absorb(&photoless, version, profile, text.as_bytes(), &mut Counting(90_000)).unwrap().card;
                prop_assert_eq!(&absorbed, &photoless, "{:?} {:?}\n{}", version, profile, text);
            }
        }
    }
}
