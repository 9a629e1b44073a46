//! Every version of a card, and the way back to one.

use contact::{Card, merge::Conflict};
use ledger::{
    BookId, CardId, Revision,
    tables::{accounts, books, conflicts, versions},
};

use crate::{
    cards::{StoredCard, written},
    error::{HubError, Result},
    hub::Access,
    writer::read_facts,
};

/// A card as it was from a revision on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoricVersion {
    /// Since when.
    pub revision: Revision,
    /// In which book.
    pub book: BookId,
    /// It left this book here: deleted, or moved to another.
    pub deleted: bool,
    /// Microseconds since 1970.
    pub written_at: i64,
    /// Who wrote it: `activesync:DEVICE`, `graph`, `command` ...
    pub author: String,
    /// What it was; of a deleted one what it last was.
    pub card: Card,
    /// What lost when this version was merged.
    pub conflicts: Vec<Conflict>,
}

impl Access {
    /// All versions of a card, oldest first; empty when the account never had it.
    pub async fn history(&self, card: CardId) -> Result<Vec<HistoricVersion>> {
        let account = self.account();
        self.ledger()
            .read::<_, HubError>(move |tx| {
                let lost = conflicts::of_card(tx, &account, card)?;
                let all = versions::history(tx, &account, card)?;
                all.into_iter()
                    .map(|version| {
                        let conflicts = lost
                            .iter()
                            .filter(|(revision, _)| *revision == version.revision)
                            .filter_map(|(_, facts)| serde_json::from_str::<Vec<Conflict>>(facts).ok())
                            .flatten()
                            .collect();
                        Ok(HistoricVersion {
                            revision: version.revision,
                            book: version.book,
                            deleted: version.deleted,
                            written_at: version.written_at,
                            card: read_facts(&version.facts)?,
                            author: version.author,
                            conflicts,
                        })
                    })
                    .collect()
            })
            .await
    }

    /// The deleted cards of the account with their last facts, most recently deleted first; at most `limit`.
    pub async fn deleted_cards(&self, limit: u32) -> Result<Vec<(CardId, HistoricVersion)>> {
        let account = self.account();
        let cards =
            self.ledger().read::<_, HubError>(move |tx| Ok(versions::deleted(tx, &account, i64::from(limit))?)).await?;
        let mut found = Vec::with_capacity(cards.len());
        for card in cards {
            found.extend(self.history(card).await?.pop().map(|last| (card, last)));
        }
        Ok(found)
    }

    /// Makes an old version the newest one. A deleted card lives again where it was, or in the default book when that
    /// is gone. History only grows: the restored version is a new one.
    ///
    /// # Errors
    /// [`HubError::NoSuchCard`] when the account never had the card; [`HubError::NoSuchVersion`].
    pub async fn restore(&self, card: CardId, revision: Revision) -> Result<StoredCard> {
        let writer = self.writer();
        let restored = self
            .ledger()
            .write::<_, HubError>(move |tx| {
                accounts::lock(tx, &writer.account)?;
                let mut row = versions::card(tx, &writer.account, card)?.ok_or(HubError::NoSuchCard(card))?;
                let version = versions::history(tx, &writer.account, card)?
                    .into_iter()
                    .find(|version| version.revision == revision)
                    .ok_or(HubError::NoSuchVersion { card, revision })?;
                let living = books::living(tx, &writer.account)?;
                if !living.iter().any(|book| book.book == row.book) {
                    row.book = living.iter().find(|book| book.is_default).ok_or(HubError::NoSuchAccount)?.book;
                }
                let facts = read_facts(&version.facts)?;
                let row = writer.replace(tx, &row, &facts)?;
                Ok(written(&writer, &row, facts))
            })
            .await?;
        self.announce();
        Ok(restored)
    }
}
