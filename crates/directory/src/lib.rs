//! The people one can look up: the global address list.
//!
//! [`Directory`] searches, resolves and lists entries; [`import`] fills it from a CSV file. An entry is found by the
//! beginnings of the words in its names, address, phone numbers, company, department, office and alias, without
//! regard to case and accents. The index is a table of [tokens](terms) in byte order, the same on every engine; a
//! process that searches often keeps a smaller, faster one [in memory](resident), made from the table.
//!
//! This crate must never know a protocol, a person's own contacts, or who asks. To add a source, make
//! [`import::Record`]s from it and hand them to [`Directory::plan`]; to make another field searchable, add it to
//! `terms.rs`, and say in a migration that the index is to be made anew.

use ledger::{Database, Result, tables::directory as tables};

mod fold;
pub mod import;
pub mod limits;
mod query;
mod resident;
mod search;
mod terms;

pub use ledger::tables::directory::{Entry, EntryId, TenantId};
pub use search::{Range, SearchResult};

use crate::{
    fold::fold,
    limits::{LIST_MAX, RESOLVED_MAX},
    query::Query,
    resident::{LoadError, Resident},
};

/// The directory of the installation.
pub const TENANT: TenantId = TenantId(1);

/// The global address list of a tenant. Clones share an index in memory.
#[derive(Clone)]
pub struct Directory {
    database: Database,
    tenant: TenantId,
    resident: Resident,
}

/// Who is meant by a name or an address (MS-ASCMD 2.2.1.15, `ResolveRecipients`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// Nobody.
    Nobody,
    /// Exactly this entry.
    Exactly(Box<Entry>),
    /// One of several.
    Ambiguous {
        /// The candidates, the best first, at most [`RESOLVED_MAX`].
        candidates: Vec<Entry>,
        /// How many there are, see [`SearchResult::total`].
        total: u32,
    },
}

impl Directory {
    /// The directory kept in this ledger.
    pub fn new(database: Database) -> Self {
        Self { database, tenant: TENANT, resident: Resident::default() }
    }

    /// The entries in which every word of the query begins some word, the best first: a whole word of the name (or the
    /// whole address, or its local part), the beginning of one, the beginning of the address, anything else; equals by
    /// folded display name. Nothing for a query without a letter or digit.
    ///
    /// A search that would find more than [`limits::RESULTS_MAX`] entries ranks and counts that many; see
    /// [`SearchResult::total`].
    ///
    /// What an import has written is found at once, whichever process it ran in. The second search after an import begins
    /// to make the index in memory; until that is done the table is searched, where a query of several common words may
    /// miss some of its matches.
    pub async fn search(&self, query: &str, range: Range) -> Result<SearchResult> {
        let (query, tenant, resident) = (Query::parse(query), self.tenant, self.resident.clone());
        let searching = self.database.read(move |tx| {
            let state = tables::state(tx, tenant)?;
            match resident.at(state) {
                Some(index) => search::with_index(tx, tenant, &index, &query, range).map(|result| (result, None)),
                None => search::search(tx, tenant, &query, range).map(|result| (result, Some(state))),
            }
        });
        let (result, without_index) = searching.await?;
        if let Some(state) = without_index {
            self.resident.wanted(&self.database, self.tenant, state);
        }
        Ok(result)
    }

    /// Makes the index in memory now, and returns when it is there; at most 4,000,000 entries
    /// ([`limits::RESIDENT_ENTRIES_MAX`]) get one. Without this, searches have it made when it pays.
    pub async fn load_index(&self) -> Result<()> {
        let tenant = self.tenant;
        loop {
            let state = self.database.read(move |tx| tables::state(tx, tenant)).await?;
            match self.resident.load(self.database.clone(), tenant, state).await {
                Ok(()) | Err(LoadError::TooLarge) => return Ok(()),
                Err(LoadError::Changed) => {}
                Err(LoadError::Ledger(error)) => return Err(error),
            }
        }
    }

    /// Bytes of memory that the index takes; `None` when none has been made.
    pub fn index_bytes(&self) -> Option<usize> {
        self.resident.bytes()
    }

    /// The entry with this address, whatever its case; `None` when nobody has it.
    pub async fn get(&self, email: &str) -> Result<Option<Entry>> {
        let (key, tenant) = (tables::email_key(email), self.tenant);
        self.database.read(move |tx| tables::by_email(tx, tenant, &key)).await
    }

    /// The entry with this id; `None` when it is gone.
    pub async fn by_id(&self, id: EntryId) -> Result<Option<Entry>> {
        let tenant = self.tenant;
        Ok(self.database.read(move |tx| tables::by_ids(tx, tenant, &[id])).await?.pop())
    }

    /// Up to `limit` entries (at most [`LIST_MAX`]) by id, after the one given or from the beginning.
    pub async fn list(&self, after: Option<EntryId>, limit: u32) -> Result<Vec<Entry>> {
        let (after, tenant) = (after.unwrap_or(EntryId(0)), self.tenant);
        self.database.read(move |tx| tables::list(tx, tenant, after, limit.min(LIST_MAX).into())).await
    }

    /// How many entries there are; reads them all.
    pub async fn count(&self) -> Result<u64> {
        let tenant = self.tenant;
        let count = self.database.read(move |tx| tables::count(tx, tenant)).await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Who is meant. An address means the entry that has it. Otherwise a search decides: its only result, or the only
    /// one whose whole display name or alias is what was asked for.
    pub async fn resolve(&self, name_or_address: &str) -> Result<Resolution> {
        if let Some(entry) = self.get(name_or_address).await? {
            return Ok(Resolution::Exactly(Box::new(entry)));
        }
        let SearchResult { mut entries, total } = self.search(name_or_address, Range::first(RESOLVED_MAX)).await?;
        let asked = fold(name_or_address.trim());
        let same = |entry: &Entry| fold(entry.name.trim()) == asked || fold(entry.alias.trim()) == asked;
        let mut whole = (0_usize..).zip(&entries).filter(|(_, entry)| same(entry)).map(|(at, _)| at);
        let only = match (total, whole.next(), whole.next()) {
            (1, _, _) => Some(0),
            (_, Some(at), None) => Some(at),
            _ => None,
        };
        Ok(match only {
            Some(at) if at < entries.len() => Resolution::Exactly(Box::new(entries.swap_remove(at))),
            _ if entries.is_empty() => Resolution::Nobody,
            _ => Resolution::Ambiguous { candidates: entries, total },
        })
    }

    /// The picture of an entry, scaled for phones; `None` when it has none.
    pub async fn photo(&self, entry: EntryId) -> Result<Option<Vec<u8>>> {
        let tenant = self.tenant;
        self.database.read(move |tx| tables::photo(tx, tenant, entry)).await
    }
}
