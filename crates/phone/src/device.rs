//! The phone: what a person, a test or a demonstration does with it.

use std::collections::BTreeMap;

use crate::address_book::Record;
use crate::application_data;
use crate::autodiscover::FoundBy;
use crate::commands::folder_sync::{self, Hierarchy};
use crate::commands::search::{self, Found, GalEntry};
use crate::commands::{Command, settings};
use crate::config::PhoneConfig;
use crate::counters::Counters;
use crate::device_kind::DeviceKind;
use crate::error::PhoneError;
use crate::ids::{FolderId, LocalId, ServerId};
use crate::local_contact::LocalContact;
use crate::ping_loop::PushGuards;
use crate::state::{Folder, SavedState};
use crate::strictness::Violation;
use crate::transport::{Duplicate, FaultRates, LinkFault, Transport};
use crate::version::Version;

/// A simulated phone with one account. Contacts and state live in memory; [`Phone::saved_state`] is what its disk would hold.
pub struct Phone {
    pub(crate) config: PhoneConfig,
    pub(crate) state: SavedState,
    pub(crate) transport: Transport,
    pub(crate) violations: Vec<Violation>,
    pub(crate) counters: Counters,
    /// Lost when the phone crashes.
    pub(crate) guards: PushGuards,
    /// Crash before the next Sync answer is stored.
    pub(crate) crash_before_storing: bool,
    /// What happens to the next request to the token endpoint.
    pub(crate) token_fault: Option<LinkFault>,
}

/// What set-up found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetUp {
    /// How the server was found.
    pub found_by: FoundBy,
    /// Where the server would have the person sign in with OAuth, if it challenged for it.
    pub sign_in: Option<String>,
    /// The version spoken from now on.
    pub version: Version,
    /// The person's addresses, as Settings named them; empty if Settings failed, which stops nothing.
    pub addresses: Vec<String>,
}

impl Phone {
    /// A phone that has not spoken to its server yet. An error if the address is no http(s) address.
    pub fn new(config: PhoneConfig) -> Result<Self, PhoneError> {
        let endpoint = config.base_url.parse()?;
        let state = SavedState::new(endpoint, &config.user);
        Ok(Self::with_state(config, state))
    }

    /// A phone that is switched on again with what [`Phone::saved_state`] returned.
    pub fn from_saved(config: PhoneConfig, saved: &str) -> Result<Self, PhoneError> {
        Ok(Self::with_state(config, serde_json::from_str(saved)?))
    }

    fn with_state(config: PhoneConfig, state: SavedState) -> Self {
        let mut transport =
            Transport::new(state.endpoint.clone(), config.trust.clone(), config.source, config.faults, config.seed);
        transport.set_cookies(state.cookies.clone());
        Self {
            config,
            state,
            transport,
            violations: Vec::new(),
            counters: Counters::default(),
            guards: PushGuards::default(),
            crash_before_storing: false,
            token_fault: None,
        }
    }

    /// Adds the account: finds the server, checks the credentials, picks the version, tells what the device is (whose failure
    /// stops nothing) and fetches the folders.
    pub async fn set_up(&mut self) -> Result<SetUp, PhoneError> {
        let (found_by, sign_in) = self.discover().await?;
        self.finish_set_up(found_by, sign_in).await
    }

    /// Set-up once server and credentials are known.
    pub(crate) async fn finish_set_up(
        &mut self,
        found_by: FoundBy,
        sign_in: Option<String>,
    ) -> Result<SetUp, PhoneError> {
        let version = self.options().await?;
        self.state.version = Some(version);
        let addresses = match self.send_settings().await {
            Ok(addresses) => addresses,
            Err(error @ (PhoneError::Unauthorized | PhoneError::Wiped)) => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "Settings failed");
                Vec::new()
            }
        };
        self.sync_folders().await?;
        Ok(SetUp { found_by, sign_in, version, addresses })
    }

    /// Sends Settings; returns the person's addresses.
    pub async fn send_settings(&mut self) -> Result<Vec<String>, PhoneError> {
        let facts = self.shuffled_device_information();
        let root = self.command(Command::Settings, settings::request(&facts)).await?;
        Ok(root.map(|root| settings::addresses(&root)).unwrap_or_default())
    }

    /// Fetches folder changes; `true` if there were any.
    pub async fn sync_folders(&mut self) -> Result<bool, PhoneError> {
        if self.state.version.is_none() {
            return Err(PhoneError::NotSetUp);
        }
        // A bad key costs one more round from 0, not two.
        for _ in 0..2 {
            let hierarchy = self.ask_for_folders().await?;
            match hierarchy.status {
                1 => return self.take_hierarchy(hierarchy),
                0 | 6..=8 | 10..=12 => {
                    return Err(PhoneError::Status { command: Command::FolderSync, status: hierarchy.status });
                }
                9 => self.forget_folders(),
                status => {
                    self.hold_against(Command::FolderSync, vec![Violation::FolderStatusUnhandled(status)])?;
                }
            }
        }
        Err(PhoneError::Status { command: Command::FolderSync, status: 9 })
    }

    /// Forgets the hierarchy's key, so that the next FolderSync brings all folders. Contacts stay.
    pub(crate) fn forget_folders(&mut self) {
        "0".clone_into(&mut self.state.folder_key);
    }

    async fn ask_for_folders(&mut self) -> Result<Hierarchy, PhoneError> {
        let root = self.command(Command::FolderSync, folder_sync::request(&self.state.folder_key)).await?;
        let mut broken = Vec::new();
        let hierarchy = root.map(|root| folder_sync::read(&root, &mut broken)).unwrap_or_default();
        self.hold_against(Command::FolderSync, broken)?;
        Ok(hierarchy)
    }

    fn take_hierarchy(&mut self, hierarchy: Hierarchy) -> Result<bool, PhoneError> {
        let state = &mut self.state;
        // A key that stays means that nothing changed.
        if hierarchy.key == state.folder_key || hierarchy.key.is_empty() {
            return Ok(false);
        }
        let before = state.folders.clone();
        if state.folder_key == "0" {
            state.folders.clear();
        }
        for folder in hierarchy.folders {
            match state.folders.iter_mut().find(|known| known.id == folder.id) {
                Some(known) => *known = folder,
                None => state.folders.push(folder),
            }
        }
        state.folders.retain(|folder| !hierarchy.gone.contains(&folder.id));
        state.folder_key = hierarchy.key;
        // The group of a folder that is gone goes with it.
        let kept: Vec<FolderId> = state.contacts_folders().map(|folder| folder.id.clone()).collect();
        state.collections.retain(|id, _| kept.contains(id));
        for id in kept {
            state.collections.entry(id).or_default();
        }
        let changed = before != state.folders;
        if state.folders.is_empty() {
            self.hold_against(Command::FolderSync, vec![Violation::EmptyHierarchy])?;
        }
        Ok(changed)
    }

    /// Searches the directory. Texts under four characters are not searched for, unless they begin with an ideograph.
    pub async fn search_gal(&mut self, query: &str) -> Result<Vec<GalEntry>, PhoneError> {
        Ok(self.search_gal_counted(query).await?.entries)
    }

    /// Searches the directory and returns the whole answer.
    pub async fn search_gal_counted(&mut self, query: &str) -> Result<Found, PhoneError> {
        if !search::is_searchable(query) {
            return Ok(Found { status: 1, ..Found::default() });
        }
        let pictures = self.config.gal_pictures && self.version() >= Version::V14_1;
        let root = self.command(Command::Search, search::request(query, pictures)).await?;
        let mut broken = Vec::new();
        let found = root.map(|root| search::read(&root, &mut broken)).unwrap_or_default();
        self.hold_against(Command::Search, broken)?;
        if found.status == 1 {
            Ok(found)
        } else {
            Err(PhoneError::Status { command: Command::Search, status: found.status })
        }
    }

    /// Adds a contact to the default folder; it is sent with the next [`Phone::sync`].
    pub fn add_contact(&mut self, contact: LocalContact) -> Result<LocalId, PhoneError> {
        let folder = self.state.default_folder().map(|folder| folder.id.clone());
        self.add_contact_to(&folder.ok_or(PhoneError::NoContactsFolder)?, contact)
    }

    /// Adds a contact to a folder. What this kind of device cannot hold is dropped, as if it had never been typed.
    pub fn add_contact_to(&mut self, folder: &FolderId, contact: LocalContact) -> Result<LocalId, PhoneError> {
        let id = self.state.fresh_local();
        let collection =
            self.state.collections.get_mut(folder).ok_or_else(|| PhoneError::NoSuchFolder(folder.clone()))?;
        collection.book.enter(id, application_data::entered(self.config.kind, contact));
        Ok(id)
    }

    /// Edits a contact; it is sent whole with the next [`Phone::sync`]. On an iPhone what the app does not show stays as it is.
    pub fn edit(&mut self, id: LocalId, edit: impl FnOnce(&mut LocalContact)) -> Result<(), PhoneError> {
        let kind = self.config.kind;
        let collection = self.state.collections.values_mut().find(|collection| collection.book.get(id).is_some());
        let book = &mut collection.ok_or(PhoneError::NoSuchContact(id))?.book;
        let mut contact = book.get(id).map(|record| record.contact.clone()).unwrap_or_default();
        let before = contact.clone();
        edit(&mut contact);
        let mut contact = application_data::entered(kind, contact);
        if kind == DeviceKind::IPhone {
            let unseen = before.texts.into_iter().filter(|(property, _)| !property.shown_on_ios());
            contact.texts.extend(unseen);
            contact.categories = before.categories;
            contact.children = before.children;
        }
        book.edit(id, contact);
        Ok(())
    }

    /// Deletes a contact; the server hears of it with the next [`Phone::sync`].
    pub fn delete(&mut self, id: LocalId) -> Result<(), PhoneError> {
        let deleted = self.state.collections.values_mut().any(|collection| collection.book.delete(id));
        deleted.then_some(()).ok_or(PhoneError::NoSuchContact(id))
    }

    /// All contacts, folder by folder.
    pub fn contacts(&self) -> impl Iterator<Item = (LocalId, &LocalContact)> {
        self.records().map(|(id, record)| (id, &record.contact))
    }

    /// All records with what is still to be sent.
    pub fn records(&self) -> impl Iterator<Item = (LocalId, &Record)> {
        self.state.collections.values().flat_map(|collection| collection.book.records())
    }

    /// The contacts of one folder.
    pub fn contacts_in(&self, folder: &FolderId) -> impl Iterator<Item = (LocalId, &LocalContact)> {
        let collection = self.state.collections.get(folder);
        collection
            .into_iter()
            .flat_map(|collection| collection.book.records().map(|(id, record)| (id, &record.contact)))
    }

    /// Number of contacts.
    pub fn contact_count(&self) -> usize {
        self.state.collections.values().map(|collection| collection.book.len()).sum()
    }

    /// A contact; `None` if there is none with this id.
    pub fn contact(&self, id: LocalId) -> Option<&LocalContact> {
        self.record(id).map(|record| &record.contact)
    }

    /// A record; `None` if there is none with this id.
    pub fn record(&self, id: LocalId) -> Option<&Record> {
        self.state.collections.values().find_map(|collection| collection.book.get(id))
    }

    /// The first contact with this display name (`First Middle Last`, else the company, else an address or number).
    pub fn find_by_name(&self, name: &str) -> Option<LocalId> {
        self.contacts().find(|(_, contact)| contact.display_name() == name).map(|(id, _)| id)
    }

    /// All contacts with this display name.
    pub fn all_by_name(&self, name: &str) -> Vec<LocalId> {
        self.contacts().filter(|(_, contact)| contact.display_name() == name).map(|(id, _)| id).collect()
    }

    /// The server's id of a record, once it is known.
    pub fn server_id(&self, id: LocalId) -> Option<&ServerId> {
        self.record(id)?.server_id.as_ref()
    }

    /// The record with this server id.
    pub fn find_by_server_id(&self, server_id: &ServerId) -> Option<LocalId> {
        self.state.collections.values().find_map(|collection| collection.book.find(server_id))
    }

    /// Whether anything is still to be sent.
    pub fn has_unsent(&self) -> bool {
        self.state.collections.values().any(|collection| collection.book.has_unsent())
    }

    /// All folders in the server's order.
    pub fn folders(&self) -> &[Folder] {
        &self.state.folders
    }

    /// The folder new contacts go to.
    pub fn default_folder(&self) -> Option<&Folder> {
        self.state.default_folder()
    }

    /// The version spoken; the forced one or 14.1 before set-up.
    pub fn version(&self) -> Version {
        self.state.version.or(self.config.version).unwrap_or(Version::V14_1)
    }

    /// The SyncKey of a folder; `0` before its first Sync.
    pub fn sync_key(&self, folder: &FolderId) -> Option<&str> {
        self.state.collections.get(folder).map(crate::state::Collection::key)
    }

    /// The policy key in force; `0` if there is none.
    pub fn policy_key(&self) -> &str {
        &self.state.policy_key
    }

    /// What the phone was set up with.
    pub fn config(&self) -> &PhoneConfig {
        &self.config
    }

    /// Every rule of iOS the server broke so far.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Takes the list of broken rules and begins a new one.
    pub fn take_violations(&mut self) -> Vec<Violation> {
        std::mem::take(&mut self.violations)
    }

    /// What the phone did so far.
    pub fn counters(&self) -> Counters {
        let meter = self.transport.meter();
        Counters {
            bytes_sent: meter.sent(),
            bytes_received: meter.received(),
            connections: meter.connections(),
            ..self.counters.clone()
        }
    }

    /// The next command's answer will be lost after the server gave it.
    pub fn lose_next_answer(&mut self) {
        self.transport.plan(LinkFault::LoseAnswer);
    }

    /// The next command will be delivered twice, the second time right after it was answered.
    pub fn duplicate_next_request(&mut self) {
        self.transport.plan(LinkFault::Duplicate);
    }

    /// The next command will meet this fault; calls queue up, one command each.
    pub fn fail_next(&mut self, fault: LinkFault) {
        self.transport.plan(fault);
    }

    /// Draws the faults of all later commands with these probabilities, from the phone's seed.
    pub fn set_fault_rates(&mut self, rates: FaultRates) {
        self.transport.set_rates(rates);
    }

    /// What requests that were delivered twice were answered the second time.
    pub fn duplicates(&self) -> &[Duplicate] {
        self.transport.duplicates()
    }

    /// The phone will crash when the next Sync answer has come and before it is stored.
    pub fn crash_before_storing_next_answer(&mut self) {
        self.crash_before_storing = true;
    }

    /// Crashes and starts again: only what is on disk is left. An error if the disk's content cannot be read back.
    pub fn crash(&mut self) -> Result<(), PhoneError> {
        let saved = self.saved_state()?;
        self.state = serde_json::from_str(&saved)?;
        self.transport.hang_up();
        self.transport.set_cookies(self.state.cookies.clone());
        self.guards = PushGuards::default();
        self.crash_before_storing = false;
        self.counters.crashes += 1;
        Ok(())
    }

    /// What the phone's disk holds, as JSON.
    pub fn saved_state(&mut self) -> Result<String, PhoneError> {
        self.state.cookies.clone_from(self.transport.cookies());
        Ok(serde_json::to_string(&self.state)?)
    }

    /// The network goes away and comes back: connections are closed, a waiting Ping included.
    pub fn reconnect(&mut self) {
        self.transport.hang_up();
    }

    /// Another password or token from now on.
    pub fn set_credentials(&mut self, credentials: crate::config::Credentials) {
        self.config.credentials = credentials;
    }

    /// The account is gone from the phone.
    pub(crate) fn erase(&mut self) {
        self.state = SavedState::new(self.state.endpoint.clone(), &self.config.user);
        self.state.collections = BTreeMap::new();
        self.transport.hang_up();
    }
}
