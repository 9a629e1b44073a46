//! What a client sent, property by property: unset, null or set.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    EXTENDED_PROPERTIES_MAX, LIST_ENTRIES_MAX, birthday,
    extended::{BadExtendedPropertyId, ExtendedPropertyId, Slot},
    property::{self, AddressPart, EmailSlot, List, Place, Text},
};
use crate::date::PartialDate;

/// A property of a patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Field<T> {
    /// Not named: untouched.
    #[default]
    Unset,
    /// Named and null: cleared.
    Null,
    /// Named with a value.
    Set(T),
}

impl<T> Field<T> {
    /// The value set; `None` for unset and null.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Unset | Self::Null => None,
        }
    }
}

/// The body of a POST or PATCH of a contact.
///
/// In the maps a missing key is a property that was not named, and `None` is null or the empty text: both clear.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Patch {
    /// The properties that are one text.
    pub texts: BTreeMap<Text, Option<String>>,
    /// The lists, without empty entries; null is the empty list.
    pub lists: BTreeMap<List, Vec<String>>,
    /// `emailAddresses`, without entries that have no address; null is the empty list.
    pub emails: Option<Vec<SentEmail>>,
    /// `primaryEmailAddress` and its two neighbours.
    pub email_slots: BTreeMap<EmailSlot, Option<SentEmail>>,
    /// The postal addresses, member by member; `None` is null.
    pub addresses: BTreeMap<Place, Option<AddressPatch>>,
    /// The birthday.
    pub birthday: Field<PartialDate>,
    /// The extended properties. Those that hold a date have been read and written again.
    pub extended: BTreeMap<ExtendedPropertyId, Option<String>>,
    /// `parentFolderId`: a wish to move, for the path to grant.
    pub parent_folder_id: Option<String>,
}

/// A postal address of a patch: members not named are untouched.
pub type AddressPatch = BTreeMap<AddressPart, Option<String>>;

/// An `emailAddress` of a patch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentEmail {
    /// Never empty; split from `"Name" <a@b>` if it came so.
    pub address: String,
    /// The name beside it, when one was named; `Null` takes it away.
    pub name: Field<String>,
}

/// Why a body is no contact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    /// The body is JSON, but not an object.
    #[error("the body must be a JSON object")]
    NotAnObject,
    /// Refused rather than dropped: nobody should believe it was kept.
    #[error("the property '{0}' does not exist on type 'microsoft.graph.contact'")]
    UnknownProperty(String),
    /// The value has another JSON type than the property.
    #[error("the property '{property}' must be {expected}")]
    WrongType {
        /// The property, with the member after a slash.
        property: String,
        /// What it must be, in words.
        expected: &'static str,
    },
    /// Text that is no day.
    #[error("the value of '{property}' is not a DateTimeOffset")]
    NotADate {
        /// The property.
        property: String,
    },
    /// An extended property with an id that is none.
    #[error(transparent)]
    ExtendedPropertyId(#[from] BadExtendedPropertyId),
    /// A list longer than anyone's.
    #[error("the property '{property}' has more than {max} entries")]
    TooMany {
        /// The property.
        property: String,
        /// How many there may be.
        max: usize,
    },
}

impl Patch {
    /// Reads a body. Annotations (`@odata.type` ...) and the properties that are the server's alone are ignored.
    pub fn parse(body: &Value) -> Result<Self, PatchError> {
        let mut patch = Self::default();
        for (key, value) in body.as_object().ok_or(PatchError::NotAnObject)? {
            patch.property(key, value)?;
        }
        Ok(patch)
    }

    fn property(&mut self, key: &str, value: &Value) -> Result<(), PatchError> {
        if let Some(text) = Text::named(key) {
            self.texts.insert(text, nullable_text(key, value)?);
        } else if let Some(list) = List::named(key) {
            self.lists.insert(list, texts(key, value)?);
        } else if let Some(slot) = EmailSlot::named(key) {
            self.email_slots.insert(slot, email(key, value)?);
        } else if let Some(place) = Place::named(key) {
            self.addresses.insert(place, address(key, value)?);
        } else if key == property::EMAIL_ADDRESSES {
            let found = array(key, value, LIST_ENTRIES_MAX)?.iter().map(|entry| email(key, entry));
            self.emails = Some(found.filter_map(Result::transpose).collect::<Result<_, _>>()?);
        } else if key == property::BIRTHDAY {
            self.birthday = match nullable_text(key, value)? {
                None => Field::Null,
                Some(text) => Field::Set(date(key, &text)?),
            };
        } else if key == property::SINGLE_VALUE_EXTENDED_PROPERTIES {
            for entry in array(key, value, EXTENDED_PROPERTIES_MAX)? {
                let (id, value) = extended(entry)?;
                self.extended.insert(id, value);
            }
        } else if key == property::PARENT_FOLDER_ID {
            self.parent_folder_id = nullable_text(key, value)?;
        } else if !is_ignored(key) {
            return Err(PatchError::UnknownProperty(key.to_owned()));
        }
        Ok(())
    }
}

fn is_ignored(key: &str) -> bool {
    key.contains('@') || property::READ_ONLY.contains(&key)
}

fn wrong_type(property: &str, expected: &'static str) -> PatchError {
    PatchError::WrongType { property: property.to_owned(), expected }
}

/// A text; null and the empty text are `None`. NUL goes: no path can carry it.
fn nullable_text(property: &str, value: &Value) -> Result<Option<String>, PatchError> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.replace('\0', "")).filter(|text| !text.is_empty())),
        _ => Err(wrong_type(property, "a string or null")),
    }
}

fn array<'a>(property: &str, value: &'a Value, max: usize) -> Result<&'a [Value], PatchError> {
    match value {
        Value::Null => Ok(&[]),
        Value::Array(entries) if entries.len() > max => Err(PatchError::TooMany { property: property.to_owned(), max }),
        Value::Array(entries) => Ok(entries),
        _ => Err(wrong_type(property, "an array")),
    }
}

fn texts(property: &str, value: &Value) -> Result<Vec<String>, PatchError> {
    let entries = array(property, value, LIST_ENTRIES_MAX)?.iter().map(|entry| nullable_text(property, entry));
    entries.filter_map(Result::transpose).collect()
}

/// The named members of an object, annotations left out.
fn members<'a>(
    property: &str,
    object: &'a Map<String, Value>,
    known: fn(&str) -> bool,
) -> Result<impl Iterator<Item = (&'a String, &'a Value)>, PatchError> {
    match object.keys().find(|key| !known(key) && !is_ignored(key)) {
        Some(unknown) => Err(PatchError::UnknownProperty(format!("{property}/{unknown}"))),
        None => Ok(object.iter().filter(move |(key, _)| known(key))),
    }
}

/// An e-mail address; `None` for null and for an entry without address, as Exchange sends for an empty place.
fn email(property: &str, value: &Value) -> Result<Option<SentEmail>, PatchError> {
    let object = match value {
        Value::Null => return Ok(None),
        Value::Object(object) => object,
        _ => return Err(wrong_type(property, "an emailAddress object or null")),
    };
    let (mut address, mut name) = (None, Field::Unset);
    for (key, value) in members(property, object, |key| matches!(key, "address" | "name"))? {
        let text = nullable_text(&format!("{property}/{key}"), value)?;
        match key.as_str() {
            "address" => address = text,
            _ => name = text.map_or(Field::Null, Field::Set),
        }
    }
    Ok(address.and_then(|address| split_mailbox(&address, name)))
}

/// Splits `"Name" <a@b>`. A name of its own beats the one inside.
fn split_mailbox(text: &str, name: Field<String>) -> Option<SentEmail> {
    let text = text.trim();
    let inside = text.strip_suffix('>').and_then(|text| text.rsplit_once('<'));
    let (address, name) = match inside {
        Some((display, address)) if !address.trim().is_empty() => {
            let display = display.trim().trim_matches(['"', '\'']).trim();
            match name {
                Field::Unset | Field::Null if !display.is_empty() => (address.trim(), Field::Set(display.to_owned())),
                name => (address.trim(), name),
            }
        }
        _ => (text, name),
    };
    (!address.is_empty()).then(|| SentEmail { address: address.to_owned(), name })
}

fn address(property: &str, value: &Value) -> Result<Option<AddressPatch>, PatchError> {
    let object = match value {
        Value::Null => return Ok(None),
        Value::Object(object) => object,
        _ => return Err(wrong_type(property, "a physicalAddress object or null")),
    };
    let mut parts = AddressPatch::new();
    for (key, value) in members(property, object, |key| AddressPart::named(key).is_some())? {
        if let Some(part) = AddressPart::named(key) {
            parts.insert(part, nullable_text(&format!("{property}/{key}"), value)?);
        }
    }
    Ok(Some(parts))
}

fn date(property: &str, text: &str) -> Result<PartialDate, PatchError> {
    birthday::from_wire(text).ok_or_else(|| PatchError::NotADate { property: property.to_owned() })
}

fn extended(entry: &Value) -> Result<(ExtendedPropertyId, Option<String>), PatchError> {
    let property = property::SINGLE_VALUE_EXTENDED_PROPERTIES;
    let object = entry.as_object().ok_or_else(|| wrong_type(property, "an array of objects"))?;
    let id = object.get("id").and_then(Value::as_str);
    let id = ExtendedPropertyId::parse(id.ok_or_else(|| wrong_type("singleValueExtendedProperties/id", "a string"))?)?;
    let mut value = nullable_text("singleValueExtendedProperties/value", object.get("value").unwrap_or(&Value::Null))?;
    if id.slot() == Some(Slot::WeddingDay) {
        value = value.map(|text| date(id.as_str(), &text)).transpose()?.map(birthday::to_wire);
    }
    Ok((id, value))
}
