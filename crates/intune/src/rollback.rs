//! Going back: everything that a journal tells, in reverse.

use serde_json::{Map, Value, json};

use crate::{
    apply::{
        Act, ApplyError, Journal, Keep, Operation, Progress,
        look::{base_targets, members, without},
        target_apps,
    },
    collection::Collection,
    graph::{Created, Graph, GraphError, text},
    limits, metadata,
    plan::{Base, Step, candidates, compare, is_marked, resolve, there},
    role::Role,
};

/// What happens to things that somebody else changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// They stay, and nothing at all is undone.
    Stays,
    /// They are overwritten with what was there before the plan.
    Overwritten,
}

/// Puts the tenant back to what it was before the plan. May be called again with what was kept last.
///
/// # Errors
/// [`ApplyError::Changed`] when somebody else changed something that would be overwritten; nothing was done then.
/// Otherwise as [`apply`](crate::apply::apply).
pub async fn rollback(
    graph: &Graph,
    journal: Journal,
    foreign: Foreign,
    keep: Keep<'_>,
) -> Result<Journal, ApplyError> {
    let mut back = Back { graph, journal, keep };
    let plan = back.journal.plan.clone();
    let operations: Vec<_> = back
        .journal
        .entries
        .iter()
        .rev()
        .filter(|entry| entry.progress != Progress::Undone)
        .map(|entry| Operation { role: entry.role, act: entry.act })
        .collect();
    let steps = || operations.iter().filter_map(|operation| Some((plan.step(operation.role)?, *operation)));
    if foreign == Foreign::Stays {
        let mut changed = Vec::new();
        for (step, operation) in steps() {
            if let Behind::Changed(what) = back.look(step, operation).await? {
                changed.push(what);
            }
        }
        if !changed.is_empty() {
            return Err(ApplyError::Changed(changed));
        }
    }
    for (step, operation) in steps() {
        back.operation(step, operation, foreign).await?;
    }
    Ok(back.journal)
}

/// What a look at the tenant says of an operation that is to be undone.
enum Behind {
    /// To be undone; with the object as it is.
    ToDo(Value),
    /// Nothing to undo.
    Undone,
    /// Somebody else changed it.
    Changed(String),
}

struct Back<'a> {
    graph: &'a Graph,
    journal: Journal,
    keep: Keep<'a>,
}

impl Back<'_> {
    async fn operation(&mut self, step: &Step, operation: Operation, foreign: Foreign) -> Result<(), ApplyError> {
        let present = match self.look(step, operation).await? {
            Behind::Undone => None,
            Behind::ToDo(present) => Some(present),
            Behind::Changed(_) if foreign == Foreign::Overwritten => {
                let id = self.id(step, operation).await?;
                match id {
                    Some(id) => self.graph.get(&step.collection.item(&id)).await?,
                    None => None,
                }
            }
            Behind::Changed(what) => return Err(ApplyError::Changed(vec![what])),
        };
        if let Some(present) = present {
            self.journal.write(operation, |entry| entry.progress = Progress::Undoing);
            self.kept()?;
            self.undo(step, operation, &present).await?;
        }
        self.journal.write(operation, |entry| entry.progress = Progress::Undone);
        self.kept()
    }

    fn kept(&mut self) -> Result<(), ApplyError> {
        (self.keep)(&self.journal).map_err(ApplyError::Keeping)
    }

    /// The object that an operation was about. A create whose answer never came is looked for.
    async fn id(&self, step: &Step, operation: Operation) -> Result<Option<String>, GraphError> {
        if let Some(id) = self.journal.id(step) {
            return Ok(Some(id.to_owned()));
        }
        if operation.act != Act::Create {
            return Ok(None);
        }
        let body = resolve(&step.wanted, &self.journal.known());
        let mut found = candidates(self.graph, step.collection, &body).await?;
        found.retain(|object| match step.role {
            Role::AppleClient => true,
            Role::AppleConsent => {
                ["resourceId", "consentType"].iter().all(|member| text(object, member) == text(&body, member))
            }
            _ => is_marked(object, step.role, &self.journal.plan.set),
        });
        // What is replaced bears the same mark.
        found.retain(|object| step.base.as_ref().is_none_or(|base| text(object, "id") != Some(&base.id)));
        Ok(found.first().and_then(|object| text(object, "id")).map(str::to_owned))
    }

    async fn look(&self, step: &Step, operation: Operation) -> Result<Behind, ApplyError> {
        if operation.act == Act::RemoveOld {
            // The old object is made again; whether it is there already is seen when it is.
            return Ok(Behind::ToDo(Value::Null));
        }
        let entry = self.journal.entry(operation);
        let made_by_others = entry.is_some_and(|entry| entry.progress == Progress::Done && !entry.ours);
        if operation.act == Act::Create && made_by_others {
            return Ok(Behind::Undone);
        }
        let Some(id) = self.id(step, operation).await? else { return Ok(Behind::Undone) };
        let Some(present) = self.graph.get(&step.collection.item(&id)).await? else {
            return Ok(if step.creates() {
                Behind::Undone
            } else {
                Behind::Changed(format!("{} is no longer there", step.name))
            });
        };
        Ok(match operation.act {
            Act::Assign => self.look_at_assignments(step, present),
            Act::Create => self.look_at_created(step, present),
            act => look_at_members(step, act, present),
        })
    }

    fn look_at_assignments(&self, step: &Step, present: Value) -> Behind {
        let known = self.journal.known();
        let ours: Vec<_> = step.assignments.iter().flatten().map(|wanted| resolve(wanted, &known)).collect();
        let now = compare::targets(&compare::assignments_of(&present));
        if now == base_targets(step) {
            Behind::Undone
        } else if now == compare::targets(&ours) {
            Behind::ToDo(present)
        } else {
            Behind::Changed(format!("{}: its assignments were changed by somebody", step.name))
        }
    }

    fn look_at_created(&self, step: &Step, present: Value) -> Behind {
        let body = without(&resolve(&step.wanted, &self.journal.known()), &["appGroupType"]);
        if compare::covers(&present, &body) {
            Behind::ToDo(present)
        } else {
            Behind::Changed(format!("{} was altered by somebody", step.name))
        }
    }

    async fn undo(&mut self, step: &Step, operation: Operation, present: &Value) -> Result<(), ApplyError> {
        let name = step.name.clone();
        let failed = |error| ApplyError::Graph { act: operation.act, name, error };
        if operation.act == Act::RemoveOld {
            return self.make_again(step, operation).await;
        }
        let id = text(present, "id").unwrap_or_default();
        let at = step.collection.bare_item(id);
        // Only objects that the plan made have no base, and what is undone on those goes with them.
        let base = step.base.as_ref().filter(|_| !step.creates());
        let before = base.map_or(&Value::Null, |base| &base.object);
        let outcome = match operation.act {
            Act::Create => self.graph.delete(&at).await,
            Act::Assign => {
                let body = json!({ "assignments": sendable_assignments(before) });
                self.graph.act(&step.collection.assign(id), &body).await
            }
            Act::Patch => self.graph.patch(&at, &patch_back(step, before, present)).await,
            Act::TargetApps if base.is_some() => self.graph.act(&at.below(&["targetApps"]), &target_apps(before)).await,
            Act::ScheduleActions if base.is_some() => {
                let rules = compare::without_noise(there(before, "scheduledActionsForRule"));
                let body = json!({ "deviceComplianceScheduledActionForRules": rules });
                self.graph.act(&at.below(&["scheduleActionsForRules"]), &body).await
            }
            Act::TargetApps | Act::ScheduleActions | Act::RemoveOld => Ok(()),
        };
        outcome.map_err(failed)
    }

    /// Makes an object again that was replaced, and assigns it as it was. It gets a new id.
    async fn make_again(&mut self, step: &Step, operation: Operation) -> Result<(), ApplyError> {
        let Some(base) = &step.base else { return Ok(()) };
        let failed = |error| ApplyError::Graph { act: operation.act, name: step.name.clone(), error };
        if self.graph.get(&step.collection.item(&base.id)).await?.is_some() {
            return Ok(());
        }
        let mut id = self.find_again(step, base).await?;
        for _ in 0..limits::CREATES_MAX {
            if id.is_some() {
                break;
            }
            let body = sendable(&base.object);
            match self.graph.create(&step.collection.bare(), &body).await.map_err(failed)? {
                Created::Object(object) => id = text(&object, "id").map(str::to_owned),
                Created::Conflict(said) => return Err(ApplyError::Conflict { name: step.name.clone(), said }),
                Created::Doubtful(_) => {
                    self.graph.clock().sleep(limits::BACK_OFF_FIRST).await;
                    id = self.find_again(step, base).await?;
                }
            }
        }
        let Some(id) = id else {
            return Err(ApplyError::NotMade { name: step.name.clone(), reason: "no answer".to_owned() });
        };
        self.journal.write(operation, |entry| entry.restored = Some(id.clone()));
        self.kept()?;
        let body = json!({ "assignments": sendable_assignments(&base.object) });
        self.graph.act(&step.collection.assign(&id), &body).await.map_err(failed)
    }

    /// The object that an earlier try made again, by all that it says.
    async fn find_again(&self, step: &Step, base: &Base) -> Result<Option<String>, GraphError> {
        let there = self.graph.list(&step.collection.all()).await?;
        let wanted = compare::essence(&base.object);
        let again = there.iter().find(|object| compare::essence(object) == wanted);
        Ok(again.and_then(|object| text(object, "id")).map(str::to_owned))
    }
}

fn look_at_members(step: &Step, act: Act, present: Value) -> Behind {
    let Some(base) = step.base.as_ref().filter(|_| !step.creates()) else { return Behind::Undone };
    let (before, now) = (compare::essence(&base.object), compare::essence(&present));
    let (mut ours, mut changed) = (false, None);
    for member in members(step, act) {
        if there(&before, &member) == there(&now, &member) {
            continue;
        }
        let wanted = there(&step.wanted, &member);
        let after = compare::laid_over(there(&base.object, &member), wanted);
        if compare::covers_member(&member, there(&present, &member), &after) {
            ours = true;
        } else {
            changed = Some(member);
        }
    }
    match changed {
        Some(member) => Behind::Changed(format!("{}: {member} was changed by somebody", step.name)),
        None if ours => Behind::ToDo(present),
        None => Behind::Undone,
    }
}

/// The members that the plan changed, as they were. The users of a Conditional Access policy stay as they are now.
fn patch_back(step: &Step, before: &Value, present: &Value) -> Value {
    let mut body = Map::new();
    body.insert("@odata.type".to_owned(), there(&step.wanted, "@odata.type").clone());
    for member in members(step, Act::Patch) {
        let mut value = compare::without_noise(there(before, &member));
        if step.collection == Collection::ConditionalAccessPolicies && member == "conditions" {
            let users = present.pointer("/conditions/users").map(compare::without_noise);
            if let (Some(conditions), Some(users)) = (value.as_object_mut(), users) {
                conditions.insert("users".to_owned(), users);
            }
        }
        body.insert(member, value);
    }
    Value::Object(body)
}

/// An object as it was read, as it can be sent: without what the service writes by itself.
fn sendable(object: &Value) -> Value {
    let odata_type = text(object, "@odata.type").unwrap_or_default().to_owned();
    let mut body = compare::without_noise(object);
    if let Some(members) = body.as_object_mut() {
        members.retain(|member, value| {
            member != "assignments" && !value.is_null() && !metadata::read_only(&odata_type, member)
        });
    }
    body
}

fn sendable_assignments(object: &Value) -> Vec<Value> {
    compare::assignments_of(object).iter().map(|assignment| json!({ "target": compare::target(assignment) })).collect()
}
