//! `[fleet]`: what profiles for enrolled devices say, and what signs them.

use std::{path::PathBuf, sync::Arc};

use anyhow::Context;
use certificates::{Authority, Certificates, DocumentSigner};
use fleet::profile::Hub;
use serde::Deserialize;

use crate::{configuration::Configuration, data_folder::DataFolder};

/// `[fleet]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fleet {
    /// Beginning of every PayloadIdentifier, reverse DNS; from the public address without it.
    pub identifier: Option<String>,
    /// Outlook's bundle id.
    pub outlook: String,
    /// PEM: what signs profiles, its own certificate first; the installation's authority without it.
    pub signing_certificate: Option<PathBuf>,
    /// PEM: its key.
    pub signing_key: Option<PathBuf>,
}

impl Default for Fleet {
    fn default() -> Self {
        Self {
            identifier: None,
            outlook: "com.microsoft.Office.Outlook".to_owned(),
            signing_certificate: None,
            signing_key: None,
        }
    }
}

impl Fleet {
    /// What contradicts what.
    pub fn complaint(&self) -> Option<&'static str> {
        if self.signing_certificate.is_some() != self.signing_key.is_some() {
            return Some("[fleet] needs both signing_certificate and signing_key, or neither");
        }
        let reverse_dns = |text: &String| {
            text.len() <= 128
                && text.contains('.')
                && text.split('.').all(|label| {
                    !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                })
        };
        match &self.identifier {
            Some(identifier) if !reverse_dns(identifier) => {
                Some("[fleet] identifier must be like \"com.example.contacts\"")
            }
            _ => None,
        }
    }
}

/// Whether devices are told the address that people have set, or one that was guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address {
    /// `server.public_url`.
    Set,
    /// This machine's name: it may not be what phones reach.
    Guessed,
}

/// The hub as profiles name it.
pub fn hub(configuration: &Configuration) -> (Hub, Address) {
    let (base, address) = match &configuration.server.public_url {
        Some(url) => (url.trim_end_matches('/').to_owned(), Address::Set),
        None => (guessed(configuration), Address::Guessed),
    };
    let host = base.split_once("://").map_or(&*base, |(_, host)| host).to_owned();
    let hub = Hub {
        sign_in_url: format!("{base}/oauth2/authorize"),
        token_url: format!("{base}/oauth2/token"),
        help_url: format!("{base}{}", oauth::HELP_PAGE),
        organisation: configuration.sign_in.organization.clone(),
        identifier_prefix: configuration.fleet.identifier.clone().unwrap_or_else(|| reversed(&host)),
        host,
    };
    (hub, address)
}

fn guessed(configuration: &Configuration) -> String {
    let listen = configuration.server.listen.first().copied();
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = Some(name.trim()).filter(|name| !name.is_empty()).unwrap_or("localhost");
    match listen {
        Some(address) if !address.ip().is_unspecified() => format!("https://{address}"),
        Some(address) if address.port() == 443 => format!("https://{name}"),
        Some(address) => format!("https://{name}:{}", address.port()),
        None => format!("https://{name}"),
    }
}

/// `contacts.example.com:8443` becomes `com.example.contacts.bothways`.
fn reversed(host: &str) -> String {
    let name = host.trim_start_matches('[').split([':', ']']).next().unwrap_or_default();
    let labels = name.split('.').rev().filter(|label| !label.is_empty());
    labels.chain(["bothways"]).collect::<Vec<_>>().join(".")
}

/// What signs documents.
pub enum Signer {
    /// The company's certificate.
    Company(DocumentSigner),
    /// The installation's authority.
    Authority(Arc<Authority>),
}

impl Signer {
    /// The document with its signature, DER.
    pub fn sign(&self, document: &[u8]) -> anyhow::Result<Vec<u8>> {
        Ok(match self {
            Self::Company(signer) => signer.sign(document)?,
            Self::Authority(authority) => authority.sign_document(document)?,
        })
    }
}

/// The company's certificate if the settings name one, else the installation's authority, which is made when there is none.
pub async fn signer(
    folder: &DataFolder,
    configuration: &Configuration,
    certificates: &Certificates,
) -> anyhow::Result<Signer> {
    let settings = &configuration.fleet;
    let (Some(certificate), Some(key)) = (&settings.signing_certificate, &settings.signing_key) else {
        return Ok(Signer::Authority(certificates.authority().await?));
    };
    let read = |file: &PathBuf| {
        let file = folder.path().join(file);
        std::fs::read(&file).with_context(|| format!("[fleet]: {} cannot be read", file.display()))
    };
    let signer = DocumentSigner::from_pem(&read(certificate)?, &read(key)?);
    Ok(Signer::Company(signer.context("[fleet] signing_certificate and signing_key cannot be used")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_names_the_address_that_phones_reach() {
        let mut configuration = Configuration::default();
        configuration.server.public_url = Some("https://contacts.example.com:8443/".to_owned());
        let (hub, address) = hub(&configuration);
        assert_eq!(address, Address::Set);
        assert_eq!(hub.host, "contacts.example.com:8443");
        assert_eq!(hub.sign_in_url, "https://contacts.example.com:8443/oauth2/authorize");
        assert_eq!(hub.identifier_prefix, "com.example.contacts.bothways");
    }

    #[test]
    fn an_identifier_is_reverse_dns_and_keys_come_with_certificates() {
        let complaint =
            |identifier: &str| Fleet { identifier: Some(identifier.to_owned()), ..Fleet::default() }.complaint();
        assert_eq!(complaint("com.example.contacts"), None);
        for wrong in ["contacts", "com..contacts", "com.exämple", "com.a b"] {
            assert!(complaint(wrong).is_some(), "{wrong}");
        }
        let lonely = Fleet { signing_key: Some("key.pem".into()), ..Fleet::default() };
        assert!(lonely.complaint().is_some());
    }
}
