//! The release of iOS, and since when it knows what.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A release, `18.4.1`. Missing parts count as 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OsVersion {
    major: u16,
    minor: u16,
    patch: u16,
}

/// What a release knows or does not know. A device ignores what it does not know, unless something else is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// Managed open-in holds for contacts.
    ContactsContained,
    /// `OAuth` in an Exchange payload.
    ExchangeOAuth,
    /// `allowManagedToWriteUnmanagedContacts` and its twin.
    ContactExceptions,
    /// The ten `Enable…` and `Enable…UserOverridable` keys, and the sign-in addresses.
    ExchangeServices,
    /// Declarative management; before it the command is an invalid request.
    Declarations,
    /// `account.list.exchange`.
    AccountList,
    /// `FullReport`; the payload's UUID in ProfileList; HTTP 403 with `com.apple.unrecognized.device`.
    Release17,
    /// `com.apple.configuration.app.managed`.
    AppDeclaration,
    /// `Source` in ProfileList; an end to `ManagedAppleID`.
    Release18,
    /// `LegacyAppConfigAssetReference`.
    LegacyAppConfig,
    /// `mdm.enrollment-type` as status.
    EnrolmentStatus,
}

impl Feature {
    fn since(self) -> OsVersion {
        match self {
            Feature::ContactsContained => OsVersion::new(11, 3),
            Feature::ExchangeOAuth | Feature::ContactExceptions => OsVersion::new(12, 0),
            Feature::ExchangeServices => OsVersion::new(13, 0),
            Feature::Declarations => OsVersion::new(15, 0),
            Feature::AccountList => OsVersion::new(16, 0),
            Feature::Release17 => OsVersion::new(17, 0),
            Feature::AppDeclaration => OsVersion::new(17, 2),
            Feature::Release18 => OsVersion::new(18, 0),
            Feature::LegacyAppConfig => OsVersion::new(18, 4),
            Feature::EnrolmentStatus => OsVersion::new(27, 0),
        }
    }
}

impl OsVersion {
    /// `major.minor`.
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor, patch: 0 }
    }

    /// The first number.
    pub fn major(self) -> u16 {
        self.major
    }

    /// Whether this release knows it.
    pub fn knows(self, feature: Feature) -> bool {
        self >= feature.since()
    }
}

impl fmt::Display for OsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        if self.patch > 0 { write!(f, ".{}", self.patch) } else { Ok(()) }
    }
}

/// A text that is no release.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is no release of iOS")]
pub struct BadOsVersion(String);

impl FromStr for OsVersion {
    type Err = BadOsVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadOsVersion(text.to_owned());
        let mut parts = text.split('.').map(|part| part.parse::<u16>().map_err(|_| bad()));
        let major = parts.next().unwrap_or_else(|| Err(bad()))?;
        let (minor, patch) = (parts.next().unwrap_or(Ok(0))?, parts.next().unwrap_or(Ok(0))?);
        if parts.next().is_some() { Err(bad()) } else { Ok(Self { major, minor, patch }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_compared_as_numbers() {
        let version = |text: &str| text.parse::<OsVersion>().unwrap();
        assert!(version("9.3.6") < version("13") && version("18.10") > version("18.4.1"));
        assert!(version("18.4").knows(Feature::LegacyAppConfig) && !version("18.3.2").knows(Feature::LegacyAppConfig));
        assert_eq!(version("18.4.1").to_string(), "18.4.1");
        assert!("".parse::<OsVersion>().is_err() && "1.2.3.4".parse::<OsVersion>().is_err());
    }
}
