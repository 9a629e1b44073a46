//! Reads WBXML and refuses what iOS refuses.

use thiserror::Error;

use super::Tag;
use crate::limits::{WBXML_DEPTH_MAX, WBXML_ELEMENTS_MAX};

const HEADER: [u8; 4] = [0x03, 0x01, 0x6A, 0x00];
const SWITCH_PAGE: u8 = 0x00;
const END: u8 = 0x01;
const ENTITY: u8 = 0x02;
const STR_I: u8 = 0x03;
const STR_T: u8 = 0x83;
const OPAQUE: u8 = 0xC3;
const CONTENT_BIT: u8 = 0x40;
const ATTRIBUTE_BIT: u8 = 0x80;
const FIRST_TAG: u8 = 0x05;

/// Why a document cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// The first four bytes are not `03 01 6A 00`: another version, charset, or a string table.
    #[error("the header is not 03 01 6A 00")]
    WrongHeader,
    /// A tag has the content bit and is directly followed by END.
    #[error("We have an int in our WBXML: {0} has the content bit and nothing inside")]
    EmptyTagWithContentBit(Tag),
    /// A tag with attributes.
    #[error("{0} has attributes")]
    Attributes(Tag),
    /// A character entity.
    #[error("an entity instead of an inline string")]
    Entity,
    /// A reference into a string table.
    #[error("a string table reference instead of an inline string")]
    StringTable,
    /// A global token ActiveSync does not use.
    #[error("token 0x{0:02X} has no meaning in ActiveSync")]
    StrangeToken(u8),
    /// The document stops in the middle.
    #[error("the document stops in the middle")]
    Truncated,
    /// An inline string is not UTF-8.
    #[error("a string is not UTF-8")]
    NotUtf8,
    /// Bytes after the end of the root element.
    #[error("{0} bytes after the end of the root element")]
    TrailingBytes(usize),
    /// An END without an open element, or text outside of every element.
    #[error("content outside the root element")]
    OutsideRoot,
    /// Elements nested deeper than any answer needs.
    #[error("nested too deeply")]
    TooDeep,
    /// More elements than any answer needs.
    #[error("too many elements")]
    TooLarge,
}

/// One element with its text and its children, in document order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Which element.
    pub tag: Tag,
    /// Its text, strings and opaque data joined; empty if there is none.
    pub text: String,
    /// Its opaque data, where that is no text: a byte array (MS-ASDTYPE 2.7.1), empty if there is none.
    pub bytes: Vec<u8>,
    /// Its child elements.
    pub children: Vec<Element>,
}

impl Element {
    fn new(tag: Tag) -> Self {
        Self { tag, text: String::new(), bytes: Vec::new(), children: Vec::new() }
    }

    /// The first child with this tag.
    pub fn child(&self, tag: Tag) -> Option<&Element> {
        self.children.iter().find(|child| child.tag == tag)
    }

    /// The first element found by going down these tags one after the other.
    pub fn descend(&self, path: &[Tag]) -> Option<&Element> {
        path.iter().try_fold(self, |element, tag| element.child(*tag))
    }

    /// The text of the first child with this tag; `None` if the child is missing.
    pub fn text_of(&self, tag: Tag) -> Option<&str> {
        self.child(tag).map(|child| child.text.as_str())
    }

    /// The number in the first child with this tag; `None` if it is missing or no number.
    pub fn number_of(&self, tag: Tag) -> Option<u32> {
        self.text_of(tag)?.trim().parse().ok()
    }

    /// All children with this tag.
    pub fn all(&self, tag: Tag) -> impl Iterator<Item = &Element> {
        self.children.iter().filter(move |child| child.tag == tag)
    }
}

/// Reads one document to its end.
pub fn read(bytes: &[u8]) -> Result<Element, Fault> {
    let rest = bytes.strip_prefix(&HEADER).ok_or(Fault::WrongHeader)?;
    let mut reader = Reader { rest, page: 0, elements: 0 };
    let root = reader.root()?;
    if reader.rest.is_empty() { Ok(root) } else { Err(Fault::TrailingBytes(reader.rest.len())) }
}

struct Reader<'a> {
    rest: &'a [u8],
    page: u8,
    elements: usize,
}

impl Reader<'_> {
    fn root(&mut self) -> Result<Element, Fault> {
        let byte = self.next_tag_byte()?;
        let (root, open) = self.start(byte)?;
        if !open {
            return Ok(root);
        }
        let mut stack = vec![root];
        loop {
            let byte = self.next_tag_byte()?;
            match byte {
                END => {
                    let done = stack.pop().ok_or(Fault::OutsideRoot)?;
                    match stack.last_mut() {
                        Some(parent) => parent.children.push(done),
                        None => return Ok(done),
                    }
                }
                STR_I => {
                    let text = self.inline_string()?;
                    stack.last_mut().ok_or(Fault::OutsideRoot)?.text.push_str(&text);
                }
                OPAQUE => {
                    let data = self.opaque()?;
                    let element = stack.last_mut().ok_or(Fault::OutsideRoot)?;
                    match std::str::from_utf8(data) {
                        Ok(text) => element.text.push_str(text),
                        Err(_) => element.bytes.extend_from_slice(data),
                    }
                }
                _ => {
                    let (element, open) = self.start(byte)?;
                    if open {
                        if stack.len() >= WBXML_DEPTH_MAX {
                            return Err(Fault::TooDeep);
                        }
                        stack.push(element);
                    } else {
                        stack.last_mut().ok_or(Fault::OutsideRoot)?.children.push(element);
                    }
                }
            }
        }
    }

    /// The next byte that is no page switch; switches met on the way are obeyed.
    fn next_tag_byte(&mut self) -> Result<u8, Fault> {
        loop {
            match self.byte()? {
                SWITCH_PAGE => self.page = self.byte()?,
                byte => return Ok(byte),
            }
        }
    }

    /// Makes the element a tag byte starts, and says whether content follows.
    fn start(&mut self, byte: u8) -> Result<(Element, bool), Fault> {
        match byte {
            ENTITY => return Err(Fault::Entity),
            STR_T => return Err(Fault::StringTable),
            END | STR_I | OPAQUE => return Err(Fault::OutsideRoot),
            _ => {}
        }
        let tag = Tag { page: self.page, token: byte & !(CONTENT_BIT | ATTRIBUTE_BIT) };
        if tag.token < FIRST_TAG {
            return Err(Fault::StrangeToken(byte));
        }
        if byte & ATTRIBUTE_BIT != 0 {
            return Err(Fault::Attributes(tag));
        }
        self.elements += 1;
        if self.elements > WBXML_ELEMENTS_MAX {
            return Err(Fault::TooLarge);
        }
        let open = byte & CONTENT_BIT != 0;
        if open && self.rest.first() == Some(&END) {
            return Err(Fault::EmptyTagWithContentBit(tag));
        }
        Ok((Element::new(tag), open))
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        let (first, rest) = self.rest.split_first().ok_or(Fault::Truncated)?;
        self.rest = rest;
        Ok(*first)
    }

    fn inline_string(&mut self) -> Result<String, Fault> {
        let end = self.rest.iter().position(|byte| *byte == 0).ok_or(Fault::Truncated)?;
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest.get(1..).ok_or(Fault::Truncated)?;
        std::str::from_utf8(text).map(str::to_owned).map_err(|_| Fault::NotUtf8)
    }

    fn opaque(&mut self) -> Result<&[u8], Fault> {
        let mut length = 0_usize;
        loop {
            let byte = self.byte()?;
            length = length.checked_mul(128).ok_or(Fault::Truncated)? | usize::from(byte & 0x7F);
            if byte & 0x80 == 0 {
                break;
            }
        }
        let (data, rest) = self.rest.split_at_checked(length).ok_or(Fault::Truncated)?;
        self.rest = rest;
        Ok(data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wbxml::code_pages::airsync;

    #[test]
    fn a_document_is_read_with_its_pages_in_document_order() {
        // Sync { Status "1" Collections { Collection { (page 1) FirstName "Bea" (page 0) Status "1" } } }
        let bytes = [
            0x03, 0x01, 0x6A, 0x00, 0x45, 0x4E, 0x03, b'1', 0, 0x01, 0x5C, 0x4F, 0x00, 0x01, 0x5F, 0x03, b'B', b'e',
            b'a', 0, 0x01, 0x00, 0x00, 0x4E, 0x03, b'1', 0, 0x01, 0x01, 0x01, 0x01,
        ];
        let sync = read(&bytes).unwrap();
        assert_eq!(sync.tag, airsync::SYNC);
        let collection = sync.descend(&[airsync::COLLECTIONS, airsync::COLLECTION]).unwrap();
        assert_eq!(collection.children[0].tag.name(), Some("FirstName"));
        assert_eq!(collection.children[0].text, "Bea");
        assert_eq!(collection.number_of(airsync::STATUS), Some(1));
    }

    #[test]
    fn an_opened_empty_tag_is_an_int_in_our_wbxml() {
        let fault = read(&[0x03, 0x01, 0x6A, 0x00, 0x45, 0x5C, 0x01, 0x01]).unwrap_err();
        assert_eq!(fault, Fault::EmptyTagWithContentBit(airsync::COLLECTIONS));
        assert!(fault.to_string().starts_with("We have an int in our WBXML"));
    }

    #[test]
    fn each_malformed_document_has_its_fault() {
        let header = [0x03, 0x01, 0x6A, 0x00];
        let with = |tail: &[u8]| read(&[&header[..], tail].concat()).unwrap_err();
        assert_eq!(read(&[0x03, 0x01, 0x6A]), Err(Fault::WrongHeader));
        assert_eq!(read(&[0x03, 0x01, 0x6A, 0x01, b'x', 0x05]), Err(Fault::WrongHeader), "a string table");
        assert_eq!(with(&[]), Fault::Truncated);
        assert_eq!(with(&[0x01]), Fault::OutsideRoot);
        assert_eq!(with(&[0x45]), Fault::Truncated);
        assert_eq!(with(&[0x45, 0x02, 0x20]), Fault::Entity);
        assert_eq!(with(&[0x45, 0x83, 0x00]), Fault::StringTable);
        assert_eq!(with(&[0x45, 0x04]), Fault::StrangeToken(0x04));
        assert_eq!(with(&[0xC5, 0x01]), Fault::Attributes(airsync::SYNC));
        assert_eq!(with(&[0x45, 0x03, b'1']), Fault::Truncated);
        assert_eq!(with(&[0x45, 0x03, 0xFF, 0x00, 0x01]), Fault::NotUtf8);
        assert_eq!(with(&[0x45, 0xC3, 0x7F, b'x']), Fault::Truncated);
        assert_eq!(with(&[0x05, 0x05]), Fault::TrailingBytes(1));
        assert_eq!(with(&[0x45; 100]), Fault::TooDeep);
    }

    #[test]
    fn opaque_data_may_stand_where_text_may() {
        let root = read(&[0x03, 0x01, 0x6A, 0x00, 0x45, 0xC3, 0x02, b'h', b'i', 0x01]).unwrap();
        assert_eq!(root.text, "hi");
    }

    #[test]
    fn opaque_data_that_is_no_text_is_a_byte_array() {
        let root = read(&[0x03, 0x01, 0x6A, 0x00, 0x45, 0xC3, 0x03, 0xFF, 0xD8, 0x00, 0x01]).unwrap();
        assert_eq!((root.text.as_str(), root.bytes.as_slice()), ("", &[0xFF, 0xD8, 0x00][..]));
    }
}
