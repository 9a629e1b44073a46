//! What holds whatever happens: events of any kind for any order, twice, late, out of order or never; time, pauses, ways back,
//! crashes in between. A second, naive bookkeeping watches every order that comes out.

use std::collections::{BTreeMap, BTreeSet};

use fleet::{
    delivery::{DeviceFacts, Event, ListedProfile, Logged, Order, OrderId, ReportedAccount},
    enrolment::EnrolmentId,
};
use jiff::Timestamp;
use plist::Dictionary;
use proptest::prelude::*;
use rollout::{
    documents::Documents,
    inventory::{Inventory, Versions, versions},
    plan::{Errors, Plan, Settings, Who},
    state::{
        Rollout,
        control::Scope,
        ladder::{Rung, Way},
    },
};

use super::{
    bench::{at_once, conditions, hours, listed, start_of_time, wave},
    world::{HOST, Phone, World, device, error},
};

const WAY: Way = Way { answers: true, status_reports: true };
const CLEAN_UP_HOURS: i64 = 24;
const VERSIONS: [&str; 5] = ["12.5.7", "12.9", "13.0", "15.8", "17.2"];

/// What happens next. Numbers choose among what there is.
#[derive(Debug, Clone)]
enum Happening {
    Hours(u8),
    /// A phone truly does what it was last told, and says so.
    Obeys(u8),
    Work,
    Told(u8),
    Given(u8),
    Delivered(u8),
    NotNow(u8),
    Acknowledged(u8),
    Failed(u8),
    Listed {
        order: u8,
        ours: bool,
        current: bool,
    },
    Configured {
        order: u8,
        wanted: bool,
    },
    Facts {
        phone: u8,
        version: u8,
    },
    Accounts {
        phone: u8,
        mail: bool,
        there: bool,
    },
    Synced(u8),
    Enrolled(u8),
    CheckedOut(u8),
    RollBack(u8),
    Again,
    Retry(u8),
    Pause(bool),
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening as H;
    let n = any::<u8>();
    prop_oneof![
        12 => (0_u8..30).prop_map(H::Hours),
        64 => Just(H::Work),
        96 => n.prop_map(H::Obeys),
        4 => n.prop_map(H::Told),
        8 => n.prop_map(H::Given),
        8 => n.prop_map(H::Delivered),
        4 => n.prop_map(H::NotNow),
        8 => n.prop_map(H::Acknowledged),
        3 => n.prop_map(H::Failed),
        6 => (n, any::<bool>(), any::<bool>()).prop_map(|(order, ours, current)| H::Listed { order, ours, current }),
        20 => (n, any::<bool>()).prop_map(|(order, wanted)| H::Configured { order, wanted }),
        8 => (n, 0..10_u8).prop_map(|(phone, version)| H::Facts { phone, version }),
        12 => (n, prop::bool::weighted(0.1), prop::bool::weighted(0.8))
            .prop_map(|(phone, mail, there)| H::Accounts { phone, mail, there }),
        6 => n.prop_map(H::Synced),
        1 => n.prop_map(H::Enrolled),
        1 => n.prop_map(H::CheckedOut),
        1 => n.prop_map(H::RollBack),
        1 => Just(H::Again),
        1 => n.prop_map(H::Retry),
        1 => any::<bool>().prop_map(H::Pause),
    ]
}

/// The naive bookkeeping of one phone.
#[derive(Debug, Clone, Default)]
struct Watched {
    /// When its export was last seen off, as wanted, since it was last ordered otherwise.
    off_since: Option<Timestamp>,
    /// What it last said itself.
    version: Option<&'static str>,
    /// Since when a profile was ordered and not seen to be gone.
    ordered: Option<Timestamp>,
    /// When the hub last saw it.
    synced: Option<Timestamp>,
}

struct Run {
    world: World,
    rollout: Rollout,
    now: Timestamp,
    position: i64,
    orders: Vec<(EnrolmentId, OrderId, Order)>,
    names: BTreeSet<OrderId>,
    phones: BTreeMap<EnrolmentId, Watched>,
}

impl Run {
    fn new() -> Self {
        let ids = ["A", "B", "C"];
        let phone = |id: &str| {
            let mut device = listed(id, &Phone::new("17.2", &format!("{id}@example.com")));
            device.eas_device_identifier = Some(format!("APPL{id}"));
            // Listed as new enough; what they say themselves is another matter.
            device.versions = Versions::stated(rollout::inventory::Source::List, versions::parse("17").unwrap());
            device
        };
        let inventory: Inventory = ids.into_iter().map(phone).collect();
        let waves = vec![wave("all", Who::Rest, Errors::Percent(100))];
        let plan = Plan::make(&inventory, waves, &conditions(&inventory), start_of_time()).unwrap();
        let settings = Settings { clean_up: hours(CLEAN_UP_HOURS), ..at_once() };
        let mut rollout = Rollout::new("laws", &plan, &inventory, settings);
        rollout.start(start_of_time());
        Self {
            world: World::new(start_of_time()),
            rollout,
            now: start_of_time(),
            position: 0,
            orders: Vec::new(),
            names: BTreeSet::new(),
            phones: ids.into_iter().map(|id| (device(id), Watched::default())).collect(),
        }
    }

    fn pick(&self, number: u8) -> EnrolmentId {
        self.phones.keys().nth(usize::from(number) % self.phones.len()).unwrap().clone()
    }

    /// Prefers recent orders, so that something comes of it; any other may be meant as well.
    fn order(&self, number: u8) -> Option<(EnrolmentId, OrderId)> {
        let back = if number < 200 { usize::from(number) % 3 } else { usize::from(number) };
        let place = self.orders.len().checked_sub(1)?.saturating_sub(back);
        self.orders.get(place).map(|(device, id, _)| (device.clone(), id.clone()))
    }

    fn fold(&mut self, device: &EnrolmentId, event: Event) {
        self.position += 1;
        let at = self.now.as_microsecond();
        self.rollout.fold(&Logged { position: self.position, device: device.clone(), at, event }, WAY);
    }

    fn of_order(&mut self, number: u8, event: impl FnOnce(OrderId) -> Event) {
        if let Some((device, id)) = self.order(number) {
            self.fold(&device, event(id));
        }
    }

    fn wanted(&self, id: &EnrolmentId) -> Dictionary {
        self.world.export_off(&self.rollout.member(id).unwrap().device, None)
    }

    fn happens(&mut self, happening: &Happening) {
        match *happening {
            Happening::Hours(count) => self.now += hours(i64::from(count)),
            Happening::Work => self.work(),
            Happening::Obeys(phone) => self.obeys(phone),
            Happening::Told(phone) => self.rollout.told(&self.pick(phone), self.now),
            Happening::Given(number) => {
                if let Some((device, id)) = self.order(number) {
                    self.rollout.given(&device, &id, self.now);
                }
            }
            Happening::Delivered(number) => self.of_order(number, Event::Delivered),
            Happening::NotNow(number) => self.of_order(number, Event::NotNow),
            Happening::Acknowledged(number) => self.of_order(number, Event::Acknowledged),
            Happening::Failed(number) => {
                self.of_order(number, |id| Event::Failed(id, vec![error("MCEASErrorDomain", 21005, "Not unique")]));
            }
            Happening::Listed { order, ours, current } => self.listed(order, ours, current),
            Happening::Configured { order, wanted } => self.configured(order, wanted),
            Happening::Facts { phone, version } => self.facts(phone, version),
            Happening::Accounts { phone, mail, there } => self.accounts(phone, mail, there),
            Happening::Synced(phone) => {
                let id = self.pick(phone);
                self.rollout.synced(&id, self.now);
                self.phones.get_mut(&id).unwrap().synced = Some(self.now);
            }
            Happening::Enrolled(phone) => {
                let id = self.pick(phone);
                self.fold(&id, Event::Enrolled);
            }
            Happening::CheckedOut(phone) => {
                let id = self.pick(phone);
                self.fold(&id, Event::CheckedOut);
                self.phones.get_mut(&id).unwrap().off_since = None;
            }
            Happening::RollBack(phone) => {
                let scope = if phone % 2 == 0 { Scope::Wave("all".into()) } else { Scope::Device(self.pick(phone)) };
                self.rollout.roll_back(&scope, self.now).unwrap();
            }
            Happening::Again => drop(self.rollout.again("all", self.now)),
            Happening::Retry(phone) => drop(self.rollout.retry(&self.pick(phone), self.now)),
            Happening::Pause(true) => self.rollout.pause(),
            Happening::Pause(false) => self.rollout.resume(),
        }
    }

    /// So that random runs get far.
    fn obeys(&mut self, phone: u8) {
        let device = self.pick(phone);
        self.rollout.told(&device, self.now);
        let of_device = |(of, _, _): &&(EnrolmentId, OrderId, Order)| *of == device;
        let Some((_, id, order)) = self.orders.iter().rev().find(of_device).cloned() else { return };
        let last = |wanted: fn(&Order) -> bool| self.orders.iter().rev().filter(of_device).find(|(_, _, o)| wanted(o));
        let event = match order {
            Order::DeviceInformation => return self.facts(phone, 9),
            Order::ReadAppConfiguration { .. } => {
                let set = last(|order| matches!(order, Order::ConfigureApp { .. })).map(|(_, _, order)| order.clone());
                let Some(Order::ConfigureApp { configuration, .. }) = set else {
                    return self.fold(&device, Event::AppConfiguration(id, None));
                };
                if configuration == Some(self.wanted(&device)) {
                    self.phones.get_mut(&device).unwrap().off_since.get_or_insert(self.now);
                }
                Event::AppConfiguration(id, configuration)
            }
            Order::ListProfiles => {
                let changed = last(|order| matches!(order, Order::InstallProfile(_) | Order::RemoveProfile(_)));
                let there = matches!(changed, Some((_, _, Order::InstallProfile(_))));
                let identifier = format!("com.example.contacts.{device}");
                let profile = ListedProfile { identifier, uuid: format!("{device}-1") };
                Event::Profiles(id, there.then_some(profile).into_iter().collect())
            }
            _ => Event::Acknowledged(id),
        };
        self.fold(&device, event);
    }

    fn listed(&mut self, order: u8, ours: bool, current: bool) {
        let Some((device, id)) = self.order(order) else { return };
        let uuid = if current { format!("{device}-1") } else { "OLD".to_owned() };
        let profile = ListedProfile { identifier: format!("com.example.contacts.{device}"), uuid };
        self.fold(&device, Event::Profiles(id, ours.then_some(profile).into_iter().collect()));
    }

    fn configured(&mut self, order: u8, wanted: bool) {
        let Some((device, id)) = self.order(order) else { return };
        let configuration = wanted.then(|| self.wanted(&device));
        let reads = self
            .orders
            .iter()
            .any(|(_, known, what)| *known == id && matches!(what, Order::ReadAppConfiguration { .. }));
        self.fold(&device, Event::AppConfiguration(id, configuration));
        if wanted && reads {
            self.phones.get_mut(&device).unwrap().off_since.get_or_insert(self.now);
        }
    }

    fn facts(&mut self, phone: u8, version: u8) {
        let id = self.pick(phone);
        // Old ones are rare, or nothing would ever happen.
        let version = VERSIONS.get(usize::from(version)).copied().unwrap_or("17.2");
        self.phones.get_mut(&id).unwrap().version = Some(version);
        self.fold(&id, Event::Facts(DeviceFacts { os_version: Some(version.into()), ..DeviceFacts::default() }));
    }

    fn accounts(&mut self, phone: u8, mail: bool, there: bool) {
        let id = self.pick(phone);
        let account = ReportedAccount {
            identifier: "x".into(),
            declaration: None,
            host: Some(HOST.into()),
            user_name: self.rollout.member(&id).unwrap().device.person.clone(),
            contacts: true,
            mail,
            others: false,
        };
        self.fold(&id, Event::Accounts(there.then_some(account).into_iter().collect()));
    }

    /// One turn, as the driver takes it, with every promise checked.
    fn work(&mut self) {
        let paused = self.rollout.paused();
        let work = self.rollout.advance(self.now, WAY);
        let made: Vec<_> = work.give.iter().filter_map(|id| self.make(id)).collect();
        self.says_the_same_again(&made);
        self.survives_its_document();
        for (device, id, order) in made {
            self.watch(&device, &order, paused);
            if self.names.insert(id.clone()) {
                self.orders.push((device, id, order));
            }
        }
        self.nobody_is_done_unseen();
    }

    fn make(&mut self, device: &EnrolmentId) -> Option<(EnrolmentId, OrderId, Order)> {
        let (id, order) = self.rollout.make(device, &self.world, self.now)?;
        Some((device.clone(), id, order))
    }

    /// A crash after the save and before or after the giving: what is written down is made again, and is the same.
    fn says_the_same_again(&self, made: &[(EnrolmentId, OrderId, Order)]) {
        let mut twin = self.rollout.clone();
        let work = twin.advance(self.now, WAY);
        let again: BTreeMap<_, _> = work.give.iter().filter_map(|id| twin.make(id, &self.world, self.now)).collect();
        for (device, id, order) in made {
            assert_eq!(again.get(id), Some(order), "{device}");
        }
    }

    fn survives_its_document(&self) {
        let document = self.rollout.to_document().unwrap();
        assert_eq!(Rollout::from_document(&document).unwrap(), self.rollout);
    }

    fn watch(&mut self, device: &EnrolmentId, order: &Order, paused: bool) {
        let off = self.wanted(device);
        let rolling_back = matches!(self.rollout.member(device).unwrap().rung(), Rung::RollingBack(_));
        assert!(!paused || rolling_back, "ordered during a pause: {order:?}");
        let now = self.now;
        let watched = self.phones.get_mut(device).unwrap();
        match order {
            Order::InstallProfile(_) => {
                let version = watched.version.and_then(versions::parse);
                assert!(version.is_none_or(|version| version >= versions::parse("13").unwrap()), "iOS {version:?}");
                let since = watched.off_since.expect("an account was ordered before export was seen to be off");
                assert!(now.duration_since(since) >= hours(CLEAN_UP_HOURS), "Outlook had no time to clean up");
                watched.ordered.get_or_insert(now);
            }
            Order::ConfigureApp { configuration, .. } if *configuration != Some(off) => watched.off_since = None,
            _ => {}
        }
    }

    fn nobody_is_done_unseen(&self) {
        for (id, watched) in &self.phones {
            if let Rung::Done(account) = self.rollout.member(id).unwrap().rung() {
                let ordered = watched.ordered.expect("done, and nothing was ordered");
                assert!(watched.synced.is_some_and(|synced| synced >= ordered), "done without a sync");
                assert!(account.listed().is_some() && account.synced().is_some());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_account_before_export_is_off_none_below_ios_13_none_done_unseen_and_nothing_twice(
        happenings in prop::collection::vec(happening(), 1..200)
    ) {
        let mut run = Run::new();
        for happening in happenings {
            run.happens(&happening);
        }
        run.work();
    }
}

/// The laws would hold of a rollout that never does anything, too: this one shows that runs get to the end.
#[test]
fn a_run_without_trouble_is_done_under_the_same_watch() {
    let mut run = Run::new();
    for _ in 0..20 {
        run.work();
        for phone in 0..3 {
            run.happens(&Happening::Told(phone));
            run.happens(&Happening::Facts { phone, version: 9 });
        }
        run.work();
        let installs = run.orders.iter().filter(|(_, _, order)| matches!(order, Order::InstallProfile(_))).count();
        for number in 0..3 {
            run.happens(&Happening::Acknowledged(number));
            run.happens(&Happening::Listed { order: number, ours: true, current: true });
            let set = run.orders.iter().any(|(_, _, order)| matches!(order, Order::ConfigureApp { .. }));
            run.happens(&Happening::Configured { order: number, wanted: set });
        }
        run.happens(&Happening::Hours(24));
        if installs == 3 {
            for phone in 0..3 {
                run.happens(&Happening::Accounts { phone, mail: false, there: true });
                run.happens(&Happening::Synced(phone));
            }
        }
    }
    assert!(run.rollout.members().all(|member| matches!(member.rung(), Rung::Done(_))));
}
