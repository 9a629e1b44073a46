//! What no client should send, and disks that are full: refused, nothing lost, and the server goes on.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    process::{Command, Stdio},
};

use phone::{DeviceKind, LocalContact, Phone, PhoneError, Property};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    house::House,
    outlook::{Outlook, path_of},
};

const MEBIBYTE: usize = 1 << 20;

/// What a server answers to a request that is sent as it is; the status alone.
fn status_of(house: &House, head: &str, body: &[u8]) -> u16 {
    let mut stream = TcpStream::connect(house.address()).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    // The server may refuse before it has read everything.
    let _ = stream.write_all(body);
    let mut status = [0; 12];
    stream.read_exact(&mut status).unwrap();
    std::str::from_utf8(&status[9..]).unwrap().parse().unwrap()
}

/// The head of a request with this person's token for either path.
fn head(house: &House, path: &str, length: usize) -> String {
    let keys = house.keys("anna");
    let token = if path.starts_with("/v1.0") { &keys.graph } else { &keys.activesync };
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    )
}

const SYNC: &str = "/Microsoft-Server-ActiveSync?Cmd=Sync&User=anna%40example.org&DeviceId=X&DeviceType=iPhone";
const CONTACTS: &str = "/v1.0/me/contacts";

/// The server answers both sides as if nothing had been.
async fn assert_alive(house: &House) {
    let mut iphone = house.iphone("anna", "ALIVE").await;
    let count = iphone.contact_count();
    iphone.add_contact(LocalContact::named("Alive", "Still")).unwrap();
    iphone.sync().await.unwrap();
    assert_eq!(house.outlook("anna").contacts().await.len(), count + 1);
    assert_eq!(iphone.violations(), []);
}

#[tokio::test]
async fn a_request_whose_sender_goes_away_in_the_middle_does_nothing() {
    let house = House::with(&["anna"]);
    let body = json!({ "givenName": "Half" }).to_string();
    for path in [SYNC, CONTACTS] {
        let mut stream = TcpStream::connect(house.address()).unwrap();
        stream.write_all(head(&house, path, body.len()).as_bytes()).unwrap();
        stream.write_all(&body.as_bytes()[..body.len() / 2]).unwrap();
        drop(stream);
    }
    assert_alive(&house).await;
}

#[tokio::test]
async fn a_body_that_says_it_is_huge_is_refused_unread() {
    let house = House::with(&["anna"]);
    for path in [SYNC, CONTACTS] {
        assert_eq!(status_of(&house, &head(&house, path, 1 << 40), b"{"), 413, "{path}");
    }
    assert_alive(&house).await;
}

#[tokio::test]
async fn what_is_no_request_at_all_is_refused() {
    let house = House::with(&["anna"]);
    for garbage in ["\u{16}\u{3}\u{1}\u{2}\r\n\r\n", "GET\r\n\r\n", "POST / HTTP/9.9\r\n\r\n"] {
        assert_eq!(status_of(&house, garbage, b""), 400, "{garbage:?}");
    }
    assert_alive(&house).await;
}

#[tokio::test]
async fn a_photo_of_30_megabytes_is_refused_by_either_side_and_costs_nothing_else() {
    let house = House::with(&["anna"]);
    let outlook = house.outlook("anna");
    let bea = outlook.create(&json!({ "givenName": "Bea" })).await;
    let photo = vec![0xFF; 30 * MEBIBYTE];

    let photo_path = format!("{}/photo/$value", path_of(&bea));
    // A refusal may come while the photo is still under way, which some clients take as a broken connection.
    if let Ok(reply) = outlook.try_send(Method::PUT, &photo_path, Some(("image/jpeg", photo.clone()))).await {
        assert_eq!(reply.status, 413, "{}", reply.json());
    }
    assert_eq!(outlook.ask(Method::GET, &photo_path, None).await.status, 404);

    // An iPhone does not send what is too large; others do.
    let mut device = Phone::new(house.device(DeviceKind::Generic161, "anna", "DEVICE")).unwrap();
    device.set_up().await.unwrap();
    let ada = device.add_contact(LocalContact::named("Ada", "Huge").with_picture(photo)).unwrap();
    match device.sync().await {
        Err(PhoneError::Http { status: 413, .. } | PhoneError::Transport(_)) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(outlook.contacts().await.len(), 1);
    device.edit(ada, |ada| ada.picture = None).unwrap();
    device.sync().await.unwrap();
    assert_eq!(outlook.contacts().await.len(), 2);
    assert_eq!(device.violations(), []);
}

/// Writes until the disk is full, large contacts first, so that no room is left for a small one; returns the contacts
/// whose creation was acknowledged.
async fn fill(outlook: &Outlook) -> Vec<Value> {
    let mut acknowledged = Vec::new();
    for size in [100_000, 10_000, 1_000] {
        while let Some(contact) = create(outlook, acknowledged.len(), size).await {
            acknowledged.push(contact);
            assert!(acknowledged.len() < 2000, "the disk does not get full");
        }
    }
    acknowledged
}

/// The given name of a new contact with a note of this size; `None` when there is no room for it.
async fn create(outlook: &Outlook, number: usize, size: usize) -> Option<Value> {
    let contact = json!({ "givenName": format!("N{number}"), "personalNotes": "n".repeat(size) });
    let reply = outlook.ask(Method::POST, "me/contacts", Some(&contact)).await;
    match reply.status {
        201 => Some(reply.json()["givenName"].clone()),
        503 => {
            assert!(reply.retry_after.is_some(), "a client must be told when to come again");
            None
        }
        status => panic!("{status}: {}", reply.json()),
    }
}

async fn given_names(outlook: &Outlook) -> Vec<Value> {
    outlook.contacts().await.iter().map(|contact| contact["givenName"].clone()).collect()
}

/// A disk gets full and has room again: what either side was refused comes through then.
async fn refused_while_full(mut house: House, make_room: impl FnOnce(&mut House)) {
    let outlook = house.outlook("anna");
    let mut iphone = house.iphone("anna", "IPHONE").await;
    let mut acknowledged = fill(&outlook).await;
    assert!(!acknowledged.is_empty());

    let note = "n".repeat(30_000);
    let refused = LocalContact::named("Refused", "Once").with(Property::JobTitle, "Patient").with_note(note);
    iphone.add_contact(refused).unwrap();
    let answer = iphone.sync().await;
    assert!(
        matches!(answer, Err(PhoneError::Http { status: 503, .. } | PhoneError::Status { status: 111, .. })),
        "{answer:?}"
    );
    assert_eq!(given_names(&outlook).await, acknowledged, "reading goes on");

    make_room(&mut house);
    iphone.sync().await.unwrap();
    acknowledged.push(json!("Refused"));
    assert_eq!(given_names(&outlook).await, acknowledged, "everything acknowledged, and what was refused, once");
    assert_eq!(iphone.contact_count(), acknowledged.len());
    assert_eq!((iphone.counters().resets, iphone.violations()), (0, &[][..]));
}

#[tokio::test]
async fn a_database_at_its_size_limit_refuses_changes_with_503_and_loses_nothing() {
    let mut house = House::with(&["anna"]);
    let settings = house.data().join("bothways.toml");
    let limit = |mebibytes: u32| fs::write(&settings, format!("[database]\nmebibytes_max = {mebibytes}\n")).unwrap();
    limit(3);
    house.kill();
    house.start();
    refused_while_full(house, |house| {
        limit(300);
        house.kill();
        house.start();
    })
    .await;
}

/// A small disk of its own; gone when dropped.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    /// `None` where mounting is not allowed.
    fn mount(at: &'a Path) -> Option<Self> {
        let mounted = succeeds(Command::new("mount").args(["-t", "tmpfs", "-o", "size=6m", "tmpfs"]).arg(at));
        mounted.then_some(Self(at))
    }

    fn grow(at: &Path) {
        assert!(succeeds(Command::new("mount").args(["-o", "remount,size=200m"]).arg(at)));
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        succeeds(Command::new("umount").arg("-l").arg(self.0));
    }
}

fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

#[tokio::test]
async fn a_full_disk_refuses_changes_with_503_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Some(_disk) = SmallDisk::mount(folder.path()) else {
        eprintln!("not shown here: this user may not mount a small disk");
        return;
    };
    let house = House::on(folder.path(), &["anna"]);
    refused_while_full(house, |house| SmallDisk::grow(house.data())).await;
}

#[tokio::test]
async fn a_phone_with_another_persons_state_reaches_nothing_of_theirs() {
    let house = House::with(&["anna", "bob"]);
    let mut annas = house.iphone("anna", "IPHONE").await;
    let bea = annas.add_contact(LocalContact::named("Bea", "Muster")).unwrap();
    annas.sync().await.unwrap();
    annas.edit(bea, |bea| bea.set(Property::JobTitle, "Stolen")).unwrap();
    // Anna's phone, with her folder ids, server ids and keys, and Bob's name and token.
    let state = annas.saved_state().unwrap().replace("anna@example.org", "bob@example.org");
    let bobs = house.device(DeviceKind::IPhone, "bob", "IPHONE");
    let mut bobs = Phone::from_saved(bobs, &state).unwrap();
    // Whatever it is answered: the folder is not his.
    let _ = bobs.sync().await;

    let annas_bea = house.outlook("anna").only("Bea").await;
    assert_eq!(annas_bea["jobTitle"], Value::Null);
    annas.sync().await.unwrap();
    assert_eq!(house.outlook("anna").only("Bea").await["jobTitle"], "Stolen", "her own phone may");
}
