//! Days as vCards write them.

use super::syntax::ContentLine;
use crate::date::PartialDate;

/// The year Apple writes for "no year": a leap year nobody alive was born in.
pub(super) const APPLE_NO_YEAR: i16 = 1604;

/// The day of a BDAY, ANNIVERSARY or X-ABDATE line; `None` for text and for dates without a day.
///
/// A time of day and its zone are ignored: the day is the one written, so a birthday cannot move. The year that
/// `X-APPLE-OMIT-YEAR` names is left out, as is 1604 without the parameter (Apple's marker outlives the parameter
/// in programs that drop it).
pub(super) fn day_of(line: &ContentLine) -> Option<PartialDate> {
    let day = day(&line.text())?;
    let omitted = line.param("X-APPLE-OMIT-YEAR").and_then(|year| year.parse::<i16>().ok());
    if day.year().is_some() && day.year() == omitted {
        return PartialDate::new(None, day.month(), day.day()).ok();
    }
    Some(day)
}

/// A day in any of the forms of RFC 2426 and RFC 6350 §4.3: `1980-05-04`, `19800504`, `--05-04`, `--0504`, each
/// with a time after it.
pub(super) fn day(text: &str) -> Option<PartialDate> {
    let date = text.trim().split(['T', 't', ' ']).next()?;
    let (year, rest) = if let Some(rest) = date.strip_prefix("--") {
        (None, rest)
    } else {
        let (year, rest) = date.split_at_checked(4)?;
        (Some(year), rest)
    };
    let digits: String = rest.chars().filter(|letter| *letter != '-').collect();
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if digits.len() != 4 || !plain(&digits) || year.is_some_and(|year| !plain(year)) {
        return None;
    }
    let (month, day) = digits.split_at_checked(2)?;
    let year = match year {
        Some(year) => Some(year.parse::<i16>().ok()?).filter(|year| *year != APPLE_NO_YEAR && *year != 0),
        None => None,
    };
    PartialDate::new(year, month.parse().ok()?, day.parse().ok()?).ok()
}

/// A moment as REV has it (RFC 2426 3.6.4, RFC 6350 4.3.5), in microseconds since 1970: `2024-01-01T10:00:00Z`,
/// `20240101T100000Z`, with an offset, or a day alone, which means its beginning. `None` for anything else.
pub(super) fn moment(text: &str) -> Option<i64> {
    use jiff::{Timestamp, civil, tz::TimeZone};
    let text = text.trim();
    let in_utc = |time: civil::DateTime| time.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    let moment = text
        .parse::<Timestamp>()
        .ok()
        .or_else(|| in_utc(text.trim_end_matches(['Z', 'z']).parse::<civil::DateTime>().ok()?))?;
    Some(moment.as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_read_as_programs_write_it() {
        let noon = 1_704_110_400_000_000;
        for text in ["2024-01-01T12:00:00Z", "20240101T120000Z", "2024-01-01T14:00:00+02:00", " 2024-01-01T12:00:00 "] {
            assert_eq!(moment(text), Some(noon), "{text}");
        }
        assert_eq!(moment("2024-01-01"), Some(noon - 12 * 3_600_000_000));
        assert_eq!(moment("yesterday"), None);
        assert_eq!(moment(""), None);
    }
}
