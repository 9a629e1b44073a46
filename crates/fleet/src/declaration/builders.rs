//! One function per declaration.

use serde_json::{Map, Value, json};

use super::{Declaration, Family, Identifier};
use crate::profile::{Hub, LdapDirectory, Uuid, payload::printable};

/// Apple's names of the five services in declarations; "Calendar" is singular here.
const SERVICES: [&str; 5] = ["Mail", "Contacts", "Calendar", "Reminders", "Notes"];

/// Members that are there; the others are left out.
fn members<const N: usize>(members: [(&str, Option<Value>); N]) -> Map<String, Value> {
    members.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
}

fn text(value: &str) -> Value {
    printable(value).into()
}

fn reference(to: Option<&Identifier>) -> Option<Value> {
    to.map(|identifier| json!(identifier))
}

/// An address that is another one when what is there changes: a device fetches again only what it is told has changed.
fn versioned(url: &str, version: Uuid) -> Value {
    let separator = if url.contains('?') { '&' } else { '?' };
    text(&format!("{url}{separator}version={version}"))
}

/// `com.apple.asset.useridentity`: who the accounts are for.
pub fn user_identity(identifier: Identifier, full_name: Option<&str>, email: &str) -> Declaration {
    let payload = members([("FullName", full_name.map(text)), ("EmailAddress", Some(text(email)))]);
    Declaration::new(Family::Asset, "com.apple.asset.useridentity", identifier, payload)
}

/// `com.apple.configuration.account.exchange`: ActiveSync by OAuth, contacts on, the other four off, all five locked.
pub fn exchange_account(identifier: Identifier, hub: &Hub, visible_name: &str, user: &Identifier) -> Declaration {
    let mut payload = members([
        ("VisibleName", Some(text(visible_name))),
        ("EnabledProtocolTypes", Some(json!(["EAS"]))),
        ("UserIdentityAssetReference", reference(Some(user))),
        ("HostName", Some(text(&hub.host))),
        (
            "OAuth",
            Some(json!({
                "Enabled": true,
                "SignInURL": printable(&hub.sign_in_url),
                "TokenRequestURL": printable(&hub.token_url),
            })),
        ),
    ]);
    for service in SERVICES {
        payload.insert(format!("{service}ServiceActive"), (service == "Contacts").into());
        payload.insert(format!("Lock{service}Service"), true.into());
    }
    Declaration::new(Family::Configuration, "com.apple.configuration.account.exchange", identifier, payload)
}

/// `com.apple.asset.credential.userpassword`: where the device fetches user name and password, as MDM's own request.
pub fn password_asset(identifier: Identifier, url: &str) -> Declaration {
    let payload = members([
        ("Reference", Some(json!({"DataURL": printable(url), "ContentType": "application/json"}))),
        ("Authentication", Some(json!({"Type": "MDM"}))),
    ]);
    Declaration::new(Family::Asset, "com.apple.asset.credential.userpassword", identifier, payload)
}

/// `com.apple.configuration.account.carddav`. It has no OAuth; without credentials the person enters an app password.
pub fn card_dav_account(
    identifier: Identifier,
    host: &str,
    path: Option<&str>,
    visible_name: &str,
    credentials: Option<&Identifier>,
) -> Declaration {
    let payload = members([
        ("VisibleName", Some(text(visible_name))),
        ("HostName", Some(text(host))),
        ("Path", path.map(text)),
        ("AuthenticationCredentialsAssetReference", reference(credentials)),
    ]);
    Declaration::new(Family::Configuration, "com.apple.configuration.account.carddav", identifier, payload)
}

/// How far below its base a search goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LdapSearch {
    /// The base alone.
    Base,
    /// What stands right below it.
    OneLevel,
    /// All that stands below it.
    #[default]
    Subtree,
}

/// `com.apple.configuration.account.ldap`: a directory to search.
pub fn ldap_account(
    identifier: Identifier,
    directory: &LdapDirectory,
    search: LdapSearch,
    credentials: Option<&Identifier>,
) -> Declaration {
    let scope = match search {
        LdapSearch::Base => "Base",
        LdapSearch::OneLevel => "OneLevel",
        LdapSearch::Subtree => "Subtree",
    };
    let payload = members([
        ("VisibleName", Some(text(&directory.description))),
        ("HostName", Some(text(&directory.host))),
        ("AuthenticationCredentialsAssetReference", reference(credentials)),
        (
            "SearchSettings",
            Some(json!([{
                "VisibleDescription": printable(&directory.description),
                "SearchBase": printable(&directory.search_base),
                "Scope": scope,
            }])),
        ),
    ]);
    Declaration::new(Family::Configuration, "com.apple.configuration.account.ldap", identifier, payload)
}

/// A file that a device fetches from the management server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataAsset<'a> {
    /// Where it is; the device asks with its own identity, as for MDM.
    pub url: &'a str,
    /// Its media type.
    pub content_type: &'a str,
    /// What is there. Its size is declared.
    pub content: &'a [u8],
}

/// `com.apple.asset.data` (iOS 17). Its digest is in the address (`version=`), so that a change of it is a change of the
/// declaration; Hash-SHA-256 is left out, since Apple does not say how it is written and devices refuse what differs.
pub fn data_asset(identifier: Identifier, asset: &DataAsset<'_>) -> Declaration {
    let payload = members([
        (
            "Reference",
            Some(json!({
                "DataURL": versioned(asset.url, Uuid::of(&[b"data", asset.content])),
                "ContentType": asset.content_type,
                "Size": asset.content.len(),
            })),
        ),
        ("Authentication", Some(json!({"Type": "MDM"}))),
    ]);
    Declaration::new(Family::Asset, "com.apple.asset.data", identifier, payload)
}

/// Where an app comes from. Exactly one of the three can be named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppSource {
    /// The App Store, by number.
    AppStore(String, AppLicence),
    /// The App Store, by bundle id.
    BundleId(String, AppLicence),
    /// A manifest of the organisation.
    Manifest(String),
}

/// To whom an app of the App Store is licensed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppLicence {
    /// The device.
    Device,
    /// The person.
    User,
}

/// `com.apple.configuration.app.managed` (iOS 17.2) with the app's old-style configuration (iOS 18.4), which is what
/// Outlook reads. Whoever declares an app can no more configure it by MDM's commands: they fail for declared apps.
pub fn managed_app(
    identifier: Identifier,
    source: &AppSource,
    required: bool,
    configuration: Option<&Identifier>,
) -> Declaration {
    let (key, value, licence) = match source {
        AppSource::AppStore(number, licence) => ("AppStoreID", number, Some(licence)),
        AppSource::BundleId(id, licence) => ("BundleID", id, Some(licence)),
        AppSource::Manifest(url) => ("ManifestURL", url, None),
    };
    let licence = licence.map(|licence| match licence {
        AppLicence::Device => json!({"Assignment": "Device"}),
        AppLicence::User => json!({"Assignment": "User"}),
    });
    let install = if required { "Required" } else { "Optional" };
    let behaviour = members([("Install", Some(install.into())), ("License", licence)]);
    let payload = members([
        (key, Some(text(value))),
        ("InstallBehavior", Some(behaviour.into())),
        ("LegacyAppConfigAssetReference", reference(configuration)),
    ]);
    Declaration::new(Family::Configuration, "com.apple.configuration.app.managed", identifier, payload)
}

/// `com.apple.configuration.legacy`: an ordinary profile, fetched from the management server. What has no declaration
/// of its own, such as restrictions, comes like this. In User Enrollment a forbidden key makes iOS reject all of it.
///
/// `version` is the profile's PayloadUUID; it is appended to the address (`version=`).
pub fn legacy_profile(identifier: Identifier, url: &str, version: Uuid) -> Declaration {
    let payload = members([("ProfileURL", Some(versioned(url, version)))]);
    Declaration::new(Family::Configuration, "com.apple.configuration.legacy", identifier, payload)
}

/// `com.apple.configuration.management.status-subscriptions`: what the device reports by itself. It reports all of the
/// items when the subscription is new, then what changes.
pub fn status_subscriptions(identifier: Identifier, items: &[&str]) -> Declaration {
    let items: Vec<Value> = items.iter().map(|item| json!({"Name": item})).collect();
    let payload = members([("StatusItems", Some(items.into()))]);
    Declaration::new(
        Family::Configuration,
        "com.apple.configuration.management.status-subscriptions",
        identifier,
        payload,
    )
}

/// `com.apple.activation.simple`: puts configurations in force. One that fails does not hold up the others.
pub fn activation<'a>(identifier: Identifier, configurations: impl IntoIterator<Item = &'a Identifier>) -> Declaration {
    let list: Vec<Value> = configurations.into_iter().map(|identifier| json!(identifier)).collect();
    let payload = members([("StandardConfigurations", Some(list.into()))]);
    Declaration::new(Family::Activation, "com.apple.activation.simple", identifier, payload)
}
