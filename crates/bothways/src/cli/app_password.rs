//! `bothways app-password`: one secret per device, so that one can be taken back alone.

use std::path::Path;

use clap::Subcommand;
use identity::{AppPasswordEntry, Binding, Secret};
use serde::Serialize;

use super::{Done, Missing, open};
use crate::{
    ambient::moment,
    output::{self, Column},
    secret,
};

const EXAMPLES: &str = "\
Examples:
  bothways app-password add anna@example.com --label 'iPhone' --one-device
  bothways app-password revoke anna@example.com --label 'iPhone'";

/// App passwords.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum AppPassword {
    /// Add an app password and print it, once: it cannot be read again.
    Add {
        /// Whose.
        email: String,
        /// What the person calls it; each label once.
        #[arg(long, value_name = "TEXT")]
        label: String,
        /// Take this secret from standard input, instead of making one. Nothing is printed then.
        #[arg(long)]
        secret_stdin: bool,
        /// The first device that uses it is the only one that may.
        #[arg(long)]
        one_device: bool,
    },
    /// List a person's app passwords, without their secrets.
    List {
        /// Whose.
        email: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Take an app password back; the next request with it is refused.
    Revoke {
        /// Whose.
        email: String,
        /// Which.
        #[arg(long, value_name = "TEXT")]
        label: String,
    },
}

/// An app password, as it is printed.
#[derive(Debug, Serialize)]
struct Row {
    label: String,
    one_device: bool,
    device: Option<String>,
    created: String,
    last_used: Option<String>,
}

impl From<AppPasswordEntry> for Row {
    fn from(entry: AppPasswordEntry) -> Self {
        Self {
            label: entry.label,
            one_device: entry.binding == Binding::FirstDevice,
            device: entry.device,
            created: moment(entry.created_at),
            last_used: entry.last_used_at.map(moment),
        }
    }
}

const COLUMNS: [Column<Row>; 4] = [
    Column("LABEL", |row| row.label.clone()),
    Column("DEVICE", |row| match (&row.device, row.one_device) {
        (Some(device), _) => device.clone(),
        (None, true) => "the first that uses it".to_owned(),
        (None, false) => "any".to_owned(),
    }),
    Column("CREATED", |row| row.created.clone()),
    Column("LAST USED", |row| row.last_used.clone().unwrap_or_else(|| "never".to_owned())),
];

impl AppPassword {
    pub(super) async fn run(self, data: &Path) -> anyhow::Result<Done> {
        match self {
            Self::Add { email, label, secret_stdin, one_device } => {
                let given = secret_stdin.then(|| secret::from_stdin("secret")).transpose()?.map(Secret::new);
                let installation = open(data, Missing::Refuse).await?;
                let person = installation.person(&email).await?;
                let binding = if one_device { Binding::FirstDevice } else { Binding::AnyDevice };
                let secret = installation.identity.add_app_password(&person.email, &label, given, binding).await?;
                if !secret_stdin {
                    output::line(secret.reveal())?;
                }
            }
            Self::List { email, json } => {
                let installation = open(data, Missing::Refuse).await?;
                let person = installation.person(&email).await?;
                let entries = installation.identity.app_passwords(&person.email).await?;
                let rows: Vec<Row> = entries.into_iter().map(Row::from).collect();
                output::list(json, &rows, &COLUMNS, "there are no app passwords")?;
            }
            Self::Revoke { email, label } => {
                let mut installation = open(data, Missing::Refuse).await?;
                let person = installation.person(&email).await?;
                installation.identity.revoke_app_password(&person.email, &label).await?;
                installation.finish().await;
            }
        }
        Ok(Done::Whole)
    }
}
