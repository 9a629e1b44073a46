//! `contacts`: list, get, create, PATCH, delete.

use std::sync::Arc;

use contact::{
    Card, ItemId, NewItemIds,
    graph::{ExtendedPropertyId, Patch, absorb},
};
use http::header;
use hub::{
    Access, BookId, CardId,
    cards::{Against, StoredCard},
};
use serde_json::{Map, Value};

use crate::{
    error::{GraphError, Result},
    ids,
    limits::{PAGE_DEFAULT, PAGE_MAX},
    message::{Answer, Content, Request, collection},
    odata::{
        Query,
        query::{compare, select},
    },
    resource,
};

/// Cards read from the ledger at once.
const PORTION: u32 = 500;

/// The folder a request's path names. A contact asked for through a folder must be in it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Folder {
    /// `/me/contacts`: the default folder for collections, any folder for single contacts.
    Any(BookId),
    /// `/me/contactFolders/{id}/contacts`.
    Only(BookId),
}

impl Folder {
    pub(crate) fn book(self) -> BookId {
        match self {
            Self::Any(book) | Self::Only(book) => book,
        }
    }
}

/// The contact an id in a path names.
pub(crate) async fn find(access: &Access, folder: Folder, id: &str) -> Result<StoredCard> {
    let card = ids::parse_contact(access.account(), id)?;
    let stored = access.card(card).await?.ok_or(GraphError::ItemNotFound)?;
    match folder {
        Folder::Only(book) if book != stored.book => Err(GraphError::ItemNotFound),
        _ => Ok(stored),
    }
}

pub(crate) async fn get(access: &Access, request: &Request, folder: Folder, id: &str) -> Result<Answer> {
    let stored = find(access, folder, id).await?;
    Ok(Answer::json(shown(access, request, &stored, &request.query.expand)))
}

fn shown(access: &Access, request: &Request, stored: &StoredCard, expand: &[ExtendedPropertyId]) -> Value {
    let resource = resource::contact(access.account(), stored, expand);
    resource::annotated(&request.link("$metadata#contacts/$entity"), request.query.select(resource))
}

/// Whether the contact is what the caller believes it is; said with `If-Match`, which is optional.
fn against(request: &Request) -> Result<Against> {
    let revision = request.header(header::IF_MATCH).map(ids::parse_etag).transpose()?.flatten();
    Ok(revision.map_or(Against::Newest, Against::Exactly))
}

pub(crate) async fn create(access: &Access, request: &Request, folder: Folder) -> Result<Answer> {
    let patch = Patch::parse(&request.json()?)?;
    let card = absorb(&Card::default(), &patch, &mut FreshIds(0));
    let stored = access.create(folder.book(), card, Vec::new()).await?;
    let expand: Vec<_> = patch.extended.into_keys().collect();
    let location = request.link(&format!("me/contacts/{}", ids::contact(access.account(), stored.id)));
    Ok(Answer::created(shown(access, request, &stored, &expand), &location))
}

/// Item ids of a card nobody else has yet: unique within it is enough.
struct FreshIds(u64);

impl NewItemIds for FreshIds {
    fn new_item_id(&mut self) -> ItemId {
        self.0 += 1;
        ItemId(self.0)
    }
}

pub(crate) async fn update(access: &Access, request: &Request, folder: Folder, id: &str) -> Result<Answer> {
    let patch = Arc::new(Patch::parse(&request.json()?)?);
    let against = against(request)?;
    let known = find(access, folder, id).await?;
    let moved_to = match &patch.parent_folder_id {
        Some(parent) => Some(existing_book(access, parent).await?).filter(|book| *book != known.book),
        None => None,
    };
    let edit = {
        let patch = Arc::clone(&patch);
        Arc::new(move |base: &Card, ids: &mut dyn NewItemIds| absorb(base, &patch, ids))
    };
    let mut stored = access.edit(known.id, against, Vec::new(), edit).await?;
    if let Some(book) = moved_to {
        stored = access.move_card(known.id, book).await?;
    }
    if request.prefers().minimal {
        return Ok(Answer::no_content()
            .with(header::ETAG, &ids::etag(stored.revision))
            .preference_applied("return=minimal"));
    }
    let expand: Vec<_> = patch.extended.keys().cloned().collect();
    Ok(Answer::json(shown(access, request, &stored, &expand)))
}

/// The living book a folder id names.
pub(crate) async fn existing_book(access: &Access, id: &str) -> Result<BookId> {
    match ids::parse_folder(access.account(), id)? {
        None => Ok(access.default_book().await?.book),
        Some(book) => Ok(access.book(book).await?.ok_or(GraphError::ItemNotFound)?.book),
    }
}

pub(crate) async fn delete(access: &Access, request: &Request, folder: Folder, id: &str) -> Result<Answer> {
    let expected = match against(request)? {
        Against::Exactly(revision) => Some(revision),
        _ => None,
    };
    let known = find(access, folder, id).await?;
    access.delete(known.id, expected).await?;
    Ok(Answer::no_content())
}

/// `$count` as a path.
pub(crate) async fn count(access: &Access, request: &Request, folder: Folder) -> Result<Answer> {
    let number = matching(access, &request.query, folder.book()).await?;
    let bytes = number.to_string().into();
    let text = Content::Bytes { media_type: "text/plain".to_owned(), bytes };
    Ok(Answer::new(http::StatusCode::OK, text))
}

pub(crate) async fn list(access: &Access, request: &Request, folder: Folder) -> Result<Answer> {
    let query = &request.query;
    let page = query.top.or(request.prefers().page).unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX);
    let (resources, next) = if query.order_by.is_empty() {
        in_order_of_creation(access, query, folder.book(), page).await?
    } else {
        in_order_asked_for(access, query, folder.book(), page).await?
    };
    let count = if query.count { Some(matching(access, query, folder.book()).await?) } else { None };
    let values = resources.into_iter().map(|resource| Value::Object(query.select(resource))).collect();
    let next = next.map(|query| request.same_path_with(&query));
    Ok(Answer::json(collection(&request.link("$metadata#contacts"), values, count, next)))
}

/// One page, and the query of the next one if there is one.
type Page = (Vec<Map<String, Value>>, Option<String>);

/// A page behind the contact that the last one ended with, so that long lists cost what they are long.
async fn in_order_of_creation(access: &Access, query: &Query, book: BookId, page: usize) -> Result<Page> {
    let start = match &query.skip_token {
        Some(token) => ids::parse_contact(access.account(), token)?,
        None => CardId(0),
    };
    let mut reader = Reader { access, query, book, after: start };
    let mut to_skip = if query.skip_token.is_some() { 0 } else { query.skip };
    let mut found: Vec<(CardId, Map<String, Value>)> = Vec::new();
    // Where everything matches, one contact more than the page shows is enough to know whether there is another page.
    let everything = query.filter.is_none() && query.search.is_none();
    let enough = u32::try_from(to_skip.saturating_add(page).saturating_add(1)).unwrap_or(PORTION);
    let portion = if everything { enough.min(PORTION) } else { PORTION };
    while let Some(portion) = reader.next(portion).await? {
        for entry in portion {
            if to_skip > 0 {
                to_skip -= 1;
            } else if found.len() < page {
                found.push(entry);
            } else {
                let last = found.last().map_or(start, |(card, _)| *card);
                let token = ids::contact(access.account(), last);
                let resources = found.into_iter().map(|(_, resource)| resource).collect();
                return Ok((resources, Some(query.with(&[("$skiptoken", token)]))));
            }
        }
    }
    Ok((found.into_iter().map(|(_, resource)| resource).collect(), None))
}

/// Everything that matches, sorted, and of that a page.
async fn in_order_asked_for(access: &Access, query: &Query, book: BookId, page: usize) -> Result<Page> {
    let mut reader = Reader { access, query, book, after: CardId(0) };
    let mut all = Vec::new();
    while let Some(portion) = reader.next(PORTION).await? {
        all.extend(portion.into_iter().map(|(_, resource)| resource));
    }
    all.sort_by(|a, b| compare(&query.order_by, a, b));
    let end = query.skip.saturating_add(page);
    let next = (all.len() > end).then(|| query.with(&[("$skip", end.to_string())]));
    Ok((all.into_iter().skip(query.skip).take(page).collect(), next))
}

/// How many contacts the request's `$filter` and `$search` leave.
async fn matching(access: &Access, query: &Query, book: BookId) -> Result<u64> {
    if query.filter.is_none() && query.search.is_none() {
        return Ok(access.count(book).await?);
    }
    let mut reader = Reader { access, query, book, after: CardId(0) };
    let mut number = 0;
    while let Some(portion) = reader.next(PORTION).await? {
        number += portion.len() as u64;
    }
    Ok(number)
}

/// Reads a book in portions and keeps what matches.
struct Reader<'a> {
    access: &'a Access,
    query: &'a Query,
    book: BookId,
    after: CardId,
}

impl Reader<'_> {
    /// The matches of the next portion, possibly none of it; `None` at the end of the book.
    async fn next(&mut self, portion: u32) -> Result<Option<Vec<(CardId, Map<String, Value>)>>> {
        let cards = self.access.cards(self.book, self.after, portion).await?;
        let Some(last) = cards.last() else { return Ok(None) };
        self.after = last.id;
        let account = self.access.account();
        let resources = cards.iter().map(|stored| (stored.id, resource::contact(account, stored, &self.query.expand)));
        Ok(Some(resources.filter_map(|(card, resource)| Some((card, self.matched(resource)?))).collect()))
    }

    fn matched(&self, resource: Map<String, Value>) -> Option<Map<String, Value>> {
        let resource = Value::Object(resource);
        let filtered = self.query.filter.as_ref().is_none_or(|filter| filter.matches(&resource));
        let found = self.query.search.as_ref().is_none_or(|search| search.matches(&resource));
        match resource {
            Value::Object(resource) if filtered && found => Some(resource),
            _ => None,
        }
    }
}

/// A contact in a delta answer.
pub(crate) fn in_delta(
    access: &Access,
    stored: &StoredCard,
    selected: Option<&[String]>,
    expand: &[ExtendedPropertyId],
) -> Value {
    Value::Object(select(selected, resource::contact(access.account(), stored, expand)))
}
