//! Carrying out a plan.
//!
//! New entries are written in batches and indexed in long sorted runs, because tokens that arrive in random order
//! would touch every page of the index in every batch. Until its run is indexed an entry is listed and not found;
//! the ledger remembers where the index ends, and the next import completes what a crash has left.

use std::{mem, sync::Arc};

use contact::BlobHash;
use ledger::{
    LedgerError, Transaction,
    tables::directory::{self as tables, Entry, EntryId, State, TenantId},
};

use super::{ImportError, LineError, Plan, photos::Photo, plan::Decision};
use crate::{
    Directory,
    limits::{BATCH_ENTRIES, BATCH_PHOTOS, BATCH_TOKENS, IMPORT_ERRORS_REPORTED_MAX, INDEX_RUN_ENTRIES, LIST_MAX},
    terms::Terms,
};

/// How far an import is, in steps: writing an entry is one, indexing it another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Done.
    pub done: usize,
    /// Of so many.
    pub total: usize,
}

/// What an import left to say.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Photos imported.
    pub photos: usize,
    /// Photos that were not imported; their entries were. The first [`IMPORT_ERRORS_REPORTED_MAX`].
    pub photo_errors: Vec<LineError>,
}

impl Directory {
    /// Carries out a plan. `progress` is told after every transaction.
    ///
    /// [`ImportError::DirectoryChanged`] when another import came between.
    pub async fn execute(&self, plan: Plan, progress: impl FnMut(Progress)) -> Result<Report, ImportError> {
        let counts = plan.counts;
        if counts.added + counts.changed + counts.removed == 0 && self.index_is_complete().await? {
            return Ok(Report::default());
        }
        let mut import = Import {
            directory: self,
            state: self.claim(plan.revision).await?,
            done: Progress { done: 0, total: counts.added * 2 + counts.changed + counts.removed },
            progress,
            report: Report::default(),
            run: Run::default(),
        };
        import.complete_index().await?;
        import.remove(&plan.removed).await?;
        import.write(&plan).await?;
        Ok(import.report)
    }

    async fn index_is_complete(&self) -> Result<bool, ImportError> {
        let tenant = self.tenant;
        let state = self.database.read(move |tx| tables::state(tx, tenant)).await?;
        Ok(state.indexed_below == state.next_entry)
    }

    /// Takes the directory for one import.
    async fn claim(&self, planned_on: i64) -> Result<State, ImportError> {
        let tenant = self.tenant;
        let claimed = self
            .database
            .write(move |tx| {
                let state = State { revision: planned_on + 1, ..tables::state(tx, tenant)? };
                Ok::<_, LedgerError>(tables::advance(tx, tenant, planned_on, state)?.then_some(state))
            })
            .await?;
        claimed.ok_or(ImportError::DirectoryChanged)
    }
}

struct Import<'d, P> {
    directory: &'d Directory,
    state: State,
    done: Progress,
    progress: P,
    report: Report,
    run: Run,
}

/// A row to be written, with its new photo.
struct Row {
    entry: Entry,
    photo: Option<Photo>,
}

impl<P: FnMut(Progress)> Import<'_, P> {
    fn step(&mut self, steps: usize) {
        self.done.done += steps;
        (self.progress)(self.done);
    }

    /// Runs one transaction of this import and moves the directory's state to `state`, with a revision of its own: what
    /// others keep of the directory is outdated by every one.
    async fn transaction(
        &mut self,
        state: State,
        work: impl Fn(&mut dyn Transaction, TenantId) -> ledger::Result<()> + Send + Sync + 'static,
    ) -> Result<(), ImportError> {
        let tenant = self.directory.tenant;
        let state = State { revision: self.state.revision + 1, ..state };
        let before = self.state.revision;
        let mine = self
            .directory
            .database
            .write(move |tx| {
                if !tables::advance(tx, tenant, before, state)? {
                    return Ok::<_, LedgerError>(false);
                }
                work(tx, tenant)?;
                Ok(true)
            })
            .await?;
        if !mine {
            return Err(ImportError::DirectoryChanged);
        }
        self.state = state;
        Ok(())
    }

    /// Indexes what an import before this one has written and not indexed.
    async fn complete_index(&mut self) -> Result<(), ImportError> {
        while self.state.indexed_below < self.state.next_entry {
            let before = EntryId(self.state.indexed_below.0 - 1);
            let entries = self.directory.list(Some(before), LIST_MAX).await?;
            let next = entries.last().map_or(self.state.next_entry, |last| EntryId(last.id.0 + 1));
            let state = State { indexed_below: next, ..self.state };
            self.transaction(state, move |tx, tenant| {
                entries.iter().try_for_each(|entry| insert_tokens(tx, tenant, entry.id, &Terms::of(entry).tokens()))
            })
            .await?;
        }
        Ok(())
    }

    async fn remove(&mut self, ids: &[EntryId]) -> Result<(), ImportError> {
        for batch in ids.chunks(LIST_MAX as usize) {
            let ids = batch.to_vec();
            self.transaction(self.state, move |tx, tenant| {
                for entry in tables::by_ids(tx, tenant, &ids)? {
                    tables::delete_tokens(tx, tenant, entry.id, &Terms::of(&entry).tokens())?;
                    tables::delete(tx, tenant, entry.id)?;
                }
                Ok(())
            })
            .await?;
            self.step(batch.len());
        }
        Ok(())
    }

    async fn write(&mut self, plan: &Plan) -> Result<(), ImportError> {
        let (mut added, mut changed) = (Batch::default(), Batch::default());
        let records = plan.file.records().filter_map(Result::ok);
        for (record, decision) in records.zip(&plan.decisions) {
            let (batch, id) = match decision {
                Decision::Add => (&mut added, EntryId(0)),
                Decision::Change(id) => (&mut changed, *id),
                Decision::Pass => continue,
            };
            let photo = self.photo(plan, record.line, &record.entry);
            batch.push(Row { entry: Entry { id, ..record.entry }, photo });
            if added.is_full() {
                self.add(added.take()).await?;
            }
            if changed.is_full() {
                self.change(changed.take()).await?;
            }
            if self.run.entries >= INDEX_RUN_ENTRIES {
                self.index().await?;
            }
        }
        self.add(added.take()).await?;
        self.change(changed.take()).await?;
        self.index().await
    }

    fn photo(&mut self, plan: &Plan, line: u64, entry: &Entry) -> Option<Photo> {
        match plan.photos.as_ref()?.photo(&entry.email_key())? {
            Ok(photo) => {
                self.report.photos += 1;
                Some(photo)
            }
            Err(reason) => {
                if self.report.photo_errors.len() < IMPORT_ERRORS_REPORTED_MAX {
                    self.report.photo_errors.push(LineError { line, reason });
                }
                None
            }
        }
    }

    async fn add(&mut self, rows: Vec<Row>) -> Result<(), ImportError> {
        let count = rows.len();
        let mut next = self.state.next_entry;
        let (mut entries, mut photos) = (Vec::with_capacity(count), Vec::new());
        for Row { mut entry, photo } in rows {
            entry.id = next;
            next = EntryId(next.0 + 1);
            if let Some(photo) = photo {
                entry.photo = Some(photo.served_hash);
                photos.push((entry.id, photo));
            }
            self.run.add(entry.id, &Terms::of(&entry).tokens());
            entries.push(entry);
        }
        let state = State { next_entry: next, ..self.state };
        self.transaction(state, move |tx, tenant| {
            tables::insert(tx, tenant, &entries)?;
            photos.iter().try_for_each(|(id, photo)| put_photo(tx, tenant, *id, photo))
        })
        .await?;
        self.step(count);
        Ok(())
    }

    async fn change(&mut self, rows: Vec<Row>) -> Result<(), ImportError> {
        let count = rows.len();
        self.transaction(self.state, move |tx, tenant| {
            let ids: Vec<EntryId> = rows.iter().map(|row| row.entry.id).collect();
            let mut known = tables::by_ids(tx, tenant, &ids)?;
            known.sort_unstable_by_key(|entry| entry.id);
            for row in &rows {
                let Ok(at) = known.binary_search_by_key(&row.entry.id, |entry| entry.id) else { continue };
                known.get(at).map_or(Ok(()), |known| replace(tx, tenant, known, row))?;
            }
            Ok(())
        })
        .await?;
        self.step(count);
        Ok(())
    }

    /// Writes the tokens of the run.
    async fn index(&mut self) -> Result<(), ImportError> {
        let run = mem::take(&mut self.run);
        let entries = run.entries;
        let run = Arc::new(run.sorted());
        for from in (0..run.tokens.len()).step_by(BATCH_TOKENS) {
            let run = Arc::clone(&run);
            self.transaction(self.state, move |tx, tenant| tables::insert_tokens(tx, tenant, &run.batch(from))).await?;
        }
        self.transaction(State { indexed_below: self.state.next_entry, ..self.state }, |_, _| Ok(())).await?;
        self.step(entries);
        Ok(())
    }
}

/// Rows of the next transaction; photos fill it sooner.
#[derive(Default)]
struct Batch {
    rows: Vec<Row>,
    photos: usize,
}

impl Batch {
    fn push(&mut self, row: Row) {
        self.photos += usize::from(row.photo.is_some());
        self.rows.push(row);
    }

    fn is_full(&self) -> bool {
        self.rows.len() >= BATCH_ENTRIES || self.photos >= BATCH_PHOTOS
    }

    fn take(&mut self) -> Vec<Row> {
        mem::take(self).rows
    }
}

fn replace(tx: &mut dyn Transaction, tenant: TenantId, known: &Entry, row: &Row) -> ledger::Result<()> {
    let photo: Option<BlobHash> = row.photo.as_ref().map(|photo| photo.served_hash);
    let entry = Entry { photo: photo.or(known.photo), ..row.entry.clone() };
    let (before, after) = (Terms::of(known).tokens(), Terms::of(&entry).tokens());
    let without = |from: &[Vec<u8>], others: &[Vec<u8>]| -> Vec<Vec<u8>> {
        from.iter().filter(|token| others.binary_search(token).is_err()).cloned().collect()
    };
    tables::delete_tokens(tx, tenant, known.id, &without(&before, &after))?;
    insert_tokens(tx, tenant, known.id, &without(&after, &before))?;
    tables::update(tx, tenant, &entry)?;
    row.photo.as_ref().map_or(Ok(()), |photo| put_photo(tx, tenant, known.id, photo))
}

fn insert_tokens(tx: &mut dyn Transaction, tenant: TenantId, id: EntryId, tokens: &[Vec<u8>]) -> ledger::Result<()> {
    let tokens: Vec<(&[u8], EntryId)> = tokens.iter().map(|token| (token.as_slice(), id)).collect();
    tables::insert_tokens(tx, tenant, &tokens)
}

fn put_photo(tx: &mut dyn Transaction, tenant: TenantId, id: EntryId, photo: &Photo) -> ledger::Result<()> {
    tables::put_photo(tx, tenant, id, &photo.source, &photo.served)
}

/// The tokens of entries that wait to be indexed, in one piece of memory.
#[derive(Default)]
struct Run {
    entries: usize,
    bytes: Vec<u8>,
    tokens: Vec<(std::ops::Range<usize>, EntryId)>,
}

impl Run {
    fn add(&mut self, id: EntryId, tokens: &[Vec<u8>]) {
        self.entries += 1;
        for token in tokens {
            let start = self.bytes.len();
            self.bytes.extend_from_slice(token);
            self.tokens.push((start..self.bytes.len(), id));
        }
    }

    fn sorted(mut self) -> Self {
        let bytes = &self.bytes;
        self.tokens.sort_unstable_by(|(one, first), (other, second)| {
            bytes.get(one.clone()).cmp(&bytes.get(other.clone())).then(first.cmp(second))
        });
        self
    }

    fn batch(&self, from: usize) -> Vec<(&[u8], EntryId)> {
        let tokens = self.tokens.iter().skip(from).take(BATCH_TOKENS);
        tokens.filter_map(|(range, id)| Some((self.bytes.get(range.clone())?, *id))).collect()
    }
}
