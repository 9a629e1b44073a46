//! Administering people. Every change takes effect at the next request, whichever process makes it.

use std::collections::BTreeSet;

use hub::{AccessPath, AccountId};
use ledger::{
    LedgerError, Transaction,
    tables::{
        audit::AuditRow,
        people::{self, Person},
        sessions,
    },
};
use tokio::task::JoinSet;

use crate::{
    admission::PersonFacts,
    audit::{self, AuditEvent},
    authenticate::Identity,
    credentials::{Secret, login_name},
    error::{IdentityError, Refusal, Result},
    hashing, limits, standing,
};

/// Somebody to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPerson {
    /// Their account: [`Identity::draw_account`], then `Hub::create_account`, then [`Identity::add`]. A crash in between
    /// leaves an account nobody knows of, never a person without one.
    pub account: AccountId,
    /// The main address; kept in lower case.
    pub email: String,
    /// The name.
    pub name: String,
    /// The account's password; `None` for people who only use app passwords.
    pub password: Option<Secret>,
    /// Groups.
    pub groups: Vec<String>,
    /// Further names to sign in with: addresses or words.
    pub aliases: Vec<String>,
}

/// A person, as lists show them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonEntry {
    /// Whose contacts are theirs.
    pub account: AccountId,
    /// The main address.
    pub email: String,
    /// The name.
    pub name: String,
    /// Further names to sign in with, sorted.
    pub aliases: Vec<String>,
    /// Groups, as they were given.
    pub groups: Vec<String>,
    /// May not come in.
    pub disabled: bool,
    /// The account has a password of its own.
    pub has_password: bool,
    /// Microseconds since 1970.
    pub created_at: i64,
}

/// The form in which an address is kept and compared.
///
/// # Errors
/// [`IdentityError::NotAnAddress`] for what is not `local@domain`.
pub fn normal_email(email: &str) -> Result<String> {
    let normal = email.trim().to_lowercase();
    let parts = normal.rsplit_once('@');
    let fits = parts.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !local.contains('@'));
    if fits && is_login_name(&normal) { Ok(normal) } else { Err(IdentityError::NotAnAddress(email.to_owned())) }
}

/// `Basic` cannot carry a colon, and what stands before a backslash is taken for a domain.
fn is_login_name(name: &str) -> bool {
    let forbidden = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\\' | ':');
    (1..=limits::LOGIN_NAME_BYTES).contains(&name.len()) && !name.contains(forbidden)
}

fn normal_alias(alias: &str) -> Result<String> {
    let normal = alias.trim().to_lowercase();
    if is_login_name(&normal) { Ok(normal) } else { Err(IdentityError::NotAnAlias(alias.to_owned())) }
}

pub(crate) fn check_password(password: &Secret) -> Result<()> {
    let fits = (1..=limits::PASSWORD_BYTES).contains(&password.reveal().len());
    if fits { Ok(()) } else { Err(IdentityError::UnfitPassword) }
}

/// The person who signs in with this address or alias.
pub(crate) fn existing(tx: &mut dyn Transaction, email: &str) -> Result<Person> {
    let person = people::by_login_name(tx, &login_name(email))?;
    person.ok_or_else(|| IdentityError::NoSuchPerson(email.to_owned()))
}

fn entry(tx: &mut dyn Transaction, person: Person) -> Result<PersonEntry, LedgerError> {
    let names = people::login_names(tx, &person.account)?;
    let aliases: BTreeSet<_> = names.into_iter().filter(|name| *name != person.email).collect();
    Ok(PersonEntry {
        account: person.account,
        email: person.email,
        name: person.name,
        aliases: aliases.into_iter().collect(),
        groups: person.groups.lines().map(str::to_owned).collect(),
        disabled: person.disabled,
        has_password: person.password.is_some(),
        created_at: person.created_at,
    })
}

impl Identity {
    /// The id of an account that does not exist yet.
    pub fn draw_account(&self) -> AccountId {
        let mut id = [0; 16];
        self.inner.entropy.fill(&mut id);
        AccountId(id)
    }

    /// Adds a person.
    ///
    /// # Errors
    /// [`IdentityError::NameTaken`] when the address or an alias is somebody's; nothing is written then.
    pub async fn add(&self, new: NewPerson) -> Result<PersonEntry> {
        let email = normal_email(&new.email)?;
        let mut names = new.aliases.iter().map(|alias| normal_alias(alias)).collect::<Result<BTreeSet<_>>>()?;
        names.insert(email.clone());
        let password = match new.password {
            Some(password) => Some(self.hash_chosen(password, None).await?),
            None => None,
        };
        let groups: Vec<_> =
            new.groups.iter().map(|group| group.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        let person = Person {
            account: new.account,
            email,
            name: new.name.trim().to_owned(),
            password,
            groups: groups.join("\n"),
            disabled: false,
            revision: 0,
            created_at: self.inner.clock.now(),
        };
        let event = self.audited(AuditEvent { account: Some(person.account), ..AuditEvent::new("person-added") });
        self.inner
            .database
            .write(move |tx| {
                audit::insert(tx, &event)?;
                for name in &names {
                    people::insert_login_name(tx, name, &person.account).map_err(|error| match error {
                        LedgerError::Duplicate => IdentityError::NameTaken(name.clone()),
                        error => error.into(),
                    })?;
                }
                people::insert(tx, &person)?;
                Ok(entry(tx, person.clone())?)
            })
            .await
    }

    /// Adds many people at once, each by itself; the results come in the order of the people.
    pub async fn import(&self, people: Vec<NewPerson>) -> Vec<Result<PersonEntry>> {
        const AT_ONCE: usize = 32;
        let mut results: Vec<(usize, Result<PersonEntry>)> = Vec::with_capacity(people.len());
        let mut people = people.into_iter().enumerate().peekable();
        while people.peek().is_some() {
            let mut adding = JoinSet::new();
            for (place, person) in people.by_ref().take(AT_ONCE) {
                let identity = self.clone();
                adding.spawn(async move { (place, identity.add(person).await) });
            }
            results.extend(adding.join_all().await);
        }
        results.sort_by_key(|(place, _)| *place);
        results.into_iter().map(|(_, result)| result).collect()
    }

    /// Everybody, by address.
    pub async fn list(&self) -> Result<Vec<PersonEntry>> {
        let list = |tx: &mut dyn Transaction| {
            people::all(tx)?.into_iter().map(|person| entry(tx, person)).collect::<Result<Vec<_>, LedgerError>>()
        };
        let mut people = self.inner.database.read_long(list).await?;
        people.sort_by(|one, other| one.email.cmp(&other.email));
        Ok(people)
    }

    /// The person with this address or alias; `None` when there is none.
    pub async fn find(&self, name: &str) -> Result<Option<PersonEntry>> {
        let name = login_name(name);
        let find = move |tx: &mut dyn Transaction| match people::by_login_name(tx, &name)? {
            Some(person) => entry(tx, person).map(Some),
            None => Ok::<_, LedgerError>(None),
        };
        Ok(self.inner.database.read(find).await?)
    }

    /// Shuts a person out of every path and ends their sessions, or lets them in again; they have to sign in anew then.
    /// Their contacts, passwords and devices are not touched.
    pub async fn set_disabled(&self, email: &str, disabled: bool) -> Result<()> {
        let name = if disabled { "person-disabled" } else { "person-enabled" };
        let (event, now) = (self.audited(AuditEvent::new(name)), self.inner.clock.now());
        self.change(email, event, move |tx, person| {
            people::set_disabled(tx, &person.account, disabled)?;
            if disabled {
                sessions::end_all(tx, &person.account, now, "the person was disabled")?;
            }
            Ok(())
        })
        .await
    }

    /// Gives the account another password, or takes it away, and ends all sessions: who knew the old password may have
    /// signed in with it. App passwords and tokens stay.
    pub async fn set_password(&self, email: &str, password: Option<Secret>) -> Result<()> {
        let (_, chosen) = self.with_chosen(email).await?;
        let name = if password.is_some() { "password-set" } else { "password-removed" };
        let hash = match password {
            Some(password) => Some(self.hash_chosen(password, chosen).await?),
            None => None,
        };
        let (event, now) = (self.audited(AuditEvent::new(name)), self.inner.clock.now());
        self.change(email, event, move |tx, person| {
            people::set_password(tx, &person.account, hash.as_deref())?;
            sessions::end_all(tx, &person.account, now, "the password was changed")?;
            Ok(())
        })
        .await
    }

    /// Closes paths for a person; all others are open.
    pub async fn set_paths_off(&self, email: &str, paths: BTreeSet<AccessPath>) -> Result<()> {
        let names: Vec<_> = paths.into_iter().map(AccessPath::name).collect();
        let event = self.audited(AuditEvent::new("paths-closed").with("paths", names.clone()));
        let names = names.join("\n");
        self.change(email, event, move |tx, person| Ok(people::set_paths_off(tx, &person.account, &names)?)).await
    }

    /// What decisions about a person need; `None` when nobody has this address or alias.
    pub async fn facts(&self, name: &str) -> Result<Option<PersonFacts>> {
        let name = login_name(name);
        let read = move |tx: &mut dyn Transaction| match people::by_login_name(tx, &name)? {
            Some(person) => standing::facts(tx, person).map(Some),
            None => Ok::<_, LedgerError>(None),
        };
        Ok(self.inner.database.read(read).await?)
    }

    /// What decisions about the person of an account need; `None` when there is none.
    pub async fn facts_of(&self, account: AccountId) -> Result<Option<PersonFacts>> {
        let read = move |tx: &mut dyn Transaction| match people::by_account(tx, &account)? {
            Some(person) => standing::facts(tx, person).map(Some),
            None => Ok::<_, LedgerError>(None),
        };
        Ok(self.inner.database.read(read).await?)
    }

    /// Changes something about a person, together with its audit event. Their credentials are looked at again: here at
    /// once, in other processes within a second. Those who wait for the account are woken.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        email: &str,
        event: AuditRow,
        work: impl Fn(&mut dyn Transaction, &Person) -> Result<T> + Send + Sync + 'static,
    ) -> Result<T> {
        let email = email.to_owned();
        let write = move |tx: &mut dyn Transaction| {
            let person = existing(tx, &email)?;
            let done = work(tx, &person)?;
            audit::insert(tx, &AuditRow { account: person.account, ..event.clone() })?;
            let revision = people::by_account(tx, &person.account)?.map(|person| person.revision);
            Ok::<_, IdentityError>((done, person.account, revision))
        };
        let (done, account, revision) = self.inner.database.write(write).await?;
        self.inner.changed(account, revision);
        Ok(done)
    }

    /// A person, and the hash of one of the app passwords they chose.
    async fn with_chosen(&self, email: &str) -> Result<(Person, Option<String>)> {
        let email = email.to_owned();
        self.inner
            .database
            .read(move |tx| {
                let person = existing(tx, &email)?;
                let app_passwords = people::app_passwords(tx, &person.account)?;
                let chosen = app_passwords.into_iter().map(|one| one.secret).find(|hash| !hashing::is_made(hash));
                Ok((person, chosen))
            })
            .await
    }

    /// Hashes a secret that somebody chose, with the salt of another one of the same person.
    pub(crate) async fn hash_chosen(&self, secret: Secret, like: Option<String>) -> Result<String> {
        check_password(&secret)?;
        let mut salt = hashing::NewSalt::default();
        self.inner.entropy.fill(&mut salt);
        let hashed = self.inner.hash(move || hashing::hash_chosen(secret.reveal(), like.as_deref(), salt)).await;
        hashed.map_err(|refusal: Refusal| IdentityError::Hashing(refusal.to_string()))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_in_lower_case_and_must_be_addresses() {
        assert_eq!(normal_email(" Anna@Example.ORG ").unwrap(), "anna@example.org");
        for email in ["", "anna", "@example.org", "anna@", "a b@example.org", "a@b@c", "a:b@example.org", "D\\a@b"] {
            assert!(normal_email(email).is_err(), "{email}");
        }
        assert!(normal_email(&format!("{}@example.org", "x".repeat(400))).is_err());
    }
}
