//! Credentials that were found good, and whether they still are.
//!
//! A credential that was verified once is remembered ([`Known`]) with what proved it ([`Proof`]) and the person as they
//! were then ([`Standing`], one for all credentials of a person). While nobody has changed the person, no request needs
//! the database. That nobody has is known in one of two ways:
//!
//! - a server looks every 300 ms for the people who have changed since it last looked
//!   ([`Identity::watch`](crate::Identity::watch)), and what is changed in this very process it knows at once;
//! - when the last look is older than [`FRESH`], each request reads the person's row.
//!
//! So nothing that was taken back is good for longer than a second, in whatever process it was taken back. When a person
//! has changed, each of their credentials is looked at by its proof, once: a password whose hash is still the account's
//! is not hashed again, a session is looked up.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
};

use hub::{AccessPath, AccountId};
use ledger::{
    LedgerError, Transaction,
    tables::{
        people::{self, Person, PersonChange},
        sessions,
    },
};

use crate::{
    admission::{PersonFacts, SignInMethod},
    authenticate::{Identity, Inner},
    certificates::{self, ClientCertificate},
    error::Refusal,
    limits::FRESH,
    sessions::SessionId,
    settings::AccountPassword,
};

/// What has to be so for a credential to be good.
#[derive(Debug, Clone)]
pub(crate) enum Proof {
    /// This is the hash of the account's password.
    Password(Arc<str>),
    /// There is an app password of this label and hash.
    AppPassword { label: String, secret: String },
    /// A token of this digest was issued.
    IssuedToken([u8; 32]),
    /// The session lives.
    Session(SessionId),
    /// The certificate is the person's, and not revoked.
    Certificate(Box<ClientCertificate>),
    /// Somebody else said so; nothing here contradicts it.
    Foreign,
}

/// A person at one revision.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) facts: Arc<PersonFacts>,
    /// There is a newer revision.
    stale: AtomicBool,
}

/// A credential that was found good.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) standing: Mutex<Arc<Standing>>,
    pub(crate) account: AccountId,
    pub(crate) proof: Proof,
    pub(crate) method: SignInMethod,
    /// The only path it opens; `None` when that is the policy's matter.
    pub(crate) path: Option<AccessPath>,
    pub(crate) session: Option<SessionId>,
    /// The device that the session belongs to, once there was one.
    pub(crate) device: OnceLock<Box<str>>,
    pub(crate) claims_challenge: bool,
    /// When the credential ends by itself.
    pub(crate) expires_at: Option<i64>,
    /// When it has to be looked at afresh; that ends nothing.
    pub(crate) verify_again_at: i64,
}

impl Known {
    pub(crate) fn new(standing: Arc<Standing>, proof: Proof, method: SignInMethod, verify_again_at: i64) -> Self {
        Self {
            account: standing.facts.account,
            standing: Mutex::new(standing),
            proof,
            method,
            path: None,
            session: None,
            device: OnceLock::new(),
            claims_challenge: false,
            expires_at: None,
            verify_again_at,
        }
    }

    /// The person, as they were when the credential was last looked at.
    pub(crate) fn facts(&self) -> Arc<PersonFacts> {
        Arc::clone(&self.held().facts)
    }

    fn held(&self) -> MutexGuard<'_, Arc<Standing>> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The people whose credentials are remembered, and who has changed.
#[derive(Default)]
pub(crate) struct Standings {
    people: Mutex<Registry>,
    /// When the last look at the ledger that succeeded began; 0 before the first.
    looked_at: AtomicI64,
}

#[derive(Default)]
struct Registry {
    standings: HashMap<AccountId, Weak<Standing>>,
    /// The newest revisions that were heard of: what was read before they were written is stale from the start.
    revisions: HashMap<AccountId, i64>,
    /// The number of the last change that was heard of; `None` before the first look.
    heard: Option<i64>,
}

impl Standings {
    fn registry(&self) -> MutexGuard<'_, Registry> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of a person as they were read.
    pub(crate) fn of(&self, facts: PersonFacts) -> Arc<Standing> {
        let (account, revision) = (facts.account, facts.revision);
        let mut registry = self.registry();
        let before = registry.standings.get(&account).and_then(Weak::upgrade);
        if let Some(before) = before {
            if before.facts.revision == revision && !before.stale.load(Ordering::Acquire) {
                return before;
            }
            if before.facts.revision < revision {
                before.stale.store(true, Ordering::Release);
            }
        }
        let overtaken = registry.revisions.get(&account).is_some_and(|newest| *newest > revision);
        let standing = Arc::new(Standing { facts: Arc::new(facts), stale: AtomicBool::new(overtaken) });
        registry.standings.insert(account, Arc::downgrade(&standing));
        standing
    }

    /// Takes note that a person has changed.
    pub(crate) fn changed(&self, account: AccountId, revision: i64) {
        self.registry().changed(account, revision);
    }

    fn heard(&self) -> Option<i64> {
        self.registry().heard
    }

    /// Takes note of what a look at the ledger found.
    fn looked(&self, began_at: i64, changes: &[PersonChange]) {
        let mut registry = self.registry();
        for change in changes {
            registry.changed(change.account, change.revision);
        }
        let newest = changes.last().map_or(0, |change| change.number);
        registry.heard = Some(registry.heard.unwrap_or_default().max(newest));
        drop(registry);
        self.looked_at.store(began_at, Ordering::Release);
    }

    /// Whether the last look is young enough. A clock that was set back makes it too old.
    fn fresh(&self, now: i64) -> bool {
        let looked_at = self.looked_at.load(Ordering::Acquire);
        looked_at != 0 && (0..=FRESH).contains(&now.saturating_sub(looked_at))
    }
}

impl Registry {
    fn changed(&mut self, account: AccountId, revision: i64) {
        let newest = self.revisions.entry(account).or_insert(revision);
        *newest = revision.max(*newest);
        if let Some(standing) = self.standings.get(&account).and_then(Weak::upgrade)
            && standing.facts.revision < revision
        {
            standing.stale.store(true, Ordering::Release);
        }
    }
}

impl Inner {
    /// The person of a credential, if it is still good. No database while nothing has changed.
    pub(crate) async fn standing(&self, known: &Known, now: i64) -> Result<Arc<PersonFacts>, Refusal> {
        let standing = Arc::clone(&known.held());
        if !standing.stale.load(Ordering::Acquire) && self.standings.fresh(now) {
            return Ok(Arc::clone(&standing.facts));
        }
        let (account, revision, proof) = (known.account, standing.facts.revision, known.proof.clone());
        let account_password = self.settings.policy.account_password;
        let read = move |tx: &mut dyn Transaction| {
            let Some(person) = people::by_account(tx, &account)? else { return Ok(Err(Refusal::Wrong)) };
            if person.disabled {
                return Ok(Err(Refusal::Disabled));
            }
            if person.revision == revision {
                return Ok::<_, LedgerError>(Ok(None));
            }
            if !holds(tx, &person, &proof, account_password, now)? {
                return Ok(Err(Refusal::Wrong));
            }
            Ok(Ok(Some(facts(tx, person)?)))
        };
        match self.database.read(read).await?? {
            None => Ok(Arc::clone(&standing.facts)),
            Some(facts) => {
                let standing = self.standings.of(facts);
                let facts = Arc::clone(&standing.facts);
                *known.held() = standing;
                Ok(facts)
            }
        }
    }
}

/// Whether a proof still holds for a person.
fn holds(
    tx: &mut dyn Transaction,
    person: &Person,
    proof: &Proof,
    account_password: AccountPassword,
    now: i64,
) -> Result<bool, LedgerError> {
    let account = &person.account;
    Ok(match proof {
        Proof::Password(hash) => {
            account_password == AccountPassword::Allowed && person.password.as_deref() == Some(&**hash)
        }
        Proof::AppPassword { label, secret } => {
            people::app_passwords(tx, account)?.iter().any(|one| one.label == *label && one.secret == *secret)
        }
        Proof::IssuedToken(digest) => people::by_token(tx, digest)?.is_some_and(|(owner, _)| owner.account == *account),
        Proof::Session(session) => sessions::find(tx, account, &session.0)?
            .is_some_and(|session| session.ended_at.is_none() && session.expires_at > now),
        Proof::Certificate(certificate) => {
            certificates::person(tx, certificate)?.is_some_and(|owner| owner.account == *account)
        }
        Proof::Foreign => true,
    })
}

/// What decisions about a person need.
pub(crate) fn facts(tx: &mut dyn Transaction, person: Person) -> Result<PersonFacts, LedgerError> {
    let paths_off = people::paths_off(tx, &person.account)?;
    Ok(PersonFacts {
        account: person.account,
        email: person.email,
        name: person.name,
        groups: person.groups.lines().map(str::to_owned).collect(),
        paths_off: AccessPath::ALL.into_iter().filter(|path| paths_off.lines().any(|off| off == path.name())).collect(),
        revision: person.revision,
    })
}

impl Identity {
    /// Looks for people who have changed, in whatever process, and wakes those who wait for their accounts; how many
    /// there were. For hints from commands; a server looks by itself ([`watch`](Self::watch)).
    pub async fn look(&self) -> Result<usize, LedgerError> {
        let inner = &self.inner;
        let began_at = inner.clock.now();
        let heard = inner.standings.heard();
        let changes = inner.database.read(move |tx| people::changes_after(tx, heard.unwrap_or_default())).await?;
        inner.standings.looked(began_at, &changes);
        // Nobody waits for what was changed before this process began to look.
        if heard.is_some() {
            for change in &changes {
                inner.wake(change.account);
            }
        }
        Ok(changes.len())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const ANNA: AccountId = AccountId([1; 16]);

    fn anna(revision: i64) -> PersonFacts {
        PersonFacts {
            account: ANNA,
            email: "anna@example.org".into(),
            name: "Anna".into(),
            groups: Vec::new(),
            paths_off: BTreeSet::new(),
            revision,
        }
    }

    fn is_stale(standing: &Standing) -> bool {
        standing.stale.load(Ordering::Acquire)
    }

    #[test]
    fn what_was_read_before_a_change_and_noted_after_it_is_stale_at_once() {
        let standings = Standings::default();
        standings.changed(ANNA, 5);
        assert!(is_stale(&standings.of(anna(4))));
        assert!(!is_stale(&standings.of(anna(5))));
    }

    #[test]
    fn a_change_makes_every_standing_of_the_person_stale_whatever_was_read_last() {
        let standings = Standings::default();
        let first = standings.of(anna(1));
        assert!(Arc::ptr_eq(&first, &standings.of(anna(1))), "one for all credentials");
        let second = standings.of(anna(2));
        assert!(is_stale(&first) && !is_stale(&second));
        standings.changed(ANNA, 3);
        assert!(is_stale(&second));
    }

    #[test]
    fn a_look_is_good_for_less_than_a_second_and_not_when_the_clock_goes_back() {
        let standings = Standings::default();
        assert!(!standings.fresh(0) && !standings.fresh(1_000_000));
        standings.looked(1_000_000, &[]);
        assert!(standings.fresh(1_000_000) && standings.fresh(1_900_000));
        assert!(!standings.fresh(1_900_001) && !standings.fresh(999_999));
    }
}
