//! Which device asks, and which program it runs.

use contact::eas::Family;

use crate::limits::{DEVICE_ID_MAX, DEVICE_TYPE_MAX};

/// A device's id as it calls itself, in one spelling: letters and digits, upper case (some clients change the case
/// between requests, and the base64 query string carries bytes that others write as hexadecimal digits).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId(String);

impl DeviceId {
    /// From the text of a plain query; `None` when it is empty, too long or has other characters than letters,
    /// digits, dashes, dots and underscores.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let legal = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
        let id = text.trim();
        (!id.is_empty() && id.len() <= DEVICE_ID_MAX && id.chars().all(legal)).then(|| Self(id.to_ascii_uppercase()))
    }

    /// From the bytes of a base64 query: their text if they are one, else their hexadecimal digits.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok().and_then(Self::from_text);
        text.or_else(|| {
            let hexadecimal = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or_default();
            let digits: String =
                bytes.iter().flat_map(|byte| [hexadecimal(byte >> 4), hexadecimal(byte & 0xF)]).collect();
            Self::from_text(&digits)
        })
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The device's type, cut to what is kept.
#[must_use]
pub fn device_type(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(DEVICE_TYPE_MAX).collect()
}

/// The client's family, which decides what an absent element means. Unknown programs are held to the specification.
#[must_use]
pub fn family(device_type: &str, user_agent: &str) -> Family {
    let is = |text: &str, part: &str| text.to_ascii_lowercase().contains(part);
    if is(user_agent, "tbsync") || is(user_agent, "thunderbird") || is(device_type, "thunderbird") {
        Family::TbSync
    } else if user_agent.starts_with("Apple-") || ["iphone", "ipad", "ipod"].iter().any(|apple| is(device_type, apple))
    {
        Family::Ios
    } else if is(device_type, "android") || is(user_agent, "android") {
        Family::Android
    } else {
        Family::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_the_same_in_both_cases_and_both_query_forms() {
        let id = DeviceId::from_text("appl87941C1N3NR").unwrap();
        assert_eq!(id, DeviceId::from_text("APPL87941c1n3nr").unwrap());
        assert_eq!(id, DeviceId::from_bytes(b"Appl87941C1N3NR").unwrap());
        assert_eq!(DeviceId::from_bytes(&[0xDE, 0xAD, 0, 1]).unwrap().as_str(), "DEAD0001");
    }

    #[test]
    fn an_empty_overlong_or_strange_device_id_is_none() {
        assert_eq!(DeviceId::from_text(""), None);
        assert_eq!(DeviceId::from_text(&"x".repeat(DEVICE_ID_MAX + 1)), None);
        assert_eq!(DeviceId::from_text("a/b"), None);
    }

    #[test]
    fn families_are_known_by_device_type_and_user_agent() {
        assert_eq!(family("iPhone", "Apple-iPhone15C4/2302.85"), Family::Ios);
        assert_eq!(family("iPad", "anything"), Family::Ios);
        assert_eq!(family("Android", "Android-Mail/7.1"), Family::Android);
        assert_eq!(family("Thunderbird", "Thunderbird ActiveSync"), Family::TbSync);
        assert_eq!(family("PocketPC", "pyactivesync"), Family::Other);
    }
}
