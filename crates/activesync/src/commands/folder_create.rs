//! FolderCreate: a new address book (MS-ASCMD 2.2.1.2).

use hub::hierarchy::FolderAnswer;
use wbxml::{document, pages::folder_hierarchy as fh};

use crate::{
    answer::Answer,
    commands::{folder_sync, not_understood},
    ids,
    request::{self, RequestError},
    session::{Outcome, Session},
    status::FolderStatus,
};

/// The only type of folder that can be created: user-created contacts (MS-ASCMD 2.2.3.186.1).
pub const USER_CONTACTS: u32 = 14;

/// What a device asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The hierarchy's key.
    pub sync_key: String,
    /// The folder to create it in; books are children of the root only.
    pub parent_id: String,
    /// The new book's name.
    pub display_name: String,
    /// The kind of folder wanted.
    pub folder_type: u32,
}

impl Request {
    /// Reads the document.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        let mut reader = request::open(body, fh::FOLDER_CREATE)?;
        let (mut sync_key, mut parent_id, mut display_name, mut folder_type) = (None, None, None, None);
        reader.children(|reader, tag| {
            match tag {
                fh::SYNC_KEY => sync_key = Some(request::text(reader)?),
                fh::PARENT_ID => parent_id = Some(request::text(reader)?),
                fh::DISPLAY_NAME => display_name = Some(request::text(reader)?),
                fh::TYPE => folder_type = Some(request::number(reader, tag)?),
                _ => {}
            }
            Ok::<_, RequestError>(())
        })?;
        reader.finish()?;
        Ok(Self {
            sync_key: sync_key.ok_or(RequestError::Missing(fh::SYNC_KEY))?,
            parent_id: parent_id.ok_or(RequestError::Missing(fh::PARENT_ID))?,
            display_name: display_name.ok_or(RequestError::Missing(fh::DISPLAY_NAME))?,
            folder_type: folder_type.ok_or(RequestError::Missing(fh::TYPE))?,
        })
    }
}

/// The answer: the hierarchy's new key and the new folder's id.
#[must_use]
pub fn encode(sync_key: &str, server_id: &str) -> Vec<u8> {
    document(fh::FOLDER_CREATE, |w| {
        w.number(fh::STATUS, FolderStatus::Success);
        w.text(fh::SYNC_KEY, sync_key);
        w.text(fh::SERVER_ID, server_id);
    })
}

/// The answer when it did not work.
#[must_use]
pub fn encode_failure(status: FolderStatus) -> Vec<u8> {
    document(fh::FOLDER_CREATE, |w| w.number(fh::STATUS, status))
}

/// Makes the book; the same request again gives the same book. Types other than contacts are refused.
pub(crate) async fn run(session: &Session, body: &[u8]) -> Outcome {
    let failed = |status: FolderStatus| Ok(Answer::Document(encode_failure(status.shown_to(session.family))));
    let request = match Request::parse(body) {
        Ok(request) => request,
        Err(error) => return not_understood(&error, || encode_failure(FolderStatus::Failed)),
    };
    if request.folder_type != USER_CONTACTS {
        return failed(FolderStatus::Special);
    }
    if request.parent_id != folder_sync::ROOT {
        return failed(FolderStatus::NoParent);
    }
    match session.access.folder_create(session.device_id(), &request.sync_key, &request.display_name).await {
        Ok(FolderAnswer::Done { key, book }) => Ok(Answer::Document(encode(&key, &ids::collection_id(book)))),
        Ok(FolderAnswer::BadKey) => failed(FolderStatus::InvalidSyncKey),
        Err(error) => failed(folder_sync::refused(error)?),
    }
}
