//! JSON as exports have it: any case of property names, truth and numbers as text, a list or the one thing it holds.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// An object whose properties are found whatever their case.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Object<'a>(&'a Map<String, Value>);

impl<'a> Object<'a> {
    /// `None` for anything but an object.
    pub(crate) fn of(value: &'a Value) -> Option<Self> {
        value.as_object().map(Self)
    }

    /// A property that is there and not null; one written exactly so goes before one that differs in case.
    pub(crate) fn get(self, name: &str) -> Option<&'a Value> {
        let exact = self.0.get(name);
        let found = exact.or_else(|| self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, it)| it));
        found.filter(|value| !value.is_null())
    }

    /// Whether a property is there, be it null.
    pub(crate) fn names(self, name: &str) -> bool {
        self.0.keys().any(|key| key.eq_ignore_ascii_case(name))
    }

    /// Whether one of several properties is there.
    pub(crate) fn names_any(self, names: &[&str]) -> bool {
        names.iter().any(|name| self.names(name))
    }

    /// Text that is not empty; numbers and truth as text.
    pub(crate) fn text(self, name: &str) -> Option<String> {
        self.get(name).and_then(text)
    }

    /// The first of several properties that has text.
    pub(crate) fn first_text(self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.text(name))
    }

    /// Truth, also as text or as a number.
    pub(crate) fn flag(self, name: &str) -> Option<bool> {
        self.get(name).and_then(flag)
    }

    /// A whole number, also as text.
    pub(crate) fn number(self, name: &str) -> Option<i64> {
        let value = self.get(name)?;
        value.as_i64().or_else(|| text(value)?.parse().ok())
    }

    /// The items of a list; one thing that is no list is a list of one.
    pub(crate) fn list(self, name: &str) -> Vec<&'a Value> {
        self.get(name).map(items).unwrap_or_default()
    }

    /// The objects of a list.
    pub(crate) fn objects(self, name: &str) -> Vec<Self> {
        self.list(name).into_iter().filter_map(Self::of).collect()
    }

    /// One object.
    pub(crate) fn object(self, name: &str) -> Option<Self> {
        self.get(name).and_then(Self::of)
    }

    /// The texts of a list, or the words of one text that separates them with commas.
    pub(crate) fn texts(self, name: &str) -> Vec<String> {
        self.list(name)
            .into_iter()
            .filter_map(text)
            .flat_map(|text| text.split([',', ';']).map(|word| word.trim().to_owned()).collect::<Vec<_>>())
            .filter(|word| !word.is_empty())
            .collect()
    }

    /// The same in lower case and without an order: flags of an enumeration.
    pub(crate) fn words(self, name: &str) -> BTreeSet<String> {
        self.texts(name).iter().map(|word| word.to_ascii_lowercase()).collect()
    }
}

/// The items of a list; `{ "value": [...] }` is its list, one thing that is no list is a list of one.
pub(crate) fn items(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().collect(),
        Value::Object(members) => match members.get("value") {
            Some(Value::Array(items)) => items.iter().collect(),
            _ => vec![value],
        },
        _ => vec![value],
    }
}

pub(crate) fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

pub(crate) fn flag(value: &Value) -> Option<bool> {
    let text = text(value)?;
    let word = text.trim_start_matches('$').to_ascii_lowercase();
    match word.as_str() {
        "true" | "1" | "yes" => Some(true),
        "false" | "0" | "no" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn truth_comes_as_truth_text_or_number_and_nonsense_is_none() {
        for (value, wanted) in [
            (json!(true), Some(true)),
            (json!("False"), Some(false)),
            (json!(" TRUE "), Some(true)),
            (json!("$false"), Some(false)),
            (json!(0), Some(false)),
            (json!("maybe"), None),
            (json!([]), None),
        ] {
            assert_eq!(flag(&value), wanted, "{value}");
        }
    }

    #[test]
    fn flags_come_in_any_order_with_blanks_or_as_a_list() {
        for services in [json!("contacts, calendars"), json!("Calendars,Contacts"), json!(["contacts", "calendars"])] {
            let object = json!({ "EASServices": services });
            let words = Object::of(&object).unwrap().words("easServices");
            assert_eq!(words.into_iter().collect::<Vec<_>>(), ["calendars", "contacts"]);
        }
    }

    #[test]
    fn a_list_of_one_may_have_lost_its_brackets() {
        let object = json!({ "one": "a", "many": ["a", "b"], "wrapped": { "value": ["a"] }, "none": null });
        let object = Object::of(&object).unwrap();
        assert_eq!(object.list("one").len(), 1);
        assert_eq!(object.list("many").len(), 2);
        assert_eq!(object.list("wrapped").len(), 1);
        assert!(object.list("none").is_empty());
    }
}
