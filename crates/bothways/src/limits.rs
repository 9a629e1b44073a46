//! The limits of this crate, each with the reason for its value.

use std::time::Duration;

/// The largest body of a request, in bytes: what the paths accept at most, a photo in base64 included.
pub const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A body up to this size, in bytes, is read at once; larger ones are read by [`LARGE_BODIES_MAX`] requests at a time.
pub const SMALL_BODY_BYTES_MAX: usize = 256 * 1024;

/// Larger bodies read at the same time: with [`BODY_BYTES_MAX`] this bounds what strangers can make the server hold.
pub const LARGE_BODIES_MAX: usize = 32;

/// How long a client may take to send a body.
pub const BODY_WAIT: Duration = Duration::from_mins(2);

/// How long a client may take to send a request's head, and how long a connection may be idle between requests.
pub const HEAD_WAIT: Duration = Duration::from_mins(1);

/// How long a client may take for the TLS handshake.
pub const HANDSHAKE_WAIT: Duration = Duration::from_secs(15);

/// Header lines of a request.
pub const HEADERS_MAX: usize = 100;

/// Bytes of a connection's read buffer; a request's head must fit in it.
pub const HEAD_BYTES_MAX: usize = 32 * 1024;

/// Descriptors kept back for files, databases and outgoing connections when the number of connections is derived
/// from the limit of open files.
pub const DESCRIPTORS_RESERVED: u64 = 256;

/// Connections at once, however many files may be open.
pub const CONNECTIONS_MAX: usize = 200_000;

/// The limit of open files asked for: [`CONNECTIONS_MAX`] and the reserve.
pub const DESCRIPTORS_WANTED: u64 = CONNECTIONS_MAX as u64 + DESCRIPTORS_RESERVED;

/// The pause after an accept failed because no descriptor is left.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long requests in flight may take to end when the server stops.
pub const SHUTDOWN_WAIT: Duration = Duration::from_secs(20);

/// How often the ledger is asked for changes whose wake-up was lost.
pub const SWEEP_INTERVAL: Duration = Duration::from_mins(1);

/// How far a sweep looks back behind the one before, so that commits in between and unequal clocks are no gap.
pub const SWEEP_OVERLAP: Duration = Duration::from_secs(30);

/// How often the file of the access policy is looked at.
pub const POLICY_LOOK: Duration = Duration::from_millis(300);

/// Bytes of a hint from a command.
pub const HINT_BYTES_MAX: usize = 64;

/// What a client is told to wait after a 503.
pub const RETRY_AFTER_SECONDS: u32 = 30;

/// Bytes of a secret given on standard input.
pub const SECRET_BYTES_MAX: usize = 1024;

/// Bytes of a file that is imported.
pub const IMPORT_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// Cards written in one transaction by an import: large enough for the cost of a commit not to matter, small enough
/// for a server to write in between.
pub const IMPORT_BATCH: usize = 100;

/// Bytes of photos after which an import writes even if [`IMPORT_BATCH`] is not reached.
pub const IMPORT_BATCH_PHOTO_BYTES: usize = 32 * 1024 * 1024;

/// Broken cards an import names one by one.
pub const IMPORT_ERRORS_SHOWN: usize = 50;

/// Cards read at once when contacts are listed or exported.
pub const PAGE: u32 = 200;

/// How often a server without an authority for client certificates looks whether a command has made one.
pub const AUTHORITY_POLL: Duration = Duration::from_secs(1);

/// How long a certificate that this program makes is good, in days; Apple's limit for such is 825.
pub const CERTIFICATE_DAYS: i64 = 820;

/// A certificate that ends within this many days is to be renewed.
pub const CERTIFICATE_RENEW_DAYS: i64 = 21;

/// Free space below which the doctor warns, in bytes.
pub const DISK_FREE_BYTES_MIN: u64 = 1024 * 1024 * 1024;

/// The longest an access token may be good.
pub const ACCESS_TOKEN_LIFE_MAX: Duration = Duration::from_hours(24);

/// How often waiting devices are woken again, or answers that were lost are asked for.
pub const MANAGEMENT_ROUND: Duration = Duration::from_secs(30);

/// After how long without an answer NanoMDM's device is asked again.
pub const MANAGEMENT_SILENCE: Duration = Duration::from_hours(1);

/// How long commands that are done, and what devices did, are kept.
pub const MANAGEMENT_KEPT: Duration = Duration::from_hours(24 * 90);

/// How often a running server carries rollouts on.
pub const ROLLOUT_ROUND: Duration = Duration::from_secs(15);

/// Devices that a plan names as held back, one by one.
pub const ROLLOUT_HELD_SHOWN: usize = 50;

/// How often a command about a rollout that a running server carries on at the same time is tried.
pub const ROLLOUT_TRIES: usize = 10;

/// A device that management has not heard of for longer is held back.
pub const ROLLOUT_SEEN_WITHIN: jiff::SignedDuration = jiff::SignedDuration::from_hours(24 * 30);

/// Bytes of a list of devices.
pub const INVENTORY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Files of exported policies.
pub const EXPORTS_MAX: usize = 20_000;

/// Bytes of a sign-in that Conditional Access is asked about.
pub const SIGN_IN_BYTES_MAX: usize = 1024 * 1024;
