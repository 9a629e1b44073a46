//! Writes WBXML the way iOS does: inline strings only, and an element without content never carries the content bit.

use super::Tag;

const HEADER: [u8; 4] = [0x03, 0x01, 0x6A, 0x00];
const SWITCH_PAGE: u8 = 0x00;
const END: u8 = 0x01;
const STR_I: u8 = 0x03;
const CONTENT_BIT: u8 = 0x40;

/// Builds one document. Code pages are switched where document order needs it.
#[derive(Debug)]
pub struct Writer {
    bytes: Vec<u8>,
    page: u8,
}

impl Default for Writer {
    fn default() -> Self {
        Self::new()
    }
}

impl Writer {
    /// A document of which only the header is written.
    pub fn new() -> Self {
        Self { bytes: HEADER.to_vec(), page: 0 }
    }

    /// An element with whatever `content` writes into it; nothing written makes an empty element without content bit.
    pub fn element(&mut self, tag: Tag, content: impl FnOnce(&mut Self)) {
        let at = self.tag(tag);
        let before = self.bytes.len();
        content(self);
        if self.bytes.len() > before {
            if let Some(byte) = self.bytes.get_mut(at) {
                *byte |= CONTENT_BIT;
            }
            self.bytes.push(END);
        }
    }

    /// An element that holds text; empty text makes an empty element.
    pub fn text(&mut self, tag: Tag, text: &str) {
        self.element(tag, |writer| {
            // An inline string ends at the first NUL, and XML knows no other control characters than these three.
            let legal = |c: &char| *c >= ' ' || matches!(c, '\t' | '\n' | '\r');
            if text.chars().any(|c| legal(&c)) {
                writer.bytes.push(STR_I);
                let mut buffer = [0; 4];
                for c in text.chars().filter(legal) {
                    writer.bytes.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
                }
                writer.bytes.push(0);
            }
        });
    }

    /// An element without content.
    pub fn empty(&mut self, tag: Tag) {
        self.tag(tag);
    }

    /// The finished document.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }

    /// Writes the tag byte, preceded by a page switch where one is due; returns where the byte stands.
    fn tag(&mut self, tag: Tag) -> usize {
        if tag.page != self.page {
            self.bytes.extend_from_slice(&[SWITCH_PAGE, tag.page]);
            self.page = tag.page;
        }
        self.bytes.push(tag.token);
        self.bytes.len() - 1
    }
}
