//! A plan's steps as single requests, in safe order.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    plan::{Action, Plan, Step},
    role::Role,
};

/// One request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// Make the object.
    Create,
    /// Say which apps it is about.
    TargetApps,
    /// Change its members.
    Patch,
    /// Say what happens when a device is not compliant.
    ScheduleActions,
    /// Delete the object whose place it takes.
    RemoveOld,
    /// Say whom it is for.
    Assign,
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::TargetApps => "choose the apps of",
            Self::Patch => "change",
            Self::ScheduleActions => "set the actions of",
            Self::RemoveOld => "delete what is replaced by",
            Self::Assign => "assign",
        })
    }
}

/// An act upon a role's object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Operation {
    pub role: Role,
    pub act: Act,
}

impl Operation {
    /// All of a plan's, in safe order: what objects say before whom they are for; consent and Outlook's export off before
    /// the account (the order of [`Role`]); what is replaced goes right before its successor is assigned, so that no
    /// device has both accounts.
    pub fn all(plan: &Plan) -> Vec<Self> {
        let mut steps: Vec<_> = plan.steps.iter().collect();
        steps.sort_by_key(|step| step.role);
        let contents = steps.iter().flat_map(|step| acts(step).into_iter().map(|act| Self { role: step.role, act }));
        let assignments = steps.iter().flat_map(|step| {
            let removed = (step.action == Action::Replace).then_some(Act::RemoveOld);
            let assigned = step.assignments.is_some().then_some(Act::Assign);
            removed.into_iter().chain(assigned).map(|act| Self { role: step.role, act })
        });
        contents.chain(assignments).collect()
    }
}

fn acts(step: &Step) -> Vec<Act> {
    match step.action {
        Action::Nothing | Action::Assign => Vec::new(),
        Action::Create | Action::Replace if step.wanted.get("apps").is_some() => vec![Act::Create, Act::TargetApps],
        Action::Create | Action::Replace => vec![Act::Create],
        Action::Update => {
            let apps = step.acted_on("apps") || step.acted_on("appGroupType");
            let parts = [
                (!step.patched().is_empty(), Act::Patch),
                (apps, Act::TargetApps),
                (step.acted_on("scheduledActionsForRule"), Act::ScheduleActions),
            ];
            parts.into_iter().filter_map(|(needed, act)| needed.then_some(act)).collect()
        }
    }
}
