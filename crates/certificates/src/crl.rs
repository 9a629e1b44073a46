//! The revocation list (RFC 5280 5).

use ledger::{
    LedgerError, Transaction,
    tables::certificates::{self as table, Revoked},
};
use x509_cert::{
    Version,
    crl::{CertificateList, RevokedCert, TbsCertList},
    der::{
        Encode,
        asn1::{BitString, OctetString, Uint},
    },
    ext::{
        Extension,
        pkix::{AuthorityKeyIdentifier, CrlNumber, CrlReason},
    },
    serial_number::SerialNumber,
};

use crate::{
    authority::{Authority, extension},
    error::{CertificateError, Result},
    key::AuthorityKey,
    limits,
    oids::CRL_REASON,
    service::Certificates,
    time::{span, time},
};

/// A list that was signed, and what it is as new as.
#[derive(Clone)]
pub(crate) struct SignedList {
    revocations: i64,
    signed_at: i64,
    list: CertificateList,
    der: Vec<u8>,
}

/// CRLReason by its number; unspecified is not written (RFC 5280 5.3.1).
pub(crate) fn reason(code: i64) -> Option<CrlReason> {
    match code {
        1 => Some(CrlReason::KeyCompromise),
        3 => Some(CrlReason::AffiliationChanged),
        4 => Some(CrlReason::Superseded),
        5 => Some(CrlReason::CessationOfOperation),
        _ => None,
    }
}

/// A serial number as it is kept.
pub(crate) fn serial(text: &str) -> Result<SerialNumber> {
    let digit = |pair: &[u8]| {
        let pair = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(pair, 16).ok()
    };
    let bytes: Option<Vec<u8>> = text.as_bytes().chunks(2).map(digit).collect();
    let bytes = bytes.ok_or_else(|| CertificateError::Encoding(format!("{text} is no serial number")))?;
    Ok(SerialNumber::new(&bytes)?)
}

impl Certificates {
    /// The list of what is revoked, DER. Signed anew when something was revoked since, on whatever node, and when it
    /// gets old.
    pub async fn crl(&self) -> Result<Vec<u8>> {
        Ok(self.signed_list().await?.der)
    }

    pub(crate) async fn crl_itself(&self) -> Result<CertificateList> {
        Ok(self.signed_list().await?.list)
    }

    async fn signed_list(&self) -> Result<SignedList> {
        let authority = self.authority().await?;
        let now = self.inner.clock.now();
        let kept = self.inner.ledger.read::<_, LedgerError>(table::authority).await?;
        let revocations = kept.map_or(0, |kept| kept.revocations);
        if let Some(list) = self.inner.list().clone()
            && list.revocations == revocations
            && (0..span(limits::CRL_FRESH)).contains(&now.saturating_sub(list.signed_at))
        {
            return Ok(list);
        }
        // In one transaction, so that a higher number never has fewer lines.
        let collect = move |tx: &mut dyn Transaction| {
            let number = table::next_crl_number(tx)?.unwrap_or_default();
            // A certificate that has ended is on one more list, for those who looked away (RFC 5280 3.3).
            let lines = table::revoked(tx, now.saturating_sub(span(limits::CRL_LIFE)))?;
            let revocations = table::authority(tx)?.map_or(0, |kept| kept.revocations);
            Ok::<_, LedgerError>((number, lines, revocations))
        };
        let (number, lines, revocations) = self.inner.ledger.write(collect).await?;
        let list = sign(&authority, number, &lines, now)?;
        let signed = SignedList { revocations, signed_at: now, der: list.to_der()?, list };
        *self.inner.list() = Some(signed.clone());
        Ok(signed)
    }
}

fn sign(authority: &Authority, number: i64, lines: &[Revoked], now: i64) -> Result<CertificateList> {
    let lines = lines.iter().map(line).collect::<Result<Vec<_>>>()?;
    let number = CrlNumber(Uint::new(&number.to_be_bytes())?);
    let issuer = AuthorityKeyIdentifier {
        key_identifier: Some(OctetString::new(authority.key_identifier())?),
        ..AuthorityKeyIdentifier::default()
    };
    let tbs_cert_list = TbsCertList {
        version: Version::V2,
        signature: AuthorityKey::algorithm(),
        issuer: authority.name().clone(),
        this_update: time(now)?,
        next_update: Some(time(now.saturating_add(span(limits::CRL_LIFE)))?),
        // An empty list must be left out (RFC 5280 5.1.2.6).
        revoked_certificates: (!lines.is_empty()).then_some(lines),
        crl_extensions: Some(vec![extension(&issuer, false)?, extension(&number, false)?]),
    };
    let signature = authority.sign(&tbs_cert_list.to_der()?)?;
    Ok(CertificateList {
        tbs_cert_list,
        signature_algorithm: AuthorityKey::algorithm(),
        signature: BitString::from_bytes(&signature)?,
    })
}

fn line(revoked: &Revoked) -> Result<RevokedCert> {
    let reason = match reason(revoked.reason) {
        Some(reason) => Some(vec![Extension {
            extn_id: CRL_REASON,
            critical: false,
            extn_value: OctetString::new(reason.to_der()?)?,
        }]),
        None => None,
    };
    Ok(RevokedCert {
        serial_number: serial(&revoked.serial)?,
        revocation_date: time(revoked.revoked_at)?,
        crl_entry_extensions: reason,
    })
}
