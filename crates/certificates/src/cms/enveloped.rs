//! EnvelopedData (RFC 5652 6): opening what was encrypted to the authority, encrypting to a client.

use aws_lc_rs::{
    cipher::{
        AES_128, AES_256, DecryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey, UnboundCipherKey,
    },
    iv::FixedLength,
    rsa::{Pkcs1PublicEncryptingKey, PublicEncryptingKey},
};
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7};
use cms::{
    cert::IssuerAndSerialNumber,
    content_info::{CmsVersion, ContentInfo},
    enveloped_data::{
        EncryptedContentInfo, EnvelopedData, KeyTransRecipientInfo, RecipientIdentifier, RecipientInfo, RecipientInfos,
    },
};
use hub::Entropy;
use x509_cert::{
    Certificate,
    der::{
        Any, Decode, Encode,
        asn1::{ObjectIdentifier, OctetString, SetOfVec},
    },
    spki::AlgorithmIdentifierOwned,
};

use crate::{
    authority::Authority,
    ber,
    error::{CertificateError, Result},
    key::with_null,
    oids::{AES_128_CBC, AES_256_CBC, DES_CBC, DES_EDE3_CBC, ID_DATA, ID_ENVELOPED_DATA, RSA_ENCRYPTION},
};

/// Tags of an EncryptedContent: in one piece, in several.
const CONTENT: u8 = 0x80;
const CONTENT_IN_PIECES: u8 = 0xa0;

/// How the content is encrypted. An answer is encrypted as the request was: what it carries is a public certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cipher {
    Aes128,
    Aes256,
    /// Debian's scepclient knows nothing else.
    Des,
    /// What programs before RFC 8894 use.
    TripleDes,
}

/// Why nothing was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotOpened {
    /// An algorithm that is not spoken here.
    Algorithm,
    /// Everything else. It is not told apart, so that nobody can use the authority's key by asking (Bleichenbacher).
    Content,
}

impl Cipher {
    fn of(oid: ObjectIdentifier) -> Option<Self> {
        match oid {
            AES_128_CBC => Some(Self::Aes128),
            AES_256_CBC => Some(Self::Aes256),
            DES_CBC => Some(Self::Des),
            DES_EDE3_CBC => Some(Self::TripleDes),
            _ => None,
        }
    }

    fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Aes128 => AES_128_CBC,
            Self::Aes256 => AES_256_CBC,
            Self::Des => DES_CBC,
            Self::TripleDes => DES_EDE3_CBC,
        }
    }

    fn key_bytes(self) -> usize {
        match self {
            Self::Aes128 => 16,
            Self::Aes256 => 32,
            Self::Des => 8,
            Self::TripleDes => 24,
        }
    }

    fn iv_bytes(self) -> usize {
        match self {
            Self::Aes128 | Self::Aes256 => 16,
            Self::Des | Self::TripleDes => 8,
        }
    }

    pub(crate) fn decrypt(self, key: &[u8], iv: &[u8], mut text: Vec<u8>) -> Option<Vec<u8>> {
        let aes = |algorithm, text: &mut Vec<u8>| {
            let key = PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(algorithm, key).ok()?).ok()?;
            let iv: [u8; 16] = iv.try_into().ok()?;
            let plain = key.decrypt(text, DecryptionContext::Iv128(FixedLength::from(iv))).ok()?;
            Some(plain.len())
        };
        let length = match self {
            Self::Aes128 => aes(&AES_128, &mut text)?,
            Self::Aes256 => aes(&AES_256, &mut text)?,
            Self::Des => cbc::Decryptor::<des::Des>::new_from_slices(key, iv)
                .ok()?
                .decrypt_padded::<Pkcs7>(&mut text)
                .ok()?
                .len(),
            Self::TripleDes => cbc::Decryptor::<des::TdesEde3>::new_from_slices(key, iv)
                .ok()?
                .decrypt_padded::<Pkcs7>(&mut text)
                .ok()?
                .len(),
        };
        text.truncate(length);
        Some(text)
    }

    pub(crate) fn encrypt(self, key: &[u8], iv: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
        let aes = |algorithm| {
            let key = PaddedBlockEncryptingKey::cbc_pkcs7(UnboundCipherKey::new(algorithm, key)?)?;
            let iv: [u8; 16] = iv.try_into().map_err(|_| CertificateError::Cryptography)?;
            let mut text = plain.to_vec();
            let context = aws_lc_rs::cipher::EncryptionContext::Iv128(FixedLength::from(iv));
            key.less_safe_encrypt(&mut text, context)?;
            Ok(text)
        };
        let broken = |_| CertificateError::Cryptography;
        match self {
            Self::Aes128 => aes(&AES_128),
            Self::Aes256 => aes(&AES_256),
            Self::Des => Ok(cbc::Encryptor::<des::Des>::new_from_slices(key, iv)
                .map_err(broken)?
                .encrypt_padded_vec::<Pkcs7>(plain)),
            Self::TripleDes => Ok(cbc::Encryptor::<des::TdesEde3>::new_from_slices(key, iv)
                .map_err(broken)?
                .encrypt_padded_vec::<Pkcs7>(plain)),
        }
    }
}

/// The parts of an EnvelopedData that matter here.
struct Parts {
    recipients: RecipientInfos,
    algorithm: AlgorithmIdentifierOwned,
    text: Vec<u8>,
}

/// Read by hand, because the encrypted content may come in pieces and its tag says nothing about what it is.
fn parts(der: &[u8]) -> Option<Parts> {
    let info = ContentInfo::from_der(der).ok().filter(|info| info.content_type == ID_ENVELOPED_DATA)?;
    let data = info.content.to_der().ok()?;
    let fields = ber::children(&data)?;
    let recipients = fields.iter().find(|field| field.first() == Some(&0x31))?;
    let content = fields.iter().find(|field| field.first() == Some(&0x30))?;
    let [_, algorithm, text] = *ber::children(content)? else { return None };
    let text = match text.first() {
        Some(&CONTENT) => ber::contents(text)?.to_vec(),
        Some(&CONTENT_IN_PIECES) => {
            ber::children(text)?.into_iter().map(ber::contents).collect::<Option<Vec<_>>>()?.concat()
        }
        _ => return None,
    };
    Some(Parts {
        recipients: RecipientInfos::from_der(recipients).ok()?,
        algorithm: AlgorithmIdentifierOwned::from_der(algorithm).ok()?,
        text,
    })
}

/// Opens what was encrypted to the authority. `message` is DER.
pub(crate) fn open(
    message: &[u8],
    authority: &Authority,
    entropy: &dyn Entropy,
) -> Result<(Vec<u8>, Cipher), NotOpened> {
    let parts = parts(message).ok_or(NotOpened::Content)?;
    let cipher = Cipher::of(parts.algorithm.oid).ok_or(NotOpened::Algorithm)?;
    let iv: OctetString = parts.algorithm.parameters.and_then(|any| any.decode_as().ok()).ok_or(NotOpened::Content)?;
    let encrypted = encrypted_key(&parts.recipients, authority)?;
    // With a key that cannot be opened we go on with another one, so that both end alike (RFC 3218 2.3.2).
    let mut key = vec![0; cipher.key_bytes()];
    entropy.fill(&mut key);
    if let Some(opened) = authority.open_key(encrypted).filter(|opened| opened.len() == key.len()) {
        key = opened;
    }
    let plain = cipher.decrypt(&key, iv.as_bytes(), parts.text).ok_or(NotOpened::Content)?;
    Ok((plain, cipher))
}

fn encrypted_key<'a>(recipients: &'a RecipientInfos, authority: &Authority) -> Result<&'a [u8], NotOpened> {
    let ours = recipients.0.iter().find_map(|recipient| match recipient {
        RecipientInfo::Ktri(recipient) if is_for(&recipient.rid, authority) => Some(recipient),
        _ => None,
    });
    let ours = ours.ok_or(NotOpened::Content)?;
    if ours.key_enc_alg.oid != RSA_ENCRYPTION {
        return Err(NotOpened::Algorithm);
    }
    Ok(ours.enc_key.as_bytes())
}

fn is_for(recipient: &RecipientIdentifier, authority: &Authority) -> bool {
    let certificate = &authority.certificate().tbs_certificate;
    match recipient {
        RecipientIdentifier::IssuerAndSerialNumber(of) => {
            of.issuer == certificate.issuer && of.serial_number == certificate.serial_number
        }
        RecipientIdentifier::SubjectKeyIdentifier(of) => of.0.as_bytes() == authority.key_identifier(),
    }
}

/// Encrypts to the key of a certificate. DER.
///
/// # Errors
/// [`CertificateError::Cryptography`] when the key is not one of RSA.
pub(crate) fn seal(plain: &[u8], to: &Certificate, cipher: Cipher, entropy: &dyn Entropy) -> Result<Vec<u8>> {
    let mut key = vec![0; cipher.key_bytes()];
    let mut iv = vec![0; cipher.iv_bytes()];
    entropy.fill(&mut key);
    entropy.fill(&mut iv);
    let text = cipher.encrypt(&key, &iv, plain)?;
    let certificate = &to.tbs_certificate;
    let rsa = PublicEncryptingKey::from_der(&certificate.subject_public_key_info.to_der()?)?;
    let rsa = Pkcs1PublicEncryptingKey::new(rsa)?;
    let mut encrypted = vec![0; rsa.ciphertext_size()];
    let encrypted = rsa.encrypt(&key, &mut encrypted)?.to_vec();
    let recipient = RecipientInfo::Ktri(KeyTransRecipientInfo {
        version: CmsVersion::V0,
        rid: RecipientIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
            issuer: certificate.issuer.clone(),
            serial_number: certificate.serial_number.clone(),
        }),
        key_enc_alg: with_null(RSA_ENCRYPTION),
        enc_key: OctetString::new(encrypted)?,
    });
    let data = EnvelopedData {
        version: CmsVersion::V0,
        originator_info: None,
        recip_infos: RecipientInfos(SetOfVec::try_from(vec![recipient])?),
        encrypted_content: EncryptedContentInfo {
            content_type: ID_DATA,
            content_enc_alg: AlgorithmIdentifierOwned {
                oid: cipher.oid(),
                parameters: Some(Any::encode_from(&OctetString::new(iv)?)?),
            },
            encrypted_content: Some(OctetString::new(text)?),
        },
        unprotected_attrs: None,
    };
    Ok(ContentInfo { content_type: ID_ENVELOPED_DATA, content: Any::encode_from(&data)? }.to_der()?)
}
