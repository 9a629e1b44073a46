//! To whom an Intune object is assigned.

use super::value::{Object, items};

/// What every object of an export has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Head {
    /// Its `displayName` (Exchange: `Name` or `Identity`), or the name of its file.
    pub name: String,
    /// The file it stands in.
    pub file: String,
    /// Its id.
    pub id: Option<String>,
}

/// Whom one assignment names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// `allLicensedUsersAssignmentTarget`.
    AllUsers,
    /// `allDevicesAssignmentTarget`.
    AllDevices,
    /// `groupAssignmentTarget`: the id of a group, or its name where an export replaced it.
    Group(String),
    /// `exclusionGroupAssignmentTarget`.
    ExceptGroup(String),
}

/// Whether a filter lets devices through that answer to it, or the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FilterMode {
    /// Only devices that answer to it.
    Include,
    /// Only devices that do not.
    Exclude,
}

/// A filter on an assignment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FilterUse {
    /// The id of the filter.
    pub id: String,
    /// How it is used.
    pub mode: FilterMode,
}

/// One assignment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Assignment {
    /// Whom.
    pub target: Target,
    /// On which of their devices.
    pub filter: Option<FilterUse>,
}

/// All assignments of an object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Assignments {
    /// In the order of the export.
    pub list: Vec<Assignment>,
    /// Whether the export has them at all: without `$expand=assignments` it does not.
    pub exported: bool,
}

impl Assignments {
    pub(crate) fn read(object: Object<'_>) -> Self {
        let mut list: Vec<Assignment> = object.list("assignments").into_iter().filter_map(assignment).collect();
        for group in object.objects("groupAssignments") {
            let Some(id) = group.text("targetGroupId") else { continue };
            let target =
                if group.flag("excludeGroup") == Some(true) { Target::ExceptGroup(id) } else { Target::Group(id) };
            list.push(Assignment { target, filter: None });
        }
        // PowerShell cuts deep objects off into texts such as `@{target=}`: those say nothing.
        let cut_off = object.list("assignments").iter().any(|item| item.is_string());
        let exported = object.names_any(&["assignments", "groupAssignments"]) && !cut_off;
        Self { list, exported }
    }
}

fn assignment(value: &serde_json::Value) -> Option<Assignment> {
    let object = Object::of(value)?;
    if object.text("intent").is_some_and(|intent| intent.eq_ignore_ascii_case("remove")) {
        return None;
    }
    let target =
        object.get("target").and_then(|target| items(target).into_iter().find_map(Object::of)).unwrap_or(object);
    let kind = target.text("@odata.type").unwrap_or_default().to_ascii_lowercase();
    let group = || target.first_text(&["groupId", "groupName", "groupDisplayName", "targetGroupId"]);
    let target_of = match kind.rsplit('.').next().unwrap_or_default() {
        "alllicensedusersassignmenttarget" => Target::AllUsers,
        "alldevicesassignmenttarget" => Target::AllDevices,
        "exclusiongroupassignmenttarget" => Target::ExceptGroup(group()?),
        "groupassignmenttarget" | "" => Target::Group(group()?),
        _ => return None,
    };
    Some(Assignment { target: target_of, filter: filter(target) })
}

fn filter(target: Object<'_>) -> Option<FilterUse> {
    let mode = match target.text("deviceAndAppManagementAssignmentFilterType")?.to_ascii_lowercase().as_str() {
        "include" | "1" => FilterMode::Include,
        "exclude" | "2" => FilterMode::Exclude,
        _ => return None,
    };
    let id = target.text("deviceAndAppManagementAssignmentFilterId")?;
    let none = id.bytes().all(|byte| matches!(byte, b'0' | b'-'));
    (!none).then_some(FilterUse { id, mode })
}
