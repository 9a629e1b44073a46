//! The program under test: `bothways serve` over a data folder of its own, with people in it.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use phone::{Credentials, DeviceKind, Phone, PhoneConfig};
use tempfile::TempDir;

use crate::outlook::Outlook;

/// The program.
const PROGRAM: &str = env!("CARGO_BIN_EXE_bothways");
/// Where a server listens the first time; later it comes back where it was.
const ANY_PORT: &str = "127.0.0.1:0";

/// A command line of the program over a data folder.
pub fn bothways(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.env_remove("BOTHWAYS_DATA").env_remove("BOTHWAYS_LOG").arg("--data").arg(data).args(arguments);
    command
}

/// Runs a command that is meant to succeed; returns what it printed.
pub fn run(data: &Path, arguments: &[&str]) -> String {
    let output = outcome(data, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Runs a command, whatever comes of it.
pub fn outcome(data: &Path, arguments: &[&str]) -> Output {
    bothways(data, arguments).stdin(Stdio::null()).output().unwrap()
}

/// The address of somebody of this installation.
pub fn email(name: &str) -> String {
    format!("{name}@example.org")
}

/// What opens a person's account.
#[derive(Debug, Clone)]
pub struct Keys {
    pub email: String,
    pub activesync: String,
    pub graph: String,
}

/// Adds a person without a password, with a token for either path.
pub fn add_person(data: &Path, name: &str) -> Keys {
    let email = email(name);
    run(data, &["user", "add", &email, "--name", name]);
    let token = |path| run(data, &["token", "issue", &email, "--path", path]).trim().to_owned();
    Keys { activesync: token("activesync"), graph: token("graph"), email }
}

/// Where a house stands.
enum Ground {
    /// In a folder that goes with it.
    Own(TempDir),
    /// In a folder that somebody else removes.
    Given(PathBuf),
}

/// A house with people and a running server.
pub struct House {
    ground: Ground,
    people: Vec<Keys>,
    server: Option<Server>,
    address: Option<SocketAddr>,
}

impl House {
    /// A new data folder with these people, and a server on it.
    pub fn with(people: &[&str]) -> Self {
        Self::open(Ground::Own(tempfile::tempdir().unwrap()), people)
    }

    /// The same in a given folder.
    pub fn on(folder: &Path, people: &[&str]) -> Self {
        Self::open(Ground::Given(folder.to_owned()), people)
    }

    fn open(ground: Ground, people: &[&str]) -> Self {
        let mut house = Self { ground, people: Vec::new(), server: None, address: None };
        house.people = people.iter().map(|name| add_person(house.data(), name)).collect();
        house.start();
        house
    }

    /// A server on a copy of a data folder that nobody uses.
    pub fn copy_of(template: &Path, people: &[Keys]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(template).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_file() {
                fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
            }
        }
        let mut house = Self { ground: Ground::Own(folder), people: people.to_vec(), server: None, address: None };
        house.start();
        house
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        match &self.ground {
            Ground::Own(folder) => folder.path(),
            Ground::Given(folder) => folder,
        }
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address.unwrap()
    }

    /// Where clients find it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Starts the server; it comes back where it was.
    pub fn start(&mut self) {
        let listen = self.address.map_or_else(|| ANY_PORT.to_owned(), |address| address.to_string());
        let server = Server::start(self.data(), &listen).unwrap_or_else(|log| panic!("serve did not start: {log}"));
        self.address = Some(server.address);
        self.server = Some(server);
    }

    /// SIGKILL, at once.
    pub fn kill(&mut self) {
        self.server = None;
    }

    /// Runs a command beside the server, as an administrator does.
    pub fn administer(&self, arguments: &[&str]) -> String {
        run(self.data(), arguments)
    }

    /// What opens a person's account.
    pub fn keys(&self, name: &str) -> &Keys {
        let email = email(name);
        self.people.iter().find(|keys| keys.email == email).unwrap()
    }

    /// A device of a person that has not spoken to the server yet; the name makes its DeviceId.
    pub fn device(&self, kind: DeviceKind, person: &str, device: &str) -> PhoneConfig {
        let keys = self.keys(person);
        let token = Credentials::Bearer(keys.activesync.clone());
        PhoneConfig::of_kind(kind, &self.url(), &keys.email, token, device).hurried()
    }

    /// A person's iPhone, set up and in step.
    pub async fn iphone(&self, person: &str, device: &str) -> Phone {
        let mut phone = Phone::new(self.device(DeviceKind::IPhone, person, device)).unwrap();
        phone.set_up().await.unwrap();
        phone.sync().await.unwrap();
        phone
    }

    /// A person's Outlook-side program.
    pub fn outlook(&self, person: &str) -> Outlook {
        Outlook::new(&self.url(), &self.keys(person).graph)
    }

    /// What the server has logged since its last start.
    pub fn log(&self) -> String {
        self.server.as_ref().map(Server::log).unwrap_or_default()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("the server's log:\n{}", self.log());
        }
    }
}

/// A process that is killed when it is dropped.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A running server; dropped, it is killed.
pub struct Server {
    _process: Process,
    address: SocketAddr,
    log: Arc<Mutex<String>>,
}

impl Server {
    /// Starts a server and waits until it listens. If it ends before, what it logged is the error.
    pub fn start(data: &Path, listen: &str) -> Result<Self, String> {
        let serve = bothways(data, &["serve", "--plain-http", "--listen", listen, "--log-format", "json"])
            .args(["--log", "warn,bothways::cli=info"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let mut process = Process(serve.unwrap());
        let mut lines = BufReader::new(process.0.stderr.take().unwrap());
        let mut log = String::new();
        loop {
            let from = log.len();
            if lines.read_line(&mut log).unwrap() == 0 {
                return Err(log);
            }
            if let Some(address) = listening(&log[from..]) {
                let log = Arc::new(Mutex::new(log));
                let kept = Arc::clone(&log);
                thread::spawn(move || {
                    for line in lines.lines().map_while(Result::ok) {
                        let mut log = kept.lock().unwrap();
                        log.push_str(&line);
                        log.push('\n');
                    }
                });
                return Ok(Self { _process: process, address, log });
            }
        }
    }

    fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }
}

/// The address in the line that says that the server listens.
fn listening(line: &str) -> Option<SocketAddr> {
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    if line["message"] != "listening" {
        return None;
    }
    line["url"].as_str()?.strip_prefix("http://")?.parse().ok()
}

/// Writes a file into a folder; returns its path.
pub fn write(folder: &Path, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::File::create(&path).unwrap().write_all(content).unwrap();
    path
}
