//! Calendar days without time or zone.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A day of the Gregorian calendar, with or without a year (RFC 9553 §1.4.4 `PartialDate`).
///
/// Text form: `1980-05-04`, or `--05-04` without a year (RFC 6350 §4.3.1). Always a day that exists; 29 February is
/// allowed without a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartialDate {
    year: Option<i16>,
    month: u8,
    day: u8,
}

/// A day that does not exist, or text that is no day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no such day: {0}")]
pub struct NoSuchDay(pub String);

/// A year that allows every day, used to check days without a year.
const ANY_LEAP_YEAR: i16 = 2000;

impl PartialDate {
    /// The day, if it exists. Years are 1 to 9999.
    pub fn new(year: Option<i16>, month: u8, day: u8) -> Result<Self, NoSuchDay> {
        let wrong = || NoSuchDay(format!("{year:?}-{month}-{day}"));
        if year.is_some_and(|year| !(1..=9999).contains(&year)) {
            return Err(wrong());
        }
        let (month_signed, day_signed) =
            (i8::try_from(month).map_err(|_| wrong())?, i8::try_from(day).map_err(|_| wrong())?);
        jiff::civil::Date::new(year.unwrap_or(ANY_LEAP_YEAR), month_signed, day_signed).map_err(|_| wrong())?;
        Ok(Self { year, month, day })
    }

    /// The year, when known.
    #[must_use]
    pub fn year(self) -> Option<i16> {
        self.year
    }

    /// 1 to 12.
    #[must_use]
    pub fn month(self) -> u8 {
        self.month
    }

    /// 1 to 31.
    #[must_use]
    pub fn day(self) -> u8 {
        self.day
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.year {
            Some(year) => write!(f, "{year:04}-{:02}-{:02}", self.month, self.day),
            None => write!(f, "--{:02}-{:02}", self.month, self.day),
        }
    }
}

impl FromStr for PartialDate {
    type Err = NoSuchDay;

    fn from_str(text: &str) -> Result<Self, NoSuchDay> {
        let wrong = || NoSuchDay(text.to_owned());
        let (year, rest) = if let Some(rest) = text.strip_prefix("--") {
            (None, rest)
        } else {
            let (year, rest) = text.split_once('-').ok_or_else(wrong)?;
            (Some(year.parse().map_err(|_| wrong())?), rest)
        };
        let (month, day) = rest.split_once('-').ok_or_else(wrong)?;
        Self::new(year, month.parse().map_err(|_| wrong())?, day.parse().map_err(|_| wrong())?)
    }
}

impl Serialize for PartialDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PartialDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <std::borrow::Cow<'de, str>>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
