//! Traps of `com.apple.applicationaccess`, as far as contacts are concerned.

use std::collections::BTreeMap;

use super::{
    finding::{Findings, Rule},
    payloads::Entry,
};
use crate::{document::Node, schema::schema};

const RESTRICTIONS: &str = "com.apple.applicationaccess";
/// While it is true, or left out, the contact keys do nothing.
const MASTER: &str = "allowOpenFromManagedToUnmanaged";
const WRITE: &str = "allowManagedToWriteUnmanagedContacts";
const READ: &str = "allowUnmanagedToReadManagedContacts";

pub(super) fn check(entries: &[Entry<'_>], findings: &mut Findings) {
    let payloads: Vec<&Entry<'_>> = entries.iter().filter(|entry| entry.kind == RESTRICTIONS).collect();
    let closed = payloads.iter().any(|entry| entry.flag(MASTER) == Some(false));
    for entry in &payloads {
        for key in [WRITE, READ] {
            match (entry.flag(key), closed) {
                (Some(_), false) => {
                    let text = format!("{key} does nothing as long as {MASTER} is true, which it is when left out.");
                    let fix = format!("Set {MASTER} to false in the same profile, or see that another one does.");
                    findings.add(Rule::RestrictionsInert, &entry.at(key), text, &fix);
                }
                (Some(true), true) => {
                    let text = if key == READ {
                        "Personal apps such as messengers may read the company's contacts."
                    } else {
                        "Company apps may copy contacts into personal accounts, where nothing takes them back."
                    };
                    let fix = format!("Set {key} to false, or leave it out.");
                    findings.add(Rule::ContactsReadable, &entry.at(key), text, &fix);
                }
                (None, _) | (Some(false), true) => (),
            }
        }
    }
    same_key(&payloads, findings);
}

fn same_key(payloads: &[&Entry<'_>], findings: &mut Findings) {
    let Some(table) = schema().profile(RESTRICTIONS) else { return };
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for entry in payloads {
        let own = Node::members(entry.node).iter().map(|(name, _)| name.as_str());
        for name in own.filter(|name| table.key(name).is_some()) {
            match seen.get(name) {
                Some(first) if **first != entry.path => {
                    let text =
                        format!("{first} sets {name} too. Apple says of this that what happens is not to be foreseen.");
                    findings.add(Rule::RestrictionsDouble, &entry.at(name), text, "Set it in one payload only.");
                }
                Some(_) => (),
                None => drop(seen.insert(name, &entry.path)),
            }
        }
    }
}
