//! CMS SignedData (RFC 5652): opens signed profiles, signs messages detached for `Mdm-Signature`.

use aws_lc_rs::digest::{self, SHA256, SHA384, SHA512};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey, VerificationAlgorithm,
};
use thiserror::Error;

use super::der::{
    BIT_STRING, DerError, INTEGER, Node, Nodes, OCTET_STRING, OID, SEQUENCE, SET, algorithm, context,
    context_primitive, set_of, unsigned, wrap,
};
use super::identity::Identity;

/// 1.2.840.113549.1.7.1
pub(super) const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
/// 1.2.840.113549.1.7.2
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// 1.2.840.113549.1.9.3
const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03];
/// 1.2.840.113549.1.9.4
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];
/// 2.16.840.1.101.3.4.2.1
pub(super) const OID_SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
const OID_SHA384: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02];
const OID_SHA512: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03];
/// 1.2.840.113549.1.1.1
pub(super) const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// 1.2.840.113549.1.1.11, .12, .13
pub(super) const SHA256_WITH_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
const SHA384_WITH_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c];
const SHA512_WITH_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d];
/// 1.2.840.10045.4.3.2, .3
const ECDSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const ECDSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03];

/// Why a signed message is not believed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CmsError {
    /// Not the structure.
    #[error(transparent)]
    Der(#[from] DerError),
    /// Some other CMS content.
    #[error("no signed data")]
    NotSigned,
    /// Nobody signed it, or more than one did.
    #[error("{0} signers, where one is read")]
    Signers(usize),
    /// The signer's certificate is not inside.
    #[error("the signer's certificate is not inside")]
    NoCertificate,
    /// A digest or signature algorithm that is not read.
    #[error("an algorithm that is not read")]
    Algorithm,
    /// The content is not what was signed.
    #[error("the content is not what was signed")]
    Digest,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Signature,
    /// The key refused to sign.
    #[error("the key refused to sign")]
    Key,
}

/// A signed message whose signature holds.
#[derive(Debug, Clone)]
pub(super) struct Opened {
    pub(super) content: Vec<u8>,
    /// DER.
    pub(super) signer: Vec<u8>,
    pub(super) signed_attributes: Vec<Attribute>,
}

/// Type and the first value, whole.
#[derive(Debug, Clone)]
pub(super) struct Attribute {
    pub(super) oid: Vec<u8>,
    pub(super) value: Vec<u8>,
}

/// The parts of SignedData.
struct Signed<'a> {
    content: Vec<u8>,
    certificates: Vec<Node<'a>>,
    signers: Vec<Node<'a>>,
}

fn parts(bytes: &[u8]) -> Result<Signed<'_>, CmsError> {
    let mut info = Nodes::of(bytes).expect(SEQUENCE)?.inside();
    if info.expect(OID)?.content != SIGNED_DATA {
        return Err(CmsError::NotSigned);
    }
    let mut data = info.expect(context(0))?.inside().expect(SEQUENCE)?.inside();
    data.expect(INTEGER)?;
    data.expect(SET)?;
    let mut encapsulated = data.expect(SEQUENCE)?.inside();
    encapsulated.expect(OID)?;
    let content = match encapsulated.optional(context(0))? {
        Some(content) => content.inside().expect(OCTET_STRING)?.content.to_vec(),
        None => Vec::new(),
    };
    let certificates = data.optional(context(0))?.map_or(Ok(Vec::new()), |set| set.inside().all())?;
    data.optional(context(1))?;
    let signers = data.expect(SET)?.inside().all()?;
    Ok(Signed { content, certificates, signers })
}

/// The certificates inside, signed or not (a "degenerate" message has nothing else).
pub(super) fn certificates(bytes: &[u8]) -> Result<Vec<Vec<u8>>, CmsError> {
    Ok(parts(bytes)?.certificates.iter().map(|certificate| certificate.whole.to_vec()).collect())
}

/// Opens a signed message. The signer is whoever's certificate is inside; whether to trust it is another question.
pub(super) fn open(bytes: &[u8]) -> Result<Opened, CmsError> {
    let message = parts(bytes)?;
    let [signer] = message.signers[..] else { return Err(CmsError::Signers(message.signers.len())) };
    let mut signer = signer.inside();
    signer.expect(INTEGER)?;
    let mut named = signer.expect(SEQUENCE)?.inside();
    let (issuer, serial) = (named.expect(SEQUENCE)?, named.expect(INTEGER)?);
    let certificate = message.certificates.iter().find_map(|node| {
        let certificate = Certificate::read(node.whole).ok()?;
        (certificate.issuer == issuer.whole && certificate.serial == serial.content).then_some(certificate)
    });
    let certificate = certificate.ok_or(CmsError::NoCertificate)?;
    let digest_oid = signer.expect(SEQUENCE)?.inside().expect(OID)?.content;
    let attributes = signer.optional(context(0))?;
    let signature_oid = signer.expect(SEQUENCE)?.inside().expect(OID)?.content;
    let signature = signer.expect(OCTET_STRING)?.content;
    let mut signed_attributes = Vec::new();
    let covered = match attributes {
        None => message.content.clone(),
        Some(node) => {
            signed_attributes = read_attributes(node)?;
            let digest = signed_attributes.iter().find(|attribute| attribute.oid == MESSAGE_DIGEST);
            let digest = digest.ok_or(CmsError::Digest)?;
            let claimed = Nodes::of(&digest.value).expect(OCTET_STRING)?.content;
            if claimed != digested(digest_oid, &message.content)?.as_ref() {
                return Err(CmsError::Digest);
            }
            // What is signed is the SET, not the [0] that stands in its place.
            wrap(SET, &[node.content])
        }
    };
    let verifier = verifier(signature_oid, digest_oid)?;
    let key = UnparsedPublicKey::new(verifier, certificate.public_key);
    key.verify(&covered, signature).map_err(|_| CmsError::Signature)?;
    Ok(Opened { content: message.content, signer: certificate.whole.to_vec(), signed_attributes })
}

fn read_attributes(node: Node<'_>) -> Result<Vec<Attribute>, CmsError> {
    let mut attributes = Vec::new();
    for attribute in node.inside().all()? {
        let mut inside = attribute.inside();
        let oid = inside.expect(OID)?.content.to_vec();
        let value = inside.expect(SET)?.inside().any()?.map(|node| node.whole.to_vec()).unwrap_or_default();
        attributes.push(Attribute { oid, value });
    }
    Ok(attributes)
}

fn digested(oid: &[u8], content: &[u8]) -> Result<digest::Digest, CmsError> {
    let algorithm = match oid {
        OID_SHA256 => &SHA256,
        OID_SHA384 => &SHA384,
        OID_SHA512 => &SHA512,
        _ => return Err(CmsError::Algorithm),
    };
    Ok(digest::digest(algorithm, content))
}

fn verifier(signature: &[u8], digest: &[u8]) -> Result<&'static dyn VerificationAlgorithm, CmsError> {
    Ok(match (signature, digest) {
        (SHA256_WITH_RSA, _) | (RSA_ENCRYPTION, OID_SHA256) => &RSA_PKCS1_2048_8192_SHA256,
        (SHA384_WITH_RSA, _) | (RSA_ENCRYPTION, OID_SHA384) => &RSA_PKCS1_2048_8192_SHA384,
        (SHA512_WITH_RSA, _) | (RSA_ENCRYPTION, OID_SHA512) => &RSA_PKCS1_2048_8192_SHA512,
        (ECDSA_SHA256, _) => &ECDSA_P256_SHA256_ASN1,
        (ECDSA_SHA384, _) => &ECDSA_P384_SHA384_ASN1,
        _ => return Err(CmsError::Algorithm),
    })
}

/// What is read of a certificate.
pub(super) struct Certificate<'a> {
    pub(super) whole: &'a [u8],
    /// INTEGER, content.
    pub(super) serial: &'a [u8],
    /// Name, whole.
    pub(super) issuer: &'a [u8],
    /// Name, whole.
    pub(super) subject: &'a [u8],
    /// SubjectPublicKeyInfo, whole.
    pub(super) key_info: &'a [u8],
    /// The key inside the BIT STRING.
    pub(super) public_key: &'a [u8],
}

impl<'a> Certificate<'a> {
    pub(super) fn read(der: &'a [u8]) -> Result<Self, DerError> {
        let whole = Nodes::of(der).expect(SEQUENCE)?;
        let mut certificate = whole.inside().expect(SEQUENCE)?.inside();
        certificate.optional(context(0))?;
        let serial = certificate.expect(INTEGER)?.content;
        certificate.expect(SEQUENCE)?;
        let issuer = certificate.expect(SEQUENCE)?.whole;
        certificate.expect(SEQUENCE)?;
        let subject = certificate.expect(SEQUENCE)?.whole;
        let key_info = certificate.expect(SEQUENCE)?;
        let mut key = key_info.inside();
        key.expect(SEQUENCE)?;
        // The first octet counts unused bits: none.
        let public_key = key.expect(BIT_STRING)?.content.get(1..).ok_or(DerError::Cut)?;
        Ok(Self { whole: whole.whole, serial, issuer, subject, key_info: key_info.whole, public_key })
    }
}

/// Signs `content` without carrying it.
pub(super) fn sign_detached(identity: &Identity, content: &[u8]) -> Result<Vec<u8>, CmsError> {
    sign(identity, content, false, Vec::new())
}

/// Signs `content`, with more signed attributes if given (each whole).
pub(super) fn sign(
    identity: &Identity,
    content: &[u8],
    carried: bool,
    more: Vec<Vec<u8>>,
) -> Result<Vec<u8>, CmsError> {
    let certificate = Certificate::read(identity.certificate())?;
    let digest = digest::digest(&SHA256, content);
    let mut attributes = more;
    attributes.push(attribute(CONTENT_TYPE, &wrap(OID, &[DATA])));
    attributes.push(attribute(MESSAGE_DIGEST, &wrap(OCTET_STRING, &[digest.as_ref()])));
    let attributes = set_of(attributes);
    let signature = identity.sign(&attributes).ok_or(CmsError::Key)?;
    let in_place = Nodes::of(&attributes).expect(SET)?.content;
    let sha256 = wrap(SEQUENCE, &[&wrap(OID, &[OID_SHA256])]);
    let signature_algorithm =
        if identity.is_rsa() { algorithm(RSA_ENCRYPTION) } else { wrap(SEQUENCE, &[&wrap(OID, &[ECDSA_SHA256])]) };
    let signer = wrap(
        SEQUENCE,
        &[
            &unsigned(&[1]),
            &wrap(SEQUENCE, &[certificate.issuer, &wrap(INTEGER, &[certificate.serial])]),
            &sha256,
            &wrap(context(0), &[in_place]),
            &signature_algorithm,
            &wrap(OCTET_STRING, &[&signature]),
        ],
    );
    let carried = if carried { wrap(context(0), &[&wrap(OCTET_STRING, &[content])]) } else { Vec::new() };
    let chain: Vec<&[u8]> = identity.chain().iter().map(Vec::as_slice).collect();
    let data = wrap(
        SEQUENCE,
        &[
            &unsigned(&[1]),
            &wrap(SET, &[&sha256]),
            &wrap(SEQUENCE, &[&wrap(OID, &[DATA]), &carried]),
            &wrap(context(0), &chain),
            &wrap(SET, &[&signer]),
        ],
    );
    Ok(wrap(SEQUENCE, &[&wrap(OID, &[SIGNED_DATA]), &wrap(context(0), &[&data])]))
}

pub(super) fn attribute(oid: &[u8], value: &[u8]) -> Vec<u8> {
    wrap(SEQUENCE, &[&wrap(OID, &[oid]), &wrap(SET, &[value])])
}

/// `[0]` in front of encrypted bytes, which some write in pieces.
pub(super) fn octets(node: Node<'_>) -> Result<Vec<u8>, DerError> {
    if node.tag == context_primitive(0) {
        return Ok(node.content.to_vec());
    }
    Ok(node.inside().all()?.iter().flat_map(|piece| piece.content.to_vec()).collect())
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    fn identity(name: &str) -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().self_signed(&key).unwrap();
        Identity::from_der(vec![certificate.der().to_vec()], &key.serialize_der()).unwrap()
    }

    #[test]
    fn a_signed_message_opens_and_a_changed_one_does_not() {
        let identity = identity("profiles.example.org");
        let signed = sign(&identity, b"<plist/>", true, Vec::new()).unwrap();
        let opened = open(&signed).unwrap();
        assert_eq!((opened.content.as_slice(), opened.signer.as_slice()), (&b"<plist/>"[..], identity.certificate()));
        let at = signed.windows(8).position(|window| window == b"<plist/>").unwrap();
        let mut changed = signed.clone();
        changed[at + 1] = b'q';
        assert_eq!(open(&changed).unwrap_err(), CmsError::Digest);
        let mut forged = signed;
        let last = forged.len() - 1;
        forged[last] ^= 1;
        assert!(open(&forged).is_err());
    }

    #[test]
    fn a_detached_signature_does_not_carry_the_message() {
        let signed = sign_detached(&identity("device"), b"the message itself").unwrap();
        assert!(!signed.windows(11).any(|window| window == b"the message"));
        assert_eq!(certificates(&signed).unwrap().len(), 1);
    }
}
