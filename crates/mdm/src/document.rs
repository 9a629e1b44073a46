//! Property lists: read with a limit to their depth, because everything after reading walks them recursively.

use plist::{Dictionary, Value};
use quick_xml::{Reader, events::Event};

use crate::limits;

/// Why some bytes are no message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAPlist {
    /// More bytes than a message may have.
    #[error("the message is too large")]
    TooLarge,
    /// Deeper than a message may be.
    #[error("the message is nested too deeply")]
    TooDeep,
    /// Not a property list in XML.
    #[error("this is no property list: {0}")]
    Malformed(String),
    /// A property list of something else than a dictionary.
    #[error("the property list is no dictionary")]
    NotADictionary,
}

/// Reads a property list in XML whose outermost value is a dictionary.
pub(crate) fn read(bytes: &[u8]) -> Result<Dictionary, NotAPlist> {
    if bytes.len() > limits::MESSAGE_BYTES_MAX {
        return Err(NotAPlist::TooLarge);
    }
    check_depth(bytes)?;
    let value = Value::from_reader_xml(bytes).map_err(|error| NotAPlist::Malformed(error.to_string()))?;
    value.into_dictionary().ok_or(NotAPlist::NotADictionary)
}

fn check_depth(bytes: &[u8]) -> Result<(), NotAPlist> {
    let mut reader = Reader::from_reader(bytes);
    let mut buffer = Vec::new();
    let mut depth = 0_usize;
    loop {
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(_)) => depth += 1,
            Ok(Event::End(_)) => depth = depth.saturating_sub(1),
            Ok(Event::Eof) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(NotAPlist::Malformed(error.to_string())),
        }
        if depth > limits::DEPTH_MAX {
            return Err(NotAPlist::TooDeep);
        }
        buffer.clear();
    }
}

/// Writes a property list in XML.
pub(crate) fn write(dictionary: Dictionary) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A Vec takes everything, and dates beyond what a plist can say are in none of ours.
    if let Err(error) = Value::Dictionary(dictionary).to_writer_xml(&mut bytes) {
        tracing::error!(%error, "a property list cannot be written");
    }
    bytes
}

/// A text of a device, if it has one under this key that can be kept: neither empty, too long, nor with NUL.
pub(crate) fn text(dictionary: &Dictionary, key: &str) -> Option<String> {
    let text = dictionary.get(key)?.as_string()?.trim();
    let fits = (1..=limits::TEXT_BYTES_MAX).contains(&text.len()) && !text.contains('\0');
    fits.then(|| text.to_owned())
}

pub(crate) fn boolean(dictionary: &Dictionary, key: &str) -> Option<bool> {
    dictionary.get(key)?.as_boolean()
}

pub(crate) fn dictionaries<'a>(dictionary: &'a Dictionary, key: &str) -> Option<impl Iterator<Item = &'a Dictionary>> {
    let array = dictionary.get(key)?.as_array()?;
    Some(array.iter().filter_map(Value::as_dictionary).take(limits::LISTED_MAX))
}

/// A dictionary of these entries.
pub(crate) fn dictionary<const N: usize>(entries: [(&str, Value); N]) -> Dictionary {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

pub(crate) fn strings(texts: &[String]) -> Value {
    Value::Array(texts.iter().cloned().map(Value::String).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_dictionary_in_xml_is_refused() {
        for bytes in
            [&b""[..], b"hello", b"bplist00", b"<plist><string>a</string></plist>", b"<plist><dict><key>a</key>"]
        {
            assert!(read(bytes).is_err(), "{bytes:?}");
        }
        assert!(read(b"<?xml version=\"1.0\"?><plist version=\"1.0\"><dict/></plist>").unwrap().is_empty());
    }

    #[test]
    fn a_message_of_a_hundred_thousand_levels_ends_nothing_but_itself() {
        let deep = format!("<plist>{}{}</plist>", "<array>".repeat(100_000), "</array>".repeat(100_000));
        assert_eq!(read(deep.as_bytes()), Err(NotAPlist::TooDeep));
        let hidden = format!("<plist>{}", "<array><!-- </array> --><![CDATA[</array>]]>".repeat(100));
        assert_eq!(read(hidden.as_bytes()), Err(NotAPlist::TooDeep));
        assert_eq!(read(&vec![b' '; limits::MESSAGE_BYTES_MAX + 1]), Err(NotAPlist::TooLarge));
    }
}
