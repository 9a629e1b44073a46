//! What a device did, worked into the ledger.

use std::collections::{BTreeMap, BTreeSet};

use contact::{
    Card,
    eas::{EasContact, Lens},
    merge::{Conflict, Winner, merge},
    photo::PreparedPhoto,
};
use ledger::{
    BookId, CardId, Revision, Transaction,
    tables::{
        accounts, conflicts,
        versions::{self, CardRow},
    },
};

use super::{
    held::held,
    page::{View, cleared},
    record::{CommandId, How, Shows, Told, Touched},
    request::{CommandResponse, FailedCommand, SyncCommand},
    state::State,
};
use crate::{
    error::{HubError, Result},
    writer::{Writer, read_facts},
};

/// The commands of one request, and what the device sent in the round whose answer it lost.
pub(crate) struct Work<'a> {
    pub(crate) writer: &'a Writer,
    pub(crate) book: BookId,
    pub(crate) lens: &'a Lens,
    pub(crate) winner: Winner,
    /// The state of the key the request came with.
    pub(crate) state: &'a State,
    /// The replay record; empty when the device got its last answer.
    pub(crate) record: BTreeMap<CommandId, Touched>,
    /// Only what the device brought exists for it.
    pub(crate) withheld: bool,
}

/// What became of them.
pub(crate) struct Done {
    pub(crate) responses: Vec<CommandResponse>,
    /// By command; those of the lost round included.
    pub(crate) touched: BTreeMap<CommandId, Touched>,
    /// Adds of the lost round that did not come again: the device never learnt their ids.
    pub(crate) untold_adds: Vec<CommandId>,
    /// What the cards touched in this request are now.
    newest: BTreeMap<CardId, Newest>,
    /// Revisions taken for the Adds that are no repetition.
    revisions: std::ops::Range<i64>,
}

impl Done {
    /// Notes what the device shows of a card after a command, and what the ledger has.
    fn note(&mut self, command: CommandId, card: CardId, shows: Shows, newest: Newest) {
        let differs = newest.shows != shows;
        let touched = Touched { command: command.clone(), card, shows, revision: newest.revision.0, differs };
        self.touched.insert(command, touched);
        self.newest.insert(card, newest);
    }
}

/// An edit: what it starts from, and what the device shows now.
struct Edit<'a> {
    base: &'a Card,
    /// The revision of the version that `base` is; zero for none.
    base_revision: Revision,
    served: &'a EasContact,
    sent: &'a EasContact,
    photo: Option<&'a PreparedPhoto>,
}

impl Work<'_> {
    /// Works the commands in, in order.
    pub(crate) fn run(&self, tx: &mut dyn Transaction, commands: &[SyncCommand]) -> Result<Done> {
        let came = self.recognise(commands);
        let new = came.iter().filter(|id| matches!(id, CommandId::Add(..)) && !self.record.contains_key(*id)).count();
        let mut done = Done {
            responses: Vec::new(),
            touched: self.record.clone(),
            untold_adds: Vec::new(),
            newest: BTreeMap::new(),
            revisions: self.writer.revisions(tx, new)?,
        };
        for (command, id) in commands.iter().zip(&came) {
            match command {
                SyncCommand::Add { client_id, contact, photo } => {
                    let card = self.add(tx, &mut done, id.clone(), contact, photo.as_deref())?;
                    done.responses.push(CommandResponse::Added(client_id.clone(), card));
                }
                SyncCommand::Change { card, contact, photo } => {
                    if !self.change(tx, &mut done, id.clone(), *card, contact, photo.as_deref())? {
                        done.responses.push(CommandResponse::NotFound(*card, FailedCommand::Change));
                    }
                }
                SyncCommand::Delete { card } => {
                    if !self.delete(tx, &mut done, id.clone(), *card)? {
                        done.responses.push(CommandResponse::NotFound(*card, FailedCommand::Delete));
                    }
                }
                SyncCommand::Fetch { card } if self.withheld => {
                    done.responses.push(CommandResponse::NotFound(*card, FailedCommand::Fetch));
                }
                SyncCommand::Fetch { card } => done.responses.push(match self.living(tx, *card)? {
                    Some(_) => CommandResponse::Fetched(*card, None),
                    None => CommandResponse::NotFound(*card, FailedCommand::Fetch),
                }),
            }
        }
        done.untold_adds =
            self.record.keys().filter(|id| matches!(id, CommandId::Add(..)) && !came.contains(id)).cloned().collect();
        Ok(done)
    }

    /// The ids of a request's commands. Adds that share a ClientId with others (Android takes it from the clock) are
    /// told apart by their content first: if the person deleted one of them after the answer was lost, counting alone
    /// would take the next one for it.
    fn recognise(&self, commands: &[SyncCommand]) -> Vec<CommandId> {
        let mut ids = count(commands);
        let ambiguous = |id: &CommandId| match id {
            CommandId::Add(client_id, _) => self.record.contains_key(&CommandId::Add(client_id.clone(), 1)),
            CommandId::Item(..) => false,
        };
        if !self.record.keys().any(ambiguous) {
            return ids;
        }
        let mut taken: BTreeSet<CommandId> = BTreeSet::new();
        let mut same: Vec<Option<CommandId>> = vec![None; commands.len()];
        for (command, found) in commands.iter().zip(&mut same) {
            let SyncCommand::Add { client_id, contact, .. } = command else { continue };
            let shows = Shows::Contact(Box::new(self.lens.seen(&EasContact::default(), contact)));
            let before = self.record.iter().find(|(id, touched)| {
                matches!(id, CommandId::Add(name, _) if name == client_id)
                    && !taken.contains(*id)
                    && touched.shows == shows
            });
            *found = before.map(|(id, _)| id.clone());
            taken.extend(found.clone());
        }
        for (id, found) in ids.iter_mut().zip(same) {
            let CommandId::Add(client_id, number) = id else { continue };
            if let Some(found) = found {
                *id = found;
                continue;
            }
            *number = 0;
            while taken.contains(&CommandId::Add(client_id.clone(), *number)) {
                *number += 1;
            }
            taken.insert(id.clone());
        }
        ids
    }

    fn add(
        &self,
        tx: &mut dyn Transaction,
        done: &mut Done,
        id: CommandId,
        sent: &EasContact,
        photo: Option<&PreparedPhoto>,
    ) -> Result<CardId> {
        if let Some(seen) = self.record.get(&id) {
            // The answer was lost: the card exists. Only what is new since then is an edit.
            let (card, revision) = (seen.card, seen.revision());
            let (shown, newest) = self.again(tx, seen, sent, photo)?;
            self.touch(tx, done, id, card, shown, newest)?;
            tracing::debug!(account = %self.writer.account, %card, %revision, "a repeated Add");
            return Ok(card);
        }
        let nothing = EasContact::default();
        let edit = Edit { base: &Card::default(), base_revision: Revision(0), served: &nothing, sent, photo };
        let mut card = self.absorb(tx, &edit)?;
        let revision = match done.revisions.next() {
            Some(revision) => Revision(revision),
            None => accounts::next_revision(tx, &self.writer.account, self.writer.now)?,
        };
        let row = self.writer.create(tx, revision, self.book, &mut card)?;
        let newest = Newest { revision, shows: Shows::Contact(Box::new(self.lens.project(&card))) };
        done.note(id, row.card, Shows::Contact(Box::new(self.lens.seen(&nothing, sent))), newest);
        Ok(row.card)
    }

    fn change(
        &self,
        tx: &mut dyn Transaction,
        done: &mut Done,
        id: CommandId,
        card: CardId,
        sent: &EasContact,
        photo: Option<&PreparedPhoto>,
    ) -> Result<bool> {
        let (shown, newest) = if let Some(seen) = self.record.get(&id) {
            self.again(tx, seen, sent, photo)?
        } else {
            let Some(newest) = versions::newest(tx, &self.writer.account, self.book, card)? else {
                return Ok(false);
            };
            match held(tx, &self.writer.account, self.state, &newest)? {
                Some(version) => {
                    let base = read_facts(&version.facts)?;
                    let served = self.lens.project(&base);
                    let edit = Edit { base: &base, base_revision: version.revision, served: &served, sent, photo };
                    let newest = self.edit(tx, card, &edit)?;
                    (Shows::Contact(Box::new(self.lens.seen(&served, sent))), newest)
                }
                None if self.withheld => return Ok(false),
                None => (self.change_of_unknown(tx, card, sent)?, None),
            }
        };
        self.touch(tx, done, id, card, shown, newest)?;
        Ok(true)
    }

    /// The same command as in the lost round: the device's base is what it sent then, whatever the ledger made of it.
    fn again(
        &self,
        tx: &mut dyn Transaction,
        seen: &Touched,
        sent: &EasContact,
        photo: Option<&PreparedPhoto>,
    ) -> Result<(Shows, Option<Newest>)> {
        let served = match &seen.shows {
            Shows::Contact(contact) => contact.as_ref().clone(),
            Shows::Nothing => EasContact::default(),
        };
        let base = self.facts_at(tx, seen.card, seen.revision())?;
        let edit = Edit { base: &base, base_revision: seen.revision(), served: &served, sent, photo };
        let newest = self.edit(tx, seen.card, &edit)?;
        Ok((Shows::Contact(Box::new(self.lens.seen(&served, sent))), newest))
    }

    /// A Change of a card that the device should not hold: it kept it from before a reset, or was told that it is gone.
    /// Nothing is deleted by absence, and where both say something the ledger's stays; the other is recorded.
    fn change_of_unknown(&self, tx: &mut dyn Transaction, card: CardId, sent: &EasContact) -> Result<Shows> {
        let seen = self.lens.seen(&EasContact::default(), sent);
        let row = versions::card(tx, &self.writer.account, card)?.ok_or(HubError::NoSuchCard(card))?;
        let newest = read_facts(&self.writer.newest_facts(tx, &row)?)?;
        let served = self.lens.project(&newest);
        let mut filled = served.clone();
        let mut lost = Vec::new();
        for (property, text) in &seen.texts {
            match served.texts.get(property) {
                None => drop(filled.texts.insert(*property, text.clone())),
                Some(kept) if kept != text => lost.push((property, text)),
                Some(_) => {}
            }
        }
        filled.body = served.body.clone().or_else(|| seen.body.clone());
        let mine = self.lens.absorb(&newest, &served, &filled, None, &mut self.writer.ids());
        let revision =
            if mine == newest && !row.deleted { row.revision } else { self.replace(tx, &row, &mine)?.revision };
        if !lost.is_empty() {
            let facts = serde_json::to_string(&lost).map_err(|error| HubError::Damaged(error.to_string()))?;
            conflicts::insert(tx, &self.writer.account, card, revision, &facts)?;
        }
        Ok(Shows::Contact(Box::new(seen)))
    }

    fn delete(&self, tx: &mut dyn Transaction, done: &mut Done, id: CommandId, card: CardId) -> Result<bool> {
        let Some(newest) = versions::newest(tx, &self.writer.account, self.book, card)? else {
            return Ok(false);
        };
        let seen = self.record.get(&id);
        let base = held(tx, &self.writer.account, self.state, &newest)?;
        let knew = seen.map_or(base.is_some(), |seen| seen.shows != Shows::Nothing);
        if self.withheld && !knew {
            return Ok(false);
        }
        if knew && !newest.deleted {
            let unseen = match (seen, base) {
                (Some(seen), _) => newest.revision > seen.revision() || seen.differs,
                (None, Some(base)) => newest.revision > base.revision,
                (None, None) => false,
            };
            // A change this device has not seen beats its deletion: it gets the card again.
            if !unseen && let Some(row) = self.living(tx, card)? {
                self.writer.delete(tx, &row)?;
            }
        }
        self.touch(tx, done, id, card, Shows::Nothing, None)?;
        Ok(true)
    }

    /// Merges an edit onto the newest version, wherever the card is now. A deleted card lives again when the edit changes
    /// something. Gives what the card has become in this book; `None` when nothing was written here.
    fn edit(&self, tx: &mut dyn Transaction, card: CardId, edit: &Edit<'_>) -> Result<Option<Newest>> {
        let row = versions::card(tx, &self.writer.account, card)?.ok_or(HubError::NoSuchCard(card))?;
        let mine = self.absorb(tx, edit)?;
        if mine == *edit.base {
            return Ok(None);
        }
        let moved_on;
        let theirs = if row.revision == edit.base_revision {
            edit.base
        } else {
            moved_on = read_facts(&self.writer.newest_facts(tx, &row)?)?;
            &moved_on
        };
        let merged = merge(edit.base, &mine, theirs, self.winner);
        if merged.card == *theirs && !row.deleted {
            self.record_conflicts(tx, &row, &merged.conflicts)?;
            return Ok(None);
        }
        let row = self.replace(tx, &row, &merged.card)?;
        self.record_conflicts(tx, &row, &merged.conflicts)?;
        let shows = || Shows::Contact(Box::new(self.lens.project(&merged.card)));
        Ok((row.book == self.book).then(|| Newest { revision: row.revision, shows: shows() }))
    }

    /// A new version where the card is; a deleted one lives again in the book of the device that changed it.
    fn replace(&self, tx: &mut dyn Transaction, row: &CardRow, card: &Card) -> Result<CardRow> {
        let book = if row.deleted { self.book } else { row.book };
        self.writer.replace_in(tx, row, book, card)
    }

    fn absorb(&self, tx: &mut dyn Transaction, edit: &Edit<'_>) -> Result<Card> {
        if let Some(photo) = edit.photo {
            self.writer.keep_photo(tx, photo)?;
        }
        Ok(self.lens.absorb(edit.base, edit.served, edit.sent, edit.photo, &mut self.writer.ids()))
    }

    fn record_conflicts(&self, tx: &mut dyn Transaction, row: &CardRow, found: &[Conflict]) -> Result<()> {
        if found.is_empty() {
            return Ok(());
        }
        let facts = serde_json::to_string(found).map_err(|error| HubError::Damaged(error.to_string()))?;
        tracing::info!(account = %self.writer.account, card = %row.card, conflicts = found.len(), "both sides changed the same");
        Ok(conflicts::insert(tx, &self.writer.account, row.card, row.revision, &facts)?)
    }

    /// Remembers what the device shows of a card now, beside the version the ledger has, which is looked up when it is
    /// not given.
    fn touch(
        &self,
        tx: &mut dyn Transaction,
        done: &mut Done,
        command: CommandId,
        card: CardId,
        shows: Shows,
        newest: Option<Newest>,
    ) -> Result<()> {
        let newest = match newest {
            Some(newest) => newest,
            None => self.newest_here(tx, card)?,
        };
        done.note(command, card, shows, newest);
        Ok(())
    }

    fn newest_here(&self, tx: &mut dyn Transaction, card: CardId) -> Result<Newest> {
        let version = versions::newest(tx, &self.writer.account, self.book, card)?.ok_or(HubError::NoSuchCard(card))?;
        let shows = if version.deleted {
            Shows::Nothing
        } else {
            Shows::Contact(Box::new(self.lens.project(&read_facts(&version.facts)?)))
        };
        Ok(Newest { revision: version.revision, shows })
    }

    fn facts_at(&self, tx: &mut dyn Transaction, card: CardId, revision: Revision) -> Result<Card> {
        let version = versions::at(tx, &self.writer.account, self.book, card, revision)?
            .ok_or(HubError::NoSuchVersion { card, revision })?;
        read_facts(&version.facts)
    }

    /// The card, if it is in this book now.
    fn living(&self, tx: &mut dyn Transaction, card: CardId) -> Result<Option<CardRow>> {
        let row = versions::card(tx, &self.writer.account, card)?;
        Ok(row.filter(|row| !row.deleted && row.book == self.book))
    }

    /// Compares what the device shows of every card it touched with the ledger, tells it what differs, and notes in the
    /// state that it knows. What there is no `room` for, which is all of it for a device that does not want to hear
    /// anything, the device is owed.
    pub(crate) fn settle(
        &self,
        tx: &mut dyn Transaction,
        done: &Done,
        state: &mut State,
        room: usize,
    ) -> Result<Vec<Told>> {
        let mut told: Vec<Told> = Vec::new();
        for (id, touched) in &done.touched {
            let looked_up;
            let newest = if let Some(known) = done.newest.get(&touched.card) {
                known
            } else {
                looked_up = self.newest_here(tx, touched.card)?;
                &looked_up
            };
            let (revision, now) = (newest.revision, &newest.shows);
            let shown = if done.untold_adds.contains(id) { &Shows::Nothing } else { &touched.shows };
            told.retain(|other| other.card != touched.card);
            state.owed.remove(&touched.card.0);
            if now == shown {
                state.own.insert(touched.card.0, revision.0);
            } else if told.len() < room {
                told.push(Told { card: touched.card, revision: revision.0, how: difference(shown, now) });
                state.own.insert(touched.card.0, revision.0);
            } else {
                state.own.remove(&touched.card.0);
                state.owed.insert(touched.card.0, *shown != Shows::Nothing);
            }
        }
        for (card, shows_something) in std::mem::take(&mut state.owed) {
            if told.len() >= room {
                state.owed.insert(card, shows_something);
                continue;
            }
            let newest = self.newest_here(tx, CardId(card))?;
            let how = match (&newest.shows, shows_something) {
                (Shows::Nothing, false) => continue,
                (Shows::Nothing, true) => How::Delete,
                (Shows::Contact(_), false) => How::Add,
                (Shows::Contact(_), true) => How::Change(Vec::new()),
            };
            told.push(Told { card: CardId(card), revision: newest.revision.0, how });
            state.own.insert(card, newest.revision.0);
        }
        Ok(told)
    }

    /// The page's view of the same book.
    pub(crate) fn view(&self) -> View<'_> {
        View { writer: self.writer, book: self.book, lens: self.lens }
    }
}

/// The newest version of a card in this book.
struct Newest {
    revision: Revision,
    /// As this device would show it.
    shows: Shows,
}

/// What turns what is shown into what is.
fn difference(shown: &Shows, now: &Shows) -> How {
    match (shown, now) {
        (_, Shows::Nothing) => How::Delete,
        (Shows::Nothing, Shows::Contact(_)) => How::Add,
        (Shows::Contact(before), Shows::Contact(now)) => How::Change(cleared(before, now)),
    }
}

/// Gives every command its id: kind, name, and the how-manyth of those in the request.
fn count(commands: &[SyncCommand]) -> Vec<CommandId> {
    let mut counts: BTreeMap<CommandId, u32> = BTreeMap::new();
    let ids = commands.iter().map(|command| {
        let mut id = match command {
            SyncCommand::Add { client_id, .. } => CommandId::Add(client_id.clone(), 0),
            SyncCommand::Change { card, .. } | SyncCommand::Delete { card } | SyncCommand::Fetch { card } => {
                CommandId::Item(card.0, 0)
            }
        };
        let count = counts.entry(id.clone()).or_insert(0);
        match &mut id {
            CommandId::Add(_, number) | CommandId::Item(_, number) => *number = *count,
        }
        *count += 1;
        id
    });
    ids.collect()
}
