//! The authority's key pair: RSA, because SCEP encrypts to it (RFC 8894 3.1 has nothing else that phones know).

use aws_lc_rs::{
    encoding::AsDer,
    rand::SystemRandom,
    rsa::{KeySize, Pkcs1PrivateDecryptingKey, PrivateDecryptingKey},
    signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use x509_cert::{
    der::{
        Any,
        asn1::{BitString, Null},
    },
    spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned},
};

use crate::{
    error::Result,
    oids::{RSA_ENCRYPTION, SHA256_WITH_RSA},
};

/// An algorithm with the NULL that RSA's and SHA's have for parameters (RFC 4055 2.1).
pub(crate) fn with_null(oid: x509_cert::der::asn1::ObjectIdentifier) -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid, parameters: Some(Any::from(Null)) }
}

/// Makes an RSA key of 2048 bits, PKCS#8.
pub(crate) fn generate() -> Result<Vec<u8>> {
    make(KeySize::Rsa2048)
}

fn make(size: KeySize) -> Result<Vec<u8>> {
    let pair = aws_lc_rs::rsa::KeyPair::generate(size)?;
    let pkcs8: aws_lc_rs::encoding::Pkcs8V1Der<'static> = pair.as_der()?;
    Ok(pkcs8.as_ref().to_vec())
}

/// The public half of a PKCS#8 key.
pub(crate) fn public_key_info(pkcs8: &[u8]) -> Result<SubjectPublicKeyInfoOwned> {
    info(&RsaKeyPair::from_pkcs8(pkcs8)?)
}

fn info(pair: &RsaKeyPair) -> Result<SubjectPublicKeyInfoOwned> {
    Ok(SubjectPublicKeyInfoOwned {
        algorithm: with_null(RSA_ENCRYPTION),
        subject_public_key: BitString::from_bytes(pair.public_key().as_ref())?,
    })
}

/// A key that signs, and opens what was encrypted to it.
pub(crate) struct AuthorityKey {
    signing: RsaKeyPair,
    opening: Pkcs1PrivateDecryptingKey,
}

impl AuthorityKey {
    /// Makes one of 3072 bits, which is thought to be good beyond the authority's life (NIST SP 800-57); PKCS#8.
    pub(crate) fn generate() -> Result<Vec<u8>> {
        make(KeySize::Rsa3072)
    }

    pub(crate) fn from_pkcs8(pkcs8: &[u8]) -> Result<Self> {
        Ok(Self {
            signing: RsaKeyPair::from_pkcs8(pkcs8)?,
            opening: Pkcs1PrivateDecryptingKey::new(PrivateDecryptingKey::from_pkcs8(pkcs8)?)?,
        })
    }

    pub(crate) fn public_key_info(&self) -> Result<SubjectPublicKeyInfoOwned> {
        info(&self.signing)
    }

    /// Which algorithm [`sign`](Self::sign) uses.
    pub(crate) fn algorithm() -> AlgorithmIdentifierOwned {
        with_null(SHA256_WITH_RSA)
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let mut signature = vec![0; self.signing.public_modulus_len()];
        self.signing.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)?;
        Ok(signature)
    }

    /// RSAES-PKCS1-v1_5. The caller must not let anybody see whether it worked: see `cms::enveloped`.
    pub(crate) fn open(&self, ciphertext: &[u8]) -> Option<Vec<u8>> {
        let mut plain = vec![0; self.opening.min_output_size()];
        let length = self.opening.decrypt(ciphertext, &mut plain).ok()?.len();
        plain.truncate(length);
        Some(plain)
    }
}
