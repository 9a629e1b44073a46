//! Versions of operating systems, known wholly or in part.

use std::fmt;

/// Numbers of a version that are compared.
const PARTS: usize = 4;

/// A version such as `17.2`. Numbers that are not written are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Version([u32; PARTS]);

impl Version {
    /// Reads numbers with dots between them; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = [0; PARTS];
        let mut places = parts.iter_mut();
        for part in text.split('.') {
            let fits = (1..=9).contains(&part.len()) && part.bytes().all(|digit| digit.is_ascii_digit());
            *places.next()? = part.parse().ok().filter(|_| fits)?;
        }
        Some(Self(parts))
    }

    /// The first version of a major one.
    #[must_use]
    pub fn major(number: u32) -> Self {
        let mut parts = [0; PARTS];
        let [first, ..] = &mut parts;
        *first = number;
        Self(parts)
    }

    /// The version that follows all versions that begin like this one's first number.
    fn next_major(self) -> Self {
        let [first, ..] = self.0;
        Self::major(first.saturating_add(1))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second, rest @ ..] = self.0;
        write!(f, "{first}.{second}")?;
        let written = rest.iter().rposition(|part| *part != 0).map_or(0, |last| last + 1);
        rest.iter().take(written).try_for_each(|part| write!(f, ".{part}"))
    }
}

/// What is known of a device's version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Known {
    /// All of it.
    Exactly(Version),
    /// Only its first number: builds in a User-Agent tell no more for certain.
    Major(u32),
}

impl Known {
    /// The lowest version it can be, and the first it cannot be any more; `None` when it is the lowest.
    fn bounds(self) -> (Version, Option<Version>) {
        match self {
            Self::Exactly(version) => (version, None),
            Self::Major(number) => (Version::major(number), Some(Version::major(number).next_major())),
        }
    }
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(version) => version.fmt(f),
            Self::Major(number) => write!(f, "{number}.x"),
        }
    }
}

/// Versions from one on and up to another, which is not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Range {
    /// The first.
    pub from: Option<Version>,
    /// The first that is none of them.
    pub below: Option<Version>,
}

impl Range {
    /// Whether a version is one of them; `None` when not enough of it is known.
    #[must_use]
    pub fn contains(&self, known: Known) -> Option<bool> {
        let (lowest, past) = known.bounds();
        let has = |version: Version| {
            self.from.is_none_or(|from| version >= from) && self.below.is_none_or(|below| version < below)
        };
        let Some(past) = past else { return Some(has(lowest)) };
        // It is somewhere in lowest..past: all of that, none of that, or some of it lies in the range.
        let whole = has(lowest) && self.below.is_none_or(|below| below >= past);
        let apart = self.from.is_some_and(|from| from >= past) || self.below.is_some_and(|below| below <= lowest);
        match (whole, apart) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(from) = self.from {
            write!(f, " >= {from}")?;
        }
        match self.below {
            Some(below) => write!(f, " < {below}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    fn range(from: Option<&str>, below: Option<&str>) -> Range {
        Range { from: from.map(version), below: below.map(version) }
    }

    #[test]
    fn versions_compare_by_number_and_missing_numbers_are_zero() {
        assert!(version("17.10") > version("17.2"));
        assert_eq!(version("17"), version("17.0.0"));
        assert!(version("9.3.5") < version("10"));
        for nonsense in ["", "17.", "17.x", "1.2.3.4.5", "+1", "99999999999"] {
            assert_eq!(Version::parse(nonsense), None, "{nonsense}");
        }
        assert_eq!(version("17.2").to_string(), "17.2");
        assert_eq!(version("11.2.6").to_string(), "11.2.6");
        assert_eq!(version("17").to_string(), "17.0");
    }

    #[test]
    fn a_range_begins_with_its_first_and_ends_before_its_last() {
        let between = range(Some("15"), Some("17.2"));
        for (text, wanted) in [("14.9", false), ("15", true), ("17.1.9", true), ("17.2", false)] {
            assert_eq!(between.contains(Known::Exactly(version(text))), Some(wanted), "{text}");
        }
    }

    #[test]
    fn a_version_known_by_its_first_number_is_in_a_range_only_where_that_is_certain() {
        let seventeen = Known::Major(17);
        assert_eq!(range(None, Some("18")).contains(seventeen), Some(true));
        assert_eq!(range(None, Some("17")).contains(seventeen), Some(false));
        assert_eq!(range(None, Some("17.2")).contains(seventeen), None);
        assert_eq!(range(Some("17"), None).contains(seventeen), Some(true));
        assert_eq!(range(Some("17.2"), None).contains(seventeen), None);
        assert_eq!(range(Some("18"), None).contains(seventeen), Some(false));
        assert_eq!(range(None, None).contains(seventeen), Some(true));
    }
}
