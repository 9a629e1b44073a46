//! Codes of an authenticator app and recovery codes: each once, guessing slow, gone when removed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop where it fails")]

mod support;

use hub::AccountId;
use identity::{
    Secret,
    second_factor::{FactorError, FactorId, FactorKind, PasskeySite, TotpEnrolment},
};
use ledger::{Database, LedgerError, tables::second_factors, testing::both_engines};
use support::{House, SECOND};

/// What an authenticator app shows: RFC 6238 by hand, so that the same library is not asked twice.
fn shown(enrolment: &TotpEnrolment, seconds: i64) -> Secret {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &secret(enrolment));
    let tag = aws_lc_rs::hmac::sign(&key, &(seconds / 30).to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag[19] & 15);
    let number = u32::from_be_bytes(tag[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
    Secret::new(format!("{:06}", number % 1_000_000))
}

/// Base32 (RFC 4648), by hand as well.
fn secret(enrolment: &TotpEnrolment) -> Vec<u8> {
    let value = |letter| "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(letter).unwrap();
    let bits = enrolment.secret.reveal().chars().flat_map(|letter| {
        let number = value(letter);
        (0..5).rev().map(move |place| u8::from(number >> place & 1 == 1))
    });
    bits.collect::<Vec<u8>>().chunks_exact(8).map(octet).collect()
}

fn octet(bits: &[u8]) -> u8 {
    bits.iter().fold(0, |octet, bit| octet << 1 | bit)
}

async fn house(database: &Database) -> (House, AccountId) {
    let house = House::with_anna(database).await;
    let anna = house.anna().await;
    (house, anna)
}

fn seconds(house: &House) -> i64 {
    use hub::Clock;
    house.clock.now() / SECOND
}

async fn enrolled(house: &House, anna: AccountId) -> TotpEnrolment {
    let begun = house.identity.begin_totp(anna, "anna@example.org", "Bothways", "Phone").await.unwrap();
    house.identity.confirm_totp(anna, &begun.id, &shown(&begun, seconds(house))).await.unwrap();
    house.pass(30 * SECOND);
    begun
}

#[test]
fn an_authenticator_app_counts_once_it_has_shown_a_code() {
    both_engines(async |database| {
        let (house, anna) = house(&database).await;
        let identity = &house.identity;
        let begun = identity.begin_totp(anna, "anna@example.org", "Bothways", "Phone").await.unwrap();
        assert!(begun.address.reveal().starts_with("otpauth://totp/"), "{}", begun.address.reveal());
        assert!(!identity.has_second_factor(anna).await.unwrap());
        assert_eq!(identity.confirm_totp(anna, &begun.id, &Secret::new("000000")).await, Err(FactorError::Wrong));
        let code = shown(&begun, seconds(&house));
        identity.confirm_totp(anna, &begun.id, &code).await.unwrap();
        assert!(identity.has_second_factor(anna).await.unwrap());
        // The code that confirmed it is used up; the next one is good, once, and may be typed with a space.
        assert_eq!(identity.take_code(anna, &code).await, Err(FactorError::Wrong));
        house.pass(30 * SECOND);
        let next = shown(&begun, seconds(&house)).reveal().to_owned();
        let spaced = Secret::new(format!("{} {}", &next[..3], &next[3..]));
        assert_eq!(identity.take_code(anna, &spaced).await, Ok(FactorKind::Totp));
        assert_eq!(identity.take_code(anna, &spaced).await, Err(FactorError::Wrong));
    });
}

#[test]
fn a_code_of_the_next_half_minute_is_good_and_an_old_one_is_not() {
    both_engines(async |database| {
        let (house, anna) = house(&database).await;
        let begun = enrolled(&house, anna).await;
        let early = shown(&begun, seconds(&house) + 30);
        assert_eq!(house.identity.take_code(anna, &early).await, Ok(FactorKind::Totp));
        // The present one lies before the one that was taken.
        let present = shown(&begun, seconds(&house));
        assert_eq!(house.identity.take_code(anna, &present).await, Err(FactorError::Wrong));
        house.pass(300 * SECOND);
        let old = shown(&begun, seconds(&house) - 120);
        assert_eq!(house.identity.take_code(anna, &old).await, Err(FactorError::Wrong));
    });
}

#[test]
fn guessing_codes_is_slow_and_ends_with_the_pause() {
    both_engines(async |database| {
        let (house, anna) = house(&database).await;
        let begun = enrolled(&house, anna).await;
        let mut refused = None;
        for _ in 0..20 {
            match house.identity.take_code(anna, &Secret::new("000000")).await {
                Err(FactorError::TooManyAttempts { retry_after }) => {
                    refused = Some(retry_after);
                    break;
                }
                other => assert_eq!(other, Err(FactorError::Wrong)),
            }
        }
        let pause = i64::try_from(refused.unwrap().as_secs()).unwrap();
        let right = shown(&begun, seconds(&house));
        assert!(matches!(house.identity.take_code(anna, &right).await, Err(FactorError::TooManyAttempts { .. })));
        house.pass(pause * SECOND);
        let right = shown(&begun, seconds(&house));
        assert_eq!(house.identity.take_code(anna, &right).await, Ok(FactorKind::Totp));
    });
}

#[test]
fn a_recovery_code_stands_in_once_and_new_ones_replace_the_old() {
    both_engines(async |database| {
        let (house, anna) = house(&database).await;
        let identity = &house.identity;
        let old = identity.make_recovery_codes(anna).await.unwrap();
        assert!(!identity.has_second_factor(anna).await.unwrap(), "they stand in for something, and there is nothing");
        enrolled(&house, anna).await;
        assert_eq!(identity.take_code(anna, &old[0]).await, Ok(FactorKind::Recovery));
        assert_eq!(identity.take_code(anna, &old[0]).await, Err(FactorError::Wrong));
        let new = identity.make_recovery_codes(anna).await.unwrap();
        assert_eq!(identity.take_code(anna, &old[1]).await, Err(FactorError::Wrong));
        let shouted = Secret::new(format!(" {} ", new[1].reveal().to_uppercase()));
        assert_eq!(identity.take_code(anna, &shouted).await, Ok(FactorKind::Recovery));
    });
}

#[test]
fn an_administrator_takes_all_of_them_away() {
    both_engines(async |database| {
        let (house, anna) = house(&database).await;
        let begun = enrolled(&house, anna).await;
        let before = house.identity.find("anna").await.unwrap().unwrap();
        assert_eq!(house.identity.second_factors(anna).await.unwrap()[0].id, begun.id);
        assert_eq!(house.identity.reset_second_factors(&before.email).await.unwrap(), 1);
        assert_eq!(house.identity.second_factors(anna).await.unwrap(), []);
        let gone: FactorId = begun.id.to_string().parse().unwrap();
        assert_eq!(house.identity.remove_second_factor(anna, &gone).await, Err(FactorError::NoSuchFactor));
    });
}

#[test]
fn the_secret_of_an_app_is_sealed_in_the_database() {
    both_engines(async |database| {
        let (house, anna) = house(&database).await;
        let begun = enrolled(&house, anna).await;
        let rows = database.read::<_, LedgerError>(move |tx| second_factors::of_account(tx, &anna)).await.unwrap();
        let plain = secret(&begun);
        assert!(rows[0].secret.len() > plain.len());
        assert!(!rows[0].secret.windows(plain.len()).any(|part| part == plain));
    });
}

#[test]
fn passkeys_need_a_name_and_nonsense_is_no_passkey() {
    both_engines(async |database| {
        let (house, anna) = house(&database).await;
        let site = |origin: &str| PasskeySite { origin: origin.to_owned(), name: "Bothways".to_owned() };
        for origin in ["https://192.0.2.1", "http://[::1]:8080", "not an address"] {
            let begun = house.identity.begin_passkey(anna, "anna@example.org", "Anna", &site(origin)).await;
            assert!(matches!(begun, Err(FactorError::UnfitSite(_))), "{origin}: {begun:?}");
        }
        let site = site("https://contacts.example.org");
        let begun = house.identity.begin_passkey(anna, "anna@example.org", "Anna", &site).await.unwrap();
        for nonsense in ["", "{}", "null", "[1]"] {
            let finished = house.identity.finish_passkey(anna, "Key", &site, &begun.state, nonsense).await;
            assert_eq!(finished, Err(FactorError::Wrong), "{nonsense}");
        }
        assert_eq!(house.identity.ask_for_passkey(anna, &site).await, Ok(None));
    });
}
