//! vCard 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350), as programs really write them.
//!
//! [`read`] takes a file apart into cards; a broken or cut card is an error with its line, the others are delivered.
//! [`write()`] makes a vCard of a card: an item that came from the same version and still says the same goes out in its
//! own lines, everything else is made anew in the form Apple's programs read best. [`absorb`] is the lens for paths
//! on which a client sends whole vCards back.
//!
//! One table decides what a property means ([`properties`] reading, `make` writing); whatever it
//! does not name lives on word for word as [`Fact::Opaque`](crate::Fact). A dialect's spelling goes where its
//! property is read: `labels` for types and labels, `services` for messengers, `android`, `days`, `encodings`.
//!
//! [`Source::vcard`](crate::Source) holds lines of vCard 3.0, or of the version its first line names (`VERSION:4.0`).
//! The data of a photo is not in it: the picture is stored once, under its hash.
//!
//! The parser underneath is `vcard-rs`, known to the file `syntax` alone.

mod android;
mod days;
mod encodings;
mod export;
mod import;
mod labels;
mod lens;
pub mod limits;
mod make;
mod name;
mod pictures;
mod properties;
mod reader;
mod services;
mod syntax;
mod written;

pub use export::write;
pub use import::ImportedCard;
pub use lens::{Absorbed, ClientProfile, absorb, project};
pub use reader::{CardError, Cards};

use crate::ids::NewItemIds;

/// A version of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VcardVersion {
    /// 2.1 (versit), which old phones and Outlook write.
    V2_1,
    /// 3.0 (RFC 2426), which every program reads; the default.
    #[default]
    V3,
    /// 4.0 (RFC 6350).
    V4,
}

impl VcardVersion {
    /// The value of the VERSION property.
    #[must_use]
    pub fn number(self) -> &'static str {
        match self {
            Self::V2_1 => "2.1",
            Self::V3 => "3.0",
            Self::V4 => "4.0",
        }
    }

    /// An unknown or missing version is read as 3.0.
    fn read(text: &str) -> Self {
        match text.trim() {
            "2.1" => Self::V2_1,
            "4.0" => Self::V4,
            _ => Self::V3,
        }
    }
}

/// The cards of a vCard file, in order.
///
/// Accepts any mixture of versions, a byte order mark, CRLF, LF or CR, folded lines and the charsets of vCard 2.1.
/// A card that ends too early is an error naming the line it began on; the cards around it are delivered.
pub fn read<'a>(bytes: &'a [u8], ids: &'a mut dyn NewItemIds) -> Cards<'a> {
    Cards::new(bytes, ids)
}
