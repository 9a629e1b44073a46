//! Days as `DateTimeOffset`: the day is the truth, the time is noise that must never move it.

use crate::date::PartialDate;

/// The year that stands for "no year known", as Outlook and Apple write it.
pub const NO_YEAR: i16 = 1604;

/// The day as Exchange writes it: at 11:59 UTC, which is the same calendar day from UTC-11:59 to UTC+12.
#[must_use]
pub fn to_wire(date: PartialDate) -> String {
    format!("{:04}-{:02}-{:02}T11:59:00Z", date.year().unwrap_or(NO_YEAR), date.month(), date.day())
}

/// The day a client meant; `None` for text that is no time stamp.
///
/// With an offset other than UTC the day is the one written. In UTC it may be midnight of a zone ahead of UTC, which
/// falls on the evening before: after noon the next day is meant. Noon itself means its own day.
#[must_use]
pub fn from_wire(text: &str) -> Option<PartialDate> {
    let text = text.trim();
    let (date, zone_is_utc) = match text.split_once(['T', 't', ' ']) {
        None => (text.parse::<jiff::civil::Date>().ok()?.at(0, 0, 0, 0), false),
        Some((_, time)) => {
            let zone_is_utc = time.ends_with(['Z', 'z']) || time.ends_with("+00:00") || time.ends_with("-00:00");
            (written(text)?, zone_is_utc)
        }
    };
    let noon = date.date().at(12, 0, 0, 0);
    let day = if zone_is_utc && date > noon { date.date().tomorrow().ok()? } else { date.date() };
    let year = (day.year() != NO_YEAR).then_some(day.year());
    PartialDate::new(year, u8::try_from(day.month()).ok()?, u8::try_from(day.day()).ok()?).ok()
}

/// Date and time as the characters say, whatever the zone.
fn written(text: &str) -> Option<jiff::civil::DateTime> {
    let time_at = text.find(['T', 't', ' '])? + 1;
    let zone_at = text.get(time_at..)?.find(['Z', 'z', '+', '-']).map(|at| at + time_at);
    let (clock, zone) = text.split_at(zone_at.unwrap_or(text.len()));
    let zone_is_well_formed = zone.is_empty()
        || zone.eq_ignore_ascii_case("z")
        || zone.get(1..).is_some_and(|offset| offset.len() == 5 && offset.as_bytes().get(2) == Some(&b':'));
    if !zone_is_well_formed {
        return None;
    }
    clock.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{from_wire, to_wire};

    fn day(text: &str) -> Option<String> {
        from_wire(text).map(|date| date.to_string())
    }

    #[test]
    fn a_birthday_never_moves_whatever_zone_its_writer_was_in() {
        for (wire, expected) in [
            ("1980-05-04T11:59:00Z", "1980-05-04"),
            ("1980-05-04T00:00:00Z", "1980-05-04"),
            ("1980-05-04T00:00:00.000Z", "1980-05-04"),
            ("1980-05-04T12:00:00Z", "1980-05-04"),
            ("1980-05-03T22:00:00Z", "1980-05-04"),
            ("1980-05-03T13:00:00+00:00", "1980-05-04"),
            ("1980-05-04T08:00:00Z", "1980-05-04"),
            ("1980-05-04T00:00:00+02:00", "1980-05-04"),
            ("1980-05-04T00:00:00-08:00", "1980-05-04"),
            ("1980-05-04", "1980-05-04"),
            ("1980-12-31T23:00:00Z", "1981-01-01"),
            ("1604-02-29T11:59:00Z", "--02-29"),
        ] {
            assert_eq!(day(wire).as_deref(), Some(expected), "{wire}");
        }
    }

    #[test]
    fn a_year_less_birthday_goes_out_as_1604_and_comes_back_without_a_year() {
        let date = "--02-29".parse().unwrap();
        assert_eq!(to_wire(date), "1604-02-29T11:59:00Z");
        assert_eq!(from_wire(&to_wire(date)), Some(date));
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in ["", "soon", "1980-13-04T00:00:00Z", "1980-02-30", "1980-05-04Tnoon", "0000-01-01T00:00:00Z"] {
            assert_eq!(day(text), None, "{text}");
        }
    }
}
