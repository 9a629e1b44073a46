//! Versions in documents: as text.

use access::version::Version;
use serde::{Deserialize, Deserializer, Serializer, de::Error};

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
pub(crate) fn serialize<S: Serializer>(version: &Version, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(version)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Version, D::Error> {
    let written = String::deserialize(deserializer)?;
    Version::parse(&written).ok_or_else(|| D::Error::custom(format!("{written:?} is no version")))
}
