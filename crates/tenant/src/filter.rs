//! Rules of device filters, in Conditional Access and on Intune assignments:
//! `device.isCompliant -ne True -and (device.operatingSystemVersion -ge "13.0")`.

use access::version::Version;

use crate::{
    limits::{FILTER_DEPTH_MAX, FILTER_RULE_BYTES_MAX},
    reach::Reach,
};

/// What is known of a property of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Property {
    /// Its value.
    Is(String),
    /// The device has none: Entra does not know the device. Negative comparisons are true for it.
    Absent,
    /// The export does not tell.
    Unknown,
}

/// A rule that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule(Expression);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Expression {
    Any(Vec<Expression>),
    All(Vec<Expression>),
    Not(Box<Expression>),
    Compare { property: String, operator: Operator, values: Vec<String> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Contains,
    StartsWith,
    EndsWith,
}

impl Rule {
    /// Reads a rule; `None` when it has anything that is not understood.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > FILTER_RULE_BYTES_MAX {
            return None;
        }
        let mut words = Words { words: split(text)?, at: 0 };
        let expression = any(&mut words, 0)?;
        words.peek().is_none().then_some(Self(expression))
    }

    /// Whether a device answers to the rule. Properties come in lower case, without `device.`.
    #[must_use]
    pub fn answers(&self, property: &dyn Fn(&str) -> Property) -> Reach {
        self.0.answers(property)
    }
}

impl Expression {
    fn answers(&self, property: &dyn Fn(&str) -> Property) -> Reach {
        match self {
            Self::Any(parts) => parts.iter().fold(Reach::No, |reach, part| reach.or(part.answers(property))),
            Self::All(parts) => parts.iter().fold(Reach::Does, |reach, part| reach.and(part.answers(property))),
            Self::Not(part) => !part.answers(property),
            Self::Compare { property: name, operator, values } => match property(name) {
                Property::Unknown => Reach::May,
                Property::Absent => Reach::No,
                Property::Is(value) => values.iter().any(|wanted| operator.holds(&value, wanted)).into(),
            },
        }
    }
}

impl Operator {
    fn holds(self, value: &str, wanted: &str) -> bool {
        let (value, wanted) = (value.to_lowercase(), wanted.to_lowercase());
        let order = match (Version::parse(&value), Version::parse(&wanted)) {
            (Some(value), Some(wanted)) => value.cmp(&wanted),
            _ => value.cmp(&wanted),
        };
        match self {
            Self::Equal => order.is_eq(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Contains => value.contains(&wanted),
            Self::StartsWith => value.starts_with(&wanted),
            Self::EndsWith => value.ends_with(&wanted),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    Open,
    Close,
    ListOpen,
    ListClose,
    Comma,
    Plain(String),
    Quoted(String),
}

fn split(text: &str) -> Option<Vec<Word>> {
    let mut words = Vec::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        words.push(match character {
            _ if character.is_whitespace() => continue,
            '(' => Word::Open,
            ')' => Word::Close,
            '[' => Word::ListOpen,
            ']' => Word::ListClose,
            ',' => Word::Comma,
            '"' | '\'' => {
                let mut quoted = String::new();
                loop {
                    match characters.next()? {
                        end if end == character => break,
                        '\\' => quoted.push(characters.next()?),
                        other => quoted.push(other),
                    }
                }
                Word::Quoted(quoted)
            }
            _ => {
                let mut plain = String::from(character);
                while let Some(next) = characters.next_if(|next| !next.is_whitespace() && !"()[],\"'".contains(*next)) {
                    plain.push(next);
                }
                Word::Plain(plain)
            }
        });
    }
    Some(words)
}

struct Words {
    words: Vec<Word>,
    at: usize,
}

impl Words {
    fn peek(&self) -> Option<&Word> {
        self.words.get(self.at)
    }

    fn next(&mut self) -> Option<Word> {
        let word = self.words.get(self.at)?.clone();
        self.at += 1;
        Some(word)
    }

    /// Takes a word such as `and`, also written `-and`.
    fn take(&mut self, wanted: &str) -> bool {
        let found = matches!(self.peek(), Some(Word::Plain(word)) if operator_name(word) == wanted);
        self.at += usize::from(found);
        found
    }
}

fn operator_name(word: &str) -> String {
    word.trim_start_matches('-').to_ascii_lowercase()
}

fn any(words: &mut Words, depth: usize) -> Option<Expression> {
    let mut parts = vec![all(words, depth)?];
    while words.take("or") {
        parts.push(all(words, depth)?);
    }
    Some(Expression::Any(parts))
}

fn all(words: &mut Words, depth: usize) -> Option<Expression> {
    let mut parts = vec![one(words, depth)?];
    while words.take("and") {
        parts.push(one(words, depth)?);
    }
    Some(Expression::All(parts))
}

fn one(words: &mut Words, depth: usize) -> Option<Expression> {
    if depth > FILTER_DEPTH_MAX {
        return None;
    }
    if words.take("not") {
        return one(words, depth + 1).map(|part| Expression::Not(Box::new(part)));
    }
    match words.next()? {
        Word::Open => {
            let inner = any(words, depth + 1)?;
            (words.next()? == Word::Close).then_some(inner)
        }
        Word::Plain(name) => compare(&name, words),
        _ => None,
    }
}

fn compare(name: &str, words: &mut Words) -> Option<Expression> {
    let name = name.to_ascii_lowercase();
    let property = name.strip_prefix("device.").unwrap_or(&name).to_owned();
    let Word::Plain(operator) = words.next()? else { return None };
    let operator = operator_name(&operator);
    let (positive, negated) = match operator.strip_prefix("not") {
        Some(rest) => (rest, true),
        None if operator == "ne" => ("eq", true),
        None => (operator.as_str(), false),
    };
    let operator = match positive {
        "eq" | "equals" | "in" => Operator::Equal,
        "gt" => Operator::Greater,
        "ge" => Operator::GreaterOrEqual,
        "lt" => Operator::Less,
        "le" => Operator::LessOrEqual,
        "contains" => Operator::Contains,
        "startswith" => Operator::StartsWith,
        "endswith" => Operator::EndsWith,
        _ => return None,
    };
    let compare = Expression::Compare { property, operator, values: values(words)? };
    Some(if negated { Expression::Not(Box::new(compare)) } else { compare })
}

fn values(words: &mut Words) -> Option<Vec<String>> {
    match words.next()? {
        Word::Quoted(value) | Word::Plain(value) => Some(vec![value]),
        Word::ListOpen => {
            let mut values = Vec::new();
            loop {
                match words.next()? {
                    Word::Quoted(value) | Word::Plain(value) => values.push(value),
                    Word::Comma => {}
                    Word::ListClose => return Some(values),
                    _ => return None,
                }
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iphone(name: &str) -> Property {
        match name {
            "iscompliant" => Property::Is("True".into()),
            "operatingsystem" => Property::Is("iOS".into()),
            "operatingsystemversion" => Property::Is("17.10".into()),
            "model" => Property::Absent,
            _ => Property::Unknown,
        }
    }

    #[test]
    fn rules_as_portals_write_them_are_judged() {
        for (rule, wanted) in [
            ("device.isCompliant -eq True", Reach::Does),
            ("device.isCompliant -ne True", Reach::No),
            ("(device.operatingSystem -eq \"iOS\") -and (device.operatingSystemVersion -ge \"17.2\")", Reach::Does),
            ("(device.operatingSystem -in [\"Android\", \"iOS\"])", Reach::Does),
            ("(device.operatingSystem -notIn [\"Android\", \"iOS\"])", Reach::No),
            ("not (device.operatingSystemVersion -startsWith \"12\")", Reach::Does),
            ("device.model -ne \"iPad\"", Reach::Does),
            ("device.model -eq \"iPad\"", Reach::No),
            ("device.deviceOwnership -eq \"Company\"", Reach::May),
            ("device.deviceOwnership -eq \"Company\" -or device.isCompliant -eq True", Reach::Does),
            ("device.deviceOwnership -eq \"Company\" and device.isCompliant -ne True", Reach::No),
        ] {
            assert_eq!(Rule::parse(rule).unwrap().answers(&iphone), wanted, "{rule}");
        }
    }

    #[test]
    fn what_is_not_understood_is_no_rule() {
        for rule in ["", "device.x", "device.x -like \"a\"", "(device.x -eq 1", "device.x -eq \"a", "device.x -eq 1 2"]
        {
            assert_eq!(Rule::parse(rule), None, "{rule}");
        }
        assert_eq!(Rule::parse(&"(".repeat(10_000)), None);
        assert_eq!(Rule::parse(&"not ".repeat(2_000)), None);
    }
}
