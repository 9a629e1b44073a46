//! Everything has a limit.

use std::time::Duration;

/// Address books of one account.
pub const BOOKS_MAX: usize = 256;
/// Characters of an address book's name.
pub const BOOK_NAME_MAX: usize = 256;
/// Cards in one page of a round, whatever the device asks for (MS-ASCMD 2.2.3.199.2: WindowSize up to 512).
pub const WINDOW_MAX: u32 = 512;
/// How often a round is tried again when another request of the same device keeps being faster.
pub const ROUND_ATTEMPTS: u32 = 8;
/// Revisions that a round without commands may be behind and still be worked in one transaction that writes.
pub const SHORT_RUN_REVISIONS: i64 = 32;
/// A device's `last_seen` is written again after this long, not with every request.
pub const LAST_SEEN_RESOLUTION: Duration = Duration::from_mins(5);
/// Bytes of a note in the stored encoded form; a device that asks for less is encoded for by itself.
pub const STANDARD_NOTE_BYTES: u32 = 32_768;
/// Rows a round may pass over without moving its cursor durably.
pub const UNRECORDED_ROWS_MAX: usize = 64;
