//! What holds for all documents.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]

use proptest::prelude::*;
use wbxml::{Reader, Tag, Token, Writer, document, pages::PAGES, to_text};

#[derive(Debug, Clone)]
enum Node {
    Text(String),
    Opaque(Vec<u8>),
    Parent(Vec<(Tag, Node)>),
}

fn tag() -> impl Strategy<Value = Tag> {
    let tags: Vec<Tag> = PAGES.iter().flat_map(|page| page.tags.iter().map(|(tag, _)| *tag)).collect();
    proptest::sample::select(tags)
}

fn node() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        "\\PC*".prop_map(Node::Text),
        proptest::collection::vec(any::<u8>(), 0..200).prop_map(Node::Opaque)
    ];
    leaf.prop_recursive(6, 64, 6, |inner| proptest::collection::vec((tag(), inner), 0..6).prop_map(Node::Parent))
}

fn write(w: &mut Writer, tag: Tag, node: &Node) {
    match node {
        Node::Text(text) => w.text(tag, text),
        Node::Opaque(bytes) => w.opaque(tag, bytes),
        Node::Parent(children) => w.element(tag, |w| children.iter().for_each(|(tag, node)| write(w, *tag, node))),
    }
}

fn expected(out: &mut Vec<String>, tag: Tag, node: &Node) {
    out.push(format!("{tag}("));
    match node {
        Node::Text(text) if !text.is_empty() => out.push(format!("text {text}")),
        Node::Opaque(bytes) if !bytes.is_empty() => out.push(format!("opaque {bytes:?}")),
        Node::Parent(children) => children.iter().for_each(|(tag, node)| expected(out, *tag, node)),
        Node::Text(_) | Node::Opaque(_) => {}
    }
    out.push(")".to_owned());
}

fn read(bytes: &[u8]) -> Vec<String> {
    let mut reader = Reader::at_start(bytes).unwrap();
    let mut out = Vec::new();
    while let Some(token) = reader.token().unwrap() {
        out.push(match token {
            Token::Open(tag) => format!("{tag}("),
            Token::Text(text) => format!("text {text}"),
            Token::Opaque(bytes) => format!("opaque {bytes:?}"),
            Token::Close => ")".to_owned(),
        });
    }
    out
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(root in tag(), node in node()) {
        let bytes = document(root, |w| write(w, root, &node));
        let mut want = vec![format!("{root}(")];
        expected(&mut want, root, &node);
        want.push(")".to_owned());
        prop_assert_eq!(read(&bytes), want);
    }

    #[test]
    fn no_element_with_content_bit_is_empty(root in tag(), node in node()) {
        let bytes = document(root, |w| write(w, root, &node));
        prop_assert!(!opened_empty_tag(&bytes));
    }

    #[test]
    fn a_document_cut_anywhere_is_an_error(root in tag(), node in node()) {
        let bytes = document(root, |w| write(w, root, &node));
        for length in 0..bytes.len() {
            let cut = &bytes[..length];
            prop_assert!(Reader::at_start(cut).and_then(Reader::finish).is_err(), "cut at {}", length);
            let _ = to_text(cut);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(mut bytes in proptest::collection::vec(any::<u8>(), 0..400), header in any::<bool>()) {
        if header {
            bytes.splice(0..0, [3, 1, 0x6A, 0]);
        }
        let _ = Reader::at_start(&bytes).and_then(Reader::finish);
        let _ = wbxml::Fragment::from_bytes(bytes.clone());
        let _ = to_text(&bytes);
    }

    #[test]
    fn a_flipped_byte_is_read_or_refused(root in tag(), node in node(), at in any::<proptest::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = document(root, |w| write(w, root, &node));
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = Reader::at_start(&bytes).and_then(Reader::finish);
        let _ = to_text(&bytes);
    }
}

/// A second, naive reader that knows nothing but where an END directly follows a tag with content bit.
fn opened_empty_tag(bytes: &[u8]) -> bool {
    let mut at = 4;
    let mut just_opened = false;
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match byte {
            0x00 => at += 1,
            0x01 if just_opened => return true,
            0x01 => just_opened = false,
            0x03 => {
                at += bytes[at..].iter().position(|byte| *byte == 0).unwrap() + 1;
                just_opened = false;
            }
            0xC3 => {
                let mut length = 0;
                loop {
                    length = length << 7 | usize::from(bytes[at] & 0x7F);
                    at += 1;
                    if bytes[at - 1] & 0x80 == 0 {
                        break;
                    }
                }
                at += length;
                just_opened = false;
            }
            tag => just_opened = tag & 0x40 != 0,
        }
    }
    false
}
