//! Reading: tokens one by one, and elements on top of them.

use std::borrow::Cow;

use crate::{
    Tag, WbxmlError,
    limits::{DEPTH_MAX, DOCUMENT_BYTES_MAX, ELEMENTS_MAX, TEXT_BYTES_MAX},
    pages::LAST_PAGE,
    token,
};

/// A piece of a document. An element without content is an `Open` and a `Close`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token<'a> {
    /// An element begins.
    Open(Tag),
    /// An inline string.
    Text(&'a str),
    /// An opaque value; legal wherever text may stand.
    Opaque(&'a [u8]),
    /// The innermost open element ends.
    Close,
}

/// Reads a document from borrowed bytes, front to back, copying nothing.
///
/// [`Reader::token`] gives every piece. The element methods ([`children`](Reader::children), [`text`](Reader::text),
/// [`opaque`](Reader::opaque), [`skip`](Reader::skip)) work on the element that was opened last; each of them reads
/// to its end. What a `children` closure leaves unread of a child is skipped.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    document: &'a [u8],
    at: usize,
    page: u8,
    depth: usize,
    elements: usize,
    /// The element opened last has no content; its `Close` is not in the document.
    owes_close: bool,
}

impl<'a> Reader<'a> {
    /// Checks the header and opens the root element.
    pub fn open(document: &'a [u8]) -> Result<(Self, Tag), WbxmlError> {
        let mut reader = Self::at_start(document)?;
        match reader.token()? {
            Some(Token::Open(root)) => Ok((reader, root)),
            Some(Token::Text(_) | Token::Opaque(_)) => Err(WbxmlError::TextAmongElements(reader.at)),
            Some(Token::Close) | None => Err(WbxmlError::NoRoot),
        }
    }

    /// Checks the header; the first token will be the root element.
    pub fn at_start(document: &'a [u8]) -> Result<Self, WbxmlError> {
        if document.len() > DOCUMENT_BYTES_MAX {
            return Err(WbxmlError::DocumentTooLong(document.len()));
        }
        let mut reader = Self::within(document);
        reader.header()?;
        Ok(reader)
    }

    /// Reads elements without a header, beginning at code page 0.
    pub(crate) fn within(fragment: &'a [u8]) -> Self {
        Self { document: fragment, at: 0, page: 0, depth: 0, elements: 0, owes_close: false }
    }

    fn header(&mut self) -> Result<(), WbxmlError> {
        let version = self.byte()?;
        if !(0x01..=token::VERSION).contains(&version) {
            return Err(WbxmlError::UnknownVersion(version));
        }
        if self.integer()? == 0 {
            return Err(WbxmlError::PublicIdInStringTable);
        }
        let charset = self.integer()?;
        if charset != u32::from(token::CHARSET_UTF_8) {
            return Err(WbxmlError::NotUtf8Charset(charset));
        }
        match self.integer()? {
            0 => Ok(()),
            length => Err(WbxmlError::StringTable(length)),
        }
    }

    /// The next piece; `None` after the end of the root element.
    pub fn token(&mut self) -> Result<Option<Token<'a>>, WbxmlError> {
        if self.owes_close {
            self.owes_close = false;
            self.depth -= 1;
            return Ok(Some(Token::Close));
        }
        if self.depth == 0 && self.elements > 0 {
            return match self.document.get(self.at) {
                None => Ok(None),
                Some(_) => Err(WbxmlError::AfterRoot(self.at)),
            };
        }
        self.token_within()
    }

    /// As [`Reader::token`], but several elements may follow each other outside of any.
    pub(crate) fn token_of_fragment(&mut self) -> Result<Option<Token<'a>>, WbxmlError> {
        if self.owes_close {
            return self.token();
        }
        if self.depth == 0 {
            while self.document.get(self.at) == Some(&token::SWITCH_PAGE) {
                let at = self.at;
                self.at += 1;
                self.switch_page(at)?;
            }
            if self.at == self.document.len() {
                return Ok(None);
            }
        }
        self.token_within()
    }

    fn token_within(&mut self) -> Result<Option<Token<'a>>, WbxmlError> {
        loop {
            let at = self.at;
            match self.byte()? {
                token::SWITCH_PAGE => self.switch_page(at)?,
                token::END => {
                    self.depth = self.depth.checked_sub(1).ok_or(WbxmlError::UnexpectedEnd(at))?;
                    return Ok(Some(Token::Close));
                }
                token::STR_I => return self.inline_string().map(|text| Some(Token::Text(text))),
                token::OPAQUE => return self.opaque_value().map(|bytes| Some(Token::Opaque(bytes))),
                token::STR_T => return Err(WbxmlError::StringTableReference(at)),
                token::ENTITY => return Err(WbxmlError::Entity(at)),
                token::PI => return Err(WbxmlError::ProcessingInstruction(at)),
                token::LITERAL | token::LITERAL_C | token::LITERAL_A | token::LITERAL_AC => {
                    return Err(WbxmlError::Literal(at));
                }
                token::EXT_I_0..=token::EXT_I_2 | token::EXT_T_0..=token::EXT_T_2 | token::EXT_0..=token::EXT_2 => {
                    return Err(WbxmlError::Extension(at));
                }
                byte if byte & token::HAS_ATTRIBUTES != 0 => return Err(WbxmlError::Attributes(at)),
                byte => return self.open_element(byte, at).map(|tag| Some(Token::Open(tag))),
            }
        }
    }

    fn switch_page(&mut self, at: usize) -> Result<(), WbxmlError> {
        let page = self.byte()?;
        if page > LAST_PAGE {
            return Err(WbxmlError::UnknownPage { page, at });
        }
        self.page = page;
        Ok(())
    }

    fn open_element(&mut self, byte: u8, at: usize) -> Result<Tag, WbxmlError> {
        if self.depth == DEPTH_MAX {
            return Err(WbxmlError::TooDeep(at));
        }
        if self.elements == ELEMENTS_MAX {
            return Err(WbxmlError::TooManyElements);
        }
        self.depth += 1;
        self.elements += 1;
        self.owes_close = byte & token::HAS_CONTENT == 0;
        Ok(Tag::new(self.page, byte & Tag::TOKEN_BITS))
    }

    fn inline_string(&mut self) -> Result<&'a str, WbxmlError> {
        let start = self.at;
        let rest = self.document.get(start..).unwrap_or_default();
        let length = rest.iter().position(|byte| *byte == 0).ok_or(WbxmlError::Truncated(self.document.len()))?;
        if length > TEXT_BYTES_MAX {
            return Err(WbxmlError::TextTooLong(start));
        }
        self.at = start + length + 1;
        std::str::from_utf8(rest.get(..length).unwrap_or_default()).map_err(|_| WbxmlError::NotUtf8(start))
    }

    fn opaque_value(&mut self) -> Result<&'a [u8], WbxmlError> {
        let start = self.at;
        let length = usize::try_from(self.integer()?).map_err(|_| WbxmlError::IntegerTooLarge(start))?;
        if length > TEXT_BYTES_MAX {
            return Err(WbxmlError::TextTooLong(start));
        }
        let bytes = self.document.get(self.at..self.at + length).ok_or(WbxmlError::Truncated(self.document.len()))?;
        self.at += length;
        Ok(bytes)
    }

    fn byte(&mut self) -> Result<u8, WbxmlError> {
        let byte = *self.document.get(self.at).ok_or(WbxmlError::Truncated(self.at))?;
        self.at += 1;
        Ok(byte)
    }

    /// `mb_u_int32` (WAP-192 5.1): seven bits a byte, most significant first.
    fn integer(&mut self) -> Result<u32, WbxmlError> {
        let start = self.at;
        let mut value = 0_u32;
        loop {
            let byte = self.byte()?;
            if value > u32::MAX >> 7 {
                return Err(WbxmlError::IntegerTooLarge(start));
            }
            value = (value << 7) | u32::from(byte & 0x7F);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
    }

    /// Hands each child of the element opened last to `each`, then reads the element's end.
    ///
    /// The closure may read the child with any of the element methods or leave it, wholly or in part. Blank text
    /// between elements is passed over; other text there is an error.
    pub fn children<E: From<WbxmlError>>(
        &mut self,
        mut each: impl FnMut(&mut Self, Tag) -> Result<(), E>,
    ) -> Result<(), E> {
        loop {
            match self.token()? {
                Some(Token::Open(tag)) => {
                    let outside = self.depth - 1;
                    each(self, tag)?;
                    self.skip_to(outside)?;
                }
                Some(Token::Close) | None => return Ok(()),
                Some(Token::Text(text)) if text.trim_ascii().is_empty() => {}
                Some(Token::Text(_) | Token::Opaque(_)) => return Err(WbxmlError::TextAmongElements(self.at).into()),
            }
        }
    }

    /// The text of the element opened last, to its end; empty for an empty element. Opaque bytes count as text.
    pub fn text(&mut self) -> Result<Cow<'a, str>, WbxmlError> {
        match self.opaque()? {
            Cow::Borrowed(bytes) => {
                std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| WbxmlError::NotUtf8(self.at))
            }
            Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).map_err(|_| WbxmlError::NotUtf8(self.at)),
        }
    }

    /// The bytes of the element opened last, to its end; an inline string counts as its UTF-8 bytes.
    pub fn opaque(&mut self) -> Result<Cow<'a, [u8]>, WbxmlError> {
        let mut whole: Cow<'a, [u8]> = Cow::Borrowed(&[]);
        loop {
            let piece = match self.token()? {
                Some(Token::Text(text)) => text.as_bytes(),
                Some(Token::Opaque(bytes)) => bytes,
                Some(Token::Open(tag)) => return Err(WbxmlError::ElementInText(tag)),
                Some(Token::Close) | None => return Ok(whole),
            };
            if whole.is_empty() {
                whole = Cow::Borrowed(piece);
            } else {
                whole.to_mut().extend_from_slice(piece);
            }
        }
    }

    /// Reads past the element opened last.
    pub fn skip(&mut self) -> Result<(), WbxmlError> {
        self.skip_to(self.depth.saturating_sub(1))
    }

    fn skip_to(&mut self, depth: usize) -> Result<(), WbxmlError> {
        while self.depth > depth {
            self.token()?;
        }
        Ok(())
    }

    /// Reads to the end of the document: everything that was not looked at is checked as well.
    pub fn finish(mut self) -> Result<(), WbxmlError> {
        while self.token()?.is_some() {}
        Ok(())
    }

    /// Elements open now.
    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// The current code page.
    pub(crate) fn page(&self) -> u8 {
        self.page
    }
}
