//! The declarations that bring a person's company contacts, and tell the server that they are there.

use super::{
    Declaration, DeclarationSet, Identifier, SetError,
    builders::{
        AppSource, DataAsset, activation, data_asset, exchange_account, managed_app, status_subscriptions,
        user_identity,
    },
};
use crate::{
    outlook::SaveContactsOff,
    profile::{Hub, Person},
};

/// What devices shall report: the accounts, with contacts on and mail off (iOS 16), what became of the declarations,
/// the version. A device that does not know an item says so and reports the others.
pub const STATUS_ITEMS: [&str; 4] =
    ["account.list.exchange", "app.managed.list", "device.operating-system.version", "management.declarations"];

/// The person's account, their identity, the subscription to what the device reports, and the activation of these and
/// of the configurations in `more` (with the assets they need).
pub fn contacts(hub: &Hub, person: &Person, more: Vec<Declaration>) -> Result<DeclarationSet, SetError> {
    let owner = [hub.identifier_prefix.as_str(), &hub.host, &person.email, &person.user_name].map(str::to_lowercase);
    let owner: Vec<&str> = owner.iter().map(String::as_str).collect();
    let named = |role| Identifier::of(role, &owner);
    let identity = user_identity(named("identity"), person.full_name.as_deref(), &person.email);
    let visible_name = format!("{} Contacts", hub.organisation);
    let mut all = vec![
        exchange_account(named("contacts"), hub, &visible_name, identity.identifier()),
        status_subscriptions(named("status"), &STATUS_ITEMS),
    ];
    all.push(identity);
    all.extend(more);
    let configurations = all.iter().filter(|one| one.family() == super::Family::Configuration);
    let activation = activation(named("activation"), configurations.map(Declaration::identifier));
    all.push(activation);
    DeclarationSet::new(all)
}

/// Outlook as a declared app with Save Contacts off and locked (iOS 18.4), and the asset it refers to: two
/// declarations for [`contacts`]. `url` is where [`SaveContactsOff::asset`] can be fetched.
pub fn outlook(hub: &Hub, source: &AppSource, url: &str) -> [Declaration; 2] {
    let owner = [hub.identifier_prefix.as_str()];
    let content = SaveContactsOff.asset();
    let asset = DataAsset { url, content_type: "application/x-plist", content: &content };
    let asset = data_asset(Identifier::of("outlook-settings", &owner), &asset);
    let app = managed_app(Identifier::of("outlook", &owner), source, false, Some(asset.identifier()));
    [asset, app]
}
