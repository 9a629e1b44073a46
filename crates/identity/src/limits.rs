//! Every limit of this crate. Times are in microseconds.

/// The longest `Authorization` header that is looked at, in bytes.
pub(crate) const HEADER_BYTES: usize = 8192;
/// The longest password, in bytes: hashing costs grow with it.
pub(crate) const PASSWORD_BYTES: usize = 1024;
/// The longest name to sign in with (RFC 5321 4.5.3.1 allows addresses of 64 + 1 + 255), in bytes.
pub(crate) const LOGIN_NAME_BYTES: usize = 320;
/// The longest label of an app password, in bytes.
pub(crate) const LABEL_BYTES: usize = 200;
/// App passwords of one person.
pub(crate) const APP_PASSWORDS: usize = 100;
/// The longest DeviceId an app password is bound to, in bytes.
pub(crate) const DEVICE_BYTES: usize = 200;

/// How long a checked password need not be hashed again. Changes to the person end it at once.
pub(crate) const VERIFIED: i64 = 3_600_000_000;
/// Checked passwords remembered in one half of [`VERIFIED`]; the oldest half goes when there are more.
pub(crate) const VERIFIED_ENTRIES: usize = 100_000;

/// Wrong passwords for one name that cost nothing but their hashing. The same wrong password again is not counted.
pub(crate) const FREE_ATTEMPTS: u32 = 10;
/// The pause after the next one; it doubles with each further one ...
pub(crate) const PAUSE: i64 = 1_000_000;
/// ... up to this.
pub(crate) const PAUSE_MAX: i64 = 60_000_000;
/// How long wrong passwords are held against a name.
pub(crate) const ATTEMPTS_REMEMBERED: i64 = 900_000_000;
/// Names with wrong passwords that are remembered.
pub(crate) const ATTEMPTS_ENTRIES: usize = 100_000;

/// Sign-ins that may wait for their password to be hashed; more are turned away.
pub(crate) const HASHES_WAITING: usize = 512;

/// The longest life of a bearer token: ten years.
pub(crate) const TOKEN_LIFE_MAX: i64 = 10 * 366 * 86_400 * 1_000_000;
