//! What a client may change by sending a whole vCard back, and what it may not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop where it fails")]

mod vcard_support;

use contact::{
    Card, Context, Fact, Item, ItemId,
    fact::{Email, Identifier, IdentifierKind, Name, Opaque, Phone, PhoneKind},
    vcard::{self, ClientProfile, VcardVersion},
};
use vcard_support::{Counting, book, has, read_one, written};

use ClientProfile::{AppleDialect, Complete};

fn absorb(base: &Card, profile: ClientProfile, text: &str) -> Card {
    vcard::absorb(base, VcardVersion::V3, profile, text.as_bytes(), &mut Counting(5000)).unwrap().card
}

fn phone(number: &str) -> Fact {
    Fact::Phone(Phone { number: number.to_owned(), kind: PhoneKind::Mobile })
}

fn base() -> Card {
    read_one(concat!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Lindqvist;Åsa;;;\r\nFN:Åsa Lindqvist\r\n",
        "TEL;TYPE=CELL:+46705550105\r\nTEL;TYPE=HOME:+4685550106\r\n",
        "EMAIL;TYPE=WORK:asa@norrsken.example\r\nEMAIL;TYPE=HOME:asa@post.example\r\n",
        "item1.URL:https://norrsken.example\r\nitem1.X-ABLabel:Arbeit\r\n",
        "CATEGORIES:Kunden\r\nROLE:Skyddsombud\r\nX-KEEP;A=b:word for word\r\nX-ABShowAs:COMPANY\r\n",
        "UID:lens-1\r\nEND:VCARD\r\n"
    ))
}

fn id_of(card: &Card, fact: &Fact) -> ItemId {
    vcard_support::saying(card, fact).id
}

/// The text without the lines that contain this.
fn without(text: &str, part: &str) -> String {
    text.split_inclusive("\r\n").filter(|line| !line.contains(part)).collect()
}

#[test]
fn an_edited_number_keeps_its_items_id() {
    let base = base();
    let text = written(&base, VcardVersion::V3).replace("+46705550105", "+46709999999");
    let card = absorb(&base, Complete, &text);
    assert_eq!(id_of(&card, &phone("+46709999999")), id_of(&base, &phone("+46705550105")));
    assert_eq!(card.items.len(), base.items.len());
}

#[test]
fn a_number_that_ios_only_formats_anew_stays_as_its_owner_typed_it() {
    let base = base();
    let text = written(&base, VcardVersion::V3).replace("+46705550105", "+46 70 555 01 05");
    assert_eq!(absorb(&base, AppleDialect, &text), base);
}

#[test]
fn lines_in_another_order_with_other_groups_and_noise_change_nothing() {
    let base = base();
    let text = written(&base, VcardVersion::V3);
    let mut lines: Vec<&str> = text.trim_end().split("\r\n").collect();
    let end = lines.len() - 1;
    lines[2..end].reverse();
    let text = lines.join("\r\n").replace("item1.", "item7.").replace("TYPE=CELL", "type=CELL;type=VOICE");
    assert_eq!(absorb(&base, Complete, &text), base);
}

#[test]
fn a_moved_label_is_an_edit_of_the_same_item() {
    let base = base();
    let text = written(&base, VcardVersion::V3).replace("EMAIL;TYPE=HOME:asa@post", "EMAIL;TYPE=WORK:asa@post");
    let card = absorb(&base, Complete, &text);
    let fact = Fact::Email(Email { address: "asa@post.example".to_owned(), name: None });
    let item = vcard_support::saying(&card, &fact);
    assert_eq!((item.id, item.contexts.contains(&Context::Work)), (id_of(&base, &fact), true));
    assert_eq!(card.items.len(), base.items.len());
}

#[test]
fn a_missing_number_is_a_deletion() {
    let base = base();
    let text = without(&written(&base, VcardVersion::V3), "+4685550106");
    for profile in [Complete, AppleDialect] {
        let card = absorb(&base, profile, &text);
        assert_eq!(card.items.len(), base.items.len() - 1);
        assert!(has(&card, &phone("+46705550105")));
    }
}

#[test]
fn a_new_item_is_added_under_a_fresh_id() {
    let base = base();
    let text = written(&base, VcardVersion::V3).replace("UID:", "TEL;TYPE=CELL:+46701112233\r\nUID:");
    let card = absorb(&base, AppleDialect, &text);
    assert_eq!(card.items.len(), base.items.len() + 1);
    assert!(base.item(id_of(&card, &phone("+46701112233"))).is_none());
    assert_eq!(id_of(&card, &phone("+46705550105")), id_of(&base, &phone("+46705550105")));
}

#[test]
fn ghost_what_apple_does_not_know_survives_an_edit_on_an_iphone() {
    let base = base();
    let mut text = written(&base, VcardVersion::V3).replace("FN:Åsa Lindqvist", "FN:Åsa L.");
    for dropped in ["X-KEEP", "CATEGORIES", "ROLE"] {
        text = without(&text, dropped);
    }
    let card = absorb(&base, AppleDialect, &text);
    let outside = |card: &Card| -> Vec<Item> {
        card.items.iter().filter(|item| !matches!(item.fact, Fact::Name(_))).cloned().collect()
    };
    assert_eq!(outside(&card), outside(&base));
    assert!(has(&card, &Fact::Name(Name { full: Some("Åsa L.".to_owned()), ..named("Åsa", "Lindqvist") })));
}

fn named(given: &str, surname: &str) -> Name {
    Name { given: Some(given.to_owned()), surname: Some(surname.to_owned()), ..Name::default() }
}

#[test]
fn apple_can_take_away_a_property_of_its_own() {
    let base = base();
    let text = without(&written(&base, VcardVersion::V3), "X-ABShowAs");
    assert_eq!(absorb(&base, AppleDialect, &text).items.len(), base.items.len() - 1);
}

#[test]
fn a_client_that_keeps_every_line_can_delete_every_line() {
    let base = base();
    let text = without(&written(&base, VcardVersion::V3), "X-KEEP");
    let card = absorb(&base, Complete, &text);
    assert_eq!(card.items.len(), base.items.len() - 1);
    assert!(
        !card.items.iter().any(|item| matches!(&item.fact, Fact::Opaque(opaque) if opaque.property == "vcard:X-KEEP"))
    );
}

#[test]
fn ghost_facts_of_other_paths_survive_every_client() {
    let mut base = base();
    let graph = Opaque { property: "graph:String 0x3A1F".to_owned(), value: "Erik".to_owned() };
    base.items.push(Item::new(ItemId(800), Fact::Opaque(graph)));
    let text = written(&base, VcardVersion::V3);
    assert!(!text.contains("Erik"));
    assert_eq!(absorb(&base, Complete, &text), base);
}

#[test]
fn exchanges_fields_survive_an_iphone_that_drops_them() {
    let mut base = base();
    let id = Identifier { kind: IdentifierKind::CustomerId, value: "4711".to_owned() };
    base.items.push(Item::new(ItemId(801), Fact::Identifier(id)));
    let text = without(&written(&base, VcardVersion::V3), "X-MS-CUSTOMER-ID");
    assert_eq!(absorb(&base, AppleDialect, &text), base);
}

#[test]
fn a_second_nickname_survives_ios_which_shows_one() {
    let base = read_one("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A\r\nNICKNAME:One,Two\r\nUID:1\r\nEND:VCARD\r\n");
    let text = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:;;;;\r\nFN:A\r\nNICKNAME:One\r\nUID:1\r\nEND:VCARD\r\n";
    assert_eq!(absorb(&base, AppleDialect, text), base);
    assert!(!has(&absorb(&base, Complete, text), &Fact::Nickname("Two".to_owned())));
}

#[test]
fn identity_every_untouched_item_keeps_its_id_when_one_is_edited() {
    for imported in book("ios").into_iter().chain(book("google")) {
        let base = imported.card;
        let text = written(&base, VcardVersion::V3).replace("END:VCARD", "NOTE:a note more\r\nEND:VCARD");
        let card = absorb(&base, AppleDialect, &text);
        let kept = |item: &&Item| !matches!(item.fact, Fact::Photo(_));
        for item in base.items.iter().filter(kept) {
            assert_eq!(card.item(item.id), Some(item), "{text}");
        }
    }
}

#[test]
fn a_scaled_photo_that_comes_back_is_no_new_photo() {
    let imported = book("ios").remove(0);
    let mut base = imported.card;
    let photo = imported.photos[0].clone();
    let original = contact::BlobHash::of(b"a picture at full size");
    for item in &mut base.items {
        if let Fact::Photo(fact) = &mut item.fact {
            fact.original = original;
            fact.served = photo.original_hash;
        }
    }
    let text = vcard::project(&base, VcardVersion::V3, &|_| Some(photo.original.clone()));
    let absorbed = vcard::absorb(&base, VcardVersion::V3, Complete, text.as_bytes(), &mut Counting(5000)).unwrap();
    assert_eq!(absorbed.card, base);
    assert!(absorbed.photos.is_empty());
}

#[test]
fn a_new_photo_comes_with_its_bytes() {
    let imported = book("ios").remove(0);
    let mut base = imported.card.clone();
    base.items.retain(|item| !matches!(item.fact, Fact::Photo(_)));
    let stored = imported.photos[0].original.clone();
    let text = vcard::write(&imported.card, VcardVersion::V3, &|_| Some(stored.clone()));
    let absorbed = vcard::absorb(&base, VcardVersion::V3, AppleDialect, text.as_bytes(), &mut Counting(5000)).unwrap();
    assert_eq!(absorbed.photos, imported.photos);
    assert_eq!(absorbed.card.items.len(), base.items.len() + 1);
}

#[test]
fn a_vcard_that_is_cut_changes_nothing_and_says_why() {
    let error = vcard::absorb(&base(), VcardVersion::V3, Complete, b"BEGIN:VCARD\r\nFN:A\r\n", &mut Counting(1));
    assert!(matches!(error, Err(vcard::CardError::CutOff { line: 1 })));
    let error = vcard::absorb(&base(), VcardVersion::V3, Complete, b"", &mut Counting(1));
    assert!(matches!(error, Err(vcard::CardError::NotACard { line: 1, .. })));
}
