//! Codes and refresh tokens as texts: whose they are, what they belong to, and a secret.
//!
//! The secret bears a tag of the installation, so that an invented one is told from one that once was good: only the
//! latter is a sign of theft, and nobody can end a session by naming it. The one that follows a refresh token is made of
//! it by a keyed function: who asks twice with the same gets the same, and there is never more than one successor.

use std::fmt;

use aws_lc_rs::{constant_time, hmac};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hub::{AccountId, Entropy};
use sha2::{Digest, Sha256};

use crate::{credentials::Secret, seal::InstallationKey};

/// What a ticket is for. One kind never passes for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Code,
    Refresh,
}

impl Kind {
    fn name(self) -> &'static [u8] {
        match self {
            Self::Code => b"code",
            Self::Refresh => b"refresh",
        }
    }
}

/// A code or refresh token, taken apart.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(crate) account: AccountId,
    /// The session of a refresh token; random for a code.
    pub(crate) id: [u8; 16],
    random: [u8; 16],
    tag: [u8; 16],
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket").field("account", &self.account).finish_non_exhaustive()
    }
}

/// Makes and reads tickets.
pub(crate) struct Tickets {
    tags: hmac::Key,
    successors: hmac::Key,
}

impl Tickets {
    pub(crate) fn new(key: &InstallationKey) -> Self {
        let derived = |purpose| hmac::Key::new(hmac::HMAC_SHA256, &key.derive(purpose));
        Self { tags: derived("tags of codes and refresh tokens"), successors: derived("successors of refresh tokens") }
    }

    pub(crate) fn draw(&self, kind: Kind, account: AccountId, id: [u8; 16], entropy: &dyn Entropy) -> Ticket {
        let mut random = [0; 16];
        entropy.fill(&mut random);
        self.tagged(kind, account, id, random)
    }

    /// The only refresh token that may take the place of this one.
    pub(crate) fn successor(&self, of: &Ticket) -> Ticket {
        let random = keyed(&self.successors, &[&of.account.0, &of.id, &of.random]);
        self.tagged(Kind::Refresh, of.account, of.id, random)
    }

    /// Reads a text; `None` for whatever was not made here.
    pub(crate) fn read(&self, kind: Kind, text: &Secret) -> Option<Ticket> {
        let bytes = URL_SAFE_NO_PAD.decode(text.reveal()).ok()?;
        let [account, id, random, tag] = parts(&bytes)?;
        let made = self.tagged(kind, AccountId(account), id, random);
        constant_time::verify_slices_are_equal(&made.tag, &tag).ok()?;
        Some(made)
    }

    fn tagged(&self, kind: Kind, account: AccountId, id: [u8; 16], random: [u8; 16]) -> Ticket {
        let tag = keyed(&self.tags, &[&account.0, &id, &random, kind.name()]);
        Ticket { account, id, random, tag }
    }
}

fn keyed(key: &hmac::Key, parts: &[&[u8]]) -> [u8; 16] {
    let tag = hmac::sign(key, &parts.concat());
    let mut short = [0; 16];
    for (to, from) in short.iter_mut().zip(tag.as_ref()) {
        *to = *from;
    }
    short
}

fn parts(bytes: &[u8]) -> Option<[[u8; 16]; 4]> {
    let (chunks, []) = bytes.as_chunks::<16>() else { return None };
    chunks.try_into().ok()
}

impl Ticket {
    pub(crate) fn text(&self) -> Secret {
        Secret::new(URL_SAFE_NO_PAD.encode(self.bytes()))
    }

    /// What is kept of it.
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.bytes()).into()
    }

    fn bytes(&self) -> Vec<u8> {
        [&self.account.0[..], &self.id, &self.random, &self.tag].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);

    impl Entropy for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0);
        }
    }

    fn tickets() -> Tickets {
        Tickets::new(&InstallationKey::from([7; 32]))
    }

    #[test]
    fn a_ticket_is_read_again_as_what_it_was_made_for_only() {
        let tickets = tickets();
        let ticket = tickets.draw(Kind::Code, AccountId([1; 16]), [2; 16], &Fixed(3));
        let text = ticket.text();
        assert_eq!(text.reveal().len(), 86);
        assert_eq!(tickets.read(Kind::Code, &text), Some(ticket));
        assert_eq!(tickets.read(Kind::Refresh, &text), None);
        assert_eq!(Tickets::new(&InstallationKey::from([8; 32])).read(Kind::Code, &text), None);
    }

    #[test]
    fn nobody_can_invent_one() {
        let tickets = tickets();
        for text in ["", "x", &"A".repeat(86), &"A".repeat(85), &"A".repeat(100), "ü"] {
            assert_eq!(tickets.read(Kind::Refresh, &Secret::new(text)), None, "{text}");
        }
    }

    #[test]
    fn a_refresh_token_has_one_successor_and_it_is_another() {
        let tickets = tickets();
        let first = tickets.draw(Kind::Refresh, AccountId([1; 16]), [2; 16], &Fixed(3));
        let second = tickets.successor(&first);
        assert_eq!(tickets.successor(&first), second);
        assert_eq!(tickets.read(Kind::Refresh, &second.text()), Some(second.clone()));
        assert!(first.digest() != second.digest() && tickets.successor(&second) != second);
    }
}
