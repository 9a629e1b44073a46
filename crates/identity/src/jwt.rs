//! Access tokens and id_tokens: JWTs signed with RS256 (RFC 7519, RFC 9068, OpenID Connect Core 2).
//!
//! An access token opens one path, named in it and in its audience. Its header says `at+jwt`, so that an id_token, which
//! the same key signs, never passes for one. Times are compared with the clock that was handed in.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hub::{AccessPath, AccountId};
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::{
    admission::PersonFacts,
    authenticate::{Identity, Inner},
    credentials::Secret,
    error::Refusal,
    limits::{CLOCK_SKEW_SECONDS, SECOND},
    sessions::{GrantError, SessionId},
    signing_keys::Key,
};

/// RFC 9068 2.1.
const ACCESS_TOKEN_TYPE: &str = "at+jwt";

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccessClaims {
    pub(crate) iss: String,
    /// The account.
    pub(crate) sub: String,
    pub(crate) aud: String,
    /// Seconds since 1970, as all times in a token.
    pub(crate) exp: i64,
    pub(crate) nbf: i64,
    pub(crate) iat: i64,
    pub(crate) jti: String,
    /// The session.
    pub(crate) sid: String,
    /// The installation.
    pub(crate) tid: String,
    pub(crate) client_id: String,
    /// iOS looks here for another account of the same person.
    pub(crate) upn: String,
    pub(crate) preferred_username: String,
    pub(crate) email: String,
    pub(crate) name: String,
    /// The one path it opens.
    pub(crate) path: String,
    pub(crate) scp: String,
    /// What the client declared it can do: `cp1` is a claims challenge.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) xms_cc: Vec<String>,
}

impl AccessClaims {
    pub(crate) fn account(&self) -> Option<AccountId> {
        self.sub.parse().ok().map(|SessionId(id)| AccountId(id))
    }

    pub(crate) fn session(&self) -> Option<SessionId> {
        self.sid.parse().ok()
    }
}

/// What an id_token says.
#[derive(Serialize)]
struct IdClaims<'a> {
    iss: &'a str,
    sub: String,
    aud: &'a str,
    exp: i64,
    nbf: i64,
    iat: i64,
    auth_time: i64,
    tid: &'a str,
    preferred_username: &'a str,
    email: &'a str,
    upn: &'a str,
    name: &'a str,
    amr: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
}

/// A session, as tokens tell of it.
pub(crate) struct Subject<'a> {
    pub(crate) person: &'a PersonFacts,
    pub(crate) session: SessionId,
    pub(crate) client: &'a str,
    pub(crate) path: AccessPath,
    pub(crate) scope: &'a str,
    pub(crate) amr: &'a str,
    /// Microseconds since 1970.
    pub(crate) auth_time: i64,
    pub(crate) nonce: Option<&'a str>,
    pub(crate) claims_challenge: bool,
}

/// What there is at an address for each path, behind the host.
fn resource(path: AccessPath) -> &'static str {
    match path {
        AccessPath::ActiveSync => "/Microsoft-Server-ActiveSync",
        AccessPath::Graph => "/v1.0",
        AccessPath::CardDav => "/carddav",
        AccessPath::Jmap => "/jmap",
    }
}

fn signed<T: Serialize>(key: &Key, of_type: &str, claims: &T) -> Result<Secret, GrantError> {
    let mut header = Header::new(Algorithm::RS256);
    header.typ = Some(of_type.to_owned());
    header.kid = Some(key.kid.clone());
    let token = jsonwebtoken::encode(&header, claims, &key.signs);
    token.map(Secret::new).map_err(|error| GrantError::Temporary(format!("a token cannot be signed: {error}")))
}

impl Identity {
    /// The same people, with tokens whose `iss` is this address (without a path or final slash): for installations that
    /// know their public address only from requests. Settings that name an issuer go before it.
    #[must_use]
    pub fn issuing_as(&self, issuer: &str) -> Self {
        Self { issuer: Arc::from(issuer.trim_end_matches('/')), ..self.clone() }
    }

    /// The `iss` of tokens.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.inner.settings.issuer.as_deref().unwrap_or(&self.issuer)
    }

    /// The `tid` of every token: the installation's id, a UUID that follows from its key.
    #[must_use]
    pub fn tenant(&self) -> &str {
        &self.inner.tenant
    }

    /// The `aud` of access tokens for a path: the resource identifier of RFC 9728.
    #[must_use]
    pub fn audience(&self, path: AccessPath) -> String {
        format!("{}{}", self.issuer(), resource(path))
    }

    /// An access token and an id_token.
    pub(crate) async fn mint(&self, subject: &Subject<'_>) -> Result<(Secret, Secret), GrantError> {
        let key = self.inner.signing_key().await?;
        let now = self.inner.clock.now().div_euclid(SECOND);
        let exp = now.saturating_add(self.inner.access_token_life() / SECOND);
        let mut jti = [0; 16];
        self.inner.entropy.fill(&mut jti);
        let person = subject.person;
        let access = AccessClaims {
            iss: self.issuer().to_owned(),
            sub: person.account.to_string(),
            aud: self.audience(subject.path),
            exp,
            nbf: now,
            iat: now,
            jti: URL_SAFE_NO_PAD.encode(jti),
            sid: subject.session.to_string(),
            tid: self.tenant().to_owned(),
            client_id: subject.client.to_owned(),
            upn: person.email.clone(),
            preferred_username: person.email.clone(),
            email: person.email.clone(),
            name: person.name.clone(),
            path: subject.path.name().to_owned(),
            scp: subject.scope.to_owned(),
            xms_cc: if subject.claims_challenge { vec!["cp1".to_owned()] } else { Vec::new() },
        };
        let id = IdClaims {
            iss: self.issuer(),
            sub: person.account.to_string(),
            aud: subject.client,
            exp,
            nbf: now,
            iat: now,
            auth_time: subject.auth_time.div_euclid(SECOND),
            tid: self.tenant(),
            preferred_username: &person.email,
            email: &person.email,
            upn: &person.email,
            name: &person.name,
            amr: subject.amr.split_whitespace().collect(),
            nonce: subject.nonce,
        };
        Ok((signed(&key, ACCESS_TOKEN_TYPE, &access)?, signed(&key, "JWT", &id)?))
    }
}

/// What a token turned out to be.
pub(crate) enum Verified {
    /// An access token of ours, in its time.
    Ours(Box<AccessClaims>),
    /// Not signed with a key of ours: perhaps somebody else's.
    NotOurs,
}

impl Inner {
    /// Checks what a JWT says by itself. Whether its session lives is the ledger's to say.
    pub(crate) async fn verify(&self, token: &Secret) -> Result<Verified, Refusal> {
        let Ok(header) = jsonwebtoken::decode_header(token.reveal()) else { return Ok(Verified::NotOurs) };
        let Some(kid) = header.kid else { return Ok(Verified::NotOurs) };
        let key = self.verifying_key(&kid).await.map_err(|error| Refusal::Unavailable(error.to_string()))?;
        let Some(key) = key else { return Ok(Verified::NotOurs) };
        if header.alg != Algorithm::RS256 || header.typ.as_deref() != Some(ACCESS_TOKEN_TYPE) {
            return Err(Refusal::Wrong);
        }
        // The signature alone: the rest is compared below, with our own clock.
        let mut signature = Validation::new(Algorithm::RS256);
        signature.required_spec_claims.clear();
        signature.validate_exp = false;
        signature.validate_nbf = false;
        signature.validate_aud = false;
        let claims = jsonwebtoken::decode::<AccessClaims>(token.reveal(), &key.verifies, &signature)
            .map_err(|_| Refusal::Wrong)?
            .claims;
        self.check(&claims)?;
        Ok(Verified::Ours(Box::new(claims)))
    }

    fn check(&self, claims: &AccessClaims) -> Result<(), Refusal> {
        let now = self.clock.now().div_euclid(SECOND);
        let path = AccessPath::ALL.into_iter().find(|path| path.name() == claims.path).ok_or(Refusal::Wrong)?;
        let issuer_fits = self.settings.issuer.as_ref().is_none_or(|issuer| *issuer == claims.iss);
        let audience_fits = claims.aud.strip_prefix(claims.iss.as_str()) == Some(resource(path));
        if claims.tid != self.tenant || !issuer_fits || !audience_fits {
            return Err(Refusal::Wrong);
        }
        if claims.nbf > now.saturating_add(CLOCK_SKEW_SECONDS) {
            return Err(Refusal::Wrong);
        }
        if claims.exp <= now { Err(Refusal::Expired) } else { Ok(()) }
    }
}

/// The installation's id: it has to be a UUID, the same on every server, and tell nothing of the key.
pub(crate) fn tenant(derived: [u8; 32]) -> String {
    let (bits, _) = derived.split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
    let mut hex = format!("{:032x}", u128::from_be_bytes(*bits));
    // Version 8 (RFC 9562 5.8): bits of our own choice.
    hex.replace_range(12..13, "8");
    hex.replace_range(16..17, "a");
    for at in [20, 16, 12, 8] {
        hex.insert(at, '-');
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_installations_id_is_a_uuid() {
        let id = tenant([0xff; 32]);
        assert_eq!(id, "ffffffff-ffff-8fff-afff-ffffffffffff");
    }
}
