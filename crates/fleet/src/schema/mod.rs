//! Apple's table of keys: what a payload, a declaration, a status item may hold, from which iOS on, and where it is
//! allowed. The data is `data/apple-schema.json`, written by `examples/apple_schema` from Apple's published schema;
//! what later releases changed stands in [`later`].
//!
//! For a newer release: run the example on its files, then take out of [`later`] what came in with it.

mod later;

use std::{collections::BTreeMap, sync::LazyLock};

use access::version::Version;
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::Value;

use crate::enrolment::Enrolment;

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the table is part of the program, and a test reads it")]
    let mut schema = Schema::read(include_str!("../../data/apple-schema.json")).expect("the table of keys");
    later::amend(&mut schema);
    schema
});

/// Name of a dictionary's key that stands for every key.
const ANY: &str = "ANY";

/// The table. [`schema`] gives it.
#[derive(Debug, Deserialize)]
pub struct Schema {
    release: String,
    source: String,
    licence: String,
    profiles: BTreeMap<String, PayloadType>,
    declarations: BTreeMap<String, PayloadType>,
    status: BTreeMap<String, PayloadType>,
    protocol: BTreeMap<String, PayloadType>,
}

/// The table, read once.
pub fn schema() -> &'static Schema {
    &SCHEMA
}

impl Schema {
    fn read(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }

    /// The release of Apple's schema it was taken from, such as `iOS 18.1`.
    pub fn release(&self) -> &str {
        &self.release
    }

    /// Whose schema, and under which licence.
    pub fn origin(&self) -> (&str, &str) {
        (&self.source, &self.licence)
    }

    /// A payload of configuration profiles; `None` when iOS has none of that type.
    pub fn profile(&self, payload_type: &str) -> Option<&PayloadType> {
        self.profiles.get(payload_type)
    }

    /// All payloads of configuration profiles, with those of `TopLevel` and `CommonPayloadKeys`.
    pub fn profiles(&self) -> impl Iterator<Item = (&str, &PayloadType)> {
        self.profiles.iter().map(|(name, payload)| (name.as_str(), payload))
    }

    /// A declaration; `None` when iOS has none of that type.
    pub fn declaration(&self, declaration_type: &str) -> Option<&PayloadType> {
        self.declarations.get(declaration_type)
    }

    /// All declarations, with the keys common to them under `any`.
    pub fn declarations(&self) -> impl Iterator<Item = (&str, &PayloadType)> {
        self.declarations.iter().map(|(name, payload)| (name.as_str(), payload))
    }

    /// A status item; `None` when iOS reports none of that name.
    pub fn status(&self, item: &str) -> Option<&PayloadType> {
        self.status.get(item)
    }

    /// A message of declarative management, such as `DeclarationItemsResponse`.
    pub fn message(&self, name: &str) -> Option<&PayloadType> {
        self.protocol.get(name)
    }
}

/// Where something holds.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Support {
    /// iOS from which on; for a key, `None` is that of what it stands in.
    #[serde(default, deserialize_with = "version")]
    pub since: Option<Version>,
    /// iOS from which on Apple advises against it.
    #[serde(default, deserialize_with = "version")]
    pub deprecated: Option<Version>,
    /// iOS that does not have it any more.
    #[serde(default, deserialize_with = "version")]
    pub removed: Option<Version>,
    /// Only supervised devices heed it.
    #[serde(default)]
    pub supervised: bool,
    /// Only MDM may install it, never a person by hand.
    #[serde(default)]
    pub mdm_only: bool,
    /// What User Enrollment makes of it.
    #[serde(default)]
    pub user_enrolment: UserEnrolment,
    /// For declarations: the enrolments that take it; `None` where nothing is said.
    #[serde(default, deserialize_with = "enrolments")]
    pub enrolments: Option<Vec<Enrolment>>,
}

/// What User Enrollment makes of a payload or a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UserEnrolment {
    /// It works.
    #[default]
    Allowed,
    /// A profile that has it is rejected as a whole.
    Forbidden,
    /// It is left aside.
    Ignored,
    /// It must be there.
    Required,
}

/// A payload, a declaration, a status item or a message.
#[derive(Debug, Clone, Deserialize)]
pub struct PayloadType {
    /// Where it holds.
    #[serde(flatten)]
    pub support: Support,
    /// Only one of it may be in force.
    #[serde(default)]
    pub single: bool,
    keys: Vec<Key>,
}

impl PayloadType {
    /// A key by its exact name; `None` when it has none of that name.
    pub fn key(&self, name: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// All keys, in Apple's order.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }
}

/// A key, or what an array holds.
#[derive(Debug, Clone, Deserialize)]
pub struct Key {
    /// Its name; of an array's items, a name that nobody writes.
    #[serde(rename = "key")]
    pub name: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// It must be there.
    #[serde(default)]
    pub required: bool,
    /// What holds when it is left out; `None` where Apple names nothing.
    #[serde(default)]
    pub default: Option<Value>,
    /// Where it holds.
    #[serde(flatten)]
    pub support: Support,
    /// Other systems than iOS have it.
    #[serde(default)]
    pub not_ios: bool,
    /// The only values it may have; empty where all are allowed.
    #[serde(default)]
    pub one_of: Vec<Value>,
    /// Least value.
    #[serde(default)]
    pub least: Option<f64>,
    /// Greatest value.
    #[serde(default)]
    pub most: Option<f64>,
    /// A regular expression it matches, as Apple writes it.
    #[serde(default)]
    pub pattern: Option<String>,
    /// Types of assets it may refer to; empty where it refers to none.
    #[serde(default)]
    pub assets: Vec<String>,
    #[serde(default)]
    keys: Vec<Key>,
}

impl Key {
    /// The keys of a dictionary; empty where they are open or this is no dictionary.
    pub fn keys(&self) -> &[Key] {
        match self.kind {
            Kind::Dictionary if !open(&self.keys) => &self.keys,
            _ => &[],
        }
    }

    /// What an array holds; `None` where it is open or this is no array.
    pub fn items(&self) -> Option<&Key> {
        self.keys.first().filter(|_| self.kind == Kind::Array)
    }
}

/// Whether any key may stand beside these.
pub(crate) fn open(keys: &[Key]) -> bool {
    keys.iter().any(|key| key.name == ANY)
}

/// The kinds of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Text.
    String,
    /// True or false.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Real,
    /// A date.
    Date,
    /// Bytes.
    Data,
    /// Values in order.
    Array,
    /// Keys with values.
    Dictionary,
    /// Anything.
    Any,
}

impl Kind {
    /// Apple's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Real => "real",
            Self::Date => "date",
            Self::Data => "data",
            Self::Array => "array",
            Self::Dictionary => "dictionary",
            Self::Any => "any value",
        }
    }
}

fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Version>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Version::parse(&text).map(Some).ok_or_else(|| D::Error::custom(format!("{text} is no version")))
}

/// `local` is a profile that a person installs by hand; declarations do not come that way here.
fn enrolments<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Enrolment>>, D::Error> {
    let words = Vec::<String>::deserialize(deserializer)?;
    Ok(Some(
        words
            .iter()
            .filter_map(|word| match word.as_str() {
                "supervised" => Some(Enrolment::Supervised),
                "device" => Some(Enrolment::Device),
                "user" => Some(Enrolment::User),
                _ => None,
            })
            .collect(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Option<Version> {
        Version::parse(text)
    }

    #[test]
    fn the_ten_service_switches_came_with_ios_13_and_oauth_with_12() {
        let account = schema().profile("com.apple.eas.account").unwrap();
        for service in ["Mail", "Contacts", "Calendars", "Reminders", "Notes"] {
            for key in [format!("Enable{service}"), format!("Enable{service}UserOverridable")] {
                let key = account.key(&key).unwrap();
                assert_eq!(key.support.since, version("13.0"), "{}", key.name);
                assert_eq!(key.default, Some(Value::Bool(true)), "{}", key.name);
            }
        }
        assert_eq!(account.key("OAuth").unwrap().support.since, version("12.0"));
        assert_eq!(account.key("SSL").unwrap().default, Some(Value::Bool(false)));
    }

    #[test]
    fn the_contact_restrictions_are_for_mdm_and_one_is_forbidden_in_user_enrolment() {
        let restrictions = schema().profile("com.apple.applicationaccess").unwrap();
        let write = restrictions.key("allowManagedToWriteUnmanagedContacts").unwrap();
        let read = restrictions.key("allowUnmanagedToReadManagedContacts").unwrap();
        assert!(write.support.mdm_only && read.support.mdm_only);
        assert_eq!(write.support.user_enrolment, UserEnrolment::Forbidden);
        assert_eq!(read.support.user_enrolment, UserEnrolment::Allowed);
        assert!(restrictions.key("allowAccountModification").unwrap().support.supervised);
        assert!(!restrictions.key("allowOpenFromManagedToUnmanaged").unwrap().support.supervised);
    }

    #[test]
    fn payloads_that_ios_does_not_know_are_not_in_the_table() {
        assert!(schema().profile("com.apple.ews.account").is_none());
        assert!(schema().profile("com.apple.mdm").is_some());
    }

    #[test]
    fn a_status_item_tells_which_services_are_on_from_ios_16() {
        let item = schema().status("account.list.exchange").unwrap();
        assert_eq!(item.support.since, version("16.0"));
        let account = item.keys().first().unwrap().items().unwrap();
        assert!(account.keys().iter().any(|key| key.name == "are-contacts-enabled"));
    }

    #[test]
    fn the_table_says_where_it_comes_from() {
        assert_eq!(schema().release(), "iOS 18.1");
        assert!(schema().origin().1.contains("MIT"));
    }
}
