//! The phone as its person, its apps and its management see it.

use std::collections::{BTreeMap, BTreeSet};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use thiserror::Error;

use super::apps::{Apps, OUTLOOK};
use super::counters::ManagedCounters;
use super::declarations::Declarations;
use super::enrolment::Enrolled;
use super::exchange_account::{AccountId, ExchangeAccount, ExchangeSettings, Origin, Session};
use super::fault::Fault;
use super::identity::Identity;
use super::open_in::{AppKind, OpenIn, Store};
use super::os_version::OsVersion;
use super::outlook::{Export, Outlook, SetByOrganisation};
use super::plist::PlistError;
use super::profile_store::{ProfileStore, Source};
use super::restrictions::{self, Restrictions};
use super::service::Service;
use super::spec::{DeviceSpec, Faults, Habits};
use super::violation::ManagedViolation;
use crate::config::{Credentials, PhoneConfig};
use crate::device::{Phone, SetUp};
use crate::error::PhoneError;
use crate::local_contact::LocalContact;
use crate::sign_in::{AddAccount, Mode, Person};
use crate::sync_run::SyncReport;
use crate::transport::{NoTrust, TransportError, Trust};

/// A phone that can be enrolled. It holds no thread and, between connections, no socket.
pub struct ManagedPhone {
    pub(super) spec: DeviceSpec,
    /// How the person behaves.
    pub habits: Habits,
    /// What goes wrong.
    pub faults: Faults,
    pub(super) locked: bool,
    pub(super) profiles: ProfileStore,
    pub(super) accounts: Vec<ExchangeAccount>,
    pub(super) next_account: u64,
    pub(super) apps: Apps,
    pub(super) outlook: Outlook,
    pub(super) personal: Vec<LocalContact>,
    /// Whether there is a container for contacts of the person's own.
    pub(super) container: bool,
    /// By UUID of the payload that brought it.
    pub(super) identities: BTreeMap<String, Identity>,
    pub(super) enrolled: Option<Box<Enrolled>>,
    pub(super) declarations: Declarations,
    pub(super) violations: Vec<ManagedViolation>,
    pub(super) counters: ManagedCounters,
    pub(super) dice: StdRng,
}

/// Why something with a managed phone failed.
#[derive(Debug, Error)]
pub enum ManagedError {
    /// The device is not enrolled.
    #[error("the device is not enrolled")]
    NotEnrolled,
    /// There is no network.
    #[error("the device is offline")]
    Offline,
    /// The server's answer made the device leave management; everything managed is gone.
    #[error("the device unenrolled itself")]
    Unenrolled,
    /// Any other status than 200; the device tries again later.
    #[error("the management server answered HTTP {0}")]
    Http(u16),
    /// No answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The answer cannot be read.
    #[error("the answer is no property list: {0}")]
    Unreadable(#[from] PlistError),
    /// An answer that is not what the protocol says.
    #[error("{0}")]
    Protocol(String),
    /// There is no such account.
    #[error("there is no {0}")]
    NoSuchAccount(AccountId),
    /// The person does not sign in.
    #[error("the person does not sign in")]
    PersonDoesNot,
    /// The account waits for the person to sign in.
    #[error("{0} waits for the person to sign in")]
    SignInNeeded(AccountId),
    /// The account's contacts are switched off.
    #[error("contacts are off in {0}")]
    ContactsOff(AccountId),
    /// The account syncs with nothing inside the simulation.
    #[error("{0} syncs with a server outside the simulation")]
    Elsewhere(AccountId),
    /// The phone's own account failed.
    #[error(transparent)]
    Phone(#[from] PhoneError),
    /// A certificate or key cannot be used for TLS.
    #[error(transparent)]
    Trust(#[from] NoTrust),
    /// A message cannot be signed.
    #[error("the message cannot be signed: {0}")]
    Signing(#[from] super::cms::CmsError),
}

/// Why the person cannot do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotAllowed {
    /// There is nothing there.
    #[error("there is no such thing on the device")]
    NoSuch,
    /// The switch is grey.
    #[error("the organisation has locked this switch")]
    Locked,
    /// Only management takes away what management brought.
    #[error("management brought it, and only management takes it away")]
    Managed,
    /// A supervised device keeps it.
    #[error("this supervised device keeps it")]
    Supervised,
}

/// How the person signs in to an account.
#[derive(Debug, Clone)]
pub enum SignIn<'a> {
    /// On the server's pages, at the addresses of the account.
    OAuth(Mode, &'a Person),
    /// With an app password or a token, or with the certificate of the account's identity payload.
    With(Credentials),
}

impl ManagedPhone {
    /// A phone out of the box: no profile, no account, no app of interest, one container for the person's contacts.
    pub fn new(spec: DeviceSpec) -> Self {
        let dice = StdRng::seed_from_u64(spec.seed);
        Self {
            spec,
            habits: Habits::default(),
            faults: Faults::default(),
            locked: false,
            profiles: ProfileStore::default(),
            accounts: Vec::new(),
            next_account: 1,
            apps: Apps::default(),
            outlook: Outlook::default(),
            personal: Vec::new(),
            container: true,
            identities: BTreeMap::new(),
            enrolled: None,
            declarations: Declarations::default(),
            violations: Vec::new(),
            counters: ManagedCounters::default(),
            dice,
        }
    }

    /// What the device is.
    pub fn spec(&self) -> &DeviceSpec {
        &self.spec
    }

    /// The release it has, whatever it claims.
    pub fn os(&self) -> OsVersion {
        self.spec.os
    }

    /// The person installs another release; what earlier profiles made stays as it is.
    pub fn update_os(&mut self, os: OsVersion) {
        self.spec.os = os;
    }

    pub(super) fn claimed_os(&self) -> OsVersion {
        self.faults.claimed_os.unwrap_or(self.spec.os)
    }

    /// The installed profiles.
    pub fn profiles(&self) -> &ProfileStore {
        &self.profiles
    }

    /// All Exchange accounts.
    pub fn accounts(&self) -> &[ExchangeAccount] {
        &self.accounts
    }

    /// The managed Exchange accounts.
    pub fn managed_accounts(&self) -> impl Iterator<Item = &ExchangeAccount> {
        self.accounts.iter().filter(|account| account.is_managed())
    }

    /// An account; `None` if it is gone.
    pub fn account(&self, id: AccountId) -> Option<&ExchangeAccount> {
        self.accounts.iter().find(|account| account.id == id)
    }

    pub(super) fn account_mut(&mut self, id: AccountId) -> Option<&mut ExchangeAccount> {
        self.accounts.iter_mut().find(|account| account.id == id)
    }

    /// The phone that syncs an account; `None` before the sign-in.
    pub fn phone_of(&mut self, id: AccountId) -> Option<&mut Phone> {
        match &mut self.account_mut(id)?.session {
            Session::Syncing(phone) => Some(phone),
            _ => None,
        }
    }

    /// The apps.
    pub fn apps(&self) -> &Apps {
        &self.apps
    }

    /// Outlook's settings and exports.
    pub fn outlook(&self) -> &Outlook {
        &self.outlook
    }

    /// Outlook, to put contacts into its mailbox or to edit exported ones natively.
    pub fn outlook_mut(&mut self) -> &mut Outlook {
        &mut self.outlook
    }

    /// The person's own contacts (iCloud or on the phone).
    pub fn personal_contacts(&mut self) -> &mut Vec<LocalContact> {
        &mut self.personal
    }

    /// Whether there is any container for the person's own contacts; without one Outlook asks for iCloud.
    pub fn set_container(&mut self, there: bool) {
        self.container = there;
    }

    /// Every rule a server broke so far.
    pub fn violations(&self) -> &[ManagedViolation] {
        &self.violations
    }

    /// Takes the list of broken rules and begins a new one.
    pub fn take_violations(&mut self) -> Vec<ManagedViolation> {
        std::mem::take(&mut self.violations)
    }

    /// What the phone did so far.
    pub fn counters(&self) -> &ManagedCounters {
        &self.counters
    }

    /// The screen locks: commands that need an unlocked device are put off.
    pub fn lock(&mut self) {
        self.locked = true;
    }

    /// The person unlocks the phone. Whether it connects by itself now is for [`ManagedPhone::wants_to_connect`] to say.
    pub fn unlock(&mut self) {
        self.locked = false;
    }

    pub(super) fn hold_against(&mut self, violation: ManagedViolation) {
        tracing::debug!(%violation, device = self.spec.udid, "held against the server");
        self.violations.push(violation);
    }

    pub(super) fn random_bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.dice.random()).collect()
    }

    pub(super) fn random_uuid(&mut self) -> String {
        let hex = super::der::hex(&self.random_bytes(16));
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_owned();
        [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
    }

    // What holds for contacts.

    /// The restrictions in force.
    pub fn restrictions(&self) -> Restrictions {
        Restrictions::merged(self.profiles.payloads(restrictions::KIND), self.spec.os)
    }

    fn open_in(&self) -> OpenIn {
        OpenIn { restrictions: self.restrictions(), os: self.spec.os }
    }

    fn is_managed_store(&self, store: Store) -> bool {
        match store {
            Store::Account(id) => self.account(id).is_some_and(ExchangeAccount::is_managed),
            Store::Personal | Store::OutlookExport => false,
        }
    }

    /// Whether an app (by bundle id; `com.apple.…` are the system's) may read a store.
    pub fn may_read(&self, app: &str, store: Store) -> bool {
        self.open_in().may_read(self.apps.kind(app), self.is_managed_store(store))
    }

    /// Whether an app may write to a store.
    pub fn may_write(&self, app: &str, store: Store) -> bool {
        self.open_in().may_write(self.apps.kind(app), self.is_managed_store(store))
    }

    /// All stores with contacts in them.
    pub fn stores(&self) -> Vec<Store> {
        let accounts = self.accounts.iter().map(|account| Store::Account(account.id));
        accounts.chain([Store::Personal, Store::OutlookExport]).collect()
    }

    /// The contacts of one store.
    pub fn contacts_of(&self, store: Store) -> Vec<&LocalContact> {
        match store {
            Store::Account(id) => self.account(id).map(ExchangeAccount::contacts).unwrap_or_default(),
            Store::Personal => self.personal.iter().collect(),
            Store::OutlookExport => self.outlook.exported.iter().collect(),
        }
    }

    /// Every contact an app could read, store by store; a contact that lies in two stores comes twice.
    pub fn visible_contacts(&self, app: &str) -> Vec<(Store, &LocalContact)> {
        let readable = self.stores().into_iter().filter(|store| self.may_read(app, *store));
        readable.flat_map(|store| self.contacts_of(store).into_iter().map(move |contact| (store, contact))).collect()
    }

    /// The names that the Contacts app shows more than once because two stores have them.
    pub fn duplicates(&self) -> Vec<String> {
        let mut stores: BTreeMap<String, BTreeSet<Store>> = BTreeMap::new();
        for (store, contact) in self.visible_contacts("com.apple.MobileAddressBook") {
            stores.entry(contact.display_name()).or_default().insert(store);
        }
        stores.into_iter().filter(|(_, stores)| stores.len() > 1).map(|(name, _)| name).collect()
    }

    // What the person does.

    /// Moves a switch of an account.
    pub fn toggle(&mut self, id: AccountId, service: Service, on: bool) -> Result<(), NotAllowed> {
        let account = self.account_mut(id).ok_or(NotAllowed::NoSuch)?;
        if account.settings.locked.contains(&service) {
            return Err(NotAllowed::Locked);
        }
        if on {
            account.on.insert(service);
        } else {
            account.on.remove(&service);
        }
        Ok(())
    }

    /// Adds an Exchange account of the person's own, signed in at a server outside the simulation. Refused when an account
    /// with this host and address is there.
    pub fn add_own_account(
        &mut self,
        settings: ExchangeSettings,
        contacts: Vec<LocalContact>,
    ) -> Result<AccountId, Fault> {
        self.is_unique(&settings, &[])?;
        let id = self.create_account(Origin::Person, settings);
        self.sign_in_elsewhere(id, contacts);
        Ok(id)
    }

    /// Deletes an account the person made; what a profile made goes with the profile only.
    pub fn delete_account(&mut self, id: AccountId) -> Result<(), NotAllowed> {
        let account = self.account(id).ok_or(NotAllowed::NoSuch)?;
        if account.origin != Origin::Person {
            return Err(NotAllowed::Managed);
        }
        self.accounts.retain(|account| account.id != id);
        Ok(())
    }

    /// Deletes a profile in Settings. What MDM brought leaves with MDM, and a supervised device keeps what may not be removed.
    pub fn delete_profile(&mut self, identifier: &str) -> Result<(), NotAllowed> {
        let installed = self.profiles.get(identifier).ok_or(NotAllowed::NoSuch)?;
        if installed.source != Source::Person {
            return Err(NotAllowed::Managed);
        }
        if self.spec.supervised && installed.profile.removal_disallowed {
            return Err(NotAllowed::Supervised);
        }
        self.remove_profile(identifier);
        Ok(())
    }

    /// Installs Outlook or another app.
    pub fn install_app(&mut self, bundle: &str) {
        self.apps.person_installs(bundle);
    }

    /// Deletes an app. What Outlook exported stays behind.
    pub fn delete_app(&mut self, bundle: &str) {
        self.apps.person_deletes(bundle);
    }

    /// Moves "Save Contacts" in Outlook, which brings Outlook to the foreground.
    pub fn set_save_contacts(&mut self, on: bool) -> Result<Export, SetByOrganisation> {
        let configuration = self.apps.get(OUTLOOK).and_then(|app| app.configuration.clone());
        self.outlook.read(configuration.as_ref());
        self.outlook.choose(on)?;
        Ok(self.run_outlook())
    }

    /// Outlook comes to the foreground: it reads its configuration, exports, or takes exported contacts away.
    pub fn run_outlook(&mut self) -> Export {
        if !self.apps.is_installed(OUTLOOK) {
            return Export::NoOutlook;
        }
        let configuration = self.apps.get(OUTLOOK).and_then(|app| app.configuration.clone());
        self.outlook.read(configuration.as_ref());
        let may_write = self.may_write(OUTLOOK, Store::OutlookExport);
        let export = self.outlook.export(may_write, self.container);
        if matches!(export, Export::Written(_)) {
            self.counters.exports += 1;
        }
        export
    }

    /// What managed open-in makes of an app.
    pub fn app_kind(&self, app: &str) -> AppKind {
        self.apps.kind(app)
    }

    // Accounts.

    /// An error if another account has this host and address; those in `apart` do not count.
    pub(super) fn is_unique(&self, settings: &ExchangeSettings, apart: &[AccountId]) -> Result<(), Fault> {
        let mut others = self.accounts.iter().filter(|account| !apart.contains(&account.id));
        if others.any(|account| account.settings.collides_with(settings)) {
            return Err(Fault::ExchangeNotUnique {
                email: settings.email.clone(),
                host: settings.host.clone().unwrap_or_default(),
            });
        }
        Ok(())
    }

    pub(super) fn create_account(&mut self, origin: Origin, settings: ExchangeSettings) -> AccountId {
        let id = AccountId(self.next_account);
        self.next_account += 1;
        if origin != Origin::Person {
            self.counters.sign_ins_asked += 1;
        }
        self.accounts.push(ExchangeAccount::new(id, origin, settings));
        id
    }

    pub(super) fn update_account(&mut self, id: AccountId, settings: ExchangeSettings) {
        let asks = self.account_mut(id).is_some_and(|account| account.update(settings));
        self.counters.sign_ins_asked += u64::from(asks);
    }

    /// The person signs in at a server outside the simulation, which brings these contacts.
    pub fn sign_in_elsewhere(&mut self, id: AccountId, contacts: Vec<LocalContact>) {
        if let Some(account) = self.account_mut(id) {
            account.session = Session::Elsewhere(contacts);
            account.sign_in_pending = false;
            self.counters.sign_ins += 1;
        }
    }

    /// What the ordinary phone of this account is set up with; its DeviceId is the EASDeviceIdentifier.
    pub fn phone_config(&self, id: AccountId) -> Result<PhoneConfig, ManagedError> {
        let account = self.account(id).ok_or(ManagedError::NoSuchAccount(id))?;
        let settings = &account.settings;
        let host = settings.host.clone().unwrap_or_default();
        let scheme = if settings.tls { "https" } else { "http" };
        let address = self.spec.exchange_at.clone().unwrap_or_else(|| format!("{scheme}://{host}"));
        let user = settings.user_name.as_ref().unwrap_or(&settings.email);
        let identity = settings.identity_uuid.as_ref().and_then(|uuid| self.identities.get(uuid));
        let credentials =
            if settings.oauth.is_none() && identity.is_some() { Credentials::Certificate } else { Credentials::OAuth };
        let mut config = PhoneConfig::new(&address, user, credentials, &self.spec.eas_device_identifier).hurried();
        config.seed = self.spec.seed;
        config.trust = self.trust(identity)?;
        Ok(config)
    }

    /// The person signs in. The account then is an ordinary [`Phone`], ready for [`ManagedPhone::sync`].
    pub async fn sign_in(&mut self, id: AccountId, how: SignIn<'_>) -> Result<Option<SetUp>, ManagedError> {
        if self.faults.offline {
            return Err(ManagedError::Offline);
        }
        let mut config = self.phone_config(id)?;
        let account = self.account_mut(id).ok_or(ManagedError::NoSuchAccount(id))?;
        let addresses = account.settings.oauth.clone().flatten();
        let kept = std::mem::replace(&mut account.session, Session::SignInNeeded);
        let way = |mode| addresses.map_or(AddAccount::SignIn, |profile| AddAccount::Profile(profile, mode));
        if !self.habits.signs_in {
            if let Some(account) = self.account_mut(id) {
                account.session = kept;
            }
            return Err(ManagedError::PersonDoesNot);
        }
        let (session, outcome) = match (kept, how) {
            (Session::Syncing(mut phone), SignIn::OAuth(mode, person)) => {
                let outcome = phone.sign_in_again(&way(mode), person).await.map(|()| None);
                (Session::Syncing(phone), outcome)
            }
            (Session::Syncing(mut phone), SignIn::With(credentials)) => {
                phone.set_credentials(credentials);
                (Session::Syncing(phone), Ok(None))
            }
            (kept, SignIn::OAuth(mode, person)) => {
                let mut phone = Box::new(Phone::new(config)?);
                match phone.set_up_with_oauth(&way(mode), person).await {
                    Ok(set_up) => (Session::Syncing(phone), Ok(Some(set_up))),
                    Err(error) => (kept, Err(error)),
                }
            }
            (kept, SignIn::With(credentials)) => {
                config.credentials = credentials;
                let mut phone = Box::new(Phone::new(config)?);
                match phone.set_up().await {
                    Ok(set_up) => (Session::Syncing(phone), Ok(Some(set_up))),
                    Err(error) => (kept, Err(error)),
                }
            }
        };
        if let Some(account) = self.account_mut(id) {
            account.session = session;
            account.sign_in_pending &= outcome.is_err();
        }
        self.counters.sign_ins += u64::from(outcome.is_ok());
        Ok(outcome?)
    }

    /// Syncs an account's contacts.
    pub async fn sync(&mut self, id: AccountId) -> Result<SyncReport, ManagedError> {
        if self.faults.offline {
            return Err(ManagedError::Offline);
        }
        let account = self.account_mut(id).ok_or(ManagedError::NoSuchAccount(id))?;
        if account.sign_in_pending {
            return Err(ManagedError::SignInNeeded(id));
        }
        if !account.on.contains(&Service::Contacts) {
            return Err(ManagedError::ContactsOff(id));
        }
        match &mut account.session {
            Session::Syncing(phone) => Ok(phone.sync().await?),
            Session::Elsewhere(_) => Err(ManagedError::Elsewhere(id)),
            Session::SignInNeeded => Err(ManagedError::SignInNeeded(id)),
        }
    }

    /// Whom the device trusts now: its authorities and the roots of its profiles; with an identity of its own if given.
    pub(super) fn trust(&self, identity: Option<&Identity>) -> Result<Trust, NoTrust> {
        let mut authorities = self.spec.authorities.to_vec();
        for payload in self.profiles.payloads("com.apple.security.root") {
            authorities.extend(super::certificate::to_pem(payload));
        }
        Self::trust_in(&authorities, identity)
    }

    pub(super) fn trust_in(authorities: &[u8], identity: Option<&Identity>) -> Result<Trust, NoTrust> {
        match identity {
            _ if authorities.is_empty() => Ok(Trust::nobody()),
            None => Trust::authorities(authorities),
            Some(identity) => {
                let (certificates, key) = identity.to_pem();
                Trust::with_identity(authorities, certificates.as_bytes(), key.as_bytes())
            }
        }
    }
}
