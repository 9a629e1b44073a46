//! Declarations: the declarative twins of the profile. [`contacts`] makes a whole set for a person; the functions
//! beside it make each declaration by itself.
//!
//! To add a declaration: a function in [`builders`]; its keys are those of [`crate::schema`], which the tests check.

mod builders;
mod contacts;
mod set;

use std::fmt::{self, Write as _};

use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

pub use builders::{
    AppLicence, AppSource, DataAsset, LdapSearch, activation, card_dav_account, data_asset, exchange_account,
    ldap_account, legacy_profile, managed_app, password_asset, status_subscriptions, user_identity,
};
pub use contacts::{STATUS_ITEMS, contacts, outlook};
pub use set::{DeclarationSet, SetError};

use crate::limits::DECLARATION_NAME_BYTES_MAX;

/// The name of a declaration: at most [`DECLARATION_NAME_BYTES_MAX`] octets, kept while the content changes. It stands
/// in addresses, so it has only characters that stand there for themselves.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Identifier(String);

/// A text that cannot name a declaration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a declaration's identifier has 1 to {DECLARATION_NAME_BYTES_MAX} letters, digits, dots, dashes and underscores"
)]
pub struct NoIdentifier;

impl Identifier {
    /// A name as it is.
    pub fn parse(text: &str) -> Result<Self, NoIdentifier> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let fits = (1..=DECLARATION_NAME_BYTES_MAX).contains(&text.len()) && text.bytes().all(plain);
        if fits { Ok(Self(text.to_owned())) } else { Err(NoIdentifier) }
    }

    /// The name of what plays this role for these owners, the same every time. Roles are short words of this crate.
    pub(crate) fn of(role: &'static str, owner: &[&str]) -> Self {
        let mut words: Vec<&[u8]> = vec![b"declaration", role.as_bytes()];
        words.extend(owner.iter().map(|word| word.as_bytes()));
        Self(format!("{role}.{}", crate::profile::Uuid::of(&words)))
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The four lists of declarations, as they stand in addresses and in declaration-items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// What decides which configurations are in force.
    Activation,
    /// What configurations refer to.
    Asset,
    /// What is configured.
    Configuration,
    /// What the device shall know of its management.
    Management,
}

impl Family {
    /// All four, in the order of declaration-items.
    pub const ALL: [Self; 4] = [Self::Activation, Self::Asset, Self::Configuration, Self::Management];

    /// Of a declaration type; `None` for what is no declaration type.
    pub fn of(declaration_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| {
            declaration_type
                .strip_prefix("com.apple.")
                .and_then(|rest| rest.strip_prefix(family.segment()))
                .is_some_and(|rest| rest.starts_with('.'))
        })
    }

    /// Its word in `declaration/<word>/<identifier>`.
    pub fn segment(self) -> &'static str {
        match self {
            Self::Activation => "activation",
            Self::Asset => "asset",
            Self::Configuration => "configuration",
            Self::Management => "management",
        }
    }

    /// Its list in declaration-items.
    fn list(self) -> &'static str {
        match self {
            Self::Activation => "Activations",
            Self::Asset => "Assets",
            Self::Configuration => "Configurations",
            Self::Management => "Management",
        }
    }
}

/// A declaration. Its token follows from its content, so the two cannot disagree.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    family: Family,
    kind: &'static str,
    identifier: Identifier,
    server_token: String,
    payload: Value,
}

impl Declaration {
    fn new(
        family: Family,
        declaration_type: &'static str,
        identifier: Identifier,
        payload: Map<String, Value>,
    ) -> Self {
        let payload = Value::Object(payload);
        let server_token = token(&[declaration_type, identifier.as_str(), &canonical(&payload)]);
        Self { family, kind: declaration_type, identifier, server_token, payload }
    }

    /// Which of the four lists it is in.
    pub fn family(&self) -> Family {
        self.family
    }

    /// `Type`, such as `com.apple.configuration.account.exchange`.
    pub fn declaration_type(&self) -> &'static str {
        self.kind
    }

    /// `Identifier`.
    pub fn identifier(&self) -> &Identifier {
        &self.identifier
    }

    /// `ServerToken`: SHA-256 of type, identifier and payload in hexadecimal, just the 64 octets that are allowed.
    pub fn server_token(&self) -> &str {
        &self.server_token
    }

    /// `Payload`.
    pub fn payload(&self) -> &Value {
        &self.payload
    }

    /// The whole, as a device fetches it.
    pub fn to_json(&self) -> Value {
        json!({
            "Type": self.kind,
            "Identifier": self.identifier,
            "ServerToken": self.server_token,
            "Payload": self.payload,
        })
    }
}

/// A digest of words, in hexadecimal.
fn token(words: &[&str]) -> String {
    let mut hash = Sha256::new();
    for word in words {
        hash.update(word.len().to_be_bytes());
        hash.update(word);
    }
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// JSON with keys in order, whatever order the map keeps them in.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let sorted: std::collections::BTreeMap<_, _> = members.iter().collect();
            let members: Vec<_> =
                sorted.into_iter().map(|(key, value)| format!("{}:{}", json!(key), canonical(value))).collect();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        plain => plain.to_string(),
    }
}
