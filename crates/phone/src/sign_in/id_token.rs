//! The `id_token` as iOS validates it in the Entra-like mode: RS256, a key by `kid` with a certificate in `x5c`, issuer,
//! audience, times, `tid`. In the other mode it must only be there.

use aws_lc_rs::{digest, signature};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;
use x509_cert::{Certificate, der::Decode};

use super::CLIENT_ID;
use super::fault::SignInFault;

/// How far clocks may be apart, in seconds.
const CLOCK_SKEW: i64 = 300;

/// SHA-256.
pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut sum = [0; 32];
    sum.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    sum
}

fn fault(reason: impl Into<String>) -> SignInFault {
    SignInFault::IdToken(reason.into())
}

fn part(text: Option<&str>) -> Result<Value, SignInFault> {
    let bytes = URL_SAFE_NO_PAD.decode(text.unwrap_or_default()).map_err(|_| fault("is not base64url"))?;
    serde_json::from_slice(&bytes).map_err(|_| fault("is not JSON"))
}

/// The claims of a token, its signature not looked at.
pub(super) fn claims(token: &str) -> Result<Value, SignInFault> {
    part(token.split('.').nth(1))
}

/// Validates a token against the server's keys and issuer; `now` in seconds since 1970.
pub(super) fn validate(token: &str, keys: &Value, issuer: &str, now: i64) -> Result<(), SignInFault> {
    let header = part(token.split('.').next())?;
    if header.get("alg").and_then(Value::as_str) != Some("RS256") {
        return Err(fault("is not signed with RS256"));
    }
    let kid = header.get("kid").and_then(Value::as_str).ok_or_else(|| fault("has no kid"))?;
    verify(token, keys, kid)?;
    let claims = claims(token)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("aud") != Some(CLIENT_ID) {
        return Err(fault("its aud is not the client's id as one text"));
    }
    let tid = text("tid").ok_or_else(|| fault("has no tid"))?;
    if text("iss") != Some(&issuer.replace("{tenantid}", tid)) {
        return Err(fault(format!("its iss is not {issuer}")));
    }
    let time = |name: &str| claims.get(name).and_then(Value::as_i64);
    if time("exp").is_none_or(|until| until + CLOCK_SKEW < now) {
        return Err(fault("has expired"));
    }
    if time("nbf").is_some_and(|from| from - CLOCK_SKEW > now) {
        return Err(fault("is not valid yet"));
    }
    Ok(())
}

/// The key is taken from the certificate, not from `n` and `e`.
fn verify(token: &str, keys: &Value, kid: &str) -> Result<(), SignInFault> {
    let listed = keys.get("keys").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let key = listed.iter().find(|key| key.get("kid").and_then(Value::as_str) == Some(kid));
    let key = key.ok_or_else(|| fault(format!("no key {kid} among the server's keys")))?;
    let certificate = key.pointer("/x5c/0").and_then(Value::as_str).ok_or_else(|| fault("its key has no x5c"))?;
    let der = STANDARD.decode(certificate).map_err(|_| fault("its key's x5c is not base64"))?;
    let certificate = Certificate::from_der(&der).map_err(|_| fault("its key's x5c is no certificate"))?;
    let public = certificate.tbs_certificate.subject_public_key_info.subject_public_key;
    let (signed, signature) = token.rsplit_once('.').ok_or_else(|| fault("has no signature"))?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| fault("its signature is not base64url"))?;
    signature::UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, public.raw_bytes())
        .verify(signed.as_bytes(), &signature)
        .map_err(|_| fault("its signature is wrong"))
}
