//! Signing in on a page: a name and the account's password, or the directory's. App passwords are for programs.

use std::net::IpAddr;

use ledger::LedgerError;

use crate::{
    admission::PersonFacts,
    attempts::Place,
    audit::AuditEvent,
    authenticate::{Found, Identity},
    credentials::{Secret, login_name},
    error::Refusal,
    limits,
    sources::PasswordAnswer,
    standing,
};

impl Identity {
    /// Looks at a password on a sign-in page.
    ///
    /// People who do not exist, or have no password, are refused after the same work and with the same words. Guessing
    /// is slowed down by name and by network; nobody is locked out by it.
    ///
    /// # Errors
    /// [`Refusal::Wrong`], [`Refusal::TooManyAttempts`] (the password was not looked at), [`Refusal::Disabled`] (after
    /// the right password only), [`Refusal::Unavailable`].
    pub async fn sign_in_with_password(
        &self,
        name: &str,
        password: &Secret,
        network: IpAddr,
    ) -> Result<PersonFacts, Refusal> {
        let inner = &self.inner;
        let name = login_name(name);
        let fits = (1..=limits::PASSWORD_BYTES).contains(&password.reveal().len());
        if name.contains('\0') || name.len() > limits::LOGIN_NAME_BYTES || !fits {
            return Err(Refusal::Wrong);
        }
        let now = inner.clock.now();
        let place = Place { login_name: &name, network, device: None };
        if let Some(retry_after) = inner.attempts.pause(&place, now) {
            return Err(Refusal::TooManyAttempts { retry_after });
        }
        let found = self.look_at_password(&name, password).await;
        let event = AuditEvent { network: Some(network), ..AuditEvent::new("sign-in") }.with("page", true);
        match found {
            Ok(Ok(facts)) => {
                inner.attempts.succeeded(&place, now);
                self.audit().record(AuditEvent { account: Some(facts.account), ..event });
                Ok(facts)
            }
            Ok(Err((account, refusal))) => {
                if refusal == Refusal::Wrong {
                    inner.attempts.failed(&place, now);
                }
                self.audit().record(AuditEvent { account, outcome: refusal.to_string(), ..event });
                Err(refusal)
            }
            Err(unavailable) => Err(unavailable),
        }
    }

    /// The outer error is that nothing is known now; the inner one names who was refused.
    #[allow(clippy::type_complexity, reason = "two kinds of failure that are treated differently")]
    async fn look_at_password(
        &self,
        name: &str,
        password: &Secret,
    ) -> Result<Result<PersonFacts, (Option<hub::AccountId>, Refusal)>, Refusal> {
        let inner = &self.inner;
        let person = inner.person(name).await?;
        let account = person.as_ref().map(|person| person.account);
        let own = match self.ask_directory(name, password).await? {
            Some(PasswordAnswer::Right(foreign)) => {
                return match self.adopt(&foreign).await {
                    Err(refusal @ Refusal::Unavailable(_)) => Err(refusal),
                    adopted => Ok(adopted.map_err(|refusal| (account, refusal))),
                };
            }
            Some(_) => None,
            None => person.as_ref().and_then(|person| person.password.clone()),
        };
        let found = inner.find(own, Vec::new(), password).await?;
        let (Some(person), Some(Found::Account(_))) = (person, found) else {
            return Ok(Err((account, Refusal::Wrong)));
        };
        if person.disabled {
            return Ok(Err((account, Refusal::Disabled)));
        }
        let facts = inner.database.read::<_, LedgerError>(move |tx| standing::facts(tx, person.clone())).await?;
        Ok(Ok(facts))
    }
}
