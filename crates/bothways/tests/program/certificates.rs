//! Client certificates: a phone that has one needs no password, and whoever has another gets nothing.

use std::process::Command;

use base64::{Engine, engine::general_purpose::STANDARD};
use phone::{Credentials, LocalContact, Phone, PhoneConfig, Trust};

use crate::house::{House, Serving, status};

const CONTACTS: &str = "/v1.0/me/contacts";
const ANNA: &str = "anna@example.com";

/// A certificate and its key, PEM.
#[derive(Clone)]
struct Pair {
    serial: String,
    pem: String,
    key: String,
}

impl Pair {
    /// Issued by a command and unpacked by OpenSSL.
    fn of(house: &House, email: &str, more: &[&str]) -> Self {
        let file = house.path("one.p12");
        let file = file.to_str().unwrap();
        let issue = [&["certificate", "issue", email, "--p12", file, "--password-stdin"], more].concat();
        let serial = house.run_with("pass", &issue).good().trim().to_owned();
        openssl(house, &["pkcs12", "-in", file, "-passin", "pass:pass", "-nokeys", "-clcerts", "-out", "one.pem"]);
        openssl(house, &["pkcs12", "-in", file, "-passin", "pass:pass", "-nocerts", "-nodes", "-out", "one.key"]);
        std::fs::remove_file(file).unwrap();
        Self { serial, ..Self::read(house, "one.pem", "one.key") }
    }

    fn read(house: &House, pem: &str, key: &str) -> Self {
        let read = |name| {
            // Without the lines that OpenSSL writes before the certificate.
            let text = std::fs::read_to_string(house.path(name)).unwrap();
            text[text.find("-----BEGIN").unwrap()..].to_owned()
        };
        Self { serial: String::new(), pem: read(pem), key: read(key) }
    }

    /// What a proxy would say (RFC 9440).
    fn header(&self) -> String {
        let body: String = self.pem.lines().filter(|line| !line.starts_with('-')).collect();
        assert!(STANDARD.decode(&body).is_ok());
        format!(":{body}:")
    }
}

fn openssl(house: &House, arguments: &[&str]) {
    let folder = house.path(".");
    let output = Command::new("openssl").args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// An installation with Anna, Ben and an authority.
fn house() -> House {
    let house = House::with_anna();
    house.run(&["user", "add", "ben@example.com", "--name", "Ben Ott"]).good();
    house.run(&["certificate", "authority"]).good();
    house
}

fn settings(house: &House, text: &str) {
    std::fs::write(house.data().join("bothways.toml"), text).unwrap();
}

/// Status, the headers that tell something, and body of an answer.
type Told = (u16, Vec<(String, String)>, String);

async fn asked(server: &Serving, pair: Option<&Pair>, authorization: Option<&str>) -> Told {
    let mut client = reqwest::Client::builder().danger_accept_invalid_certs(true).http1_only();
    if let Some(pair) = pair {
        let both = format!("{}{}", pair.pem, pair.key);
        client = client.identity(reqwest::Identity::from_pem(both.as_bytes()).unwrap());
    }
    let mut request = client.build().unwrap().get(format!("{}{CONTACTS}", server.url));
    if let Some(value) = authorization {
        request = request.header("Authorization", value);
    }
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let headers = answer
        .headers()
        .iter()
        .filter(|(name, _)| !["date", "request-id", "client-request-id", "content-length"].contains(&name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    // Graph's errors bear an id and the time.
    let body = answer.text().await.unwrap();
    let body = serde_json::from_str::<serde_json::Value>(&body).map_or(body, |json| json["error"]["code"].to_string());
    (status, headers, body)
}

fn trusting(house: &House, pair: &Pair) -> Trust {
    let server = std::fs::read(house.data().join("certificate.pem")).unwrap();
    Trust::with_identity(&server, pair.pem.as_bytes(), pair.key.as_bytes()).unwrap()
}

fn phone(house: &House, server: &Serving, pair: &Pair) -> Phone {
    let mut config = PhoneConfig::new(&server.url, ANNA, Credentials::Certificate, "7Q2M5T9KD14V9B3R0H8N6C1XEE");
    config.trust = trusting(house, pair);
    Phone::new(config).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_iphone_syncs_with_its_certificate_alone_until_it_is_revoked() {
    let house = house();
    let pair = Pair::of(&house, ANNA, &["--label", "Anna's iPhone"]);
    let server = house.serve_with(&[]);
    let mut phone = phone(&house, &server, &pair);
    phone.set_up().await.unwrap();
    phone.add_contact(LocalContact::named("Bea", "Muster")).unwrap();
    phone.sync().await.unwrap();
    assert_eq!(phone.violations(), []);
    let list = house.run(&["contacts", "list", "--user", ANNA, "--json"]).json();
    assert_eq!(list[0]["name"], "Bea Muster");
    let list = house.run(&["certificate", "list", "--json"]).json();
    assert_eq!(
        (&list[0]["user"], &list[0]["label"], &list[0]["state"]),
        (&ANNA.into(), &"Anna's iPhone".into(), &"good".into())
    );

    house.run(&["certificate", "revoke", &pair.serial, "--reason", "key-compromise"]).good();
    let refused = || async { asked(&server, Some(&pair), None).await.0 };
    until(refused, 401).await;
    assert!(phone.sync().await.is_err(), "a revoked certificate still opens");
    assert_eq!(house.run(&["certificate", "list", "--json"]).json()[0]["state"], "revoked");
}

/// Asks until the answer is there that another process has brought about; it has a second.
async fn until<F: Future<Output = u16>>(ask: impl Fn() -> F, wanted: u16) {
    let started = std::time::Instant::now();
    loop {
        let found = ask().await;
        if found == wanted {
            return;
        }
        assert!(started.elapsed().as_secs() < 60, "{found} instead of {wanted}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_and_foreign_certificates_get_what_those_without_get() {
    let house = house();
    let server = house.serve_with(&[]);
    let nothing = asked(&server, None, None).await;
    assert_eq!(nothing.0, 401);

    // Self-signed, with the right names; by another authority of our authority's name; by an unknown person.
    house.file("ext", "subjectAltName=email:anna@example.com,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:anna@example.com\nextendedKeyUsage=clientAuth\n");
    let new = ["req", "-newkey", "rsa:2048", "-nodes"];
    openssl(
        &house,
        &[&new[..], &["-x509", "-keyout", "ca.key", "-subj", "/CN=Bothways clients", "-out", "ca.pem"]].concat(),
    );
    openssl(&house, &[&new[..], &["-keyout", "a.key", "-subj", "/CN=anna@example.com", "-out", "a.csr"]].concat());
    openssl(&house, &["x509", "-req", "-in", "a.csr", "-signkey", "a.key", "-extfile", "ext", "-out", "self.pem"]);
    openssl(
        &house,
        &[
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
            "-out",
            "other.pem",
        ],
    );
    for forged in ["self.pem", "other.pem"] {
        let pair = Pair::read(&house, forged, "a.key");
        assert_eq!(asked(&server, Some(&pair), None).await, nothing, "{forged}");
        // Nor does it keep out who has something better.
        let token = house.run(&["token", "issue", ANNA, "--path", "graph"]).good();
        assert_eq!(asked(&server, Some(&pair), Some(&format!("Bearer {}", token.trim()))).await.0, 200, "{forged}");
    }
    assert!(server.log().contains("a client certificate is not accepted"), "{}", server.log());

    // The other authority counts once the settings name it.
    drop(server);
    let ca = house.path("ca.pem");
    settings(&house, &format!("[certificates]\ntrusted_authorities = [{ca:?}]\n"));
    let server = house.serve_with(&[]);
    assert_eq!(asked(&server, Some(&Pair::read(&house, "other.pem", "a.key")), None).await.0, 200);
    assert_eq!(asked(&server, Some(&Pair::read(&house, "self.pem", "a.key")), None).await.0, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_authorization_header_decides_and_a_disabled_person_stays_out() {
    let house = house();
    let (anna, server) = (Pair::of(&house, ANNA, &[]), house.serve_with(&[]));
    assert_eq!(asked(&server, Some(&anna), None).await.0, 200);
    assert_eq!(asked(&server, Some(&anna), Some("Bearer nonsense")).await.0, 401);
    house.run(&["user", "disable", ANNA]).good();
    until(|| async { asked(&server, Some(&anna), None).await.0 }, 401).await;
    let token = house.run(&["token", "issue", "ben@example.com", "--path", "graph"]).good();
    assert_eq!(asked(&server, Some(&anna), Some(&format!("Bearer {}", token.trim()))).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_is_made_while_the_server_runs_is_trusted() {
    let house = House::with_anna();
    let server = house.serve_with(&[]);
    let pair = Pair::of(&house, ANNA, &[]);
    until(|| async { asked(&server, Some(&pair), None).await.0 }, 200).await;
}

#[test]
fn a_proxys_word_counts_and_nobody_elses() {
    let house = house();
    let pair = Pair::of(&house, ANNA, &[]);
    openssl(
        &house,
        &[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            "f.key",
            "-subj",
            "/CN=anna@example.com",
            "-addext",
            "subjectAltName=email:anna@example.com",
            "-out",
            "f.pem",
        ],
    );
    let forged = Pair::read(&house, "f.pem", "f.key");
    let said = |server: &Serving, header: &str| {
        let answer = server.exchange(&format!("GET {CONTACTS} HTTP/1.1\r\nClient-Cert: {header}"), b"");
        status(&String::from_utf8_lossy(&answer))
    };
    for (proxies, genuine) in [("[]", 401), ("[\"10.0.0.1\"]", 401), ("[\"127.0.0.0/8\"]", 200)] {
        settings(&house, &format!("[certificates]\ntrusted_proxies = {proxies}\n"));
        let server = house.serve();
        assert_eq!(said(&server, &pair.header()), genuine, "{proxies}");
        assert_eq!(said(&server, &forged.header()), 401, "{proxies}");
        assert_eq!(said(&server, ":bm9uc2Vuc2U=:"), 401, "{proxies}");
        assert_eq!(said(&server, &format!("{}\r\nClient-Cert: {}", pair.header(), pair.header())), 401, "{proxies}");
        // Who says that the request came through a proxy is not the proxy.
        let through = format!("{}\r\nX-Forwarded-For: 127.0.0.1", pair.header());
        assert_eq!(said(&server, &through), genuine, "{proxies}");
    }
}

#[test]
fn a_certificate_fetched_by_scep_opens_the_account() {
    if Command::new("scepclient").arg("-version").output().is_err() {
        assert!(std::env::var_os("REQUIRE_SCEPCLIENT").is_none(), "scepclient is missing");
        eprintln!("scepclient is not installed: nothing was tested");
        return;
    }
    let house = house();
    let challenge = house.run(&["scep", "challenge", ANNA, "--label", "iPad", "--ttl", "15m"]).good();
    settings(&house, "[certificates]\ntrusted_proxies = [\"127.0.0.1\"]\n");
    let server = house.serve();
    let url = format!("{}/scep", server.url);
    let fetch = |challenge: &str, name: &str| {
        let (key, certificate) = (format!("{name}.key"), format!("{name}.crt"));
        let arguments =
            ["-server-url", &url, "-challenge", challenge, "-private-key", &key, "-certificate", &certificate];
        Command::new("scepclient").args(arguments).current_dir(house.path(".")).status().unwrap().success()
    };
    assert!(fetch(challenge.trim(), "one"));
    assert!(!fetch(challenge.trim(), "two"), "a challenge is good once");
    let header = Pair::read(&house, "one.crt", "one.key").header();
    let answer = server.exchange(&format!("GET {CONTACTS} HTTP/1.1\r\nClient-Cert: {header}"), b"");
    assert_eq!(status(&String::from_utf8_lossy(&answer)), 200);
    let list = house.run(&["certificate", "list", ANNA, "--json"]).json();
    assert_eq!((&list[0]["label"], &list[0]["scep"]), (&"iPad".into(), &true.into()));
    assert!(!server.log().contains(challenge.trim()), "a challenge is in the log");
}

#[test]
fn commands_say_what_is_wrong() {
    let house = house();
    assert!(house.run(&["certificate", "revoke", "00"]).bad().contains("00"));
    assert!(
        house.run(&["scep", "challenge", "nobody@example.com", "--label", "x"]).bad().contains("nobody@example.com")
    );
    assert!(house.run(&["scep", "challenge", ANNA, "--label", "x", "--ttl", "40d"]).bad().contains("30 days"));
    let file = house.file("there.p12", "mine");
    let issue = ["certificate", "issue", ANNA, "--p12", &file, "--password-stdin"];
    assert!(house.run_with("pass", &issue).bad().contains("there.p12"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    assert_eq!(house.run(&["certificate", "list", "--json"]).json(), serde_json::json!([]));
    let pem = house.run(&["certificate", "authority", "--pem"]).good();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----\n") && pem.ends_with("-----END CERTIFICATE-----\n"));
    settings(&house, "[certificates]\ntrusted_authorities = [\"missing.pem\"]\n");
    let error = house.run(&["serve", "--listen", "127.0.0.1:0", "--plain-http"]).bad();
    assert!(error.contains("missing.pem"), "{error}");
}
