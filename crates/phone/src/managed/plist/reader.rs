//! Reading. One `plist` with one value; a key twice, a stray text, an unknown element or entity is an error.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use thiserror::Error;

use super::{Dictionary, Value};
use crate::limits::{PLIST_BYTES_MAX, PLIST_DEPTH};

/// Why bytes are no property list.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlistError {
    /// The binary format.
    #[error("a binary property list, where only XML is spoken")]
    Binary,
    /// Nothing there.
    #[error("no property list at all")]
    Empty,
    /// Longer than anything a device takes.
    #[error("{0} bytes are too many")]
    TooLong(usize),
    /// Nested too deep.
    #[error("nested too deep")]
    TooDeep,
    /// Not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// Not well-formed.
    #[error("not XML: {0}")]
    NotXml(String),
    /// An element in a place where it means nothing.
    #[error("{0:?} has no place here")]
    Element(String),
    /// Text between elements.
    #[error("stray text {0:?}")]
    StrayText(String),
    /// An entity that is not XML's own.
    #[error("unknown entity {0:?}")]
    Entity(String),
    /// A key stands twice in one dictionary.
    #[error("the key {0:?} stands twice")]
    KeyTwice(String),
    /// A key and no value.
    #[error("the key {0:?} has no value")]
    NoValue(String),
    /// A number, date or data that is none.
    #[error("{0:?} is no {1}")]
    Malformed(String, &'static str),
}

/// Reads a property list.
pub fn read(bytes: &[u8]) -> Result<Value, PlistError> {
    if bytes.starts_with(b"bplist") {
        return Err(PlistError::Binary);
    }
    if bytes.len() > PLIST_BYTES_MAX {
        return Err(PlistError::TooLong(bytes.len()));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| PlistError::NotUtf8)?;
    let mut source = Source { reader: Reader::from_str(text.trim_start_matches('\u{feff}')) };
    match source.next()? {
        Token::Open(name) if name == "plist" => {}
        Token::End => return Err(PlistError::Empty),
        token => return Err(token.misplaced()),
    }
    let value = match source.next()? {
        Token::Close => return Err(PlistError::Empty),
        token => source.value(token, 0)?,
    };
    match source.next()? {
        Token::Close => {}
        token => return Err(token.misplaced()),
    }
    match source.next()? {
        Token::End => Ok(value),
        token => Err(token.misplaced()),
    }
}

/// What counts of an XML event.
enum Token {
    Open(String),
    /// `<x/>`
    Hollow(String),
    Close,
    Text(String),
    End,
}

impl Token {
    fn misplaced(self) -> PlistError {
        match self {
            Token::Open(name) | Token::Hollow(name) => PlistError::Element(name),
            Token::Text(text) => PlistError::StrayText(text),
            Token::Close => PlistError::Element("an end tag".to_owned()),
            Token::End => PlistError::NotXml("it ends in the middle".to_owned()),
        }
    }
}

struct Source<'a> {
    reader: Reader<&'a [u8]>,
}

impl Source<'_> {
    /// The next token; white space between elements is none.
    fn next(&mut self) -> Result<Token, PlistError> {
        loop {
            match self.raw()? {
                Token::Text(text) if text.trim().is_empty() => {}
                token => return Ok(token),
            }
        }
    }

    fn raw(&mut self) -> Result<Token, PlistError> {
        let name = |start: &BytesStart<'_>| start.name().into_inner().to_owned();
        loop {
            return Ok(match self.reader.read_event().map_err(|error| PlistError::NotXml(error.to_string()))? {
                Event::Start(start) => Token::Open(name(&start)),
                Event::Empty(start) => Token::Hollow(name(&start)),
                Event::End(_) => Token::Close,
                Event::Text(text) => Token::Text(text.xml10_content().into_owned()),
                Event::CData(text) => Token::Text(text.xml10_content().into_owned()),
                Event::GeneralRef(reference) => {
                    let number = reference.resolve_char_ref().map_err(|error| PlistError::NotXml(error.to_string()))?;
                    let name = reference.xml10_content().into_owned();
                    let known = match name.as_str() {
                        "amp" => Some('&'),
                        "lt" => Some('<'),
                        "gt" => Some('>'),
                        "quot" => Some('"'),
                        "apos" => Some('\''),
                        _ => None,
                    };
                    Token::Text(number.or(known).ok_or(PlistError::Entity(name))?.to_string())
                }
                Event::Eof => Token::End,
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => continue,
            });
        }
    }

    fn value(&mut self, token: Token, depth: usize) -> Result<Value, PlistError> {
        if depth > PLIST_DEPTH {
            return Err(PlistError::TooDeep);
        }
        match token {
            Token::Hollow(name) => match name.as_str() {
                "true" => Ok(Value::Boolean(true)),
                "false" => Ok(Value::Boolean(false)),
                "dict" => Ok(Value::Dictionary(Dictionary::new())),
                "array" => Ok(Value::Array(Vec::new())),
                _ => leaf(&name, String::new()),
            },
            Token::Open(name) => match name.as_str() {
                "dict" => self.dictionary(depth),
                "array" => self.array(depth),
                _ => {
                    let text = self.text(&name)?;
                    leaf(&name, text)
                }
            },
            token => Err(token.misplaced()),
        }
    }

    fn dictionary(&mut self, depth: usize) -> Result<Value, PlistError> {
        let mut inside = Dictionary::new();
        loop {
            let key = match self.next()? {
                Token::Close => return Ok(Value::Dictionary(inside)),
                Token::Open(name) if name == "key" => self.text("key")?,
                token => return Err(token.misplaced()),
            };
            let value = match self.next()? {
                Token::Close => return Err(PlistError::NoValue(key)),
                Token::Open(name) if name == "key" => return Err(PlistError::NoValue(key)),
                token => self.value(token, depth + 1)?,
            };
            if !inside.insert_new(key.clone(), value) {
                return Err(PlistError::KeyTwice(key));
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, PlistError> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                Token::Close => return Ok(Value::Array(items)),
                token => items.push(self.value(token, depth + 1)?),
            }
        }
    }

    /// The text up to the end tag.
    fn text(&mut self, name: &str) -> Result<String, PlistError> {
        let mut all = String::new();
        loop {
            match self.raw()? {
                Token::Text(text) => all.push_str(&text),
                Token::Close => return Ok(all),
                Token::End => return Err(PlistError::NotXml(format!("{name} does not end"))),
                token => return Err(token.misplaced()),
            }
        }
    }
}

fn leaf(name: &str, text: String) -> Result<Value, PlistError> {
    match name {
        "string" => Ok(Value::String(text)),
        "true" if text.trim().is_empty() => Ok(Value::Boolean(true)),
        "false" if text.trim().is_empty() => Ok(Value::Boolean(false)),
        "integer" => text.trim().parse().map(Value::Integer).map_err(|_| PlistError::Malformed(text, "integer")),
        "real" => text.trim().parse().map(Value::Real).map_err(|_| PlistError::Malformed(text, "real")),
        "date" if is_date(text.trim()) => Ok(Value::Date(text.trim().to_owned())),
        "date" => Err(PlistError::Malformed(text, "date")),
        "data" => {
            let packed: String = text.split_ascii_whitespace().collect();
            STANDARD.decode(packed).map(Value::Data).map_err(|_| PlistError::Malformed(text, "data"))
        }
        _ => Err(PlistError::Element(name.to_owned())),
    }
}

/// `2026-01-31T12:00:00Z`
fn is_date(text: &str) -> bool {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00Z";
    text.len() == SHAPE.len()
        && text.bytes().zip(SHAPE).all(|(got, shape)| if *shape == b'0' { got.is_ascii_digit() } else { got == *shape })
}

#[cfg(test)]
mod tests {
    use super::super::write;
    use super::*;

    fn plist(inside: &str) -> String {
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\">{inside}</plist>")
    }

    #[test]
    fn what_is_written_is_read_back() {
        let value = Value::Dictionary(
            Dictionary::new()
                .with("text", "a < b & \"c\" \u{e9}\r\n")
                .with("number", -7)
                .with("yes", true)
                .with("bytes", vec![0_u8, 255, 7])
                .with("list", vec![Value::Real(0.5), Value::Date("2026-01-31T12:00:00Z".to_owned())])
                .with("nothing", Dictionary::new()),
        );
        assert_eq!(read(write(&value).as_bytes()), Ok(value));
    }

    #[test]
    fn entities_and_white_space_inside_data_are_undone() {
        let text =
            plist("<dict><key>a&amp;b</key><string>&#233;&lt;</string><key>d</key><data>\n AAE\n C\n</data></dict>");
        let value = read(text.as_bytes()).unwrap();
        let inside = value.as_dictionary().unwrap();
        assert_eq!(inside.text("a&b"), Some("\u{e9}<"));
        assert_eq!(inside.data("d"), Some(&[0_u8, 1, 2][..]));
    }

    #[test]
    fn a_key_that_stands_twice_a_stray_word_and_an_unknown_element_are_refused() {
        let twice = plist("<dict><key>a</key><true/><key>a</key><false/></dict>");
        assert_eq!(read(twice.as_bytes()), Err(PlistError::KeyTwice("a".to_owned())));
        assert!(matches!(read(plist("<dict>a</dict>").as_bytes()), Err(PlistError::StrayText(_))));
        assert!(matches!(read(plist("<dict><key>a</key><b/></dict>").as_bytes()), Err(PlistError::Element(_))));
        assert!(matches!(read(plist("<dict><key>a</key></dict>").as_bytes()), Err(PlistError::NoValue(_))));
        assert!(matches!(read(plist("<true/><true/>").as_bytes()), Err(PlistError::Element(_))));
        assert!(matches!(read(plist("<string>&x;</string>").as_bytes()), Err(PlistError::Entity(_))));
        assert!(matches!(read(b"<html></html>"), Err(PlistError::Element(_))));
    }

    #[test]
    fn a_binary_list_nothing_a_deep_one_and_an_endless_one_are_refused_by_name() {
        assert_eq!(read(b"bplist00abc"), Err(PlistError::Binary));
        assert_eq!(read(b""), Err(PlistError::Empty));
        let deep = format!("{}{}", "<array>".repeat(500), "</array>".repeat(500));
        assert_eq!(read(plist(&deep).as_bytes()), Err(PlistError::TooDeep));
        assert!(matches!(read(&vec![b' '; PLIST_BYTES_MAX + 1]), Err(PlistError::TooLong(_))));
        assert!(read(b"<plist><dict><key>a</key>").is_err());
    }
}
