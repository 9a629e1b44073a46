//! The server is killed at random points of random rounds of several devices and an Outlook-side program.
//!
//! Everything is decided by the run's seed, except how far the server has got when it is killed. `CRASH_RUNS` says how
//! many runs there are (20 without it); `CRASH_SEED` repeats one.
//!
//! What makes the outcome known beforehand, whatever the order of things: every client writes a property of its own on
//! everybody's contacts, so that no two writes collide, and every contact has a name of its own, so that a doubled one
//! is seen. The second name says what may happen to the contact:
//!
//! | name | who edits it | who deletes it | what must come of it |
//! | --- | --- | --- | --- |
//! | Shared | everybody | nobody | it is there, with the last value of everybody |
//! | Own | its creator | its creator | it is gone if it was deleted after it was acknowledged |
//! | Contested | everybody | everybody | there or not, but on all sides the same |

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use phone::{DeviceKind, FaultRates, LocalContact, LocalId, Phone, PhoneError, Property};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{sync::Notify, task::JoinSet};

use crate::{
    house::{House, Keys, add_person},
    outlook::{Outlook, path_of},
};

const RUNS_BY_DEFAULT: u64 = 20;
/// How often the server is killed in a run, at most.
const KILLS_MAX: usize = 3;
/// Rounds of every client between two kills.
const ROUNDS: usize = 4;
/// Rounds until everybody is told everything.
const QUIET_ROUNDS_MAX: usize = 6;
/// The devices, each with the property that only it writes.
const DEVICES: [(DeviceKind, &str, Property); 3] = [
    (DeviceKind::IPhone, "IPHONE", Property::MobilePhoneNumber),
    (DeviceKind::Generic161, "GENERIC", Property::HomePhoneNumber),
    (DeviceKind::Aosp, "ANDROID", Property::BusinessPhoneNumber),
];
/// What goes wrong on the way, beside the server's death.
const FAULTS: FaultRates = FaultRates {
    close_before_sending: 0.04,
    lose_answer: 0.08,
    cut_answer: 0.04,
    duplicate: 0.05,
    // Both can make a request arrive after a newer one with the same key: nobody can tell then which of two edits of the
    // same property is the newer, so no outcome is known beforehand.
    close_after_sending: 0.0,
    duplicate_late: 0.0,
};

/// A contact as all clients show it: first and last name, the devices' three properties, Outlook's.
type Shown = [String; 6];

/// Burns with every step of a client; at its end the server dies.
struct Fuse {
    left: AtomicI64,
    burnt: Notify,
}

impl Fuse {
    fn step(&self) {
        if self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.burnt.notify_one();
        }
    }
}

/// What a client has done, and so what must be there in the end.
#[derive(Default)]
struct Deeds {
    made: u32,
    writes: u32,
    /// Contacts made, by first name, with the second.
    created: BTreeMap<String, &'static str>,
    /// The last value written to the client's property, by first name.
    written: BTreeMap<String, String>,
    /// Contacts of its own that were deleted after they were acknowledged.
    deleted: BTreeSet<String>,
    /// Contacts of its own that were deleted before: both outcomes are right.
    given_up: BTreeSet<String>,
}

impl Deeds {
    fn fresh_name(&mut self, client: &str, second: &'static str) -> String {
        self.made += 1;
        let name = format!("{client}{}", self.made);
        self.created.insert(name.clone(), second);
        name
    }

    fn fresh_value(&mut self, client: &str, name: &str) -> String {
        self.writes += 1;
        let value = format!("{client} {}", self.writes);
        self.written.insert(name.to_owned(), value.clone());
        value
    }
}

fn second_name(dice: &mut StdRng) -> &'static str {
    ["Shared", "Shared", "Own", "Contested"][dice.random_range(0..4)]
}

/// Somebody with a device.
struct Holder {
    phone: Phone,
    client: &'static str,
    property: Property,
    set_up: bool,
    dice: StdRng,
    deeds: Deeds,
}

impl Holder {
    /// Some edits and a sync, several times, whatever happens to the server meanwhile.
    async fn live(mut self, fuse: Arc<Fuse>) -> Self {
        self.phone.set_fault_rates(FAULTS);
        for _ in 0..ROUNDS {
            fuse.step();
            if !self.set_up {
                self.set_up = self.phone.set_up().await.is_ok();
            }
            if self.set_up {
                for _ in 0..self.dice.random_range(0..4) {
                    self.edit();
                }
                if self.dice.random_bool(0.1) {
                    self.phone.crash_before_storing_next_answer();
                }
                // What is not acknowledged stays to be sent.
                let _ = self.phone.sync().await;
            }
        }
        self.phone.set_fault_rates(FaultRates::default());
        self
    }

    fn edit(&mut self) {
        match self.dice.random_range(0..10) {
            0..4 => {
                let second = second_name(&mut self.dice);
                let first = self.deeds.fresh_name(self.client, second);
                self.phone.add_contact(LocalContact::named(&first, second)).unwrap();
            }
            4..9 => {
                let picked = self.pick(|client, first, second| second != "Own" || first.starts_with(client));
                let Some((id, first, _)) = picked else { return };
                let value = self.deeds.fresh_value(self.client, &first);
                self.phone.edit(id, |contact| contact.set(self.property, value)).unwrap();
            }
            _ => {
                let picked = self.pick(|client, first, second| match second {
                    "Own" => first.starts_with(client),
                    second => second == "Contested",
                });
                let Some((id, first, own)) = picked else { return };
                let acknowledged = self.phone.server_id(id).is_some();
                // Android tells several new contacts of one request apart by nothing but their order: taking one out
                // before it was acknowledged makes the next one look like it.
                if !acknowledged && self.phone.config().kind == DeviceKind::Aosp {
                    return;
                }
                self.phone.delete(id).unwrap();
                if own {
                    let list = if acknowledged { &mut self.deeds.deleted } else { &mut self.deeds.given_up };
                    list.insert(first);
                }
            }
        }
    }

    /// One of the phone's contacts, its first name, and whether it is called "Own".
    fn pick(&mut self, fits: fn(&str, &str, &str) -> bool) -> Option<(LocalId, String, bool)> {
        let names = |contact: &LocalContact| {
            let name = |property| contact.get(property).unwrap_or_default().to_owned();
            (name(Property::FirstName), name(Property::LastName))
        };
        let all: Vec<_> = self.phone.contacts().map(|(id, contact)| (id, names(contact))).collect();
        let client = self.client;
        let fitting: Vec<_> = all.into_iter().filter(|(_, (first, second))| fits(client, first, second)).collect();
        let at = self.dice.random_range(0..fitting.len().max(1));
        fitting.get(at).map(|(id, (first, second))| (*id, first.clone(), second == "Own"))
    }

    fn shown(&self) -> Vec<Shown> {
        let properties = [Property::FirstName, Property::LastName];
        let properties = properties.into_iter().chain(DEVICES.map(|(_, _, property)| property));
        let properties: Vec<Property> = properties.chain([Property::JobTitle]).collect();
        let text = |contact: &LocalContact, at: usize| contact.get(properties[at]).unwrap_or_default().to_owned();
        sorted(self.phone.contacts().map(|(_, contact)| std::array::from_fn(|at| text(contact, at))).collect())
    }
}

/// What Outlook was not told the outcome of.
enum Open {
    Create(String, &'static str),
    Change(Value, String),
    Delete(Value),
}

/// Somebody with an Outlook-side program, which keeps a copy by delta.
struct Desk {
    outlook: Outlook,
    copy: BTreeMap<String, Value>,
    open: Option<Open>,
    dice: StdRng,
    deeds: Deeds,
}

const DESK: &str = "Desk";

impl Desk {
    async fn live(mut self, fuse: Arc<Fuse>) -> Self {
        for _ in 0..ROUNDS {
            fuse.step();
            if self.round().await.is_err() {
                break;
            }
        }
        self
    }

    async fn round(&mut self) -> Result<(), reqwest::Error> {
        self.finish().await?;
        self.refresh().await?;
        for _ in 0..self.dice.random_range(0..4) {
            self.decide();
            self.finish().await?;
        }
        Ok(())
    }

    fn decide(&mut self) {
        let others_own = |contact: &&Value| contact["surname"] == "Own" && !given_name(contact).starts_with(DESK);
        let shown: Vec<&Value> = self.copy.values().filter(|contact| !others_own(contact)).collect();
        let picked = shown.get(self.dice.random_range(0..shown.len().max(1))).map(|contact| (*contact).clone());
        self.open = match (self.dice.random_range(0..10), picked) {
            (0..4, _) | (_, None) => {
                let second = second_name(&mut self.dice);
                let first = self.deeds.fresh_name(DESK, second);
                Some(Open::Create(first, second))
            }
            (9, Some(contact)) if contact["surname"] != "Shared" => {
                if contact["surname"] == "Own" {
                    self.deeds.deleted.insert(given_name(&contact).to_owned());
                }
                Some(Open::Delete(contact))
            }
            (_, Some(contact)) => {
                let value = self.deeds.fresh_value(DESK, given_name(&contact));
                Some(Open::Change(contact, value))
            }
        };
    }

    /// Does what is open, again if it was not told what came of it. A contact is only made again if it is not there.
    async fn finish(&mut self) -> Result<(), reqwest::Error> {
        match &self.open {
            None => {}
            Some(Open::Create(first, second)) => {
                let path = format!("me/contacts?$filter=givenName eq '{first}'");
                let found = self.outlook.try_ask(Method::GET, &path, None).await?.expect(200);
                if found["value"].as_array().unwrap().is_empty() {
                    let contact = json!({ "givenName": first, "surname": second });
                    self.outlook.try_ask(Method::POST, "me/contacts", Some(&contact)).await?.expect(201);
                }
            }
            Some(Open::Change(contact, value)) => {
                let change = json!({ "jobTitle": value });
                let reply = self.outlook.try_ask(Method::PATCH, &path_of(contact), Some(&change)).await?;
                assert!(matches!(reply.status, 200 | 404), "{}", reply.json());
            }
            Some(Open::Delete(contact)) => {
                let reply = self.outlook.try_ask(Method::DELETE, &path_of(contact), None).await?;
                assert!(matches!(reply.status, 204 | 404), "{}", reply.json());
            }
        }
        self.open = None;
        Ok(())
    }

    async fn refresh(&mut self) -> Result<(), reqwest::Error> {
        for contact in self.outlook.try_changes().await? {
            let id = contact["id"].as_str().unwrap().to_owned();
            if contact["@removed"].is_null() {
                self.copy.insert(id, contact);
            } else {
                self.copy.remove(&id);
            }
        }
        Ok(())
    }
}

fn given_name(contact: &Value) -> &str {
    contact["givenName"].as_str().unwrap_or_default()
}

fn shown_in_outlook<'a>(contacts: impl Iterator<Item = &'a Value>) -> Vec<Shown> {
    let pointers = ["/givenName", "/surname", "/mobilePhone", "/homePhones/0", "/businessPhones/0", "/jobTitle"];
    let shown = |contact: &Value| {
        pointers.map(|pointer| contact.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned())
    };
    sorted(contacts.map(shown).collect())
}

fn sorted(mut contacts: Vec<Shown>) -> Vec<Shown> {
    contacts.sort();
    contacts
}

/// The data folder every run begins with.
struct Beginning {
    folder: tempfile::TempDir,
    keys: Keys,
}

async fn run(seed: u64, beginning: &Beginning) {
    let mut dice = StdRng::seed_from_u64(seed);
    let mut house = House::copy_of(beginning.folder.path(), std::slice::from_ref(&beginning.keys));
    let mut holders: Vec<Holder> = DEVICES
        .iter()
        .map(|(kind, client, property)| {
            let mut config = house.device(*kind, "anna", client);
            config.seed = dice.random();
            config.window_size = dice.random_range(1..=10);
            Holder {
                phone: Phone::new(config).unwrap(),
                client,
                property: *property,
                set_up: false,
                dice: StdRng::seed_from_u64(dice.random()),
                deeds: Deeds::default(),
            }
        })
        .collect();
    let mut desk = Desk {
        outlook: house.outlook("anna"),
        copy: BTreeMap::new(),
        open: None,
        dice: StdRng::seed_from_u64(dice.random()),
        deeds: Deeds::default(),
    };
    for _ in 0..dice.random_range(1..=KILLS_MAX) {
        let steps = i64::try_from(ROUNDS * (DEVICES.len() + 1)).unwrap();
        let fuse = Arc::new(Fuse { left: AtomicI64::new(dice.random_range(1..=steps)), burnt: Notify::new() });
        let mut living = JoinSet::new();
        for holder in holders.drain(..) {
            living.spawn(holder.live(Arc::clone(&fuse)));
        }
        let desk_lives = tokio::spawn(desk.live(Arc::clone(&fuse)));
        fuse.burnt.notified().await;
        // The only wait: the server is to die somewhere within a request, not always at its beginning.
        tokio::time::sleep(Duration::from_micros(dice.random_range(0..8000))).await;
        house.kill();
        holders = living.join_all().await;
        holders.sort_by_key(|holder| DEVICES.iter().position(|(_, client, _)| *client == holder.client));
        desk = desk_lives.await.unwrap();
        house.start();
    }
    quiet(&mut holders, &mut desk).await;
    check(&holders, &desk).await;
}

/// Everybody syncs until there is nothing to tell.
async fn quiet(holders: &mut [Holder], desk: &mut Desk) {
    desk.finish().await.unwrap();
    for _ in 0..QUIET_ROUNDS_MAX {
        let mut told = 0;
        for holder in &mut *holders {
            if !holder.set_up {
                holder.phone.set_up().await.unwrap();
                holder.set_up = true;
            }
            let report = match holder.phone.sync().await {
                // It was told to crash before the server died, and had no answer to crash at since.
                Err(PhoneError::Crashed) => holder.phone.sync().await,
                other => other,
            };
            let report = report.unwrap_or_else(|error| panic!("{}: {error}", holder.client));
            told += report.received + report.sent;
        }
        if told == 0 {
            return desk.refresh().await.unwrap();
        }
    }
    panic!("there is always more to tell");
}

async fn check(holders: &[Holder], desk: &Desk) {
    let ledger = shown_in_outlook(desk.outlook.contacts().await.iter());
    let there: BTreeMap<&str, &Shown> = ledger.iter().map(|shown| (shown[0].as_str(), shown)).collect();
    assert_eq!(there.len(), ledger.len(), "doubled: {ledger:#?}");
    assert_eq!(shown_in_outlook(desk.copy.values()), ledger, "the copy in Outlook differs");
    for holder in holders {
        assert_eq!(holder.shown(), ledger, "{} differs", holder.client);
        assert_eq!(holder.phone.violations(), [], "{}", holder.client);
        assert_eq!(holder.phone.counters().resets, 0, "{} had to begin again", holder.client);
    }
    let deeds = holders.iter().map(|holder| &holder.deeds).chain([&desk.deeds]).enumerate();
    for (at, deeds) in deeds {
        for (name, second) in &deeds.created {
            let kept = match *second {
                "Contested" => continue,
                "Own" if deeds.given_up.contains(name) => continue,
                "Own" => !deeds.deleted.contains(name),
                _ => true,
            };
            assert_eq!(there.contains_key(name.as_str()), kept, "{name} {second}: {ledger:#?}");
        }
        for (name, value) in &deeds.written {
            // A contact that comes back after its deletion has what was told of it, not what its deleter had yet to tell.
            if let Some(shown) = there.get(name.as_str()).filter(|shown| shown[1] != "Contested") {
                assert_eq!(shown[2 + at], *value, "{name}: {shown:?}");
            }
        }
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap())
}

#[tokio::test]
async fn a_server_killed_anywhere_loses_nothing_acknowledged_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let keys = add_person(folder.path(), "anna");
    let beginning = Beginning { folder, keys };
    let seeds = match number("CRASH_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("CRASH_RUNS").unwrap_or(RUNS_BY_DEFAULT),
    };
    let started = Instant::now();
    let runs = seeds.end - seeds.start;
    for seed in seeds {
        eprintln!("CRASH_SEED={seed}");
        run(seed, &beginning).await;
    }
    eprintln!("{runs} runs in {:.1} s", started.elapsed().as_secs_f64());
}
