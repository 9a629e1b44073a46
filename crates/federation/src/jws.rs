//! Signed JWTs (RFC 7515 in its compact form, RFC 7519), as a provider issues them: read, then checked against its keys.
//!
//! Only algorithms with a public key are known here, so a token signed with `none`, or with HMAC under a public key
//! taken for a secret, has no way in.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse},
};
use serde_json::{Map, Value};

use crate::{error::TokenFault, limits};

/// The claims of a token.
pub(crate) type Claims = Map<String, Value>;

/// The algorithms that are accepted, if the provider announces them.
const ALGORITHMS: [(&str, Algorithm); 9] = [
    ("RS256", Algorithm::RS256),
    ("RS384", Algorithm::RS384),
    ("RS512", Algorithm::RS512),
    ("PS256", Algorithm::PS256),
    ("PS384", Algorithm::PS384),
    ("PS512", Algorithm::PS512),
    ("ES256", Algorithm::ES256),
    ("ES384", Algorithm::ES384),
    ("EdDSA", Algorithm::EdDSA),
];

/// The algorithm of this name; `None` for every other one, known elsewhere or not.
pub(crate) fn algorithm(name: &str) -> Option<Algorithm> {
    ALGORITHMS.iter().find(|(known, _)| *known == name).map(|(_, algorithm)| *algorithm)
}

/// A token that was read and not checked yet.
#[derive(Debug)]
pub(crate) struct Jws<'a> {
    pub algorithm: Algorithm,
    pub kid: Option<String>,
    message: &'a [u8],
    signature: &'a str,
    payload: &'a str,
}

impl<'a> Jws<'a> {
    /// Reads a token whose algorithm must be one of those.
    pub fn read(token: &'a str, accepted: &[Algorithm]) -> Result<Self, TokenFault> {
        if token.len() > limits::TOKEN_BYTES {
            return Err(TokenFault::Malformed);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(TokenFault::Malformed)?;
        let (header, payload) = message.split_once('.').ok_or(TokenFault::Malformed)?;
        if payload.contains('.') {
            return Err(TokenFault::Malformed);
        }
        let header = object(header)?;
        if header.contains_key("crit") {
            return Err(TokenFault::Critical);
        }
        let name = header.get("alg").and_then(Value::as_str).ok_or(TokenFault::Malformed)?;
        let algorithm = algorithm(name)
            .filter(|algorithm| accepted.contains(algorithm))
            .ok_or_else(|| TokenFault::Algorithm(name.chars().take(20).collect()))?;
        let kid = match header.get("kid") {
            None => None,
            Some(Value::String(kid)) => Some(kid.clone()),
            Some(_) => return Err(TokenFault::Malformed),
        };
        Ok(Self { algorithm, kid, message: message.as_bytes(), signature, payload })
    }

    /// The claims, once a key has vouched for them.
    pub fn verify(&self, keys: &KeySet) -> Result<Claims, TokenFault> {
        let mut fitting = keys.fitting(self).peekable();
        if fitting.peek().is_none() {
            return Err(TokenFault::KeyUnknown(self.kid.clone().unwrap_or_default()));
        }
        let vouched = |key: &Key| {
            jsonwebtoken::crypto::verify(self.signature, self.message, &key.public, self.algorithm).unwrap_or(false)
        };
        if fitting.any(vouched) { object(self.payload) } else { Err(TokenFault::Signature) }
    }

    /// Whether the set has a key for it, right or wrong.
    pub fn has_key_in(&self, keys: &KeySet) -> bool {
        keys.fitting(self).next().is_some()
    }

    /// What it says without anybody vouching for it: good for finding out whom to ask, for nothing else.
    pub fn unverified(&self) -> Result<Claims, TokenFault> {
        object(self.payload)
    }
}

fn object(part: &str) -> Result<Claims, TokenFault> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenFault::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| TokenFault::Malformed)
}

/// A provider's public keys (RFC 7517).
#[derive(Debug, Default)]
pub(crate) struct KeySet {
    keys: Vec<Key>,
}

#[derive(Debug)]
struct Key {
    kid: Option<String>,
    /// What it can verify.
    algorithms: Vec<Algorithm>,
    public: DecodingKey,
}

impl KeySet {
    /// Reads a key set. Keys of other kinds, for encryption or for algorithms that are not accepted, are left out.
    /// `None` when there is no list of keys at all.
    pub fn read(document: &Map<String, Value>) -> Option<Self> {
        let keys = document.get("keys")?.as_array()?;
        Some(Self { keys: keys.iter().filter_map(Key::read).take(limits::KEYS).collect() })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    fn fitting<'k>(&'k self, jws: &'k Jws<'_>) -> impl Iterator<Item = &'k Key> {
        self.keys.iter().filter(|key| {
            let named = match (&jws.kid, &key.kid) {
                (Some(wanted), Some(kid)) => wanted == kid,
                // Either side may leave the name out; the signature decides.
                _ => true,
            };
            named && key.algorithms.contains(&jws.algorithm)
        })
    }
}

impl Key {
    fn read(value: &Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(value.clone()).ok()?;
        if jwk.common.public_key_use.as_ref().is_some_and(|purpose| *purpose != PublicKeyUse::Signature) {
            return None;
        }
        let mut algorithms: Vec<Algorithm> = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => vec![
                Algorithm::RS256,
                Algorithm::RS384,
                Algorithm::RS512,
                Algorithm::PS256,
                Algorithm::PS384,
                Algorithm::PS512,
            ],
            AlgorithmParameters::EllipticCurve(point) => match point.curve {
                EllipticCurve::P256 => vec![Algorithm::ES256],
                EllipticCurve::P384 => vec![Algorithm::ES384],
                _ => return None,
            },
            AlgorithmParameters::OctetKeyPair(_) => vec![Algorithm::EdDSA],
            _ => return None,
        };
        if let Some(only) = value.get("alg").and_then(Value::as_str) {
            algorithms.retain(|fitting| algorithm(only) == Some(*fitting));
        }
        let public = DecodingKey::from_jwk(&jwk).ok()?;
        (!algorithms.is_empty()).then(|| Self { kid: jwk.common.key_id, algorithms, public })
    }
}
