//! What the scenarios share: a server over a real ledger, a device that asks it, and answers read back.
#![allow(dead_code, reason = "each scenario file uses its part")]

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use activesync::{ActiveSync, ApplicationDataForms, Settings, answer::HttpResponse};
use bytes::Bytes;
use directory::{
    Directory,
    import::{ColumnMap, CsvFile, Options},
};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use hub::{Access, AccessPath, AccountId, Clock, Entropy, Hub};
use identity::{Gate, Identity, InstallationKey, NewPerson, Secret};
use ledger::Database;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use wbxml::{Reader, Tag, Token, Writer, document, pages::airsync as a};

/// Ticks a millisecond each time it is read.
struct Ticks(AtomicI64);

impl Clock for Ticks {
    fn now(&self) -> i64 {
        self.0.fetch_add(1_000, Ordering::Relaxed)
    }
}

struct Seeded(Mutex<StdRng>);

impl Entropy for Seeded {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.lock().unwrap().fill(buffer);
    }
}

/// A server with Anna, whose password is `correct horse`.
#[derive(Clone)]
pub struct World {
    pub server: ActiveSync,
    pub hub: Hub,
    pub identity: Identity,
    pub gate: Gate,
    pub directory: Directory,
    pub account: AccountId,
    pub database: Database,
    token: String,
}

pub const EMAIL: &str = "anna@example.org";
pub const ALIAS: &str = "a.berg@example.org";
pub const PASSWORD: &str = "correct horse";

/// Runs a scenario on a fresh SQLite ledger.
pub fn scenario(test: impl AsyncFn(World)) {
    scenario_with(&Settings::default(), test);
}

/// As [`scenario`], with settings.
pub fn scenario_with(settings: &Settings, test: impl AsyncFn(World)) {
    ledger::testing::sqlite(async |database| test(World::new(database, settings.clone()).await).await);
}

impl World {
    async fn new(database: Database, settings: Settings) -> Self {
        let clock = Arc::new(Ticks(AtomicI64::new(1_800_000_000_000_000)));
        let entropy = Arc::new(Seeded(Mutex::new(StdRng::seed_from_u64(7))));
        let hub = Hub::new(database.clone(), Arc::new(ApplicationDataForms), clock.clone(), entropy.clone());
        let key = InstallationKey::from([7; 32]);
        let sign_in = identity::Settings { hub: Some(hub.clone()), ..identity::Settings::new(key) };
        let identity = Identity::new(database.clone(), clock, entropy, sign_in);
        let directory = Directory::new(database.clone());
        let account = identity.draw_account();
        hub.create_account(account).await.unwrap();
        let anna = NewPerson {
            account,
            email: EMAIL.into(),
            name: "Anna Berg".into(),
            password: Some(Secret::new(PASSWORD)),
            groups: Vec::new(),
            aliases: vec![ALIAS.into()],
        };
        identity.add(anna).await.unwrap();
        let token = identity
            .issue_token(EMAIL, AccessPath::ActiveSync, Duration::from_hours(1))
            .await
            .unwrap()
            .reveal()
            .to_owned();
        let gate = Gate::new(identity.clone());
        let server = ActiveSync::behind(gate.clone(), hub.clone(), directory.clone(), settings);
        Self { server, hub, identity, gate, directory, account, database, token }
    }

    /// Anna's contacts, from another path.
    pub fn other_side(&self) -> Access {
        self.hub.for_account(self.account, "test")
    }

    /// Fills the directory; the header is that of the documented format.
    pub async fn import_directory(&self, rows: &str) {
        let header = "email,name,given_name,surname,phone,mobile,home_phone,company,department,title,office,alias";
        let file = CsvFile::open(format!("{header}\n{rows}").into_bytes(), &ColumnMap::default()).unwrap();
        let plan = self.directory.plan(file, Options::default()).await.unwrap();
        self.directory.execute(plan, |_| {}).await.unwrap();
    }

    pub fn phone(&self) -> Phone {
        self.device("7Q2M5T9KD14V9B3R", "iPhone", "Apple-iPhone15C4/2302.85", "14.1")
    }

    pub fn device(&self, id: &str, device_type: &str, user_agent: &str, version: &str) -> Phone {
        Phone {
            world: self.clone(),
            id: id.into(),
            device_type: device_type.into(),
            user_agent: user_agent.into(),
            version: version.into(),
            policy_key: 0,
        }
    }

    pub async fn raw(&self, request: http::request::Builder, body: impl Into<Bytes>) -> HttpResponse {
        let (parts, body) = request.body(body.into()).unwrap().into_parts();
        self.server.handle(parts, body, "127.0.0.1:5".parse().unwrap()).await
    }

    /// A request with credentials.
    pub fn signed_in(&self, method: Method, uri: &str) -> http::request::Builder {
        Request::builder().method(method).uri(uri).header("Authorization", format!("Bearer {}", self.token))
    }
}

pub async fn body_of(response: HttpResponse) -> Bytes {
    response.into_body().collect().await.unwrap().to_bytes()
}

/// A device that asks.
#[derive(Clone)]
pub struct Phone {
    pub world: World,
    pub id: String,
    pub device_type: String,
    pub user_agent: String,
    pub version: String,
    pub policy_key: u32,
}

impl Phone {
    pub fn request(&self, command: &str) -> http::request::Builder {
        let uri = format!(
            "/Microsoft-Server-ActiveSync?User=anna%40example.org&DeviceId={}&DeviceType={}&Cmd={command}",
            self.id, self.device_type
        );
        self.world
            .signed_in(Method::POST, &uri)
            .header("MS-ASProtocolVersion", &self.version)
            .header("User-Agent", &self.user_agent)
            .header("X-MS-PolicyKey", self.policy_key.to_string())
            .header("Content-Type", "application/vnd.ms-sync.wbxml")
    }

    pub async fn response(&self, command: &str, body: Vec<u8>) -> HttpResponse {
        self.world.raw(self.request(command), body).await
    }

    pub async fn status_of(&self, command: &str, body: Vec<u8>) -> StatusCode {
        self.response(command, body).await.status()
    }

    /// The answer's bytes, checked as far as every iPhone checks them; empty for an empty body.
    pub async fn bytes(&self, command: &str, body: Vec<u8>) -> Bytes {
        let response = self.response(command, body).await;
        assert_eq!(response.status(), StatusCode::OK, "{command}");
        let content_type = response.headers().get("Content-Type").unwrap();
        assert_eq!(content_type, "application/vnd.ms-sync.wbxml", "iOS compares the type literally");
        let bytes = body_of(response).await;
        if !bytes.is_empty() {
            assert!(bytes.starts_with(&[3, 1, 0x6A, 0]), "iOS wants these four bytes first");
        }
        bytes
    }

    /// The answer's root element.
    pub async fn ask(&self, command: &str, body: Vec<u8>) -> Node {
        let bytes = self.bytes(command, body).await;
        Node::read(&bytes)
    }

    /// Sync of one folder with whatever `content` writes after key and folder.
    pub async fn sync(&self, folder: &str, key: &str, content: impl FnOnce(&mut Writer)) -> Node {
        self.ask("Sync", sync_body(folder, key, content)).await
    }

    /// FolderSync from the start; the id of the default folder.
    pub async fn default_folder(&self) -> String {
        let answer = self.ask("FolderSync", folder_sync_body("0")).await;
        let adds = answer.child("Changes").children("Add");
        adds.iter().find(|add| add.text("Type") == "9").unwrap().text("ServerId").to_owned()
    }

    /// Goes through the first run of a folder; the key at its end and the ids of all contacts by first name.
    pub async fn first_sync(&self, folder: &str) -> (String, BTreeMap<String, String>) {
        let answer = self.sync(folder, "0", |_| {}).await;
        let mut key = collection(&answer).text("SyncKey").to_owned();
        let mut held = BTreeMap::new();
        loop {
            let bytes = self.bytes("Sync", sync_body(folder, &key, |w| w.text(a::WINDOW_SIZE, "25"))).await;
            if bytes.is_empty() {
                return (key, held);
            }
            let answer = Node::read(&bytes);
            let one = collection(&answer);
            one.text("SyncKey").clone_into(&mut key);
            for add in one.find("Commands").iter().flat_map(|commands| commands.children("Add")) {
                let name = add.child("ApplicationData").find("FirstName").map_or("", |name| name.text.as_str());
                held.insert(name.to_owned(), add.text("ServerId").to_owned());
            }
            if one.find("MoreAvailable").is_none() {
                return (key, held);
            }
        }
    }
}

pub fn folder_sync_body(key: &str) -> Vec<u8> {
    use wbxml::pages::folder_hierarchy as fh;
    document(fh::FOLDER_SYNC, |w| w.text(fh::SYNC_KEY, key))
}

pub fn sync_body(folder: &str, key: &str, content: impl FnOnce(&mut Writer)) -> Vec<u8> {
    document(a::SYNC, |w| {
        w.element(a::COLLECTIONS, |w| {
            w.element(a::COLLECTION, |w| {
                w.text(a::SYNC_KEY, key);
                w.text(a::COLLECTION_ID, folder);
                content(w);
            });
        });
    })
}

/// An Add as a phone writes it.
pub fn write_add(w: &mut Writer, client_id: &str, texts: &[(Tag, &str)]) {
    w.element(a::COMMANDS, |w| {
        w.element(a::ADD, |w| {
            w.text(a::CLIENT_ID, client_id);
            write_texts(w, texts);
        });
    });
}

/// A Change as a phone writes it.
pub fn write_change(w: &mut Writer, server_id: &str, texts: &[(Tag, &str)]) {
    w.element(a::COMMANDS, |w| {
        w.element(a::CHANGE, |w| {
            w.text(a::SERVER_ID, server_id);
            write_texts(w, texts);
        });
    });
}

fn write_texts(w: &mut Writer, texts: &[(Tag, &str)]) {
    w.element(a::APPLICATION_DATA, |w| texts.iter().for_each(|(tag, text)| w.text(*tag, text)));
}

/// The only collection of a Sync's answer.
pub fn collection(sync: &Node) -> &Node {
    let collections = sync.child("Collections").children("Collection");
    assert_eq!(collections.len(), 1, "{sync:?}");
    collections[0]
}

/// An element of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    pub name: String,
    pub text: String,
    pub opaque: Vec<u8>,
    pub children: Vec<Node>,
}

impl Node {
    pub fn read(bytes: &[u8]) -> Self {
        let mut reader = Reader::at_start(bytes).unwrap();
        let mut open: Vec<Node> = vec![Node::default()];
        while let Some(token) = reader.token().unwrap() {
            match token {
                Token::Open(tag) => {
                    open.push(Node { name: tag.name().expect("only known elements").to_owned(), ..Node::default() });
                }
                Token::Text(text) => open.last_mut().unwrap().text.push_str(text),
                Token::Opaque(bytes) => open.last_mut().unwrap().opaque.extend_from_slice(bytes),
                Token::Close => {
                    let node = open.pop().unwrap();
                    open.last_mut().unwrap().children.push(node);
                }
            }
        }
        open.pop().unwrap().children.remove(0)
    }

    pub fn find(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.name == name)
    }

    pub fn child(&self, name: &str) -> &Node {
        self.find(name).unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }

    pub fn children(&self, name: &str) -> Vec<&Node> {
        self.children.iter().filter(|child| child.name == name).collect()
    }

    pub fn text(&self, name: &str) -> &str {
        &self.child(name).text
    }

    pub fn names(&self) -> Vec<&str> {
        self.children.iter().map(|child| child.name.as_str()).collect()
    }
}
