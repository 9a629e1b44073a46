//! What an import would do.

use std::collections::{HashMap, hash_map};

use contact::BlobHash;
use ledger::tables::directory::{self as tables, Entry, EntryId};

use super::{CsvFile, ImportError, LineError, PhotoFolder, Reason, Record};
use crate::{
    Directory,
    limits::{BATCH_ENTRIES, IMPORT_ERRORS_REPORTED_MAX, IMPORT_ROWS_MAX},
};

/// How to import.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Where photos come from. An entry without a file there keeps the photo it has.
    pub photos: Option<PhotoFolder>,
    /// Remove entries that the file does not mention. A line that is refused mentions nobody.
    pub remove_missing: bool,
}

/// The sizes of a plan, in entries and lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// New entries.
    pub added: usize,
    /// Entries of which some field or the photo differs.
    pub changed: usize,
    /// Entries that are the same.
    pub unchanged: usize,
    /// Entries that the file does not mention and that go.
    pub removed: usize,
    /// Entries that the file does not mention and that stay.
    pub kept: usize,
    /// Lines that cannot be imported.
    pub refused: usize,
}

/// What an import would do. Nothing is written before [`Directory::execute`]; a dry run prints this and stops.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How much of what.
    pub counts: Counts,
    /// The refused lines, the first [`IMPORT_ERRORS_REPORTED_MAX`] of them.
    pub errors: Vec<LineError>,
    pub(super) file: CsvFile,
    pub(super) photos: Option<PhotoFolder>,
    /// One for each row that is a record.
    pub(super) decisions: Vec<Decision>,
    pub(super) removed: Vec<EntryId>,
    /// The directory's revision on which this was planned.
    pub(super) revision: i64,
}

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    Add,
    Change(EntryId),
    /// Nothing: the entry is the same, or the line was refused.
    Pass,
}

impl Directory {
    /// Compares a file with the directory.
    pub async fn plan(&self, file: CsvFile, options: Options) -> Result<Plan, ImportError> {
        let tenant = self.tenant;
        let revision = self.database.read(move |tx| tables::state(tx, tenant)).await?.revision;
        let mut planning = Planning {
            directory: self,
            directory_is_empty: self.list(None, 1).await?.is_empty(),
            lines: HashMap::new(),
            plan: Plan {
                counts: Counts::default(),
                errors: Vec::new(),
                file: file.clone(),
                photos: options.photos,
                decisions: Vec::new(),
                removed: Vec::new(),
                revision,
            },
        };
        let mut batch = Vec::with_capacity(BATCH_ENTRIES);
        for record in file.records() {
            planning.take(record, &mut batch)?;
            if batch.len() == BATCH_ENTRIES {
                planning.compare(&mut batch).await?;
            }
        }
        planning.compare(&mut batch).await?;
        planning.find_missing(options.remove_missing).await?;
        Ok(planning.plan)
    }
}

struct Planning<'d> {
    directory: &'d Directory,
    directory_is_empty: bool,
    /// The line of every address.
    lines: HashMap<Box<str>, u64>,
    plan: Plan,
}

/// A record that waits to be compared, its place in the plan, and its address.
type Waiting = (usize, Record, String);

impl Planning<'_> {
    fn refuse(&mut self, error: LineError) {
        self.plan.counts.refused += 1;
        if self.plan.errors.len() < IMPORT_ERRORS_REPORTED_MAX {
            self.plan.errors.push(error);
        }
    }

    fn take(&mut self, record: Result<Record, LineError>, batch: &mut Vec<Waiting>) -> Result<(), ImportError> {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                self.refuse(error);
                return Ok(());
            }
        };
        let at = self.plan.decisions.len();
        if at == IMPORT_ROWS_MAX {
            return Err(ImportError::TooManyRows(IMPORT_ROWS_MAX));
        }
        self.plan.decisions.push(Decision::Pass);
        let key = record.entry.email_key();
        match self.lines.entry(key.as_str().into()) {
            hash_map::Entry::Occupied(first) => {
                let reason = Reason::Repeated { first: *first.get() };
                self.refuse(LineError { line: record.line, reason });
            }
            hash_map::Entry::Vacant(free) => {
                free.insert(record.line);
                batch.push((at, record, key));
            }
        }
        Ok(())
    }

    async fn compare(&mut self, batch: &mut Vec<Waiting>) -> Result<(), ImportError> {
        let (known, sources) = self.known(batch).await?;
        for (at, record, key) in batch.drain(..) {
            let decision = match known.get(&key) {
                None => Decision::Add,
                Some(entry) if same_facts(entry, &record.entry) && !self.photo_differs(&key, entry.id, &sources) => {
                    Decision::Pass
                }
                Some(entry) => Decision::Change(entry.id),
            };
            match decision {
                Decision::Add => self.plan.counts.added += 1,
                Decision::Change(_) => self.plan.counts.changed += 1,
                Decision::Pass => self.plan.counts.unchanged += 1,
            }
            if let Some(slot) = self.plan.decisions.get_mut(at) {
                *slot = decision;
            }
        }
        Ok(())
    }

    /// The entries that the batch's addresses have already, and where their photos came from.
    async fn known(
        &self,
        batch: &[Waiting],
    ) -> Result<(HashMap<String, Entry>, HashMap<EntryId, BlobHash>), ImportError> {
        if self.directory_is_empty {
            return Ok(Default::default());
        }
        let keys: Vec<String> = batch.iter().map(|(_, _, key)| key.clone()).collect();
        let (tenant, with_photos) = (self.directory.tenant, self.plan.photos.is_some());
        let work = move |tx: &mut dyn ledger::Transaction| {
            let entries = tables::by_emails(tx, tenant, &keys)?;
            let ids: Vec<EntryId> = entries.iter().filter(|_| with_photos).map(|entry| entry.id).collect();
            Ok::<_, ledger::LedgerError>((entries, tables::photo_sources(tx, tenant, &ids)?))
        };
        let (entries, sources) = self.directory.database.read_long(work).await?;
        let entries = entries.into_iter().map(|entry| (entry.email_key(), entry)).collect();
        Ok((entries, sources.into_iter().collect()))
    }

    /// A file that cannot be read is reported when it is to be imported; here it counts as different.
    fn photo_differs(&self, key: &str, entry: EntryId, sources: &HashMap<EntryId, BlobHash>) -> bool {
        let file = self.plan.photos.as_ref().and_then(|photos| photos.source(key));
        file.is_some_and(|hash| hash.ok().as_ref() != sources.get(&entry))
    }

    async fn find_missing(&mut self, remove: bool) -> Result<(), ImportError> {
        if self.directory_is_empty {
            return Ok(());
        }
        let mut after = None;
        loop {
            let page = self.directory.list(after, crate::limits::LIST_MAX).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.id);
            let missing = page.iter().filter(|entry| !self.lines.contains_key(entry.email_key().as_str()));
            if remove {
                self.plan.removed.extend(missing.map(|entry| entry.id));
                self.plan.counts.removed = self.plan.removed.len();
            } else {
                self.plan.counts.kept += missing.count();
            }
        }
    }
}

/// Whether two entries differ in nothing but id and photo.
fn same_facts(known: &Entry, new: &Entry) -> bool {
    known == &Entry { id: known.id, photo: known.photo, ..new.clone() }
}
