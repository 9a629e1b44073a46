//! What the tests of this crate share: the real router over the real identity on SQLite, a clock that stands still, and
//! a browser that keeps cookies.
#![allow(dead_code, reason = "no test uses all of it")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has to stop")]

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use axum::{Router, body::Body};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, Request, Response, StatusCode, header};
use hub::{
    AccessPath, Clock, Entropy, FormEncoder, Hub,
    devices::{DeviceGreeting, DeviceInformation},
};
use identity::{
    Client, ClientId, Gate, GrantType, Identity, InstallationKey, NewClient, NewPerson, Secret,
    Settings as IdentitySettings,
};
use ledger::Database;
use oauth::{Network, SecondFactorRule, Service, Settings};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tower::ServiceExt;

/// The server's name.
pub const ORIGIN: &str = "https://contacts.example.org";
/// Microseconds.
pub const SECOND: i64 = 1_000_000;
pub const APPLE: &str = ClientId::APPLE;
pub const APPLE_REDIRECT: &str = "com.apple.Preferences://oauth-redirect";
pub const APP_REDIRECT: &str = "https://app.example.net/cb";
/// A verifier and its challenge (RFC 7636 appendix B).
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15";

pub struct HandClock(pub AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Repeatable, and never the same twice.
struct Counted(AtomicU64);

impl Entropy for Counted {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(32) {
            let number = self.0.fetch_add(1, Ordering::Relaxed);
            for (byte, random) in chunk.iter_mut().zip(Sha256::digest(number.to_le_bytes())) {
                *byte = random;
            }
        }
    }
}

/// Nobody looks at contacts here.
struct NoForms;

impl FormEncoder for NoForms {
    fn encode(&self, _: &contact::eas::EasContact, _: &contact::eas::Lens, _: Option<&[u8]>) -> Vec<u8> {
        Vec::new()
    }
}

/// A server with Anna (password `correct horse`), a program `app` without a secret and a service `service` with one.
pub struct House {
    pub identity: Identity,
    pub gate: Gate,
    pub clock: Arc<HandClock>,
    pub router: Router,
    pub service: Client,
    pub service_secret: String,
    rule: SecondFactorRule,
    database: Database,
}

impl House {
    pub async fn new(database: &Database) -> Self {
        Self::with_rule(database, SecondFactorRule::Optional).await
    }

    /// Where the administrator has a word about second factors.
    pub async fn with_rule(database: &Database, rule: SecondFactorRule) -> Self {
        let clock = Arc::new(HandClock(AtomicI64::new(1_800_000_000 * SECOND)));
        let (gate, router) = server(database, &clock, 0, rule, None);
        let identity = gate.identity().clone();
        let anna = NewPerson {
            account: identity.draw_account(),
            email: "anna@example.org".into(),
            name: "Anna Lee".into(),
            password: Some(Secret::new("correct horse")),
            groups: Vec::new(),
            aliases: vec!["anna".into()],
        };
        identity.add(anna).await.unwrap();
        let app = NewClient {
            id: Some(ClientId::new("app")),
            name: "Address Book <b>".into(),
            confidential: false,
            redirect_uris: vec![APP_REDIRECT.into()],
            paths: [AccessPath::Graph, AccessPath::CardDav].into(),
            grants: [GrantType::AuthorizationCode, GrantType::RefreshToken, GrantType::DeviceCode].into(),
            acts_for: None,
        };
        identity.add_client(app).await.unwrap();
        let service = NewClient {
            id: Some(ClientId::new("service")),
            name: "Service".into(),
            confidential: true,
            redirect_uris: Vec::new(),
            paths: [AccessPath::Graph].into(),
            grants: [GrantType::ClientCredentials].into(),
            acts_for: Some("anna@example.org".into()),
        };
        let (service, secret) = identity.add_client(service).await.unwrap();
        let service_secret = secret.unwrap().reveal().to_owned();
        Self { identity, gate, clock, router, service, service_secret, rule, database: database.clone() }
    }

    /// The server stops and starts again; another process with the same database and key.
    pub fn restart(&mut self) {
        self.restart_asking(None);
    }

    /// The server starts again and knows whom people ask for help.
    pub fn restart_asking(&mut self, contact: Option<&str>) {
        (self.gate, self.router) = server(&self.database, &self.clock, 1 << 40, self.rule, contact);
        self.identity = self.gate.identity().clone();
    }

    /// The server starts again with another rule.
    pub fn restart_with(&mut self, rule: SecondFactorRule) {
        self.rule = rule;
        self.restart();
    }

    /// Somebody else, with a password of their own.
    pub async fn add(&self, name: &str, password: &str) {
        let person = NewPerson {
            account: self.identity.draw_account(),
            email: format!("{name}@example.org"),
            name: name.to_owned(),
            password: Some(Secret::new(password)),
            groups: Vec::new(),
            aliases: Vec::new(),
        };
        self.identity.add(person).await.unwrap();
    }

    /// A phone asks for somebody's contacts; the gate decides about it.
    pub async fn phone_asks(&self, email: &str, device: &str, information: DeviceInformation) -> identity::Passage {
        let person = self.identity.facts(email).await.unwrap().unwrap();
        let hub = hub(&self.database, &self.clock);
        hub.create_account(person.account).await.unwrap();
        let access = hub.for_account(person.account, "test");
        let greeting = DeviceGreeting {
            device: device.to_owned(),
            device_type: "iPhone".to_owned(),
            user_agent: "Apple-iPhone15C4/2102.62".to_owned(),
            protocol: "16.1".to_owned(),
        };
        access.greet(greeting).await.unwrap();
        let device = access.set_device_information(device, information).await.unwrap();
        let secret = self.identity.add_app_password(email, "phone", None, identity::Binding::AnyDevice).await.unwrap();
        let credentials = identity::Credentials::Basic { user: email.to_owned(), password: secret };
        let network = IpAddr::from([192, 0, 2, 1]);
        let attempt = identity::Attempt {
            credentials: &credentials,
            path: AccessPath::ActiveSync,
            device: Some(&device.greeting.device),
            network,
            certificate: None,
        };
        let admission = self.identity.authenticate(attempt).await.unwrap();
        let visit = identity::Visit {
            device,
            login_name: Some(email.to_owned()),
            host: "contacts.example.org".to_owned(),
            network,
            policy: access::DevicePolicy::NotRequired,
        };
        self.gate.ask(&admission, &visit).await.unwrap()
    }

    pub fn pass(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * SECOND, Ordering::Relaxed);
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        Answer::read(self.router.clone().oneshot(request).await.unwrap()).await
    }

    /// A form of a program, which has no cookies.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(form_request(path, form)).await
    }

    /// With the service's credentials.
    pub async fn post_as_service(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let credentials = format!("service:{}", self.service_secret);
        let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(credentials));
        let mut request = form_request(path, form);
        request.headers_mut().insert(header::AUTHORIZATION, basic.parse().unwrap());
        self.send(request).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(get_request(path)).await
    }

    pub fn browser(&self) -> Browser<'_> {
        Browser { house: self, cookies: Mutex::default(), language: "en" }
    }

    /// The parameters that a code came with, for a request that is allowed by Anna.
    pub async fn allowed(&self, request: &str) -> BTreeMap<String, String> {
        let browser = self.browser();
        browser.open(request).await;
        let answer = browser.sign_in("anna@example.org", "correct horse").await;
        assert_eq!(answer.location(), "/sign-in/consent", "{}", answer.text);
        browser.allow().await.parameters()
    }

    /// Tokens of `app`, got with a code.
    pub async fn app_tokens(&self) -> Value {
        let code = self.allowed(&app_request("")).await["code"].clone();
        let answer = self.post("/oauth2/v2.0/token", &app_code(&code)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.json()
    }
}

fn hub(database: &Database, clock: &Arc<HandClock>) -> Hub {
    Hub::new(database.clone(), Arc::new(NoForms), clock.clone(), Arc::new(Counted(AtomicU64::new(1 << 50))))
}

fn server(
    database: &Database,
    clock: &Arc<HandClock>,
    seed: u64,
    rule: SecondFactorRule,
    contact: Option<&str>,
) -> (Gate, Router) {
    let key = InstallationKey::from([7; 32]);
    let entropy = Arc::new(Counted(AtomicU64::new(seed)));
    let settings = IdentitySettings {
        issuer: Some(ORIGIN.into()),
        hub: Some(hub(database, clock)),
        ..IdentitySettings::new(key.clone())
    };
    let identity = Identity::new(database.clone(), clock.clone(), entropy.clone(), settings);
    let gate = Gate::new(identity.clone());
    let help_contact = contact.map(|text| oauth::HelpContact::try_from(text.to_owned()).unwrap());
    let router = oauth::router(Service {
        identity,
        gate: gate.clone(),
        clock: clock.clone(),
        entropy,
        key,
        company: None,
        settings: Settings {
            public_url: Some(ORIGIN.into()),
            second_factor: rule,
            help_contact,
            ..Settings::default()
        },
    });
    (gate, router)
}

/// An authorization request of `app`, with more parameters.
pub fn app_request(more: &str) -> String {
    format!(
        "/oauth2/v2.0/authorize?response_type=code&client_id=app&redirect_uri={}&scope=openid+carddav&state=s1&\
         nonce=n1&code_challenge={CHALLENGE}&code_challenge_method=S256{more}",
        encoded(APP_REDIRECT)
    )
}

/// What an iPhone asks in the on-premises mode.
pub fn iphone_request() -> String {
    format!(
        "/oauth2/authorize?response_type=code&client_id={APPLE}&redirect_uri={APPLE_REDIRECT}&ui_locales=en-us&display=ios\
         &state=11111111-2222-3333-4444-555555555555&resource=https%3A%2F%2Fcontacts.example.org%2F\
         &claims=%7B%22access_token%22%3A%7B%22xms_cc%22%3A%7B%22values%22%3A%5B%22cp1%22%5D%7D%7D%7D\
         &login_hint=anna%40example.org"
    )
}

pub fn app_code(code: &str) -> [(&'static str, &str); 5] {
    [
        ("grant_type", "authorization_code"),
        ("client_id", "app"),
        ("code", code),
        ("redirect_uri", APP_REDIRECT),
        ("code_verifier", VERIFIER),
    ]
}

pub fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

pub fn get_request(path: &str) -> Request<Body> {
    let mut request = Request::get(path).body(Body::empty()).unwrap();
    decorate(&mut request);
    request
}

pub fn form_request(path: &str, form: &[(&str, &str)]) -> Request<Body> {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let mut request = Request::post(path).body(Body::from(body)).unwrap();
    decorate(&mut request);
    let kind = "application/x-www-form-urlencoded".parse().unwrap();
    request.headers_mut().insert(header::CONTENT_TYPE, kind);
    request
}

fn decorate(request: &mut Request<Body>) {
    request.headers_mut().insert(header::HOST, "contacts.example.org".parse().unwrap());
    request.headers_mut().insert(header::USER_AGENT, IPHONE.parse().unwrap());
    request.extensions_mut().insert(Network(IpAddr::from([192, 0, 2, 1])));
}

/// The claims of a JWT, unverified.
pub fn claims(token: &Value) -> Value {
    let part = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    async fn read(answer: Response<Body>) -> Self {
        let (parts, body) = answer.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Self { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    pub fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn location(&self) -> &str {
        self.header(header::LOCATION)
    }

    /// The parameters of the address an app is sent to.
    pub fn parameters(&self) -> BTreeMap<String, String> {
        let query = self.location().split_once('?').map_or("", |(_, query)| query);
        form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_default().to_owned()
    }

    /// The token of the page's forms.
    pub fn token(&self) -> String {
        let (_, rest) = self.text.split_once("name=\"token\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }
}

/// A browser: keeps cookies, and goes where it is sent.
pub struct Browser<'a> {
    house: &'a House,
    pub cookies: Mutex<BTreeMap<String, String>>,
    pub language: &'static str,
}

impl Browser<'_> {
    pub async fn get(&self, path: &str) -> Answer {
        self.send(get_request(path)).await
    }

    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(form_request(path, form)).await
    }

    async fn send(&self, mut request: Request<Body>) -> Answer {
        let cookies = self.cookies.lock().unwrap().clone();
        let cookies: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request.headers_mut().insert(header::COOKIE, cookies.join("; ").parse().unwrap());
        request.headers_mut().insert(header::ACCEPT_LANGUAGE, self.language.parse().unwrap());
        let answer = self.house.send(request).await;
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            let text = cookie.to_str().unwrap();
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            let mut cookies = self.cookies.lock().unwrap();
            if text.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// Opens a page and follows redirections on this server.
    pub async fn open(&self, path: &str) -> Answer {
        let mut answer = self.get(path).await;
        while answer.status == StatusCode::SEE_OTHER && answer.location().starts_with('/') {
            answer = self.get(answer.location()).await;
        }
        answer
    }

    /// Sends the sign-in form.
    pub async fn sign_in(&self, name: &str, password: &str) -> Answer {
        let token = self.get("/sign-in").await.token();
        self.post("/sign-in", &[("token", &token), ("name", name), ("password", password)]).await
    }

    /// Agrees.
    pub async fn allow(&self) -> Answer {
        let token = self.get("/sign-in/consent").await.token();
        self.post("/sign-in/consent", &[("token", &token), ("decision", "allow")]).await
    }
}
