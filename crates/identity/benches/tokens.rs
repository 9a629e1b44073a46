//! What a token costs: checks a second on one core for tokens that are known and for tokens that are seen for the first
//! time, and the memory of many known ones.
//!
//! `cargo bench -p identity` signs `TOKENS_PEOPLE` (default 1000) people in and checks their tokens in turn while the
//! watch runs, as in a server, so that revocations take effect within a second. That the ledger is not read is shown by
//! taking its table of people away for the measurement. Then `TOKENS_SESSIONS` (default 100000) sessions of as many
//! tokens are made known, and the growth of the process is divided by them.
#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a benchmark stops where it fails, and its figures are rounded"
)]

use std::{
    env, fs,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use hub::{AccessPath, Clock, Entropy};
use identity::{Attempt, ClientId, CodeRequest, Credentials, Identity, InstallationKey, NewPerson, Secret, Settings};
use ledger::{Database, LedgerError, SqliteOptions, testing};
use sha2::{Digest, Sha256};

const REDIRECT: &str = "com.apple.Preferences://oauth-redirect";
const MEASURED: Duration = Duration::from_secs(2);

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> i64 {
        i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap()
    }
}

/// Not the same twice, which is all that is needed here.
#[derive(Default)]
struct Counted(AtomicU64);

impl Entropy for Counted {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(32) {
            let number = self.0.fetch_add(1, Ordering::Relaxed);
            chunk.copy_from_slice(Sha256::digest(number.to_le_bytes()).split_at(chunk.len()).0);
        }
    }
}

fn number(name: &str, default: usize) -> usize {
    env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// Resident bytes of this process.
fn resident() -> f64 {
    let pages = fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<f64>().unwrap() * 4096.0
}

async fn session(identity: &Identity, account: hub::AccountId) -> Credentials {
    let request = CodeRequest {
        client: ClientId::new(ClientId::APPLE),
        redirect_uri: REDIRECT.into(),
        path: AccessPath::ActiveSync,
        resource: None,
        scope: "EAS.AccessAsUser.All".into(),
        pkce: None,
        nonce: None,
        claims_challenge: true,
        amr: vec!["pwd".into()],
        user_agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X)".into(),
        network: IpAddr::from([192, 0, 2, 1]),
        auth_time: 0,
    };
    let code = identity.issue_code(account, request).await.unwrap();
    let grant = identity.redeem_code(&code, &ClientId::new(ClientId::APPLE), REDIRECT, None).await.unwrap();
    Credentials::Bearer(Secret::new(grant.access_token.reveal()))
}

async fn check(identity: &Identity, credentials: &Credentials) {
    let attempt = Attempt {
        credentials,
        path: AccessPath::ActiveSync,
        device: Some("7Q2M5T9KD14V9B3R"),
        network: IpAddr::from([192, 0, 2, 1]),
        certificate: None,
    };
    identity.authenticate(attempt).await.unwrap();
}

async fn rename(database: &Database, sql: &'static str) {
    database.write::<_, LedgerError>(move |tx| tx.execute(sql, &[])).await.unwrap();
}

fn main() {
    // Cargo runs benchmarks as tests, too: then there is nothing to measure.
    if env::args().any(|argument| argument == "--test") {
        return;
    }
    // One thread asks, one more watches, as little as a server can have.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(run());
}

async fn run() {
    let folder = testing::Folder::new();
    let database = Database::open_sqlite(&folder.path().join("ledger.db"), SqliteOptions::default()).unwrap();
    database.migrate(&testing::clock).await.unwrap();
    let settings = Settings::new(InstallationKey::from([7; 32]));
    let identity = Identity::new(database.clone(), Arc::new(SystemClock), Arc::new(Counted::default()), settings);

    let people = number("TOKENS_PEOPLE", 1000);
    let mut accounts = Vec::with_capacity(people);
    for person in 0..people {
        let account = identity.draw_account();
        let email = format!("person{person}@example.org");
        let groups = vec!["Everybody".into()];
        let new = NewPerson { account, email, name: "Somebody".into(), password: None, groups, aliases: Vec::new() };
        identity.add(new).await.unwrap();
        accounts.push(account);
    }
    let mut credentials = Vec::with_capacity(people);
    for account in &accounts {
        credentials.push(session(&identity, *account).await);
    }

    // Seen for the first time: the signature, the session, the person; the device is noted.
    let started = Instant::now();
    for one in &credentials {
        check(&identity, one).await;
    }
    let per_second = people as f64 / started.elapsed().as_secs_f64();
    println!("tokens seen for the first time        {per_second:>12.0} a second (each also notes its device)");

    let watching = identity.clone();
    tokio::spawn(async move { watching.watch().await });
    while identity.look().await.is_err() {}
    // From here on, whoever asks the ledger for a person finds no table.
    rename(&database, "ALTER TABLE person RENAME TO person_gone").await;
    let (started, mut checked) = (Instant::now(), 0_u64);
    while started.elapsed() < MEASURED {
        for one in credentials.iter().take(200) {
            check(&identity, one).await;
        }
        checked += credentials.len().min(200) as u64;
    }
    let per_second = checked as f64 / started.elapsed().as_secs_f64();
    println!("known tokens, without the ledger      {per_second:>12.0} a second on one core");
    rename(&database, "ALTER TABLE person_gone RENAME TO person").await;

    // The same keys, whoever they are of: many sessions of the same people are as large as those of many people but for
    // the person, who is counted below.
    let sessions = number("TOKENS_SESSIONS", 100_000);
    let (before, started) = (resident(), Instant::now());
    for number in 0..sessions {
        let account = accounts.get(number % accounts.len()).unwrap();
        check(&identity, &session(&identity, *account).await).await;
    }
    let grown = (resident() - before) / sessions as f64;
    println!("memory of a known session             {grown:>12.0} bytes, {sessions} sessions of {people} people");
    let per_second = sessions as f64 / started.elapsed().as_secs_f64();
    println!("sign-ins from code to first use       {per_second:>12.0} a second, one after the other");
}
