//! `bothways audit`: who signed in, what was decided, what was changed.

use std::{collections::HashMap, path::Path, time::Duration};

use clap::{Args, Subcommand};
use hub::AccountId;
use identity::AuditEntry;
use serde::Serialize;
use serde_json::Value;

use super::{Done, Missing, duration, open};
use crate::{
    ambient::{moment, now},
    installation::Installation,
    output::{self, Column},
};

const EXAMPLES: &str = "\
Examples:
  bothways audit list --since 1d
  bothways audit export --user anna@example.com > anna.jsonl

[audit] retention in bothways.toml says how long it is kept.";

/// The audit.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Audit {
    /// Show what happened, in order.
    List {
        #[command(flatten)]
        which: Which,
        /// Print a JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Write what happened as JSON lines, however much it is.
    Export {
        #[command(flatten)]
        which: Which,
    },
}

/// What to look at.
#[derive(Debug, Args)]
pub struct Which {
    /// How far back: 2h, 7d, 4w. All without this (for `list`, the last day).
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    since: Option<Duration>,
    /// Of this person alone.
    #[arg(long, value_name = "EMAIL")]
    user: Option<String>,
}

/// An event, as it is printed.
#[derive(Debug, Serialize)]
struct Row {
    at: String,
    event: String,
    outcome: String,
    user: Option<String>,
    actor: String,
    network: Option<String>,
    device: Option<String>,
    detail: Value,
}

const COLUMNS: [Column<Row>; 8] = [
    Column("AT", |row| row.at.clone()),
    Column("EVENT", |row| row.event.clone()),
    Column("OUTCOME", |row| row.outcome.clone()),
    Column("USER", |row| row.user.clone().unwrap_or_else(|| "-".to_owned())),
    Column("BY", |row| row.actor.clone()),
    Column("FROM", |row| row.network.clone().unwrap_or_else(|| "-".to_owned())),
    Column("DEVICE", |row| row.device.clone().unwrap_or_else(|| "-".to_owned())),
    Column("DETAIL", |row| detail(&row.detail)),
];

fn detail(detail: &Value) -> String {
    let Some(detail) = detail.as_object() else { return String::new() };
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    detail.iter().map(|(name, value)| format!("{name}={}", text(value))).collect::<Vec<_>>().join(" ")
}

/// A list shows the last day unless it is told otherwise.
const LIST_SINCE: Duration = Duration::from_hours(24);

impl Audit {
    pub(super) async fn run(self, data: &Path) -> anyhow::Result<Done> {
        let installation = open(data, Missing::Refuse).await?;
        match self {
            Self::List { which, json } => {
                let which = Which { since: which.since.or(Some(LIST_SINCE)), ..which };
                let mut rows = Vec::new();
                each(&installation, which, |row| {
                    rows.push(row);
                    Ok(())
                })
                .await?;
                output::list(json, &rows, &COLUMNS, "nothing happened in that time")?;
            }
            Self::Export { which } => {
                each(&installation, which, |row| output::line(&serde_json::to_string(&row)?)).await?;
            }
        }
        Ok(Done::Whole)
    }
}

/// Hands over the events one by one, in order.
async fn each(
    installation: &Installation,
    which: Which,
    mut take: impl FnMut(Row) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let since = which.since.map_or(0, |span| now().saturating_sub(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)));
    let emails: HashMap<AccountId, String> =
        installation.people().await?.into_iter().map(|person| (person.account, person.email)).collect();
    let account = match &which.user {
        Some(email) => Some(installation.person(email).await?.account),
        None => None,
    };
    let audit = installation.identity.audit();
    let mut last: Option<AuditEntry> = None;
    loop {
        let page = audit.page(since, account, last.as_ref()).await?;
        let Some(newest) = page.last().cloned() else { return Ok(()) };
        last = Some(newest);
        for entry in page {
            take(row(entry, &emails))?;
        }
    }
}

fn row(entry: AuditEntry, emails: &HashMap<AccountId, String>) -> Row {
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    Row {
        at: moment(entry.at),
        event: entry.event,
        outcome: entry.outcome,
        user: entry.account.map(|account| emails.get(&account).cloned().unwrap_or_else(|| account.to_string())),
        actor: entry.actor,
        network: some(entry.network),
        device: some(entry.device),
        detail: entry.detail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_shown_as_words() {
        let told = serde_json::json!({ "client": "crm", "number": 3 });
        assert_eq!(detail(&told), "client=crm number=3");
        assert_eq!(detail(&Value::Null), "");
    }
}
