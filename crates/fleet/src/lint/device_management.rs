//! Traps of `com.apple.mdm`: what cannot be changed once a device is enrolled.

use super::{
    finding::{Findings, Rule},
    payloads::Entry,
};
use crate::{
    document::Node,
    profile::{AccessRights, payload::TOPIC_PREFIX},
};

pub(super) fn check(entries: &[Entry<'_>], findings: &mut Findings) {
    for entry in entries.iter().filter(|entry| entry.kind == "com.apple.mdm") {
        rights(entry, findings);
        for key in ["ServerURL", "CheckInURL"] {
            if entry.text(key).is_some_and(|url| url.contains(['?', '#'])) {
                let text = "The address has a query. It is compared byte for byte when the profile is renewed: when the query differs, the device refuses and is lost in the end.";
                findings.add(
                    Rule::UrlQuery,
                    &entry.at(key),
                    text,
                    "Use an address without a query before anyone enrols.",
                );
            }
        }
        if entry.text("Topic").is_some_and(|topic| !topic.starts_with(TOPIC_PREFIX)) {
            let text = "No push certificate for MDM has such a topic; the device rejects the enrolment.";
            findings.add(
                Rule::Topic,
                &entry.at("Topic"),
                text,
                "Take the topic from the push certificate's subject (UID).",
            );
        }
        if entry.flag("UseDevelopmentAPNS") == Some(true) {
            let text = "The device listens to the push service for development, where certificates of Apple's portal are unknown: it is never woken.";
            findings.add(Rule::DevelopmentPush, &entry.at("UseDevelopmentAPNS"), text, "Leave it out.");
        }
    }
}

fn rights(entry: &Entry<'_>, findings: &mut Findings) {
    let path = entry.at("AccessRights");
    let mask = match entry.node.get("AccessRights").and_then(Node::integer) {
        Some(mask) => u16::try_from(mask).unwrap_or(u16::MAX),
        // A personal device does not ask; on others nothing works without.
        None if entry.text("EnrollmentMode") == Some("BYOD") || entry.text("ManagedAppleID").is_some() => return,
        None => 0,
    };
    match AccessRights::new(mask) {
        Err(error) => {
            let text = format!("The device rejects the enrolment: {error}.");
            findings.add(Rule::Rights, &path, text, "Add up Apple's bits; a rollout of contacts needs 7443.");
        }
        Ok(rights) if rights.lacks(AccessRights::ROLLOUT) != 0 => {
            let missing = rights.lacks(AccessRights::ROLLOUT);
            let text = format!(
                "Rights worth {missing} are missing that a rollout of contacts needs, and they cannot be added later."
            );
            findings.add(Rule::RightsShort, &path, text, &format!("Ask for {}.", mask | missing));
        }
        Ok(_) => (),
    }
}
