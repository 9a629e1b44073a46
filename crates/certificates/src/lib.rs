//! Client certificates: the issuing authority, SCEP, revocation lists, OCSP, and whose a certificate is.
//!
//! [`Certificates`] is the authority over a ledger: it issues to people, by a command ([`Certificates::issue`]) or to
//! whoever has a challenge password by SCEP ([`scep`]), revokes, and tells what is revoked ([`crl`](Certificates::crl),
//! [`ocsp`](Certificates::ocsp)). [`router`] is all that as HTTP. [`Trust`] turns what a TLS client or a proxy shows
//! into an [`identity::ClientCertificate`]; whether that person may come in is identity's to say. Documents for devices are
//! signed with the authority ([`Certificates::sign_document`]) or a company's own certificate ([`DocumentSigner`]).
//!
//! ASN.1 is read and written by the types of `x509-cert` and `cms`; every signature, digest and AES comes from
//! `aws-lc-rs`. Where a message is someone else's, bytes are refused and never panicked over.
//!
//! To add a SCEP operation: its name in `scep::http`, its message in `scep::message`, its work in `scep::serve`.
//! To add an extension to what is issued: `authority.rs`.

mod audit;
mod authority;
mod ber;
mod challenges;
mod cms;
mod crl;
mod document;
mod error;
mod issuing;
mod key;
pub mod limits;
mod ocsp;
mod oids;
mod peer;
mod pkcs12;
mod proxy;
mod router;
pub mod scep;
mod service;
mod time;

pub use authority::Authority;
pub use cms::signed::Unreadable;
pub use document::{DocumentSigner, NotSigned};
pub use error::{CertificateError, Result};
pub use issuing::{Entry, Issued, Reason};
pub use peer::{NotTrusted, Trust};
pub use proxy::{CLIENT_CERT, CLIENT_CERT_CHAIN, from_header};
pub use router::{Network, router};
pub use service::{Certificates, Settings};
