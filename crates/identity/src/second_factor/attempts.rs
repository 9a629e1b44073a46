//! Wrong codes, counted by person.
//!
//! Six digits are guessed quickly, so the pauses are long. Nobody is locked out by strangers: who is asked for a code
//! has shown the password before.

use std::time::Duration;

use hub::AccountId;

use crate::{
    limits::{ATTEMPTS_ENTRIES, FACTOR_ATTEMPTS_REMEMBERED, FACTOR_PAUSE, FACTOR_PAUSE_MAX, FREE_FACTOR_ATTEMPTS},
    recent::Recent,
};

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    /// Microseconds since 1970; no code is looked at before.
    pause_until: i64,
}

/// Wrong codes of the last hours.
pub(crate) struct FactorAttempts(Recent<AccountId, Failures>);

impl FactorAttempts {
    pub(crate) fn new() -> Self {
        Self(Recent::new(FACTOR_ATTEMPTS_REMEMBERED, ATTEMPTS_ENTRIES))
    }

    /// How long no code of this person is looked at; `None` when it is now.
    pub(crate) fn pause(&self, account: AccountId, now: i64) -> Option<Duration> {
        let until = self.0.get(&account, now)?.pause_until;
        let left = u64::try_from(until.saturating_sub(now)).ok().filter(|left| *left > 0)?;
        Some(Duration::from_secs(left.div_ceil(1_000_000)))
    }

    /// Counts a wrong code.
    pub(crate) fn failed(&self, account: AccountId, now: i64) {
        let count = self.0.get(&account, now).map_or(1, |failures| failures.count.saturating_add(1));
        let pause = match count.checked_sub(FREE_FACTOR_ATTEMPTS) {
            None | Some(0) => 0,
            Some(over) => FACTOR_PAUSE.saturating_mul(1 << (over - 1).min(20)).min(FACTOR_PAUSE_MAX),
        };
        self.0.put(account, Failures { count, pause_until: now.saturating_add(pause) }, now);
    }

    /// Forgets what was held against a person.
    pub(crate) fn succeeded(&self, account: AccountId, now: i64) {
        self.0.forget(&account, now);
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        self.0.clear();
    }
}
