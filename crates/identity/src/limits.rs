//! Every limit of this crate. Times are in microseconds.

/// A second.
pub(crate) const SECOND: i64 = 1_000_000;
/// A day.
pub(crate) const DAY: i64 = 86_400 * SECOND;

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
/// The longest DeviceId a credential is bound to, in bytes.
pub(crate) const DEVICE_BYTES: usize = 200;

/// How long a credential that was found good, or wrong, need not be looked at again. Changes to the person end it
/// within [`FRESH`].
pub(crate) const VERIFIED: i64 = 3600 * SECOND;
/// The same for a password that a company's directory was asked about: it tells nobody when it changes.
pub(crate) const FOREIGN_VERIFIED: i64 = 300 * SECOND;
/// Credentials remembered in one half of [`VERIFIED`]; the oldest half goes when there are more.
pub(crate) const VERIFIED_ENTRIES: usize = 200_000;
/// How long a look at who has changed is good for. Nothing that was taken back is accepted for longer, so it is less
/// than the second that is promised.
pub(crate) const FRESH: i64 = 900_000;
/// How often a server looks, in milliseconds.
pub(crate) const LOOK_MILLISECONDS: u64 = 300;
/// How often a server forgets what is old, in looks.
pub(crate) const LOOKS_PER_CLEANING: u32 = 12_000;

/// Wrong passwords from one place for one name that cost nothing but their hashing. The same wrong password again is
/// not counted.
pub(crate) const FREE_ATTEMPTS: u32 = 10;
/// Wrong passwords for one name from everywhere that the person has not signed in from.
pub(crate) const FREE_ATTEMPTS_NAME: u32 = 100;
/// Wrong passwords from one network, for whatever names ...
pub(crate) const FREE_ATTEMPTS_NETWORK: u32 = 50;
/// ... and how many more for each name that somebody signed in with from there: behind one address there may be a
/// whole company.
pub(crate) const FREE_ATTEMPTS_NEIGHBOUR: u32 = 10;
/// The pause after the next one; it doubles with each further one ...
pub(crate) const PAUSE: i64 = SECOND;
/// ... up to this.
pub(crate) const PAUSE_MAX: i64 = 60 * SECOND;
/// The same for a name from everywhere: it meets people as well as attackers, so it stays short.
pub(crate) const PAUSE_MAX_NAME: i64 = 8 * SECOND;
/// How long wrong passwords are held against a name or a network.
pub(crate) const ATTEMPTS_REMEMBERED: i64 = 900 * SECOND;
/// Names and networks with wrong passwords that are remembered.
pub(crate) const ATTEMPTS_ENTRIES: usize = 100_000;
/// How long a place counts as one that a person signs in from.
pub(crate) const FAMILIAR: i64 = 30 * DAY;

/// Sign-ins that may wait for their password to be hashed; more are turned away.
pub(crate) const HASHES_WAITING: usize = 512;

/// The longest life of a bearer token: ten years.
pub(crate) const TOKEN_LIFE_MAX: i64 = 10 * 366 * DAY;

/// How long an authorization code is good. A custom scheme can be claimed by any app, so it is short.
pub(crate) const CODE_LIFE: i64 = 60 * SECOND;
/// How long a used code is remembered, so that its second use ends what came of the first.
pub(crate) const CODE_REMEMBERED: i64 = DAY;
/// How long the refresh token before is good for an answer that may have been lost.
pub(crate) const RETRY: i64 = 120 * SECOND;
/// The same when nothing of the answer was ever seen, neither the new refresh token nor the access token that came with
/// it: a phone may have been out of reach since.
pub(crate) const RETRY_UNSEEN: i64 = DAY;
/// How far ahead another server's clock may be: `nbf` only.
pub(crate) const CLOCK_SKEW_SECONDS: i64 = 60;
/// How long sessions that ended are kept for lists and replays.
pub(crate) const ENDED_REMEMBERED: i64 = 30 * DAY;
/// The longest text of a User-Agent that is kept, in bytes.
pub(crate) const USER_AGENT_BYTES: usize = 300;

/// How long a device code is good.
pub(crate) const DEVICE_CODE_LIFE: i64 = 900 * SECOND;
/// How long a program waits between two questions, in seconds ...
pub(crate) const DEVICE_CODE_INTERVAL: u64 = 5;
/// ... and how early it may be.
pub(crate) const DEVICE_CODE_EARLY: i64 = SECOND;
/// Device codes that wait at one time: they are asked for by nobody in particular.
pub(crate) const DEVICE_CODES: i64 = 10_000;

/// How long the keys of a process go without a look at the ledger.
pub(crate) const KEYS_KNOWN: i64 = 60 * SECOND;
/// How long a key signs before another takes its place by itself.
pub(crate) const KEY_LIFE: i64 = 180 * DAY;

/// Audit events that wait to be written; more are dropped, and counted in the log.
pub(crate) const AUDIT_WAITING: usize = 10_000;
/// Audit events of one transaction.
pub(crate) const AUDIT_BATCH: usize = 500;

/// How often it is written that a device was here, when nothing else about it has changed.
pub(crate) const DEVICE_NOTE: i64 = 900_000_000;
/// How long the account that holds a device must have been silent until another one of the same person takes its place.
pub(crate) const SECOND_ACCOUNT_SILENCE: i64 = 86_400_000_000;

/// Second factors of one person.
pub(crate) const SECOND_FACTORS: usize = 20;
/// Recovery codes made at once.
pub(crate) const RECOVERY_CODES: usize = 10;
/// Wrong codes that cost nothing.
pub(crate) const FREE_FACTOR_ATTEMPTS: u32 = 5;
/// The pause after the next one; it doubles with each further one ...
pub(crate) const FACTOR_PAUSE: i64 = 5_000_000;
/// ... up to this: some twenty guesses a day of a million.
pub(crate) const FACTOR_PAUSE_MAX: i64 = 3_600_000_000;
/// How long wrong codes are held against a person.
pub(crate) const FACTOR_ATTEMPTS_REMEMBERED: i64 = 86_400_000_000;
