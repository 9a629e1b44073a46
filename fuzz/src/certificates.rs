//! What strangers send to the authority: SCEP messages, requests for certificates, OCSP requests, certificates.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicI64, AtomicU64},
};

use ::certificates::{CLIENT_CERT, Certificates, Settings, Trust, from_header, scep::request::CertificationRequest};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderValue};
use identity::{Identity, InstallationKey};
use ledger::{Database, Durability, SqliteOptions, testing::Folder};
use rustls_pki_types::{CertificateDer, UnixTime};
use tokio::runtime::Runtime;

use crate::world::{Seeded, Ticks};

struct Office {
    runtime: Runtime,
    certificates: Certificates,
    trust: Trust,
    _folder: Folder,
}

static OFFICE: LazyLock<Office> = LazyLock::new(|| {
    let folder = Folder::new();
    let options = SqliteOptions { durability: Durability::ProcessEnd, ..SqliteOptions::default() };
    let ledger = Database::open_sqlite(&folder.path().join("ledger.db"), options).expect("a ledger");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let clock = Arc::new(Ticks(AtomicI64::new(1_800_000_000_000_000)));
    let entropy = Arc::new(Seeded(AtomicU64::new(1)));
    let key = InstallationKey::from([7; 32]);
    let (certificates, trust) = runtime.block_on(async {
        ledger.migrate(&ledger::testing::clock).await.expect("a schema");
        let people = Identity::new(
            ledger.clone(),
            Arc::clone(&clock) as _,
            Arc::clone(&entropy) as _,
            identity::Settings::new(key.clone()),
        );
        let certificates = Certificates::new(ledger, people, key, clock, entropy, Settings::default());
        let authority = certificates.authority().await.expect("an authority");
        let trust = Trust::new(Some(&authority), &[]).expect("an authority").expect("somebody to trust");
        (certificates, trust)
    });
    Office { runtime, certificates, trust, _folder: folder }
});

/// The first byte says what the others are. Nobody in here has a challenge or a certificate, so nobody gets one.
pub fn certificates(data: &[u8]) {
    let Some((kind, bytes)) = data.split_first() else { return };
    let Office { runtime, certificates, trust, .. } = &*OFFICE;
    match kind % 4 {
        0 => {
            let _ = runtime.block_on(certificates.scep(bytes, None)).expect("an answer, or none");
            let issued = runtime.block_on(certificates.list(None)).expect("a list");
            assert!(issued.is_empty(), "somebody got a certificate for nothing");
        }
        1 => drop(CertificationRequest::read(bytes)),
        2 => {
            let answer = runtime.block_on(certificates.ocsp(bytes)).expect("an answer");
            assert!(answer.starts_with(&[0x30]));
        }
        _ => {
            assert!(trust.check(&[CertificateDer::from(bytes)], UnixTime::now()).is_err());
            for text in [bytes.to_vec(), format!(":{}:", STANDARD.encode(bytes)).into_bytes()] {
                let Ok(value) = HeaderValue::from_bytes(&text) else { continue };
                let headers = HeaderMap::from_iter([(CLIENT_CERT, value)]);
                assert!(from_header(&headers, trust, UnixTime::now()).is_some_and(|found| found.is_err()));
            }
        }
    }
}
