//! Limits of the device and of what it accepts.

use std::time::Duration;

/// Deepest nesting of elements read.
pub const WBXML_DEPTH_MAX: usize = 32;
/// Most elements read in one answer.
pub const WBXML_ELEMENTS_MAX: usize = 1_000_000;
/// Largest answer read, after unpacking.
pub const ANSWER_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Commands in one Sync request.
pub const COMMANDS_PER_SYNC: usize = 25;
/// WindowSize iOS asks for.
pub const WINDOW_SIZE: u32 = 25;
/// TruncationSize iOS asks for in bytes.
pub const NOTE_TRUNCATION_BYTES: u32 = 32_768;
/// Longest base64 text of a picture that iOS sends; a larger picture leaves the element out (0x9266).
pub const PICTURE_BASE64_MAX: usize = 37_478;
/// Shortest text the directory is searched for, unless it begins with an ideograph.
pub const GAL_QUERY_MIN: usize = 4;
/// Repeats after status 111.
pub const RETRIES_WHEN_BUSY: u32 = 5;
/// Resets to key 0 in a row before the device waits for its next trigger.
pub const RESETS_IN_A_ROW: u32 = 2;
/// Provision runs for one command before it fails.
pub const PROVISIONS_PER_COMMAND: u32 = 2;
/// Redirections (301, 302, 451) followed for one command.
pub const REDIRECTIONS_PER_COMMAND: u32 = 3;
/// Ordinary commands are given up after this time.
pub const COMMAND_TIMEOUT: Duration = Duration::from_mins(2);
/// Pages and redirects of one sign-in.
pub const SIGN_IN_STEPS_MAX: usize = 24;
/// A Ping is given up this long after its heartbeat should have ended.
pub const PING_GRACE: Duration = Duration::from_secs(30);
/// Window in which early "no change" answers to Pings are counted.
pub const PING_SPIN_WINDOW: Duration = Duration::from_mins(2);
/// More "no change" answers than this inside the window: the next Ping is sent whole.
pub const PING_SPIN_FULL: usize = 5;
/// More than this inside the window: push is switched off.
pub const PING_SPIN_OFF: usize = 10;
/// A folder reported changed more often than this without items is excluded from push.
pub const PING_EMPTY_REPORTS: u32 = 5;
/// Window in which hierarchy reports are counted.
pub const PING_HIERARCHY_WINDOW: Duration = Duration::from_mins(10);
/// More hierarchy reports than this inside the window without a change: push is switched off.
pub const PING_HIERARCHY_REPORTS: usize = 10;
/// Longest property list a device takes from a server.
pub const PLIST_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Deepest nesting of a property list.
pub const PLIST_DEPTH: usize = 64;
/// Commands taken on one connection before the device gives up on a server that never ends.
pub const MDM_COMMANDS_PER_CONNECTION: usize = 500;
/// Longest Identifier and ServerToken of a declaration in octets.
pub const DECLARATION_NAME_BYTES: usize = 64;
/// Polls of a SCEP enrolment that is pending.
pub const SCEP_POLLS: usize = 3;
