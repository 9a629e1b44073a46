//! An installation with Anna and Ben in it, an MDM server, and a clock that is turned by hand.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{Router, body::Body};
use certificates::{Certificates, Trust};
use fleet::{
    delivery::{DeviceError, Event, OrderId},
    enrolment::EnrolmentId,
};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use hub::{Clock, Entropy};
use identity::{ClientCertificate, Identity, InstallationKey};
use ledger::{
    AccountId, Database, LedgerError,
    tables::{
        certificates as table,
        people::{self, Person},
    },
};
use mdm::{
    EnrolmentChange, Enrolments, Pending, Push, Register, Service, Settings, push::Logged, register::Parts, router,
};
use rustls::pki_types::{CertificateDer, UnixTime};
use tower::ServiceExt;

pub const ANNA: &str = "anna@example.org";
pub const BEN: &str = "ben@example.org";
pub const TOPIC: &str = "com.apple.mgmt.External.5d1c0a5e";
pub const URL: &str = "https://contacts.example.org";
pub const CONTACTS: &str = "org.example.bothways.contacts.";

/// Microseconds since 1970.
pub struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Hand {
    pub fn today() -> Arc<Self> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros();
        Arc::new(Self(AtomicI64::new(i64::try_from(now).unwrap())))
    }

    pub fn pass(&self, time: Duration) {
        self.0.fetch_add(i64::try_from(time.as_micros()).unwrap(), Ordering::SeqCst);
    }
}

/// Different bytes each time.
pub struct Counter(AtomicU64);

impl Entropy for Counter {
    fn fill(&self, buffer: &mut [u8]) {
        for part in buffer.chunks_mut(32) {
            let number = self.0.fetch_add(1, Ordering::SeqCst).to_le_bytes();
            let bytes = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &number);
            part.copy_from_slice(&bytes.as_ref()[..part.len()]);
        }
    }
}

/// Hears what becomes of devices.
#[derive(Default)]
pub struct Heard(Mutex<Vec<EnrolmentChange>>);

impl Enrolments for Heard {
    fn changed(&self, change: EnrolmentChange) -> Pending<'_, ()> {
        self.0.lock().unwrap().push(change);
        Box::pin(std::future::ready(()))
    }
}

impl Heard {
    /// ActiveSync device, enrolled, managed; of everything since it was last asked.
    pub fn take(&self) -> Vec<(String, bool, Option<bool>)> {
        let changes = std::mem::take(&mut *self.0.lock().unwrap());
        changes.into_iter().map(|change| (change.eas_device, change.enrolled, change.managed)).collect()
    }
}

/// Keys take their time, so every house has the same authority and the same certificates.
static AUTHORITY: tokio::sync::OnceCell<table::Authority> = tokio::sync::OnceCell::const_new();
/// Certificates of one house are shown in others: their numbers must differ.
static HOUSES: AtomicU64 = AtomicU64::new(1);
static ISSUED: Mutex<BTreeMap<(String, u64), table::Certificate>> = Mutex::new(BTreeMap::new());

pub struct House {
    pub ledger: Database,
    pub certificates: Certificates,
    pub register: Register,
    pub service: Service,
    pub router: Router,
    pub push: Arc<Logged>,
    pub heard: Arc<Heard>,
    pub clock: Arc<Hand>,
    issued: AtomicU64,
}

impl House {
    pub async fn on(ledger: Database) -> Self {
        let push = Arc::new(Logged::default());
        Self::waking(ledger, Arc::clone(&push) as _, push).await
    }

    pub async fn waking(ledger: Database, waker: Arc<dyn Push>, push: Arc<Logged>) -> Self {
        for (number, email) in [(1, ANNA), (2, BEN)] {
            let person = Person {
                account: AccountId([number; 16]),
                email: email.to_owned(),
                name: email.to_owned(),
                password: None,
                groups: String::new(),
                disabled: false,
                revision: 0,
                created_at: 0,
            };
            ledger
                .write::<_, LedgerError>(move |tx| {
                    people::insert(tx, &person)?;
                    people::insert_login_name(tx, &person.email, &person.account)
                })
                .await
                .unwrap();
        }
        let clock = Hand::today();
        let entropy = Arc::new(Counter(AtomicU64::new(HOUSES.fetch_add(1, Ordering::SeqCst) << 32)));
        let key = InstallationKey::from([7; 32]);
        let settings = identity::Settings::new(key.clone());
        let identity = Identity::new(ledger.clone(), Arc::clone(&clock) as _, Arc::clone(&entropy) as _, settings);
        let settings = certificates::Settings::default();
        let certificates = Certificates::new(
            ledger.clone(),
            identity.clone(),
            key,
            Arc::clone(&clock) as _,
            Arc::clone(&entropy) as _,
            settings,
        );
        let authority = AUTHORITY.get_or_init(async || {
            certificates.authority().await.unwrap();
            ledger.read(table::authority).await.unwrap().unwrap()
        });
        let authority = authority.await.clone();
        ledger.write(move |tx| table::insert_authority(tx, &authority)).await.unwrap();
        let heard = Arc::new(Heard::default());
        let register = Register::new(Parts {
            ledger: ledger.clone(),
            identity: identity.clone(),
            clock: Arc::clone(&clock) as _,
            entropy,
            enrolments: Arc::clone(&heard) as _,
            contacts_profiles: CONTACTS.to_owned(),
        });
        let service =
            Service::open(register.clone(), certificates.clone(), waker, &settings_of(URL, TOPIC)).await.unwrap();
        let router = router(service.clone());
        Self { ledger, certificates, register, service, router, push, heard, clock, issued: AtomicU64::new(0) }
    }

    /// A certificate of the authority, as the listener puts it into requests. Each is another one.
    pub async fn certificate(&self, email: &str) -> Arc<ClientCertificate> {
        let key = (email.to_owned(), self.issued.fetch_add(1, Ordering::SeqCst));
        let known = ISSUED.lock().unwrap().get(&key).cloned();
        let row = if let Some(row) = known {
            let kept = row.clone();
            self.ledger.write(move |tx| table::insert(tx, &kept)).await.unwrap();
            row
        } else {
            let serial = self.certificates.issue(email, "iPhone", None).await.unwrap().serial;
            let row = self.ledger.read(move |tx| table::by_serial(tx, &serial)).await.unwrap().unwrap();
            ISSUED.lock().unwrap().insert(key, row.clone());
            row
        };
        Arc::new(self.trusted(&row.certificate).await)
    }

    pub async fn trusted(&self, der: &[u8]) -> ClientCertificate {
        let authority = self.certificates.authority().await.unwrap();
        let trust = Trust::new(Some(&authority), &[]).unwrap().unwrap();
        trust.check(&[CertificateDer::from(der.to_vec())], UnixTime::now()).unwrap()
    }

    pub async fn ask(&self, request: Request<Body>) -> (StatusCode, String) {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    /// Everything that happened after a position, as words.
    pub async fn told(&self, after: i64) -> Vec<String> {
        self.register.events(after).await.unwrap().iter().map(|logged| words(&logged.event)).collect()
    }

    pub async fn position(&self) -> i64 {
        self.register.events(0).await.unwrap().last().map_or(0, |logged| logged.position)
    }
}

pub fn settings_of(url: &str, topic: &str) -> Settings {
    Settings { public_url: url.to_owned(), topic: topic.to_owned() }
}

pub fn id(text: &str) -> EnrolmentId {
    EnrolmentId::parse(text).unwrap()
}

pub fn order(text: &str) -> OrderId {
    OrderId(text.to_owned())
}

pub fn words(event: &Event) -> String {
    let last = |errors: &[DeviceError]| errors.last().map(|error| format!("{} {}", error.domain, error.code));
    match event {
        Event::Delivered(order) => format!("delivered {}", order.0),
        Event::NotNow(order) => format!("not now {}", order.0),
        Event::Acknowledged(order) => format!("acknowledged {}", order.0),
        Event::Failed(order, errors) => format!("failed {}: {}", order.0, last(errors).unwrap_or_default()),
        Event::Profiles(order, profiles) => format!("profiles {}: {}", order.0, profiles.len()),
        Event::AppConfiguration(order, configuration) => format!("configuration {}: {configuration:?}", order.0),
        Event::Apps(order, apps) => format!("apps {}: {apps:?}", order.0),
        Event::Facts(facts) => format!("facts {}", facts.os_version.as_deref().unwrap_or("-")),
        Event::Enrolled => "enrolled".to_owned(),
        Event::CheckedOut => "checked out".to_owned(),
        Event::Accounts(accounts) => {
            let told = accounts.iter().map(|it| format!("{} {} {} {}", it.identifier, it.contacts, it.mail, it.others));
            format!("accounts [{}]", told.collect::<Vec<_>>().join(", "))
        }
    }
}
