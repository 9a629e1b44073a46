//! Birthdays and anniversaries on the wire: days that travel as instants.
//!
//! Exchange sends 11:59 UTC of the day. Clients answer with that, with midnight UTC, or with midnight of their own zone
//! in UTC (10 May at UTC+2 arrives as 9 May 22:00Z). So an instant up to noon means its own day and one after noon the
//! next. Noon itself is the day of the instant for all that keep dates in UTC (current iOS, Gmail), and the next day
//! for a phone at UTC+12 that sends its own midnight: when the served day is one of the two, it is the one meant.

use crate::PartialDate;

/// iOS writes a day without a year as one of this year (a leap year, so that 29 February exists).
const NO_YEAR: i16 = 1604;

/// The wire form; always with milliseconds, without which iOS reads nothing.
pub(super) fn to_wire(day: PartialDate) -> String {
    format!("{:04}-{:02}-{:02}T11:59:00.000Z", day.year().unwrap_or(NO_YEAR), day.month(), day.day())
}

/// The day meant by a date and time in UTC; `None` when the text is none. `served` is the day the client held.
///
/// Accepted: `1980-05-04T11:59:00.000Z`, with or without milliseconds, dashes and colons, and the date alone.
pub(super) fn from_wire(text: &str, served: Option<PartialDate>) -> Option<PartialDate> {
    let text = text.trim();
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let own_day = civil_date(date)?;
    let Some(time) = time else { return partial(own_day) };
    let next_day = own_day.tomorrow().ok();
    match milliseconds_of_day(time)?.cmp(&NOON_MS) {
        std::cmp::Ordering::Less => partial(own_day),
        std::cmp::Ordering::Greater => partial(next_day?),
        std::cmp::Ordering::Equal => {
            let next = next_day.and_then(partial);
            if served.is_some() && next == served { next } else { partial(own_day) }
        }
    }
}

const NOON_MS: u32 = 12 * 60 * 60 * 1000;

fn civil_date(text: &str) -> Option<jiff::civil::Date> {
    let digits: String = text.chars().filter(|&character| character != '-').collect();
    if digits.len() != 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| digits.get(range).and_then(|part| part.parse::<i16>().ok());
    let (month, day) = (i8::try_from(number(4..6)?).ok()?, i8::try_from(number(6..8)?).ok()?);
    jiff::civil::Date::new(number(0..4)?, month, day).ok()
}

fn milliseconds_of_day(text: &str) -> Option<u32> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = clock.chars().filter(|&character| character != ':').collect();
    if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| digits.get(range).and_then(|part| part.parse::<u32>().ok());
    let (hours, minutes, seconds) = (number(0..2)?, number(2..4)?, number(4..6)?);
    if hours > 23 || minutes > 59 || seconds > 60 {
        return None;
    }
    let milliseconds = match fraction.get(..fraction.len().min(3)) {
        Some("") | None => 0,
        Some(part) => part.parse::<u32>().ok()?,
    };
    Some(((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds)
}

fn partial(date: jiff::civil::Date) -> Option<PartialDate> {
    let year = (date.year() != NO_YEAR).then_some(date.year());
    PartialDate::new(year, u8::try_from(date.month()).ok()?, u8::try_from(date.day()).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> PartialDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_birthday_is_the_same_day_whatever_zone_the_phone_is_in() {
        let birthday = day("1980-05-10");
        for hours_east in -11_i64..=12 {
            let midnight = jiff::civil::date(1980, 5, 10).at(0, 0, 0, 0);
            let sent = midnight.checked_sub(jiff::Span::new().hours(hours_east)).unwrap();
            let wire = format!("{}.000Z", sent.strftime("%Y-%m-%dT%H:%M:%S"));
            assert_eq!(from_wire(&wire, Some(birthday)), Some(birthday), "{wire} from UTC+{hours_east}");
        }
    }

    #[test]
    fn noon_is_the_day_itself_unless_the_phone_was_served_the_next() {
        let noon = "1980-05-10T12:00:00.000Z";
        assert_eq!(from_wire(noon, None), Some(day("1980-05-10")));
        assert_eq!(from_wire(noon, Some(day("1980-05-10"))), Some(day("1980-05-10")));
        assert_eq!(from_wire(noon, Some(day("1980-05-11"))), Some(day("1980-05-11")));
        assert_eq!(from_wire(noon, Some(day("1980-05-12"))), Some(day("1980-05-10")));
    }

    #[test]
    fn ios_wants_milliseconds_and_gets_them() {
        assert_eq!(to_wire(day("1980-05-10")), "1980-05-10T11:59:00.000Z");
    }

    #[test]
    fn a_birthday_without_a_year_travels_as_1604_and_comes_back_without() {
        assert_eq!(to_wire(day("--02-29")), "1604-02-29T11:59:00.000Z");
        assert_eq!(from_wire("1604-02-29T11:59:00.000Z", None), Some(day("--02-29")));
        assert_eq!(from_wire("1603-12-31T23:00:00.000Z", None), Some(day("--01-01")));
    }

    #[test]
    fn every_usual_spelling_is_read_and_nonsense_is_not() {
        for spelling in ["1980-05-10T11:59:00Z", "1980-05-10", "19800510T000000Z", "1980-05-10T00:00:00.000Z"] {
            assert_eq!(from_wire(spelling, None), Some(day("1980-05-10")), "{spelling}");
        }
        for nonsense in ["", "soon", "1980-13-01", "1980-05-10T25:00:00Z", "1980-05-10Tnoon", "٤٤٤٤٤٤٤٤"] {
            assert_eq!(from_wire(nonsense, None), None, "{nonsense}");
        }
    }
}
