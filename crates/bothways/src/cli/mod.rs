//! The command line: one file per group of commands.
//!
//! Exit codes: 0 done; 1 not done, and standard error says why and what to do; 2 done in part (some input could not be
//! read), or the command line itself was wrong.

mod access;
mod app_password;
mod audit;
mod certificate;
mod client;
mod completions;
pub(crate) mod contacts;
mod demo;
mod device;
mod directory;
mod doctor;
pub(crate) mod fleet;
mod scep;
mod second_factor;
mod serve;
mod session;
mod signing_key;
mod token;
mod user;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::{configuration::Configuration, data_folder::DataFolder, installation::Installation, output, span};

const EXAMPLES: &str = "\
A first installation:
  bothways user add anna@example.com --name 'Anna Lee' --password-stdin < password.txt
  bothways contacts import contacts.vcf --user anna@example.com
  bothways serve

Commands may be given while the server runs; what they change takes effect at once.";

/// Two-way company contacts for managed phones: ActiveSync for native Contacts apps, a Graph-compatible API for
/// Outlook-side programs, one directory for all.
#[derive(Debug, Parser)]
#[command(name = "bothways", version, after_help = EXAMPLES, propagate_version = true)]
struct Arguments {
    /// The data folder: database, settings, certificate.
    #[arg(long, global = true, value_name = "DIR", env = "BOTHWAYS_DATA", default_value = "./bothways-data")]
    data: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    /// Run the server.
    Serve(serve::Serve),
    /// People: add, import, list, disable, enable, set passwords.
    #[command(subcommand)]
    User(user::User),
    /// App passwords: one per device, each can be taken back alone.
    #[command(subcommand)]
    AppPassword(app_password::AppPassword),
    /// Client certificates: the authority, issue, list, revoke.
    #[command(subcommand)]
    Certificate(certificate::Certificate),
    /// Challenge passwords, with which phones fetch certificates by SCEP.
    #[command(subcommand)]
    Scep(scep::Scep),
    /// Sessions: sign-ins of phones and programs with OAuth. List and revoke.
    #[command(subcommand)]
    Session(session::Session),
    /// Programs that may ask for tokens (OAuth clients): add, list, remove.
    #[command(subcommand)]
    Client(client::Client),
    /// Who signed in and what was changed: list, export.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// What access tokens are signed with: list, rotate.
    #[command(subcommand)]
    SigningKey(signing_key::SigningKey),
    /// Bearer tokens for programs: issue, list, revoke.
    #[command(subcommand)]
    Token(token::Token),
    /// A person's contacts: import, export, list, history, restore.
    #[command(subcommand)]
    Contacts(contacts::Contacts),
    /// The company directory (global address list): import, search.
    #[command(subcommand)]
    Directory(directory::Directory),
    /// Phones and other devices: list, show, block, quarantine, allow, clear, forget, wipe.
    #[command(subcommand)]
    Device(device::Device),
    /// Which devices get contacts: explain, what-if, check.
    #[command(subcommand)]
    Access(access::Access),
    /// Enrolled devices: profiles, Outlook's configuration, checks of the company's policies, rollout.
    #[command(subcommand)]
    Fleet(fleet::Fleet),
    /// Check this installation and say what to fix.
    Doctor(doctor::Doctor),
    /// Print a completion script for a shell.
    Completions(completions::Completions),
}

/// How a command ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    /// As asked.
    Whole,
    /// Some of the input could not be read; the rest is done.
    InPart,
    /// The doctor found something to fix.
    WithFindings,
}

impl From<Done> for ExitCode {
    fn from(done: Done) -> Self {
        match done {
            Done::Whole => Self::SUCCESS,
            Done::WithFindings => Self::from(1),
            Done::InPart => Self::from(2),
        }
    }
}

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(done) => done.into(),
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<Done> {
    let Arguments { data, command } = arguments;
    let command = match command {
        Command::Completions(completions) => return completions.run(),
        command => command,
    };
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        match command {
            Command::Demo(demo) => demo.run().await,
            Command::Serve(serve) => serve.run(&data).await,
            Command::User(user) => user.run(&data).await,
            Command::AppPassword(app_password) => app_password.run(&data).await,
            Command::Certificate(certificate) => certificate.run(&data).await,
            Command::Scep(scep) => scep.run(&data).await,
            Command::Session(session) => session.run(&data).await,
            Command::Client(client) => client.run(&data).await,
            Command::Audit(audit) => audit.run(&data).await,
            Command::SigningKey(signing_key) => signing_key.run(&data).await,
            Command::Token(token) => token.run(&data).await,
            Command::Contacts(contacts) => contacts.run(&data).await,
            Command::Directory(directory) => directory.run(&data).await,
            Command::Device(device) => device.run(&data).await,
            Command::Access(access) => access.run(&data).await,
            Command::Fleet(fleet) => fleet.run(&data).await,
            Command::Doctor(doctor) => doctor.run(&data).await,
            Command::Completions(completions) => completions.run(),
        }
    })
}

/// Whether a command makes the data folder when it is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    /// It does: it is one that people begin with.
    Create,
    /// It does not: without folder there is nothing it could be about.
    Refuse,
}

/// Opens the installation for a command.
async fn open(data: &std::path::Path, missing: Missing) -> anyhow::Result<Installation> {
    Ok(open_with(data, missing).await?.2)
}

/// The same, with where it lies and how it is set.
async fn open_with(
    data: &std::path::Path,
    missing: Missing,
) -> anyhow::Result<(DataFolder, Configuration, Installation)> {
    let folder = match missing {
        Missing::Create => DataFolder::open_or_create(data)?,
        Missing::Refuse => DataFolder::open(data)?,
    };
    let configuration = Configuration::read(&folder)?;
    if missing == Missing::Create {
        Configuration::write_template(&folder)?;
    }
    let mut installation = Installation::open(&folder, &configuration).await?;
    let administrator = administrator();
    installation.identity = installation.identity.acting_as(&administrator);
    installation.certificates = installation.certificates.acting_as(&administrator);
    Ok((folder, configuration, installation))
}

/// Who gives this command, as the audit names them.
fn administrator() -> String {
    let name = ["SUDO_USER", "USER"].into_iter().find_map(|name| std::env::var(name).ok());
    name.filter(|name| !name.is_empty()).map_or_else(|| "command".to_owned(), |name| format!("command ({name})"))
}

/// For clap.
fn duration(text: &str) -> Result<std::time::Duration, span::SpanError> {
    span::parse(text)
}
