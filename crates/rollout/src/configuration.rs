//! An app's configuration as a rollout keeps it: a fingerprint to compare with, and what it was, to put back.

use plist::{Dictionary, Value};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::Error as _};
use sha2::{Digest, Sha256};

use crate::digest::hex;

/// Two configurations with the same fingerprint say the same, in whatever order. Having none is one of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Of a configuration; `None`: the app has none.
    #[must_use]
    pub fn of(configuration: Option<&Dictionary>) -> Self {
        let mut hasher = Sha256::new();
        match configuration {
            Some(dictionary) => absorb_dictionary(&mut hasher, dictionary),
            None => hasher.update([0]),
        }
        let mut text = hex(&hasher.finalize());
        // Half of it tells configurations apart; the state holds one for every device.
        text.truncate(32);
        Self(text)
    }
}

/// Every value begins with its kind and its length, so that no two values run into the same bytes.
fn absorb(hasher: &mut Sha256, value: &Value) {
    let mut text = |kind: u8, bytes: &[u8]| {
        hasher.update([kind]);
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    };
    match value {
        Value::Array(items) => {
            text(b'a', &(items.len() as u64).to_be_bytes());
            for item in items {
                absorb(hasher, item);
            }
        }
        Value::Dictionary(dictionary) => absorb_dictionary(hasher, dictionary),
        Value::Boolean(flag) => text(b'b', &[u8::from(*flag)]),
        Value::Data(bytes) => text(b'x', bytes),
        Value::Date(date) => text(b'd', date.to_xml_format().as_bytes()),
        Value::Real(number) => text(b'r', &number.to_be_bytes()),
        Value::Integer(number) => text(b'i', number.to_string().as_bytes()),
        Value::String(string) => text(b's', string.as_bytes()),
        Value::Uid(uid) => text(b'u', &uid.get().to_be_bytes()),
        other => text(b'?', format!("{other:?}").as_bytes()),
    }
}

fn absorb_dictionary(hasher: &mut Sha256, dictionary: &Dictionary) {
    let mut entries: Vec<_> = dictionary.iter().collect();
    entries.sort_by_key(|(key, _)| key.as_str());
    absorb(hasher, &Value::from(entries.len() as u64));
    for (key, value) in entries {
        absorb(hasher, &Value::String(key.clone()));
        absorb(hasher, value);
    }
}

/// The configuration that an app had before anything was changed; `None`: it had none.
#[derive(Debug, Clone, PartialEq)]
pub struct Before(pub Option<Dictionary>);

impl Serialize for Before {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(dictionary) = &self.0 else { return serializer.serialize_none() };
        let mut xml = Vec::new();
        Value::Dictionary(dictionary.clone()).to_writer_xml(&mut xml).map_err(S::Error::custom)?;
        serializer.serialize_some(&String::from_utf8(xml).map_err(S::Error::custom)?)
    }
}

impl<'de> Deserialize<'de> for Before {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Some(xml) = Option::<String>::deserialize(deserializer)? else { return Ok(Self(None)) };
        match Value::from_reader_xml(xml.as_bytes()).map_err(D::Error::custom)? {
            Value::Dictionary(dictionary) => Ok(Self(Some(dictionary))),
            _ => Err(D::Error::custom("an app's configuration is a dictionary")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dictionary(entries: &[(&str, Value)]) -> Dictionary {
        entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
    }

    #[test]
    fn order_makes_no_difference_and_everything_else_does() {
        let (yes, text) = (Value::Boolean(true), Value::String("true".into()));
        let one = dictionary(&[("a", yes.clone()), ("b", text.clone())]);
        let same = dictionary(&[("b", text.clone()), ("a", yes.clone())]);
        assert_eq!(Fingerprint::of(Some(&one)), Fingerprint::of(Some(&same)));
        for other in [dictionary(&[("a", text.clone()), ("b", text)]), dictionary(&[("a", yes)]), Dictionary::new()] {
            assert_ne!(Fingerprint::of(Some(&one)), Fingerprint::of(Some(&other)));
        }
        assert_ne!(Fingerprint::of(None), Fingerprint::of(Some(&Dictionary::new())));
    }

    #[test]
    fn what_was_there_before_survives_the_document() {
        let inner =
            dictionary(&[("data", Value::Data(vec![0, 255])), ("list", Value::Array(vec![Value::from(7_u64)]))]);
        for before in [Before(None), Before(Some(dictionary(&[("x", Value::Dictionary(inner))])))] {
            let json = serde_json::to_string(&before).unwrap();
            assert_eq!(serde_json::from_str::<Before>(&json).unwrap(), before);
        }
    }
}
