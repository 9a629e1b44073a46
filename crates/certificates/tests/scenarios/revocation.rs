//! What OpenSSL makes of the revocation list and of OCSP answers.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use certificates::Reason;
use http::StatusCode;
use ledger::testing::{both_engines, sqlite};

use crate::house::{ANNA, House, said};

/// A certificate of Anna's as `NAME.pem`; its serial number.
async fn issue(house: &House, name: &str) -> String {
    let issued = house.certificates.issue(ANNA, name, None).await.unwrap();
    house.file("one.der", issued.certificate());
    let pem = format!("{name}.pem");
    assert!(house.openssl(&["x509", "-inform", "DER", "-in", "one.der", "-out", &pem]).status.success());
    issued.serial
}

async fn verified(house: &House, name: &str) -> String {
    let (status, list) = house.get("/crl").await;
    assert_eq!(status, StatusCode::OK);
    house.file("list.der", &list);
    assert!(house.openssl(&["crl", "-inform", "DER", "-in", "list.der", "-out", "list.pem"]).status.success());
    let pem = format!("{name}.pem");
    said(&house.openssl(&["verify", "-crl_check", "-CAfile", "authority.pem", "-CRLfile", "list.pem", &pem]))
}

#[test]
fn openssl_finds_a_revoked_certificate_on_the_list_and_no_other() {
    both_engines(async |ledger| {
        let house = House::on(ledger).await;
        house.authority_file().await;
        let (lost, _) = (issue(&house, "lost").await, issue(&house, "kept").await);
        assert_eq!(verified(&house, "lost").await, "lost.pem: OK\n");
        // By another process, as a command does.
        house.another([7; 32]).certificates.revoke(&lost, Reason::KeyCompromise).await.unwrap();
        let found = verified(&house, "lost").await;
        assert!(found.contains("certificate revoked"), "{found}");
        assert_eq!(verified(&house, "kept").await, "kept.pem: OK\n");
        let shown = said(&house.openssl(&["crl", "-in", "list.pem", "-noout", "-text"]));
        assert!(shown.to_lowercase().contains(&lost) && shown.contains("Key Compromise"), "{shown}");
        assert!(shown.contains("X509v3 CRL Number: \n                2"), "{shown}");
    });
}

#[test]
fn a_list_is_kept_until_something_is_revoked_or_it_gets_old() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let serial = issue(&house, "one").await;
        let first = house.get("/crl").await.1;
        assert_eq!(house.get("/crl").await.1, first);
        house.pass(Duration::from_hours(25));
        let second = house.get("/crl").await.1;
        assert_ne!(second, first);
        house.certificates.revoke(&serial, Reason::Superseded).await.unwrap();
        assert_ne!(house.get("/crl").await.1, second);
        let again = house.certificates.revoke(&serial, Reason::Superseded).await.unwrap_err().to_string();
        assert!(again.contains("already"), "{again}");
        assert!(house.certificates.revoke("00", Reason::Superseded).await.is_err());
    });
}

/// What OpenSSL finds out by asking.
fn asked(house: &House, url: &str, name: &str, more: &[&str]) -> String {
    let (pem, url) = (format!("{name}.pem"), format!("{url}/ocsp"));
    let about = ["-issuer", "authority.pem", "-cert", &pem, "-CAfile", "authority.pem"];
    said(&house.openssl(&[&["ocsp", "-url", &url][..], more, &about].concat()))
}

#[test]
fn openssl_is_told_whether_a_certificate_is_good_revoked_or_unknown() {
    both_engines(async |ledger| {
        let house = House::on(ledger).await;
        house.authority_file().await;
        let url = house.served().await;
        let (lost, _) = (issue(&house, "lost").await, issue(&house, "kept").await);
        house.certificates.revoke(&lost, Reason::KeyCompromise).await.unwrap();
        for more in [&[][..], &["-no_nonce"], &["-sha256"]] {
            let good = asked(&house, &url, "kept", more);
            assert!(good.contains("Response verify OK") && good.contains("kept.pem: good"), "{more:?} {good}");
            // OpenSSL warns when the nonce does not come back.
            assert!(!good.to_lowercase().contains("nonce"), "{good}");
            let revoked = asked(&house, &url, "lost", more);
            assert!(revoked.contains("lost.pem: revoked") && revoked.contains("keyCompromise"), "{revoked}");
        }
        // A certificate that was never issued, with a name like ours.
        let forged = [
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            "k.pem",
            "-subj",
            "/CN=Bothways clients",
            "-out",
            "forged.pem",
        ];
        assert!(house.openssl(&forged).status.success());
        let unknown = asked(&house, &url, "forged", &[]);
        assert!(unknown.contains("forged.pem: unknown"), "{unknown}");
    });
}

#[test]
fn a_request_may_come_in_a_get_too() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        house.authority_file().await;
        issue(&house, "kept").await;
        let about = ["-issuer", "authority.pem", "-cert", "kept.pem", "-CAfile", "authority.pem", "-no_nonce"];
        assert!(house.openssl(&[&["ocsp", "-reqout", "request.der"][..], &about].concat()).status.success());
        let request = STANDARD.encode(house.read("request.der"));
        let escaped: String = form_urlencoded::byte_serialize(request.as_bytes()).collect();
        for path in [escaped, request] {
            let (status, answer) = house.get(&format!("/ocsp/{path}")).await;
            assert_eq!(status, StatusCode::OK);
            house.file("answer.der", &answer);
            let read = said(&house.openssl(&[&["ocsp", "-respin", "answer.der"][..], &about].concat()));
            assert!(read.contains("Response verify OK") && read.contains("kept.pem: good"), "{read}");
        }
    });
}

#[test]
fn what_is_no_request_is_answered_as_malformed() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        // OCSPResponse with malformedRequest (1) alone.
        let malformed = b"\x30\x03\x0a\x01\x01".to_vec();
        for request in [vec![], b"hello".to_vec(), b"\x30\x04\x30\x02\x30\x00".to_vec()] {
            assert_eq!(house.post("/ocsp", request).await, (StatusCode::OK, malformed.clone()));
        }
        let too_large = vec![0x30; certificates::limits::OCSP_BYTES_MAX + 1];
        assert_eq!(house.post("/ocsp", too_large).await.0, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(house.get("/ocsp/!").await.0, StatusCode::BAD_REQUEST);
    });
}
