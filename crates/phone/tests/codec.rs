//! What holds for the phone's WBXML whatever the document.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

use phone::wbxml::{Element, Fault, Tag, Writer, read};
use proptest::prelude::*;

fn tag() -> impl Strategy<Value = Tag> {
    (0_u8..26, 0x05_u8..0x40).prop_map(|(page, token)| Tag { page, token })
}

/// Text as XML may hold it.
fn text() -> impl Strategy<Value = String> {
    "[ -~äöüß€😀\t\n\r]{0,20}"
}

fn element() -> impl Strategy<Value = Element> {
    let leaf = (tag(), text()).prop_map(|(tag, text)| Element { tag, text, bytes: Vec::new(), children: Vec::new() });
    leaf.prop_recursive(6, 60, 6, |inner| {
        (tag(), prop::collection::vec(inner, 0..6)).prop_map(|(tag, children)| Element {
            bytes: Vec::new(),
            tag,
            text: String::new(),
            children,
        })
    })
}

fn write(element: &Element, writer: &mut Writer) {
    if element.children.is_empty() {
        writer.text(element.tag, &element.text);
    } else {
        writer.element(element.tag, |writer| element.children.iter().for_each(|child| write(child, writer)));
    }
}

fn written(element: &Element) -> Vec<u8> {
    let mut writer = Writer::new();
    write(element, &mut writer);
    writer.finish()
}

proptest! {
    #[test]
    fn what_is_written_reads_back_the_same(element in element()) {
        prop_assert_eq!(read(&written(&element)), Ok(element));
    }

    #[test]
    fn a_document_cut_anywhere_is_refused(element in element(), cut in any::<prop::sample::Index>()) {
        let whole = written(&element);
        let cut = cut.index(whole.len());
        prop_assert!(matches!(read(&whole[..cut]), Err(Fault::Truncated | Fault::WrongHeader)));
    }

    #[test]
    fn bytes_without_sense_are_an_error_and_never_a_panic(tail in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&tail);
        let _ = read(&[&[0x03, 0x01, 0x6A, 0x00][..], &tail].concat());
    }

    #[test]
    fn control_characters_never_reach_the_wire(text in any::<String>()) {
        let mut writer = Writer::new();
        writer.text(Tag { page: 1, token: 0x1F }, &text);
        let legal = |c: &char| *c >= ' ' || matches!(c, '\t' | '\n' | '\r');
        let expected: String = text.chars().filter(legal).collect();
        prop_assert_eq!(read(&writer.finish()).unwrap().text, expected);
    }
}
