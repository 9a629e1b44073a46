//! A page: the next cards that differ from what the device holds.

use contact::eas::{EasContact, Element, Lens, Picture, Property};
use ledger::{
    BookId, CardId, Revision, Transaction,
    tables::versions::{self, Step, Stretch, Which},
};

use super::{
    held::held_before_page,
    request::ServerCommand,
    state::{Phase, State},
};
use crate::{
    error::{HubError, Result},
    writer::{Writer, read_facts, stored_form_serves},
};

/// What a page brought.
#[derive(Default)]
pub(crate) struct Page {
    pub(crate) commands: Vec<ServerCommand>,
    /// There may be more in this run.
    pub(crate) full: bool,
    /// How many rows were read for it.
    pub(crate) rows: usize,
}

/// What a page is made for.
pub(crate) struct View<'a> {
    pub(crate) writer: &'a Writer,
    pub(crate) book: BookId,
    pub(crate) lens: &'a Lens,
}

impl View<'_> {
    /// The next page that has something in it, or the empty one at the end of history: runs in which there is nothing to
    /// tell are passed at once. Also gives the state in which that page begins, from which it can be made again.
    pub(crate) fn next_page(
        &self,
        tx: &mut dyn Transaction,
        state: &mut State,
        window: u32,
        newest: Revision,
    ) -> Result<(State, Page)> {
        let mut rows = 0;
        loop {
            state.turn(newest);
            let from = state.clone();
            let mut page = self.page(tx, state, window)?;
            rows += page.rows;
            if !page.commands.is_empty() || page.full || state.is_up_to(newest) {
                page.rows = rows;
                return Ok((from, page));
            }
        }
    }

    /// Takes up to `window` cards from where the state's cursor stands, and moves it. The same state and window give the
    /// same page for ever, because history does not change.
    pub(crate) fn page(&self, tx: &mut dyn Transaction, state: &mut State, window: u32) -> Result<Page> {
        let window = window as usize;
        let mut page = Page { commands: Vec::new(), full: false, rows: 0 };
        if state.run_is_over() {
            state.end_run();
            return Ok(page);
        }
        loop {
            let limit = window.saturating_sub(page.commands.len()).saturating_add(1);
            let rows = self.rows(tx, state, limit)?;
            let exhausted = rows.len() < limit;
            page.rows += rows.len();
            for row in rows {
                if page.commands.len() == window {
                    page.full = true;
                    return Ok(page);
                }
                self.step(tx, state, row, &mut page.commands)?;
            }
            if exhausted {
                state.end_run();
                return Ok(page);
            }
        }
    }

    fn rows(&self, tx: &mut dyn Transaction, state: &State, limit: usize) -> Result<Vec<Step>> {
        let stretch = Stretch {
            book: self.book,
            after: Revision(state.cursor),
            upto: Revision(state.target),
            limit: i64::try_from(limit).unwrap_or(i64::MAX),
        };
        let which = match state.phase {
            Phase::Initial => Which::Living,
            Phase::Namesakes => Which::Namesakes,
            Phase::Steady => Which::Everything,
        };
        Ok(versions::stretch(tx, &self.writer.account, stretch, which)?)
    }

    /// Passes one row. A card that cannot be read is passed over with a line in the log: it stays in the ledger, and
    /// its next version is delivered like any other.
    fn step(
        &self,
        tx: &mut dyn Transaction,
        state: &mut State,
        row: Step,
        commands: &mut Vec<ServerCommand>,
    ) -> Result<()> {
        let (card, revision) = (row.card, row.revision);
        let told = state.own(card).is_some_and(|own| own >= revision);
        let held_back = state.phase == Phase::Initial && row.is_namesake;
        state.owes_namesakes |= held_back;
        let command = if told || held_back {
            None
        } else {
            match self.command(tx, state, row) {
                Err(HubError::Damaged(reason)) => {
                    tracing::error!(account = %self.writer.account, %card, %revision, reason, "a contact cannot be served");
                    None
                }
                other => other?,
            }
        };
        state.cursor = revision.0;
        if let Some(command) = command {
            state.own.remove(&card.0);
            commands.push(command);
        }
        Ok(())
    }

    fn command(&self, tx: &mut dyn Transaction, state: &State, row: Step) -> Result<Option<ServerCommand>> {
        if state.phase != Phase::Steady {
            return self.add(tx, row).map(Some);
        }
        let card = row.card;
        let base = held_before_page(tx, &self.writer.account, self.book, state, card)?;
        match (base, row.deleted) {
            (None, true) => Ok(None),
            (None, false) => self.add(tx, row).map(Some),
            (Some(_), true) => Ok(Some(ServerCommand::Delete { card })),
            (Some(base), false) => {
                let before = self.lens.project(&read_facts(&base.facts)?);
                let facts = row.facts.as_deref().ok_or_else(|| HubError::Damaged("a version without facts".into()))?;
                let now = self.lens.project(&read_facts(facts)?);
                if before == now {
                    return Ok(None);
                }
                let form = self.form(tx, row)?;
                Ok(Some(ServerCommand::Change { card, form, cleared: cleared(&before, &now) }))
            }
        }
    }

    fn add(&self, tx: &mut dyn Transaction, row: Step) -> Result<ServerCommand> {
        Ok(ServerCommand::Add { card: row.card, form: self.form(tx, row)? })
    }

    fn form(&self, tx: &mut dyn Transaction, row: Step) -> Result<Vec<u8>> {
        match (row.form, row.facts) {
            (Some((form, note_bytes)), _) if stored_form_serves(self.lens, note_bytes) => Ok(form),
            (_, Some(facts)) => self.writer.encode(tx, &read_facts(&facts)?, self.lens),
            (_, None) => self.form_at(tx, row.card, row.revision),
        }
    }

    /// The encoded form of a card in the version it had at a revision.
    pub(crate) fn form_at(&self, tx: &mut dyn Transaction, card: CardId, revision: Revision) -> Result<Vec<u8>> {
        let version = versions::at(tx, &self.writer.account, self.book, card, revision)?
            .ok_or(HubError::NoSuchVersion { card, revision })?;
        self.writer.encode(tx, &read_facts(&version.facts)?, self.lens)
    }
}

/// What `before` shows and `now` does not. Dates are left out: an empty one is no dateTime.
pub(crate) fn cleared(before: &EasContact, now: &EasContact) -> Vec<Element> {
    let gone = |property: &&Property| !now.texts.contains_key(property);
    let can_be_empty = |property: &&Property| !matches!(property, Property::Birthday | Property::Anniversary);
    let texts = before.texts.keys().filter(gone).filter(can_be_empty).copied().map(Element::Text);
    let others = [
        (Element::Categories, before.categories.is_some() && now.categories.is_none()),
        (Element::Children, before.children.is_some() && now.children.is_none()),
        (Element::Picture, before.picture != Picture::Absent && now.picture == Picture::Absent),
        (Element::Body, before.body.is_some() && now.body.is_none()),
    ];
    texts.chain(others.into_iter().filter(|(_, gone)| *gone).map(|(element, _)| element)).collect()
}
