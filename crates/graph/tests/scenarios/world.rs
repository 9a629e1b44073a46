//! A server as clients meet it: the real router over a real ledger, with two people and a directory.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, Ordering},
};

use axum::{Router, body::Body};
use contact::eas::{EasContact, Lens};
use directory::{
    Directory,
    import::{ColumnMap, CsvFile, Options as ImportOptions},
};
use graph::{Options, Service};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use hub::{Access, AccessPath, Caller, Clock, Entropy, FormEncoder, Hub};
use identity::{Identity, InstallationKey, NewPerson, Secret, Settings};
use ledger::Database;
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::Value;
use tower::ServiceExt;

/// Moves only a microsecond at a time, unless a test moves it.
pub struct Hands(AtomicI64);

impl Hands {
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
    }
}

impl Clock for Hands {
    fn now(&self) -> i64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

struct Seeded(Mutex<StdRng>);

impl Entropy for Seeded {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.lock().unwrap().fill_bytes(buffer);
    }
}

/// Phones are not part of this.
struct NoForms;

impl FormEncoder for NoForms {
    fn encode(&self, _: &EasContact, _: &Lens, _: Option<&[u8]>) -> Vec<u8> {
        Vec::new()
    }
}

const PEOPLE: &str = "\
email,name,given_name,surname,phone,mobile,home_phone,company,department,title,office,alias
ann@example.com,Ann Lee,Ann,Lee,+45 1,,,Acme,Sales,Captain,Room 1,ann
carl@example.com,Carl Berg,Carl,Berg,+45 2,+45 3,,Acme,Yard,Welder,,carl
clara@example.com,Clara Ørsted,Clara,Ørsted,,,,Acme,Yard,,,clara
";

pub struct World {
    pub service: Service,
    pub clock: Arc<Hands>,
    pub ann: Caller,
    pub tokens: [String; 2],
    router: Router,
}

impl World {
    pub async fn new(database: Database) -> Self {
        Self::with(database, Options { tls: false, plain_http_endpoints: true, ..Options::default() }).await
    }

    pub async fn with(database: Database, options: Options) -> Self {
        let clock = Arc::new(Hands(AtomicI64::new(1_800_000_000_000_000)));
        let entropy: Arc<dyn Entropy> = Arc::new(Seeded(Mutex::new(StdRng::seed_from_u64(7))));
        let hub = Hub::new(database.clone(), Arc::new(NoForms), clock.clone(), entropy.clone());
        let sign_in = Settings { hub: Some(hub.clone()), ..Settings::new(InstallationKey::from([7; 32])) };
        let identity = Identity::new(database.clone(), clock.clone(), entropy.clone(), sign_in);
        let directory = Directory::new(database);
        let file = CsvFile::open(PEOPLE.into(), &ColumnMap::default()).unwrap();
        let plan = directory.plan(file, ImportOptions::default()).await.unwrap();
        directory.execute(plan, |_| ()).await.unwrap();

        let mut people = Vec::new();
        for (email, name) in [("ann@example.com", "Ann Lee"), ("bob@example.com", "Bob")] {
            let account = identity.draw_account();
            hub.create_account(account).await.unwrap();
            let (email, name) = (email.to_owned(), name.to_owned());
            let person = NewPerson { account, email, name, password: None, groups: vec![], aliases: vec![] };
            let person = identity.add(person).await.unwrap();
            let life = std::time::Duration::from_hours(800);
            let token: Secret = identity.issue_token(&person.email, AccessPath::Graph, life).await.unwrap();
            people.push((person, token.reveal().to_owned()));
        }
        let [(ann, ann_token), (_, bob_token)] = <[_; 2]>::try_from(people).unwrap();
        let ann = Caller { account: ann.account, email: ann.email, name: ann.name, path: AccessPath::Graph };
        let http = graph::http_client().unwrap();
        let service = Service { hub, directory, identity, entropy, http, options };
        let router = graph::router(service.clone());
        Self { service, clock, ann, tokens: [ann_token, bob_token], router }
    }

    /// Ann's contacts, past the path.
    pub fn access(&self) -> Access {
        self.service.hub.for_account(self.ann.account, "phone")
    }

    pub async fn default_book(&self) -> hub::BookId {
        self.access().default_book().await.unwrap().book
    }

    pub fn call(&self, method: Method, path: &str) -> Call<'_> {
        // Links come back whole.
        let path = path.strip_prefix("http://hub.example").unwrap_or(path);
        let path = if path.starts_with("/v1.0") { path.to_owned() } else { format!("/v1.0{path}") };
        let request = Request::builder().method(method).uri(path).header("host", "hub.example");
        Call { world: self, request, token: Some(self.tokens[0].clone()), body: Body::empty() }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path).send().await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.call(Method::POST, path).json(&body).send().await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.call(Method::PATCH, path).json(&body).send().await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.call(Method::DELETE, path).send().await
    }

    /// A new contact in the default folder; its id.
    pub async fn contact(&self, body: Value) -> String {
        let reply = self.post("/me/contacts", body).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
        reply.json()["id"].as_str().unwrap().to_owned()
    }
}

pub struct Call<'w> {
    world: &'w World,
    request: http::request::Builder,
    token: Option<String>,
    body: Body,
}

impl Call<'_> {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub fn json(self, body: &Value) -> Self {
        let call = self.header("content-type", "application/json");
        Self { body: Body::from(body.to_string()), ..call }
    }

    pub fn bytes(self, media_type: &str, bytes: Vec<u8>) -> Self {
        let call = self.header("content-type", media_type);
        Self { body: Body::from(bytes), ..call }
    }

    pub fn token(self, token: Option<&str>) -> Self {
        Self { token: token.map(str::to_owned), ..self }
    }

    pub async fn send(self) -> Reply {
        let request = match self.token {
            Some(token) => self.request.header("authorization", format!("Bearer {token}")),
            None => self.request,
        };
        let response = self.world.router.clone().oneshot(request.body(self.body).unwrap()).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Reply { status: head.status, headers: head.headers, body }
    }
}

#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// Status and error code.
    pub fn refusal(&self) -> (u16, String) {
        (self.status.as_u16(), self.json()["error"]["code"].as_str().unwrap_or_default().to_owned())
    }

    pub fn values(&self) -> Vec<Value> {
        self.json()["value"].as_array().unwrap_or_else(|| panic!("no collection: {self:?}")).clone()
    }

    /// A property of every value, in order.
    pub fn each(&self, property: &str) -> Vec<String> {
        self.values().iter().map(|value| value[property].as_str().unwrap_or_default().to_owned()).collect()
    }

    pub fn link(&self, kind: &str) -> String {
        self.json()[format!("@odata.{kind}")]
            .as_str()
            .unwrap_or_else(|| panic!("no {kind}: {}", self.text()))
            .to_owned()
    }
}
