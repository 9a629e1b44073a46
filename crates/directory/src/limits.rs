//! What bounds the work of a search and of an import, and the size of what is kept.

/// Words of a query that count; further ones are ignored.
pub const QUERY_WORDS_MAX: usize = 6;
/// Bytes of a query that are read.
pub const QUERY_BYTES_MAX: usize = 512;
/// Matches that a search ranks and counts. A [`total`](crate::SearchResult::total) of this size means "at least".
pub const RESULTS_MAX: usize = 300;
/// Tokens read for the rarest of several words; up to so many tokens a word counts as rare.
pub const SCAN_TOKENS_MAX: usize = 500;
/// Tokens read at least at once when a search continues.
pub const SCAN_TOKENS_MIN: usize = 64;
/// Entries read in one search because their tokens alone cannot tell whether they match every word.
pub const VERIFIED_ENTRIES_MAX: usize = 100;
/// Different words that are tried as completions of a common prefix when two words are looked up together.
pub const COMPLETIONS_MAX: usize = 12;
/// Candidates that [`resolve`](crate::Directory::resolve) hands over.
pub const RESOLVED_MAX: u32 = 100;
/// Entries that [`list`](crate::Directory::list) hands over at once.
pub const LIST_MAX: u32 = 1_000;

/// Entries of a directory whose index is kept in memory, at about 150 bytes each; larger ones are searched in the table.
pub const RESIDENT_ENTRIES_MAX: usize = 4_000_000;
/// Bytes of memory in which the entries themselves are kept beside the index, at about 200 bytes each; a directory with more
/// of them is read from the table.
pub const FACTS_BYTES_MAX: usize = 64 << 20;
/// Tokens read at once, in some milliseconds, when that index is made.
pub const LOADED_TOKENS: usize = 4_096;

/// Words of a name by which an entry is found.
pub const NAME_WORDS_MAX: usize = 8;
/// Words beside names and addresses by which an entry is found.
pub const OTHER_TERMS_MAX: usize = 32;
/// Bytes of one folded word; the rest is not searched.
pub const WORD_BYTES_MAX: usize = 64;
/// Bytes of a folded address that is searched as a whole (RFC 5321 4.5.3.1.3 allows 254).
pub const ADDRESS_BYTES_MAX: usize = 254;
/// Groups of digits from which a phone number is searched.
pub const PHONE_GROUPS_MAX: usize = 4;
/// Digits that a searched part of a phone number has at least.
pub const PHONE_DIGITS_MIN: usize = 3;

/// Characters of one field of an imported entry.
pub const FIELD_CHARS_MAX: usize = 1_000;
/// Rows of an imported file.
pub const IMPORT_ROWS_MAX: usize = 10_000_000;
/// Refused lines that are reported one by one; the rest is only counted.
pub const IMPORT_ERRORS_REPORTED_MAX: usize = 1_000;
/// Bytes of a photo file.
pub const PHOTO_FILE_BYTES_MAX: u64 = 20 * 1024 * 1024;
/// Entries written in one transaction.
pub const BATCH_ENTRIES: usize = 5_000;
/// Entries with a new photo written in one transaction.
pub const BATCH_PHOTOS: usize = 100;
/// Tokens written in one transaction.
pub const BATCH_TOKENS: usize = 50_000;
/// Entries whose tokens are sorted together before they are written. The larger, the fewer passes over the index
/// a large import makes; each entry takes about 600 bytes of memory meanwhile.
pub const INDEX_RUN_ENTRIES: usize = 250_000;
