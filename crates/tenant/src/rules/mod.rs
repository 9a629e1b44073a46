//! The rules: one file per family. Every rule has its line in [`RULES`] and its section in `docs/checks.md`.
//!
//! To add one: its line, its section, its function in a family's file, a tenant that it finds and one that it lets pass in
//! `tests/`.

mod app_protection;
mod compliance;
mod conditional_access;
mod consent;
mod email_profile;
mod exchange;
mod export;
mod os_version;
mod outlook_configuration;
mod restrictions;
mod rollout;

use crate::{
    Options,
    export::Tenant,
    finding::{Finding, Severity},
    people::People,
};

use self::rollout::Rollout;

/// A rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its id.
    pub id: &'static str,
    /// The worst that it finds.
    pub severity: Severity,
    /// What it finds.
    pub summary: &'static str,
}

const fn rule(id: &'static str, severity: Severity, summary: &'static str) -> Rule {
    Rule { id, severity, summary }
}

use Severity::{Error, Info, Warning};

/// All rules, by id.
pub const RULES: [Rule; 43] = [
    rule(
        "ABQ-DEFAULT-BLOCK",
        Error,
        "Exchange blocks or quarantines devices by default and no rule lets iPhones and iPads in",
    ),
    rule("ABQ-DEVICE-HELD", Warning, "Exchange holds back a phone of the rollout"),
    rule("ABQ-IPAD-MISSING", Warning, "Exchange lets iPhones in, but not iPads"),
    rule("ABQ-IPHONE-BLOCK", Error, "A device access rule blocks or quarantines iPhones or iPads"),
    rule(
        "ACP-CHANNEL-MISMATCH",
        Error,
        "Outlook keys about contacts in a channel where they do not reach these phones",
    ),
    rule("ACP-EAS-DUPLICATE", Error, "Outlook exports contacts to phones that also get the managed account"),
    rule(
        "ACP-MISSING",
        Warning,
        "People get the managed account, but no configuration that turns Outlook's export off",
    ),
    rule("ACP-USERCHANGE", Error, "Outlook's export is off, but people may turn it on or leave it on"),
    rule("ACP-WRONG-APP", Warning, "Outlook keys about contacts in a configuration of another app"),
    rule(
        "APP-BLOCKS-ADDINS",
        Info,
        "App protection blocks native sync, and add-ins with it, though nothing is exported",
    ),
    rule("APP-BLOCKS-EXPORT", Error, "Outlook is to export contacts and app protection forbids it"),
    rule("CA-ALL-APPS-OVERLAP", Error, "A policy over all cloud apps demands an approved or protected app"),
    rule("CA-APP-AND", Error, "An approved or protected app is demanded together with something else"),
    rule("CA-APPROVED-APP", Error, "The native sign-in meets a demand for an approved or protected app"),
    rule("CA-APPROVED-RETIRED", Warning, "The only demand of a policy is one that has been retired"),
    rule("CA-BLOCKS-NATIVE", Error, "A policy that no phone can satisfy meets the native sign-in"),
    rule("CA-EAS-MULTIAPP", Error, "An Exchange ActiveSync policy names several apps"),
    rule("CA-NO-SSO-EXT", Error, "A compliant device is demanded and the sign-in plug-in that proves it is missing"),
    rule("CAS-DEVICE-BLOCKED", Error, "A mailbox blocks the phone of its owner"),
    rule("CAS-EAS-DISABLED", Error, "ActiveSync is off for a mailbox of the rollout"),
    rule("CMP-GROUP-MISMATCH", Error, "People must have the managed profile to comply, but do not get it"),
    rule(
        "CMP-MANUAL-ACCOUNT",
        Error,
        "The managed profile is demanded at once where accounts made by hand stand in its way",
    ),
    rule("CONSENT-MISSING", Error, "Apple's app may not sign in to Exchange for people of the rollout"),
    rule("EAS-BETA-ONLY", Info, "An object or property that only Graph's beta has"),
    rule("EAS-NO-OAUTH", Error, "The account signs in with a password"),
    rule("EAS-NO-SSL", Warning, "The account's connection is not encrypted"),
    rule("EAS-NOT-CONTACTS-ONLY", Error, "The account syncs something else than contacts, or not contacts"),
    rule("EAS-OVERRIDE-ON", Error, "People may change what the account syncs"),
    rule("EAS-REPROMPT", Warning, "Mending an assigned profile makes people sign in again"),
    rule("EAS-TWO-PROFILES", Error, "People get two managed accounts"),
    rule("EAS-VERSION-161", Error, "A client speaks an older ActiveSync than Exchange Online takes"),
    rule("EXPORT-EMPTY", Info, "A file without content"),
    rule("EXPORT-NOT-JSON", Error, "A file that is no JSON"),
    rule("EXPORT-UNASSIGNED", Info, "A policy whose assignments are not in the export"),
    rule("EXPORT-UNREADABLE-PAYLOAD", Warning, "A custom configuration whose profile cannot be looked into"),
    rule("EXPORT-UNRECOGNISED", Info, "Objects of a kind that is not judged"),
    rule("FILTER-UNJUDGED", Info, "An assignment filter whose effect is not known"),
    rule("GROUP-NOT-EXPORTED", Info, "A group whose members are not in the export"),
    rule("OS-BELOW-13", Error, "A device below iOS 13 would get the profile"),
    rule("ROLLOUT-EMPTY", Info, "Nobody is assigned a managed account"),
    rule("RST-EXPORT-IMPOSSIBLE", Error, "Outlook is to export contacts and the restrictions forbid it"),
    rule("RST-KEY-TWICE", Warning, "Two objects set the same restriction differently for the same people"),
    rule("RST-LEAK-READ", Error, "Personal apps can read managed contacts"),
];

/// The rule of an id.
#[must_use]
pub fn rule_of(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

/// What every rule looks at.
pub(crate) struct Context<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) people: &'a People<'a>,
    pub(crate) options: &'a Options,
    pub(crate) rollout: Rollout<'a>,
}

/// Everything that the rules find, in no order.
pub(crate) fn findings(tenant: &Tenant, options: &Options) -> Vec<Finding> {
    let people = People::of(tenant);
    let rollout = Rollout::of(tenant, &people, options);
    let context = Context { tenant, people: &people, options, rollout };
    let families: [fn(&Context<'_>, &mut Vec<Finding>); 10] = [
        export::check,
        email_profile::check,
        os_version::check,
        outlook_configuration::check,
        app_protection::check,
        conditional_access::check,
        compliance::check,
        restrictions::check,
        exchange::check,
        consent::check,
    ];
    let mut found = Vec::new();
    for family in families {
        family(&context, &mut found);
    }
    found
}
