//! Comparing what is wanted with what the tenant has, past what the service writes by itself.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Members that say nothing about what an object does. `id` stands in nested objects too, where the service makes it up.
const NOISE: [&str; 16] = [
    "id",
    "version",
    "createdDateTime",
    "lastModifiedDateTime",
    "modifiedDateTime",
    "deletedDateTime",
    "isAssigned",
    "deployedAppCount",
    "supportsScopeTags",
    "sourceId",
    "certificate",
    "token",
    "secretReferenceValueId",
    "isEncrypted",
    "lastSyncDateTime",
    "isReadOnly",
];

fn is_noise(key: &str) -> bool {
    NOISE.contains(&key) || key == "templateId" || key.contains("@odata.") && key != "@odata.type"
}

/// Members whose value is a flags enum: the order of flags means nothing.
fn is_flags(key: &str) -> bool {
    matches!(key, "easServices" | "targetedAppManagementLevels")
}

/// What an object says, in one form: no noise, no assignments, no members that are null or empty, lists and flags in one
/// order. Two objects that mean the same have the same essence.
pub(crate) fn essence(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(members) = object.as_object_mut() {
        members.remove("assignments");
    }
    settle("", &object)
}

/// The same for assignments: a set of targets.
pub(crate) fn targets(assignments: &[Value]) -> Vec<Value> {
    let mut targets: Vec<_> = assignments.iter().map(target).collect();
    targets.sort_by_key(ToString::to_string);
    targets.dedup();
    targets
}

/// Whom an assignment is for, and nothing that the service adds.
pub(crate) fn target(assignment: &Value) -> Value {
    let mut target = settle("", assignment.get("target").unwrap_or(assignment));
    if let Some(members) = target.as_object_mut() {
        members.retain(|key, _| {
            key == "@odata.type" || key == "groupId" || key.starts_with("deviceAndAppManagementAssignmentFilter")
        });
        // Without a filter the service says "none", and we nothing.
        if members.get("deviceAndAppManagementAssignmentFilterType").and_then(Value::as_str) == Some("none") {
            members.retain(|key, _| !key.starts_with("deviceAndAppManagementAssignmentFilter"));
        }
    }
    target
}

/// The assignments that came with an object.
pub(crate) fn assignments_of(object: &Value) -> Vec<Value> {
    object.get("assignments").and_then(Value::as_array).cloned().unwrap_or_default()
}

fn settle(key: &str, value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept =
                members.iter().filter(|(key, _)| !is_noise(key)).map(|(key, value)| (key.clone(), settle(key, value)));
            Value::Object(kept.filter(|(_, value)| !is_empty(value)).collect())
        }
        Value::Array(list) => {
            let mut list: Vec<_> = list.iter().map(|value| settle(key, value)).collect();
            list.sort_by_key(ToString::to_string);
            Value::Array(list)
        }
        Value::String(text) if is_flags(key) => {
            let mut flags: Vec<_> = text.split(',').map(str::trim).collect();
            flags.sort_unstable();
            Value::String(flags.join(","))
        }
        Value::String(text) if is_guid(text) => Value::String(text.to_ascii_lowercase()),
        other => other.clone(),
    }
}

fn is_guid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        // Compliance actions without a template come back with this one.
        Value::String(text) => text.is_empty() || text == "00000000-0000-0000-0000-000000000000",
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Whether what is there fulfils what is wanted. What is wanted says nothing about members it does not name.
pub(crate) fn covers(there: &Value, wanted: &Value) -> bool {
    covered(&settle("", there), &settle("", wanted))
}

/// The same for one member, whose name decides how its value is to be understood.
pub(crate) fn covers_member(name: &str, there: &Value, wanted: &Value) -> bool {
    covered(&settle(name, there), &settle(name, wanted))
}

fn covered(there: &Value, wanted: &Value) -> bool {
    match (there, wanted) {
        (there, wanted) if is_empty(wanted) => is_empty(there),
        (Value::Object(there), Value::Object(wanted)) => wanted
            .iter()
            .all(|(key, wanted)| covered(there.get(key).unwrap_or(&Value::Null), wanted) || implied_type(key, there)),
        (Value::Array(there), Value::Array(wanted)) => {
            let mut left: Vec<_> = there.iter().collect();
            let all = wanted.iter().all(|wanted| match left.iter().position(|there| covered(there, wanted)) {
                Some(place) => {
                    left.remove(place);
                    true
                }
                None => false,
            });
            all && left.is_empty()
        }
        (there, wanted) => there == wanted,
    }
}

/// The service leaves `@odata.type` out where a collection has only one type.
fn implied_type(key: &str, there: &Map<String, Value>) -> bool {
    key == "@odata.type" && !there.contains_key(key)
}

/// One difference, down to the innermost member: its path, what is there, what is wanted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Difference {
    pub path: String,
    pub there: Value,
    pub wanted: Value,
}

/// All differences between what is there and what is wanted.
pub(crate) fn differences(there: &Value, wanted: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    descend("", "", there, wanted, &mut found);
    found
}

fn descend(path: &str, key: &str, there: &Value, wanted: &Value, found: &mut Vec<Difference>) {
    if covers_member(key, there, wanted) {
        return;
    }
    match (there, wanted) {
        (Value::Object(there), Value::Object(wanted)) => {
            for (key, wanted) in wanted.iter().filter(|(key, _)| !is_noise(key)) {
                let there = match there.get(key) {
                    None if key == "@odata.type" => continue,
                    there => there.unwrap_or(&Value::Null),
                };
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                descend(&path, key, there, wanted, found);
            }
        }
        (Value::Array(there), Value::Array(wanted)) if keyed(there).is_some() && keyed(wanted).is_some() => {
            let (there, wanted) = (keyed(there).unwrap_or_default(), keyed(wanted).unwrap_or_default());
            let names: std::collections::BTreeSet<_> = there.keys().chain(wanted.keys()).collect();
            for name in names {
                let (there, wanted) = (there.get(name), wanted.get(name));
                if there != wanted {
                    let value = |value: Option<&Value>| value.cloned().unwrap_or(Value::Null);
                    found.push(Difference { path: name.clone(), there: value(there), wanted: value(wanted) });
                }
            }
        }
        _ => found.push(Difference { path: path.to_owned(), there: there.clone(), wanted: wanted.clone() }),
    }
}

/// A list of keys and values as a map: app configurations are told apart by their keys.
fn keyed(list: &[Value]) -> Option<BTreeMap<String, Value>> {
    const FORMS: [(&str, &str); 3] = [("name", "value"), ("appConfigKey", "appConfigKeyValue"), ("key", "value")];
    list.iter()
        .map(|element| {
            let (name, value) =
                FORMS.iter().find_map(|(name, value)| Some((element.get(name)?.as_str()?, element.get(value)?)))?;
            Some((name.to_owned(), value.clone()))
        })
        .collect()
}

/// What is there with what is wanted laid over it, member by member; noise goes.
pub(crate) fn laid_over(there: &Value, wanted: &Value) -> Value {
    match (there, wanted) {
        (Value::Object(there), Value::Object(wanted)) => {
            let mut both: Map<String, Value> = there
                .iter()
                .filter(|(key, _)| !is_noise(key))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            for (key, wanted) in wanted {
                let value = both.get(key).map_or_else(|| wanted.clone(), |there| laid_over(there, wanted));
                both.insert(key.clone(), value);
            }
            Value::Object(both)
        }
        (_, wanted) => wanted.clone(),
    }
}

/// A value without noise, for sending it back.
pub(crate) fn without_noise(value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .filter(|(key, _)| !is_noise(key))
                .map(|(key, value)| (key.clone(), without_noise(value)))
                .collect(),
        ),
        Value::Array(list) => Value::Array(list.iter().map(without_noise).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_service_writes_by_itself_is_no_difference() {
        let wanted = json!({"displayName": "A", "easServices": "calendars,contacts", "list": ["b", "a"], "none": null});
        let there = json!({
            "@odata.context": "x", "id": "1", "version": 3, "displayName": "A", "easServices": "contacts,calendars",
            "list": ["a", "b"], "supportsScopeTags": true, "something": 1,
        });
        assert!(covers(&there, &wanted));
        assert!(!covers(&json!({"displayName": "A", "easServices": "contacts", "list": ["a", "b"]}), &wanted));
    }

    #[test]
    fn settings_are_compared_by_their_keys() {
        let there = json!({"customSettings": [{"name": "a", "value": "true"}, {"name": "x", "value": "1"}]});
        let wanted = json!({"customSettings": [{"name": "b", "value": "2"}, {"name": "a", "value": "false"}]});
        let found: Vec<_> = differences(&there, &wanted)
            .into_iter()
            .map(|difference| (difference.path, difference.there, difference.wanted))
            .collect();
        assert_eq!(
            found,
            [
                ("a".to_owned(), json!("true"), json!("false")),
                ("b".to_owned(), Value::Null, json!("2")),
                ("x".to_owned(), json!("1"), Value::Null),
            ]
        );
    }

    #[test]
    fn a_target_without_a_filter_equals_one_with_the_filter_none() {
        let ours = json!({"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": "G"}});
        let theirs = json!({"id": "x", "source": "direct", "target": {
            "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": "G",
            "deviceAndAppManagementAssignmentFilterId": null, "deviceAndAppManagementAssignmentFilterType": "none"}});
        assert_eq!(targets(&[ours]), targets(&[theirs]));
    }
}
