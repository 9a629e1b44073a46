//! What the path is made of, handed in by the program.

use std::{sync::Arc, time::Duration};

use directory::Directory;
use hub::{Entropy, Hub};
use identity::Identity;

use crate::{ids, limits::SUBSCRIPTION_LIFETIME_MAX};

/// Everything the path works with. Clones share it.
#[derive(Clone)]
pub struct Service {
    /// The contacts.
    pub hub: Hub,
    /// The people one can look up.
    pub directory: Directory,
    /// Who is asking.
    pub identity: Identity,
    /// For request ids and subscription ids.
    pub entropy: Arc<dyn Entropy>,
    /// For notifications; see [`http_client`].
    pub http: reqwest::Client,
    /// What the administrator decides.
    pub options: Options,
}

/// What the administrator decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Whether this server itself speaks TLS: the scheme of links to further pages.
    pub tls: bool,
    /// Whether a proxy in front says what scheme the client used (`X-Forwarded-Proto`). Only with a proxy that always
    /// sets the header itself.
    pub trust_forwarded_proto: bool,
    /// Whether notifications may be sent to `http` addresses.
    pub plain_http_endpoints: bool,
    /// The longest a subscription can be asked for.
    pub subscription_lifetime_max: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            tls: true,
            trust_forwarded_proto: false,
            plain_http_endpoints: false,
            subscription_lifetime_max: SUBSCRIPTION_LIFETIME_MAX,
        }
    }
}

impl Service {
    /// A random GUID.
    pub(crate) fn new_guid(&self) -> String {
        let mut bytes = [0; 16];
        self.entropy.fill(&mut bytes);
        ids::guid(u128::from_be_bytes(bytes))
    }
}

/// The client that notifications are sent with: it follows no redirection, so that nobody is sent where the subscriber
/// did not prove to be.
///
/// # Errors
/// When the system's certificates cannot be used.
pub fn http_client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("bothways/", env!("CARGO_PKG_VERSION")))
        .build()
}
