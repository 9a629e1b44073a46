//! Whose certificate was shown: chains, and a proxy's header.

use base64::{Engine, engine::general_purpose::STANDARD};
use certificates::{CLIENT_CERT, NotTrusted, Trust, from_header};
use http::HeaderMap;
use ledger::testing::sqlite;
use rustls::pki_types::{CertificateDer, UnixTime};
use x509_cert::der::Encode;

use crate::{
    house::{ANNA, HOUR, House},
    phone::Phone,
};

async fn trust(house: &House) -> Trust {
    Trust::new(Some(&*house.authority().await), &[]).unwrap().unwrap()
}

#[test]
fn a_certificate_of_ours_tells_the_person_by_upn_and_address() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let issued = house.certificates.issue(ANNA, "iPhone", None).await.unwrap();
        let header = format!(":{}:", STANDARD.encode(issued.certificate()));
        let headers = HeaderMap::from_iter([(CLIENT_CERT, header.parse().unwrap())]);
        let found = from_header(&headers, &trust(&house).await, UnixTime::now()).unwrap().unwrap();
        assert_eq!(found.names, [ANNA, ANNA]);
        assert!(found.ours);
        assert_eq!(found.serial, issued.serial);
        assert!(from_header(&HeaderMap::new(), &trust(&house).await, UnixTime::now()).is_none());
    });
}

#[test]
fn a_self_signed_certificate_with_the_right_names_and_one_of_another_authority_are_not_trusted() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let issued = house.certificates.issue(ANNA, "iPhone", None).await.unwrap();
        let real = x509_cert::der::Decode::from_der(issued.certificate()).unwrap();
        let trust = trust(&house).await;
        for forged in [Phone::named(0, "CN=anna@example.org").certificate, Phone::forging(1, &real).certificate] {
            let chain = [CertificateDer::from(forged.to_der().unwrap())];
            assert!(matches!(trust.check(&chain, UnixTime::now()), Err(NotTrusted::NotIssued(_))));
        }
        another_authority(&house).await;
        assert_eq!(trust.check(&[], UnixTime::now()), Err(NotTrusted::NoChain));
        let many = vec![CertificateDer::from(issued.certificate().to_vec()); 7];
        assert_eq!(trust.check(&many, UnixTime::now()), Err(NotTrusted::NoChain));
        let nonsense = [CertificateDer::from(b"nonsense".to_vec())];
        assert!(trust.check(&nonsense, UnixTime::now()).is_err());
    });
}

/// OpenSSL's authority, with the name of ours, issues to Anna; it counts only once the settings name it.
async fn another_authority(house: &House) {
    let trust = trust(house).await;
    let name = "/CN=Bothways clients";
    assert!(
        house
            .openssl(&[
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-subj", name, "-out", "ca.pem"
            ])
            .status
            .success()
    );
    house.file(
        "ext",
        b"subjectAltName=otherName:1.3.6.1.4.1.311.20.2.3;UTF8:anna@example.org\nextendedKeyUsage=clientAuth\n",
    );
    assert!(
        house
            .openssl(&[
                "req", "-newkey", "rsa:2048", "-nodes", "-keyout", "a.key", "-subj", "/CN=anna", "-out", "a.csr"
            ])
            .status
            .success()
    );
    let sign = [
        "x509",
        "-req",
        "-in",
        "a.csr",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-extfile",
        "ext",
        "-outform",
        "DER",
        "-out",
        "a.der",
    ];
    assert!(house.openssl(&sign).status.success());
    assert!(house.openssl(&["x509", "-in", "ca.pem", "-outform", "DER", "-out", "ca.der"]).status.success());
    let read = |name: &str| CertificateDer::from(house.read(name));
    let chain = [read("a.der")];
    assert!(matches!(trust.check(&chain, UnixTime::now()), Err(NotTrusted::NotIssued(_))));
    let both = Trust::new(Some(&*house.authority().await), &[read("ca.der")]).unwrap().unwrap();
    let found = both.check(&chain, UnixTime::now()).unwrap();
    assert_eq!((found.names.as_slice(), found.ours), (&[ANNA.to_owned()][..], false));
}

#[test]
fn a_certificate_that_has_ended_is_not_trusted() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let issued = house.certificates.issue(ANNA, "iPhone", Some(HOUR)).await.unwrap();
        let chain = [CertificateDer::from(issued.certificate().to_vec())];
        let trust = trust(&house).await;
        let later = UnixTime::since_unix_epoch(std::time::Duration::from_secs(UnixTime::now().as_secs()) + HOUR * 2);
        assert!(trust.check(&chain, UnixTime::now()).is_ok());
        assert!(matches!(trust.check(&chain, later), Err(NotTrusted::NotIssued(_))));
    });
}
