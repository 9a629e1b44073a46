//! The system's clock and randomness. Everything else in the house is handed these.

use contact::{ItemId, NewItemIds};
use hub::{Clock, Entropy};
use jiff::{SignedDuration, Timestamp, Unit};

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> i64 {
        now()
    }
}

/// Microseconds since 1970 in UTC.
pub fn now() -> i64 {
    Timestamp::now().as_microsecond()
}

/// The operating system's random bytes, through a generator of this thread.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        rand::fill(buffer);
    }
}

impl NewItemIds for SystemEntropy {
    fn new_item_id(&mut self) -> ItemId {
        ItemId(rand::random())
    }
}

/// A random UUID (RFC 9562 version 4), the id of a request.
pub fn new_uuid() -> String {
    uuid_text(rand::random(), 4)
}

/// Bits as a UUID of a version; those that say version and variant are replaced.
pub fn uuid_text(bits: u128, version: u128) -> String {
    let bits = bits & !(0xf << 76 | 0x3 << 62) | (version << 76 | 0x2 << 62);
    let hex = format!("{bits:032x}");
    let mut text = String::with_capacity(36);
    for (at, digit) in hex.chars().enumerate() {
        if matches!(at, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        text.push(digit);
    }
    text
}

/// A moment as people and programs read it: `2026-11-22T09:30:00Z`.
pub fn moment(microseconds: i64) -> String {
    Timestamp::from_microsecond(microseconds)
        .and_then(|moment| moment.round(Unit::Second))
        .map_or_else(|_| microseconds.to_string(), |moment| moment.to_string())
}

/// How long ago, in the largest unit that says something: `5 min ago`.
pub fn ago(microseconds: i64) -> String {
    let passed = SignedDuration::from_micros(now().saturating_sub(microseconds));
    match passed.as_secs() {
        ..60 => "just now".to_owned(),
        seconds @ 60..3600 => format!("{} min ago", seconds / 60),
        seconds @ 3600..86_400 => format!("{} h ago", seconds / 3600),
        seconds => format!("{} days ago", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_is_a_uuid_of_version_4() {
        let id = new_uuid();
        let fields: Vec<&str> = id.split('-').collect();
        assert_eq!(fields.iter().map(|field| field.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(fields[2].starts_with('4') && "89ab".contains(&fields[3][..1]), "{id}");
        assert_ne!(id, new_uuid());
    }

    #[test]
    fn a_moment_is_written_in_utc_to_the_second() {
        assert_eq!(moment(1_795_426_199_600_000), "2026-11-23T09:30:00Z");
        assert_eq!(moment(0), "1970-01-01T00:00:00Z");
    }
}
