//! Whose certificate a TLS client, or a proxy for it, has shown.
//!
//! The handshake itself takes every certificate whose key the client has, and [`Trust::check`] is asked after it. A
//! certificate that is not accepted is then no credential, and the client gets the same 401 as anybody without one:
//! a phone that only sees a failed handshake says "cannot connect" and its owner looks for the fault in the network.

use std::sync::Arc;

use identity::ClientCertificate;
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, UnixTime},
    server::{
        WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};
use x509_cert::{
    Certificate,
    der::{Decode, Tag, Tagged},
    ext::pkix::name::{GeneralName, GeneralNames},
};

use crate::{
    authority::{Authority, serial_text, sha256},
    error::{CertificateError, Result},
    limits,
    oids::{SUBJECT_ALT_NAME, USER_PRINCIPAL_NAME},
    time::microseconds,
};

/// Why a certificate is no credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotTrusted {
    /// Nothing, or more than a chain has.
    #[error("there is no certificate, or too many")]
    NoChain,
    /// Not issued by an authority that is trusted, not yet or no longer valid, or not for clients.
    #[error("{0}")]
    NotIssued(String),
    /// Trusted, but not read.
    #[error("the certificate cannot be read")]
    Unreadable,
    /// A proxy's header that is not as RFC 9440 says.
    #[error("the Client-Cert header cannot be read")]
    MalformedHeader,
}

/// Which authorities issue to the clients of this installation.
#[derive(Debug)]
pub struct Trust {
    ours: Option<Arc<dyn ClientCertVerifier>>,
    others: Option<Arc<dyn ClientCertVerifier>>,
    names: Vec<DistinguishedName>,
}

impl Trust {
    /// Trusts the installation's own authority and those of its settings, DER each; `None` when there are none.
    ///
    /// # Errors
    /// [`CertificateError::UnusableAuthority`] when one of the certificates cannot be used.
    pub fn new(ours: Option<&Authority>, others: &[CertificateDer<'static>]) -> Result<Option<Self>> {
        let own: Vec<_> = ours.iter().map(|authority| CertificateDer::from(authority.der().to_vec())).collect();
        let (ours, mut names) = verifier(&own)?;
        let (others, more) = verifier(others)?;
        names.extend(more);
        Ok((ours.is_some() || others.is_some()).then_some(Self { ours, others, names }))
    }

    /// What the handshake is done with: it asks for a certificate of these authorities and takes any, or none.
    pub fn asking(&self) -> Arc<dyn ClientCertVerifier> {
        Arc::new(Asking { names: self.names.clone(), provider: aws_lc_rs::default_provider() })
    }

    /// Checks a chain, the client's own certificate first, whose key the client has proved to have.
    pub fn check(&self, chain: &[CertificateDer<'_>], now: UnixTime) -> Result<ClientCertificate, NotTrusted> {
        let (own, intermediates) = chain.split_first().ok_or(NotTrusted::NoChain)?;
        if chain.len() > limits::CHAIN_MAX {
            return Err(NotTrusted::NoChain);
        }
        let mut refused = NotTrusted::NoChain;
        for (verifier, ours) in [(&self.ours, true), (&self.others, false)] {
            let Some(verifier) = verifier else { continue };
            match verifier.verify_client_cert(own, intermediates, now) {
                Ok(_) => return read(own, ours).ok_or(NotTrusted::Unreadable),
                Err(error) => refused = NotTrusted::NotIssued(error.to_string()),
            }
        }
        Err(refused)
    }
}

type Verifier = (Option<Arc<dyn ClientCertVerifier>>, Vec<DistinguishedName>);

fn verifier(authorities: &[CertificateDer<'static>]) -> Result<Verifier> {
    let unusable = |error: &dyn std::fmt::Display| CertificateError::UnusableAuthority(error.to_string());
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        roots.add(authority.clone()).map_err(|error| unusable(&error))?;
    }
    if roots.is_empty() {
        return Ok((None, Vec::new()));
    }
    let names = roots.subjects();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let built = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
    Ok((Some(built.map_err(|error| unusable(&error))?), names))
}

fn read(der: &CertificateDer<'_>, ours: bool) -> Option<ClientCertificate> {
    let certificate = Certificate::from_der(der).ok()?;
    Some(ClientCertificate {
        names: names(&certificate),
        serial: serial_text(&certificate),
        ours,
        fingerprint: sha256(der),
        not_after: microseconds(certificate.tbs_certificate.validity.not_after),
    })
}

/// UPNs, then e-mail addresses.
fn names(certificate: &Certificate) -> Vec<String> {
    let extensions = certificate.tbs_certificate.extensions.iter().flatten();
    let alternatives = extensions
        .filter(|extension| extension.extn_id == SUBJECT_ALT_NAME)
        .filter_map(|extension| GeneralNames::from_der(extension.extn_value.as_bytes()).ok())
        .flatten();
    let (mut principals, mut emails) = (Vec::new(), Vec::new());
    for alternative in alternatives {
        match alternative {
            GeneralName::OtherName(other) if other.type_id == USER_PRINCIPAL_NAME => {
                let is_text = matches!(other.value.tag(), Tag::Utf8String | Tag::Ia5String | Tag::PrintableString);
                let text = std::str::from_utf8(other.value.value()).ok().filter(|_| is_text);
                principals.extend(text.map(str::to_owned));
            }
            GeneralName::Rfc822Name(email) => emails.push(email.to_string()),
            _ => {}
        }
    }
    principals.extend(emails);
    principals.retain(|name| !name.contains('\0'));
    principals.truncate(limits::NAMES_MAX);
    principals
}

/// Asks for a certificate, and leaves it to [`Trust::check`] whether it is one.
#[derive(Debug)]
struct Asking {
    names: Vec<DistinguishedName>,
    provider: CryptoProvider,
}

impl ClientCertVerifier for Asking {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.names
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
