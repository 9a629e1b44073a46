//! What is known of a device's operating system, by whom, and which of it counts.

use std::fmt;

use access::version::Version;
use serde::{Deserialize, Serialize};

use crate::text;

/// Who stated a version without being the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// A list somebody wrote.
    List,
    /// A device management's record: nearer to the device.
    Management,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::List => "the list",
            Self::Management => "device management",
        })
    }
}

/// A version and who stated it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stated {
    /// Who.
    pub by: Source,
    /// What.
    #[serde(with = "text")]
    pub version: Version,
}

/// What the device itself said, in Authenticate or DeviceInformation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Direct {
    #[serde(with = "text")]
    latest: Version,
    #[serde(with = "text")]
    lowest: Version,
    /// It once said a lower version than before. Nothing goes back to an older iOS in the field, so one of the two was
    /// not true, and the lower one counts from then on.
    fell: bool,
}

/// All that is known of one device's version. The device's own word counts more than management's, and that more than
/// a list's; a device whose own word fell is taken at its lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Versions {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stated: Option<Stated>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    direct: Option<Direct>,
}

/// Two sources that do not agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Contradiction {
    /// Stated otherwise than the device says itself.
    Stated {
        /// Who, and what.
        stated: Stated,
        /// What the device says.
        #[serde(with = "text")]
        device: Version,
    },
    /// The device itself changed downwards.
    Fell {
        /// The lowest it said; this counts.
        #[serde(with = "text")]
        lowest: Version,
        /// The newest that it said.
        #[serde(with = "text")]
        latest: Version,
    },
}

impl Versions {
    /// Known from a list or from management only.
    #[must_use]
    pub fn stated(by: Source, version: Version) -> Self {
        Self { stated: Some(Stated { by, version }), direct: None }
    }

    /// Takes what a newer inventory states: of the same source the newer, otherwise the nearer to the device.
    pub fn restate(&mut self, newer: Stated) {
        if self.stated.is_none_or(|stated| stated.by <= newer.by) {
            self.stated = Some(newer);
        }
    }

    /// Takes what the device itself says.
    pub fn observe(&mut self, version: Version) {
        self.direct = Some(match self.direct {
            None => Direct { latest: version, lowest: version, fell: false },
            Some(before) => Direct {
                latest: version,
                lowest: before.lowest.min(version),
                fell: before.fell || version < before.latest,
            },
        });
    }

    /// Takes all that another record of the same device has.
    pub fn merge(&mut self, newer: &Self) {
        if let Some(stated) = newer.stated {
            self.restate(stated);
        }
        if let Some(direct) = newer.direct {
            self.observe(direct.lowest);
            self.observe(direct.latest);
        }
    }

    /// The version that counts; `None` when nobody said any.
    #[must_use]
    pub fn effective(&self) -> Option<Version> {
        match self.direct {
            Some(direct) if direct.fell => Some(direct.lowest),
            Some(direct) => Some(direct.latest),
            None => self.stated.map(|stated| stated.version),
        }
    }

    /// The version that counts, if the device said it itself.
    #[must_use]
    pub fn first_hand(&self) -> Option<Version> {
        self.direct.and_then(|_| self.effective())
    }

    /// Where sources do not agree. A list that is merely older than an update counts too: it is worth mending.
    #[must_use]
    pub fn contradiction(&self) -> Option<Contradiction> {
        let direct = self.direct?;
        if direct.fell {
            return Some(Contradiction::Fell { lowest: direct.lowest, latest: direct.latest });
        }
        let stated = self.stated.filter(|stated| stated.version != direct.latest)?;
        Some(Contradiction::Stated { stated, device: direct.latest })
    }
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stated { stated, device } => {
                write!(f, "iOS {device}, as the device itself says; {} says {}", stated.by, stated.version)
            }
            Self::Fell { lowest, latest } => {
                write!(f, "iOS {lowest}: the device went back from a newer one, which no device does (last: {latest})")
            }
        }
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.contradiction(), self.effective()) {
            (Some(contradiction), _) => contradiction.fmt(f),
            (None, Some(version)) => write!(f, "iOS {version}"),
            (None, None) => f.write_str("iOS unknown"),
        }
    }
}

/// A version as inventories write it: `17.2`, also `16.4.1 (a)` as a security response has it. `None` for anything else.
#[must_use]
pub fn parse(written: &str) -> Option<Version> {
    let number = written.trim().split(' ').next()?;
    Version::parse(number).filter(|version| *version > Version::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v(written: &str) -> Version {
        parse(written).unwrap()
    }

    #[test]
    fn a_device_that_says_12_5_itself_is_12_5_whatever_the_list_says() {
        let mut versions = Versions::stated(Source::List, v("17"));
        versions.observe(v("12.5"));
        assert_eq!(versions.effective(), Some(v("12.5")));
        assert_eq!(versions.to_string(), "iOS 12.5, as the device itself says; the list says 17.0");
    }

    #[test]
    fn a_device_that_went_backwards_counts_as_the_lowest_for_good() {
        let mut versions = Versions::default();
        for said in ["17.1", "12.5", "17.2"] {
            versions.observe(v(said));
        }
        assert_eq!(versions.effective(), Some(v("12.5")));
        assert!(matches!(versions.contradiction(), Some(Contradiction::Fell { .. })));
    }

    #[test]
    fn an_update_is_believed_when_the_device_says_so() {
        let mut versions = Versions::stated(Source::List, v("12.5"));
        versions.observe(v("12.5.7"));
        versions.observe(v("15.8"));
        assert_eq!(versions.effective(), Some(v("15.8")));
    }

    #[test]
    fn management_outweighs_a_list_in_either_order() {
        let (list, management) =
            (Stated { by: Source::List, version: v("17") }, Stated { by: Source::Management, version: v("12") });
        for order in [[list, management], [management, list]] {
            let mut versions = Versions::default();
            for stated in order {
                versions.restate(stated);
            }
            assert_eq!(versions.effective(), Some(v("12")));
        }
    }

    #[test]
    fn nonsense_is_no_version() {
        assert_eq!(parse("16.4.1 (a)"), Some(v("16.4.1")));
        for nonsense in ["", "iOS 17", "0", "seventeen", "17,2"] {
            assert_eq!(parse(nonsense), None, "{nonsense}");
        }
    }
}
