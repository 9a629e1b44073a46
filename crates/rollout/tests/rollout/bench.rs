//! A workbench: a world, its inventory, a rollout over it.

use std::collections::BTreeSet;

use fleet::{delivery::Order, enrolment::Enrolment};
use jiff::{SignedDuration, Timestamp};
use rollout::{
    driver::{Driver, Report, StepError},
    inventory::{Device, Inventory, Managed, Source, Versions, versions},
    plan::{Errors, Gate, Plan, Settings, Wave, Who},
    readiness::{Conditions, Mode, People},
    state::{Rollout, ladder::Rung},
    status::Evidence,
};

use super::world::{HOST, Phone, World, device};

pub type Rig = Driver<World, World, World, World, World>;

pub struct Bench {
    pub world: World,
    pub rig: Rig,
    pub inventory: Inventory,
}

pub fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

pub fn start_of_time() -> Timestamp {
    "2026-03-02T08:00:00Z".parse().unwrap()
}

/// No notice and no clean-up time, an hour of patience.
pub fn at_once() -> Settings {
    Settings { notice: hours(0), clean_up: hours(0), ..Settings::usual(HOST) }
}

pub fn wave(name: &str, who: Who, errors_max: Errors) -> Wave {
    Wave { name: name.into(), who, gate: Gate { done_percent: 90, errors_max, at_least: hours(0) } }
}

/// As an inventory lists a phone that says what is true.
pub fn listed(id: &str, phone: &Phone) -> Device {
    let mut listed = Device::new(device(id));
    listed.person = Some(phone.person.clone());
    listed.managed = Managed::As(Enrolment::Device);
    listed.versions = Versions::stated(Source::List, versions::parse(phone.os).unwrap());
    listed
}

pub fn conditions(inventory: &Inventory) -> Conditions {
    let mut people = People::default();
    for person in inventory.devices().filter_map(|device| device.person.as_ref()) {
        people.add(person, true);
    }
    Conditions {
        mode: Mode::Hub,
        host: HOST.into(),
        people,
        lockouts: Vec::new(),
        turns_export_off: true,
        seen_within: hours(24 * 30),
        waived: BTreeSet::new(),
    }
}

impl Bench {
    /// Phones that are listed truthfully, in one wave, begun and started.
    pub async fn of(phones: Vec<(&str, Phone)>, settings: Settings) -> Self {
        let inventory = phones.iter().map(|(id, phone)| listed(id, phone)).collect();
        Self::with(phones, inventory, vec![wave("all", Who::Rest, Errors::Percent(100))], settings).await
    }

    pub async fn with(phones: Vec<(&str, Phone)>, inventory: Inventory, waves: Vec<Wave>, settings: Settings) -> Self {
        let world = World::new(start_of_time());
        world.inner().phones.extend(phones.into_iter().map(|(id, phone)| (device(id), phone)));
        let conditions = conditions(&inventory);
        let plan = Plan::make(&inventory, waves, &conditions, start_of_time()).unwrap();
        let mut rollout = Rollout::new("spring", &plan, &inventory, settings);
        rollout.start(start_of_time());
        let mut rig = rig(&world);
        rig.begin(rollout).await.unwrap();
        Self { world, rig, inventory }
    }

    pub async fn try_step(&mut self) -> Result<Report, StepError> {
        let now = self.world.inner().now;
        self.rig.step(now).await
    }

    /// One step, and the phones do what they were told.
    pub async fn step(&mut self) -> Report {
        let report = self.try_step().await.unwrap();
        self.world.run();
        report
    }

    /// Steps until nothing happens any more.
    pub async fn settle(&mut self) {
        for _ in 0..100 {
            if self.step().await.idle() {
                return;
            }
        }
        panic!("it never settles");
    }

    /// Time passes; what happens is handled in the middle of it.
    pub async fn wait(&mut self, time: SignedDuration) {
        self.world.inner().now += time;
        self.settle().await;
    }

    pub async fn evidence(&mut self, id: &str) -> Evidence {
        Evidence::of(self.rig.rollout().await.unwrap().member(&device(id)).unwrap())
    }

    pub async fn rung(&mut self, id: &str) -> Rung {
        self.rig.rollout().await.unwrap().member(&device(id)).unwrap().rung().clone()
    }

    pub async fn change(&mut self, change: impl FnOnce(&mut Rollout, Timestamp)) {
        let now = self.world.inner().now;
        let changed = self.rig.change(|rollout| {
            change(rollout, now);
            Ok::<_, std::convert::Infallible>(())
        });
        changed.await.unwrap().unwrap();
    }

    /// Orders that were given, each once, for a device.
    pub fn orders(&self, id: &str) -> Vec<Order> {
        let inner = self.world.inner();
        let mut seen = BTreeSet::new();
        let mut of_device = inner.calls.iter().filter(|(to, name, _)| *to == device(id) && seen.insert(name));
        of_device.by_ref().map(|(_, _, order)| order.clone()).collect()
    }

    pub fn never_doubled(&self) -> bool {
        self.world.inner().doubled.is_empty()
    }
}

pub fn rig(world: &World) -> Rig {
    Driver::new(world.clone(), world.clone(), world.clone(), world.clone(), world.clone())
}
