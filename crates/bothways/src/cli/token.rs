//! `bothways token`: bearer tokens for programs.

use std::{path::Path, time::Duration};

use clap::{Subcommand, ValueEnum};
use hub::AccessPath;
use identity::{TokenEntry, TokenId};
use serde::Serialize;

use super::{Done, Missing, duration, open};
use crate::{
    ambient::moment,
    installation::Installation,
    output::{self, Column},
};

const EXAMPLES: &str = "\
Examples:
  TOKEN=$(bothways token issue anna@example.com --path graph --ttl 1h)
  bothways token list anna@example.com
  bothways token revoke anna@example.com 5f3a12
  bothways token revoke anna@example.com";

/// Bearer tokens.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Token {
    /// Issue a token and print it, alone on a line. It cannot be read again.
    Issue {
        /// Whose contacts it opens.
        email: String,
        /// The one path it opens.
        #[arg(long, value_enum)]
        path: TokenPath,
        /// How long it is good: 15m, 1h, 30d, up to ten years.
        #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "1h")]
        ttl: Duration,
    },
    /// List a person's tokens, without their secrets.
    List {
        /// Whose.
        email: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Take one of a person's tokens back, or all of them.
    Revoke {
        /// Whose.
        email: String,
        /// Which, as `token list` shows it; the first digits are enough. All of them without this.
        #[arg(value_name = "ID")]
        token: Option<String>,
    },
}

/// A path, as commands name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TokenPath {
    /// Microsoft Graph's contacts.
    Graph,
    /// Exchange ActiveSync.
    #[value(name = "activesync")]
    ActiveSync,
    /// CardDAV.
    #[value(name = "carddav")]
    CardDav,
    /// JMAP for Contacts.
    Jmap,
}

impl From<TokenPath> for AccessPath {
    fn from(path: TokenPath) -> Self {
        match path {
            TokenPath::Graph => Self::Graph,
            TokenPath::ActiveSync => Self::ActiveSync,
            TokenPath::CardDav => Self::CardDav,
            TokenPath::Jmap => Self::Jmap,
        }
    }
}

/// A token, as it is printed.
#[derive(Debug, Serialize)]
struct Row {
    token: String,
    path: &'static str,
    issued: String,
    expires: String,
}

impl From<TokenEntry> for Row {
    fn from(entry: TokenEntry) -> Self {
        Self {
            token: entry.id.to_string(),
            path: entry.path.name(),
            issued: moment(entry.created_at),
            expires: moment(entry.expires_at),
        }
    }
}

const COLUMNS: [Column<Row>; 4] = [
    Column("TOKEN", |row| row.token.clone()),
    Column("PATH", |row| row.path.to_owned()),
    Column("ISSUED", |row| row.issued.clone()),
    Column("EXPIRES", |row| row.expires.clone()),
];

impl Token {
    pub(super) async fn run(self, data: &Path) -> anyhow::Result<Done> {
        let mut installation = open(data, Missing::Refuse).await?;
        match self {
            Self::Issue { email, path, ttl } => {
                let person = installation.person(&email).await?;
                let token = installation.identity.issue_token(&person.email, path.into(), ttl).await?;
                output::line(token.reveal())?;
            }
            Self::List { email, json } => {
                let person = installation.person(&email).await?;
                let rows: Vec<Row> =
                    installation.identity.tokens(&person.email).await?.into_iter().map(Row::from).collect();
                output::list(json, &rows, &COLUMNS, "there are no tokens")?;
            }
            Self::Revoke { email, token } => {
                let person = installation.person(&email).await?;
                let revoked = match token {
                    None => installation.identity.revoke_tokens(&person.email).await?,
                    Some(digits) => {
                        let token = named(&installation, &person.email, &digits).await?;
                        installation.identity.revoke_token(&person.email, token).await?;
                        1
                    }
                };
                output::line(&format!("{revoked} tokens revoked"))?;
            }
        }
        installation.finish().await;
        Ok(Done::Whole)
    }
}

/// The token whose id begins with these digits.
async fn named(installation: &Installation, email: &str, digits: &str) -> anyhow::Result<TokenId> {
    let tokens = installation.identity.tokens(email).await?;
    let digits = digits.to_lowercase();
    let found: Vec<_> = tokens.iter().filter(|entry| entry.id.to_string().starts_with(&digits)).collect();
    match found.as_slice() {
        [only] if !digits.is_empty() => Ok(only.id),
        [] => anyhow::bail!("{email} has no token {digits}; `bothways token list {email}` shows them"),
        _ => anyhow::bail!("more than one token of {email} begins with {digits:?}; give more digits"),
    }
}
