//! Making the resident index from the table of tokens.

use std::collections::HashMap;

use ledger::{
    Database, LedgerError, Result,
    tables::directory::{self as tables, EntryId, State, TenantId},
};

use super::{
    Index, Position,
    facts::Facts,
    vocabulary::{TooLarge, Vocabulary, Writer},
};
use crate::{
    limits::{LIST_MAX, LOADED_TOKENS, RESIDENT_ENTRIES_MAX},
    terms::{Class, Token},
};

/// Why there is no index.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    /// What was read first may not go with what was read last.
    #[error("the directory was changed meanwhile")]
    Changed,
    /// It would take more memory than it may.
    #[error("the directory is too large to be kept in memory")]
    TooLarge,
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl From<TooLarge> for LoadError {
    fn from(_: TooLarge) -> Self {
        Self::TooLarge
    }
}

/// A piece of the table: bytes of tokens one after the other, and where each ends.
#[derive(Default)]
struct Piece {
    bytes: Vec<u8>,
    tokens: Vec<(usize, EntryId)>,
}

impl Piece {
    fn each(&self) -> impl Iterator<Item = (&[u8], EntryId)> {
        let mut from = 0;
        self.tokens.iter().filter_map(move |(to, id)| {
            let token = self.bytes.get(from..*to);
            from = *to;
            token.map(|token| (token, *id))
        })
    }
}

pub(super) struct Loading {
    pub(super) database: Database,
    pub(super) tenant: TenantId,
    /// The state of the directory of which this becomes the index.
    pub(super) state: State,
}

impl Loading {
    /// Reads the table twice: for the order of the entries, and for their terms. It takes some 100 bytes an entry more
    /// than the index meanwhile, and no long transaction.
    pub(super) async fn run(self) -> Result<Index, LoadError> {
        let (entries, positions) = self.order().await?;
        let names = self.terms(Class::Name, &positions).await?;
        let emails = self.terms(Class::Email, &positions).await?;
        let others = self.terms(Class::Other, &positions).await?;
        let facts = self.facts(&positions).await?;
        Ok(Index { revision: self.state.revision, entries, names, emails, others, facts })
    }

    /// The entries themselves; `None` when they are too many.
    async fn facts(&self, positions: &HashMap<EntryId, Position>) -> Result<Option<Facts>, LoadError> {
        let (tenant, revision) = (self.tenant, self.state.revision);
        let mut facts = Facts::new(positions.len());
        let mut after = EntryId(0);
        loop {
            let page = self.database.read_long(move |tx| {
                let same = tables::state(tx, tenant)?.revision == revision;
                same.then(|| tables::list(tx, tenant, after, LIST_MAX.into())).transpose()
            });
            let page = page.await?.ok_or(LoadError::Changed)?;
            let Some(last) = page.last() else { break };
            after = last.id;
            for entry in &page {
                // An entry whose tokens are still to be written is not found.
                let Some(position) = positions.get(&entry.id) else { continue };
                if !facts.keep(*position, entry) {
                    return Ok(None);
                }
            }
        }
        facts.shrink();
        Ok(Some(facts))
    }

    /// The entries in the order in which equals are given, and the position of each.
    async fn order(&self) -> Result<(Vec<EntryId>, HashMap<EntryId, Position>), LoadError> {
        let mut keys: HashMap<EntryId, Box<[u8]>> = HashMap::new();
        // Every entry has an address.
        self.read(Class::Email, |token, id| {
            keys.entry(id).or_insert_with(|| token.sort_key().into());
            if keys.len() > RESIDENT_ENTRIES_MAX { Err(LoadError::TooLarge) } else { Ok(()) }
        })
        .await?;
        let mut order: Vec<(Box<[u8]>, EntryId)> = keys.into_iter().map(|(id, key)| (key, id)).collect();
        order.sort_unstable();
        let entries: Vec<EntryId> = order.into_iter().map(|(_, id)| id).collect();
        let positions = (0..).zip(&entries).map(|(position, id)| (*id, position)).collect();
        Ok((entries, positions))
    }

    async fn terms(&self, class: Class, positions: &HashMap<EntryId, Position>) -> Result<Vocabulary, LoadError> {
        let mut writer = Writer::default();
        self.read(class, |token, id| match positions.get(&id) {
            Some(position) => Ok(writer.add(token.lead, *position)?),
            None => Err(LoadError::Changed),
        })
        .await?;
        Ok(writer.finish()?)
    }

    /// Hands over the tokens of a class in byte order.
    async fn read(
        &self,
        class: Class,
        mut each: impl FnMut(Token<'_>, EntryId) -> Result<(), LoadError>,
    ) -> Result<(), LoadError> {
        let mut after = (vec![class as u8], EntryId(0));
        loop {
            let piece = self.piece(after, vec![class as u8 + 1]).await?;
            for (bytes, id) in piece.each() {
                Token::parse(bytes).map_or(Ok(()), |token| each(token, id))?;
            }
            match piece.each().last() {
                Some((token, id)) if piece.tokens.len() == LOADED_TOKENS => after = (token.to_vec(), id),
                _ => return Ok(()),
            }
        }
    }

    async fn piece(&self, after: (Vec<u8>, EntryId), to: Vec<u8>) -> Result<Piece, LoadError> {
        let (tenant, revision) = (self.tenant, self.state.revision);
        let piece = self.database.read_long(move |tx| {
            if tables::state(tx, tenant)?.revision != revision {
                return Ok::<_, LedgerError>(None);
            }
            let mut piece = Piece::default();
            tables::scan_after(tx, tenant, (&after.0, after.1), &to, LOADED_TOKENS, |token, id| {
                piece.bytes.extend_from_slice(token);
                piece.tokens.push((piece.bytes.len(), id));
                Ok(())
            })?;
            Ok(Some(piece))
        });
        piece.await?.ok_or(LoadError::Changed)
    }
}
