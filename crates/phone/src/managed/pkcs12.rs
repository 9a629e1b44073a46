//! PKCS#12 (RFC 7292) under PBES2 with AES, as servers write it today. The MAC is not looked at: what a wrong password
//! decrypts to is no key.

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2::{self, PBKDF2_HMAC_SHA1, PBKDF2_HMAC_SHA256};

use super::cms::{DATA, octets};
use super::der::{DerError, INTEGER, Node, Nodes, OCTET_STRING, OID, SEQUENCE, context};
use super::encryption;
use super::identity::{Identity, NoIdentity};

/// 1.2.840.113549.1.7.6
const ENCRYPTED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x06];
/// 1.2.840.113549.1.12.10.1.2
const SHROUDED_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x02];
/// 1.2.840.113549.1.12.10.1.3
const CERTIFICATE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x03];
/// 1.2.840.113549.1.5.13
const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d];
/// 1.2.840.113549.2.9
const HMAC_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x09];

/// What is found in the bags.
#[derive(Default)]
struct Found {
    certificates: Vec<Vec<u8>>,
    key: Option<Vec<u8>>,
}

/// Opens a file with its password.
pub(super) fn open(bytes: &[u8], password: &str) -> Result<Identity, NoIdentity> {
    let mut found = Found::default();
    read(bytes, password, &mut found)?;
    let key = found.key.ok_or_else(|| wrong("no key"))?;
    Identity::matching(found.certificates, &key)
}

fn wrong(reason: &str) -> NoIdentity {
    NoIdentity::Pkcs12(reason.to_owned())
}

impl From<DerError> for NoIdentity {
    fn from(error: DerError) -> Self {
        NoIdentity::Pkcs12(error.to_string())
    }
}

fn read(bytes: &[u8], password: &str, found: &mut Found) -> Result<(), NoIdentity> {
    let mut file = Nodes::of(bytes).expect(SEQUENCE)?.inside();
    file.expect(INTEGER)?;
    let safe = plain(file.expect(SEQUENCE)?)?;
    for content in Nodes::of(safe.content).expect(SEQUENCE)?.inside().all()? {
        let kind = content.inside().expect(OID)?.content;
        match kind {
            DATA => bags(plain(content)?.content, password, found)?,
            ENCRYPTED_DATA => bags(&encrypted(content, password)?, password, found)?,
            _ => return Err(wrong("an unknown kind of safe")),
        }
    }
    Ok(())
}

/// The OCTET STRING of a ContentInfo with plain data.
fn plain(info: Node<'_>) -> Result<Node<'_>, NoIdentity> {
    let mut info = info.inside();
    info.expect(OID)?;
    Ok(info.expect(context(0))?.inside().expect(OCTET_STRING)?)
}

fn encrypted(info: Node<'_>, password: &str) -> Result<Vec<u8>, NoIdentity> {
    let mut info = info.inside();
    info.expect(OID)?;
    let mut data = info.expect(context(0))?.inside().expect(SEQUENCE)?.inside();
    data.expect(INTEGER)?;
    let mut content = data.expect(SEQUENCE)?.inside();
    content.expect(OID)?;
    let algorithm = content.expect(SEQUENCE)?;
    let cipher_text = octets(content.any()?.ok_or(DerError::Cut)?)?;
    decrypted(algorithm, password, cipher_text)
}

fn bags(contents: &[u8], password: &str, found: &mut Found) -> Result<(), NoIdentity> {
    for bag in Nodes::of(contents).expect(SEQUENCE)?.inside().all()? {
        let mut bag = bag.inside();
        let kind = bag.expect(OID)?.content;
        let mut value = bag.expect(context(0))?.inside().expect(SEQUENCE)?.inside();
        match kind {
            SHROUDED_KEY => {
                let algorithm = value.expect(SEQUENCE)?;
                let cipher_text = value.expect(OCTET_STRING)?.content.to_vec();
                found.key = Some(decrypted(algorithm, password, cipher_text)?);
            }
            CERTIFICATE => {
                value.expect(OID)?;
                let certificate = value.expect(context(0))?.inside().expect(OCTET_STRING)?.content;
                found.certificates.push(certificate.to_vec());
            }
            _ => {}
        }
    }
    Ok(())
}

fn decrypted(algorithm: Node<'_>, password: &str, cipher_text: Vec<u8>) -> Result<Vec<u8>, NoIdentity> {
    let mut algorithm = algorithm.inside();
    if algorithm.expect(OID)?.content != PBES2 {
        return Err(wrong("an encryption other than PBES2"));
    }
    let mut parameters = algorithm.expect(SEQUENCE)?.inside();
    let (derivation, scheme) = (parameters.expect(SEQUENCE)?, parameters.expect(SEQUENCE)?);
    let mut derivation = derivation.inside();
    derivation.expect(OID)?;
    let mut derivation = derivation.expect(SEQUENCE)?.inside();
    let salt = derivation.expect(OCTET_STRING)?.content;
    let rounds = derivation.expect(INTEGER)?.content.iter().fold(0_u32, |rounds, byte| rounds << 8 | u32::from(*byte));
    derivation.optional(INTEGER)?;
    let with_sha256 = match derivation.optional(SEQUENCE)? {
        Some(function) => function.inside().expect(OID)?.content == HMAC_SHA256,
        None => false,
    };
    let function = if with_sha256 { PBKDF2_HMAC_SHA256 } else { PBKDF2_HMAC_SHA1 };
    let mut scheme = scheme.inside();
    let cipher = scheme.expect(OID)?.content;
    let iv = scheme.expect(OCTET_STRING)?.content;
    let (_, key_bytes) = encryption::algorithm(cipher).ok_or_else(|| wrong("a cipher other than AES"))?;
    let mut key = vec![0; key_bytes];
    let rounds = NonZeroU32::new(rounds).ok_or_else(|| wrong("no rounds"))?;
    pbkdf2::derive(function, rounds, salt, password.as_bytes(), &mut key);
    encryption::decrypt(cipher, &key, iv, cipher_text).ok_or_else(|| wrong("the password is wrong"))
}
