//! Compliance that waits for the managed profile.

use super::Context;
use crate::{
    export::{Assigned, device_policy::Compliance},
    finding::{Finding, Severity},
    people::{Among, Audience, Unjudged, list_in_words},
    reach::Reach,
};

const REQUIRED: &str = "managedEmailProfileRequired";

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for policy in context.tenant.compliance.iter().filter(|policy| policy.content.email_profile_required) {
        let audience = context.people.assigned(&policy.assignments, Unjudged::May);
        group_mismatch(context, policy, &audience, found);
        manual_account(context, policy, &audience, found);
    }
}

fn group_mismatch(context: &Context<'_>, policy: &Assigned<Compliance>, audience: &Audience, found: &mut Vec<Finding>) {
    // A profile that may reach somebody is no reason to expect that it does.
    let without = audience.zip(&context.rollout.everyone, |demanded, profile| match profile {
        Reach::Does => Reach::No,
        Reach::May | Reach::No => demanded,
    });
    let reach = without.reach();
    if !reach.possible() {
        return;
    }
    let nobody = !context.rollout.everyone.reach().possible();
    let severity = if nobody { Severity::Warning } else { Severity::Error };
    let text = format!(
        "{} must have the managed e-mail profile to comply, but it is not assigned to them: their phones never comply, and whatever demands a compliant device locks them out.",
        context.people.in_words(&without)
    );
    let finding = Finding::new(
        "CMP-GROUP-MISMATCH",
        severity.when(reach),
        text,
        "Assign the compliance policy and the profile to the same groups, with the same exclusions.",
    );
    let finding = finding.showing(&policy.head, REQUIRED, "true");
    found.push(finding.about_all(context.rollout.profiles.iter().map(|profile| &profile.assigned.head)));
}

fn manual_account(context: &Context<'_>, policy: &Assigned<Compliance>, audience: &Audience, found: &mut Vec<Finding>) {
    if policy.content.grace_hours.is_some_and(|hours| hours > 0) {
        return;
    }
    let demanded = audience.and(&context.rollout.everyone);
    let known = context.people.acquaintance(&demanded);
    if !demanded.reach().possible() {
        return;
    }
    let mut names = Vec::new();
    let mut reach = Reach::No;
    let mut heads = Vec::new();
    for device in &context.tenant.mobile_devices {
        let theirs = known.has(&device.owner) >= Among::Perhaps;
        if device.is_apple() && !device.managed && !device.no_active_sync && theirs {
            names.push(device.owner.shown.clone().unwrap_or_else(|| device.head.name.clone()));
            heads.push((&device.head, "DeviceType", device.device_type.clone()));
            reach = Reach::Does;
        }
    }
    // Intune only says that ActiveSync is in use, not by which account.
    if !context.tenant.has_mobile_device_export() {
        for device in context.tenant.devices.iter().filter(|device| device.is_ios() && device.eas_activated) {
            if known.has(&device.owner) >= Among::Perhaps {
                names.push(device.owner.shown.clone().unwrap_or_else(|| device.head.name.clone()));
                heads.push((&device.head, "easActivated", "true".to_owned()));
                reach = reach.or(Reach::May);
            }
        }
    }
    if !reach.possible() {
        return;
    }
    names.sort_unstable();
    names.dedup();
    let text = format!(
        "{} have an Exchange account made by hand. It keeps the managed one off the phone until they remove it, and the policy demands the managed one at once: their phones stop complying and they are locked out.",
        list_in_words(&names)
    );
    // Without its actions in the export, a block may still be put off.
    let severity = if policy.content.grace_hours.is_none() { Severity::Warning } else { Severity::Error };
    let finding = Finding::new(
        "CMP-MANUAL-ACCOUNT",
        severity.when(reach),
        text,
        "Give the policy a grace period (72 hours or more) and ask these people to remove their own account first.",
    );
    let grace = policy.content.grace_hours.map_or_else(|| "not exported".to_owned(), |hours| hours.to_string());
    let finding = finding.showing(&policy.head, REQUIRED, "true").showing(&policy.head, "gracePeriodHours", grace);
    found.push(
        heads.into_iter().fold(finding, |finding, (head, property, value)| finding.showing(head, property, value)),
    );
}
