//! Administering bearer tokens: for programs, each for one path and a time.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hub::AccessPath;
use ledger::{
    LedgerError,
    tables::people::{self, BearerToken},
};

use crate::{
    audit::AuditEvent,
    authenticate::Identity,
    credentials::Secret,
    error::{IdentityError, Result},
    hashing, limits,
    people::existing,
    sessions::path_named,
};

/// A token, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenEntry {
    /// The path it opens.
    pub path: AccessPath,
    /// Microseconds since 1970.
    pub created_at: i64,
    /// Microseconds since 1970.
    pub expires_at: i64,
}

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
        let event = self.audited(AuditEvent::new("token-issued").with("path", path.name()));
        self.change(email, event, move |tx, person| {
            people::delete_expired_tokens(tx, now)?;
            let token = BearerToken {
                account: person.account,
                path: path.name().to_owned(),
                created_at: now,
                expires_at: now.saturating_add(life),
            };
            Ok(people::insert_token(tx, &digest, &token)?)
        })
        .await?;
        Ok(Secret::new(token))
    }

    /// A person's tokens, the newest first.
    pub async fn tokens(&self, email: &str) -> Result<Vec<TokenEntry>> {
        let email = email.to_owned();
        self.inner
            .database
            .read(move |tx| {
                let person = existing(tx, &email)?;
                let entry = |token: BearerToken| {
                    let path = path_named(&token.path)?;
                    Ok(TokenEntry { path, created_at: token.created_at, expires_at: token.expires_at })
                };
                let entries = people::tokens(tx, &person.account)?.into_iter().map(entry);
                Ok(entries.collect::<Result<Vec<_>, LedgerError>>()?)
            })
            .await
    }

    /// Takes all of a person's tokens away; their number.
    pub async fn revoke_tokens(&self, email: &str) -> Result<u64> {
        let event = self.audited(AuditEvent::new("tokens-revoked"));
        self.change(email, event, |tx, person| Ok(people::delete_tokens(tx, &person.account)?)).await
    }
}
