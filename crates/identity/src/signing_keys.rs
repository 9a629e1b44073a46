//! What tokens are signed with: RSA-2048 (every client knows RS256, and iOS nothing else), with a self-signed certificate
//! because iOS wants `x5c` in the key set.
//!
//! The ledger keeps keys sealed. One signs; those it replaced are published until no token of theirs can be good. A key
//! that does not open is never passed over: then this process was started with another installation's key, and every
//! refresh token would look invented. Nobody is signed out for that; requests fail as temporary until it is put right.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey,
    jwk::{Jwk, KeyAlgorithm, PublicKeyUse},
};
use ledger::{
    LedgerError,
    tables::{
        audit::AuditRow,
        signing_keys::{self, SigningKey},
    },
};
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256};
use sha2::{Digest, Sha256};

use crate::{
    audit::{self, AuditEvent},
    authenticate::{Identity, Inner},
    limits,
    seal::InstallationKey,
    sessions::GrantError,
};

const PURPOSE: &str = "signing key";

/// A key, ready for use.
pub(crate) struct Key {
    pub(crate) kid: String,
    pub(crate) signs: EncodingKey,
    pub(crate) verifies: DecodingKey,
    /// With `x5c`.
    public: Jwk,
    created_at: i64,
    retired_at: Option<i64>,
}

/// The keys that this process knows.
#[derive(Default)]
pub(crate) struct Ring(Mutex<Known>);

#[derive(Default)]
struct Known {
    keys: HashMap<String, Arc<Key>>,
    read_at: i64,
}

impl Ring {
    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The keys, when they were read lately.
    fn young(&self, now: i64) -> Option<Vec<Arc<Key>>> {
        let known = self.lock();
        let young = (0..limits::KEYS_KNOWN).contains(&now.saturating_sub(known.read_at));
        (young && !known.keys.is_empty()).then(|| known.keys.values().cloned().collect())
    }

    fn replace(&self, keys: &[Arc<Key>], read_at: i64) {
        let keys = keys.iter().map(|key| (key.kid.clone(), Arc::clone(key))).collect();
        *self.lock() = Known { keys, read_at };
    }
}

/// Why a kept key cannot be used.
fn unusable(what: &dyn std::fmt::Display) -> GrantError {
    tracing::error!(%what, "a signing key of the ledger cannot be used; is this the installation's secret.key?");
    GrantError::Temporary("the signing keys cannot be used".to_owned())
}

fn open(row: &SigningKey, installation: &InstallationKey) -> Result<Key, GrantError> {
    let der = installation.open(PURPOSE, &row.key).map_err(|error| unusable(&error))?;
    let pair = KeyPair::try_from(der.as_slice()).map_err(|error| unusable(&error))?;
    let signs = EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes()).map_err(|error| unusable(&error))?;
    let mut public = Jwk::from_encoding_key(&signs, Algorithm::RS256).map_err(|error| unusable(&error))?;
    public.common.public_key_use = Some(PublicKeyUse::Signature);
    public.common.key_algorithm = Some(KeyAlgorithm::RS256);
    public.common.key_id = Some(row.kid.clone());
    public.common.x509_chain = Some(vec![STANDARD.encode(&row.certificate)]);
    Ok(Key {
        verifies: DecodingKey::from_jwk(&public).map_err(|error| unusable(&error))?,
        kid: row.kid.clone(),
        signs,
        public,
        created_at: row.created_at,
        retired_at: row.retired_at,
    })
}

/// A fresh key. Its randomness is the cryptographic library's own: it draws primes and not bytes.
fn make(now: i64) -> Result<(String, Vec<u8>, Vec<u8>, i64), GrantError> {
    let failed = |error: rcgen::Error| GrantError::Temporary(format!("no signing key can be made: {error}"));
    let pair = KeyPair::generate_for(&PKCS_RSA_SHA256).map_err(failed)?;
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, "Bothways token signing");
    let certificate = parameters.self_signed(&pair).map_err(failed)?.der().to_vec();
    let kid = URL_SAFE_NO_PAD.encode(Sha256::digest(&certificate));
    Ok((kid, pair.serialize_der(), certificate, now))
}

impl Inner {
    /// The key that signs; one is made when there is none, and when it is old.
    pub(crate) async fn signing_key(&self) -> Result<Arc<Key>, GrantError> {
        let now = self.clock.now();
        let newest = |keys: Vec<Arc<Key>>| {
            keys.into_iter().filter(|key| key.retired_at.is_none()).max_by_key(|key| key.created_at)
        };
        if let Some(key) = newest(self.keys(now).await?)
            && now.saturating_sub(key.created_at) < limits::KEY_LIFE
        {
            return Ok(key);
        }
        self.put_new_key(now, now.saturating_sub(limits::KEY_LIFE)).await?;
        let keys = self.read_keys(now).await?;
        newest(keys).ok_or_else(|| GrantError::Temporary("there is no signing key".to_owned()))
    }

    /// The key of this id; `None` when there is none.
    pub(crate) async fn verifying_key(&self, kid: &str) -> Result<Option<Arc<Key>>, GrantError> {
        let now = self.clock.now();
        let of_this_id = |keys: Vec<Arc<Key>>| keys.into_iter().find(|key| key.kid == kid);
        // Another process may have made it a moment ago.
        match of_this_id(self.keys(now).await?) {
            Some(key) => Ok(Some(key)),
            None => Ok(of_this_id(self.read_keys(now).await?)),
        }
    }

    async fn keys(&self, now: i64) -> Result<Vec<Arc<Key>>, GrantError> {
        match self.ring.young(now) {
            Some(keys) => Ok(keys),
            None => self.read_keys(now).await,
        }
    }

    async fn read_keys(&self, now: i64) -> Result<Vec<Arc<Key>>, GrantError> {
        let rows = self.database.read::<_, LedgerError>(signing_keys::all).await?;
        let known = self.ring.lock().keys.clone();
        let keys = rows
            .iter()
            .map(|row| match known.get(&row.kid) {
                Some(key) if key.retired_at == row.retired_at => Ok(Arc::clone(key)),
                _ => open(row, &self.settings.key).map(Arc::new),
            })
            .collect::<Result<Vec<_>, _>>()?;
        self.ring.replace(&keys, now);
        Ok(keys)
    }

    /// Makes a key and lets it sign, unless another process has put one since `older_than`.
    async fn put_new_key(&self, now: i64, older_than: i64) -> Result<(), GrantError> {
        let row = self.new_key(now).await?;
        self.put(row, older_than, None).await
    }

    /// A fresh key, sealed.
    async fn new_key(&self, now: i64) -> Result<SigningKey, GrantError> {
        let made = self.hash(move || make(now)).await.map_err(|error| GrantError::Temporary(error.to_string()))?;
        let (kid, der, certificate, created_at) = made?;
        let key = self.settings.key.seal(PURPOSE, &der, &*self.entropy);
        Ok(SigningKey { kid, key, certificate, created_at, retired_at: None })
    }

    async fn put(&self, row: SigningKey, older_than: i64, event: Option<AuditRow>) -> Result<(), GrantError> {
        let now = row.created_at;
        // Tokens of a retired key may be shown for as long as they are good.
        let forgotten = now.saturating_sub(self.access_token_life().saturating_mul(2)).saturating_sub(limits::DAY);
        let put = self.database.write::<_, LedgerError>(move |tx| {
            let signing = signing_keys::all(tx)?.into_iter().find(|key| key.retired_at.is_none());
            if signing.is_some_and(|key| key.created_at > older_than) {
                return Ok(false);
            }
            signing_keys::retire(tx, now)?;
            signing_keys::forget_retired(tx, forgotten)?;
            signing_keys::insert(tx, &row)?;
            if let Some(event) = &event {
                audit::insert(tx, event)?;
            }
            Ok(true)
        });
        if put.await? {
            tracing::info!("tokens are signed with a new key from now on");
        }
        Ok(())
    }
}

/// A signing key, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKeyEntry {
    /// Its id in tokens.
    pub kid: String,
    /// Microseconds since 1970.
    pub created_at: i64,
    /// When another one took its place, in microseconds since 1970; `None` for the one that signs.
    pub retired_at: Option<i64>,
}

impl Identity {
    /// The public keys (RFC 7517), with `x5c`, as JSON.
    pub async fn jwks(&self) -> Result<serde_json::Value, GrantError> {
        // Makes the first one.
        self.inner.signing_key().await?;
        let keys = self.inner.keys(self.inner.clock.now()).await?;
        let mut keys: Vec<_> = keys.iter().collect();
        keys.sort_by_key(|key| (key.retired_at.is_some(), std::cmp::Reverse(key.created_at)));
        Ok(serde_json::json!({ "keys": keys.iter().map(|key| &key.public).collect::<Vec<_>>() }))
    }

    /// The keys that sign or that tokens may still be signed with, the newest first.
    pub async fn signing_keys(&self) -> Result<Vec<SigningKeyEntry>, LedgerError> {
        let rows = self.inner.database.read::<_, LedgerError>(signing_keys::all).await?;
        let entry =
            |row: SigningKey| SigningKeyEntry { kid: row.kid, created_at: row.created_at, retired_at: row.retired_at };
        Ok(rows.into_iter().map(entry).collect())
    }

    /// Signs with a new key from now on, and returns its id. Tokens of the one before stay good until they expire.
    pub async fn rotate_keys(&self) -> Result<String, GrantError> {
        let now = self.inner.clock.now();
        let row = self.inner.new_key(now).await?;
        let kid = row.kid.clone();
        let event = self.audited(AuditEvent::new("signing-key-rotated").with("kid", kid.as_str()));
        self.inner.put(row, i64::MAX, Some(event)).await?;
        self.inner.read_keys(now).await?;
        Ok(kid)
    }
}
