//! PKCS#12 files, as OpenSSL reads them.

use ledger::testing::sqlite;

use crate::house::{ANNA, House, said};

#[test]
fn openssl_reads_certificate_key_and_authority_without_its_legacy_algorithms() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let issued = house.certificates.issue(ANNA, "Annas Müller-Handy", None).await.unwrap();
        let password = "geheim ß €";
        house.file("anna.p12", &issued.pkcs12(password, &house.certificates).unwrap());
        let pass = format!("pass:{password}");
        let all = house.openssl(&["pkcs12", "-in", "anna.p12", "-passin", &pass, "-nodes", "-out", "all.pem"]);
        assert!(all.status.success(), "{}", said(&all));
        let pem = String::from_utf8_lossy(&house.read("all.pem")).into_owned();
        assert_eq!(pem.matches("BEGIN CERTIFICATE").count(), 2);
        assert_eq!(pem.matches("BEGIN PRIVATE KEY").count(), 1);

        house.authority_file().await;
        let client = ["pkcs12", "-in", "anna.p12", "-passin", &pass, "-nokeys", "-clcerts", "-out", "anna.pem"];
        assert!(house.openssl(&client).status.success());
        assert_eq!(said(&house.openssl(&["verify", "-CAfile", "authority.pem", "anna.pem"])), "anna.pem: OK\n");
        let key = house.openssl(&["pkey", "-in", "all.pem", "-pubout"]);
        let certified = house.openssl(&["x509", "-in", "anna.pem", "-noout", "-pubkey"]);
        assert_eq!(key.stdout, certified.stdout);

        let algorithms = said(&house.openssl(&["pkcs12", "-in", "anna.p12", "-passin", &pass, "-noout", "-info"]));
        assert!(
            algorithms.contains("MAC: sha256") && algorithms.contains("PBES2, PBKDF2, AES-256-CBC"),
            "{algorithms}"
        );
        let wrong = house.openssl(&["pkcs12", "-in", "anna.p12", "-passin", "pass:other", "-noout"]);
        assert!(said(&wrong).contains("Mac verify error"), "{}", said(&wrong));
    });
}
