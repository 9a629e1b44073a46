//! "Save Contacts" of Outlook beside a managed account.

use super::Context;
use crate::{
    export::{
        Assigned,
        directory_object::MobileApp,
        outlook_configuration::{
            Apps, Channel, FIELD_PREFIX, LOCAL_SYNC, OUTLOOK_BUNDLE, OutlookConfiguration, USER_CHANGE,
        },
    },
    finding::{Finding, Severity},
    people::{Audience, Unjudged},
    reach::Reach,
};

const LOCK: &str =
    "Set both keys: Contacts.LocalSyncEnabled false and Contacts.LocalSyncEnabled.UserChangeAllowed false.";

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for configuration in &context.tenant.outlook {
        wrong_app(context, configuration, found);
        channel(context, configuration, found);
        user_change(context, configuration, found);
        duplicate(context, configuration, found);
    }
    missing(context, found);
}

/// Whom a configuration reaches.
pub(super) fn audience(context: &Context<'_>, configuration: &Assigned<OutlookConfiguration>) -> Audience {
    let for_outlook = meant_for_outlook(context, &configuration.content.apps);
    context.people.assigned(&configuration.assignments, Unjudged::May).limited(for_outlook)
}

/// Whether an object is meant for Outlook. Ids of apps that are not exported are taken to be Outlook's.
pub(super) fn meant_for_outlook(context: &Context<'_>, apps: &Apps) -> Reach {
    match apps {
        Apps::Any => Reach::Does,
        Apps::Bundles(bundles) => bundles.iter().any(|bundle| bundle.eq_ignore_ascii_case(OUTLOOK_BUNDLE)).into(),
        Apps::Listed(ids) => {
            let of = |id: &String| -> Option<&MobileApp> {
                context
                    .tenant
                    .apps
                    .iter()
                    .find(|app| app.head.id.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(id)))
            };
            ids.iter().any(|id| of(id).is_none_or(|app| app.outlook_for_ios)).into()
        }
    }
}

/// Those of whom Outlook's export is off and stays off on enrolled phones.
fn locked_off(context: &Context<'_>) -> Audience {
    let locks = context.tenant.outlook.iter().filter(|configuration| {
        let OutlookConfiguration { local_sync, user_change, .. } = configuration.content;
        local_sync == Some(false) && user_change == Some(false) && configuration.content.reaches_enrolled()
    });
    locks.fold(context.people.nobody(), |locked, configuration| locked.or(&audience(context, configuration)))
}

fn wrong_app(context: &Context<'_>, configuration: &Assigned<OutlookConfiguration>, found: &mut Vec<Finding>) {
    let assigned = context.people.assigned(&configuration.assignments, Unjudged::May);
    let touched = assigned.and(&context.rollout.everyone);
    if meant_for_outlook(context, &configuration.content.apps).possible() || !touched.reach().possible() {
        return;
    }
    let (property, value) = match &configuration.content.apps {
        Apps::Bundles(bundles) => ("apps", bundles),
        Apps::Listed(ids) => ("targetedMobileApps", ids),
        Apps::Any => return,
    };
    let text = format!(
        "The keys are Outlook's, but the configuration is for another app: Outlook of {} never sees them.",
        context.people.in_words(&touched)
    );
    let fix = format!("Aim the configuration at Outlook for iOS ({OUTLOOK_BUNDLE}).");
    let value = value.iter().cloned().collect::<Vec<_>>().join(", ");
    found.push(Finding::new("ACP-WRONG-APP", Severity::Warning, text, fix).showing(
        &configuration.head,
        property,
        value,
    ));
}

fn channel(context: &Context<'_>, configuration: &Assigned<OutlookConfiguration>, found: &mut Vec<Finding>) {
    let keys = &configuration.content;
    let reached = audience(context, configuration);
    match &keys.channel {
        Channel::ManagedDevices => {
            let held_back: Vec<&str> = keys.fields.keys().map(String::as_str).collect();
            if held_back.is_empty() || !reached.reach().possible() {
                return;
            }
            let exports = keys.local_sync == Some(true);
            let severity = if exports && keys.fields.values().any(|allowed| !allowed) {
                context.rollout.severity_of_export(&reached)
            } else {
                Severity::Warning.when(reached.reach())
            };
            let text = format!(
                "Which fields are exported can be limited through the channel of managed apps only; here the limits have no effect, and what {} export has every field.",
                context.people.in_words(&reached)
            );
            let fix = "Move the ContactSync keys into an app configuration for managed apps (targetedManagedAppConfiguration).";
            let finding = Finding::new("ACP-CHANNEL-MISMATCH", severity, text, fix);
            found.push(finding.showing(&configuration.head, &format!("{FIELD_PREFIX}*Allowed"), held_back.join(", ")));
        }
        Channel::ManagedApps(levels) => {
            let open = reached.and(&context.rollout.with_contacts).without(&locked_off(context));
            if levels.enrolled() || keys.local_sync != Some(false) || !open.reach().possible() {
                return;
            }
            let text = format!(
                "It turns Outlook's export off on phones without device management only. The phones of {} are enrolled for the managed account, so there the export stays as it was and contacts appear twice.",
                context.people.in_words(&open)
            );
            let fix = "Let it reach managed phones as well (targetedAppManagementLevels mdm), or use the channel of managed devices.";
            let finding = Finding::new("ACP-CHANNEL-MISMATCH", Severity::Error.when(open.reach()), text, fix);
            found.push(finding.showing(&configuration.head, "targetedAppManagementLevels", "unmanaged"));
        }
    }
}

fn user_change(context: &Context<'_>, configuration: &Assigned<OutlookConfiguration>, found: &mut Vec<Finding>) {
    let keys = &configuration.content;
    if keys.local_sync != Some(false) || keys.user_change == Some(false) || !keys.reaches_enrolled() {
        return;
    }
    let reached = audience(context, configuration).and(&context.rollout.with_contacts);
    let open = reached.without(&locked_off(context));
    if !open.reach().possible() {
        return;
    }
    let text = format!(
        "Outlook's export is off by default only: whoever of {} has turned it on keeps it, and has every contact twice once the managed account syncs.",
        context.people.in_words(&open)
    );
    let finding = Finding::new("ACP-USERCHANGE", Severity::Error.when(open.reach()), text, LOCK);
    let said = keys.user_change.map_or("not set, which is true", |_| "true");
    found.push(finding.showing(&configuration.head, LOCAL_SYNC, "false").showing(
        &configuration.head,
        USER_CHANGE,
        said,
    ));
}

fn duplicate(context: &Context<'_>, configuration: &Assigned<OutlookConfiguration>, found: &mut Vec<Finding>) {
    let keys = &configuration.content;
    if keys.local_sync != Some(true) || !keys.reaches_enrolled() {
        return;
    }
    let both = audience(context, configuration).and(&context.rollout.with_contacts);
    if !both.reach().possible() {
        return;
    }
    let text = format!(
        "Outlook exports the contacts of {} to phones that also get them through the managed account: every contact appears twice, and the exported copy is open to personal apps.",
        context.people.in_words(&both)
    );
    let finding = Finding::new(
        "ACP-EAS-DUPLICATE",
        Severity::Error.when(both.reach()),
        text,
        format!("Exclude these people from the export, or turn it off for them. {LOCK}"),
    );
    let finding = finding.showing(&configuration.head, LOCAL_SYNC, "true");
    let profiles = context.rollout.profiles.iter().filter(|profile| profile.audience.and(&both).reach().possible());
    found.push(finding.about_all(profiles.map(|profile| &profile.assigned.head)));
}

fn missing(context: &Context<'_>, found: &mut Vec<Finding>) {
    let reached = context
        .tenant
        .outlook
        .iter()
        .filter(|configuration| configuration.content.reaches_enrolled() && configuration.content.local_sync.is_some())
        .fold(context.people.nobody(), |reached, configuration| reached.or(&audience(context, configuration)));
    let left = context.rollout.with_contacts.without(&reached);
    if !left.reach().possible() {
        return;
    }
    let text = format!(
        "{} get the managed account, but no configuration that turns Outlook's export off: whoever turns it on has every contact twice.",
        context.people.in_words(&left)
    );
    let fix = format!("Assign Outlook's configuration to the same groups as the profile. {LOCK}");
    let profiles = context.rollout.profiles.iter().filter(|profile| profile.audience.and(&left).reach().possible());
    let finding = Finding::new("ACP-MISSING", Severity::Warning.when(left.reach()), text, fix);
    found.push(finding.about_all(profiles.map(|profile| &profile.assigned.head)));
}
