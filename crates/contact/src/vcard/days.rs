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
