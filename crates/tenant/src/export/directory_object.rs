//! Objects of the directory: people, groups, roles, applications, consent, places, devices, filters.

use std::collections::BTreeSet;

use super::{
    assignment::Head,
    value::{Object, text},
};

/// Names by which somebody is known. Keys in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Identity {
    /// Ids of objects: GUIDs and what stands in their place.
    pub ids: BTreeSet<String>,
    /// Principal names and mail addresses.
    pub addresses: BTreeSet<String>,
    /// Display names and aliases, which need not be unique.
    pub names: BTreeSet<String>,
    /// How to show them.
    pub shown: Option<String>,
    /// Somebody of another company.
    pub guest: bool,
}

impl Identity {
    /// From one word: an id or an address.
    pub(crate) fn of_word(word: &str) -> Self {
        let key = word.trim().to_lowercase();
        let mut identity = Self::default();
        if key.contains('@') {
            identity.addresses.insert(key)
        } else {
            identity.ids.insert(key)
        };
        identity
    }

    /// From an object with any of the properties by which people are named.
    pub(crate) fn read(object: Object<'_>) -> Self {
        let lower = |names: &[&str]| {
            let texts = names.iter().filter_map(|name| object.text(name));
            texts.map(|text| text.to_lowercase()).collect::<Vec<_>>().into_iter()
        };
        let mut identity = Self {
            ids: lower(&["id", "userId", "ExternalDirectoryObjectId", "Guid"]).collect(),
            addresses: lower(&[
                "userPrincipalName",
                "mail",
                "PrimarySmtpAddress",
                "WindowsEmailAddress",
                "emailAddress",
            ])
            .filter(|address| address.contains('@'))
            .collect(),
            names: lower(&["displayName", "mailNickname", "Alias", "userDisplayName", "Name", "SamAccountName"])
                .collect(),
            shown: object.first_text(&["displayName", "userDisplayName", "userPrincipalName", "mail", "Name"]),
            guest: object.text("userType").is_some_and(|kind| kind.eq_ignore_ascii_case("guest"))
                || object.text("userPrincipalName").is_some_and(|name| name.to_uppercase().contains("#EXT#")),
        };
        for proxy in ["proxyAddresses", "EmailAddresses"].iter().flat_map(|name| object.texts(name)) {
            if let Some(address) = proxy.to_lowercase().strip_prefix("smtp:") {
                identity.addresses.insert(address.to_owned());
            }
        }
        identity
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty() && self.addresses.is_empty() && self.names.is_empty()
    }
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Member {
    /// A device, by its ids and name.
    Device(BTreeSet<String>),
    /// A group within the group.
    Group(String),
    /// A person, or one word that may name any of the three.
    Person(Identity),
}

/// A group, or a directory role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name and id.
    pub head: Head,
    /// Its members; `None` where the export does not have them.
    pub members: Option<Vec<Member>>,
    /// `roleTemplateId` of a role.
    pub role_template: Option<String>,
}

impl Group {
    pub(crate) fn read(object: Object<'_>, head: Head) -> Self {
        let whole = object.get("members@odata.nextLink").is_none();
        let members = object.names("members").then(|| object.list("members").into_iter().filter_map(member).collect());
        Self { head, members: members.filter(|_| whole), role_template: object.text("roleTemplateId") }
    }
}

fn member(value: &serde_json::Value) -> Option<Member> {
    let Some(object) = Object::of(value) else {
        return text(value).map(|word| Member::Person(Identity::of_word(&word)));
    };
    let kind = object.text("@odata.type").unwrap_or_default().to_ascii_lowercase();
    match kind.rsplit('.').next().unwrap_or_default() {
        "device" => {
            let keys = ["id", "deviceId", "azureADDeviceId", "displayName", "deviceName"];
            Some(Member::Device(
                keys.iter().filter_map(|name| object.text(name)).map(|key| key.to_lowercase()).collect(),
            ))
        }
        "group" => object.first_text(&["id", "displayName"]).map(Member::Group),
        "serviceprincipal" | "orgcontact" => None,
        _ => Some(person(object)).filter(|identity| !identity.is_empty()).map(Member::Person),
    }
}

/// Somebody by the properties there are; by a reference (`@odata.id`) or a name alone where there are no better ones.
fn person(object: Object<'_>) -> Identity {
    let mut identity = Identity::read(object);
    if identity.ids.is_empty() && identity.addresses.is_empty() {
        let reference = object.text("@odata.id");
        let last = reference.as_deref().and_then(|address| address.rsplit('/').next()).map(str::to_lowercase);
        let name = identity.names.first().map(|name| format!("name:{name}"));
        identity.ids.extend(last.or(name));
    }
    identity
}

/// An application that people of the tenant may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServicePrincipal {
    /// Its name and object id.
    pub head: Head,
    /// The id that is the same in every tenant, in lower case.
    pub app_id: String,
    /// False: nobody may sign in to it.
    pub enabled: bool,
    /// Only people that are assigned to it.
    pub assignment_required: bool,
    /// Who is; `None` where the export does not say.
    pub assigned: Option<Vec<Identity>>,
}

impl ServicePrincipal {
    pub(crate) fn read(object: Object<'_>, head: Head) -> Self {
        let assigned = object.names("appRoleAssignedTo").then(|| {
            object
                .objects("appRoleAssignedTo")
                .into_iter()
                .filter_map(|assignment| assignment.text("principalId"))
                .map(|id| Identity::of_word(&id))
                .collect()
        });
        Self {
            head,
            app_id: object.text("appId").unwrap_or_default().to_lowercase(),
            enabled: object.flag("accountEnabled").unwrap_or(true),
            assignment_required: object.flag("appRoleAssignmentRequired").unwrap_or(false),
            assigned,
        }
    }
}

/// `oauth2PermissionGrant`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionGrant {
    /// Object id of the application that was let in.
    pub client: String,
    /// The person it was let in for; `None`: everybody.
    pub principal: Option<Identity>,
    /// What it may do, in lower case.
    pub scopes: BTreeSet<String>,
    /// Object id of the application it may do it at.
    pub resource: Option<String>,
}

impl PermissionGrant {
    pub(crate) fn read(object: Object<'_>) -> Self {
        let everybody = object.text("consentType").is_none_or(|kind| kind.eq_ignore_ascii_case("AllPrincipals"));
        let principal = object.text("principalId").map(|id| Identity::of_word(&id)).unwrap_or_default();
        Self {
            client: object.text("clientId").unwrap_or_default().to_lowercase(),
            principal: (!everybody).then_some(principal),
            scopes: object
                .text("scope")
                .unwrap_or_default()
                .split([' ', ','])
                .filter(|scope| !scope.is_empty())
                .map(str::to_ascii_lowercase)
                .collect(),
            resource: object.text("resourceId").map(|id| id.to_lowercase()),
        }
    }
}

/// A device under Intune's management.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedDevice {
    /// Its name and id.
    pub head: Head,
    /// Its ids and name, in lower case: Intune's, Entra's.
    pub keys: BTreeSet<String>,
    /// Whose it is.
    pub owner: Identity,
    /// `iOS`, `Android`, ...
    pub operating_system: String,
    /// As reported.
    pub os_version: Option<String>,
    /// `compliant`, `noncompliant`, ...
    pub compliance: Option<String>,
    /// The device's id in ActiveSync.
    pub eas_device_id: Option<String>,
    /// Whether an ActiveSync account is in use on it.
    pub eas_activated: bool,
    /// `iPhone14,5`, `iPad Pro`, ...
    pub model: Option<String>,
    /// `company`, `personal`.
    pub ownership: Option<String>,
    /// `Apple`.
    pub manufacturer: Option<String>,
    /// The name of its enrolment profile.
    pub enrolment_profile: Option<String>,
}

impl ManagedDevice {
    pub(crate) fn read(object: Object<'_>, mut head: Head) -> Self {
        if let Some(name) = object.first_text(&["deviceName", "managedDeviceName"]) {
            head.name = name;
        }
        let keys = ["id", "azureADDeviceId", "azureActiveDirectoryDeviceId", "deviceName"];
        let mut owner = Identity {
            ids: object.text("userId").map(|id| id.to_lowercase()).into_iter().collect(),
            shown: object.first_text(&["userDisplayName", "userPrincipalName", "emailAddress"]),
            ..Identity::default()
        };
        let addresses = ["userPrincipalName", "emailAddress"].iter().filter_map(|name| object.text(name));
        owner.addresses = addresses.map(|address| address.to_lowercase()).collect();
        owner.names = object.text("userDisplayName").map(|name| name.to_lowercase()).into_iter().collect();
        Self {
            keys: keys.iter().filter_map(|name| object.text(name)).map(|key| key.to_lowercase()).collect(),
            head,
            owner,
            operating_system: object.text("operatingSystem").unwrap_or_default(),
            os_version: object.text("osVersion"),
            compliance: object.text("complianceState").map(|state| state.to_lowercase()),
            eas_device_id: object.text("easDeviceId"),
            eas_activated: object.flag("easActivated").unwrap_or(false),
            model: object.text("model"),
            ownership: object.first_text(&["managedDeviceOwnerType", "ownerType"]),
            manufacturer: object.text("manufacturer"),
            enrolment_profile: object.text("enrollmentProfileName"),
        }
    }

    /// An iPhone, iPad or iPod.
    #[must_use]
    pub fn is_ios(&self) -> bool {
        let system = self.operating_system.to_ascii_lowercase();
        system.contains("ios") || system.contains("ipad") || system.contains("iphone")
    }

    /// An iPad; `None` where nothing tells.
    #[must_use]
    pub fn is_ipad(&self) -> Option<bool> {
        let told = format!("{} {}", self.model.as_deref().unwrap_or_default(), self.operating_system).to_lowercase();
        match () {
            () if told.contains("ipad") => Some(true),
            () if self.model.is_some() => Some(false),
            () => None,
        }
    }
}

/// `namedLocation`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedLocation {
    /// Its name and id.
    pub head: Head,
    /// Trusted ranges of addresses.
    pub trusted: bool,
    /// `cidrAddress` of each range.
    pub ranges: Vec<String>,
    /// Countries, in lower case.
    pub countries: BTreeSet<String>,
}

impl NamedLocation {
    pub(crate) fn read(object: Object<'_>, head: Head) -> Self {
        Self {
            head,
            trusted: object.flag("isTrusted").unwrap_or(false),
            ranges: object.objects("ipRanges").into_iter().filter_map(|range| range.text("cidrAddress")).collect(),
            countries: object.words("countriesAndRegions"),
        }
    }
}

/// A filter on assignments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssignmentFilter {
    /// Its name and id.
    pub head: Head,
    /// As written.
    pub rule: String,
}

/// An app of the tenant's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MobileApp {
    /// Its name and id.
    pub head: Head,
    /// Whether it is Outlook for iOS.
    pub outlook_for_ios: bool,
}

impl MobileApp {
    pub(crate) fn read(object: Object<'_>, head: Head) -> Self {
        let kind = object.text("@odata.type").unwrap_or_default().to_ascii_lowercase();
        let bundle = object.first_text(&["bundleId", "packageId"]);
        let named = head.name.to_ascii_lowercase().contains("outlook");
        let outlook_for_ios = !kind.contains("android")
            && bundle.map_or(named, |bundle| bundle.eq_ignore_ascii_case(super::outlook_configuration::OUTLOOK_BUNDLE));
        Self { head, outlook_for_ios }
    }
}
