//! Secrets as they are kept.
//!
//! What people choose is kept as an Argon2id PHC string. All of one person's share a salt, so that one computation
//! tells which of them a password is, however many there are, and that computation is the same for names that nobody
//! has. What we make ourselves is random enough (90 bits and more) that a plain SHA-256 gives nothing away; it costs
//! nothing to check.

use argon2::{
    Argon2,
    password_hash::phc::{Output, PasswordHash, Salt},
};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::error::{IdentityError, Result};

/// Letters that nobody takes for another letter or a digit.
const LETTERS: &[u8; 23] = b"abcdefghjkmnpqrstuvwxyz";
/// 20 of 23 letters: 90 bits.
const MADE_LETTERS: usize = 20;
const MADE: &str = "sha256$";

/// Randomness of salts.
pub(crate) type NewSalt = [u8; 16];

/// The hash of a password that somebody chose. `like` is another hash of the same person, whose salt is taken over.
pub(crate) fn hash_chosen(password: &str, like: Option<&str>, new_salt: NewSalt) -> Result<String> {
    let failed = |error: &dyn std::fmt::Display| IdentityError::Hashing(error.to_string());
    let like = like.and_then(|like| PasswordHash::new(like).ok()).and_then(|like| like.salt);
    let salt = match like {
        Some(salt) => salt,
        None => Salt::new(&new_salt).map_err(|error| failed(&error))?,
    };
    let argon2 = Argon2::default();
    let hash = argon2::PasswordHasher::<PasswordHash>::hash_password_with_salt(&argon2, password.as_bytes(), &salt);
    Ok(hash.map_err(|error| failed(&error))?.to_string())
}

/// Which of the hashes of chosen passwords this password has; `None` when it has none. Takes as long for no hash at
/// all as for any number of hashes that share a salt.
pub(crate) fn find_chosen(password: &str, hashes: &[String]) -> Option<usize> {
    let mut computed: Option<(Salt, String, Output)> = None;
    let mut found = None;
    for (place, hash) in hashes.iter().enumerate() {
        let Ok(hash) = PasswordHash::new(hash) else { continue };
        let (Some(salt), Some(expected)) = (hash.salt, hash.hash) else { continue };
        let cost = format!("{} {} {}", hash.algorithm, hash.params, expected.as_bytes().len());
        let known = computed.as_ref().is_some_and(|(at, with, _)| *at == salt && *with == cost);
        if !known {
            // Hashes of another origin keep the cost they came with.
            let Ok(params) = argon2::Params::try_from(&hash) else { continue };
            let Ok(algorithm) = argon2::Algorithm::try_from(hash.algorithm.as_str()) else { continue };
            let argon2 = Argon2::new(algorithm, argon2::Version::default(), params);
            let output =
                argon2::PasswordHasher::<PasswordHash>::hash_password_with_salt(&argon2, password.as_bytes(), &salt);
            let Some(output) = output.ok().and_then(|hash| hash.hash) else { continue };
            computed = Some((salt, cost, output));
        }
        let Some((_, _, output)) = &computed else { continue };
        if bool::from(output.as_bytes().ct_eq(expected.as_bytes())) {
            found = Some(place);
        }
    }
    if computed.is_none() {
        // Nobody, or nobody with a password: the same work for nothing.
        let _ = hash_chosen(password, None, [0; 16]);
    }
    found
}

/// A fresh app password, four groups of five letters as people can type them, from 64 random bytes.
pub(crate) fn make_app_password(fill: &mut dyn FnMut(&mut [u8])) -> String {
    let mut letters = Vec::with_capacity(MADE_LETTERS);
    while letters.len() < MADE_LETTERS {
        let mut random = [0_u8; 64];
        fill(&mut random);
        // Bytes above the last whole multiple would make some letters likelier.
        let fair = random.iter().filter(|byte| usize::from(**byte) < LETTERS.len() * (256 / LETTERS.len()));
        let drawn = fair.filter_map(|byte| LETTERS.get(usize::from(*byte) % LETTERS.len()));
        letters.extend(drawn.copied().map(char::from).take(MADE_LETTERS - letters.len()));
    }
    letters.chunks(5).map(String::from_iter).collect::<Vec<_>>().join("-")
}

/// The letters of an app password that we made, however it was typed; `None` when it cannot be one.
fn made_letters(password: &str) -> Option<String> {
    let letters: String =
        password.chars().filter(|c| !matches!(c, '-' | ' ')).map(|c| c.to_ascii_lowercase()).collect();
    (letters.len() == MADE_LETTERS && letters.bytes().all(|letter| LETTERS.contains(&letter))).then_some(letters)
}

/// The hash of an app password that we made.
pub(crate) fn hash_made(password: &str) -> Result<String> {
    let letters = made_letters(password).ok_or(IdentityError::UnfitPassword)?;
    Ok(format!("{MADE}{}", STANDARD_NO_PAD.encode(Sha256::digest(letters.as_bytes()))))
}

/// Whether a hash is one of a secret that we made.
pub(crate) fn is_made(hash: &str) -> bool {
    hash.starts_with(MADE)
}

/// Whether a password is the one we made and keep as this hash.
pub(crate) fn is_this_made(password: &str, hash: &str) -> bool {
    hash_made(password).is_ok_and(|computed| bool::from(computed.as_bytes().ct_eq(hash.as_bytes())))
}

/// The digest under which a token is kept.
pub(crate) fn token_digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_persons_secrets_share_a_salt_and_are_told_apart() {
        let first = hash_chosen("first", None, [1; 16]).unwrap();
        let second = hash_chosen("second", Some(&first), [2; 16]).unwrap();
        let foreign = hash_chosen("foreign", None, [3; 16]).unwrap();
        assert_eq!(first.split('$').nth(4), second.split('$').nth(4), "the salt");
        assert!(first.starts_with("$argon2id$v=19$m="));
        let hashes = [first, second, foreign];
        assert_eq!(find_chosen("second", &hashes), Some(1));
        assert_eq!(find_chosen("first", &hashes), Some(0));
        assert_eq!(find_chosen("foreign", &hashes), Some(2));
        assert_eq!(find_chosen("third", &hashes), None);
        assert_eq!(find_chosen("first", &[]), None);
        assert_eq!(find_chosen("first", &["$nonsense".to_owned(), String::new()]), None);
    }

    #[test]
    fn a_hash_of_another_cost_is_still_checked() {
        let cheap = Argon2::new(
            argon2::Algorithm::Argon2i,
            argon2::Version::default(),
            argon2::Params::new(64, 1, 1, None).unwrap(),
        );
        let hash = argon2::PasswordHasher::<PasswordHash>::hash_password_with_salt(&cheap, b"pass", &[7; 16]).unwrap();
        assert_eq!(find_chosen("pass", &[hash.to_string()]), Some(0));
    }

    #[test]
    fn an_app_password_may_be_typed_with_or_without_hyphens() {
        let mut state = 0_u8;
        let made = make_app_password(&mut |buffer| {
            for byte in buffer {
                state = state.wrapping_mul(181).wrapping_add(91);
                *byte = state;
            }
        });
        assert_eq!(made.split('-').map(str::len).collect::<Vec<_>>(), [5; 4]);
        let hash = hash_made(&made).unwrap();
        assert!(is_made(&hash) && !hash.contains(&made));
        assert!(is_this_made(&made, &hash));
        assert!(is_this_made(&made.replace('-', ""), &hash));
        assert!(is_this_made(&made.to_uppercase().replace('-', " "), &hash));
        assert!(!is_this_made(&made.replace(made.chars().next().unwrap(), "i"), &hash));
        assert!(!is_this_made("", &hash));
    }
}
