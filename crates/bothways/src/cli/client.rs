//! `bothways client`: the programs that may ask for tokens.

use std::path::Path;

use clap::Subcommand;
use hub::AccessPath;
use identity::{ClientId, GrantType, NewClient};
use serde::Serialize;

use super::{Done, Missing, open, token::TokenPath};
use crate::{
    ambient::moment,
    output::{self, Column},
};

const EXAMPLES: &str = "\
Examples:
  bothways client add 'Outlook add-in' --path graph --redirect https://addin.example.com/back
  bothways client add 'Command line' --path graph --device-code
  bothways client add 'CRM import' --path graph --acts-for sales@example.com

The iPhone's own client is known to every installation and need not be added. A secret is printed once and cannot be
read again.";

/// Programs that may ask for tokens.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Client {
    /// Add a program and print its id, and its secret if it has one.
    Add {
        /// The name that people are shown when they agree.
        name: String,
        /// Its id; one is drawn without this.
        #[arg(long, value_name = "ID")]
        id: Option<String>,
        /// A path it may ask for; as often as needed.
        #[arg(long = "path", value_enum, value_name = "PATH", required = true)]
        paths: Vec<TokenPath>,
        /// Where it gets its codes; as often as needed. https, http on 127.0.0.1, or a scheme of its own.
        #[arg(long = "redirect", value_name = "URI")]
        redirects: Vec<String>,
        /// It shows a code that people type elsewhere (RFC 8628).
        #[arg(long)]
        device_code: bool,
        /// It keeps a secret: a program on a server, not one on people's devices.
        #[arg(long)]
        confidential: bool,
        /// It reaches this person's contacts by itself, with its secret alone, and nobody signs in.
        #[arg(long, value_name = "EMAIL")]
        acts_for: Option<String>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// List programs.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Remove a program and end all its sessions, everybody's.
    Remove {
        /// Its id.
        id: String,
    },
}

/// A program, as it is printed.
#[derive(Debug, Serialize)]
struct Row {
    id: String,
    name: String,
    confidential: bool,
    paths: Vec<&'static str>,
    grants: Vec<&'static str>,
    redirects: Vec<String>,
    acts_for: Option<String>,
    added: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl Row {
    fn of(client: identity::Client, acts_for: Option<String>) -> Self {
        Self {
            id: client.id.to_string(),
            name: client.name,
            confidential: client.confidential,
            paths: client.paths.into_iter().map(AccessPath::name).collect(),
            grants: client.grants.into_iter().map(GrantType::name).collect(),
            redirects: client.redirect_uris,
            acts_for,
            added: (client.created_at > 0).then(|| moment(client.created_at)),
            secret: None,
        }
    }
}

const COLUMNS: [Column<Row>; 6] = [
    Column("ID", |row| row.id.clone()),
    Column("NAME", |row| row.name.clone()),
    Column("PATHS", |row| row.paths.join(" ")),
    Column("SECRET", |row| if row.confidential { "yes" } else { "no" }.to_owned()),
    Column("ACTS FOR", |row| row.acts_for.clone().unwrap_or_else(|| "who signs in".to_owned())),
    Column("REDIRECTS", |row| row.redirects.join(" ")),
];

impl Client {
    pub(super) async fn run(self, data: &Path) -> anyhow::Result<Done> {
        let mut installation = open(data, Missing::Refuse).await?;
        match self {
            Self::Add { name, id, paths, redirects, device_code, confidential, acts_for, json } => {
                let grants = [
                    (!redirects.is_empty()).then_some(GrantType::AuthorizationCode),
                    (!redirects.is_empty() || device_code).then_some(GrantType::RefreshToken),
                    device_code.then_some(GrantType::DeviceCode),
                    acts_for.is_some().then_some(GrantType::ClientCredentials),
                ];
                let new = NewClient {
                    id: id.map(ClientId::new),
                    name,
                    confidential: confidential || acts_for.is_some(),
                    redirect_uris: redirects,
                    paths: paths.into_iter().map(AccessPath::from).collect(),
                    grants: grants.into_iter().flatten().collect(),
                    acts_for: acts_for.clone(),
                };
                if new.grants.is_empty() {
                    anyhow::bail!("how does it get tokens? Add --redirect, --device-code or --acts-for");
                }
                let (client, secret) = installation.identity.add_client(new).await?;
                let secret = secret.map(|secret| secret.reveal().to_owned());
                if json {
                    output::object(&Row { secret, ..Row::of(client, acts_for) })?;
                } else {
                    output::line(&format!("client_id {}", client.id))?;
                    if let Some(secret) = secret {
                        output::line(&format!("client_secret {secret}"))?;
                    }
                }
            }
            Self::List { json } => {
                let mut rows = Vec::new();
                for client in installation.identity.clients().await? {
                    let acts_for = match client.acts_for {
                        Some(account) => installation.identity.facts_of(account).await?.map(|person| person.email),
                        None => None,
                    };
                    rows.push(Row::of(client, acts_for));
                }
                output::list(json, &rows, &COLUMNS, "there are no programs")?;
            }
            Self::Remove { id } => {
                let ended = installation.identity.remove_client(&ClientId::new(id)).await?;
                output::line(&format!("{ended} sessions ended"))?;
            }
        }
        installation.finish().await;
        Ok(Done::Whole)
    }
}
