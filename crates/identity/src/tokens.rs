//! Administering bearer tokens: for programs, each for one path and a time.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hub::AccessPath;
use ledger::tables::people::{self, BearerToken};

use crate::{
    authenticate::Identity,
    credentials::Secret,
    error::{IdentityError, Result},
    hashing, limits,
    people::existing,
};

impl Identity {
    /// Makes a token for a person, 256 random bits; it cannot be read again. Tokens that are no longer valid are
    /// forgotten on the way.
    pub async fn issue_token(&self, email: &str, path: AccessPath, life: Duration) -> Result<Secret> {
        let life = i64::try_from(life.as_micros()).unwrap_or(i64::MAX);
        if !(1_000_000..=limits::TOKEN_LIFE_MAX).contains(&life) {
            return Err(IdentityError::UnfitLife);
        }
        let mut random = [0; 32];
        self.inner.entropy.fill(&mut random);
        let token = URL_SAFE_NO_PAD.encode(random);
        let digest = hashing::token_digest(&token);
        let now = self.inner.clock.now();
        let email = email.to_owned();
        self.inner
            .database
            .write(move |tx| {
                let person = existing(tx, &email)?;
                people::delete_expired_tokens(tx, now)?;
                let token = BearerToken {
                    account: person.account,
                    path: path.name().to_owned(),
                    created_at: now,
                    expires_at: now.saturating_add(life),
                };
                Ok::<_, IdentityError>(people::insert_token(tx, &digest, &token)?)
            })
            .await?;
        Ok(Secret::new(token))
    }

    /// Takes all of a person's tokens away; their number.
    pub async fn revoke_tokens(&self, email: &str) -> Result<u64> {
        let email = email.to_owned();
        self.inner
            .database
            .write(move |tx| {
                let person = existing(tx, &email)?;
                Ok(people::delete_tokens(tx, &person.account)?)
            })
            .await
    }
}
