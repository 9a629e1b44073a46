//! The change feed: what is different in a book since a revision, newest state once, deletions included.

use ledger::{
    BookId, CardId, Revision,
    tables::{
        accounts,
        versions::{self, Stretch, Which},
    },
};

use crate::{
    books::living,
    cards::{StoredCard, stored},
    error::{HubError, Result},
    hub::Access,
};

/// A position in the feed of a book. Made of revisions alone, so a path can put it into a token and keep nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Everything up to here has been handed over.
    pub cursor: Revision,
    /// The run goes up to here; `None` begins a run towards the newest revision.
    pub target: Option<Revision>,
}

impl Position {
    /// Before everything.
    pub const START: Self = Self { cursor: Revision(0), target: None };
}

/// A piece of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// In the order of their newest revisions.
    pub changes: Vec<Change>,
    /// Where to go on.
    pub next: Position,
    /// The run is not over: ask again at once.
    pub more: bool,
}

/// One card that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is in the book, like this. A card that changed again after the run's target is shown as it is now, and comes
    /// again in the next run.
    Present(Box<StoredCard>),
    /// It is not in the book any more.
    Gone(CardId),
}

impl Access {
    /// The next changes of a book, at most `limit`.
    ///
    /// # Errors
    /// [`HubError::NoSuchBook`]; [`HubError::NoSuchVersion`] when the position lies after the account's newest revision:
    /// it was not given out by this ledger.
    pub async fn changes(&self, book: BookId, from: Position, limit: u32) -> Result<Changes> {
        let account = self.account();
        self.ledger()
            .read::<_, HubError>(move |tx| {
                living(tx, &account, book)?;
                let newest = accounts::revision(tx, &account)?.ok_or(HubError::NoSuchAccount)?;
                let target = from.target.unwrap_or(newest);
                if target > newest || from.cursor > target {
                    return Err(HubError::NoSuchVersion { card: CardId(0), revision: from.cursor.max(target) });
                }
                let stretch =
                    Stretch { book, after: from.cursor, upto: target, limit: i64::from(limit).saturating_add(1) };
                let which = if from.cursor == Revision(0) { Which::Living } else { Which::Everything };
                let mut rows = versions::stretch(tx, &account, stretch, which)?;
                let more = rows.len() > limit as usize;
                rows.truncate(limit as usize);
                let cursor = if more { rows.last().map_or(from.cursor, |row| row.revision) } else { target };
                let mut changes = Vec::with_capacity(rows.len());
                for row in rows {
                    let card = stored(tx, &account, row.card)?.filter(|card| card.book == book);
                    changes.push(card.map_or(Change::Gone(row.card), |card| Change::Present(Box::new(card))));
                }
                let next = Position { cursor, target: more.then_some(target) };
                Ok(Changes { changes, next, more })
            })
            .await
    }
}
