//! The issuing authority: its key, its certificate, and what it signs.

use aws_lc_rs::digest::{SHA256, digest};
use hub::Entropy;
use identity::seal::InstallationKey;
use ledger::tables::certificates as table;
use x509_cert::{
    Certificate, TbsCertificate, Version,
    attr::AttributeTypeAndValue,
    der::{
        Any, Decode, Encode, Tag,
        asn1::{BitString, Ia5String, OctetString, SetOfVec, Utf8StringRef},
        oid::AssociatedOid,
    },
    ext::{
        Extension, Extensions,
        pkix::{
            AccessDescription, AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints,
            CrlDistributionPoints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectAltName, SubjectKeyIdentifier,
            crl::dp::DistributionPoint,
            name::{DistributionPointName, GeneralName, OtherName},
        },
    },
    name::{Name, RdnSequence, RelativeDistinguishedName},
    serial_number::SerialNumber,
    spki::SubjectPublicKeyInfoOwned,
    time::Validity,
};

use crate::{
    error::{CertificateError, Result},
    key::AuthorityKey,
    limits,
    oids::{AD_CA_ISSUERS, AD_OCSP, CLIENT_AUTH, COMMON_NAME, USER_PRINCIPAL_NAME},
    time::{microseconds, span, time},
};

/// What the key is sealed for.
const PURPOSE: &str = "certificate authority key";

/// The longest common name (RFC 5280 A.1, ub-common-name), in characters.
const COMMON_NAME_CHARS: usize = 64;

/// The issuing authority, with its key.
pub struct Authority {
    key: AuthorityKey,
    certificate: Certificate,
    der: Vec<u8>,
}

/// What a client certificate says.
pub(crate) struct Leaf<'a> {
    pub(crate) serial: [u8; limits::SERIAL_BYTES],
    /// Whose: UPN and e-mail address.
    pub(crate) email: &'a str,
    pub(crate) public_key: SubjectPublicKeyInfoOwned,
    /// Microseconds since 1970.
    pub(crate) now: i64,
    /// Microseconds since 1970; cut to the authority's own end.
    pub(crate) not_after: i64,
    /// The installation's address, for those who ask whether it is revoked.
    pub(crate) public_url: Option<&'a str>,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").field("serial", &serial_text(&self.certificate)).finish_non_exhaustive()
    }
}

impl Authority {
    /// Makes an authority, as it is kept. Takes some hundred milliseconds of a core.
    pub(crate) fn make(
        name: &str,
        seal: &InstallationKey,
        entropy: &dyn Entropy,
        now: i64,
    ) -> Result<table::Authority> {
        let pkcs8 = AuthorityKey::generate()?;
        let key = AuthorityKey::from_pkcs8(&pkcs8)?;
        let public_key = key.public_key_info()?;
        let identifier = key_identifier(&public_key);
        let name = common_name(name)?;
        let tbs = TbsCertificate {
            version: Version::V3,
            serial_number: SerialNumber::new(&draw_serial(entropy))?,
            signature: AuthorityKey::algorithm(),
            issuer: name.clone(),
            validity: Validity {
                not_before: time(now - span(limits::BACKDATED))?,
                not_after: time(now.saturating_add(span(limits::AUTHORITY_LIFE)))?,
            },
            subject: name,
            subject_public_key_info: public_key,
            issuer_unique_id: None,
            subject_unique_id: None,
            extensions: Some(vec![
                extension(&BasicConstraints { ca: true, path_len_constraint: Some(0) }, true)?,
                // Encipherment, because SCEP's requests are encrypted to this key.
                extension(
                    &KeyUsage(
                        KeyUsages::KeyCertSign
                            | KeyUsages::CRLSign
                            | KeyUsages::DigitalSignature
                            | KeyUsages::KeyEncipherment,
                    ),
                    true,
                )?,
                extension(&SubjectKeyIdentifier(OctetString::new(identifier)?), false)?,
            ]),
        };
        let certificate = signed(&key, tbs)?;
        Ok(table::Authority {
            key: seal.seal(PURPOSE, &pkcs8, entropy),
            certificate: certificate.to_der()?,
            created_at: now,
            revocations: 0,
            crl_number: 0,
        })
    }

    /// Opens an authority that is kept.
    ///
    /// # Errors
    /// [`CertificateError::ForeignKey`] when it was sealed with another installation's key.
    pub(crate) fn open(kept: &table::Authority, seal: &InstallationKey) -> Result<Self> {
        let pkcs8 = seal.open(PURPOSE, &kept.key).map_err(|_| CertificateError::ForeignKey)?;
        Ok(Self {
            key: AuthorityKey::from_pkcs8(&pkcs8)?,
            certificate: Certificate::from_der(&kept.certificate)?,
            der: kept.certificate.clone(),
        })
    }

    /// The certificate, DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The name under which it issues.
    pub(crate) fn name(&self) -> &Name {
        &self.certificate.tbs_certificate.subject
    }

    /// When it ends, in microseconds since 1970.
    pub fn not_after(&self) -> i64 {
        microseconds(self.certificate.tbs_certificate.validity.not_after)
    }

    /// SHA-256 of the certificate, as SCEP payloads want it (CAFingerprint).
    pub fn fingerprint(&self) -> [u8; 32] {
        sha256(&self.der)
    }

    /// What certificates name their issuer's key by.
    pub(crate) fn key_identifier(&self) -> Vec<u8> {
        key_identifier(&self.certificate.tbs_certificate.subject_public_key_info)
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        self.key.sign(message)
    }

    pub(crate) fn open_key(&self, ciphertext: &[u8]) -> Option<Vec<u8>> {
        self.key.open(ciphertext)
    }

    /// Issues a client certificate.
    pub(crate) fn issue(&self, leaf: Leaf<'_>) -> Result<Certificate> {
        let identifier = key_identifier(&leaf.public_key);
        let mut extensions = vec![
            extension(&BasicConstraints { ca: false, path_len_constraint: None }, true)?,
            extension(&KeyUsage(KeyUsages::DigitalSignature | KeyUsages::KeyEncipherment), true)?,
            extension(&ExtendedKeyUsage(vec![CLIENT_AUTH]), false)?,
            extension(&SubjectAltName(alternative_names(leaf.email)?), false)?,
            extension(&SubjectKeyIdentifier(OctetString::new(identifier)?), false)?,
            extension(
                &AuthorityKeyIdentifier {
                    key_identifier: Some(OctetString::new(self.key_identifier())?),
                    ..AuthorityKeyIdentifier::default()
                },
                false,
            )?,
        ];
        if let Some(url) = leaf.public_url {
            extensions.extend(where_to_ask(url.trim_end_matches('/'))?);
        }
        let tbs = TbsCertificate {
            version: Version::V3,
            serial_number: SerialNumber::new(&leaf.serial)?,
            signature: AuthorityKey::algorithm(),
            issuer: self.name().clone(),
            validity: Validity {
                not_before: time(leaf.now - span(limits::BACKDATED))?,
                not_after: time(leaf.not_after.min(self.not_after()))?,
            },
            subject: common_name(leaf.email)?,
            subject_public_key_info: leaf.public_key,
            issuer_unique_id: None,
            subject_unique_id: None,
            extensions: Some(extensions),
        };
        signed(&self.key, tbs)
    }
}

fn signed(key: &AuthorityKey, tbs: TbsCertificate) -> Result<Certificate> {
    let signature = key.sign(&tbs.to_der()?)?;
    Ok(Certificate {
        tbs_certificate: tbs,
        signature_algorithm: AuthorityKey::algorithm(),
        signature: BitString::from_bytes(&signature)?,
    })
}

/// A serial number: positive, and of the same length always.
pub(crate) fn draw_serial(entropy: &dyn Entropy) -> [u8; limits::SERIAL_BYTES] {
    let mut serial = [0; limits::SERIAL_BYTES];
    entropy.fill(&mut serial);
    if let Some(first) = serial.first_mut() {
        *first = *first & 0x3f | 0x40;
    }
    serial
}

/// The serial number of a certificate, in lower-case hexadecimal digits.
pub(crate) fn serial_text(certificate: &Certificate) -> String {
    hexadecimal(certificate.tbs_certificate.serial_number.as_bytes())
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    for (to, from) in out.iter_mut().zip(digest(&SHA256, bytes).as_ref()) {
        *to = *from;
    }
    out
}

/// RFC 7093 2, method 1: the leftmost 160 bits of SHA-256 over the key.
fn key_identifier(public_key: &SubjectPublicKeyInfoOwned) -> Vec<u8> {
    sha256(public_key.subject_public_key.raw_bytes()).into_iter().take(20).collect()
}

fn common_name(text: &str) -> Result<Name> {
    let short: String = text.chars().take(COMMON_NAME_CHARS).collect();
    let value = Any::new(Tag::Utf8String, short.as_bytes())?;
    let name = SetOfVec::try_from(vec![AttributeTypeAndValue { oid: COMMON_NAME, value }])?;
    Ok(RdnSequence(vec![RelativeDistinguishedName(name)]))
}

/// The UPN, and the e-mail address where it can be written as one (RFC 5280 4.2.1.6 knows ASCII only).
fn alternative_names(email: &str) -> Result<Vec<GeneralName>> {
    let principal = Any::encode_from(&Utf8StringRef::new(email)?)?;
    let mut names = vec![GeneralName::OtherName(OtherName { type_id: USER_PRINCIPAL_NAME, value: principal })];
    names.extend(Ia5String::new(email).ok().map(GeneralName::Rfc822Name));
    Ok(names)
}

/// Where to ask whether a certificate is revoked, and for who issued it.
fn where_to_ask(url: &str) -> Result<Extensions> {
    let at = |path: &str| Ok::<_, CertificateError>(Ia5String::new(&format!("{url}{path}"))?);
    let access = |access_method, path| {
        Ok::<_, CertificateError>(AccessDescription {
            access_method,
            access_location: GeneralName::UniformResourceIdentifier(at(path)?),
        })
    };
    let list = DistributionPoint {
        distribution_point: Some(DistributionPointName::FullName(vec![GeneralName::UniformResourceIdentifier(at(
            "/crl",
        )?)])),
        reasons: None,
        crl_issuer: None,
    };
    let issuer = access(AD_CA_ISSUERS, "/scep?operation=GetCACert")?;
    Ok(vec![
        extension(&CrlDistributionPoints(vec![list]), false)?,
        extension(&AuthorityInfoAccessSyntax(vec![access(AD_OCSP, "/ocsp")?, issuer]), false)?,
    ])
}

pub(crate) fn extension<T: AssociatedOid + Encode>(value: &T, critical: bool) -> Result<Extension> {
    Ok(Extension { extn_id: T::OID, critical, extn_value: OctetString::new(value.to_der()?)? })
}
