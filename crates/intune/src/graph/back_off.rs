//! How long to wait before asking again.

use std::time::Duration;

use jiff::Timestamp;

use crate::limits;

/// 10 s, 20 s, 40 s, then 60 s.
pub(super) fn doubled(tries: u32) -> Duration {
    let factor = 1u32.checked_shl(tries).unwrap_or(u32::MAX);
    limits::BACK_OFF_FIRST.saturating_mul(factor).min(limits::BACK_OFF_MAX)
}

/// `Retry-After` as seconds or as a date (RFC 9110 10.2.3); `None` when it is neither.
pub(super) fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    let wait = if let Ok(seconds) = value.parse::<u64>() {
        Duration::from_secs(seconds)
    } else {
        let until = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
        Duration::try_from(until.duration_since(now)).unwrap_or_default()
    };
    Some(wait.min(limits::RETRY_AFTER_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_minute() {
        let waits: Vec<_> = (0..5).map(|tries| doubled(tries).as_secs()).collect();
        assert_eq!(waits, [10, 20, 40, 60, 60]);
        assert_eq!(doubled(40).as_secs(), 60);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: Timestamp = "2026-10-21T07:28:00Z".parse().unwrap();
        assert_eq!(retry_after("17", now), Some(Duration::from_secs(17)));
        assert_eq!(retry_after("Wed, 21 Oct 2026 07:28:30 GMT", now), Some(Duration::from_secs(30)));
        assert_eq!(retry_after("Wed, 21 Oct 2026 07:20:00 GMT", now), Some(Duration::ZERO), "it is over");
        assert_eq!(retry_after("999999", now), Some(limits::RETRY_AFTER_MAX));
        assert_eq!(retry_after("soon", now), None);
    }
}
