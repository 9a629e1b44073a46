//! Status reports: whole the first time, afterwards only what changed.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::apps::AppState;
use super::declarations::{Kind, Validity};
use super::device::{ManagedError, ManagedPhone};
use super::enrolment::{EnrolmentName, build_of};
use super::os_version::Feature;
use super::plist::Dictionary;
use super::service::Service;

/// A status item, and the element for those that are arrays.
type Place = (String, Option<String>);

/// What the server has heard; `None` before the first report.
pub(super) type Reported = Option<BTreeMap<Place, Json>>;

const ACCOUNTS: &str = "account.list.exchange";
const APPS: &str = "app.managed.list";

impl ManagedPhone {
    /// Whether the server has not heard of something it subscribed to.
    pub fn has_status_to_report(&self) -> bool {
        self.declarations.enabled
            && self.enrolled.is_some()
            && self.declarations.reported.as_ref() != Some(&self.status_now().0)
    }

    /// Sends a report, if there is anything to report.
    pub(super) async fn report_status(&mut self) -> Result<(), ManagedError> {
        if !self.has_status_to_report() {
            return Ok(());
        }
        let (now, arrays, unsupported) = self.status_now();
        let full = self.declarations.reported.is_none();
        let before = self.declarations.reported.clone().unwrap_or_default();
        let mut items = Json::Object(Map::new());
        for path in arrays.iter().filter(|_| full) {
            *at(&mut items, path) = json!([]);
        }
        for (place, value) in now.iter().filter(|(place, value)| before.get(*place) != Some(*value)) {
            put(&mut items, place, value.clone());
        }
        for place @ (_, element) in before.keys().filter(|place| !now.contains_key(*place)) {
            if let Some(identifier) = element {
                put(&mut items, place, json!({ "identifier": identifier, "_removed": true }));
            }
        }
        let errors: Vec<Json> = unsupported
            .iter()
            .map(|item| json!({ "StatusItem": item, "Reasons": [{ "Code": "Error.UnsupportedStatusItem" }] }))
            .collect();
        let mut report = json!({ "StatusItems": items, "Errors": errors });
        if full && self.spec.os.knows(Feature::Release17) {
            *at(&mut report, "FullReport") = json!(true);
        }
        let message =
            Dictionary::new().with("Endpoint", "status").with("Data", serde_json::to_vec(&report).unwrap_or_default());
        self.check_in("DeclarativeManagement", message).await?;
        self.counters.status_reports += 1;
        self.declarations.reported = Some(now);
        Ok(())
    }

    /// Everything subscribed to, the arrays among it, and what this release has not.
    fn status_now(&self) -> (BTreeMap<Place, Json>, Vec<String>, Vec<String>) {
        let mut now = BTreeMap::new();
        let mut arrays: Vec<String> =
            Kind::ALL.iter().map(|kind| format!("management.declarations.{}", kind.in_status())).collect();
        let mut unsupported = Vec::new();
        now.insert(("management.client-capabilities".to_owned(), None), self.capabilities());
        for (identifier, declaration) in &self.declarations.known {
            let path = format!("management.declarations.{}", declaration.kind.in_status());
            now.insert((path, Some(identifier.clone())), declaration_status(identifier, declaration));
        }
        for item in self.declarations.subscriptions() {
            match item.as_str() {
                "management.declarations" | "management.client-capabilities" => {}
                ACCOUNTS if self.spec.os.knows(Feature::AccountList) => {
                    arrays.push(item.clone());
                    self.account_statuses(&mut now);
                }
                APPS if self.spec.os.knows(Feature::AppDeclaration) => {
                    arrays.push(item.clone());
                    self.app_statuses(&mut now);
                }
                _ => match self.plain_status(&item) {
                    Some(value) => {
                        now.insert((item, None), value);
                    }
                    None => unsupported.push(item),
                },
            }
        }
        (now, arrays, unsupported)
    }

    /// A status item that is no array; `None` if this device does not tell it.
    pub(super) fn plain_status(&self, item: &str) -> Option<Json> {
        let os = self.claimed_os();
        let user = self.is_user_enrolled();
        Some(match item {
            "device.identifier.serial-number" if !user => json!(self.spec.serial),
            "device.identifier.udid" if !user => json!(self.spec.udid),
            "device.model.family" => json!("iPhone"),
            "device.model.identifier" => json!(self.spec.product),
            "device.operating-system.family" => json!("iOS"),
            "device.operating-system.version" => json!(os.to_string()),
            "device.operating-system.build-version" => json!(build_of(os)),
            "passcode.is-present" | "passcode.is-compliant" => json!(true),
            "mdm.enrollment-type" if self.spec.os.knows(Feature::EnrolmentStatus) => {
                json!(match self.enrolment_name() {
                    None => "none",
                    Some(EnrolmentName::EnrolmentId(_)) => "user",
                    Some(EnrolmentName::Udid(_)) if self.spec.supervised => "supervised",
                    Some(EnrolmentName::Udid(_)) => "device",
                })
            }
            _ => return None,
        })
    }

    fn capabilities(&self) -> Json {
        let mut configurations = vec![
            "com.apple.configuration.account.carddav",
            "com.apple.configuration.account.exchange",
            "com.apple.configuration.account.ldap",
            "com.apple.configuration.legacy",
            "com.apple.configuration.management.status-subscriptions",
        ];
        if self.spec.os.knows(Feature::AppDeclaration) {
            configurations.push("com.apple.configuration.app.managed");
        }
        json!({
            "supported-versions": ["1.0.0"],
            "supported-features": {},
            "supported-payloads": {
                "declarations": {
                    "activations": ["com.apple.activation.simple"],
                    "assets": ["com.apple.asset.data", "com.apple.asset.useridentity"],
                    "configurations": configurations,
                    "management": [],
                },
                "status-items": [ACCOUNTS, "device.operating-system.version", "management.declarations"],
            },
        })
    }

    /// Under user enrolment the person's own accounts are nobody's business.
    fn account_statuses(&self, now: &mut BTreeMap<Place, Json>) {
        let listed = self.accounts.iter().filter(|account| account.is_managed() || !self.is_user_enrolled());
        for account in listed {
            let identifier = account.id.to_string();
            let settings = &account.settings;
            let mut status = json!({ "identifier": identifier });
            if let super::exchange_account::Origin::Declaration(declaration) = &account.origin {
                *at(&mut status, "declaration-identifier") = json!(declaration);
            }
            *at(&mut status, "visible-name") = json!(settings.visible_name.as_ref().unwrap_or(&settings.email));
            *at(&mut status, "hostname") = json!(settings.host.clone().unwrap_or_default());
            *at(&mut status, "port") = json!(if settings.tls { 443 } else { 80 });
            *at(&mut status, "username") = json!(settings.user_name.as_ref().unwrap_or(&settings.email));
            for service in Service::ALL {
                *at(&mut status, service.in_status()) = json!(account.on.contains(&service));
            }
            now.insert((ACCOUNTS.to_owned(), Some(identifier)), status);
        }
    }

    fn app_statuses(&self, now: &mut BTreeMap<Place, Json>) {
        for (bundle, app) in self.apps.all() {
            let Some(declaration) = &app.declaration else { continue };
            let state = match app.state {
                AppState::Managed | AppState::UserInstalled => "managed",
                AppState::ManagedButUninstalled => "managed-but-uninstalled",
            };
            let status = json!({ "identifier": bundle, "declaration-identifier": declaration, "state": state });
            now.insert((APPS.to_owned(), Some(bundle.to_owned())), status);
        }
    }
}

fn declaration_status(identifier: &str, declaration: &super::declarations::Declaration) -> Json {
    let mut status = json!({
        "identifier": identifier,
        "server-token": declaration.token,
        "active": declaration.active,
    });
    let (valid, reasons) = match &declaration.validity {
        Validity::Valid => ("valid", Vec::new()),
        Validity::Unknown => {
            let description = format!("Configuration {identifier} is not referenced by any activation");
            ("unknown", vec![json!({ "code": "Info.NotReferencedByActivation", "description": description })])
        }
        Validity::Invalid(chain) => {
            let details: Vec<Json> = chain
                .faults()
                .iter()
                .map(|fault| json!({ "Domain": fault.code().0, "Code": fault.code().1, "Text": fault.to_string() }))
                .collect();
            let reason = json!({
                "code": "Error.ConfigurationCannotBeApplied",
                "description": "Configuration cannot be applied",
                "details": { "Errors": details },
            });
            ("invalid", vec![reason])
        }
    };
    *at(&mut status, "valid") = json!(valid);
    if !reasons.is_empty() {
        *at(&mut status, "reasons") = json!(reasons);
    }
    status
}

/// The value at a dotted path; objects on the way are made.
fn at<'a>(root: &'a mut Json, path: &str) -> &'a mut Json {
    path.split('.').fold(root, |inside, part| {
        if !inside.is_object() {
            *inside = Json::Object(Map::new());
        }
        match inside {
            Json::Object(entries) => entries.entry(part).or_insert(Json::Null),
            other => other,
        }
    })
}

fn put(root: &mut Json, (path, element): &Place, value: Json) {
    let place = at(root, path);
    if element.is_none() {
        *place = value;
        return;
    }
    if let Json::Array(items) = place {
        items.push(value);
    } else {
        *place = Json::Array(vec![value]);
    }
}
