//! Property lists in XML, read as strictly as a device reads them. Binary ones are refused: no management message is one.

mod reader;
mod writer;

use std::collections::BTreeMap;

pub use reader::{PlistError, read};
pub use writer::write;

/// A value of a property list.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `dict`
    Dictionary(Dictionary),
    /// `array`
    Array(Vec<Value>),
    /// `string`
    String(String),
    /// `integer`
    Integer(i64),
    /// `real`
    Real(f64),
    /// `true` or `false`
    Boolean(bool),
    /// `data`
    Data(Vec<u8>),
    /// `date`, as written: `2026-01-31T12:00:00Z`
    Date(String),
}

/// A `dict`. Its getters answer `None` for a missing key and for a value of another type alike.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dictionary(BTreeMap<String, Value>);

impl Value {
    /// The dictionary, if it is one.
    pub fn as_dictionary(&self) -> Option<&Dictionary> {
        if let Value::Dictionary(inside) = self { Some(inside) } else { None }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        if let Value::String(text) = self { Some(text) } else { None }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::String(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Boolean(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::Integer(value)
    }
}

impl From<Dictionary> for Value {
    fn from(inside: Dictionary) -> Self {
        Value::Dictionary(inside)
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Value::Array(items)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Value::Data(bytes)
    }
}

impl Dictionary {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with one more entry.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.set(key, value);
        self
    }

    /// Sets an entry.
    pub fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.0.insert(key.to_owned(), value.into());
    }

    /// Sets an entry; `false` if the key was there already.
    fn insert_new(&mut self, key: String, value: Value) -> bool {
        self.0.insert(key, value).is_none()
    }

    /// Any value.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// Whether the key is there, with whatever value.
    pub fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// A text.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Value::as_text)
    }

    /// A boolean.
    pub fn boolean(&self, key: &str) -> Option<bool> {
        if let Some(Value::Boolean(value)) = self.get(key) { Some(*value) } else { None }
    }

    /// An integer.
    pub fn integer(&self, key: &str) -> Option<i64> {
        if let Some(Value::Integer(value)) = self.get(key) { Some(*value) } else { None }
    }

    /// An array.
    pub fn array(&self, key: &str) -> Option<&[Value]> {
        if let Some(Value::Array(items)) = self.get(key) { Some(items) } else { None }
    }

    /// A dictionary.
    pub fn dictionary(&self, key: &str) -> Option<&Dictionary> {
        self.get(key).and_then(Value::as_dictionary)
    }

    /// Bytes.
    pub fn data(&self, key: &str) -> Option<&[u8]> {
        if let Some(Value::Data(bytes)) = self.get(key) { Some(bytes) } else { None }
    }

    /// The texts of an array of texts; other items are left out.
    pub fn texts(&self, key: &str) -> Vec<String> {
        let items = self.array(key).unwrap_or_default().iter();
        items.filter_map(Value::as_text).map(str::to_owned).collect()
    }

    /// All entries in the order of their keys.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }
}
