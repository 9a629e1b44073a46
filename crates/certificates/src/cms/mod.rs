//! Cryptographic Message Syntax (RFC 5652), as far as SCEP and signed documents need it: one signer, one
//! recipient; what is read is RSA's.

pub(crate) mod enveloped;
pub(crate) mod signed;

use aws_lc_rs::{digest, signature};
use x509_cert::der::asn1::ObjectIdentifier;

use crate::oids;

/// The digests that messages here are signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Digest {
    /// Only read: Debian's scepclient signs with nothing else. Whoever can forge it still has no challenge password.
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    /// By the digest's own name, or by that of a signature with it.
    pub(crate) fn of(oid: ObjectIdentifier) -> Option<Self> {
        match oid {
            oids::SHA1 | oids::SHA1_WITH_RSA => Some(Self::Sha1),
            oids::SHA256 | oids::SHA256_WITH_RSA => Some(Self::Sha256),
            oids::SHA384 | oids::SHA384_WITH_RSA => Some(Self::Sha384),
            oids::SHA512 | oids::SHA512_WITH_RSA => Some(Self::Sha512),
            _ => None,
        }
    }

    pub(crate) fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Sha1 => oids::SHA1,
            Self::Sha256 => oids::SHA256,
            Self::Sha384 => oids::SHA384,
            Self::Sha512 => oids::SHA512,
        }
    }

    pub(crate) fn digest(self, message: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        };
        digest::digest(algorithm, message).as_ref().to_vec()
    }

    /// Whether this is the signature of the owner of an RSA key (PKCS#1) of 2048 bits or more.
    pub(crate) fn is_signed(self, rsa_public_key: &[u8], message: &[u8], signed: &[u8]) -> bool {
        let parameters = match self {
            Self::Sha1 => &signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            Self::Sha384 => &signature::RSA_PKCS1_2048_8192_SHA384,
            Self::Sha512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        };
        signature::UnparsedPublicKey::new(parameters, rsa_public_key).verify(message, signed).is_ok()
    }
}
