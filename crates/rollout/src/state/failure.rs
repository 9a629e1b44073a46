//! Why a device failed, as specifically as anybody knows.

use std::fmt;

use fleet::delivery::DeviceError;
use serde::{Deserialize, Serialize};

/// Why a device failed, after one automatic retry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Failure {
    /// The device said so: its chain of errors, general first, specific last.
    Device(Vec<DeviceError>),
    /// The way to the devices does not take the order.
    Refused(String),
    /// The order could not be made.
    Document(String),
    /// Acknowledged or not, Outlook's configuration read back is another one than was set.
    OtherConfiguration,
    /// The profile is not listed.
    NotListed,
    /// The profile is listed with another PayloadUUID: an older version.
    OtherVersion(String),
    /// The profile is still listed after its removal.
    StillListed,
    /// The account has mail or another kind of data switched on.
    NotOnlyContacts,
}

impl Failure {
    /// The device's most specific error, where it was the device that failed.
    #[must_use]
    pub fn most_specific(&self) -> Option<&DeviceError> {
        match self {
            Self::Device(chain) => chain.last(),
            _ => None,
        }
    }

    /// What to do. Apple asks not to depend on the codes' values, so they only choose a sentence.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Device(_) => self.most_specific().map_or("Try again.", known_error),
            Self::Refused(_) => "Look at the device management's own log.",
            Self::Document(_) => "Mend what the message names, then retry the device.",
            Self::OtherConfiguration => "Another policy configures Outlook too. Keep one.",
            Self::NotListed => "Ask the person whether they refused or removed it.",
            Self::OtherVersion(_) => "Another management holds an older profile with the same identifier.",
            Self::StillListed => "Remove the profile by hand, or retire the device.",
            Self::NotOnlyContacts => "Roll the device back at once: it can reach more than contacts.",
        }
    }
}

fn known_error(error: &DeviceError) -> &'static str {
    match (error.domain.as_str(), error.code) {
        ("MCEASErrorDomain", 21_005) => "The person has the same account already and removes it first; then retry.",
        ("MCEASErrorDomain", 21_003) => "The profile has no host name.",
        ("MCEASErrorDomain", 21_007) => "The account could not be verified: is ActiveSync on for the person?",
        ("MCEASErrorDomain", 21_009) => "The profile turns every kind of data off.",
        ("MCMDMErrorDomain", 12_029 | 12_038) => "Outlook is not managed: let management take it over or install it.",
        ("MCMDMErrorDomain", 12_063) => "The person refused. Explain, then retry.",
        ("MCInstallationErrorDomain", 4_009) => "The device was locked. Retry.",
        _ => "Look the error up; then retry the device.",
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(chain) => match chain.last() {
                Some(DeviceError { domain, code, description }) => write!(f, "{domain} {code}: {description}"),
                None => f.write_str("the device gave no reason"),
            },
            Self::Refused(why) | Self::Document(why) => f.write_str(why),
            Self::OtherConfiguration => f.write_str("Outlook's configuration is another one than was set"),
            Self::NotListed => f.write_str("the profile is not listed"),
            Self::OtherVersion(uuid) => write!(f, "the profile is listed as {uuid}, which is not the current one"),
            Self::StillListed => f.write_str("the profile is still listed after its removal"),
            Self::NotOnlyContacts => f.write_str("the account has more than contacts switched on"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_link_of_the_chain_is_shown() {
        let error = |domain: &str, code, description: &str| DeviceError {
            domain: domain.into(),
            code,
            description: description.into(),
        };
        let failure = Failure::Device(vec![
            error("MCProfileErrorDomain", 1009, "The profile could not be installed."),
            error("MCEASErrorDomain", 21005, "Account not unique."),
        ]);
        assert_eq!(failure.to_string(), "MCEASErrorDomain 21005: Account not unique.");
        assert!(failure.remedy().contains("same account"));
    }
}
