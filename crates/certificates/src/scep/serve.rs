//! What becomes of a SCEP message.

use std::net::IpAddr;

use cms::cert::IssuerAndSerialNumber;
use ledger::{
    AccountId, LedgerError, Transaction, WorkError,
    tables::{
        audit as audit_table,
        certificates::{self as table, Certificate as Row, Challenge},
        people::{self, Person},
    },
};
use x509_cert::{Certificate, der::Decode};

use super::{
    message::{FailInfo, MessageType, Outcome, PkiMessage},
    request::{CertificationRequest, Unfit},
};
use crate::{
    Unreadable, audit,
    authority::{Authority, hexadecimal, sha256},
    challenges::challenge_digest,
    cms::enveloped::Cipher,
    error::{CertificateError, Result},
    issuing::Order,
    limits,
    service::Certificates,
    time::span,
};

/// Why nobody gets a certificate. The client is told `badRequest` and the log this, so that nobody learns by asking
/// which challenges there are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Refused {
    #[error("the request has no challenge password")]
    NoChallenge,
    #[error("the challenge password is wrong")]
    WrongChallenge,
    #[error("the challenge password was used")]
    UsedChallenge,
    #[error("the challenge password has ended")]
    EndedChallenge,
    #[error("the person is disabled or gone")]
    NoPerson,
    #[error("the certificate to be renewed is not one of ours, has ended or is revoked")]
    NothingToRenew,
    #[error("the message is not signed with the key to be certified")]
    OtherKey,
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

impl From<LedgerError> for Refused {
    fn from(error: LedgerError) -> Self {
        Self::Certificate(error.into())
    }
}

impl WorkError for Refused {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Certificate(error) if error.is_conflict())
    }
}

/// Why a certificate is due.
enum Due {
    /// It was issued already: the answer was lost.
    Again(Row),
    /// For a challenge that is good.
    Challenge(Challenge, Person),
    /// For a certificate that is good.
    Renewal(Row, Person),
}

impl Certificates {
    /// Answers a pkiMessage with a CertRep, DER. `network` is where it comes from, for the audit.
    ///
    /// # Errors
    /// The outer one when the answer is not possible now; the inner one when the message cannot be read, so that there
    /// is nobody to answer.
    pub async fn scep(&self, message: &[u8], network: Option<IpAddr>) -> Result<Result<Vec<u8>, Unreadable>> {
        let message = match PkiMessage::read(message) {
            Ok(message) => message,
            Err(unreadable) => return Ok(Err(unreadable)),
        };
        let authority = self.authority().await?;
        let (outcome, cipher) = match message.open(&authority, &*self.inner.entropy) {
            Ok((plain, cipher)) => (self.outcome(&authority, &message, &plain, network).await?, cipher),
            Err(info) => (Outcome::Failure(info), Cipher::Aes256),
        };
        if let Outcome::Failure(info) = &outcome {
            tracing::info!(?info, message = ?message.message_type, "SCEP: refused");
        }
        let answer = message.answer(outcome, cipher, &authority, &*self.inner.entropy);
        Ok(Ok(match answer {
            // Nothing can be encrypted to the signer's key.
            Err(CertificateError::Cryptography) => {
                message.answer(Outcome::Failure(FailInfo::BadAlg), cipher, &authority, &*self.inner.entropy)?
            }
            answer => answer?,
        }))
    }

    async fn outcome(
        &self,
        authority: &Authority,
        message: &PkiMessage,
        plain: &[u8],
        network: Option<IpAddr>,
    ) -> Result<Outcome> {
        match message.message_type {
            Some(MessageType::PkcsReq | MessageType::RenewalReq) => {
                self.certify(authority, message, plain, network).await
            }
            Some(MessageType::CertPoll) => self.poll(message).await,
            Some(MessageType::GetCert) => self.get(authority, message, plain).await,
            Some(MessageType::GetCrl) => Ok(Outcome::List(Box::new(self.crl_itself().await?))),
            None => Ok(Outcome::Failure(FailInfo::BadRequest)),
        }
    }

    /// PKCSReq and RenewalReq.
    async fn certify(
        &self,
        authority: &Authority,
        message: &PkiMessage,
        plain: &[u8],
        network: Option<IpAddr>,
    ) -> Result<Outcome> {
        let request = match CertificationRequest::read(plain) {
            Ok(request) => request,
            Err(unfit) => {
                tracing::info!(%unfit, "SCEP");
                return Ok(Outcome::Failure(match unfit {
                    Unfit::Malformed | Unfit::NotTheirKey => FailInfo::BadMessageCheck,
                    Unfit::Algorithm => FailInfo::BadAlg,
                }));
            }
        };
        let (refused, claim) = match self.claim(authority, message, &request) {
            Ok(claim) => match self.enrol(authority, request, claim.clone(), network).await {
                Ok(certificate) => return Ok(Outcome::Certificates(vec![certificate])),
                Err(refused) => (refused, Some(claim)),
            },
            Err(refused) => (refused, None),
        };
        if let Refused::Certificate(error) = refused {
            return Err(error);
        }
        tracing::info!(%refused, transaction = message.transaction_id, "SCEP");
        let whose = match claim {
            Some(claim) => self.inner.ledger.read::<_, LedgerError>(move |tx| claim.whose(tx)).await?,
            None => None,
        };
        if whose.is_some() || self.inner.strangers.one_more(self.inner.clock.now()) {
            self.identity.audit().record(audit::not_enrolled(refused.to_string(), whose, network));
        }
        Ok(Outcome::Failure(FailInfo::BadRequest))
    }

    /// Decides, signs, and decides again in the transaction that keeps the certificate: nothing is signed twice for one
    /// challenge, however many ask at the same time.
    async fn enrol(
        &self,
        authority: &Authority,
        request: CertificationRequest,
        claim: Claim,
        network: Option<IpAddr>,
    ) -> Result<Certificate, Refused> {
        let wanted = claim.clone();
        let due = self.inner.ledger.read(move |tx| wanted.due(tx)).await?;
        let (label, person) = match due {
            Due::Again(row) => return Ok(Certificate::from_der(&row.certificate).map_err(CertificateError::from)?),
            Due::Challenge(challenge, person) => (challenge.label, person),
            Due::Renewal(row, person) => (row.label, person),
        };
        let order = Order {
            person: &person,
            label: &label,
            public_key: request.public_key,
            life: self.inner.settings.life,
            transaction_id: Some(claim.transaction_id.clone()),
        };
        let (certificate, row) = self.sign(authority, order)?;
        let event = self.identity.audited(audit::enrolled(&row, claim.renews.as_deref(), network));
        let keep = move |tx: &mut dyn Transaction| match claim.due(tx)? {
            Due::Again(row) => Ok::<_, Refused>(Some(row)),
            Due::Challenge(..) => {
                if let Some(challenge) = &claim.challenge
                    && table::use_challenge(tx, challenge, claim.now, &row.serial)? == 0
                {
                    return Err(Refused::UsedChallenge);
                }
                table::insert(tx, &row)?;
                audit_table::insert(tx, &event)?;
                Ok(None)
            }
            Due::Renewal(..) => {
                table::insert(tx, &row)?;
                audit_table::insert(tx, &event)?;
                Ok(None)
            }
        };
        match self.inner.ledger.write(keep).await? {
            None => Ok(certificate),
            Some(row) => Ok(Certificate::from_der(&row.certificate).map_err(CertificateError::from)?),
        }
    }

    /// What a request rests on, as far as it can be said without the ledger.
    fn claim(
        &self,
        authority: &Authority,
        message: &PkiMessage,
        request: &CertificationRequest,
    ) -> Result<Claim, Refused> {
        let public_key = sha256(&request.key_der().unwrap_or_default());
        let challenge = request.challenge.as_deref().filter(|text| !text.is_empty());
        let renews = is_issued_by(&message.signer, authority)
            && (message.message_type == Some(MessageType::RenewalReq) || challenge.is_none());
        if !renews {
            if challenge.is_none() {
                return Err(Refused::NoChallenge);
            }
            // RFC 8894 3.3.1: the self-signed certificate holds the key to be certified. Otherwise somebody could
            // have another one's request answered to a key of their own.
            if message.signer_key()? != public_key {
                return Err(Refused::OtherKey);
            }
        }
        Ok(Claim {
            public_key,
            signer_key: message.signer_key()?,
            transaction_id: message.transaction_id.clone(),
            challenge: challenge.filter(|_| !renews).map(challenge_digest),
            renews: renews.then(|| serial(&message.signer)),
            now: self.inner.clock.now(),
        })
    }

    /// CertPoll: everything is decided at once here, so this is about a lost answer.
    async fn poll(&self, message: &PkiMessage) -> Result<Outcome> {
        let (key, id) = (message.signer_key()?, message.transaction_id.clone());
        let find = move |tx: &mut dyn Transaction| table::by_transaction(tx, &key, &id);
        found(self.inner.ledger.read::<_, LedgerError>(find).await?)
    }

    /// GetCert: people get their own, by showing another one of theirs.
    async fn get(&self, authority: &Authority, message: &PkiMessage, plain: &[u8]) -> Result<Outcome> {
        let wanted = IssuerAndSerialNumber::from_der(plain).ok().filter(|wanted| wanted.issuer == *authority.name());
        let Some(wanted) = wanted else { return Ok(Outcome::Failure(FailInfo::BadCertId)) };
        if !is_issued_by(&message.signer, authority) {
            return Ok(Outcome::Failure(FailInfo::BadRequest));
        }
        let (shown, wanted) = (serial(&message.signer), hexadecimal(wanted.serial_number.as_bytes()));
        let key = message.signer_key()?;
        let find = move |tx: &mut dyn Transaction| {
            // As in `Claim::renewed`: the key tells our certificate from one that only names us.
            let owner =
                table::by_serial(tx, &shown)?.filter(|shown| shown.revoked_at.is_none() && shown.public_key == key);
            Ok(table::by_serial(tx, &wanted)?.filter(|row| owner.is_some_and(|owner| owner.account == row.account)))
        };
        found(self.inner.ledger.read::<_, LedgerError>(find).await?)
    }
}

fn found(row: Option<Row>) -> Result<Outcome> {
    match row {
        Some(row) => Ok(Outcome::Certificates(vec![Certificate::from_der(&row.certificate)?])),
        None => Ok(Outcome::Failure(FailInfo::BadCertId)),
    }
}

fn serial(certificate: &Certificate) -> String {
    crate::authority::serial_text(certificate)
}

/// By name only; the ledger has the certificate itself, and that is what [`Claim::renewed`] compares keys with.
fn is_issued_by(certificate: &Certificate, authority: &Authority) -> bool {
    certificate.tbs_certificate.issuer == *authority.name()
}

/// What a request rests on.
#[derive(Clone)]
struct Claim {
    public_key: [u8; 32],
    signer_key: [u8; 32],
    transaction_id: String,
    /// Digest of the challenge password.
    challenge: Option<[u8; 32]>,
    /// The serial number of the certificate to be renewed, which the message is signed with.
    renews: Option<String>,
    now: i64,
}

impl Claim {
    fn due(&self, tx: &mut dyn Transaction) -> Result<Due, Refused> {
        match (&self.renews, &self.challenge) {
            (Some(serial), _) => self.renewed(tx, serial),
            (None, Some(challenge)) => self.challenged(tx, challenge),
            (None, None) => Err(Refused::NoChallenge),
        }
    }

    fn challenged(&self, tx: &mut dyn Transaction, digest: &[u8; 32]) -> Result<Due, Refused> {
        let challenge = table::challenge(tx, digest)?.ok_or(Refused::WrongChallenge)?;
        let person = welcome(tx, &challenge.account)?;
        if let Some(serial) = &challenge.serial {
            let row = table::by_serial(tx, serial)?.filter(|row| self.is_answered_by(row));
            return row.map(Due::Again).ok_or(Refused::UsedChallenge);
        }
        if challenge.expires_at <= self.now {
            return Err(Refused::EndedChallenge);
        }
        Ok(Due::Challenge(challenge, person))
    }

    fn renewed(&self, tx: &mut dyn Transaction, serial: &str) -> Result<Due, Refused> {
        let row = table::by_serial(tx, serial)?.ok_or(Refused::NothingToRenew)?;
        // The message is signed with the key of the certificate that it brought. Only if that is the key we certified
        // under this number is it the certificate we issued and not one that names us.
        let good = row.public_key == self.signer_key && row.revoked_at.is_none() && row.not_after > self.now;
        if !good {
            return Err(Refused::NothingToRenew);
        }
        let person = welcome(tx, &row.account)?;
        let before = table::by_transaction(tx, &self.public_key, &self.transaction_id)?;
        let repeated = before.filter(|before| {
            let age = self.now.saturating_sub(before.issued_at);
            before.serial != row.serial && self.is_answered_by(before) && age < span(limits::RENEWAL_REPEATED)
        });
        Ok(repeated.map_or(Due::Renewal(row, person), Due::Again))
    }

    /// Whose challenge or certificate this rests on, good or not. Nobody's when it was only named and not shown.
    fn whose(&self, tx: &mut dyn Transaction) -> Result<Option<AccountId>, LedgerError> {
        match (&self.renews, &self.challenge) {
            (Some(serial), _) => {
                let row = table::by_serial(tx, serial)?.filter(|row| row.public_key == self.signer_key);
                Ok(row.map(|row| row.account))
            }
            (None, Some(challenge)) => Ok(table::challenge(tx, challenge)?.map(|challenge| challenge.account)),
            (None, None) => Ok(None),
        }
    }

    /// Whether this certificate is what the same request got before.
    fn is_answered_by(&self, row: &Row) -> bool {
        row.public_key == self.public_key
            && row.transaction_id.as_deref() == Some(&self.transaction_id)
            && row.revoked_at.is_none()
    }
}

fn welcome(tx: &mut dyn Transaction, account: &AccountId) -> Result<Person, Refused> {
    people::by_account(tx, account)?.filter(|person| !person.disabled).ok_or(Refused::NoPerson)
}
