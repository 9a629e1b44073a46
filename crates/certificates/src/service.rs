//! The authority over a ledger: made on first use, kept sealed, the same on every node.

use std::{
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use hub::{Clock, Entropy};
use identity::{Identity, InstallationKey};
use ledger::{Database, LedgerError, tables::certificates as table};

use crate::{
    audit::Strangers,
    authority::Authority,
    crl::SignedList,
    error::{CertificateError, Result},
};

/// What an installation decides about its certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The authority's name, as people see it on their phones; only its first certificate takes it.
    pub name: String,
    /// The installation's address. With it certificates say where their revocation can be asked for.
    pub public_url: Option<String>,
    /// How long a certificate is good that nobody gave another life.
    pub life: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { name: "Bothways clients".to_owned(), public_url: None, life: Duration::from_hours(24 * 365) }
    }
}

/// The authority over a ledger. Clones share everything.
#[derive(Clone)]
pub struct Certificates {
    pub(crate) inner: Arc<Inner>,
    /// Hears what is issued and revoked, and knows who does it.
    pub(crate) identity: Identity,
}

pub(crate) struct Inner {
    pub(crate) ledger: Database,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) settings: Settings,
    pub(crate) strangers: Strangers,
    key: InstallationKey,
    /// It never changes once there is one.
    authority: OnceLock<Arc<Authority>>,
    list: Mutex<Option<SignedList>>,
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificates").field("settings", &self.inner.settings).finish_non_exhaustive()
    }
}

impl Certificates {
    /// Works on a database that has this release's schema. `identity` is over the same one; its audit hears what is done
    /// here. `key` is what the authority's key is sealed with.
    pub fn new(
        ledger: Database,
        identity: Identity,
        key: InstallationKey,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        settings: Settings,
    ) -> Self {
        let (strangers, authority, list) = (Strangers::default(), OnceLock::new(), Mutex::new(None));
        let inner = Inner { ledger, clock, entropy, settings, strangers, key, authority, list };
        Self { inner: Arc::new(inner), identity }
    }

    /// The same authority, used by somebody else than the server itself: an administrator's command, by name.
    #[must_use]
    pub fn acting_as(&self, actor: &str) -> Self {
        Self { inner: Arc::clone(&self.inner), identity: self.identity.acting_as(actor) }
    }

    /// The authority, which is made when there is none.
    pub async fn authority(&self) -> Result<Arc<Authority>> {
        if let Some(known) = self.known_authority().await? {
            return Ok(known);
        }
        let inner = Arc::clone(&self.inner);
        let made = tokio::task::spawn_blocking(move || {
            Authority::make(&inner.settings.name, &inner.key, &*inner.entropy, inner.clock.now())
        });
        let made = made.await.map_err(|_| CertificateError::Cryptography)??;
        // Another node may have been faster: then its authority is the one.
        self.inner.ledger.write::<_, LedgerError>(move |tx| table::insert_authority(tx, &made)).await?;
        self.known_authority().await?.ok_or(CertificateError::Cryptography)
    }

    /// The authority, if there is one already.
    pub async fn known_authority(&self) -> Result<Option<Arc<Authority>>> {
        if let Some(known) = self.inner.authority.get() {
            return Ok(Some(Arc::clone(known)));
        }
        let Some(kept) = self.inner.ledger.read::<_, LedgerError>(table::authority).await? else { return Ok(None) };
        let opened = Arc::new(Authority::open(&kept, &self.inner.key)?);
        Ok(Some(Arc::clone(self.inner.authority.get_or_init(|| opened))))
    }
}

impl Inner {
    pub(crate) fn list(&self) -> std::sync::MutexGuard<'_, Option<SignedList>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
