//! Files that are cut, mixed up or no vCards at all.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop where it fails")]

mod cases;
mod vcard_support;

use cases::cases;
use contact::{
    Fact,
    fact::{Phone, PhoneKind},
    vcard::{self, CardError, ImportedCard, VcardVersion, limits},
};
use proptest::prelude::*;
use vcard_support::{Counting, file, has, read_one};

fn read(bytes: &[u8]) -> Vec<Result<ImportedCard, CardError>> {
    vcard::read(bytes, &mut Counting(0)).collect()
}

fn full_names(cards: &[Result<ImportedCard, CardError>]) -> Vec<String> {
    cards.iter().flatten().map(|read| contact::display_name(&read.card)).collect()
}

/// The number of the line a text begins on.
fn line_of(bytes: &[u8], nth_begin: usize) -> usize {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let begins = text.lines().enumerate().filter(|(_, line)| *line == "BEGIN:VCARD");
    begins.map(|(at, _)| at + 1).nth(nth_begin).unwrap()
}

#[test]
fn a_file_cut_in_the_middle_gives_its_whole_cards_and_the_line_the_cut_one_began_on() {
    let bytes = file("broken/cut-in-the-middle.vcf");
    let cards = read(&bytes);
    assert_eq!(cards.len(), 4);
    assert_eq!(cards.iter().filter(|card| card.is_ok()).count(), 3);
    assert_eq!(cards.last().unwrap().as_ref().unwrap_err(), &CardError::CutOff { line: line_of(&bytes, 3) });
}

#[test]
fn a_begin_of_something_else_opens_no_nested_card_and_every_version_writes_one_card() {
    let card = read_one("BEGIN:VCARD\nVERSION:3.0\nFN:One\nBEGIN:VEVENT\nNICKNAME:Two\nEND:VCARD\n");
    assert!(has(&card, &Fact::Nickname("Two".to_owned())));
    for version in [VcardVersion::V2_1, VcardVersion::V3, VcardVersion::V4] {
        let written = vcard::write(&card, version, &|_| None);
        assert!(matches!(read(written.as_bytes()).as_slice(), [Ok(_)]), "{written}");
    }
}

#[test]
fn a_file_cut_anywhere_loses_only_the_card_that_is_cut() {
    let bytes = file("ios.vcf");
    let whole = full_names(&read(&bytes));
    for length in (0..bytes.len()).step_by(97) {
        let cards = read(&bytes[..length]);
        let names = full_names(&cards);
        assert_eq!(names, whole[..names.len()]);
        let errors: Vec<&CardError> = cards.iter().filter_map(|card| card.as_ref().err()).collect();
        assert!(errors.len() <= 1, "{errors:?}");
    }
}

#[test]
fn a_card_without_an_end_does_not_swallow_the_next_one() {
    let bytes = file("broken/missing-end.vcf");
    let cards = read(&bytes);
    assert_eq!(full_names(&cards), ["Thomas Müller-Weiß", "佐藤 健"]);
    assert_eq!(cards[1].as_ref().unwrap_err(), &CardError::CutOff { line: line_of(&bytes, 1) });
}

#[test]
fn a_file_in_windows_1252_that_does_not_say_so_is_read_and_written_in_utf_8() {
    let cards = read(&file("broken/wrong-encoding.vcf"));
    let card = &cards[0].as_ref().unwrap().card;
    assert_eq!(contact::display_name(card), "Jörg Müller");
    let text = vcard::write(card, VcardVersion::V3, &|_| None);
    assert!(text.contains("N:Müller;Jörg;;;\r\n") && text.contains("X-ABLabel:Büro\r\n"), "{text}");
}

#[test]
fn a_file_in_utf_16_is_read_by_its_byte_order_mark() {
    assert_eq!(full_names(&read(&file("broken/utf-16.vcf"))), ["Bjørn Ødegård"]);
}

#[test]
fn stray_text_between_cards_is_reported_by_line_and_the_cards_are_read() {
    let bytes = file("broken/stray-lines.vcf");
    let cards = read(&bytes);
    assert_eq!(full_names(&cards), ["Rex Roe", "Phone Old"]);
    let errors: Vec<usize> = cards.iter().filter_map(|card| card.as_ref().err()).map(CardError::line).collect();
    assert_eq!(errors, [1, line_of(&bytes, 2)]);
}

#[test]
fn a_line_nobody_folded_is_a_remark_and_the_rest_of_the_card_is_read() {
    let bytes = file("broken/stray-lines.vcf");
    let cards = read(&bytes);
    let rex = cards[1].as_ref().unwrap();
    let remark = CardError::NotALine { line: 8, text: "second line that nobody folded".to_owned() };
    assert_eq!(rex.remarks, [remark]);
    let number = Fact::Phone(Phone { number: "+1 212 555 0602".to_owned(), kind: PhoneKind::Voice });
    assert!(has(&rex.card, &number));
}

#[test]
fn base64_that_an_old_phone_did_not_indent_is_one_value() {
    let bytes = file("broken/stray-lines.vcf");
    let old = read(&bytes).swap_remove(2).unwrap();
    assert!(old.remarks.is_empty(), "{:?}", old.remarks);
    let photo = old.card.items.iter().find(|item| matches!(&item.fact, Fact::Opaque(_))).unwrap();
    assert!(photo.source.vcard.last().unwrap().ends_with("AQABAAD/2wBDAAgGBgcGBQgHBwc="));
}

#[test]
fn another_kind_of_file_is_one_error_on_its_first_line() {
    let cards = read(&file("broken/not-a-vcard.vcf"));
    assert!(matches!(cards.as_slice(), [Err(CardError::NotACard { line: 1, .. })]));
    assert!(read(b"").is_empty());
    assert!(read(b"\r\n\r\n").is_empty());
}

#[test]
fn the_error_of_a_cut_card_says_line_and_reason() {
    let text = CardError::CutOff { line: 42 }.to_string();
    assert!(text.starts_with("line 42: ") && text.contains("END:VCARD"));
}

#[test]
fn a_card_with_too_many_properties_is_refused_and_the_next_one_read() {
    let lines = "TEL:1\n".repeat(limits::CARD_PROPERTIES_MAX + 1);
    let text = format!("BEGIN:VCARD\nVERSION:3.0\n{lines}END:VCARD\nBEGIN:VCARD\nVERSION:3.0\nFN:B\nEND:VCARD\n");
    let cards = read(text.as_bytes());
    assert_eq!(cards[0].as_ref().unwrap_err(), &CardError::TooManyProperties { line: 1 });
    assert_eq!(full_names(&cards), ["B"]);
}

#[test]
fn a_card_larger_than_the_limit_is_refused_and_the_next_one_read() {
    let line = format!("X-BIG:{}\n", "x".repeat(limits::CARD_BYTES_MAX));
    let text = format!("BEGIN:VCARD\nVERSION:3.0\n{line}END:VCARD\nBEGIN:VCARD\nVERSION:3.0\nFN:B\nEND:VCARD\n");
    let cards = read(text.as_bytes());
    assert_eq!(cards[0].as_ref().unwrap_err(), &CardError::CardTooLarge { line: 1 });
    assert_eq!(full_names(&cards), ["B"]);
}

#[test]
fn byte_order_mark_line_feeds_and_carriage_returns_make_no_difference() {
    let text = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Roe;Rex;;;\r\nNOTE:one\r\n  two\r\nUID:1\r\nEND:VCARD\r\n";
    let expected = read_one(text);
    assert_eq!(read_one(&format!("\u{feff}{text}")), expected);
    assert_eq!(read_one(&text.replace("\r\n", "\n")), expected);
    assert_eq!(read_one(&text.replace("\r\n", "\r")), expected);
    assert_eq!(read_one(text.trim_end()), expected);
}

/// Bytes that look a little like vCards, so that the deeper code is reached.
fn nearly_vcards() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(&b"BEGIN:VCARD\r\n"[..]),
        Just(&b"END:VCARD\r\n"[..]),
        Just(&b"VERSION:2.1\n"[..]),
        Just(&b"VERSION:4.0\n"[..]),
        Just(&b"AGENT:\n"[..]),
        Just(&b"item1.TEL;TYPE=\"home,cell\";PREF=1:+1 2\n"[..]),
        Just(&b"item1.X-ABLabel:_$!<Home>!$_\n"[..]),
        Just(&b"BDAY;X-APPLE-OMIT-YEAR=1604:1604-02-29\n"[..]),
        Just(&b"NOTE;ENCODING=QUOTED-PRINTABLE:a=C3=\n=A4=\n"[..]),
        Just(&b"PHOTO;ENCODING=b:/9j/\n "[..]),
        Just(&b"PHOTO:data:image/jpeg;base64,AA==\n"[..]),
        Just(&b"X-ANDROID-CUSTOM:vnd.android.cursor.item/relation;A;14\n"[..]),
        Just(&b"TEL;X-CUSTOM(CHARSET=UTF-8,=E3):1\n"[..]),
        Just(&b"N;CHARSET=SHIFT_JIS:\x93c;\xff\n"[..]),
        Just(&b"ORG:;\\,\\\n"[..]),
        Just(&b":\n"[..]),
        Just(&b".;=\":\n"[..]),
        Just(&b"="[..]),
    ];
    let piece = prop_oneof![4 => piece.prop_map(<[u8]>::to_vec), 1 => proptest::collection::vec(any::<u8>(), 0..12)];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn no_bytes_make_the_reader_or_the_writer_panic(bytes in nearly_vcards()) {
        for imported in read(&bytes).into_iter().flatten() {
            for version in [VcardVersion::V2_1, VcardVersion::V3, VcardVersion::V4] {
                let text = vcard::write(&imported.card, version, &|_| Some(vec![1, 2, 3]));
                prop_assert!(read(text.as_bytes()).iter().any(Result::is_ok), "{}", text);
            }
        }
    }

    #[test]
    fn arbitrary_bytes_are_read_to_their_end(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(read(&bytes).len() <= bytes.len());
    }

    #[test]
    fn every_text_survives_every_version(text in "[ -~äß漢🎸\n]{1,120}") {
        let text = text.trim().to_owned();
        prop_assume!(!text.is_empty());
        for version in [VcardVersion::V2_1, VcardVersion::V3, VcardVersion::V4] {
            // vCard 2.1 has no escape for a backslash before a semicolon.
            if version == VcardVersion::V2_1 && text.contains("\\;") {
                continue;
            }
            let mut card = vcard_support::card_of("3.0", "FN:A");
            card.items.push(contact::Item::new(contact::ItemId(50), Fact::Note(text.clone())));
            let written = vcard::write(&card, version, &|_| None);
            prop_assert!(has(&read_one(&written), &Fact::Note(text.clone())), "{}", written);
        }
    }
}
