//! Held requests: one of each kind per device. A new Ping ends the one before, which its client has given up.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use access::Policy;
use hub::{AccountId, wait::Waiting};
use tokio::{
    sync::{oneshot, watch},
    time::Instant,
};

/// What holds a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A Ping.
    Ping,
    /// A Sync with `Wait` or `HeartbeatInterval`.
    Sync,
}

type Key = (AccountId, Kind, Arc<str>);
type Seats = Mutex<HashMap<Key, (u64, oneshot::Sender<()>)>>;

/// The held requests of this process.
#[derive(Debug)]
pub struct Waits {
    seats: Arc<Seats>,
    next: std::sync::atomic::AtomicU64,
    closing: watch::Sender<bool>,
}

impl Default for Waits {
    fn default() -> Self {
        Self { seats: Arc::default(), next: std::sync::atomic::AtomicU64::new(0), closing: watch::channel(false).0 }
    }
}

/// Why a held request goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woken {
    /// Something happened to the account, or to what is decided about it: look.
    Changed,
    /// The deadline, a newer request of the device, or the end of the process: answer.
    Over,
}

/// The place of a held request. Given up when dropped.
pub struct Seat {
    seats: Arc<Seats>,
    key: Key,
    number: u64,
    replaced: oneshot::Receiver<()>,
    closing: watch::Receiver<bool>,
    policy: watch::Receiver<Arc<Policy>>,
    deadline: Instant,
}

impl Waits {
    /// Takes the device's place until the deadline; whoever had it before is woken.
    pub fn sit(
        &self,
        account: AccountId,
        device: &str,
        kind: Kind,
        patience: Duration,
        policy: watch::Receiver<Arc<Policy>>,
    ) -> Seat {
        let (ender, replaced) = oneshot::channel();
        let key = (account, kind, Arc::from(device));
        let number = self.next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let before = lock(&self.seats).insert(key.clone(), (number, ender));
        // Dropping the sender wakes the one before.
        drop(before);
        Seat {
            seats: Arc::clone(&self.seats),
            key,
            number,
            replaced,
            closing: self.closing.subscribe(),
            policy,
            deadline: Instant::now() + patience,
        }
    }

    /// Wakes everybody, and whoever comes later.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }

    /// How many requests are held.
    #[must_use]
    pub fn held(&self) -> usize {
        lock(&self.seats).len()
    }
}

impl Seat {
    /// Waits for the account, or the policy that decides about its devices, to move on.
    pub async fn wait(&mut self, account: &mut Waiting) -> Woken {
        if *self.closing.borrow() {
            return Woken::Over;
        }
        tokio::select! {
            () = account.woken() => Woken::Changed,
            Ok(()) = self.policy.changed() => Woken::Changed,
            () = tokio::time::sleep_until(self.deadline) => Woken::Over,
            _ = &mut self.replaced => Woken::Over,
            _ = self.closing.changed() => Woken::Over,
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = lock(&self.seats);
        if seats.get(&self.key).is_some_and(|(number, _)| *number == self.number) {
            seats.remove(&self.key);
        }
    }
}

fn lock(seats: &Seats) -> std::sync::MutexGuard<'_, HashMap<Key, (u64, oneshot::Sender<()>)>> {
    seats.lock().unwrap_or_else(PoisonError::into_inner)
}
