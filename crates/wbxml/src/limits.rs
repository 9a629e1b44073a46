//! What a document may at most be. Generous for any real client, small enough that nothing grows without bound.

/// Bytes of a whole document.
pub const DOCUMENT_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Elements open at the same time. MS-ASCMD's deepest message has eleven.
pub const DEPTH_MAX: usize = 32;

/// Elements in a document. A Sync request with 512 contacts of 61 properties has about 33,000.
pub const ELEMENTS_MAX: usize = 500_000;

/// Bytes of one inline string or opaque value; a photo in base64 is the longest that occurs.
pub const TEXT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Characters of a dump made for the log.
pub const DUMP_CHARACTERS_MAX: usize = 64 * 1024;
