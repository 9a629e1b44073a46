//! Digests as text.

use sha2::{Digest, Sha256, digest::Output};

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// In small hexadecimal digits.
pub(crate) fn hex(digest: &Output<Sha256>) -> String {
    let digit = |half: u8| DIGITS.get(usize::from(half)).map_or('0', |digit| char::from(*digit));
    digest.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Shaped like a UUID. The texts are told apart: ("ab", "c") is another one than ("a", "bc").
pub(crate) fn uuid(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let hex = hex(&hasher.finalize()).to_uppercase();
    let groups = [0..8, 8..12, 12..16, 16..20, 20..32];
    groups.into_iter().filter_map(|group| hex.get(group)).collect::<Vec<_>>().join("-")
}
