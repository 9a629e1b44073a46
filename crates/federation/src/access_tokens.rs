//! Access tokens of the company's provider (JWTs, RFC 9068 in spirit), accepted on the paths whose scope they bear.
//!
//! Nobody is asked over the network while the provider's keys are kept.

use std::{collections::BTreeMap, fmt, sync::Arc};

use hub::AccessPath;
use identity::{
    Secret,
    sources::{Answer, ForeignToken, SourceError, TokenSource},
};
use jsonwebtoken::Algorithm;
use serde_json::Value;

use crate::{
    claims::Admittance,
    company::Company,
    error::{CompanyError, Remedy, TokenFault},
    id_token,
    jws::{Claims, Jws},
    provider::Provider,
};

/// What access tokens may be signed with.
const ALGORITHMS: [Algorithm; 2] = [Algorithm::RS256, Algorithm::ES256];

/// Knows the provider's access tokens.
#[derive(Clone)]
pub struct CompanyTokens {
    inner: Arc<Inner>,
}

struct Inner {
    provider: Provider,
    issuer: String,
    audiences: Vec<String>,
    scopes: BTreeMap<String, String>,
    admittance: Admittance,
}

impl fmt::Debug for CompanyTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompanyTokens").field("issuer", &self.inner.issuer).finish_non_exhaustive()
    }
}

impl CompanyTokens {
    /// Shares the provider's document and keys with the relying party. `None` when `[company.tokens]` is not there.
    #[must_use]
    pub fn of(company: &Company) -> Option<Self> {
        let tokens = company.settings().tokens.clone()?;
        let provider = company.provider().clone();
        let issuer = tokens.issuer.unwrap_or_else(|| provider.issuer().to_owned());
        let admittance = company.admittance().clone();
        let inner = Inner { provider, issuer, audiences: tokens.audiences, scopes: tokens.scopes, admittance };
        Some(Self { inner: Arc::new(inner) })
    }

    async fn look(&self, token: &str, path: AccessPath) -> Result<Option<ForeignToken>, CompanyError> {
        let inner = &self.inner;
        // Most tokens are our own. Only one that says it is the provider's is worth a look at its keys, or a line in
        // the log.
        let Ok(jws) = Jws::read(token, &ALGORITHMS) else { return Ok(None) };
        let Ok(unverified) = jws.unverified() else { return Ok(None) };
        if id_token::issued_by(&unverified, &inner.issuer).is_err() {
            return Ok(None);
        }
        let claims = inner.provider.verify(&jws).await?;
        inner.token(&claims, path).map(Some)
    }
}

impl Inner {
    fn token(&self, claims: &Claims, path: AccessPath) -> Result<ForeignToken, CompanyError> {
        id_token::issued_by(claims, &self.issuer)?;
        let audiences: Vec<&str> = self.audiences.iter().map(String::as_str).collect();
        id_token::meant_for(claims, &audiences)?;
        id_token::in_time(claims, self.provider.now().div_euclid(1_000_000))?;
        if is_id_token(claims) {
            return Err(TokenFault::Scope(path.name().to_owned()).into());
        }
        let wanted = self.scopes.get(path.name()).ok_or_else(|| TokenFault::Scope(path.name().to_owned()))?;
        if !scopes(claims).any(|scope| scope == wanted) {
            return Err(TokenFault::Scope(wanted.clone()).into());
        }
        // The person is known under the provider's own issuer, also where its tokens bear another.
        let person = self.admittance.person(self.provider.issuer(), claims)?;
        let expires = claims.get("exp").and_then(Value::as_f64).ok_or(TokenFault::Claim("exp"))?;
        #[expect(clippy::cast_possible_truncation, reason = "checked to be before the year 10000")]
        let expires_at = (expires as i64).saturating_mul(1_000_000);
        Ok(ForeignToken { person, expires_at, claims_challenge: declares_cp1(claims) })
    }
}

impl TokenSource for CompanyTokens {
    fn check<'a>(&'a self, token: &'a Secret, path: AccessPath) -> Answer<'a, Option<ForeignToken>> {
        Box::pin(async move {
            match self.look(token.reveal(), path).await {
                Ok(found) => Ok(found),
                Err(error) if error.remedy() == Remedy::Later => Err(SourceError(error.to_string())),
                Err(error) => {
                    tracing::info!(%error, path = path.name(), "a token of the company's provider was not accepted");
                    Ok(None)
                }
            }
        })
    }
}

/// An ID token is proof for a client, not a key to a path, although it may have the same audience and list roles.
/// Keycloak says what a token is; older releases of it copy the nonce into access tokens as well.
fn is_id_token(claims: &Claims) -> bool {
    match claims.get("typ").and_then(Value::as_str) {
        Some("Bearer" | "at+jwt") => false,
        Some("ID") => true,
        _ => ["nonce", "at_hash", "c_hash"].into_iter().any(|name| claims.contains_key(name)),
    }
}

/// `scope` (RFC 9068), Entra's `scp`, Okta's `scp` as a list, application roles.
fn scopes(claims: &Claims) -> impl Iterator<Item = &str> {
    ["scope", "scp", "roles"].into_iter().filter_map(|name| claims.get(name)).flat_map(|value| {
        let (text, list) = (value.as_str().unwrap_or_default(), value.as_array());
        text.split(' ').chain(list.into_iter().flatten().filter_map(Value::as_str)).filter(|scope| !scope.is_empty())
    })
}

/// Entra's claim for clients that understand a claims challenge.
fn declares_cp1(claims: &Claims) -> bool {
    match claims.get("xms_cc") {
        Some(Value::Array(declared)) => {
            declared.iter().any(|one| one.as_str().is_some_and(|one| one.eq_ignore_ascii_case("cp1")))
        }
        Some(Value::String(one)) => one.eq_ignore_ascii_case("cp1"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(value: Value) -> Claims {
        let Value::Object(claims) = value else { panic!("an object") };
        claims
    }

    #[test]
    fn scopes_are_read_as_every_provider_writes_them() {
        let all = |value: Value| scopes(&claims(value)).map(str::to_owned).collect::<Vec<_>>().join(",");
        assert_eq!(all(json!({"scope": "a  b"})), "a,b");
        assert_eq!(all(json!({"scp": "a b", "roles": ["c"]})), "a,b,c");
        assert_eq!(all(json!({"scp": ["a", "b", 3]})), "a,b");
        assert_eq!(all(json!({"scope": 3})), "");
    }

    #[test]
    fn an_id_token_is_no_access_token() {
        for id_token in [json!({"nonce": "n"}), json!({"at_hash": "h"}), json!({"typ": "ID"}), json!({"c_hash": "h"})] {
            assert!(is_id_token(&claims(id_token.clone())), "{id_token}");
        }
        assert!(!is_id_token(&claims(json!({"typ": "Bearer", "nonce": "n"}))), "an older Keycloak's access token");
        assert!(!is_id_token(&claims(json!({"scp": "a"}))));
    }

    #[test]
    fn a_client_that_declares_cp1_is_known() {
        assert!(declares_cp1(&claims(json!({"xms_cc": ["CP1"]}))));
        assert!(!declares_cp1(&claims(json!({"xms_cc": ["other"]}))));
        assert!(!declares_cp1(&claims(json!({}))));
    }
}
