//! The only place where versions of cards are written: every path's writes end here.

use std::sync::Arc;

use contact::{BlobHash, Card, eas, photo::PreparedPhoto};
use ledger::{
    AccountId, BookId, CardId, Revision, Transaction,
    tables::{
        accounts, photos,
        versions::{self, CardRow, Version},
    },
};
use sha2::{Digest, Sha256};

use crate::{
    ambient::{Entropy, Ids},
    error::{HubError, Result},
    limits::STANDARD_NOTE_BYTES,
};

/// Makes the encoded form that phones are served, so that a page of a round copies bytes. Given by the path that
/// knows the encoding; the hub does not.
pub trait FormEncoder: Send + Sync {
    /// Encodes a contact for a client that sees it through `lens` (which says how much of a note it wants). `picture`
    /// holds the bytes of its picture when it has one.
    fn encode(&self, contact: &eas::EasContact, lens: &eas::Lens, picture: Option<&[u8]>) -> Vec<u8>;
}

/// Writes for one account in the name of one author, at one moment.
#[derive(Clone)]
pub(crate) struct Writer {
    pub(crate) account: AccountId,
    pub(crate) author: Arc<str>,
    pub(crate) now: i64,
    pub(crate) forms: Arc<dyn FormEncoder>,
    pub(crate) entropy: Arc<dyn Entropy>,
}

impl Writer {
    pub(crate) fn ids(&self) -> Ids<'_> {
        Ids(self.entropy.as_ref())
    }

    /// Revisions for this many new cards.
    pub(crate) fn revisions(&self, tx: &mut dyn Transaction, count: usize) -> Result<std::ops::Range<i64>> {
        if count == 0 {
            return Ok(0..0);
        }
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let Revision(first) = accounts::next_revisions(tx, &self.account, count, self.now)?;
        Ok(first..first.saturating_add(count))
    }

    /// A new card at a revision taken for it. One without UID gets one.
    pub(crate) fn create(
        &self,
        tx: &mut dyn Transaction,
        revision: Revision,
        book: BookId,
        card: &mut Card,
    ) -> Result<CardRow> {
        if card.uid.is_empty() {
            card.uid = self.ids().new_uid();
        }
        let row = CardRow {
            card: CardId(revision.0),
            book,
            revision,
            deleted: false,
            created_at: self.now,
            uid: card.uid.clone(),
            note_bytes: 0,
        };
        self.put_living(tx, None, row, card)
    }

    /// A new version of a card where it is; a deleted one lives again in the book it was last in.
    pub(crate) fn replace(&self, tx: &mut dyn Transaction, row: &CardRow, card: &Card) -> Result<CardRow> {
        self.replace_in(tx, row, row.book, card)
    }

    /// A new version of a card that is, or was when it was deleted, in the book of its row, and is in `book` now.
    pub(crate) fn replace_in(
        &self,
        tx: &mut dyn Transaction,
        row: &CardRow,
        book: BookId,
        card: &Card,
    ) -> Result<CardRow> {
        let revision = accounts::next_revision(tx, &self.account, self.now)?;
        let next = CardRow { book, revision, deleted: false, uid: card.uid.clone(), ..row.clone() };
        self.put_living(tx, Some(row), next, card)
    }

    /// A tombstone. The facts stay readable in it.
    pub(crate) fn delete(&self, tx: &mut dyn Transaction, row: &CardRow) -> Result<CardRow> {
        let facts = self.newest_facts(tx, row)?;
        let revision = self.put_tombstone(tx, row, facts)?;
        let tombstone = CardRow { revision, deleted: true, ..row.clone() };
        versions::update_card(tx, &self.account, row, &tombstone, None)?;
        Ok(tombstone)
    }

    /// A tombstone in the old book and a version in the new one.
    pub(crate) fn move_to(&self, tx: &mut dyn Transaction, row: &CardRow, book: BookId) -> Result<CardRow> {
        let facts = self.newest_facts(tx, row)?;
        let card = read_facts(&facts)?;
        self.put_tombstone(tx, row, facts)?;
        self.replace_in(tx, row, book, &card)
    }

    /// Keeps both forms of a photo.
    pub(crate) fn keep_photo(&self, tx: &mut dyn Transaction, photo: &PreparedPhoto) -> Result<()> {
        photos::insert(tx, &self.account, &photo.original_hash.0, &photo.original)?;
        if photo.served_hash != photo.original_hash {
            photos::insert(tx, &self.account, &photo.served_hash.0, &photo.served)?;
        }
        Ok(())
    }

    /// The newest facts of a card, living or deleted.
    pub(crate) fn newest_facts(&self, tx: &mut dyn Transaction, row: &CardRow) -> Result<String> {
        versions::newest(tx, &self.account, row.book, row.card)?
            .map(|version| version.facts)
            .ok_or(HubError::NoSuchCard(row.card))
    }

    /// What a device with this lens is served of a card, encoded.
    pub(crate) fn encode(&self, tx: &mut dyn Transaction, card: &Card, lens: &eas::Lens) -> Result<Vec<u8>> {
        let contact = lens.project(card);
        let picture = self.picture(tx, &contact)?;
        Ok(self.forms.encode(&contact, lens, picture.as_deref()))
    }

    fn picture(&self, tx: &mut dyn Transaction, contact: &eas::EasContact) -> Result<Option<Vec<u8>>> {
        match contact.picture {
            eas::Picture::Photo(BlobHash(hash)) => Ok(photos::get(tx, &self.account, &hash)?),
            eas::Picture::Absent | eas::Picture::Empty => Ok(None),
        }
    }

    /// Writes a version of a living card, which is new when there is no `before`.
    fn put_living(
        &self,
        tx: &mut dyn Transaction,
        before: Option<&CardRow>,
        mut row: CardRow,
        card: &Card,
    ) -> Result<CardRow> {
        let lens = standard_lens();
        let contact = lens.project(card);
        let picture = self.picture(tx, &contact)?;
        let form = self.forms.encode(&contact, &lens, picture.as_deref());
        row.note_bytes = i64::try_from(contact.body.map_or(0, |note| note.len())).unwrap_or(i64::MAX);
        let version = Version {
            book: row.book,
            card: row.card,
            revision: row.revision,
            deleted: false,
            namesake: namesake(card)?,
            facts: write_facts(card)?,
            written_at: self.now,
            author: self.author.to_string(),
        };
        match before {
            None => {
                versions::insert_first(tx, &self.account, &version)?;
                versions::insert_card(tx, &self.account, &row, &form)?;
            }
            Some(before) => {
                versions::insert(tx, &self.account, &version)?;
                versions::update_card(tx, &self.account, before, &row, Some(&form))?;
            }
        }
        Ok(row)
    }

    fn put_tombstone(&self, tx: &mut dyn Transaction, row: &CardRow, facts: String) -> Result<Revision> {
        let revision = accounts::next_revision(tx, &self.account, self.now)?;
        let version = Version {
            book: row.book,
            card: row.card,
            revision,
            deleted: true,
            namesake: 0,
            facts,
            written_at: self.now,
            author: self.author.to_string(),
        };
        versions::insert(tx, &self.account, &version)?;
        Ok(revision)
    }
}

/// The lens of the stored form: what an iPhone asks for.
pub(crate) fn standard_lens() -> eas::Lens {
    eas::Lens {
        family: eas::Family::Other,
        version: eas::Version::V16_1,
        supported: eas::Supported::NotSent,
        body_truncation: Some(STANDARD_NOTE_BYTES),
        device: String::new(),
    }
}

/// Whether the stored form is what this lens would show of a card with a note of this length.
pub(crate) fn stored_form_serves(lens: &eas::Lens, note_bytes: i64) -> bool {
    let shows_all = |limit: u32| i64::from(limit) >= note_bytes;
    lens.body_truncation == Some(STANDARD_NOTE_BYTES)
        || shows_all(STANDARD_NOTE_BYTES) && lens.body_truncation.is_none_or(shows_all)
}

/// A number that is equal for cards a phone's first run would take for one person. Two that differ may share a number:
/// the second then comes a request later, nothing worse.
fn namesake(card: &Card) -> Result<i64> {
    let key = serde_json::to_vec(&eas::namesake(card)).map_err(|error| HubError::Damaged(error.to_string()))?;
    let digest = Sha256::digest(key);
    let bytes: [u8; 8] = std::array::from_fn(|index| digest.get(index).copied().unwrap_or_default());
    Ok(i64::from_le_bytes(bytes) | 1)
}

/// Reads a card as the ledger keeps it.
pub(crate) fn read_facts(facts: &str) -> Result<Card> {
    serde_json::from_str(facts).map_err(|error| HubError::Damaged(format!("a card's facts: {error}")))
}

fn write_facts(card: &Card) -> Result<String> {
    serde_json::to_string(card).map_err(|error| HubError::Damaged(format!("a card's facts: {error}")))
}
