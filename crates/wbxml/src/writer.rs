//! Writing. Elements are closures, so that each is closed, and one that got no content is written as empty: an
//! opened empty tag, which makes iOS drop a whole answer, cannot be written.

use crate::{
    Tag, WbxmlError,
    reader::{Reader, Token},
    token,
};

/// A document with this root element. Text and children are written by the closure.
#[must_use]
pub fn document(root: Tag, content: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = Writer { out: token::HEADER.to_vec(), page: 0 };
    writer.element(root, content);
    writer.out
}

/// Writes the content of an element. Obtained from [`document`], [`Fragment::write`] and [`Writer::element`].
#[derive(Debug)]
pub struct Writer {
    out: Vec<u8>,
    page: u8,
}

/// Elements written beforehand, which begin and end at code page 0 so that they can be copied into any element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment(Vec<u8>);

impl Fragment {
    /// Writes a fragment.
    #[must_use]
    pub fn write(content: impl FnOnce(&mut Writer)) -> Self {
        let mut writer = Writer { out: Vec::new(), page: 0 };
        content(&mut writer);
        writer.switch_page(0);
        Self(writer.out)
    }

    /// A fragment read back from where it was kept: whole elements only, beginning and ending at code page 0.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, WbxmlError> {
        let mut reader = Reader::within(&bytes);
        while let Some(piece) = reader.token_of_fragment()? {
            let is_text = matches!(piece, Token::Text(_) | Token::Opaque(_));
            if is_text && reader.depth() == 0 {
                return Err(WbxmlError::TextAmongElements(bytes.len()));
            }
        }
        match reader.page() {
            0 => Ok(Self(bytes)),
            page => Err(WbxmlError::UnknownPage { page, at: bytes.len() }),
        }
    }

    /// The bytes, to keep them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, to keep them.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl Writer {
    /// An element; empty, without content bit and END, when the closure writes nothing.
    pub fn element(&mut self, tag: Tag, content: impl FnOnce(&mut Self)) {
        self.switch_page(tag.page());
        let tag_at = self.out.len();
        self.out.push(tag.token() | token::HAS_CONTENT);
        let content_at = self.out.len();
        content(self);
        if self.out.len() > content_at {
            self.out.push(token::END);
        } else if let Some(byte) = self.out.get_mut(tag_at) {
            *byte = tag.token();
        }
    }

    /// An element without content.
    pub fn empty(&mut self, tag: Tag) {
        self.element(tag, |_| {});
    }

    /// An element with text; empty when the text is. NUL and what XML 1.0 cannot carry is left out.
    pub fn text(&mut self, tag: Tag, text: &str) {
        self.element(tag, |w| w.inline_string(text));
    }

    /// An element with a decimal number.
    pub fn number(&mut self, tag: Tag, number: impl Into<i64>) {
        let number: i64 = number.into();
        self.text(tag, &number.to_string());
    }

    /// An element with opaque bytes; empty when there are none.
    pub fn opaque(&mut self, tag: Tag, bytes: &[u8]) {
        self.element(tag, |w| {
            if bytes.is_empty() {
                return;
            }
            w.out.push(token::OPAQUE);
            w.integer(bytes.len());
            w.out.extend_from_slice(bytes);
        });
    }

    /// Copies elements written beforehand. Nothing is looked at: a copy costs what its bytes cost.
    pub fn fragment(&mut self, fragment: &Fragment) {
        self.stored_fragment(&fragment.0);
    }

    /// Copies a fragment from where it was kept, as [`Writer::fragment`] does, without making a [`Fragment`] of it
    /// first. The bytes must be what [`Fragment::as_bytes`] gave when it was written.
    pub fn stored_fragment(&mut self, bytes: &[u8]) {
        debug_assert!(Fragment::from_bytes(bytes.to_vec()).is_ok(), "a damaged fragment");
        if !bytes.is_empty() {
            self.switch_page(0);
            self.out.extend_from_slice(bytes);
        }
    }

    fn switch_page(&mut self, page: u8) {
        if page != self.page {
            self.out.extend_from_slice(&[token::SWITCH_PAGE, page]);
            self.page = page;
        }
    }

    fn inline_string(&mut self, text: &str) {
        let start = self.out.len();
        self.out.push(token::STR_I);
        if text.bytes().any(may_be_illegal) {
            let mut utf8 = [0; 4];
            for legal in text.chars().filter(|character| is_xml_character(*character)) {
                self.out.extend_from_slice(legal.encode_utf8(&mut utf8).as_bytes());
            }
        } else {
            self.out.extend_from_slice(text.as_bytes());
        }
        if self.out.len() == start + 1 {
            self.out.truncate(start);
        } else {
            self.out.push(0);
        }
    }

    /// `mb_u_int32` (WAP-192 5.1).
    fn integer(&mut self, value: usize) {
        let groups = (usize::BITS - value.leading_zeros()).div_ceil(7).max(1);
        for group in (0..groups).rev() {
            let more = if group > 0 { 0x80 } else { 0 };
            #[expect(clippy::cast_possible_truncation, reason = "masked to seven bits")]
            self.out.push(((value >> (group * 7)) & 0x7F) as u8 | more);
        }
    }
}

/// True for every byte that can begin a character XML cannot carry: controls, and 0xEF of U+FFFE and U+FFFF.
fn may_be_illegal(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r') || byte == 0xEF
}

/// `Char` of XML 1.0, 2.2.
fn is_xml_character(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}
