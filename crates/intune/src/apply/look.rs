//! Looking before acting: is it still to be done, done already, or has somebody else been there?

use serde_json::Value;

use super::{
    ApplyError,
    journal::{Journal, Progress},
    operation::{Act, Operation},
};
use crate::{
    collection::Collection,
    desired::DesiredObject,
    graph::{Graph, text},
    plan::{Action, Ambiguous, Base, Found, Step, candidates, compare, find, is_marked, resolve, there, unresolved},
    role::Role,
};

/// What a look at the tenant says of an operation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ahead {
    /// It is still to be done; with the object as it is, when there is one.
    ToDo(Option<Value>),
    /// It was done; with the id, and whether it was by us.
    Done(Option<String>, bool),
    /// Somebody changed something since the plan was made.
    Changed(String),
}

/// Looks. `Ok(ToDo(None))` also for what depends on an object that is not made yet.
pub(crate) async fn ahead(
    graph: &Graph,
    journal: &Journal,
    step: &Step,
    operation: Operation,
) -> Result<Ahead, ApplyError> {
    if operation.act == Act::Create {
        return create(graph, journal, step).await;
    }
    let id = match operation.act {
        Act::RemoveOld => step.base.as_ref().map(|base| base.id.as_str()),
        _ => journal.id(step),
    };
    let Some(id) = id else { return Ok(Ahead::ToDo(None)) };
    let Some(present) = graph.get(&step.collection.item(id)).await? else {
        return Ok(match operation.act {
            Act::RemoveOld => Ahead::Done(None, true),
            _ => Ahead::Changed(format!("{} is no longer there", step.name)),
        });
    };
    Ok(match operation.act {
        Act::RemoveOld => remove_old(step, present),
        Act::Assign => assign(journal, step, present),
        _ => content(step, operation.act, present),
    })
}

async fn create(graph: &Graph, journal: &Journal, step: &Step) -> Result<Ahead, ApplyError> {
    let body = resolve(&step.wanted, &journal.known());
    let natural = matches!(step.role, Role::AppleClient | Role::AppleConsent);
    if natural && unresolved(&body).is_some() {
        return Ok(Ahead::ToDo(None));
    }
    let mut there = candidates(graph, step.collection, &body).await?;
    if let (Action::Replace, Some(base)) = (step.action, &step.base) {
        there.retain(|object| text(object, "id") != Some(&base.id));
    }
    let wanted = DesiredObject { role: step.role, collection: step.collection, body: body.clone(), assignments: None };
    let set = &journal.plan.set;
    let object = match find(&there, &wanted, &body, set) {
        Ok(Found::Nothing) => return Ok(Ahead::ToDo(None)),
        Ok(Found::Same(object) | Found::Other(object)) => object,
        Err(Ambiguous(ids)) => {
            return Ok(Ahead::Changed(format!("{}: several objects fit now: {}", step.name, ids.join(", "))));
        }
    };
    let operation = Operation { role: step.role, act: Act::Create };
    let begun = journal.entry(operation).is_some_and(|entry| entry.progress == Progress::Intended);
    let ours = is_marked(object, step.role, set) || begun;
    // Apps are chosen by the next operation; a create that was only half understood is mended there.
    let fits = compare::covers(object, &without(&body, &["apps", "appGroupType"]));
    Ok(match (fits, ours || natural) {
        (true, true) => Ahead::Done(text(object, "id").map(str::to_owned), ours),
        (false, true) => Ahead::Changed(format!("{} was made and then altered by somebody", step.name)),
        (_, false) => Ahead::Changed(format!("an object named {} has appeared", step.name)),
    })
}

pub(crate) fn without(body: &Value, members: &[&str]) -> Value {
    let mut body = body.clone();
    if let Some(object) = body.as_object_mut() {
        object.retain(|member, _| !members.contains(&member.as_str()));
    }
    body
}

/// The members that an operation on contents is about.
pub(crate) fn members(step: &Step, act: Act) -> Vec<String> {
    match act {
        Act::Patch => step.patched().into_keys().collect(),
        Act::TargetApps => {
            let apps = ["apps", "appGroupType"].into_iter().filter(|member| step.wanted.get(member).is_some());
            apps.map(str::to_owned).collect()
        }
        Act::ScheduleActions => vec!["scheduledActionsForRule".to_owned()],
        Act::Create | Act::RemoveOld | Act::Assign => Vec::new(),
    }
}

fn content(step: &Step, act: Act, present: Value) -> Ahead {
    let as_wanted = |member: &String| {
        let wanted = there(&step.wanted, member);
        compare::covers_member(member, there(&present, member), wanted)
            // Not every answer shows how the apps were chosen.
            || (member == "appGroupType" && present.get(member).is_none())
    };
    if members(step, act).iter().all(as_wanted) {
        return Ahead::Done(None, true);
    }
    match foreign(step, &present) {
        Some(member) => Ahead::Changed(format!("{}: {member} was changed by somebody", step.name)),
        None => Ahead::ToDo(Some(present)),
    }
}

fn assign(journal: &Journal, step: &Step, present: Value) -> Ahead {
    let known = journal.known();
    let wanted: Vec<_> = step.assignments.iter().flatten().map(|wanted| resolve(wanted, &known)).collect();
    let there = compare::targets(&compare::assignments_of(&present));
    if there == compare::targets(&wanted) {
        return Ahead::Done(None, true);
    }
    if there != base_targets(step) {
        return Ahead::Changed(format!("{}: its assignments were changed by somebody", step.name));
    }
    match foreign(step, &present) {
        Some(member) => Ahead::Changed(format!("{}: {member} was changed by somebody", step.name)),
        None => Ahead::ToDo(Some(present)),
    }
}

fn remove_old(step: &Step, present: Value) -> Ahead {
    let same = step.base.as_ref().is_some_and(|base| is_as_it_was(base, &present));
    if same {
        Ahead::ToDo(Some(present))
    } else {
        Ahead::Changed(format!("{}: what it replaces was changed by somebody", step.name))
    }
}

/// Whether an object says what it said when the plan was made, and to the same people.
fn is_as_it_was(base: &Base, present: &Value) -> bool {
    let targets = |object: &Value| compare::targets(&compare::assignments_of(object));
    compare::essence(&base.object) == compare::essence(present) && targets(&base.object) == targets(present)
}

/// The assignments that the step's object had before; one that the plan makes had none.
pub(crate) fn base_targets(step: &Step) -> Vec<Value> {
    match &step.base {
        Some(base) if !step.creates() => compare::targets(&compare::assignments_of(&base.object)),
        _ => Vec::new(),
    }
}

/// A member that is neither as it was when the plan was made nor as it is wanted: somebody else was there. Objects that
/// the plan makes have no "as it was".
fn foreign(step: &Step, present: &Value) -> Option<String> {
    let base = step.base.as_ref().filter(|_| !step.creates())?;
    let (before, now) = (compare::essence(&base.object), compare::essence(present));
    let names = [&before, &now].into_iter().filter_map(Value::as_object).flat_map(|object| object.keys());
    names
        .filter(|name| there(&before, name) != there(&now, name))
        .find(|name| !step.wanted.get(name).is_some_and(|wanted| wanted_only(step, name, present, wanted)))
        .cloned()
}

/// Whether a changed member is as wanted, in all of its parts.
fn wanted_only(step: &Step, name: &str, present: &Value, wanted: &Value) -> bool {
    // What is wanted of conditions says nothing of users, who must not have changed unnoticed.
    if step.collection == Collection::ConditionalAccessPolicies && name == "conditions" {
        let users = |policy: &Value| compare::essence(policy).pointer("/conditions/users").cloned();
        let before = step.base.as_ref().and_then(|base| users(&base.object));
        if before != users(present) {
            return false;
        }
    }
    compare::covers_member(name, there(present, name), wanted)
}
