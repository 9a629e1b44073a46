//! `bothways signing-key`: what access tokens are signed with.

use std::path::Path;

use anyhow::Context;
use clap::Subcommand;
use identity::SigningKeyEntry;
use serde::Serialize;

use super::{Done, Missing, open};
use crate::{
    ambient::moment,
    output::{self, Column},
};

const EXAMPLES: &str = "\
Examples:
  bothways signing-key list
  bothways signing-key rotate

Keys are exchanged by themselves before they are old; `rotate` is for when one may be in other hands. Tokens of the key
before stay good until they expire: nobody has to sign in anew. `bothways session revoke` takes tokens back at once.";

/// Signing keys.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum SigningKey {
    /// List the keys, the newest first, without what is secret of them.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Sign with a new key from now on, and print its id.
    Rotate,
}

/// A key, as it is printed.
#[derive(Debug, Serialize)]
struct Row {
    kid: String,
    made: String,
    replaced: Option<String>,
    /// `signs`, or `verifies`: tokens of it are still believed.
    state: &'static str,
}

impl From<SigningKeyEntry> for Row {
    fn from(entry: SigningKeyEntry) -> Self {
        Self {
            kid: entry.kid,
            made: moment(entry.created_at),
            replaced: entry.retired_at.map(moment),
            state: if entry.retired_at.is_none() { "signs" } else { "verifies" },
        }
    }
}

const COLUMNS: [Column<Row>; 4] = [
    Column("KEY", |row| row.kid.clone()),
    Column("MADE", |row| row.made.clone()),
    Column("REPLACED", |row| row.replaced.clone().unwrap_or_else(|| "-".to_owned())),
    Column("STATE", |row| row.state.to_owned()),
];

impl SigningKey {
    pub(super) async fn run(self, data: &Path) -> anyhow::Result<Done> {
        let mut installation = open(data, Missing::Refuse).await?;
        match self {
            Self::List { json } => {
                let keys = installation.identity.signing_keys().await?;
                let rows: Vec<Row> = keys.into_iter().map(Row::from).collect();
                output::list(json, &rows, &COLUMNS, "there are no signing keys; the first sign-in makes one")?;
            }
            Self::Rotate => {
                let kid = installation.identity.rotate_keys().await.context("the signing keys stay as they are")?;
                output::line(&kid)?;
            }
        }
        installation.finish().await;
        Ok(Done::Whole)
    }
}
