//! Why something about certificates could not be done.

use ledger::LedgerError;
use x509_cert::der;

/// Why something about certificates could not be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Nobody has this address.
    #[error("there is no {0}")]
    NoSuchPerson(String),
    /// The person is shut out.
    #[error("{0} is disabled")]
    Disabled(String),
    /// No certificate with this serial number was issued.
    #[error("no certificate with the serial number {0} was issued here")]
    NoSuchCertificate(String),
    /// It was revoked before.
    #[error("the certificate {0} is revoked already")]
    RevokedAlready(String),
    /// Empty, too long, or with a control character.
    #[error("{0:?} cannot be a label")]
    UnfitLabel(String),
    /// Longer than it may be, or nothing.
    #[error("{what} lives between one minute and {days_max} days")]
    UnfitLife {
        /// What was asked for.
        what: &'static str,
        /// The longest life.
        days_max: u64,
    },
    /// The person has as many as one may have.
    #[error("there are too many open challenges for {0}; they end by themselves")]
    TooManyChallenges(String),
    /// The authority's key is not sealed with this installation's key.
    #[error(
        "the authority's key was sealed by another installation: is secret.key the one that belongs to this database?"
    )]
    ForeignKey,
    /// A file of authorities that cannot be used.
    #[error("{0}")]
    UnusableAuthority(String),
    /// A certificate and key that cannot sign documents.
    #[error("this cannot sign: {0}")]
    UnusableSigner(String),
    /// The cryptography failed, which only a broken machine explains.
    #[error("a key could not be made or used")]
    Cryptography,
    /// Something could not be written as ASN.1.
    #[error("ASN.1: {0}")]
    Encoding(String),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl From<der::Error> for CertificateError {
    fn from(error: der::Error) -> Self {
        Self::Encoding(error.to_string())
    }
}

impl From<aws_lc_rs::error::Unspecified> for CertificateError {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self::Cryptography
    }
}

impl From<aws_lc_rs::error::KeyRejected> for CertificateError {
    fn from(_: aws_lc_rs::error::KeyRejected) -> Self {
        Self::Cryptography
    }
}

impl ledger::WorkError for CertificateError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Ledger(error) if error.is_conflict())
    }
}

/// Shorthand.
pub type Result<T, E = CertificateError> = std::result::Result<T, E>;
