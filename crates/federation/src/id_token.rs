//! What an ID token must say (OpenID Connect Core 3.1.3.7), and what every other token of a provider must say too.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::Algorithm;
use serde_json::Value;
use sha2::{Digest, Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq;

use crate::{error::TokenFault, jws::Claims, limits};

/// What is known before an ID token is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: &'a str,
    pub access_token: Option<&'a str>,
    /// Seconds since 1970.
    pub now: i64,
}

/// Checks the claims of an ID token whose signature is good.
pub(crate) fn check(claims: &Claims, algorithm: Algorithm, expected: &Expected<'_>) -> Result<(), TokenFault> {
    issued_by(claims, expected.issuer)?;
    meant_for(claims, &[expected.client_id])?;
    authorized_party(claims, expected.client_id)?;
    in_time(claims, expected.now)?;
    let issued_at = moment(claims, "iat")?.ok_or(TokenFault::Claim("iat"))?;
    let age = expected.now.saturating_sub(issued_at);
    if age > limits::ID_TOKEN_AGE_SECONDS {
        return Err(TokenFault::Old(age));
    }
    subject(claims)?;
    let nonce = claims.get("nonce").and_then(Value::as_str).ok_or(TokenFault::Nonce)?;
    if !equal(nonce, expected.nonce) {
        return Err(TokenFault::Nonce);
    }
    match (claims.get("at_hash"), expected.access_token) {
        (None, _) | (Some(_), None) => Ok(()),
        (Some(Value::String(hash)), Some(token)) if equal(hash, &left_half(algorithm, token)) => Ok(()),
        (Some(_), Some(_)) => Err(TokenFault::AccessTokenHash),
    }
}

/// `iss`, to the letter.
pub(crate) fn issued_by(claims: &Claims, issuer: &str) -> Result<(), TokenFault> {
    let got = claims.get("iss").and_then(Value::as_str).ok_or(TokenFault::Claim("iss"))?;
    if got == issuer { Ok(()) } else { Err(TokenFault::Issuer { expected: issuer.to_owned(), got: shortened(got) }) }
}

/// `aud`, a text or a list of texts, must hold one of these.
pub(crate) fn meant_for(claims: &Claims, audiences: &[&str]) -> Result<(), TokenFault> {
    let named = audience(claims)?;
    if named.iter().any(|name| audiences.contains(name)) {
        return Ok(());
    }
    let expected = audiences.first().copied().unwrap_or_default().to_owned();
    Err(TokenFault::Audience { expected, got: shortened(&format!("{named:?}")) })
}

fn audience(claims: &Claims) -> Result<Vec<&str>, TokenFault> {
    let unfit = TokenFault::Claim("aud");
    match claims.get("aud") {
        Some(Value::String(one)) => Ok(vec![one]),
        Some(Value::Array(several)) => several.iter().map(Value::as_str).collect::<Option<_>>().ok_or(unfit),
        _ => Err(unfit),
    }
}

/// `azp` must name us where it is there, and must be there where others are meant as well.
fn authorized_party(claims: &Claims, client_id: &str) -> Result<(), TokenFault> {
    match claims.get("azp") {
        Some(Value::String(party)) if party == client_id => Ok(()),
        Some(Value::String(party)) => Err(TokenFault::AuthorizedParty(shortened(party))),
        Some(_) => Err(TokenFault::Claim("azp")),
        None if audience(claims)?.len() > 1 => Err(TokenFault::Claim("azp")),
        None => Ok(()),
    }
}

/// `exp`, `nbf` and `iat`; `now` in seconds since 1970.
pub(crate) fn in_time(claims: &Claims, now: i64) -> Result<(), TokenFault> {
    let expires = moment(claims, "exp")?.ok_or(TokenFault::Claim("exp"))?;
    if now >= expires.saturating_add(limits::CLOCK_LEEWAY_SECONDS) {
        return Err(TokenFault::Expired(now.saturating_sub(expires)));
    }
    for name in ["nbf", "iat"] {
        let ahead = moment(claims, name)?.map_or(0, |moment| moment.saturating_sub(now));
        if ahead > limits::CLOCK_LEEWAY_SECONDS {
            return Err(TokenFault::Future(ahead));
        }
    }
    Ok(())
}

/// `sub`.
pub(crate) fn subject(claims: &Claims) -> Result<&str, TokenFault> {
    let subject = claims.get("sub").and_then(Value::as_str).ok_or(TokenFault::Claim("sub"))?;
    let fits = (1..=limits::SUBJECT_BYTES).contains(&subject.len()) && !subject.contains(char::is_control);
    if fits { Ok(subject) } else { Err(TokenFault::Claim("sub")) }
}

/// Seconds since 1970; RFC 7519 allows fractions.
fn moment(claims: &Claims, name: &'static str) -> Result<Option<i64>, TokenFault> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let fits = |seconds: &i64| (0..=253_402_300_799).contains(seconds);
    #[expect(clippy::cast_possible_truncation, reason = "out of range saturates, and is then refused")]
    let fraction = || value.as_f64().map(|seconds| seconds as i64);
    let seconds = value.as_i64().or_else(fraction).filter(fits);
    seconds.map(Some).ok_or(TokenFault::Claim(name))
}

/// `at_hash`: the left half of the token's hash under the hash function of the signature.
fn left_half(algorithm: Algorithm, token: &str) -> String {
    let digest = match algorithm {
        Algorithm::RS384 | Algorithm::PS384 | Algorithm::ES384 => Sha384::digest(token).to_vec(),
        Algorithm::RS512 | Algorithm::PS512 | Algorithm::EdDSA => Sha512::digest(token).to_vec(),
        _ => Sha256::digest(token).to_vec(),
    };
    URL_SAFE_NO_PAD.encode(digest.get(..digest.len() / 2).unwrap_or_default())
}

/// In a time that says nothing about where they differ.
pub(crate) fn equal(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(limits::ERROR_CHARS).collect()
}
