//! An installation with Anna and Ben in it, and a clock that is turned by hand.

use std::{
    path::PathBuf,
    process::{Command, Output},
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{Router, body::Body};
use certificates::{Authority, Certificates, Settings, router};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use hub::{Clock, Entropy};
use identity::{AuditEntry, Identity, InstallationKey, Settings as IdentitySettings};
use ledger::{
    AccountId, Database, LedgerError,
    tables::people::{self, Person},
    testing::Folder,
};
use tower::ServiceExt;

pub const ANNA: &str = "anna@example.org";
pub const BEN: &str = "ben@example.org";
pub const HOUR: Duration = Duration::from_hours(1);

/// Microseconds since 1970.
pub struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Different bytes each time, the same in every run.
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

static PROCESSES: AtomicU64 = AtomicU64::new(1);

pub struct House {
    pub certificates: Certificates,
    pub identity: Identity,
    pub ledger: Database,
    pub router: Router,
    pub clock: Arc<Hand>,
    folder: Folder,
}

impl House {
    pub async fn on(ledger: Database) -> Self {
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
        // OpenSSL looks at the system's clock, so ours begins there.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros();
        let clock = Arc::new(Hand(AtomicI64::new(i64::try_from(now).unwrap())));
        Self::with(ledger, clock, InstallationKey::from([7; 32]))
    }

    fn with(ledger: Database, clock: Arc<Hand>, key: InstallationKey) -> Self {
        let entropy = Arc::new(Counter(AtomicU64::new(0)));
        let settings = Settings { public_url: Some("http://contacts.example.org".to_owned()), ..Settings::default() };
        // Processes draw different ids.
        let own = Arc::new(Counter(AtomicU64::new(PROCESSES.fetch_add(1, Ordering::SeqCst) << 32)));
        let identity = Identity::new(ledger.clone(), Arc::clone(&clock) as _, own, IdentitySettings::new(key.clone()));
        let certificates =
            Certificates::new(ledger.clone(), identity.clone(), key, Arc::clone(&clock) as _, entropy, settings);
        let router = router(certificates.clone());
        Self { certificates, identity, ledger, router, clock, folder: Folder::new() }
    }

    /// Another process over the same ledger.
    pub fn another(&self, key: [u8; 32]) -> Self {
        Self::with(self.ledger.clone(), Arc::clone(&self.clock), InstallationKey::from(key))
    }

    pub fn pass(&self, time: Duration) {
        self.clock.0.fetch_add(i64::try_from(time.as_micros()).unwrap(), Ordering::SeqCst);
    }

    pub async fn authority(&self) -> Arc<Authority> {
        self.certificates.authority().await.unwrap()
    }

    pub async fn challenge(&self, email: &str) -> String {
        self.certificates.challenge(email, "iPhone", HOUR).await.unwrap().reveal().to_owned()
    }

    /// Everything in the audit, in order.
    pub async fn audit(&self) -> Vec<AuditEntry> {
        self.identity.audit().flush().await;
        self.identity.audit().page(0, None, None).await.unwrap()
    }

    pub async fn disable(&self, account: u8) {
        self.ledger
            .write::<_, LedgerError>(move |tx| people::set_disabled(tx, &AccountId([account; 16]), true))
            .await
            .unwrap();
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Vec<u8>) {
        self.ask(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, path: &str, body: Vec<u8>) -> (StatusCode, Vec<u8>) {
        self.ask(Request::post(path).body(Body::from(body)).unwrap()).await
    }

    async fn ask(&self, request: Request<Body>) -> (StatusCode, Vec<u8>) {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        (answer.status(), answer.into_body().collect().await.unwrap().to_bytes().to_vec())
    }

    /// The router on a port of this machine; its address.
    pub async fn served(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = self.router.clone();
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}")
    }

    /// Reads a file that OpenSSL wrote.
    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.path().join(name)).unwrap()
    }

    /// Writes a file for OpenSSL.
    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Runs OpenSSL in the folder of the files.
    pub fn openssl(&self, arguments: &[&str]) -> Output {
        Command::new("openssl").args(arguments).current_dir(self.folder.path()).output().unwrap()
    }

    /// Runs Debian's enrolment client there.
    pub fn scepclient(&self, arguments: &[&str]) -> Output {
        Command::new("scepclient").args(arguments).current_dir(self.folder.path()).output().unwrap()
    }

    pub fn has(&self, name: &str) -> bool {
        self.folder.path().join(name).exists()
    }

    /// The authority's certificate as `authority.pem`.
    pub async fn authority_file(&self) {
        self.file("authority.der", self.authority().await.der());
        assert!(
            self.openssl(&["x509", "-inform", "DER", "-in", "authority.der", "-out", "authority.pem"]).status.success()
        );
    }
}

/// Everything OpenSSL said.
pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
