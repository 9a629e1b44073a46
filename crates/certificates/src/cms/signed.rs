//! SignedData (RFC 5652 5): reading one of one signer, writing the authority's.

use cms::{
    cert::{CertificateChoices, IssuerAndSerialNumber},
    content_info::{CmsVersion, ContentInfo},
    signed_data::{CertificateSet, EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfo, SignerInfos},
};
use x509_cert::{
    Certificate,
    attr::{Attribute, Attributes},
    der::{
        Any, Decode, Encode, Tag, Tagged,
        asn1::{ObjectIdentifier, OctetString, SetOfVec},
    },
    ext::pkix::SubjectKeyIdentifier,
    spki::AlgorithmIdentifierOwned,
};

use super::Digest;
use crate::{
    authority::Authority,
    ber::{self, NotAsn1},
    error::{CertificateError, Result},
    key::{AuthorityKey, with_null},
    oids::{ID_CONTENT_TYPE, ID_DATA, ID_MESSAGE_DIGEST, ID_SIGNED_DATA, RSA_ENCRYPTION},
};

/// Why a message counts as not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Not ASN.1.
    #[error(transparent)]
    NotAsn1(#[from] NotAsn1),
    /// ASN.1, but not a signed message with one signer.
    #[error("this is no signed message: {0}")]
    NotSigned(&'static str),
    /// The signature is another message's, or another signer's.
    #[error("the signature is wrong")]
    WrongSignature,
}

/// A signed message whose signature is its signer's.
pub(crate) struct Signed {
    pub(crate) content: Vec<u8>,
    pub(crate) signer: Certificate,
    pub(crate) attributes: Attributes,
}

impl Signed {
    /// Reads BER and checks the signature. Whether the signer is anybody is not asked here.
    pub(crate) fn read(message: &[u8]) -> Result<Self, Unreadable> {
        Self::read_over(message, None)
    }

    /// As [`read`](Self::read), of a signature over `content`, which it does not contain.
    pub(crate) fn read_detached(message: &[u8], content: &[u8]) -> Result<Self, Unreadable> {
        Self::read_over(message, Some(content))
    }

    fn read_over(message: &[u8], detached: Option<&[u8]>) -> Result<Self, Unreadable> {
        let not = |what| move |_| Unreadable::NotSigned(what);
        let der = ber::to_der(message)?;
        let info = ContentInfo::from_der(&der).map_err(not("ContentInfo"))?;
        if info.content_type != ID_SIGNED_DATA {
            return Err(Unreadable::NotSigned("contentType"));
        }
        let data: SignedData = info.content.decode_as().map_err(not("SignedData"))?;
        let content = match (data.encap_content_info.econtent.as_ref(), detached) {
            // Two contents, of which one would not be signed.
            (Some(_), Some(_)) => return Err(Unreadable::NotSigned("eContent")),
            (Some(content), None) => content.value().to_vec(),
            (None, detached) => detached.unwrap_or_default().to_vec(),
        };
        let [info] = data.signer_infos.0.as_slice() else { return Err(Unreadable::NotSigned("signerInfos")) };
        let certificates = data.certificates.as_ref().map_or(&[][..], |set| set.0.as_slice());
        let signer = certificates.iter().find_map(|choice| match choice {
            CertificateChoices::Certificate(certificate) if is_of(&info.sid, certificate) => Some(certificate.clone()),
            _ => None,
        });
        let signer = signer.ok_or(Unreadable::NotSigned("certificates"))?;
        let attributes = info.signed_attrs.clone().ok_or(Unreadable::NotSigned("signedAttrs"))?;
        let digest = Digest::of(info.digest_alg.oid).ok_or(Unreadable::NotSigned("digestAlgorithm"))?;
        let algorithm = info.signature_algorithm.oid;
        if algorithm != RSA_ENCRYPTION && Digest::of(algorithm) != Some(digest) {
            return Err(Unreadable::NotSigned("signatureAlgorithm"));
        }
        let written = attributes.to_der().map_err(not("signedAttrs"))?;
        let told: Option<OctetString> = single(&attributes, ID_MESSAGE_DIGEST).and_then(|any| any.decode_as().ok());
        let key = signer.tbs_certificate.subject_public_key_info.subject_public_key.raw_bytes();
        let genuine = told.is_some_and(|told| told.as_bytes() == digest.digest(&content))
            && digest.is_signed(key, &written, info.signature.as_bytes());
        if genuine { Ok(Self { content, signer, attributes }) } else { Err(Unreadable::WrongSignature) }
    }

    /// The text of an attribute, whatever kind of string it is.
    pub(crate) fn text(&self, oid: ObjectIdentifier) -> Option<&str> {
        let value = single(&self.attributes, oid)?;
        let is_text = matches!(value.tag(), Tag::PrintableString | Tag::Utf8String | Tag::Ia5String);
        std::str::from_utf8(value.value()).ok().filter(|_| is_text)
    }

    /// The bytes of an attribute.
    pub(crate) fn bytes(&self, oid: ObjectIdentifier) -> Option<&[u8]> {
        single(&self.attributes, oid).filter(|value| value.tag() == Tag::OctetString).map(Any::value)
    }
}

fn single(attributes: &Attributes, oid: ObjectIdentifier) -> Option<&Any> {
    let mut with = attributes.iter().filter(|attribute| attribute.oid == oid);
    let (one, None) = (with.next()?, with.next()) else { return None };
    match one.values.as_slice() {
        [value] => Some(value),
        _ => None,
    }
}

fn is_of(identifier: &SignerIdentifier, certificate: &Certificate) -> bool {
    let certificate = &certificate.tbs_certificate;
    match identifier {
        SignerIdentifier::IssuerAndSerialNumber(of) => {
            of.issuer == certificate.issuer && of.serial_number == certificate.serial_number
        }
        SignerIdentifier::SubjectKeyIdentifier(of) => {
            matches!(certificate.get::<SubjectKeyIdentifier>(), Ok(Some((_, has))) if has == *of)
        }
    }
}

/// An attribute with one value.
pub(crate) fn attribute(oid: ObjectIdentifier, value: Any) -> Result<Attribute> {
    Ok(Attribute { oid, values: SetOfVec::try_from(vec![value])? })
}

/// A message signed by the authority, with attributes beside those that CMS demands. DER.
pub(crate) fn sign(authority: &Authority, content: Option<Vec<u8>>, attributes: Vec<Attribute>) -> Result<Vec<u8>> {
    sign_with(
        std::slice::from_ref(authority.certificate()),
        (Digest::Sha256, AuthorityKey::algorithm()),
        |message| authority.sign(message),
        content,
        attributes,
    )
}

/// A message signed by the first certificate of a chain, all of which goes with it. `sign` is over the digest and with
/// the algorithm named before it. DER.
pub(crate) fn sign_with(
    chain: &[Certificate],
    (digest, algorithm): (Digest, AlgorithmIdentifierOwned),
    sign: impl FnOnce(&[u8]) -> Result<Vec<u8>>,
    content: Option<Vec<u8>>,
    mut attributes: Vec<Attribute>,
) -> Result<Vec<u8>> {
    let own = &chain.first().ok_or(CertificateError::Cryptography)?.tbs_certificate;
    let bytes = content.as_deref().unwrap_or_default();
    let digest_of_content = OctetString::new(digest.digest(bytes))?;
    attributes.push(attribute(ID_CONTENT_TYPE, Any::encode_from(&ID_DATA)?)?);
    attributes.push(attribute(ID_MESSAGE_DIGEST, Any::encode_from(&digest_of_content)?)?);
    let attributes = SetOfVec::try_from(attributes)?;
    let signature = sign(&attributes.to_der()?)?;
    let digest_algorithm = with_null(digest.oid());
    let econtent = match content {
        Some(bytes) => Some(Any::encode_from(&OctetString::new(bytes)?)?),
        None => None,
    };
    let certificates: Vec<_> = chain.iter().cloned().map(CertificateChoices::Certificate).collect();
    write(&SignedData {
        version: CmsVersion::V1,
        digest_algorithms: SetOfVec::try_from(vec![digest_algorithm.clone()])?,
        encap_content_info: EncapsulatedContentInfo { econtent_type: ID_DATA, econtent },
        certificates: Some(CertificateSet(SetOfVec::try_from(certificates)?)),
        crls: None,
        signer_infos: SignerInfos(SetOfVec::try_from(vec![SignerInfo {
            version: CmsVersion::V1,
            sid: SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
                issuer: own.issuer.clone(),
                serial_number: own.serial_number.clone(),
            }),
            digest_alg: digest_algorithm,
            signed_attrs: Some(attributes),
            signature_algorithm: algorithm,
            signature: OctetString::new(signature)?,
            unsigned_attrs: None,
        }])?),
    })
}

/// What one message without signature carries.
pub(crate) enum Bare {
    /// RFC 8894 3.4: "certs-only".
    Certificates(Vec<Certificate>),
    /// A revocation list.
    List(Box<x509_cert::crl::CertificateList>),
}

/// SignedData without signer. DER.
pub(crate) fn bare(carries: Bare) -> Result<Vec<u8>> {
    let (certificates, crls) = match carries {
        Bare::Certificates(list) => {
            let list = list.into_iter().map(CertificateChoices::Certificate).collect::<Vec<_>>();
            (Some(CertificateSet(SetOfVec::try_from(list)?)), None)
        }
        Bare::List(list) => {
            let list = cms::revocation::RevocationInfoChoice::Crl(*list);
            (None, Some(cms::revocation::RevocationInfoChoices(SetOfVec::try_from(vec![list])?)))
        }
    };
    write(&SignedData {
        version: CmsVersion::V1,
        digest_algorithms: SetOfVec::default(),
        encap_content_info: EncapsulatedContentInfo { econtent_type: ID_DATA, econtent: None },
        certificates,
        crls,
        signer_infos: SignerInfos(SetOfVec::default()),
    })
}

fn write(data: &SignedData) -> Result<Vec<u8>> {
    Ok(ContentInfo { content_type: ID_SIGNED_DATA, content: Any::encode_from(data)? }.to_der()?)
}
