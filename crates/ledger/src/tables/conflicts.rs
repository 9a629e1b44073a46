//! Table `conflict`: what lost when two sides changed the same facet, beside the version that won.

use crate::{AccountId, CardId, Result, Revision, Transaction};

/// Records the losers of the merge that made `revision`. `facts` is a text of the caller's.
pub fn insert(
    tx: &mut dyn Transaction,
    account: &AccountId,
    card: CardId,
    revision: Revision,
    facts: &str,
) -> Result<()> {
    tx.execute(
        "INSERT INTO conflict (account, card, revision, facts) VALUES ($1, $2, $3, $4)
         ON CONFLICT (account, card, revision) DO UPDATE SET facts = $5",
        &[account.into(), card.into(), revision.into(), facts.into(), facts.into()],
    )?;
    Ok(())
}

/// The conflicts of a card, oldest first.
pub fn of_card(tx: &mut dyn Transaction, account: &AccountId, card: CardId) -> Result<Vec<(Revision, String)>> {
    tx.all(
        "SELECT revision, facts FROM conflict WHERE account = $1 AND card = $2 ORDER BY revision",
        &[account.into(), card.into()],
        |row| Ok((Revision(row.integer(0)?), row.text(1)?.to_owned())),
    )
}
