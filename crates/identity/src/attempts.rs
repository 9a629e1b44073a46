//! Wrong passwords, counted by the name they were tried for.
//!
//! Counting by network and across servers needs what only the listener and the ledger know; it has its place beside
//! this: a second counter asked by the same two questions.

use std::time::Duration;

use crate::{
    limits::{ATTEMPTS_ENTRIES, ATTEMPTS_REMEMBERED, FREE_ATTEMPTS, PAUSE, PAUSE_MAX},
    recent::Recent,
};

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    /// Microseconds since 1970; no password is looked at before.
    pause_until: i64,
}

/// Wrong passwords of the last minutes.
pub(crate) struct Attempts(Recent<String, Failures>);

impl Attempts {
    pub(crate) fn new() -> Self {
        Self(Recent::new(ATTEMPTS_REMEMBERED, ATTEMPTS_ENTRIES))
    }

    /// How long no password for this name is looked at; `None` when it is now.
    pub(crate) fn pause(&self, login_name: &str, now: i64) -> Option<Duration> {
        let until = self.0.get(&login_name.to_owned(), now)?.pause_until;
        let left = u64::try_from(until.saturating_sub(now)).ok().filter(|left| *left > 0)?;
        Some(Duration::from_secs(left.div_ceil(1_000_000)))
    }

    /// Counts a wrong password.
    pub(crate) fn failed(&self, login_name: &str, now: i64) {
        let count = self.0.get(&login_name.to_owned(), now).map_or(1, |failures| failures.count.saturating_add(1));
        let pause = match count.checked_sub(FREE_ATTEMPTS) {
            None | Some(0) => 0,
            Some(over) => PAUSE.saturating_mul(1 << (over - 1).min(20)).min(PAUSE_MAX),
        };
        self.0.put(login_name.to_owned(), Failures { count, pause_until: now.saturating_add(pause) }, now);
    }

    /// Forgets what was held against a name.
    pub(crate) fn succeeded(&self, login_name: &str, now: i64) {
        self.0.forget(&login_name.to_owned(), now);
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_up_to_a_minute_and_ends_with_the_right_password() {
        let attempts = Attempts::new();
        let mut pauses = Vec::new();
        for _ in 0..FREE_ATTEMPTS + 9 {
            attempts.failed("anna", 0);
            pauses.push(attempts.pause("anna", 0).map_or(0, |pause| pause.as_secs()));
        }
        assert_eq!(pauses.split_off(9), [0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert!(pauses.iter().all(|pause| *pause == 0));
        assert_eq!(attempts.pause("anna", 60_000_000), None);
        assert_eq!(attempts.pause("berta", 0), None);
        attempts.succeeded("anna", 0);
        assert_eq!(attempts.pause("anna", 0), None);
    }
}
