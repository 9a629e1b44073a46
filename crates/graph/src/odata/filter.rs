//! `$filter`: parsed once, then asked about each resource. Texts compare without regard to case, as in Exchange.

use std::cmp::Ordering;

use serde_json::Value;

use super::lexer::{Word, words};
use crate::{
    error::{GraphError, Result},
    limits::{FILTER_DEPTH_MAX, FILTER_TERMS_MAX},
};

/// An expression that is true or false of a resource.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Filter {
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
    Not(Box<Filter>),
    Compare(Path, Comparison, Literal),
    Test(Path, Test, String),
    /// `emailAddresses/any(a:a/address eq 'x')`; within, paths that begin with the variable speak of the element.
    Any(Path, String, Box<Filter>),
}

/// A property, from the resource or from a lambda's variable.
pub(crate) type Path = Vec<String>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Test {
    StartsWith,
    EndsWith,
    Contains,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    Text(String),
    Number(f64),
    /// Microseconds since 1970.
    Time(i64),
    Boolean(bool),
    Null,
}

impl Filter {
    /// Reads an expression.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let wrong = |reason: &str| GraphError::QueryOption { option: "$filter", reason: reason.to_owned() };
        let words = words(text).ok_or_else(|| wrong("a text without end or a character without meaning"))?;
        let mut parser = Parser { words: words.into_iter().peekable(), terms: 0 };
        let filter = parser.or(FILTER_DEPTH_MAX).map_err(|reason| wrong(&reason))?;
        match parser.words.next() {
            None => Ok(filter),
            Some(word) => Err(wrong(&format!("unexpected {word:?}"))),
        }
    }

    /// Whether the resource is one of those asked for.
    pub(crate) fn matches(&self, resource: &Value) -> bool {
        self.holds(resource, &mut Vec::new())
    }

    fn holds<'a>(&'a self, resource: &'a Value, variables: &mut Vec<(&'a str, &'a Value)>) -> bool {
        match self {
            Self::And(a, b) => a.holds(resource, variables) && b.holds(resource, variables),
            Self::Or(a, b) => a.holds(resource, variables) || b.holds(resource, variables),
            Self::Not(a) => !a.holds(resource, variables),
            Self::Compare(path, comparison, literal) => comparison.holds(value_at(path, resource, variables), literal),
            Self::Test(path, test, wanted) => value_at(path, resource, variables)
                .and_then(Value::as_str)
                .is_some_and(|value| test.holds(value, wanted)),
            Self::Any(path, variable, inner) => {
                let elements = value_at(path, resource, variables).and_then(Value::as_array);
                elements.is_some_and(|elements| {
                    elements.iter().any(|element| {
                        variables.push((variable, element));
                        let holds = inner.holds(resource, variables);
                        variables.pop();
                        holds
                    })
                })
            }
        }
    }

    /// Texts of which every match has one in some property, as the beginning or the whole; `None` when the expression
    /// does not say. An index can look for them.
    pub(crate) fn beginnings(&self) -> Option<Vec<&str>> {
        match self {
            Self::Compare(_, Comparison::Eq, Literal::Text(text)) | Self::Test(_, Test::StartsWith, text) => {
                Some(vec![text])
            }
            Self::And(a, b) => a.beginnings().or_else(|| b.beginnings()),
            Self::Or(a, b) => {
                let (mut found, more) = (a.beginnings()?, b.beginnings()?);
                found.extend(more);
                Some(found)
            }
            Self::Any(_, _, inner) => inner.beginnings(),
            Self::Not(_) | Self::Compare(..) | Self::Test(..) => None,
        }
    }

    /// The texts of `id eq 'x' or id eq 'y'`; `None` for any other expression.
    pub(crate) fn ids(&self) -> Option<Vec<&str>> {
        match self {
            Self::Compare(path, Comparison::Eq, Literal::Text(text)) if path == &["id"] => Some(vec![text]),
            Self::Or(a, b) => Some([a.ids()?, b.ids()?].concat()),
            _ => None,
        }
    }
}

fn value_at<'a>(path: &[String], resource: &'a Value, variables: &[(&str, &'a Value)]) -> Option<&'a Value> {
    let (first, members) = path.split_first()?;
    let variable = variables.iter().rev().find(|(name, _)| name == first);
    let (start, members) = variable.map_or((resource, path), |(_, element)| (*element, members));
    members.iter().try_fold(start, |value, member| value.get(member))
}

impl Comparison {
    fn named(name: &str) -> Option<Self> {
        match name {
            "eq" => Some(Self::Eq),
            "ne" => Some(Self::Ne),
            "lt" => Some(Self::Lt),
            "le" => Some(Self::Le),
            "gt" => Some(Self::Gt),
            "ge" => Some(Self::Ge),
            _ => None,
        }
    }

    fn holds(self, value: Option<&Value>, literal: &Literal) -> bool {
        let ordering = match (value.unwrap_or(&Value::Null), literal) {
            (Value::Null, Literal::Null) => Some(Ordering::Equal),
            (Value::String(value), Literal::Text(text)) => Some(value.to_lowercase().cmp(&text.to_lowercase())),
            (Value::String(value), Literal::Time(time)) => microseconds(value).map(|value| value.cmp(time)),
            (Value::Number(value), Literal::Number(number)) => {
                value.as_f64().and_then(|value| value.partial_cmp(number))
            }
            (Value::Bool(value), Literal::Boolean(boolean)) => Some(value.cmp(boolean)),
            _ => None,
        };
        match (self, ordering) {
            (Self::Eq, found) => found == Some(Ordering::Equal),
            (Self::Ne, found) => found != Some(Ordering::Equal),
            (Self::Lt, found) => found == Some(Ordering::Less),
            (Self::Le, found) => matches!(found, Some(Ordering::Less | Ordering::Equal)),
            (Self::Gt, found) => found == Some(Ordering::Greater),
            (Self::Ge, found) => matches!(found, Some(Ordering::Greater | Ordering::Equal)),
        }
    }
}

impl Test {
    fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "startswith" => Some(Self::StartsWith),
            "endswith" => Some(Self::EndsWith),
            "contains" => Some(Self::Contains),
            _ => None,
        }
    }

    fn holds(self, value: &str, text: &str) -> bool {
        let (value, text) = (value.to_lowercase(), text.to_lowercase());
        match self {
            Self::StartsWith => value.starts_with(&text),
            Self::EndsWith => value.ends_with(&text),
            Self::Contains => value.contains(&text),
        }
    }
}

/// A point in time in microseconds since 1970; `None` for other texts.
fn microseconds(text: &str) -> Option<i64> {
    let timestamp = text.parse::<jiff::Timestamp>().ok();
    let midnight = || text.parse::<jiff::civil::Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    timestamp.or_else(|| Some(midnight()?.timestamp())).map(jiff::Timestamp::as_microsecond)
}

struct Parser {
    words: std::iter::Peekable<std::vec::IntoIter<Word>>,
    terms: usize,
}

type Parsed<T> = std::result::Result<T, String>;

impl Parser {
    fn or(&mut self, depth: usize) -> Parsed<Filter> {
        let mut left = self.and(depth)?;
        while self.take_name("or") {
            left = Filter::Or(Box::new(left), Box::new(self.and(depth)?));
        }
        Ok(left)
    }

    fn and(&mut self, depth: usize) -> Parsed<Filter> {
        let mut left = self.term(depth)?;
        while self.take_name("and") {
            left = Filter::And(Box::new(left), Box::new(self.term(depth)?));
        }
        Ok(left)
    }

    fn term(&mut self, depth: usize) -> Parsed<Filter> {
        let depth = depth.checked_sub(1).ok_or("it is nested too deeply")?;
        self.terms += 1;
        if self.terms > FILTER_TERMS_MAX {
            return Err("it has too many terms".to_owned());
        }
        match self.words.next() {
            Some(Word::Open) => {
                let inner = self.or(depth)?;
                self.expect(&Word::Close)?;
                Ok(inner)
            }
            Some(Word::Name(name)) if name == "not" => Ok(Filter::Not(Box::new(self.term(depth)?))),
            Some(Word::Name(name)) => self.named(&name, depth),
            other => Err(unexpected(other.as_ref())),
        }
    }

    fn named(&mut self, name: &str, depth: usize) -> Parsed<Filter> {
        if self.words.peek() != Some(&Word::Open) {
            return self.comparison(path(name));
        }
        self.expect(&Word::Open)?;
        if let Some(test) = Test::named(name) {
            let property = self.name()?;
            self.expect(&Word::Comma)?;
            let Some(Word::Text(text)) = self.words.next() else { return Err(format!("{name} wants a text")) };
            self.expect(&Word::Close)?;
            return Ok(Filter::Test(path(&property), test, text));
        }
        let Some(collection) = name.strip_suffix("/any") else { return Err(format!("{name} is not known")) };
        let variable = self.name()?;
        self.expect(&Word::Colon)?;
        let inner = self.or(depth)?;
        self.expect(&Word::Close)?;
        Ok(Filter::Any(path(collection), variable, Box::new(inner)))
    }

    fn comparison(&mut self, path: Path) -> Parsed<Filter> {
        let operator = self.name()?;
        if operator == "in" {
            return self.membership(&path);
        }
        let comparison = Comparison::named(&operator).ok_or_else(|| format!("{operator} is no operator"))?;
        Ok(Filter::Compare(path, comparison, self.literal()?))
    }

    /// `mail in ('a', 'b')`
    fn membership(&mut self, path: &Path) -> Parsed<Filter> {
        self.expect(&Word::Open)?;
        let mut found = Filter::Compare(path.clone(), Comparison::Eq, self.literal()?);
        while self.words.next_if_eq(&Word::Comma).is_some() {
            self.terms += 1;
            if self.terms > FILTER_TERMS_MAX {
                return Err("it has too many terms".to_owned());
            }
            let other = Filter::Compare(path.clone(), Comparison::Eq, self.literal()?);
            found = Filter::Or(Box::new(found), Box::new(other));
        }
        self.expect(&Word::Close)?;
        Ok(found)
    }

    fn literal(&mut self) -> Parsed<Literal> {
        match self.words.next() {
            Some(Word::Text(text)) => Ok(Literal::Text(text)),
            Some(Word::Number(text)) => {
                let number = text.parse().ok().filter(|number: &f64| number.is_finite()).map(Literal::Number);
                let literal = number.or_else(|| microseconds(&text).map(Literal::Time));
                literal.ok_or_else(|| format!("{text} is neither a number nor a time"))
            }
            Some(Word::Name(name)) => match name.as_str() {
                "null" => Ok(Literal::Null),
                "true" => Ok(Literal::Boolean(true)),
                "false" => Ok(Literal::Boolean(false)),
                _ => Err(format!("{name} is no value")),
            },
            other => Err(unexpected(other.as_ref())),
        }
    }

    fn name(&mut self) -> Parsed<String> {
        match self.words.next() {
            Some(Word::Name(name)) => Ok(name),
            other => Err(unexpected(other.as_ref())),
        }
    }

    fn take_name(&mut self, name: &str) -> bool {
        self.words.next_if(|word| matches!(word, Word::Name(found) if found == name)).is_some()
    }

    fn expect(&mut self, word: &Word) -> Parsed<()> {
        match self.words.next() {
            Some(found) if found == *word => Ok(()),
            other => Err(unexpected(other.as_ref())),
        }
    }
}

fn path(name: &str) -> Path {
    name.split('/').map(str::to_owned).collect()
}

fn unexpected(word: Option<&Word>) -> String {
    word.map_or_else(|| "it ends too early".to_owned(), |word| format!("unexpected {word:?}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn holds(filter: &str) -> bool {
        let contact = json!({
            "displayName": "Ann O'Lee", "surname": null, "companyName": "Ørsted",
            "emailAddresses": [{"address": "ann@x.example"}, {"address": "Lee@Y.example"}],
            "categories": ["Golf"], "lastModifiedDateTime": "2026-05-04T10:00:00Z", "number": 3, "flag": true,
        });
        Filter::parse(filter).unwrap_or_else(|error| panic!("{filter}: {error}")).matches(&contact)
    }

    #[test]
    fn the_filters_that_real_clients_send_mean_what_they_say() {
        for (filter, expected) in [
            ("emailAddresses/any(a:a/address eq 'lee@y.example')", true),
            ("emailAddresses/any(a:a/address eq 'other@y.example')", false),
            ("displayName eq 'ann o''lee'", true),
            ("startswith(displayName,'Ann')", true),
            ("startsWith(displayName, 'Lee')", false),
            ("contains(displayName,'lee') and companyName eq 'ørsted'", true),
            ("surname eq null", true),
            ("not (surname ne null) and endswith(companyName,'sted')", true),
            ("lastModifiedDateTime ge 2026-05-04T10:00:00Z", true),
            ("lastModifiedDateTime gt 2026-05-04T10:00:00Z", false),
            ("lastModifiedDateTime le 2026-05-04T11:30:00+02:00", false),
            ("lastModifiedDateTime gt 2026-05-04", true),
            ("categories/any(c:c eq 'golf')", true),
            ("displayName in ('x', 'Ann O''Lee')", true),
            ("number gt 2.5 and flag eq true", true),
            ("companyName eq 'a' or companyName eq 'b' and flag eq true", false),
        ] {
            assert_eq!(holds(filter), expected, "{filter}");
        }
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        let deep = format!("{}a eq 1{}", "(".repeat(40), ")".repeat(40));
        let long = vec!["a eq 1"; 100].join(" or ");
        let nots = "not ".repeat(50_000);
        for filter in [
            "",
            "a",
            "a eq",
            "a like 'b'",
            "a eq 'b",
            "a eq b",
            "f(a,'b')",
            "a eq 1 b",
            "a in ()",
            "€",
            &deep,
            &long,
            &nots,
        ] {
            assert!(matches!(Filter::parse(filter), Err(GraphError::QueryOption { .. })), "{filter}");
        }
    }

    #[test]
    fn an_index_learns_what_to_look_for() {
        let beginnings = |filter: &str| {
            let filter = Filter::parse(filter).unwrap();
            filter.beginnings().map(|found| found.into_iter().map(str::to_owned).collect::<Vec<_>>())
        };
        assert_eq!(beginnings("startswith(a,'x') or mail eq 'y'").unwrap(), ["x", "y"]);
        assert_eq!(beginnings("flag eq true and startswith(a,'x')").unwrap(), ["x"]);
        assert_eq!(beginnings("startswith(a,'x') or flag eq true"), None);
    }
}
