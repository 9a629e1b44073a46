//! OCSP (RFC 6960): whether a certificate is good, signed by the authority itself.

use ledger::{
    LedgerError, Transaction,
    tables::certificates::{self as table, Certificate as Row},
};
use x509_cert::{
    der::{
        Decode, Encode,
        asn1::{BitString, OctetString},
    },
    ext::Extension,
};
use x509_ocsp::{
    BasicOcspResponse, CertId, CertStatus, OcspRequest, OcspResponse, ResponderId, ResponseData, RevokedInfo,
    SingleResponse, Version,
};

use crate::{
    authority::{Authority, hexadecimal},
    cms::Digest,
    crl::reason,
    error::Result,
    key::AuthorityKey,
    limits,
    oids::OCSP_NONCE,
    service::Certificates,
    time::{ocsp_time, span},
};

impl Certificates {
    /// Answers a request; both DER. What cannot be read, or asks for too much, is answered as malformed.
    pub async fn ocsp(&self, request: &[u8]) -> Result<Vec<u8>> {
        let Some(asked) = Asked::read(request) else { return Ok(OcspResponse::malformed_request().to_der()?) };
        let Some(authority) = self.known_authority().await? else {
            // RFC 6960 2.3: we know nothing about anybody.
            return Ok(OcspResponse::unauthorized().to_der()?);
        };
        let serials: Vec<Option<String>> =
            asked.certificates.iter().map(|id| is_issued_by(id, &authority).then(|| serial_of(id))).collect();
        let look_up = move |tx: &mut dyn Transaction| {
            let found = serials.iter().map(|serial| match serial {
                Some(serial) => table::by_serial(tx, serial),
                None => Ok(None),
            });
            found.collect::<Result<Vec<_>, LedgerError>>()
        };
        let found = self.inner.ledger.read(look_up).await?;
        let answer = asked.answer(&authority, found, self.inner.clock.now())?;
        Ok(OcspResponse::successful(answer)?.to_der()?)
    }
}

struct Asked {
    certificates: Vec<CertId>,
    nonce: Option<Extension>,
}

impl Asked {
    fn read(request: &[u8]) -> Option<Self> {
        let request = OcspRequest::from_der(request).ok().filter(|_| request.len() <= limits::OCSP_BYTES_MAX)?;
        let request = request.tbs_request;
        let certificates: Vec<CertId> = request.request_list.into_iter().map(|one| one.req_cert).collect();
        if !(1..=limits::OCSP_CERTIFICATES_MAX).contains(&certificates.len()) {
            return None;
        }
        let mut nonces = request.request_extensions.into_iter().flatten().filter(|one| one.extn_id == OCSP_NONCE);
        let nonce = nonces.next().map(|nonce| Extension { critical: false, ..nonce });
        let fits = nonce.as_ref().is_none_or(|one| one.extn_value.as_bytes().len() <= limits::OCSP_NONCE_BYTES_MAX + 2);
        fits.then_some(Self { certificates, nonce })
    }

    fn answer(self, authority: &Authority, found: Vec<Option<Row>>, now: i64) -> Result<BasicOcspResponse> {
        let single = |(id, row): (CertId, Option<Row>)| {
            Ok(SingleResponse {
                cert_id: id,
                cert_status: status(row)?,
                this_update: ocsp_time(now)?,
                next_update: Some(ocsp_time(now.saturating_add(span(limits::OCSP_LIFE)))?),
                single_extensions: None,
            })
        };
        let responses = self.certificates.into_iter().zip(found).map(single).collect::<Result<Vec<_>>>()?;
        let key = authority.certificate().tbs_certificate.subject_public_key_info.subject_public_key.raw_bytes();
        let tbs_response_data = ResponseData {
            version: Version::V1,
            // RFC 6960 4.2.1 says that KeyHash is SHA-1.
            responder_id: ResponderId::ByKey(OctetString::new(Digest::Sha1.digest(key))?),
            produced_at: ocsp_time(now)?,
            responses,
            response_extensions: self.nonce.map(|nonce| vec![nonce]),
        };
        let signature = authority.sign(&tbs_response_data.to_der()?)?;
        Ok(BasicOcspResponse {
            tbs_response_data,
            signature_algorithm: AuthorityKey::algorithm(),
            signature: BitString::from_bytes(&signature)?,
            certs: Some(vec![authority.certificate().clone()]),
        })
    }
}

/// A certificate that was never issued is unknown, not good: a forged one must not be vouched for.
fn status(row: Option<Row>) -> Result<CertStatus> {
    let Some(row) = row else { return Ok(CertStatus::unknown()) };
    let Some(revoked_at) = row.revoked_at else { return Ok(CertStatus::good()) };
    Ok(CertStatus::Revoked(RevokedInfo {
        revocation_time: ocsp_time(revoked_at)?,
        revocation_reason: row.reason.and_then(reason),
    }))
}

fn serial_of(id: &CertId) -> String {
    hexadecimal(id.serial_number.as_bytes())
}

fn is_issued_by(id: &CertId, authority: &Authority) -> bool {
    let Some(digest) = Digest::of(id.hash_algorithm.oid) else { return false };
    let Ok(name) = authority.name().to_der() else { return false };
    let key = authority.certificate().tbs_certificate.subject_public_key_info.subject_public_key.raw_bytes();
    id.issuer_name_hash.as_bytes() == digest.digest(&name) && id.issuer_key_hash.as_bytes() == digest.digest(key)
}
