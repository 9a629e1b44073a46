//! Doing what a plan says: one request at a time, each looked for before and kept after, so that a crash or a lost answer
//! at any point is gone on from and nothing comes to be twice.

use std::io;

use serde_json::{Map, Value, json};

use crate::{
    collection::Collection,
    graph::{Created, Graph, GraphError, text},
    limits,
    metadata::{self, Violation},
    plan::{Action, Class, Confirmed, Plan, Step, compare, resolve, there, unresolved},
};

mod journal;
pub(crate) mod look;
mod operation;

pub use journal::{Entry, Journal, JournalError, Keep, Progress};
pub use operation::Act;

use look::Ahead;
pub(crate) use operation::Operation;

/// Why a plan was not applied, or not to its end. The journal says how far it came.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Changes of a class that nobody agreed to. Nothing was done.
    #[error("not confirmed: {}", said(.0))]
    NotConfirmed(Vec<(String, Class)>),
    /// Somebody changed something since the plan was made.
    #[error("the tenant has changed since the plan was made; plan again: {}", .0.join("; "))]
    Changed(Vec<String>),
    /// A journal of another plan.
    #[error("the journal is of another plan; plan again, or go on with the plan it is of")]
    OtherPlan,
    /// A journal whose plan was rolled back.
    #[error("what this journal tells was rolled back; plan again")]
    RolledBack,
    /// The plan says what is never done. It was altered by hand.
    #[error("{name}: {reason}")]
    Forbidden {
        /// Of which object.
        name: String,
        /// What is never done.
        reason: &'static str,
    },
    /// The plan says what Graph's published types do not allow.
    #[error("{name}: {violations}")]
    NotValid {
        /// Of which object.
        name: String,
        /// What they do not allow.
        violations: String,
    },
    /// A reference to an object that is not there.
    #[error("{name} refers to {reference}, which is not there")]
    Unresolved {
        /// Of which object.
        name: String,
        /// Such as `@{apple-client}`.
        reference: String,
    },
    /// A create that got no answer, again and again, and whose object is not there either.
    #[error("{name}: made {times} times without an answer, and it is not there: {reason}", times = limits::CREATES_MAX)]
    NotMade {
        /// Of which object.
        name: String,
        /// Why there is no answer.
        reason: String,
    },
    /// The service says that it is there already, but it cannot be found.
    #[error("{name}: the service says it conflicts with something{said}")]
    Conflict {
        /// Of which object.
        name: String,
        /// What the service said.
        said: String,
    },
    /// Graph.
    #[error("could not {act} {name}: {error}")]
    Graph {
        /// What was about to be done.
        act: Act,
        /// To which object.
        name: String,
        /// Why not.
        error: GraphError,
    },
    /// Graph, while looking.
    #[error(transparent)]
    Looking(#[from] GraphError),
    /// The journal could not be kept, so nothing more was done.
    #[error("the journal cannot be kept: {0}")]
    Keeping(io::Error),
}

fn said(steps: &[(String, Class)]) -> String {
    steps.iter().map(|(name, class)| format!("{name} ({class})")).collect::<Vec<_>>().join("; ")
}

/// Applies a plan, or goes on applying it when the journal says that it was begun. Doing it again changes nothing.
///
/// Before the first request everything is looked at once more: when somebody changed anything that the plan rests on,
/// nothing is done. `keep` is called before and after each request with the whole journal.
///
/// # Errors
/// See [`ApplyError`]. What was kept last is what to go on from.
pub async fn apply(
    graph: &Graph,
    plan: &Plan,
    confirmed: &Confirmed,
    begun: Option<Journal>,
    keep: Keep<'_>,
) -> Result<Journal, ApplyError> {
    let journal = match begun {
        Some(journal) if journal.plan != *plan => return Err(ApplyError::OtherPlan),
        Some(journal) => journal,
        None => Journal::new(plan.clone()),
    };
    if journal.entries.iter().any(|entry| matches!(entry.progress, Progress::Undoing | Progress::Undone)) {
        return Err(ApplyError::RolledBack);
    }
    permitted(plan, confirmed)?;
    let mut run = Run { graph, journal, keep };
    run.unchanged_since(plan).await?;
    for operation in Operation::all(plan) {
        if let Some(step) = plan.step(operation.role) {
            run.operation(step, operation).await?;
        }
    }
    Ok(run.journal)
}

/// What a plan may not say, whoever wrote it.
fn permitted(plan: &Plan, confirmed: &Confirmed) -> Result<(), ApplyError> {
    let refused: Vec<_> = plan
        .steps
        .iter()
        .filter(|step| !confirmed.allows(step.class))
        .map(|step| (step.name.clone(), step.class))
        .collect();
    if !refused.is_empty() {
        return Err(ApplyError::NotConfirmed(refused));
    }
    for step in plan.steps.iter().filter(|step| step.collection == Collection::ConditionalAccessPolicies) {
        let forbidden = |reason| Err(ApplyError::Forbidden { name: step.name.clone(), reason });
        let users = step.wanted.pointer("/conditions/users");
        match step.action {
            Action::Create if text(&step.wanted, "state") != Some("enabledForReportingButNotEnforced") => {
                return forbidden("a Conditional Access policy is only ever made report-only");
            }
            Action::Create if names_everybody(users) => {
                return forbidden(
                    "a Conditional Access policy is only ever made for the users and groups it was given",
                );
            }
            Action::Update if users.is_some() || step.wanted.get("state").is_some() => {
                return forbidden("users and state of a Conditional Access policy that is there are never changed");
            }
            _ => {}
        }
    }
    for step in &plan.steps {
        let violations = match step.action {
            Action::Create | Action::Replace => metadata::validate(&step.wanted, step.collection.version()),
            Action::Update => metadata::validate_patch(&wanted_patch(step), step.collection.version()),
            Action::Assign | Action::Nothing => Vec::new(),
        };
        if !violations.is_empty() {
            let violations: Vec<_> = violations.iter().map(Violation::to_string).collect();
            return Err(ApplyError::NotValid { name: step.name.clone(), violations: violations.join("; ") });
        }
    }
    Ok(())
}

/// Words such as `All` in place of ids, or nobody at all, which some releases of the service took for everybody.
fn names_everybody(users: Option<&Value>) -> bool {
    let list = |name: &str| users.and_then(|users| users.get(name)).and_then(Value::as_array);
    let (people, groups) = (list("includeUsers"), list("includeGroups"));
    let ids = people.into_iter().chain(groups).flatten();
    let mut none = true;
    for id in ids {
        none = false;
        if crate::ids::UserId::parse(id.as_str().unwrap_or_default()).is_err() {
            return true;
        }
    }
    none
}

struct Run<'a> {
    graph: &'a Graph,
    journal: Journal,
    keep: Keep<'a>,
}

impl Run<'_> {
    /// Looks at everything that is not done yet, before anything is done.
    async fn unchanged_since(&self, plan: &Plan) -> Result<(), ApplyError> {
        let mut changed = Vec::new();
        for operation in Operation::all(plan) {
            let done = self.journal.entry(operation).is_some_and(|entry| entry.progress == Progress::Done);
            let Some(step) = plan.step(operation.role).filter(|_| !done) else { continue };
            if let Ahead::Changed(what) = look::ahead(self.graph, &self.journal, step, operation).await?
                && !changed.contains(&what)
            {
                changed.push(what);
            }
        }
        if changed.is_empty() { Ok(()) } else { Err(ApplyError::Changed(changed)) }
    }

    async fn operation(&mut self, step: &Step, operation: Operation) -> Result<(), ApplyError> {
        if self.journal.entry(operation).is_some_and(|entry| entry.progress == Progress::Done) {
            return Ok(());
        }
        match look::ahead(self.graph, &self.journal, step, operation).await? {
            Ahead::Changed(what) => Err(ApplyError::Changed(vec![what])),
            Ahead::Done(id, ours) => self.done(operation, id, ours),
            Ahead::ToDo(present) => {
                self.journal.write(operation, |entry| entry.progress = Progress::Intended);
                self.kept()?;
                if operation.act == Act::Create {
                    let (id, ours) = self.create(step).await?;
                    return self.done(operation, Some(id), ours);
                }
                let outcome = self.request(step, operation.act, &present.unwrap_or_default()).await;
                outcome.map_err(|error| match error {
                    ApplyError::Looking(error) => {
                        ApplyError::Graph { act: operation.act, name: step.name.clone(), error }
                    }
                    other => other,
                })?;
                self.done(operation, None, true)
            }
        }
    }

    fn done(&mut self, operation: Operation, id: Option<String>, ours: bool) -> Result<(), ApplyError> {
        self.journal.write(operation, |entry| (entry.progress, entry.id, entry.ours) = (Progress::Done, id, ours));
        self.kept()
    }

    fn kept(&mut self) -> Result<(), ApplyError> {
        (self.keep)(&self.journal).map_err(ApplyError::Keeping)
    }

    /// Makes an object, once: after a lost answer it is looked for, a while, before it is made again.
    async fn create(&self, step: &Step) -> Result<(String, bool), ApplyError> {
        let body = self.filled_in(step, &step.wanted)?;
        let graph_error = |error| ApplyError::Graph { act: Act::Create, name: step.name.clone(), error };
        let mut reason = String::new();
        for _ in 0..limits::CREATES_MAX {
            match self.graph.create(&step.collection.bare(), &body).await.map_err(graph_error)? {
                Created::Object(object) => {
                    return Ok((text(&object, "id").unwrap_or_default().to_owned(), true));
                }
                Created::Conflict(said) => {
                    return match look::ahead(self.graph, &self.journal, step, create_of(step)).await? {
                        Ahead::Done(Some(id), _) => Ok((id, false)),
                        _ => Err(ApplyError::Conflict { name: step.name.clone(), said }),
                    };
                }
                Created::Doubtful(why) => reason = why,
            }
            for _ in 0..limits::LOOKS_AFTER_LOST_CREATE {
                self.graph.clock().sleep(limits::BACK_OFF_FIRST).await;
                match look::ahead(self.graph, &self.journal, step, create_of(step)).await? {
                    Ahead::Done(Some(id), ours) => return Ok((id, ours)),
                    Ahead::Changed(what) => return Err(ApplyError::Changed(vec![what])),
                    Ahead::Done(None, _) | Ahead::ToDo(_) => {}
                }
            }
        }
        Err(ApplyError::NotMade { name: step.name.clone(), reason })
    }

    async fn request(&self, step: &Step, act: Act, present: &Value) -> Result<(), ApplyError> {
        let old = step.base.as_ref().map(|base| base.id.as_str());
        let id = if act == Act::RemoveOld { old } else { self.journal.id(step) };
        let unresolved = || ApplyError::Unresolved { name: step.name.clone(), reference: step.role.reference() };
        let at = step.collection.bare_item(id.ok_or_else(unresolved)?);
        match act {
            Act::Create => {}
            Act::RemoveOld => self.graph.delete(&at).await?,
            Act::Patch => self.graph.patch(&at, &patch(step, present)).await?,
            Act::TargetApps => {
                self.graph.act(&at.below(&["targetApps"]), &target_apps(&step.wanted)).await?;
            }
            Act::ScheduleActions => {
                let rules = json!({ "deviceComplianceScheduledActionForRules": there(&step.wanted, "scheduledActionsForRule") });
                self.graph.act(&at.below(&["scheduleActionsForRules"]), &rules).await?;
            }
            Act::Assign => {
                let wanted = Value::Array(step.assignments.clone().unwrap_or_default());
                let body = json!({ "assignments": self.filled_in(step, &wanted)? });
                let id = self.journal.id(step).unwrap_or_default();
                self.graph.act(&step.collection.assign(id), &body).await?;
            }
        }
        Ok(())
    }

    fn filled_in(&self, step: &Step, value: &Value) -> Result<Value, ApplyError> {
        let value = resolve(value, &self.journal.known());
        match unresolved(&value) {
            Some(reference) => Err(ApplyError::Unresolved { name: step.name.clone(), reference: reference.to_owned() }),
            None => Ok(value),
        }
    }
}

fn create_of(step: &Step) -> Operation {
    Operation { role: step.role, act: Act::Create }
}

/// What differs, as wanted.
fn wanted_patch(step: &Step) -> Value {
    let odata_type = ("@odata.type".to_owned(), there(&step.wanted, "@odata.type").clone());
    Value::Object(step.patched().into_iter().chain([odata_type]).collect())
}

/// A PATCH of what differs. A member with members of its own is sent whole, what is there with what is wanted laid over
/// it: some of the service's parts merge such a member, others replace it. So the users of a Conditional Access policy go
/// back as they came.
fn patch(step: &Step, present: &Value) -> Value {
    let mut body = Map::new();
    body.insert("@odata.type".to_owned(), there(&step.wanted, "@odata.type").clone());
    for (member, wanted) in step.patched() {
        let value = compare::laid_over(there(present, &member), &wanted);
        body.insert(member, value);
    }
    Value::Object(body)
}

pub(crate) fn target_apps(object: &Value) -> Value {
    let apps = compare::without_noise(object.get("apps").unwrap_or(&Value::Array(Vec::new())));
    let group = text(object, "appGroupType").unwrap_or("selectedPublicApps");
    json!({ "apps": apps, "appGroupType": group })
}
