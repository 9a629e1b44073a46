//! An index kept in memory: every search is complete and its work bounded, however common its words are.
//!
//! It is made from the table of tokens and never changed. It belongs to one revision of the directory, which every
//! search compares in its own transaction; where another process has imported, the table answers until the index has
//! been made anew, in the background, some seconds for a million entries. The first search of a revision only takes
//! note of it, so that a command that searches once makes no index.

mod facts;
mod load;
mod lookup;
mod numbers;
mod vocabulary;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ledger::{
    Database,
    tables::directory::{Entry, EntryId, State, TenantId},
};

use facts::Facts;
pub(crate) use load::LoadError;
use load::Loading;
use vocabulary::Vocabulary;

/// An entry's number in the order in which equals are given.
pub(crate) type Position = u32;

/// The index of one revision.
#[derive(Debug)]
pub(crate) struct Index {
    revision: i64,
    /// By position.
    entries: Vec<EntryId>,
    names: Vocabulary,
    emails: Vocabulary,
    others: Vocabulary,
    /// What is known of them, unless it is too much.
    facts: Option<Facts>,
}

impl Index {
    /// By class.
    fn terms(&self) -> [&Vocabulary; 3] {
        [&self.names, &self.emails, &self.others]
    }

    /// The entry at a position; `None` when it has to be read.
    pub(crate) fn entry(&self, position: Position) -> Option<Entry> {
        self.facts.as_ref()?.entry(position, *self.entries.get(position as usize)?)
    }

    /// The entry's id.
    pub(crate) fn id(&self, position: Position) -> Option<EntryId> {
        self.entries.get(position as usize).copied()
    }

    fn bytes(&self) -> usize {
        let entries = self.entries.capacity() * size_of::<EntryId>() + self.facts.as_ref().map_or(0, Facts::memory);
        self.terms().iter().map(|terms| terms.bytes()).sum::<usize>() + entries
    }
}

/// The place of the index, shared by all clones of a [`Directory`](crate::Directory).
#[derive(Debug, Clone, Default)]
pub(crate) struct Resident(Arc<Mutex<Slot>>);

#[derive(Debug, Default)]
struct Slot {
    index: Option<Arc<Index>>,
    /// The revision of the last search.
    searched: Option<i64>,
    /// The revision whose index is being made, or could not be made.
    tried: Option<i64>,
}

impl Resident {
    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The index of this state; `None` when there is none yet.
    pub(crate) fn at(&self, state: State) -> Option<Arc<Index>> {
        self.slot().index.clone().filter(|index| index.revision == state.revision)
    }

    /// Bytes of memory that the index takes.
    pub(crate) fn bytes(&self) -> Option<usize> {
        self.slot().index.as_deref().map(Index::bytes)
    }

    /// After a search without index: begins to make it, when it is not the first search and nobody else has begun.
    pub(crate) fn wanted(&self, database: &Database, tenant: TenantId, state: State) {
        {
            let mut slot = self.slot();
            if slot.searched.replace(state.revision) != Some(state.revision) || slot.tried == Some(state.revision) {
                return;
            }
            slot.tried = Some(state.revision);
        }
        let (resident, database) = (self.clone(), database.clone());
        tokio::spawn(async move {
            match resident.load(database, tenant, state).await {
                Ok(()) | Err(LoadError::Changed) => {}
                Err(error) => {
                    tracing::warn!(%error, "the directory is searched without index in memory");
                    if matches!(error, LoadError::Ledger(_)) {
                        resident.slot().tried = None;
                    }
                }
            }
        });
    }

    /// Makes the index of this state.
    pub(crate) async fn load(&self, database: Database, tenant: TenantId, state: State) -> Result<(), LoadError> {
        // The memory of an outdated index is given back before the new one takes some.
        self.slot().index.take_if(|index| index.revision != state.revision);
        let index = Loading { database, tenant, state }.run().await?;
        tracing::debug!(entries = index.entries.len(), bytes = index.bytes(), "the directory's index is in memory");
        self.slot().index = Some(Arc::new(index));
        Ok(())
    }
}
