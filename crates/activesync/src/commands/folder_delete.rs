//! FolderDelete: an address book goes, with its contacts, restorably (MS-ASCMD 2.2.1.3).

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

/// What a device asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The hierarchy's key.
    pub sync_key: String,
    /// The folder.
    pub server_id: String,
}

impl Request {
    /// Reads the document.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        let mut reader = request::open(body, fh::FOLDER_DELETE)?;
        let (mut sync_key, mut server_id) = (None, None);
        reader.children(|reader, tag| {
            match tag {
                fh::SYNC_KEY => sync_key = Some(request::text(reader)?),
                fh::SERVER_ID => server_id = Some(request::text(reader)?),
                _ => {}
            }
            Ok::<_, RequestError>(())
        })?;
        reader.finish()?;
        Ok(Self {
            sync_key: sync_key.ok_or(RequestError::Missing(fh::SYNC_KEY))?,
            server_id: server_id.ok_or(RequestError::Missing(fh::SERVER_ID))?,
        })
    }
}

/// The answer: the hierarchy's new key.
#[must_use]
pub fn encode(sync_key: &str) -> Vec<u8> {
    document(fh::FOLDER_DELETE, |w| {
        w.number(fh::STATUS, FolderStatus::Success);
        w.text(fh::SYNC_KEY, sync_key);
    })
}

/// The answer when it did not work.
#[must_use]
pub fn encode_failure(status: FolderStatus) -> Vec<u8> {
    document(fh::FOLDER_DELETE, |w| w.number(fh::STATUS, status))
}

/// Deletes the book. The default one stays.
pub(crate) async fn run(session: &Session, body: &[u8]) -> Outcome {
    let failed = |status: FolderStatus| Ok(Answer::Document(encode_failure(status.shown_to(session.family))));
    let request = match Request::parse(body) {
        Ok(request) => request,
        Err(error) => return not_understood(&error, || encode_failure(FolderStatus::Failed)),
    };
    let Some(book) = ids::book(&request.server_id) else { return failed(FolderStatus::NotFound) };
    match session.access.folder_delete(session.device_id(), &request.sync_key, book).await {
        Ok(FolderAnswer::Done { key, .. }) => Ok(Answer::Document(encode(&key))),
        Ok(FolderAnswer::BadKey) => failed(FolderStatus::InvalidSyncKey),
        Err(error) => failed(folder_sync::refused(error)?),
    }
}
