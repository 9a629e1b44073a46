//! GetItemEstimate: how many contacts the next Syncs would bring (MS-ASCMD 2.2.1.9).

use wbxml::{
    Reader, document,
    pages::{airsync as a, get_item_estimate as g},
};

use hub::{HubError, round::SyncKey};

use crate::{
    answer::Answer,
    commands::not_understood,
    ids,
    limits::OPERATIONS_MAX,
    request::{self, RequestError},
    session::{Outcome, Session},
    status::{EstimateStatus, Refusal},
};

/// What a device asks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// The folders.
    pub collections: Vec<Collection>,
}

/// A folder to estimate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collection {
    /// The folder's key.
    pub sync_key: String,
    /// The folder.
    pub collection_id: String,
}

impl Request {
    /// Reads the document.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        let mut reader = request::open(body, g::GET_ITEM_ESTIMATE)?;
        let mut request = Self::default();
        reader.children(|reader, tag| {
            if tag == g::COLLECTIONS {
                reader.children(|reader, tag| {
                    if tag == g::COLLECTION {
                        let collection = read_collection(reader)?;
                        request::push(&mut request.collections, collection, tag, OPERATIONS_MAX)?;
                    }
                    Ok::<_, RequestError>(())
                })?;
            }
            Ok::<_, RequestError>(())
        })?;
        reader.finish()?;
        Ok(request)
    }
}

fn read_collection(reader: &mut Reader<'_>) -> Result<Collection, RequestError> {
    let (mut sync_key, mut collection_id) = (None, None);
    reader.children(|reader, tag| {
        match tag {
            a::SYNC_KEY => sync_key = Some(request::text(reader)?),
            g::COLLECTION_ID => collection_id = Some(request::text(reader)?),
            _ => {}
        }
        Ok::<_, RequestError>(())
    })?;
    Ok(Collection {
        sync_key: sync_key.ok_or(RequestError::Missing(a::SYNC_KEY))?,
        collection_id: collection_id.ok_or(RequestError::Missing(g::COLLECTION_ID))?,
    })
}

/// The estimate of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate {
    /// The folder.
    pub collection_id: String,
    /// Contacts to come, or why they cannot be counted.
    pub count: Result<u64, EstimateStatus>,
}

/// The answer's document: a Response for each folder.
#[must_use]
pub fn encode(estimates: &[Estimate]) -> Vec<u8> {
    document(g::GET_ITEM_ESTIMATE, |w| {
        for estimate in estimates {
            w.element(g::RESPONSE, |w| {
                w.number(g::STATUS, estimate.count.err().unwrap_or(EstimateStatus::Success));
                w.element(g::COLLECTION, |w| {
                    w.text(g::COLLECTION_ID, &estimate.collection_id);
                    if let Ok(count) = estimate.count {
                        w.text(g::ESTIMATE, &count.to_string());
                    }
                });
            });
        }
    })
}

/// Counts what the device would be told.
pub(crate) async fn run(session: &Session, body: &[u8]) -> Outcome {
    let request = match Request::parse(body) {
        Ok(request) => request,
        Err(error) => return not_understood(&error, || encode(&[])),
    };
    let mut estimates = Vec::with_capacity(request.collections.len());
    for collection in request.collections {
        let count = count(session, &collection).await?;
        estimates.push(Estimate { collection_id: collection.collection_id, count });
    }
    Ok(Answer::Document(encode(&estimates)))
}

async fn count(session: &Session, collection: &Collection) -> Result<Result<u64, EstimateStatus>, Refusal> {
    let Some(book) = ids::book(&collection.collection_id) else { return Ok(Err(EstimateStatus::NotFound)) };
    if session.access.book(book).await?.is_none() {
        return Ok(Err(EstimateStatus::NotFound));
    }
    let key = SyncKey(collection.sync_key.clone());
    if key.is_zero() {
        return Ok(Err(EstimateStatus::NotPrimed));
    }
    match session.access.estimate(session.device_id(), session.pinged(book), key).await {
        Ok(Some(count)) => Ok(Ok(count)),
        Ok(None) => Ok(Err(EstimateStatus::InvalidSyncKey)),
        Err(HubError::NoSuchBook(_)) => Ok(Err(EstimateStatus::NotFound)),
        Err(error) => Err(error.into()),
    }
}
