//! The limits of this crate, each with the reason for its value.

use std::time::Duration;

/// Bytes of a request's body or query: a token request with a long client assertion's worth of room, and no more.
pub const REQUEST_BYTES_MAX: usize = 32 * 1024;

/// Parameters of a request. The longest known request, OpenID Connect's with everything, has about twenty.
pub const PARAMETERS_MAX: usize = 40;

/// How long a client may take to send a body.
pub const BODY_WAIT: Duration = Duration::from_secs(30);

/// Bytes of a `state`: some libraries carry a page of their own in it.
pub const STATE_BYTES_MAX: usize = 1024;

/// Bytes of a `nonce`.
pub const NONCE_BYTES_MAX: usize = 256;

/// Bytes of a `scope`, a `resource`, a `claims`.
pub const ASKED_BYTES_MAX: usize = 1024;

/// Bytes of the value of a cookie. Browsers keep 4096 for name, value and attributes together.
pub const COOKIE_BYTES_MAX: usize = 3800;

/// Bytes of a name or a password somebody types.
pub const TYPED_BYTES_MAX: usize = 1024;

/// Bytes of a User-Agent that are kept.
pub const USER_AGENT_BYTES_MAX: usize = 300;

/// How long somebody may take to sign in, from the app's request to the code, in microseconds: long enough to find the
/// telephone with the second factor.
pub const PROGRESS_LIFE: i64 = 30 * 60 * 1_000_000;

/// How long a browser knows who signed in without asking for the password again, in microseconds: a working day.
pub const SIGNED_IN_LIFE: i64 = 10 * 3600 * 1_000_000;

/// How many people one browser remembers; the one that signed in longest ago is forgotten first.
pub const SIGNED_IN_MAX: usize = 5;

/// What a client is told to wait after a 503, in seconds.
pub const RETRY_AFTER_SECONDS: u32 = 30;

/// Bytes of the line that says whom people ask: a name, a number, an address.
pub const HELP_CONTACT_BYTES_MAX: usize = 200;

/// How long the style sheet and the script may be kept, in seconds.
pub const STYLE_AGE_SECONDS: u32 = 3600;

/// How long keys and metadata may be kept, in seconds: a fresh key is published for longer before it signs.
pub const METADATA_AGE_SECONDS: u32 = 300;

/// Bytes of a user code as it is typed: eight letters, and what people put between them.
pub const USER_CODE_BYTES_MAX: usize = 20;

/// Bytes of the code of a second factor as it is typed: the longest is a recovery code with its hyphens.
pub const CODE_BYTES_MAX: usize = 64;

/// Bytes of the name of a second factor as it is typed.
pub const FACTOR_LABEL_BYTES_MAX: usize = 200;

/// How long a question about a passkey may be answered, in microseconds. Browsers give up after a minute; people need a
/// second try.
pub const PASSKEY_WAIT: i64 = 5 * 60 * 1_000_000;
