//! The server as a process: its start, its end, and what commands change while it runs.

use std::{os::unix::fs::PermissionsExt, time::Duration};

use ledger::{Database, LedgerError, SqliteOptions};
use phone::{LocalContact, PingOutcome};

use crate::house::{House, Serving, exists, status};

/// Longer than anything here takes; the tests wait for events, not for time.
const LONG: Duration = Duration::from_mins(5);

const CARD: &str = "BEGIN:VCARD\nVERSION:3.0\nUID:u9\nN:Nine;Bea\nFN:Bea Nine\nEND:VCARD\n";

#[test]
fn a_server_says_that_it_is_alive_and_ready_and_what_it_counts() {
    let house = House::new();
    let server = house.serve();
    assert!(server.get("/healthz").ends_with("\r\n\r\nok\n"));
    assert_eq!(status(&server.get("/readyz")), 200);
    assert_eq!(status(&server.get("/nothing")), 404);
    let metrics = server.get("/metrics");
    assert!(metrics.contains("bothways_requests_total{path=\"none\",status=\"404\"} 1"), "{metrics}");
    assert!(metrics.contains("\nbothways_connections "), "{metrics}");
}

#[test]
fn every_answer_and_its_log_line_bear_the_same_id() {
    let house = House::new();
    let server = house.serve_with(&["--plain-http", "--log-format", "text"]);
    let paths = ["/v1.0/me", "/Microsoft-Server-ActiveSync"];
    let ids = paths.map(|path| {
        let answer = server.get(&format!("{path}?token=hunter2"));
        answer.lines().find_map(|line| line.strip_prefix("request-id: ")).unwrap().trim().to_owned()
    });
    server.signal("TERM");
    let (_, log) = server.ended();
    for (path, id) in paths.iter().zip(&ids) {
        let line = log.lines().find(|line| line.contains(id.as_str()) && line.contains("answered"));
        let line = line.unwrap_or_else(|| panic!("{id} is not in {log}"));
        assert!(line.contains("method=GET") && line.contains(&format!("path=\"{path}\"")), "{line}");
        assert!(line.contains("status=401"), "{line}");
    }
    assert!(!log.contains("hunter2"), "{log}");
}

#[test]
fn a_second_server_on_the_same_folder_is_refused_and_the_first_goes_on() {
    let house = House::new();
    let server = house.serve();
    let error = house.run(&["serve", "--listen", "127.0.0.1:0", "--plain-http"]).bad();
    assert!(error.contains("in use by another server (process "), "{error}");
    assert_eq!(status(&server.get("/readyz")), 200);
}

#[tokio::test]
async fn a_data_folder_from_a_newer_release_is_refused() {
    let house = House::with_anna();
    let database = Database::open_sqlite(&house.data().join("bothways.db"), SqliteOptions::default()).unwrap();
    let future = "INSERT INTO schema_version (number, name, applied_at) VALUES (999, 'the future', 0)";
    database.write::<_, LedgerError>(move |tx| tx.execute(future, &[])).await.unwrap();
    for arguments in [&["serve", "--listen", "127.0.0.1:0", "--plain-http"][..], &["user", "list"]] {
        let error = house.run(arguments).bad();
        assert!(error.contains("schema 999") && error.contains("newer"), "{error}");
    }
}

#[test]
fn an_address_in_use_is_told_with_a_way_on() {
    let house = House::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let error = house.run(&["serve", "--listen", &address, "--plain-http"]).bad();
    assert!(error.contains(&address) && error.contains("--listen"), "{error}");
}

#[test]
fn clear_text_is_not_served_to_other_machines() {
    let house = House::new();
    let error = house.run(&["serve", "--listen", "0.0.0.0:0", "--plain-http"]).bad();
    assert!(error.contains("--behind-proxy"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_added_while_the_server_runs_can_sync_at_once_and_is_shut_out_at_once() {
    let house = House::new();
    let server = house.serve();
    let add = ["user", "add", "anna@example.com", "--name", "Anna Lee", "--password-stdin"];
    house.run_with("secret", &add).good();
    let mut phone = server.phone("anna@example.com", "secret");
    phone.set_up().await.unwrap();
    phone.add_contact(LocalContact::named("Bea", "Muster")).unwrap();
    phone.sync().await.unwrap();
    assert_eq!(phone.violations(), []);
    let list = house.run(&["contacts", "list", "--user", "anna@example.com", "--json"]).json();
    assert_eq!(list[0]["name"], "Bea Muster");
    let devices = house.run(&["device", "list", "--json"]).json();
    assert_eq!(devices[0]["user"], "anna@example.com");

    house.run_with("another", &["user", "password", "anna@example.com", "--password-stdin"]).good();
    assert!(phone.sync().await.is_err(), "the old password still opens");
    let mut phone = server.phone("anna@example.com", "another");
    phone.set_up().await.unwrap();
    house.run(&["user", "disable", "anna@example.com"]).good();
    assert!(phone.sync().await.is_err(), "a disabled person is still let in");
}

#[test]
fn a_token_opens_graph_and_nothing_once_it_is_revoked() {
    let house = House::with_anna();
    let server = house.serve();
    let token = house.run(&["token", "issue", "anna@example.com", "--path", "graph", "--ttl", "1h"]).good();
    assert_eq!(server.status_with_token("/v1.0/me/contacts", token.trim()), 200);
    let other = house.run(&["token", "issue", "anna@example.com", "--path", "jmap"]).good();
    assert_eq!(server.status_with_token("/v1.0/me/contacts", other.trim()), 401);
    house.run(&["token", "revoke", "anna@example.com"]).good();
    until_refused(&server, token.trim());
}

/// A server hears of what a command took back within a second.
fn until_refused(server: &Serving, token: &str) {
    let patience = std::time::Instant::now() + LONG;
    while server.status_with_token("/v1.0/me/contacts", token) != 401 {
        assert!(std::time::Instant::now() < patience, "the server never heard of it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_phone_is_woken_by_a_command() {
    let house = House::with_anna();
    let server = house.serve();
    let mut phone = server.phone("anna@example.com", "secret");
    phone.set_up().await.unwrap();
    phone.sync().await.unwrap();
    let waiting = tokio::spawn(async move { (phone.ping_until_change(LONG).await, phone) });
    let server = tokio::task::spawn_blocking(move || held(server)).await.unwrap();
    let file = house.file("nine.vcf", CARD);
    house.run(&["contacts", "import", &file, "--user", "anna@example.com"]).good();
    let (outcome, mut phone) = waiting.await.unwrap();
    assert!(matches!(outcome.unwrap(), PingOutcome::Changed(_)));
    phone.sync().await.unwrap();
    assert!(phone.find_by_name("Bea Nine").is_some());
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_stopped_answers_the_phones_that_wait_and_leaves_nothing_behind() {
    let house = House::with_anna();
    let server = house.serve();
    let mut phone = server.phone("anna@example.com", "secret");
    phone.set_up().await.unwrap();
    phone.sync().await.unwrap();
    let folder = phone.default_folder().unwrap().id.to_string();
    let host = server.url.trim_start_matches("http://");
    let (head, body) = ping(host, &folder);
    let stream = std::net::TcpStream::connect(host).unwrap();
    let waiting = tokio::task::spawn_blocking(move || read_answer(stream, &head, &body));
    let server = tokio::task::spawn_blocking(move || held(server)).await.unwrap();
    let pid = std::fs::read_to_string(house.path("bothways.pid")).unwrap();
    assert!(pid.trim().parse::<u32>().is_ok());

    server.signal("TERM");
    let answer = waiting.await.unwrap();
    // Ping's Status 1: nothing has changed (MS-ASCMD 2.2.3.177.11).
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    assert!(answer.ends_with(&[0x45, 0x47, 0x03, b'1', 0x00, 0x01, 0x01]), "{answer:x?}");
    let (code, log) = server.ended();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("stopped"), "{log}");
    assert!(!exists(&house.path("bothways.pid")) && !exists(&house.data().join("bothways.sock")));
    assert_eq!(status(&house.serve().get("/readyz")), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_contacts_come_back_and_wiped_devices_stay_out_until_forgotten() {
    let house = House::with_anna();
    let server = house.serve();
    let mut phone = server.phone("anna@example.com", "secret");
    phone.set_up().await.unwrap();
    let bea = phone.add_contact(LocalContact::named("Bea", "Muster")).unwrap();
    phone.sync().await.unwrap();
    phone.delete(bea).unwrap();
    phone.sync().await.unwrap();
    let user = ["--user", "anna@example.com"];
    let deleted = house.run(&[&["contacts", "list", "--deleted", "--json"], &user[..]].concat()).json();
    let id = deleted[0]["id"].to_string();
    let history = house.run(&[&["contacts", "history", &id, "--json"], &user[..]].concat()).json();
    assert_eq!(history.as_array().unwrap().len(), 2);
    assert!(history[0]["author"].as_str().unwrap().starts_with("activesync:"), "{history:#}");
    house.run(&[&["contacts", "restore", &id], &user[..]].concat()).good();
    phone.sync().await.unwrap();
    assert!(phone.find_by_name("Bea Muster").is_some());

    let device = phone.config().device_id.clone();
    house.run(&[&["device", "wipe", &device], &user[..]].concat()).good();
    assert_eq!(house.run(&[&["device", "show", &device, "--json"], &user[..]].concat()).json()["wipe"], "asked");
    let _ = phone.sync().await;
    assert_eq!(phone.contact_count(), 0, "the contacts are still on the device");
    house.run(&[&["device", "forget", &device], &user[..]].concat()).good();
    assert_eq!(house.run(&["device", "list", "--json"]).json(), serde_json::json!([]));
}

#[tokio::test]
async fn the_certificate_of_the_first_start_is_good_for_this_machine_and_survives_a_restart() {
    let house = House::new();
    let mut before = None;
    for _ in 0..2 {
        let server = house.serve_with(&[]);
        assert!(server.url.starts_with("https://127.0.0.1:"), "{}", server.url);
        let pem = std::fs::read(house.data().join("certificate.pem")).unwrap();
        let root = reqwest::Certificate::from_pem(&pem).unwrap();
        let client = reqwest::Client::builder().tls_certs_only([root]).build().unwrap();
        let answer = client.get(format!("{}/healthz", server.url)).send().await.unwrap();
        assert_eq!(answer.text().await.unwrap(), "ok\n");
        assert_eq!(*before.get_or_insert(pem.clone()), pem);
    }
    let mode = |name: &str| house.data().join(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("certificate.key"), mode("bothways.toml")), (0o600, 0o600));
    assert_eq!(house.data().metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_hang_up_reads_the_certificate_again_and_keeps_the_old_one_if_the_new_one_is_broken() {
    let house = House::new();
    let server = house.serve_with(&[]);
    std::fs::write(house.data().join("certificate.pem"), "nonsense").unwrap();
    server.signal("HUP");
    while !server.log().contains("the certificate stays as it was") {
        std::thread::yield_now();
    }
    server.signal("TERM");
    assert_eq!(server.ended().0, Some(0));
}

#[test]
fn a_body_larger_than_the_limit_is_refused_before_it_is_sent() {
    let house = House::with_anna();
    let server = house.serve();
    let mut stream = std::net::TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
    let head = "POST /Microsoft-Server-ActiveSync?Cmd=Sync HTTP/1.1\r\nHost: a\r\nContent-Length: 31457280\r\n\r\n";
    std::io::Write::write_all(&mut stream, head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    std::io::Read::read_to_end(&mut stream, &mut answer).unwrap();
    assert_eq!(status(&String::from_utf8_lossy(&answer)), 413);
}

/// Returns once a phone waits.
fn held(server: Serving) -> Serving {
    while !server.get("/metrics").contains("bothways_held_requests 1") {
        std::thread::yield_now();
    }
    server
}

/// A Ping of one folder, as anna's phone sends it. By another host name it would come from a second account.
fn ping(host: &str, folder: &str) -> (String, Vec<u8>) {
    let mut body = vec![0x03, 0x01, 0x6a, 0x00, 0x00, 0x0d, 0x45, 0x48, 0x03];
    body.extend(b"600\0\x01\x49\x4a\x4b\x03");
    body.extend(folder.as_bytes());
    body.extend(b"\0\x01\x4c\x03Contacts\0\x01\x01\x01\x01");
    let target = "/Microsoft-Server-ActiveSync?Cmd=Ping&User=anna%40example.com&DeviceId=7Q2M5T9KD14V9B3R0H8N6C1XEE&DeviceType=iPhone";
    let credentials = "Authorization: Basic YW5uYUBleGFtcGxlLmNvbTpzZWNyZXQ=";
    let head = format!("POST {target} HTTP/1.1\r\nHost: {host}\r\nMS-ASProtocolVersion: 16.1\r\n{credentials}\r\n");
    (format!("{head}Content-Length: {}\r\n\r\n", body.len()), body)
}

fn read_answer(mut stream: std::net::TcpStream, head: &str, body: &[u8]) -> Vec<u8> {
    use std::io::{Read, Write};
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}
