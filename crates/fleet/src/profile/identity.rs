//! UUIDs that follow from what they name: the same person on the same hub has the same ones tomorrow, on every server.

use std::fmt;

use sha2::{Digest, Sha256};

/// A UUID made from names (RFC 9562, version 8: SHA-256 as in its appendix B.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid([u8; 16]);

impl Uuid {
    /// The UUID of these words, in this order. Where one word ends and the next begins makes a difference.
    #[must_use]
    pub fn of(words: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for word in words {
            hash.update(word.len().to_be_bytes());
            hash.update(word);
        }
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
        let [.., version, _, variant, _, _, _, _, _, _, _] = &mut bytes;
        *version = *version & 0x0f | 0x80;
        *variant = *variant & 0x3f | 0x80;
        Self(bytes)
    }
}

/// In capitals, as Apple's tools write them. Devices compare the text.
impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, byte) in self.0.iter().enumerate() {
            if matches!(place, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02X}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_the_form_of_version_8() {
        let text = Uuid::of(&[b"anna"]).to_string();
        let groups: Vec<usize> = text.split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12]);
        assert_eq!(text.as_bytes()[14], b'8');
        assert!(b"89AB".contains(&text.as_bytes()[19]));
    }

    #[test]
    fn words_do_not_run_into_each_other() {
        assert_ne!(Uuid::of(&[b"ab", b"c"]), Uuid::of(&[b"a", b"bc"]));
    }
}
