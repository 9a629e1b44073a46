//! Single-value extended properties: MAPI properties that v1.0 has no name for.

use std::fmt;

use serde::{Serialize, Serializer};

use super::shelf::{Line, Shelf};
use crate::fact::{IdentifierKind, PhoneKind};

/// The id of a single-value extended property, in one canonical writing.
///
/// `String 0x3A24` (a proptag), `String {00062004-0000-0000-c000-000000000046} Id 0x8062` (a numbered property of a set)
/// or `String {...} Name Colour` (a named one). Numbers and sets compare without regard to case, names with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExtendedPropertyId(String);

/// Text that is no id of an extended property.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not the id of a single-value extended property: {0:?}")]
pub struct BadExtendedPropertyId(pub String);

/// The types of single-value properties (MS-OXCDATA 2.11.1).
const TYPES: [&str; 13] = [
    "ApplicationTime",
    "Binary",
    "Boolean",
    "CLSID",
    "Currency",
    "Double",
    "Error",
    "Float",
    "Integer",
    "Long",
    "Short",
    "String",
    "SystemTime",
];
/// Characters in an id; MAPI names are at most 255.
const ID_CHARS_MAX: usize = 320;

impl ExtendedPropertyId {
    /// Reads an id and makes its writing canonical.
    pub fn parse(text: &str) -> Result<Self, BadExtendedPropertyId> {
        let wrong = || BadExtendedPropertyId(text.chars().take(ID_CHARS_MAX).collect());
        if text.len() > ID_CHARS_MAX || text.contains(char::is_control) {
            return Err(wrong());
        }
        let (kind, rest) = text.trim().split_once(' ').ok_or_else(wrong)?;
        let kind = TYPES.iter().find(|known| known.eq_ignore_ascii_case(kind)).ok_or_else(wrong)?;
        let rest = rest.trim();
        if !rest.starts_with('{') {
            let tag = hexadecimal(rest, 4).filter(|tag| (1..0x8000).contains(tag)).ok_or_else(wrong)?;
            return Ok(Self(format!("{kind} 0x{tag:04X}")));
        }
        let (set, rest) = rest.split_once('}').ok_or_else(wrong)?;
        let set = set.trim_start_matches('{').to_ascii_lowercase();
        if !is_guid(&set) {
            return Err(wrong());
        }
        let (what, value) = rest.trim().split_once(' ').ok_or_else(wrong)?;
        let value = value.trim();
        match what {
            _ if value.is_empty() => Err(wrong()),
            "Name" => Ok(Self(format!("{kind} {{{set}}} Name {value}"))),
            "Id" => {
                let number = hexadecimal(value, 8).ok_or_else(wrong)?;
                Ok(Self(format!("{kind} {{{set}}} Id 0x{number:04X}")))
            }
            _ => Err(wrong()),
        }
    }

    /// The canonical writing.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where the fact behind this property lives in a card; `None` when it is none of ours and kept word for word.
    pub(super) fn slot(&self) -> Option<Slot> {
        let text = |shelf, index| Some(Slot::Shelf(shelf, index));
        let phone = |kind, line| Shelf::Phone(kind, line);
        match self.0.as_str() {
            "String 0x3A24" => text(phone(PhoneKind::Fax, Line::Work), 0),
            "String 0x3A25" => text(phone(PhoneKind::Fax, Line::Home), 0),
            "String 0x3A23" => text(phone(PhoneKind::Fax, Line::Neither), 0),
            "String 0x3A21" => text(phone(PhoneKind::Pager, Line::Any), 0),
            "String 0x3A1E" => text(phone(PhoneKind::Car, Line::Any), 0),
            "String 0x3A1D" => text(phone(PhoneKind::Radio, Line::Any), 0),
            "String 0x3A1F" => text(phone(PhoneKind::Voice, Line::Neither), 0),
            "String 0x3A2E" => text(phone(PhoneKind::Assistant, Line::Any), 0),
            "String 0x3A57" => text(phone(PhoneKind::Main, Line::Any), 0),
            "String 0x3A4B" => text(phone(PhoneKind::Textphone, Line::Any), 0),
            // The places of the named properties, for clients that speak MAPI throughout.
            "String 0x3A08" => text(phone(PhoneKind::Voice, Line::Work), 0),
            "String 0x3A1B" => text(phone(PhoneKind::Voice, Line::Work), 1),
            "String 0x3A09" => text(phone(PhoneKind::Voice, Line::Home), 0),
            "String 0x3A2F" => text(phone(PhoneKind::Voice, Line::Home), 1),
            "String 0x3A1C" => text(phone(PhoneKind::Mobile, Line::Any), 0),
            "String {00062004-0000-0000-c000-000000000046} Id 0x8062" => text(Shelf::Messaging, 0),
            "String 0x3A4A" => text(Shelf::Identifier(IdentifierKind::CustomerId), 0),
            "String 0x3A07" => text(Shelf::Identifier(IdentifierKind::GovernmentId), 0),
            "String 0x3A00" => text(Shelf::Identifier(IdentifierKind::AccountName), 0),
            "SystemTime 0x3A41" => Some(Slot::WeddingDay),
            _ => None,
        }
    }
}

/// Where the fact behind an extended property lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    /// The text of the shelf's item of this rank.
    Shelf(Shelf, usize),
    /// The wedding day, a date.
    WeddingDay,
}

fn hexadecimal(text: &str, digits_max: usize) -> Option<u32> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
    let well_formed = (1..=digits_max).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    well_formed.then(|| u32::from_str_radix(digits, 16).ok())?
}

fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

impl fmt::Display for ExtendedPropertyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for ExtendedPropertyId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::ExtendedPropertyId;

    #[test]
    fn every_writing_of_an_id_is_the_same_id() {
        for (written, canonical) in [
            ("String 0x3a24", "String 0x3A24"),
            ("string 0X3A24", "String 0x3A24"),
            (
                "Integer {00062004-0000-0000-C000-000000000046}  Id 0x8062",
                "Integer {00062004-0000-0000-c000-000000000046} Id 0x8062",
            ),
            (
                "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name Colour of hat",
                "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name Colour of hat",
            ),
        ] {
            assert_eq!(ExtendedPropertyId::parse(written).unwrap().as_str(), canonical);
        }
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in [
            "",
            "String",
            "String 3A24",
            "String 0x",
            "String 0x8000",
            "String 0x0",
            "StringArray 0x3A24",
            "Text 0x3A24",
            "String {nonsense} Name X",
            "String {66f5a359-4659-4830-9070-00047ec6ac6e}",
            "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name ",
        ] {
            assert!(ExtendedPropertyId::parse(text).is_err(), "{text}");
        }
    }
}
