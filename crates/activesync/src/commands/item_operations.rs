//! ItemOperations: contacts one by one, and emptying an address book (MS-ASCMD 2.2.1.10).

use std::collections::BTreeSet;

use contact::eas::Element;
use wbxml::{
    Fragment, Reader, document,
    pages::{airsync as a, airsyncbase, item_operations as i, search},
};

use hub::HubError;

use crate::{
    answer::Answer,
    application_data,
    commands::{not_understood, sync::read_body_preference},
    ids,
    limits::OPERATIONS_MAX,
    own_contacts,
    request::{self, RequestError},
    session::{self, Session},
    status::{ItemOperationsStatus, Refusal},
};

/// What a device asks, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// The operations.
    pub operations: Vec<Operation>,
}

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// A contact.
    Fetch(Fetch),
    /// All contacts of a folder are to be deleted.
    EmptyFolderContents {
        /// Which folder.
        collection_id: String,
    },
    /// Moving a conversation, which is of mail.
    Move,
}

/// A contact to fetch, by its folder and id or by the `LongId` of a search.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fetch {
    /// Which store; `Mailbox` is the only one.
    pub store: String,
    /// Its folder.
    pub collection_id: Option<String>,
    /// Its id.
    pub server_id: Option<String>,
    /// Its id as Search gave it.
    pub long_id: Option<String>,
    /// Only these elements.
    pub schema: Option<BTreeSet<Element>>,
    /// Bytes of a note.
    pub body_truncation: Option<u32>,
}

impl Request {
    /// Reads the document.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        let mut reader = request::open(body, i::ITEM_OPERATIONS)?;
        let mut request = Self::default();
        reader.children(|reader, tag| {
            let operation = match tag {
                i::FETCH => Operation::Fetch(read_fetch(reader)?),
                i::EMPTY_FOLDER_CONTENTS => {
                    let mut collection_id = None;
                    reader.children(|reader, tag| {
                        if tag == a::COLLECTION_ID {
                            collection_id = Some(request::text(reader)?);
                        }
                        Ok::<_, RequestError>(())
                    })?;
                    let collection_id = collection_id.ok_or(RequestError::Missing(a::COLLECTION_ID))?;
                    Operation::EmptyFolderContents { collection_id }
                }
                i::MOVE => Operation::Move,
                _ => return Ok(()),
            };
            request::push(&mut request.operations, operation, tag, OPERATIONS_MAX)
        })?;
        reader.finish()?;
        Ok(request)
    }
}

fn read_fetch(reader: &mut Reader<'_>) -> Result<Fetch, RequestError> {
    let mut fetch = Fetch::default();
    reader.children(|reader, tag| {
        match tag {
            i::STORE => fetch.store = request::text(reader)?,
            a::COLLECTION_ID => fetch.collection_id = Some(request::text(reader)?),
            a::SERVER_ID => fetch.server_id = Some(request::text(reader)?),
            search::LONG_ID => fetch.long_id = Some(request::text(reader)?),
            i::OPTIONS => reader.children(|reader, tag| {
                match tag {
                    i::SCHEMA => fetch.schema = Some(read_schema(reader)?),
                    airsyncbase::BODY_PREFERENCE => {
                        fetch.body_truncation = read_body_preference(reader)?.truncation();
                    }
                    _ => {}
                }
                Ok::<_, RequestError>(())
            })?,
            _ => {}
        }
        Ok::<_, RequestError>(())
    })?;
    Ok(fetch)
}

fn read_schema(reader: &mut Reader<'_>) -> Result<BTreeSet<Element>, RequestError> {
    let mut elements = BTreeSet::new();
    reader.children(|_, tag| {
        elements.extend(application_data::element(tag));
        Ok::<_, RequestError>(())
    })?;
    Ok(elements)
}

/// What became of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A contact.
    Fetched {
        /// Its folder.
        collection_id: String,
        /// Its id.
        server_id: String,
        /// What was wanted of it.
        properties: Fragment,
    },
    /// No contact.
    NotFetched {
        /// The request's own names of it.
        fetch: Fetch,
        /// Why.
        status: ItemOperationsStatus,
    },
    /// A folder was emptied, or not.
    Emptied {
        /// Which.
        collection_id: String,
        /// How it went.
        status: ItemOperationsStatus,
    },
    /// The conversation stays.
    NotMoved,
}

/// The answer's document.
#[must_use]
pub fn encode(outcomes: &[Outcome]) -> Vec<u8> {
    document(i::ITEM_OPERATIONS, |w| {
        w.number(i::STATUS, ItemOperationsStatus::Success);
        w.element(i::RESPONSE, |w| outcomes.iter().for_each(|outcome| write_outcome(w, outcome)));
    })
}

fn write_outcome(w: &mut wbxml::Writer, outcome: &Outcome) {
    match outcome {
        Outcome::Fetched { collection_id, server_id, properties } => w.element(i::FETCH, |w| {
            w.number(i::STATUS, ItemOperationsStatus::Success);
            w.text(a::COLLECTION_ID, collection_id);
            w.text(a::SERVER_ID, server_id);
            w.text(a::CLASS, "Contacts");
            w.element(i::PROPERTIES, |w| w.fragment(properties));
        }),
        Outcome::NotFetched { fetch, status } => w.element(i::FETCH, |w| {
            w.number(i::STATUS, *status);
            let names = [
                (a::COLLECTION_ID, &fetch.collection_id),
                (a::SERVER_ID, &fetch.server_id),
                (search::LONG_ID, &fetch.long_id),
            ];
            for (tag, name) in names {
                if let Some(name) = name {
                    w.text(tag, name);
                }
            }
        }),
        Outcome::Emptied { collection_id, status } => w.element(i::EMPTY_FOLDER_CONTENTS, |w| {
            w.number(i::STATUS, *status);
            w.text(a::COLLECTION_ID, collection_id);
        }),
        Outcome::NotMoved => w.element(i::MOVE, |w| w.number(i::STATUS, ItemOperationsStatus::Unsupported)),
    }
}

/// The answer to a request that breaks a rule.
#[must_use]
pub fn encode_failure(status: ItemOperationsStatus) -> Vec<u8> {
    document(i::ITEM_OPERATIONS, |w| w.number(i::STATUS, status))
}

/// Does the operations, one after the other.
pub(crate) async fn run(session: &Session, body: &[u8]) -> session::Outcome {
    let request = match Request::parse(body) {
        Ok(request) => request,
        Err(error) => return not_understood(&error, || encode_failure(ItemOperationsStatus::ProtocolError)),
    };
    let mut outcomes = Vec::with_capacity(request.operations.len());
    for operation in request.operations {
        outcomes.push(match operation {
            Operation::Fetch(fetch) => fetch_one(session, fetch).await?,
            Operation::EmptyFolderContents { collection_id } => {
                let status = empty(session, &collection_id).await?;
                Outcome::Emptied { collection_id, status }
            }
            Operation::Move => Outcome::NotMoved,
        });
    }
    Ok(Answer::Document(encode(&outcomes)))
}

async fn fetch_one(session: &Session, fetch: Fetch) -> Result<Outcome, Refusal> {
    if !fetch.store.eq_ignore_ascii_case("Mailbox") {
        return Ok(Outcome::NotFetched { fetch, status: ItemOperationsStatus::UnknownStore });
    }
    let named = fetch.server_id.as_ref().or(fetch.long_id.as_ref()).and_then(|id| ids::card(id));
    let in_its_folder = named
        .filter(|(book, _)| fetch.collection_id.as_ref().is_none_or(|collection| ids::book(collection) == Some(*book)));
    let known = match in_its_folder {
        Some((book, card)) => session.access.card(card).await?.filter(|known| known.book == book),
        None => None,
    };
    let Some(known) = known else {
        return Ok(Outcome::NotFetched { fetch, status: ItemOperationsStatus::NotFound });
    };
    let wanted = |element| fetch.schema.as_ref().is_none_or(|schema| schema.contains(&element));
    let properties = own_contacts::form(session, &known.card, fetch.body_truncation, wanted).await?;
    let (collection_id, server_id) = (ids::collection_id(known.book), ids::server_id(known.book, known.id));
    Ok(Outcome::Fetched { collection_id, server_id, properties })
}

async fn empty(session: &Session, collection_id: &str) -> Result<ItemOperationsStatus, Refusal> {
    let Some(book) = ids::book(collection_id) else { return Ok(ItemOperationsStatus::NotFound) };
    match session.access.empty_book(book).await {
        Ok(()) => Ok(ItemOperationsStatus::Success),
        Err(HubError::NoSuchBook(_)) => Ok(ItemOperationsStatus::NotFound),
        Err(error) => Err(error.into()),
    }
}
