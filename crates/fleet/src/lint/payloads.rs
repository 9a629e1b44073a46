//! A profile as a whole: its own keys, its payloads, and what they must not share.

use std::collections::BTreeMap;

use super::{
    Context, account, below, certificate, device_management,
    finding::{Findings, Rule},
    references, restrictions,
    table::{Checker, doubles, unknown_type, uuid_like},
};
use crate::{
    document::{Node, shown},
    enrolment::Enrolment,
    limits::PAYLOADS_MAX,
    schema::{PayloadType, schema},
};

/// One payload with where it stands.
pub(super) struct Entry<'a> {
    pub node: &'a Node,
    pub kind: &'a str,
    pub path: String,
}

impl Entry<'_> {
    pub fn at(&self, key: &str) -> String {
        below(&self.path, key)
    }

    pub fn text(&self, key: &str) -> Option<&str> {
        self.node.get(key).and_then(Node::text)
    }

    pub fn flag(&self, key: &str) -> Option<bool> {
        self.node.get(key).and_then(Node::boolean)
    }
}

pub(super) fn profile(root: &Node, context: &Context, findings: &mut Findings) {
    if root.get("PayloadType").and_then(Node::text) != Some("Configuration") {
        let what = match root {
            Node::Dictionary(_) if root.get("Command").is_some() => "a command of MDM",
            Node::Dictionary(_) if root.get("PayloadType").is_some() => "a single payload without its profile",
            Node::Dictionary(_) => "a dictionary without PayloadType Configuration",
            _ => "no dictionary",
        };
        let text = format!("The file is {what} and no configuration profile; no device would install it.");
        findings.add(Rule::NotProfile, "", text, "Put the payloads into a profile's PayloadContent.");
        return;
    }
    doubles(root, "", findings);
    let keys = |name: &str| schema().profile(name).map_or(&[][..], PayloadType::keys);
    let mut own = keys("TopLevel").to_vec();
    if encrypted(root) {
        own.iter_mut().filter(|key| key.name == "PayloadContent").for_each(|key| key.required = false);
    }
    Checker { context, findings }.members(root, &[&own], "");
    top_level(root, context, findings);

    let entries = entries(root, findings);
    for entry in &entries {
        let mut checker = Checker { context, findings };
        match schema().profile(entry.kind) {
            Some(of) => {
                checker.support(&of.support, entry.kind, &entry.at("PayloadType"));
                checker.members(entry.node, &[keys("CommonPayloadKeys"), of.keys()], &entry.path);
            }
            None => unknown_type(
                entry.kind,
                schema().profiles().map(|(name, _)| name),
                &entry.at("PayloadType"),
                checker.findings,
            ),
        }
        secrets(entry.node, &entry.path, findings);
    }
    names(root, &entries, findings);
    once(&entries, findings);
    references::check(&entries, findings);
    account::check(&entries, context, findings);
    restrictions::check(&entries, findings);
    device_management::check(&entries, findings);
    certificate::check(&entries, findings);
}

fn entries<'a>(root: &'a Node, findings: &mut Findings) -> Vec<Entry<'a>> {
    let mut entries = Vec::new();
    let items = root.get("PayloadContent").map(Node::items).unwrap_or_default();
    if items.len() > PAYLOADS_MAX {
        let text = format!("It has {} payloads, and only the first {PAYLOADS_MAX} are looked at.", items.len());
        findings.add(Rule::TooLarge, "PayloadContent", text, "Make several profiles of it.");
    }
    for (place, node) in items.iter().take(PAYLOADS_MAX).enumerate() {
        let path = format!("PayloadContent[{place}]");
        match node.get("PayloadType").and_then(Node::text) {
            Some(kind) => entries.push(Entry { node, kind, path }),
            None => findings.add(
                Rule::KeyMissing,
                &below(&path, "PayloadType"),
                "An entry of PayloadContent does not say what it is; devices reject the profile.",
                "Add PayloadType, or take the entry out.",
            ),
        }
    }
    entries
}

/// PayloadContent is not needed then.
fn encrypted(root: &Node) -> bool {
    root.get("IsEncrypted").and_then(Node::boolean) == Some(true) || root.get("EncryptedPayloadContent").is_some()
}

fn top_level(root: &Node, context: &Context, findings: &mut Findings) {
    let yes = |key: &str| root.get(key).and_then(Node::boolean) == Some(true);
    if encrypted(root) {
        findings.add(
            Rule::Encrypted,
            "EncryptedPayloadContent",
            "The payloads are encrypted for one device and cannot be looked at.",
            "Look at the profile before it is encrypted.",
        );
    }
    if yes("PayloadRemovalDisallowed") && !matches!(context.enrolment, Some(Enrolment::Device | Enrolment::User)) {
        findings.add(
            Rule::RemovalDisallowed,
            "PayloadRemovalDisallowed",
            "On supervised devices the person cannot remove the profile; on all others the key does nothing.",
            "Leave it out: a profile that MDM installed goes with MDM anyway.",
        );
    }
    for key in ["RemovalDate", "DurationUntilRemoval"] {
        if root.get(key).is_some() {
            let text =
                "The profile leaves the device by itself, and accounts that it brought leave with their contacts.";
            findings.add(Rule::RemovesItself, key, text, "Leave it out, and remove the profile when it is time.");
        }
    }
}

/// PayloadUUID and PayloadIdentifier tell payloads apart when a profile is replaced.
fn names(root: &Node, entries: &[Entry<'_>], findings: &mut Findings) {
    let whole = Entry { node: root, kind: "", path: String::new() };
    let all = || std::iter::once(&whole).chain(entries);
    for (key, rule) in [("PayloadUUID", Rule::UuidDouble), ("PayloadIdentifier", Rule::IdentifierDouble)] {
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        for entry in all() {
            let Some(value) = entry.text(key) else { continue };
            if let Some(first) = seen.insert(value.to_ascii_uppercase(), entry.path.clone()) {
                let first = if first.is_empty() { "the profile itself".to_owned() } else { first };
                let text = format!(
                    "{key} is the same as that of {first}; when the profile is replaced, one is taken for the other."
                );
                findings.add(rule, &entry.at(key), text, "Give each its own, and keep it from then on.");
            }
        }
    }
    for entry in all() {
        if let Some(value) = entry.text("PayloadUUID").filter(|value| !uuid_like(value)) {
            let text = format!("{} is no UUID; it may be the same in somebody else's profile.", shown(value));
            findings.add(Rule::UuidForm, &entry.at("PayloadUUID"), text, "Make one with uuidgen, and keep it.");
        }
    }
}

fn once(entries: &[Entry<'_>], findings: &mut Findings) {
    for (place, entry) in entries.iter().enumerate() {
        let single = schema().profile(entry.kind).is_some_and(|of| of.single);
        if single && entries.iter().take(place).any(|earlier| earlier.kind == entry.kind) {
            let text = format!("There may be one {} on a device, and this profile has more.", entry.kind);
            findings.add(Rule::PayloadDouble, &entry.path, text, "Keep one of them.");
        }
    }
}

/// Whoever has the file has these; a signature hides nothing.
fn secrets(node: &Node, path: &str, findings: &mut Findings) {
    for (name, value) in node.members() {
        let path = below(path, name);
        let secret = name.ends_with("Password") || name == "SharedSecret";
        if secret && value.text().is_some_and(|text| !text.is_empty()) {
            let text =
                "A password stands here in clear: everybody who can read the file, a mailbox or MDM's database has it.";
            findings.add(
                Rule::SecretInClear,
                &path,
                text,
                "Leave it out and let people sign in, or use a certificate.",
            );
        }
        secrets(value, &path, findings);
    }
    for (place, item) in node.items().iter().enumerate() {
        secrets(item, &format!("{path}[{place}]"), findings);
    }
}
