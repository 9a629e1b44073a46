//! `bothways user`: the people of this installation.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Subcommand;
use hub::AccessPath;
use identity::{IdentityError, NewPerson, PersonEntry, Secret, normal_email};
use serde::{Deserialize, Serialize};

use super::{Done, Missing, contacts::read_file, open, second_factor::SecondFactor, token::TokenPath};
use crate::{
    ambient::moment,
    installation::Installation,
    output::{self, Column},
    progress::Progress,
    secret,
};

const EXAMPLES: &str = "\
Examples:
  printf '%s' \"$SECRET\" | bothways user add anna@example.com --name 'Anna Lee' --password-stdin
  bothways user import people.csv
  bothways user disable anna@example.com

The header of the CSV file is
  email,name,password,groups,aliases
in any order; only email is needed. Several groups or aliases in one field are separated by semicolons.";

/// People who are imported at once: their passwords are hashed together.
const IMPORT_BATCH: usize = 256;

/// People.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum User {
    /// Add a person, with an empty address book.
    Add {
        /// The main address; also the name to sign in with.
        email: String,
        /// The name; the part of the address before the @ without this.
        #[arg(long)]
        name: Option<String>,
        /// Read the password from standard input. Without it, only app passwords and tokens open the account.
        #[arg(long)]
        password_stdin: bool,
        /// Another name to sign in with; as often as needed.
        #[arg(long = "alias", value_name = "NAME")]
        aliases: Vec<String>,
        /// A group; as often as needed.
        #[arg(long = "group", value_name = "GROUP")]
        groups: Vec<String>,
    },
    /// Add many people from a CSV file. Those who are there already stay as they are.
    #[command(after_help = EXAMPLES)]
    Import {
        /// The file; `-` is standard input.
        file: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// List everybody.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Shut a person out of every path and end their sessions. Nothing of theirs is deleted.
    Disable {
        /// The address.
        email: String,
    },
    /// Let a person in again.
    Enable {
        /// The address.
        email: String,
    },
    /// Close paths for a person, such as ActiveSync; all others are open.
    Paths {
        /// The address.
        email: String,
        /// A path to close; as often as needed. Without any, every path is open again.
        #[arg(long, value_enum, value_name = "PATH")]
        off: Vec<TokenPath>,
    },
    /// Give a person another password, and end their sessions.
    Password {
        /// The address.
        email: String,
        /// Read the password from standard input.
        #[arg(long, required_unless_present = "remove")]
        password_stdin: bool,
        /// Take the password away: only app passwords and tokens open the account then.
        #[arg(long, conflicts_with = "password_stdin")]
        remove: bool,
    },
    /// Second factors: list a person's, or take them away from somebody who lost theirs.
    #[command(subcommand)]
    SecondFactor(SecondFactor),
}

/// A person, as they are printed.
#[derive(Debug, Serialize)]
struct PersonRow {
    email: String,
    name: String,
    disabled: bool,
    has_password: bool,
    groups: Vec<String>,
    aliases: Vec<String>,
    created: String,
    account: String,
}

impl From<PersonEntry> for PersonRow {
    fn from(person: PersonEntry) -> Self {
        Self {
            email: person.email,
            name: person.name,
            disabled: person.disabled,
            has_password: person.has_password,
            groups: person.groups,
            aliases: person.aliases,
            created: moment(person.created_at),
            account: person.account.to_string(),
        }
    }
}

const COLUMNS: [Column<PersonRow>; 5] = [
    Column("EMAIL", |row| row.email.clone()),
    Column("NAME", |row| row.name.clone()),
    Column("STATE", |row| if row.disabled { "disabled" } else { "enabled" }.to_owned()),
    Column("ALIASES", |row| row.aliases.join(" ")),
    Column("GROUPS", |row| row.groups.join(", ")),
];

impl User {
    pub(super) async fn run(self, data: &Path) -> anyhow::Result<Done> {
        match self {
            Self::Add { email, name, password_stdin, aliases, groups } => {
                let email = normal_email(&email)?;
                let password = password_stdin.then(|| secret::from_stdin("password")).transpose()?.map(Secret::new);
                let name = name.unwrap_or_else(|| email.split('@').next().unwrap_or_default().to_owned());
                let installation = open(data, Missing::Create).await?;
                let asked = Asked { email, name, password, groups, aliases };
                add(&installation, asked).await?;
            }
            Self::Import { file, json } => {
                let rows = read_csv(&file)?;
                return import(&open(data, Missing::Create).await?, &file, rows, json).await;
            }
            Self::List { json } => {
                let people = open(data, Missing::Refuse).await?.people().await?;
                let rows: Vec<PersonRow> = people.into_iter().map(PersonRow::from).collect();
                output::list(json, &rows, &COLUMNS, "there are no users; `bothways user add` adds one")?;
            }
            Self::Disable { email } => set_disabled(data, &email, true).await?,
            Self::Enable { email } => set_disabled(data, &email, false).await?,
            Self::Password { email, password_stdin: _, remove } => {
                let password = if remove { None } else { Some(Secret::new(secret::from_stdin("password")?)) };
                let mut installation = open(data, Missing::Refuse).await?;
                let person = installation.person(&email).await?;
                installation.identity.set_password(&person.email, password).await?;
                installation.finish().await;
            }
            Self::SecondFactor(command) => command.run(data).await?,
            Self::Paths { email, off } => {
                let mut installation = open(data, Missing::Refuse).await?;
                let person = installation.person(&email).await?;
                let off = off.into_iter().map(AccessPath::from).collect();
                installation.identity.set_paths_off(&person.email, off).await?;
                installation.finish().await;
            }
        }
        Ok(Done::Whole)
    }
}

async fn set_disabled(data: &Path, email: &str, disabled: bool) -> anyhow::Result<()> {
    let mut installation = open(data, Missing::Refuse).await?;
    let person = installation.person(email).await?;
    installation.identity.set_disabled(&person.email, disabled).await?;
    installation.finish().await;
    Ok(())
}

/// Somebody to be added, without an account yet.
struct Asked {
    email: String,
    name: String,
    password: Option<Secret>,
    groups: Vec<String>,
    aliases: Vec<String>,
}

impl Asked {
    /// With an account. Made before the person: a crash in between leaves an account nobody knows of, never a person
    /// without one.
    async fn with_account(self, installation: &Installation) -> anyhow::Result<NewPerson> {
        let account = installation.identity.draw_account();
        installation.hub.create_account(account).await?;
        let Self { email, name, password, groups, aliases } = self;
        Ok(NewPerson { account, email, name, password, groups, aliases })
    }
}

async fn add(installation: &Installation, asked: Asked) -> anyhow::Result<()> {
    for name in std::iter::once(&asked.email).chain(&asked.aliases) {
        if let Some(person) = installation.identity.find(name).await? {
            anyhow::bail!("{name} belongs to {} already; `bothways user list` shows everybody", person.email);
        }
    }
    let person = asked.with_account(installation).await?;
    installation.identity.add(person).await?;
    Ok(())
}

/// A line of the file.
#[derive(Deserialize)]
struct CsvRow {
    email: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    groups: String,
    #[serde(default)]
    aliases: String,
}

/// Lines with their numbers, those that cannot be read with the reason.
type CsvRows = Vec<(u64, Result<CsvRow, String>)>;

fn read_csv(file: &Path) -> anyhow::Result<CsvRows> {
    let bytes = read_file(file)?;
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::Headers).from_reader(text);
    let header = reader.headers().with_context(|| format!("{} is no CSV file", file.display()))?.clone();
    if !header.iter().any(|column| column == "email") {
        anyhow::bail!(
            "{}: the first line must name the columns email,name,password,groups,aliases; only email is needed",
            file.display()
        );
    }
    let mut rows = Vec::new();
    let mut record = csv::StringRecord::new();
    loop {
        let line = reader.position().line();
        match reader.read_record(&mut record) {
            Ok(false) => return Ok(rows),
            Ok(true) => {
                let line = record.position().map_or(line, csv::Position::line);
                rows.push((line, record.deserialize(Some(&header)).map_err(|error| error.to_string())));
            }
            // Its text names the line once more; the kind alone says what is wrong.
            Err(error) if matches!(error.kind(), csv::ErrorKind::UnequalLengths { .. }) => {
                rows.push((line, Err(format!("another number of columns than the {} of the header", header.len()))));
            }
            Err(error) if matches!(error.kind(), csv::ErrorKind::Utf8 { .. }) => {
                rows.push((line, Err("the line is not UTF-8".to_owned())));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// An import's outcome, as it is printed.
#[derive(Debug, Default, Serialize)]
struct Outcome {
    added: usize,
    already_there: usize,
    refused: usize,
    errors: Vec<String>,
}

impl Outcome {
    fn refuse(&mut self, line: u64, why: &dyn std::fmt::Display) {
        self.refused += 1;
        self.errors.push(format!("line {line}: {why}"));
    }
}

async fn import(installation: &Installation, file: &Path, rows: CsvRows, json: bool) -> anyhow::Result<Done> {
    let mut outcome = Outcome::default();
    let mut bar = Progress::new("Adding");
    let total = rows.len();
    let mut known: HashSet<String> = installation.people().await?.into_iter().map(|person| person.email).collect();
    let mut batch = Vec::new();
    for (at, (line, row)) in rows.into_iter().enumerate() {
        match row.and_then(|row| asked(row).map_err(|error| error.to_string())) {
            Err(why) => outcome.refuse(line, &why),
            Ok(asked) if !known.insert(asked.email.clone()) => outcome.already_there += 1,
            Ok(asked) => batch.push((line, asked.with_account(installation).await?)),
        }
        if batch.len() == IMPORT_BATCH || at + 1 == total {
            add_all(installation, std::mem::take(&mut batch), &mut outcome).await;
            bar.set(at + 1, total);
        }
    }
    bar.finish();
    if json {
        output::object(&outcome)?;
    } else {
        for error in &outcome.errors {
            eprintln!("{}: {error}", file.display());
        }
        output::line(&format!(
            "Imported: {} added, {} there already, {} lines refused",
            outcome.added, outcome.already_there, outcome.refused
        ))?;
    }
    Ok(if outcome.refused == 0 { Done::Whole } else { Done::InPart })
}

fn asked(row: CsvRow) -> Result<Asked, IdentityError> {
    let list = |text: &str| -> Vec<String> {
        text.split([';', '|']).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let email = normal_email(&row.email)?;
    let name = match row.name.trim() {
        "" => email.split('@').next().unwrap_or_default(),
        name => name,
    };
    Ok(Asked {
        name: name.to_owned(),
        password: Some(row.password).filter(|password| !password.is_empty()).map(Secret::new),
        groups: list(&row.groups),
        aliases: list(&row.aliases),
        email,
    })
}

async fn add_all(installation: &Installation, people: Vec<(u64, NewPerson)>, outcome: &mut Outcome) {
    let (lines, people): (Vec<u64>, Vec<NewPerson>) = people.into_iter().unzip();
    for (line, result) in lines.into_iter().zip(installation.identity.import(people).await) {
        match result {
            Ok(_) => outcome.added += 1,
            Err(error) => outcome.refuse(line, &error),
        }
    }
}
