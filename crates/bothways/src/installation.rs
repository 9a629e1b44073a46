//! What a data folder holds, opened: the ledger and everything that is built on it. The server and the commands open
//! it alike, so that a command sees and does what a path would.

use std::{path::PathBuf, sync::Arc};

use activesync::{
    ActiveSync, ApplicationDataForms,
    challenge::{BearerChallenge, Challenge},
};
use anyhow::Context;
use certificates::Certificates;
use directory::Directory;
use federation::{Company, CompanyTokens, LdapPasswords};
use http::uri::Scheme;
use hub::{Access, AccountId, Hub};
use identity::{AccountPassword, Gate, Identity, InstallationKey, Policy, Settings};
use ledger::{Database, Durability, SqliteOptions};
use tokio::sync::broadcast::{self, error::TryRecvError};

use crate::{
    ambient::{self, SystemClock, SystemEntropy},
    configuration::{self, Configuration, SignInMode},
    data_folder::DataFolder,
    hints, installation_key,
};

/// A person who may sign in.
pub use identity::PersonEntry as Person;

/// What the history names for changes made by commands.
const AUTHOR: &str = "command";

/// What Exchange calls itself in its challenges; clients expect it and do not look at it.
const EXCHANGE_CLIENT_ID: &str = "00000002-0000-0ff1-ce00-000000000000";

/// The ledger counts its size in pages of 4 KiB.
const PAGES_PER_MEBIBYTE: u32 = 256;

/// An installation that is open, with its schema up to date.
pub struct Installation {
    /// The facts.
    pub ledger: Database,
    /// The rules.
    pub hub: Hub,
    /// The people who can be looked up.
    pub directory: Directory,
    /// Who people are.
    pub identity: Identity,
    /// What becomes of them on their devices.
    pub gate: Gate,
    /// The company's own provider, where people sign in with it.
    pub company: Option<Company>,
    /// The authority for client certificates.
    pub certificates: Certificates,
    key: InstallationKey,
    hints: PathBuf,
    changed: broadcast::Receiver<AccountId>,
}

impl Installation {
    /// Opens the database that the settings name and brings its schema up to date.
    pub async fn open(folder: &DataFolder, configuration: &Configuration) -> anyhow::Result<Self> {
        let ledger = open_ledger(folder, configuration)?;
        ledger.migrate(&ambient::now).await.context("the database cannot be used")?;
        let forms = Arc::new(ApplicationDataForms);
        let hub = Hub::new(ledger.clone(), forms, Arc::new(SystemClock), Arc::new(SystemEntropy));
        let key = installation_key::open(folder, configuration)?;
        let company = company(folder, configuration)?;
        let company_tokens = company.as_ref().and_then(CompanyTokens::of).map(|tokens| Arc::new(tokens) as _);
        let directory_passwords = ldap(folder, configuration)?;
        let sign_in = Settings {
            policy: sign_in_policy(configuration),
            issuer: configuration.server.public_url.as_ref().map(|url| url.trim_end_matches('/').to_owned()),
            audit_retention: configuration.audit.retention,
            access_token_life: configuration.sign_in.access_token_life,
            session_life: configuration.sign_in.session_life,
            hub: Some(hub.clone()),
            password_source: directory_passwords.map(|directory| Arc::new(directory) as _),
            token_sources: company_tokens.into_iter().collect(),
            ..Settings::new(key.clone())
        };
        let identity = Identity::new(ledger.clone(), Arc::new(SystemClock), Arc::new(SystemEntropy), sign_in);
        let gate = Gate::new(identity.clone());
        let certificates = certificates(&ledger, &identity, &key, configuration);
        let changed = hub.wake_ups().all();
        let directory = Directory::new(ledger.clone());
        Ok(Self { ledger, hub, directory, identity, gate, company, certificates, key, hints: folder.hints(), changed })
    }

    /// The ActiveSync path over this installation.
    pub fn activesync(&self, configuration: &Configuration) -> ActiveSync {
        let settings = activesync::Settings {
            public_url: configuration.server.public_url.clone(),
            scheme: scheme(configuration),
            challenge: challenge(configuration),
            policy: device_policy(configuration),
        };
        ActiveSync::behind(self.gate.clone(), self.hub.clone(), self.directory.clone(), settings)
    }

    /// The authorization server over this installation.
    pub fn oauth(&self, configuration: &Configuration) -> oauth::Service {
        oauth::Service {
            identity: self.identity.clone(),
            gate: self.gate.clone(),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            key: self.key.clone(),
            company: self.company.clone(),
            settings: oauth::Settings {
                public_url: configuration.server.public_url.clone(),
                scheme: scheme(configuration),
                organization: configuration.sign_in.organization.clone(),
                passwords: configuration.sign_in.passwords,
                second_factor: configuration.sign_in.second_factor,
                help_contact: configuration.sign_in.help_contact.clone(),
            },
        }
    }

    /// The Graph path over this installation.
    pub fn graph(&self, configuration: &Configuration) -> anyhow::Result<graph::Service> {
        let settings = &configuration.server;
        Ok(graph::Service {
            hub: self.hub.clone(),
            directory: self.directory.clone(),
            identity: self.identity.clone(),
            entropy: Arc::new(SystemEntropy),
            http: graph::http_client().context("notifications cannot be sent")?,
            options: graph::Options {
                tls: !settings.plain_http,
                trust_forwarded_proto: settings.behind_proxy,
                // A server for this machine alone may tell programs on it.
                plain_http_endpoints: settings.plain_http && !settings.behind_proxy,
                ..graph::Options::default()
            },
        })
    }

    /// Everybody, by address.
    pub async fn people(&self) -> anyhow::Result<Vec<Person>> {
        Ok(self.identity.list().await?)
    }

    /// The person with this address or alias.
    ///
    /// # Errors
    /// Nobody has it.
    pub async fn person(&self, email: &str) -> anyhow::Result<Person> {
        let found = self.identity.find(email).await?;
        found.ok_or_else(|| {
            anyhow::anyhow!("there is no user {email}; `bothways user list` shows them, `bothways user add` adds one")
        })
    }

    /// What the administrator may do with a person's contacts.
    pub fn access(&self, person: &Person) -> Access {
        self.hub.for_account(person.account, AUTHOR)
    }

    /// A person, and what the administrator may do with their contacts.
    pub async fn access_of(&self, email: &str) -> anyhow::Result<(Person, Access)> {
        let person = self.person(email).await?;
        let access = self.access(&person);
        Ok((person, access))
    }

    /// Writes down what is still to be written, and tells a running server what was changed. For commands, at their end.
    pub async fn finish(&mut self) {
        self.identity.audit().flush().await;
        self.send_hints();
    }

    /// Tells a running server what was changed since this was opened. For commands, at their end.
    pub fn send_hints(&mut self) {
        let mut told = std::collections::HashSet::new();
        loop {
            match self.changed.try_recv() {
                Ok(account) if told.insert(account) => hints::send(&self.hints, account),
                Ok(_) | Err(TryRecvError::Lagged(_)) => {}
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }
}

fn certificates(
    ledger: &Database,
    identity: &Identity,
    key: &InstallationKey,
    configuration: &Configuration,
) -> Certificates {
    let settings = certificates::Settings {
        name: configuration.certificates.authority_name.clone(),
        public_url: configuration.server.public_url.clone(),
        life: configuration.certificates.life,
    };
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    Certificates::new(ledger.clone(), identity.clone(), key.clone(), clock, entropy, settings)
}

/// The company's provider, if the settings name one. Nobody is asked anything yet.
pub fn company(folder: &DataFolder, configuration: &Configuration) -> anyhow::Result<Option<Company>> {
    let Some(settings) = configuration.company.clone() else { return Ok(None) };
    let address = configuration.server.public_url.as_deref().unwrap_or_default().trim_end_matches('/');
    let redirect_uri = format!("{address}/sign-in/company");
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    Company::new(settings, folder.path(), redirect_uri, clock, entropy)
        .map(Some)
        .context("bothways.toml cannot be used")
}

/// The company's directory, if the settings name one. Nobody is asked anything yet.
pub fn ldap(folder: &DataFolder, configuration: &Configuration) -> anyhow::Result<Option<LdapPasswords>> {
    let Some(settings) = configuration.ldap.clone() else { return Ok(None) };
    LdapPasswords::new(settings, folder.path()).map(Some).context("bothways.toml cannot be used")
}

/// How clients reach this server. A proxy in front speaks TLS with them.
fn scheme(configuration: &Configuration) -> Scheme {
    let plain = configuration.server.plain_http && !configuration.server.behind_proxy;
    if plain { Scheme::HTTP } else { Scheme::HTTPS }
}

/// What an iPhone is told that asks how to sign in.
fn challenge(configuration: &Configuration) -> Challenge {
    let bearer = |issuer_kind: Option<&str>| BearerChallenge {
        client_id: EXCHANGE_CLIENT_ID.to_owned(),
        authorization_uri: "/oauth2/authorize".to_owned(),
        issuer_kind: issuer_kind.map(str::to_owned),
    };
    let bearer = match configuration.sign_in.mode {
        SignInMode::OnPremises => Some(bearer(Some("ADFS"))),
        SignInMode::Entra => Some(bearer(None)),
        SignInMode::Off => None,
    };
    Challenge { basic_realm: Some("Bothways".to_owned()), bearer }
}

fn device_policy(configuration: &Configuration) -> Option<activesync::policy::Policy> {
    let settings = &configuration.provisioning;
    settings.required.then(|| activesync::policy::Policy {
        passcode_length_min: settings.passcode_length_min,
        passcode_alphanumeric: settings.passcode_alphanumeric,
        lock_after_seconds: settings.lock_after.map(|span| u32::try_from(span.as_secs()).unwrap_or(u32::MAX)),
        failed_attempts_max: settings.failed_attempts_max,
        encryption: settings.encryption,
    })
}

fn sign_in_policy(configuration: &Configuration) -> Policy {
    let allowed = configuration.access.account_passwords;
    let account_password = if allowed { AccountPassword::Allowed } else { AccountPassword::Refused };
    Policy { account_password, ..Policy::default() }
}

fn open_ledger(folder: &DataFolder, configuration: &Configuration) -> anyhow::Result<Database> {
    if let Some(url) = configuration.database_url(folder)? {
        return Database::open_postgres(&url).context("[database] url in bothways.toml is no PostgreSQL address");
    }
    let durability = match configuration.database.durability {
        configuration::Durability::PowerFailure => Durability::PowerFailure,
        configuration::Durability::ProcessEnd => Durability::ProcessEnd,
    };
    let file = folder.database();
    let pages_max = configuration.database.mebibytes_max.map(|size| size.saturating_mul(PAGES_PER_MEBIBYTE));
    Database::open_sqlite(&file, SqliteOptions { durability, pages_max, ..SqliteOptions::default() })
        .with_context(|| format!("the database {} cannot be opened", file.display()))
}
