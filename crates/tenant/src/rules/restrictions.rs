//! The boundary between managed contacts and personal apps.

use super::{Context, outlook_configuration::audience};
use crate::{
    export::{Assigned, device_policy::Restrictions, outlook_configuration::LOCAL_SYNC},
    finding::{Finding, Severity},
    people::{Audience, Unjudged},
};

const MASTER: &str = "documentsBlockManagedDocumentsInUnmanagedApps";
const READ: &str = "contactsAllowUnmanagedToManagedRead";
const WRITE: &str = "contactsAllowManagedToUnmanagedWrite";

type Key = (&'static str, fn(&Restrictions) -> Option<bool>);

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    let master = setting(context, |restrictions| restrictions.master == Some(true));
    read_by_exception(context, &master, found);
    master_off(context, &master, found);
    export_impossible(context, &master, found);
    key_twice(context, found);
}

fn reached(context: &Context<'_>, object: &Assigned<Restrictions>) -> Audience {
    context.people.assigned(&object.assignments, Unjudged::May)
}

fn setting(context: &Context<'_>, wanted: fn(&Restrictions) -> bool) -> Audience {
    let objects = context.tenant.restrictions.iter().filter(|object| wanted(&object.content));
    objects.fold(context.people.nobody(), |audience, object| audience.or(&reached(context, object)))
}

fn read_by_exception(context: &Context<'_>, master: &Audience, found: &mut Vec<Finding>) {
    for object in context.tenant.restrictions.iter().filter(|object| object.content.unmanaged_read == Some(true)) {
        let exposed = reached(context, object).and(&context.rollout.with_contacts).and(master);
        if !exposed.reach().possible() {
            continue;
        }
        let text = format!(
            "Personal apps such as messengers can read the company's contacts on the phones of {}: the exception lets them.",
            context.people.in_words(&exposed)
        );
        let finding = Finding::new(
            "RST-LEAK-READ",
            Severity::Error.when(exposed.reach()),
            text,
            format!("Set {READ} to false once duplicates of an old export are cleaned up."),
        );
        found.push(finding.showing(&object.head, READ, "true"));
    }
}

fn master_off(context: &Context<'_>, master: &Audience, found: &mut Vec<Finding>) {
    let exposed = context.rollout.with_contacts.without(master);
    let reach = exposed.reach();
    if !reach.possible() {
        return;
    }
    let objects = &context.tenant.restrictions;
    let theirs: Vec<&Assigned<Restrictions>> =
        objects.iter().filter(|object| reached(context, object).and(&exposed).reach().possible()).collect();
    let people = context.people.in_words(&exposed);
    // Without any such object in the export the switch may be set where this does not look, in a settings catalogue.
    let severity = if objects.is_empty() { Severity::Warning } else { Severity::Error };
    let text = if theirs.is_empty() {
        format!(
            "No restrictions in the export reach {people}: unless others do, personal apps such as messengers can read the company's contacts on their phones."
        )
    } else {
        format!(
            "Managed open-in is not restricted on the phones of {people}: personal apps such as messengers can read the company's contacts, and the two contact exceptions have no effect."
        )
    };
    let finding = Finding::new(
        "RST-LEAK-READ",
        severity.when(reach),
        text,
        format!(
            "Assign an iosGeneralDeviceConfiguration with {MASTER} true and both contact exceptions false to the groups of the profile."
        ),
    );
    found.push(if theirs.is_empty() {
        let profiles =
            context.rollout.profiles.iter().filter(|profile| profile.audience.and(&exposed).reach().possible());
        finding.about_all(profiles.map(|profile| &profile.assigned.head))
    } else {
        theirs.into_iter().fold(finding, |finding, object| finding.showing(&object.head, MASTER, "false"))
    });
}

fn export_impossible(context: &Context<'_>, master: &Audience, found: &mut Vec<Finding>) {
    let write = setting(context, |restrictions| restrictions.managed_write == Some(true));
    for configuration in &context.tenant.outlook {
        if configuration.content.local_sync != Some(true) || !configuration.content.reaches_enrolled() {
            continue;
        }
        let stuck = audience(context, configuration).and(master).without(&write);
        if !stuck.reach().possible() {
            continue;
        }
        let text = format!(
            "Outlook of {} is told to export contacts, but managed apps may not write to personal contacts on their phones: the export does nothing, without a word.",
            context.people.in_words(&stuck)
        );
        let finding = Finding::new(
            "RST-EXPORT-IMPOSSIBLE",
            context.rollout.severity_of_export(&stuck),
            text,
            format!("Set {WRITE} to true for these people, or turn the export off and give them the managed account."),
        );
        let objects = context.tenant.restrictions.iter().filter(|object| {
            object.content.master == Some(true) && reached(context, object).and(&stuck).reach().possible()
        });
        let finding = finding.showing(&configuration.head, LOCAL_SYNC, "true");
        found.push(objects.fold(finding, |finding, object| {
            finding.showing(&object.head, MASTER, "true").showing(&object.head, WRITE, "false")
        }));
    }
}

/// Apple: the same key in two payloads has unexpected effects.
fn key_twice(context: &Context<'_>, found: &mut Vec<Finding>) {
    let keys: [Key; 3] = [(MASTER, |it| it.master), (READ, |it| it.unmanaged_read), (WRITE, |it| it.managed_write)];
    let objects = &context.tenant.restrictions;
    for (place, one) in objects.iter().enumerate() {
        for two in objects.iter().skip(place + 1) {
            let both = reached(context, one).and(&reached(context, two)).and(&context.rollout.everyone);
            if !both.reach().possible() {
                continue;
            }
            let differing = keys.iter().filter_map(|(name, key)| Some((*name, key(&one.content)?, key(&two.content)?)));
            for (name, first, second) in differing.filter(|(_, first, second)| first != second) {
                let text = format!(
                    "Two objects set the same restriction differently for {}: which of them holds on a phone is not defined.",
                    context.people.in_words(&both)
                );
                let finding = Finding::new(
                    "RST-KEY-TWICE",
                    Severity::Warning.when(both.reach()),
                    text,
                    "Keep the keys about managed contacts in one object and leave them out of all others.",
                );
                found.push(finding.showing(&one.head, name, first.to_string()).showing(
                    &two.head,
                    name,
                    second.to_string(),
                ));
            }
        }
    }
}
