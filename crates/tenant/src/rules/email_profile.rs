//! The managed account itself: what it syncs, who may change that, how it signs in.

use super::{
    Context,
    rollout::{Profile, Server},
};
use crate::{
    export::{
        AccountSource,
        assignment::Head,
        email_profile::{EasAccount, Service},
    },
    finding::{Finding, Severity},
};

/// In what words an export names what an account says.
struct Words {
    services: &'static str,
    overrides: &'static str,
    oauth: &'static str,
    ssl: &'static str,
}

const EMAIL_PROFILE: Words = Words {
    services: "easServices",
    overrides: "easServicesUserOverrideEnabled",
    oauth: "useOAuth",
    ssl: "requireSsl",
};
const PAYLOAD: Words = Words { services: "Enable*", overrides: "Enable*UserOverridable", oauth: "OAuth", ssl: "SSL" };

fn words(profile: &Profile<'_>) -> &'static Words {
    match profile.source {
        AccountSource::EmailProfile => &EMAIL_PROFILE,
        AccountSource::CustomConfiguration => &PAYLOAD,
    }
}

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for beta in &context.tenant.beta {
        let head = &beta.head;
        let what = if beta.whole_type { "The type of this object" } else { "Some of what this object sets" };
        let finding = Finding::new(
            "EAS-BETA-ONLY",
            Severity::Info,
            format!(
                "{what} exists only in Graph's beta: scripts that use v1.0 neither see nor keep it, and Microsoft may change it."
            ),
            "Read and write this object through https://graph.microsoft.com/beta.",
        );
        let properties = beta.properties.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>().join(", ");
        found.push(if properties.is_empty() { finding.about(head) } else { finding.showing(head, "beta", properties) });
    }
    for profile in &context.rollout.profiles {
        if profile.audience.reach().possible() {
            one(context, profile, found);
        }
    }
    two_profiles(context, found);
}

fn one(context: &Context<'_>, profile: &Profile<'_>, found: &mut Vec<Finding>) {
    let account = &profile.assigned.content;
    let head = &profile.assigned.head;
    let reach = profile.audience.reach();
    let people = context.people.in_words(&profile.audience);
    let names = words(profile);
    let before = found.len();
    let contacts_only = account.services.iter().eq([&Service::Contacts]);
    if !contacts_only {
        let text = if account.services.is_empty() {
            format!("The account has no service switched on: phones refuse the profile, and {people} get no contacts.")
        } else if account.services.contains(&Service::Contacts) {
            let others = account.services.iter().filter(|service| **service != Service::Contacts);
            let others: Vec<&str> = others.map(|service| service.graph_name()).collect();
            format!(
                "Besides contacts the account syncs {}: it would appear in Apple's own apps of {people}.",
                others.join(", ")
            )
        } else {
            format!("The account of {people} does not sync contacts, but {}.", account.services_in_words())
        };
        let fix = "Let the profile sync contacts only (easServices \"contacts\"; in a payload EnableContacts true, the other four Enable keys false).";
        let finding = Finding::new("EAS-NOT-CONTACTS-ONLY", Severity::Error.when(reach), text, fix);
        found.push(finding.showing(head, names.services, account.services_in_words()));
    }
    if !account.user_may_change.is_empty() {
        let text =
            format!("{people} may change in Settings what the account syncs: mail and calendars on, or contacts off.");
        let fix = "Set easServicesUserOverrideEnabled to false; in a payload all five Enable...UserOverridable keys.";
        let finding = Finding::new("EAS-OVERRIDE-ON", Severity::Error.when(reach), text, fix);
        found.push(finding.showing(head, names.overrides, "true"));
    }
    no_oauth(context, profile, found);
    let disruptive = found.len() > before;
    if !account.ssl {
        let text = format!(
            "The connection of the account of {people} is not encrypted; a server that insists on it refuses the account."
        );
        let finding = Finding::new(
            "EAS-NO-SSL",
            Severity::Warning.when(reach),
            text,
            "Set requireSsl (in a payload: SSL) to true.",
        );
        found.push(finding.showing(head, names.ssl, "false"));
    }
    if disruptive {
        let text = format!(
            "Mending this profile changes what it syncs or how it signs in, so a new one is pushed: {people} are asked to sign in again, and get no contacts until they do."
        );
        let fix = "Mend it before more people get it, tell them beforehand, and change everything in one go.";
        found.push(Finding::new("EAS-REPROMPT", Severity::Warning.when(reach), text, fix).about(head));
    }
}

fn no_oauth(context: &Context<'_>, profile: &Profile<'_>, found: &mut Vec<Finding>) {
    let EasAccount { oauth, certificate, .. } = profile.assigned.content;
    if oauth || certificate {
        return;
    }
    let people = context.people.in_words(&profile.audience);
    let (severity, text) = match profile.server {
        Server::Exchange => (
            Severity::Error,
            format!(
                "The account asks for a password, and Exchange Online takes none any more: {people} cannot sign in."
            ),
        ),
        Server::Hub => (
            Severity::Warning,
            format!(
                "The account asks for a password: {people} type it into Settings, it is kept on the phone, and second factors are not asked."
            ),
        ),
    };
    let finding = Finding::new(
        "EAS-NO-OAUTH",
        severity.when(profile.audience.reach()),
        text,
        "Set useOAuth (in a payload: OAuth) to true, or give the profile a certificate.",
    );
    found.push(finding.showing(&profile.assigned.head, words(profile).oauth, "false"));
}

/// An object may stand in a list and in a file of its own; two accounts of one profile stand in the same file.
fn same_object(one: &Head, two: &Head) -> bool {
    one.id.is_some() && one.id == two.id && one.file != two.file
}

fn two_profiles(context: &Context<'_>, found: &mut Vec<Finding>) {
    let profiles = &context.rollout.profiles;
    for (place, one) in profiles.iter().enumerate() {
        for two in profiles.iter().skip(place + 1) {
            if same_object(&one.assigned.head, &two.assigned.head) {
                continue;
            }
            let both = one.audience.and(&two.audience);
            let reach = both.reach();
            if !reach.possible() {
                continue;
            }
            let (first, second) = (&one.assigned.content, &two.assigned.content);
            let host = |account: &EasAccount| account.host.clone().unwrap_or_default().to_ascii_lowercase();
            let contacts = [first, second].iter().all(|account| account.services.contains(&Service::Contacts));
            let people = context.people.in_words(&both);
            let (severity, text) = match host(first) == host(second) {
                true => (
                    Severity::Warning,
                    format!(
                        "{people} get two accounts at the same server; a phone refuses the second one, and which that is nobody knows."
                    ),
                ),
                false if contacts => (
                    Severity::Error,
                    format!(
                        "{people} get contacts from two accounts: everybody who is in both address books appears twice."
                    ),
                ),
                false => continue,
            };
            let finding = Finding::new(
                "EAS-TWO-PROFILES",
                severity.when(reach),
                text,
                "Exclude the people of one profile from the other; removing an account and adding one asks people to sign in again.",
            );
            found.push(finding.showing(&one.assigned.head, "host", host(first)).showing(
                &two.assigned.head,
                "host",
                host(second),
            ));
        }
    }
}
