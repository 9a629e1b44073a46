//! The promises of a round as properties over random schedules: several phones of one person, writers on other paths,
//! two books, answers lost, requests delivered twice and late, retries with the same, more and other content, resets,
//! and a hub that is taken down and started again between any two requests. On both engines.
//!
//! `ROUND_SCHEDULES=n` runs n schedules, `ROUND_SEED=s` runs that one alone and prints what is said in it.
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    sync::Arc,
};

use crate::support::{access, card, contact, first_sync, hub, request, shown};
use contact::{
    Fact, Item,
    eas::{EasContact, Family, Lens, Property, Supported, Version},
    fact::{self, Name, PhoneKind},
};
use hub::{
    Access, BookId, CardId,
    cards::Against,
    feed::{Change, Position},
    round::{CommandResponse, PingedBook, Round, ServerCommand, SyncAnswer, SyncCommand, SyncRequest},
};
use ledger::testing::{both_engines, sqlite};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};

/// What the phones of these schedules edit.
const FACETS: [Property; 3] = [Property::MobilePhoneNumber, Property::Email1Address, Property::CompanyName];
/// A number under a label of the person's own: no phone ever sees it, and no edit may touch it.
const HIDDEN: &str = "+49 40 1";

struct Phone {
    name: String,
    book: BookId,
    key: String,
    local: BTreeMap<CardId, EasContact>,
    adds: BTreeMap<String, EasContact>,
    dirty: BTreeSet<CardId>,
    gone: BTreeSet<CardId>,
    more: bool,
    serial: u32,
    last: Option<SyncRequest>,
    /// Requests that the network still holds back.
    under_way: Vec<SyncRequest>,
    /// Nobody else writes: whatever comes back changed is the hub's mistake.
    alone: bool,
}

type Sent = Vec<(Kind, EasContact)>;

#[derive(Clone)]
enum Kind {
    Add(String),
    Change(CardId),
    Delete(CardId),
}

impl Phone {
    fn new(name: &str, book: BookId, alone: bool) -> Self {
        Self {
            name: name.to_owned(),
            book,
            key: "0".to_owned(),
            local: BTreeMap::new(),
            adds: BTreeMap::new(),
            dirty: BTreeSet::new(),
            gone: BTreeSet::new(),
            more: true,
            serial: 0,
            last: None,
            under_way: Vec::new(),
            alone,
        }
    }

    fn lens(&self) -> Lens {
        Lens {
            family: Family::Ios,
            version: Version::V16_1,
            supported: Supported::NotSent,
            body_truncation: Some(32_768),
            device: self.name.clone(),
        }
    }

    fn reset(&mut self) {
        *self = Self {
            serial: self.serial,
            last: self.last.take(),
            under_way: std::mem::take(&mut self.under_way),
            ..Self::new(&self.name, self.book, self.alone)
        };
    }

    fn value(&mut self, facet: Property) -> String {
        self.serial += 1;
        match facet {
            Property::Email1Address => format!("{}{}@example.net", self.name, self.serial),
            _ => format!("{}{}", self.name, self.serial),
        }
    }

    fn edit(&mut self, random: &mut StdRng) {
        let choice = random.random_range(0..100);
        let here: Vec<CardId> = self.local.keys().copied().collect();
        if choice < 30 {
            let mut new = contact(&[]);
            new.texts.insert(Property::FirstName, self.value(Property::FirstName));
            for facet in FACETS {
                if random.random_bool(0.6) {
                    let value = self.value(facet);
                    new.texts.insert(facet, value);
                }
            }
            self.adds.insert(self.serial.to_string(), new);
        } else if choice < 80 && !here.is_empty() {
            let card = *here.choose(random).unwrap();
            for facet in FACETS {
                if random.random_bool(0.3) {
                    self.local.get_mut(&card).unwrap().texts.remove(&facet);
                } else if random.random_bool(0.5) {
                    let value = self.value(facet);
                    self.local.get_mut(&card).unwrap().texts.insert(facet, value);
                }
            }
            self.dirty.insert(card);
        } else if choice < 90 && !here.is_empty() {
            let card = *here.choose(random).unwrap();
            self.local.remove(&card);
            self.dirty.remove(&card);
            self.gone.insert(card);
        } else if choice < 95 && !self.adds.is_empty() {
            let id = self.adds.keys().next().unwrap().clone();
            let value = self.value(Property::MobilePhoneNumber);
            self.adds.get_mut(&id).unwrap().texts.insert(Property::MobilePhoneNumber, value);
        } else if !self.adds.is_empty() {
            // The person deletes a contact that the ledger may have, though the phone never learnt so.
            let id = self.adds.keys().next().unwrap().clone();
            self.adds.remove(&id);
        }
    }

    fn sends(&self) -> Sent {
        if self.key == "0" {
            return Vec::new();
        }
        let adds = self.adds.iter().map(|(id, contact)| (Kind::Add(id.clone()), contact.clone()));
        let changes = self.dirty.iter().map(|card| (Kind::Change(*card), self.local[card].clone()));
        let deletes = self.gone.iter().map(|card| (Kind::Delete(*card), EasContact::default()));
        adds.chain(changes).chain(deletes).collect()
    }

    /// Applies an answer as iOS does, and complains as a tester would.
    fn hear(&mut self, sent: &Sent, round: Round, asked: bool) {
        self.key = round.key.0;
        for (kind, contact) in sent {
            match kind {
                Kind::Add(id) => {
                    let card = round.responses.iter().find_map(|response| match response {
                        CommandResponse::Added(of, card) if of == id => Some(*card),
                        _ => None,
                    });
                    let card = card.unwrap_or_else(|| panic!("{}: no response to Add {id}", self.name));
                    if let Some(mine) = self.adds.remove(id) {
                        if mine != *contact {
                            self.dirty.insert(card);
                        }
                        self.local.insert(card, mine);
                    } else {
                        // Deleted on the phone while its Add was under way.
                        self.gone.insert(card);
                    }
                }
                Kind::Change(card) => {
                    if self.local.get(card) == Some(contact) {
                        self.dirty.remove(card);
                    }
                }
                Kind::Delete(card) => drop(self.gone.remove(card)),
            }
        }
        for command in round.commands {
            self.obey(command);
        }
        self.more = round.more_available || !asked;
    }

    fn obey(&mut self, command: ServerCommand) {
        let (name, card) = (&self.name, command.card());
        let held = self.local.contains_key(&card);
        match command {
            ServerCommand::Add { form, .. } => {
                assert!(!held, "{name}: Add for {card}, which it holds");
                if !self.gone.contains(&card) {
                    self.local.insert(card, shown(&form));
                }
                self.dirty.remove(&card);
            }
            ServerCommand::Change { form, .. } => {
                assert!(held || self.gone.contains(&card), "{name}: Change for {card}, which it does not hold");
                let now = shown(&form);
                if held {
                    let same = self.seen(card) == now;
                    assert!(!same || self.dirty.contains(&card), "{name}: an echo of {card}");
                    assert!(!self.alone || same, "{name}: nobody else wrote, and yet {card} was changed back");
                    self.local.insert(card, now);
                    self.dirty.remove(&card);
                }
            }
            ServerCommand::Delete { .. } => {
                self.local.remove(&card);
                self.dirty.remove(&card);
                self.gone.remove(&card);
            }
        }
    }

    /// What the phone shows, in the canonical form that the hub shows.
    fn seen(&self, card: CardId) -> EasContact {
        self.lens().seen(&EasContact::default(), &self.local[&card])
    }
}

struct World {
    access: Access,
    books: [BookId; 2],
    random: StdRng,
    phones: Vec<Phone>,
    acknowledged: BTreeMap<(String, String), CardId>,
}

impl World {
    async fn round(&mut self, index: usize, lose: bool, quiet: bool) {
        let window = *[1, 2, 5].choose(&mut self.random).unwrap();
        let phone = &mut self.phones[index];
        let sent = phone.sends();
        let mut request = request(&phone.key, commands(&sent), window);
        request.get_changes = quiet || self.random.random_bool(0.9);
        request.fingerprint[31] = u8::from(request.get_changes);
        let answer = self.access.sync(&phone.name, phone.book, request.clone()).await.unwrap();
        if std::env::var_os("ROUND_SEED").is_some() {
            println!("{} {:?} lost {lose}\n  -> {answer:?}", phone.name, (&request.key, &request.commands, window));
        }
        let asked = request.get_changes;
        phone.last = Some(request);
        if lose {
            return;
        }
        match answer {
            SyncAnswer::BadKey => panic!("{} was told to start over", phone.name),
            SyncAnswer::Unchanged if !asked => {}
            SyncAnswer::Unchanged => {
                assert!(sent.is_empty(), "{}: commands without an answer", phone.name);
                phone.more = false;
            }
            SyncAnswer::Round(round) => {
                assert!(round.commands.len() <= window as usize, "{}: more than the window of {window}", phone.name);
                for (kind, _) in &sent {
                    if let Kind::Add(id) = kind {
                        self.acknowledged.insert((phone.name.clone(), id.clone()), crate::support::added(&round, id));
                    }
                }
                phone.hear(&sent, round, asked);
            }
        }
    }

    /// The network takes a request and does not deliver it yet; the phone gives up waiting.
    fn held_back(&mut self, index: usize) {
        let phone = &mut self.phones[index];
        // What was said long ago arrives after what was said since: then nobody can tell which edit is the newer.
        phone.alone = false;
        let commands = commands(&phone.sends());
        phone.under_way.push(request(&phone.key, commands, 2));
    }

    /// The network delivers it after all. Whatever the hub answers is lost.
    async fn late_delivery(&mut self, index: usize) {
        let phone = &mut self.phones[index];
        if let Some(request) = phone.under_way.pop() {
            self.access.sync(&phone.name, phone.book, request).await.unwrap();
        }
    }

    /// The network delivers a phone's last request once more. Whatever the hub answers is lost.
    async fn late_duplicate(&mut self, index: usize) {
        let phone = &self.phones[index];
        if let Some(request) = phone.last.clone() {
            self.access.sync(&phone.name, phone.book, request).await.unwrap();
        }
    }

    /// Somebody on another path writes.
    async fn other_path(&mut self) {
        let book = self.books[self.random.random_range(0..2)];
        let cards = self.access.cards(book, CardId(0), 1000).await.unwrap();
        match (cards.choose(&mut self.random), self.random.random_range(0..10)) {
            (Some(stored), 0..=4) => {
                let company = format!("W{}", self.random.random::<u32>());
                let edit = move |card: &contact::Card, ids: &mut dyn contact::NewItemIds| {
                    let mut card = card.clone();
                    let fact = Fact::Organization(contact::fact::Organization {
                        name: Some(company.clone()),
                        ..contact::fact::Organization::default()
                    });
                    match card.items.iter_mut().find(|item| matches!(item.fact, Fact::Organization(_))) {
                        Some(item) => item.fact = fact,
                        None => card.items.push(Item::new(ids.new_item_id(), fact)),
                    }
                    card
                };
                self.access.edit(stored.id, Against::Newest, vec![], Arc::new(edit)).await.unwrap();
            }
            (Some(stored), 5) => self.access.delete(stored.id, None).await.unwrap(),
            (Some(stored), 6) => {
                let to = self.books[usize::from(stored.book == self.books[0])];
                self.access.move_card(stored.id, to).await.unwrap();
            }
            (Some(stored), 7) => {
                let history = self.access.history(stored.id).await.unwrap();
                let version = history.choose(&mut self.random).unwrap();
                self.access.restore(stored.id, version.revision).await.unwrap();
            }
            _ => {
                let name = *["x", "y", "z"].choose(&mut self.random).unwrap();
                self.access.create(book, deep(name), vec![]).await.unwrap();
            }
        }
    }

    async fn rest(&mut self, others_wrote: bool) {
        let mut restless = String::new();
        for _ in 0..400 {
            let mut moved = false;
            restless.clear();
            for index in 0..self.phones.len() {
                let phone = &self.phones[index];
                let (before, wrote) = (phone.local.clone(), !phone.sends().is_empty());
                self.round(index, false, true).await;
                let phone = &self.phones[index];
                let pinged = PingedBook { book: phone.book, family: Family::Ios, version: Version::V16_1 };
                let pending = self.access.pending(&phone.name, vec![pinged]).await.unwrap();
                let changed = wrote || before != phone.local;
                if changed || phone.more || !phone.sends().is_empty() || !pending.is_empty() {
                    moved = true;
                    let (more, sends) = (phone.more, phone.sends().len());
                    let name = &phone.name;
                    let _ =
                        write!(restless, "{name} changed {changed} more {more} sends {sends} pending {pending:?}; ");
                }
            }
            if !moved {
                return self.check(others_wrote).await;
            }
        }
        panic!("does not come to rest: {restless}");
    }

    async fn check(&self, others_wrote: bool) {
        for phone in &self.phones {
            let stored = self.access.cards(phone.book, CardId(0), 10_000).await.unwrap();
            let lens = phone.lens();
            let want: BTreeMap<CardId, EasContact> =
                stored.iter().map(|stored| (stored.id, lens.project(&stored.card))).collect();
            let have: BTreeMap<CardId, EasContact> =
                phone.local.keys().map(|card| (*card, phone.seen(*card))).collect();
            assert_eq!(have, want, "{} and the ledger differ", phone.name);
        }
        let distinct: BTreeSet<CardId> = self.acknowledged.values().copied().collect();
        assert_eq!(distinct.len(), self.acknowledged.len(), "two Adds became one card");
        let mut names = BTreeMap::new();
        for book in self.books {
            for stored in self.access.cards(book, CardId(0), 10_000).await.unwrap() {
                for item in &stored.card.items {
                    match &item.fact {
                        Fact::Name(Name { given: Some(given), .. }) if !["x", "y", "z"].contains(&given.as_str()) => {
                            let twin = names.insert(given.clone(), stored.id);
                            assert!(twin.is_none(), "{given} was doubled: {twin:?} and {}", stored.id);
                        }
                        Fact::Name(Name { given: Some(_), .. }) => {
                            let hidden = stored.card.items.iter().any(|item| {
                                matches!(&item.fact, Fact::Phone(phone) if phone.number == HIDDEN)
                                    && item.label.as_deref() == Some("boat")
                            });
                            assert!(hidden, "the hidden number of {} is gone", stored.id);
                        }
                        _ => {}
                    }
                }
            }
        }
        if !others_wrote {
            for card in self.acknowledged.values() {
                assert!(
                    !self.access.history(*card).await.unwrap().is_empty(),
                    "{card} was acknowledged and is not there"
                );
            }
        }
    }
}

fn commands(sent: &Sent) -> Vec<SyncCommand> {
    sent.iter()
        .map(|(kind, contact)| match kind {
            Kind::Add(id) => crate::support::add(id, contact.clone()),
            Kind::Change(card) => crate::support::change(*card, contact.clone()),
            Kind::Delete(card) => SyncCommand::Delete { card: *card },
        })
        .collect()
}

/// A card with something no phone sees.
fn deep(name: &str) -> contact::Card {
    let mut card = card(name);
    let phone = fact::Phone { number: HIDDEN.to_owned(), kind: PhoneKind::Video };
    let mut item = Item::new(contact::ItemId(2), Fact::Phone(phone));
    item.label = Some("boat".to_owned());
    card.items.push(item);
    card
}

async fn schedule(database: ledger::Database, seed: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    let access = access(&hub(database.clone(), seed).await);
    let first = access.default_book().await.unwrap().book;
    let second = access.create_book("Second").await.unwrap().book;
    let others_write = random.random_bool(0.6);
    let phones = random.random_range(1..=3);
    let alone = phones == 1 && !others_write;
    let mut world = World {
        access,
        books: [first, second],
        phones: (0..phones)
            .map(|number| Phone::new(["P", "Q", "R"][number], if number == 2 { second } else { first }, alone))
            .collect(),
        random,
        acknowledged: BTreeMap::new(),
    };
    for _ in 0..world.random.random_range(0..7) {
        let name = *["x", "y", "z"].choose(&mut world.random).unwrap();
        world.access.create(first, deep(name), vec![]).await.unwrap();
    }
    for step in 0..world.random.random_range(5..60) {
        let index = world.random.random_range(0..phones);
        match world.random.random_range(0..100) {
            0..40 => {
                let mut random = StdRng::seed_from_u64(seed ^ step);
                world.phones[index].edit(&mut random);
            }
            40..42 => world.phones[index].reset(),
            42..46 => world.late_duplicate(index).await,
            48..50 => world.held_back(index),
            46..48 => world.late_delivery(index).await,
            50..60 if others_write => world.other_path().await,
            60..63 => world.access = access_again(&database, seed ^ step).await,
            _ => {
                let lose = world.random.random_bool(0.3);
                world.round(index, lose, false).await;
            }
        }
    }
    world.rest(others_write).await;
}

/// The hub is taken down and started again: everything it knows is in the ledger.
async fn access_again(database: &ledger::Database, seed: u64) -> Access {
    access(&hub(database.clone(), seed.wrapping_mul(31).wrapping_add(1)).await)
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().and_then(|text| text.parse().ok())
}

#[test]
fn every_promise_holds_over_random_schedules() {
    let seeds = match number("ROUND_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("ROUND_SCHEDULES").unwrap_or(80),
    };
    for seed in seeds {
        println!("seed {seed}");
        sqlite(async |database| schedule(database, seed).await);
    }
}

#[test]
fn every_promise_holds_on_postgresql_too() {
    let seeds = number("ROUND_SEED").map_or(1000..1010, |seed| seed..seed + 1);
    for seed in seeds {
        println!("seed {seed}");
        both_engines(async |database| schedule(database, seed).await);
    }
}

#[test]
fn a_reader_of_the_change_feed_ends_with_what_the_ledger_has() {
    sqlite(async |database| {
        let mut random = StdRng::seed_from_u64(5);
        let access = access(&hub(database, 5).await);
        let book = access.default_book().await.unwrap().book;
        let other = access.create_book("Other").await.unwrap().book;
        let mut mirror: BTreeMap<CardId, contact::Card> = BTreeMap::new();
        let mut position = Position::START;
        for turn in 0..60 {
            let cards: Vec<CardId> = mirror.keys().copied().collect();
            match (cards.choose(&mut random), random.random_range(0..10)) {
                (Some(id), 0) => drop(access.delete(*id, None).await),
                (Some(id), 1) => drop(access.move_card(*id, other).await),
                _ => drop(access.create(book, card(&format!("n{turn}")), vec![]).await.unwrap()),
            }
            let changes = access.changes(book, position, random.random_range(1..3)).await.unwrap();
            position = changes.next;
            for change in changes.changes {
                match change {
                    Change::Present(stored) => drop(mirror.insert(stored.id, stored.card)),
                    Change::Gone(card) => drop(mirror.remove(&card)),
                }
            }
        }
        loop {
            let changes = access.changes(book, position, 2).await.unwrap();
            position = changes.next;
            let quiet = changes.changes.is_empty() && !changes.more;
            for change in changes.changes {
                match change {
                    Change::Present(stored) => drop(mirror.insert(stored.id, stored.card)),
                    Change::Gone(card) => drop(mirror.remove(&card)),
                }
            }
            if quiet {
                break;
            }
        }
        let want: BTreeMap<CardId, contact::Card> = access
            .cards(book, CardId(0), 1000)
            .await
            .unwrap()
            .into_iter()
            .map(|stored| (stored.id, stored.card))
            .collect();
        assert_eq!(mirror, want);
    });
}

#[test]
fn the_first_run_takes_as_many_pages_as_the_book_needs_and_no_more() {
    sqlite(async |database| {
        let access = access(&hub(database, 1).await);
        let book = access.default_book().await.unwrap().book;
        for index in 0..60 {
            access.create(book, card(&format!("n{index}")), vec![]).await.unwrap();
        }
        let (_, told) = first_sync(&access, "P", book, 25).await;
        assert_eq!(told.len(), 60);
    });
}
