//! Ping: tell me when something changes (MS-ASCMD 2.2.1.13).

use crate::ids::FolderId;
use crate::state::PingMemory;
use crate::wbxml::code_pages::ping as tags;
use crate::wbxml::{Element, Writer};

/// The request: what differs from the Ping the server last acknowledged; nothing at all if nothing does.
pub fn request(wanted: &PingMemory, acknowledged: Option<&PingMemory>) -> Vec<u8> {
    let same_heartbeat = acknowledged.is_some_and(|ping| ping.heartbeat_seconds == wanted.heartbeat_seconds);
    let same_folders = acknowledged.is_some_and(|ping| ping.folders == wanted.folders);
    if same_heartbeat && same_folders {
        return Vec::new();
    }
    let mut writer = Writer::new();
    writer.element(tags::PING, |writer| {
        if !same_heartbeat {
            writer.text(tags::HEARTBEAT_INTERVAL, &wanted.heartbeat_seconds.to_string());
        }
        if !same_folders {
            writer.element(tags::FOLDERS, |writer| {
                for folder in &wanted.folders {
                    writer.element(tags::FOLDER, |writer| {
                        writer.text(tags::ID, &folder.0);
                        writer.text(tags::CLASS, "Contacts");
                    });
                }
            });
        }
    });
    writer.finish()
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pong {
    /// Status.
    pub status: u32,
    /// With status 2: the folders that changed; none listed means all.
    pub folders: Vec<FolderId>,
    /// With status 5: a bound of the heartbeat, in seconds.
    pub heartbeat_seconds: Option<u64>,
    /// With status 6: how many folders are allowed.
    pub max_folders: Option<usize>,
}

/// Reads an answer whose shape was checked.
pub fn read(root: &Element) -> Pong {
    let folders = root
        .child(tags::FOLDERS)
        .map(|folders| folders.children.iter().map(|folder| FolderId(folder.text.clone())).collect());
    Pong {
        status: root.number_of(tags::STATUS).unwrap_or_default(),
        folders: folders.unwrap_or_default(),
        heartbeat_seconds: root.number_of(tags::HEARTBEAT_INTERVAL).map(u64::from),
        max_folders: root.number_of(tags::MAX_FOLDERS).and_then(|most| usize::try_from(most).ok()),
    }
}
