//! People whom somebody else vouches for: found again, or made when they come for the first time.

use std::net::IpAddr;

use ledger::{
    LedgerError, Transaction,
    tables::{
        audit::AuditRow,
        people::{self, Person},
    },
};

use crate::{
    admission::PersonFacts,
    audit::{self, AuditEvent},
    authenticate::Identity,
    credentials::{Secret, login_name},
    error::{IdentityError, Refusal},
    people::{NewPerson, normal_email},
    sources::{ForeignPerson, PasswordAnswer},
    standing,
};

/// What was found about somebody's subject.
enum Met {
    Known(PersonFacts, Option<i64>),
    Disabled,
    Nobody,
}

impl Identity {
    /// Asks the company's directory about a password; `None` when there is none, or it knows nobody of this name.
    pub(crate) async fn ask_directory(
        &self,
        login_name: &str,
        password: &Secret,
    ) -> Result<Option<PasswordAnswer>, Refusal> {
        let Some(source) = &self.inner.settings.password_source else { return Ok(None) };
        let answer = source.check(login_name, password).await;
        let answer = answer.map_err(|error| Refusal::Unavailable(error.to_string()))?;
        Ok(Some(answer).filter(|answer| *answer != PasswordAnswer::Unknown))
    }

    /// The person here whom a source means. One who is met for the first time is found by address and tied to the
    /// source's subject for good; where the source wants it, one whom nobody knows is made. Name and groups follow the
    /// source.
    ///
    /// # Errors
    /// [`Refusal::Wrong`] when there is nobody, [`Refusal::Disabled`].
    pub async fn adopt(&self, foreign: &ForeignPerson) -> Result<PersonFacts, Refusal> {
        if let Some(facts) = self.meet(foreign).await? {
            return Ok(facts);
        }
        if !foreign.just_in_time {
            return Err(Refusal::Wrong);
        }
        self.make(foreign).await?;
        self.meet(foreign).await?.ok_or(Refusal::Wrong)
    }

    /// Whoever this subject is here has left, says the source: their sessions end. Returns the number of those; none when
    /// nobody is tied to the subject. `outcome` is what the audit says about the sign-in, which came from `network`.
    ///
    /// # Errors
    /// The ledger failed: then sessions may live, and this has to be called again.
    pub async fn dismiss(
        &self,
        issuer: &str,
        subject: &str,
        network: IpAddr,
        outcome: &str,
    ) -> Result<u64, IdentityError> {
        let asked = (issuer.to_owned(), subject.to_owned());
        let account =
            self.inner.database.read::<_, LedgerError>(move |tx| people::by_subject(tx, &asked.0, &asked.1)).await?;
        let event = AuditEvent { account, network: Some(network), ..AuditEvent::new("sign-in") };
        let event = AuditEvent { outcome: outcome.to_owned(), ..event };
        self.audit().record(event.with("page", true).with("issuer", issuer));
        match account {
            Some(account) => self.end_sessions(account, outcome).await,
            None => Ok(0),
        }
    }

    /// The person of a subject, up to date; `None` when there is nobody. Most of the time there is nothing to write.
    async fn meet(&self, foreign: &ForeignPerson) -> Result<Option<PersonFacts>, Refusal> {
        let asked = foreign.clone();
        let read = move |tx: &mut dyn Transaction| {
            let Some(account) = people::by_subject(tx, &asked.issuer, &asked.subject)? else { return Ok(None) };
            let Some(person) = people::by_account(tx, &account)?.filter(|person| is_up_to_date(person, &asked)) else {
                return Ok(None);
            };
            if person.disabled {
                return Ok(Some(Met::Disabled));
            }
            Ok::<_, LedgerError>(Some(Met::Known(standing::facts(tx, person)?, None)))
        };
        let met = self.inner.database.read(read).await?;
        let met = if let Some(met) = met { met } else { self.tie(foreign).await? };
        match met {
            Met::Known(facts, revision) => {
                self.inner.changed(facts.account, revision);
                Ok(Some(facts))
            }
            Met::Disabled => Err(Refusal::Disabled),
            Met::Nobody => Ok(None),
        }
    }

    /// Ties a person to a subject that is seen for the first time, and lets name and groups follow the source.
    async fn tie(&self, foreign: &ForeignPerson) -> Result<Met, LedgerError> {
        let event = self.audited(AuditEvent::new("person-tied").with("issuer", foreign.issuer.clone()));
        let foreign = foreign.clone();
        let write = move |tx: &mut dyn Transaction| {
            if let Some(account) = people::by_subject(tx, &foreign.issuer, &foreign.subject)? {
                let person = people::by_account(tx, &account)?;
                return follow(tx, person, &foreign);
            }
            let person = people::by_login_name(tx, &login_name(&foreign.email))?;
            if let Some(person) = &person {
                // The address was given to somebody else at the source. Whoever has it now does not inherit what the
                // one before has here; an administrator decides.
                if people::has_subject(tx, &foreign.issuer, &person.account)? {
                    return Ok(Met::Nobody);
                }
                people::insert_subject(tx, &foreign.issuer, &foreign.subject, &person.account)?;
                audit::insert(tx, &AuditRow { account: person.account, ..event.clone() })?;
            }
            follow(tx, person, &foreign)
        };
        self.inner.database.write(write).await
    }

    async fn make(&self, foreign: &ForeignPerson) -> Result<(), Refusal> {
        let unavailable = |error: &dyn std::fmt::Display| Refusal::Unavailable(error.to_string());
        let Some(hub) = &self.inner.settings.hub else { return Err(Refusal::Wrong) };
        let Ok(email) = normal_email(&foreign.email) else { return Err(Refusal::Wrong) };
        let account = self.draw_account();
        hub.create_account(account).await.map_err(|error| unavailable(&error))?;
        let name = match foreign.name.trim() {
            "" => email.split('@').next().unwrap_or_default().to_owned(),
            name => name.to_owned(),
        };
        let person = NewPerson {
            account,
            email,
            name,
            password: None,
            groups: foreign.groups.clone().unwrap_or_default(),
            aliases: Vec::new(),
        };
        match self.add(person).await {
            // Another request of theirs was faster.
            Ok(_) | Err(IdentityError::NameTaken(_)) => Ok(()),
            Err(error) => Err(unavailable(&error)),
        }
    }
}

fn group_lines(groups: &[String]) -> String {
    groups.iter().map(|group| group.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>().join("\n")
}

fn is_up_to_date(person: &Person, foreign: &ForeignPerson) -> bool {
    let name = foreign.name.trim();
    let groups = foreign.groups.as_deref().map(group_lines);
    (name.is_empty() || person.name == name) && groups.is_none_or(|groups| person.groups == groups)
}

/// Gives a person the name and groups that the source has for them.
fn follow(tx: &mut dyn Transaction, person: Option<Person>, foreign: &ForeignPerson) -> Result<Met, LedgerError> {
    let Some(mut person) = person else { return Ok(Met::Nobody) };
    if person.disabled {
        return Ok(Met::Disabled);
    }
    if is_up_to_date(&person, foreign) {
        return Ok(Met::Known(standing::facts(tx, person)?, None));
    }
    let name = foreign.name.trim();
    if !name.is_empty() {
        name.clone_into(&mut person.name);
    }
    if let Some(groups) = &foreign.groups {
        person.groups = group_lines(groups);
    }
    people::set_name_and_groups(tx, &person.account, &person.name, &person.groups)?;
    let Some(person) = people::by_account(tx, &person.account)? else { return Ok(Met::Nobody) };
    let revision = person.revision;
    Ok(Met::Known(standing::facts(tx, person)?, Some(revision)))
}
