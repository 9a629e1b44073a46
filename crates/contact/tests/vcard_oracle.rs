//! The sample books through another parser: what it counts, we count.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop where it fails")]

mod vcard_support;

use calcard::{Entry, Parser, vcard::VCard};
use contact::{
    Card, Fact,
    vcard::{self, VcardVersion},
};
use vcard_support::book;

/// The cards of a text as the other parser reads them.
fn theirs(text: &str) -> Vec<VCard> {
    let text = without_nested_cards(text);
    let mut parser = Parser::new(&text);
    let mut cards = Vec::new();
    loop {
        match parser.entry() {
            Entry::VCard(card) => cards.push(card),
            Entry::Eof => return cards,
            other => panic!("{other:?}\n{text}"),
        }
    }
}

/// The other parser knows no card inside a card, which vCard 2.1 allows behind `AGENT:`.
fn without_nested_cards(text: &str) -> String {
    let Some((before, nested)) = text.split_once("AGENT:\r\nBEGIN:VCARD") else { return text.to_owned() };
    let (_, after) = nested.split_once("END:VCARD\r\n").unwrap();
    format!("{before}{}", without_nested_cards(after))
}

/// How many properties of this name have a value.
fn properties(card: &VCard, name: &str) -> usize {
    let named = card.entries.iter().filter(|entry| entry.name.as_str().eq_ignore_ascii_case(name));
    named.filter(|entry| !entry.values.is_empty()).count()
}

/// The values of all properties of this name.
fn values(card: &VCard, name: &str) -> usize {
    let named = card.entries.iter().filter(|entry| entry.name.as_str().eq_ignore_ascii_case(name));
    named.map(|entry| entry.values.len()).sum()
}

fn count(card: &Card, of: fn(&Fact) -> bool) -> usize {
    card.items.iter().filter(|item| of(&item.fact)).count()
}

fn agree(ours: &Card, theirs: &VCard) {
    let phones = properties(theirs, "TEL") + properties(theirs, "X-MS-TEL");
    assert_eq!(count(ours, |fact| matches!(fact, Fact::Phone(_))), phones, "{ours:?}");
    assert_eq!(count(ours, |fact| matches!(fact, Fact::Email(_))), properties(theirs, "EMAIL"), "{ours:?}");
    assert_eq!(count(ours, |fact| matches!(fact, Fact::Address(_))), properties(theirs, "ADR"), "{ours:?}");
    assert_eq!(count(ours, |fact| matches!(fact, Fact::Note(_))), properties(theirs, "NOTE"), "{ours:?}");
    assert_eq!(count(ours, |fact| matches!(fact, Fact::Link(_))), properties(theirs, "URL"), "{ours:?}");
    assert_eq!(count(ours, |fact| matches!(fact, Fact::Keyword(_))), values(theirs, "CATEGORIES"), "{ours:?}");
}

#[test]
fn another_parser_counts_the_same_properties_and_values_in_the_sample_books() {
    for name in ["ios", "google", "outlook", "android", "thunderbird"] {
        let text = String::from_utf8(vcard_support::file(&format!("{name}.vcf"))).unwrap();
        let theirs = theirs(&text);
        let ours = book(name);
        assert_eq!(ours.len(), theirs.len(), "{name}");
        for (ours, theirs) in ours.iter().zip(&theirs) {
            agree(&ours.card, theirs);
        }
    }
}

#[test]
fn another_parser_reads_what_we_write_in_every_version() {
    for name in ["ios", "google", "outlook", "android", "thunderbird"] {
        for imported in book(name) {
            for version in [VcardVersion::V2_1, VcardVersion::V3, VcardVersion::V4] {
                let card = vcard_support::untouched(imported.card.clone());
                let text =
                    vcard::write(&card, version, &|_| imported.photos.first().map(|photo| photo.original.clone()));
                let theirs = theirs(&text);
                assert_eq!(theirs.len(), 1, "{text}");
                agree(&card, &theirs[0]);
                assert_eq!(properties(&theirs[0], "FN"), 1, "{text}");
            }
        }
    }
}
