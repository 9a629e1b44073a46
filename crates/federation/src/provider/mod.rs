//! An OpenID Connect provider: what it says about itself, and its keys, kept for a while.

mod metadata;

use std::sync::Arc;

use hub::Clock;
use reqwest::Url;

pub(crate) use self::metadata::Metadata;
use crate::{
    cached::{Cached, Renewal},
    error::{CompanyError, SettingsError, TokenFault},
    jws::{Claims, Jws, KeySet},
    limits,
    settings::CompanySettings,
    web::{Web, secure, shown},
};

/// One provider. Clones share everything.
#[derive(Clone)]
pub(crate) struct Provider {
    inner: Arc<Inner>,
}

struct Inner {
    issuer: String,
    discovery: Url,
    web: Web,
    clock: Arc<dyn Clock>,
    metadata: Cached<Metadata>,
    keys: Cached<KeySet>,
}

impl Provider {
    pub fn new(
        settings: &CompanySettings,
        folder: &std::path::Path,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SettingsError> {
        // Discovery 4: behind the issuer, whose final slash goes.
        let place = format!("{}/.well-known/openid-configuration", settings.issuer.trim_end_matches('/'));
        let discovery = secure("issuer", &place).map_err(|error| SettingsError(format!("[company] {error}")))?;
        let ca_file = settings.ca_file.as_ref().map(|file| folder.join(file));
        let web = Web::new(ca_file.as_deref()).map_err(|error| SettingsError(format!("[company] {error}")))?;
        let issuer = settings.issuer.clone();
        let (metadata, keys) = (Cached::default(), Cached::default());
        Ok(Self { inner: Arc::new(Inner { issuer, discovery, web, clock, metadata, keys }) })
    }

    /// The issuer, to the letter.
    pub fn issuer(&self) -> &str {
        &self.inner.issuer
    }

    /// For other questions to the same provider.
    pub fn web(&self) -> &Web {
        &self.inner.web
    }

    /// Microseconds since 1970.
    pub fn now(&self) -> i64 {
        self.inner.clock.now()
    }

    /// What the provider says about itself: at most an hour old, or a day when it does not answer.
    pub async fn metadata(&self) -> Result<Arc<Metadata>, CompanyError> {
        let inner = &self.inner;
        let now = self.now();
        let kept = inner.metadata.kept();
        if let Some(kept) = kept.as_ref().filter(|kept| age(kept.fetched_at, now) < limits::FRESH) {
            return Ok(Arc::clone(&kept.value));
        }
        let renewed = inner.metadata.renew(kept.as_ref().map(|kept| kept.fetched_at), now, self.discover()).await;
        match (renewed, kept.filter(|kept| age(kept.fetched_at, now) < limits::STALE)) {
            (Ok(Renewal::New(metadata)), _) => Ok(metadata),
            (Ok(Renewal::TooSoon), Some(kept)) => Ok(kept.value),
            (Err(error), Some(kept)) => {
                tracing::warn!(%error, "the provider's document could not be read again; the one before is used");
                Ok(kept.value)
            }
            (Ok(Renewal::TooSoon), None) => Err(CompanyError::AskedJustNow),
            (Err(error), None) => Err(error),
        }
    }

    async fn discover(&self) -> Result<Metadata, CompanyError> {
        let inner = &self.inner;
        let document = inner.web.object(&inner.discovery, None).await?;
        Metadata::read(&document, &inner.discovery, &inner.issuer)
    }

    /// Checks a token's signature. The keys are asked for when none are kept, when the token names one that is not
    /// among them (not more often than every [`limits::ASK_AGAIN`]), and once an hour beside the work.
    pub async fn verify(&self, jws: &Jws<'_>) -> Result<Claims, TokenFault> {
        let inner = &self.inner;
        let now = self.now();
        let newest = inner.keys.kept();
        let known = newest.as_ref().map(|kept| kept.fetched_at);
        let kept = newest.filter(|kept| age(kept.fetched_at, now) < limits::STALE);
        if let Some(kept) = kept.as_ref().filter(|kept| jws.has_key_in(&kept.value)) {
            if age(kept.fetched_at, now) >= limits::FRESH {
                self.renew_keys_beside(kept.fetched_at, now);
            }
            return jws.verify(&kept.value);
        }
        match inner.keys.renew(known, now, self.fetch_keys()).await {
            Ok(Renewal::New(keys)) => jws.verify(&keys),
            // Whatever is unknown stays unknown for some seconds; that is no reason to ask for each of many tokens.
            Ok(Renewal::TooSoon) if kept.is_some() => Err(TokenFault::KeyUnknown(jws.kid.clone().unwrap_or_default())),
            Ok(Renewal::TooSoon) => Err(TokenFault::KeysUnknown(CompanyError::AskedJustNow.to_string())),
            Err(error) => Err(TokenFault::KeysUnknown(error.to_string())),
        }
    }

    fn renew_keys_beside(&self, known: i64, now: i64) {
        if self.inner.keys.is_being_renewed() {
            return;
        }
        let provider = self.clone();
        tokio::spawn(async move {
            if let Err(error) = provider.inner.keys.renew(Some(known), now, provider.fetch_keys()).await {
                tracing::warn!(%error, "the provider's keys could not be read again; those before are used");
            }
        });
    }

    async fn fetch_keys(&self) -> Result<KeySet, CompanyError> {
        let metadata = self.metadata().await?;
        let document = self.inner.web.object(&metadata.jwks_uri, None).await?;
        let url = || shown(&metadata.jwks_uri);
        let keys = KeySet::read(&document)
            .ok_or_else(|| CompanyError::NotUnderstood { url: url(), reason: "it has no list of keys".to_owned() })?;
        if keys.len() == 0 {
            return Err(CompanyError::NotUnderstood {
                url: url(),
                reason: "it has no key that can be used".to_owned(),
            });
        }
        tracing::debug!(keys = keys.len(), "the provider's keys were read");
        Ok(keys)
    }

    /// Asks for what is there now, whatever is kept. For an examination.
    pub async fn examine(&self) -> Result<usize, CompanyError> {
        self.discover().await?;
        Ok(self.fetch_keys().await?.len())
    }
}

/// A moment in the future is as good as one that is long ago: the clock was set back.
fn age(fetched_at: i64, now: i64) -> i64 {
    if fetched_at > now { i64::MAX } else { now.saturating_sub(fetched_at) }
}
