//! Search: the global address list, and the person's own contacts as part of their mailbox (MS-ASCMD 2.2.1.16).

use directory::Entry;
use wbxml::{
    Fragment, Reader, WbxmlError, document,
    pages::{airsync as a, airsyncbase, search as s},
};

use crate::{
    answer::Answer,
    commands::{not_understood, sync::read_body_preference},
    gal::{self, Picture, PictureOptions},
    ids,
    limits::{SEARCH_RESULTS_MAX, SEARCH_TEXT_MAX},
    own_contacts::{self, Words},
    request::{self, Range, RequestError},
    session::{Outcome, Session},
    status::{Refusal, SearchStatus},
};

/// What a device asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Where to search.
    pub store: Store,
    /// What for.
    pub query: Query,
    /// Which of the results; the first hundred when it does not say.
    pub range: Option<Range>,
    /// Pictures are wanted.
    pub picture: Option<PictureOptions>,
    /// Bytes of a note in results of the mailbox.
    pub body_truncation: Option<u32>,
}

/// Where to search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Store {
    /// The directory.
    Gal,
    /// The person's own.
    Mailbox,
    /// Another, which this server does not have.
    Other(String),
}

/// What to search for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// The words.
    pub text: String,
    /// `Contacts`, `Email` ...; empty when any.
    pub class: Vec<String>,
    /// In these folders; empty when any.
    pub collection_ids: Vec<String>,
}

impl Request {
    /// Reads the document.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        let mut reader = request::open(body, s::SEARCH)?;
        let mut request = Self {
            store: Store::Other(String::new()),
            query: Query::default(),
            range: None,
            picture: None,
            body_truncation: None,
        };
        reader.children(|reader, tag| {
            if tag == s::STORE {
                reader.children(|reader, tag| request.read_store_child(reader, tag))?;
            }
            Ok::<_, RequestError>(())
        })?;
        reader.finish()?;
        Ok(request)
    }

    fn read_store_child(&mut self, reader: &mut Reader<'_>, tag: wbxml::Tag) -> Result<(), RequestError> {
        match tag {
            s::NAME => {
                let name = request::text(reader)?;
                self.store = match name.to_ascii_lowercase().as_str() {
                    "gal" => Store::Gal,
                    "mailbox" => Store::Mailbox,
                    _ => Store::Other(name),
                };
            }
            s::QUERY => read_query(reader, &mut self.query)?,
            s::OPTIONS => reader.children(|reader, tag| {
                match tag {
                    s::RANGE => {
                        let text = request::text(reader)?;
                        self.range = Some(Range::parse(&text).ok_or(RequestError::NotANumber { tag, text })?);
                    }
                    s::PICTURE => self.picture = Some(PictureOptions::read(reader, s::MAX_SIZE, s::MAX_PICTURES)?),
                    airsyncbase::BODY_PREFERENCE => {
                        self.body_truncation = read_body_preference(reader)?.truncation();
                    }
                    _ => {}
                }
                Ok::<_, RequestError>(())
            })?,
            _ => {}
        }
        Ok(())
    }
}

/// The directory's query is text; the mailbox's an `And` of Class, `CollectionId` and `FreeText`.
fn read_query(reader: &mut Reader<'_>, query: &mut Query) -> Result<(), RequestError> {
    let mut ahead = reader.clone();
    match ahead.text() {
        Ok(text) => {
            query.text = text.into_owned();
            *reader = ahead;
            Ok(())
        }
        Err(WbxmlError::ElementInText(_)) => reader.children(|reader, tag| read_query_child(reader, tag, query)),
        Err(other) => Err(other.into()),
    }
}

fn read_query_child(reader: &mut Reader<'_>, tag: wbxml::Tag, query: &mut Query) -> Result<(), RequestError> {
    match tag {
        s::AND | s::OR => reader.children(|reader, tag| read_query_child(reader, tag, query)),
        s::FREE_TEXT => {
            query.text = request::text(reader)?;
            Ok(())
        }
        a::CLASS => {
            query.class.push(request::text(reader)?);
            Ok(())
        }
        a::COLLECTION_ID => {
            query.collection_ids.push(request::text(reader)?);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The first result's number, when there are results.
    pub first: usize,
    /// How many there are in all.
    pub total: usize,
    /// Those of the range.
    pub results: Vec<Hit>,
}

/// One result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hit {
    /// Somebody in the directory.
    Entry(Box<Entry>, Option<Picture>),
    /// A contact of the person's own.
    Contact {
        /// Its id, also as `LongId`.
        server_id: String,
        /// Its folder.
        collection_id: String,
        /// Its encoded form.
        form: Fragment,
    },
}

/// The answer's document.
#[must_use]
pub fn encode(found: &Found) -> Vec<u8> {
    document(s::SEARCH, |w| {
        w.number(s::STATUS, SearchStatus::Success);
        w.element(s::RESPONSE, |w| {
            w.element(s::STORE, |w| {
                w.number(s::STATUS, SearchStatus::Success);
                for result in &found.results {
                    w.element(s::RESULT, |w| write_result(w, result));
                }
                if found.results.is_empty() {
                    w.empty(s::RESULT);
                } else {
                    let last = found.first + found.results.len() - 1;
                    w.text(s::RANGE, &format!("{}-{last}", found.first));
                }
                w.text(s::TOTAL, &found.total.to_string());
            });
        });
    })
}

fn write_result(w: &mut wbxml::Writer, result: &Hit) {
    match result {
        Hit::Entry(entry, picture) => {
            w.element(s::PROPERTIES, |w| gal::write_entry(w, entry, picture.as_ref()));
        }
        Hit::Contact { server_id, collection_id, form } => {
            w.text(a::CLASS, "Contacts");
            w.text(s::LONG_ID, server_id);
            w.text(a::COLLECTION_ID, collection_id);
            w.element(s::PROPERTIES, |w| w.fragment(form));
        }
    }
}

/// The answer when the store cannot be searched like that.
#[must_use]
pub fn encode_failure(status: SearchStatus) -> Vec<u8> {
    document(s::SEARCH, |w| {
        w.number(s::STATUS, SearchStatus::Success);
        w.element(s::RESPONSE, |w| w.element(s::STORE, |w| w.number(s::STATUS, status)));
    })
}

/// The range of a request that names none.
const WHOLE: Range = Range { first: 0, last: SEARCH_RESULTS_MAX - 1 };

/// Searches.
pub(crate) async fn run(session: &Session, body: &[u8]) -> Outcome {
    let failed = |status| Ok(Answer::Document(encode_failure(status)));
    let request = match Request::parse(body) {
        Ok(request) => request,
        Err(error) => return not_understood(&error, || encode_failure(SearchStatus::ProtocolError)),
    };
    if request.query.text.len() > SEARCH_TEXT_MAX {
        return failed(SearchStatus::ProtocolError);
    }
    let range = request.range.unwrap_or(WHOLE);
    let found = match &request.store {
        Store::Gal => people(session, &request.query.text, range, request.picture).await?,
        Store::Mailbox => contacts(session, &request, range).await?,
        Store::Other(_) => return failed(SearchStatus::UnknownStore),
    };
    if found.results.is_empty() && found.total > 0 {
        return failed(SearchStatus::RangeTooFar);
    }
    Ok(Answer::Document(encode(&found)))
}

/// Searches the directory, for Search and Find.
pub(crate) async fn people(
    session: &Session,
    text: &str,
    range: Range,
    picture: Option<PictureOptions>,
) -> Result<Found, Refusal> {
    let first = u32::try_from(range.first).unwrap_or(u32::MAX);
    let length = u32::try_from(range.length(SEARCH_RESULTS_MAX)).unwrap_or(1);
    let wanted = directory::Range { first, last: first.saturating_add(length - 1) };
    let found = session.directory().search(text, wanted).await.map_err(hub::HubError::from)?;
    let mut results = Vec::with_capacity(found.entries.len());
    let mut given = 0;
    for entry in found.entries {
        let picture = match picture {
            None => None,
            Some(options) => {
                let bytes = match entry.photo {
                    Some(_) => session.directory().photo(entry.id).await.map_err(hub::HubError::from)?,
                    None => None,
                };
                let picture = options.choose(bytes, given);
                given += usize::from(matches!(picture, Picture::Given(_)));
                Some(picture)
            }
        };
        results.push(Hit::Entry(Box::new(entry), picture));
    }
    Ok(Found { first: range.first, total: found.total as usize, results })
}

/// Searches the person's own contacts; other classes of a mailbox have nothing in them.
async fn contacts(session: &Session, request: &Request, range: Range) -> Result<Found, Refusal> {
    let query = &request.query;
    let mut found = Found { first: range.first, total: 0, results: Vec::new() };
    if !query.class.is_empty() && !query.class.iter().any(|class| class == "Contacts") {
        return Ok(found);
    }
    let mut books: Vec<_> = session.access.books().await?.into_iter().map(|book| book.book).collect();
    if !query.collection_ids.is_empty() {
        let asked: Vec<_> = query.collection_ids.iter().filter_map(|id| ids::book(id)).collect();
        books.retain(|book| asked.contains(book));
    }
    let words = Words::of(&query.text);
    let mut hits = Vec::new();
    let length = range.length(SEARCH_RESULTS_MAX);
    own_contacts::scan(session, &books, |card| {
        if words.occur_in(&card.card) {
            if found.total >= range.first && hits.len() < length {
                hits.push(card);
            }
            found.total += 1;
        }
        true
    })
    .await?;
    for card in hits {
        let form = own_contacts::form(session, &card.card, request.body_truncation, |_| true).await?;
        let (server_id, collection_id) = (ids::server_id(card.book, card.id), ids::collection_id(card.book));
        found.results.push(Hit::Contact { server_id, collection_id, form });
    }
    Ok(found)
}
