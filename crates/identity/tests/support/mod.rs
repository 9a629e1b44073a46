//! What the tests of this crate share: a server's identity with a clock that stands still, and what clients do with it.
#![allow(dead_code, reason = "no test uses all of it")]

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use base64::{Engine, engine::general_purpose::STANDARD};
use hub::{AccessPath, AccountId, Caller, Clock, Entropy};
use identity::{
    Admission, Attempt, ClientId, CodeRequest, Credentials, Grant, GrantError, Identity, IdentityError,
    InstallationKey, NewPerson, Policy, Refusal, Secret, Settings,
};
use ledger::Database;
use sha2::{Digest, Sha256};

/// Microseconds.
pub const SECOND: i64 = 1_000_000;

/// A clock that stands still until it is moved.
pub struct HandClock(pub AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Repeatable, and never the same twice.
struct Counted(AtomicU64);

impl Entropy for Counted {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(32) {
            let number = self.0.fetch_add(1, Ordering::Relaxed);
            for (byte, random) in chunk.iter_mut().zip(Sha256::digest(number.to_le_bytes())) {
                *byte = random;
            }
        }
    }
}

/// Where Apple's client is sent back to.
pub const REDIRECT: &str = "com.apple.Preferences://oauth-redirect";

pub fn apple() -> ClientId {
    ClientId::new(ClientId::APPLE)
}

pub fn settings() -> Settings {
    Settings::new(InstallationKey::from([7; 32]))
}

/// The claims of a JWT, unchecked.
pub fn claims(token: &Secret) -> serde_json::Value {
    let part = token.reveal().split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// A server's identity, and the clock on its wall.
pub struct House {
    pub identity: Identity,
    pub clock: Arc<HandClock>,
}

impl House {
    pub fn new(database: &Database, policy: Policy) -> Self {
        static SEED: AtomicU64 = AtomicU64::new(0);
        let clock = Arc::new(HandClock(AtomicI64::new(1_800_000_000 * SECOND)));
        let entropy = Arc::new(Counted(AtomicU64::new(SEED.fetch_add(1 << 32, Ordering::Relaxed))));
        let settings = Settings { policy, ..settings() };
        Self { identity: Identity::new(database.clone(), clock.clone(), entropy, settings), clock }
    }

    /// As [`new`](Self::new), with settings; the clock of another house of the same database.
    pub fn beside(&self, database: &Database, settings: Settings) -> Self {
        let entropy = Arc::new(Counted(AtomicU64::new(u64::MAX / 2)));
        let clock = Arc::clone(&self.clock);
        Self { identity: Identity::new(database.clone(), clock.clone(), entropy, settings), clock }
    }

    pub fn pass(&self, microseconds: i64) {
        self.clock.0.fetch_add(microseconds, Ordering::Relaxed);
    }

    pub async fn anna(&self) -> AccountId {
        self.identity.find("anna").await.unwrap().unwrap().account
    }

    /// What Apple's client asks for in its on-premises mode.
    pub fn request(&self) -> CodeRequest {
        CodeRequest {
            client: apple(),
            redirect_uri: REDIRECT.into(),
            path: AccessPath::ActiveSync,
            resource: Some("https://contacts.example.org/".into()),
            scope: "EAS.AccessAsUser.All".into(),
            pkce: None,
            nonce: Some("n-0S6".into()),
            claims_challenge: true,
            amr: vec!["pwd".into(), "otp".into(), "mfa".into()],
            user_agent: "Safari".into(),
            network: IpAddr::from([192, 0, 2, 1]),
            auth_time: self.clock.now(),
        }
    }

    pub async fn code(&self) -> Secret {
        self.identity.issue_code(self.anna().await, self.request()).await.unwrap()
    }

    pub async fn redeem(&self, code: &Secret) -> Result<Grant, GrantError> {
        self.identity.redeem_code(code, &apple(), REDIRECT, None).await
    }

    /// Anna signs in.
    pub async fn begin(&self) -> Grant {
        self.redeem(&self.code().await).await.unwrap()
    }

    pub async fn refresh(&self, token: &Secret) -> Result<Grant, GrantError> {
        self.identity.refresh(token, &apple()).await
    }

    pub async fn renew(&self, grant: &Grant) -> Result<Grant, GrantError> {
        self.refresh(grant.refresh_token.as_ref().unwrap()).await
    }

    pub async fn admit(&self, token: &Secret, path: AccessPath, device: Option<&str>) -> Result<Admission, Refusal> {
        let credentials = Credentials::Bearer(token.clone());
        let network = IpAddr::from([192, 0, 2, 1]);
        let attempt = Attempt { credentials: &credentials, path, device, network, certificate: None };
        self.identity.authenticate(attempt).await
    }

    /// Whether an access token opens ActiveSync.
    pub async fn opens(&self, token: &Secret) -> Result<(), Refusal> {
        self.admit(token, AccessPath::ActiveSync, None).await.map(|_| ())
    }

    /// With Anna, whose password is `correct horse`.
    pub async fn with_anna(database: &Database) -> Self {
        let house = Self::new(database, Policy::default());
        house.add("Anna@Example.org", Some("correct horse"), &["anna", "Anna.Berg@example.org"]).await.unwrap();
        house
    }

    pub async fn add(&self, email: &str, password: Option<&str>, aliases: &[&str]) -> Result<(), IdentityError> {
        let person = NewPerson {
            account: self.identity.draw_account(),
            email: email.into(),
            name: "Somebody".into(),
            password: password.map(Secret::new),
            groups: vec!["sales".into(), "berlin  office".into()],
            aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
        };
        self.identity.add(person).await.map(|_| ())
    }

    pub async fn sign_in(&self, user: &str, password: &str) -> Result<Caller, Refusal> {
        self.sign_in_from(user, password, None).await
    }

    pub async fn sign_in_from(&self, user: &str, password: &str, device: Option<&str>) -> Result<Caller, Refusal> {
        let header = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
        let credentials = Credentials::from_authorization(Some(header.as_bytes()));
        self.ask(&credentials, AccessPath::ActiveSync, device).await
    }

    pub async fn ask(
        &self,
        credentials: &Credentials,
        path: AccessPath,
        device: Option<&str>,
    ) -> Result<Caller, Refusal> {
        let network = IpAddr::from([192, 0, 2, 1]);
        let attempt = Attempt { credentials, path, device, network, certificate: None };
        self.identity.authenticate(attempt).await.map(|admission| admission.caller)
    }

    pub async fn show(&self, token: &Secret, path: AccessPath) -> Result<Caller, Refusal> {
        let header = format!("Bearer {}", token.reveal());
        self.ask(&Credentials::from_authorization(Some(header.as_bytes())), path, None).await
    }
}
