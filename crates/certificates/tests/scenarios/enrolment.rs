//! A phone gets its certificate.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::StatusCode;
use ledger::testing::{both_engines, sqlite};
use x509_cert::der::Encode;

use crate::{
    house::{ANNA, HOUR, House, said},
    phone::{Answer, CERT_POLL, GET_CERT, GET_CRL, PKCS_REQ, Phone, RENEWAL_REQ, encrypted, loosened},
};

const OPERATION: &str = "/scep?operation=PKIOperation";

async fn ask(house: &House, phone: &Phone, message: Vec<u8>) -> Answer {
    let (status, answer) = house.post(OPERATION, message).await;
    assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&answer));
    phone.read(&answer, &*house.authority().await)
}

#[test]
fn a_phone_with_a_challenge_gets_a_certificate_that_names_the_person_and_not_what_it_asked_for() {
    both_engines(async |ledger| {
        let house = House::on(ledger).await;
        let authority = house.authority().await;
        let phone = Phone::new(0);
        let challenge = house.challenge(ANNA).await;
        let certificate = ask(&house, &phone, phone.enrol(&authority, &challenge)).await.certificate();
        assert_eq!(certificate.tbs_certificate.subject_public_key_info, phone.public_key());

        house.authority_file().await;
        house.file("phone.der", &certificate.to_der().unwrap());
        let shown = said(&house.openssl(&["x509", "-inform", "DER", "-in", "phone.der", "-noout", "-text"]));
        for expected in [
            "Subject: CN = anna@example.org",
            "email:anna@example.org",
            "othername: UPN::anna@example.org",
            "TLS Web Client Authentication",
            "URI:http://contacts.example.org/crl",
            "OCSP - URI:http://contacts.example.org/ocsp",
        ] {
            assert!(shown.contains(expected), "{expected} is not in {shown}");
        }
        assert!(!shown.contains("root@example.org"), "{shown}");
        house.openssl(&["x509", "-inform", "DER", "-in", "phone.der", "-out", "phone.pem"]);
        let verified = said(&house.openssl(&[
            "verify",
            "-x509_strict",
            "-purpose",
            "sslclient",
            "-CAfile",
            "authority.pem",
            "phone.pem",
        ]));
        assert_eq!(verified, "phone.pem: OK\n");
        let list = house.certificates.list(Some(ANNA)).await.unwrap();
        assert_eq!((list.len(), list[0].label.as_str(), list[0].scep), (1, "iPhone", true));
    });
}

#[test]
fn a_message_may_come_in_a_get_too() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let phone = Phone::new(0);
        let challenge = house.challenge(ANNA).await;
        let message = STANDARD.encode(phone.enrol(&*house.authority().await, &challenge));
        let escaped = form_urlencoded::byte_serialize(message.as_bytes()).collect::<String>();
        let (status, answer) = house.get(&format!("{OPERATION}&message={escaped}")).await;
        assert_eq!(status, StatusCode::OK);
        phone.read(&answer, &*house.authority().await).certificate();
    });
}

#[test]
fn ios_writes_indefinite_lengths_and_strings_in_pieces() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let phone = Phone::new(0);
        let request = phone.request(Some(&house.challenge(ANNA).await));
        let envelope = loosened(&encrypted(house.authority().await.certificate(), &request));
        let message = loosened(&phone.signed(PKCS_REQ, &envelope));
        assert!(message.starts_with(&[0x30, 0x80]));
        let certificate = ask(&house, &phone, message).await.certificate();
        assert_eq!(certificate.tbs_certificate.subject_public_key_info, phone.public_key());
    });
}

#[test]
fn a_lost_answer_is_given_again_and_is_the_same_certificate() {
    both_engines(async |ledger| {
        let house = House::on(ledger).await;
        let phone = Phone::new(0);
        let message = phone.enrol(&*house.authority().await, &house.challenge(ANNA).await);
        let first = ask(&house, &phone, message.clone()).await.certificate();
        assert_eq!(ask(&house, &phone, message).await.certificate(), first);
        assert_eq!(
            ask(&house, &phone, phone.message(&*house.authority().await, CERT_POLL, b"")).await.certificate(),
            first
        );
        assert_eq!(house.certificates.list(None).await.unwrap().len(), 1);
    });
}

#[test]
fn two_requests_at_once_with_one_challenge_get_one_certificate() {
    both_engines(async |ledger| {
        let house = House::on(ledger).await;
        let phone = Phone::new(0);
        let message = phone.enrol(&*house.authority().await, &house.challenge(ANNA).await);
        let (one, other) = tokio::join!(ask(&house, &phone, message.clone()), ask(&house, &phone, message));
        assert_eq!(one.certificate(), other.certificate());
        assert_eq!(house.certificates.list(None).await.unwrap().len(), 1);
    });
}

#[test]
fn a_certificate_renews_itself_with_another_key_and_without_a_challenge() {
    both_engines(async |ledger| {
        let house = House::on(ledger).await;
        let authority = house.authority().await;
        let old = Phone::new(0);
        let certificate = ask(&house, &old, old.enrol(&authority, &house.challenge(ANNA).await)).await.certificate();
        let old = old.with_certificate(certificate.clone());
        let message = old.message(&authority, RENEWAL_REQ, &Phone::new(1).request(None));
        house.pass(HOUR);
        let renewed = ask(&house, &old, message.clone()).await.certificate();
        assert_eq!(renewed.tbs_certificate.subject_public_key_info, Phone::new(1).public_key());
        assert_eq!(renewed.tbs_certificate.subject, certificate.tbs_certificate.subject);
        assert_eq!(ask(&house, &old, message).await.certificate(), renewed, "a lost answer");
        assert_eq!(house.certificates.list(None).await.unwrap().len(), 2);
    });
}

#[test]
fn the_authority_its_abilities_and_its_list_can_be_had() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let (status, abilities) = house.get("/scep?operation=GetCACaps").await;
        let abilities = String::from_utf8(abilities).unwrap();
        assert_eq!(status, StatusCode::OK);
        for ability in ["AES", "POSTPKIOperation", "Renewal", "SHA-256", "SHA-512", "SCEPStandard"] {
            assert!(abilities.lines().any(|line| line == ability), "{abilities}");
        }
        let (_, authority) = house.get("/scep?operation=GetCACert").await;
        assert_eq!(authority, house.authority().await.der());
        let authority = house.authority().await;
        let phone = Phone::new(0);
        let list = ask(&house, &phone, phone.message(&authority, GET_CRL, b"")).await;
        assert_eq!(list, Answer::Crl(house.certificates.crl().await.unwrap()));
    });
}

#[test]
fn a_phone_gets_its_own_certificate_again_and_nobody_elses() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let authority = house.authority().await;
        let phone = Phone::new(0);
        let certificate =
            ask(&house, &phone, phone.enrol(&authority, &house.challenge(ANNA).await)).await.certificate();
        let wanted = cms::cert::IssuerAndSerialNumber {
            issuer: certificate.tbs_certificate.issuer.clone(),
            serial_number: certificate.tbs_certificate.serial_number.clone(),
        }
        .to_der()
        .unwrap();
        let phone = phone.with_certificate(certificate.clone());
        let again = ask(&house, &phone, phone.message(&authority, GET_CERT, &wanted)).await;
        assert_eq!(again.certificate(), certificate);
        let forger = Phone::forging(1, &certificate);
        let answer = ask(&house, &forger, forger.message(&authority, GET_CERT, &wanted)).await;
        assert_eq!(answer, Answer::Failure("4".into()));
    });
}

#[test]
fn the_authority_is_the_same_on_every_node_and_opens_with_the_installations_key_alone() {
    both_engines(async |ledger| {
        let house = House::on(ledger).await;
        let (one, other) = (house.another([7; 32]), house.another([7; 32]));
        let (first, second) = tokio::join!(one.authority(), other.authority());
        assert_eq!(first.der(), second.der());
        let error = house.another([8; 32]).certificates.authority().await.unwrap_err().to_string();
        assert!(error.contains("secret.key"), "{error}");
    });
}
