//! What the authorization server is made of, handed in by the program.

use std::{net::IpAddr, sync::Arc};

use federation::Company;
use http::{HeaderMap, header, uri::Scheme};
use hub::{Clock, Entropy};
use identity::{Gate, Identity, InstallationKey, second_factor::PasskeySite};

use crate::help_contact::HelpContact;

/// Everything the authorization server works with. Clones share it.
#[derive(Clone)]
pub struct Service {
    /// Who people are, and what was granted.
    pub identity: Identity,
    /// What becomes of people's devices.
    pub gate: Gate,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// For tokens in forms, and for sealing.
    pub entropy: Arc<dyn Entropy>,
    /// Seals the state of a sign-in into a cookie.
    pub key: InstallationKey,
    /// The company's own provider, when people sign in there.
    pub company: Option<Company>,
    /// What the administrator decides.
    pub settings: Settings,
}

/// What the administrator decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Scheme, host and port under which everybody reaches this server; the request's own host when missing.
    pub public_url: Option<String>,
    /// How clients reach the request's own host. Cookies are marked for TLS alone unless this is `http`.
    pub scheme: Scheme,
    /// The name on the pages: the company's.
    pub organization: String,
    /// Passwords are taken on the sign-in page. Without, there is only the company's provider.
    pub passwords: bool,
    /// Whether whoever signs in with a password must show something else too.
    pub second_factor: SecondFactorRule,
    /// Whom people ask when a device is not let in; their administrator when missing.
    pub help_contact: Option<HelpContact>,
}

/// Whether whoever signs in with a password must show a second factor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecondFactorRule {
    /// Who has one does.
    #[default]
    Optional,
    /// Everybody does; who has none adds an authenticator app before they go on.
    Required,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            public_url: None,
            scheme: Scheme::HTTPS,
            organization: "Bothways".to_owned(),
            passwords: true,
            second_factor: SecondFactorRule::Optional,
            help_contact: None,
        }
    }
}

/// Where a request comes from; the listener puts it into the request's extensions, because it alone knows whether a
/// proxy stands in front.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network(pub IpAddr);

impl Service {
    /// Scheme, host and port of this server, as the client reaches it: the issuer's name (RFC 8414 2). `None` when
    /// there is no setting and the request names no host that could be one.
    pub(crate) fn origin(&self, headers: &HeaderMap) -> Option<String> {
        if let Some(public) = &self.settings.public_url {
            return Some(public.trim_end_matches('/').to_owned());
        }
        let host = headers.get(header::HOST)?.to_str().ok()?;
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
        let is_host = !host.is_empty() && host.len() <= 255 && host.bytes().all(fits);
        is_host.then(|| format!("{}://{}", self.settings.scheme, host.to_ascii_lowercase()))
    }

    /// Whether clients reach this server by TLS.
    pub(crate) fn is_secure(&self) -> bool {
        let public = self.settings.public_url.as_deref();
        public.map_or(self.settings.scheme == Scheme::HTTPS, |public| public.starts_with("https://"))
    }

    /// Where passkeys are good, for a browser that sees this origin.
    pub(crate) fn passkey_site(&self, origin: &str) -> PasskeySite {
        PasskeySite { origin: origin.to_owned(), name: self.settings.organization.clone() }
    }
}
