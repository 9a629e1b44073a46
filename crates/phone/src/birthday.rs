//! Dates on the wire: `YYYY-MM-DDThh:mm:ss.000Z`, milliseconds included, both ways.

/// The day of a received dateTime as iOS reads it: the date in UTC, of which it keeps nothing but the day.
///
/// `None` if the text is not exactly of the form with milliseconds; iOS then shows no date at all.
pub fn day(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let shape = b"dddd-dd-ddTdd:dd:dd.dddZ";
    let fits = bytes.len() == shape.len()
        && bytes.iter().zip(shape).all(|(byte, expected)| match expected {
            b'd' => byte.is_ascii_digit(),
            _ => byte == expected,
        });
    if !fits {
        return None;
    }
    let month: u8 = text.get(5..7)?.parse().ok()?;
    let day: u8 = text.get(8..10)?.parse().ok()?;
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then(|| text.get(..10).unwrap_or_default().to_owned())
}

/// The dateTime iOS sends for a day.
pub fn midnight(day: &str) -> String {
    format!("{day}T00:00:00.000Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_without_milliseconds_reads_as_nothing() {
        assert_eq!(day("1980-05-04T11:59:00.000Z").as_deref(), Some("1980-05-04"));
        for wrong in ["1980-05-04T11:59:00Z", "1980-05-04", "19800504T115900Z", "1980-13-04T00:00:00.000Z", ""] {
            assert_eq!(day(wrong), None, "{wrong}");
        }
    }
}
