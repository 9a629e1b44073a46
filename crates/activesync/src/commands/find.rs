//! Find: Search as protocol 16.1 spells it (MS-ASCMD 2.2.1.1). iOS sends it for mail even where nobody offers it, so
//! a mailbox is searched without result, never with an error.

use wbxml::{
    Reader, document,
    pages::{find as f, item_operations},
};

use crate::{
    answer::Answer,
    commands::{
        not_understood,
        search::{self, Hit},
    },
    gal::{self, PictureOptions},
    limits::{SEARCH_RESULTS_MAX, SEARCH_TEXT_MAX},
    request::{self, Range, RequestError},
    session::{Outcome, Session},
    status::FindStatus,
};

/// What a device asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Where to search.
    pub store: Store,
    /// What for, in the directory.
    pub query: String,
    /// Which of the results.
    pub range: Option<Range>,
    /// Pictures are wanted.
    pub picture: Option<PictureOptions>,
}

/// Where to search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// The directory.
    Gal,
    /// Mail, of which there is none.
    Mailbox,
}

impl Store {
    fn name(self) -> &'static str {
        match self {
            Self::Gal => "GAL",
            Self::Mailbox => "Mailbox",
        }
    }
}

impl Request {
    /// Reads the document.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        let mut reader = request::open(body, f::FIND)?;
        let mut request = None;
        reader.children(|reader, tag| {
            if tag == f::EXECUTE_SEARCH {
                reader.children(|reader, tag| {
                    match tag {
                        f::GAL_SEARCH_CRITERION => request = Some(read_criterion(reader, Store::Gal)?),
                        f::MAILBOX_SEARCH_CRITERION => request = Some(read_criterion(reader, Store::Mailbox)?),
                        _ => {}
                    }
                    Ok::<_, RequestError>(())
                })?;
            }
            Ok::<_, RequestError>(())
        })?;
        reader.finish()?;
        request.ok_or(RequestError::Missing(f::EXECUTE_SEARCH))
    }
}

fn read_criterion(reader: &mut Reader<'_>, store: Store) -> Result<Request, RequestError> {
    let mut request = Request { store, query: String::new(), range: None, picture: None };
    reader.children(|reader, tag| {
        match tag {
            // The mailbox's query has elements in it; there is nothing to find in any case.
            f::QUERY if store == Store::Gal => request.query = request::text(reader)?,
            f::OPTIONS => reader.children(|reader, tag| {
                match tag {
                    f::RANGE => {
                        let text = request::text(reader)?;
                        request.range = Some(Range::parse(&text).ok_or(RequestError::NotANumber { tag, text })?);
                    }
                    f::PICTURE => request.picture = Some(PictureOptions::read(reader, f::MAX_SIZE, f::MAX_PICTURES)?),
                    _ => {}
                }
                Ok::<_, RequestError>(())
            })?,
            _ => {}
        }
        Ok::<_, RequestError>(())
    })?;
    Ok(request)
}

/// The answer's document. `Total` is mandatory.
#[must_use]
pub fn encode(store: Store, first: usize, total: usize, hits: &[Hit]) -> Vec<u8> {
    document(f::FIND, |w| {
        w.number(f::STATUS, FindStatus::Success);
        w.element(f::RESPONSE, |w| {
            w.text(item_operations::STORE, store.name());
            w.number(f::STATUS, FindStatus::Success);
            for hit in hits {
                if let Hit::Entry(entry, picture) = hit {
                    w.element(f::RESULT, |w| {
                        w.element(f::PROPERTIES, |w| gal::write_entry(w, entry, picture.as_ref()));
                    });
                }
            }
            if let Some(last) = hits.len().checked_sub(1) {
                w.text(f::RANGE, &format!("{first}-{}", first + last));
            }
            w.text(f::TOTAL, &total.to_string());
        });
    })
}

/// The answer when the search cannot be made.
#[must_use]
pub fn encode_failure(status: FindStatus) -> Vec<u8> {
    document(f::FIND, |w| w.number(f::STATUS, status))
}

/// The range of a request that names none (MS-ASCMD: up to 100).
const WHOLE: Range = Range { first: 0, last: SEARCH_RESULTS_MAX - 1 };

/// Searches the directory; a mailbox has no mail to find.
pub(crate) async fn run(session: &Session, body: &[u8]) -> Outcome {
    let request = match Request::parse(body) {
        Ok(request) if request.query.len() <= SEARCH_TEXT_MAX => request,
        Ok(_) => return Ok(Answer::Document(encode_failure(FindStatus::InvalidRequest))),
        Err(error) => return not_understood(&error, || encode_failure(FindStatus::InvalidRequest)),
    };
    if request.store == Store::Mailbox {
        return Ok(Answer::Document(encode(Store::Mailbox, 0, 0, &[])));
    }
    let range = request.range.unwrap_or(WHOLE);
    let found = search::people(session, &request.query, range, request.picture).await?;
    if found.results.is_empty() && found.total > 0 {
        return Ok(Answer::Document(encode_failure(FindStatus::RangeTooFar)));
    }
    Ok(Answer::Document(encode(Store::Gal, found.first, found.total, &found.results)))
}
