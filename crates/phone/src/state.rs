//! What the phone keeps when it is switched off or crashes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::address_book::AddressBook;
use crate::ids::{FolderId, LocalId};
use crate::sign_in::Tokens;
use crate::transport::Endpoint;
use crate::version::Version;

/// A folder's type for the default contacts folder (MS-ASCMD 2.2.3.186.3).
const DEFAULT_CONTACTS: u32 = 9;
/// A folder's type for contacts folders people made.
const USER_CONTACTS: u32 = 14;

/// A folder of the hierarchy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folder {
    /// The server's id.
    pub id: FolderId,
    /// The parent's id; `0` for the root.
    pub parent: String,
    /// Name shown.
    pub name: String,
    /// Type.
    pub kind: u32,
}

impl Folder {
    /// Whether the phone syncs it.
    pub fn holds_contacts(&self) -> bool {
        matches!(self.kind, DEFAULT_CONTACTS | USER_CONTACTS)
    }
}

/// How far a folder's first run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Phase {
    /// The key is 0.
    #[default]
    Unknown,
    /// The key came; the first answer with contacts empties the store.
    Bootstrap,
    /// Contacts come and are matched by name.
    FirstRun,
    /// Only server ids count.
    Steady,
}

/// A folder's contacts and its place in the exchange with the server.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Collection {
    /// SyncKey; empty counts as 0.
    pub key: String,
    /// How far the first run is.
    pub phase: Phase,
    /// The contacts.
    pub book: AddressBook,
}

impl Collection {
    /// Back to key 0; contacts stay until the first answer.
    pub fn reset(&mut self) {
        self.key.clear();
        self.phase = Phase::Unknown;
    }

    /// The key as it is sent.
    pub fn key(&self) -> &str {
        if self.key.is_empty() { "0" } else { &self.key }
    }
}

/// The Ping last acknowledged by the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PingMemory {
    /// Folders watched.
    pub folders: Vec<FolderId>,
    /// HeartbeatInterval in seconds.
    pub heartbeat_seconds: u64,
}

/// Everything the phone keeps.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SavedState {
    /// Where the server is.
    pub endpoint: Endpoint,
    /// The user name that worked.
    pub login: String,
    /// The version chosen; `None` before set-up.
    pub version: Option<Version>,
    /// `0` until provisioned.
    pub policy_key: String,
    /// FolderSync's key.
    pub folder_key: String,
    /// Folders in the server's order.
    pub folders: Vec<Folder>,
    /// Contacts folders' contents.
    pub collections: BTreeMap<FolderId, Collection>,
    /// Number of the next local record.
    pub next_local: u64,
    /// Adds made so far.
    pub adds_made: u64,
    /// Cookies the server set.
    pub cookies: BTreeMap<String, String>,
    /// The Ping last acknowledged.
    pub ping: Option<PingMemory>,
    /// Tokens of an account with OAuth.
    #[serde(default)]
    pub tokens: Option<Tokens>,
}

impl SavedState {
    /// A phone that knows nothing but where its server is.
    pub fn new(endpoint: Endpoint, login: &str) -> Self {
        Self {
            endpoint,
            login: login.to_owned(),
            version: None,
            policy_key: "0".to_owned(),
            folder_key: "0".to_owned(),
            folders: Vec::new(),
            collections: BTreeMap::new(),
            next_local: 1,
            adds_made: 0,
            cookies: BTreeMap::new(),
            ping: None,
            tokens: None,
        }
    }

    /// Folders the phone syncs, in the server's order.
    pub fn contacts_folders(&self) -> impl Iterator<Item = &Folder> {
        self.folders.iter().filter(|folder| folder.holds_contacts())
    }

    /// Where new contacts go: the first of type 9, else one of type 14, preferably named "Contacts".
    pub fn default_folder(&self) -> Option<&Folder> {
        self.contacts_folders()
            .find(|folder| folder.kind == DEFAULT_CONTACTS)
            .or_else(|| self.contacts_folders().find(|folder| folder.name == "Contacts"))
            .or_else(|| self.contacts_folders().next())
    }

    /// A number no record has.
    pub fn fresh_local(&mut self) -> LocalId {
        let id = LocalId(self.next_local);
        self.next_local += 1;
        id
    }
}
