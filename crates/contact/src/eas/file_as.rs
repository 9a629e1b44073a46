//! `FileAs`: the text a contact is filed under, which phones compute and nobody sees.
//!
//! iOS sends `FileAs` with every edit, rebuilt from the names if it matched one of its automatic patterns, and offers no
//! way to edit it; Android makes one when it is missing. So what a phone sends there says nothing, and is never taken
//! as a change, with two exceptions:
//!
//! - nothing was filed before (an Add, say): then it is how the contact's maker files it;
//! - the text served was somebody's own free text and a client other than iOS sends another free text.
//!
//! A filed text that was one of the patterns follows its names, as it does on the phone.

use super::{EasContact, Family, Property, record};
use crate::fact::{Name, Organization};

/// What patterns are made of.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Parts<'a> {
    first: &'a str,
    middle: &'a str,
    last: &'a str,
    suffix: &'a str,
    company: &'a str,
}

impl<'a> Parts<'a> {
    pub(super) fn of_contact(contact: &'a EasContact) -> Self {
        let text = |property| contact.texts.get(&property).map_or("", String::as_str);
        Self {
            first: text(Property::FirstName),
            middle: text(Property::MiddleName),
            last: text(Property::LastName),
            suffix: text(Property::Suffix),
            company: text(Property::CompanyName),
        }
    }

    pub(super) fn of_card(name: Option<&'a Name>, organization: Option<&'a Organization>) -> Self {
        let part = |element| name.and_then(|name| record::name_part(name, element)).unwrap_or_default();
        Self {
            first: part(Property::FirstName),
            middle: part(Property::MiddleName),
            last: part(Property::LastName),
            suffix: part(Property::Suffix),
            company: organization.and_then(|organization| organization.name.as_deref()).unwrap_or_default(),
        }
    }
}

/// "Last, First Middle", or the company where there is no name.
pub(super) fn default(parts: Parts<'_>) -> Option<String> {
    last_first(parts).or_else(|| spaced(&[parts.company]))
}

/// What the device has filed the contact under after sending `sent`; `seen` has its names already.
pub(super) fn seen(family: Family, served: &EasContact, sent: &EasContact, seen: &EasContact) -> Option<String> {
    let (before, after) = (Parts::of_contact(served), Parts::of_contact(seen));
    let filed = served.texts.get(&Property::FileAs).map(String::as_str);
    let own_text = |text: &str| pattern_of(text, after).is_none() && pattern_of(text, before).is_none();
    let sent = sent.texts.get(&Property::FileAs).map(|text| super::wire_text(text));
    let sent = sent.filter(|text| !text.trim().is_empty());
    let Some(filed) = filed else { return sent.or_else(|| default(after)) };
    match pattern_of(filed, before) {
        Some(pattern) => pattern(after).or_else(|| default(after)),
        None if family == Family::Ios => Some(filed.to_owned()),
        None => sent.filter(|text| own_text(text)).or_else(|| Some(filed.to_owned())),
    }
}

type Pattern = fn(Parts<'_>) -> Option<String>;

fn pattern_of(text: &str, parts: Parts<'_>) -> Option<Pattern> {
    PATTERNS.into_iter().find(|pattern| pattern(parts).is_some_and(|computed| computed == text))
}

/// The automatic patterns of iOS, Outlook and AOSP, in the order in which they are recognised.
const PATTERNS: [Pattern; 16] = [
    default,
    |p| spaced(&[p.first, p.middle, p.last, p.suffix]),
    |p| spaced(&[p.company]),
    |p| enclosed(&last_first(p)?, p.company),
    |p| enclosed(p.company, &last_first(p)?),
    |p| spaced(&[p.first, p.last]),
    |p| spaced(&[p.first, p.middle, p.last]),
    |p| spaced(&[p.last, p.first]),
    |p| spaced(&[p.last, p.first, p.middle]),
    |p| concatenated(&[p.last, p.first]),
    |p| concatenated(&[p.first, p.last]),
    |p| comma(p.last, p.first),
    |p| comma(&spaced(&[p.last, p.suffix])?, &spaced(&[p.first, p.middle])?),
    |p| comma(&spaced(&[p.last, p.first, p.middle])?, p.suffix),
    |p| enclosed(&spaced(&[p.last, p.first])?, p.company),
    |p| enclosed(p.company, &spaced(&[p.last, p.first])?),
];

fn last_first(parts: Parts<'_>) -> Option<String> {
    let given = spaced(&[parts.first, parts.middle]);
    match (parts.last, given) {
        ("", given) => given,
        (last, None) => Some(last.to_owned()),
        (last, Some(given)) => Some(format!("{last}, {given}")),
    }
}

fn spaced(parts: &[&str]) -> Option<String> {
    let parts: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn concatenated(parts: &[&str]) -> Option<String> {
    let text = parts.concat();
    (!text.is_empty()).then_some(text)
}

fn comma(before: &str, after: &str) -> Option<String> {
    (!before.is_empty() && !after.is_empty()).then(|| format!("{before}, {after}"))
}

fn enclosed(text: &str, in_brackets: &str) -> Option<String> {
    (!text.is_empty() && !in_brackets.is_empty()).then(|| format!("{text} ({in_brackets})"))
}
