//! AES in CBC mode as CMS and PKCS#12 use it.

use aws_lc_rs::cipher::{
    AES_128, AES_256, Algorithm, DecryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey,
    UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;

/// 2.16.840.1.101.3.4.1.2
pub(super) const AES_128_CBC: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x02];
/// 2.16.840.1.101.3.4.1.42
pub(super) const AES_256_CBC: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a];

/// The algorithm of an OID and the length of its key; `None` if it is not read.
pub(super) fn algorithm(oid: &[u8]) -> Option<(&'static Algorithm, usize)> {
    match oid {
        AES_128_CBC => Some((&AES_128, 16)),
        AES_256_CBC => Some((&AES_256, 32)),
        _ => None,
    }
}

/// The plain text; `None` if the key is wrong or the padding is.
pub(super) fn decrypt(oid: &[u8], key: &[u8], iv: &[u8], mut cipher_text: Vec<u8>) -> Option<Vec<u8>> {
    let (algorithm, _) = algorithm(oid)?;
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(algorithm, key).ok()?).ok()?;
    let iv: [u8; 16] = iv.try_into().ok()?;
    let plain = key.decrypt(&mut cipher_text, DecryptionContext::Iv128(FixedLength::from(&iv))).ok()?;
    Some(plain.to_vec())
}

/// IV and cipher text under AES-128.
pub(super) fn encrypt_128(key: &[u8; 16], plain: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let key = PaddedBlockEncryptingKey::cbc_pkcs7(UnboundCipherKey::new(&AES_128, key).ok()?).ok()?;
    let mut text = plain.to_vec();
    let context = key.encrypt(&mut text).ok()?;
    let iv: &[u8] = (&context).try_into().ok()?;
    Some((iv.to_vec(), text))
}
