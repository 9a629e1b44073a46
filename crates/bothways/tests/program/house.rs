//! A data folder, the binary, and a server that runs on it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread,
};

use phone::{Credentials, Phone, PhoneConfig};
use tempfile::TempDir;

/// A data folder that no server has seen yet.
pub struct House {
    folder: TempDir,
}

/// How a command ended.
#[derive(Debug)]
pub struct Done {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Done {
    /// The standard output of a command that must have done what it was asked.
    pub fn good(self) -> String {
        assert_eq!(self.code, Some(0), "{}{}", self.out, self.err);
        self.out
    }

    /// The standard error of a command that must have failed.
    pub fn bad(self) -> String {
        assert_eq!(self.code, Some(1), "{}{}", self.out, self.err);
        assert_eq!(self.out, "", "a failure has nothing to say on standard output");
        self.err
    }

    pub fn json(self) -> serde_json::Value {
        serde_json::from_str(&self.good()).unwrap()
    }
}

impl House {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// With Anna in it, whose password is `secret`.
    pub fn with_anna() -> Self {
        let house = Self::new();
        let add = ["user", "add", "anna@example.com", "--name", "Anna Lee", "--password-stdin"];
        house.run_with("secret\n", &add).good();
        house
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Writes a file beside the data folder.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bothways"));
        command.arg("--data").arg(self.data()).args(arguments);
        command.env_remove("BOTHWAYS_DATA").env_remove("BOTHWAYS_LOG").current_dir(self.folder.path());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Done {
        self.run_with("", arguments)
    }

    pub fn run_with(&self, input: &str, arguments: &[&str]) -> Done {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that reads nothing may be gone already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        Done {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// What a command that must have done what it was asked writes, which need not be text.
    pub fn bytes(&self, arguments: &[&str]) -> Vec<u8> {
        let output = self.command(arguments).stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// A server in clear text on a free port of this machine.
    pub fn serve(&self) -> Serving {
        self.serve_with(&["--plain-http"])
    }

    pub fn serve_with(&self, arguments: &[&str]) -> Serving {
        let pid_file = self.path("bothways.pid");
        let pid_file = pid_file.to_str().unwrap();
        let all = [&["serve", "--listen", "127.0.0.1:0", "--pid-file", pid_file], arguments].concat();
        Serving::start(self.command(&all))
    }
}

/// A server that runs until it is stopped or dropped.
pub struct Serving {
    child: Child,
    pub url: String,
    log: Arc<Mutex<String>>,
    drained: Option<thread::JoinHandle<()>>,
}

impl Serving {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (found, listening) = mpsc::channel();
        let (lines, copy) = (BufReader::new(child.stderr.take().unwrap()), Arc::clone(&log));
        let drained = thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                if let Some((_, rest)) = line.split_once("url=\"") {
                    let _ = found.send(rest.split('"').next().unwrap().to_owned());
                }
                let mut log = copy.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
            }
        });
        let url = listening.recv().unwrap_or_else(|_| panic!("it does not listen: {}", log.lock().unwrap()));
        Self { child, url, log, drained: Some(drained) }
    }

    fn address(&self) -> &str {
        self.url.split("//").nth(1).unwrap()
    }

    /// Sends a request and reads everything up to the end of the connection.
    pub fn exchange(&self, head: &str, body: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect(self.address()).unwrap();
        let length = body.len();
        let request = format!("{head}\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let _ = stream.shutdown(Shutdown::Both);
        answer
    }

    /// The whole answer to a GET as text.
    pub fn get(&self, path: &str) -> String {
        String::from_utf8_lossy(&self.exchange(&format!("GET {path} HTTP/1.1"), b"")).into_owned()
    }

    /// The status of a GET with a token.
    pub fn status_with_token(&self, path: &str, token: &str) -> u16 {
        let head = format!("GET {path} HTTP/1.1\r\nAuthorization: Bearer {token}");
        status(&String::from_utf8_lossy(&self.exchange(&head, b"")))
    }

    pub fn phone(&self, user: &str, password: &str) -> Phone {
        let credentials = Credentials::Password(password.to_owned());
        Phone::new(PhoneConfig::new(&self.url, user, credentials, "7Q2M5T9KD14V9B3R0H8N6C1XEE")).unwrap()
    }

    pub fn signal(&self, name: &str) {
        let process = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &process]).status().unwrap().success());
    }

    /// Waits for the end of a server that was told to stop; its exit code and everything it logged.
    pub fn ended(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().unwrap().code();
        self.drained.take().unwrap().join().unwrap();
        (code, self.log.lock().unwrap().clone())
    }

    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The status of an answer.
pub fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no answer: {answer}"))
}

pub fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}
