//! What a device holds: a function of its state and the history, not a table.

use ledger::{
    AccountId, BookId, CardId, Result, Revision, Transaction,
    tables::versions::{self, Version},
};

use super::state::{Phase, State};

/// The version of a card that the device holds; `None` when it holds none of it. `newest` is the card's newest version
/// in the book.
pub(crate) fn held(
    tx: &mut dyn Transaction,
    account: &AccountId,
    state: &State,
    newest: &Version,
) -> Result<Option<Version>> {
    let version = match state.own(newest.card) {
        Some(revision) => at(tx, account, newest, revision)?,
        None => by_pages(tx, account, state, newest)?,
    };
    Ok(version.filter(|version| !version.deleted))
}

/// The version of a card that the device holds while its latest version up to the target is still to come in a page of
/// the steady phase.
pub(crate) fn held_before_page(
    tx: &mut dyn Transaction,
    account: &AccountId,
    book: BookId,
    state: &State,
    card: CardId,
) -> Result<Option<Version>> {
    let revision = state.own(card).unwrap_or(Revision(state.reached));
    let version = versions::at(tx, account, book, card, revision)?;
    Ok(version.filter(|version| !version.deleted))
}

fn by_pages(tx: &mut dyn Transaction, account: &AccountId, state: &State, newest: &Version) -> Result<Option<Version>> {
    let target = Revision(state.target);
    let Some(latest) = at(tx, account, newest, target)? else {
        return Ok(None);
    };
    let handed_over = latest.revision.0 <= state.cursor;
    Ok(match state.phase {
        Phase::Steady if handed_over => Some(latest),
        Phase::Steady => at(tx, account, newest, Revision(state.reached))?,
        Phase::Initial if !handed_over || latest.deleted => None,
        Phase::Initial => (!versions::has_older_namesake(tx, account, &latest, target)?).then_some(latest),
        Phase::Namesakes if latest.deleted => None,
        Phase::Namesakes => {
            let held = handed_over || !versions::has_older_namesake(tx, account, &latest, target)?;
            held.then_some(latest)
        }
    })
}

/// The latest version at or below a revision, which mostly is the newest.
fn at(tx: &mut dyn Transaction, account: &AccountId, newest: &Version, revision: Revision) -> Result<Option<Version>> {
    if newest.revision <= revision {
        return Ok(Some(newest.clone()));
    }
    versions::at(tx, account, newest.book, newest.card, revision)
}
