//! TLS for the listeners: HTTP/1.1 only, because a phone that waits costs half as much memory without HTTP/2.

use std::sync::{Arc, PoisonError, RwLock};

use certificates::Trust;
use rustls::{
    ConfigBuilder, ServerConfig, WantsVerifier,
    crypto::aws_lc_rs,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio_rustls::TlsAcceptor;

use crate::certificate::{CertificateError, Files};

/// The certificate in use, which may be replaced while connections are open.
#[derive(Debug)]
pub struct Certificate {
    files: Files,
    current: RwLock<Arc<CertifiedKey>>,
}

impl Certificate {
    /// Reads the files.
    pub fn load(files: Files) -> Result<Arc<Self>, CertificateError> {
        let current = RwLock::new(files.load()?);
        Ok(Arc::new(Self { files, current }))
    }

    /// Reads the files again; new connections get what they hold now. On an error the one before stays in use.
    pub fn reload(&self) -> Result<(), CertificateError> {
        let new = self.files.load()?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// How connections are made now; it changes when there is an authority whose clients may be asked for a certificate.
pub struct Tls {
    certificate: Arc<Certificate>,
    acceptor: RwLock<TlsAcceptor>,
}

impl Tls {
    /// TLS with this certificate, asking for certificates of those who are trusted. Without anybody to trust clients
    /// are not asked, because browsers would ask people in turn.
    pub fn new(certificate: &Arc<Certificate>, trust: Option<&Trust>) -> Result<Self, rustls::Error> {
        let acceptor = RwLock::new(acceptor(certificate, trust)?);
        Ok(Self { certificate: Arc::clone(certificate), acceptor })
    }

    /// Asks new connections for certificates of those who are trusted.
    pub fn ask(&self, trust: Option<&Trust>) -> Result<(), rustls::Error> {
        let acceptor = acceptor(&self.certificate, trust)?;
        *self.acceptor.write().unwrap_or_else(PoisonError::into_inner) = acceptor;
        Ok(())
    }

    /// For a new connection.
    pub fn acceptor(&self) -> TlsAcceptor {
        self.acceptor.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// TLS 1.2 and 1.3 with this certificate.
fn acceptor(certificate: &Arc<Certificate>, trust: Option<&Trust>) -> Result<TlsAcceptor, rustls::Error> {
    let builder: ConfigBuilder<ServerConfig, WantsVerifier> =
        ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?;
    let builder = match trust {
        Some(trust) => builder.with_client_cert_verifier(trust.asking()),
        None => builder.with_no_client_auth(),
    };
    let mut config = builder.with_cert_resolver(Arc::clone(certificate) as Arc<dyn ResolvesServerCert>);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
