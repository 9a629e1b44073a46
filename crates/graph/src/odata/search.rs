//! `$search`: `"displayName:ann" OR "mail:x"`, `"ann lee"`, `ann`.

use serde_json::Value;

use crate::error::{GraphError, Result};

/// Alternatives, in each of which every clause must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Search(Vec<Vec<Clause>>);

/// Words looked for in one property, or in all that are searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clause {
    pub(crate) property: Option<String>,
    pub(crate) text: String,
}

/// Where a clause without a property looks.
const SEARCHED: [&str; 9] = [
    "displayName",
    "givenName",
    "surname",
    "nickName",
    "companyName",
    "mail",
    "userPrincipalName",
    "emailAddresses",
    "fileAs",
];

impl Search {
    /// Reads a search. `AND` binds closer than `OR`; both must be in capitals.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let wrong = |reason: &str| GraphError::QueryOption { option: "$search", reason: reason.to_owned() };
        let mut alternatives = vec![Vec::new()];
        let mut rest = text.trim();
        while !rest.is_empty() {
            let (word, after) = match rest.strip_prefix('"') {
                Some(inner) => inner.split_once('"').ok_or_else(|| wrong("a quote does not end"))?,
                None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
            };
            let quoted = rest.starts_with('"');
            rest = after.trim_start();
            match word {
                "OR" if !quoted => alternatives.push(Vec::new()),
                "AND" if !quoted => {}
                _ => {
                    if let Some(last) = alternatives.last_mut() {
                        last.push(Clause::parse(word));
                    }
                }
            }
        }
        if alternatives.iter().any(|clauses| clauses.iter().all(|clause| clause.text.is_empty())) {
            return Err(wrong("it is empty"));
        }
        Ok(Self(alternatives))
    }

    /// What an index should look for: one text for each alternative.
    pub(crate) fn texts(&self) -> Vec<String> {
        let text =
            |clauses: &Vec<Clause>| clauses.iter().map(|clause| clause.text.as_str()).collect::<Vec<_>>().join(" ");
        self.0.iter().map(text).collect()
    }

    /// Whether the resource is one of those asked for.
    pub(crate) fn matches(&self, resource: &Value) -> bool {
        self.0.iter().any(|clauses| clauses.iter().all(|clause| clause.matches(resource)))
    }
}

impl Clause {
    fn parse(word: &str) -> Self {
        let property = word.split_once(':').filter(|(name, _)| name.chars().all(char::is_alphanumeric));
        match property {
            Some((name, text)) => Self { property: Some(name.to_owned()), text: text.trim().to_lowercase() },
            None => Self { property: None, text: word.trim().to_lowercase() },
        }
    }

    /// Every word of the clause begins some word of the properties it looks at.
    fn matches(&self, resource: &Value) -> bool {
        let mut found = String::new();
        match &self.property {
            Some(name) => gather(resource.get(name), &mut found),
            None => SEARCHED.iter().for_each(|name| gather(resource.get(name), &mut found)),
        }
        let words: Vec<String> = words(&found).collect();
        self.text.split_whitespace().flat_map(words_of).all(|wanted| words.iter().any(|word| word.starts_with(&wanted)))
    }
}

/// All texts of a value, however nested.
fn gather(value: Option<&Value>, found: &mut String) {
    match value {
        Some(Value::String(text)) => {
            found.push(' ');
            found.push_str(text);
        }
        Some(Value::Array(elements)) => elements.iter().for_each(|element| gather(Some(element), found)),
        Some(Value::Object(members)) => members.values().for_each(|member| gather(Some(member), found)),
        _ => {}
    }
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

fn words_of(text: &str) -> Vec<String> {
    words(text).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_search_finds_the_beginnings_of_words() {
        let contact = json!({"displayName": "Ann Lee-Berg", "emailAddresses": [{"address": "boss@x.example"}]});
        for (search, expected) in [
            ("\"displayName:ann\"", true),
            ("\"displayName:berg\"", true),
            ("\"displayName:boss\"", false),
            ("boss", true),
            ("\"ann be\"", true),
            ("\"surname:x\" OR \"displayName:lee\"", true),
            ("\"displayName:ann\" AND \"displayName:x\"", false),
            ("boss@x", true),
        ] {
            assert_eq!(Search::parse(search).unwrap().matches(&contact), expected, "{search}");
        }
    }

    #[test]
    fn what_is_no_search_is_refused() {
        for search in ["", "\"\"", "\"ann", "ann OR"] {
            assert!(Search::parse(search).is_err(), "{search}");
        }
    }
}
