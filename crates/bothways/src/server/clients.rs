//! Client certificates: which authorities are trusted, and whose certificate a request came with.

use std::{
    net::IpAddr,
    path::Path,
    sync::{Arc, PoisonError, RwLock},
};

use anyhow::Context;
use certificates::{Authority, CLIENT_CERT, CLIENT_CERT_CHAIN, Certificates, Trust};
use http::Request;
use identity::ClientCertificate;
use rustls::pki_types::{CertificateDer, UnixTime, pem::PemObject};

use super::tls::Tls;
use crate::{configuration::Configuration, data_folder::DataFolder, limits, network::Network};

/// Knows whom to trust. The installation's own authority may come while the server runs.
#[derive(Debug)]
pub struct Clients {
    trust: RwLock<Option<Arc<Trust>>>,
    /// Authorities of the settings.
    others: Vec<CertificateDer<'static>>,
    /// Who may say with what certificate a client came.
    proxies: Vec<Network>,
}

impl Clients {
    /// Reads the authorities that the settings name.
    ///
    /// # Errors
    /// A file that cannot be read, or holds no authority.
    pub fn load(folder: &DataFolder, configuration: &Configuration) -> anyhow::Result<Self> {
        let settings = &configuration.certificates;
        let mut others = Vec::new();
        for file in &settings.trusted_authorities {
            let file = folder.path().join(file);
            others.extend(read(&file).with_context(|| format!("[certificates] {}", file.display()))?);
        }
        let trust = RwLock::new(Trust::new(None, &others)?.map(Arc::new));
        Ok(Self { trust, others, proxies: settings.trusted_proxies.clone() })
    }

    /// Trusts the installation's own authority too.
    pub fn learn(&self, authority: &Authority) -> anyhow::Result<()> {
        let trust = Trust::new(Some(authority), &self.others)?.map(Arc::new);
        *self.trust.write().unwrap_or_else(PoisonError::into_inner) = trust;
        Ok(())
    }

    /// Who is trusted; `None` when nobody is, and then clients are not asked for a certificate.
    pub fn trust(&self) -> Option<Arc<Trust>> {
        self.trust.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The certificate that a connection was made with, if it is one of ours or of those we trust.
    pub fn connected(&self, peer: IpAddr, chain: Option<&[CertificateDer<'_>]>) -> Option<ClientCertificate> {
        let found = self.trust()?.check(chain?, UnixTime::now());
        found.inspect_err(|reason| tracing::info!(%peer, %reason, "a client certificate is not accepted")).ok()
    }

    /// Puts the certificate that counts into the request's extensions: of the connection, or, when a trusted proxy made
    /// the connection, of the header it has set (RFC 9440). The header is taken off whoever sent it.
    pub fn show<B>(&self, peer: IpAddr, connection: Option<&Arc<ClientCertificate>>, request: &mut Request<B>) {
        let is_proxy = self.proxies.iter().any(|network| network.contains(peer));
        let shown = if is_proxy { self.in_header(peer, request).map(Arc::new) } else { connection.cloned() };
        let headers = request.headers_mut();
        let was_there = headers.remove(CLIENT_CERT).is_some();
        headers.remove(CLIENT_CERT_CHAIN);
        if was_there && !is_proxy {
            tracing::warn!(%peer, "a Client-Cert header that does not come from a trusted proxy is ignored");
        }
        if let Some(certificate) = shown {
            request.extensions_mut().insert(certificate);
        }
    }

    fn in_header<B>(&self, peer: IpAddr, request: &Request<B>) -> Option<ClientCertificate> {
        let found = certificates::from_header(request.headers(), &*self.trust()?, UnixTime::now())?;
        found.inspect_err(|reason| tracing::info!(%peer, %reason, "a client certificate is not accepted")).ok()
    }
}

fn read(file: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let found: Vec<_> = CertificateDer::pem_file_iter(file)?.collect::<Result<_, _>>()?;
    anyhow::ensure!(!found.is_empty(), "there is no certificate in it");
    Ok(found)
}

/// Waits until the installation has an authority, be it made by a command, and begins to trust it.
pub async fn learn_when_made(certificates: Certificates, clients: Arc<Clients>, tls: Option<Arc<Tls>>) {
    loop {
        match certificates.known_authority().await {
            Ok(Some(authority)) => {
                if let Err(error) = begin(&authority, &clients, tls.as_deref()) {
                    tracing::error!(%error, "client certificates are not accepted");
                }
                return;
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "the certificate authority cannot be opened"),
        }
        tokio::time::sleep(limits::AUTHORITY_POLL).await;
    }
}

fn begin(authority: &Authority, clients: &Clients, tls: Option<&Tls>) -> anyhow::Result<()> {
    clients.learn(authority)?;
    if let (Some(tls), Some(trust)) = (tls, clients.trust()) {
        tls.ask(Some(&trust))?;
    }
    Ok(())
}
