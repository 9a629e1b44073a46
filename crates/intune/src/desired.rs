//! The set of objects a tenant shall have, put together from a company's settings.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    collection::Collection,
    documents::{
        Document,
        assignment::{Filter, FilterMode, Target},
        conditional_access_policy::{ConditionalAccessPolicy, Users},
        device_and_app_management_assignment_filter::DeviceAndAppManagementAssignmentFilter,
        ios_compliance_policy::IosCompliancePolicy,
        ios_custom_configuration::IosCustomConfiguration,
        ios_device_features_configuration::IosDeviceFeaturesConfiguration,
        ios_eas_email_profile_configuration::IosEasEmailProfileConfiguration,
        ios_general_device_configuration::IosGeneralDeviceConfiguration,
        ios_managed_app_protection::IosManagedAppProtection,
        ios_mobile_app_configuration::IosMobileAppConfiguration,
        oauth2_permission_grant::OAuth2PermissionGrant,
        outlook::ExportField,
        service_principal::ServicePrincipal,
        targeted_managed_app_configuration::TargetedManagedAppConfiguration,
    },
    ids::{GroupId, UserId},
    limits,
    metadata::{Violation, validate},
    role::{Role, SetName},
};

/// Stands for the object id of Office 365 Exchange Online in this tenant.
pub const EXCHANGE_ONLINE_REFERENCE: &str = "@{exchange-online}";
/// Stands for the ids that this tenant gave Outlook's apps.
pub const OUTLOOK_APPS_REFERENCE: &str = "@{outlook-apps}";
/// Exchange Online's host.
pub const EXCHANGE_HOST: &str = "outlook.office365.com";

/// What a company wants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settings {
    /// Names the set; keep it, the objects are found by it.
    pub set: SetName,
    /// What the objects' names begin with, such as `Bothways`.
    pub prefix: String,
    /// Name of the account on people's devices.
    pub account_name: String,
    /// Where the contacts come from.
    pub mode: Mode,
    /// Who gets the account.
    pub audience: Audience,
    /// Outlook's Save Contacts off, for the same people.
    #[serde(default)]
    pub outlook: Outlook,
    /// Personal apps cannot read the account's contacts.
    #[serde(default)]
    pub restrictions: bool,
    /// Microsoft's SSO extension; signing in at Entra from a compliant device needs it.
    #[serde(default)]
    pub single_sign_on: bool,
    /// A compliance policy for the same people.
    #[serde(default)]
    pub compliance: Option<Compliance>,
    /// Conditional Access, made report-only.
    #[serde(default)]
    pub conditional_access: Option<ConditionalAccess>,
    /// Outlook's one-way export for people whose phones are not enrolled.
    #[serde(default)]
    pub export: Option<Export>,
}

/// Where the contacts come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Mode {
    /// This hub, with its own profile: Intune's template has no fields for the hub's sign-in and token addresses.
    HubProfile {
        /// The profile, signed or not.
        #[serde(with = "in_base64")]
        profile: Vec<u8>,
    },
    /// This hub, with Intune's template: devices find the sign-in by the hub's challenge to an empty bearer.
    HubChallenge {
        /// The hub's host.
        host: String,
    },
    /// Exchange Online itself. Consent to Apple's client comes with it.
    Exchange,
}

/// Who gets something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Audience {
    /// Who.
    pub include: Include,
    /// Who not.
    #[serde(default)]
    pub exclude: Vec<GroupId>,
    /// The account goes to iOS 13 and later only. Older versions would take mail too, from a server that has some.
    #[serde(default = "yes")]
    pub ios_13_filter: bool,
}

/// Who is included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Include {
    /// Members of these groups.
    Groups(Vec<GroupId>),
    /// All users with a licence.
    AllUsers,
    /// All devices.
    AllDevices,
}

/// Outlook's Save Contacts off, and by which channels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Outlook {
    /// Outlook installed by Company Portal.
    pub managed_devices: bool,
    /// Outlook that signed in to Intune's app management.
    pub managed_apps: bool,
}

impl Default for Outlook {
    fn default() -> Self {
        Self { managed_devices: true, managed_apps: true }
    }
}

/// The compliance policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Compliance {
    /// Hours until a device that is not compliant counts as such.
    pub grace_hours: u32,
    /// Demand Intune's e-mail profile. People who made the same account by hand are not compliant until they delete it.
    #[serde(default)]
    pub require_email_profile: bool,
}

/// Conditional Access. Exactly these people, never "all".
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct ConditionalAccess {
    /// Groups.
    pub include_groups: Vec<GroupId>,
    /// Users.
    pub include_users: Vec<UserId>,
    /// Groups, such as that of the emergency accounts.
    pub exclude_groups: Vec<GroupId>,
    /// Users.
    pub exclude_users: Vec<UserId>,
    /// Outlook under app protection will do in place of a compliant device.
    pub or_protected_app: bool,
    /// A second policy: ActiveSync with passwords is refused.
    pub block_basic_eas: bool,
}

/// Export for phones that are not enrolled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Export {
    /// Who.
    pub groups: Vec<GroupId>,
    /// Who not.
    #[serde(default)]
    pub exclude: Vec<GroupId>,
    /// Fields beside the name.
    pub fields: BTreeSet<ExportField>,
    /// An app protection policy that lets Outlook export; without, one of the company's own must.
    #[serde(default)]
    pub protection: bool,
}

fn yes() -> bool {
    true
}

/// Why there is no set for these settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A name is missing or too long.
    #[error("{0} needs 1 to {max} characters without control characters", max = limits::NAME_CHARS_MAX)]
    Name(&'static str),
    /// Nobody is included.
    #[error("{0} names nobody")]
    Nobody(&'static str),
    /// More groups or users than a policy takes.
    #[error("{0} names more than {max} groups or users", max = limits::PRINCIPALS_MAX)]
    TooMany(&'static str),
    /// Included and excluded at once.
    #[error("{0} is included and excluded in {1}")]
    IncludedAndExcluded(String, &'static str),
    /// A profile that is empty or too big.
    #[error("the profile has {0} bytes; Intune takes 1 to {max}", max = limits::PROFILE_BYTES_MAX)]
    ProfileSize(usize),
    /// Not a host.
    #[error("{0:?} is no host name")]
    Host(String),
    /// Intune's demand for an e-mail profile cannot be met by a custom configuration.
    #[error(
        "compliance cannot require an e-mail profile when the account comes by a custom configuration: no device would \
         ever be compliant"
    )]
    NoEmailProfile,
    /// The same group would get the account and Outlook's export.
    #[error("{0} would get the contacts twice: by the account and by Outlook's export")]
    Doubled(String),
    /// Everybody gets the account, so a group with export gets both.
    #[error(
        "export needs an account audience of groups: when everybody gets the account, whoever exports has contacts twice"
    )]
    DoubledByAll,
    /// A document is not what Graph's published types allow.
    #[error("{role}: {violations}")]
    NotValid {
        /// Which object.
        role: Role,
        /// What is wrong with it.
        violations: String,
    },
    /// A value could not be written as JSON.
    #[error("an object cannot be written as JSON: {0}")]
    Json(String),
}

impl From<serde_json::Error> for SettingsError {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error.to_string())
    }
}

/// One object that the tenant shall have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DesiredObject {
    /// What it is for.
    pub role: Role,
    /// Where it lives.
    pub collection: Collection,
    /// The body of a create; ids that only the tenant knows are references such as `@{apple-client}`.
    pub body: Value,
    /// Its assignments; `None` where objects are not assigned.
    pub assignments: Option<Vec<Value>>,
}

impl DesiredObject {
    /// Its display name, or a word for objects that have none.
    pub fn name(&self) -> &str {
        let name = self.body.get("displayName").and_then(Value::as_str);
        name.unwrap_or(match self.role {
            Role::AppleClient => "Apple Internet Accounts",
            _ => "Consent to Apple Internet Accounts",
        })
    }

    pub(crate) fn odata_type(&self) -> &str {
        self.body.get("@odata.type").and_then(Value::as_str).unwrap_or_default()
    }
}

/// The set of objects that a tenant shall have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Desired {
    /// Its name.
    pub set: SetName,
    /// In safe order.
    pub objects: Vec<DesiredObject>,
}

/// Puts the set together. Pure; every body is checked against Graph's published types.
///
/// # Errors
/// When the settings contradict themselves or would lock people out or double their contacts by themselves.
pub fn desired(settings: &Settings) -> Result<Desired, SettingsError> {
    check(settings)?;
    let mut set = Set { settings, objects: Vec::new() };
    set.account()?;
    set.outlook()?;
    set.around_the_account()?;
    set.conditional_access()?;
    set.export()?;
    set.objects.sort_by_key(|object| object.role);
    Ok(Desired { set: settings.set.clone(), objects: set.objects })
}

struct Set<'a> {
    settings: &'a Settings,
    objects: Vec<DesiredObject>,
}

impl Set<'_> {
    fn named(&self, rest: &str) -> String {
        format!("{} - {rest}", self.settings.prefix)
    }

    fn add<D: Document>(
        &mut self,
        role: Role,
        collection: Collection,
        document: &D,
        assignments: Option<Vec<Target>>,
    ) -> Result<(), SettingsError> {
        let mut body = document.body()?;
        if let Some(Value::String(description)) = body.get_mut("description") {
            description.push(' ');
            description.push_str(&role.marker(&self.settings.set));
        }
        let violations = validate(&body, collection.version());
        if !violations.is_empty() {
            let violations: Vec<_> = violations.iter().map(Violation::to_string).collect();
            return Err(SettingsError::NotValid { role, violations: violations.join("; ") });
        }
        let assignments = assignments
            .map(|targets| targets.iter().map(Target::assignment).collect::<serde_json::Result<_>>())
            .transpose()?;
        self.objects.push(DesiredObject { role, collection, body, assignments });
        Ok(())
    }

    /// Targets for the account's people, with or without the filter on devices.
    fn people(&self, filter: bool) -> Vec<Target> {
        let audience = &self.settings.audience;
        let filter = (filter && audience.ios_13_filter)
            .then(|| Filter { id: Role::Ios13Filter.reference(), mode: FilterMode::Include });
        let mut targets = match &audience.include {
            Include::AllUsers => vec![Target::AllLicensedUsers { filter }],
            Include::AllDevices => vec![Target::AllDevices { filter }],
            Include::Groups(groups) => {
                groups.iter().map(|group| Target::Group { group_id: group.clone(), filter: filter.clone() }).collect()
            }
        };
        targets.extend(exclusions(&audience.exclude));
        targets
    }

    fn account(&mut self) -> Result<(), SettingsError> {
        use Collection::{AssignmentFilters, DeviceConfigurations, Oauth2PermissionGrants, ServicePrincipals};
        if self.settings.audience.ios_13_filter {
            let filter = DeviceAndAppManagementAssignmentFilter::ios_13(self.named("iOS 13 and later"));
            self.add(Role::Ios13Filter, AssignmentFilters, &filter, None)?;
        }
        let (name, account) = (self.named("Contacts account"), self.settings.account_name.clone());
        let people = Some(self.people(true));
        let template =
            |host: &str| IosEasEmailProfileConfiguration::contacts_only(name.clone(), account.clone(), host.to_owned());
        match &self.settings.mode {
            Mode::HubProfile { profile } => {
                let stem = format!("{}-contacts", self.settings.set);
                let document = IosCustomConfiguration::carrying(name, account, &stem, profile);
                self.add(Role::Account, DeviceConfigurations, &document, people)
            }
            Mode::HubChallenge { host } => self.add(Role::Account, DeviceConfigurations, &template(host), people),
            Mode::Exchange => {
                self.add(Role::Account, DeviceConfigurations, &template(EXCHANGE_HOST), people)?;
                let client = ServicePrincipal::apple_internet_accounts();
                self.add(Role::AppleClient, ServicePrincipals, &client, None)?;
                let grant = OAuth2PermissionGrant::active_sync(
                    Role::AppleClient.reference(),
                    EXCHANGE_ONLINE_REFERENCE.to_owned(),
                );
                self.add(Role::AppleConsent, Oauth2PermissionGrants, &grant, None)
            }
        }
    }

    fn outlook(&mut self) -> Result<(), SettingsError> {
        if self.settings.outlook.managed_devices {
            let name = self.named("Outlook Save Contacts off (managed devices)");
            let document = IosMobileAppConfiguration::save_contacts_off(name, vec![OUTLOOK_APPS_REFERENCE.to_owned()]);
            let people = Some(self.people(false));
            self.add(Role::OutlookManagedDevices, Collection::MobileAppConfigurations, &document, people)?;
        }
        // Policies for managed apps follow users; they have no "all devices".
        if self.settings.outlook.managed_apps && self.settings.audience.include != Include::AllDevices {
            let name = self.named("Outlook Save Contacts off (managed apps)");
            let document = TargetedManagedAppConfiguration::save_contacts_off(name);
            let people = Some(self.people(false));
            self.add(Role::OutlookManagedApps, Collection::TargetedManagedAppConfigurations, &document, people)?;
        }
        Ok(())
    }

    fn around_the_account(&mut self) -> Result<(), SettingsError> {
        let people = || Some(self.people(false));
        let (restrictions, sign_on, compliance) = (people(), people(), people());
        if self.settings.restrictions {
            let document = IosGeneralDeviceConfiguration::managed_account(self.named("Managed contacts"));
            self.add(Role::Restrictions, Collection::DeviceConfigurations, &document, restrictions)?;
        }
        if self.settings.single_sign_on {
            let document = IosDeviceFeaturesConfiguration::single_sign_on(self.named("SSO extension"));
            self.add(Role::SingleSignOn, Collection::DeviceConfigurations, &document, sign_on)?;
        }
        if let Some(wanted) = &self.settings.compliance {
            let mut document = IosCompliancePolicy::baseline(self.named("Compliance"), wanted.grace_hours);
            document.managed_email_profile_required = wanted.require_email_profile;
            self.add(Role::Compliance, Collection::DeviceCompliancePolicies, &document, compliance)?;
        }
        Ok(())
    }

    fn conditional_access(&mut self) -> Result<(), SettingsError> {
        let Some(wanted) = &self.settings.conditional_access else { return Ok(()) };
        let users = Users {
            include_users: wanted.include_users.clone(),
            include_groups: wanted.include_groups.clone(),
            exclude_users: wanted.exclude_users.clone(),
            exclude_groups: wanted.exclude_groups.clone(),
        };
        let policies = Collection::ConditionalAccessPolicies;
        let name = self.named("Exchange on iOS needs a compliant device");
        let document = ConditionalAccessPolicy::compliant_ios(name, users.clone(), wanted.or_protected_app);
        self.add(Role::CompliantDevice, policies, &document, None)?;
        if wanted.block_basic_eas {
            let name = self.named("ActiveSync with passwords is refused");
            self.add(Role::BlockBasicEas, policies, &ConditionalAccessPolicy::block_basic_eas(name, users), None)?;
        }
        Ok(())
    }

    fn export(&mut self) -> Result<(), SettingsError> {
        let Some(export) = &self.settings.export else { return Ok(()) };
        let targets = || {
            let groups = export.groups.iter().map(|group| Target::Group { group_id: group.clone(), filter: None });
            Some(groups.chain(exclusions(&export.exclude)).collect::<Vec<_>>())
        };
        if export.protection {
            let document = IosManagedAppProtection::allowing_export(self.named("Outlook may export"));
            self.add(Role::ExportProtection, Collection::IosManagedAppProtections, &document, targets())?;
        }
        let name = self.named("Outlook export (not enrolled)");
        let document = TargetedManagedAppConfiguration::export(name, &export.fields);
        self.add(Role::OutlookExport, Collection::TargetedManagedAppConfigurations, &document, targets())
    }
}

fn exclusions(groups: &[GroupId]) -> impl Iterator<Item = Target> {
    groups.iter().map(|group| Target::ExclusionGroup { group_id: group.clone() })
}

fn check(settings: &Settings) -> Result<(), SettingsError> {
    for (what, name) in [("prefix", &settings.prefix), ("account-name", &settings.account_name)] {
        let fits = (1..=limits::NAME_CHARS_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
        if !fits || name.trim().is_empty() {
            return Err(SettingsError::Name(what));
        }
    }
    let groups = match &settings.audience.include {
        Include::Groups(groups) => principals("audience", groups, &settings.audience.exclude)?,
        Include::AllUsers | Include::AllDevices => &[],
    };
    match &settings.mode {
        Mode::HubProfile { profile } if !(1..=limits::PROFILE_BYTES_MAX).contains(&profile.len()) => {
            return Err(SettingsError::ProfileSize(profile.len()));
        }
        Mode::HubProfile { .. } if settings.compliance.as_ref().is_some_and(|wanted| wanted.require_email_profile) => {
            return Err(SettingsError::NoEmailProfile);
        }
        Mode::HubChallenge { host } if !is_host(host) => return Err(SettingsError::Host(host.clone())),
        _ => {}
    }
    if let Some(access) = &settings.conditional_access {
        let count = access.include_groups.len() + access.include_users.len();
        if count == 0 {
            return Err(SettingsError::Nobody("conditional-access"));
        }
        overlap("conditional-access", &access.include_groups, &access.exclude_groups)?;
        overlap("conditional-access", &access.include_users, &access.exclude_users)?;
        if count + access.exclude_groups.len() + access.exclude_users.len() > limits::PRINCIPALS_MAX {
            return Err(SettingsError::TooMany("conditional-access"));
        }
    }
    if let Some(export) = &settings.export {
        principals("export", &export.groups, &export.exclude)?;
        if settings.audience.include == Include::AllUsers || settings.audience.include == Include::AllDevices {
            return Err(SettingsError::DoubledByAll);
        }
        if let Some(group) = export.groups.iter().find(|group| groups.contains(group)) {
            return Err(SettingsError::Doubled(group.to_string()));
        }
    }
    Ok(())
}

fn principals<'a>(
    what: &'static str,
    include: &'a [GroupId],
    exclude: &[GroupId],
) -> Result<&'a [GroupId], SettingsError> {
    if include.is_empty() {
        return Err(SettingsError::Nobody(what));
    }
    if include.len() + exclude.len() > limits::PRINCIPALS_MAX {
        return Err(SettingsError::TooMany(what));
    }
    overlap(what, include, exclude)?;
    Ok(include)
}

fn overlap<T: PartialEq + ToString>(what: &'static str, include: &[T], exclude: &[T]) -> Result<(), SettingsError> {
    match include.iter().find(|id| exclude.contains(id)) {
        Some(id) => Err(SettingsError::IncludedAndExcluded(id.to_string(), what)),
        None => Ok(()),
    }
}

fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty() && label.len() <= 63 && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(label)
}

mod in_base64 {
    use super::{Engine, STANDARD};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
