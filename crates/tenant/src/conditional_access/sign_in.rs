//! The file of a sign-in: the what-if request of Microsoft Graph, or the same without its envelopes.

use std::{collections::BTreeMap, net::IpAddr};

use serde_json::Value;

use super::{
    conditions::{Circumstances, ClientClass, EXCHANGE_ONLINE, Resource},
    controls::Client,
    location::located,
};
use crate::{
    export::{
        Tenant,
        conditional_access_policy::{ConditionalAccessPolicy, Users},
        directory_object::{Identity, ManagedDevice},
        value::Object,
    },
    filter::Property,
    people::People,
    reach::Reach,
};

/// Why a file is no sign-in.
#[derive(Debug, thiserror::Error)]
pub enum SignInProblem {
    /// Neither UTF-8 nor UTF-16.
    #[error("it is neither UTF-8 nor UTF-16")]
    Encoding,
    /// No JSON.
    #[error("it is no JSON: {0}")]
    NotJson(#[from] serde_json::Error),
    /// JSON, but no object.
    #[error("it is no JSON object")]
    NoObject,
    /// Nobody is named.
    #[error("it names nobody: signInIdentity.userId, or userPrincipalName, is missing")]
    Nobody,
}

/// A sign-in to be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    who: Identity,
    /// Groups that the file itself puts the person in.
    groups: Vec<String>,
    applications: Vec<String>,
    platform: String,
    client_app_type: Option<String>,
    device: BTreeMap<String, String>,
    country: Option<String>,
    address: Option<IpAddr>,
    session_risk: String,
    user_risk: String,
}

impl SignIn {
    /// Reads a file. What it does not say is taken as: iOS, Exchange Online, no risk, anywhere; whether the device is
    /// compliant is then looked up among the exported devices of the person, and is else taken not to be.
    pub fn read(bytes: &[u8]) -> Result<Self, SignInProblem> {
        let text = crate::export::text_of(bytes).ok_or(SignInProblem::Encoding)?;
        Self::of(&serde_json::from_str(&text)?)
    }

    /// The same from JSON that was read before.
    pub fn of(value: &Value) -> Result<Self, SignInProblem> {
        let root = Object::of(value).ok_or(SignInProblem::NoObject)?;
        let root = root.object("conditionalAccessWhatIfSubject").unwrap_or(root);
        let identity = root.object("signInIdentity").unwrap_or(root);
        let context = root.object("signInContext").or_else(|| root.object("conditionalAccessContext")).unwrap_or(root);
        let conditions = root
            .object("signInConditions")
            .or_else(|| root.object("conditionalAccessWhatIfConditions"))
            .unwrap_or(root);
        let either = |names: &[&str]| conditions.first_text(names).or_else(|| root.first_text(names));
        let who = who(identity).or_else(|| who(root)).ok_or(SignInProblem::Nobody)?;
        let mut applications = context.texts("includeApplications");
        applications.extend(context.first_text(&["application", "applicationId", "appId", "resourceId"]));
        let lower = |text: String| text.to_lowercase();
        let risk = |names: &[&str]| either(names).map_or_else(|| "none".to_owned(), lower);
        let groups = ["groups", "groupIds", "memberOf"];
        Ok(Self {
            who,
            groups: groups.iter().flat_map(|name| identity.texts(name)).map(lower).collect(),
            applications: applications.into_iter().map(lower).collect(),
            platform: either(&["devicePlatform", "platform"]).map_or_else(|| "ios".to_owned(), lower),
            client_app_type: either(&["clientAppType"]).map(lower),
            device: device(conditions, root),
            country: either(&["country"]).map(lower),
            address: either(&["ipAddress"]).and_then(|text| text.parse().ok()),
            session_risk: risk(&["signInRiskLevel", "signInRisk"]),
            user_risk: risk(&["userRiskLevel", "userRisk"]),
        })
    }

    pub(crate) fn resolved<'a>(&'a self, tenant: &'a Tenant, people: &People<'_>) -> Resolved<'a> {
        let person = people.find(&self.who);
        let said = self.device.get("iscompliant").and_then(|value| crate::export::value::flag(&value.as_str().into()));
        let owned: Vec<&ManagedDevice> = match self.device.get("deviceid") {
            Some(id) => tenant.devices.iter().filter(|device| device.keys.contains(&id.to_lowercase())).collect(),
            None => tenant
                .devices
                .iter()
                .filter(|device| device.is_ios() && owns(&self.who, person, people, device))
                .collect(),
        };
        let by_devices =
            !owned.is_empty() && owned.iter().all(|device| device.compliance.as_deref() == Some("compliant"));
        Resolved { sign_in: self, person, compliant: said.unwrap_or(by_devices) }
    }
}

fn owns(who: &Identity, person: Option<usize>, people: &People<'_>, device: &ManagedDevice) -> bool {
    let owner = people.find(&device.owner);
    (owner.is_some() && owner == person) || device.owner.addresses.iter().any(|address| who.addresses.contains(address))
}

fn who(object: Object<'_>) -> Option<Identity> {
    let names = ["userId", "userPrincipalName", "user", "upn", "mail", "email", "id"];
    let mut identity = Identity::default();
    for word in names.iter().filter_map(|name| object.text(name)) {
        let one = Identity::of_word(&word);
        identity.ids.extend(one.ids);
        identity.addresses.extend(one.addresses);
    }
    if let Some(user) = object.object("user") {
        return who(user);
    }
    identity.guest = object.text("userType").is_some_and(|kind| kind.eq_ignore_ascii_case("guest"));
    (!identity.is_empty()).then_some(identity)
}

/// Properties of the device by name in lower case; also beside the other conditions, as short files have them.
fn device(conditions: Object<'_>, root: Object<'_>) -> BTreeMap<String, String> {
    const NAMES: [&str; 16] = [
        "deviceId",
        "displayName",
        "deviceOwnership",
        "ownership",
        "enrollmentProfileName",
        "isCompliant",
        "manufacturer",
        "mdmAppId",
        "model",
        "operatingSystem",
        "operatingSystemVersion",
        "physicalIds",
        "profileType",
        "systemLabels",
        "trustType",
        "compliant",
    ];
    let info = conditions.object("deviceInfo").or_else(|| root.object("deviceInfo")).or_else(|| root.object("device"));
    let mut properties = BTreeMap::new();
    for (place, name) in [info, Some(conditions), Some(root)]
        .into_iter()
        .flatten()
        .zip(0..)
        .flat_map(|(object, place)| NAMES.iter().map(move |name| ((object, place), *name)))
    {
        let (object, place): (Object<'_>, i32) = place;
        // Beside the conditions, a display name is the person's.
        if place > 0 && name == "displayName" {
            continue;
        }
        let Some(value) = object.text(name) else { continue };
        let name = match name {
            "ownership" => "deviceownership".to_owned(),
            "compliant" => "iscompliant".to_owned(),
            _ => name.to_ascii_lowercase(),
        };
        properties.entry(name).or_insert(value);
    }
    properties
}

/// A sign-in with what the export adds to it.
pub(crate) struct Resolved<'a> {
    sign_in: &'a SignIn,
    person: Option<usize>,
    pub(crate) compliant: bool,
}

impl Resolved<'_> {
    /// Whether a policy means this person. A group that is not exported is taken not to have them.
    pub(crate) fn means(&self, people: &People<'_>, policy: &ConditionalAccessPolicy) -> bool {
        let users = &policy.users;
        let groups = &self.sign_in.groups;
        let listed = |ids: &std::collections::BTreeSet<String>| groups.iter().any(|group| ids.contains(group));
        if listed(&users.exclude_groups) {
            return false;
        }
        let Some(person) = self.person else { return self.stranger_is_meant(users) || listed(&users.include_groups) };
        let included = people.meant_one(person, users) == Reach::Does || listed(&users.include_groups);
        included && !people.excluded(person, users)
    }

    /// Somebody whom nothing in the export names.
    fn stranger_is_meant(&self, users: &Users) -> bool {
        let who = &self.sign_in.who;
        let guest = who.guest && (users.include_guests || users.include.contains("guestsorexternalusers"));
        let left_out = who.guest && (users.exclude_guests || users.exclude.contains("guestsorexternalusers"));
        (users.include.contains("all") || guest) && !left_out
    }

    pub(crate) fn circumstances(&self, client: Client, hub: &[String], tenant: &Tenant) -> Circumstances<'_> {
        let sign_in = self.sign_in;
        let stranger = |id: &&String| !matches!(id.as_str(), EXCHANGE_ONLINE | "office365" | "all" | "none");
        let hub = hub.iter().chain(sign_in.applications.iter().filter(stranger)).cloned().collect();
        let (class, resource) = match client {
            Client::Hub => (ClientClass::BrowserWithinApp, Resource::Hub(hub)),
            Client::Outlook => (ClientClass::MobileAppsAndDesktopClients, Resource::Exchange),
            Client::NativeContacts => (native_class(sign_in.client_app_type.as_deref()), Resource::Exchange),
        };
        let compliant = self.compliant;
        Circumstances {
            class,
            resource,
            platform: sign_in.platform.clone(),
            device: Box::new(move |name| match (name, sign_in.device.get(name)) {
                ("iscompliant", _) => Property::Is(if compliant { "True" } else { "False" }.to_owned()),
                (_, Some(value)) => Property::Is(value.clone()),
                ("operatingsystem", None) => Property::Is(sign_in.platform.clone()),
                (_, None) => Property::Absent,
            }),
            location: located(tenant, sign_in.address, sign_in.country.as_deref()),
            sign_in_risk: Some(sign_in.session_risk.clone()),
            user_risk: Some(sign_in.user_risk.clone()),
        }
    }
}

/// The managed account signs in with OAuth; a file may ask about one that was made with a password.
fn native_class(said: Option<&str>) -> ClientClass {
    match said {
        Some("exchangeactivesync" | "eassupported" | "easunsupported") => ClientClass::ExchangeActiveSync,
        Some("other") => ClientClass::Other,
        _ => ClientClass::MobileAppsAndDesktopClients,
    }
}
