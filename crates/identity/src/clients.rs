//! The programs that may ask for tokens (RFC 6749 2): Apple's, which every installation knows, and those that an
//! administrator adds.

use std::{collections::BTreeSet, fmt};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hub::{AccessPath, AccountId};
use ledger::{
    LedgerError, Transaction,
    tables::{
        clients::{self, OAuthClient},
        people, sessions,
    },
};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::{
    audit::{self, AuditEvent},
    authenticate::Identity,
    credentials::Secret,
    error::{IdentityError, Result},
    hashing, limits,
    people::existing,
    sessions::GrantError,
};

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

/// A client to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewClient {
    /// Its id; one is drawn without.
    pub id: Option<ClientId>,
    /// The name people are shown.
    pub name: String,
    /// It gets a secret, and must show it.
    pub confidential: bool,
    /// Where codes may be sent.
    pub redirect_uris: Vec<String>,
    /// The paths it may ask for.
    pub paths: BTreeSet<AccessPath>,
    /// The ways it may get tokens.
    pub grants: BTreeSet<GrantType>,
    /// The address of the person whose contacts it reaches with its own credentials.
    pub acts_for: Option<String>,
}

impl NewClient {
    /// What is wrong with it, if anything.
    fn complaint(&self) -> Option<&'static str> {
        let service = self.grants.contains(&GrantType::ClientCredentials);
        let id = self.id.as_ref().map_or("drawn", ClientId::as_str);
        let plain =
            |text: &str, length: usize| !text.is_empty() && text.len() <= length && !text.contains(char::is_control);
        let sent_back = self.grants.contains(&GrantType::AuthorizationCode);
        if !plain(id, 100) || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
            Some("an id has up to 100 letters, digits and marks, without spaces")
        } else if id == ClientId::APPLE {
            Some("Apple's client is known already")
        } else if !plain(self.name.trim(), limits::LABEL_BYTES) {
            Some("a client has a name of up to 200 bytes")
        } else if self.paths.is_empty() || self.grants.is_empty() {
            Some("a client asks for at least one path, in at least one way")
        } else if service && !(self.confidential && self.acts_for.is_some()) {
            Some("a service has a secret, and acts for somebody")
        } else if self.acts_for.is_some() && !service {
            Some("only a service acts for somebody")
        } else if sent_back == self.redirect_uris.is_empty() {
            Some("authorization codes need a redirect address, and nothing else does")
        } else if !self.redirect_uris.iter().all(|uri| is_redirect(uri)) {
            Some(
                "a redirect address is https, http on this machine itself, or of a program's own scheme, without a fragment",
            )
        } else {
            None
        }
    }
}

/// RFC 6749 3.1.2 and RFC 8252 7: absolute, without fragment, and not readable on the way.
fn is_redirect(uri: &str) -> bool {
    let Some((scheme, rest)) = uri.split_once(':') else { return false };
    let plain = uri.bytes().all(|byte| byte.is_ascii_graphic()) && !uri.contains(['#', '\\', '"', '<', '>']);
    let local = ["//127.0.0.1", "//[::1]"]
        .into_iter()
        .any(|host| rest.strip_prefix(host).is_some_and(|rest| place(rest).is_some()));
    let own = scheme.contains('.')
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+'));
    plain
        && uri.len() <= 1000
        && match scheme {
            "https" => rest.strip_prefix("//").is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/')),
            "http" => local,
            _ => own && !rest.is_empty(),
        }
}

fn lines<'a>(items: impl Iterator<Item = &'a str>) -> String {
    items.collect::<Vec<_>>().join("\n")
}

impl From<OAuthClient> for Client {
    fn from(row: OAuthClient) -> Self {
        Self {
            id: ClientId::new(row.client),
            name: row.name,
            confidential: row.secret.is_some(),
            redirect_uris: row.redirect_uris.lines().map(str::to_owned).collect(),
            paths: AccessPath::ALL
                .into_iter()
                .filter(|path| row.paths.lines().any(|name| name == path.name()))
                .collect(),
            grants: row.grants.lines().filter_map(GrantType::named).collect(),
            acts_for: row.acts_for,
            created_at: row.created_at,
        }
    }
}

impl Identity {
    /// The client of this id; `None` when there is none.
    pub async fn client(&self, id: &ClientId) -> Result<Option<Client>, GrantError> {
        Ok(self.kept_client(id).await?.map(|(client, _)| client))
    }

    /// A client, and the hash of its secret.
    async fn kept_client(&self, id: &ClientId) -> Result<Option<(Client, Option<String>)>, GrantError> {
        if id.as_str() == ClientId::APPLE {
            return Ok(Some((Client::apple(), None)));
        }
        if id.as_str().contains('\0') {
            return Ok(None);
        }
        let id = id.clone();
        let found = self.inner.database.read::<_, LedgerError>(move |tx| clients::find(tx, id.as_str())).await?;
        Ok(found.map(|row| {
            let secret = row.secret.clone();
            (row.into(), secret)
        }))
    }

    /// The client that a token request comes from: a confidential one must show its secret, and one without must show
    /// none.
    pub async fn authenticate_client(&self, id: &ClientId, secret: Option<&Secret>) -> Result<Client, GrantError> {
        let Some((client, hash)) = self.kept_client(id).await? else { return Err(GrantError::Client) };
        let good = match (hash, secret) {
            (None, None) => true,
            (Some(hash), Some(secret)) => hashed(secret).as_bytes().ct_eq(hash.as_bytes()).into(),
            (Some(_), None) | (None, Some(_)) => false,
        };
        if good { Ok(client) } else { Err(GrantError::Client) }
    }

    /// Adds a client, and returns it with its secret, if it has one; that cannot be read again.
    pub async fn add_client(&self, new: NewClient) -> Result<(Client, Option<Secret>)> {
        if let Some(complaint) = new.complaint() {
            return Err(IdentityError::UnfitClient(complaint));
        }
        let mut random = [0; 48];
        self.inner.entropy.fill(&mut random);
        let (for_id, for_secret) = random.split_at(16);
        let secret = new.confidential.then(|| Secret::new(URL_SAFE_NO_PAD.encode(for_secret)));
        let row = OAuthClient {
            client: new.id.as_ref().map_or_else(|| URL_SAFE_NO_PAD.encode(for_id), ToString::to_string),
            name: new.name.trim().to_owned(),
            secret: secret.as_ref().map(hashed),
            redirect_uris: lines(new.redirect_uris.iter().map(String::as_str)),
            paths: lines(new.paths.iter().map(|path| path.name())),
            grants: lines(new.grants.iter().map(|grant| grant.name())),
            acts_for: None,
            created_at: self.inner.clock.now(),
        };
        let audited = self.audited(AuditEvent::new("client-added").with("client", row.client.clone()));
        let acts_for = new.acts_for;
        let write = move |tx: &mut dyn Transaction| {
            let acts_for = acts_for.as_deref().map(|email| existing(tx, email)).transpose()?;
            let row = OAuthClient { acts_for: acts_for.map(|person| person.account), ..row.clone() };
            clients::insert(tx, &row).map_err(|error| match error {
                LedgerError::Duplicate => IdentityError::ClientTaken(row.client.clone()),
                error => error.into(),
            })?;
            audit::insert(tx, &audited)?;
            Ok::<_, IdentityError>(Client::from(row))
        };
        Ok((self.inner.database.write(write).await?, secret))
    }

    /// Every client: Apple's, then those that were added, by id.
    pub async fn clients(&self) -> Result<Vec<Client>> {
        let rows = self.inner.database.read::<_, LedgerError>(clients::all).await?;
        Ok(std::iter::once(Client::apple()).chain(rows.into_iter().map(Client::from)).collect())
    }

    /// Removes a client and ends all its sessions, everybody's; their number.
    pub async fn remove_client(&self, id: &ClientId) -> Result<u64> {
        let now = self.inner.clock.now();
        let audited = self.audited(AuditEvent::new("client-removed").with("client", id.as_str()));
        let id = id.clone();
        let write = move |tx: &mut dyn Transaction| {
            if clients::delete(tx, id.as_str())? == 0 {
                return Err(IdentityError::NoSuchClient(id.to_string()));
            }
            let mut ended = 0_u64;
            let mut changed = Vec::new();
            for account in sessions::accounts_of_client(tx, id.as_str())? {
                ended += sessions::end_of_client(tx, &account, id.as_str(), now, "its client was removed")?;
                changed.push((account, people::changed(tx, &account)?));
            }
            audit::insert(tx, &audited)?;
            Ok((ended, changed))
        };
        let (ended, changed) = self.inner.database.write(write).await?;
        for (account, revision) in changed {
            self.inner.changed(account, revision);
        }
        Ok(ended)
    }
}

/// Secrets of clients are ours, and random enough for a plain digest.
fn hashed(secret: &Secret) -> String {
    URL_SAFE_NO_PAD.encode(hashing::token_digest(secret.reveal()))
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
    fn a_redirect_address_is_one_that_nobody_on_the_way_can_read() {
        for good in [
            "https://app.example/back",
            "http://127.0.0.1/back",
            "http://[::1]:8080/",
            "com.example.app://back",
            "com.example.app:/back",
        ] {
            assert!(is_redirect(good), "{good}");
        }
        for bad in [
            "",
            "https://",
            "https:///x",
            "http://app.example/back",
            "http://127.0.0.1.evil.example/",
            "javascript:alert(1)",
            "data:x",
            "https://app.example/#x",
            "https://app.example/ x",
            "app://x",
        ] {
            assert!(!is_redirect(bad), "{bad}");
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
