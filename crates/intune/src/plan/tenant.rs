//! What the tenant has of what we are about.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    collection::Collection,
    desired::{Desired, DesiredObject, EXCHANGE_ONLINE_REFERENCE, OUTLOOK_APPS_REFERENCE},
    documents::{conditional_access_policy::EXCHANGE_ONLINE, outlook},
    graph::{Address, Graph, GraphError, text},
    metadata::{Version, short},
    role::{Role, SetName},
};

/// What was read, whole.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    /// Objects as Graph returns them.
    pub objects: BTreeMap<Collection, Vec<Value>>,
    /// Ids for references: `@{exchange-online}`, `@{outlook-apps}`.
    pub known: BTreeMap<String, Vec<String>>,
}

impl Tenant {
    /// Reads what a plan for this set needs, and nothing else.
    ///
    /// # Errors
    /// When Graph refuses or does not answer.
    pub async fn read(graph: &Graph, desired: &Desired) -> Result<Self, GraphError> {
        let mut tenant = Self::default();
        tenant.look_up(graph, desired).await?;
        for object in &desired.objects {
            let collection = object.collection;
            let narrow = matches!(collection, Collection::ServicePrincipals | Collection::Oauth2PermissionGrants);
            if narrow || !tenant.objects.contains_key(&collection) {
                let body = tenant.resolved(desired, &object.body);
                let found = candidates(graph, collection, &body).await?;
                tenant.objects.entry(collection).or_default().extend(found);
            }
        }
        Ok(tenant)
    }

    async fn look_up(&mut self, graph: &Graph, desired: &Desired) -> Result<(), GraphError> {
        let refers = |to: &str| desired.objects.iter().any(|object| object.body.to_string().contains(to));
        if refers(EXCHANGE_ONLINE_REFERENCE) {
            let filter = format!("appId eq '{EXCHANGE_ONLINE}'");
            let found = graph.list(&Collection::ServicePrincipals.filtered(&filter)).await?;
            self.known.insert(EXCHANGE_ONLINE_REFERENCE.to_owned(), ids(&found));
        }
        if refers(OUTLOOK_APPS_REFERENCE) {
            let kinds = "(isof('microsoft.graph.iosStoreApp') or isof('microsoft.graph.iosVppApp'))";
            let apps = Address::new(Version::Beta, &["deviceAppManagement", "mobileApps"])
                .with("$filter", kinds)
                .with("$search", "\"Microsoft Outlook\"");
            let mut found = graph.list(&apps).await?;
            found.retain(|app| text(app, "bundleId") == Some(outlook::BUNDLE_ID));
            let mut ids = ids(&found);
            ids.sort();
            self.known.insert(OUTLOOK_APPS_REFERENCE.to_owned(), ids);
        }
        Ok(())
    }

    /// A body with the references filled in that are known.
    pub(super) fn resolved(&self, desired: &Desired, body: &Value) -> Value {
        let mut known = self.known.clone();
        for object in &desired.objects {
            let there = self.objects.get(&object.collection).map_or(&[][..], Vec::as_slice);
            if let Ok(Found::Same(found)) = find(there, object, &object.body, &desired.set)
                && let Some(id) = text(found, "id")
            {
                known.insert(object.role.reference(), vec![id.to_owned()]);
            }
        }
        resolve(body, &known)
    }
}

fn ids(objects: &[Value]) -> Vec<String> {
    objects.iter().filter_map(|object| text(object, "id")).map(str::to_owned).collect()
}

/// The objects among which one like this would be. `body` has its references filled in as far as known.
pub(crate) async fn candidates(graph: &Graph, collection: Collection, body: &Value) -> Result<Vec<Value>, GraphError> {
    let by = |member: &str| format!("{member} eq '{}'", text(body, member).unwrap_or_default().replace('\'', "''"));
    match collection {
        Collection::ServicePrincipals => graph.list(&collection.filtered(&by("appId"))).await,
        Collection::Oauth2PermissionGrants if text(body, "clientId").is_none_or(|id| id.starts_with("@{")) => {
            Ok(Vec::new())
        }
        Collection::Oauth2PermissionGrants => graph.list(&collection.filtered(&by("clientId"))).await,
        _ => graph.list(&collection.all()).await,
    }
}

/// Fills references in. One that stands in a list for several becomes several; one that is not known stays.
pub(crate) fn resolve(value: &Value, known: &BTreeMap<String, Vec<String>>) -> Value {
    let several = |value: &Value| value.as_str().and_then(|text| known.get(text));
    match value {
        Value::Object(members) => {
            Value::Object(members.iter().map(|(key, value)| (key.clone(), resolve(value, known))).collect())
        }
        Value::Array(list) => Value::Array(
            list.iter()
                .flat_map(|value| match several(value) {
                    Some(ids) => ids.iter().cloned().map(Value::String).collect(),
                    None => vec![resolve(value, known)],
                })
                .collect(),
        ),
        Value::String(_) => match several(value).and_then(|ids| ids.first()) {
            Some(id) => Value::String(id.clone()),
            None => value.clone(),
        },
        other => other.clone(),
    }
}

/// The first reference that is left in a value.
pub(crate) fn unresolved(value: &Value) -> Option<&str> {
    match value {
        Value::Object(members) => members.values().find_map(unresolved),
        Value::Array(list) => list.iter().find_map(unresolved),
        Value::String(text) if text.starts_with("@{") && text.ends_with('}') => Some(text),
        _ => None,
    }
}

/// What was found for something wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Found<'a> {
    /// Nothing.
    Nothing,
    /// An object of the same type: it can be changed.
    Same(&'a Value),
    /// An object for the same purpose, of another type: it can only be replaced.
    Other(&'a Value),
}

/// Several objects fit, and only people can tell which is meant: their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ambiguous(pub Vec<String>);

/// Looks for a wanted object: by our marker, else by display name and type (and management levels, by which policies for
/// managed apps of one name differ). Objects that another set of ours marked are not taken.
pub(crate) fn find<'a>(
    there: &'a [Value],
    object: &DesiredObject,
    body: &Value,
    set: &SetName,
) -> Result<Found<'a>, Ambiguous> {
    let equal = |object: &Value, member: &str| text(object, member) == text(body, member);
    match object.role {
        Role::AppleClient => return one(there.iter().filter(|object| equal(object, "appId"))),
        Role::AppleConsent => {
            let same =
                |object: &&Value| ["clientId", "resourceId", "consentType"].iter().all(|name| equal(object, name));
            return one(there.iter().filter(same));
        }
        _ => {}
    }
    let description = |object: &Value| text(object, "description").unwrap_or_default().to_owned();
    let same_type = |there: &Value| match text(there, "@odata.type") {
        Some(of) => short(of) == short(object.odata_type()),
        None => !object.collection.holds_several_types(),
    };
    let mark = object.role.marker(set);
    let marked: Vec<_> = there.iter().filter(|object| description(object).contains(&mark)).collect();
    match marked.as_slice() {
        [] => {}
        [there] if same_type(there) => return Ok(Found::Same(there)),
        [there] => return Ok(Found::Other(there)),
        several => return Err(ambiguous(several)),
    }
    let of_another_set = format!("/{}]", object.role);
    let named = |there: &&Value| equal(there, "displayName") && !description(there).contains(&of_another_set);
    let levels = |there: &Value| {
        let member = "targetedAppManagementLevels";
        body.get(member).is_none() || there.get(member).is_none() || equal(there, member)
    };
    match one(there.iter().filter(named).filter(|there| same_type(there) && levels(there)))? {
        Found::Nothing if object.role == Role::Account => {
            let accounts = ["iosEasEmailProfileConfiguration", "iosCustomConfiguration"];
            let account = |there: &&Value| accounts.contains(&short(text(there, "@odata.type").unwrap_or_default()));
            match one(there.iter().filter(named).filter(account))? {
                Found::Same(other) => Ok(Found::Other(other)),
                found => Ok(found),
            }
        }
        found => Ok(found),
    }
}

/// Whether an object is one that we made for this role and set.
pub(crate) fn is_marked(object: &Value, role: Role, set: &SetName) -> bool {
    text(object, "description").is_some_and(|description| description.contains(&role.marker(set)))
}

fn one<'a>(found: impl Iterator<Item = &'a Value>) -> Result<Found<'a>, Ambiguous> {
    let found: Vec<_> = found.collect();
    match found.as_slice() {
        [] => Ok(Found::Nothing),
        [object] => Ok(Found::Same(object)),
        several => Err(ambiguous(several)),
    }
}

fn ambiguous(objects: &[&Value]) -> Ambiguous {
    Ambiguous(objects.iter().filter_map(|object| text(object, "id")).map(str::to_owned).collect())
}
