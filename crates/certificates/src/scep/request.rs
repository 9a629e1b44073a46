//! The certification request (PKCS#10, RFC 2986) in a SCEP message.

use x509_cert::{
    der::{Any, Decode, Encode, Tag, Tagged},
    request::CertReq,
    spki::SubjectPublicKeyInfoOwned,
};

use crate::{
    ber,
    cms::Digest,
    oids::{ID_CHALLENGE_PASSWORD, RSA_ENCRYPTION},
};

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Not PKCS#10.
    #[error("this is no certification request")]
    Malformed,
    /// Not RSA with 2048 bits or more, or signed with something else than RSA and SHA-2 (SHA-1 by old clients).
    #[error("only RSA keys of 2048 bits or more are certified")]
    Algorithm,
    /// Whoever asks does not have the key.
    #[error("the request is not signed with its own key")]
    NotTheirKey,
}

/// A request whose sender has the key it is for. The names in it are not looked at: whom a certificate is for is said
/// by the challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificationRequest {
    /// The key to be certified.
    pub public_key: SubjectPublicKeyInfoOwned,
    /// PKCS#9's challengePassword.
    pub challenge: Option<String>,
}

impl CertificationRequest {
    /// Reads DER and checks the signature.
    pub fn read(der: &[u8]) -> Result<Self, Unfit> {
        let request = CertReq::from_der(der).map_err(|_| Unfit::Malformed)?;
        // As it came, not as it would be written here: a set may come unsorted.
        let signed = ber::children(der).and_then(|parts| parts.first().copied()).ok_or(Unfit::Malformed)?;
        let public_key = request.info.public_key;
        if public_key.algorithm.oid != RSA_ENCRYPTION {
            return Err(Unfit::Algorithm);
        }
        let digest = Digest::of(request.algorithm.oid).ok_or(Unfit::Algorithm)?;
        let key = public_key.subject_public_key.raw_bytes();
        if modulus_bits(key).is_none_or(|bits| bits < 2048) {
            return Err(Unfit::Algorithm);
        }
        if !digest.is_signed(key, signed, request.signature.raw_bytes()) {
            return Err(Unfit::NotTheirKey);
        }
        let challenge = request.info.attributes.iter().find(|attribute| attribute.oid == ID_CHALLENGE_PASSWORD);
        let challenge = challenge.and_then(|attribute| attribute.values.as_slice().first()).and_then(text);
        Ok(Self { public_key, challenge })
    }

    /// The key, as certificates hold it.
    pub(crate) fn key_der(&self) -> Option<Vec<u8>> {
        self.public_key.to_der().ok()
    }
}

/// A DirectoryString of letters that are one byte each, or UTF-8.
fn text(value: &Any) -> Option<String> {
    let is_text = matches!(value.tag(), Tag::PrintableString | Tag::Utf8String | Tag::Ia5String | Tag::TeletexString);
    std::str::from_utf8(value.value()).ok().filter(|_| is_text).map(str::to_owned)
}

/// Of an RSAPublicKey (RFC 8017 A.1.1).
fn modulus_bits(key: &[u8]) -> Option<usize> {
    let parts = ber::children(key)?;
    let modulus = ber::contents(parts.first()?)?;
    let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
    let leading = modulus.get(zeros)?.leading_zeros() as usize;
    Some((modulus.len() - zeros) * 8 - leading)
}
