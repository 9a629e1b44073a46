//! Every limit of this crate, each with the reason for its value.

use std::time::Duration;

/// The largest SCEP message, in bytes. One with a request and a certificate for keys of 8192 bits has about 8,000.
pub const SCEP_BYTES_MAX: usize = 64 * 1024;
/// The largest OCSP request, in bytes: a hundred certificates.
pub const OCSP_BYTES_MAX: usize = 16 * 1024;
/// Certificates an OCSP request may ask for: each costs a look into the ledger.
pub const OCSP_CERTIFICATES_MAX: usize = 32;
/// The longest OCSP nonce (RFC 9654 2.1 allows 128), in bytes.
pub const OCSP_NONCE_BYTES_MAX: usize = 128;
/// How deep ASN.1 may be nested. A SCEP message has about 12 levels.
pub const DEPTH_MAX: usize = 32;
/// The longest transactionID; RFC 8894 3.2.1.1 asks for a digest's worth.
pub const TRANSACTION_ID_BYTES_MAX: usize = 256;
/// The longest senderNonce; RFC 8894 3.2.1.5 has 16.
pub const NONCE_BYTES_MAX: usize = 64;
/// Certificates in a client's chain (TLS, or `Client-Cert-Chain`).
pub const CHAIN_MAX: usize = 6;
/// The longest `Client-Cert` header (RFC 9440), in bytes.
pub const CLIENT_CERT_BYTES_MAX: usize = 16 * 1024;
/// Names of one certificate that are looked up.
pub const NAMES_MAX: usize = 8;
/// The longest label, in bytes.
pub const LABEL_BYTES_MAX: usize = 200;

/// Bytes of a serial number: 128 bits, of which 126 are random (RFC 5280 4.1.2.2 wants it positive and at most 20).
pub const SERIAL_BYTES: usize = 16;
/// How long the authority is good. Its successor has to be on every phone before it ends.
pub const AUTHORITY_LIFE: Duration = Duration::from_hours(24 * 365 * 20);
/// How far a certificate's begin lies back, for phones whose clock is slow.
pub const BACKDATED: Duration = Duration::from_hours(1);
/// The longest life of a client certificate.
pub const CERTIFICATE_LIFE_MAX: Duration = Duration::from_hours(24 * 365 * 5);

/// The longest life of a challenge.
pub const CHALLENGE_LIFE_MAX: Duration = Duration::from_hours(24 * 30);
/// Challenges of one person that are open at the same time.
pub const CHALLENGES_OPEN_MAX: i64 = 50;
/// How long a used or ended challenge is kept after its end, so that a lost answer can be given again.
pub const CHALLENGE_KEPT: Duration = Duration::from_hours(24);
/// For how long a repeated renewal is taken for a lost answer.
pub const RENEWAL_REPEATED: Duration = Duration::from_hours(1);

/// Refused enrolments of people unknown that are audited in [`REFUSALS_AUDITED_TIME`]; the log has all of them.
pub const REFUSALS_AUDITED_MAX: u32 = 60;
/// The time in which [`REFUSALS_AUDITED_MAX`] are counted, in microseconds.
pub const REFUSALS_AUDITED_TIME: i64 = 60 * 1_000_000;

/// How long a revocation list is good.
pub const CRL_LIFE: Duration = Duration::from_hours(24 * 3);
/// A list is signed anew when it is older.
pub const CRL_FRESH: Duration = Duration::from_hours(24);
/// How long an OCSP answer is good.
pub const OCSP_LIFE: Duration = Duration::from_hours(1);

/// Rounds of PBKDF2 in PKCS#12 files (OWASP's figure for HMAC-SHA-256).
pub const PKCS12_ROUNDS: u32 = 600_000;
/// Rounds of the key derivation for a PKCS#12 file's MAC; the password is also behind [`PKCS12_ROUNDS`].
pub const PKCS12_MAC_ROUNDS: u32 = 10_000;
