//! Why a device, or another MDM for it, is refused; and the one place where that becomes a status.

use certificates::{CertificateError, NotSigned};
use fleet::enrolment::EnrolmentId;
use http::StatusCode;
use ledger::LedgerError;

use crate::document::NotAPlist;

/// Why a message is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Its Content-Type is not one of MDM's.
    #[error("the Content-Type is not one of device management's")]
    WrongContentType,
    /// Its body did not arrive, or is too large.
    #[error("the body cannot be read, or is too large")]
    Body,
    /// Not a property list.
    #[error(transparent)]
    NotAPlist(#[from] NotAPlist),
    /// A property list without something that every such message has.
    #[error("the message has no {0} that can be used")]
    Lacks(&'static str),
    /// Not a status report.
    #[error("this is no status report")]
    NotAStatusReport,
    /// A message that only other kinds of devices send.
    #[error("{0} is not for devices that are managed here")]
    NotSpoken(String),
    /// A user's channel: iPhones and iPads that are not shared have none.
    #[error("only devices are managed here, no users of theirs")]
    UserChannel,
    /// A topic other than the one that devices are woken under.
    #[error("the topic is not the one of this server")]
    WrongTopic,
    /// There is neither a client certificate nor a signature.
    #[error("the device shows no certificate")]
    NoCertificate,
    /// The signature is not one.
    #[error("the Mdm-Signature does not count: {0}")]
    NotSigned(#[from] NotSigned),
    /// The certificate was revoked, or was never issued.
    #[error("the certificate is revoked")]
    Revoked,
    /// No such device is enrolled.
    #[error("{0} is not enrolled")]
    NotEnrolled(EnrolmentId),
    /// The device enrolled with another certificate.
    #[error("{0} is enrolled with another certificate")]
    OtherCertificate(EnrolmentId),
    /// Another device enrolled with the certificate.
    #[error("another device than {0} is enrolled with this certificate")]
    CertificateInUse(EnrolmentId),
    /// The device is enrolled by somebody else.
    #[error("{0} is enrolled by another person")]
    OtherPerson(EnrolmentId),
    /// There is no such declaration.
    #[error("there is no such declaration")]
    NoSuchDeclaration,
    /// A token of another service than ours.
    #[error("no tokens are issued here")]
    NoToken,
    /// A webhook that is not signed by the other MDM.
    #[error("the webhook is not signed as agreed")]
    UnsignedWebhook,
    /// A webhook that cannot be read.
    #[error("this is no webhook")]
    NotAWebhook,
    /// The device has more to do than it may have.
    #[error("{0} has too much to do already")]
    QueueFull(EnrolmentId),
    /// An order that cannot be given to this device.
    #[error("{0}")]
    UnfitOrder(String),
    /// What is kept was sealed by another installation.
    #[error("what is kept of the device was sealed by another installation")]
    Sealed,
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The authority failed.
    #[error(transparent)]
    Certificates(#[from] CertificateError),
}

impl ledger::WorkError for Refusal {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Ledger(error) if error.is_conflict())
    }
}

impl Refusal {
    /// What a device is answered. Never 401: an enrolled device takes that for an order to leave.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::WrongContentType
            | Self::Body
            | Self::NotAPlist(_)
            | Self::Lacks(_)
            | Self::NotAStatusReport
            | Self::NotSpoken(_)
            | Self::UserChannel
            | Self::WrongTopic
            | Self::NoToken
            | Self::NotAWebhook
            | Self::UnfitOrder(_) => StatusCode::BAD_REQUEST,
            Self::NoCertificate
            | Self::NotSigned(_)
            | Self::Revoked
            | Self::NotEnrolled(_)
            | Self::OtherCertificate(_)
            | Self::CertificateInUse(_)
            | Self::OtherPerson(_)
            | Self::UnsignedWebhook => StatusCode::FORBIDDEN,
            Self::NoSuchDeclaration => StatusCode::NOT_FOUND,
            Self::QueueFull(_) | Self::Sealed | Self::Ledger(_) | Self::Certificates(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }
}
