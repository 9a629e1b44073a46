//! Status reports: read, joined with what was reported before, and understood.
//!
//! A report tells what changed. Items of an array are told one by one, by their `identifier`: `_removed` takes one away,
//! another one takes the place of the one it names. With `FullReport` (iOS 17) what is not told is not there.

use fleet::delivery::{DeviceFacts, ReportedAccount};
use serde_json::{Map, Value};

use crate::{command::is_version, error::Refusal, limits};

/// A report.
#[derive(Debug, Clone, PartialEq)]
pub struct StatusReport {
    /// StatusItems.
    items: Map<String, Value>,
    /// Errors.
    pub errors: Vec<Value>,
    /// FullReport.
    pub full: bool,
}

/// What a device makes of a declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Valid {
    /// It has not looked, or says something that is not known.
    Unknown,
    /// It can keep to it.
    Valid,
    /// It cannot.
    Invalid,
}

/// Why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Such as `Error.ConfigurationCannotBeApplied`.
    pub code: String,
    /// In words.
    pub description: String,
}

/// What a device says of one declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclarationState {
    /// Its Identifier.
    pub identifier: String,
    /// Of the version that it tells of.
    pub server_token: String,
    /// It is in force.
    pub active: bool,
    /// It can be.
    pub valid: Valid,
    /// What there is to say about it.
    pub reasons: Vec<Reason>,
}

impl StatusReport {
    /// Reads a report (JSON).
    pub fn read(data: &[u8]) -> Result<Self, Refusal> {
        if data.len() > limits::STATUS_BYTES_MAX {
            return Err(Refusal::NotAStatusReport);
        }
        let report: Value = serde_json::from_slice(data).map_err(|_| Refusal::NotAStatusReport)?;
        let Value::Object(mut report) = report else { return Err(Refusal::NotAStatusReport) };
        let Some(Value::Object(items)) = report.remove("StatusItems") else { return Err(Refusal::NotAStatusReport) };
        let errors = match report.remove("Errors") {
            Some(Value::Array(errors)) => errors,
            _ => Vec::new(),
        };
        let full = report.get("FullReport").and_then(Value::as_bool) == Some(true);
        Ok(Self { items, errors, full })
    }

    /// What is known after this report, of what was known before it.
    pub(crate) fn join(&self, before: Value) -> Value {
        let mut known = match before {
            Value::Object(known) if !self.full => known,
            _ => Map::new(),
        };
        join_objects(&mut known, &self.items);
        Value::Object(known)
    }

    /// It says something of Exchange accounts.
    pub(crate) fn tells_accounts(&self) -> bool {
        at(&Value::Object(self.items.clone()), &["account", "list", "exchange"]).is_some()
    }
}

fn join_objects(known: &mut Map<String, Value>, told: &Map<String, Value>) {
    for (key, told) in told {
        match (known.get_mut(key), told) {
            (Some(Value::Object(known)), Value::Object(told)) => join_objects(known, told),
            (Some(Value::Array(known)), Value::Array(told)) if is_list_of_items(told) => join_items(known, told),
            (_, Value::Array(told)) if is_list_of_items(told) => {
                let mut items = Vec::new();
                join_items(&mut items, told);
                known.insert(key.clone(), Value::Array(items));
            }
            _ => drop(known.insert(key.clone(), told.clone())),
        }
    }
}

/// Whether an array is told item by item; others are told whole. An empty one tells of no change.
fn is_list_of_items(array: &[Value]) -> bool {
    array.iter().all(|item| item.get("identifier").is_some())
}

fn join_items(known: &mut Vec<Value>, told: &[Value]) {
    for item in told {
        let same = |other: &Value| other.get("identifier") == item.get("identifier");
        let place = known.iter().position(same);
        if item.get("_removed").and_then(Value::as_bool) == Some(true) {
            known.retain(|other| !same(other));
        } else if let Some(other) = place.and_then(|place| known.get_mut(place)) {
            other.clone_from(item);
        } else if known.len() < limits::LISTED_MAX {
            known.push(item.clone());
        }
    }
}

fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| value.get(key))
}

fn text(of: &Value, key: &str) -> Option<String> {
    let text = of.get(key)?.as_str()?;
    ((1..=limits::TEXT_BYTES_MAX).contains(&text.len()) && !text.contains('\0')).then(|| text.to_owned())
}

fn list<'a>(value: &'a Value, path: &[&str]) -> impl Iterator<Item = &'a Value> + use<'a> {
    at(value, path).and_then(Value::as_array).into_iter().flatten()
}

/// The Exchange accounts (`account.list.exchange`, iOS 16): all that the device has, ours and others.
pub(crate) fn accounts(status: &Value) -> Vec<ReportedAccount> {
    let account = |item: &Value| {
        let is = |key: &str| item.get(key).and_then(Value::as_bool) == Some(true);
        Some(ReportedAccount {
            identifier: text(item, "identifier")?,
            declaration: text(item, "declaration-identifier"),
            host: text(item, "hostname"),
            user_name: text(item, "username"),
            contacts: is("are-contacts-enabled"),
            mail: is("is-mail-enabled"),
            others: is("are-calendars-enabled") || is("are-notes-enabled") || is("are-reminders-enabled"),
        })
    };
    list(status, &["account", "list", "exchange"]).filter_map(account).collect()
}

/// What the device says of its declarations (`management.declarations`).
pub(crate) fn states(status: &Value) -> Vec<DeclarationState> {
    let state = |item: &Value| {
        let reason = |reason: &Value| {
            Some(Reason { code: text(reason, "code")?, description: text(reason, "description").unwrap_or_default() })
        };
        Some(DeclarationState {
            identifier: text(item, "identifier")?,
            server_token: text(item, "server-token").unwrap_or_default(),
            active: item.get("active").and_then(Value::as_bool) == Some(true),
            valid: match item.get("valid").and_then(Value::as_str) {
                Some("valid") => Valid::Valid,
                Some("invalid") => Valid::Invalid,
                _ => Valid::Unknown,
            },
            reasons: list(item, &["reasons"]).filter_map(reason).take(limits::ERROR_CHAIN_MAX).collect(),
        })
    };
    let classes = ["activations", "assets", "configurations", "management"];
    let items = classes.into_iter().flat_map(|class| list(status, &["management", "declarations", class]));
    items.filter_map(state).collect()
}

/// What the device says of itself.
pub(crate) fn facts(status: &Value) -> DeviceFacts {
    let at = |path: &[&str]| {
        let (last, path) = path.split_last()?;
        text(at(status, path)?, last)
    };
    DeviceFacts {
        os_version: at(&["device", "operating-system", "version"]).filter(|text| is_version(text)),
        product_name: at(&["device", "model", "identifier"]),
        // iOS 27 says how it is enrolled.
        supervised: at(&["mdm", "enrollment-type"]).map(|kind| kind == "supervised"),
        user_enrolment: at(&["mdm", "enrollment-type"]).map(|kind| kind == "user"),
        eas_device_identifier: None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn report(text: &Value) -> StatusReport {
        StatusReport::read(text.to_string().as_bytes()).unwrap()
    }

    fn exchange(items: &Value) -> Value {
        json!({ "StatusItems": { "account": { "list": { "exchange": items } } } })
    }

    #[test]
    fn a_report_tells_what_changed_and_the_rest_stays() {
        let first = report(&json!({ "StatusItems": {
            "device": { "operating-system": { "version": "17.2" }, "model": { "identifier": "iPhone15,4" } },
            "account": { "list": { "exchange": [
                { "identifier": "1", "hostname": "a", "are-contacts-enabled": true, "is-mail-enabled": true },
                { "identifier": "2", "hostname": "b" } ] } } } }));
        let known = first.join(Value::Null);
        let second = report(&exchange(&json!([
            { "identifier": "1", "hostname": "a", "are-contacts-enabled": true, "is-mail-enabled": false },
            { "identifier": "2", "_removed": true },
            { "identifier": "3", "hostname": "c", "are-notes-enabled": true } ])));
        let known = second.join(known);
        let accounts = accounts(&known);
        let told: Vec<_> = accounts.iter().map(|it| (&*it.identifier, it.contacts, it.mail, it.others)).collect();
        assert_eq!(told, [("1", true, false, false), ("3", false, false, true)]);
        assert_eq!(facts(&known).os_version.as_deref(), Some("17.2"));
        assert!(second.tells_accounts() && first.tells_accounts());
    }

    #[test]
    fn a_full_report_replaces_everything() {
        let known = report(&exchange(&json!([{ "identifier": "1" }]))).join(Value::Null);
        let mut full = exchange(&json!([{ "identifier": "2" }]));
        full["FullReport"] = json!(true);
        let known = report(&full).join(known);
        assert_eq!(accounts(&known).len(), 1);
        assert_eq!(accounts(&known)[0].identifier, "2");
    }

    #[test]
    fn what_cannot_be_applied_is_told_with_its_reason() {
        let known = report(&json!({ "StatusItems": { "management": { "declarations": { "configurations": [ {
            "identifier": "c", "server-token": "t", "active": false, "valid": "invalid",
            "reasons": [{ "code": "Error.ConfigurationCannotBeApplied", "description": "Profile Installation Failed" }],
        } ] } } } }))
        .join(Value::Null);
        let [state] = &states(&known)[..] else { panic!("one declaration") };
        assert_eq!((state.valid, state.active, &*state.server_token), (Valid::Invalid, false, "t"));
        assert_eq!(state.reasons[0].code, "Error.ConfigurationCannotBeApplied");
    }

    #[test]
    fn what_is_no_report_is_refused() {
        for data in [&b""[..], b"[]", b"{}", b"{\"StatusItems\":[]}", b"{\"StatusItems\":{}"] {
            assert_eq!(StatusReport::read(data), Err(Refusal::NotAStatusReport), "{data:?}");
        }
    }
}
