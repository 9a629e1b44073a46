//! Something fetched from elsewhere and kept for a while: one fetch at a time, none too soon after the last.

use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Mutex;

use crate::limits;

/// What was fetched, and when, in microseconds.
#[derive(Debug)]
pub(crate) struct Kept<T> {
    pub value: Arc<T>,
    pub fetched_at: i64,
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self { value: Arc::clone(&self.value), fetched_at: self.fetched_at }
    }
}

#[derive(Debug)]
pub(crate) struct Cached<T> {
    kept: RwLock<Option<Kept<T>>>,
    /// When it was last tried, successfully or not. Held during a fetch.
    tried_at: Mutex<Option<i64>>,
}

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self { kept: RwLock::default(), tried_at: Mutex::default() }
    }
}

/// What a call of [`Cached::renew`] came to.
pub(crate) enum Renewal<T> {
    /// Fetched now, or by somebody else while this call waited.
    New(Arc<T>),
    /// The last try is too recent.
    TooSoon,
}

impl<T> Cached<T> {
    /// What is kept, whatever its age. `None` before the first success.
    pub fn kept(&self) -> Option<Kept<T>> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether somebody fetches at this moment.
    pub fn is_being_renewed(&self) -> bool {
        self.tried_at.try_lock().is_err()
    }

    /// Fetches anew, unless something newer than `known` is there by then, or the last try is less than
    /// [`limits::ASK_AGAIN`] ago. A failed fetch leaves what is kept as it was.
    pub async fn renew<E>(
        &self,
        known: Option<i64>,
        now: i64,
        fetch: impl Future<Output = Result<T, E>>,
    ) -> Result<Renewal<T>, E> {
        let mut tried_at = self.tried_at.lock().await;
        if let Some(kept) = self.kept().filter(|kept| known.is_none_or(|known| kept.fetched_at > known)) {
            return Ok(Renewal::New(kept.value));
        }
        // A clock that was set back is no reason to wait for it.
        if tried_at.is_some_and(|at| (0..limits::ASK_AGAIN).contains(&now.saturating_sub(at))) {
            return Ok(Renewal::TooSoon);
        }
        *tried_at = Some(now);
        let value = Arc::new(fetch.await?);
        let kept = Kept { value: Arc::clone(&value), fetched_at: now };
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        Ok(Renewal::New(value))
    }
}
