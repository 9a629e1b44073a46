//! From what a request shows to somebody who is let in.
//!
//! Checking a password costs some ten milliseconds by design and a signature some hundred microseconds, and a phone
//! shows them with every request. So a credential that was found good is remembered under a keyed digest, and is good
//! without a database as long as nobody has changed its person (`standing`). One that was found wrong is remembered too,
//! with the revision of the person; there the person's row is read, so that whoever was added or corrected is let in at
//! once.

use std::{
    sync::{Arc, OnceLock},
    thread,
};

use aws_lc_rs::digest;
use hub::{AccountId, Caller, Clock, Entropy};
use ledger::{
    Database, LedgerError,
    tables::{
        people::{self, AppPassword, Person},
        sessions,
    },
};
use tokio::sync::Semaphore;

use crate::{
    admission::{Admission, Attempt, SignInMethod},
    attempts::{Attempts, Place},
    audit::{self, AuditEvent},
    certificates::{self, ClientCertificate},
    credentials::{Credentials, Secret, login_name},
    error::Refusal,
    hashing,
    jwt::{self, AccessClaims, Verified},
    limits,
    recent::Recent,
    second_factor::FactorAttempts,
    sessions::path_named,
    settings::{AccountPassword, Settings},
    signing_keys,
    sources::PasswordAnswer,
    standing::{self, Known, Proof, Standings},
    tickets::Tickets,
};

/// Knows who people are. Clones share everything.
#[derive(Clone)]
pub struct Identity {
    pub(crate) inner: Arc<Inner>,
    /// The `iss` of tokens, where the settings name none.
    pub(crate) issuer: Arc<str>,
    /// Who acts, for the audit.
    pub(crate) actor: Arc<str>,
}

pub(crate) struct Inner {
    pub(crate) database: Database,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) settings: Settings,
    pub(crate) tenant: String,
    pub(crate) tickets: Tickets,
    pub(crate) ring: signing_keys::Ring,
    pub(crate) audit: audit::Waiting,
    pub(crate) standings: Standings,
    /// Random in every process, so that the digests below mean nothing outside of it.
    key: [u8; 32],
    known: Recent<[u8; 32], Arc<Known>>,
    verdicts: Recent<[u8; 32], Verdict>,
    pub(crate) attempts: Attempts,
    pub(crate) factor_attempts: FactorAttempts,
    /// Hashing takes a core and 19 MiB each time.
    hashing: Semaphore,
    waiting: Semaphore,
}

/// Why a password was refused, and whom it was about: it stands as long as this is the newest state of the same person
/// (or there still is nobody).
#[derive(Clone)]
struct Verdict {
    about: Option<(AccountId, i64)>,
    refusal: Refusal,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("settings", &self.inner.settings).finish_non_exhaustive()
    }
}

impl Identity {
    /// Works on a database that has this release's schema.
    pub fn new(database: Database, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>, settings: Settings) -> Self {
        let mut key = [0; 32];
        entropy.fill(&mut key);
        let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let inner = Inner {
            database,
            clock,
            entropy,
            tenant: jwt::tenant(settings.key.derive("installation id")),
            tickets: Tickets::new(&settings.key),
            settings,
            ring: signing_keys::Ring::default(),
            audit: audit::Waiting::default(),
            standings: Standings::default(),
            key,
            known: Recent::new(limits::VERIFIED, limits::VERIFIED_ENTRIES),
            verdicts: Recent::new(limits::VERIFIED, limits::VERIFIED_ENTRIES),
            attempts: Attempts::new(),
            factor_attempts: FactorAttempts::new(),
            hashing: Semaphore::new(cores),
            waiting: Semaphore::new(limits::HASHES_WAITING),
        };
        Self { inner: Arc::new(inner), issuer: Arc::from("https://localhost"), actor: Arc::from("server") }
    }

    /// Who is asking.
    ///
    /// # Errors
    /// A [`Refusal`]. All but [`TooManyAttempts`](Refusal::TooManyAttempts) and [`Unavailable`](Refusal::Unavailable)
    /// are to be answered alike.
    pub async fn authenticate(&self, attempt: Attempt<'_>) -> Result<Admission, Refusal> {
        if attempt.device.is_some_and(|device| device.len() > limits::DEVICE_BYTES || device.contains('\0')) {
            return Err(Refusal::Malformed);
        }
        match (attempt.credentials, attempt.certificate) {
            (Credentials::Missing, Some(certificate)) => self.by_certificate(certificate, &attempt).await,
            (Credentials::Missing, None) => Err(Refusal::Missing),
            (Credentials::EmptyBearer, _) => Err(Refusal::EmptyBearer),
            (Credentials::Malformed, _) => Err(Refusal::Malformed),
            (Credentials::Bearer(token), _) => self.by_token(token, &attempt).await,
            (Credentials::Basic { .. }, _) if !self.inner.settings.policy.basic.contains(&attempt.path) => {
                Err(Refusal::OtherPath)
            }
            (Credentials::Basic { user, password }, _) => self.by_password(user, password, &attempt).await,
        }
    }

    /// Whether somebody who was let in still may be, for requests that are held: not when the person is disabled, or
    /// what they showed was changed, taken back or has expired. No database while nothing has changed.
    pub async fn still(&self, admission: &Admission) -> Result<(), Refusal> {
        let now = self.inner.clock.now();
        if admission.expires_at.is_some_and(|end| end <= now) {
            return Err(Refusal::Expired);
        }
        self.inner.standing(&admission.known, now).await.map(|_| ())
    }

    /// Forgets every checked credential and every wrong one. Not needed after changes to people; for an administrator
    /// who wants a fresh start.
    pub fn invalidate(&self) {
        self.inner.known.clear();
        self.inner.verdicts.clear();
        self.inner.attempts.clear();
        self.inner.factor_attempts.clear();
    }

    /// Lets somebody in whose credential is known; `None` when it has to be looked at.
    async fn by_known(&self, key: &[u8; 32], attempt: &Attempt<'_>) -> Option<Result<Admission, Refusal>> {
        let inner = &self.inner;
        let now = inner.clock.now();
        let known = inner.known.get(key, now)?;
        if known.path.is_some_and(|path| path != attempt.path) {
            return Some(Err(Refusal::OtherPath));
        }
        if known.expires_at.is_some_and(|end| end <= now) {
            return Some(Err(Refusal::Expired));
        }
        if known.verify_again_at <= now {
            return None;
        }
        if let (Some(_), Some(device)) = (known.session, attempt.device) {
            match known.device.get() {
                // The ledger knows whose the session is now.
                None => return None,
                Some(owner) if **owner != *device => return Some(Err(Refusal::OtherDevice)),
                Some(_) => {}
            }
        }
        match inner.standing(&known, now).await {
            Ok(person) => Some(Ok(admitted(person, known, attempt))),
            // The credential may be another one by now: a password that became an app password.
            Err(Refusal::Wrong) => {
                inner.known.forget(key, now);
                None
            }
            Err(refusal) => Some(Err(refusal)),
        }
    }

    async fn by_certificate(
        &self,
        certificate: &ClientCertificate,
        attempt: &Attempt<'_>,
    ) -> Result<Admission, Refusal> {
        let inner = &self.inner;
        let key = inner.digest(&[b"certificate", &certificate.fingerprint]);
        if let Some(known) = self.by_known(&key, attempt).await {
            return known;
        }
        let now = inner.clock.now();
        if certificate.not_after <= now {
            return Err(Refusal::Expired);
        }
        let shown = certificate.clone();
        let read = move |tx: &mut dyn ledger::Transaction| {
            let Some(person) = certificates::person(tx, &shown)? else { return Ok(None) };
            Ok::<_, LedgerError>(Some((person.disabled, standing::facts(tx, person)?)))
        };
        let Some((disabled, facts)) = inner.database.read(read).await? else { return Err(Refusal::Wrong) };
        if disabled {
            return Err(Refusal::Disabled);
        }
        let proof = Proof::Certificate(Box::new(certificate.clone()));
        let known = Known {
            expires_at: Some(certificate.not_after),
            ..Known::new(inner.standings.of(facts), proof, SignInMethod::Certificate, again(now))
        };
        Ok(self.keep(key, known, attempt))
    }

    /// Remembers a credential that was found good.
    fn keep(&self, key: [u8; 32], known: Known, attempt: &Attempt<'_>) -> Admission {
        let known = Arc::new(known);
        self.inner.known.put(key, Arc::clone(&known), self.inner.clock.now());
        admitted(known.facts(), known, attempt)
    }

    async fn by_token(&self, token: &Secret, attempt: &Attempt<'_>) -> Result<Admission, Refusal> {
        let key = self.inner.digest(&[b"token", token.reveal().as_bytes()]);
        if let Some(known) = self.by_known(&key, attempt).await {
            return known;
        }
        // A JWT has two dots, and what we issue ourselves without one has none.
        if !token.reveal().contains('.')
            && let Some(admission) = self.by_issued_token(key, token, attempt).await?
        {
            return Ok(admission);
        }
        match self.inner.verify(token).await? {
            Verified::Ours(claims) => self.by_session(key, &claims, attempt).await,
            Verified::NotOurs => self.by_foreign_token(key, token, attempt).await,
        }
    }

    async fn by_issued_token(
        &self,
        key: [u8; 32],
        token: &Secret,
        attempt: &Attempt<'_>,
    ) -> Result<Option<Admission>, Refusal> {
        let inner = &self.inner;
        let now = inner.clock.now();
        let digest = hashing::token_digest(token.reveal());
        let read = move |tx: &mut dyn ledger::Transaction| {
            let Some((person, token)) = people::by_token(tx, &digest)? else { return Ok(None) };
            Ok::<_, LedgerError>(Some((person.disabled, standing::facts(tx, person)?, token)))
        };
        let Some((disabled, facts, token)) = inner.database.read(read).await? else { return Ok(None) };
        if token.expires_at <= now {
            return Err(Refusal::Expired);
        }
        if token.path != attempt.path.name() {
            return Err(Refusal::OtherPath);
        }
        if disabled {
            return Err(Refusal::Disabled);
        }
        let proof = Proof::IssuedToken(digest);
        let known = Known {
            path: Some(attempt.path),
            expires_at: Some(token.expires_at),
            ..Known::new(inner.standings.of(facts), proof, SignInMethod::IssuedToken, again(now))
        };
        Ok(Some(self.keep(key, known, attempt)))
    }

    /// An access token of ours, whose signature and times are good.
    async fn by_session(
        &self,
        key: [u8; 32],
        claims: &AccessClaims,
        attempt: &Attempt<'_>,
    ) -> Result<Admission, Refusal> {
        let inner = &self.inner;
        let (Some(account), Some(session)) = (claims.account(), claims.session()) else { return Err(Refusal::Wrong) };
        if claims.path != attempt.path.name() {
            return Err(Refusal::OtherPath);
        }
        let read = move |tx: &mut dyn ledger::Transaction| {
            let Some(person) = people::by_account(tx, &account)? else { return Ok(None) };
            let Some(session) = sessions::find(tx, &account, &session.0)? else { return Ok(None) };
            Ok::<_, LedgerError>(Some((person.disabled, standing::facts(tx, person)?, session)))
        };
        let Some((disabled, facts, row)) = inner.database.read(read).await? else { return Err(Refusal::Wrong) };
        let now = inner.clock.now();
        if disabled {
            return Err(Refusal::Disabled);
        }
        if row.client != claims.client_id {
            return Err(Refusal::Wrong);
        }
        if row.ended_at.is_some() || row.expires_at <= now {
            return Err(Refusal::Ended { claims_challenge: row.claims_challenge });
        }
        if path_named(&row.path)? != attempt.path {
            return Err(Refusal::OtherPath);
        }
        // What it was made with tells whether the answer with the newest refresh token has arrived.
        let arrived = !row.arrived && claims.iat >= row.refreshed_at.div_euclid(limits::SECOND);
        let device = attempt.device.map(str::to_owned);
        let (bound, binds) = (row.device.clone(), row.device.is_none() && device.is_some());
        let owner = if arrived || binds {
            let write = move |tx: &mut dyn ledger::Transaction| {
                sessions::seen(tx, &account, &session.0, now, arrived)?;
                match &device {
                    Some(device) if binds => sessions::bind(tx, &account, &session.0, device),
                    _ => Ok::<_, LedgerError>(bound.clone()),
                }
            };
            inner.database.write(write).await?
        } else {
            bound
        };
        if let (Some(owner), Some(device)) = (&owner, attempt.device)
            && owner != device
        {
            return Err(Refusal::OtherDevice);
        }
        let known = Known {
            path: Some(attempt.path),
            session: Some(session),
            device: owner.map_or_else(OnceLock::new, |owner| OnceLock::from(owner.into_boxed_str())),
            claims_challenge: row.claims_challenge,
            expires_at: Some(claims.exp.saturating_mul(limits::SECOND)),
            ..Known::new(inner.standings.of(facts), Proof::Session(session), SignInMethod::OAuth, again(now))
        };
        Ok(self.keep(key, known, attempt))
    }

    /// A token that is not ours: perhaps the company's provider knows it.
    async fn by_foreign_token(
        &self,
        key: [u8; 32],
        token: &Secret,
        attempt: &Attempt<'_>,
    ) -> Result<Admission, Refusal> {
        let inner = &self.inner;
        for source in &inner.settings.token_sources {
            let answer = source.check(token, attempt.path).await;
            let Some(found) = answer.map_err(|error| Refusal::Unavailable(error.to_string()))? else { continue };
            let now = inner.clock.now();
            if found.expires_at <= now {
                return Err(Refusal::Expired);
            }
            let facts = self.adopt(&found.person).await?;
            let known = Known {
                path: Some(attempt.path),
                expires_at: Some(found.expires_at),
                claims_challenge: found.claims_challenge,
                ..Known::new(inner.standings.of(facts), Proof::Foreign, SignInMethod::CompanyToken, again(now))
            };
            return Ok(self.keep(key, known, attempt));
        }
        Err(Refusal::Wrong)
    }

    async fn by_password(&self, user: &str, password: &Secret, attempt: &Attempt<'_>) -> Result<Admission, Refusal> {
        let inner = &self.inner;
        let name = login_name(user);
        if name.contains('\0') {
            return Err(Refusal::Wrong);
        }
        let device = attempt.device.unwrap_or_default();
        let key = inner.digest(&[b"password", name.as_bytes(), password.reveal().as_bytes(), device.as_bytes()]);
        if let Some(known) = self.by_known(&key, attempt).await {
            return known;
        }
        let now = inner.clock.now();
        let person = inner.person(&name).await?;
        let about = person.as_ref().map(|person| (person.account, person.revision));
        if let Some(verdict) = inner.verdicts.get(&key, now).filter(|verdict| verdict.about == about) {
            return Err(verdict.refusal);
        }
        let place = Place { login_name: &name, network: attempt.network, device: attempt.device };
        if let Some(retry_after) = inner.attempts.pause(&place, now) {
            return Err(Refusal::TooManyAttempts { retry_after });
        }
        let found = self.check(&name, person, password, attempt).await;
        let event = AuditEvent {
            account: about.map(|(account, _)| account),
            network: Some(attempt.network),
            device: attempt.device.map(str::to_owned),
            ..AuditEvent::new("sign-in")
        };
        let event = event.with("path", attempt.path.name());
        match found {
            Ok(known) => {
                let account = Some(known.account);
                // Phones sign in every day; what is worth a line is a place that is new.
                if inner.attempts.succeeded(&place, now) {
                    self.audit().record(AuditEvent { account, ..event }.with("method", known.method.name()));
                }
                Ok(self.keep(key, known, attempt))
            }
            // Nothing was found out that could be remembered.
            Err(refusal @ (Refusal::Unavailable(_) | Refusal::TooManyAttempts { .. })) => Err(refusal),
            Err(refusal) => {
                if refusal == Refusal::Wrong {
                    inner.attempts.failed(&place, now);
                }
                self.audit().record(AuditEvent { outcome: refusal.to_string(), ..event });
                inner.verdicts.put(key, Verdict { about, refusal: refusal.clone() }, now);
                Err(refusal)
            }
        }
    }

    /// Looks at a password; this is the part that costs time.
    async fn check(
        &self,
        login_name: &str,
        person: Option<Person>,
        password: &Secret,
        attempt: &Attempt<'_>,
    ) -> Result<Known, Refusal> {
        let inner = &self.inner;
        let now = inner.clock.now();
        let app_passwords = match person.as_ref().map(|person| person.account) {
            Some(account) => inner.database.read(move |tx| people::app_passwords(tx, &account)).await?,
            None => Vec::new(),
        };
        let (made, chosen): (Vec<_>, Vec<_>) =
            app_passwords.into_iter().partition(|app_password| hashing::is_made(&app_password.secret));
        let made = made.into_iter().find(|one| hashing::is_this_made(password.reveal(), &one.secret));
        let allowed = inner.settings.policy.account_password == AccountPassword::Allowed;
        let answer = if made.is_none() && allowed { self.ask_directory(login_name, password).await? } else { None };
        if let Some(PasswordAnswer::Right(foreign)) = &answer {
            let facts = self.adopt(foreign).await?;
            let verify_again_at = now.saturating_add(limits::FOREIGN_VERIFIED);
            let standing = inner.standings.of(facts);
            return Ok(Known::new(standing, Proof::Foreign, SignInMethod::Password, verify_again_at));
        }
        let own = if allowed && answer.is_none() { person.as_ref().and_then(|one| one.password.clone()) } else { None };
        let proof = match made {
            Some(app_password) => Some(Found::App(app_password)),
            None => inner.find(own, chosen, password).await?,
        };
        let (Some(person), Some(proof)) = (person, proof) else { return Err(Refusal::Wrong) };
        if person.disabled {
            return Err(Refusal::Disabled);
        }
        let (proof, method) = match proof {
            Found::Account(hash) => (Proof::Password(hash.into()), SignInMethod::Password),
            Found::App(app_password) => {
                let proof =
                    Proof::AppPassword { label: app_password.label.clone(), secret: app_password.secret.clone() };
                inner.use_app_password(person.account, app_password, attempt.device, now).await?;
                (proof, SignInMethod::AppPassword)
            }
        };
        let facts = inner.database.read(move |tx| standing::facts(tx, person.clone())).await?;
        Ok(Known::new(inner.standings.of(facts), proof, method, again(now)))
    }
}

/// When a credential that was just looked at has to be looked at again.
fn again(now: i64) -> i64 {
    now.saturating_add(limits::VERIFIED)
}

fn admitted(person: Arc<crate::admission::PersonFacts>, known: Arc<Known>, attempt: &Attempt<'_>) -> Admission {
    Admission {
        caller: Caller {
            account: person.account,
            email: person.email.clone(),
            name: person.name.clone(),
            path: attempt.path,
        },
        person,
        method: known.method,
        session: known.session,
        claims_challenge: known.claims_challenge,
        expires_at: known.expires_at,
        known,
    }
}

/// What a password turned out to be.
pub(crate) enum Found {
    /// The account's, of this hash.
    Account(String),
    App(AppPassword),
}

impl Inner {
    pub(crate) async fn person(&self, name: &str) -> Result<Option<Person>, Refusal> {
        let name = name.to_owned();
        Ok(self.database.query(move |tx| people::by_login_name(tx, &name)).await?)
    }

    /// Which of the passwords that somebody chose this is. Takes as long when there are none.
    pub(crate) async fn find(
        &self,
        account: Option<String>,
        app_passwords: Vec<AppPassword>,
        password: &Secret,
    ) -> Result<Option<Found>, Refusal> {
        let mut candidates: Vec<(String, Found)> =
            app_passwords.into_iter().map(|one| (one.secret.clone(), Found::App(one))).collect();
        candidates.extend(account.map(|hash| (hash.clone(), Found::Account(hash))));
        let (hashes, mut found): (Vec<_>, Vec<_>) = candidates.into_iter().unzip();
        let password = password.clone();
        let place = self.hash(move || hashing::find_chosen(password.reveal(), &hashes)).await?;
        Ok(place.filter(|place| *place < found.len()).map(|place| found.swap_remove(place)))
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

    /// What a credential is remembered under. Lengths keep the parts apart; the key makes it useless elsewhere.
    fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut digest = digest::Context::new(&digest::SHA256);
        digest.update(&self.key);
        for part in parts {
            digest.update(&(part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        // SHA-256 always has this length.
        digest.finish().as_ref().try_into().unwrap_or_default()
    }

    /// Takes note of a change that this process has made (a person's new revision), and wakes those who wait.
    pub(crate) fn changed(&self, account: AccountId, revision: Option<i64>) {
        if let Some(revision) = revision {
            self.standings.changed(account, revision);
            self.wake(account);
        }
    }

    /// Wakes held requests, so that they ask whether they may go on.
    pub(crate) fn wake(&self, account: AccountId) {
        if let Some(hub) = &self.settings.hub {
            // No contact has changed: those who wake look for themselves.
            hub.wake_ups().publish(account);
        }
    }
}
