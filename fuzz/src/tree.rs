//! Documents of known tags: what the writer writes, the reader reads back.

use arbitrary::{Result, Unstructured};
use wbxml::{Reader, Tag, Token, Writer, document, pages::PAGES, to_text};

const DEPTH_MAX: usize = 8;
const CHILDREN_MAX: usize = 6;

/// An element's content.
#[derive(Debug)]
pub enum Node {
    Text(String),
    Opaque(Vec<u8>),
    Parent(Vec<(Tag, Node)>),
}

/// Any tag that has a name.
pub fn any_tag(choices: &mut Unstructured<'_>) -> Result<Tag> {
    let page = choices.choose(PAGES)?;
    choices.choose(page.tags).map(|(tag, _)| *tag)
}

/// Any content.
pub fn any_node(choices: &mut Unstructured<'_>, depth: usize) -> Result<Node> {
    Ok(match choices.arbitrary::<u8>()? % 4 {
        0 => Node::Text(choices.arbitrary::<String>()?),
        1 => Node::Opaque(choices.arbitrary::<Vec<u8>>()?),
        _ if depth >= DEPTH_MAX || choices.is_empty() => Node::Text(String::new()),
        _ => {
            let count = choices.int_in_range(0..=CHILDREN_MAX)?;
            let children = (0..count).map(|_| Ok((any_tag(choices)?, any_node(choices, depth + 1)?)));
            Node::Parent(children.collect::<Result<_>>()?)
        }
    })
}

/// Writes an element.
pub fn write(w: &mut Writer, tag: Tag, node: &Node) {
    match node {
        Node::Text(text) => w.text(tag, text),
        Node::Opaque(bytes) => w.opaque(tag, bytes),
        Node::Parent(children) => w.element(tag, |w| children.iter().for_each(|(tag, node)| write(w, *tag, node))),
    }
}

/// What is written is read back, and no opened tag is empty.
pub fn wbxml_roundtrip(data: &[u8]) {
    let mut choices = Unstructured::new(data);
    let (Ok(root), Ok(node)) = (any_tag(&mut choices), any_node(&mut choices, 0)) else { return };
    let bytes = document(root, |w| write(w, root, &node));
    let mut expected = vec![format!("<{root}")];
    expect(&mut expected, root, &node);
    expected.push(">".to_owned());
    assert_eq!(tokens(&bytes), expected);
    assert!(!has_opened_empty_tag(&bytes));
    let _ = to_text(&bytes);
    // Cut anywhere, it is refused.
    let cut = choices.int_in_range(0..=bytes.len() - 1).unwrap_or(0);
    assert!(Reader::at_start(&bytes[..cut]).and_then(Reader::finish).is_err(), "cut at {cut}");
}

fn expect(out: &mut Vec<String>, tag: Tag, node: &Node) {
    out.push(format!("<{tag}"));
    match node {
        Node::Text(text) => {
            // Inline strings end at NUL and XML has no control characters: neither is written.
            let text = wire(text);
            if !text.is_empty() {
                out.push(format!("text {text}"));
            }
        }
        Node::Opaque(bytes) if bytes.is_empty() => {}
        Node::Opaque(bytes) => out.push(format!("opaque {bytes:?}")),
        Node::Parent(children) => children.iter().for_each(|(tag, node)| expect(out, *tag, node)),
    }
    out.push(">".to_owned());
}

fn tokens(bytes: &[u8]) -> Vec<String> {
    let mut reader = Reader::at_start(bytes).expect("a header");
    let mut out = Vec::new();
    while let Some(token) = reader.token().expect("what was written is well-formed") {
        out.push(match token {
            Token::Open(tag) => format!("<{tag}"),
            Token::Text(text) => format!("text {text}"),
            Token::Opaque(bytes) => format!("opaque {bytes:?}"),
            Token::Close => ">".to_owned(),
        });
    }
    out
}

fn wire(text: &str) -> String {
    let is_xml = |c: &char| !matches!(c, '\0'..='\x08' | '\x0B' | '\x0C' | '\x0E'..='\x1F' | '\u{FFFE}' | '\u{FFFF}');
    text.chars().filter(is_xml).collect()
}

/// A second, naive reader that knows nothing but where END directly follows a tag with content bit.
pub fn has_opened_empty_tag(document: &[u8]) -> bool {
    let mut rest = document.get(4..).unwrap_or_default();
    let mut just_opened = false;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            0x00 => rest = rest.get(1..).unwrap_or_default(),
            0x01 if just_opened => return true,
            0x01 => just_opened = false,
            0x03 => {
                let end = rest.iter().position(|byte| *byte == 0).map_or(rest.len(), |at| at + 1);
                rest = &rest[end..];
                just_opened = false;
            }
            0xC3 => {
                let mut length = 0;
                while let Some((byte, after)) = rest.split_first() {
                    length = length << 7 | usize::from(byte & 0x7F);
                    rest = after;
                    if byte & 0x80 == 0 {
                        break;
                    }
                }
                rest = rest.get(length..).unwrap_or_default();
                just_opened = false;
            }
            tag => just_opened = tag & 0x40 != 0,
        }
    }
    false
}
