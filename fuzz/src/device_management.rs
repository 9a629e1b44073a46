//! What devices, and another MDM for them, send to the MDM server.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicI64, AtomicU64},
};

use axum::{Router, body::Body};
use certificates::Certificates;
use http::{Request, StatusCode};
use identity::{Identity, InstallationKey};
use ledger::{Database, Durability, SqliteOptions, testing::Folder};
use mdm::{
    Register, Service, Settings,
    checkin::{CheckIn, Message},
    command::Report,
    declarative::StatusReport,
    nanomdm::Webhook,
    push::NoPush,
    register::{Parts, Shown},
};
use tokio::runtime::Runtime;
use tower::ServiceExt;

use crate::world::{Seeded, Ticks};

struct Office {
    runtime: Runtime,
    register: Register,
    router: Router,
    _folder: Folder,
}

static OFFICE: LazyLock<Office> = LazyLock::new(|| {
    let folder = Folder::new();
    let options = SqliteOptions { durability: Durability::ProcessEnd, ..SqliteOptions::default() };
    let ledger = Database::open_sqlite(&folder.path().join("ledger.db"), options).expect("a ledger");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let clock = Arc::new(Ticks(AtomicI64::new(1_800_000_000_000_000)));
    let entropy = Arc::new(Seeded(AtomicU64::new(1)));
    let key = InstallationKey::from([7; 32]);
    let (register, router) = runtime.block_on(async {
        ledger.migrate(&ledger::testing::clock).await.expect("a schema");
        let people = Identity::new(
            ledger.clone(),
            Arc::clone(&clock) as _,
            Arc::clone(&entropy) as _,
            identity::Settings::new(key.clone()),
        );
        let settings = certificates::Settings::default();
        let certificates = Certificates::new(
            ledger.clone(),
            people.clone(),
            key,
            Arc::clone(&clock) as _,
            Arc::clone(&entropy) as _,
            settings,
        );
        certificates.authority().await.expect("an authority");
        let register = Register::new(Parts {
            ledger,
            identity: people,
            clock,
            entropy,
            enrolments: Arc::new(()),
            contacts_profiles: "org.example.".to_owned(),
        });
        let settings = Settings { public_url: "https://example.org".to_owned(), topic: "com.apple.mgmt.1".to_owned() };
        let service = Service::open(register.clone(), certificates, Arc::new(NoPush), &settings).await;
        (register, mdm::router(service.expect("a server")))
    });
    Office { runtime, register, router, _folder: folder }
});

/// The first byte says what the others are: a check-in message, a report, a status report, a webhook, a request's body.
/// What can be read is taken for a device's that another MDM vouches for, so that it gets as far as it can.
pub fn mdm_messages(data: &[u8]) {
    let Some((kind, bytes)) = data.split_first() else { return };
    let Office { runtime, register, router, .. } = &*OFFICE;
    let shown = Shown::AnotherMdm;
    match kind {
        b'c' => {
            let Ok(CheckIn { device, message }) = CheckIn::read(bytes) else { return };
            runtime.block_on(async {
                let _ = match message {
                    Message::Authenticate(says) => register.authenticate(device, says, shown).await,
                    Message::TokenUpdate(token) => register.token_update(device, token, shown, true).await.map(drop),
                    Message::CheckOut => register.check_out(device, shown).await,
                    Message::DeclarativeManagement { endpoint, .. } => {
                        register.declarative(device, endpoint, shown).await.map(drop)
                    }
                    Message::GetToken => Ok(()),
                };
            });
        }
        b'r' => {
            let Ok(report) = Report::read(bytes) else { return };
            let _ = runtime.block_on(register.connect(report, shown));
        }
        b's' => {
            let Ok(report) = StatusReport::read(bytes) else { return };
            let check_in = b"<plist><dict><key>UDID</key><string>A</string><key>MessageType</key><string>CheckOut</string></dict></plist>";
            let device = CheckIn::read(check_in).expect("a device").device;
            let _ = runtime.block_on(register.status_report(device, report, shown));
        }
        b'w' => drop(Webhook::read(bytes)),
        _ => {
            for (path, media_type) in [("checkin", "application/x-apple-aspen-mdm-checkin"), ("connect", "application/x-apple-aspen-mdm")] {
                let request = Request::put(format!("/mdm/{path}")).header("Content-Type", media_type);
                let request = request.body(Body::from(bytes.to_vec())).expect("a request");
                let answer = runtime.block_on(router.clone().oneshot(request)).expect("an answer");
                // Nobody shows a certificate here, so nobody is believed, and nobody is told to leave.
                assert_eq!(answer.status(), StatusCode::FORBIDDEN);
            }
        }
    }
    let events = runtime.block_on(register.events(0)).expect("what was written can be read");
    assert!(events.windows(2).all(|pair| pair[0].position < pair[1].position));
}
