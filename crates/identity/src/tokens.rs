//! Administering bearer tokens: for programs, each for one path and a time.

use std::{fmt, time::Duration};

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

/// Names a token in lists: the beginning of its digest, which tells nothing of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenId([u8; 8]);

impl TokenId {
    fn of(digest: &[u8; 32]) -> Self {
        Self(digest.first_chunk().copied().unwrap_or_default())
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A token, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenEntry {
    /// Which.
    pub id: TokenId,
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
        let event = AuditEvent::new("token-issued").with("path", path.name());
        let event = self.audited(event.with("token", TokenId::of(&digest).to_string()));
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
                let entry = |(digest, token): ([u8; 32], BearerToken)| {
                    let path = path_named(&token.path)?;
                    let id = TokenId::of(&digest);
                    Ok(TokenEntry { id, path, created_at: token.created_at, expires_at: token.expires_at })
                };
                let entries = people::tokens(tx, &person.account)?.into_iter().map(entry);
                Ok(entries.collect::<Result<Vec<_>, LedgerError>>()?)
            })
            .await
    }

    /// Takes one of a person's tokens away: the next request with it is refused.
    ///
    /// # Errors
    /// The person does not have it.
    pub async fn revoke_token(&self, email: &str, id: TokenId) -> Result<()> {
        let event = self.audited(AuditEvent::new("token-revoked").with("token", id.to_string()));
        self.change(email, event, move |tx, person| {
            let tokens = people::tokens(tx, &person.account)?;
            let found = tokens.into_iter().find(|(digest, _)| TokenId::of(digest) == id);
            let (digest, _) = found.ok_or(IdentityError::NoSuchToken(id))?;
            people::delete_token(tx, &person.account, &digest)?;
            Ok(())
        })
        .await
    }

    /// Takes all of a person's tokens away; their number.
    pub async fn revoke_tokens(&self, email: &str) -> Result<u64> {
        let event = self.audited(AuditEvent::new("tokens-revoked"));
        self.change(email, event, |tx, person| Ok(people::delete_tokens(tx, &person.account)?)).await
    }
}
