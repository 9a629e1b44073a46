//! Certificate payloads.

use super::identity::pem;
use super::profile::Payload;

/// The certificate of a `com.apple.security.root` (DER or PEM inside) as PEM; empty if there is none.
pub(super) fn to_pem(payload: &Payload) -> Vec<u8> {
    match payload.content.data("PayloadContent") {
        Some(bytes) if bytes.starts_with(b"-----BEGIN") => bytes.to_vec(),
        Some(der) => pem("CERTIFICATE", der).into_bytes(),
        None => Vec::new(),
    }
}
