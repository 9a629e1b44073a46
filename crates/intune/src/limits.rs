//! Everything has a limit.

use std::time::Duration;

/// Bytes of one answer. A page of policies with the payloads of custom configurations is well below.
pub const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes of one request's body.
pub const REQUEST_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Pages of one collection.
pub const PAGES_MAX: usize = 200;
/// Objects of one collection.
pub const OBJECTS_MAX: usize = 20_000;
/// How often a request is made again before the error is told.
pub const RETRIES_MAX: u32 = 6;
/// The first wait where the service does not say how long; it doubles.
pub const BACK_OFF_FIRST: Duration = Duration::from_secs(10);
/// The longest wait where the service does not say how long.
pub const BACK_OFF_MAX: Duration = Duration::from_mins(1);
/// The longest wait that a service may ask for.
pub const RETRY_AFTER_MAX: Duration = Duration::from_mins(10);
/// Conditional Access takes one request a second from all apps of a tenant together.
pub const CONDITIONAL_ACCESS_SPACING: Duration = Duration::from_secs(1);
/// Until a connection stands.
pub const CONNECT: Duration = Duration::from_secs(15);
/// Until a request is answered whole.
pub const ANSWER: Duration = Duration::from_secs(100);
/// Characters of what a service says that go into a message.
pub const SAID_CHARS_MAX: usize = 300;
/// How often a create whose answer was lost is looked for before it is made again: a new object shows late in lists.
pub const LOOKS_AFTER_LOST_CREATE: u32 = 3;
/// How often a create is made whose answers get lost.
pub const CREATES_MAX: u32 = 3;
/// A token is renewed when it is good for less than this.
pub const TOKEN_MARGIN: Duration = Duration::from_mins(5);
/// Bytes of a profile inside a custom configuration (Intune takes 1,000,000).
pub const PROFILE_BYTES_MAX: usize = 1_000_000;
/// Bytes of a file with exported Exchange objects.
pub const EXPORT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Groups or users of one list.
pub const PRINCIPALS_MAX: usize = 500;
/// Characters of a name.
pub const NAME_CHARS_MAX: usize = 100;
/// Characters of a value that are shown in a difference.
pub const SHOWN_CHARS_MAX: usize = 80;
/// Bytes of a plan or a journal in a file.
pub const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Bytes of a file with settings.
pub const SETTINGS_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of a file with a secret or a token.
pub const SECRET_BYTES_MAX: usize = 16 * 1024;
