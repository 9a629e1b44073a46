//! A client that cannot read an answer says nothing and asks with the same key again. When it does so three times, the
//! answer's bytes are logged.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use hub::AccountId;

use crate::limits::SAME_KEY_LOGGED_AT;

/// Collections watched at the same time; beyond that the count begins anew.
const COLLECTIONS_WATCHED: usize = 20_000;

type Counts = HashMap<(AccountId, Box<str>, Box<str>), (Box<str>, u32)>;

/// How often in a row each collection was asked for with the same key and answered with something new.
#[derive(Debug, Default)]
pub struct SameKeys {
    counts: Mutex<Counts>,
}

impl SameKeys {
    /// Notes that a device asked with a key and gets an answer it must understand; true when it seems not to.
    pub fn asked(&self, account: AccountId, device: &str, collection: &str, key: &str) -> bool {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= COLLECTIONS_WATCHED {
            counts.clear();
        }
        let (known, count) =
            counts.entry((account, device.into(), collection.into())).or_insert_with(|| (key.into(), 0));
        if **known != *key {
            *known = key.into();
            *count = 0;
        }
        *count += 1;
        *count >= SAME_KEY_LOGGED_AT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_answer_to_one_key_is_logged() {
        let keys = SameKeys::default();
        let account = AccountId([7; 16]);
        assert!(!keys.asked(account, "D", "1", "a.1"));
        assert!(!keys.asked(account, "D", "1", "a.1"));
        assert!(!keys.asked(account, "D", "2", "a.1"), "another collection");
        assert!(keys.asked(account, "D", "1", "a.1"));
        assert!(!keys.asked(account, "D", "1", "a.2"), "the client understood");
    }
}
