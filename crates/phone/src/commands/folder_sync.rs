//! FolderSync: the folder hierarchy (MS-ASCMD 2.2.1.5).

use crate::ids::FolderId;
use crate::state::Folder;
use crate::strictness::Violation;
use crate::wbxml::code_pages::folder_hierarchy as tags;
use crate::wbxml::{Element, Writer};

/// The request.
pub fn request(key: &str) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.element(tags::FOLDER_SYNC, |writer| writer.text(tags::SYNC_KEY, key));
    writer.finish()
}

/// An answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hierarchy {
    /// Status.
    pub status: u32,
    /// The next key; empty if none came.
    pub key: String,
    /// New and changed folders.
    pub folders: Vec<Folder>,
    /// Folders that are gone.
    pub gone: Vec<FolderId>,
}

/// Reads an answer whose shape was checked.
pub fn read(root: &Element, violations: &mut Vec<Violation>) -> Hierarchy {
    let mut hierarchy = Hierarchy {
        status: root.number_of(tags::STATUS).unwrap_or_default(),
        key: root.text_of(tags::SYNC_KEY).unwrap_or_default().to_owned(),
        ..Hierarchy::default()
    };
    let Some(changes) = root.child(tags::CHANGES) else { return hierarchy };
    for change in &changes.children {
        let text = |tag| change.text_of(tag).unwrap_or_default().to_owned();
        let id = FolderId(text(tags::SERVER_ID));
        match change.tag {
            tags::DELETE => hierarchy.gone.push(id),
            tags::ADD | tags::UPDATE if text(tags::PARENT_ID) == id.0 => {
                violations.push(Violation::FolderIsItsOwnParent(id));
            }
            tags::ADD | tags::UPDATE => hierarchy.folders.push(Folder {
                id,
                parent: text(tags::PARENT_ID),
                name: text(tags::DISPLAY_NAME),
                kind: change.number_of(tags::TYPE).unwrap_or_default(),
            }),
            _ => {}
        }
    }
    hierarchy
}
