//! The phone's own WBXML: a reader as strict as the one in iOS and a writer that cannot make what that reader refuses.
//!
//! Nothing here is shared with the server, so a mistake made on one side is not repeated on the other.
//! A new code page is one `code_page!` block in [`code_pages`].

pub mod code_pages;
mod reader;
mod writer;

use std::fmt;

pub use reader::{Element, Fault, read};
pub use writer::Writer;

/// A tag: a token in its code page.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag {
    /// Number of the code page.
    pub page: u8,
    /// Token without the content bit, 0x05 to 0x3F.
    pub token: u8,
}

impl Tag {
    /// The element name of the specification, if the phone's tables know it.
    pub fn name(self) -> Option<&'static str> {
        code_pages::name(self)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{}:0x{:02X}", self.page, self.token),
        }
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
