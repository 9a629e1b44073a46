//! Apple's push service, played by a server of our own: HTTP/2 over TLS that wants the push certificate.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::body::Bytes;
use fleet::delivery::{Delivery, Order};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use ledger::testing::sqlite;
use mdm::{
    Embedded, Push, PushError, limits,
    push::{Apns, ApnsError, ApnsSettings, Logged, NoPush},
    register::WakeAddress,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    server::WebPkiClientVerifier,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    device::Phone,
    house::{ANNA, Hand, House, TOPIC, id, order},
};

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Issuer {
    let mut parameters = CertificateParams::new(Vec::new()).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap()
}

/// A push certificate for a topic, and its key; PEM.
fn push_certificate(issuer: &Issuer, uid: Option<&str>) -> (Vec<u8>, Vec<u8>) {
    let mut parameters = CertificateParams::new(Vec::new()).unwrap();
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, "APSP:5d1c0a5e");
    if let Some(uid) = uid {
        name.push(DnType::CustomDnType(vec![0, 9, 2342, 19_200_300, 100, 1, 1]), uid);
    }
    parameters.distinguished_name = name;
    let key = KeyPair::generate().unwrap();
    let certificate = parameters.signed_by(&key, issuer).unwrap();
    (certificate.pem().into_bytes(), key.serialize_pem().into_bytes())
}

/// What the service was asked, in order: path, topic, body.
type Asked = Arc<Mutex<Vec<(String, String, String)>>>;

/// Answers each push with the next of these, and then with 200.
struct Service {
    address: String,
    authority: Vec<u8>,
    asked: Asked,
    answers: Arc<Mutex<Vec<(u16, &'static str)>>>,
}

impl Service {
    async fn start(clients: &Issuer) -> Self {
        let own = authority();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &own).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(clients.der().to_vec())).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap();
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(verifier)
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let (asked, answers) = (Asked::default(), Arc::new(Mutex::new(Vec::new())));
        let service = Self {
            address: format!("https://localhost:{}", address.port()),
            authority: own.pem().into_bytes(),
            asked: Arc::clone(&asked),
            answers: Arc::clone(&answers),
        };
        let acceptor = TlsAcceptor::from(Arc::new(config));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, asked, answers) = (acceptor.clone(), Arc::clone(&asked), Arc::clone(&answers));
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let service = service_fn(move |request| answer(request, Arc::clone(&asked), Arc::clone(&answers)));
                    let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        service
    }

    fn will_answer(&self, status: u16, body: &'static str) {
        self.answers.lock().unwrap().push((status, body));
    }

    fn asked(&self) -> Vec<(String, String, String)> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

async fn answer(
    request: Request<Incoming>,
    asked: Asked,
    answers: Arc<Mutex<Vec<(u16, &'static str)>>>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let topic = request.headers().get("apns-topic").map(|it| it.to_str().unwrap().to_owned()).unwrap_or_default();
    let line = format!("{} {}", request.method(), request.uri().path());
    let body = request.into_body().collect().await?.to_bytes();
    asked.lock().unwrap().push((line, topic, String::from_utf8_lossy(&body).into_owned()));
    let mut answers = answers.lock().unwrap();
    let (status, body) = if answers.is_empty() { (200, "") } else { answers.remove(0) };
    let response = Response::builder().status(StatusCode::from_u16(status).unwrap()).header("retry-after", "7");
    Ok(response.body(Full::new(Bytes::from_static(body.as_bytes()))).unwrap())
}

fn settings(service: &Service, (certificate, key): (Vec<u8>, Vec<u8>)) -> ApnsSettings {
    ApnsSettings { address: service.address.clone(), certificate, key, authorities: vec![service.authority.clone()] }
}

fn target() -> WakeAddress {
    addressed(TOPIC)
}

fn addressed(topic: &str) -> WakeAddress {
    WakeAddress::new(id("A"), topic.to_owned(), vec![0xab, 0xcd, 0x01], "F0-magic".to_owned())
}

#[tokio::test]
async fn a_push_is_a_post_over_http_2_with_the_push_certificate() {
    let clients = authority();
    let service = Service::start(&clients).await;
    let apns = Apns::new(&settings(&service, push_certificate(&clients, Some(TOPIC))), Hand::today()).unwrap();
    assert_eq!((apns.topic(), apns.can_wake()), (TOPIC, true));
    apns.wake(&target()).await.unwrap();
    let expected = ("POST /3/device/abcd01".to_owned(), TOPIC.to_owned(), "{\"mdm\":\"F0-magic\"}".to_owned());
    assert_eq!(service.asked(), [expected]);
}

#[tokio::test]
async fn what_the_service_says_is_told_apart() {
    let clients = authority();
    let service = Service::start(&clients).await;
    let apns = Apns::new(&settings(&service, push_certificate(&clients, Some(TOPIC))), Hand::today()).unwrap();
    for (status, body) in [(410, "{\"reason\":\"Unregistered\"}"), (400, "{\"reason\":\"BadDeviceToken\"}"), (410, "")]
    {
        service.will_answer(status, body);
        assert!(matches!(apns.wake(&target()).await, Err(PushError::Gone(_))), "{status} {body}");
    }
    for (status, body) in [(429, "{\"reason\":\"TooManyRequests\"}"), (503, ""), (500, "not json")] {
        service.will_answer(status, body);
        let Err(PushError::Later { after, .. }) = apns.wake(&target()).await else { panic!("{status}") };
        assert_eq!(after, Some(Duration::from_secs(7)));
    }
    service.will_answer(403, "{\"reason\":\"BadCertificate\"}");
    assert_eq!(apns.wake(&target()).await, Err(PushError::Refused("BadCertificate".to_owned())));
}

#[tokio::test]
async fn a_certificate_that_ended_or_is_for_another_topic_asks_nobody() {
    let clients = authority();
    let service = Service::start(&clients).await;
    let clock = Hand::today();
    let certificate = push_certificate(&clients, Some(TOPIC));
    let apns = Apns::new(&settings(&service, certificate), Arc::clone(&clock) as _).unwrap();
    let other = addressed("com.apple.mgmt.External.other");
    assert!(matches!(apns.wake(&other).await, Err(PushError::Refused(_))));
    clock.pass(Duration::from_micros(u64::try_from(apns.not_after()).unwrap()));
    assert!(matches!(apns.wake(&target()).await, Err(PushError::Refused(_))));
    assert!(service.asked().is_empty());
    for uid in [None, Some("com.example.app")] {
        let refused = Apns::new(&settings(&service, push_certificate(&clients, uid)), Hand::today());
        assert!(matches!(refused, Err(ApnsError::NoTopic)));
    }
    let (certificate, _) = push_certificate(&clients, Some(TOPIC));
    assert!(matches!(Apns::new(&settings(&service, (certificate, vec![])), Hand::today()), Err(ApnsError::NoKey)));
}

#[tokio::test]
async fn a_service_that_is_not_there_is_asked_later() {
    let clients = authority();
    let service = Service::start(&clients).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let mut settings = settings(&service, push_certificate(&clients, Some(TOPIC)));
    settings.address = format!("https://localhost:{port}");
    let apns = Apns::new(&settings, Hand::today()).unwrap();
    assert!(matches!(apns.wake(&target()).await, Err(PushError::Later { .. })));
}

/// A token that is gone is not tried again until the device brings another.
#[test]
fn a_device_whose_token_is_gone_sleeps_until_it_brings_another() {
    sqlite(async |ledger| {
        let clients = authority();
        let service = Service::start(&clients).await;
        let apns = Apns::new(&settings(&service, push_certificate(&clients, Some(TOPIC))), Hand::today()).unwrap();
        let house = House::waking(ledger, Arc::new(apns), Arc::new(Logged::default())).await;
        let phone = Phone::of(&house, ANNA, "A").await;
        phone.settle(&house).await;
        let delivery = Embedded(house.service.clone());
        assert!(delivery.capabilities().push);
        service.will_answer(410, "{\"reason\":\"Unregistered\"}");
        // The order is taken all the same.
        delivery.give(&id("A"), &order("C"), &Order::ListProfiles).await.unwrap();
        assert_eq!(service.asked().len(), 1);
        assert!(house.register.device(&id("A")).await.unwrap().unwrap().asleep);
        delivery.give(&id("A"), &order("D"), &Order::ListProfiles).await.unwrap();
        house.clock.pass(limits::PUSH_AGAIN * 2);
        house.service.wake_waiting().await.unwrap();
        assert!(service.asked().is_empty());
        phone.token_update(&house, "").await;
        service.will_answer(429, "");
        assert_eq!(house.service.wake_waiting().await.unwrap(), Some(Duration::from_secs(7)));
        assert_eq!(house.service.wake_waiting().await.unwrap(), None);
        assert_eq!(service.asked().len(), 2, "and woken after the patience that was asked for");
    });
}

#[test]
fn without_push_orders_wait_until_the_device_comes() {
    sqlite(async |ledger| {
        let house = House::waking(ledger, Arc::new(NoPush), Arc::new(Logged::default())).await;
        let phone = Phone::of(&house, ANNA, "A").await;
        phone.settle(&house).await;
        let delivery = Embedded(house.service.clone());
        assert!(!delivery.capabilities().push);
        delivery.give(&id("A"), &order("C"), &Order::ListProfiles).await.unwrap();
        house.service.wake_waiting().await.unwrap();
        assert_eq!(phone.idle(&house).await.unwrap().uuid, "C");
    });
}
