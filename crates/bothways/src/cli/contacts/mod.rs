//! `bothways contacts`: a person's contacts, as files and as lists.

mod adopt;
mod export;
mod history;
pub(crate) mod import;
mod list;

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use hub::{Access, CardId, Revision, books::Book};

use super::{Done, Missing, open};
use crate::limits::IMPORT_BYTES_MAX;

const EXAMPLES: &str = "\
Examples:
  bothways contacts import contacts.vcf --user anna@example.com
  bothways contacts adopt phone.vcf --user anna@example.com --apply
  bothways contacts export --user anna@example.com -o anna.vcf
  bothways contacts list --user anna@example.com --deleted
  bothways contacts restore 42 --user anna@example.com";

/// A person's contacts.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Contacts {
    /// Import vCard files (2.1, 3.0, 4.0, of any program). What is there already, by UID, stays as it is.
    ///
    /// Exit code 0: everything was read. 2: some cards were broken; they are named with their lines, the rest is
    /// imported.
    Import(Import),
    /// Take over contacts that live on a phone alone, from a vCard file of its local contacts.
    ///
    /// Says which contact each card is and what it would bring; with --apply it is done, and can be taken back with
    /// --undo. Nothing of what is here is deleted. Exit code 2: some cards could not be read.
    Adopt(Adopt),
    /// Write all contacts as one vCard file.
    Export(Export),
    /// List contacts.
    List(List),
    /// Show every version of a contact.
    History {
        /// The contact's id, as `contacts list` shows it.
        contact: i64,
        #[command(flatten)]
        of: Of,
        /// Print JSON, with the whole contact in each version.
        #[arg(long)]
        json: bool,
    },
    /// Make an old version of a contact the newest one, or bring a deleted contact back.
    Restore {
        /// The contact's id, as `contacts list` or `contacts list --deleted` shows it.
        contact: i64,
        #[command(flatten)]
        of: Of,
        /// Which version, as `contacts history` shows it. Without: a deleted contact as it last was, any other as it
        /// was before its last change.
        #[arg(long)]
        revision: Option<i64>,
    },
}

/// Whose contacts.
#[derive(Debug, Args)]
pub struct Of {
    /// Whose contacts.
    #[arg(long, value_name = "EMAIL")]
    user: String,
}

/// Options of `contacts import`.
#[derive(Debug, Args)]
pub struct Import {
    /// The files; `-` is standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    of: Of,
    /// The address book, made when it is missing; the default one without this.
    #[arg(long, value_name = "NAME")]
    book: Option<String>,
    /// Say what would happen, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Options of `contacts adopt`.
#[derive(Debug, Args)]
pub struct Adopt {
    /// The vCard file of the phone's local contacts; `-` is standard input.
    #[arg(required_unless_present = "undo", conflicts_with = "undo")]
    file: Option<PathBuf>,
    #[command(flatten)]
    of: Of,
    /// Do it. Without, it is only said what would happen.
    #[arg(long, conflicts_with = "undo")]
    apply: bool,
    /// The card that begins on this line of the file is this contact.
    #[arg(long, value_name = "LINE=CONTACT", value_parser = line_and_contact)]
    same: Vec<(usize, CardId)>,
    /// The card that begins on this line of the file is a contact that is not here yet.
    #[arg(long, value_name = "LINE")]
    new: Vec<usize>,
    /// Take a name that only one contact has, here and on the phone, for one person.
    #[arg(long)]
    trust_names: bool,
    /// Take a run back: what it wrote and nobody has changed since is as it was before.
    #[arg(long, value_name = "RUN")]
    undo: Option<String>,
    /// Print JSON, with the contacts about which nothing is to be said as well.
    #[arg(long)]
    json: bool,
}

fn line_and_contact(text: &str) -> Result<(usize, CardId), String> {
    let parts = text.split_once('=').and_then(|(line, contact)| Some((line.parse().ok()?, contact.parse().ok()?)));
    let (line, contact) = parts.ok_or("write it as LINE=CONTACT, such as 12=4711")?;
    Ok((line, CardId(contact)))
}

/// Options of `contacts export`.
#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    of: Of,
    /// Of this address book only.
    #[arg(long, value_name = "NAME")]
    book: Option<String>,
    /// Version of vCard.
    #[arg(long, value_enum, default_value_t = Format::V3)]
    format: Format,
    /// Write to this file, not to standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Options of `contacts list`.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    of: Of,
    /// Of this address book only.
    #[arg(long, value_name = "NAME", conflicts_with = "deleted")]
    book: Option<String>,
    /// The deleted ones instead, most recently deleted first.
    #[arg(long)]
    deleted: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// A version of vCard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// vCard 3.0, which every program reads.
    #[value(name = "3")]
    V3,
    /// vCard 4.0.
    #[value(name = "4")]
    V4,
}

impl Contacts {
    pub(super) async fn run(self, data: &Path) -> anyhow::Result<Done> {
        let mut installation = open(data, Missing::Refuse).await?;
        let done = match self {
            Self::Import(options) => import::run(&installation, options).await?,
            Self::Adopt(options) => adopt::run(&installation, options).await?,
            Self::Export(options) => export::run(&installation, options).await?,
            Self::List(options) => list::run(&installation, options).await?,
            Self::History { contact, of, json } => {
                let (_, access) = installation.access_of(&of.user).await?;
                history::show(&access, CardId(contact), json).await?
            }
            Self::Restore { contact, of, revision } => {
                let (_, access) = installation.access_of(&of.user).await?;
                history::restore(&access, CardId(contact), revision.map(Revision)).await?
            }
        };
        installation.send_hints();
        Ok(done)
    }
}

/// The living books that are meant: the one of this name, or all.
async fn books(access: &Access, name: Option<&str>) -> anyhow::Result<Vec<Book>> {
    let books = access.books().await?;
    let Some(name) = name else { return Ok(books) };
    if let Some(book) = books.iter().find(|book| same_name(&book.name, name)) {
        return Ok(vec![book.clone()]);
    }
    let names: Vec<&str> = books.iter().map(|book| book.name.as_str()).collect();
    anyhow::bail!("there is no address book {name:?}; there are: {}", names.join(", "))
}

fn same_name(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.trim().to_lowercase()
}

/// A whole file, or standard input for `-`.
pub(super) fn read_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    let read = |from: &mut dyn Read| -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        from.take(IMPORT_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = if path == Path::new("-") {
        read(&mut io::stdin().lock())
    } else {
        read(&mut fs::File::open(path).with_context(|| cannot_read(path))?)
    };
    let bytes = bytes.with_context(|| cannot_read(path))?;
    if bytes.len() as u64 > IMPORT_BYTES_MAX {
        anyhow::bail!("{} is larger than {} MiB; split it", path.display(), IMPORT_BYTES_MAX >> 20);
    }
    Ok(bytes)
}

fn cannot_read(path: &Path) -> String {
    format!("{} cannot be read", path.display())
}
