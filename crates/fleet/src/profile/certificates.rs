//! `com.apple.security.scep`, `.pkcs12`, `.root`: certificates that come in the same profile as what uses them.

use plist::{Dictionary, Value};

use super::{
    identity::Uuid,
    payload::{Names, Payload, printable},
};

/// Bits of Key Usage: signing and encrypting.
const SIGNING_AND_ENCRYPTING: u32 = 1 | 4;
/// Apple's default is 1024, which no authority should sign any more.
const KEY_BITS: u32 = 2048;

/// Role of the one identity of a profile.
const IDENTITY: &str = "identity";

/// A certificate with its key, as the account or MDM uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientIdentity {
    /// The device makes the key and asks for the certificate.
    Scep(Scep),
    /// Key and certificate come in the profile, so whoever has the profile has them.
    Pkcs12(Pkcs12),
}

/// A request for a certificate by SCEP (RFC 8894).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scep {
    /// The authority's address.
    pub url: String,
    /// The challenge. It is part of the profile's contents: one that changes makes each profile another one, with
    /// another UUID.
    pub challenge: Option<String>,
    /// Common name of the certificate asked for.
    pub common_name: String,
    /// Its e-mail address, as subject alternative name.
    pub email: Option<String>,
    /// Digest of the authority's certificate (CAFingerprint): without, anyone in between can pass as the authority.
    /// Apple does not say which digest; the length tells.
    pub authority_fingerprint: Vec<u8>,
}

/// A file with a key and a certificate.
#[derive(Clone, PartialEq, Eq)]
pub struct Pkcs12 {
    /// The file.
    pub der: Vec<u8>,
    /// Its password; `None`: the person is asked.
    pub password: Option<String>,
}

/// A certificate that the device shall trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootCertificate {
    /// What the person sees.
    pub name: String,
    /// The certificate.
    pub der: Vec<u8>,
}

impl ClientIdentity {
    /// The UUID that others in the same profile refer to.
    pub(super) fn uuid(names: &Names) -> Uuid {
        names.uuid(IDENTITY)
    }

    pub(super) fn payload(&self, names: &Names) -> Payload {
        match self {
            Self::Scep(scep) => Payload::new(names, "com.apple.security.scep", IDENTITY, "Certificate")
                .value("PayloadContent", Value::Dictionary(scep.content())),
            Self::Pkcs12(file) => Payload::new(names, "com.apple.security.pkcs12", IDENTITY, "Certificate")
                .value("PayloadContent", Value::Data(file.der.clone()))
                .maybe_text("Password", file.password.as_deref()),
        }
    }
}

impl Scep {
    fn content(&self) -> Dictionary {
        let common_name = vec![Value::from("CN"), Value::String(printable(&self.common_name))];
        let subject = Value::Array(vec![Value::Array(vec![Value::Array(common_name)])]);
        let mut content = Dictionary::new();
        let mut put = |key: &str, value: Value| content.insert(key.to_owned(), value);
        put("URL", printable(&self.url).into());
        put("Subject", subject);
        put("Key Type", "RSA".into());
        put("Keysize", KEY_BITS.into());
        put("Key Usage", SIGNING_AND_ENCRYPTING.into());
        put("CAFingerprint", Value::Data(self.authority_fingerprint.clone()));
        if let Some(challenge) = &self.challenge {
            put("Challenge", printable(challenge).into());
        }
        if let Some(email) = &self.email {
            let names = Dictionary::from_iter([("rfc822Name".to_owned(), Value::String(printable(email)))]);
            put("SubjectAltName", Value::Dictionary(names));
        }
        content
    }
}

impl RootCertificate {
    /// `place` tells the roots of one profile apart.
    pub(super) fn payload(&self, names: &Names, place: usize) -> Payload {
        Payload::new(names, "com.apple.security.root", &format!("root{place}"), &self.name)
            .value("PayloadContent", Value::Data(self.der.clone()))
    }
}

impl std::fmt::Debug for Pkcs12 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pkcs12").field("bytes", &self.der.len()).finish_non_exhaustive()
    }
}
