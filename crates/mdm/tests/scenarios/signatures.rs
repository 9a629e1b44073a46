//! `Mdm-Signature`, as OpenSSL makes it.

use std::process::Command;

use axum::body::Body;
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{Request, StatusCode};
use ledger::testing::{Folder, sqlite};

use crate::{
    device::{CHECK_IN, REPORT, entry, plist},
    house::{ANNA, BEN, House, TOPIC, id},
};

/// A device whose connection shows no certificate: a proxy ends TLS before us.
struct Signing {
    folder: Folder,
}

impl Signing {
    async fn of(house: &House, email: &str) -> Self {
        let issued = house.certificates.issue(email, "iPhone", None).await.unwrap();
        let folder = Folder::new();
        std::fs::write(folder.path().join("own.der"), issued.certificate()).unwrap();
        std::fs::write(folder.path().join("key.der"), issued.key()).unwrap();
        let signing = Self { folder };
        signing.openssl("x509 -inform DER -in own.der -out own.pem");
        signing.openssl("pkey -inform DER -in key.der -out key.pem");
        signing
    }

    fn openssl(&self, line: &str) {
        let done = Command::new("openssl").args(line.split(' ')).current_dir(self.folder.path()).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    fn sign(&self, body: &str) -> String {
        std::fs::write(self.folder.path().join("body"), body).unwrap();
        self.openssl("cms -sign -binary -outform DER -signer own.pem -inkey key.pem -in body -out signature");
        STANDARD.encode(std::fs::read(self.folder.path().join("signature")).unwrap())
    }
}

async fn put(house: &House, path: &str, media_type: &str, body: &str, signature: &str) -> StatusCode {
    let request = Request::put(path).header("Content-Type", media_type).header("Mdm-Signature", signature);
    house.ask(request.body(Body::from(body.to_owned())).unwrap()).await.0
}

#[test]
fn a_signature_over_the_exact_body_is_as_good_as_a_connection() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let anna = Signing::of(&house, ANNA).await;
        let says = entry("MessageType", "Authenticate") + &entry("UDID", "A") + &entry("Topic", TOPIC);
        let body = plist(&says);
        let signature = anna.sign(&body);
        // One byte more, and nothing of it is believed.
        let changed = format!("{body}\n");
        assert_eq!(put(&house, "/mdm/checkin", CHECK_IN, &changed, &signature).await, StatusCode::FORBIDDEN);
        assert_eq!(house.register.device(&id("A")).await.unwrap(), None);
        assert_eq!(put(&house, "/mdm/checkin", CHECK_IN, &body, &signature).await, StatusCode::OK);
        // Somebody else's signature is not this device's.
        let idle = plist(&(entry("Status", "Idle") + &entry("UDID", "A")));
        let ben = Signing::of(&house, BEN).await;
        assert_eq!(put(&house, "/mdm/connect", REPORT, &idle, &ben.sign(&idle)).await, StatusCode::FORBIDDEN);
        assert_eq!(put(&house, "/mdm/connect", REPORT, &idle, &anna.sign(&idle)).await, StatusCode::OK);
    });
}

#[test]
fn a_signature_is_looked_at_before_what_is_signed() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let anna = Signing::of(&house, ANNA).await;
        let nonsense = "this is no plist";
        assert_eq!(put(&house, "/mdm/connect", REPORT, nonsense, "AAAA").await, StatusCode::FORBIDDEN);
        assert_eq!(put(&house, "/mdm/connect", REPORT, nonsense, &anna.sign(nonsense)).await, StatusCode::BAD_REQUEST);
    });
}
