//! Second factors: codes of an authenticator app (TOTP, RFC 6238), passkeys (WebAuthn) and recovery codes.
//!
//! A person who has one is asked for one at every sign-in on a page. Password clients (`Basic`) cannot be asked; who
//! wants second factors to mean something refuses account passwords there (`[access] account_passwords`), and leaves
//! app passwords.
//!
//! To add a kind: a variant of [`FactorKind`] and a file here.

mod attempts;
mod passkey;
mod recovery;
mod totp;

use std::time::Duration;

use hub::AccountId;
use ledger::{
    LedgerError, Transaction,
    tables::{
        audit, people,
        second_factors::{self, SecondFactor},
    },
};

pub(crate) use attempts::FactorAttempts;
pub use passkey::{PasskeyChallenge, PasskeySite};
pub use totp::TotpEnrolment;

use crate::{audit::AuditEvent, authenticate::Identity, credentials::Secret, error::Result};

/// What a second factor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactorKind {
    /// An authenticator app.
    Totp,
    /// A passkey.
    Passkey,
    /// A recovery code, good for one sign-in.
    Recovery,
}

impl FactorKind {
    /// The name in the ledger, in commands and in the audit.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Passkey => "passkey",
            Self::Recovery => "recovery",
        }
    }

    /// How a token names it (`amr`, RFC 8176).
    #[must_use]
    pub fn amr(self) -> &'static str {
        match self {
            Self::Totp | Self::Recovery => "otp",
            Self::Passkey => "hwk",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Totp, Self::Passkey, Self::Recovery].into_iter().find(|kind| kind.name() == name)
    }
}

/// A second factor's id: opaque, hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FactorId(pub(crate) Vec<u8>);

impl std::fmt::Display for FactorId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::str::FromStr for FactorId {
    type Err = FactorError;

    fn from_str(text: &str) -> Result<Self, FactorError> {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let pair = |pair: &[u8]| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        };
        text.as_bytes().chunks(2).map(pair).collect::<Option<Vec<_>>>().map(Self).ok_or(FactorError::NoSuchFactor)
    }
}

/// A second factor, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactorEntry {
    /// Its id.
    pub id: FactorId,
    /// What it is.
    pub kind: FactorKind,
    /// What the person calls it.
    pub label: String,
    /// Microseconds since 1970.
    pub created_at: i64,
    /// Microseconds since 1970; `None` when it was never used.
    pub used_at: Option<i64>,
}

/// Why a second factor was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FactorError {
    /// Not the code, or one that was used before, or not the passkey.
    #[error("the code or passkey is not right, or was used before")]
    Wrong,
    /// Too many wrong ones.
    #[error("too many wrong codes; try again in {} s", retry_after.as_secs())]
    TooManyAttempts {
        /// When the next one is looked at.
        retry_after: Duration,
    },
    /// The person has none of this id.
    #[error("there is no such second factor")]
    NoSuchFactor,
    /// The person has as many as one may have.
    #[error("there are too many second factors; remove one first")]
    TooMany,
    /// Passkeys need a name, not a number, as the server's address.
    #[error("passkeys are not possible at {0}: the server must be reached by a name over https")]
    UnfitSite(String),
    /// What is kept of it cannot be used: of another installation's key, or made by a newer release.
    #[error("second factors cannot be checked: {0}")]
    Unreadable(String),
    /// The ledger failed; try again.
    #[error("second factors cannot be checked now: {0}")]
    Ledger(#[from] LedgerError),
}

impl ledger::WorkError for FactorError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Ledger(error) if error.is_conflict())
    }
}

impl Identity {
    /// A person's second factors, in the order they were made. Enrolments that were never confirmed are not among
    /// them.
    pub async fn second_factors(&self, account: AccountId) -> Result<Vec<FactorEntry>, FactorError> {
        let factors = self.confirmed(account).await?;
        let entry = |factor: SecondFactor| {
            let kind = FactorKind::named(&factor.kind)?;
            let SecondFactor { factor, label, created_at, used_at, .. } = factor;
            Some(FactorEntry { id: FactorId(factor), kind, label, created_at, used_at })
        };
        Ok(factors.into_iter().filter_map(entry).collect())
    }

    /// Whether the person must show one. Recovery codes alone demand nothing: they stand in for something.
    pub async fn has_second_factor(&self, account: AccountId) -> Result<bool, FactorError> {
        let factors = self.confirmed(account).await?;
        Ok(factors.iter().any(|factor| factor.kind != FactorKind::Recovery.name()))
    }

    /// Takes a code typed at a page: of an authenticator app, or a recovery code. Each is taken once.
    pub async fn take_code(&self, account: AccountId, code: &Secret) -> Result<FactorKind, FactorError> {
        let now = self.inner.clock.now();
        if let Some(retry_after) = self.inner.factor_attempts.pause(account, now) {
            return Err(FactorError::TooManyAttempts { retry_after });
        }
        let kind = if self.take_totp(account, code, now).await? {
            FactorKind::Totp
        } else if self.take_recovery_code(account, code).await? {
            FactorKind::Recovery
        } else {
            self.inner.factor_attempts.failed(account, now);
            return Err(FactorError::Wrong);
        };
        self.inner.factor_attempts.succeeded(account, now);
        Ok(kind)
    }

    /// Removes one of a person's second factors.
    pub async fn remove_second_factor(&self, account: AccountId, id: &FactorId) -> Result<(), FactorError> {
        let factor = id.0.clone();
        let event = AuditEvent::new("second-factor-removed").with("factor", id.to_string());
        self.change_factors(account, event, move |tx| match second_factors::delete(tx, &account, &factor)? {
            0 => Err(FactorError::NoSuchFactor),
            _ => Ok(()),
        })
        .await
    }

    /// Takes all second factors of a person away, for an administrator who helps somebody that lost theirs; their
    /// number.
    pub async fn reset_second_factors(&self, email: &str) -> Result<u64> {
        let event = self.audited(AuditEvent::new("second-factors-reset"));
        self.change(email, event, |tx, person| {
            let count = second_factors::delete_all(tx, &person.account)?;
            people::changed(tx, &person.account)?;
            Ok(count)
        })
        .await
    }

    /// Changes what a person has, on the record: the person counts as changed, and every process hears of it.
    async fn change_factors<T: Send + 'static>(
        &self,
        account: AccountId,
        event: AuditEvent,
        work: impl Fn(&mut dyn Transaction) -> Result<T, FactorError> + Send + Sync + 'static,
    ) -> Result<T, FactorError> {
        let event = self.audited(AuditEvent { account: Some(account), ..event });
        let write = move |tx: &mut dyn Transaction| {
            let done = work(tx)?;
            audit::insert(tx, &event)?;
            Ok::<_, FactorError>((done, people::changed(tx, &account)?))
        };
        let (done, revision) = self.inner.database.write(write).await?;
        self.inner.changed(account, revision);
        Ok(done)
    }

    async fn confirmed(&self, account: AccountId) -> Result<Vec<SecondFactor>, FactorError> {
        let mut factors =
            self.inner.database.read(move |tx| Ok::<_, FactorError>(second_factors::of_account(tx, &account)?)).await?;
        factors.retain(|factor| factor.confirmed);
        Ok(factors)
    }

    fn draw_factor_id(&self) -> Vec<u8> {
        let mut id = vec![0; 16];
        self.inner.entropy.fill(&mut id);
        id
    }
}

/// Refuses one more than a person may have. Unconfirmed enrolments make room.
fn make_room(tx: &mut dyn Transaction, account: &AccountId) -> Result<(), FactorError> {
    let factors = second_factors::of_account(tx, account)?;
    let confirmed = factors.iter().filter(|factor| factor.confirmed).count();
    if confirmed >= crate::limits::SECOND_FACTORS {
        return Err(FactorError::TooMany);
    }
    for abandoned in factors.iter().filter(|factor| !factor.confirmed) {
        second_factors::delete(tx, account, &abandoned.factor)?;
    }
    Ok(())
}
