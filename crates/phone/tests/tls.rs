//! Whom the phone trusts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

use std::sync::Arc;

use phone::{Credentials, Phone, PhoneConfig, PhoneError, Trust};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A TLS server that refuses every password; returns its address and its certificate.
async fn server() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer).await;
            let _ = stream.write_all(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await;
            let _ = stream.shutdown().await;
        }
    });
    (address, made.cert.pem())
}

async fn set_up_trusting(trust: Trust, address: &str) -> PhoneError {
    let mut config = PhoneConfig::new(address, "anna@example.org", Credentials::Password("x".to_owned()), "D1");
    config.trust = trust;
    Phone::new(config).unwrap().set_up().await.unwrap_err()
}

#[tokio::test]
async fn a_certificate_is_accepted_from_a_known_authority_or_from_anyone_and_not_otherwise() {
    let (address, pem) = server().await;
    let (_, foreign) = server().await;
    let known = set_up_trusting(Trust::authorities(pem.as_bytes()).unwrap(), &address).await;
    assert!(matches!(known, PhoneError::Unauthorized), "the TLS handshake went through");
    assert!(matches!(set_up_trusting(Trust::anyone().unwrap(), &address).await, PhoneError::Unauthorized));
    let stranger = set_up_trusting(Trust::authorities(foreign.as_bytes()).unwrap(), &address).await;
    assert!(matches!(stranger, PhoneError::Transport(_)));
    assert!(matches!(set_up_trusting(Trust::nobody(), &address).await, PhoneError::Transport(_)));
    assert!(Trust::authorities(b"no certificate").is_err());
}
