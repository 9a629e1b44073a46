//! A phone that enrols: the client's side of RFC 8894, written beside the server's and not with it.

use std::sync::OnceLock;

use aws_lc_rs::{
    cipher::{AES_256, EncryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey, UnboundCipherKey},
    digest::{SHA256, digest},
    encoding::AsDer,
    iv::FixedLength,
    rand::SystemRandom,
    rsa::{KeySize, Pkcs1PrivateDecryptingKey, Pkcs1PublicEncryptingKey, PrivateDecryptingKey, PublicEncryptingKey},
    signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair},
};
use certificates::Authority;
use cms::{
    cert::{CertificateChoices, IssuerAndSerialNumber},
    content_info::{CmsVersion, ContentInfo},
    enveloped_data::{
        EncryptedContentInfo, EnvelopedData, KeyTransRecipientInfo, RecipientIdentifier, RecipientInfo, RecipientInfos,
    },
    signed_data::{CertificateSet, EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfo, SignerInfos},
};
use x509_cert::{
    Certificate, TbsCertificate, Version,
    attr::Attribute,
    der::{
        Any, Decode, Encode, Tag,
        asn1::{BitString, Null, ObjectIdentifier, OctetString, PrintableStringRef, SetOfVec},
    },
    name::Name,
    request::{CertReq, CertReqInfo},
    serial_number::SerialNumber,
    spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned},
    time::Validity,
};

pub const PKCS_REQ: &str = "19";
pub const RENEWAL_REQ: &str = "17";
pub const CERT_POLL: &str = "20";
pub const GET_CERT: &str = "21";
pub const GET_CRL: &str = "22";

fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new(text).unwrap()
}

fn algorithm(text: &str) -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid: oid(text), parameters: Some(Any::from(Null)) }
}

const SHA256_WITH_RSA: &str = "1.2.840.113549.1.1.11";
const RSA: &str = "1.2.840.113549.1.1.1";
const DATA: &str = "1.2.840.113549.1.7.1";

/// A phone with a key.
#[derive(Clone)]
pub struct Phone {
    pkcs8: Vec<u8>,
    pub transaction_id: String,
    /// What messages are signed with: self-signed, until there is one.
    pub certificate: Certificate,
}

/// What came back.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    Certificates(Vec<Vec<u8>>),
    Crl(Vec<u8>),
    Failure(String),
}

impl Answer {
    /// The certificate of a request that must have been granted.
    pub fn certificate(self) -> Certificate {
        match self {
            // A set has no order: the client's is the one that is not its own issuer.
            Self::Certificates(list) => list
                .iter()
                .map(|der| Certificate::from_der(der).unwrap())
                .find(|one| one.tbs_certificate.issuer != one.tbs_certificate.subject)
                .unwrap(),
            other => panic!("{other:?}"),
        }
    }
}

/// RSA keys take long to make; phones of one number have the same.
fn key(number: usize) -> Vec<u8> {
    static KEYS: [OnceLock<Vec<u8>>; 3] = [const { OnceLock::new() }; 3];
    KEYS[number].get_or_init(|| make(KeySize::Rsa2048)).clone()
}

fn make(size: KeySize) -> Vec<u8> {
    let pair = aws_lc_rs::rsa::KeyPair::generate(size).unwrap();
    AsDer::<aws_lc_rs::encoding::Pkcs8V1Der>::as_der(&pair).unwrap().as_ref().to_vec()
}

impl Phone {
    pub fn new(number: usize) -> Self {
        Self::named(number, "CN=phone")
    }

    /// Whose self-signed certificate has this subject and issuer.
    pub fn named(number: usize, name: &str) -> Self {
        let pkcs8 = key(number);
        let certificate = self_signed(&pkcs8, name.parse().unwrap(), SerialNumber::new(&[1]).unwrap());
        Self { pkcs8, transaction_id: format!("transaction {number}"), certificate }
    }

    /// With a certificate of its own making that names another one's issuer and serial number.
    pub fn forging(number: usize, real: &Certificate) -> Self {
        let mut phone = Self::new(number);
        let real = &real.tbs_certificate;
        phone.certificate = self_signed(&phone.pkcs8, real.issuer.clone(), real.serial_number.clone());
        phone
    }

    pub fn with_certificate(mut self, certificate: Certificate) -> Self {
        self.certificate = certificate;
        self
    }

    pub fn in_transaction(mut self, id: &str) -> Self {
        id.clone_into(&mut self.transaction_id);
        self
    }

    pub fn public_key(&self) -> SubjectPublicKeyInfoOwned {
        public_key(&self.pkcs8)
    }

    /// A certification request for this phone's key.
    pub fn request(&self, challenge: Option<&str>) -> Vec<u8> {
        let attributes = challenge.map(|challenge| {
            let value = Any::encode_from(&PrintableStringRef::new(challenge).unwrap()).unwrap();
            attribute("1.2.840.113549.1.9.7", value)
        });
        let info = CertReqInfo {
            version: x509_cert::request::Version::V1,
            // What the phone calls itself must not matter.
            subject: "CN=root@example.org".parse().unwrap(),
            public_key: self.public_key(),
            attributes: SetOfVec::try_from(attributes.into_iter().collect::<Vec<_>>()).unwrap(),
        };
        let signature = sign(&self.pkcs8, &info.to_der().unwrap());
        CertReq { info, algorithm: algorithm(SHA256_WITH_RSA), signature: BitString::from_bytes(&signature).unwrap() }
            .to_der()
            .unwrap()
    }

    /// PKCSReq with a challenge.
    pub fn enrol(&self, authority: &Authority, challenge: &str) -> Vec<u8> {
        self.message(authority, PKCS_REQ, &self.request(Some(challenge)))
    }

    /// A pkiMessage.
    pub fn message(&self, authority: &Authority, message_type: &str, plain: &[u8]) -> Vec<u8> {
        self.signed(message_type, &encrypted(authority.certificate(), plain))
    }

    /// A pkiMessage around anything.
    pub fn signed(&self, message_type: &str, content: &[u8]) -> Vec<u8> {
        let text = |text: &str| Any::encode_from(&PrintableStringRef::new(text).unwrap()).unwrap();
        let bytes = |bytes: &[u8]| Any::encode_from(&OctetString::new(bytes.to_vec()).unwrap()).unwrap();
        let attributes = SetOfVec::try_from(vec![
            attribute("1.2.840.113549.1.9.3", Any::encode_from(&oid(DATA)).unwrap()),
            attribute("1.2.840.113549.1.9.4", bytes(digest(&SHA256, content).as_ref())),
            attribute("2.16.840.1.113733.1.9.2", text(message_type)),
            attribute("2.16.840.1.113733.1.9.7", text(&self.transaction_id)),
            attribute("2.16.840.1.113733.1.9.5", bytes(&[5; 16])),
        ])
        .unwrap();
        let signature = sign(&self.pkcs8, &attributes.to_der().unwrap());
        let certificate = &self.certificate.tbs_certificate;
        let data = SignedData {
            version: CmsVersion::V1,
            digest_algorithms: SetOfVec::try_from(vec![algorithm("2.16.840.1.101.3.4.2.1")]).unwrap(),
            encap_content_info: EncapsulatedContentInfo { econtent_type: oid(DATA), econtent: Some(bytes(content)) },
            certificates: Some(CertificateSet(
                SetOfVec::try_from(vec![CertificateChoices::Certificate(self.certificate.clone())]).unwrap(),
            )),
            crls: None,
            signer_infos: SignerInfos(
                SetOfVec::try_from(vec![SignerInfo {
                    version: CmsVersion::V1,
                    sid: SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
                        issuer: certificate.issuer.clone(),
                        serial_number: certificate.serial_number.clone(),
                    }),
                    digest_alg: algorithm("2.16.840.1.101.3.4.2.1"),
                    signed_attrs: Some(attributes),
                    signature_algorithm: algorithm(RSA),
                    signature: OctetString::new(signature).unwrap(),
                    unsigned_attrs: None,
                }])
                .unwrap(),
            ),
        };
        info("1.2.840.113549.1.7.2", Any::encode_from(&data).unwrap())
    }

    /// Reads a CertRep, as strictly as a phone does: signed by the authority, for this transaction, with the nonce.
    pub fn read(&self, answer: &[u8], authority: &Authority) -> Answer {
        let data: SignedData = ContentInfo::from_der(answer).unwrap().content.decode_as().unwrap();
        let [signer] = data.signer_infos.0.as_slice() else { panic!("one signer") };
        let attributes = signer.signed_attrs.clone().unwrap();
        let key =
            authority.certificate().tbs_certificate.subject_public_key_info.subject_public_key.raw_bytes().to_vec();
        let key = aws_lc_rs::signature::UnparsedPublicKey::new(&aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256, key);
        key.verify(&attributes.to_der().unwrap(), signer.signature.as_bytes()).unwrap();
        let content = data.encap_content_info.econtent.as_ref().map_or(&[][..], |content| content.value());
        let value = |text: &str| {
            let one = attributes.iter().find(|attribute| attribute.oid == oid(text));
            one.map(|one| one.values.as_slice()[0].value().to_vec())
        };
        assert_eq!(value("1.2.840.113549.1.9.4").unwrap(), digest(&SHA256, content).as_ref());
        assert_eq!(value("2.16.840.1.113733.1.9.2").unwrap(), b"3", "messageType");
        assert_eq!(value("2.16.840.1.113733.1.9.6").unwrap(), [5; 16], "recipientNonce");
        assert_eq!(value("2.16.840.1.113733.1.9.7").unwrap(), self.transaction_id.as_bytes(), "transactionID");
        assert_eq!(value("2.16.840.1.113733.1.9.5").unwrap().len(), 16, "senderNonce");
        match value("2.16.840.1.113733.1.9.3").unwrap().as_slice() {
            b"0" => self.opened(content),
            b"2" => Answer::Failure(String::from_utf8(value("2.16.840.1.113733.1.9.4").unwrap()).unwrap()),
            other => panic!("pkiStatus {other:?}"),
        }
    }

    fn opened(&self, content: &[u8]) -> Answer {
        let data: EnvelopedData = ContentInfo::from_der(content).unwrap().content.decode_as().unwrap();
        let [RecipientInfo::Ktri(recipient)] = data.recip_infos.0.as_slice() else { panic!("one recipient") };
        let key = Pkcs1PrivateDecryptingKey::new(PrivateDecryptingKey::from_pkcs8(&self.pkcs8).unwrap()).unwrap();
        let mut opened = vec![0; key.min_output_size()];
        let content_key = key.decrypt(recipient.enc_key.as_bytes(), &mut opened).unwrap();
        let iv: OctetString = data.encrypted_content.content_enc_alg.parameters.as_ref().unwrap().decode_as().unwrap();
        let iv: [u8; 16] = iv.as_bytes().try_into().unwrap();
        let key = PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(&AES_256, content_key).unwrap()).unwrap();
        let mut text = data.encrypted_content.encrypted_content.unwrap().into_bytes();
        let started = aws_lc_rs::cipher::DecryptionContext::Iv128(FixedLength::from(iv));
        let plain = key.decrypt(&mut text, started).unwrap();
        let bare: SignedData = ContentInfo::from_der(plain).unwrap().content.decode_as().unwrap();
        if let Some(list) = bare.crls {
            let cms::revocation::RevocationInfoChoice::Crl(list) = &list.0.as_slice()[0] else { panic!("a list") };
            return Answer::Crl(list.to_der().unwrap());
        }
        let list = bare.certificates.unwrap();
        Answer::Certificates(
            list.0
                .iter()
                .map(|one| match one {
                    CertificateChoices::Certificate(one) => one.to_der().unwrap(),
                    CertificateChoices::Other(_) => panic!("another format"),
                })
                .collect(),
        )
    }
}

pub fn sign(pkcs8: &[u8], message: &[u8]) -> Vec<u8> {
    let pair = RsaKeyPair::from_pkcs8(pkcs8).unwrap();
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
    signature
}

fn public_key(pkcs8: &[u8]) -> SubjectPublicKeyInfoOwned {
    let pair = RsaKeyPair::from_pkcs8(pkcs8).unwrap();
    SubjectPublicKeyInfoOwned {
        algorithm: algorithm(RSA),
        subject_public_key: BitString::from_bytes(pair.public_key().as_ref()).unwrap(),
    }
}

fn attribute(kind: &str, value: Any) -> Attribute {
    Attribute { oid: oid(kind), values: SetOfVec::try_from(vec![value]).unwrap() }
}

fn info(content_type: &str, content: Any) -> Vec<u8> {
    ContentInfo { content_type: oid(content_type), content }.to_der().unwrap()
}

fn self_signed(pkcs8: &[u8], name: Name, serial_number: SerialNumber) -> Certificate {
    let tbs = TbsCertificate {
        version: Version::V3,
        serial_number,
        signature: algorithm(SHA256_WITH_RSA),
        issuer: name.clone(),
        validity: Validity::from_now(std::time::Duration::from_hours(1)).unwrap(),
        subject: name,
        subject_public_key_info: public_key(pkcs8),
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: None,
    };
    let signature = sign(pkcs8, &tbs.to_der().unwrap());
    Certificate {
        tbs_certificate: tbs,
        signature_algorithm: algorithm(SHA256_WITH_RSA),
        signature: BitString::from_bytes(&signature).unwrap(),
    }
}

/// EnvelopedData to the key of a certificate.
pub fn encrypted(to: &Certificate, plain: &[u8]) -> Vec<u8> {
    let (key, iv) = ([1; 32], [2; 16]);
    let cipher = PaddedBlockEncryptingKey::cbc_pkcs7(UnboundCipherKey::new(&AES_256, &key).unwrap()).unwrap();
    let mut text = plain.to_vec();
    cipher.less_safe_encrypt(&mut text, EncryptionContext::Iv128(FixedLength::from(iv))).unwrap();
    let certificate = &to.tbs_certificate;
    let rsa = PublicEncryptingKey::from_der(&certificate.subject_public_key_info.to_der().unwrap()).unwrap();
    let rsa = Pkcs1PublicEncryptingKey::new(rsa).unwrap();
    let mut encrypted = vec![0; rsa.ciphertext_size()];
    let encrypted = rsa.encrypt(&key, &mut encrypted).unwrap().to_vec();
    let data = EnvelopedData {
        version: CmsVersion::V0,
        originator_info: None,
        recip_infos: RecipientInfos(
            SetOfVec::try_from(vec![RecipientInfo::Ktri(KeyTransRecipientInfo {
                version: CmsVersion::V0,
                rid: RecipientIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
                    issuer: certificate.issuer.clone(),
                    serial_number: certificate.serial_number.clone(),
                }),
                key_enc_alg: algorithm(RSA),
                enc_key: OctetString::new(encrypted).unwrap(),
            })])
            .unwrap(),
        ),
        encrypted_content: EncryptedContentInfo {
            content_type: oid(DATA),
            content_enc_alg: AlgorithmIdentifierOwned {
                oid: oid("2.16.840.1.101.3.4.1.42"),
                parameters: Some(Any::new(Tag::OctetString, iv).unwrap()),
            },
            encrypted_content: Some(OctetString::new(text).unwrap()),
        },
        unprotected_attrs: None,
    };
    info("1.2.840.113549.1.7.3", Any::encode_from(&data).unwrap())
}

/// The same as BER, the way Apple's devices write: indefinite lengths, and long strings in pieces.
pub fn loosened(der: &[u8]) -> Vec<u8> {
    let (tag, first) = (der[0], usize::from(der[1]));
    let (length, head) = match first {
        0..0x80 => (first, 2),
        _ => (der[2..2 + (first & 0x7f)].iter().fold(0, |all, byte| all << 8 | usize::from(*byte)), 2 + (first & 0x7f)),
    };
    let (mut contents, after) = der[head..].split_at(length);
    let mut out = vec![tag, 0x80];
    if tag & 0x20 != 0 {
        while !contents.is_empty() {
            let inner = loosened(contents);
            out.extend(&inner);
            contents = &contents[whole(contents)..];
        }
    } else if matches!(tag, 0x04 | 0x80) && length > 100 {
        out[0] = tag | 0x20;
        for piece in contents.chunks(100) {
            out.extend([0x04, u8::try_from(piece.len()).unwrap()]);
            out.extend(piece);
        }
    } else {
        return der[..der.len() - after.len()].to_vec();
    }
    out.extend([0, 0]);
    out
}

/// Bytes of the first element.
fn whole(der: &[u8]) -> usize {
    match usize::from(der[1]) {
        short @ 0..0x80 => 2 + short,
        long => {
            let count = long & 0x7f;
            2 + count + der[2..2 + count].iter().fold(0, |all, byte| all << 8 | usize::from(*byte))
        }
    }
}
