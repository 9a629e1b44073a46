//! Secrets that have to be read again (signing keys, second factors, the state of a sign-in in a cookie), encrypted.
//!
//! AES-256-GCM under a key of its own for each purpose, made from the installation's key; the purpose is also what the
//! ciphertext is bound to. So what was sealed as one thing never opens as another, whoever moves it there.

use std::fmt;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
};
use hub::Entropy;

use crate::authenticate::Identity;

/// The key of an installation, of which every other key is made. Whoever has it and the database has everything.
#[derive(Clone, PartialEq, Eq)]
pub struct InstallationKey([u8; 32]);

/// Something that was not sealed here for this purpose, or was changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this was not sealed here, or was changed")]
pub struct NotSealedHere;

impl fmt::Debug for InstallationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InstallationKey(...)")
    }
}

impl From<[u8; 32]> for InstallationKey {
    fn from(key: [u8; 32]) -> Self {
        Self(key)
    }
}

impl InstallationKey {
    /// Draws a new one.
    #[must_use]
    pub fn draw(entropy: &dyn Entropy) -> Self {
        let mut key = [0; 32];
        entropy.fill(&mut key);
        Self(key)
    }

    /// The key itself, for the file it is kept in.
    #[must_use]
    pub fn reveal(&self) -> &[u8; 32] {
        &self.0
    }

    /// Thirty-two bytes that follow from this key and a purpose, and that tell nothing about it.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.0), purpose.as_bytes());
        let mut derived = [0; 32];
        for (to, from) in derived.iter_mut().zip(tag.as_ref()) {
            *to = *from;
        }
        derived
    }

    /// Seals some bytes: a nonce, the ciphertext, a tag.
    #[must_use]
    pub fn seal(&self, purpose: &str, plain: &[u8], entropy: &dyn Entropy) -> Vec<u8> {
        let mut nonce = [0; NONCE_LEN];
        entropy.fill(&mut nonce);
        let mut text = plain.to_vec();
        let tag = self.cipher(purpose).and_then(|cipher| {
            cipher
                .seal_in_place_separate_tag(
                    Nonce::assume_unique_for_key(nonce),
                    Aad::from(purpose.as_bytes()),
                    &mut text,
                )
                .ok()
        });
        // Thirty-two bytes are always a key, and only texts of gigabytes are too long: then nothing opens.
        let Some(tag) = tag else { return Vec::new() };
        [&nonce[..], &text, tag.as_ref()].concat()
    }

    /// Opens what was sealed for the same purpose.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, NotSealedHere> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(NotSealedHere)?;
        let cipher = self.cipher(purpose).ok_or(NotSealedHere)?;
        let mut text = text.to_vec();
        let aad = Aad::from(purpose.as_bytes());
        let plain = cipher.open_in_place(Nonce::assume_unique_for_key(*nonce), aad, &mut text);
        let length = plain.map_err(|_| NotSealedHere)?.len();
        text.truncate(length);
        Ok(text)
    }

    fn cipher(&self, purpose: &str) -> Option<LessSafeKey> {
        let key = self.derive(&format!("seal {purpose}"));
        UnboundKey::new(&AES_256_GCM, &key).ok().map(LessSafeKey::new)
    }
}

impl Identity {
    /// Seals some bytes under the installation's key, for this purpose alone.
    #[must_use]
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Vec<u8> {
        self.inner.settings.key.seal(purpose, plain, &*self.inner.entropy)
    }

    /// Opens what was sealed for the same purpose, by any server of this installation.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, NotSealedHere> {
        self.inner.settings.key.open(purpose, sealed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Zeros;

    impl Entropy for Zeros {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(0);
        }
    }

    #[test]
    fn what_is_sealed_opens_again_for_the_same_purpose_only() {
        let key = InstallationKey::from([7; 32]);
        let sealed = key.seal("totp", b"secret", &Zeros);
        assert!(!sealed.windows(6).any(|part| part == b"secret"));
        assert_eq!(key.open("totp", &sealed).as_deref(), Ok(&b"secret"[..]));
        assert_eq!(key.open("cookie", &sealed), Err(NotSealedHere));
        assert_eq!(InstallationKey::from([8; 32]).open("totp", &sealed), Err(NotSealedHere));
    }

    #[test]
    fn a_changed_bit_anywhere_is_noticed() {
        let key = InstallationKey::from([7; 32]);
        let sealed = key.seal("totp", b"secret", &Zeros);
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert_eq!(key.open("totp", &changed), Err(NotSealedHere), "byte {place}");
        }
        for length in 0..sealed.len() {
            assert_eq!(key.open("totp", &sealed[..length]), Err(NotSealedHere));
        }
    }

    #[test]
    fn the_key_never_shows_in_a_log() {
        assert_eq!(format!("{:?}", InstallationKey::from([7; 32])), "InstallationKey(...)");
    }
}
