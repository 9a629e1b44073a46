//! Challenge passwords: who has one gets one certificate for the person it was made for (RFC 8894 2.4).

use std::time::Duration;

use identity::Secret;
use ledger::{
    Transaction,
    tables::{
        audit as audit_table,
        certificates::{self as table, Challenge},
    },
};

use crate::{
    audit,
    authority::sha256,
    error::{CertificateError, Result},
    issuing::{checked_label, checked_life, welcome},
    limits,
    service::Certificates,
    time::span,
};

/// Letters that nobody takes for one another when they have to be typed.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// 30 letters of 5 bits.
const CHALLENGE_LETTERS: usize = 30;

/// What a challenge is kept as. It is random and long, so a plain digest tells nothing about it.
pub(crate) fn challenge_digest(challenge: &str) -> [u8; 32] {
    sha256(challenge.as_bytes())
}

impl Certificates {
    /// Makes a challenge password and returns it; it cannot be read again. It is good once, for `life`.
    ///
    /// # Errors
    /// The person does not exist or is disabled; the label or the life cannot be; there are too many open ones.
    pub async fn challenge(&self, email: &str, label: &str, life: Duration) -> Result<Secret> {
        let label = checked_label(label)?;
        let life = checked_life("a challenge", life, limits::CHALLENGE_LIFE_MAX)?;
        let mut random = [0; CHALLENGE_LETTERS];
        self.inner.entropy.fill(&mut random);
        let text: String = random
            .iter()
            .filter_map(|byte| LETTERS.get(usize::from(byte % 32)))
            .map(|byte| char::from(*byte))
            .collect();
        let digest = challenge_digest(&text);
        let now = self.inner.clock.now();
        let (email, identity) = (email.to_owned(), self.identity.clone());
        let keep = move |tx: &mut dyn Transaction| {
            let person = welcome(tx, &email)?;
            table::delete_challenges(tx, now.saturating_sub(span(limits::CHALLENGE_KEPT)))?;
            if table::open_challenges(tx, &person.account, now)? >= limits::CHALLENGES_OPEN_MAX {
                return Err(CertificateError::TooManyChallenges(person.email));
            }
            let expires_at = now.saturating_add(span(life));
            let challenge =
                Challenge { account: person.account, label: label.clone(), expires_at, used_at: None, serial: None };
            table::insert_challenge(tx, &digest, &challenge)?;
            let made = audit::challenge_made(challenge.account, &challenge.label, challenge.expires_at);
            Ok(audit_table::insert(tx, &identity.audited(made))?)
        };
        self.inner.ledger.write(keep).await?;
        // Made here, so that the authority is there before the first phone asks.
        self.authority().await?;
        Ok(Secret::new(text))
    }
}
