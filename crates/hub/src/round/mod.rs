//! A round: how a device and the ledger agree on a book (MS-ASCMD 2.2.1.21).
//!
//! History is immutable, so what a device holds can be computed from three integers ([`state::State`], [`held`]). A
//! round reads the state of the request's key, works the device's commands in ([`commands`]), tells the device what of
//! the cards it touched differs from what it shows, takes the next page ([`page`]), and commits the cards, the replay
//! record ([`record`]), the new state and with it the new key in one transaction.
//!
//! Which state a key names:
//! - the current key: go on; the state before is forgotten, because the device has proved that it got ours;
//! - the key before, with the same request: the same answer again, nothing done;
//! - the key before, with another request: go on from the state before, with the replay record at hand, and give out a
//!   number never given out before;
//! - the state that this passed over, because the other request may have been an old one delivered late;
//! - key 0: a fresh epoch; the old one lives on until the fresh key comes back;
//! - anything else: the device starts over, nothing is touched.

mod commands;
mod held;
mod page;
mod record;
mod request;
mod state;

use std::{collections::BTreeMap, sync::Arc};

use contact::{
    eas::{Lens, Supported},
    merge::Winner,
};
use ledger::{
    BookId, Revision, Transaction,
    tables::{
        accounts, books,
        collections::{self, Collection, Seat as Place},
        versions,
    },
};

pub use request::{CommandResponse, FailedCommand, Round, ServerCommand, SyncAnswer, SyncCommand, SyncRequest};
pub use state::{SyncKey, SyncOptions};

use crate::{
    error::{HubError, Result},
    hierarchy,
    hub::Access,
    limits::{ROUND_ATTEMPTS, SHORT_RUN_REVISIONS, STANDARD_NOTE_BYTES, UNRECORDED_ROWS_MAX, WINDOW_MAX},
    withheld::{self, Shown},
    writer::Writer,
};
use commands::Work;
use page::{Page, View};
use record::{How, Previous, Recipe, Told};
use state::{Phase, Position, State};

impl Default for SyncOptions {
    /// What a client gets that never sent any: the specification's defaults.
    fn default() -> Self {
        Self { supported: Supported::NotSent, body_truncation: Some(STANDARD_NOTE_BYTES), winner: Winner::Theirs }
    }
}

impl Access {
    /// One round of a device with a book.
    ///
    /// # Errors
    /// [`HubError::NoSuchBook`] when the book is not there (any more); [`HubError::Overtaken`] when other requests of the
    /// same device keep being faster; the ledger's troubles. Nothing is written then.
    pub async fn sync(&self, device: &str, book: BookId, request: SyncRequest) -> Result<SyncAnswer> {
        let seat = Arc::new(Seat { writer: self.writer(), device: device.to_owned(), book, request });
        for _ in 0..ROUND_ATTEMPTS {
            let at_work = Arc::clone(&seat);
            let course = if seat.writes() {
                Course::Write
            } else {
                let at_work = Arc::clone(&seat);
                self.ledger().query::<_, HubError>(move |tx| at_work.course(tx)).await?
            };
            let outcome = match course {
                Course::Unchanged => Outcome::Done(SyncAnswer::Unchanged),
                Course::Write => self.ledger().write::<_, HubError>(move |tx| at_work.write(tx)).await?,
                Course::ReadThenStore => {
                    let plan = self.ledger().read::<_, HubError>(move |tx| at_work.plan(tx)).await?;
                    match plan.put {
                        None => Outcome::Done(plan.answer),
                        Some(put) => {
                            let (at_work, answer) = (Arc::clone(&seat), plan.answer);
                            let stored = self.ledger().write::<_, HubError>(move |tx| at_work.store(tx, &put)).await?;
                            if stored { Outcome::Done(answer) } else { Outcome::Overtaken }
                        }
                    }
                }
            };
            match outcome {
                Outcome::Done(answer) => {
                    if seat.writes() {
                        self.announce();
                    }
                    return Ok(answer);
                }
                Outcome::Overtaken => tokio::task::yield_now().await,
            }
        }
        Err(HubError::Overtaken)
    }

    /// What a device that watches these books has to be told now. Books that are not there, and those it never
    /// synchronised, are passed over: iOS pings some before their first Sync. A device that is held back is told of no
    /// book.
    pub async fn news(&self, device: &str, shown: Shown, watched: Arc<[PingedBook]>) -> Result<News> {
        let (writer, device) = (self.writer(), device.to_owned());
        self.ledger()
            .read::<_, HubError>(move |tx| {
                let living = books::living(tx, &writer.account)?;
                if hierarchy::is_stale(tx, &writer.account, &device, &withheld::wanted(&living, shown.view))? {
                    return Ok(News::Hierarchy);
                }
                if shown.view == withheld::View::Withheld {
                    return Ok(News::Nothing);
                }
                let mut found = Vec::new();
                for pinged in watched.iter().filter(|pinged| living.iter().any(|book| book.book == pinged.book)) {
                    if is_pending(tx, &writer, &device, pinged)? {
                        found.push(pinged.book);
                    }
                }
                Ok(if found.is_empty() { News::Nothing } else { News::Books(found) })
            })
            .await
    }

    /// Those of the books in which this device would be shown something if it asked now. Books it never synchronised are
    /// left out.
    pub async fn pending(&self, device: &str, books: Vec<PingedBook>) -> Result<Vec<BookId>> {
        let (writer, device) = (self.writer(), device.to_owned());
        self.ledger()
            .read::<_, HubError>(move |tx| {
                let mut found = Vec::new();
                for pinged in &books {
                    if is_pending(tx, &writer, &device, pinged)? {
                        found.push(pinged.book);
                    }
                }
                Ok(found)
            })
            .await
    }

    /// How many contacts a device holds. Looks at every card of the books it has a position in.
    pub async fn contacts_held(&self, device: &str) -> Result<u64> {
        const PORTION: i64 = 500;
        let (account, device) = (self.account(), device.to_owned());
        self.ledger()
            .read_long::<_, HubError>(move |tx| {
                let mut count = 0;
                for book in collections::books(tx, &account, &device)? {
                    let seat = collections::seat(tx, &account, &device, book)?;
                    let Some(collection) = seat.and_then(|seat| seat.collection) else { continue };
                    let position: Position = read_record(&collection.state)?;
                    let Some(state) = position.current else { continue };
                    let mut after = ledger::CardId(0);
                    loop {
                        let portion = versions::living_after(tx, &account, book, after, PORTION)?;
                        let Some((last, _)) = portion.last() else { break };
                        after = last.card;
                        for (_, newest) in &portion {
                            count += u64::from(held::held(tx, &account, &state, newest)?.is_some());
                        }
                    }
                }
                Ok(count)
            })
            .await
    }

    /// How many cards this device would be told of if it asked for them all (MS-ASCMD 2.2.3.62); `None` when the key is
    /// not one of its own.
    pub async fn estimate(&self, device: &str, pinged: PingedBook, key: SyncKey) -> Result<Option<u64>> {
        let (writer, device) = (self.writer(), device.to_owned());
        self.ledger()
            .read_long::<_, HubError>(move |tx| {
                let Some((newest, mut state, lens)) = position_of(tx, &writer, &device, &pinged, Some(&key))? else {
                    return Ok(None);
                };
                let mut count = 0;
                while !state.is_up_to(newest) {
                    let view = View { writer: &writer, book: pinged.book, lens: &lens };
                    let (_, page) = view.next_page(tx, &mut state, WINDOW_MAX, newest)?;
                    count += page.commands.len() as u64;
                }
                Ok(Some(count))
            })
            .await
    }
}

/// What a device that watches has to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Nothing.
    Nothing,
    /// Address books came, went or were renamed.
    Hierarchy,
    /// These books have something that the next round will give.
    Books(Vec<BookId>),
}

/// A book that is watched, and by which client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PingedBook {
    /// The book.
    pub book: BookId,
    /// The client's family.
    pub family: contact::eas::Family,
    /// Its protocol version.
    pub version: contact::eas::Version,
}

fn newest_revision(tx: &mut dyn Transaction, writer: &Writer) -> Result<Revision> {
    accounts::revision(tx, &writer.account)?.ok_or(HubError::NoSuchAccount)
}

/// The account's newest revision, and the current state of a device in a book and its lens. With a key, only if that
/// key is the current or a fresh one.
fn position_of(
    tx: &mut dyn Transaction,
    writer: &Writer,
    device: &str,
    pinged: &PingedBook,
    key: Option<&SyncKey>,
) -> Result<Option<(Revision, State, Lens)>> {
    let Some(Place { newest, collection: Some(row), .. }) =
        collections::seat(tx, &writer.account, device, pinged.book)?
    else {
        return Ok(None);
    };
    let position: Position = read_record(&row.state)?;
    let options: SyncOptions = read_record(&row.options)?;
    let state = match key {
        None => position.current,
        Some(key) => [position.current, position.fresh].into_iter().flatten().find(|state| state.key() == *key),
    };
    let lens = Lens {
        family: pinged.family,
        version: pinged.version,
        supported: options.supported,
        body_truncation: options.body_truncation,
        device: device.to_owned(),
    };
    Ok(state.map(|state| (newest, state, lens)))
}

fn is_pending(tx: &mut dyn Transaction, writer: &Writer, device: &str, pinged: &PingedBook) -> Result<bool> {
    let Some((newest, mut state, lens)) = position_of(tx, writer, device, pinged, None)? else {
        return Ok(false);
    };
    if !state.owed.is_empty() {
        return Ok(true);
    }
    let (_, page) = View { writer, book: pinged.book, lens: &lens }.next_page(tx, &mut state, 1, newest)?;
    Ok(!page.commands.is_empty())
}

fn read_record<'a, T: serde::Deserialize<'a>>(text: &'a str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| HubError::Damaged(format!("a device's position: {error}")))
}

fn write_record<T: serde::Serialize>(record: &T) -> Result<String> {
    serde_json::to_string(record).map_err(|error| HubError::Damaged(format!("a device's position: {error}")))
}

/// A device at a book, with a request.
struct Seat {
    writer: Writer,
    device: String,
    book: BookId,
    request: SyncRequest,
}

/// How a round is gone about.
enum Course {
    /// The device has everything and did nothing.
    Unchanged,
    /// All of it in one transaction that writes: the device did something, or what is new is little.
    Write,
    /// What is read may be much, and a transaction that writes keeps others waiting: read first, then store.
    ReadThenStore,
}

enum Outcome {
    Done(SyncAnswer),
    /// Another request of the device was faster.
    Overtaken,
}

/// An answer, and what has to be stored before it may be given.
struct Plan {
    answer: SyncAnswer,
    put: Option<Put>,
}

struct Put {
    expected: i64,
    collection: Collection,
    previous: String,
}

impl Plan {
    fn without_writing(answer: SyncAnswer) -> Self {
        Self { answer, put: None }
    }
}

/// The state a request starts from.
struct Start {
    state: State,
    /// The highest number given out in this epoch.
    issued: u64,
    record: BTreeMap<record::CommandId, record::Touched>,
    /// The first request of a new epoch: it must get a new key even when there is nothing to say.
    first_of_epoch: bool,
}

impl Seat {
    /// Whether the device's commands may write cards.
    fn writes(&self) -> bool {
        self.request.commands.iter().any(|command| !matches!(command, SyncCommand::Fetch { .. }))
    }

    /// How to go about a round without commands that write.
    fn course(&self, tx: &mut dyn Transaction) -> Result<Course> {
        let place = collections::seat(tx, &self.writer.account, &self.device, self.book)?;
        let Some(Place { newest, book_is_living: true, collection: Some(row) }) = place else {
            return Ok(Course::ReadThenStore);
        };
        let position: Position = read_record(&row.state)?;
        let Some(state) = position.current.filter(|current| current.key() == self.request.key) else {
            return Ok(Course::ReadThenStore);
        };
        if state.is_up_to(newest) && state.owed.is_empty() && self.request.commands.is_empty() {
            return Ok(Course::Unchanged);
        }
        let is_short = state.phase == Phase::Steady && newest.0.saturating_sub(state.cursor) <= SHORT_RUN_REVISIONS;
        Ok(if is_short { Course::Write } else { Course::ReadThenStore })
    }

    fn write(&self, tx: &mut dyn Transaction) -> Result<Outcome> {
        if self.writes() {
            accounts::lock(tx, &self.writer.account)?;
        }
        let plan = self.plan(tx)?;
        match &plan.put {
            Some(put) if !self.store(tx, put)? => Ok(Outcome::Overtaken),
            _ => Ok(Outcome::Done(plan.answer)),
        }
    }

    fn store(&self, tx: &mut dyn Transaction, put: &Put) -> Result<bool> {
        let account = &self.writer.account;
        Ok(collections::put(tx, account, &self.device, self.book, put.expected, &put.collection, &put.previous)?)
    }

    fn plan(&self, tx: &mut dyn Transaction) -> Result<Plan> {
        let account = &self.writer.account;
        let place = collections::seat(tx, account, &self.device, self.book)?;
        let Some(Place { newest, collection, .. }) = place.filter(|place| place.book_is_living) else {
            return Err(HubError::NoSuchBook(self.book));
        };
        let (serial, position, options) = match &collection {
            Some(row) => (row.serial, read_record(&row.state)?, read_record(&row.options)?),
            None => (0, Position::default(), SyncOptions::default()),
        };
        if self.request.key.is_zero() {
            return self.begin(tx, newest, serial, position);
        }
        let options = self.options(&options);
        let key = &self.request.key;
        let start = if let Some(fresh) = position.fresh.as_ref().filter(|fresh| fresh.key() == *key) {
            Start { state: fresh.clone(), issued: fresh.number, record: BTreeMap::new(), first_of_epoch: true }
        } else if let Some(current) = position.current.as_ref().filter(|current| current.key() == *key) {
            Start { state: current.clone(), issued: current.number, record: BTreeMap::new(), first_of_epoch: false }
        } else if let Some(passed_over) = position.passed_over.as_ref().filter(|state| state.key() == *key) {
            let issued = position.current.as_ref().map_or(passed_over.number, |current| current.number);
            Start { state: passed_over.clone(), issued, record: BTreeMap::new(), first_of_epoch: false }
        } else if position.before.as_ref() == Some(key) {
            let text = collections::previous(tx, account, &self.device, self.book)?.unwrap_or_default();
            let previous: Previous = read_record(&text)?;
            if previous.fingerprint == self.request.fingerprint {
                return Ok(Plan::without_writing(self.again(tx, &previous, &options)?));
            }
            let issued = position.current.as_ref().map_or(previous.state.number, |current| current.number);
            let record = previous.touched.into_iter().map(|touched| (touched.command.clone(), touched)).collect();
            Start { state: previous.state, issued, record, first_of_epoch: false }
        } else {
            return Ok(Plan::without_writing(SyncAnswer::BadKey));
        };
        self.go_on(tx, newest, serial, &position, start, &options)
    }

    /// The options of this request; what was declared with key 0 stays.
    fn options(&self, remembered: &SyncOptions) -> SyncOptions {
        let asked = self.request.options.as_ref().unwrap_or(remembered);
        SyncOptions { supported: remembered.supported.clone(), ..asked.clone() }
    }

    fn lens(&self, options: &SyncOptions) -> Lens {
        Lens {
            family: self.request.family,
            version: self.request.version,
            supported: options.supported.clone(),
            body_truncation: options.body_truncation,
            device: self.device.clone(),
        }
    }

    /// Key 0. The old epoch is not touched before the device has shown that it has the fresh key.
    fn begin(&self, tx: &mut dyn Transaction, newest: Revision, serial: i64, mut position: Position) -> Result<Plan> {
        let known = position.fresh.is_some();
        let fresh = position.fresh.get_or_insert_with(|| State::fresh(self.writer.ids().new_epoch(), newest)).clone();
        let answer = SyncAnswer::Round(Round {
            key: fresh.key(),
            responses: Vec::new(),
            commands: Vec::new(),
            more_available: true,
            repeated: known,
        });
        let options = self.request.options.clone().unwrap_or_default();
        let previous = collections::previous(tx, &self.writer.account, &self.device, self.book)?.unwrap_or_default();
        let put = Self::put(serial, &position, &options, previous)?;
        Ok(Plan { answer, put: Some(put) })
    }

    fn put(serial: i64, position: &Position, options: &SyncOptions, previous: String) -> Result<Put> {
        let collection =
            Collection { serial: serial + 1, state: write_record(position)?, options: write_record(options)? };
        Ok(Put { expected: serial, collection, previous })
    }

    fn go_on(
        &self,
        tx: &mut dyn Transaction,
        newest: Revision,
        serial: i64,
        position: &Position,
        start: Start,
        options: &SyncOptions,
    ) -> Result<Plan> {
        let lens = self.lens(options);
        let was = start.state;
        let work = Work {
            writer: &self.writer,
            book: self.book,
            lens: &lens,
            winner: options.winner,
            state: &was,
            record: start.record,
            withheld: self.request.withheld,
        };
        let done = work.run(tx, &self.request.commands)?;
        let mut state = was.clone();
        let get_changes = self.request.get_changes && !self.request.withheld;
        let window = if get_changes { self.request.window.clamp(1, WINDOW_MAX) } else { 0 };
        let told = work.settle(tx, &done, &mut state, window as usize)?;
        // What the merge has to tell takes its places in the window first.
        let window = window.saturating_sub(u32::try_from(told.len()).unwrap_or(u32::MAX));
        let owes = get_changes && !state.owed.is_empty();
        let (page_from, page) = if get_changes {
            let newest = if self.writes() { newest_revision(tx, &self.writer)? } else { newest };
            let (from, page) = work.view().next_page(tx, &mut state, window, newest)?;
            (Some(from), page)
        } else {
            (None, Page::default())
        };
        let rows = page.rows;
        let recipe = Recipe { number: start.issued + 1, responses: done.responses, told, owes, page_from, window };
        let made = self.make(tx, &work.view(), &recipe, page)?;
        let nothing_to_say = made.responses.is_empty() && made.commands.is_empty() && !made.more_available;
        let repeats = position.before.as_ref() == Some(&self.request.key);
        let is_current = position.current.as_ref().is_some_and(|current| current.key() == self.request.key);
        if nothing_to_say && rows <= UNRECORDED_ROWS_MAX && is_current && !self.writes() {
            return Ok(Plan::without_writing(SyncAnswer::Unchanged));
        }
        state.number = recipe.number;
        let key = state.key();
        let touched = done.touched.into_values().collect();
        let before = was.key();
        let previous = Previous { state: was, fingerprint: self.request.fingerprint, touched, answer: recipe };
        let position = Position {
            current: Some(state),
            before: Some(before),
            passed_over: position.current.clone().filter(|_| repeats),
            fresh: position.fresh.clone().filter(|_| !start.first_of_epoch),
        };
        let put = Self::put(serial, &position, options, write_record(&previous)?)?;
        Ok(Plan { answer: SyncAnswer::Round(Round { key, ..made }), put: Some(put) })
    }

    /// The answer that was given to this very request, made again from history.
    fn again(&self, tx: &mut dyn Transaction, previous: &Previous, options: &SyncOptions) -> Result<SyncAnswer> {
        let lens = self.lens(options);
        let view = View { writer: &self.writer, book: self.book, lens: &lens };
        let mut state = previous.answer.page_from.clone().unwrap_or_else(|| previous.state.clone());
        let page = match previous.answer.page_from {
            Some(_) => view.page(tx, &mut state, previous.answer.window)?,
            None => Page::default(),
        };
        let made = self.make(tx, &view, &previous.answer, page)?;
        state.number = previous.answer.number;
        Ok(SyncAnswer::Round(Round { key: state.key(), repeated: true, ..made }))
    }

    /// Makes an answer from its recipe and its page. The key is the caller's business.
    fn make(&self, tx: &mut dyn Transaction, view: &View<'_>, recipe: &Recipe, page: Page) -> Result<Round> {
        let mut commands = page.commands;
        for told in &recipe.told {
            commands.push(Self::tell(tx, view, told)?);
        }
        let mut responses = recipe.responses.clone();
        for response in &mut responses {
            if let CommandResponse::Fetched(card, form) = response {
                let newest = versions::newest(tx, &self.writer.account, self.book, *card)?;
                let revision = newest.ok_or(HubError::NoSuchCard(*card))?.revision;
                *form = Some(view.form_at(tx, *card, revision)?);
            }
        }
        let key = SyncKey(String::new());
        Ok(Round { key, responses, commands, more_available: page.full || recipe.owes, repeated: false })
    }

    fn tell(tx: &mut dyn Transaction, view: &View<'_>, told: &Told) -> Result<ServerCommand> {
        let (card, revision) = (told.card, Revision(told.revision));
        Ok(match &told.how {
            How::Add => ServerCommand::Add { card, form: view.form_at(tx, card, revision)? },
            How::Change(cleared) => {
                ServerCommand::Change { card, form: view.form_at(tx, card, revision)?, cleared: cleared.clone() }
            }
            How::Delete => ServerCommand::Delete { card },
        })
    }
}
