//! Client certificates: whose they are.

use ledger::{
    Result, Transaction,
    tables::{
        certificates,
        people::{self, Person},
    },
};

use crate::credentials::login_name;

/// A client certificate whose signature and authority were checked by TLS, or by a trusted proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The names it bears, in order of preference: UPNs of the subject's alternative names, then e-mail addresses.
    pub names: Vec<String>,
    /// The serial number, in lower-case hexadecimal digits.
    pub serial: String,
    /// It was issued by this installation's authority.
    pub ours: bool,
    /// SHA-256 of the whole certificate.
    pub fingerprint: [u8; 32],
    /// When it ends, in microseconds since 1970.
    pub not_after: i64,
}

/// The person of a certificate that is not revoked: the first of its names that somebody signs in with. `None` when
/// there is nobody.
///
/// One of our own must be known, must not be revoked, and must have been issued to the person who bears the name today:
/// an address may have gone to somebody else since.
pub(crate) fn person(tx: &mut dyn Transaction, certificate: &ClientCertificate) -> Result<Option<Person>> {
    let mut owner = None;
    if certificate.ours {
        match certificates::by_serial(tx, &certificate.serial)? {
            Some(issued) if issued.revoked_at.is_none() => owner = Some(issued.account),
            _ => return Ok(None),
        }
    }
    for name in &certificate.names {
        if let Some(person) = people::by_login_name(tx, &login_name(name))? {
            return Ok(owner.is_none_or(|owner| owner == person.account).then_some(person));
        }
    }
    Ok(None)
}
