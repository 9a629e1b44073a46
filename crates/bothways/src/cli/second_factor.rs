//! `bothways user second-factor`: what people show beside their password.

use std::path::Path;

use clap::Subcommand;
use identity::second_factor::{FactorEntry, FactorKind};
use serde::Serialize;

use super::{Missing, open};
use crate::{
    ambient::moment,
    output::{self, Column},
};

const EXAMPLES: &str = "\
Examples:
  bothways user second-factor list anna@example.com
  bothways user second-factor reset anna@example.com

People add and remove their own at /account. After a reset the password alone opens the sign-in page, until they add one
again; with [sign_in] second_factor = \"required\" they are led to that at their next sign-in.";

/// Second factors.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum SecondFactor {
    /// List a person's second factors; recovery codes as their number.
    List {
        /// The address.
        email: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Take all of them away, recovery codes too, from somebody who lost theirs.
    Reset {
        /// The address.
        email: String,
    },
}

/// A second factor, as it is printed.
#[derive(Debug, Serialize)]
struct Row {
    kind: &'static str,
    label: String,
    /// One, but for recovery codes: those that are left.
    count: usize,
    added: String,
    last_used: Option<String>,
    /// Nothing for recovery codes.
    id: Option<String>,
}

const COLUMNS: [Column<Row>; 5] = [
    Column("KIND", |row| row.kind.to_owned()),
    Column("LABEL", |row| row.label.clone()),
    Column("COUNT", |row| row.count.to_string()),
    Column("ADDED", |row| row.added.clone()),
    Column("LAST USED", |row| row.last_used.clone().unwrap_or_else(|| "never".to_owned())),
];

fn row(count: usize, entry: FactorEntry) -> Row {
    let id = (entry.kind != FactorKind::Recovery).then(|| entry.id.to_string());
    Row {
        kind: entry.kind.name(),
        label: entry.label,
        count,
        added: moment(entry.created_at),
        last_used: entry.used_at.map(moment),
        id,
    }
}

impl SecondFactor {
    pub(super) async fn run(self, data: &Path) -> anyhow::Result<()> {
        let mut installation = open(data, Missing::Refuse).await?;
        match self {
            Self::List { email, json } => {
                let person = installation.person(&email).await?;
                let factors = installation.identity.second_factors(person.account).await?;
                let (codes, others): (Vec<_>, Vec<_>) =
                    factors.into_iter().partition(|factor| factor.kind == FactorKind::Recovery);
                let left = codes.len();
                let codes = codes.into_iter().next().map(|first| row(left, first));
                let rows: Vec<Row> = others.into_iter().map(|factor| row(1, factor)).chain(codes).collect();
                output::list(json, &rows, &COLUMNS, &format!("{} has no second factor", person.email))?;
            }
            Self::Reset { email } => {
                let person = installation.person(&email).await?;
                let count = installation.identity.reset_second_factors(&person.email).await?;
                output::line(&format!("{count} second factors and recovery codes taken away"))?;
            }
        }
        installation.finish().await;
        Ok(())
    }
}
