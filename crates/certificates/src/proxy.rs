//! A client's certificate from a proxy that speaks TLS for us: the `Client-Cert` header (RFC 9440).
//!
//! Whether the proxy is one of ours is for the caller to ask first; from anybody else the header is a forgery.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName};
use identity::ClientCertificate;
use rustls::pki_types::{CertificateDer, UnixTime};

use crate::{
    limits,
    peer::{NotTrusted, Trust},
};

/// The client's own certificate.
pub const CLIENT_CERT: HeaderName = HeaderName::from_static("client-cert");
/// Those between it and its authority.
pub const CLIENT_CERT_CHAIN: HeaderName = HeaderName::from_static("client-cert-chain");

/// The certificate in a proxy's headers, checked against our own trust; `None` when there is no header. The key was
/// proved to the proxy.
pub fn from_header(headers: &HeaderMap, trust: &Trust, now: UnixTime) -> Option<Result<ClientCertificate, NotTrusted>> {
    if !headers.contains_key(&CLIENT_CERT) {
        return None;
    }
    let chain = chain(headers).ok_or(NotTrusted::MalformedHeader);
    Some(chain.and_then(|chain| trust.check(&chain, now)))
}

fn chain(headers: &HeaderMap) -> Option<Vec<CertificateDer<'static>>> {
    let mut own = headers.get_all(&CLIENT_CERT).iter();
    let (own, None) = (own.next()?, own.next()) else { return None };
    let mut chain = vec![binary(own.to_str().ok()?)?];
    for line in headers.get_all(&CLIENT_CERT_CHAIN) {
        for item in line.to_str().ok()?.split(',') {
            if chain.len() >= limits::CHAIN_MAX {
                return None;
            }
            chain.push(binary(item)?);
        }
    }
    Some(chain)
}

/// A Byte Sequence (RFC 9651 3.3.5): base64 between colons.
fn binary(item: &str) -> Option<CertificateDer<'static>> {
    let text = item.trim().strip_prefix(':')?.strip_suffix(':')?;
    if text.len() > limits::CLIENT_CERT_BYTES_MAX {
        return None;
    }
    STANDARD.decode(text).ok().map(CertificateDer::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(HeaderName, &str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn certificate_and_chain_are_read_in_order() {
        let chain = chain(&headers(&[(CLIENT_CERT, ":YQ==:"), (CLIENT_CERT_CHAIN, ":Yg==:, :Yw==:")])).unwrap();
        assert_eq!(chain.iter().map(|one| one.to_vec()).collect::<Vec<_>>(), [b"a", b"b", b"c"]);
    }

    #[test]
    fn what_is_not_one_byte_sequence_is_no_certificate() {
        for value in ["", ":", "::x", "YQ==", ":Y:", "YQ==:", ":YQ==", "\"YQ==\""] {
            assert!(chain(&headers(&[(CLIENT_CERT, value)])).is_none(), "{value}");
        }
        let twice: HeaderMap = {
            let mut twice = headers(&[(CLIENT_CERT, ":YQ==:")]);
            twice.append(CLIENT_CERT, ":Yg==:".parse().unwrap());
            twice
        };
        assert!(chain(&twice).is_none());
        let endless = format!(":{}:", "YQ==".repeat(limits::CLIENT_CERT_BYTES_MAX));
        assert!(chain(&headers(&[(CLIENT_CERT, &endless)])).is_none());
    }
}
