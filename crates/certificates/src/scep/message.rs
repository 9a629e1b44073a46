//! pkiMessage and CertRep (RFC 8894 3.2 and 3.3).

use hub::Entropy;
use x509_cert::{
    Certificate,
    der::{
        Any, Encode,
        asn1::{OctetString, PrintableStringRef},
    },
};

use crate::{
    authority::{Authority, sha256},
    ber,
    cms::{
        enveloped::{self, Cipher, NotOpened},
        signed::{self, Bare, Signed, Unreadable},
    },
    error::Result,
    limits,
    oids::{ID_FAIL_INFO, ID_MESSAGE_TYPE, ID_PKI_STATUS, ID_RECIPIENT_NONCE, ID_SENDER_NONCE, ID_TRANSACTION_ID},
};

/// What is asked for (RFC 8894 3.2.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MessageType {
    /// 19: a certificate, for a challenge.
    PkcsReq,
    /// 17: a certificate, for the one before.
    RenewalReq,
    /// 20: what has become of a request.
    CertPoll,
    /// 21: a certificate that was issued.
    GetCert,
    /// 22: the revocation list.
    GetCrl,
}

/// Why nothing is given (RFC 8894 3.2.1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::enum_variant_names, reason = "the standard's names")]
pub(crate) enum FailInfo {
    /// 0: an algorithm that is not spoken here.
    BadAlg,
    /// 1: the message is not intact.
    BadMessageCheck,
    /// 2: not permitted.
    BadRequest,
    /// 4: there is no such certificate.
    BadCertId,
}

impl FailInfo {
    fn code(self) -> &'static str {
        match self {
            Self::BadAlg => "0",
            Self::BadMessageCheck => "1",
            Self::BadRequest => "2",
            Self::BadCertId => "4",
        }
    }
}

/// How a request ends.
pub(crate) enum Outcome {
    /// The certificate alone: a set has no first, and scepclient takes whatever comes first for its own. Everybody has
    /// the authority's from GetCACert.
    Certificates(Vec<Certificate>),
    /// The revocation list.
    List(Box<x509_cert::crl::CertificateList>),
    /// Nothing.
    Failure(FailInfo),
}

/// A message of a client.
pub(crate) struct PkiMessage {
    /// `None` for one that is not known here.
    pub(crate) message_type: Option<MessageType>,
    pub(crate) transaction_id: String,
    pub(crate) sender_nonce: Vec<u8>,
    /// Who signed: self-signed when the client has none yet.
    pub(crate) signer: Certificate,
    /// EnvelopedData.
    envelope: Vec<u8>,
}

impl PkiMessage {
    /// Reads BER and checks the signature.
    pub(crate) fn read(message: &[u8]) -> Result<Self, Unreadable> {
        let signed = Signed::read(message)?;
        let fits = |id: &&str| (1..=limits::TRANSACTION_ID_BYTES_MAX).contains(&id.len()) && !id.contains('\0');
        let transaction_id = signed.text(ID_TRANSACTION_ID).filter(fits);
        let nonce = signed.bytes(ID_SENDER_NONCE).filter(|nonce| nonce.len() <= limits::NONCE_BYTES_MAX);
        Ok(Self {
            message_type: match signed.text(ID_MESSAGE_TYPE).ok_or(Unreadable::NotSigned("messageType"))? {
                "19" => Some(MessageType::PkcsReq),
                "17" => Some(MessageType::RenewalReq),
                "20" => Some(MessageType::CertPoll),
                "21" => Some(MessageType::GetCert),
                "22" => Some(MessageType::GetCrl),
                _ => None,
            },
            transaction_id: transaction_id.ok_or(Unreadable::NotSigned("transactionID"))?.to_owned(),
            sender_nonce: nonce.ok_or(Unreadable::NotSigned("senderNonce"))?.to_vec(),
            envelope: signed.content,
            signer: signed.signer,
        })
    }

    /// What is inside, and how it was encrypted.
    pub(crate) fn open(&self, authority: &Authority, entropy: &dyn Entropy) -> Result<(Vec<u8>, Cipher), FailInfo> {
        let der = ber::to_der(&self.envelope).map_err(|_| FailInfo::BadMessageCheck)?;
        enveloped::open(&der, authority, entropy).map_err(|not| match not {
            NotOpened::Algorithm => FailInfo::BadAlg,
            NotOpened::Content => FailInfo::BadMessageCheck,
        })
    }

    /// SHA-256 of the signer's key.
    pub(crate) fn signer_key(&self) -> Result<[u8; 32]> {
        Ok(sha256(&self.signer.tbs_certificate.subject_public_key_info.to_der()?))
    }

    /// Writes a CertRep. DER.
    pub(crate) fn answer(
        &self,
        outcome: Outcome,
        cipher: Cipher,
        authority: &Authority,
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>> {
        let mut nonce = [0; 16];
        entropy.fill(&mut nonce);
        let text = |oid, text: &str| signed::attribute(oid, Any::encode_from(&PrintableStringRef::new(text)?)?);
        let bytes = |oid, bytes: &[u8]| signed::attribute(oid, Any::encode_from(&OctetString::new(bytes.to_vec())?)?);
        let mut attributes = vec![
            text(ID_MESSAGE_TYPE, "3")?,
            // As it came: not every client keeps to the letters of a PrintableString.
            match PrintableStringRef::new(&self.transaction_id) {
                Ok(id) => signed::attribute(ID_TRANSACTION_ID, Any::encode_from(&id)?)?,
                Err(_) => signed::attribute(ID_TRANSACTION_ID, Any::encode_from(&self.transaction_id)?)?,
            },
            bytes(ID_SENDER_NONCE, &nonce)?,
            bytes(ID_RECIPIENT_NONCE, &self.sender_nonce)?,
        ];
        let bare = match outcome {
            Outcome::Certificates(list) => Some(signed::bare(Bare::Certificates(list))?),
            Outcome::List(list) => Some(signed::bare(Bare::List(list))?),
            Outcome::Failure(info) => {
                attributes.push(text(ID_PKI_STATUS, "2")?);
                attributes.push(text(ID_FAIL_INFO, info.code())?);
                None
            }
        };
        let content = match bare {
            Some(bare) => {
                attributes.push(text(ID_PKI_STATUS, "0")?);
                Some(enveloped::seal(&bare, &self.signer, cipher, entropy)?)
            }
            None => None,
        };
        signed::sign(authority, content, attributes)
    }
}
