//! `bothways session`: who is signed in with OAuth, where, and ending it.

use std::path::Path;

use clap::Subcommand;
use identity::{SessionEntry, SessionId};
use serde::Serialize;

use super::{Done, Missing, open};
use crate::{
    ambient::{ago, moment, now},
    installation::Installation,
    output::{self, Column},
};

const EXAMPLES: &str = "\
Examples:
  bothways session list anna@example.com
  bothways session revoke anna@example.com --all

A session that is revoked is over at once: the phone asks for the password again. Its contacts stay on the phone until
it has signed in anew; `bothways device wipe` takes them away.";

/// Sessions.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Session {
    /// List sessions that live, the newest first.
    List {
        /// Whose; everybody's without this.
        email: Option<String>,
        /// Also those that ended or expired in the last 30 days.
        #[arg(long)]
        ended: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// End a session, or all of a person's.
    Revoke {
        /// Whose.
        email: String,
        /// Which, as `session list` shows it; the first digits are enough.
        #[arg(value_name = "ID", required_unless_present = "all")]
        session: Option<String>,
        /// All of them.
        #[arg(long, conflicts_with = "session")]
        all: bool,
    },
}

/// A session, as it is printed.
#[derive(Debug, Serialize)]
struct Row {
    session: String,
    email: String,
    client: String,
    path: &'static str,
    device: Option<String>,
    signed_in_with: Vec<String>,
    user_agent: String,
    network: String,
    began: String,
    last_used: String,
    expires: String,
    ended: Option<String>,
    ended_because: Option<String>,
    #[serde(skip)]
    used_at: i64,
}

impl From<SessionEntry> for Row {
    fn from(entry: SessionEntry) -> Self {
        let (ended, ended_because) = entry.ended.map(|(at, why)| (moment(at), why)).unzip();
        Self {
            session: entry.session.to_string(),
            email: entry.email,
            client: entry.client.to_string(),
            path: entry.path.name(),
            device: entry.device,
            signed_in_with: entry.amr,
            user_agent: entry.user_agent,
            network: entry.network,
            began: moment(entry.created_at),
            last_used: moment(entry.used_at),
            expires: moment(entry.expires_at),
            ended,
            ended_because,
            used_at: entry.used_at,
        }
    }
}

/// Digits of a session's id that a table shows.
const DIGITS: usize = 12;

const COLUMNS: [Column<Row>; 8] = [
    Column("SESSION", |row| row.session.chars().take(DIGITS).collect()),
    Column("EMAIL", |row| row.email.clone()),
    Column("PATH", |row| row.path.to_owned()),
    Column("DEVICE", |row| row.device.clone().unwrap_or_else(|| "-".to_owned())),
    Column("SIGNED IN WITH", |row| row.signed_in_with.join(" ")),
    Column("FROM", |row| row.network.clone()),
    Column("LAST USED", |row| ago(row.used_at)),
    Column("STATE", |row| row.ended_because.as_ref().map_or_else(|| "lives".to_owned(), |why| format!("ended: {why}"))),
];

impl Session {
    pub(super) async fn run(self, data: &Path) -> anyhow::Result<Done> {
        let mut installation = open(data, Missing::Refuse).await?;
        match self {
            Self::List { email, ended, json } => {
                let mut entries = Vec::new();
                for email in people(&installation, email).await? {
                    entries.extend(installation.identity.sessions(&email).await?);
                }
                let shown = |entry: &SessionEntry| ended || entry.lives(now());
                let rows: Vec<Row> = entries.into_iter().filter(shown).map(Row::from).collect();
                output::list(json, &rows, &COLUMNS, "there are no sessions")?;
            }
            Self::Revoke { email, session, all: _ } => {
                let person = installation.person(&email).await?;
                let why = "an administrator revoked it";
                let ended = match session {
                    None => installation.identity.end_sessions(person.account, why).await?,
                    Some(digits) => {
                        let session = named(&installation, &person.email, &digits).await?;
                        u64::from(installation.identity.end_session(person.account, session, why).await?)
                    }
                };
                output::line(&format!("{ended} sessions ended"))?;
            }
        }
        installation.finish().await;
        Ok(Done::Whole)
    }
}

async fn people(installation: &Installation, email: Option<String>) -> anyhow::Result<Vec<String>> {
    Ok(match email {
        Some(email) => vec![installation.person(&email).await?.email],
        None => installation.people().await?.into_iter().map(|person| person.email).collect(),
    })
}

/// The living session whose id begins with these digits.
async fn named(installation: &Installation, email: &str, digits: &str) -> anyhow::Result<SessionId> {
    let sessions = installation.identity.sessions(email).await?;
    let living = sessions.iter().filter(|entry| entry.lives(now()));
    let digits = digits.to_lowercase();
    let found: Vec<_> = living.filter(|entry| entry.session.to_string().starts_with(&digits)).collect();
    match found.as_slice() {
        [only] => Ok(only.session),
        [] => anyhow::bail!("{email} has no living session {digits}; `bothways session list {email}` shows them"),
        _ => anyhow::bail!("more than one session of {email} begins with {digits}; give more digits"),
    }
}
