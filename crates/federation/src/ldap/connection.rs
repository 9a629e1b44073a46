//! One connection to a directory, encrypted unless it stays on this machine.

use std::{path::Path, sync::Arc, time::Duration};

use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapResult, Scope, SearchEntry, SearchOptions, SearchResult};
use reqwest::Url;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};

use super::LdapError;
use crate::{error::SettingsError, limits, settings::LdapSettings, web::is_this_machine};

/// `referral` (RFC 4511 4.1.10).
const REFERRAL: u32 = 10;
/// `sizeLimitExceeded`.
const SIZE_LIMIT_EXCEEDED: u32 = 4;

/// A server, and how to speak with it.
#[derive(Clone)]
pub(super) struct Place {
    pub url: String,
    start_tls: bool,
    tls: Option<Arc<ClientConfig>>,
}

/// The servers of the settings.
pub(super) fn places(settings: &LdapSettings, folder: &Path) -> Result<Vec<Place>, SettingsError> {
    let complain = |text: String| SettingsError(format!("[ldap] {text}"));
    let file = settings.ca_file.as_ref().map(|file| folder.join(file));
    let tls = file.as_deref().map(trusting).transpose().map_err(complain)?;
    let place = |text: &String| {
        let url = Url::parse(text).map_err(|error| complain(format!("{text:?}: {error}")))?;
        let host = url.host_str().unwrap_or_default();
        match url.scheme() {
            _ if host.is_empty() => Err(complain(format!("{text:?} names no host"))),
            "ldaps" if settings.start_tls => {
                Err(complain(format!("{text:?} is encrypted from the start; leave out start_tls")))
            }
            "ldaps" => Ok(Place { url: text.clone(), start_tls: false, tls: tls.clone() }),
            "ldap" if settings.start_tls || is_this_machine(host) => {
                Ok(Place { url: text.clone(), start_tls: settings.start_tls, tls: tls.clone() })
            }
            "ldap" => {
                Err(complain(format!("{text:?} would carry passwords in the clear; use ldaps:// or start_tls = true")))
            }
            _ => Err(complain(format!("{text:?} must begin with ldaps:// or ldap://"))),
        }
    };
    settings.urls.iter().map(place).collect()
}

/// TLS that trusts these authorities alone.
fn trusting(file: &Path) -> Result<Arc<ClientConfig>, String> {
    let unfit = |reason: String| format!("ca_file {}: {reason}", file.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unfit(error.to_string()))? {
        let certificate = certificate.map_err(|error| unfit(error.to_string()))?;
        roots.add(certificate).map_err(|error| unfit(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(unfit("it holds no certificate in PEM".to_owned()));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| unfit(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Somebody at the other end. Dropping it ends the connection.
pub(super) struct Connection {
    ldap: Ldap,
    url: String,
    timeout: Duration,
}

impl Connection {
    pub async fn open(place: &Place, timeout: Duration) -> Result<Self, String> {
        let mut settings = LdapConnSettings::new().set_conn_timeout(timeout).set_starttls(place.start_tls);
        if let Some(tls) = &place.tls {
            settings = settings.set_config(Arc::clone(tls));
        }
        // The library's own limit ends before TLS is agreed on in some of its ways.
        let opened = tokio::time::timeout(timeout, LdapConnAsync::with_settings(settings, &place.url)).await;
        let (connection, ldap) = match opened {
            Ok(Ok(opened)) => opened,
            Ok(Err(error)) => return Err(error.to_string()),
            Err(_) => return Err(format!("not within {} s", timeout.as_secs())),
        };
        ldap3::drive!(connection);
        Ok(Self { ldap, url: place.url.clone(), timeout })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// A simple bind. Never with an empty password: see the module above.
    pub async fn bind(&mut self, dn: &str, password: &str) -> Result<LdapResult, LdapError> {
        self.ldap.with_timeout(self.timeout).simple_bind(dn, password).await.map_err(|error| no_answer(&error))
    }

    /// At most two entries: one is who is looked for, two are too many.
    pub async fn search(
        &mut self,
        base: &str,
        scope: Scope,
        filter: &str,
        attributes: &[&str],
    ) -> Result<Vec<SearchEntry>, LdapError> {
        self.entries(base, scope, filter, attributes, limits::LDAP_ENTRIES).await
    }

    /// As many as a person may have groups.
    pub async fn search_many(
        &mut self,
        base: &str,
        filter: &str,
        attributes: &[&str],
    ) -> Result<Vec<SearchEntry>, LdapError> {
        let most = i32::try_from(limits::GROUPS).unwrap_or(i32::MAX);
        self.entries(base, Scope::Subtree, filter, attributes, most).await
    }

    async fn entries(
        &mut self,
        base: &str,
        scope: Scope,
        filter: &str,
        attributes: &[&str],
        most: i32,
    ) -> Result<Vec<SearchEntry>, LdapError> {
        let seconds = i32::try_from(self.timeout.as_secs()).unwrap_or(i32::MAX);
        let options = SearchOptions::new().sizelimit(most).timelimit(seconds);
        let asked = self
            .ldap
            .with_timeout(self.timeout)
            .with_search_options(options)
            .search(base, scope, filter, attributes)
            .await;
        let SearchResult(entries, result) = asked.map_err(|error| no_answer(&error))?;
        match result.rc {
            0 | SIZE_LIMIT_EXCEEDED => {}
            REFERRAL => return Err(LdapError::Referral(base.to_owned())),
            _ => return Err(LdapError::Refused { what: "search", reason: super::names::said(&result) }),
        }
        // References into other servers are not followed (RFC 4511 4.5.3): whoever they name would get the password.
        let own = entries.into_iter().filter(|entry| !entry.is_ref() && !entry.is_intermediate());
        Ok(own.map(SearchEntry::construct).collect())
    }
}

fn no_answer(error: &ldap3::LdapError) -> LdapError {
    LdapError::NoAnswer(error.to_string())
}
