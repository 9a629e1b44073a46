//! `bothways directory`: the company directory, which phones search and cannot change.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use directory::{
    Entry, Range,
    import::{ColumnMap, Counts, CsvFile, LineError, Options, PhotoFolder, Report},
};
use serde::Serialize;

use super::{Done, Missing, open};
use crate::{
    cli::contacts::read_file,
    output::{self, Column},
    progress::Progress,
};

const EXAMPLES: &str = "\
Examples:
  bothways directory import people.csv --photos photos/ --dry-run
  bothways directory import export.csv --map name='Display Name',phone='Office Phone'
  bothways directory search 'anna mu'

The header of the CSV file is
  email,name,given_name,surname,phone,mobile,home_phone,company,department,title,office,alias
in any order; only email is needed. Photos are files named after the address: anna@example.com.jpg";

/// The company directory.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Directory {
    /// Import people from a CSV file. Importing the same file again changes nothing.
    #[command(after_help = EXAMPLES)]
    Import {
        /// The file; `-` is standard input.
        file: PathBuf,
        /// Columns of other names: FIELD=COLUMN,FIELD=COLUMN
        #[arg(long, value_name = "MAP", default_value = "")]
        map: ColumnMap,
        /// A folder of photos, each named after the address.
        #[arg(long, value_name = "DIR")]
        photos: Option<PathBuf>,
        /// Remove people whom the file does not mention.
        #[arg(long)]
        remove_missing: bool,
        /// Say what would happen, and change nothing.
        #[arg(long)]
        dry_run: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Search as phones do: every word is the beginning of a name, address, number, company, department or office.
    Search {
        /// What to look for.
        #[arg(required = true)]
        words: Vec<String>,
        /// How many to show.
        #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// An entry, as it is printed; the names are those of the CSV header.
#[derive(Debug, Serialize)]
struct EntryRow {
    email: String,
    name: String,
    given_name: String,
    surname: String,
    phone: String,
    mobile: String,
    home_phone: String,
    company: String,
    department: String,
    title: String,
    office: String,
    alias: String,
}

impl From<Entry> for EntryRow {
    fn from(entry: Entry) -> Self {
        Self {
            email: entry.email,
            name: entry.name,
            given_name: entry.given_name,
            surname: entry.surname,
            phone: entry.phone,
            mobile: entry.mobile,
            home_phone: entry.home_phone,
            company: entry.company,
            department: entry.department,
            title: entry.title,
            office: entry.office,
            alias: entry.alias,
        }
    }
}

const COLUMNS: [Column<EntryRow>; 6] = [
    Column("NAME", |row| row.name.clone()),
    Column("EMAIL", |row| row.email.clone()),
    Column("PHONE", |row| row.phone.clone()),
    Column("MOBILE", |row| row.mobile.clone()),
    Column("DEPARTMENT", |row| row.department.clone()),
    Column("OFFICE", |row| row.office.clone()),
];

impl Directory {
    pub(super) async fn run(self, data: &Path) -> anyhow::Result<Done> {
        match self {
            Self::Import { file, map, photos, remove_missing, dry_run, json } => {
                let installation = open(data, Missing::Create).await?;
                let photos = photos.map(|folder| PhotoFolder::open(&folder));
                let photos = photos.transpose().map_err(directory::import::ImportError::Photos)?;
                let options = Options { photos, remove_missing };
                import(&installation.directory, &file, &map, options, Printing { dry_run, json }).await
            }
            Self::Search { words, limit, json } => {
                let installation = open(data, Missing::Refuse).await?;
                let found = installation.directory.search(&words.join(" "), Range::first(limit)).await?;
                let rows: Vec<EntryRow> = found.entries.into_iter().map(EntryRow::from).collect();
                output::list(json, &rows, &COLUMNS, "nobody found")?;
                Ok(Done::Whole)
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Printing {
    dry_run: bool,
    json: bool,
}

/// An import's outcome, as it is printed.
#[derive(Debug, Serialize)]
struct Outcome {
    dry_run: bool,
    added: usize,
    changed: usize,
    unchanged: usize,
    removed: usize,
    kept: usize,
    refused: usize,
    photos: usize,
    errors: Vec<String>,
}

async fn import(
    directory: &directory::Directory,
    file: &Path,
    map: &ColumnMap,
    options: Options,
    printing: Printing,
) -> anyhow::Result<Done> {
    let name = file.display();
    let csv = CsvFile::open(read_file(file)?, map).map_err(|error| anyhow::anyhow!("{name}: {error}"))?;
    let plan = directory.plan(csv, options).await.map_err(|error| anyhow::anyhow!("{name}: {error}"))?;
    let (counts, mut errors) = (plan.counts, plan.errors.clone());
    let report = if printing.dry_run {
        Report::default()
    } else {
        let mut bar = Progress::new("Importing");
        let report = directory.execute(plan, |at| bar.set(at.done, at.total)).await?;
        bar.finish();
        report
    };
    errors.extend(report.photo_errors);
    let whole = counts.refused == 0 && errors.is_empty();
    print(&counts, report.photos, &errors, printing)?;
    Ok(if whole { Done::Whole } else { Done::InPart })
}

fn print(counts: &Counts, photos: usize, errors: &[LineError], printing: Printing) -> anyhow::Result<()> {
    let outcome = Outcome {
        dry_run: printing.dry_run,
        added: counts.added,
        changed: counts.changed,
        unchanged: counts.unchanged,
        removed: counts.removed,
        kept: counts.kept,
        refused: counts.refused,
        photos,
        errors: errors.iter().map(ToString::to_string).collect(),
    };
    if printing.json {
        return output::object(&outcome);
    }
    for error in &outcome.errors {
        eprintln!("{error}");
    }
    let head = if printing.dry_run { "Would import" } else { "Imported" };
    output::line(&format!(
        "{head}: {} added, {} changed, {} unchanged, {} removed, {} not in the file and kept, {} lines refused, {photos} photos",
        outcome.added, outcome.changed, outcome.unchanged, outcome.removed, outcome.kept, outcome.refused
    ))
}
