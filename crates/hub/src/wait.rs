//! Wake-ups: who waits for a change, and the way to tell them. A wake-up is a hint; the revision in the ledger is the
//! truth, so one too many costs a look and one too few is caught by the next.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use ledger::AccountId;
use tokio::sync::{broadcast, watch};

/// Accounts whose changes a listener of all accounts may fall behind before it is told that it missed some.
const FEED_BACKLOG: usize = 4096;
/// Accounts are spread over this many locks.
const SHARDS: usize = 64;

type Slots = HashMap<AccountId, watch::Sender<()>>;

/// The waiting room.
pub struct WakeUps {
    shards: Vec<Mutex<Slots>>,
    feed: broadcast::Sender<AccountId>,
}

impl Default for WakeUps {
    fn default() -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect(), feed: broadcast::channel(FEED_BACKLOG).0 }
    }
}

/// A place in the waiting room, for one account.
pub struct Waiting {
    receiver: watch::Receiver<()>,
}

impl Waiting {
    /// Returns when the account was woken since the last call (or since [`WakeUps::wait_for`]).
    pub async fn woken(&mut self) {
        if self.receiver.changed().await.is_err() {
            // The room is gone: the hub is shutting down, and the caller's own deadline ends the wait.
            std::future::pending::<()>().await;
        }
    }
}

impl WakeUps {
    /// Takes a place. Look at the ledger after this and before waiting, and nothing can slip through between.
    #[must_use]
    pub fn wait_for(&self, account: AccountId) -> Waiting {
        let mut slots = self.shard(account);
        let receiver = slots.entry(account).or_insert_with(|| watch::channel(()).0).subscribe();
        Waiting { receiver }
    }

    /// Wakes those who wait for the account. Also the door for wake-ups from other processes and nodes.
    pub fn publish(&self, account: AccountId) {
        let mut slots = self.shard(account);
        if let Some(slot) = slots.get(&account) {
            if slot.receiver_count() == 0 {
                slots.remove(&account);
            } else {
                slot.send_replace(());
            }
        }
        drop(slots);
        // Nobody listening to all accounts is no error.
        let _ = self.feed.send(account);
    }

    /// Every account that changes, as it changes.
    #[must_use]
    pub fn all(&self) -> broadcast::Receiver<AccountId> {
        self.feed.subscribe()
    }

    fn shard(&self, account: AccountId) -> std::sync::MutexGuard<'_, Slots> {
        let [first, ..] = account.0;
        // SHARDS is not zero and the remainder is below it.
        #[allow(clippy::indexing_slicing)]
        let shard: &Mutex<Slots> = &self.shards[usize::from(first) % SHARDS];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
