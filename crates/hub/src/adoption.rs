//! Carrying out what was planned about a phone's contacts, and taking it back.
//!
//! A run writes under an author of its own, `adopt:RUN`. So history itself knows what a run did, and a run is undone by
//! going back to what stood before each version it wrote, where nobody has written since.

use contact::{Card, photo::PreparedPhoto};
use ledger::{
    BookId, CardId, Revision, Transaction,
    tables::{accounts, books, versions},
};

use crate::{
    books::living as living_book,
    error::{HubError, Result},
    hub::Access,
    writer::{Writer, read_facts},
};

/// What authors of runs begin with.
pub const RUN_AUTHOR: &str = "adopt:";
/// What authors of undone runs begin with.
pub const UNDO_AUTHOR: &str = "adopt-undo:";

/// Something to be written.
#[derive(Debug, Clone)]
pub enum Step {
    /// A new card in this book.
    Create {
        /// Where.
        book: BookId,
        /// What.
        card: Card,
        /// The pictures its photo items name.
        photos: Vec<PreparedPhoto>,
    },
    /// A card gets this form, unless somebody wrote it since.
    Edit {
        /// Which.
        card: CardId,
        /// As it was when this was planned.
        expected: Revision,
        /// What it becomes.
        form: Card,
        /// The pictures its photo items name.
        photos: Vec<PreparedPhoto>,
    },
}

/// What became of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stepped {
    /// It is there.
    Created(CardId),
    /// It has the new form.
    Edited(CardId),
    /// Somebody wrote, deleted or moved it since it was planned; it is as they left it.
    ChangedSince(CardId),
}

/// What undoing a run did with a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undone {
    /// It is as it was before the run.
    Restored(CardId),
    /// The run had made it; it is deleted, and stays in history.
    Removed(CardId),
    /// Somebody wrote or deleted it since; it is as they left it.
    ChangedSince(CardId),
    /// An earlier undoing of this run did it.
    Before(CardId),
}

impl Access {
    /// The same contacts; what is written belongs to this run.
    #[must_use]
    pub fn as_adoption(&self, run: &str) -> Self {
        self.authored(&format!("{RUN_AUTHOR}{run}"))
    }

    /// Carries out steps, all in one transaction, each that still can be.
    ///
    /// # Errors
    /// [`HubError::NoSuchBook`].
    pub async fn adopt(&self, steps: Vec<Step>) -> Result<Vec<Stepped>> {
        let writer = self.writer();
        let done = self
            .ledger()
            .write::<_, HubError>(move |tx| {
                accounts::lock(tx, &writer.account)?;
                steps.iter().map(|step| carry_out(tx, &writer, step)).collect()
            })
            .await?;
        self.announce();
        Ok(done)
    }

    /// The runs whose versions the history has, the latest first.
    pub async fn adoptions(&self) -> Result<Vec<String>> {
        let account = self.account();
        let authors =
            self.ledger().read::<_, HubError>(move |tx| Ok(versions::authors(tx, &account, RUN_AUTHOR)?)).await?;
        Ok(authors.into_iter().filter_map(|author| author.strip_prefix(RUN_AUTHOR).map(str::to_owned)).collect())
    }

    /// The cards that a run wrote.
    pub async fn adopted(&self, run: &str) -> Result<Vec<CardId>> {
        let (account, author) = (self.account(), format!("{RUN_AUTHOR}{run}"));
        self.ledger().read::<_, HubError>(move |tx| Ok(versions::cards_by(tx, &account, &author)?)).await
    }

    /// Takes back what a run did with these cards, all in one transaction. History only grows.
    pub async fn undo_adoption(&self, run: &str, cards: Vec<CardId>) -> Result<Vec<Undone>> {
        let (writer, run) = (self.authored(&format!("{UNDO_AUTHOR}{run}")).writer(), run.to_owned());
        let done = self
            .ledger()
            .write::<_, HubError>(move |tx| {
                accounts::lock(tx, &writer.account)?;
                cards.iter().map(|card| take_back(tx, &writer, &run, *card)).collect()
            })
            .await?;
        self.announce();
        Ok(done)
    }
}

fn carry_out(tx: &mut dyn Transaction, writer: &Writer, step: &Step) -> Result<Stepped> {
    match step {
        Step::Create { book, card, photos } => {
            living_book(tx, &writer.account, *book)?;
            for photo in photos {
                writer.keep_photo(tx, photo)?;
            }
            let revision = accounts::next_revision(tx, &writer.account, writer.now)?;
            let row = writer.create(tx, revision, *book, &mut card.clone())?;
            Ok(Stepped::Created(row.card))
        }
        Step::Edit { card, expected, form, photos } => {
            let row = versions::card(tx, &writer.account, *card)?;
            let Some(row) = row.filter(|row| !row.deleted && row.revision == *expected) else {
                return Ok(Stepped::ChangedSince(*card));
            };
            for photo in photos {
                writer.keep_photo(tx, photo)?;
            }
            writer.replace(tx, &row, form)?;
            Ok(Stepped::Edited(*card))
        }
    }
}

/// A card goes back if the newest version of it is the run's.
fn take_back(tx: &mut dyn Transaction, writer: &Writer, run: &str, card: CardId) -> Result<Undone> {
    let row = versions::card(tx, &writer.account, card)?.ok_or(HubError::NoSuchCard(card))?;
    let history = versions::history(tx, &writer.account, card)?;
    let Some((newest, before)) = history.split_last() else { return Err(HubError::NoSuchCard(card)) };
    if newest.author == format!("{UNDO_AUTHOR}{run}") {
        return Ok(Undone::Before(card));
    }
    if newest.author != format!("{RUN_AUTHOR}{run}") {
        return Ok(Undone::ChangedSince(card));
    }
    let Some(before) = before.last() else {
        writer.delete(tx, &row)?;
        return Ok(Undone::Removed(card));
    };
    let living = books::living(tx, &writer.account)?;
    if !living.iter().any(|book| book.book == row.book) {
        return Ok(Undone::ChangedSince(card));
    }
    let facts = read_facts(&before.facts)?;
    writer.replace(tx, &row, &facts)?;
    Ok(Undone::Restored(card))
}
