//! Those who should get nothing, and get nothing.

use http::StatusCode;
use ledger::testing::{both_engines, sqlite};

use crate::{
    house::{ANNA, BEN, HOUR, House},
    phone::{Answer, CERT_POLL, PKCS_REQ, Phone, RENEWAL_REQ, encrypted},
};

const OPERATION: &str = "/scep?operation=PKIOperation";

fn refused(fail_info: &str) -> Answer {
    Answer::Failure(fail_info.to_owned())
}

async fn ask(house: &House, phone: &Phone, message: Vec<u8>) -> Answer {
    let (status, answer) = house.post(OPERATION, message).await;
    assert_eq!(status, StatusCode::OK);
    phone.read(&answer, &*house.authority().await)
}

async fn issued(house: &House) -> usize {
    house.certificates.list(None).await.unwrap().len()
}

#[test]
fn a_challenge_is_good_once() {
    both_engines(async |ledger| {
        let house = House::on(ledger).await;
        let authority = house.authority().await;
        let challenge = house.challenge(ANNA).await;
        let phone = Phone::new(0);
        ask(&house, &phone, phone.enrol(&authority, &challenge)).await.certificate();
        // Another transaction with the same key; the same transaction with another key; both.
        let again = phone.clone().in_transaction("another");
        assert_eq!(ask(&house, &again, again.enrol(&authority, &challenge)).await, refused("2"));
        let thief = Phone::new(1).in_transaction(&phone.transaction_id);
        assert_eq!(ask(&house, &thief, thief.enrol(&authority, &challenge)).await, refused("2"));
        let stranger = Phone::new(2);
        assert_eq!(ask(&house, &stranger, stranger.enrol(&authority, &challenge)).await, refused("2"));
        assert_eq!(ask(&house, &thief, thief.message(&authority, CERT_POLL, b"")).await, refused("4"));
        assert_eq!(issued(&house).await, 1);
    });
}

#[test]
fn of_two_phones_with_one_challenge_at_once_one_gets_a_certificate() {
    both_engines(async |ledger| {
        let house = House::on(ledger).await;
        let authority = house.authority().await;
        let challenge = house.challenge(ANNA).await;
        let (one, other) = (Phone::new(0), Phone::new(1));
        let (first, second) = tokio::join!(
            ask(&house, &one, one.enrol(&authority, &challenge)),
            ask(&house, &other, other.enrol(&authority, &challenge))
        );
        assert!((first == refused("2")) != (second == refused("2")), "{first:?} {second:?}");
        assert_eq!(issued(&house).await, 1);
    });
}

#[test]
fn an_ended_a_wrong_and_a_missing_challenge_are_refused_alike() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let authority = house.authority().await;
        let challenge = house.challenge(ANNA).await;
        let phone = Phone::new(0);
        house.pass(HOUR);
        assert_eq!(ask(&house, &phone, phone.enrol(&authority, &challenge)).await, refused("2"));
        assert_eq!(ask(&house, &phone, phone.enrol(&authority, "guessed")).await, refused("2"));
        assert_eq!(ask(&house, &phone, phone.enrol(&authority, "")).await, refused("2"));
        let without = phone.message(&authority, PKCS_REQ, &phone.request(None));
        assert_eq!(ask(&house, &phone, without).await, refused("2"));
        assert_eq!(issued(&house).await, 0);
    });
}

#[test]
fn a_disabled_person_gets_neither_a_challenge_nor_a_certificate_nor_a_renewal() {
    both_engines(async |ledger| {
        let house = House::on(ledger).await;
        let authority = house.authority().await;
        let (used, open) = (house.challenge(ANNA).await, house.challenge(ANNA).await);
        let phone = Phone::new(0);
        let message = phone.enrol(&authority, &used);
        let certificate = ask(&house, &phone, message.clone()).await.certificate();
        house.disable(1).await;
        let other = Phone::new(1);
        assert_eq!(ask(&house, &other, other.enrol(&authority, &open)).await, refused("2"));
        assert_eq!(ask(&house, &phone, message).await, refused("2"), "not even what was lost");
        let phone = phone.with_certificate(certificate);
        let renewal = phone.message(&authority, RENEWAL_REQ, &Phone::new(1).request(None));
        assert_eq!(ask(&house, &phone, renewal).await, refused("2"));
        assert!(house.certificates.challenge(ANNA, "iPhone", HOUR).await.is_err());
        assert!(house.certificates.issue(ANNA, "iPhone", None).await.is_err());
        assert!(house.certificates.challenge(BEN, "iPhone", HOUR).await.is_ok());
    });
}

#[test]
fn a_challenge_cannot_be_redeemed_for_a_key_that_did_not_sign_the_message() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let authority = house.authority().await;
        let challenge = house.challenge(ANNA).await;
        let (phone, other) = (Phone::new(0), Phone::new(1));
        let message = phone.message(&authority, PKCS_REQ, &other.request(Some(&challenge)));
        assert_eq!(ask(&house, &phone, message).await, refused("2"));
    });
}

#[test]
fn a_revoked_a_forged_and_an_ended_certificate_renew_nothing() {
    both_engines(async |ledger| {
        let house = House::on(ledger).await;
        let authority = house.authority().await;
        let phone = Phone::new(0);
        let certificate =
            ask(&house, &phone, phone.enrol(&authority, &house.challenge(ANNA).await)).await.certificate();
        let request = Phone::new(1).request(None);

        let forger = Phone::forging(1, &certificate);
        assert_eq!(ask(&house, &forger, forger.message(&authority, RENEWAL_REQ, &request)).await, refused("2"));
        let stranger = Phone::new(2);
        assert_eq!(ask(&house, &stranger, stranger.message(&authority, RENEWAL_REQ, &request)).await, refused("2"));

        let phone = phone.with_certificate(certificate);
        let serial = house.certificates.list(None).await.unwrap()[0].serial.clone();
        house.certificates.revoke(&serial, certificates::Reason::KeyCompromise).await.unwrap();
        assert_eq!(ask(&house, &phone, phone.message(&authority, RENEWAL_REQ, &request)).await, refused("2"));

        let second = Phone::new(2);
        let certificate =
            ask(&house, &second, second.enrol(&authority, &house.challenge(ANNA).await)).await.certificate();
        let second = second.with_certificate(certificate);
        house.pass(HOUR * 24 * 366);
        assert_eq!(ask(&house, &second, second.message(&authority, RENEWAL_REQ, &request)).await, refused("2"));
    });
}

#[test]
fn a_message_encrypted_to_somebody_else_or_to_nobody_is_not_intact() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let authority = house.authority().await;
        let phone = Phone::new(0);
        let challenge = house.challenge(ANNA).await;
        let to_other = encrypted(&Phone::new(1).certificate, &phone.request(Some(&challenge)));
        for content in [&to_other[..], b"", b"\x30\x80", b"nonsense", authority.der()] {
            assert_eq!(ask(&house, &phone, phone.signed(PKCS_REQ, content)).await, refused("1"));
        }
        for plain in [&b""[..], b"\x30\x00", b"nonsense", authority.der()] {
            assert_eq!(ask(&house, &phone, phone.message(&authority, PKCS_REQ, plain)).await, refused("1"));
        }
        assert_eq!(ask(&house, &phone, phone.message(&authority, "99", b"")).await, refused("2"));
    });
}

#[test]
fn a_message_changed_on_the_way_gets_nobody_else_a_certificate() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let phone = Phone::new(0);
        let message = phone.enrol(&*house.authority().await, &house.challenge(ANNA).await);
        for length in (0..message.len()).step_by(13) {
            assert_eq!(house.post(OPERATION, message[..length].to_vec()).await.0, StatusCode::BAD_REQUEST);
        }
        assert_eq!(issued(&house).await, 0);
        // Every 7th byte: each costs a signature check. Some bytes are in nobody's signature and mean nothing.
        for place in (0..message.len()).step_by(7) {
            let mut changed = message.clone();
            changed[place] ^= 1;
            let (status, answer) = house.post(OPERATION, changed).await;
            if status == StatusCode::BAD_REQUEST {
                continue;
            }
            if let granted @ Answer::Certificates(_) = phone.read(&answer, &*house.authority().await) {
                let granted = granted.certificate().tbs_certificate;
                assert_eq!(granted.subject_public_key_info, phone.public_key(), "byte {place}");
                assert_eq!(granted.subject.to_string(), format!("CN={ANNA}"));
            }
        }
        assert!(issued(&house).await <= 1);
    });
}

#[test]
fn endless_deep_and_foreign_messages_are_refused_without_a_word_more() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let too_large = vec![0x30; certificates::limits::SCEP_BYTES_MAX + 1];
        assert_eq!(house.post(OPERATION, too_large).await.0, StatusCode::PAYLOAD_TOO_LARGE);
        let deep = [0x30, 0x80].repeat(20_000);
        for message in [vec![], b"hello".to_vec(), deep, house.authority().await.der().to_vec()] {
            assert_eq!(house.post(OPERATION, message).await.0, StatusCode::BAD_REQUEST);
        }
        for path in [
            "/scep",
            "/scep?operation=Nothing",
            "/scep?operation=PKIOperation&message=!",
            "/scep?operation=PKIOperation",
        ] {
            assert_eq!(house.get(path).await.0, StatusCode::BAD_REQUEST, "{path}");
        }
    });
}
