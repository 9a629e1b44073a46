//! Whom the phone trusts.

use std::io;
use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, ConfigBuilder, DigitallySignedStruct, RootCertStore, SignatureScheme};
use thiserror::Error;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::meter::Metered;

/// The certificates a phone accepts. Cheap to clone; thousands of phones share one.
#[derive(Clone)]
pub struct Trust(Option<Arc<ClientConfig>>);

/// Why a certificate cannot be trusted.
#[derive(Debug, Error)]
pub enum NoTrust {
    /// The text holds no certificate in PEM form.
    #[error("no PEM certificate: {0}")]
    NotPem(#[from] rustls::pki_types::pem::Error),
    /// The text holds no certificate at all.
    #[error("no certificate in the PEM text")]
    Empty,
    /// The certificate is refused by the TLS library.
    #[error(transparent)]
    Tls(#[from] rustls::Error),
}

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Trust(some)" } else { "Trust(nobody)" })
    }
}

impl Trust {
    /// Nobody: only plain HTTP works.
    pub fn nobody() -> Self {
        Self(None)
    }

    /// Whoever answers, for a server with a certificate of its own making.
    pub fn anyone() -> Result<Self, NoTrust> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anyone(provider)))
            .with_no_client_auth();
        Ok(Self::with(config))
    }

    /// Servers whose certificate was issued by one of these authorities (PEM).
    pub fn authorities(pem: &[u8]) -> Result<Self, NoTrust> {
        Ok(Self::with(Self::verifying(pem)?.with_no_client_auth()))
    }

    /// As [`Trust::authorities`], with a client certificate of the phone's own (PEM, leaf first) and its key.
    pub fn with_identity(authorities: &[u8], certificates: &[u8], key: &[u8]) -> Result<Self, NoTrust> {
        let chain = CertificateDer::pem_slice_iter(certificates).collect::<Result<Vec<_>, _>>()?;
        let key = PrivateKeyDer::from_pem_slice(key)?;
        Ok(Self::with(Self::verifying(authorities)?.with_client_auth_cert(chain, key)?))
    }

    fn verifying(pem: &[u8]) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, NoTrust> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            roots.add(certificate?)?;
        }
        if roots.is_empty() {
            return Err(NoTrust::Empty);
        }
        Ok(ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots))
    }

    fn with(mut config: ClientConfig) -> Self {
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self(Some(Arc::new(config)))
    }

    pub(super) async fn secure(&self, host: &str, stream: Metered) -> io::Result<TlsStream<Metered>> {
        let config = self.0.as_ref().ok_or_else(|| io::Error::other("https, but nobody is trusted"))?;
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        TlsConnector::from(Arc::clone(config)).connect(name, stream).await
    }
}

/// Accepts every certificate; signatures are still checked.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
