//! References by UUID from one payload to another in the same profile.

use super::{
    below,
    finding::{Findings, Rule},
    payloads::Entry,
};
use crate::document::{Node, shown};

/// Certificates with their keys.
const IDENTITIES: [&str; 3] = ["com.apple.security.scep", "com.apple.security.pkcs12", "com.apple.security.acme"];
/// Certificates alone.
const CERTIFICATES: [&str; 3] = ["com.apple.security.root", "com.apple.security.pkcs1", "com.apple.security.pem"];

/// Keys that refer, and to what.
const REFERENCES: [(&str, &[&str]); 7] = [
    ("PayloadCertificateUUID", &IDENTITIES),
    ("IdentityCertificateUUID", &IDENTITIES),
    ("SMIMESigningCertificateUUID", &IDENTITIES),
    ("SMIMEEncryptionCertificateUUID", &IDENTITIES),
    ("PayloadCertificateAnchorUUID", &CERTIFICATES),
    ("ServerURLPinningCertificateUUIDs", &CERTIFICATES),
    ("CheckInURLPinningCertificateUUIDs", &CERTIFICATES),
];

pub(super) fn check(entries: &[Entry<'_>], findings: &mut Findings) {
    for entry in entries {
        within(entry.node, &entry.path, entries, findings);
    }
}

fn within(node: &Node, path: &str, entries: &[Entry<'_>], findings: &mut Findings) {
    for (name, value) in node.members() {
        let path = below(path, name);
        let kinds = REFERENCES.iter().find(|(key, _)| key == name).map(|(_, kinds)| *kinds);
        if let Some(kinds) = kinds {
            let one = value.text().map(|uuid| (uuid, path.clone()));
            let many = value.items().iter().enumerate();
            let many = many.filter_map(|(place, item)| Some((item.text()?, format!("{path}[{place}]"))));
            for (uuid, path) in one.into_iter().chain(many) {
                target(uuid, kinds, &path, entries, findings);
            }
        }
        within(value, &path, entries, findings);
    }
    for (place, item) in node.items().iter().enumerate() {
        within(item, &format!("{path}[{place}]"), entries, findings);
    }
}

fn target(uuid: &str, kinds: &[&str], path: &str, entries: &[Entry<'_>], findings: &mut Findings) {
    let named = |entry: &&Entry<'_>| entry.text("PayloadUUID").is_some_and(|other| other.eq_ignore_ascii_case(uuid));
    match entries.iter().find(named) {
        None => findings.add(
            Rule::ReferenceNowhere,
            path,
            "It refers to a payload that is not in this profile; the device cannot install it, or asks for a certificate it never gets.",
            "Put the certificate's payload into the same profile, and its PayloadUUID here.",
        ),
        Some(entry) if !kinds.contains(&entry.kind) => {
            let text = format!("It refers to {}, which is a {} and no certificate that can be used here.", entry.path, shown(entry.kind));
            findings.add(Rule::ReferenceWrongKind, path, text, &format!("Refer to one of: {}.", kinds.join(", ")));
        }
        Some(_) => (),
    }
}
