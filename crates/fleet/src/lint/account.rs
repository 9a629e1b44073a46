//! Traps of accounts: Exchange, CardDAV, LDAP.

use access::version::Version;

use super::{
    Context,
    finding::{Findings, Rule},
    payloads::Entry,
};
use crate::document::Node;

const EXCHANGE: &str = "com.apple.eas.account";
const SERVICES: [&str; 5] = ["Mail", "Contacts", "Calendars", "Reminders", "Notes"];
/// The iOS that came with the switches of the services.
const SWITCHES_SINCE: u32 = 13;

pub(super) fn check(entries: &[Entry<'_>], context: &Context, findings: &mut Findings) {
    for entry in entries {
        match entry.kind {
            EXCHANGE => exchange(entry, context, findings),
            "com.apple.carddav.account" => without_tls(entry, "CardDAVUseSSL", findings),
            "com.apple.ldap.account" => {
                without_tls(entry, "LDAPAccountUseSSL", findings);
                if entry.node.get("LDAPSearchSettings").is_none_or(|list| list.items().is_empty()) {
                    let text = "The directory does not say where to search; on the phone it finds nobody.";
                    let fix = "Add LDAPSearchSettings with an LDAPSearchSettingSearchBase.";
                    findings.add(Rule::NoSearchBase, &entry.at("LDAPSearchSettings"), text, fix);
                }
            }
            _ => (),
        }
    }
    same_account(entries, findings);
}

fn without_tls(entry: &Entry<'_>, key: &str, findings: &mut Findings) {
    if entry.flag(key) == Some(false) {
        let text = "The account speaks without TLS: passwords and contacts can be read by anyone in between.";
        findings.add(Rule::NoSsl, &entry.at(key), text, &format!("Set {key} to true, or leave it out."));
    }
}

fn exchange(entry: &Entry<'_>, context: &Context, findings: &mut Findings) {
    services(entry, context, findings);
    sign_in(entry, findings);
    if entry.flag("SSL") != Some(true) {
        let text = "SSL is not on, and left out it is off: tokens, passwords and contacts would travel in clear.";
        findings.add(Rule::NoSsl, &entry.at("SSL"), text, "Set SSL to true.");
    }
    for key in ["UserName", "EmailAddress"] {
        if !context.manual && entry.text(key).is_none_or(str::is_empty) {
            let text = format!(
                "{key} is left out. Installed by hand the device asks for it; MDM cannot ask, and the account fails."
            );
            findings.add(Rule::NoUser, &entry.at(key), text, &format!("Add {key}."));
        }
    }
}

fn services(entry: &Entry<'_>, context: &Context, findings: &mut Findings) {
    let written = |service: &str| entry.flag(&format!("Enable{service}"));
    let on = |service: &str| written(service).unwrap_or(true);
    if let Some(os) = context.os.filter(|os| *os < Version::major(SWITCHES_SINCE)) {
        let oauth = if os < Version::major(12) { " OAuth is unknown too, so it asks for a password." } else { "" };
        let text = format!(
            "iOS {os} does not know the switches of the services: the person gets a full account with mail, calendars, reminders and notes.{oauth}"
        );
        findings.add(Rule::FullAccountOnOldOs, &entry.path, text, "Never send it to devices before iOS 13.");
    }
    if !SERVICES.iter().any(|service| on(service)) {
        let text = "No service is on. Devices refuse such an account (MCEASErrorDomain 21009).";
        findings.add(Rule::NoService, &entry.path, text, "Set EnableContacts to true.");
        return;
    }
    if SERVICES.iter().all(|service| written(service).is_none()) {
        let text = "A full account: mail, calendars, reminders and notes come with the contacts.";
        let fix = "For contacts alone set EnableContacts to true and the other four to false, and lock all five.";
        findings.add(Rule::OtherServices, &entry.path, text, fix);
        return;
    }
    for service in SERVICES {
        let key = format!("Enable{service}");
        if written(service).is_none() {
            let text = format!("{key} is left out and therefore true: {service} is on.");
            let fix = format!("Write {key}, true or false as it is meant.");
            findings.add(Rule::ServiceByDefault, &entry.at(&key), text, &fix);
        } else if on(service) && service != "Contacts" && on("Contacts") {
            let text = format!("{service} comes to the phone with the contacts.");
            let fix = format!("If contacts alone are meant, set {key} to false.");
            findings.add(Rule::OtherServices, &entry.at(&key), text, &fix);
        }
    }
    let contacts_only = SERVICES.iter().all(|service| on(service) == (*service == "Contacts"));
    for service in SERVICES.into_iter().filter(|_| contacts_only) {
        let key = format!("Enable{service}UserOverridable");
        if entry.flag(&key) == Some(false) {
            continue;
        }
        let what = if service == "Contacts" { "switch the contacts off" } else { "switch it on" };
        let text = format!("{service} is not locked: the person can {what}.");
        findings.add(Rule::ServiceUnlocked, &entry.at(&key), text, &format!("Set {key} to false."));
    }
}

fn sign_in(entry: &Entry<'_>, findings: &mut Findings) {
    let oauth = entry.flag("OAuth") == Some(true);
    let has = |key: &str| entry.text(key).is_some_and(|text| !text.is_empty());
    if oauth && has("Password") {
        let text = "OAuth is on and a password stands beside it; Apple forbids both together.";
        findings.add(Rule::PasswordWithOAuth, &entry.at("Password"), text, "Leave the password out.");
    }
    match (has("Host"), oauth, has("OAuthSignInURL")) {
        (false, _, true) => {
            let text = "With a sign-in address the device does not look for the server, and no host is given: the account fails (21003).";
            findings.add(Rule::SignInWithoutHost, &entry.at("Host"), text, "Add Host, the name of the server.");
        }
        (false, false, _) => {
            let text = "No host is given, and without OAuth nothing finds one: the account fails (21003).";
            findings.add(Rule::NoHost, &entry.at("Host"), text, "Add Host, the name of the server.");
        }
        _ => (),
    }
    for key in ["OAuthSignInURL", "OAuthTokenRequestURL"] {
        let Some(url) = entry.text(key).filter(|url| !url.is_empty()) else { continue };
        if !url.starts_with("https://") {
            let text = "People would sign in, and tokens travel, where anyone in between can read it.";
            findings.add(Rule::NotHttps, &entry.at(key), text, "Give an address with https://.");
        }
        if !oauth || !has("OAuthSignInURL") {
            let text = "This address is heeded only beside OAuth true and OAuthSignInURL; as it is, the device signs in elsewhere.";
            findings.add(Rule::TokenWithoutSignIn, &entry.at(key), text, "Set OAuth to true and give both addresses.");
        }
    }
}

/// The second is "not unique" for the device, which compares host and address.
fn same_account(entries: &[Entry<'_>], findings: &mut Findings) {
    let name = |entry: &Entry<'_>| {
        let part = |key: &str| entry.node.get(key).and_then(Node::text).map(str::to_lowercase);
        Some((part("Host")?, part("EmailAddress")?))
    };
    let accounts: Vec<&Entry<'_>> = entries.iter().filter(|entry| entry.kind == EXCHANGE).collect();
    for (place, entry) in accounts.iter().enumerate() {
        let this = name(entry);
        if this.is_some() && accounts.iter().take(place).any(|earlier| name(earlier) == this) {
            let text =
                "Another account in this profile has the same host and address; devices refuse the second (21005).";
            findings.add(Rule::AccountDouble, &entry.path, text, "Keep one of them.");
        }
    }
}
