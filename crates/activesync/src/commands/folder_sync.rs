//! FolderSync: the list of address books (MS-ASCMD 2.2.1.4).

use hub::{
    HubError,
    books::Book,
    hierarchy::{HierarchyAnswer, HierarchyChange},
};
use wbxml::{Writer, document, pages::folder_hierarchy as fh};

use crate::{
    answer::Answer,
    commands::not_understood,
    ids,
    request::{self, RequestError},
    session::{Outcome, Session},
    status::{FolderStatus, Refusal},
};

/// What a device asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The key it was given last; `0` at first.
    pub sync_key: String,
}

impl Request {
    /// Reads the document.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        let mut reader = request::open(body, fh::FOLDER_SYNC)?;
        let mut sync_key = None;
        reader.children(|reader, tag| {
            if tag == fh::SYNC_KEY {
                sync_key = Some(request::text(reader)?);
            }
            Ok::<_, RequestError>(())
        })?;
        reader.finish()?;
        Ok(Self { sync_key: sync_key.ok_or(RequestError::Missing(fh::SYNC_KEY))? })
    }
}

/// The type of a folder (MS-ASCMD 2.2.3.186.2). Only contacts have one here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FolderType {
    /// The default book. There is exactly one, always.
    DefaultContacts,
    /// A book a person made.
    UserContacts,
}

impl FolderType {
    /// The number on the wire.
    #[must_use]
    pub fn code(self) -> i64 {
        match self {
            Self::DefaultContacts => 9,
            Self::UserContacts => 14,
        }
    }
}

/// The id of the root, every book's parent.
pub const ROOT: &str = "0";

/// A book as a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Its id; the same over every key.
    pub server_id: String,
    /// Its name.
    pub display_name: String,
    /// Its type.
    pub folder_type: FolderType,
}

/// What changed since the key asked with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// New books.
    pub added: Vec<Folder>,
    /// Renamed books.
    pub updated: Vec<Folder>,
    /// Ids of books that are gone.
    pub deleted: Vec<String>,
}

/// The answer with a new key and what changed.
#[must_use]
pub fn encode(sync_key: &str, changes: &Changes) -> Vec<u8> {
    document(fh::FOLDER_SYNC, |w| {
        w.number(fh::STATUS, FolderStatus::Success);
        w.text(fh::SYNC_KEY, sync_key);
        w.element(fh::CHANGES, |w| {
            let count = changes.added.len() + changes.updated.len() + changes.deleted.len();
            w.text(fh::COUNT, &count.to_string());
            changes.updated.iter().for_each(|folder| w.element(fh::UPDATE, |w| write_folder(w, folder)));
            changes.deleted.iter().for_each(|id| w.element(fh::DELETE, |w| w.text(fh::SERVER_ID, id)));
            changes.added.iter().for_each(|folder| w.element(fh::ADD, |w| write_folder(w, folder)));
        });
    })
}

/// iOS discards everything if one of the four is missing.
fn write_folder(w: &mut Writer, folder: &Folder) {
    w.text(fh::SERVER_ID, &folder.server_id);
    w.text(fh::PARENT_ID, ROOT);
    w.text(fh::DISPLAY_NAME, &folder.display_name);
    w.number(fh::TYPE, folder.folder_type.code());
}

/// The answer when it did not work.
#[must_use]
pub fn encode_failure(status: FolderStatus) -> Vec<u8> {
    document(fh::FOLDER_SYNC, |w| w.number(fh::STATUS, status))
}

/// Answers with what changed since the key.
pub(crate) async fn run(session: &Session, body: &[u8]) -> Outcome {
    let request = match Request::parse(body) {
        Ok(request) => request,
        // Any status but 1, 6 and 9 is dangerous on folder commands.
        Err(error) => return not_understood(&error, || encode_failure(FolderStatus::Failed)),
    };
    match session.access.folder_sync_of(session.device_id(), &request.sync_key, session.shown).await? {
        HierarchyAnswer::BadKey => Ok(Answer::Document(encode_failure(FolderStatus::InvalidSyncKey))),
        HierarchyAnswer::Changes(key, since) => {
            let mut changes = Changes::default();
            for change in since {
                match change {
                    HierarchyChange::Add(book) => changes.added.push(folder(&book)),
                    HierarchyChange::Update(book) => changes.updated.push(folder(&book)),
                    HierarchyChange::Delete(book) => changes.deleted.push(ids::collection_id(book)),
                }
            }
            Ok(Answer::Document(encode(&key, &changes)))
        }
    }
}

fn folder(book: &Book) -> Folder {
    Folder {
        server_id: ids::collection_id(book.book),
        display_name: book.name.clone(),
        folder_type: if book.is_default { FolderType::DefaultContacts } else { FolderType::UserContacts },
    }
}

/// The statuses of a folder command that the hub refuses.
pub(crate) fn refused(error: HubError) -> Result<FolderStatus, Refusal> {
    Ok(match error {
        HubError::BookNameTaken(_) => FolderStatus::NameTaken,
        HubError::NoSuchBook(_) => FolderStatus::NotFound,
        HubError::DefaultBook => FolderStatus::Special,
        HubError::BadBookName(_) | HubError::TooManyBooks(_) => FolderStatus::Failed,
        other => return Err(other.into()),
    })
}
