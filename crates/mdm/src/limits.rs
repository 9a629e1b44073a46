//! Every limit of this crate, each with the reason for its value.

use std::time::Duration;

/// The largest message of a device, in bytes: a list of a thousand apps has less than half of it.
pub const MESSAGE_BYTES_MAX: usize = 2 * 1024 * 1024;
/// How deep a message may be nested. Apple's have about six levels.
pub const DEPTH_MAX: usize = 32;
/// The longest `Mdm-Signature`, in characters: a signature with one certificate has about 4,000.
pub const SIGNATURE_CHARS_MAX: usize = 32 * 1024;
/// The longest text of a device that is kept, in bytes.
pub const TEXT_BYTES_MAX: usize = 256;
/// The longest push token, in bytes; Apple's have 32 and may grow.
pub const PUSH_TOKEN_BYTES_MAX: usize = 256;
/// The longest name of an order, in bytes.
pub const ORDER_ID_BYTES_MAX: usize = 128;
/// Commands of one device that wait. Whoever gives more does not look at what becomes of them.
pub const OPEN_COMMANDS_MAX: i64 = 200;
/// The largest profile that is delivered, in bytes.
pub const PROFILE_BYTES_MAX: usize = 1024 * 1024;
/// Links of an ErrorChain that are kept.
pub const ERROR_CHAIN_MAX: usize = 16;
/// Profiles, apps and accounts of one answer that are kept.
pub const LISTED_MAX: usize = 2000;
/// Events in one page.
pub const EVENTS_PAGE: i64 = 500;
/// Devices that are looked at in one go.
pub const DEVICES_PAGE: i64 = 500;

/// Declarations of one device.
pub const DECLARATIONS_MAX: usize = 100;
/// The longest Identifier and ServerToken of a declaration, in octets (Apple's schema).
pub const DECLARATION_NAME_BYTES_MAX: usize = 64;
/// The largest declaration, in bytes.
pub const DECLARATION_BYTES_MAX: usize = 256 * 1024;
/// All that a device may have reported, in bytes.
pub const STATUS_BYTES_MAX: usize = 1024 * 1024;

/// A device that has something left to do is woken again after this.
pub const PUSH_AGAIN: Duration = Duration::from_mins(30);
/// Devices that are woken in one go.
pub const PUSH_AT_ONCE: i64 = 200;
/// How long Apple's push service has for an answer.
pub const PUSH_TIMEOUT: Duration = Duration::from_secs(20);
/// The longest answer of the push service that is read, in bytes.
pub const PUSH_ANSWER_BYTES_MAX: usize = 4096;
/// Devices that [`Logged`](crate::push::Logged) remembers to have woken.
pub const LOGGED_PUSHES_MAX: usize = 10_000;

/// How long another MDM has for an answer.
pub const NANOMDM_TIMEOUT: Duration = Duration::from_secs(30);
/// The largest answer of another MDM's API, in bytes.
pub const NANOMDM_ANSWER_BYTES_MAX: usize = 256 * 1024;
/// The largest webhook, in bytes: a message in base64 and some words.
pub const WEBHOOK_BYTES_MAX: usize = MESSAGE_BYTES_MAX * 3 / 2;
/// How long webhooks may overtake one another, in microseconds.
pub const WEBHOOKS_OVERTAKE: i64 = 10 * 60 * 1_000_000;
/// Commands without answer that are asked about in one go.
pub const RECONCILED_AT_ONCE: i64 = 100;
/// After this a command of which nothing was heard counts as failed.
pub const SILENT_FOR_GOOD: Duration = Duration::from_hours(24 * 7);

/// How long a challenge for an enrolment profile is good.
pub const CHALLENGE_LIFE: Duration = Duration::from_hours(24);
