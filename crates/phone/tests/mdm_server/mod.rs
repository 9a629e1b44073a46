//! A management server of a page: a queue of hand-written commands, check-ins answered, declarations handed out.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use phone::managed::plist::{self, Dictionary};
use phone::managed::{DeviceSpec, Identity, IdentitySource, ManagedPhone, OsVersion};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme};
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

pub const OUTLOOK: &str = "com.microsoft.Office.Outlook";
pub const MESSENGER: &str = "net.whatsapp.WhatsApp";
pub const CONTACTS: &str = "com.apple.MobileAddressBook";
pub const ALL_RIGHTS: i64 = 8191;

pub struct Seen {
    pub content_type: String,
    pub signature: Option<String>,
    pub body: Bytes,
    pub message: Dictionary,
}

impl Seen {
    pub fn kind(&self) -> &str {
        self.message.text("MessageType").or(self.message.text("Status")).unwrap_or_default()
    }
}

#[derive(Default)]
pub struct State {
    queue: VecDeque<(String, String)>,
    put_off: BTreeSet<String>,
    pub seen: Vec<Seen>,
    /// Status and body of the next answers, whatever is asked.
    pub instead: VecDeque<(u16, String)>,
    /// Endpoint's kind, Identifier, ServerToken, Type, Payload.
    pub declarations: Vec<(&'static str, &'static str, String, &'static str, Json)>,
    pub documents: BTreeMap<String, Vec<u8>>,
    pub reports: Vec<Json>,
    /// The manifest with this array missing.
    pub without: Option<&'static str>,
    /// The queue never takes a command off.
    pub endless: bool,
}

pub struct Server {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Server {
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&shared);
                let service = service_fn(move |request| answer(Arc::clone(&shared), request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { address, state }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Queues a command: its RequestType and the rest of the inside.
    pub fn queue(&self, uuid: &str, request_type: &str, inside: &str) {
        let command = format!(
            "<plist version=\"1.0\"><dict><key>CommandUUID</key><string>{uuid}</string><key>Command</key><dict>\
             <key>RequestType</key><string>{request_type}</string>{inside}</dict></dict></plist>"
        );
        self.state().queue.push_back((uuid.to_owned(), command));
    }

    pub fn install(&self, uuid: &str, profile: &[u8]) {
        self.queue(uuid, "InstallProfile", &format!("<key>Payload</key><data>{}</data>", base64(profile)));
    }

    /// The report on a command.
    pub fn report(&self, uuid: &str) -> Dictionary {
        let state = self.state();
        let mut reports = state.seen.iter().rev().filter(|seen| seen.message.text("CommandUUID") == Some(uuid));
        reports.next().expect("a report").message.clone()
    }

    pub fn kinds(&self) -> Vec<String> {
        self.state().seen.iter().map(|seen| seen.kind().to_owned()).collect()
    }

    /// A phone enrolled by device, with an identity handed in.
    pub async fn enrolled(&self, os: &str) -> ManagedPhone {
        let mut phone = phone(os);
        phone.enrol(&self.enrolment(""), given()).await.unwrap();
        phone
    }

    /// As a person's own device.
    pub async fn user_enrolled(&self, os: &str) -> ManagedPhone {
        let mut phone = phone(os);
        phone.enrol(&self.enrolment("<key>EnrollmentMode</key><string>BYOD</string>"), given()).await.unwrap();
        phone
    }

    pub fn enrolment(&self, more: &str) -> Vec<u8> {
        Self::enrolment_at(&format!("{}/mdm?company=1", self.url()), more)
    }

    pub fn enrolment_at(server_url: &str, more: &str) -> Vec<u8> {
        let mdm = payload(
            "com.apple.mdm",
            "org.example.enrolment.mdm",
            "M1",
            &format!(
                "<key>ServerURL</key><string>{server_url}</string><key>Topic</key><string>com.apple.mgmt.x</string>\
                 <key>AccessRights</key><integer>{ALL_RIGHTS}</integer>\
                 <key>IdentityCertificateUUID</key><string>ID</string>\
                 <key>CheckOutWhenRemoved</key><true/>{more}"
            ),
        );
        profile("org.example.enrolment", "E1", &[mdm])
    }
}

/// A TLS server that wants a client certificate and answers everything with an empty 200: its address, its root (DER), and the
/// certificates it was shown.
pub async fn tls() -> (String, Vec<u8>, Arc<Mutex<Vec<Vec<u8>>>>) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(Arc::new(WhoeverComes(provider)))
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = format!("https://localhost:{}/mdm", listener.local_addr().unwrap().port());
    let shown = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&shown);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            let certificates = stream.get_ref().1.peer_certificates().unwrap_or_default();
            seen.lock().unwrap().extend(certificates.iter().map(|certificate| certificate.to_vec()));
            let service = service_fn(|_| async { Ok::<_, Infallible>(response(200, Vec::new())) });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    (address, made.cert.der().to_vec(), shown)
}

/// Takes every client certificate, but wants one.
#[derive(Debug)]
struct WhoeverComes(Arc<CryptoProvider>);

impl ClientCertVerifier for WhoeverComes {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// The ordinary answers.
async fn answer(state: Arc<Mutex<State>>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let header = |name: &str| head.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let mut state = state.lock().unwrap();
    if head.method == http::Method::GET {
        let document = state.documents.get(head.uri.path()).cloned();
        let status = if document.is_some() { 200 } else { 404 };
        return Ok(response(status, document.unwrap_or_default()));
    }
    let message = plist::read(&body).unwrap().as_dictionary().unwrap().clone();
    let content_type = header("content-type").unwrap_or_default();
    let checks_in = content_type.starts_with("application/x-apple-aspen-mdm-checkin");
    state.seen.push(Seen { content_type, signature: header("mdm-signature"), body, message: message.clone() });
    if let Some((status, body)) = state.instead.pop_front() {
        return Ok(response(status, body.into_bytes()));
    }
    let body = if checks_in { checked_in(&mut state, &message) } else { next_command(&mut state, &message) };
    Ok(response(200, body))
}

fn response(status: u16, body: Vec<u8>) -> Response<Full<Bytes>> {
    Response::builder().status(status).body(Full::new(Bytes::from(body))).unwrap()
}

fn checked_in(state: &mut State, message: &Dictionary) -> Vec<u8> {
    if message.text("MessageType") != Some("DeclarativeManagement") {
        return Vec::new();
    }
    let endpoint = message.text("Endpoint").unwrap();
    let token = format!("{:?}", state.declarations.iter().map(|one| (one.1, &one.2)).collect::<Vec<_>>());
    let json = match endpoint {
        "tokens" => json!({ "SyncTokens": { "DeclarationsToken": token, "Timestamp": "2026-01-31T12:00:00Z" } }),
        "declaration-items" => {
            let mut all = json!({ "Activations": [], "Assets": [], "Configurations": [], "Management": [] });
            for (kind, identifier, server_token, _, _) in &state.declarations {
                let place = match *kind {
                    "activation" => "Activations",
                    "asset" => "Assets",
                    "configuration" => "Configurations",
                    _ => "Management",
                };
                let item = json!({ "Identifier": identifier, "ServerToken": server_token });
                all[place].as_array_mut().unwrap().push(item);
            }
            if let Some(missing) = state.without {
                all.as_object_mut().unwrap().remove(missing);
            }
            json!({ "Declarations": all, "DeclarationsToken": token })
        }
        "status" => {
            state.reports.push(serde_json::from_slice(message.data("Data").unwrap()).unwrap());
            return Vec::new();
        }
        endpoint => {
            let mut parts = endpoint.splitn(3, '/').skip(1);
            let (kind, identifier) = (parts.next().unwrap(), parts.next().unwrap());
            let mut found = state.declarations.iter().filter(|one| one.0 == kind && one.1 == identifier);
            let (_, identifier, token, kind, payload) = found.next().unwrap();
            json!({ "Type": kind, "Identifier": identifier, "ServerToken": token, "Payload": payload })
        }
    };
    serde_json::to_vec(&json).unwrap()
}

fn next_command(state: &mut State, message: &Dictionary) -> Vec<u8> {
    let uuid = message.text("CommandUUID").unwrap_or_default().to_owned();
    match message.text("Status").unwrap() {
        "Idle" => state.put_off.clear(),
        "NotNow" => {
            state.put_off.insert(uuid);
        }
        _ if state.endless => {}
        _ => state.queue.retain(|(queued, _)| *queued != uuid),
    }
    let next = state.queue.iter().find(|(queued, _)| !state.put_off.contains(queued));
    next.map(|(_, command)| command.clone().into_bytes()).unwrap_or_default()
}

pub fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

pub fn phone(os: &str) -> ManagedPhone {
    ManagedPhone::new(DeviceSpec::numbered(7, os.parse::<OsVersion>().unwrap()))
}

/// A certificate of the device's own.
pub fn given() -> IdentitySource {
    let made = rcgen::generate_simple_self_signed(vec!["device".to_owned()]).unwrap();
    IdentitySource::Given(
        Identity::from_pem(made.cert.pem().as_bytes(), made.signing_key.serialize_pem().as_bytes()).unwrap(),
    )
}

pub fn payload(kind: &str, identifier: &str, uuid: &str, inside: &str) -> String {
    format!(
        "<dict><key>PayloadType</key><string>{kind}</string><key>PayloadIdentifier</key><string>{identifier}</string>\
         <key>PayloadUUID</key><string>{uuid}</string><key>PayloadVersion</key><integer>1</integer>{inside}</dict>"
    )
}

pub fn profile(identifier: &str, uuid: &str, payloads: &[String]) -> Vec<u8> {
    let top = format!("<key>PayloadContent</key><array>{}</array>", payloads.concat());
    let top = payload("Configuration", identifier, uuid, &top);
    format!("<?xml version=\"1.0\"?><plist version=\"1.0\">{top}</plist>").into_bytes()
}

/// The contacts-only recipe.
pub const ONLY_CONTACTS: &str = "<key>OAuth</key><true/><key>SSL</key><true/>\
    <key>OAuthSignInURL</key><string>https://hub.example.org/oauth2/authorize</string>\
    <key>OAuthTokenRequestURL</key><string>https://hub.example.org/oauth2/token</string>\
    <key>EnableMail</key><false/><key>EnableCalendars</key><false/><key>EnableReminders</key><false/>\
    <key>EnableNotes</key><false/><key>EnableContacts</key><true/>\
    <key>EnableMailUserOverridable</key><false/><key>EnableContactsUserOverridable</key><false/>\
    <key>EnableCalendarsUserOverridable</key><false/><key>EnableRemindersUserOverridable</key><false/>\
    <key>EnableNotesUserOverridable</key><false/>";
pub const HOST: &str = "<key>Host</key><string>hub.example.org</string>";

pub fn exchange(uuid: &str, inside: &str) -> String {
    let named = "<key>EmailAddress</key><string>anna@example.org</string>\
                 <key>UserName</key><string>anna@example.org</string>";
    payload("com.apple.eas.account", "org.example.contacts.eas", uuid, &format!("{named}{inside}"))
}

/// The profile of the contacts account.
pub fn contacts_profile(uuid: &str) -> Vec<u8> {
    profile("org.example.contacts", uuid, &[exchange("EAS", &format!("{ONLY_CONTACTS}{HOST}"))])
}

pub fn restrictions(inside: &str) -> Vec<u8> {
    let payload = payload("com.apple.applicationaccess", "org.example.restrictions.r", "R1", inside);
    profile("org.example.restrictions", "R", &[payload])
}

pub fn wall(more: &str) -> Vec<u8> {
    restrictions(&format!("<key>allowOpenFromManagedToUnmanaged</key><false/>{more}"))
}
