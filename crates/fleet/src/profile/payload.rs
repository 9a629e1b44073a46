//! A payload while it is being written: the keys that every payload has, then its own.

use plist::{Dictionary, Value};

use super::identity::Uuid;

/// Beginning of every topic of Apple's push service for MDM.
pub(crate) const TOPIC_PREFIX: &str = "com.apple.mgmt.";

/// What a profile's identifiers and UUIDs are made from. They stay as they are while the contents change: a device
/// updates a payload whose identifier and UUID it knows, and takes down and puts up one it does not, which signs the
/// person out.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    /// PayloadIdentifier of the profile.
    pub identifier: String,
    /// For whom: the words that make this person's UUIDs different from another's.
    pub owner: Vec<String>,
    /// PayloadOrganization.
    pub organisation: String,
}

impl Names {
    /// The UUID of the payload with this role.
    pub fn uuid(&self, role: &str) -> Uuid {
        let mut words: Vec<&[u8]> = vec![b"payload", self.identifier.as_bytes(), role.as_bytes()];
        words.extend(self.owner.iter().map(String::as_bytes));
        Uuid::of(&words)
    }
}

/// One entry of a profile's PayloadContent.
#[derive(Debug, Clone)]
pub(crate) struct Payload {
    dictionary: Dictionary,
}

impl Payload {
    /// A payload with the common keys. `role` names it within its profile and must not change.
    pub fn new(names: &Names, payload_type: &str, role: &str, display_name: &str) -> Self {
        Self { dictionary: Dictionary::new() }
            .text("PayloadType", payload_type)
            .number("PayloadVersion", 1)
            .text("PayloadIdentifier", &format!("{}.{role}", names.identifier))
            .text("PayloadUUID", &names.uuid(role).to_string())
            .text("PayloadDisplayName", display_name)
            .text("PayloadOrganization", &names.organisation)
    }

    pub fn text(self, key: &str, value: &str) -> Self {
        self.value(key, printable(value).into())
    }

    pub fn maybe_text(self, key: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(key, value),
            None => self,
        }
    }

    pub fn flag(self, key: &str, value: bool) -> Self {
        self.value(key, value.into())
    }

    pub fn number(self, key: &str, value: u32) -> Self {
        self.value(key, value.into())
    }

    pub fn value(mut self, key: &str, value: Value) -> Self {
        self.dictionary.insert(key.to_owned(), value);
        self
    }

    pub fn into_dictionary(self) -> Dictionary {
        self.dictionary
    }
}

/// Without what XML 1.0 cannot carry: one such character in a name would make the whole profile unreadable.
pub(crate) fn printable(text: &str) -> String {
    let forbidden = |c: &char| c.is_control() && !matches!(c, '\t' | '\n') || matches!(c, '\u{fffe}' | '\u{ffff}');
    text.chars().filter(|c| !forbidden(c)).collect()
}
