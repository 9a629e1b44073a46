//! Cards one by one: read, create, edit, delete, move, and their photos.

use std::sync::Arc;

use contact::{
    BlobHash, Card, NewItemIds,
    merge::{Winner, merge},
    photo::PreparedPhoto,
};
use ledger::{
    AccountId, BookId, CardId, Revision, Transaction,
    tables::{
        accounts, conflicts, photos,
        versions::{self, CardRow, Version},
    },
};

use crate::{
    books::living as living_book,
    error::{HubError, Result},
    hub::Access,
    writer::{Writer, read_facts},
};

/// A card as it is in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCard {
    /// Its id.
    pub id: CardId,
    /// Where it is.
    pub book: BookId,
    /// Its newest version: what paths make change keys and etags of.
    pub revision: Revision,
    /// Microseconds since 1970.
    pub created_at: i64,
    /// Microseconds since 1970.
    pub modified_at: i64,
    /// What it is.
    pub card: Card,
}

/// What an edit was made against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// Whatever is newest: the edit names what it changes (a PATCH).
    Newest,
    /// This revision and no other: fail if the card has moved on (`If-Match`).
    Exactly(Revision),
    /// This revision: merge with what others changed since, and let this edit win where both changed the same.
    Merging(Revision),
}

/// Edits a card; run again when another transaction wins, so it must not do anything else.
pub type Edit = dyn Fn(&Card, &mut dyn NewItemIds) -> Card + Send + Sync;

impl Access {
    /// One living card; `None` when there is none of this id.
    pub async fn card(&self, card: CardId) -> Result<Option<StoredCard>> {
        let account = self.account();
        self.ledger().read::<_, HubError>(move |tx| stored(tx, &account, card)).await
    }

    /// The living cards of a book after a card, in order of id; at most `limit`.
    pub async fn cards(&self, book: BookId, after: CardId, limit: u32) -> Result<Vec<StoredCard>> {
        let account = self.account();
        self.ledger()
            .read::<_, HubError>(move |tx| {
                living_book(tx, &account, book)?;
                let rows = versions::living_after(tx, &account, book, after, i64::from(limit))?;
                rows.into_iter().map(|(row, version)| stored_card(&row, &version)).collect()
            })
            .await
    }

    /// How many living cards a book has.
    pub async fn count(&self, book: BookId) -> Result<u64> {
        let account = self.account();
        let count = self.ledger().read::<_, HubError>(move |tx| Ok(versions::count(tx, &account, book)?)).await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// The living cards that bear a vCard UID.
    pub async fn cards_of_uid(&self, uid: &str) -> Result<Vec<StoredCard>> {
        let (account, uid) = (self.account(), uid.to_owned());
        self.ledger()
            .read::<_, HubError>(move |tx| {
                let rows = versions::cards_of_uid(tx, &account, &uid)?;
                let mut cards = Vec::new();
                for row in rows {
                    cards.extend(stored(tx, &account, row.card)?);
                }
                Ok(cards)
            })
            .await
    }

    /// A new card in a book. `photos` are the pictures its photo items name.
    ///
    /// # Errors
    /// [`HubError::NoSuchBook`].
    pub async fn create(&self, book: BookId, card: Card, photos: Vec<PreparedPhoto>) -> Result<StoredCard> {
        let created = self.create_all(book, vec![(card, photos)]).await?;
        created.into_iter().next().ok_or(HubError::NoSuchBook(book))
    }

    /// New cards, all or none, in one transaction.
    ///
    /// # Errors
    /// [`HubError::NoSuchBook`].
    pub async fn create_all(&self, book: BookId, cards: Vec<(Card, Vec<PreparedPhoto>)>) -> Result<Vec<StoredCard>> {
        let writer = self.writer();
        let created = self
            .ledger()
            .write::<_, HubError>(move |tx| {
                accounts::lock(tx, &writer.account)?;
                living_book(tx, &writer.account, book)?;
                let mut created = Vec::with_capacity(cards.len());
                let revisions = writer.revisions(tx, cards.len())?;
                for ((card, photos), revision) in cards.iter().zip(revisions) {
                    for photo in photos {
                        writer.keep_photo(tx, photo)?;
                    }
                    let mut card = card.clone();
                    let row = writer.create(tx, Revision(revision), book, &mut card)?;
                    created.push(written(&writer, &row, card));
                }
                Ok(created)
            })
            .await?;
        self.announce();
        Ok(created)
    }

    /// Edits a card. Nothing is written when the edit changes nothing.
    ///
    /// # Errors
    /// [`HubError::NoSuchCard`]; [`HubError::Changed`] when `against` is [`Against::Exactly`] and does not hold;
    /// [`HubError::NoSuchVersion`] when there is nothing to merge against.
    pub async fn edit(
        &self,
        card: CardId,
        against: Against,
        photos: Vec<PreparedPhoto>,
        edit: Arc<Edit>,
    ) -> Result<StoredCard> {
        let writer = self.writer();
        let stored = self
            .ledger()
            .write::<_, HubError>(move |tx| {
                accounts::lock(tx, &writer.account)?;
                for photo in &photos {
                    writer.keep_photo(tx, photo)?;
                }
                apply(tx, &writer, card, against, edit.as_ref())
            })
            .await?;
        self.announce();
        Ok(stored)
    }

    /// Deletes a card; it stays in history. With a revision, only if that is the newest.
    ///
    /// # Errors
    /// [`HubError::NoSuchCard`]; [`HubError::Changed`].
    pub async fn delete(&self, card: CardId, expected: Option<Revision>) -> Result<()> {
        let writer = self.writer();
        self.ledger()
            .write::<_, HubError>(move |tx| {
                accounts::lock(tx, &writer.account)?;
                let row = living(tx, &writer.account, card)?;
                expect(&row, expected)?;
                writer.delete(tx, &row)?;
                Ok(())
            })
            .await?;
        self.announce();
        Ok(())
    }

    /// Moves a card to another book; nothing happens when it is there.
    ///
    /// # Errors
    /// [`HubError::NoSuchCard`]; [`HubError::NoSuchBook`].
    pub async fn move_card(&self, card: CardId, book: BookId) -> Result<StoredCard> {
        let writer = self.writer();
        let stored = self
            .ledger()
            .write::<_, HubError>(move |tx| {
                accounts::lock(tx, &writer.account)?;
                living_book(tx, &writer.account, book)?;
                let row = living(tx, &writer.account, card)?;
                if row.book != book {
                    writer.move_to(tx, &row, book)?;
                }
                stored(tx, &writer.account, card)?.ok_or(HubError::NoSuchCard(card))
            })
            .await?;
        self.announce();
        Ok(stored)
    }

    /// The bytes of a picture; `None` when the account has none of this hash.
    pub async fn photo(&self, hash: BlobHash) -> Result<Option<Vec<u8>>> {
        let account = self.account();
        self.ledger().read::<_, HubError>(move |tx| Ok(photos::get(tx, &account, &hash.0)?)).await
    }
}

fn apply(tx: &mut dyn Transaction, writer: &Writer, card: CardId, against: Against, edit: &Edit) -> Result<StoredCard> {
    let row = living(tx, &writer.account, card)?;
    let version = versions::newest(tx, &writer.account, row.book, card)?.ok_or(HubError::NoSuchCard(card))?;
    let newest = read_facts(&version.facts)?;
    let base = match against {
        Against::Newest => newest.clone(),
        Against::Exactly(revision) => {
            expect(&row, Some(revision))?;
            newest.clone()
        }
        Against::Merging(revision) => {
            let version = versions::at(tx, &writer.account, row.book, card, revision)?
                .ok_or(HubError::NoSuchVersion { card, revision })?;
            read_facts(&version.facts)?
        }
    };
    let mine = edit(&base, &mut writer.ids());
    if mine == base {
        return stored_card(&row, &version);
    }
    let merged = merge(&base, &mine, &newest, Winner::Mine);
    if merged.card == newest {
        return stored_card(&row, &version);
    }
    let row = writer.replace(tx, &row, &merged.card)?;
    if !merged.conflicts.is_empty() {
        let facts = serde_json::to_string(&merged.conflicts).map_err(|error| HubError::Damaged(error.to_string()))?;
        conflicts::insert(tx, &writer.account, card, row.revision, &facts)?;
    }
    Ok(written(writer, &row, merged.card))
}

fn expect(row: &CardRow, expected: Option<Revision>) -> Result<()> {
    match expected {
        Some(revision) if revision != row.revision => Err(HubError::Changed { card: row.card, newest: row.revision }),
        _ => Ok(()),
    }
}

/// The living card's row.
pub(crate) fn living(tx: &mut dyn Transaction, account: &AccountId, card: CardId) -> Result<CardRow> {
    versions::card(tx, account, card)?.filter(|row| !row.deleted).ok_or(HubError::NoSuchCard(card))
}

/// The living card with its facts; `None` when there is none.
pub(crate) fn stored(tx: &mut dyn Transaction, account: &AccountId, card: CardId) -> Result<Option<StoredCard>> {
    let Some(row) = versions::card(tx, account, card)?.filter(|row| !row.deleted) else {
        return Ok(None);
    };
    let version = versions::newest(tx, account, row.book, card)?.ok_or(HubError::NoSuchCard(card))?;
    stored_card(&row, &version).map(Some)
}

fn stored_card(row: &CardRow, version: &Version) -> Result<StoredCard> {
    Ok(StoredCard {
        id: row.card,
        book: row.book,
        revision: row.revision,
        created_at: row.created_at,
        modified_at: version.written_at,
        card: read_facts(&version.facts)?,
    })
}

pub(crate) fn written(writer: &Writer, row: &CardRow, card: Card) -> StoredCard {
    StoredCard {
        id: row.card,
        book: row.book,
        revision: row.revision,
        created_at: row.created_at,
        modified_at: writer.now,
        card,
    }
}
