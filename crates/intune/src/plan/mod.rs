//! What has to be done to a tenant so that it has what is wanted: a value, computed before anything is touched.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    collection::Collection,
    desired::{Desired, DesiredObject, EXCHANGE_ONLINE_REFERENCE, OUTLOOK_APPS_REFERENCE},
    graph::{Graph, GraphError, text},
    metadata,
    role::{Role, SetName},
};

mod class;
pub(crate) mod compare;
mod shown;
mod tenant;
mod words;

pub use class::{Class, Confirmed};
pub use tenant::Tenant;
pub(crate) use tenant::{Ambiguous, Found, candidates, find, is_marked, resolve, unresolved};

/// The form of plans that this version writes and reads.
pub const FORMAT: u32 = 1;

/// What has to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// [`FORMAT`].
    pub format: u32,
    /// Which set.
    pub set: SetName,
    /// One step for each object, in safe order.
    pub steps: Vec<Step>,
    /// Objects of this set that the settings no longer name, among what was read. They stay: a plan deletes nothing but
    /// what it replaces.
    pub left_over: Vec<LeftOver>,
}

/// An object that stays though nobody wants it any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOver {
    /// Where it lives.
    pub collection: Collection,
    /// Its id.
    pub id: String,
    /// Its display name.
    pub name: String,
}

/// What has to be done to one object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// What it is for.
    pub role: Role,
    /// Where it lives.
    pub collection: Collection,
    /// Its display name.
    pub name: String,
    /// What is done.
    pub action: Action,
    /// The worst of all changes.
    pub class: Class,
    /// What differs, in words.
    pub changes: Vec<Change>,
    /// What to know besides.
    pub notes: Vec<String>,
    /// What is wanted, with references filled in as far as they were known.
    pub wanted: Value,
    /// The assignments that are wanted, when others are there.
    pub assignments: Option<Vec<Value>>,
    /// What the plan rests on.
    pub base: Option<Base>,
}

/// What is done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It is not there.
    Create,
    /// It is there and differs, perhaps also in its assignments.
    Update,
    /// It is there as another type, which cannot be changed.
    Replace,
    /// Only its assignments differ.
    Assign,
    /// It is as wanted.
    Nothing,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Such as `easServices`, `conditions.platforms.includePlatforms`, or an app's configuration key.
    pub path: String,
    /// For people.
    pub words: String,
    /// What it does to people.
    pub class: Class,
}

/// An object as it was when the plan was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Base {
    /// Its id.
    pub id: String,
    /// All of it, as Graph returned it.
    pub object: Value,
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Graph.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// Several objects fit.
    #[error("{name}: several objects fit ({}); rename or delete all but one", ids.join(", "))]
    Ambiguous {
        /// The wanted object's name.
        name: String,
        /// The ids of those that fit.
        ids: Vec<String>,
    },
    /// The tenant has no Outlook app to configure.
    #[error(
        "Outlook is not among the tenant's iOS apps; add it in Intune, or leave out its configuration on managed devices"
    )]
    NoOutlook,
    /// The tenant has no Exchange Online to consent to.
    #[error("the tenant has no Office 365 Exchange Online, so there is nothing to consent to")]
    NoExchange,
    /// A file of a newer version.
    #[error("the plan has format {0}; this version reads {FORMAT}")]
    Format(u32),
    /// A file that is no plan.
    #[error("this is no plan: {0}")]
    NotAPlan(String),
}

/// Reads the tenant and plans.
///
/// # Errors
/// See [`PlanError`].
pub async fn make(graph: &Graph, desired: &Desired) -> Result<Plan, PlanError> {
    plan(desired, &Tenant::read(graph, desired).await?)
}

/// Compares what is wanted with what is there. Pure: the same values give the same plan.
///
/// # Errors
/// When several objects fit, or when something is missing that cannot be made.
pub fn plan(desired: &Desired, tenant: &Tenant) -> Result<Plan, PlanError> {
    for (reference, error) in
        [(OUTLOOK_APPS_REFERENCE, PlanError::NoOutlook), (EXCHANGE_ONLINE_REFERENCE, PlanError::NoExchange)]
    {
        if tenant.known.get(reference).is_some_and(Vec::is_empty) {
            return Err(error);
        }
    }
    let steps = desired.objects.iter().map(|object| step(desired, tenant, object)).collect::<Result<_, _>>()?;
    Ok(Plan { format: FORMAT, set: desired.set.clone(), steps, left_over: left_over(desired, tenant) })
}

fn left_over(desired: &Desired, tenant: &Tenant) -> Vec<LeftOver> {
    let of_the_set = format!("[{}/", desired.set);
    let wanted = |object: &Value| desired.objects.iter().any(|wanted| is_marked(object, wanted.role, &desired.set));
    let all =
        tenant.objects.iter().flat_map(|(collection, objects)| objects.iter().map(|object| (*collection, object)));
    all.filter(|(_, object)| text(object, "description").is_some_and(|words| words.contains(&of_the_set)))
        .filter(|(_, object)| !wanted(object))
        .filter_map(|(collection, object)| {
            let name = text(object, "displayName").unwrap_or_default().to_owned();
            Some(LeftOver { collection, id: text(object, "id")?.to_owned(), name })
        })
        .collect()
}

fn step(desired: &Desired, tenant: &Tenant, object: &DesiredObject) -> Result<Step, PlanError> {
    let wanted = tenant.resolved(desired, &object.body);
    let assignments = object
        .assignments
        .as_ref()
        .map(|wanted| wanted.iter().map(|assignment| tenant.resolved(desired, assignment)).collect::<Vec<_>>());
    let there = tenant.objects.get(&object.collection).map_or(&[][..], Vec::as_slice);
    let found = find(there, object, &wanted, &desired.set)
        .map_err(|Ambiguous(ids)| PlanError::Ambiguous { name: object.name().to_owned(), ids })?;
    let step = Step {
        role: object.role,
        collection: object.collection,
        name: object.name().to_owned(),
        action: Action::Nothing,
        class: Class::Harmless,
        changes: Vec::new(),
        notes: Vec::new(),
        wanted,
        assignments: None,
        base: None,
    };
    Ok(match found {
        Found::Nothing => step.created(assignments),
        Found::Same(there) => step.changed(there, assignments),
        Found::Other(there) => step.replaced(there, assignments),
    })
}

impl Step {
    fn created(mut self, assignments: Option<Vec<Value>>) -> Self {
        self.action = Action::Create;
        self.class = class::of_create(self.role, &self.wanted);
        self.notes = words::notes_on_create(self.role);
        self.assigned(&[], assignments);
        self.classed()
    }

    fn replaced(mut self, there: &Value, assignments: Option<Vec<Value>>) -> Self {
        self.action = Action::Replace;
        self.class = Class::AsksToSignInAgain;
        self.base = base(there);
        self.changes.push(Change {
            path: "@odata.type".to_owned(),
            words: words::replaced(there, &self.wanted),
            class: Class::AsksToSignInAgain,
        });
        // The new object starts with nobody, whoever had the old one.
        self.assigned(&[], assignments);
        self.classed()
    }

    fn changed(mut self, there: &Value, assignments: Option<Vec<Value>>) -> Self {
        self.base = base(there);
        self.leave_alone(there);
        let odata_type = text(&self.wanted, "@odata.type").unwrap_or_default().to_owned();
        for difference in compare::differences(there, &self.wanted) {
            let member = difference.path.split('.').next().unwrap_or_default();
            let class = class::of_member(self.role, &odata_type, member, &difference.there, &difference.wanted);
            self.changes.push(words::change(&difference, class));
        }
        if !self.changes.is_empty() {
            self.action = Action::Update;
        }
        self.assigned(&compare::assignments_of(there), assignments);
        self.classed()
    }

    /// What is never changed on an object that is there: whom a Conditional Access policy is about and whether it is
    /// enforced; scopes that others consented to.
    fn leave_alone(&mut self, there: &Value) {
        match self.collection {
            Collection::ConditionalAccessPolicies => {
                let users = |policy: &Value| policy.pointer("/conditions/users").cloned().unwrap_or_default();
                if !compare::covers(&users(there), &users(&self.wanted)) {
                    self.notes.push("its users differ from the settings; they are never changed here".to_owned());
                }
                if let Some(state) = text(there, "state") {
                    self.notes.push(format!("its state is {state} and stays so"));
                }
                if let Some(policy) = self.wanted.as_object_mut() {
                    policy.remove("state");
                    let conditions = policy.get_mut("conditions").and_then(Value::as_object_mut);
                    conditions.map(|conditions| conditions.remove("users"));
                }
            }
            Collection::Oauth2PermissionGrants => {
                let scopes = |grant: &Value| -> Vec<String> {
                    text(grant, "scope").unwrap_or_default().split_whitespace().map(str::to_owned).collect()
                };
                let mut all = scopes(there);
                let more: Vec<_> = scopes(&self.wanted).into_iter().filter(|scope| !all.contains(scope)).collect();
                if more.is_empty() {
                    self.set_scope(text(there, "scope").unwrap_or_default().to_owned());
                } else {
                    all.extend(more);
                    self.set_scope(all.join(" "));
                }
            }
            _ => {}
        }
    }

    fn set_scope(&mut self, scope: String) {
        if let Some(grant) = self.wanted.as_object_mut() {
            grant.insert("scope".to_owned(), Value::String(scope));
        }
    }

    fn assigned(&mut self, there: &[Value], wanted: Option<Vec<Value>>) {
        let Some(wanted) = wanted else { return };
        let (before, after) = (compare::targets(there), compare::targets(&wanted));
        if before != after {
            let fewer = before.iter().any(|target| !after.contains(target))
                || after
                    .iter()
                    .any(|target| words::is_exclusion(target) && !before.contains(target) && !before.is_empty());
            let class = class::of_assignment(self.role, self.collection, fewer);
            self.changes.extend(words::assignments(&before, &after, class));
            self.assignments = Some(wanted);
            if self.action == Action::Nothing {
                self.action = Action::Assign;
            }
        }
    }

    /// With the worst of all changes as its class.
    fn classed(mut self) -> Self {
        let worst = self.changes.iter().map(|change| change.class).max().unwrap_or(Class::Harmless);
        self.class = self.class.max(worst);
        self
    }

    /// Whether another object can refer to this one by a reference that is not filled in yet.
    pub(crate) fn creates(&self) -> bool {
        matches!(self.action, Action::Create | Action::Replace)
    }

    /// The members that a PATCH changes, with their wanted values: what differs from the base and can be written so.
    pub(crate) fn patched(&self) -> BTreeMap<String, Value> {
        let (Action::Update, Some(base), Some(wanted)) = (self.action, &self.base, self.wanted.as_object()) else {
            return BTreeMap::new();
        };
        let odata_type = text(&self.wanted, "@odata.type").unwrap_or_default();
        wanted
            .iter()
            .filter(|(member, _)| metadata::writable(odata_type, member) && !self.by_action(member))
            .filter(|(member, value)| !compare::covers_member(member, there(&base.object, member), value))
            .map(|(member, value)| (member.clone(), value.clone()))
            .collect()
    }

    /// Members that an action of their own changes, not a PATCH.
    fn by_action(&self, member: &str) -> bool {
        match self.collection {
            Collection::TargetedManagedAppConfigurations | Collection::IosManagedAppProtections => {
                matches!(member, "apps" | "appGroupType")
            }
            Collection::DeviceCompliancePolicies => member == "scheduledActionsForRule",
            _ => false,
        }
    }

    /// Members for an action of their own that differ from the base.
    pub(crate) fn acted_on(&self, member: &str) -> bool {
        let Some(wanted) = self.wanted.get(member).filter(|_| self.by_action(member)) else { return false };
        match (self.action, &self.base) {
            (Action::Update, Some(base)) => !compare::covers_member(member, there(&base.object, member), wanted),
            _ => false,
        }
    }
}

/// A member, or null.
pub(crate) fn there<'a>(object: &'a Value, member: &str) -> &'a Value {
    object.get(member).unwrap_or(&Value::Null)
}

fn base(there: &Value) -> Option<Base> {
    text(there, "id").map(|id| Base { id: id.to_owned(), object: there.clone() })
}

impl Plan {
    /// Whether the tenant is as wanted.
    pub fn is_empty(&self) -> bool {
        self.steps.iter().all(|step| step.action == Action::Nothing)
    }

    /// The worst of all changes.
    pub fn class(&self) -> Class {
        self.steps.iter().map(|step| step.class).max().unwrap_or(Class::Harmless)
    }

    /// The step for a role.
    pub fn step(&self, role: Role) -> Option<&Step> {
        self.steps.iter().find(|step| step.role == role)
    }

    /// Reads a plan that was written with serde.
    ///
    /// # Errors
    /// When it is of another format, or no plan.
    pub fn from_json(bytes: &[u8]) -> Result<Self, PlanError> {
        let value: Value = serde_json::from_slice(bytes).map_err(|error| PlanError::NotAPlan(error.to_string()))?;
        match value.get("format").and_then(Value::as_u64).and_then(|format| u32::try_from(format).ok()) {
            Some(FORMAT) => serde_json::from_value(value).map_err(|error| PlanError::NotAPlan(error.to_string())),
            Some(other) => Err(PlanError::Format(other)),
            None => Err(PlanError::NotAPlan("it has no format".to_owned())),
        }
    }
}
