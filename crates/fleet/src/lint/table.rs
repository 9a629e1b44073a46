//! A dictionary against the table of keys.

use serde_json::Value as Json;

use super::{
    Context, below,
    finding::{Findings, Rule, Severity},
};
use crate::{
    document::{Node, shown},
    enrolment::Enrolment,
    schema::{Key, Kind, Support, UserEnrolment, open, schema},
};

/// Longest key for which a similar one is looked for.
const LIKE_BYTES_MAX: usize = 64;
/// Letters by which a misspelt key may differ.
const LIKE_EDITS_MAX: usize = 2;

pub(super) struct Checker<'a> {
    pub context: &'a Context,
    pub findings: &'a mut Findings,
}

impl Checker<'_> {
    /// The keys of one dictionary. `tables` are looked through in turn; what is in none of them is unknown.
    pub fn members(&mut self, node: &Node, tables: &[&[Key]], path: &str) {
        let find = |name: &str| tables.iter().flat_map(|keys| keys.iter()).find(|key| key.name == name);
        for (name, value) in node.members() {
            let path = below(path, name);
            match find(name) {
                Some(key) => self.key(key, value, &path),
                None if self.findings.full() || tables.iter().any(|keys| open(keys)) => (),
                None => self.unknown(name, tables, &path),
            }
        }
        let required = tables.iter().flat_map(|keys| keys.iter()).filter(|key| key.required && !key.not_ios);
        for key in required.filter(|key| key.name != "ANY" && node.get(&key.name).is_none()) {
            self.findings.add(
                Rule::KeyMissing,
                &below(path, &key.name),
                format!("{} is required and missing; devices reject this.", key.name),
                &format!("Add {} as a {}.", key.name, key.kind.word()),
            );
        }
    }

    fn key(&mut self, key: &Key, value: &Node, path: &str) {
        if key.not_ios {
            let text = format!("{} is for other systems; iPhones and iPads leave it aside.", key.name);
            self.findings.add(Rule::KeyNotIos, path, text, "Leave it out of profiles for iPhones and iPads.");
        } else {
            self.support(&key.support, &key.name, path);
        }
        if self.kind(key, value, path) {
            self.value(key, value, path);
            if key.kind == Kind::Dictionary && !key.keys().is_empty() {
                self.members(value, &[key.keys()], path);
            }
            if let Some(items) = key.items() {
                for (place, item) in value.items().iter().enumerate() {
                    self.key(items, item, &format!("{path}[{place}]"));
                }
            }
        }
    }

    /// Whether the device in question heeds it at all.
    pub fn support(&mut self, support: &Support, name: &str, path: &str) {
        let Context { enrolment, os, manual } = *self.context;
        if let (Some(os), Some(since)) = (os, support.since)
            && os < since
        {
            let text = format!("{name} is known from iOS {since} on; a device with iOS {os} leaves it aside.");
            self.findings.add(Rule::AboveOs, path, text, &format!("Send it only to iOS {since} and later."));
        }
        match (os, support.removed) {
            (Some(os), Some(removed)) if os >= removed => {
                let text = format!("{name} is gone since iOS {removed}; a device with iOS {os} leaves it aside.");
                self.findings.add(Rule::Removed, path, text, "Leave it out.");
            }
            (None, Some(removed)) => {
                let text = format!("{name} is gone since iOS {removed}; later devices leave it aside.");
                self.findings.add_as(Severity::Info, Rule::Removed, path, text, "Leave it out.");
            }
            _ => {
                if let Some(since) = support.deprecated.filter(|since| os.is_none_or(|os| os >= *since)) {
                    let text = format!("Apple advises against {name} since iOS {since}.");
                    self.findings.add(Rule::Deprecated, path, text, "See what Apple's documentation names instead.");
                }
            }
        }
        if support.supervised && matches!(enrolment, Some(Enrolment::Device | Enrolment::User)) {
            let text = format!("Only supervised devices heed {name}; on this one it does nothing.");
            self.findings.add(Rule::SupervisedOnly, path, text, "Leave it out, or supervise the devices.");
        }
        if enrolment == Some(Enrolment::User) {
            match support.user_enrolment {
                UserEnrolment::Forbidden => {
                    let text = format!(
                        "{name} is forbidden in User Enrollment: iOS rejects the whole profile, account and all."
                    );
                    let fix = "Leave it out of the variant for personal devices.";
                    self.findings.add(Rule::UserEnrolmentForbidden, path, text, fix);
                }
                UserEnrolment::Ignored => {
                    let text = format!("User Enrollment leaves {name} aside.");
                    self.findings.add(Rule::UserEnrolmentIgnored, path, text, "Leave it out for personal devices.");
                }
                UserEnrolment::Allowed | UserEnrolment::Required => (),
            }
        }
        if support.mdm_only && manual {
            let text =
                format!("{name} may only come by MDM: a profile that a person installs by hand is rejected for it.");
            self.findings.add(Rule::MdmOnly, path, text, "Install the profile by MDM, or leave this out.");
        }
        if let (Some(enrolment), Some(allowed)) = (enrolment, &support.enrolments)
            && !allowed.contains(&enrolment)
        {
            let text =
                format!("{name} is not for devices that are enrolled like this; they report it as not supported.");
            self.findings.add(Rule::EnrolmentUnsupported, path, text, "Leave it out of what these devices are given.");
        }
    }

    fn kind(&mut self, key: &Key, value: &Node, path: &str) -> bool {
        let fits = matches!(
            (key.kind, value),
            (Kind::Any, _)
                | (Kind::String, Node::Text(_))
                | (Kind::Boolean, Node::Boolean(_))
                | (Kind::Integer, Node::Integer(_))
                | (Kind::Real, Node::Real(_) | Node::Integer(_))
                | (Kind::Date, Node::Date(_))
                | (Kind::Data, Node::Data(_))
                | (Kind::Array, Node::Array(_))
                | (Kind::Dictionary, Node::Dictionary(_))
        );
        if !fits {
            let (is, wanted) = (value.kind(), key.kind.word());
            let text = format!(
                "{} is of kind {is} and must be {wanted}; devices reject the payload or leave the key aside.",
                key.name
            );
            self.findings.add(Rule::KeyType, path, text, &format!("Write it as {wanted}."));
        }
        fits
    }

    fn value(&mut self, key: &Key, value: &Node, path: &str) {
        if !key.one_of.is_empty() && !key.one_of.iter().any(|allowed| same(allowed, value)) {
            let allowed: Vec<String> = key.one_of.iter().map(plain).collect();
            let text = format!("{} has a value that iOS does not know.", key.name);
            self.findings.add(Rule::KeyValue, path, text, &format!("Allowed are: {}.", allowed.join(", ")));
        }
        if let Some(number) = number(value)
            && (key.least.is_some_and(|least| number < least) || key.most.is_some_and(|most| number > most))
        {
            let bound = |bound: Option<f64>| bound.map_or("any".to_owned(), |bound| bound.to_string());
            let text = format!("{} is {number}, which is out of range.", key.name);
            let fix = format!("Least: {}; most: {}.", bound(key.least), bound(key.most));
            self.findings.add(Rule::KeyValue, path, text, &fix);
        }
        if let (Some(pattern), Some(content)) = (&key.pattern, value.text())
            && !matches(pattern, content)
        {
            let text = format!("{} has not the form that Apple demands; devices reject the payload.", key.name);
            self.findings.add(Rule::KeyForm, path, text, &format!("It must match {pattern}."));
        }
    }

    fn unknown(&mut self, name: &str, tables: &[&[Key]], path: &str) {
        let names = tables.iter().flat_map(|keys| keys.iter()).map(|key| key.name.as_str());
        if let Some(like) = like(name, names) {
            let text = format!("iOS knows no key {}; what it was meant to do does not happen.", shown(name));
            self.findings.add(Rule::KeyUnknown, path, text, &format!("Did you mean {like}?"));
        } else {
            let text = format!("iOS {} and before know no key {}; devices leave it aside.", release(), shown(name));
            let fix = "Leave it out, unless a later iOS has it.";
            self.findings.add_as(Severity::Info, Rule::KeyUnknown, path, text, fix);
        }
    }
}

/// A declaration: the keys of all, then those of its type.
pub(super) fn declaration(node: &Node, context: &Context, findings: &mut Findings) {
    let schema = schema();
    doubles(node, "", findings);
    let mut checker = Checker { context, findings };
    if let Some(base) = schema.declaration("any") {
        checker.members(node, &[base.keys()], "");
    }
    let Some(name) = node.get("Type").and_then(Node::text) else { return };
    match (schema.declaration(name), node.get("Payload")) {
        (Some(of), Some(payload)) => {
            checker.support(&of.support, name, "Type");
            checker.members(payload, &[of.keys()], "Payload");
        }
        (None, _) => unknown_type(name, schema.declarations().map(|(name, _)| name), "Type", checker.findings),
        (Some(_), None) => (),
    }
}

pub(super) fn unknown_type<'a>(name: &str, known: impl Iterator<Item = &'a str>, path: &str, findings: &mut Findings) {
    let text = format!("iOS {} and before know nothing of type {}.", release(), shown(name));
    let fix = like(name, known)
        .map_or("Leave it out, unless a later iOS has it.".to_owned(), |like| format!("Did you mean {like}?"));
    findings.add(Rule::PayloadUnknown, path, text, &fix);
}

/// Keys that stand twice, at any depth. Which of the two a device takes is not said anywhere.
pub(super) fn doubles(node: &Node, path: &str, findings: &mut Findings) {
    let mut seen = std::collections::BTreeSet::new();
    for (name, value) in node.members() {
        let path = below(path, name);
        if !seen.insert(name) {
            let text = format!("{} stands twice, and nobody can say which of the two a device takes.", shown(name));
            findings.add(Rule::DuplicateKey, &path, text, "Keep one of them.");
        }
        doubles(value, &path, findings);
    }
    for (place, item) in node.items().iter().enumerate() {
        doubles(item, &format!("{path}[{place}]"), findings);
    }
}

fn release() -> &'static str {
    schema().release().trim_start_matches("iOS ")
}

fn number(value: &Node) -> Option<f64> {
    match value {
        #[expect(clippy::cast_precision_loss, reason = "ranges are small numbers, and what is far away stays far away")]
        Node::Integer(number) => Some(*number as f64),
        Node::Real(number) => Some(*number),
        _ => None,
    }
}

fn same(allowed: &Json, value: &Node) -> bool {
    match (allowed, value) {
        (Json::String(allowed), Node::Text(text)) => allowed == text,
        (Json::Bool(allowed), Node::Boolean(value)) => allowed == value,
        (Json::Number(allowed), _) => number(value).is_some() && allowed.as_f64() == number(value),
        _ => false,
    }
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The few patterns of Apple's schema that concern profiles here; others are not judged.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern {
        "^https://.*$" => text.starts_with("https://"),
        _ if pattern.starts_with("^[0-9A-Za-z]{8}-") => uuid_like(text),
        _ => true,
    }
}

/// Apple's own pattern takes any letter.
pub(super) fn uuid_like(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_alphanumeric(),
        })
}

/// The name that was probably meant.
fn like<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > LIKE_BYTES_MAX {
        return None;
    }
    known
        .filter_map(|known| {
            let distance = if known.eq_ignore_ascii_case(name) { 0 } else { edits(name.as_bytes(), known.as_bytes())? };
            Some((distance, known))
        })
        .min()
        .map(|(_, known)| known)
}

/// How many letters are added, left out or changed between two names; `None` when too many for a slip, or for short
/// names most of them.
fn edits(one: &[u8], other: &[u8]) -> Option<usize> {
    if one.len().abs_diff(other.len()) > LIKE_EDITS_MAX {
        return None;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, a) in one.iter().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(other) {
            let above = *cell;
            left = (diagonal + usize::from(a != b)).min(above + 1).min(left + 1);
            diagonal = above;
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().filter(|edits| *edits <= LIKE_EDITS_MAX && edits * 3 < one.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_told_from_another_word() {
        let keys = ["EnableMail", "EnableMailUserOverridable", "Host"];
        assert_eq!(like("enableMail", keys.into_iter()), Some("EnableMail"));
        assert_eq!(like("EnableMailUserOverrideable", keys.into_iter()), Some("EnableMailUserOverridable"));
        assert_eq!(like("Most", keys.into_iter()), Some("Host"));
        assert_eq!(like("Hi", keys.into_iter()), None);
        assert_eq!(like("ContosoExtra", keys.into_iter()), None);
    }

    #[test]
    fn edits_are_counted() {
        assert_eq!(edits(b"kitten", b"kitte"), Some(1));
        assert_eq!(edits(b"abcdefghi", b"abcdefghi"), Some(0));
        assert_eq!(edits(b"abcdefghi", b"bbcdefghj"), Some(2));
        assert_eq!(edits(b"abcdefghi", b"xyzdefghi"), None);
    }
}
