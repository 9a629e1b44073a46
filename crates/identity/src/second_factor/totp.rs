//! Codes of an authenticator app (RFC 6238): SHA-1, six digits, thirty seconds, which every app understands.

use hub::AccountId;
use ledger::{
    LedgerError, Transaction,
    tables::second_factors::{self, SecondFactor},
};
use totp_rs::{Builder, Totp};

use super::{FactorError, FactorId, FactorKind, make_room};
use crate::{audit::AuditEvent, authenticate::Identity, credentials::Secret};

/// What an authenticator app is shown once.
#[derive(Debug, Clone)]
pub struct TotpEnrolment {
    /// The factor to confirm.
    pub id: FactorId,
    /// The secret in base32, for typing.
    pub secret: Secret,
    /// The `otpauth` address, for a QR code or a tap.
    pub address: Secret,
}

/// The purpose TOTP secrets are sealed for.
const PURPOSE: &str = "totp";
/// Bytes of a secret (RFC 4226 section 4 recommends 160 bits).
const SECRET_BYTES: usize = 20;

fn totp(secret: Vec<u8>, issuer: &str, account: &str) -> Result<Totp, FactorError> {
    // A colon parts the two in the address.
    let plain = |text: &str| text.replace(':', " ");
    Builder::new()
        .with_secret(secret)
        .with_issuer(Some(plain(issuer)))
        .with_account_name(plain(account))
        .build()
        .map_err(|error| FactorError::Unreadable(error.to_string()))
}

fn shown(id: FactorId, totp: &Totp) -> Result<TotpEnrolment, FactorError> {
    let address = totp.to_url().map_err(|error| FactorError::Unreadable(error.to_string()))?;
    Ok(TotpEnrolment { id, secret: Secret::new(totp.secret().to_base32()), address: Secret::new(address) })
}

impl Identity {
    /// Begins to enrol an authenticator app; it counts once [`confirm_totp`](Self::confirm_totp) was given a code.
    /// `site` is what the app shows above the person's address.
    pub async fn begin_totp(
        &self,
        account: AccountId,
        email: &str,
        site: &str,
        label: &str,
    ) -> Result<TotpEnrolment, FactorError> {
        let mut secret = vec![0; SECRET_BYTES];
        self.inner.entropy.fill(&mut secret);
        let sealed = self.inner.settings.key.seal(PURPOSE, &secret, &*self.inner.entropy);
        let totp = totp(secret, site, email)?;
        let factor = SecondFactor {
            factor: self.draw_factor_id(),
            kind: FactorKind::Totp.name().to_owned(),
            label: label.trim().chars().take(crate::limits::LABEL_BYTES / 4).collect(),
            secret: sealed,
            counter: 0,
            confirmed: false,
            created_at: self.inner.clock.now(),
            used_at: None,
        };
        let id = FactorId(factor.factor.clone());
        self.inner
            .database
            .write(move |tx| {
                make_room(tx, &account)?;
                Ok::<_, FactorError>(second_factors::insert(tx, &account, &factor)?)
            })
            .await?;
        shown(id, &totp)
    }

    /// What an app is shown whose enrolment has begun and is not confirmed yet. Once it is, nobody sees it again.
    pub async fn begun_totp(
        &self,
        account: AccountId,
        email: &str,
        site: &str,
        id: &FactorId,
    ) -> Result<TotpEnrolment, FactorError> {
        let all = move |tx: &mut dyn Transaction| second_factors::of_account(tx, &account);
        let factors = self.inner.database.read::<_, LedgerError>(all).await?;
        let is_it = |factor: &&SecondFactor| {
            factor.factor == id.0 && factor.kind == FactorKind::Totp.name() && !factor.confirmed
        };
        let factor = factors.iter().find(is_it).ok_or(FactorError::NoSuchFactor)?;
        shown(id.clone(), &totp(self.opened(factor)?, site, email)?)
    }

    /// Confirms an authenticator app with a code it shows.
    pub async fn confirm_totp(&self, account: AccountId, id: &FactorId, code: &Secret) -> Result<(), FactorError> {
        let now = self.inner.clock.now();
        let all = move |tx: &mut dyn Transaction| second_factors::of_account(tx, &account);
        let factors = self.inner.database.read::<_, LedgerError>(all).await?;
        let is_it = |factor: &&SecondFactor| factor.factor == id.0 && factor.kind == FactorKind::Totp.name();
        let factor = factors.iter().find(is_it).ok_or(FactorError::NoSuchFactor)?;
        let step = self.matching_step(factor, code, now)?.ok_or(FactorError::Wrong)?;
        let (factor, event) = (factor.factor.clone(), AuditEvent::new("second-factor-added").with("kind", "totp"));
        let take = move |tx: &mut dyn Transaction| {
            if second_factors::take_step(tx, &account, &factor, step, now)? { Ok(()) } else { Err(FactorError::Wrong) }
        };
        self.change_factors(account, event, take).await
    }

    /// Whether a code is the one an app of the person shows, and was not taken before.
    pub(super) async fn take_totp(&self, account: AccountId, code: &Secret, now: i64) -> Result<bool, FactorError> {
        for factor in self.confirmed(account).await? {
            if factor.kind != FactorKind::Totp.name() {
                continue;
            }
            if let Some(step) = self.matching_step(&factor, code, now)? {
                let taken =
                    move |tx: &mut dyn Transaction| second_factors::take_step(tx, &account, &factor.factor, step, now);
                return Ok(self.inner.database.write::<_, LedgerError>(taken).await?);
            }
        }
        Ok(false)
    }

    fn matching_step(&self, factor: &SecondFactor, code: &Secret, now: i64) -> Result<Option<i64>, FactorError> {
        let secret = self.opened(factor)?;
        let code: String = code.reveal().chars().filter(|c| !c.is_whitespace()).collect();
        let seconds = u64::try_from(now / 1_000_000).unwrap_or_default();
        let step = totp(secret, "", "")?.check(&code, seconds);
        Ok(step.and_then(|step| i64::try_from(step).ok()))
    }

    fn opened(&self, factor: &SecondFactor) -> Result<Vec<u8>, FactorError> {
        let secret = self.inner.settings.key.open(PURPOSE, &factor.secret);
        secret.map_err(|error| FactorError::Unreadable(error.to_string()))
    }
}
