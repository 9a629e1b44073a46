//! Exchange accounts on the device: what a payload or a declaration says, and what the person made of it.

use std::collections::BTreeSet;
use std::fmt;

use super::fault::Fault;
use super::os_version::{Feature, OsVersion};
use super::plist::Dictionary;
use super::service::Service;
use crate::device::Phone;
use crate::local_contact::LocalContact;
use crate::sign_in::OAuthProfile;

/// Names an account on its device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub(super) u64);

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "account-{}", self.0)
    }
}

/// Who made an account. Whatever the person did not make is managed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The person, in Settings.
    Person,
    /// A payload of a profile.
    Payload {
        /// The profile's PayloadIdentifier.
        profile: String,
        /// The payload's PayloadIdentifier.
        payload: String,
        /// Whether the profile came by MDM; only then are the account's contacts managed.
        managed: bool,
    },
    /// A declaration with this Identifier.
    Declaration(String),
}

/// What the account was told, as this release understands it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeSettings {
    /// EmailAddress.
    pub email: String,
    /// Host; `None` leaves it to Autodiscover.
    pub host: Option<String>,
    /// UserName.
    pub user_name: Option<String>,
    /// `Some` if the person signs in with OAuth; the addresses are missing when they are to be discovered.
    pub oauth: Option<Option<OAuthProfile>>,
    /// https instead of http: the payload's SSL, always in a declaration.
    pub tls: bool,
    /// PayloadUUID of the identity whose certificate says who it is; it counts without OAuth, too.
    pub identity_uuid: Option<String>,
    /// The data types that are on to begin with.
    pub services: BTreeSet<Service>,
    /// The data types whose switch the person cannot move.
    pub locked: BTreeSet<Service>,
    /// What the server called it.
    pub visible_name: Option<String>,
}

impl ExchangeSettings {
    /// What the person types for an account of their own: everything on, nothing locked.
    pub fn own(email: &str, host: &str) -> Self {
        Self {
            email: email.to_owned(),
            host: Some(host.to_owned()),
            user_name: Some(email.to_owned()),
            oauth: None,
            tls: true,
            identity_uuid: None,
            services: Service::every(),
            locked: BTreeSet::new(),
            visible_name: None,
        }
    }

    /// Reads a `com.apple.eas.account` payload as a release reads it: what it does not know it does not see.
    pub(super) fn from_payload(payload: &Dictionary, os: OsVersion, silent: bool) -> Result<Self, Fault> {
        let text = |key: &str| payload.text(key).filter(|text| !text.is_empty()).map(str::to_owned);
        let knows_services = os.knows(Feature::ExchangeServices);
        let mut services = Service::every();
        let mut locked = BTreeSet::new();
        if knows_services {
            services.retain(|service| payload.boolean(&format!("Enable{}", service.in_profile())) != Some(false));
            locked = Service::every();
            locked.retain(|service| {
                payload.boolean(&format!("Enable{}UserOverridable", service.in_profile())) == Some(false)
            });
        }
        if services.is_empty() {
            return Err(Fault::ExchangeNoServices);
        }
        let with_oauth = os.knows(Feature::ExchangeOAuth) && payload.boolean("OAuth") == Some(true);
        let addresses = text("OAuthSignInURL").filter(|_| knows_services).map(|sign_in_url| OAuthProfile {
            sign_in_url,
            token_request_url: text("OAuthTokenRequestURL").unwrap_or_default(),
        });
        let host = text("Host");
        if host.is_none() && (!with_oauth || addresses.is_some()) {
            return Err(Fault::ExchangeNoHost);
        }
        let user_name = text("UserName");
        // Nobody is there to be asked when a server installs it.
        if silent && user_name.is_none() {
            return Err(Fault::ExchangeIncomplete("UserName"));
        }
        let email =
            text("EmailAddress").or_else(|| user_name.clone()).ok_or(Fault::ExchangeIncomplete("EmailAddress"))?;
        Ok(Self {
            email,
            host,
            user_name,
            oauth: with_oauth.then_some(addresses),
            tls: payload.boolean("SSL") == Some(true),
            identity_uuid: text("PayloadCertificateUUID"),
            services,
            locked,
            visible_name: text("PayloadDisplayName"),
        })
    }

    /// Reads a `com.apple.configuration.account.exchange`; `identity` is the payload of its `useridentity` asset.
    pub(super) fn from_declaration(payload: &Dictionary, identity: Option<&Dictionary>) -> Result<Self, Fault> {
        let text = |key: &str| payload.text(key).filter(|text| !text.is_empty()).map(str::to_owned);
        let protocols = payload.texts("EnabledProtocolTypes");
        if !protocols.iter().any(|protocol| protocol == "EAS") {
            return Err(Fault::Declaration(format!("EnabledProtocolTypes {protocols:?} has no EAS")));
        }
        let on = |key: String| payload.boolean(&key);
        let mut services = Service::every();
        services.retain(|service| on(format!("{}ServiceActive", service.in_declaration())) != Some(false));
        let mut locked = Service::every();
        locked.retain(|service| on(format!("Lock{}Service", service.in_declaration())) == Some(true));
        if services.is_empty() {
            return Err(Fault::ExchangeNoServices);
        }
        let oauth = payload.dictionary("OAuth");
        let with_oauth = oauth.and_then(|oauth| oauth.boolean("Enabled")) == Some(true);
        let addresses = oauth.and_then(|oauth| {
            let sign_in_url = oauth.text("SignInURL")?.to_owned();
            Some(OAuthProfile {
                sign_in_url,
                token_request_url: oauth.text("TokenRequestURL").unwrap_or_default().to_owned(),
            })
        });
        let host = text("HostName");
        if host.is_none() && (!with_oauth || addresses.is_some()) {
            return Err(Fault::ExchangeNoHost);
        }
        let email = identity.and_then(|identity| identity.text("EmailAddress")).filter(|email| !email.is_empty());
        let email = email.ok_or(Fault::ExchangeIncomplete("EmailAddress"))?.to_owned();
        Ok(Self {
            user_name: Some(email.clone()),
            email,
            host,
            oauth: with_oauth.then_some(addresses),
            tls: true,
            identity_uuid: None,
            services,
            locked,
            visible_name: text("VisibleName"),
        })
    }

    /// Whether both are one account to iOS: same host, same address.
    pub(super) fn collides_with(&self, other: &ExchangeSettings) -> bool {
        let host = |settings: &ExchangeSettings| settings.host.clone().unwrap_or_default().to_ascii_lowercase();
        self.email.eq_ignore_ascii_case(&other.email) && host(self) == host(other)
    }

    /// Whether going from the other to this one asks the person to sign in again.
    pub(super) fn asks_again_after(&self, before: &ExchangeSettings) -> bool {
        self.oauth != before.oauth
            || self.identity_uuid != before.identity_uuid
            || self.services != before.services
            || self.user_name != before.user_name
            || self.email != before.email
            || self.host != before.host
    }
}

/// What an account has to show.
pub enum Session {
    /// Nothing: the person was asked to sign in and has not.
    SignInNeeded,
    /// Signed in at a server outside the simulation, which brought these contacts.
    Elsewhere(Vec<LocalContact>),
    /// Signed in; this phone syncs it.
    Syncing(Box<Phone>),
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Session::SignInNeeded => "SignInNeeded",
            Session::Elsewhere(_) => "Elsewhere",
            Session::Syncing(_) => "Syncing",
        })
    }
}

/// An account on the device.
#[derive(Debug)]
pub struct ExchangeAccount {
    /// Its name on this device.
    pub id: AccountId,
    /// Who made it.
    pub origin: Origin,
    /// What it was told.
    pub settings: ExchangeSettings,
    /// The data types that are on now.
    pub on: BTreeSet<Service>,
    /// The person has to sign in (again) before anything more is synced.
    pub sign_in_pending: bool,
    pub(super) session: Session,
}

impl ExchangeAccount {
    pub(super) fn new(id: AccountId, origin: Origin, settings: ExchangeSettings) -> Self {
        let on = settings.services.clone();
        Self { id, origin, settings, on, sign_in_pending: true, session: Session::SignInNeeded }
    }

    /// Whether managed open-in counts it as managed.
    pub fn is_managed(&self) -> bool {
        matches!(self.origin, Origin::Declaration(_) | Origin::Payload { managed: true, .. })
    }

    /// What it has to show.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Its contacts, if that data type is on.
    pub fn contacts(&self) -> Vec<&LocalContact> {
        if !self.on.contains(&Service::Contacts) {
            return Vec::new();
        }
        match &self.session {
            Session::SignInNeeded => Vec::new(),
            Session::Elsewhere(contacts) => contacts.iter().collect(),
            Session::Syncing(phone) => phone.contacts().map(|(_, contact)| contact).collect(),
        }
    }

    /// New settings: the person's own choices are overridden, and some changes ask for a new sign-in.
    /// Answers whether they did.
    pub(super) fn update(&mut self, settings: ExchangeSettings) -> bool {
        let asks = settings.asks_again_after(&self.settings);
        self.on.clone_from(&settings.services);
        if settings.email != self.settings.email || settings.host != self.settings.host {
            self.session = Session::SignInNeeded;
        }
        self.settings = settings;
        self.sign_in_pending |= asks;
        asks
    }
}
