//! The formats without a server: bytes in, values out.

use activesync::{autodiscover, query::Query};
use base64::{Engine, engine::general_purpose::STANDARD};
use contact::{
    BlobHash, Card, display_name,
    eas::{self, Family, Lens, Supported, Version},
    graph::{self, Patch},
    vcard::{self, ClientProfile, VcardVersion},
};
use wbxml::{Fragment, Reader, to_text};

use crate::cards::{Counting, rich_card};

const VCARD_VERSIONS: [VcardVersion; 3] = [VcardVersion::V2_1, VcardVersion::V3, VcardVersion::V4];

/// Any bytes are read or refused, and shown as text.
pub fn wbxml_reader(data: &[u8]) {
    let whole = Reader::at_start(data).and_then(Reader::finish);
    let text = to_text(data);
    assert!(text.chars().count() <= wbxml::limits::DUMP_CHARACTERS_MAX + 100, "a dump for the log stays short");
    if let Ok((mut reader, root)) = Reader::open(data) {
        let _ = root.to_string();
        // What skips and what walks see the same end.
        let mut walked = Ok(());
        let mut tokens = Reader::at_start(data).expect("it was opened");
        loop {
            match tokens.token() {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(error) => {
                    walked = Err(error);
                    break;
                }
            }
        }
        assert_eq!(whole.is_ok(), walked.is_ok());
        let _ = reader.clone().text();
        let _ = reader.clone().opaque();
        let _ = reader.skip();
    }
    let _ = Fragment::from_bytes(data.to_vec());
}

/// Both forms of a query string.
pub fn eas_query(data: &[u8]) {
    if let Ok(text) = str::from_utf8(data) {
        let _ = Query::parse(Some(text));
    }
    if let Ok(query) = Query::parse(Some(&STANDARD.encode(data))) {
        assert!(!query.device.as_str().is_empty() && !query.device_type.is_empty());
    }
}

/// A request in XML; and an answer, whatever is in a person's name and address.
pub fn autodiscover_xml(data: &[u8]) {
    if let Ok(request) = autodiscover::v1::Request::parse(data) {
        let _ = request.is_for_activesync();
    }
    let text = String::from_utf8_lossy(data);
    let (path, query) = text.split_once('?').unwrap_or((&text, ""));
    let _ = autodiscover::v2::Request::parse(path, Some(query)).answer("https://example.org");
    let (name, email) = text.split_at(text.floor_char_boundary(text.len() / 2));
    for answer in [autodiscover::v1::encode(name, email, &text), autodiscover::v1::encode_error(600, &text)] {
        let mut reader = quick_xml::Reader::from_str(&answer);
        loop {
            match reader.read_event() {
                Ok(quick_xml::events::Event::Eof) => break,
                Ok(_) => {}
                Err(error) => panic!("an answer that is not XML: {error}\n{answer}"),
            }
        }
    }
}

/// Cards of a file, written and taken back.
pub fn vcard_import(data: &[u8]) {
    let cards: Vec<_> = vcard::read(data, &mut Counting(1)).flatten().collect();
    for imported in cards.iter().take(8) {
        let card = &imported.card;
        let photo = |hash: BlobHash| {
            let known = imported.photos.iter().find(|photo| photo.original_hash == hash)?;
            Some(known.original.clone())
        };
        show(card);
        for version in VCARD_VERSIONS {
            let written = vcard::write(card, version, &photo);
            let mut ids = Counting(1_000_000);
            let again: Vec<_> = vcard::read(written.as_bytes(), &mut ids).collect();
            assert!(matches!(again.as_slice(), [Ok(_)]), "one card is written as one card: {again:?}\n{written}");
            for profile in [ClientProfile::Complete, ClientProfile::AppleDialect] {
                let back = vcard::absorb(card, version, profile, written.as_bytes(), &mut ids);
                let back = back.expect("what was written can be read").card;
                // That nothing else changes is a law over cards that make sense; garbage may get a new id on its way
                // through another version.
                assert_eq!(back.uid, card.uid, "the card stays the same card");
            }
            let _ = vcard::absorb(&rich_card(), version, ClientProfile::Complete, written.as_bytes(), &mut ids);
        }
    }
    let _ = vcard::absorb(&rich_card(), VcardVersion::V3, ClientProfile::AppleDialect, data, &mut Counting(1));
}

/// A PATCH.
pub fn graph_json(data: &[u8]) {
    let Ok(body) = serde_json::from_slice(data) else { return };
    let Ok(patch) = Patch::parse(&body) else { return };
    for base in [Card::default(), rich_card()] {
        let card = graph::absorb(&base, &patch, &mut Counting(1_000_000));
        let mut ids: Vec<_> = card.items.iter().map(|item| item.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), card.items.len(), "every item has an id of its own");
        show(&card);
        // Not so the same patch: what lay hidden behind a list that it clears has moved up.
        let again = graph::absorb(&card, &Patch::default(), &mut Counting(2_000_000));
        assert_eq!(again, card, "a patch that names nothing changes nothing");
    }
}

/// A card as the ledger keeps it.
pub fn card_facts(data: &[u8]) {
    if let Ok(card) = serde_json::from_slice::<Card>(data) {
        show(&card);
        for version in VCARD_VERSIONS {
            let _ = vcard::write(&card, version, &|_| None);
        }
    }
}

/// The card through every lens, and as facts and back.
fn show(card: &Card) {
    let facts = serde_json::to_string(card).expect("a card can be kept");
    let kept: Card = serde_json::from_str(&facts).expect("what was kept can be read");
    assert_eq!(&kept, card, "what was kept is what is read");
    let _ = (display_name(card), eas::namesake(card), graph::project(card, &[]));
    for (family, version) in [
        (Family::Ios, Version::V16_1),
        (Family::Android, Version::V14_1),
        (Family::TbSync, Version::V14_1),
        (Family::Other, Version::V16_0),
    ] {
        let lens = Lens {
            family,
            version,
            supported: Supported::NotSent,
            body_truncation: Some(3),
            device: "7Q2M5T9KD14V9B3R".to_owned(),
        };
        let served = lens.project(card);
        let _ = lens.served_body(&served);
        let back = lens.absorb(card, &served, &served, None, &mut Counting(3_000_000));
        assert_eq!(&back, card, "a contact that comes back as it was served is no change ({family:?})");
    }
}
