//! Types, labels and preference: what says where an item applies.

use std::collections::BTreeSet;

use super::syntax::ContentLine;
use crate::{card::Context, fact::PhoneKind};

/// What the parameters and the Apple label of a property say beside its value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Facets {
    pub(super) contexts: BTreeSet<Context>,
    pub(super) label: Option<String>,
    pub(super) pref: Option<u8>,
    /// Type words that are none of the above, in lower case.
    pub(super) types: Vec<String>,
}

/// A label as `X-ABLabel` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AppleLabel {
    /// `_$!<Home>!$_`: a word of Apple's, translated on screen.
    BuiltIn(String),
    /// The person's own words.
    Own(String),
}

/// Type words that say nothing.
const NOISE: &[&str] = &["internet", "voice", "x-internet", "other", "x-other", "dom", "intl", "parcel", "postal"];

/// Apple's own label words that have a meaning here through [`Facets::label`]; written as `_$!<Word>!$_`.
const APPLE_WORDS: &[&str] = &[
    "Anniversary",
    "Assistant",
    "Brother",
    "Child",
    "Daughter",
    "Father",
    "Friend",
    "Manager",
    "Mother",
    "Parent",
    "Partner",
    "School",
    "Sister",
    "Son",
    "Spouse",
];

impl AppleLabel {
    pub(super) fn read(text: &str) -> Self {
        match text.strip_prefix("_$!<").and_then(|rest| rest.strip_suffix(">!$_")) {
            Some(word) => Self::BuiltIn(word.to_owned()),
            None => Self::Own(text.to_owned()),
        }
    }
}

/// The label as Apple writes it.
pub(super) fn apple_label(label: &str) -> String {
    if APPLE_WORDS.contains(&label) { format!("_$!<{label}>!$_") } else { label.to_owned() }
}

/// Reads TYPE, PREF and the group's label.
pub(super) fn facets(line: &ContentLine, label: Option<&AppleLabel>) -> Facets {
    let mut facets = Facets::default();
    for word in line.types() {
        let lower = word.to_lowercase();
        match lower.as_str() {
            "home" => {
                facets.contexts.insert(Context::Private);
            }
            "work" => {
                facets.contexts.insert(Context::Work);
            }
            "pref" => facets.pref = Some(1),
            noise if NOISE.contains(&noise) => {}
            // Apple shows these two devices as labels of their own.
            "iphone" => facets.label = Some("iPhone".to_owned()),
            "applewatch" => facets.label = Some("Apple Watch".to_owned()),
            own if own.starts_with("x-") && !KNOWN_X_TYPES.contains(&own) => {
                facets.label = word.get(2..).map(str::to_owned);
            }
            _ => facets.types.push(lower),
        }
    }
    if let Some(pref) = line.param("PREF").and_then(|text| text.parse().ok()).filter(|pref| (1..=100).contains(pref)) {
        facets.pref = Some(pref);
    }
    if let Some(label) = label {
        facets.take_label(label);
    }
    facets
}

/// Types with `X-` that are kinds of number and no labels.
const KNOWN_X_TYPES: &[&str] = &[
    "x-assistant",
    "x-radio",
    "x-company",
    "x-callback",
    "x-car",
    "x-mms",
    "x-main",
    "x-manager",
    "x-text",
    "x-textphone",
];

impl Facets {
    fn take_label(&mut self, label: &AppleLabel) {
        match label {
            AppleLabel::BuiltIn(word) => match word.to_lowercase().as_str() {
                "home" => {
                    self.contexts.insert(Context::Private);
                }
                "work" => {
                    self.contexts.insert(Context::Work);
                }
                "other" | "homepage" => {}
                "mobile" => self.types.push("cell".to_owned()),
                "main" | "pager" | "car" => self.types.push(word.to_lowercase()),
                "homefax" => {
                    self.contexts.insert(Context::Private);
                    self.types.push("fax".to_owned());
                }
                "workfax" => {
                    self.contexts.insert(Context::Work);
                    self.types.push("fax".to_owned());
                }
                "otherfax" => self.types.push("fax".to_owned()),
                _ => self.label = Some(word.clone()),
            },
            AppleLabel::Own(words) if !words.is_empty() => self.label = Some(words.clone()),
            AppleLabel::Own(_) => {}
        }
    }

    /// The kind of number, from types and from labels that name one.
    pub(super) fn phone_kind(&mut self) -> PhoneKind {
        let has = |facets: &Self, words: &[&str]| facets.types.iter().any(|word| words.contains(&word.as_str()));
        let kind = if has(self, &["fax"]) {
            PhoneKind::Fax
        } else if has(self, &["pager"]) {
            PhoneKind::Pager
        } else if has(self, &["assistant", "x-assistant"]) {
            PhoneKind::Assistant
        } else if has(self, &["radio", "x-radio"]) {
            PhoneKind::Radio
        } else if has(self, &["car", "x-car"]) {
            PhoneKind::Car
        } else if has(self, &["main", "main-number", "x-company", "company", "x-main"]) {
            PhoneKind::Main
        } else if has(self, &["cell", "mobile"]) {
            PhoneKind::Mobile
        } else if has(self, &["video"]) {
            PhoneKind::Video
        } else if has(self, &["textphone", "x-textphone"]) {
            PhoneKind::Textphone
        } else if has(self, &["text", "msg", "x-mms", "x-text", "mms"]) {
            PhoneKind::Text
        } else {
            kind_in_label(self.label.as_deref())
        };
        if kind != PhoneKind::Voice && kind_in_label(self.label.as_deref()) == kind {
            self.label = None;
        }
        if self.label.is_none()
            && let Some(word) = self.types.iter().find(|word| UNPLACED_TYPES.contains(&word.as_str()))
        {
            self.label = Some(word.trim_start_matches("x-").to_uppercase());
        }
        kind
    }
}

/// Numbers for which no version has a type are known by their label.
fn kind_in_label(label: Option<&str>) -> PhoneKind {
    match label.map(str::to_lowercase).as_deref() {
        Some("radio") => PhoneKind::Radio,
        Some("assistant") => PhoneKind::Assistant,
        Some("car") => PhoneKind::Car,
        Some("text" | "mms") => PhoneKind::Text,
        Some("textphone") => PhoneKind::Textphone,
        Some("video") => PhoneKind::Video,
        _ => PhoneKind::Voice,
    }
}

/// Kinds of line no item has a word for; they live on as labels.
const UNPLACED_TYPES: &[&str] = &["isdn", "modem", "bbs", "pcs", "x-callback", "callback", "ttytdd"];
