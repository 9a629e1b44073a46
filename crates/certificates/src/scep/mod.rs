//! Simple Certificate Enrolment Protocol (RFC 8894): a phone shows a challenge password and gets a certificate.
//!
//! `message` reads a pkiMessage and writes a CertRep, `serve` decides, `request` is the PKCS#10 inside.

pub(crate) mod message;
pub mod request;
pub(crate) mod serve;

use x509_cert::der::Decode;

use crate::{Authority, Unreadable, service::Certificates};

/// What GetCACaps says (RFC 8894 3.5.2). DES is understood and not offered.
pub const CAPABILITIES: &str = "AES\nPOSTPKIOperation\nRenewal\nSCEPStandard\nSHA-256\nSHA-512\n";

impl Certificates {
    /// Reads a message as far as it can be read without looking into the ledger, and throws it away: everything that
    /// bytes of a stranger pass through. For tests and fuzzing.
    ///
    /// # Errors
    /// The message cannot be read.
    pub fn try_scep_message(&self, authority: &Authority, message: &[u8]) -> Result<(), Unreadable> {
        let message = message::PkiMessage::read(message)?;
        if let Ok((plain, _)) = message.open(authority, &*self.inner.entropy) {
            let _ = request::CertificationRequest::read(&plain);
            let _ = cms::cert::IssuerAndSerialNumber::from_der(&plain);
        }
        Ok(())
    }
}
