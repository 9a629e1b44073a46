//! A map that forgets: what is older than a time, and the oldest half when it is full.

use std::{
    collections::HashMap,
    hash::Hash,
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Two maps; new entries go into the young one. When that is half a life old or full, it becomes the old one, and what
/// was old is forgotten. So an entry lives between half of `life` and all of it, and nothing ever walks the entries.
pub(crate) struct Recent<K, V> {
    /// Microseconds.
    life: i64,
    entries: usize,
    halves: Mutex<Halves<K, V>>,
}

struct Halves<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    since: i64,
}

impl<K: Eq + Hash, V: Clone> Recent<K, V> {
    /// Keeps at most twice `entries`.
    pub(crate) fn new(life: i64, entries: usize) -> Self {
        Self { life, entries, halves: Mutex::new(Halves { young: HashMap::new(), old: HashMap::new(), since: 0 }) }
    }

    pub(crate) fn get(&self, key: &K, now: i64) -> Option<V> {
        let halves = self.turned(now);
        halves.young.get(key).or_else(|| halves.old.get(key)).cloned()
    }

    pub(crate) fn put(&self, key: K, value: V, now: i64) {
        let mut halves = self.turned(now);
        if halves.young.len() >= self.entries {
            halves.turn(now);
        }
        halves.old.remove(&key);
        halves.young.insert(key, value);
    }

    pub(crate) fn forget(&self, key: &K, now: i64) {
        let mut halves = self.turned(now);
        halves.young.remove(key);
        halves.old.remove(key);
    }

    pub(crate) fn clear(&self) {
        let mut halves = self.lock();
        halves.young.clear();
        halves.old.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Halves<K, V>> {
        self.halves.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turned(&self, now: i64) -> MutexGuard<'_, Halves<K, V>> {
        let mut halves = self.lock();
        let age = now.saturating_sub(halves.since);
        // A clock that was set back must not make entries live longer.
        if !(0..self.life).contains(&age) {
            halves.turn(now);
            halves.turn(now);
        } else if age >= self.life / 2 {
            // Not from now on: nobody may have looked for a while, and that must not make entries live longer.
            let since = halves.since.saturating_add(self.life / 2);
            halves.turn(since);
        }
        halves
    }
}

impl<K, V> Halves<K, V> {
    fn turn(&mut self, since: i64) {
        self.old = mem::take(&mut self.young);
        self.since = since;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_live_for_half_a_life_and_not_longer_than_one() {
        let recent = Recent::new(100, 10);
        recent.put("a", 1, 1000);
        assert_eq!(recent.get(&"a", 1049), Some(1));
        recent.put("b", 2, 1049);
        assert_eq!(recent.get(&"b", 1098), Some(2));
        assert_eq!(recent.get(&"a", 1100), None);
        assert_eq!(recent.get(&"b", 1149), None);
    }

    #[test]
    fn after_a_long_silence_or_a_clock_set_back_nothing_is_left() {
        let recent = Recent::new(100, 10);
        recent.put("a", 1, 1000);
        assert_eq!(recent.get(&"a", 5000), None);
        recent.put("a", 1, 5000);
        assert_eq!(recent.get(&"a", 4999), None);
    }

    #[test]
    fn a_full_map_forgets_the_oldest_half() {
        let recent = Recent::new(1_000_000, 10);
        for number in 0..25 {
            recent.put(number, number, 0);
        }
        let kept = (0..25).filter(|number| recent.get(number, 0).is_some()).collect::<Vec<_>>();
        assert_eq!(kept, (10..25).collect::<Vec<_>>());
    }
}
