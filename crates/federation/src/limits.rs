//! Every limit of this crate. Moments are in microseconds, as everywhere; claims in tokens count seconds.

use std::time::Duration;

/// How long a provider may take to be connected to.
pub(crate) const CONNECT: Duration = Duration::from_secs(5);
/// How long a provider may take for a whole answer.
pub(crate) const ANSWER: Duration = Duration::from_secs(10);
/// The largest answer of a provider that is read, in bytes.
pub(crate) const ANSWER_BYTES: usize = 1024 * 1024;
/// The largest token that is looked at, in bytes.
pub(crate) const TOKEN_BYTES: usize = 64 * 1024;
/// The longest query a browser may come back with, in bytes.
pub(crate) const CALLBACK_BYTES: usize = 16 * 1024;
/// Keys of a provider that are kept; Entra has about ten.
pub(crate) const KEYS: usize = 64;
/// Groups of a person that are kept.
pub(crate) const GROUPS: usize = 2_000;
/// The longest text taken from a claim or an attribute, in bytes.
pub(crate) const CLAIM_BYTES: usize = 1024;
/// The longest subject (OpenID Connect Core 2), in bytes.
pub(crate) const SUBJECT_BYTES: usize = 255;
/// How much of what a provider says about an error gets into messages, in characters.
pub(crate) const ERROR_CHARS: usize = 300;

/// How long a person may take at the provider's page.
pub(crate) const SIGN_IN: i64 = 15 * 60 * 1_000_000;
/// How long what a provider says about itself, and its keys, are used without asking again ...
pub(crate) const FRESH: i64 = 3_600 * 1_000_000;
/// ... and how long when it does not answer.
pub(crate) const STALE: i64 = 24 * 3_600 * 1_000_000;
/// The pause between two questions for keys, however many unknown key ids come; and after a failure.
pub(crate) const ASK_AGAIN: i64 = 10 * 1_000_000;

/// How far a provider's clock may differ, in seconds.
pub(crate) const CLOCK_LEEWAY_SECONDS: i64 = 120;
/// How old an ID token may be, in seconds: it is fetched as soon as it is issued.
pub(crate) const ID_TOKEN_AGE_SECONDS: i64 = 15 * 60;

/// Entries an LDAP search may give: two are one too many.
pub(crate) const LDAP_ENTRIES: i32 = 2;
/// The longest name looked for in a directory, in bytes.
pub(crate) const LDAP_NAME_BYTES: usize = 320;
