//! `phone load`: many phones at work.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use phone::{Credentials, Pace, PhoneConfig, Trust};

use super::account::Server;
use super::people::{self, Person};
use super::scenarios;
use super::server_process::ServerProcess;

/// Connections from one local address before the next one is taken.
const CONNECTIONS_PER_SOURCE: usize = 10_000;

/// What the phones do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// First runs of fresh phones; one operation is a contact received
    Initial,
    /// One phone changes a contact, another one is told by Ping and syncs; one operation is a change
    Change,
    /// New contacts in batches of 25; one operation is a contact sent
    Upload,
    /// Syncs that find nothing new; one operation is a Sync
    Nochange,
    /// Pings that wait; one operation is a phone
    Ping,
    /// Directory searches; one operation is a search
    Gal,
}

/// Options of `phone load`.
#[derive(Debug, Args)]
pub struct Load {
    #[command(flatten)]
    pub server: Server,
    /// What the phones do
    #[arg(long, value_enum)]
    pub scenario: Scenario,
    /// Number of phones
    #[arg(long, default_value_t = 1)]
    pub phones: usize,
    /// Number of people the phones belong to, in turn; as many as phones if not given
    #[arg(long)]
    pub people: Option<usize>,
    /// File of people, one `email,password` a line
    #[arg(long, value_name = "FILE", conflicts_with = "user_pattern")]
    pub users: Option<PathBuf>,
    /// File of people who sign in with tokens, one `email,token` a line: a server need not hash them, which with one
    /// password and thousands of phones takes most of the time
    #[arg(long, value_name = "FILE", conflicts_with_all = ["user_pattern", "users"])]
    pub tokens: Option<PathBuf>,
    /// Addresses of people; {} is replaced by 0, 1, 2, ...
    #[arg(long, value_name = "PATTERN", default_value = "load{}@example.org")]
    pub user_pattern: String,
    /// Password of all people of the pattern
    #[arg(long, env = "PHONE_PASSWORD", default_value = "")]
    pub password: String,
    /// Contacts each person has (initial, change, nochange) or each phone sends (upload)
    #[arg(long, default_value_t = 0)]
    pub contacts: usize,
    /// How many of a hundred contacts have the photo of --photo
    #[arg(long, default_value_t = 0, requires = "photo")]
    pub photo_percent: usize,
    /// A JPEG file
    #[arg(long, value_name = "FILE")]
    pub photo: Option<PathBuf>,
    /// How long to measure, where the work has no end of its own
    #[arg(long, default_value_t = 10)]
    pub seconds: u64,
    /// Phones working at the same time
    #[arg(long, default_value_t = 8)]
    pub connections: usize,
    /// HeartbeatInterval of waiting Pings in seconds
    #[arg(long, default_value_t = 1800)]
    pub heartbeat: u64,
    /// Scenario ping: wake all phones at the end by a change in every person's contacts
    #[arg(long)]
    pub wake: bool,
    /// Scenario ping: keep the phones that were set up in this file and end; when it is there, take them from it and hold
    /// them. In between the server can be started anew, so that its memory tells of nothing but held phones
    #[arg(long, value_name = "FILE")]
    pub kept: Option<PathBuf>,
    /// Scenario ping: phones that begin to wait each second
    #[arg(long, default_value_t = 1000)]
    pub rate: u32,
    /// Scenario gal: texts to search for, in turn
    #[arg(long, value_delimiter = ',', default_value = "mueller,anna,berg,fisch,person")]
    pub queries: Vec<String>,
    /// Process id of the server, to measure what it costs
    #[arg(long)]
    pub server_pid: Option<u32>,
    /// Prefix of device ids; another prefix makes other phones
    #[arg(long, default_value = "LOAD")]
    pub device_prefix: String,
    /// Print figures as JSON
    #[arg(long)]
    pub json: bool,
}

/// What the scenarios work with.
pub struct Plan {
    /// The options.
    pub load: Load,
    /// People in turn.
    pub people: Vec<Person>,
    /// The server's process.
    pub process: Option<ServerProcess>,
    /// The photo's bytes.
    pub photo: Option<Vec<u8>>,
    trust: Trust,
}

impl Load {
    /// Runs the scenario and prints its figures.
    pub async fn measure(self) -> anyhow::Result<()> {
        if self.phones == 0 {
            bail!("no phones");
        }
        // Two sockets a phone; where the system allows fewer, opening them fails and is reported.
        let _ = rlimit::increase_nofile_limit(u64::MAX);
        let json = self.json;
        let plan = Plan::new(self)?;
        let figures = scenarios::run(plan).await?;
        if json {
            println!("{}", serde_json::to_string_pretty(&figures)?);
        } else {
            figures.print();
        }
        if !figures.violations.is_empty() || !figures.errors.is_empty() {
            bail!("the server broke rules or operations failed");
        }
        Ok(())
    }
}

impl Plan {
    fn new(load: Load) -> anyhow::Result<Self> {
        let people = match (&load.users, &load.tokens) {
            (Some(file), _) => people::from_file(file, Credentials::Password)?,
            (None, Some(file)) => people::from_file(file, Credentials::Bearer)?,
            (None, None) => {
                people::from_pattern(&load.user_pattern, &load.password, load.people.unwrap_or(load.phones))?
            }
        };
        let process = load.server_pid.map(ServerProcess::new).transpose()?;
        let photo = load
            .photo
            .as_ref()
            .map(|file| std::fs::read(file).with_context(|| format!("cannot read {}", file.display())));
        let trust = load.server.trust()?;
        Ok(Self { people, process, photo: photo.transpose()?, trust, load })
    }

    /// The people that have phones.
    pub fn owners(&self) -> &[Person] {
        self.people.get(..self.load.phones).unwrap_or(&self.people)
    }

    /// The n-th phone; `role` keeps phones of different purposes apart.
    pub fn config(&self, role: &str, number: usize) -> PhoneConfig {
        let person = self.people.get(number % self.people.len().max(1)).cloned();
        let nobody = || Person { user: String::new(), credentials: Credentials::Password(String::new()) };
        let Person { user, credentials } = person.unwrap_or_else(nobody);
        let device = format!("{}{role}{number}", self.load.device_prefix);
        let mut config = self.load.server.config(&self.trust, &user, credentials, &device);
        config.pace = Pace::HURRIED;
        config.heartbeat = Duration::from_secs(self.load.heartbeat);
        config.source = self.source(number);
        config.gal_pictures = false;
        config
    }

    /// The photo of the n-th contact, for as many as were asked for.
    pub fn photo_of(&self, n: usize) -> Option<&[u8]> {
        self.photo.as_deref().filter(|_| n % 100 < self.load.photo_percent)
    }

    /// One loopback address has about 28,000 ports; more phones need more addresses.
    fn source(&self, number: usize) -> Option<IpAddr> {
        let loopback = self.load.server.url.contains("://127.") || self.load.server.url.contains("://localhost");
        if !loopback || self.load.phones <= CONNECTIONS_PER_SOURCE {
            return None;
        }
        let host = u8::try_from(2 + number / CONNECTIONS_PER_SOURCE).unwrap_or(u8::MAX);
        Some(IpAddr::V4(Ipv4Addr::new(127, 0, 0, host)))
    }
}
