//! SCEP (RFC 8894) as a device does it: the authority's certificates, one request, one certificate.

use std::time::Duration;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{
    KeyPair, KeySize, Pkcs1PrivateDecryptingKey, Pkcs1PublicEncryptingKey, PrivateDecryptingKey, PublicEncryptingKey,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use thiserror::Error;

use super::cms::{self, Certificate, CmsError, DATA, RSA_ENCRYPTION, SHA256_WITH_RSA, attribute, octets};
use super::der::{
    BIT_STRING, DerError, INTEGER, Nodes, OCTET_STRING, OID, PRINTABLE_STRING, SEQUENCE, SET, UTC_TIME, UTF8_STRING,
    algorithm, context, hex, set_of, unsigned, wrap,
};
use super::encryption::{self, AES_128_CBC};
use super::fault::Fault;
use super::identity::{Identity, NoIdentity};
use super::plist::{Dictionary, Value};
use crate::transport::{Answer, Endpoint, FaultRates, Outgoing, Transport, TransportError, Trust};

/// 1.2.840.113549.1.7.3
const ENVELOPED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x03];
/// 1.2.840.113549.1.9.7
const CHALLENGE_PASSWORD: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x07];
const PATIENCE: Duration = Duration::from_mins(1);

/// 2.16.840.1.113733.1.9.n (RFC 8894 3.2.1).
const fn scep(number: u8) -> [u8; 10] {
    [0x60, 0x86, 0x48, 0x01, 0x86, 0xf8, 0x45, 0x01, 0x09, number]
}
const MESSAGE_TYPE: [u8; 10] = scep(2);
const PKI_STATUS: [u8; 10] = scep(3);
const FAIL_INFO: [u8; 10] = scep(4);
const SENDER_NONCE: [u8; 10] = scep(5);
const RECIPIENT_NONCE: [u8; 10] = scep(6);
const TRANSACTION_ID: [u8; 10] = scep(7);
/// PKCSReq
const REQUEST: &[u8] = b"19";

/// Why there is no certificate.
#[derive(Debug, Error)]
pub(super) enum ScepError {
    #[error(transparent)]
    Transport(#[from] TransportError),
    #[error("{0} answered HTTP {1}")]
    Http(&'static str, u16),
    #[error(transparent)]
    Der(#[from] DerError),
    #[error(transparent)]
    Cms(#[from] CmsError),
    #[error(transparent)]
    Identity(#[from] NoIdentity),
    #[error("the authority's certificate has another fingerprint")]
    Fingerprint,
    #[error("the authority offers no AES")]
    NoAes,
    #[error("refused, failInfo {0:?}")]
    Refused(String),
    #[error("the answer {0}")]
    Answer(&'static str),
    #[error("the library refuses")]
    Library,
}

/// The payload.
#[derive(Debug, Clone)]
pub(super) struct ScepSettings {
    pub(super) url: String,
    name: String,
    challenge: Option<String>,
    /// Attribute type and value, in order.
    subject: Vec<(String, String)>,
    fingerprint: Option<Vec<u8>>,
}

impl ScepSettings {
    pub(super) fn from_payload(payload: &Dictionary) -> Result<Self, Fault> {
        let inside = payload.dictionary("PayloadContent").ok_or(Fault::FieldMissing("PayloadContent"))?;
        let url = inside.text("URL").ok_or(Fault::FieldMissing("URL"))?.to_owned();
        let mut subject = Vec::new();
        // An array of arrays (RDNs) of arrays (type, value).
        for relative in inside.array("Subject").unwrap_or_default() {
            let Value::Array(pairs) = relative else { continue };
            for pair in pairs {
                let Value::Array(pair) = pair else { continue };
                let texts: Vec<&str> = pair.iter().filter_map(Value::as_text).collect();
                if let [kind, value] = texts[..] {
                    subject.push((kind.to_owned(), value.to_owned()));
                }
            }
        }
        Ok(Self {
            url,
            name: inside.text("Name").unwrap_or_default().to_owned(),
            challenge: inside.text("Challenge").map(str::to_owned),
            subject,
            fingerprint: inside.data("CAFingerprint").map(<[u8]>::to_vec),
        })
    }
}

/// Makes a key, has it certified.
pub(super) async fn enrol(
    settings: &ScepSettings,
    endpoint: Endpoint,
    trust: Trust,
    seed: u64,
) -> Result<Identity, ScepError> {
    let mut wire = Wire { transport: Transport::new(endpoint, trust, None, FaultRates::default(), seed), settings };
    let authorities = wire.authorities().await?;
    let capabilities = wire.capabilities().await?;
    if !capabilities.iter().any(|word| word == "AES" || word == "SCEPStandard") {
        return Err(ScepError::NoAes);
    }
    let posts = capabilities.iter().any(|word| word == "POSTPKIOperation" || word == "SCEPStandard");
    let recipient = recipient(&authorities)?;
    let mut dice = StdRng::seed_from_u64(seed);
    let request = Request::new(settings, &mut dice)?;
    let answer = wire.operation(request.message(&recipient, &mut dice)?, posts).await?;
    request.certified(&answer, &authorities)
}

struct Wire<'a> {
    transport: Transport,
    settings: &'a ScepSettings,
}

impl Wire<'_> {
    async fn ask(&mut self, operation: &'static str, query: &str, body: Option<Vec<u8>>) -> Result<Answer, ScepError> {
        let path = self.settings.url.splitn(4, '/').nth(3).unwrap_or_default();
        let joint = if path.contains('?') { '&' } else { '?' };
        let target = format!("/{path}{joint}operation={operation}{query}");
        let method = if body.is_some() { Method::POST } else { Method::GET };
        let mut headers = vec![("user-agent", "mdmclient".to_owned())];
        if body.is_some() {
            headers.push(("content-type", "application/x-pki-message".to_owned()));
        }
        let request = Outgoing { method, target, headers, body: Bytes::from(body.unwrap_or_default()) };
        let answer = self.transport.ask(&request, PATIENCE).await?;
        if answer.status == 200 { Ok(answer) } else { Err(ScepError::Http(operation, answer.status)) }
    }

    /// The authority's certificates, one or a bag of them, checked against the payload's fingerprint.
    async fn authorities(&mut self) -> Result<Vec<Vec<u8>>, ScepError> {
        let name = utf8_percent_encode(&self.settings.name, NON_ALPHANUMERIC).to_string();
        let answer = self.ask("GetCACert", &format!("&message={name}"), None).await?;
        let found = if answer.header("content-type").starts_with("application/x-x509-ca-ra-cert") {
            cms::certificates(&answer.body)?
        } else {
            vec![answer.body.to_vec()]
        };
        if let Some(wanted) = &self.settings.fingerprint {
            let matches = |der: &Vec<u8>| {
                digest(&SHA256, der).as_ref() == wanted.as_slice()
                    || digest(&SHA1_FOR_LEGACY_USE_ONLY, der).as_ref() == wanted.as_slice()
            };
            if !found.iter().any(matches) {
                return Err(ScepError::Fingerprint);
            }
        }
        Ok(found)
    }

    async fn capabilities(&mut self) -> Result<Vec<String>, ScepError> {
        let answer = self.ask("GetCACaps", "", None).await?;
        Ok(String::from_utf8_lossy(&answer.body).split_whitespace().map(str::to_owned).collect())
    }

    async fn operation(&mut self, message: Vec<u8>, posts: bool) -> Result<Answer, ScepError> {
        if posts {
            return self.ask("PKIOperation", "", Some(message)).await;
        }
        let message = utf8_percent_encode(&STANDARD.encode(message), NON_ALPHANUMERIC).to_string();
        self.ask("PKIOperation", &format!("&message={message}"), None).await
    }
}

/// A registration authority's certificate if there is one, else the authority's own.
fn recipient(authorities: &[Vec<u8>]) -> Result<Certificate<'_>, ScepError> {
    let read: Vec<Certificate<'_>> = authorities.iter().map(|der| Certificate::read(der)).collect::<Result<_, _>>()?;
    let registration = read.iter().position(|certificate| certificate.issuer != certificate.subject);
    read.into_iter().nth(registration.unwrap_or(0)).ok_or(ScepError::Answer("has no certificate"))
}

/// A key, its request and the certificate it signed for itself to talk with.
struct Request {
    own: Identity,
    /// PKCS#10.
    wanted: Vec<u8>,
    transaction: String,
    nonce: [u8; 16],
}

impl Request {
    fn new(settings: &ScepSettings, dice: &mut StdRng) -> Result<Self, ScepError> {
        let key = KeyPair::generate(KeySize::Rsa2048).map_err(|_| ScepError::Library)?;
        let pkcs8 = key.as_der().map_err(|_| ScepError::Library)?;
        // Signs; its certificate does not exist yet.
        let bare = Identity::from_der(vec![Vec::new()], pkcs8.as_ref())?;
        let public = bare.public_key();
        let key_info = wrap(SEQUENCE, &[&algorithm(RSA_ENCRYPTION), &wrap(BIT_STRING, &[&[0], &public])]);
        let subject = name(&settings.subject);
        let mut attributes = Vec::new();
        if let Some(challenge) = &settings.challenge {
            attributes.push(attribute(CHALLENGE_PASSWORD, &wrap(UTF8_STRING, &[challenge.as_bytes()])));
        }
        let attributes: Vec<&[u8]> = attributes.iter().map(Vec::as_slice).collect();
        let info = wrap(SEQUENCE, &[&unsigned(&[0]), &subject, &key_info, &wrap(context(0), &attributes)]);
        let wanted = signed(&bare, &info)?;
        let times = wrap(SEQUENCE, &[&wrap(UTC_TIME, &[b"240101000000Z"]), &wrap(UTC_TIME, &[b"491231235959Z"])]);
        let version = wrap(context(0), &[&unsigned(&[2])]);
        let body =
            [version.as_slice(), &unsigned(&[1]), &algorithm(SHA256_WITH_RSA), &subject, &times, &subject, &key_info];
        let certificate = signed(&bare, &wrap(SEQUENCE, &body))?;
        let own = Identity::from_der(vec![certificate], pkcs8.as_ref())?;
        let transaction = hex(digest(&SHA256, &key_info).as_ref());
        Ok(Self { own, wanted, transaction, nonce: dice.random() })
    }

    /// The request, encrypted for the authority and signed with the new key.
    fn message(&self, recipient: &Certificate<'_>, dice: &mut StdRng) -> Result<Vec<u8>, ScepError> {
        let envelope = enveloped(recipient, &self.wanted, dice)?;
        let attributes = vec![
            attribute(&MESSAGE_TYPE, &wrap(PRINTABLE_STRING, &[REQUEST])),
            attribute(&TRANSACTION_ID, &wrap(PRINTABLE_STRING, &[self.transaction.as_bytes()])),
            attribute(&SENDER_NONCE, &wrap(OCTET_STRING, &[&self.nonce])),
        ];
        Ok(cms::sign(&self.own, &envelope, true, attributes)?)
    }

    /// The certificate in the answer.
    fn certified(&self, answer: &Answer, authorities: &[Vec<u8>]) -> Result<Identity, ScepError> {
        let opened = cms::open(&answer.body)?;
        if !authorities.contains(&opened.signer) {
            return Err(ScepError::Answer("is signed by a stranger"));
        }
        let value = |oid: &[u8]| {
            let found = opened.signed_attributes.iter().find(|attribute| attribute.oid == oid);
            found.and_then(|attribute| Nodes::of(&attribute.value).any().ok().flatten()).map(|node| node.content)
        };
        if value(&TRANSACTION_ID) != Some(self.transaction.as_bytes()) || value(&RECIPIENT_NONCE) != Some(&self.nonce) {
            return Err(ScepError::Answer("is for another request"));
        }
        match value(&PKI_STATUS) {
            Some(b"0") => {}
            Some(b"3") => return Err(ScepError::Answer("is pending, and nobody is there to approve it")),
            _ => {
                let reason = String::from_utf8_lossy(value(&FAIL_INFO).unwrap_or_default()).into_owned();
                return Err(ScepError::Refused(reason));
            }
        }
        let plain = self.decrypted(&opened.content)?;
        Ok(Identity::matching(cms::certificates(&plain)?, self.own.private_key())?)
    }

    fn decrypted(&self, envelope: &[u8]) -> Result<Vec<u8>, ScepError> {
        let mut info = Nodes::of(envelope).expect(SEQUENCE)?.inside();
        if info.expect(OID)?.content != ENVELOPED_DATA {
            return Err(ScepError::Answer("is not enveloped"));
        }
        let mut data = info.expect(context(0))?.inside().expect(SEQUENCE)?.inside();
        data.expect(INTEGER)?;
        let mut to = data.expect(SET)?.inside().expect(SEQUENCE)?.inside();
        to.expect(INTEGER)?;
        to.expect(SEQUENCE)?;
        to.expect(SEQUENCE)?;
        let sealed = to.expect(OCTET_STRING)?.content;
        let key = PrivateDecryptingKey::from_pkcs8(self.own.private_key()).map_err(|_| ScepError::Library)?;
        let key = Pkcs1PrivateDecryptingKey::new(key).map_err(|_| ScepError::Library)?;
        let mut opened = vec![0; key.min_output_size()];
        let opened = key.decrypt(sealed, &mut opened).map_err(|_| ScepError::Answer("is not for this key"))?;
        let mut content = data.expect(SEQUENCE)?.inside();
        content.expect(OID)?;
        let mut cipher = content.expect(SEQUENCE)?.inside();
        let (cipher, iv) = (cipher.expect(OID)?.content, cipher.expect(OCTET_STRING)?.content);
        let cipher_text = octets(content.any()?.ok_or(DerError::Cut)?)?;
        encryption::decrypt(cipher, opened, iv, cipher_text).ok_or(ScepError::Answer("cannot be decrypted"))
    }
}

/// EnvelopedData for one recipient.
fn enveloped(recipient: &Certificate<'_>, plain: &[u8], dice: &mut StdRng) -> Result<Vec<u8>, ScepError> {
    let key: [u8; 16] = dice.random();
    let (iv, cipher_text) = encryption::encrypt_128(&key, plain).ok_or(ScepError::Library)?;
    let public = PublicEncryptingKey::from_der(recipient.key_info).map_err(|_| ScepError::Library)?;
    let public = Pkcs1PublicEncryptingKey::new(public).map_err(|_| ScepError::Library)?;
    let mut sealed = vec![0; public.ciphertext_size()];
    let sealed = public.encrypt(&key, &mut sealed).map_err(|_| ScepError::Library)?;
    let to = wrap(
        SEQUENCE,
        &[
            &unsigned(&[0]),
            &wrap(SEQUENCE, &[recipient.issuer, &wrap(INTEGER, &[recipient.serial])]),
            &algorithm(RSA_ENCRYPTION),
            &wrap(OCTET_STRING, &[sealed]),
        ],
    );
    let cipher = wrap(SEQUENCE, &[&wrap(OID, &[AES_128_CBC]), &wrap(OCTET_STRING, &[&iv])]);
    // [0] IMPLICIT OCTET STRING.
    let content = wrap(SEQUENCE, &[&wrap(OID, &[DATA]), &cipher, &wrap(0x80, &[&cipher_text])]);
    let data = wrap(SEQUENCE, &[&unsigned(&[0]), &wrap(SET, &[&to]), &content]);
    Ok(wrap(SEQUENCE, &[&wrap(OID, &[ENVELOPED_DATA]), &wrap(context(0), &[&data])]))
}

/// `SIGNED{}`: the body, the algorithm, the signature.
fn signed(key: &Identity, body: &[u8]) -> Result<Vec<u8>, ScepError> {
    let signature = key.sign(body).ok_or(ScepError::Library)?;
    Ok(wrap(SEQUENCE, &[body, &algorithm(SHA256_WITH_RSA), &wrap(BIT_STRING, &[&[0], &signature])]))
}

/// A Name; unknown attribute types are left out, and one without any gets a CN, as a device does.
fn name(subject: &[(String, String)]) -> Vec<u8> {
    let mut parts: Vec<Vec<u8>> = subject
        .iter()
        .filter_map(|(kind, value)| {
            let oid: &[u8] = match kind.as_str() {
                "CN" | "2.5.4.3" => &[0x55, 4, 3],
                "O" | "2.5.4.10" => &[0x55, 4, 10],
                "OU" | "2.5.4.11" => &[0x55, 4, 11],
                "C" | "2.5.4.6" => &[0x55, 4, 6],
                _ => return None,
            };
            let text = if kind == "C" { PRINTABLE_STRING } else { UTF8_STRING };
            let pair = wrap(SEQUENCE, &[&wrap(OID, &[oid]), &wrap(text, &[value.as_bytes()])]);
            Some(set_of(vec![pair]))
        })
        .collect();
    if parts.is_empty() {
        let pair = wrap(SEQUENCE, &[&wrap(OID, &[&[0x55, 4, 3]]), &wrap(UTF8_STRING, &[b"iPhone"])]);
        parts.push(set_of(vec![pair]));
    }
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    wrap(SEQUENCE, &parts)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::Arc;

    use http_body_util::{BodyExt, Full};
    use hyper::body::Incoming;
    use hyper::service::service_fn;
    use hyper_util::rt::TokioIo;
    use tokio::net::TcpListener;

    use super::*;

    /// An authority that certifies whoever knows the challenge.
    struct Authority(Request);

    impl Authority {
        fn new() -> Self {
            let subject = vec![("CN".to_owned(), "Authority".to_owned())];
            let settings =
                ScepSettings { url: String::new(), name: String::new(), challenge: None, subject, fingerprint: None };
            Self(Request::new(&settings, &mut StdRng::seed_from_u64(1)).unwrap())
        }

        fn certificate(&self) -> Vec<u8> {
            self.0.own.certificate().to_vec()
        }

        fn answer(&self, message: &[u8]) -> Vec<u8> {
            let opened = cms::open(message).unwrap();
            let value = |oid: &[u8]| {
                let found = opened.signed_attributes.iter().find(|attribute| attribute.oid == oid).unwrap();
                found.value.clone()
            };
            let request = self.0.decrypted(&opened.content).unwrap();
            let known = request.windows(9).any(|window| window == b"challenge");
            let mut attributes = vec![
                attribute(&MESSAGE_TYPE, &wrap(PRINTABLE_STRING, &[b"3"])),
                attribute(&TRANSACTION_ID, &value(&TRANSACTION_ID)),
                attribute(&RECIPIENT_NONCE, &value(&SENDER_NONCE)),
                attribute(&PKI_STATUS, &wrap(PRINTABLE_STRING, &[if known { b"0" } else { b"2" }])),
            ];
            if !known {
                attributes.push(attribute(&FAIL_INFO, &wrap(PRINTABLE_STRING, &[b"2"])));
                return cms::sign(&self.0.own, b"", true, attributes).unwrap();
            }
            let mut info = Nodes::of(&request).expect(SEQUENCE).unwrap().inside().expect(SEQUENCE).unwrap().inside();
            info.expect(INTEGER).unwrap();
            let (subject, key_info) = (info.expect(SEQUENCE).unwrap(), info.expect(SEQUENCE).unwrap());
            let own = self.certificate();
            let own = Certificate::read(&own).unwrap();
            let times = wrap(SEQUENCE, &[&wrap(UTC_TIME, &[b"240101000000Z"]), &wrap(UTC_TIME, &[b"491231235959Z"])]);
            let body =
                [&unsigned(&[7])[..], &algorithm(SHA256_WITH_RSA), own.subject, &times, subject.whole, key_info.whole];
            let issued = signed(&self.0.own, &wrap(SEQUENCE, &body)).unwrap();
            let bag = wrap(
                SEQUENCE,
                &[
                    &unsigned(&[1]),
                    &wrap(SET, &[]),
                    &wrap(SEQUENCE, &[&wrap(OID, &[DATA])]),
                    &wrap(context(0), &[&issued]),
                    &wrap(SET, &[]),
                ],
            );
            let signed_data: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
            let bag = wrap(SEQUENCE, &[&wrap(OID, &[signed_data]), &wrap(context(0), &[&bag])]);
            let to = Certificate::read(&opened.signer).unwrap();
            let envelope = enveloped(&to, &bag, &mut StdRng::seed_from_u64(2)).unwrap();
            cms::sign(&self.0.own, &envelope, true, attributes).unwrap()
        }
    }

    async fn serve(authority: Arc<Authority>) -> String {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let authority = Arc::clone(&authority);
                let service = service_fn(move |request: http::Request<Incoming>| {
                    let authority = Arc::clone(&authority);
                    async move {
                        let query = request.uri().query().unwrap_or_default().to_owned();
                        let body = request.into_body().collect().await.unwrap().to_bytes();
                        let answer = match query.split('&').next().unwrap() {
                            "operation=GetCACert" => authority.certificate(),
                            "operation=GetCACaps" => b"AES\nPOSTPKIOperation\nSHA-256".to_vec(),
                            _ => authority.answer(&body),
                        };
                        Ok::<_, Infallible>(http::Response::new(Full::new(Bytes::from(answer))))
                    }
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        format!("http://{address}/scep")
    }

    #[tokio::test]
    async fn a_device_with_the_challenge_gets_a_certificate_for_a_key_that_never_left_it() {
        let authority = Arc::new(Authority::new());
        let mut settings = ScepSettings {
            url: serve(Arc::clone(&authority)).await,
            name: "hub".to_owned(),
            challenge: Some("challenge".to_owned()),
            subject: vec![("O".to_owned(), "Example".to_owned()), ("CN".to_owned(), "device".to_owned())],
            fingerprint: Some(digest(&SHA256, &authority.certificate()).as_ref().to_vec()),
        };
        let identity = enrol(&settings, settings.url.parse().unwrap(), Trust::nobody(), 5).await.unwrap();
        let certificate = Certificate::read(identity.certificate()).unwrap();
        assert_eq!(certificate.public_key, identity.public_key());
        assert_eq!(certificate.issuer, Certificate::read(&authority.certificate()).unwrap().subject);
        settings.challenge = None;
        assert!(matches!(
            enrol(&settings, settings.url.parse().unwrap(), Trust::nobody(), 6).await,
            Err(ScepError::Refused(_))
        ));
        settings.fingerprint = Some(vec![0; 32]);
        assert!(matches!(
            enrol(&settings, settings.url.parse().unwrap(), Trust::nobody(), 7).await,
            Err(ScepError::Fingerprint)
        ));
    }
}
