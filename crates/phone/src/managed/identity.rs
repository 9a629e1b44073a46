//! Who the device is to its server: a certificate and its private key.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;

use super::cms::Certificate;

/// Where the identity of an enrolment comes from.
#[derive(Debug, Clone)]
pub enum IdentitySource {
    /// The SCEP or PKCS#12 payload the profile names, as on a real device.
    Profile,
    /// One that is handed in, whatever the profile says: a thousand RSA keys take minutes to make.
    Given(Identity),
}

/// Certificates, the device's own first, and its key. Cheap to clone.
#[derive(Clone)]
pub struct Identity(Arc<Inside>);

struct Inside {
    chain: Vec<Vec<u8>>,
    pkcs8: Vec<u8>,
    key: Key,
}

enum Key {
    Rsa(KeyPair),
    P256(EcdsaKeyPair),
}

/// Why there is no identity.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoIdentity {
    /// No PEM with a certificate and a key.
    #[error("no certificate and key in PEM form")]
    NotPem,
    /// No certificate is the key's.
    #[error("no certificate is the key's")]
    NoCertificate,
    /// The key is neither RSA nor P-256 in PKCS#8.
    #[error("the key is neither RSA nor P-256")]
    Key,
    /// The PKCS#12 file cannot be read.
    #[error("the PKCS#12 file: {0}")]
    Pkcs12(String),
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("certificates", &self.0.chain.len()).finish_non_exhaustive()
    }
}

impl Identity {
    /// From PEM: certificates, leaf first, and a key.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, NoIdentity> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificates).collect();
        let chain: Vec<Vec<u8>> =
            chain.map_err(|_| NoIdentity::NotPem)?.iter().map(|certificate| certificate.to_vec()).collect();
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| NoIdentity::NotPem)?;
        Self::from_der(chain, key.secret_der())
    }

    /// From DER: certificates, leaf first, and a PKCS#8 key.
    pub fn from_der(chain: Vec<Vec<u8>>, pkcs8: &[u8]) -> Result<Self, NoIdentity> {
        if chain.is_empty() {
            return Err(NoIdentity::NotPem);
        }
        let key = match KeyPair::from_pkcs8(pkcs8) {
            Ok(key) => Key::Rsa(key),
            Err(_) => Key::P256(
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8).map_err(|_| NoIdentity::Key)?,
            ),
        };
        Ok(Self(Arc::new(Inside { chain, pkcs8: pkcs8.to_vec(), key })))
    }

    /// From DER, the key's own certificate among others in any order.
    pub(super) fn matching(mut chain: Vec<Vec<u8>>, pkcs8: &[u8]) -> Result<Self, NoIdentity> {
        let public = Self::from_der(vec![Vec::new()], pkcs8)?.public_key();
        let own = chain.iter().position(|der| Certificate::read(der).is_ok_and(|found| found.public_key == public));
        let own = own.ok_or(NoIdentity::NoCertificate)?;
        let own = chain.remove(own);
        chain.insert(0, own);
        Self::from_der(chain, pkcs8)
    }

    /// As a certificate carries it.
    pub(super) fn public_key(&self) -> Vec<u8> {
        match &self.0.key {
            Key::Rsa(key) => key.public_key().as_ref().to_vec(),
            Key::P256(key) => key.public_key().as_ref().to_vec(),
        }
    }

    /// PKCS#8.
    pub(super) fn private_key(&self) -> &[u8] {
        &self.0.pkcs8
    }

    /// The device's own certificate, DER.
    pub fn certificate(&self) -> &[u8] {
        self.0.chain.first().map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn chain(&self) -> &[Vec<u8>] {
        &self.0.chain
    }

    pub(super) fn is_rsa(&self) -> bool {
        matches!(self.0.key, Key::Rsa(_))
    }

    /// A signature with SHA-256: PKCS#1 v1.5 or ECDSA. `None` if the library refuses.
    pub(super) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        match &self.0.key {
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).ok()?;
                Some(signature)
            }
            Key::P256(key) => key.sign(&SystemRandom::new(), message).ok().map(|signature| signature.as_ref().to_vec()),
        }
    }

    /// Certificates and key as PEM.
    pub(super) fn to_pem(&self) -> (String, String) {
        let certificates = self.0.chain.iter().map(|certificate| pem("CERTIFICATE", certificate)).collect();
        (certificates, pem("PRIVATE KEY", &self.0.pkcs8))
    }
}

pub(super) fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}
