//! Recovery codes: made once, shown once, each good for one sign-in.

use hub::AccountId;
use ledger::{
    LedgerError, Transaction,
    tables::second_factors::{self, SecondFactor},
};

use super::{FactorError, FactorKind};
use crate::{audit::AuditEvent, authenticate::Identity, credentials::Secret, hashing, limits};

impl Identity {
    /// Makes a person's recovery codes, in place of those they had.
    pub async fn make_recovery_codes(&self, account: AccountId) -> Result<Vec<Secret>, FactorError> {
        let now = self.inner.clock.now();
        let mut codes = Vec::with_capacity(limits::RECOVERY_CODES);
        let mut factors = Vec::with_capacity(limits::RECOVERY_CODES);
        for _ in 0..limits::RECOVERY_CODES {
            let code = hashing::make_app_password(&mut |buffer| self.inner.entropy.fill(buffer));
            let hash = hashing::hash_made(&code).map_err(|error| FactorError::Unreadable(error.to_string()))?;
            factors.push(SecondFactor {
                factor: self.draw_factor_id(),
                kind: FactorKind::Recovery.name().to_owned(),
                label: String::new(),
                secret: hash.into_bytes(),
                counter: 0,
                confirmed: true,
                created_at: now,
                used_at: None,
            });
            codes.push(Secret::new(code));
        }
        let event = AuditEvent::new("recovery-codes-made");
        self.change_factors(account, event, move |tx| {
            second_factors::delete_kind(tx, &account, FactorKind::Recovery.name())?;
            factors.iter().try_for_each(|factor| Ok(second_factors::insert(tx, &account, factor)?))
        })
        .await?;
        Ok(codes)
    }

    /// Takes a recovery code, which is gone afterwards.
    pub(super) async fn take_recovery_code(&self, account: AccountId, code: &Secret) -> Result<bool, FactorError> {
        let factors = self.confirmed(account).await?;
        let typed = code.reveal().trim().to_lowercase();
        let is_it = |factor: &&SecondFactor| {
            let hash = std::str::from_utf8(&factor.secret).unwrap_or_default();
            factor.kind == FactorKind::Recovery.name() && hashing::is_this_made(&typed, hash)
        };
        let Some(found) = factors.iter().find(is_it).map(|factor| factor.factor.clone()) else { return Ok(false) };
        // Of two requests with the same code, one finds it gone.
        let gone = move |tx: &mut dyn Transaction| Ok(second_factors::delete(tx, &account, &found)? > 0);
        Ok(self.inner.database.write::<_, LedgerError>(gone).await?)
    }
}
