//! A provider on loopback that says whatever a test wants, written by hand: its JSON, base64 and signatures share
//! nothing with the code under test but the cryptographic primitives.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256},
};

/// What a place answers.
#[derive(Clone)]
pub enum Reply {
    Json(String),
    Status(u16, String),
    Redirect(String),
    /// Headers, and then bytes until the other side has enough.
    Endless,
    /// Nothing, and the connection stays open.
    Silence,
}

#[derive(Clone)]
pub struct Provider {
    pub url: String,
    replies: Arc<Mutex<HashMap<String, Reply>>>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Provider {
    /// A provider that behaves, with this key set.
    pub fn start(keys: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let provider = Self { url, replies: Arc::default(), requests: Arc::default() };
        provider.reply("/.well-known/openid-configuration", Reply::Json(provider.document("")));
        provider.reply("/jwks", Reply::Json(keys.to_owned()));
        let (replies, requests) = (Arc::clone(&provider.replies), Arc::clone(&provider.requests));
        thread::spawn(move || {
            let mut silent = Vec::new();
            for stream in listener.incoming().flatten() {
                if let Some(stream) = serve(stream, &replies, &requests) {
                    silent.push(stream);
                }
            }
        });
        provider
    }

    /// Its discovery document; `more` goes before the end and begins with a comma. What comes last counts.
    pub fn document(&self, more: &str) -> String {
        let url = &self.url;
        format!(
            r#"{{"issuer":"{url}","authorization_endpoint":"{url}/authorize?tenant=1","token_endpoint":"{url}/token",
            "userinfo_endpoint":"{url}/userinfo","jwks_uri":"{url}/jwks","response_types_supported":["code"],
            "id_token_signing_alg_values_supported":["RS256","ES256","HS256","none"]{more}}}"#
        )
    }

    pub fn reply(&self, path: &str, reply: Reply) {
        self.replies.lock().unwrap().insert(path.to_owned(), reply);
    }

    /// How often a place was asked.
    pub fn asked(&self, path: &str) -> usize {
        self.requests.lock().unwrap().iter().filter(|line| line.split(' ').nth(1) == Some(path)).count()
    }

    /// The last request to a place: its first line, headers and body.
    pub fn last(&self, path: &str) -> String {
        let requests = self.requests.lock().unwrap();
        requests.iter().rev().find(|request| request.split(' ').nth(1) == Some(path)).expect("it was asked").clone()
    }
}

fn serve(
    stream: TcpStream,
    replies: &Mutex<HashMap<String, Reply>>,
    requests: &Mutex<Vec<String>>,
) -> Option<TcpStream> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head += &line;
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let path = head.split(' ').nth(1)?.split('?').next()?.to_owned();
    requests.lock().unwrap().push(head + &String::from_utf8_lossy(&body));
    let reply = replies.lock().unwrap().get(&path).cloned();
    let mut stream = stream;
    let _ = match reply {
        None => write(&mut stream, 404, "", "nothing here"),
        Some(Reply::Json(json)) => write(&mut stream, 200, "Content-Type: application/json\r\n", &json),
        Some(Reply::Status(status, json)) => write(&mut stream, status, "Content-Type: application/json\r\n", &json),
        Some(Reply::Redirect(to)) => write(&mut stream, 302, &format!("Location: {to}\r\n"), ""),
        Some(Reply::Endless) => {
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{\"a\":\"");
            let much = vec![b'a'; 65536];
            while stream.write_all(&much).is_ok() {}
            Ok(())
        }
        Some(Reply::Silence) => return Some(stream),
    };
    None
}

fn write(stream: &mut TcpStream, status: u16, headers: &str, body: &str) -> std::io::Result<()> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())
}

/// Base64url without padding, by hand.
pub fn base64url(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            text.push(DIGITS[bits >> (18 - 6 * place) & 63] as char);
        }
    }
    text
}

/// A P-256 key of the provider.
pub struct EcKey {
    kid: String,
    pair: EcdsaKeyPair,
}

impl EcKey {
    pub fn new(kid: &str) -> Self {
        Self { kid: kid.to_owned(), pair: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap() }
    }

    pub fn jwk(&self) -> String {
        let point = self.pair.public_key().as_ref();
        let (x, y) = (base64url(&point[1..33]), base64url(&point[33..65]));
        format!(r#"{{"kty":"EC","crv":"P-256","use":"sig","alg":"ES256","kid":"{}","x":"{x}","y":"{y}"}}"#, self.kid)
    }

    pub fn sign(&self, claims: &str) -> String {
        self.sign_under(&format!(r#"{{"alg":"ES256","typ":"JWT","kid":"{}"}}"#, self.kid), claims)
    }

    pub fn sign_under(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", base64url(header.as_bytes()), base64url(claims.as_bytes()));
        let signature = self.pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", base64url(signature.as_ref()))
    }
}

/// An RSA key of the provider.
pub struct RsaKey {
    pair: RsaKeyPair,
}

impl RsaKey {
    pub fn new() -> Self {
        Self { pair: RsaKeyPair::generate(KeySize::Rsa2048).unwrap() }
    }

    pub fn jwk(&self) -> String {
        let key = self.pair.public_key();
        let n = base64url(key.modulus().big_endian_without_leading_zero());
        let e = base64url(key.exponent().big_endian_without_leading_zero());
        format!(r#"{{"kty":"RSA","use":"sig","kid":"rsa","n":"{n}","e":"{e}"}}"#)
    }

    /// What somebody who has read the key set has at hand.
    pub fn public_forms(&self) -> Vec<Vec<u8>> {
        let key = self.pair.public_key();
        let modulus = key.modulus().big_endian_without_leading_zero().to_vec();
        vec![key.as_ref().to_vec(), base64url(&modulus).into_bytes(), modulus, self.jwk().into_bytes()]
    }

    pub fn sign(&self, claims: &str) -> String {
        let message = format!("{}.{}", base64url(br#"{"alg":"RS256","kid":"rsa"}"#), base64url(claims.as_bytes()));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
        format!("{message}.{}", base64url(&signature))
    }
}

/// A token "signed" with HMAC under whatever the forger has.
pub fn hs256(secret: &[u8], kid: &str, claims: &str) -> String {
    let header = format!(r#"{{"alg":"HS256","kid":"{kid}"}}"#);
    let message = format!("{}.{}", base64url(header.as_bytes()), base64url(claims.as_bytes()));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
    format!("{message}.{}", base64url(tag.as_ref()))
}

/// A token that nobody signed.
pub fn unsigned(algorithm: &str, claims: &str) -> String {
    let header = format!(r#"{{"alg":"{algorithm}","kid":"ec"}}"#);
    format!("{}.{}.", base64url(header.as_bytes()), base64url(claims.as_bytes()))
}
