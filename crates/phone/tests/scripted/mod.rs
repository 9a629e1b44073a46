//! A server that plays answers written by hand and remembers every request. It knows no WBXML: a document is written as its
//! bytes, in hexadecimal, with inline strings in quotes.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "test support, used in part by each test file"
)]

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use phone::{Credentials, DeviceKind, FolderId, Phone, PhoneConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub const DEVICE: &str = "7Q2M5T9KD14V9B3R0H8N6C1XEE";

/// Bytes from text such as `45 4E '1' 01`; a quoted string is an inline string with its token and its NUL.
pub fn bytes(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for (index, part) in text.split('\'').enumerate() {
        if index % 2 == 1 {
            out.push(0x03);
            out.extend_from_slice(part.as_bytes());
            out.push(0x00);
        } else {
            out.extend(part.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()));
        }
    }
    out
}

/// A document: the header of every ActiveSync document, then `text`.
pub fn document(text: &str) -> Vec<u8> {
    [bytes("03 01 6A 00"), bytes(text)].concat()
}

#[derive(Clone, Debug)]
pub enum Step {
    Answer {
        status: u16,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
    /// Never answers.
    Hold,
}

/// An answer of an ActiveSync server.
pub fn eas(text: &str) -> Step {
    raw_eas(document(text))
}

pub fn raw_eas(body: Vec<u8>) -> Step {
    let headers = vec![("Content-Type".to_owned(), "application/vnd.ms-sync.wbxml".to_owned())];
    Step::Answer { status: 200, headers, body }
}

pub fn http(status: u16, headers: &[(&str, &str)], body: &str) -> Step {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Step::Answer { status, headers, body: body.as_bytes().to_vec() }
}

pub fn options() -> Step {
    let commands = "Sync,FolderSync,Ping,Provision,Search,Settings";
    http(200, &[("MS-ASProtocolVersions", "14.0,14.1"), ("MS-ASProtocolCommands", commands)], "")
}

/// Settings with the addresses in the Accounts form.
pub fn settings() -> Step {
    eas("00 12 45 46 '1' 01 5D 46 '1' 01 47 64 65 5E 5F 'anna@example.org' 01 63 'anna@example.org' 01 01 01 01 01 01 \
         56 46 '1' 01 01 01")
}

/// One folder, F9, of type 9.
pub fn folders() -> Step {
    eas("00 07 56 4C '1' 01 52 'f1' 01 4E 57 '1' 01 4F 48 'F9' 01 49 '0' 01 47 'Contacts' 01 4A '9' 01 01 01 01")
}

/// An answer to Sync of F9: MoreAvailable or not, then the inside of Responses and of Commands.
pub fn synced(key: &str, more: bool, responses: &str, commands: &str) -> Step {
    let more = if more { "14" } else { "" };
    let wrap =
        |token: &str, inside: &str| if inside.is_empty() { String::new() } else { format!("{token} {inside} 01") };
    let (responses, commands) = (wrap("46", responses), wrap("56", commands));
    eas(&format!("45 5C 4F 4B '{key}' 01 52 'F9' 01 4E '1' 01 {more} {responses} {commands} 01 01 01"))
}

/// A status for F9 and nothing else.
pub fn collection_status(status: u32) -> Step {
    eas(&format!("45 5C 4F 4B '0' 01 52 'F9' 01 4E '{status}' 01 01 01 01"))
}

/// Add or Change of a contact with a first and a last name. Ends on page 0.
pub fn item(token: &str, id: &str, first: &str, last: &str) -> String {
    format!("{token} 4D '{id}' 01 5D 00 01 5F '{first}' 01 69 '{last}' 01 01 01 00 00 ")
}

pub fn add(id: &str, first: &str, last: &str) -> String {
    item("47", id, first, last)
}

pub fn change(id: &str, first: &str, last: &str) -> String {
    item("48", id, first, last)
}

#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Seen {
    pub fn command(&self) -> String {
        self.target.rsplit_once("Cmd=").map_or_else(|| self.method.clone(), |(_, command)| command.to_owned())
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

pub struct Server {
    pub address: SocketAddr,
    steps: Arc<Mutex<VecDeque<Step>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    pub async fn start(steps: Vec<Step>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Self { address, steps: Arc::new(Mutex::new(steps.into())), seen: Arc::default() };
        let (steps, seen) = (Arc::clone(&server.steps), Arc::clone(&server.seen));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&steps), Arc::clone(&seen)));
            }
        });
        server
    }

    /// OPTIONS, Settings, FolderSync, the first key, then `steps`.
    pub async fn with_account(steps: Vec<Step>) -> Self {
        let mut all = vec![options(), settings(), folders(), synced("S1", false, "", "")];
        all.extend(steps);
        Self::start(all).await
    }

    pub fn then(&self, steps: Vec<Step>) {
        self.steps.lock().unwrap().extend(steps);
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub fn commands(&self) -> Vec<String> {
        self.seen().iter().map(Seen::command).collect()
    }

    pub fn last(&self) -> Seen {
        self.seen().pop().unwrap()
    }

    pub fn unplayed(&self) -> usize {
        self.steps.lock().unwrap().len()
    }
}

async fn serve(mut stream: TcpStream, steps: Arc<Mutex<VecDeque<Step>>>, seen: Arc<Mutex<Vec<Seen>>>) {
    let mut buffer = Vec::new();
    while let Some(request) = read_request(&mut stream, &mut buffer).await {
        seen.lock().unwrap().push(request);
        let step = steps.lock().unwrap().pop_front();
        match step {
            Some(Step::Answer { status, headers, body }) => {
                let mut head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n", body.len());
                for (name, value) in headers {
                    head.extend([&name, ": ", &value, "\r\n"]);
                }
                let whole = [head.as_bytes(), b"\r\n", &body].concat();
                if stream.write_all(&whole).await.is_err() {
                    return;
                }
            }
            Some(Step::Hold) => std::future::pending().await,
            None => {
                let _ = stream.write_all(b"HTTP/1.1 418 Unscripted\r\nContent-Length: 0\r\n\r\n").await;
            }
        }
    }
}

async fn read_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Seen> {
    loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8(buffer[..end].to_vec()).unwrap();
            let mut lines = head.split("\r\n");
            let mut first = lines.next()?.split(' ');
            let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
            let headers: Vec<(String, String)> = lines
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect();
            let length = headers.iter().find(|(name, _)| name == "content-length");
            let length: usize = length.map_or(0, |(_, value)| value.parse().unwrap());
            if buffer.len() >= end + 4 + length {
                let body = buffer[end + 4..end + 4 + length].to_vec();
                buffer.drain(..end + 4 + length);
                return Some(Seen { method, target, headers, body });
            }
        }
        let mut chunk = [0; 8192];
        let read = stream.read(&mut chunk).await.ok()?;
        if read == 0 {
            return None;
        }
        buffer.extend_from_slice(&chunk[..read]);
    }
}

pub fn config(server: &Server) -> PhoneConfig {
    config_of(DeviceKind::IPhone, server)
}

pub fn config_of(kind: DeviceKind, server: &Server) -> PhoneConfig {
    let password = Credentials::Password("secret".to_owned());
    PhoneConfig::of_kind(kind, &server.url(), "anna@example.org", password, DEVICE).hurried()
}

pub fn phone(server: &Server) -> Phone {
    Phone::new(config(server)).unwrap()
}

pub fn f9() -> FolderId {
    FolderId("F9".to_owned())
}

/// A phone that is set up and through its first run, which brought `commands`.
pub async fn settled(commands: &str) -> (Server, Phone) {
    settled_as(DeviceKind::IPhone, commands).await
}

pub async fn settled_as(kind: DeviceKind, commands: &str) -> (Server, Phone) {
    let server = Server::with_account(vec![synced("S2", false, "", commands)]).await;
    let mut phone = Phone::new(config_of(kind, &server)).unwrap();
    phone.set_up().await.unwrap();
    phone.sync().await.unwrap();
    assert_eq!(phone.violations(), []);
    (server, phone)
}
