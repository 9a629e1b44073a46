//! The commands the phone sends: one file each, named as in MS-ASCMD.

pub mod folder_sync;
pub mod ping;
pub mod provision;
pub mod search;
pub mod settings;
pub mod sync;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::wbxml::Tag;
use crate::wbxml::code_pages::{
    airsync, folder_hierarchy, ping as ping_page, provision as provision_page, search as search_page,
    settings as settings_page,
};

/// A command of the Contacts account. `GetItemEstimate`, `MoveItems`, `Find` and the rest are never sent by iOS for contacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Command {
    /// Settings
    Settings,
    /// FolderSync
    FolderSync,
    /// Provision
    Provision,
    /// Sync
    Sync,
    /// Ping
    Ping,
    /// Search
    Search,
}

impl Command {
    /// The Cmd parameter.
    pub fn name(self) -> &'static str {
        match self {
            Command::Settings => "Settings",
            Command::FolderSync => "FolderSync",
            Command::Provision => "Provision",
            Command::Sync => "Sync",
            Command::Ping => "Ping",
            Command::Search => "Search",
        }
    }

    /// The top-level Status of its answer.
    pub fn status(self) -> Tag {
        match self {
            Command::Settings => settings_page::STATUS,
            Command::FolderSync => folder_hierarchy::STATUS,
            Command::Provision => provision_page::STATUS,
            Command::Sync => airsync::STATUS,
            Command::Ping => ping_page::STATUS,
            Command::Search => search_page::STATUS,
        }
    }

    /// Whether an empty body is an answer.
    pub fn may_be_empty(self) -> bool {
        matches!(self, Command::Sync | Command::Ping)
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
