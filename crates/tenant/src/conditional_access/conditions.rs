//! Whether the conditions of a policy, its users apart, are met by a sign-in.

use std::collections::BTreeSet;

use crate::{
    export::conditional_access_policy::{Applications, ConditionalAccessPolicy, Selection},
    filter::{Property, Rule},
    reach::Reach,
};

/// Office 365 Exchange Online.
pub const EXCHANGE_ONLINE: &str = "00000002-0000-0ff1-ce00-000000000000";
/// Applications of Microsoft that policies often leave out; none of them is a hub.
const MICROSOFTS: [&str; 12] = [
    "office365",
    "microsoftadminportals",
    EXCHANGE_ONLINE,
    "00000003-0000-0ff1-ce00-000000000000", // SharePoint Online
    "00000003-0000-0000-c000-000000000000", // Microsoft Graph
    "0000000a-0000-0000-c000-000000000000", // Microsoft Intune
    "d4ebce55-015a-49b5-a083-c84d1797ae8c", // Microsoft Intune Enrollment
    "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe", // Microsoft Teams Services
    "797f4846-ba00-4fd7-ba43-dac1f8f63013", // Azure Service Management
    "f8d98a96-0999-43f5-8af3-69971c7bb423", // Apple Internet Accounts
    "270efc09-cd0d-444b-a71f-39af4910ec45", // Windows 365
    "9cdead84-a844-4324-93f2-b2e6bb768d07", // Azure Virtual Desktop
];

/// How Entra calls the program that signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientClass {
    /// Modern sign-in from an app.
    MobileAppsAndDesktopClients,
    /// A sign-in page in a web view that belongs to an account of the system: policies for browsers and for apps both
    /// count, since which of them Entra sees hangs on the web view.
    BrowserWithinApp,
    /// ActiveSync with a password.
    ExchangeActiveSync,
    /// Other old protocols.
    Other,
}

impl ClientClass {
    /// Without modern sign-in.
    #[must_use]
    pub fn is_legacy(self) -> bool {
        matches!(self, Self::ExchangeActiveSync | Self::Other)
    }

    fn is_among(self, types: &BTreeSet<String>) -> bool {
        let has = |name: &str| types.contains(name);
        let own = match self {
            Self::MobileAppsAndDesktopClients => has("mobileappsanddesktopclients"),
            Self::BrowserWithinApp => has("mobileappsanddesktopclients") || has("browser"),
            Self::ExchangeActiveSync => has("exchangeactivesync") || has("eassupported"),
            Self::Other => has("other"),
        };
        types.is_empty() || has("all") || own
    }
}

/// What is signed in to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// Exchange Online.
    Exchange,
    /// This hub, under these ids; none where nobody has said which.
    Hub(Vec<String>),
}

/// Where the sign-in comes from, against the places that a policy names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// Anywhere.
    Unknown,
    /// In exactly these named locations, by id in lower case; `alltrusted` where one of them is trusted.
    In(BTreeSet<String>),
}

/// Everything about a sign-in but who it is.
pub struct Circumstances<'a> {
    /// The kind of program.
    pub class: ClientClass,
    /// What is signed in to.
    pub resource: Resource,
    /// `ios`, in lower case.
    pub platform: String,
    /// Properties of the device, by name in lower case.
    pub device: Box<dyn Fn(&str) -> Property + 'a>,
    /// Where from.
    pub location: Location,
    /// The risk of the sign-in; `None`: not known.
    pub sign_in_risk: Option<String>,
    /// The risk of the person; `None`: not known.
    pub user_risk: Option<String>,
}

impl Circumstances<'_> {
    pub(crate) fn class(&self) -> ClientClass {
        self.class
    }
}

/// Whether a policy's conditions are met.
pub(crate) fn conditions_met(policy: &ConditionalAccessPolicy, circumstances: &Circumstances<'_>) -> Reach {
    if policy.never || !circumstances.class.is_among(&policy.client_app_types) {
        return Reach::No;
    }
    applications(&policy.applications, &circumstances.resource)
        .and(platform(policy.platforms.as_ref(), &circumstances.platform))
        .and(device(policy, circumstances))
        .and(location(policy.locations.as_ref(), &circumstances.location))
        .and(risk(&policy.sign_in_risk, circumstances.sign_in_risk.as_deref()))
        .and(risk(&policy.user_risk, circumstances.user_risk.as_deref()))
        .and(if policy.other_conditions.is_empty() { Reach::Does } else { Reach::May })
}

fn applications(applications: &Applications, resource: &Resource) -> Reach {
    if applications.something_else {
        return Reach::No;
    }
    let names = |list: &BTreeSet<String>| match resource {
        Resource::Exchange => list.contains(EXCHANGE_ONLINE) || list.contains("office365"),
        Resource::Hub(ids) => ids.iter().any(|id| list.contains(id)),
    };
    if names(&applications.exclude) || applications.exclude.contains("all") {
        return Reach::No;
    }
    let included = match () {
        () if names(&applications.include) => Reach::Does,
        () if applications.include.contains("all") => Reach::Does,
        () if applications.by_filter => Reach::May,
        () => Reach::No,
    };
    // While nobody has said which application the hub is, one of those left out may be it.
    let stranger = |id: &String| !MICROSOFTS.contains(&id.as_str());
    let perhaps_left_out =
        matches!(resource, Resource::Hub(ids) if ids.is_empty()) && applications.exclude.iter().any(stranger);
    if perhaps_left_out || (applications.by_filter && included == Reach::Does) {
        return included.and(Reach::May);
    }
    included
}

fn platform(platforms: Option<&Selection>, platform: &str) -> Reach {
    let Some(platforms) = platforms else { return Reach::Does };
    let has = |list: &BTreeSet<String>| list.contains("all") || list.contains(platform);
    let included = platforms.include.is_empty() || has(&platforms.include);
    (included && !has(&platforms.exclude)).into()
}

fn device(policy: &ConditionalAccessPolicy, circumstances: &Circumstances<'_>) -> Reach {
    let property = |name: &str| (circumstances.device)(name);
    let state = |name: &str, property_name: &str, wanted: &str| match property(property_name) {
        _ if !policy.excluded_device_states.contains(name) => Reach::Does,
        Property::Is(value) => (!value.eq_ignore_ascii_case(wanted)).into(),
        Property::Absent => Reach::Does,
        Property::Unknown => Reach::May,
    };
    let states = state("compliant", "iscompliant", "true").and(state("domainjoined", "trusttype", "serverad"));
    let Some(filter) = &policy.device_filter else { return states };
    let answers = Rule::parse(&filter.rule).map_or(Reach::May, |rule| rule.answers(&property));
    states.and(if filter.exclude { !answers } else { answers })
}

fn location(locations: Option<&Selection>, location: &Location) -> Reach {
    let Some(Selection { include, exclude }) = locations else { return Reach::Does };
    let all = include.is_empty() || include.contains("all");
    match location {
        // Phones leave the places that are left out.
        Location::Unknown if all && !exclude.contains("all") => Reach::Does,
        Location::Unknown => Reach::May,
        Location::In(places) => {
            let there =
                |list: &BTreeSet<String>| list.contains("all") || list.iter().any(|place| places.contains(place));
            ((all || there(include)) && !there(exclude)).into()
        }
    }
}

fn risk(levels: &BTreeSet<String>, level: Option<&str>) -> Reach {
    match level {
        _ if levels.is_empty() => Reach::Does,
        Some(level) => levels.contains(level).into(),
        None => Reach::May,
    }
}
