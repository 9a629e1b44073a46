//! The policy file: TOML that says, for every line it does not understand, what to do about it.

use std::{collections::HashMap, ops::Range};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::{
    condition::Condition,
    facts::SignIn,
    glob::Glob,
    limits::{FILE_BYTES_MAX, RULES_MAX, TEXT_BYTES_MAX, VALUES_MAX},
    network::Network,
    os::OsRange,
    policy::{Kind, Policy, Rule, SecondAccount, Unknown, Verdict},
};

/// A policy file with everything explained and nothing decided.
pub const TEMPLATE: &str = include_str!("template.toml");

/// Why a policy file cannot be used: where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct PolicyError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong, and what to write instead.
    pub problem: String,
}

/// A problem, and the bytes it is about.
struct Problem {
    at: Range<usize>,
    text: String,
}

type Result<T> = std::result::Result<T, Problem>;
type Value<'a> = Spanned<DeValue<'a>>;

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// The first line that cannot be understood. Nothing is guessed at: a misspelt condition must not let anybody in.
    pub fn parse(text: &str) -> std::result::Result<Self, PolicyError> {
        if text.len() > FILE_BYTES_MAX {
            let problem = format!("the file has more than {FILE_BYTES_MAX} bytes; is it a policy?");
            return Err(PolicyError { line: 1, problem });
        }
        read(text).map_err(|problem| {
            let before = text.get(..problem.at.start).unwrap_or(text);
            PolicyError { line: before.matches('\n').count() + 1, problem: problem.text }
        })
    }
}

fn read(text: &str) -> Result<Policy> {
    let document = DeTable::parse(text).map_err(|error| Problem {
        at: error.span().unwrap_or_default(),
        text: format!("this is no TOML: {}", error.message().trim().replace('\n', ", ")),
    })?;
    let mut policy = Policy::default();
    let mut names: HashMap<String, Kind> = HashMap::new();
    for (key, value) in document.get_ref() {
        match key.get_ref().as_ref() {
            "default" => policy.default = word(value, "default", Verdict::named, "allow, quarantine or block")?,
            "second_account" => {
                let read = |word: &str| match word {
                    "refuse" => Some(SecondAccount::Refuse),
                    "allow" => Some(SecondAccount::Allow),
                    _ => None,
                };
                policy.second_account = word(value, "second_account", read, "refuse or allow")?;
            }
            "block" => policy.block = rules(value, Kind::Block, &mut names)?,
            "quarantine" => policy.quarantine = rules(value, Kind::Quarantine, &mut names)?,
            "allow" => policy.allow = rules(value, Kind::Allow, &mut names)?,
            other => {
                return Err(Problem {
                    at: key.span(),
                    text: format!(
                        "{other:?} is nothing a policy has; it has default, second_account, [[block]], [[quarantine]] \
                         and [[allow]]"
                    ),
                });
            }
        }
    }
    Ok(policy)
}

fn rules(value: &Value<'_>, kind: Kind, names: &mut HashMap<String, Kind>) -> Result<Vec<Rule>> {
    let word = kind.verdict().name();
    let Some(array) = value.get_ref().as_array() else {
        return Err(problem(value, format!("write each rule as [[{word}]], with two brackets on each side")));
    };
    let mut rules = Vec::new();
    for entry in array {
        let Some(table) = entry.get_ref().as_table() else {
            return Err(problem(entry, format!("write each rule as [[{word}]] with its keys below")));
        };
        let rule = rule(table, kind, &entry.span())?;
        if names.insert(rule.name.clone(), kind).is_some() {
            return Err(problem(
                entry,
                format!("two rules are named {:?}; decisions name rules, so rename one", rule.name),
            ));
        }
        if names.len() > RULES_MAX {
            return Err(problem(entry, format!("more than {RULES_MAX} rules; join some: a condition takes a list")));
        }
        rules.push(rule);
    }
    Ok(rules)
}

fn rule(table: &DeTable<'_>, kind: Kind, at: &Range<usize>) -> Result<Rule> {
    let mut name = None;
    let mut rule = Rule { name: String::new(), conditions: Vec::new(), except: Vec::new(), unknown: kind.unknown() };
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "name" => name = Some(text(value, "name")?.trim().to_owned()),
            "unknown" => {
                if kind == Kind::Allow {
                    let why = "leave unknown out: a fact that nobody knows never satisfies an allow rule";
                    return Err(problem(value, why.to_owned()));
                }
                let read = |word: &str| match word {
                    "matches" => Some(Unknown::Matches),
                    "fails" => Some(Unknown::Fails),
                    _ => None,
                };
                rule.unknown = word(value, "unknown", read, "matches or fails")?;
            }
            "except" => {
                let Some(table) = value.get_ref().as_table() else {
                    return Err(problem(value, "write exceptions as except = { group = \"IT\" }".to_owned()));
                };
                rule.except = conditions(table)?;
                if rule.except.is_empty() {
                    return Err(problem(value, "the exception has no condition; leave except out".to_owned()));
                }
            }
            _ => rule.conditions.push(condition(key, value)?),
        }
    }
    let word = kind.verdict().name();
    let named = name.filter(|name| !name.is_empty() && !name.contains(char::is_control));
    rule.name = named.ok_or_else(|| Problem {
        at: at.clone(),
        text: format!("this [[{word}]] rule has no name; add name = \"...\": decisions are explained with it"),
    })?;
    if rule.conditions.is_empty() {
        return Err(Problem {
            at: at.clone(),
            text: format!("the rule {:?} has no condition; add one, or set default = \"{word}\"", rule.name),
        });
    }
    Ok(rule)
}

fn conditions(table: &DeTable<'_>) -> Result<Vec<Condition>> {
    table.iter().map(|(key, value)| condition(key, value)).collect()
}

fn condition(key: &Spanned<std::borrow::Cow<'_, str>>, value: &Value<'_>) -> Result<Condition> {
    let globs = |name| list(value, name, |text| Ok(Glob::new(text)));
    Ok(match key.get_ref().as_ref() {
        "os" => Condition::Os(list(value, "os", OsRange::parse)?),
        "device_type" => Condition::DeviceType(globs("device_type")?),
        "model" => Condition::Model(globs("model")?),
        "user_agent" => Condition::UserAgent(globs("user_agent")?),
        "group" => Condition::Group(list(value, "group", |text| Ok(text.to_owned()))?),
        "enrolled" => Condition::Enrolled(flag(value, "enrolled")?),
        "compliant" => Condition::Compliant(flag(value, "compliant")?),
        "managed_profile" => Condition::ManagedProfile(flag(value, "managed_profile")?),
        "sign_in" => Condition::SignIn(list(value, "sign_in", sign_in)?),
        "network" => Condition::Network(list(value, "network", Network::parse)?),
        "devices_over" => Condition::DevicesOver(number(value, "devices_over")?),
        other => {
            return Err(Problem {
                at: key.span(),
                text: format!(
                    "{other:?} is no condition; there are os, device_type, model, user_agent, group, enrolled, \
                     compliant, managed_profile, sign_in, network and devices_over, beside name, unknown and except"
                ),
            });
        }
    })
}

fn sign_in(text: &str) -> std::result::Result<SignIn, String> {
    SignIn::named(text).ok_or_else(|| {
        let names: Vec<_> = SignIn::ALL.iter().map(|way| way.name()).collect();
        format!("{text:?} is no way to sign in; there are {}", names.join(", "))
    })
}

fn problem(value: &Value<'_>, text: String) -> Problem {
    Problem { at: value.span(), text }
}

fn text<'a>(value: &'a Value<'_>, key: &str) -> Result<&'a str> {
    let Some(text) = value.get_ref().as_str() else {
        return Err(problem(value, format!("{key} is a text in quotes, not {}", kind_of(value))));
    };
    if text.len() > TEXT_BYTES_MAX {
        return Err(problem(value, format!("{key} has more than {TEXT_BYTES_MAX} bytes; shorten it")));
    }
    Ok(text)
}

fn kind_of(value: &Value<'_>) -> &'static str {
    value.get_ref().type_str()
}

fn word<T>(value: &Value<'_>, key: &str, read: impl Fn(&str) -> Option<T>, choices: &str) -> Result<T> {
    let text = text(value, key)?;
    read(text).ok_or_else(|| problem(value, format!("{key} is {choices}, not {text:?}")))
}

fn flag(value: &Value<'_>, key: &str) -> Result<bool> {
    value.get_ref().as_bool().ok_or_else(|| problem(value, format!("{key} is true or false, without quotes")))
}

fn number(value: &Value<'_>, key: &str) -> Result<u32> {
    let number =
        value.get_ref().as_integer().and_then(|number| u32::from_str_radix(number.as_str(), number.radix()).ok());
    number.ok_or_else(|| problem(value, format!("{key} is a number such as 3, without quotes")))
}

/// One text, or a list of them.
fn list<T>(value: &Value<'_>, key: &str, read: impl Fn(&str) -> std::result::Result<T, String>) -> Result<Vec<T>> {
    let one = |value: &Value<'_>| {
        let text = text(value, key)?.trim();
        if text.is_empty() {
            return Err(problem(value, format!("{key} is empty; leave it out if it does not matter")));
        }
        read(text).map_err(|error| problem(value, error))
    };
    let Some(array) = value.get_ref().as_array() else {
        if value.get_ref().is_str() {
            return Ok(vec![one(value)?]);
        }
        return Err(problem(value, format!("{key} is a text in quotes, or a list of them in brackets")));
    };
    if array.is_empty() {
        return Err(problem(value, format!("{key} lists nothing, so it can never hold; leave it out")));
    }
    if array.len() > VALUES_MAX {
        return Err(problem(value, format!("{key} lists more than {VALUES_MAX} values; patterns are shorter")));
    }
    array.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_decides_nothing_and_so_does_an_empty_file() {
        assert_eq!(Policy::parse(TEMPLATE).unwrap(), Policy::default());
        assert_eq!(Policy::parse("").unwrap(), Policy::default());
    }

    #[test]
    fn every_example_in_the_template_is_a_policy_when_its_marks_are_taken_away() {
        let examples: String = TEMPLATE
            .lines()
            .filter_map(|line| line.strip_prefix('#'))
            .filter(|line| !line.is_empty() && !line.starts_with(' '))
            .flat_map(|line| [line, "\n"])
            .collect();
        let policy = Policy::parse(&examples).unwrap();
        for kind in Kind::ALL {
            assert!(!policy.rules(kind).is_empty(), "{kind:?}");
        }
    }

    #[test]
    fn conditions_are_read_one_by_one_or_as_lists() {
        let policy = Policy::parse(
            "default = 'quarantine'\nsecond_account = 'allow'\n\
             [[block]]\nname = 'Old'\nos = ['iOS < 17.2', 'Android < 12']\nexcept = { group = 'Workshop' }\n\
             [[allow]]\nname = 'Ours'\nenrolled = true\nnetwork = '10.0.0.0/8'\nsign_in = ['oauth', 'certificate']\n",
        )
        .unwrap();
        assert_eq!((policy.default, policy.second_account), (Verdict::Quarantine, SecondAccount::Allow));
        let [old] = policy.block.as_slice() else { panic!("{policy:?}") };
        assert_eq!(old.conditions.len(), 1);
        assert_eq!(old.except, [Condition::Group(vec!["Workshop".into()])]);
        let [ours] = policy.allow.as_slice() else { panic!("{policy:?}") };
        assert!(ours.conditions.contains(&Condition::SignIn(vec![SignIn::OAuth, SignIn::Certificate])));
    }

    #[test]
    fn an_error_names_its_line_and_what_to_do() {
        for (text, line, wanted) in [
            ("default = 'maybe'", 1, "allow, quarantine or block"),
            ("\ndefualt = 'allow'", 2, "[[quarantine]]"),
            ("default = ", 1, "no TOML"),
            ("[block]\nname = 'x'", 1, "two brackets"),
            ("[[block]]\nos = 'iOS < 17'", 1, "has no name"),
            ("[[block]]\nname = 'x'", 1, "has no condition"),
            ("[[block]]\nname = 'x'\nos = 'iOS 17'", 3, "write it as"),
            ("[[block]]\nname = 'x'\nos = ['iOS < 17',\n 'Android = 3']", 4, "other than < and >="),
            ("[[block]]\nname = 'x'\nosversion = '17'", 3, "is no condition"),
            ("[[block]]\nname = 'x'\nenrolled = 'yes'", 3, "true or false"),
            ("[[block]]\nname = 'x'\ndevices_over = '3'", 3, "a number"),
            ("[[block]]\nname = 'x'\ngroup = []", 3, "lists nothing"),
            ("[[block]]\nname = 'x'\ngroup = ' '", 3, "is empty"),
            ("[[block]]\nname = 'x'\nsign_in = 'fax'", 3, "app-password"),
            ("[[block]]\nname = 'x'\nnetwork = '10.0.0.1/8'", 3, "10.0.0.0/8 is the network"),
            ("[[allow]]\nname = 'x'\nenrolled = true\nunknown = 'matches'", 4, "never satisfies an allow"),
            ("[[allow]]\nname = 'x'\nenrolled = true\n[[block]]\nname = 'x'\nenrolled = false", 4, "two rules"),
        ] {
            let error = Policy::parse(text).unwrap_err();
            assert_eq!(error.line, line, "{text}: {error}");
            assert!(error.problem.contains(wanted), "{text}: {error}");
        }
    }
}
