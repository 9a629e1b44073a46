//! Debian's `scepclient` (the package `scep`), which shares nothing with us.

use std::process::Command;

use ledger::testing::sqlite;

use crate::house::{ANNA, House, said};

/// Whether it is installed; ./test installs it, and says so when it cannot.
fn is_there() -> bool {
    let there = Command::new("scepclient").arg("-version").output().is_ok();
    assert!(there || std::env::var_os("REQUIRE_SCEPCLIENT").is_none(), "scepclient is missing");
    if !there {
        eprintln!("scepclient is not installed: nothing was tested");
    }
    there
}

fn enrol(house: &House, url: &str, name: &str, challenge: &str) -> std::process::Output {
    let key = format!("{name}.key");
    let certificate = format!("{name}.crt");
    let url = format!("{url}/scep");
    house.scepclient(&[
        "-server-url",
        &url,
        "-private-key",
        &key,
        "-certificate",
        &certificate,
        "-challenge",
        challenge,
        "-cn",
        name,
    ])
}

#[test]
fn scepclient_enrols_once_per_challenge() {
    if !is_there() {
        return;
    }
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let url = house.served().await;
        let challenge = house.challenge(ANNA).await;
        let enrolled = enrol(&house, &url, "one", &challenge);
        assert!(enrolled.status.success(), "{}", said(&enrolled));
        house.authority_file().await;
        let verified =
            said(&house.openssl(&["verify", "-purpose", "sslclient", "-CAfile", "authority.pem", "one.crt"]));
        assert_eq!(verified, "one.crt: OK\n");
        let shown = said(&house.openssl(&["x509", "-in", "one.crt", "-noout", "-subject"]));
        assert!(shown.contains("anna@example.org"), "{shown}");

        let again = enrol(&house, &url, "two", &challenge);
        assert!(!again.status.success() && !house.has("two.crt"), "{}", said(&again));
        let guessed = enrol(&house, &url, "three", "guessed");
        assert!(!guessed.status.success() && !house.has("three.crt"), "{}", said(&guessed));
        assert_eq!(house.certificates.list(None).await.unwrap().len(), 1);
    });
}
