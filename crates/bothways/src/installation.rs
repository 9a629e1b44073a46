//! What a data folder holds, opened: the ledger and everything that is built on it. The server and the commands open
//! it alike, so that a command sees and does what a path would.

use std::{path::PathBuf, sync::Arc};

use activesync::{ActiveSync, ApplicationDataForms};
use anyhow::Context;
use directory::Directory;
use hub::{Access, AccountId, Hub};
use identity::{AccountPassword, Identity, Policy, Settings};
use ledger::{Database, Durability, SqliteOptions};
use tokio::sync::broadcast::{self, error::TryRecvError};

use crate::{
    ambient::{self, SystemClock, SystemEntropy},
    configuration::{self, Configuration},
    data_folder::DataFolder,
    hints, installation_key,
};

/// A person who may sign in.
pub use identity::PersonEntry as Person;

/// What the history names for changes made by commands.
const AUTHOR: &str = "command";

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
        let sign_in = Settings {
            policy: sign_in_policy(configuration),
            issuer: configuration.server.public_url.as_ref().map(|url| url.trim_end_matches('/').to_owned()),
            audit_retention: configuration.audit.retention,
            hub: Some(hub.clone()),
            ..Settings::new(installation_key::open(folder, configuration)?)
        };
        let identity = Identity::new(ledger.clone(), Arc::new(SystemClock), Arc::new(SystemEntropy), sign_in);
        let changed = hub.wake_ups().all();
        let directory = Directory::new(ledger.clone());
        Ok(Self { ledger, hub, directory, identity, hints: folder.hints(), changed })
    }

    /// The ActiveSync path over this installation.
    pub fn activesync(&self, configuration: &Configuration) -> ActiveSync {
        let settings = activesync::Settings {
            public_url: configuration.server.public_url.clone(),
            // A proxy in front speaks TLS with the clients.
            scheme: if configuration.server.plain_http && !configuration.server.behind_proxy {
                http::uri::Scheme::HTTP
            } else {
                http::uri::Scheme::HTTPS
            },
            policy: device_policy(configuration),
            ..activesync::Settings::default()
        };
        let people = self.identity.clone();
        ActiveSync::new(self.hub.clone(), people, self.directory.clone(), settings)
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
