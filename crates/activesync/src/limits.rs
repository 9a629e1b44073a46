//! Everything has a limit.

use std::time::Duration;

/// Bytes of a request's body as sent. A photo of 30 MB is refused here, with 413.
pub const REQUEST_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes of a request's body after `Content-Encoding: gzip`: as many as a plain one may have.
pub const UNZIPPED_BYTES_MAX: usize = REQUEST_BYTES_MAX;
/// Bytes of an Autodiscover request.
pub const AUTODISCOVER_BYTES_MAX: usize = 64 * 1024;
/// Smaller answers are sent as they are: zipping them costs more than it saves.
pub const ZIP_BYTES_MIN: usize = 1_024;

/// Bytes of the request's query string, plain or base64.
pub const QUERY_BYTES_MAX: usize = 2_048;
/// Characters of a device's id. MS-ASHTTP 2.2.1.1.1.1.3 has 32; some clients send UUIDs with dashes.
pub const DEVICE_ID_MAX: usize = 64;
/// Characters of a device's type.
pub const DEVICE_TYPE_MAX: usize = 64;
/// Bytes of any other header or element that is kept about a device.
pub const DEVICE_TEXT_MAX: usize = 256;

/// What a Ping may ask for (MS-ASCMD 2.2.3.79.1); outside of it the nearest bound is answered with status 5.
pub const HEARTBEAT_MIN: Duration = Duration::from_mins(1);
/// See [`HEARTBEAT_MIN`].
pub const HEARTBEAT_MAX: Duration = Duration::from_mins(59);
/// Minutes of a Sync's `Wait` (MS-ASCMD 2.2.3.196).
pub const WAIT_MINUTES_MAX: u32 = 59;
/// Folders one Ping may watch; more are answered with status 6.
pub const PING_FOLDERS_MAX: usize = 300;

/// Cards in one page of a Sync's answer, asked for or not (MS-ASCMD 2.2.3.199.2).
pub const WINDOW_MAX: u32 = 512;
/// Cards in one page when the client does not say.
pub const WINDOW_DEFAULT: u32 = 100;
/// Collections in one Sync.
pub const COLLECTIONS_MAX: usize = 300;
/// Commands in one collection of a Sync. Clients send 25 to 100.
pub const COMMANDS_MAX: usize = 10_000;
/// Categories, and children, of a contact (MS-ASCNTC 2.2.2.17, 2.2.2.20).
pub const LIST_MAX: usize = 300;

/// Entries a search gives at most (MS-ASCMD 2.2.3.143: ranges up to 0-99).
pub const SEARCH_RESULTS_MAX: usize = 100;
/// Bytes of a search text.
pub const SEARCH_TEXT_MAX: usize = 256;
/// Addresses one ResolveRecipients may ask for (MS-ASCMD: 20 unless the server allows more).
pub const RECIPIENTS_MAX: usize = 100;
/// Operations in one ItemOperations, MoveItems or GetItemEstimate.
pub const OPERATIONS_MAX: usize = 1_000;

/// What a client is told to wait after a 503.
pub const RETRY_AFTER: Duration = Duration::from_secs(30);
/// The same key this often in a row for one collection: the client does not understand our answer, so it is logged.
pub const SAME_KEY_LOGGED_AT: u32 = 3;
