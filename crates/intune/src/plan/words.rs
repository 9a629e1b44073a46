//! Differences in words.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::{Change, Class, compare::Difference};
use crate::{documents::outlook, graph::text, limits, metadata::short, role::Role};

/// What a member is called by people who use the portal.
fn called(path: &str) -> String {
    let name = match path {
        "displayName" => "name",
        "description" => "description",
        "easServices" => "what is synchronised",
        "easServicesUserOverrideEnabled" => "people may change what is synchronised",
        "useOAuth" => "sign-in by OAuth",
        "hostName" => "server",
        "accountName" => "name of the account on the device",
        "authenticationMethod" => "authentication",
        "payload" => "profile",
        "rule" => "rule",
        "state" => "state",
        "grantControls.builtInControls" => "what is demanded",
        "grantControls.operator" => "how demands are joined",
        "conditions.clientAppTypes" => "kinds of client",
        "conditions.applications.includeApplications" => "applications",
        "conditions.platforms.includePlatforms" => "platforms",
        "scheduledActionsForRule" => "what happens when a device is not compliant",
        "managedEmailProfileRequired" => "a managed e-mail profile is required",
        "documentsBlockManagedDocumentsInUnmanagedApps" => "managed data stays out of personal apps",
        "contactsAllowManagedToUnmanagedWrite" => "managed apps may write into the phone's own contacts",
        "contactsAllowUnmanagedToManagedRead" => "personal apps may read managed contacts",
        "targetedMobileApps" | "apps" => "apps",
        outlook::LOCAL_SYNC => "Outlook's Save Contacts",
        outlook::LOCAL_SYNC_CHANGE => "people may change Outlook's Save Contacts",
        other => other,
    };
    name.to_owned()
}

fn shown(path: &str, value: &Value) -> String {
    let text = match value {
        Value::Null => return "not set".to_owned(),
        Value::String(text) if path == "payload" => {
            return STANDARD
                .decode(text)
                .map_or_else(|_| "unreadable".to_owned(), |bytes| format!("{} bytes", bytes.len()));
        }
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(list) if list.iter().all(Value::is_string) => {
            list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    };
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let cut: String = clean.take(limits::SHOWN_CHARS_MAX).collect();
    if cut.chars().count() < text.chars().count() { format!("{cut}…") } else { cut }
}

pub(super) fn change(difference: &Difference, class: Class) -> Change {
    let Difference { path, there, wanted } = difference;
    let words = format!("{}: {} → {}", called(path), shown(path, there), shown(path, wanted));
    Change { path: path.clone(), words, class }
}

pub(super) fn replaced(there: &Value, wanted: &Value) -> String {
    let of = |object: &Value| short(text(object, "@odata.type").unwrap_or("another type")).to_owned();
    format!("a new {} takes the place of the {}: a type cannot be changed", of(wanted), of(there))
}

pub(super) fn is_exclusion(target: &Value) -> bool {
    text(target, "@odata.type") == Some("#microsoft.graph.exclusionGroupAssignmentTarget")
}

fn target(target: &Value) -> String {
    let group = text(target, "groupId").unwrap_or("?");
    let who = match short(text(target, "@odata.type").unwrap_or_default()) {
        "groupAssignmentTarget" => format!("group {group}"),
        "exclusionGroupAssignmentTarget" => format!("everybody in group {group}"),
        "allLicensedUsersAssignmentTarget" => "all users".to_owned(),
        "allDevicesAssignmentTarget" => "all devices".to_owned(),
        other => other.to_owned(),
    };
    let filter = text(target, "deviceAndAppManagementAssignmentFilterId");
    match (filter, text(target, "deviceAndAppManagementAssignmentFilterType")) {
        (Some(filter), Some("exclude")) => format!("{who}, without devices that match {}", filter_name(filter)),
        (Some(filter), _) => format!("{who}, only devices that match {}", filter_name(filter)),
        (None, _) => who,
    }
}

fn filter_name(id: &str) -> String {
    if id == Role::Ios13Filter.reference() { "the new filter for iOS 13".to_owned() } else { format!("filter {id}") }
}

pub(super) fn assignments(before: &[Value], after: &[Value], class: Class) -> Vec<Change> {
    let change = |words: String| Change { path: "assignments".to_owned(), words, class };
    let gone = before.iter().filter(|target| !after.contains(target));
    let new = after.iter().filter(|target| !before.contains(target));
    let gone = gone.map(|gone| {
        let verb = if is_exclusion(gone) { "no longer withheld from" } else { "no longer for" };
        change(format!("{verb} {}", target(gone)))
    });
    let new = new.map(|new| {
        let verb = if is_exclusion(new) { "withheld from" } else { "for" };
        change(format!("{verb} {}", target(new)))
    });
    gone.chain(new).collect()
}

pub(super) fn notes_on_create(role: Role) -> Vec<String> {
    let note = match role {
        Role::OutlookManagedDevices | Role::OutlookManagedApps => {
            "Outlook takes away the contacts it copied into the phone; what people changed in those copies only is lost \
             unless it is taken over before"
        }
        Role::Account => "whoever gets the account is asked to sign in once",
        Role::CompliantDevice | Role::BlockBasicEas => {
            "made report-only: it is judged and logged and refuses nobody until somebody enforces it"
        }
        Role::Compliance => {
            "where Conditional Access demands a compliant device, devices that do not comply lose access"
        }
        Role::Restrictions => "apps of the company can no longer pass data to personal apps, keyboards included",
        _ => return Vec::new(),
    };
    vec![note.to_owned()]
}
