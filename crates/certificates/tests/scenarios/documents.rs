//! Signed documents, judged by OpenSSL; and OpenSSL's signatures, judged here.

use std::time::Duration;

use certificates::{CertificateError, DocumentSigner, NotSigned};
use ledger::testing::sqlite;

use crate::house::{ANNA, House, said};

const PROFILE: &[u8] = b"<?xml version=\"1.0\"?>\n<plist version=\"1.0\"><dict/></plist>\n";

fn verify(house: &House, command: &str, authority: &str, file: &str) -> Vec<u8> {
    let verified = house.openssl(&[
        command, "-verify", "-binary", "-inform", "DER", "-in", file, "-CAfile", authority, "-purpose", "any",
    ]);
    assert!(verified.status.success(), "{}", said(&verified));
    verified.stdout
}

#[test]
fn openssl_verifies_a_profile_that_the_authority_signed() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let signed = house.certificates.sign_document(PROFILE).await.unwrap();
        assert_eq!(signed, house.certificates.sign_document(PROFILE).await.unwrap());
        house.file("profile.mobileconfig", &signed);
        house.authority_file().await;
        for command in ["cms", "smime"] {
            assert_eq!(verify(&house, command, "authority.pem", "profile.mobileconfig"), PROFILE);
        }
        let place = signed.windows(PROFILE.len()).position(|part| part == PROFILE).unwrap();
        let mut forged = signed;
        forged[place + 3] ^= 1;
        house.file("forged.mobileconfig", &forged);
        let refused = house.openssl(&[
            "cms",
            "-verify",
            "-binary",
            "-inform",
            "DER",
            "-in",
            "forged.mobileconfig",
            "-CAfile",
            "authority.pem",
        ]);
        assert!(!refused.status.success());
    });
}

#[test]
fn a_companys_own_certificate_signs_with_its_chain() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let run = |line: &str| {
            let output = house.openssl(&line.split(' ').collect::<Vec<_>>());
            assert!(output.status.success(), "{line}: {}", said(&output));
        };
        run("req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -subj /CN=Root -days 30");
        house.file("ca.ext", b"basicConstraints=critical,CA:TRUE\n");
        run("req -newkey rsa:2048 -nodes -keyout middle.key -out middle.csr -subj /CN=Middle");
        run("x509 -req -in middle.csr -CA root.pem -CAkey root.key -days 30 -extfile ca.ext -out middle.pem");
        for (name, key) in [
            ("rsa", "rsa:2048"),
            ("p256", "ec -pkeyopt ec_paramgen_curve:P-256"),
            ("p384", "ec -pkeyopt ec_paramgen_curve:P-384"),
        ] {
            run(&format!("req -newkey {key} -nodes -keyout {name}.key -out {name}.csr -subj /CN=Signer-{name}"));
            run(&format!("x509 -req -in {name}.csr -CA middle.pem -CAkey middle.key -days 30 -out {name}.pem"));
            let chain = [house.read(&format!("{name}.pem")), house.read("middle.pem")].concat();
            let signer = DocumentSigner::from_pem(&chain, &house.read(&format!("{name}.key"))).unwrap();
            house.file("signed.der", &signer.sign(PROFILE).unwrap());
            for command in ["cms", "smime"] {
                assert_eq!(verify(&house, command, "root.pem", "signed.der"), PROFILE, "{name}");
            }
            let wrong = DocumentSigner::from_pem(&chain, &house.read("root.key")).unwrap_err();
            assert!(matches!(wrong, CertificateError::UnusableSigner(why) if why.contains("not that of")));
        }
        assert!(DocumentSigner::from_pem(b"", b"").is_err());
    });
}

#[test]
fn a_detached_signature_counts_for_its_bytes_and_our_clients_alone() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let issued = house.certificates.issue(ANNA, "iPhone", None).await.unwrap();
        house.file("anna.der", issued.certificate());
        house.file("anna.key.der", issued.key());
        house.file("body", PROFILE);
        let run = |line: &str| {
            let output = house.openssl(&line.split(' ').collect::<Vec<_>>());
            assert!(output.status.success(), "{line}: {}", said(&output));
        };
        run("x509 -inform DER -in anna.der -out anna.pem");
        run("pkey -inform DER -in anna.key.der -out anna.key");
        run("req -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.pem -subj /CN=anna@example.org -days 30");
        let mut signatures = Vec::new();
        for who in ["anna", "other"] {
            for form in ["", " -nodetach"] {
                run(&format!(
                    "cms -sign -binary -outform DER -signer {who}.pem -inkey {who}.key -in body -out sig{form}"
                ));
                signatures.push(house.read("sig"));
            }
        }
        let ask = async |body: &[u8], signature: &[u8]| house.certificates.signer(body, signature).await.unwrap();
        let signer = ask(PROFILE, &signatures[0]).await.unwrap();
        assert_eq!((signer.serial.as_str(), signer.ours), (issued.serial.as_str(), true));
        assert!(matches!(ask(b"other bytes", &signatures[0]).await, Err(NotSigned::Unreadable(_))));
        assert!(matches!(ask(b"other bytes", &signatures[1]).await, Err(NotSigned::Unreadable(_))));
        assert!(matches!(ask(PROFILE, &signatures[2]).await, Err(NotSigned::NotTrusted(_))));
        assert!(matches!(ask(PROFILE, b"").await, Err(NotSigned::Unreadable(_))));
        house.pass(Duration::from_hours(24 * 400));
        assert!(matches!(ask(PROFILE, &signatures[0]).await, Err(NotSigned::NotTrusted(_))), "it has ended");
    });
}
