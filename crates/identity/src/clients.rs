//! The programs that may ask for tokens (RFC 6749 2): Apple's, which every installation knows, and those that an
//! administrator adds.

use std::{collections::BTreeSet, fmt};

use hub::{AccessPath, AccountId};
use serde::{Deserialize, Serialize};

/// A client's `client_id`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClientId(String);

impl ClientId {
    /// The iOS account settings ("Apple Internet Accounts"): public, without secret, fixed in every iPhone.
    pub const APPLE: &'static str = "f8d98a96-0999-43f5-8af3-69971c7bb423";

    /// Takes a text for an id.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where Apple's client is sent back to, for each of its settings programs.
const APPLE_REDIRECTS: [&str; 3] = [
    "com.apple.Preferences://oauth-redirect",
    "com.apple.preferences.internetaccounts://oauth-redirect",
    "com.apple.mobilemail://oauth-redirect",
];

/// A way to get tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GrantType {
    /// `authorization_code`
    AuthorizationCode,
    /// `refresh_token`
    RefreshToken,
    /// `urn:ietf:params:oauth:grant-type:device_code`
    DeviceCode,
    /// `client_credentials`
    ClientCredentials,
}

impl GrantType {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::AuthorizationCode, Self::RefreshToken, Self::DeviceCode, Self::ClientCredentials];

    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
            Self::ClientCredentials => "client_credentials",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant| grant.name() == name)
    }
}

/// A program that may ask for tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its id.
    pub id: ClientId,
    /// The name people are shown.
    pub name: String,
    /// It has a secret, and must show it.
    pub confidential: bool,
    /// Where codes may be sent.
    pub redirect_uris: Vec<String>,
    /// The paths it may ask for.
    pub paths: BTreeSet<AccessPath>,
    /// The ways it may get tokens.
    pub grants: BTreeSet<GrantType>,
    /// Whose contacts a service reaches with its own credentials.
    pub acts_for: Option<AccountId>,
    /// Microseconds since 1970; 0 for Apple's.
    pub created_at: i64,
}

impl Client {
    /// Apple's.
    #[must_use]
    pub fn apple() -> Self {
        Self {
            id: ClientId::new(ClientId::APPLE),
            name: "Apple Internet Accounts".to_owned(),
            confidential: false,
            redirect_uris: APPLE_REDIRECTS.map(str::to_owned).to_vec(),
            paths: [AccessPath::ActiveSync].into(),
            grants: [GrantType::AuthorizationCode, GrantType::RefreshToken].into(),
            acts_for: None,
            created_at: 0,
        }
    }

    /// Whether codes may be sent there. Compared letter by letter; only Apple's may have one slash more at the end
    /// (phones leave out the one that is registered), and a program on the person's own machine may listen on any
    /// port (RFC 8252 7.3).
    #[must_use]
    pub fn may_be_sent_to(&self, redirect_uri: &str) -> bool {
        let asked = if self.id.as_str() == ClientId::APPLE {
            redirect_uri.strip_suffix('/').unwrap_or(redirect_uri)
        } else {
            redirect_uri
        };
        let same = |registered: &String| registered == asked || same_but_for_the_port(registered, asked);
        self.redirect_uris.iter().any(same)
    }
}

/// Whether two addresses of this machine itself differ in nothing but the port.
fn same_but_for_the_port(registered: &str, asked: &str) -> bool {
    ["http://127.0.0.1", "http://[::1]"].into_iter().any(|host| {
        let (Some(registered), Some(asked)) = (registered.strip_prefix(host), asked.strip_prefix(host)) else {
            return false;
        };
        matches!((place(registered), place(asked)), (Some(one), Some(other)) if one == other)
    })
}

/// What follows behind the port; `None` when something else than a port stands behind the host.
fn place(rest: &str) -> Option<&str> {
    let Some(port) = rest.strip_prefix(':') else { return (rest.is_empty() || rest.starts_with('/')).then_some(rest) };
    let end = port.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(port.len());
    let (digits, rest) = port.split_at(end);
    ((1..=5).contains(&digits.len()) && (rest.is_empty() || rest.starts_with('/'))).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ios_redirects_are_lenient_in_the_last_slash_and_in_nothing_else() {
        let apple = Client::apple();
        for good in [
            "com.apple.Preferences://oauth-redirect",
            "com.apple.Preferences://oauth-redirect/",
            "com.apple.preferences.internetaccounts://oauth-redirect/",
            "com.apple.mobilemail://oauth-redirect",
        ] {
            assert!(apple.may_be_sent_to(good), "{good}");
        }
        for bad in [
            "",
            "com.apple.preferences://oauth-redirect",
            "com.apple.Preferences://oauth-redirect//",
            "com.apple.Preferences://oauth-redirect/x",
            "com.apple.Preferences://oauth-redirect?x",
            "com.apple.Preferences://oauth-redirect.evil.example",
            "https://evil.example/com.apple.Preferences://oauth-redirect",
        ] {
            assert!(!apple.may_be_sent_to(bad), "{bad}");
        }
    }

    #[test]
    fn a_program_on_the_same_machine_may_listen_on_any_port() {
        let client = Client {
            id: ClientId::new("cli"),
            redirect_uris: vec!["http://127.0.0.1/back".into(), "https://app.example/back".into()],
            ..Client::apple()
        };
        for good in ["http://127.0.0.1/back", "http://127.0.0.1:4711/back", "https://app.example/back"] {
            assert!(client.may_be_sent_to(good), "{good}");
        }
        for bad in [
            "http://127.0.0.1:4711/other",
            "http://127.0.0.1:/back",
            "http://127.0.0.1:80@evil.example/back",
            "http://127.0.0.1.evil.example/back",
            "https://127.0.0.1:4711/back",
            "https://app.example:444/back",
            "https://app.example/back/",
            "https://APP.example/back",
        ] {
            assert!(!client.may_be_sent_to(bad), "{bad}");
        }
    }
}
