//! What a device holds: a function of its state and the history, not a table.

use ledger::{
    AccountId, BookId, CardId, Result, Transaction,
    tables::versions::{self, Version},
};

use super::state::{Phase, State};

/// The version of a card that the device holds; `None` when it holds none of it.
pub(crate) fn held(
    tx: &mut dyn Transaction,
    account: &AccountId,
    book: BookId,
    state: &State,
    card: CardId,
) -> Result<Option<Version>> {
    let version = match state.own(card) {
        Some(revision) => versions::at(tx, account, book, card, revision)?,
        None => by_pages(tx, account, book, state, card)?,
    };
    Ok(version.filter(|version| !version.deleted))
}

fn by_pages(
    tx: &mut dyn Transaction,
    account: &AccountId,
    book: BookId,
    state: &State,
    card: CardId,
) -> Result<Option<Version>> {
    let target = ledger::Revision(state.target);
    let Some(latest) = versions::at(tx, account, book, card, target)? else {
        return Ok(None);
    };
    let handed_over = latest.revision.0 <= state.cursor;
    Ok(match state.phase {
        Phase::Steady if handed_over => Some(latest),
        Phase::Steady => versions::at(tx, account, book, card, ledger::Revision(state.reached))?,
        Phase::Initial if !handed_over || latest.deleted => None,
        Phase::Initial => (!versions::has_older_namesake(tx, account, &latest, target)?).then_some(latest),
        Phase::Namesakes if latest.deleted => None,
        Phase::Namesakes => {
            let held = handed_over || !versions::has_older_namesake(tx, account, &latest, target)?;
            held.then_some(latest)
        }
    })
}
