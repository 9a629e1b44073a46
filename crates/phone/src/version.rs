//! Protocol versions.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A version of Exchange ActiveSync whose shapes the device speaks. 12.0 and 14.2 mean nothing to iOS, and 2.5 with its
/// own shapes is not offered by any server of the last decade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Version {
    /// 12.1
    V12_1,
    /// 14.0: top-level status codes count.
    V14_0,
    /// 14.1: device information goes with Provision, GAL photos.
    V14_1,
    /// 16.0: nothing new for contacts.
    V16_0,
    /// 16.1: account-only wipe.
    V16_1,
}

impl Version {
    const ALL: [Version; 5] = [Version::V12_1, Version::V14_0, Version::V14_1, Version::V16_0, Version::V16_1];

    /// The number as headers carry it.
    pub fn number(self) -> &'static str {
        match self {
            Version::V12_1 => "12.1",
            Version::V14_0 => "14.0",
            Version::V14_1 => "14.1",
            Version::V16_0 => "16.0",
            Version::V16_1 => "16.1",
        }
    }

    /// The highest version in a server's comma-separated list; `None` if it has none the device speaks.
    pub fn highest_of(offered: &str) -> Option<Version> {
        offered.split(',').filter_map(|number| number.trim().parse().ok()).max()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.number())
    }
}

/// A version the device does not speak.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is not one of 12.1, 14.0, 14.1, 16.0, 16.1")]
pub struct UnknownVersion(String);

impl FromStr for Version {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|version| version.number() == text).ok_or_else(|| UnknownVersion(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_version_both_sides_know_is_taken() {
        assert_eq!(Version::highest_of("2.5,12.0,12.1,14.0,14.1"), Some(Version::V14_1));
        assert_eq!(Version::highest_of("14.1, 16.0, 16.1"), Some(Version::V16_1));
        assert_eq!(Version::highest_of("2.5,14.2"), None);
    }
}
