//! Why a document cannot be read.

use crate::{Tag, limits};

/// Why a document cannot be read. Offsets count bytes from the start of the document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WbxmlError {
    /// The document is longer than [`limits::DOCUMENT_BYTES_MAX`].
    #[error("{0} bytes are more than a document may have ({max})", max = limits::DOCUMENT_BYTES_MAX)]
    DocumentTooLong(usize),
    /// The document ends within its header, an element or a string.
    #[error("the document ends too early, at byte {0}")]
    Truncated(usize),
    /// The first byte is no WBXML version 1.1 to 1.3.
    #[error("unknown WBXML version 0x{0:02X}")]
    UnknownVersion(u8),
    /// The public id stands in a string table.
    #[error("a public id in the string table is not ActiveSync")]
    PublicIdInStringTable,
    /// The character set is not UTF-8.
    #[error("character set {0} is not UTF-8")]
    NotUtf8Charset(u32),
    /// The document has a string table.
    #[error("a string table of {0} bytes is not ActiveSync")]
    StringTable(u32),
    /// The document has no root element.
    #[error("the document has no root element")]
    NoRoot,
    /// Bytes follow the root element.
    #[error("bytes follow the root element at byte {0}")]
    AfterRoot(usize),
    /// `SWITCH_PAGE` to a page that MS-ASWBXML does not have.
    #[error("unknown code page {page} at byte {at}")]
    UnknownPage {
        /// The page asked for.
        page: u8,
        /// Where.
        at: usize,
    },
    /// A tag byte with the attribute bit.
    #[error("attributes at byte {0}")]
    Attributes(usize),
    /// `STR_T`: a reference to the string table.
    #[error("a reference to the string table at byte {0}")]
    StringTableReference(usize),
    /// ENTITY: a character entity.
    #[error("a character entity at byte {0}")]
    Entity(usize),
    /// LITERAL: a tag named in the string table.
    #[error("a literal tag at byte {0}")]
    Literal(usize),
    /// PI: a processing instruction.
    #[error("a processing instruction at byte {0}")]
    ProcessingInstruction(usize),
    /// One of the EXT tokens.
    #[error("an extension token at byte {0}")]
    Extension(usize),
    /// An END without an open element.
    #[error("an END too many at byte {0}")]
    UnexpectedEnd(usize),
    /// An inline string or a text that must be one is not UTF-8.
    #[error("text that is not UTF-8 at byte {0}")]
    NotUtf8(usize),
    /// A variable-length integer of more than 32 bits.
    #[error("an integer of more than 32 bits at byte {0}")]
    IntegerTooLarge(usize),
    /// A string or opaque value longer than [`limits::TEXT_BYTES_MAX`].
    #[error("a text of more than {max} bytes at byte {0}", max = limits::TEXT_BYTES_MAX)]
    TextTooLong(usize),
    /// More than [`limits::DEPTH_MAX`] elements are open.
    #[error("more than {max} elements within each other at byte {0}", max = limits::DEPTH_MAX)]
    TooDeep(usize),
    /// More than [`limits::ELEMENTS_MAX`] elements.
    #[error("more than {max} elements", max = limits::ELEMENTS_MAX)]
    TooManyElements,
    /// Text stands where only elements may.
    #[error("text among elements before byte {0}")]
    TextAmongElements(usize),
    /// An element stands where only text may.
    #[error("element {0} within text")]
    ElementInText(Tag),
}
