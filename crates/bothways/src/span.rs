//! Durations as people write them in commands and settings: `90s`, `15m`, `1h`, `30d`, `2w`, `1h30m`.

use std::time::Duration;

/// Why a text is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    /// Nothing, or not a number with a unit behind it.
    #[error("{0:?} is no duration; write for example 90s, 15m, 1h, 30d or 1h30m")]
    Malformed(String),
    /// A duration of nothing.
    #[error("a duration must be longer than nothing")]
    Zero,
    /// More than can be counted.
    #[error("{0:?} is too long")]
    TooLong(String),
}

/// Reads a duration.
pub fn parse(text: &str) -> Result<Duration, SpanError> {
    let malformed = || SpanError::Malformed(text.to_owned());
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(malformed());
    }
    let mut seconds = 0_u64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(malformed)?;
        let (number, unit_on) = rest.split_at_checked(digits).ok_or_else(malformed)?;
        let count: u64 = number.parse().map_err(|_| malformed())?;
        let mut letters = unit_on.chars();
        let unit = match letters.next() {
            Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3_600,
            Some('d') => 86_400,
            Some('w') => 604_800,
            _ => return Err(malformed()),
        };
        let more = count.checked_mul(unit).and_then(|more| more.checked_add(seconds));
        seconds = more.ok_or_else(|| SpanError::TooLong(text.to_owned()))?;
        rest = letters.as_str();
    }
    if seconds == 0 { Err(SpanError::Zero) } else { Ok(Duration::from_secs(seconds)) }
}

/// Reads a time to wait, which may be none: `0s`.
pub fn parse_wait(text: &str) -> Result<Duration, SpanError> {
    match parse(text) {
        Err(SpanError::Zero) => Ok(Duration::ZERO),
        parsed => parsed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_units() {
        for (text, seconds) in
            [("90s", 90), ("15m", 900), ("1h", 3_600), ("30d", 2_592_000), ("2w", 1_209_600), ("1h30m", 5_400)]
        {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn a_number_without_unit_is_refused_because_it_could_mean_anything() {
        for text in ["", "60", "h", "1x", "1h30", "-1h", "1 h", "1é"] {
            assert!(matches!(parse(text), Err(SpanError::Malformed(_))), "{text}");
        }
        assert_eq!((parse("0s"), parse_wait("0s")), (Err(SpanError::Zero), Ok(Duration::ZERO)));
        assert!(parse_wait("0").is_err());
        assert!(matches!(parse("99999999999999999w"), Err(SpanError::TooLong(_))));
    }
}
