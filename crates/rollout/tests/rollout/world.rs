//! Phones that behave as Apple's do towards management: they are locked, answers get lost, an account that is there already
//! makes the profile fail, Outlook takes its time to clean up. The profile is a line of text here; the rollout never reads it.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};

use fleet::{
    delivery::{
        Capabilities, Delivery, DeliveryError, DeviceError, DeviceFacts, Event, ListedProfile, Logged, Order, OrderId,
        ReportedAccount,
    },
    enrolment::EnrolmentId,
};
use jiff::{SignedDuration, Timestamp};
use plist::{Dictionary, Value};
use rollout::{
    documents::{ContactsProfile, DocumentError, Documents},
    driver::{Herald, Notice, Store, StoreError, Stored, Syncs, Trouble},
    inventory::{Device, versions},
    state::{Rollout, SyncQuestion, ladder::ProfileName},
};

pub const HOST: &str = "contacts.example.com";
pub const OUTLOOK: &str = "com.microsoft.Office.Outlook";
const EXPORT: &str = "com.microsoft.outlook.Contacts.LocalSyncEnabled";
const LOCKED: &str = "com.microsoft.outlook.Contacts.LocalSyncEnabled.UserChangeAllowed";

/// A phone, and what is special about it.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "each is a trouble of its own, and any may come together")]
pub struct Phone {
    pub os: &'static str,
    pub person: String,
    pub eas: String,
    /// It is switched off: nothing reaches it.
    pub offline: bool,
    /// So many of its next answers are NotNow.
    pub locked: usize,
    /// So many of its next answers do not arrive.
    pub loses: usize,
    /// So many of its next changes fail like this.
    pub fails: usize,
    pub error: Option<DeviceError>,
    /// The person added the same account by hand.
    pub own_account: bool,
    /// The person has not signed in (yet).
    pub signed_out: bool,
    /// Its account has mail on, as on a version that ignores the switches.
    pub with_mail: bool,
    pub outlook: Option<Dictionary>,
    pub profiles: BTreeMap<String, String>,
    /// Since when Outlook does not export; its copies stay for a while.
    pub export_off: Option<Timestamp>,
    pub queue: VecDeque<(OrderId, Order)>,
    /// Orders as they were done.
    pub done: Vec<Order>,
}

impl Phone {
    pub fn new(os: &'static str, person: &str) -> Self {
        Self {
            os,
            person: person.to_owned(),
            eas: format!("APPL{person}"),
            offline: false,
            locked: 0,
            loses: 0,
            fails: 0,
            error: None,
            own_account: false,
            signed_out: false,
            with_mail: false,
            outlook: None,
            profiles: BTreeMap::new(),
            export_off: None,
            queue: VecDeque::new(),
            done: Vec::new(),
        }
    }

    pub fn has_account(&self) -> bool {
        !self.profiles.is_empty()
    }

    pub fn installs(&self) -> usize {
        self.done.iter().filter(|order| matches!(order, Order::InstallProfile(_))).count()
    }

    fn exports(&self) -> bool {
        self.outlook.as_ref().and_then(|held| held.get(EXPORT)).and_then(Value::as_boolean).unwrap_or(true)
    }
}

#[derive(Debug)]
pub struct Inner {
    pub phones: BTreeMap<EnrolmentId, Phone>,
    pub now: Timestamp,
    pub log: Vec<Logged>,
    pub given: BTreeSet<OrderId>,
    /// Every call of `give`, also of the same order again.
    pub calls: Vec<(EnrolmentId, OrderId, Order)>,
    pub told: Vec<Notice>,
    pub capabilities: Capabilities,
    /// The way to the devices puts everything off.
    pub busy: bool,
    /// The person cannot be told.
    pub mute: bool,
    /// How long Outlook takes to clean up.
    pub clean_up: SignedDuration,
    /// Phones that at some moment showed contacts twice.
    pub doubled: BTreeSet<EnrolmentId>,
    pub profile_version: u32,
    stored: Option<Stored>,
    pub saves: usize,
    /// Saving fails from this save on.
    pub store_fails_at: Option<usize>,
}

/// The world, shared by everything that a driver is made of.
#[derive(Debug, Clone)]
pub struct World(Arc<Mutex<Inner>>);

impl World {
    pub fn new(now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            phones: BTreeMap::new(),
            now,
            log: Vec::new(),
            given: BTreeSet::new(),
            calls: Vec::new(),
            told: Vec::new(),
            capabilities: Capabilities { push: true, answers: true, status_reports: true },
            busy: false,
            mute: false,
            clean_up: SignedDuration::ZERO,
            doubled: BTreeSet::new(),
            profile_version: 1,
            stored: None,
            saves: 0,
            store_fails_at: None,
        })))
    }

    pub fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    pub fn phone<T>(&self, id: &str, look: impl FnOnce(&mut Phone) -> T) -> T {
        look(self.inner().phones.get_mut(&device(id)).unwrap())
    }

    pub fn log(&self, id: &str, event: Event) {
        self.inner().log(&device(id), event);
    }

    /// Every phone that can do so does what it was told.
    pub fn run(&self) {
        let mut inner = self.inner();
        let ids: Vec<_> = inner.phones.keys().cloned().collect();
        for id in ids {
            inner.connect(&id);
        }
    }

    pub fn document(&self) -> Vec<u8> {
        self.inner().stored.as_ref().unwrap().rollout.to_document().unwrap()
    }
}

pub fn device(id: &str) -> EnrolmentId {
    EnrolmentId::parse(id).unwrap()
}

pub fn error(domain: &str, code: i64, description: &str) -> DeviceError {
    DeviceError { domain: domain.into(), code, description: description.into() }
}

/// What a phone says to an order.
enum Answer {
    Acknowledged,
    With(Event),
    Failed(Vec<DeviceError>),
}

impl Inner {
    pub fn log(&mut self, device: &EnrolmentId, event: Event) {
        let position = i64::try_from(self.log.len()).unwrap() + 1;
        let at = self.now.as_microsecond();
        self.log.push(Logged { position, device: device.clone(), at, event });
    }

    /// One connection: the queue until it is empty, or until NotNow.
    fn connect(&mut self, id: &EnrolmentId) {
        while let Some(phone) = self.phones.get_mut(id).filter(|phone| !phone.offline) {
            let Some((order, what)) = phone.queue.pop_front() else { break };
            if phone.locked > 0 {
                phone.locked -= 1;
                phone.queue.push_front((order.clone(), what));
                self.log(id, Event::Delivered(order.clone()));
                return self.log(id, Event::NotNow(order));
            }
            self.log(id, Event::Delivered(order.clone()));
            let answer = self.does(id, &order, &what);
            let phone = self.phones.get_mut(id).unwrap();
            if phone.loses > 0 {
                phone.loses -= 1;
                continue;
            }
            match answer {
                Answer::Acknowledged => self.log(id, Event::Acknowledged(order)),
                Answer::With(event) => self.log(id, event),
                Answer::Failed(chain) => self.log(id, Event::Failed(order, chain)),
            }
            self.report_accounts(id, &what);
        }
        self.look_for_doubles(id);
    }

    fn does(&mut self, id: &EnrolmentId, order: &OrderId, what: &Order) -> Answer {
        let now = self.now;
        let phone = self.phones.get_mut(id).unwrap();
        let changes = matches!(what, Order::InstallProfile(_) | Order::ConfigureApp { .. } | Order::RemoveProfile(_));
        if changes && phone.fails > 0 {
            phone.fails -= 1;
            return Answer::Failed(phone.error.clone().into_iter().collect());
        }
        phone.done.push(what.clone());
        match what {
            Order::InstallProfile(_) if phone.own_account => Answer::Failed(vec![
                error("MCProfileErrorDomain", 1009, "The profile could not be installed."),
                error("MCEASErrorDomain", 21005, "Account not unique."),
            ]),
            Order::InstallProfile(bytes) => {
                let text = String::from_utf8(bytes.clone()).unwrap();
                let (identifier, uuid) = text.split_once(' ').unwrap();
                phone.profiles.insert(identifier.to_owned(), uuid.to_owned());
                Answer::Acknowledged
            }
            Order::RemoveProfile(identifier) => match phone.profiles.remove(identifier) {
                Some(_) => Answer::Acknowledged,
                None => Answer::Failed(vec![error("MCMDMErrorDomain", 12075, "The profile is not installed.")]),
            },
            Order::ListProfiles => {
                let listed = |(identifier, uuid): (&String, &String)| ListedProfile {
                    identifier: identifier.clone(),
                    uuid: uuid.clone(),
                };
                Answer::With(Event::Profiles(order.clone(), phone.profiles.iter().map(listed).collect()))
            }
            Order::ConfigureApp { bundle_id, configuration } => {
                assert_eq!(bundle_id, OUTLOOK);
                phone.outlook.clone_from(configuration);
                phone.export_off = if phone.exports() { None } else { phone.export_off.or(Some(now)) };
                Answer::Acknowledged
            }
            Order::ReadAppConfiguration { .. } => {
                Answer::With(Event::AppConfiguration(order.clone(), phone.outlook.clone()))
            }
            Order::DeviceInformation => Answer::With(Event::Facts(DeviceFacts {
                os_version: Some(phone.os.to_owned()),
                eas_device_identifier: Some(phone.eas.clone()),
                ..DeviceFacts::default()
            })),
            Order::SecurityInfo | Order::ListApps { .. } => Answer::Acknowledged,
        }
    }

    /// From iOS 16 on, when its accounts changed.
    fn report_accounts(&mut self, id: &EnrolmentId, what: &Order) {
        let phone = &self.phones[id];
        let modern = versions::parse(phone.os) >= versions::parse("16");
        if !matches!(what, Order::InstallProfile(_) | Order::RemoveProfile(_)) || !modern {
            return;
        }
        if self.capabilities.status_reports {
            let accounts = self.accounts(id);
            self.log(id, Event::Accounts(accounts));
        }
    }

    pub fn accounts(&self, id: &EnrolmentId) -> Vec<ReportedAccount> {
        let phone = &self.phones[id];
        let account = |identifier: &str| ReportedAccount {
            identifier: identifier.to_owned(),
            declaration: None,
            host: Some(HOST.to_owned()),
            user_name: Some(phone.person.clone()),
            contacts: true,
            mail: phone.with_mail,
            others: false,
        };
        let own = phone.own_account.then(|| account("own"));
        phone.profiles.keys().map(|identifier| account(identifier)).chain(own).collect()
    }

    /// Two sets of the same contacts: Outlook's copies and the account's.
    pub fn look_for_doubles(&mut self, id: &EnrolmentId) {
        let (now, clean_up) = (self.now, self.clean_up);
        let phone = &self.phones[id];
        let copies = phone.export_off.is_none_or(|since| now.duration_since(since) < clean_up);
        if copies && phone.has_account() {
            self.doubled.insert(id.clone());
        }
    }
}

impl Delivery for World {
    fn capabilities(&self) -> Capabilities {
        self.inner().capabilities
    }

    async fn give(&self, device: &EnrolmentId, id: &OrderId, order: &Order) -> Result<(), DeliveryError> {
        let mut inner = self.inner();
        inner.calls.push((device.clone(), id.clone(), order.clone()));
        if inner.busy {
            return Err(DeliveryError::Temporary("busy".into()));
        }
        if !inner.given.insert(id.clone()) {
            return Ok(());
        }
        let phone = inner.phones.get_mut(device).ok_or_else(|| DeliveryError::NotEnrolled(device.clone()))?;
        phone.queue.push_back((id.clone(), order.clone()));
        Ok(())
    }

    async fn events(&self, after: i64) -> Result<Vec<Logged>, DeliveryError> {
        let after = usize::try_from(after).unwrap();
        Ok(self.inner().log.iter().skip(after).take(500).cloned().collect())
    }
}

impl Documents for World {
    fn outlook_bundle_id(&self) -> &str {
        OUTLOOK
    }

    fn contacts_profile(&self, device: &Device) -> Result<ContactsProfile, DocumentError> {
        let identifier = format!("com.example.contacts.{}", device.id);
        let uuid = format!("{}-{}", device.id, self.inner().profile_version);
        let bytes = format!("{identifier} {uuid}").into_bytes();
        Ok(ContactsProfile { name: ProfileName { identifier, uuid }, bytes })
    }

    fn export_off(&self, _: &Device, before: Option<&Dictionary>) -> Dictionary {
        let mut wanted = before.cloned().unwrap_or_default();
        wanted.insert(EXPORT.to_owned(), Value::Boolean(false));
        wanted.insert(LOCKED.to_owned(), Value::Boolean(false));
        wanted
    }

    fn export_before(&self, _: &Device) -> Option<Dictionary> {
        None
    }
}

impl Syncs for World {
    async fn last_sync(&self, question: &SyncQuestion) -> Result<Option<Timestamp>, Trouble> {
        let inner = self.inner();
        let syncs = |phone: &&Phone| phone.eas == question.eas_device_identifier && phone.person == question.person;
        let phone = inner.phones.get(&question.device).filter(syncs);
        Ok(phone.filter(|phone| phone.has_account() && !phone.signed_out && !phone.offline).map(|_| inner.now))
    }
}

impl Herald for World {
    async fn tell(&self, notice: &Notice) -> Result<(), Trouble> {
        let mut inner = self.inner();
        if inner.mute {
            return Err(Trouble("the mail server is away".into()));
        }
        inner.told.push(notice.clone());
        Ok(())
    }
}

impl Store for World {
    async fn load(&self) -> Result<Option<Stored>, StoreError> {
        Ok(self.inner().stored.clone())
    }

    async fn save(&self, rollout: &Rollout, over: Option<u64>) -> Result<u64, StoreError> {
        let mut inner = self.inner();
        inner.saves += 1;
        if inner.store_fails_at.is_some_and(|at| inner.saves >= at) {
            return Err(StoreError::Unavailable("the disk is full".into()));
        }
        if inner.stored.as_ref().map(|stored| stored.revision) != over {
            return Err(StoreError::Changed);
        }
        let revision = over.map_or(1, |revision| revision + 1);
        // A small fleet goes through its document every time; a large one would only show how slow a debug build is.
        let small = rollout.members().nth(20).is_none();
        let kept = if small { Rollout::from_document(&rollout.to_document()?)? } else { rollout.clone() };
        assert!(!small || kept == *rollout);
        inner.stored = Some(Stored { rollout: kept, revision });
        Ok(revision)
    }
}
