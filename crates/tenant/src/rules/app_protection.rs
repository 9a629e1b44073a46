//! App protection against Outlook's export.

use super::{
    Context,
    outlook_configuration::{audience, meant_for_outlook},
};
use crate::{
    export::device_policy::AppProtection,
    export::outlook_configuration::{Channel, LOCAL_SYNC, OutlookConfiguration},
    finding::{Finding, Severity},
    people::Unjudged,
};

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for protection in context.tenant.protections.iter().filter(|protection| protection.content.contact_sync_blocked) {
        let for_outlook = meant_for_outlook(context, &protection.content.apps);
        let blocked = context.people.assigned(&protection.assignments, Unjudged::May).limited(for_outlook);
        let mut exports = false;
        for configuration in &context.tenant.outlook {
            if configuration.content.local_sync != Some(true) || !meet(&configuration.content, &protection.content) {
                continue;
            }
            let both = audience(context, configuration).and(&blocked);
            if !both.reach().possible() {
                continue;
            }
            exports = true;
            let text = format!(
                "Outlook of {} is told to export contacts and app protection forbids it: nothing is exported, without a word on the phone.",
                context.people.in_words(&both)
            );
            let finding = Finding::new(
                "APP-BLOCKS-EXPORT",
                context.rollout.severity_of_export(&both),
                text,
                "Set contactSyncBlocked to false for these people (\"Sync policy managed app data with native apps or add-ins\": Allow), or turn the export off.",
            );
            found.push(finding.showing(&protection.head, "contactSyncBlocked", "true").showing(
                &configuration.head,
                LOCAL_SYNC,
                "true",
            ));
        }
        let touched = blocked.and(&context.rollout.everyone);
        if !exports && touched.reach().possible() {
            let text = format!(
                "App protection of {} blocks native sync. Nothing is exported anyway, but calendars, widgets and add-ins of Outlook are gone as well.",
                context.people.in_words(&touched)
            );
            let fix = "Set contactSyncBlocked to false: the app configuration keeps the export off.";
            found.push(Finding::new("APP-BLOCKS-ADDINS", Severity::Info, text, fix).showing(
                &protection.head,
                "contactSyncBlocked",
                "true",
            ));
        }
    }
}

/// Whether both are about the same phones: with, or without device management.
fn meet(configuration: &OutlookConfiguration, protection: &AppProtection) -> bool {
    match &configuration.channel {
        Channel::ManagedDevices => protection.levels.enrolled(),
        Channel::ManagedApps(levels) => {
            (levels.enrolled() && protection.levels.enrolled())
                || (levels.unenrolled() && protection.levels.unenrolled())
        }
    }
}
