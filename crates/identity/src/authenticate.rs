//! From an `Authorization` header to a caller.
//!
//! Checking a password costs some ten milliseconds by design, and a phone sends it with every request. So a verdict is
//! remembered under a keyed digest of name, password and device, together with the revision of the person it was
//! passed on. The person's row is read for every request (in place on SQLite, some microseconds; a round trip on
//! PostgreSQL) and the verdict stands while the revision does. Whoever changes a person, be it another process, counts
//! up the revision, so the next request feels it; nobody has to tell the server.

use std::{collections::BTreeSet, sync::Arc, thread};

use hub::{AccessPath, AccountId, Caller, Clock, Entropy};
use ledger::{
    Database,
    tables::people::{self, AppPassword, Person},
};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::{
    attempts::Attempts,
    credentials::{Credentials, Secret, login_name},
    error::Refusal,
    hashing, limits,
    recent::Recent,
};

/// What the account's own password is good for. App passwords are always good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AccountPassword {
    /// It opens what an app password opens.
    #[default]
    Allowed,
    /// Programs and devices need an app password each.
    Refused,
}

/// What the administrator decides about signing in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// What the account's own password is good for.
    pub account_password: AccountPassword,
    /// The paths that `Basic` opens. Microsoft Graph's clients know only tokens, so it is not among them unless asked for.
    pub basic: BTreeSet<AccessPath>,
}

impl Default for Policy {
    fn default() -> Self {
        let basic = [AccessPath::ActiveSync, AccessPath::CardDav, AccessPath::Jmap];
        Self { account_password: AccountPassword::default(), basic: basic.into() }
    }
}

/// Knows who people are. Clones share everything.
#[derive(Clone)]
pub struct Identity {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) database: Database,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    policy: Policy,
    /// Random in every process, so that the digests below mean nothing outside of it.
    key: [u8; 32],
    verdicts: Recent<[u8; 32], Verdict>,
    attempts: Attempts,
    /// Hashing takes a core and 19 MiB each time.
    hashing: Semaphore,
    waiting: Semaphore,
}

/// What was found about a password, and about whom: it stands as long as this is the newest state of the same person
/// (or there still is nobody).
#[derive(Clone)]
struct Verdict {
    about: Option<(AccountId, i64)>,
    result: Result<(), Refusal>,
}

/// What a password turned out to be.
enum Proof {
    Account,
    App(AppPassword),
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("policy", &self.inner.policy).finish_non_exhaustive()
    }
}

impl Identity {
    /// Works on a database that has this release's schema.
    pub fn new(database: Database, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>, policy: Policy) -> Self {
        let mut key = [0; 32];
        entropy.fill(&mut key);
        let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            inner: Arc::new(Inner {
                database,
                clock,
                entropy,
                policy,
                key,
                verdicts: Recent::new(limits::VERIFIED, limits::VERIFIED_ENTRIES),
                attempts: Attempts::new(),
                hashing: Semaphore::new(cores),
                waiting: Semaphore::new(limits::HASHES_WAITING),
            }),
        }
    }

    /// Who is asking, on this path. `device` is the DeviceId of ActiveSync, where the request has one: an app password
    /// may belong to a device.
    pub async fn authenticate(
        &self,
        credentials: &Credentials,
        path: AccessPath,
        device: Option<&str>,
    ) -> Result<Caller, Refusal> {
        match credentials {
            Credentials::Missing => Err(Refusal::Missing),
            Credentials::EmptyBearer => Err(Refusal::EmptyBearer),
            Credentials::Malformed => Err(Refusal::Malformed),
            Credentials::Bearer(token) => self.by_token(token, path).await,
            Credentials::Basic { .. } if !self.inner.policy.basic.contains(&path) => Err(Refusal::OtherPath),
            Credentials::Basic { user, password } => self.by_password(user, password, path, device).await,
        }
    }

    /// Forgets every checked password and every wrong one. Not needed after changes to people; for an administrator
    /// who wants a fresh start.
    pub fn invalidate(&self) {
        self.inner.verdicts.clear();
        self.inner.attempts.clear();
    }

    async fn by_token(&self, token: &Secret, path: AccessPath) -> Result<Caller, Refusal> {
        let digest = hashing::token_digest(token.reveal());
        let found = self.inner.database.read(move |tx| people::by_token(tx, &digest)).await?;
        let Some((person, token)) = found else { return Err(Refusal::Wrong) };
        if token.expires_at <= self.inner.clock.now() {
            return Err(Refusal::Expired);
        }
        if token.path != path.name() {
            return Err(Refusal::OtherPath);
        }
        if person.disabled {
            return Err(Refusal::Disabled);
        }
        Ok(caller(person, path))
    }

    async fn by_password(
        &self,
        user: &str,
        password: &Secret,
        path: AccessPath,
        device: Option<&str>,
    ) -> Result<Caller, Refusal> {
        let inner = &self.inner;
        if device.is_some_and(|device| device.len() > limits::DEVICE_BYTES) {
            return Err(Refusal::Malformed);
        }
        let name = login_name(user);
        if name.contains('\0') {
            return Err(Refusal::Wrong);
        }
        let now = inner.clock.now();
        let person = inner.person(&name).await?;
        let about = person.as_ref().map(|person| (person.account, person.revision));
        let key = inner.digest(&name, password, device);
        let known = inner.verdicts.get(&key, now).filter(|verdict| verdict.about == about);
        let result = if let Some(verdict) = known {
            verdict.result
        } else {
            if let Some(retry_after) = inner.attempts.pause(&name, now) {
                return Err(Refusal::TooManyAttempts { retry_after });
            }
            let result = inner.check(person.as_ref(), password, device, now).await;
            match &result {
                Ok(()) => inner.attempts.succeeded(&name, now),
                Err(Refusal::Wrong) => inner.attempts.failed(&name, now),
                // Nothing was found out that could be remembered.
                Err(Refusal::Unavailable(reason)) => return Err(Refusal::Unavailable(reason.clone())),
                Err(_) => {}
            }
            inner.verdicts.put(key, Verdict { about, result: result.clone() }, now);
            result
        };
        match (result, person) {
            (Ok(()), Some(person)) => Ok(caller(person, path)),
            (Ok(()), None) => Err(Refusal::Wrong),
            (Err(refusal), _) => Err(refusal),
        }
    }
}

impl Inner {
    async fn person(&self, name: &str) -> Result<Option<Person>, Refusal> {
        let name = name.to_owned();
        Ok(self.database.query(move |tx| people::by_login_name(tx, &name)).await?)
    }

    /// Looks at a password; this is the part that costs time.
    async fn check(
        &self,
        person: Option<&Person>,
        password: &Secret,
        device: Option<&str>,
        now: i64,
    ) -> Result<(), Refusal> {
        let app_passwords = match person.map(|person| person.account) {
            Some(account) => self.database.read(move |tx| people::app_passwords(tx, &account)).await?,
            None => Vec::new(),
        };
        let proof = self.find(person, app_passwords, password).await?;
        let (Some(person), Some(proof)) = (person, proof) else { return Err(Refusal::Wrong) };
        if person.disabled {
            return Err(Refusal::Disabled);
        }
        match proof {
            Proof::Account => Ok(()),
            Proof::App(app_password) => self.use_app_password(person.account, app_password, device, now).await,
        }
    }

    async fn find(
        &self,
        person: Option<&Person>,
        app_passwords: Vec<AppPassword>,
        password: &Secret,
    ) -> Result<Option<Proof>, Refusal> {
        let (made, chosen): (Vec<_>, Vec<_>) =
            app_passwords.into_iter().partition(|app_password| hashing::is_made(&app_password.secret));
        let mut made = made.into_iter();
        if let Some(app_password) = made.find(|one| hashing::is_this_made(password.reveal(), &one.secret)) {
            return Ok(Some(Proof::App(app_password)));
        }
        let account = person
            .filter(|_| self.policy.account_password == AccountPassword::Allowed)
            .and_then(|person| person.password.clone());
        let mut candidates: Vec<(String, Proof)> =
            chosen.into_iter().map(|one| (one.secret.clone(), Proof::App(one))).collect();
        candidates.extend(account.map(|hash| (hash, Proof::Account)));
        let (hashes, mut proofs): (Vec<_>, Vec<_>) = candidates.into_iter().unzip();

        let password = password.clone();
        let place = self.hash(move || hashing::find_chosen(password.reveal(), &hashes)).await?;
        Ok(place.filter(|place| *place < proofs.len()).map(|place| proofs.swap_remove(place)))
    }

    /// Runs costly work on another thread, as many at a time as there are cores.
    pub(crate) async fn hash<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let busy = || Refusal::Unavailable("too many sign-ins at once".into());
        let _place = self.waiting.try_acquire().map_err(|_| busy())?;
        let _core = self.hashing.acquire().await.map_err(|_| busy())?;
        tokio::task::spawn_blocking(work).await.map_err(|_| busy())
    }

    async fn use_app_password(
        &self,
        account: AccountId,
        app_password: AppPassword,
        device: Option<&str>,
        now: i64,
    ) -> Result<(), Refusal> {
        if let (true, Some(device)) = (app_password.bound, device) {
            let owner = self.owner(account, &app_password, device).await?;
            if owner.as_deref() != Some(device) {
                return Err(Refusal::OtherDevice);
            }
        }
        // For people who look what they can revoke; nobody is kept out because it cannot be written.
        let label = app_password.label;
        let noted = self.database.write(move |tx| people::touch_app_password(tx, &account, &label, now)).await;
        if let Err(error) = noted {
            tracing::warn!(%account, %error, "the use of an app password was not noted");
        }
        Ok(())
    }

    /// The device an app password belongs to, which is this one if it belonged to none. `None` when it was revoked
    /// meanwhile.
    async fn owner(
        &self,
        account: AccountId,
        app_password: &AppPassword,
        device: &str,
    ) -> Result<Option<String>, Refusal> {
        if app_password.device.is_some() {
            return Ok(app_password.device.clone());
        }
        let (label, device) = (app_password.label.clone(), device.to_owned());
        Ok(self.database.write(move |tx| people::bind_app_password(tx, &account, &label, &device)).await?)
    }

    /// What a verdict is remembered under. Lengths keep the parts apart; the key makes it useless elsewhere.
    fn digest(&self, name: &str, password: &Secret, device: Option<&str>) -> [u8; 32] {
        let mut digest = Sha256::new_with_prefix(self.key);
        for part in [name, password.reveal(), device.unwrap_or_default()] {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        digest.finalize().into()
    }
}

fn caller(person: Person, path: AccessPath) -> Caller {
    Caller { account: person.account, email: person.email, name: person.name, path }
}
