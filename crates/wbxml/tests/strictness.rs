//! What strict clients demand of a document, and what the reader refuses.

use wbxml::{
    Fragment, Reader, Tag, WbxmlError, document,
    pages::{airsync, airsyncbase, contacts, folder_hierarchy, settings},
    to_text,
};

fn read(body: &[u8]) -> Result<(), WbxmlError> {
    let mut bytes = vec![0x03, 0x01, 0x6A, 0x00];
    bytes.extend_from_slice(body);
    Reader::at_start(&bytes)?.finish()
}

#[test]
fn a_document_begins_with_the_four_bytes_ios_looks_for() {
    assert!(document(airsync::SYNC, |_| {}).starts_with(&[0x03, 0x01, 0x6A, 0x00]));
}

#[test]
fn a_root_on_another_page_is_preceded_by_its_switch_page() {
    assert_eq!(document(folder_hierarchy::FOLDER_SYNC, |_| {})[4..], [0x00, 0x07, 0x16]);
}

#[test]
fn an_element_that_got_no_content_is_written_without_content_bit() {
    let bytes = document(airsync::SYNC, |w| w.element(airsync::COLLECTIONS, |_| {}));
    assert_eq!(bytes[4..], [0x45, 0x1C, 0x01]);
}

#[test]
fn an_element_with_empty_text_is_written_without_content_bit() {
    let bytes = document(airsync::SYNC, |w| {
        w.text(airsync::SYNC_KEY, "");
        w.opaque(airsync::STATUS, &[]);
        w.fragment(&Fragment::write(|_| {}));
    });
    assert_eq!(bytes[4..], [0x45, 0x0B, 0x0E, 0x01]);
}

#[test]
fn text_that_is_all_control_characters_leaves_an_empty_element() {
    let bytes = document(airsync::SYNC, |w| w.text(airsync::SYNC_KEY, "\0\u{1}\u{FFFE}"));
    assert_eq!(bytes[4..], [0x45, 0x0B, 0x01]);
}

#[test]
fn nul_and_what_xml_cannot_carry_is_left_out_of_text() {
    let bytes = document(airsync::SYNC_KEY, |w| w.text(airsync::STATUS, "a\0b\u{B}c\r\n\td\u{FFFF}é\u{FEFF}"));
    let (mut reader, _) = Reader::open(&bytes).unwrap();
    reader
        .children(|reader, _| {
            assert_eq!(reader.text()?, "abc\r\n\tdé\u{FEFF}");
            Ok::<_, WbxmlError>(())
        })
        .unwrap();
}

#[test]
fn the_code_page_follows_document_order_not_nesting() {
    let bytes = document(airsync::APPLICATION_DATA, |w| {
        w.element(airsyncbase::BODY, |w| w.text(airsyncbase::TYPE, "1"));
        w.text(airsyncbase::NATIVE_BODY_TYPE, "1");
        w.text(contacts::FILE_AS, "x");
    });
    assert_eq!(
        bytes[4..],
        [0x5D, 0, 17, 0x4A, 0x46, 3, b'1', 0, 1, 1, 0x56, 3, b'1', 0, 1, 0, 1, 0x5E, 3, b'x', 0, 1, 1]
    );
}

#[test]
fn a_fragment_begins_and_ends_at_page_0_and_is_copied_word_for_word() {
    let fragment = Fragment::write(|w| w.text(contacts::FILE_AS, "x"));
    assert_eq!(fragment.as_bytes(), [0, 1, 0x5E, 3, b'x', 0, 1, 0, 0]);
    let bytes = document(airsync::APPLICATION_DATA, |w| {
        w.fragment(&fragment);
        w.text(airsync::STATUS, "1");
    });
    assert_eq!(bytes[5..14], *fragment.as_bytes());
    assert_eq!(bytes[14..], [0x4E, 3, b'1', 0, 1, 1]);
    assert_eq!(Fragment::from_bytes(fragment.as_bytes().to_vec()), Ok(fragment));
}

#[test]
fn a_kept_fragment_that_is_damaged_is_refused() {
    assert!(Fragment::from_bytes(vec![0, 1, 0x5E, 3, b'x', 0, 1]).is_err(), "ends at page 1");
    assert!(Fragment::from_bytes(vec![0x4E, 3, b'x', 0]).is_err(), "ends within an element");
    assert!(Fragment::from_bytes(vec![3, b'x', 0]).is_err(), "text outside of elements");
    assert!(Fragment::from_bytes(vec![1]).is_err(), "an END too many");
}

#[test]
fn opaque_bytes_are_accepted_wherever_text_may_stand() {
    let (mut reader, _) = Reader::open(&[3, 1, 0x6A, 0, 0x4E, 0xC3, 2, b'o', b'k', 3, b'!', 0, 1]).unwrap();
    assert_eq!(reader.text().unwrap(), "ok!");
}

#[test]
fn a_long_opaque_value_survives() {
    for length in [1, 127, 128, 16_383, 16_384, 300_000] {
        let value = vec![0xA5; length];
        let bytes = document(airsync::STATUS, |w| w.opaque(airsync::SYNC_KEY, &value));
        let (mut reader, _) = Reader::open(&bytes).unwrap();
        reader
            .children(|reader, _| {
                assert!(*reader.opaque()? == *value);
                Ok::<_, WbxmlError>(())
            })
            .unwrap();
    }
}

#[test]
fn attributes_are_refused() {
    assert_eq!(read(&[0xC5, 0x01]), Err(WbxmlError::Attributes(4)));
    assert_eq!(read(&[0x85]), Err(WbxmlError::Attributes(4)));
}

#[test]
fn string_table_references_are_refused() {
    assert_eq!(read(&[0x45, 0x83, 0x00, 0x01]), Err(WbxmlError::StringTableReference(5)));
}

#[test]
fn entities_are_refused() {
    assert_eq!(read(&[0x45, 0x02, 0x20, 0x01]), Err(WbxmlError::Entity(5)));
}

#[test]
fn literal_tags_are_refused() {
    for literal in [0x04, 0x44, 0x84, 0xC4] {
        assert_eq!(read(&[0x45, literal, 0x00, 0x01]), Err(WbxmlError::Literal(5)));
    }
}

#[test]
fn processing_instructions_and_extensions_are_refused() {
    assert_eq!(read(&[0x43, 0x01]), Err(WbxmlError::ProcessingInstruction(4)));
    for extension in [0x40, 0x41, 0x42, 0x80, 0x81, 0x82, 0xC0, 0xC1, 0xC2] {
        assert_eq!(read(&[0x45, extension, 0x00, 0x01]), Err(WbxmlError::Extension(5)));
    }
}

#[test]
fn unknown_pages_are_refused_and_pages_without_a_table_are_skipped() {
    assert_eq!(read(&[0x00, 26, 0x05]), Err(WbxmlError::UnknownPage { page: 26, at: 4 }));
    assert_eq!(read(&[0x45, 0x00, 4, 0x52, 3, b'x', 0, 1, 1]), Ok(()));
}

#[test]
fn wrong_headers_are_refused() {
    let open = |header: &[u8]| Reader::at_start(header).map(|_| ()).unwrap_err();
    assert_eq!(open(&[]), WbxmlError::Truncated(0));
    assert_eq!(open(&[0x04, 1, 0x6A, 0]), WbxmlError::UnknownVersion(4));
    assert_eq!(open(&[0x03, 0, 0, 0x6A, 0]), WbxmlError::PublicIdInStringTable);
    assert_eq!(open(&[0x03, 1, 0x04, 0]), WbxmlError::NotUtf8Charset(4));
    assert_eq!(open(&[0x03, 1, 0x6A, 3, b'a', b'b', 0]), WbxmlError::StringTable(3));
    assert_eq!(open(&[0x03, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0]), WbxmlError::IntegerTooLarge(2));
}

#[test]
fn a_second_root_an_end_too_many_and_a_missing_root_are_refused() {
    assert_eq!(read(&[0x05, 0x05]), Err(WbxmlError::AfterRoot(5)));
    assert_eq!(read(&[0x01]), Err(WbxmlError::UnexpectedEnd(4)));
    assert!(Reader::open(&[3, 1, 0x6A, 0]).is_err());
    assert!(Reader::open(&[3, 1, 0x6A, 0, 3, b'x', 0]).is_err());
}

#[test]
fn text_that_is_not_utf_8_is_refused() {
    assert_eq!(read(&[0x45, 3, 0xFF, 0, 1]), Err(WbxmlError::NotUtf8(6)));
    let (mut reader, _) = Reader::open(&[3, 1, 0x6A, 0, 0x4E, 0xC3, 1, 0xFF, 1]).unwrap();
    assert!(matches!(reader.text(), Err(WbxmlError::NotUtf8(_))));
}

#[test]
fn elements_within_text_and_text_among_elements_are_refused() {
    let (mut reader, _) = Reader::open(&[3, 1, 0x6A, 0, 0x4E, 0x05, 1]).unwrap();
    assert_eq!(reader.text(), Err(WbxmlError::ElementInText(airsync::SYNC)));
    let (mut reader, _) = Reader::open(&[3, 1, 0x6A, 0, 0x45, 3, b'x', 0, 1]).unwrap();
    let read = reader.children(|_, _| Ok::<_, WbxmlError>(()));
    assert!(matches!(read, Err(WbxmlError::TextAmongElements(_))));
}

#[test]
fn depth_is_limited() {
    let deep = vec![0x45; wbxml::limits::DEPTH_MAX + 1];
    assert!(matches!(read(&deep), Err(WbxmlError::TooDeep(_))));
}

#[test]
fn the_number_of_elements_is_limited() {
    let mut many = vec![0x45];
    many.resize(wbxml::limits::ELEMENTS_MAX + 1, 0x0E);
    assert_eq!(read(&many), Err(WbxmlError::TooManyElements));
}

#[test]
fn the_length_of_a_text_and_of_a_document_is_limited() {
    let mut long = vec![0x45, 3];
    long.resize(wbxml::limits::TEXT_BYTES_MAX + 3, b'x');
    long.extend_from_slice(&[0, 1]);
    assert!(matches!(read(&long), Err(WbxmlError::TextTooLong(_))));
    assert!(matches!(read(&[0x45, 0xC3, 0x8F, 0xFF, 0xFF, 0xFF, 0x7F]), Err(WbxmlError::TextTooLong(_))));
    let longest = vec![3; wbxml::limits::DOCUMENT_BYTES_MAX + 1];
    assert!(matches!(Reader::at_start(&longest), Err(WbxmlError::DocumentTooLong(_))));
}

#[test]
fn what_a_closure_leaves_unread_is_skipped() {
    let bytes = document(airsync::SYNC, |w| {
        w.element(airsync::COLLECTIONS, |w| w.element(airsync::COLLECTION, |w| w.text(airsync::STATUS, "1")));
        w.text(airsync::STATUS, "7");
    });
    let (mut reader, _) = Reader::open(&bytes).unwrap();
    let mut seen: Vec<Tag> = Vec::new();
    reader
        .children(|reader, tag| {
            seen.push(tag);
            if tag == airsync::COLLECTIONS {
                // Opened, never read.
                let _ = reader.token()?;
            }
            Ok::<_, WbxmlError>(())
        })
        .unwrap();
    assert_eq!(seen, [airsync::COLLECTIONS, airsync::STATUS]);
    reader.finish().unwrap();
}

#[test]
fn an_iphones_own_find_request_reads_as_the_table_says() {
    let mut bytes = vec![3, 1, 0x6A, 0, 0, 0x19, 0x45, 0x46, 3];
    bytes.extend_from_slice(b"42DD7336\0\x01\x47\x48\x49\x00\x00\x50\x03Email\0\x01\x00\x19\x4B\x03to\0\x01\x01");
    bytes.extend_from_slice(b"\x4C\x4D\x030-99\0\x01\x0E\x01\x01\x01\x01");
    assert_eq!(
        to_text(&bytes),
        "<Find:Find><Find:SearchId>42DD7336</Find:SearchId><Find:ExecuteSearch><Find:MailBoxSearchCriterion>\
         <Find:Query><AirSync:Class>Email</AirSync:Class><Find:FreeText>to</Find:FreeText></Find:Query>\
         <Find:Options><Find:Range>0-99</Find:Range><Find:DeepTraversal></Find:DeepTraversal></Find:Options>\
         </Find:MailBoxSearchCriterion></Find:ExecuteSearch></Find:Find>"
    );
}

#[test]
fn a_dump_shows_no_password_and_survives_damage() {
    let mut bytes = document(settings::DEVICE_PASSWORD, |w| w.text(settings::PASSWORD, "hunter2"));
    assert!(!to_text(&bytes).contains("hunter2"));
    bytes.truncate(bytes.len() - 2);
    assert!(to_text(&bytes).contains("ends too early"));
    assert!(to_text(b"").contains("0 bytes"));
}
