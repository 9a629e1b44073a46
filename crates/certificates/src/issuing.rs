//! Issuing by command, listing, revoking.

use std::time::Duration;

use identity::normal_email;
use ledger::{
    LedgerError, Transaction,
    tables::{
        audit as audit_table,
        certificates::{self as table, Certificate as Row},
        people::{self, Person},
    },
};
use x509_cert::{
    Certificate,
    der::{Decode, Encode},
    spki::SubjectPublicKeyInfoOwned,
};

use crate::{
    audit,
    authority::{Authority, Leaf, draw_serial, serial_text, sha256},
    error::{CertificateError, Result},
    key, limits, pkcs12,
    service::Certificates,
    time::{microseconds, span},
};

/// Why a certificate is revoked (RFC 5280 5.3.1), as far as an administrator has a use for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reason {
    /// No reason is given.
    #[default]
    Unspecified,
    /// The key may be in other hands: a lost phone.
    KeyCompromise,
    /// The person left, or has another name.
    AffiliationChanged,
    /// There is a newer one.
    Superseded,
    /// The phone is no longer in use.
    CessationOfOperation,
}

impl Reason {
    /// The number in lists.
    #[must_use]
    pub fn code(self) -> i64 {
        match self {
            Self::Unspecified => 0,
            Self::KeyCompromise => 1,
            Self::AffiliationChanged => 3,
            Self::Superseded => 4,
            Self::CessationOfOperation => 5,
        }
    }
}

/// A certificate as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Lower-case hexadecimal digits.
    pub serial: String,
    /// Whose; `None` when the person is gone.
    pub email: Option<String>,
    /// What people call it.
    pub label: String,
    /// Microseconds since 1970.
    pub issued_at: i64,
    /// Microseconds since 1970.
    pub not_after: i64,
    /// Microseconds since 1970; `None` while it is good.
    pub revoked_at: Option<i64>,
    /// It was asked for by SCEP.
    pub scep: bool,
}

/// A certificate that was just issued, with its key.
pub struct Issued {
    certificate: Vec<u8>,
    authority: Vec<u8>,
    key: Vec<u8>,
    label: String,
    /// Lower-case hexadecimal digits.
    pub serial: String,
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issued").field("serial", &self.serial).finish_non_exhaustive()
    }
}

impl Issued {
    /// The certificate, DER.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// The key, PKCS#8.
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// Certificate, key and authority in one file (RFC 7292).
    pub fn pkcs12(&self, password: &str, certificates: &Certificates) -> Result<Vec<u8>> {
        let identity = pkcs12::Identity {
            certificate: &self.certificate,
            authority: &self.authority,
            key: &self.key,
            name: &self.label,
        };
        identity.export(password, &*certificates.inner.entropy)
    }
}

/// What a certificate is issued for.
pub(crate) struct Order<'a> {
    pub(crate) person: &'a Person,
    pub(crate) label: &'a str,
    pub(crate) public_key: SubjectPublicKeyInfoOwned,
    pub(crate) life: Duration,
    pub(crate) transaction_id: Option<String>,
}

/// A label that can be shown.
pub(crate) fn checked_label(label: &str) -> Result<String> {
    let label = label.trim();
    let fits = (1..=limits::LABEL_BYTES_MAX).contains(&label.len()) && !label.contains(char::is_control);
    if fits { Ok(label.to_owned()) } else { Err(CertificateError::UnfitLabel(label.to_owned())) }
}

pub(crate) fn checked_life(what: &'static str, life: Duration, life_max: Duration) -> Result<Duration> {
    if (Duration::from_mins(1)..=life_max).contains(&life) {
        return Ok(life);
    }
    Err(CertificateError::UnfitLife { what, days_max: life_max.as_secs() / 86_400 })
}

/// The person with this address, who is not shut out.
pub(crate) fn welcome(tx: &mut dyn Transaction, email: &str) -> Result<Person> {
    let name = normal_email(email).unwrap_or_else(|_| email.trim().to_lowercase());
    let person = people::by_login_name(tx, &name)?;
    let person = person.ok_or_else(|| CertificateError::NoSuchPerson(email.to_owned()))?;
    if person.disabled { Err(CertificateError::Disabled(person.email)) } else { Ok(person) }
}

pub(crate) fn public_key_digest(public_key: &SubjectPublicKeyInfoOwned) -> Result<[u8; 32]> {
    Ok(sha256(&public_key.to_der()?))
}

impl Certificates {
    /// Signs a certificate; it counts once its row is in the ledger.
    pub(crate) fn sign(&self, authority: &Authority, order: Order<'_>) -> Result<(Certificate, Row)> {
        let now = self.inner.clock.now();
        let public_key = public_key_digest(&order.public_key)?;
        let certificate = authority.issue(Leaf {
            serial: draw_serial(&*self.inner.entropy),
            email: &order.person.email,
            public_key: order.public_key,
            now,
            not_after: now.saturating_add(span(order.life)),
            public_url: self.inner.settings.public_url.as_deref(),
        })?;
        let row = Row {
            account: order.person.account,
            serial: serial_text(&certificate),
            certificate: certificate.to_der()?,
            label: order.label.to_owned(),
            public_key,
            transaction_id: order.transaction_id,
            issued_at: now,
            not_after: microseconds(certificate.tbs_certificate.validity.not_after),
            revoked_at: None,
            reason: None,
        };
        Ok((certificate, row))
    }

    /// Makes a key and issues a certificate for it. `life` is the setting's without one.
    ///
    /// # Errors
    /// The person does not exist or is disabled; the label or the life cannot be.
    pub async fn issue(&self, email: &str, label: &str, life: Option<Duration>) -> Result<Issued> {
        let pkcs8 = tokio::task::spawn_blocking(key::generate).await.map_err(|_| CertificateError::Cryptography)??;
        let row = self.issue_to(email, label, key::public_key_info(&pkcs8)?, life).await?;
        let authority = self.authority().await?;
        Ok(Issued {
            certificate: row.certificate,
            authority: authority.der().to_vec(),
            key: pkcs8,
            label: row.label,
            serial: row.serial,
        })
    }

    /// Issues a certificate for a key that was made elsewhere: its public half, SubjectPublicKeyInfo as DER. Whoever asks
    /// must know that the person has the private half. The certificate, DER.
    ///
    /// # Errors
    /// As [`issue`](Self::issue); the key cannot be read.
    pub async fn issue_for_key(
        &self,
        email: &str,
        label: &str,
        public_key: &[u8],
        life: Option<Duration>,
    ) -> Result<Vec<u8>> {
        let public_key = SubjectPublicKeyInfoOwned::from_der(public_key)?;
        Ok(self.issue_to(email, label, public_key, life).await?.certificate)
    }

    async fn issue_to(
        &self,
        email: &str,
        label: &str,
        public_key: SubjectPublicKeyInfoOwned,
        life: Option<Duration>,
    ) -> Result<Row> {
        let label = checked_label(label)?;
        let life = life.unwrap_or(self.inner.settings.life);
        let life = checked_life("a certificate", life, limits::CERTIFICATE_LIFE_MAX)?;
        let wanted = email.to_owned();
        let person = self.inner.ledger.read(move |tx| welcome(tx, &wanted)).await?;
        let authority = self.authority().await?;
        let order = Order { person: &person, label: &label, public_key, life, transaction_id: None };
        let (_, row) = self.sign(&authority, order)?;
        let (kept, event) = (row.clone(), self.identity.audited(audit::issued(&row)));
        let keep = move |tx: &mut dyn Transaction| {
            table::insert(tx, &kept)?;
            audit_table::insert(tx, &event)
        };
        self.inner.ledger.write::<_, LedgerError>(keep).await?;
        Ok(row)
    }

    /// What was issued, to one person or to everybody, the oldest first.
    pub async fn list(&self, email: Option<&str>) -> Result<Vec<Entry>> {
        let email = email.map(str::to_owned);
        let list = move |tx: &mut dyn Transaction| {
            let rows = match &email {
                Some(email) => {
                    let person = people::by_login_name(tx, &email.trim().to_lowercase())?;
                    let person = person.ok_or_else(|| CertificateError::NoSuchPerson(email.clone()))?;
                    table::of_account(tx, &person.account)?
                }
                None => table::all(tx)?,
            };
            rows.into_iter().map(|row| entry(tx, row)).collect()
        };
        self.inner.ledger.read_long(list).await
    }

    /// Revokes a certificate: from the next request on it opens nothing.
    ///
    /// # Errors
    /// No such certificate, or one that is revoked already.
    pub async fn revoke(&self, serial: &str, reason: Reason) -> Result<Entry> {
        let serial: String = serial.chars().filter(|c| *c != ':').collect::<String>().to_lowercase();
        let (now, identity) = (self.inner.clock.now(), self.identity.clone());
        let revoke = move |tx: &mut dyn Transaction| {
            let row = table::by_serial(tx, &serial)?;
            let row = row.ok_or_else(|| CertificateError::NoSuchCertificate(serial.clone()))?;
            if table::revoke(tx, &serial, now, reason.code())? == 0 {
                return Err(CertificateError::RevokedAlready(serial.clone()));
            }
            people::changed(tx, &row.account)?;
            audit_table::insert(tx, &identity.audited(audit::revoked(&row, reason.code())))?;
            entry(tx, Row { revoked_at: Some(now), ..row })
        };
        self.inner.ledger.write(revoke).await
    }
}

fn entry(tx: &mut dyn Transaction, row: Row) -> Result<Entry> {
    Ok(Entry {
        serial: row.serial,
        email: people::by_account(tx, &row.account)?.map(|person| person.email),
        label: row.label,
        issued_at: row.issued_at,
        not_after: row.not_after,
        revoked_at: row.revoked_at,
        scep: row.transaction_id.is_some(),
    })
}
