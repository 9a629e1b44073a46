//! PKCS#12 (RFC 7292): a certificate, its key and its authority in one file that phones and programs import.
//!
//! Key and certificates are encrypted with PBES2 (AES-256-CBC under PBKDF2 with HMAC-SHA-256), and the whole bears a
//! MAC with SHA-256: what OpenSSL 3 writes, and reads without its legacy algorithms.

use std::num::NonZeroU32;

use aws_lc_rs::{hmac, pbkdf2};
use hub::Entropy;
use x509_cert::der::{Encode, asn1::ObjectIdentifier};

use crate::{
    authority::sha256,
    ber::wrap,
    cms::enveloped::Cipher,
    error::{CertificateError, Result},
    limits::{PKCS12_MAC_ROUNDS, PKCS12_ROUNDS},
    oids::{
        AES_256_CBC, CERT_BAG, FRIENDLY_NAME, HMAC_WITH_SHA256, ID_DATA, ID_ENCRYPTED_DATA, LOCAL_KEY_ID, PBES2,
        PBKDF2, PKCS8_SHROUDED_KEY_BAG, SHA256, X509_CERTIFICATE,
    },
};

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const NULL: &[u8] = &[0x05, 0];
const BMP_STRING: u8 = 0x1e;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
/// `[0] EXPLICIT`.
const IN_0: u8 = 0xa0;
/// `[0] IMPLICIT OCTET STRING`.
const AS_0: u8 = 0x80;

const SALT_BYTES: usize = 16;
const IV_BYTES: usize = 16;
const KEY_BYTES: usize = 32;

/// What goes into a file.
pub(crate) struct Identity<'a> {
    /// DER.
    pub(crate) certificate: &'a [u8],
    /// DER.
    pub(crate) authority: &'a [u8],
    /// PKCS#8.
    pub(crate) key: &'a [u8],
    /// What people see when they import it.
    pub(crate) name: &'a str,
}

impl Identity<'_> {
    /// The file, DER. Costs two derivations of [`PKCS12_ROUNDS`].
    pub(crate) fn export(&self, password: &str, entropy: &dyn Entropy) -> Result<Vec<u8>> {
        // Joins certificate and key.
        let local_key_id = sha256(self.certificate);
        let attributes = self.attributes(&local_key_id)?;
        let (algorithm, shrouded) = encrypt(password, self.key, entropy)?;
        let shrouded = wrap(SEQUENCE, &[&algorithm, &wrap(OCTET_STRING, &[&shrouded])]);
        let keys = wrap(SEQUENCE, &[&bag(PKCS8_SHROUDED_KEY_BAG, &shrouded, &attributes)?]);
        let certificates = wrap(
            SEQUENCE,
            &[
                &bag(CERT_BAG, &certificate_bag(self.certificate)?, &attributes)?,
                &bag(CERT_BAG, &certificate_bag(self.authority)?, &[])?,
            ],
        );
        let contents = wrap(SEQUENCE, &[&encrypted_data(password, &certificates, entropy)?, &data(&keys)?]);
        let mac = mac(password, &contents, entropy)?;
        Ok(wrap(SEQUENCE, &[&wrap(INTEGER, &[&[3]]), &data(&contents)?, &mac]))
    }

    fn attributes(&self, local_key_id: &[u8]) -> Result<Vec<u8>> {
        let id = attribute(LOCAL_KEY_ID, &wrap(OCTET_STRING, &[local_key_id]))?;
        let name = attribute(FRIENDLY_NAME, &wrap(BMP_STRING, &[&bmp(self.name)]))?;
        let mut both = [id, name];
        both.sort();
        let [first, second] = &both;
        Ok(wrap(SET, &[first, second]))
    }
}

fn oid(oid: ObjectIdentifier) -> Result<Vec<u8>> {
    Ok(oid.to_der()?)
}

fn attribute(id: ObjectIdentifier, value: &[u8]) -> Result<Vec<u8>> {
    Ok(wrap(SEQUENCE, &[&oid(id)?, &wrap(SET, &[value])]))
}

fn bag(kind: ObjectIdentifier, value: &[u8], attributes: &[u8]) -> Result<Vec<u8>> {
    Ok(wrap(SEQUENCE, &[&oid(kind)?, &wrap(IN_0, &[value]), attributes]))
}

fn certificate_bag(certificate: &[u8]) -> Result<Vec<u8>> {
    Ok(wrap(SEQUENCE, &[&oid(X509_CERTIFICATE)?, &wrap(IN_0, &[&wrap(OCTET_STRING, &[certificate])])]))
}

/// ContentInfo with bytes.
fn data(contents: &[u8]) -> Result<Vec<u8>> {
    Ok(wrap(SEQUENCE, &[&oid(ID_DATA)?, &wrap(IN_0, &[&wrap(OCTET_STRING, &[contents])])]))
}

/// ContentInfo with EncryptedData (RFC 5652 8).
fn encrypted_data(password: &str, contents: &[u8], entropy: &dyn Entropy) -> Result<Vec<u8>> {
    let (algorithm, text) = encrypt(password, contents, entropy)?;
    let content = wrap(SEQUENCE, &[&oid(ID_DATA)?, &algorithm, &wrap(AS_0, &[&text])]);
    let encrypted = wrap(SEQUENCE, &[&wrap(INTEGER, &[&[0]]), &content]);
    Ok(wrap(SEQUENCE, &[&oid(ID_ENCRYPTED_DATA)?, &wrap(IN_0, &[&encrypted])]))
}

/// PBES2 (RFC 8018 6.2): the algorithm, and the ciphertext.
fn encrypt(password: &str, plain: &[u8], entropy: &dyn Entropy) -> Result<(Vec<u8>, Vec<u8>)> {
    let (mut salt, mut iv, mut key) = ([0; SALT_BYTES], [0; IV_BYTES], [0; KEY_BYTES]);
    entropy.fill(&mut salt);
    entropy.fill(&mut iv);
    let rounds = NonZeroU32::new(PKCS12_ROUNDS).ok_or(CertificateError::Cryptography)?;
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, &salt, password.as_bytes(), &mut key);
    let prf = wrap(SEQUENCE, &[&oid(HMAC_WITH_SHA256)?, NULL]);
    let parameters = wrap(SEQUENCE, &[&wrap(OCTET_STRING, &[&salt]), &PKCS12_ROUNDS.to_der()?, &prf]);
    let derivation = wrap(SEQUENCE, &[&oid(PBKDF2)?, &parameters]);
    let scheme = wrap(SEQUENCE, &[&oid(AES_256_CBC)?, &wrap(OCTET_STRING, &[&iv])]);
    let algorithm = wrap(SEQUENCE, &[&oid(PBES2)?, &wrap(SEQUENCE, &[&derivation, &scheme])]);
    Ok((algorithm, Cipher::Aes256.encrypt(&key, &iv, plain)?))
}

/// MacData (RFC 7292 4).
fn mac(password: &str, contents: &[u8], entropy: &dyn Entropy) -> Result<Vec<u8>> {
    let mut salt = [0; SALT_BYTES];
    entropy.fill(&mut salt);
    let key = hmac::Key::new(hmac::HMAC_SHA256, &mac_key(password, &salt));
    let tag = hmac::sign(&key, contents);
    let algorithm = wrap(SEQUENCE, &[&oid(SHA256)?, NULL]);
    let info = wrap(SEQUENCE, &[&algorithm, &wrap(OCTET_STRING, &[tag.as_ref()])]);
    Ok(wrap(SEQUENCE, &[&info, &wrap(OCTET_STRING, &[&salt]), &PKCS12_MAC_ROUNDS.to_der()?]))
}

/// RFC 7292 B.2 with SHA-256 for a key of one digest's length, so that its first round is all of it.
fn mac_key(password: &str, salt: &[u8]) -> [u8; 32] {
    const BLOCK: usize = 64;
    const FOR_MAC: u8 = 3;
    let filled =
        |text: &[u8]| -> Vec<u8> { text.iter().copied().cycle().take(text.len().div_ceil(BLOCK) * BLOCK).collect() };
    let mut password = bmp(password);
    password.extend([0, 0]);
    let mut key = sha256(&[&[FOR_MAC; BLOCK][..], &filled(salt), &filled(&password)].concat());
    for _ in 1..PKCS12_MAC_ROUNDS {
        key = sha256(&key);
    }
    key
}

fn bmp(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}
