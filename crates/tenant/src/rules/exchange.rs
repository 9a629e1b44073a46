//! Exchange's own locks: device access rules, mailbox settings, the protocol's version. They concern accounts at Exchange
//! only.

use std::collections::HashMap;

use access::version::Version;

use super::Context;
use crate::{
    export::{
        directory_object::Identity,
        exchange::{AccessLevel, ActiveSyncSettings, CasMailbox, Characteristic, DeviceAccessRule, MobileDevice},
    },
    finding::{Finding, Severity},
    people::{Acquaintance, Among, Audience, list_in_words},
    reach::Reach,
};

const ALLOW: &str = "New-ActiveSyncDeviceAccessRule -Characteristic DeviceType -QueryString iPhone -AccessLevel Allow, and the same for iPad.";

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    if !context.rollout.exchange.reach().possible() {
        return;
    }
    let unexempted = context.rollout.exchange.without(&exempted(context));
    default_block(context, &unexempted, found);
    for rule in context.tenant.access_rules.iter().filter(|rule| rule.level != AccessLevel::Allow) {
        iphone_block(context, rule, &unexempted, found);
    }
    let rollout = context.people.acquaintance(&context.rollout.exchange);
    mailboxes_off(context, &rollout, found);
    devices_blocked(context, found);
    devices_held(context, &rollout, found);
    old_clients(context, &rollout, found);
}

/// Those whose mailbox lets their phone in whatever the rules say.
fn exempted(context: &Context<'_>) -> Audience {
    let with_exemptions = context.tenant.mailboxes.iter().filter(|mailbox| !mailbox.allowed.is_empty());
    let of: HashMap<usize, &CasMailbox> =
        with_exemptions.filter_map(|mailbox| Some((context.people.find(&mailbox.owner)?, mailbox))).collect();
    context.people.each(|person| {
        let Some(mailbox) = of.get(&person) else { return Reach::No };
        let phones: Vec<String> = context
            .people
            .ios_devices(person)
            .filter_map(|device| device.eas_device_id.as_ref().map(|id| id.to_lowercase()))
            .collect();
        // Without the phones' ids in the export, the devices allowed are taken to be them.
        phones.iter().all(|phone| mailbox.allowed.contains(phone)).into()
    })
}

/// Which of Apple's device types the people of an audience have; `None`: not known.
fn have(context: &Context<'_>, audience: &Audience, ipad: bool) -> Option<bool> {
    let mut known = true;
    for (person, _) in audience.people() {
        let mut devices = context.people.ios_devices(person).peekable();
        known &= devices.peek().is_some();
        for device in devices {
            match device.is_ipad() {
                Some(is) if is == ipad => return Some(true),
                Some(_) => {}
                None => known = false,
            }
        }
    }
    known.then_some(false)
}

fn default_block(context: &Context<'_>, audience: &Audience, found: &mut Vec<Finding>) {
    let reach = audience.reach();
    let Some(settings) = context.tenant.active_sync.iter().find(|it| it.default_level != AccessLevel::Allow) else {
        return;
    };
    if !reach.possible() {
        return;
    }
    let allowed = |kind: &str| {
        context.tenant.access_rules.iter().any(|rule| {
            rule.level == AccessLevel::Allow
                && rule.characteristic == Characteristic::DeviceType
                && rule.query.eq_ignore_ascii_case(kind)
        })
    };
    let missing: Vec<(&str, Option<bool>)> = [("iPhone", false), ("iPad", true)]
        .into_iter()
        .filter(|(kind, _)| !allowed(kind))
        .map(|(kind, ipad)| (kind, have(context, audience, ipad)))
        .collect();
    let severity = match missing.as_slice() {
        [] | [(_, Some(false))] => return,
        // Nobody is known to have one: worth a word of its own.
        [("iPad", None)] => return ipads(context, settings, audience, found),
        _ => Severity::Error,
    };
    let kinds: Vec<String> = missing.iter().map(|(kind, _)| format!("{kind}s")).collect();
    let word = settings.default_level.word();
    let text = format!(
        "Exchange's answer to devices that no rule names is {word}, and no rule lets {} in: the managed account of {} gets nothing.",
        list_in_words(&kinds),
        context.people.in_words(audience)
    );
    let finding = Finding::new("ABQ-DEFAULT-BLOCK", severity.when(reach), text, ALLOW);
    let finding = finding.showing(&settings.head, "DefaultAccessLevel", word);
    found.push(finding.about_all(profiles(context)));
}

fn ipads(context: &Context<'_>, settings: &ActiveSyncSettings, audience: &Audience, found: &mut Vec<Finding>) {
    let text = format!(
        "iPhones are let in and iPads are not; whoever of {} adds one gets nothing on it.",
        context.people.in_words(audience)
    );
    let finding = Finding::new("ABQ-IPAD-MISSING", Severity::Warning.when(audience.reach()), text, ALLOW);
    found.push(finding.showing(&settings.head, "DefaultAccessLevel", settings.default_level.word()));
}

fn profiles<'a>(context: &'a Context<'_>) -> impl Iterator<Item = &'a crate::export::assignment::Head> {
    let exchange = super::rollout::Server::Exchange;
    let theirs = context.rollout.profiles.iter().filter(move |profile| profile.server == exchange);
    theirs.filter(|profile| profile.audience.reach().possible()).map(|profile| &profile.assigned.head)
}

fn iphone_block(context: &Context<'_>, rule: &DeviceAccessRule, audience: &Audience, found: &mut Vec<Finding>) {
    let query = rule.query.to_ascii_lowercase();
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| query.starts_with(prefix));
    let severity = match rule.characteristic {
        Characteristic::DeviceType => match query.as_str() {
            "iphone" if have(context, audience, false) != Some(false) => Severity::Error,
            "ipad" if have(context, audience, true) != Some(false) => Severity::Error,
            "iphone" | "ipad" | "ipod" => Severity::Info,
            _ => return,
        },
        // Rules match exactly: these hit one model or one version.
        Characteristic::DeviceModel if starts(&["iphone", "ipad"]) => Severity::Warning,
        Characteristic::DeviceOs if starts(&["ios", "iphone os", "ipados"]) => Severity::Warning,
        Characteristic::UserAgent if starts(&["apple-iphone", "apple-ipad", "apple-ipod"]) => Severity::Warning,
        _ => return,
    };
    let reach = audience.reach();
    if !reach.possible() {
        return;
    }
    let word = rule.level.word();
    let text = format!(
        "A rule of Exchange answers {word} to \"{}\": the managed account of {} gets nothing on such a device. A rule that allows it does not help, since this one is asked first.",
        rule.query,
        context.people.in_words(audience)
    );
    let fix =
        "Remove the rule (Remove-ActiveSyncDeviceAccessRule) and let Conditional Access decide which devices get in.";
    let finding = Finding::new("ABQ-IPHONE-BLOCK", severity.when(reach), text, fix);
    let finding =
        finding.showing(&rule.head, "QueryString", rule.query.clone()).showing(&rule.head, "AccessLevel", word);
    found.push(finding.about_all(profiles(context)));
}

/// How bad it is for somebody whom Exchange names. Where the export does not tell whether they are in the rollout, they are:
/// what concerns a mailbox is never missed. Who is known by another kind of name altogether is worth a warning.
fn severity_for(rollout: &Acquaintance<'_>, owner: &Identity) -> Option<Severity> {
    match rollout.has(owner) {
        Among::Yes | Among::Perhaps => Some(Severity::Error),
        Among::Hardly => Some(Severity::Warning),
        Among::No => None,
    }
}

fn mailboxes_off(context: &Context<'_>, rollout: &Acquaintance<'_>, found: &mut Vec<Finding>) {
    let off = context.tenant.mailboxes.iter().filter(|mailbox| mailbox.active_sync == Some(false));
    for wanted in [Severity::Error, Severity::Warning] {
        let mailboxes: Vec<_> =
            off.clone().filter(|mailbox| severity_for(rollout, &mailbox.owner) == Some(wanted)).collect();
        if mailboxes.is_empty() {
            continue;
        }
        let names: Vec<String> = mailboxes.iter().map(|mailbox| mailbox.head.name.clone()).collect();
        let text = format!(
            "ActiveSync is off for {}: the profile is installed and the account fails, without a word on the phone.",
            list_in_words(&names)
        );
        let fix = "Set-CASMailbox -Identity <mailbox> -ActiveSyncEnabled $true";
        let finding = Finding::new("CAS-EAS-DISABLED", wanted, text, fix);
        let shown =
            |finding: Finding, mailbox: &&CasMailbox| finding.showing(&mailbox.head, "ActiveSyncEnabled", "False");
        found.push(mailboxes.iter().fold(finding, shown));
    }
}

/// A mailbox that blocks the very phone of its owner.
fn devices_blocked(context: &Context<'_>, found: &mut Vec<Finding>) {
    for mailbox in context.tenant.mailboxes.iter().filter(|mailbox| !mailbox.blocked.is_empty()) {
        let Some(person) = context.people.find(&mailbox.owner) else { continue };
        let reach = context.rollout.exchange[person];
        let phones = context.people.ios_devices(person).filter(|device| {
            device.eas_device_id.as_ref().is_some_and(|id| mailbox.blocked.contains(&id.to_lowercase()))
        });
        for phone in phones.filter(|_| reach.possible()) {
            let text = format!(
                "The mailbox of {} blocks the phone \"{}\": the managed account on it gets nothing.",
                mailbox.head.name, phone.head.name
            );
            let fix = "Set-CASMailbox -Identity <mailbox> -ActiveSyncBlockedDeviceIDs @{remove='<id>'}";
            let finding = Finding::new("CAS-DEVICE-BLOCKED", Severity::Error.when(reach), text, fix);
            let id = phone.eas_device_id.clone().unwrap_or_default();
            found.push(finding.showing(&mailbox.head, "ActiveSyncBlockedDeviceIDs", id).about(&phone.head));
        }
    }
}

fn devices_held(context: &Context<'_>, rollout: &Acquaintance<'_>, found: &mut Vec<Finding>) {
    let held: Vec<&MobileDevice> = context
        .tenant
        .mobile_devices
        .iter()
        .filter(|device| {
            let state = device.access_state.as_deref().unwrap_or_default();
            device.is_apple()
                && matches!(state, "blocked" | "quarantined")
                && rollout.has(&device.owner) >= Among::Perhaps
        })
        .collect();
    if held.is_empty() {
        return;
    }
    let names: Vec<String> = held.iter().map(|device| told(device)).collect();
    let text = format!(
        "Exchange blocks or quarantines {}; the managed account on the same phone would be held back as well.",
        list_in_words(&names)
    );
    let fix =
        "Look up why (Get-MobileDevice, DeviceAccessStateReason) and release the phone before the profile is sent.";
    let finding = Finding::new("ABQ-DEVICE-HELD", Severity::Warning, text, fix);
    found.push(held.iter().fold(finding, |finding, device| {
        finding.showing(&device.head, "DeviceAccessState", device.access_state.clone().unwrap_or_default())
    }));
}

fn told(device: &MobileDevice) -> String {
    match &device.owner.shown {
        Some(owner) if *owner != device.head.name => format!("\"{}\" of {owner}", device.head.name),
        _ => format!("\"{}\"", device.head.name),
    }
}

/// Clients below 16.1, which Exchange Online has refused since 1 March 2026. Outlook does not speak ActiveSync.
fn old_clients(context: &Context<'_>, rollout: &Acquaintance<'_>, found: &mut Vec<Finding>) {
    let first = Version::parse("16.1").unwrap_or_default();
    for wanted in [Severity::Error, Severity::Warning] {
        let mut old: Vec<(&MobileDevice, Version)> = Vec::new();
        for device in context.tenant.mobile_devices.iter().filter(|device| !device.outlook && !device.no_active_sync) {
            let below = device.client_version.filter(|version| *version < first);
            let theirs = below.filter(|_| severity_for(rollout, &device.owner) == Some(wanted));
            old.extend(theirs.map(|version| (device, version)));
        }
        if old.is_empty() {
            continue;
        }
        let names: Vec<String> = old.iter().map(|(device, version)| format!("{} ({version})", told(device))).collect();
        let text = format!(
            "Exchange Online takes ActiveSync 16.1 only, and these speak less: {}. They get nothing any more.",
            list_in_words(&names)
        );
        let fix = "Update or replace these clients; iPhones speak 16.1 since iOS 10.";
        let finding = Finding::new("EAS-VERSION-161", wanted, text, fix);
        found.push(old.iter().fold(finding, |finding, (device, version)| {
            finding.showing(&device.head, "ClientVersion", version.to_string())
        }));
    }
}
