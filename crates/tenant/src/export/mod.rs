//! A folder of exported policies, read into what the rules judge. Nothing in it is skipped without a word: what is no
//! JSON, what is of no known kind and what has no assignments is kept in [`Tenant::notes`].
//!
//! To add a kind of object: a variant of `Kind` in `recognise.rs`, its type beside the others, a list in [`Tenant`].

pub mod assignment;
pub mod conditional_access_policy;
pub mod device_policy;
pub mod directory_object;
pub mod email_profile;
mod encoding;
pub mod exchange;
pub mod outlook_configuration;
pub mod payload;
mod recognise;
pub(crate) mod value;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use self::{
    assignment::{Assignments, Head},
    conditional_access_policy::ConditionalAccessPolicy,
    device_policy::{AppProtection, Compliance, Restrictions, beta_properties, brings_sso_plug_in},
    directory_object::{
        AssignmentFilter, Group, Identity, ManagedDevice, MobileApp, NamedLocation, PermissionGrant, ServicePrincipal,
    },
    email_profile::EasAccount,
    exchange::{ActiveSyncSettings, CasMailbox, DeviceAccessRule, MobileDevice},
    outlook_configuration::OutlookConfiguration,
    payload::ProfileContent,
    recognise::Kind,
    value::Object,
};
use crate::limits::FILE_BYTES_MAX;

/// The text of a file that is JSON, in any of the encodings that exports come in.
pub(crate) fn text_of(bytes: &[u8]) -> Option<String> {
    encoding::text(bytes)
}

/// An Intune object with its assignments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assigned<T> {
    /// Its name.
    pub head: Head,
    /// To whom it is assigned.
    pub assignments: Assignments,
    /// What it lays down.
    pub content: T,
}

/// Where an account of [`Tenant::accounts`] comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountSource {
    /// `iosEasEmailProfileConfiguration`.
    EmailProfile,
    /// A payload within `iosCustomConfiguration`.
    CustomConfiguration,
}

/// What was noticed while reading.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Note {
    /// A file that is no JSON.
    NotJson {
        /// Its name.
        file: String,
        /// Why.
        reason: String,
    },
    /// A file with nothing in it, as `Out-File` leaves it when a command found nothing.
    Empty {
        /// Its name.
        file: String,
    },
    /// An object of a kind that is not judged.
    Unrecognised {
        /// Its name and file.
        head: Head,
        /// Its `@odata.type`, if it has one.
        kind: Option<String>,
    },
    /// The profile of a custom configuration cannot be looked into.
    PayloadUnreadable {
        /// The configuration.
        head: Head,
        /// Why.
        reason: String,
    },
    /// A policy whose assignments are not in the export.
    Unassigned {
        /// The policy.
        head: Head,
    },
}

/// What an export has of Graph's beta.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BetaOnly {
    /// The object.
    pub head: Head,
    /// Its type is not in v1.0 at all.
    pub whole_type: bool,
    /// Properties that are not.
    pub properties: BTreeSet<&'static str>,
}

/// A tenant, as far as its export shows it.
#[derive(Debug, Clone, Default)]
pub struct Tenant {
    /// Managed Exchange ActiveSync accounts.
    pub accounts: Vec<(Assigned<EasAccount>, AccountSource)>,
    /// Outlook's app configurations that say something about contacts.
    pub outlook: Vec<Assigned<OutlookConfiguration>>,
    /// App protection.
    pub protections: Vec<Assigned<AppProtection>>,
    /// Contact boundaries.
    pub restrictions: Vec<Assigned<Restrictions>>,
    /// Objects that bring Microsoft's sign-in plug-in.
    pub sso_plug_ins: Vec<Assigned<()>>,
    /// Compliance policies.
    pub compliance: Vec<Assigned<Compliance>>,
    /// Conditional Access.
    pub conditional_access: Vec<ConditionalAccessPolicy>,
    /// Named locations.
    pub locations: Vec<NamedLocation>,
    /// Groups and roles.
    pub groups: Vec<Group>,
    /// People.
    pub users: Vec<Identity>,
    /// Applications.
    pub service_principals: Vec<ServicePrincipal>,
    /// Consent.
    pub grants: Vec<PermissionGrant>,
    /// Whether people may let in applications by themselves; `None` where the export does not say.
    pub user_consent: Option<bool>,
    /// Devices.
    pub devices: Vec<ManagedDevice>,
    /// Filters.
    pub filters: Vec<AssignmentFilter>,
    /// Apps.
    pub apps: Vec<MobileApp>,
    /// `Get-ActiveSyncDeviceAccessRule`.
    pub access_rules: Vec<DeviceAccessRule>,
    /// `Get-ActiveSyncOrganizationSettings`.
    pub active_sync: Vec<ActiveSyncSettings>,
    /// `Get-CASMailbox`.
    pub mailboxes: Vec<CasMailbox>,
    /// `Get-MobileDevice`.
    pub mobile_devices: Vec<MobileDevice>,
    /// What of it only Graph's beta has.
    pub beta: Vec<BetaOnly>,
    /// What was noticed while reading.
    pub notes: Vec<Note>,
    /// Kinds that the export has, be it as an empty list.
    exported: BTreeSet<Kind>,
}

impl Tenant {
    /// Reads the files of a folder: names with their bytes. Their order does not matter, and neither do their names,
    /// save where nothing else tells what is in them.
    pub fn read(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let files: BTreeMap<String, Vec<Vec<u8>>> =
            files.into_iter().fold(BTreeMap::new(), |mut files, (name, bytes)| {
                files.entry(name).or_insert_with(Vec::new).push(bytes);
                files
            });
        let mut tenant = Self::default();
        for (name, mut versions) in files {
            versions.sort_unstable();
            for bytes in versions {
                tenant.file(&name, &bytes);
            }
        }
        tenant.notes.sort_unstable();
        tenant
    }

    /// Whether applications or consent are in the export at all, be it as empty lists.
    #[must_use]
    pub(crate) fn has_consent_export(&self) -> bool {
        self.exported.contains(&Kind::ServicePrincipal) || self.exported.contains(&Kind::PermissionGrant)
    }

    /// Whether `Get-MobileDevice` is in the export, be it as an empty list.
    #[must_use]
    pub(crate) fn has_mobile_device_export(&self) -> bool {
        self.exported.contains(&Kind::MobileDevice)
    }

    fn file(&mut self, name: &str, bytes: &[u8]) {
        let file = name.to_owned();
        if bytes.len() > FILE_BYTES_MAX {
            let reason = format!("it has more than {FILE_BYTES_MAX} bytes");
            return self.notes.push(Note::NotJson { file, reason });
        }
        let Some(text) = encoding::text(bytes) else {
            return self.notes.push(Note::NotJson { file, reason: "it is neither UTF-8 nor UTF-16".into() });
        };
        let by_name = Kind::of_file(name);
        if text.trim().is_empty() {
            self.exported.extend(by_name);
            return self.notes.push(Note::Empty { file });
        }
        match serde_json::from_str::<Value>(&text) {
            Ok(value) => self.values(&file, &value, None),
            Err(error) => self.notes.push(Note::NotJson { file, reason: error.to_string() }),
        }
    }

    /// One object, a list, or the `value` of an answer.
    fn values(&mut self, file: &str, value: &Value, context: Option<&str>) {
        match value {
            Value::Array(items) => {
                if items.is_empty() {
                    self.exported.extend(context.and_then(Kind::of_context).or_else(|| Kind::of_file(file)));
                }
                for item in items {
                    // A list of lists is what a few scripts make of pages.
                    match item {
                        Value::Array(inner) => inner.iter().for_each(|item| self.item(file, item, context)),
                        _ => self.item(file, item, context),
                    }
                }
            }
            Value::Object(_) => {
                let Some(object) = Object::of(value) else { return };
                let own = object.text("@odata.context");
                let context = own.as_deref().or(context);
                match object.get("value") {
                    Some(list @ Value::Array(_)) if !object.names_any(&["id", "displayName", "@odata.type"]) => {
                        self.values(file, list, context);
                    }
                    _ => self.item(file, value, context),
                }
            }
            Value::Null => self.exported.extend(Kind::of_file(file)),
            _ => self.item(file, value, context),
        }
    }

    fn item(&mut self, file: &str, value: &Value, context: Option<&str>) {
        let names =
            ["displayName", "Name", "payloadName", "userPrincipalName", "Identity", "DisplayName", "appDisplayName"];
        let object = Object::of(value);
        let name = object.and_then(|object| object.first_text(&names)).unwrap_or_else(|| file.to_owned());
        let head = Head { name, file: file.to_owned(), id: object.and_then(|object| object.text("id")) };
        let Some(object) = object else { return self.notes.push(Note::Unrecognised { head, kind: None }) };
        let written = object.text("@odata.type").map(|name| match name.rsplit_once('.') {
            Some((_, last)) => last.to_owned(),
            None => name.trim_start_matches('#').to_owned(),
        });
        let own_context = object.text("@odata.context");
        let kind = match &written {
            Some(name) => Kind::of_type(name),
            None => Kind::of_properties(object)
                .or_else(|| own_context.as_deref().or(context).and_then(Kind::of_context))
                .or_else(|| Kind::of_file(file)),
        };
        match kind {
            Some(kind) => self.object(kind, object, head),
            None => self.notes.push(Note::Unrecognised { head, kind: written }),
        }
    }

    fn object(&mut self, kind: Kind, object: Object<'_>, head: Head) {
        self.exported.insert(kind);
        match kind {
            Kind::EmailProfile => {
                let account = EasAccount::read(object);
                let assigned = self.assigned(object, head, account);
                self.beta(object, &assigned.head, true, &[]);
                self.accounts.push((assigned, AccountSource::EmailProfile));
            }
            Kind::CustomConfiguration => self.custom(object, head),
            Kind::GeneralConfiguration => {
                let names = [
                    "contactsAllowManagedToUnmanagedWrite",
                    "contactsAllowUnmanagedToManagedRead",
                    "managedPasteboardRequired",
                ];
                self.beta(object, &head, false, &names);
                let assigned = self.assigned(object, head, Restrictions::read(object));
                self.restrictions.push(assigned);
            }
            Kind::FeaturesConfiguration => {
                self.beta(object, &head, false, &["iosSingleSignOnExtension"]);
                let assigned = self.assigned(object, head, ());
                if brings_sso_plug_in(object) {
                    self.sso_plug_ins.push(assigned);
                }
            }
            Kind::CompliancePolicy => {
                let names = [
                    "restrictedApps",
                    "osMinimumBuildVersion",
                    "osMaximumBuildVersion",
                    "passcodeMinutesOfInactivityBeforeScreenTimeout",
                    "advancedThreatProtectionRequiredSecurityLevel",
                ];
                self.beta(object, &head, false, &names);
                let assigned = self.assigned(object, head, Compliance::read(object));
                self.compliance.push(assigned);
            }
            Kind::ManagedAppsConfiguration => {
                self.outlook(
                    object,
                    head,
                    OutlookConfiguration::read_managed_apps(object),
                    &["targetedAppManagementLevels", "appGroupType"],
                );
            }
            Kind::ManagedDevicesConfiguration => {
                self.outlook(object, head, OutlookConfiguration::read_managed_devices(object), &[]);
            }
            Kind::AppProtection => {
                let assigned = self.assigned(object, head, AppProtection::read(object));
                self.protections.push(assigned);
            }
            Kind::ConditionalAccessPolicy => {
                self.conditional_access.push(ConditionalAccessPolicy::read(object, head));
            }
            Kind::NamedLocation => self.locations.push(NamedLocation::read(object, head)),
            Kind::Group | Kind::DirectoryRole => self.groups.push(Group::read(object, head)),
            Kind::User => self.users.push(Identity::read(object)),
            Kind::ServicePrincipal => self.service_principals.push(ServicePrincipal::read(object, head)),
            Kind::PermissionGrant => self.grants.push(PermissionGrant::read(object)),
            Kind::AuthorizationPolicy => self.user_consent = self.user_consent.or(user_consent(object)),
            Kind::ManagedDevice => self.devices.push(ManagedDevice::read(object, head)),
            Kind::AssignmentFilter => {
                let rule = object.text("rule").unwrap_or_default();
                self.filters.push(AssignmentFilter { head, rule });
            }
            Kind::MobileApp => self.apps.push(MobileApp::read(object, head)),
            Kind::DeviceAccessRule => match DeviceAccessRule::read(object, head.clone()) {
                Some(rule) => self.access_rules.push(rule),
                None => self.notes.push(Note::Unrecognised { head, kind: Some("ActiveSyncDeviceAccessRule".into()) }),
            },
            Kind::ActiveSyncSettings => match ActiveSyncSettings::read(object, head.clone()) {
                Some(settings) => self.active_sync.push(settings),
                None => {
                    self.notes.push(Note::Unrecognised { head, kind: Some("ActiveSyncOrganizationSettings".into()) });
                }
            },
            Kind::CasMailbox => self.mailboxes.push(CasMailbox::read(object, head)),
            Kind::MobileDevice => self.mobile_devices.push(MobileDevice::read(object, head)),
            Kind::Organization | Kind::MobileDevicePolicy => {}
        }
    }

    fn assigned<T>(&mut self, object: Object<'_>, head: Head, content: T) -> Assigned<T> {
        let assignments = Assignments::read(object);
        if !assignments.exported {
            self.notes.push(Note::Unassigned { head: head.clone() });
        }
        Assigned { head, assignments, content }
    }

    fn beta(&mut self, object: Object<'_>, head: &Head, whole_type: bool, names: &[&'static str]) {
        let mut properties = beta_properties(object, names);
        if Assignments::read(object).list.iter().any(|assignment| assignment.filter.is_some()) {
            properties.insert("deviceAndAppManagementAssignmentFilterId");
        }
        if whole_type || !properties.is_empty() {
            self.beta.push(BetaOnly { head: head.clone(), whole_type, properties });
        }
    }

    fn outlook(&mut self, object: Object<'_>, head: Head, content: OutlookConfiguration, beta: &[&'static str]) {
        let assigned = self.assigned(object, head, content);
        if assigned.content.concerns_contacts() {
            self.beta(object, &assigned.head, false, beta);
            self.outlook.push(assigned);
        }
    }

    fn custom(&mut self, object: Object<'_>, head: Head) {
        self.beta(object, &head, false, &[]);
        let content = match payload::read(object.text("payload").as_deref()) {
            Ok(content) => content,
            Err(problem) => {
                return self.notes.push(Note::PayloadUnreadable { head, reason: problem.to_string() });
            }
        };
        let ProfileContent { accounts, restrictions, sso_extension } = content;
        let assigned = self.assigned(object, head, ());
        let same =
            |content| Assigned { head: assigned.head.clone(), assignments: assigned.assignments.clone(), content };
        for account in accounts {
            let Assigned { head, assignments, content: () } = same(());
            self.accounts.push((Assigned { head, assignments, content: account }, AccountSource::CustomConfiguration));
        }
        if restrictions != payload::RestrictionKeys::default() {
            let Assigned { head, assignments, content: () } = same(());
            let content = Restrictions::of_payload(restrictions);
            self.restrictions.push(Assigned { head, assignments, content });
        }
        if sso_extension {
            self.sso_plug_ins.push(assigned);
        }
    }
}

/// `permissionGrantPoliciesAssigned`: Microsoft's oldest policy lets people consent to everything that needs no
/// administrator; the newer ones leave access to a mailbox out.
fn user_consent(object: Object<'_>) -> Option<bool> {
    let part = object.object("defaultUserRolePermissions")?;
    part.get("permissionGrantPoliciesAssigned")?;
    Some(
        part.words("permissionGrantPoliciesAssigned")
            .iter()
            .any(|policy| policy.ends_with("microsoft-user-default-legacy")),
    )
}

impl Tenant {
    /// Every assignment of the export, with the object that has it.
    pub(crate) fn assignments(&self) -> Vec<(&Head, &Assignments)> {
        fn of<T>(list: &[Assigned<T>]) -> impl Iterator<Item = (&Head, &Assignments)> {
            list.iter().map(|assigned| (&assigned.head, &assigned.assignments))
        }
        self.accounts
            .iter()
            .map(|(assigned, _)| (&assigned.head, &assigned.assignments))
            .chain(of(&self.outlook))
            .chain(of(&self.protections))
            .chain(of(&self.restrictions))
            .chain(of(&self.sso_plug_ins))
            .chain(of(&self.compliance))
            .collect()
    }
}
