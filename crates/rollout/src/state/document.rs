//! The state as a document: JSON with a version and a checksum. What cannot be read wholly is refused, and nothing is
//! changed: a rollout that forgot a device would do it twice or never.

use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::Rollout;
use crate::{digest::hex, limits::DOCUMENT_BYTES_MAX};

const FORMAT: &str = "bothways-rollout";
/// The version this program writes, and the newest that it reads.
pub const VERSION: u32 = 1;

/// Why a document is no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Cut off, or no JSON.
    #[error("the rollout's state is cut off or damaged ({0}); nothing was changed. Restore it from a backup")]
    Damaged(String),
    /// Whole, but not as it was written.
    #[error(
        "the rollout's state was changed by something else (its checksum is wrong); nothing was changed. Restore it from a backup"
    )]
    Checksum,
    /// Another document.
    #[error("this is no rollout's state")]
    OtherFormat,
    /// Written by a newer release.
    #[error(
        "the rollout's state is of version {0}, and this program reads up to {VERSION}: a newer release wrote it; nothing was changed. Use that release"
    )]
    Newer(u32),
    /// Larger than any can be.
    #[error("the rollout's state is larger than {} MB", DOCUMENT_BYTES_MAX / 1024 / 1024)]
    TooLarge,
}

/// What every version begins with.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    sha256: String,
    #[serde(borrow)]
    rollout: &'a RawValue,
}

impl Rollout {
    /// The document.
    pub fn to_document(&self) -> Result<Vec<u8>, DocumentError> {
        let damaged = |error: serde_json::Error| DocumentError::Damaged(error.to_string());
        let text = serde_json::to_string(self).map_err(damaged)?;
        let sha256 = checksum(&text);
        // Put together by hand: the checksum is over this very text.
        let head = format!(r#"{{"format":"{FORMAT}","version":{VERSION},"sha256":"{sha256}","rollout":"#);
        Ok([head.as_bytes(), text.as_bytes(), b"}"].concat())
    }

    /// Reads a document wholly, or says why not.
    pub fn from_document(bytes: &[u8]) -> Result<Self, DocumentError> {
        if bytes.len() > DOCUMENT_BYTES_MAX {
            return Err(DocumentError::TooLarge);
        }
        let damaged = |error: serde_json::Error| DocumentError::Damaged(error.to_string());
        let whole: &RawValue = serde_json::from_slice(bytes).map_err(damaged)?;
        let head: Head = serde_json::from_str(whole.get()).map_err(|_| DocumentError::OtherFormat)?;
        if head.format != FORMAT {
            return Err(DocumentError::OtherFormat);
        }
        if head.version > VERSION {
            return Err(DocumentError::Newer(head.version));
        }
        let envelope: Envelope<'_> = serde_json::from_str(whole.get()).map_err(damaged)?;
        if checksum(envelope.rollout.get()) != envelope.sha256 {
            return Err(DocumentError::Checksum);
        }
        let rollout: Self = serde_json::from_str(envelope.rollout.get()).map_err(damaged)?;
        // A wave without a state, or the other way round, would go unserved without a word.
        if rollout.waves.len() != rollout.phases.len() {
            return Err(DocumentError::Damaged("waves and their states do not match".to_owned()));
        }
        Ok(rollout)
    }
}

fn checksum(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}
