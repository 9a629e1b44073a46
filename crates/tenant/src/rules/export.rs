//! The export itself: nothing in it is passed over without a word.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use crate::{
    export::{
        Note,
        assignment::{Head, Target},
    },
    finding::{Finding, Severity},
    reach::Reach,
};

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    notes(context, found);
    filters(context, found);
    groups(context, found);
    if !context.rollout.everyone.reach().possible() {
        found.push(Finding::new(
            "ROLLOUT-EMPTY",
            Severity::Info,
            "No managed account is assigned to anybody in this export, so there is nobody whom the other policies could harm.".into(),
            "Export the e-mail profile, or the custom configuration with it, together with its assignments ($expand=assignments).",
        ));
    }
}

fn notes(context: &Context<'_>, found: &mut Vec<Finding>) {
    let mut unrecognised: BTreeMap<Option<&str>, Vec<&Head>> = BTreeMap::new();
    for note in &context.tenant.notes {
        match note {
            Note::NotJson { file, reason } => {
                // A policy that cannot be read may be the one that locks everybody out; a text beside it cannot.
                let export = file.to_ascii_lowercase().ends_with(".json");
                let severity = if export { Severity::Error } else { Severity::Info };
                found.push(file_finding(
                    "EXPORT-NOT-JSON",
                    severity,
                    file,
                    format!("\"{file}\" is not JSON ({reason}); what it holds was not checked."),
                    "Export it again as JSON, or take it out of the folder.",
                ));
            }
            Note::Empty { file } => found.push(file_finding(
                "EXPORT-EMPTY",
                Severity::Info,
                file,
                format!("\"{file}\" has no content; it is taken as an empty list."),
                "Nothing, if the command that wrote it found nothing.",
            )),
            Note::Unrecognised { head, kind } => unrecognised.entry(kind.as_deref()).or_default().push(head),
            Note::PayloadUnreadable { head, reason } => {
                let text = format!(
                    "The profile in \"{}\" was not looked into: {reason}. Accounts and restrictions in it are not checked.",
                    head.name
                );
                let fix = "Export the object by its id (a list leaves the payload out), or check the profile by itself: bothways fleet lint FILE.";
                found.push(Finding::new("EXPORT-UNREADABLE-PAYLOAD", Severity::Warning, text, fix).about(head));
            }
            Note::Unassigned { head } => {
                let text = format!(
                    "The assignments of \"{}\" are not in the export, or were cut off; it is taken as assigned to nobody.",
                    head.name
                );
                let fix = "Export it with $expand=assignments, and through ConvertTo-Json with -Depth 10.";
                found.push(Finding::new("EXPORT-UNASSIGNED", Severity::Info, text, fix).about(head));
            }
        }
    }
    for (kind, heads) in unrecognised {
        let what = match kind {
            Some(kind) => format!("{} of the type {kind}", count(heads.len())),
            None => format!("{} of no known kind", count(heads.len())),
        };
        let text = format!("The export has {what}, which no rule looks at.");
        let fix = "Nothing, if they are not about contacts; else export them as Microsoft Graph or Exchange's Get-* commands return them.";
        found.push(Finding::new("EXPORT-UNRECOGNISED", Severity::Info, text, fix).about_all(heads));
    }
}

fn count(number: usize) -> String {
    if number == 1 { "an object".to_owned() } else { format!("{number} objects") }
}

fn file_finding(rule: &'static str, severity: Severity, file: &str, text: String, fix: &str) -> Finding {
    let head = Head { name: file.to_owned(), file: file.to_owned(), id: None };
    Finding::new(rule, severity, text, fix).about(&head)
}

/// Filters whose rule is not exported or not understood, and those that no exported device can be held against.
fn filters(context: &Context<'_>, found: &mut Vec<Finding>) {
    let mut unjudged: BTreeMap<&str, BTreeSet<&Head>> = BTreeMap::new();
    for (head, assignments) in context.tenant.assignments() {
        for filter in assignments.list.iter().filter_map(|assignment| assignment.filter.as_ref()) {
            if context.people.filter_rule(&filter.id).is_none() || context.tenant.devices.is_empty() {
                unjudged.entry(&filter.id).or_default().insert(head);
            }
        }
    }
    for (id, heads) in unjudged {
        let text = format!(
            "Whom the assignment filter {id} leaves out is not known: its rule or the devices are not in the export. The managed account is taken to reach its people through it, other policies perhaps."
        );
        let fix = "Export the filters (deviceManagement/assignmentFilters) and the managed devices as well.";
        found.push(Finding::new("FILTER-UNJUDGED", Severity::Info, text, fix).about_all(heads));
    }
}

fn groups(context: &Context<'_>, found: &mut Vec<Finding>) {
    let mut open: BTreeMap<String, BTreeSet<&Head>> = BTreeMap::new();
    for (head, assignments) in context.tenant.assignments() {
        for assignment in &assignments.list {
            let (Target::Group(group) | Target::ExceptGroup(group)) = &assignment.target else { continue };
            if !context.people.group_is_known(group) {
                open.entry(group.to_lowercase()).or_default().insert(head);
            }
        }
    }
    for policy in &context.tenant.conditional_access {
        if crate::conditional_access::in_force(policy) == Reach::No {
            continue;
        }
        for group in policy.users.include_groups.iter().chain(&policy.users.exclude_groups) {
            if !context.people.group_is_known(group) {
                open.entry(group.clone()).or_default().insert(&policy.head);
            }
        }
    }
    for (group, heads) in open {
        let name = context.people.group(&group).map_or(group.clone(), |group| group.head.name.clone());
        let text = format!(
            "The members of the group \"{name}\" are not in the export. Where it is included it may have anybody, where it is excluded it is taken to have nobody of the rollout."
        );
        let fix = "Export the group with its members ($expand=members).";
        found.push(Finding::new("GROUP-NOT-EXPORTED", Severity::Info, text, fix).about_all(heads));
    }
}
