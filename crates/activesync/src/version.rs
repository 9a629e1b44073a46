//! The protocol versions this server speaks.

pub use contact::eas::Version;

/// Every version, lowest first. iOS takes the highest that both sides know.
pub const ALL: [Version; 3] = [Version::V14_1, Version::V16_0, Version::V16_1];

/// What `MS-ASProtocolVersions` says: commas without blanks.
pub const OFFERED: &str = "14.1,16.0,16.1";

/// The version as `MS-ASProtocolVersion` writes it.
#[must_use]
pub fn name(version: Version) -> &'static str {
    match version {
        Version::V14_1 => "14.1",
        Version::V16_0 => "16.0",
        Version::V16_1 => "16.1",
    }
}

/// The version of this name; `None` for versions not offered.
#[must_use]
pub fn named(text: &str) -> Option<Version> {
    ALL.into_iter().find(|version| name(*version) == text.trim())
}

/// The version of this byte in a base64 query string (ten times the version, MS-ASHTTP 2.2.1.1.1.2).
#[must_use]
pub fn coded(byte: u8) -> Option<Version> {
    match byte {
        141 => Some(Version::V14_1),
        160 => Some(Version::V16_0),
        161 => Some(Version::V16_1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_offered_are_the_versions_spoken() {
        assert_eq!(ALL.map(name).join(","), OFFERED);
        assert!(ALL.into_iter().all(|version| named(name(version)) == Some(version)));
        assert_eq!((named("12.1"), coded(121), coded(161)), (None, None, Some(Version::V16_1)));
    }
}
