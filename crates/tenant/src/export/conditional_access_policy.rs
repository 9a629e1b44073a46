//! `conditionalAccessPolicy`.

use std::collections::BTreeSet;

use super::{assignment::Head, value::Object};

/// Whether a policy decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It decides.
    Enabled,
    /// It only reports what it would decide.
    ReportOnly,
    /// It does nothing.
    Disabled,
}

/// What a grant asks for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Control {
    /// Nobody gets in.
    Block,
    /// A second factor.
    Mfa,
    /// A device that management calls compliant.
    CompliantDevice,
    /// A device of an Active Directory domain.
    DomainJoinedDevice,
    /// An app of Microsoft's list.
    ApprovedApplication,
    /// An app under an app protection policy.
    CompliantApplication,
    /// A new password.
    PasswordChange,
    /// Risk is dealt with by the person.
    RiskRemediation,
    /// Terms are accepted.
    TermsOfUse,
    /// A factor of another maker.
    CustomAuthenticationFactor,
    /// A certain kind of factor.
    AuthenticationStrength,
    /// A control that is not known here.
    Other(String),
}

impl Control {
    fn parse(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "block" => Self::Block,
            "mfa" => Self::Mfa,
            "compliantdevice" => Self::CompliantDevice,
            "domainjoineddevice" => Self::DomainJoinedDevice,
            "approvedapplication" => Self::ApprovedApplication,
            "compliantapplication" => Self::CompliantApplication,
            "passwordchange" => Self::PasswordChange,
            "riskremediation" => Self::RiskRemediation,
            _ => Self::Other(name.to_owned()),
        }
    }

    /// Graph's name.
    #[must_use]
    pub fn graph_name(&self) -> &str {
        match self {
            Self::Block => "block",
            Self::Mfa => "mfa",
            Self::CompliantDevice => "compliantDevice",
            Self::DomainJoinedDevice => "domainJoinedDevice",
            Self::ApprovedApplication => "approvedApplication",
            Self::CompliantApplication => "compliantApplication",
            Self::PasswordChange => "passwordChange",
            Self::RiskRemediation => "riskRemediation",
            Self::TermsOfUse => "termsOfUse",
            Self::CustomAuthenticationFactor => "customAuthenticationFactors",
            Self::AuthenticationStrength => "authenticationStrength",
            Self::Other(name) => name,
        }
    }
}

/// How the controls of a grant go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// All of them.
    And,
    /// One of them.
    Or,
}

/// `grantControls`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// How they go together.
    pub operator: Operator,
    /// In the order of the export.
    pub controls: Vec<Control>,
}

/// `conditions.users`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Users {
    /// Ids, or `All`, `None`, `GuestsOrExternalUsers`.
    pub include: BTreeSet<String>,
    /// Ids of groups.
    pub include_groups: BTreeSet<String>,
    /// Ids of role templates.
    pub include_roles: BTreeSet<String>,
    /// `includeGuestsOrExternalUsers`.
    pub include_guests: bool,
    /// As above.
    pub exclude: BTreeSet<String>,
    /// As above.
    pub exclude_groups: BTreeSet<String>,
    /// As above.
    pub exclude_roles: BTreeSet<String>,
    /// As above.
    pub exclude_guests: bool,
}

/// `conditions.applications`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Applications {
    /// Ids in lower case, or `all`, `none`, `office365`.
    pub include: BTreeSet<String>,
    /// As above.
    pub exclude: BTreeSet<String>,
    /// User actions or authentication contexts in place of applications.
    pub something_else: bool,
    /// `applicationFilter`: by attributes that an export does not have.
    pub by_filter: bool,
}

/// Words included and excluded, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// Included.
    pub include: BTreeSet<String>,
    /// Excluded.
    pub exclude: BTreeSet<String>,
}

/// `conditions.devices.deviceFilter`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceFilter {
    /// Devices that answer to the rule are left out, rather than meant.
    pub exclude: bool,
    /// As written.
    pub rule: String,
}

/// A Conditional Access policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionalAccessPolicy {
    /// Its name.
    pub head: Head,
    /// Whether it decides.
    pub state: State,
    /// Whom it means.
    pub users: Users,
    /// What they sign in to.
    pub applications: Applications,
    /// `clientAppTypes` in lower case; none is all.
    pub client_app_types: BTreeSet<String>,
    /// Platforms; `None` is all.
    pub platforms: Option<Selection>,
    /// Places; `None` is all.
    pub locations: Option<Selection>,
    /// Devices.
    pub device_filter: Option<DeviceFilter>,
    /// `deviceStates.excludeStates`, which device filters have replaced.
    pub excluded_device_states: BTreeSet<String>,
    /// `signInRiskLevels`.
    pub sign_in_risk: BTreeSet<String>,
    /// `userRiskLevels`.
    pub user_risk: BTreeSet<String>,
    /// Conditions that a sign-in of the kinds judged here may or may not have.
    pub other_conditions: Vec<&'static str>,
    /// Conditions that no sign-in of the kinds judged here has: programs of their own, codes shown on other devices.
    pub never: bool,
    /// What it asks for; `None` where it has only session controls.
    pub grant: Option<Grant>,
}

fn lower(object: Option<Object<'_>>, name: &str) -> BTreeSet<String> {
    object.map(|object| object.words(name)).unwrap_or_default()
}

fn selection(conditions: Option<Object<'_>>, name: &str, include: &str, exclude: &str) -> Option<Selection> {
    let object = conditions?.object(name)?;
    let selection = Selection { include: object.words(include), exclude: object.words(exclude) };
    (selection != Selection::default()).then_some(selection)
}

impl ConditionalAccessPolicy {
    pub(crate) fn read(object: Object<'_>, head: Head) -> Self {
        let conditions = object.object("conditions");
        let part = |name: &str| conditions.and_then(|conditions| conditions.object(name));
        let (users, applications) = (part("users"), part("applications"));
        let devices = part("devices");
        let guests = |name: &str| users.is_some_and(|users| users.object(name).is_some());
        let flows = part("authenticationFlows").is_some_and(|flows| !flows.words("transferMethods").is_empty());
        let workload =
            part("clientApplications").is_some_and(|clients| !clients.words("includeServicePrincipals").is_empty());
        let insider = !lower(conditions, "insiderRiskLevels").is_empty();
        Self {
            head,
            state: state(object),
            users: Users {
                include: lower(users, "includeUsers"),
                include_groups: lower(users, "includeGroups"),
                include_roles: lower(users, "includeRoles"),
                include_guests: guests("includeGuestsOrExternalUsers"),
                exclude: lower(users, "excludeUsers"),
                exclude_groups: lower(users, "excludeGroups"),
                exclude_roles: lower(users, "excludeRoles"),
                exclude_guests: guests("excludeGuestsOrExternalUsers"),
            },
            applications: Applications {
                include: lower(applications, "includeApplications"),
                exclude: lower(applications, "excludeApplications"),
                something_else: !lower(applications, "includeUserActions").is_empty()
                    || !lower(applications, "includeAuthenticationContextClassReferences").is_empty(),
                by_filter: applications.is_some_and(|applications| applications.object("applicationFilter").is_some()),
            },
            client_app_types: lower(conditions, "clientAppTypes"),
            platforms: selection(conditions, "platforms", "includePlatforms", "excludePlatforms"),
            locations: selection(conditions, "locations", "includeLocations", "excludeLocations"),
            device_filter: devices.and_then(|devices| devices.object("deviceFilter")).and_then(|filter| {
                let exclude = filter.text("mode").is_some_and(|mode| mode.eq_ignore_ascii_case("exclude"));
                Some(DeviceFilter { exclude, rule: filter.text("rule")? })
            }),
            excluded_device_states: {
                let mut states = lower(part("deviceStates"), "excludeStates");
                states.extend(lower(devices, "excludeDeviceStates"));
                states.extend(lower(devices, "excludeDevices"));
                states
            },
            sign_in_risk: lower(conditions, "signInRiskLevels"),
            user_risk: lower(conditions, "userRiskLevels"),
            other_conditions: if insider { vec!["insiderRiskLevels"] } else { Vec::new() },
            never: flows || workload,
            grant: object.object("grantControls").map(grant),
        }
    }
}

fn state(object: Object<'_>) -> State {
    match object.text("state").unwrap_or_default().to_ascii_lowercase().as_str() {
        "disabled" => State::Disabled,
        "enabledforreportingbutnotenforced" => State::ReportOnly,
        _ => State::Enabled,
    }
}

fn grant(object: Object<'_>) -> Grant {
    let operator = match object.text("operator") {
        Some(operator) if operator.eq_ignore_ascii_case("and") => Operator::And,
        _ => Operator::Or,
    };
    let mut controls: Vec<Control> = object.texts("builtInControls").iter().map(|name| Control::parse(name)).collect();
    let named = [
        (!object.list("customAuthenticationFactors").is_empty(), Control::CustomAuthenticationFactor),
        (!object.list("termsOfUse").is_empty(), Control::TermsOfUse),
        (object.object("authenticationStrength").is_some(), Control::AuthenticationStrength),
    ];
    controls.extend(named.into_iter().filter_map(|(is, control)| is.then_some(control)));
    Grant { operator, controls }
}
