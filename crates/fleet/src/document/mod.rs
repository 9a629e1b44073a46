//! Property lists as they are written: a key that stands twice in a dictionary stands twice here, and what would unfold
//! without end is refused. Devices and strangers send these; [`plist::Value`] keeps only the last of two keys.

mod binary;
mod xml;

use serde_json::Value as Json;

use crate::limits::{CONTENT_BYTES_MAX, DEPTH_MAX, FILE_BYTES_MAX, SHOWN_CHARACTERS_MAX, VALUES_MAX};

/// A value of a property list.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number; wide enough for both signs of 64 bits.
    Integer(i128),
    /// Any other number.
    Real(f64),
    /// A string.
    Text(String),
    /// Bytes.
    Data(Vec<u8>),
    /// A date, as written in XML; a binary one as seconds since 2001.
    Date(String),
    /// Values in order.
    Array(Vec<Node>),
    /// Keys with values in order, doubles and all.
    Dictionary(Vec<(String, Node)>),
    /// What no profile has: a reference of a keyed archive, or JSON's null.
    Other,
}

/// Why a property list was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Longer than [`FILE_BYTES_MAX`].
    #[error("it has {0} bytes, and no more than {FILE_BYTES_MAX} are read")]
    TooLong(usize),
    /// Nested deeper than [`DEPTH_MAX`].
    #[error("it is nested more than {DEPTH_MAX} levels deep")]
    TooDeep,
    /// More values than [`VALUES_MAX`] or more text than [`CONTENT_BYTES_MAX`].
    #[error("it unfolds into more than {VALUES_MAX} values or {CONTENT_BYTES_MAX} bytes")]
    TooMuch,
    /// Nothing, or only white space.
    #[error("it is empty")]
    Empty,
    /// A web page; what a browser saves in place of a profile.
    #[error("it is a web page and no property list")]
    WebPage,
    /// It ends in the middle.
    #[error("it ends in the middle")]
    Truncated,
    /// Not XML, or not the XML of a property list.
    #[error("line {line}: {problem}")]
    Xml {
        /// Counted from one.
        line: usize,
        /// What is wrong there.
        problem: String,
    },
    /// Not the binary form either.
    #[error("it is a binary property list with {0}")]
    Binary(&'static str),
    /// Nothing known.
    #[error("it is no property list")]
    Unknown,
}

/// Reads a property list in XML or in the binary form. Everything above the limits is refused before it is kept.
pub fn read(bytes: &[u8]) -> Result<Node, Unreadable> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(Unreadable::TooLong(bytes.len()));
    }
    if bytes.starts_with(b"bplist") {
        return binary::read(bytes);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii();
    match bytes.first() {
        None => Err(Unreadable::Empty),
        Some(b'<') if web_page(bytes) => Err(Unreadable::WebPage),
        Some(b'<') => xml::read(std::str::from_utf8(bytes).map_err(|_| Unreadable::Unknown)?),
        Some(_) => Err(Unreadable::Unknown),
    }
}

fn web_page(bytes: &[u8]) -> bool {
    [&b"<!doctype html"[..], b"<html"]
        .iter()
        .any(|start| bytes.get(..start.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(start)))
}

impl Node {
    /// The value of a key; the first where it stands twice, `None` where there is none or this is no dictionary.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.members().iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Keys and values; none where this is no dictionary.
    #[must_use]
    pub fn members(&self) -> &[(String, Self)] {
        if let Self::Dictionary(members) = self { members } else { &[] }
    }

    /// What an array holds; nothing where this is none.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        if let Self::Array(items) = self { items } else { &[] }
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// True or false.
    #[must_use]
    pub fn boolean(&self) -> Option<bool> {
        if let Self::Boolean(value) = self { Some(*value) } else { None }
    }

    /// A whole number.
    #[must_use]
    pub fn integer(&self) -> Option<i128> {
        if let Self::Integer(value) = self { Some(*value) } else { None }
    }

    /// The kind of value in the words of Apple's schema.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Boolean(_) => "boolean",
            Self::Integer(_) => "integer",
            Self::Real(_) => "real",
            Self::Text(_) => "string",
            Self::Data(_) => "data",
            Self::Date(_) => "date",
            Self::Array(_) => "array",
            Self::Dictionary(_) => "dictionary",
            Self::Other => "nothing of a property list",
        }
    }
}

/// Declarations are JSON and have the same kinds, without data and dates.
impl From<&Json> for Node {
    fn from(json: &Json) -> Self {
        match json {
            Json::Null => Self::Other,
            Json::Bool(value) => Self::Boolean(*value),
            Json::Number(number) => match number.as_i128() {
                Some(whole) => Self::Integer(whole),
                None => Self::Real(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Self::Text(text.clone()),
            Json::Array(items) => Self::Array(items.iter().map(Self::from).collect()),
            Json::Object(members) => {
                Self::Dictionary(members.iter().map(|(key, value)| (key.clone(), Self::from(value))).collect())
            }
        }
    }
}

/// What may still be read.
struct Allowance {
    values: usize,
    bytes: usize,
}

impl Allowance {
    fn new() -> Self {
        Self { values: VALUES_MAX, bytes: CONTENT_BYTES_MAX }
    }

    /// Takes one value with so many bytes.
    fn take(&mut self, bytes: usize) -> Result<(), Unreadable> {
        self.values = self.values.checked_sub(1).ok_or(Unreadable::TooMuch)?;
        self.bytes = self.bytes.checked_sub(bytes).ok_or(Unreadable::TooMuch)?;
        Ok(())
    }
}

/// One level further down.
fn deeper(depth: usize) -> Result<usize, Unreadable> {
    if depth < DEPTH_MAX { Ok(depth + 1) } else { Err(Unreadable::TooDeep) }
}

/// A stranger's text as it is shown: in one line, not too long, and nothing in it that a terminal obeys or that turns
/// the text around it about.
pub(crate) fn shown(text: &str) -> String {
    let orders = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut shown: String =
        text.chars().take(SHOWN_CHARACTERS_MAX).map(|c| if orders(c) { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(SHOWN_CHARACTERS_MAX).is_some() {
        shown.push('…');
    }
    shown
}
