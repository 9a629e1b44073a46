//! How a device is enrolled (facts of Apple's schema: `supportedOS`, `allowed-enrollments`).

use serde::{Deserialize, Serialize};

/// How a device came under management. What a payload or a key may do depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Enrolment {
    /// Device enrolment; the organisation may do most things.
    Device,
    /// Supervised: device enrolment by Automated Device Enrolment or Configurator.
    Supervised,
    /// User enrolment (a personal device): no serial number, no UDID, some keys forbidden.
    User,
}

/// The name under which management knows a device: a UDID, or an EnrollmentID under user enrolment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EnrolmentId(String);

impl EnrolmentId {
    /// Longest id taken, in bytes.
    pub const LONGEST: usize = 128;

    /// An id as a device or an export writes it; `None` when it is empty, too long, or has characters that no id has.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=Self::LONGEST).contains(&text.len());
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'/' | b',' | b'?' | b'#'));
        (fits && plain).then(|| Self(text.to_owned()))
    }

    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for EnrolmentId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_could_change_an_address_is_none() {
        assert!(EnrolmentId::parse("00008110-001A2B3C4D5E801E").is_some());
        for id in ["", "a/b", "a,b", "a?nopush=1", "a b", &"x".repeat(EnrolmentId::LONGEST + 1)] {
            assert_eq!(EnrolmentId::parse(id), None, "{id}");
        }
    }
}
