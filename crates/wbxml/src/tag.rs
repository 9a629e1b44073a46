//! An element's name: a code page and a token on it.

use std::fmt;

use crate::pages;

/// An element's name: a code page and a token on it (MS-ASWBXML 2.1.2.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag {
    page: u8,
    token: u8,
}

impl Tag {
    /// Tokens have six bits; the upper two of a tag byte say "has attributes" and "has content".
    pub(crate) const TOKEN_BITS: u8 = 0x3F;

    pub(crate) const fn new(page: u8, token: u8) -> Self {
        Self { page, token }
    }

    /// The number of the code page.
    #[must_use]
    pub const fn page(self) -> u8 {
        self.page
    }

    /// The token on the page, without content and attribute bits: 0x05 to 0x3F.
    #[must_use]
    pub const fn token(self) -> u8 {
        self.token
    }

    /// The element's name in the specification; `None` when the page or the token has no entry in [`pages`].
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        pages::page(self.page)?.tags.iter().find(|(tag, _)| *tag == self).map(|(_, name)| *name)
    }
}

/// `AirSync:SyncKey`, or `4:0x12` for tags without a table.
impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (pages::page(self.page), self.name()) {
            (Some(page), Some(name)) => write!(f, "{}:{name}", page.name),
            (Some(page), None) => write!(f, "{}:0x{:02X}", page.name, self.token),
            (None, _) => write!(f, "{}:0x{:02X}", self.page, self.token),
        }
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
