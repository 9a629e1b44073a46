//! Graph's published metadata, as far as the documents of this crate need it, and the check of a value against it.
//!
//! The table is data (`data/graph-metadata.json`, with its sources and date): what the service would refuse with a 400
//! and few words is told here before anything is sent.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::LazyLock,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Which of Graph's two versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Version {
    /// `v1.0`.
    #[serde(rename = "v1.0")]
    V1,
    /// `beta`.
    #[serde(rename = "beta")]
    Beta,
}

impl Version {
    /// As it stands in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1.0",
            Self::Beta => "beta",
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that the published types do not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where, such as `conditions.users.includeGroups[0]`.
    pub path: String,
    /// What.
    pub kind: ViolationKind,
}

/// What the published types do not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ViolationKind {
    /// No `@odata.type`, or one that is not in the table.
    UnknownType(String),
    /// The type stands where another is expected.
    WrongType(String),
    /// The type has no such property.
    UnknownProperty,
    /// Beta has it, this version does not.
    BetaOnly,
    /// The service writes it.
    ReadOnly,
    /// It may not be null.
    Null,
    /// It must be there.
    Missing,
    /// The value is none of the type.
    NotA(String),
    /// The enum has no such member.
    NotAMember(String),
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "the object" } else { &self.path };
        match &self.kind {
            ViolationKind::UnknownType(name) => write!(f, "{path}: {name:?} is no known type"),
            ViolationKind::WrongType(name) => write!(f, "{path}: {name} does not belong here"),
            ViolationKind::UnknownProperty => write!(f, "{path}: there is no such property"),
            ViolationKind::BetaOnly => write!(f, "{path}: only beta has it"),
            ViolationKind::ReadOnly => write!(f, "{path}: the service writes it"),
            ViolationKind::Null => write!(f, "{path}: may not be null"),
            ViolationKind::Missing => write!(f, "{path}: is missing"),
            ViolationKind::NotA(name) => write!(f, "{path}: is no {name}"),
            ViolationKind::NotAMember(name) => write!(f, "{path}: is no member of {name}"),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
struct Metadata {
    date: String,
    sources: Vec<String>,
    enums: BTreeMap<String, Enum>,
    types: BTreeMap<String, Type>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Enum {
    members: BTreeSet<String>,
    #[serde(default)]
    flags: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Type {
    base: Option<String>,
    #[serde(default)]
    r#abstract: bool,
    #[serde(default)]
    beta_only: bool,
    properties: BTreeMap<String, Property>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_excessive_bools)] // facets of a property as the metadata has them
struct Property {
    r#type: String,
    #[serde(default)]
    not_null: bool,
    #[serde(default)]
    read_only: bool,
    #[serde(default)]
    beta_only: bool,
    #[serde(default)]
    required_on_create: bool,
    #[serde(default)]
    navigation: bool,
}

/// The committed table is read once; a test reads it too, so that it cannot be unreadable here.
static METADATA: LazyLock<Metadata> =
    LazyLock::new(|| serde_json::from_str(include_str!("../data/graph-metadata.json")).unwrap_or_default());

/// What the table was made from, and as of when.
pub fn provenance() -> (&'static str, &'static [String]) {
    (&METADATA.date, &METADATA.sources)
}

/// Checks the body of a create against the type that its `@odata.type` names. No violations: the service's published
/// types allow it.
pub fn validate(value: &Value, version: Version) -> Vec<Violation> {
    let mut check = Check { version, whole: true, found: Vec::new() };
    check.object("", value, None);
    check.found
}

/// The same for an object of a known type, such as an element of `assignments`.
pub fn validate_as(value: &Value, type_name: &str, version: Version) -> Vec<Violation> {
    let mut check = Check { version, whole: true, found: Vec::new() };
    check.object("", value, Some(type_name));
    check.found
}

/// Checks the body of a PATCH: what is required on create may be absent.
pub fn validate_patch(value: &Value, version: Version) -> Vec<Violation> {
    let mut check = Check { version, whole: false, found: Vec::new() };
    check.object("", value, None);
    check.found
}

/// Whether a PATCH of this type may write the property: it is in the table, not read-only and no navigation.
pub(crate) fn writable(odata_type: &str, property: &str) -> bool {
    lineage(short(odata_type))
        .find_map(|of| of.properties.get(property))
        .is_some_and(|property| !property.read_only && !property.navigation)
}

/// Whether the service writes the property by itself.
pub(crate) fn read_only(odata_type: &str, property: &str) -> bool {
    lineage(short(odata_type)).find_map(|of| of.properties.get(property)).is_some_and(|property| property.read_only)
}

/// `iosCompliancePolicy` of `#microsoft.graph.iosCompliancePolicy`.
pub(crate) fn short(odata_type: &str) -> &str {
    odata_type.trim_start_matches('#').trim_start_matches("microsoft.graph.")
}

/// A type and those it is derived from.
fn lineage(name: &str) -> impl Iterator<Item = &'static Type> {
    let mut next = METADATA.types.get(name);
    std::iter::from_fn(move || {
        let this = next?;
        next = this.base.as_deref().and_then(|base| METADATA.types.get(base));
        Some(this)
    })
}

fn is_a(name: &str, expected: &str) -> bool {
    let mut next = Some(name);
    while let Some(name) = next {
        if name == expected {
            return true;
        }
        next = METADATA.types.get(name).and_then(|of| of.base.as_deref());
    }
    false
}

struct Check {
    version: Version,
    whole: bool,
    found: Vec<Violation>,
}

impl Check {
    fn tell(&mut self, path: &str, kind: ViolationKind) {
        self.found.push(Violation { path: path.to_owned(), kind });
    }

    fn object(&mut self, path: &str, value: &Value, expected: Option<&str>) {
        let Some(members) = value.as_object() else {
            return self.tell(path, ViolationKind::NotA(expected.unwrap_or("object").to_owned()));
        };
        let named = members.get("@odata.type").and_then(Value::as_str).map(short);
        let name = named.or(expected).unwrap_or_default();
        let Some(of) = METADATA.types.get(name) else {
            return self.tell(path, ViolationKind::UnknownType(name.to_owned()));
        };
        if of.r#abstract || expected.is_some_and(|expected| !is_a(name, expected)) {
            return self.tell(path, ViolationKind::WrongType(name.to_owned()));
        }
        if of.beta_only && self.version == Version::V1 {
            return self.tell(path, ViolationKind::BetaOnly);
        }
        let properties: BTreeMap<&str, &Property> = lineage(name)
            .flat_map(|of| of.properties.iter().map(|(name, property)| (name.as_str(), property)))
            .collect();
        for (key, value) in members.iter().filter(|(key, _)| *key != "@odata.type") {
            self.member(&join(path, key), key, value, &properties);
        }
        self.missing(path, members, &properties);
    }

    fn missing(&mut self, path: &str, members: &Map<String, Value>, properties: &BTreeMap<&str, &Property>) {
        if !self.whole {
            return;
        }
        for (name, _) in properties.iter().filter(|(_, property)| property.required_on_create) {
            let there = members.get(*name).is_some_and(|value| value.as_array().is_none_or(|list| !list.is_empty()));
            if !there {
                self.tell(&join(path, name), ViolationKind::Missing);
            }
        }
    }

    fn member(&mut self, path: &str, key: &str, value: &Value, properties: &BTreeMap<&str, &Property>) {
        let (key, bound) = key.strip_suffix("@odata.bind").map_or((key, false), |key| (key, true));
        let Some(property) = properties.get(key).filter(|property| !bound || property.navigation) else {
            return self.tell(path, ViolationKind::UnknownProperty);
        };
        if property.read_only {
            return self.tell(path, ViolationKind::ReadOnly);
        }
        if property.beta_only && self.version == Version::V1 {
            return self.tell(path, ViolationKind::BetaOnly);
        }
        match value {
            Value::Null if property.not_null => self.tell(path, ViolationKind::Null),
            Value::Null => {}
            Value::String(address) if bound && address.starts_with("https://") => {}
            _ if bound => self.tell(path, ViolationKind::NotA("address".to_owned())),
            _ => self.value(path, value, &property.r#type),
        }
    }

    fn value(&mut self, path: &str, value: &Value, of: &str) {
        if let Some(element) = of.strip_prefix("Collection(").and_then(|of| of.strip_suffix(')')) {
            let Some(list) = value.as_array() else {
                return self.tell(path, ViolationKind::NotA("collection".to_owned()));
            };
            for (place, value) in list.iter().enumerate() {
                self.value(&format!("{path}[{place}]"), value, element);
            }
            return;
        }
        if let Some(members) = METADATA.enums.get(of) {
            return self.member_of(path, value, of, members);
        }
        let fits = match of {
            "String" => value.is_string(),
            "Boolean" => value.is_boolean(),
            "Int32" => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
            "DateTimeOffset" => value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
            "Duration" => value.as_str().is_some_and(|text| text.parse::<jiff::Span>().is_ok()),
            "Binary" => value.as_str().is_some_and(|text| STANDARD.decode(text).is_ok()),
            _ => return self.object(path, value, Some(of)),
        };
        if !fits {
            self.tell(path, ViolationKind::NotA(of.to_owned()));
        }
    }

    fn member_of(&mut self, path: &str, value: &Value, name: &str, of: &Enum) {
        let Some(text) = value.as_str() else {
            return self.tell(path, ViolationKind::NotA(name.to_owned()));
        };
        let known = |text: &str| of.members.contains(text);
        let fits = if of.flags { text.split(',').all(|flag| known(flag.trim())) } else { known(text) };
        if !fits {
            self.tell(path, ViolationKind::NotAMember(name.to_owned()));
        }
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_table_says_where_it_comes_from_and_every_type_it_names_is_there_or_a_status() {
        let (date, sources) = provenance();
        assert_eq!((date, sources.len()), ("2026-08", 4));
        for (name, of) in &METADATA.types {
            assert!(of.base.as_ref().is_none_or(|base| METADATA.types.contains_key(base)), "{name}");
            for (property, has) in of.properties.iter().filter(|(_, has)| !has.navigation) {
                let element = has.r#type.trim_start_matches("Collection(").trim_end_matches(')');
                let primitive =
                    ["String", "Boolean", "Int32", "DateTimeOffset", "Duration", "Binary"].contains(&element);
                let known = METADATA.types.contains_key(element) || METADATA.enums.contains_key(element);
                assert!(primitive || known, "{name}.{property}: {element}");
            }
        }
    }

    #[test]
    fn what_the_types_do_not_allow_is_named_with_its_place() {
        let policy = json!({
            "@odata.type": "#microsoft.graph.iosCompliancePolicy",
            "displayName": null,
            "id": "x",
            "osMinimumVersion": 13,
            "passcodeRequiredType": "none",
            "isCool": true,
            "osMinimumBuildVersion": "17A1",
            "scheduledActionsForRule": [],
        });
        let found: BTreeSet<String> = validate(&policy, Version::V1).iter().map(ToString::to_string).collect();
        let expected = [
            "displayName: may not be null",
            "id: the service writes it",
            "isCool: there is no such property",
            "osMinimumBuildVersion: only beta has it",
            "osMinimumVersion: is no String",
            "passcodeRequiredType: is no member of requiredPasswordType",
            "scheduledActionsForRule: is missing",
        ];
        assert_eq!(found, expected.iter().map(ToString::to_string).collect());
    }

    #[test]
    fn flags_come_in_any_order_and_unknown_ones_are_found() {
        let patch = |services: &str| json!({ "@odata.type": "#microsoft.graph.iosEasEmailProfileConfiguration", "easServices": services });
        assert_eq!(validate_patch(&patch("contacts,calendars"), Version::Beta), []);
        assert_eq!(validate_patch(&patch("contacts,tasks"), Version::Beta).len(), 1);
        assert_eq!(validate_patch(&patch("contacts"), Version::V1).len(), 1, "v1.0 has no such type");
    }
}
