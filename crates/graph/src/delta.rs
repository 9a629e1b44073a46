//! `delta`: what changed since a token. A run goes page by page to the revision at which it began; its last page has the
//! token of the next run.

use std::collections::BTreeSet;

use contact::graph::ExtendedPropertyId;
use hub::{
    Access, BookId, HubError, Revision,
    feed::{Change, Position},
};
use serde_json::{Value, json};

use crate::{
    contacts::{Folder, in_delta},
    error::{GraphError, Result},
    ids,
    limits::{DELTA_PAGE_DEFAULT, PAGE_MAX},
    message::{Answer, Request},
    resource,
    token::{self, ContactsToken, FoldersToken},
};

/// The token that stands for "from now on".
const LATEST: &str = "latest";

/// The token a request brings: of the next page, or of the next run.
fn sent_token(request: &Request) -> Option<&str> {
    let token = request.query.skip_token.as_deref().or(request.query.delta_token.as_deref());
    token.filter(|token| !token.is_empty())
}

fn expired(request: &Request) -> GraphError {
    GraphError::SyncStateNotFound { restart: request.same_path_with("$deltatoken=") }
}

/// Options that make no sense of changes. Graph takes `$select` and, for extended properties, `$expand`.
fn check_options(request: &Request) -> Result<()> {
    let query = &request.query;
    let refused = [
        ("$top", query.top.is_some()),
        ("$skip", query.skip > 0),
        ("$search", query.search.is_some()),
        ("$filter", query.filter.is_some()),
        ("$orderby", !query.order_by.is_empty()),
    ];
    match refused.iter().find(|(_, sent)| *sent) {
        Some((option, _)) => Err(GraphError::QueryOptionUnsupported((*option).to_owned())),
        None => Ok(()),
    }
}

fn answer(request: &Request, context: &str, values: Vec<Value>, (link, address): (&str, String)) -> Answer {
    let body = json!({"@odata.context": request.link(context), link: address, "value": Value::Array(values)});
    match request.prefers().page {
        Some(page) => Answer::json(body).preference_applied(&format!("odata.maxpagesize={page}")),
        None => Answer::json(body),
    }
}

/// The contacts of a folder.
pub(crate) async fn contacts(access: &Access, request: &Request, folder: Folder) -> Result<Answer> {
    check_options(request)?;
    let book = folder.book();
    let (position, selected, expand) = start(access, request, book).await?;
    let ids: Vec<_> = expand.iter().filter_map(|id| ExtendedPropertyId::parse(id).ok()).collect();

    let page = request.prefers().page.unwrap_or(DELTA_PAGE_DEFAULT).clamp(1, PAGE_MAX);
    let page = u32::try_from(page).unwrap_or(u32::MAX);
    let found = match access.changes(book, position, page).await {
        Ok(found) => found,
        // A position this ledger has never reached: the token is from before a restored backup.
        Err(HubError::NoSuchVersion { .. }) => return Err(expired(request)),
        Err(error) => return Err(error.into()),
    };
    let values = found.changes.iter().map(|change| match change {
        Change::Present(stored) => in_delta(access, stored, selected.as_deref(), &ids),
        Change::Gone(card) => {
            json!({"id": ids::contact(access.account(), *card), "@removed": {"reason": "deleted"}})
        }
    });
    let mut next = ContactsToken::new(access.account(), book, found.next);
    next.select.clone_from(&selected);
    next.expand = expand;
    Ok(answer(
        request,
        "$metadata#Collection(contact)",
        values.collect(),
        link(request, found.more, &token::write(&next)),
    ))
}

/// Where a request begins, and what it wants to see: as its token says, or as it says itself when it has none.
async fn start(
    access: &Access,
    request: &Request,
    book: BookId,
) -> Result<(Position, Option<Vec<String>>, Vec<String>)> {
    let query = &request.query;
    let expand = || query.expand.iter().map(ToString::to_string).collect();
    match sent_token(request) {
        None => Ok((Position::START, query.select.clone(), expand())),
        Some(LATEST) => {
            let cursor = newest(access, book).await?;
            Ok((Position { cursor, target: None }, query.select.clone(), expand()))
        }
        Some(text) => {
            let token = ContactsToken::read(text, access.account(), book).ok_or_else(|| expired(request))?;
            Ok((token.position(), token.select, token.expand))
        }
    }
}

/// The account's newest revision: where a run that begins now would go to.
async fn newest(access: &Access, book: BookId) -> Result<Revision> {
    let next = access.changes(book, Position::START, 0).await?.next;
    Ok(next.target.unwrap_or(next.cursor))
}

fn link(request: &Request, more: bool, token: &str) -> (&'static str, String) {
    if more {
        ("@odata.nextLink", request.same_path_with(&format!("$skiptoken={token}")))
    } else {
        ("@odata.deltaLink", request.same_path_with(&format!("$deltatoken={token}")))
    }
}

/// The folders of the mailbox. There are few enough of them for the token to say which ones the client knows.
pub(crate) async fn folders(access: &Access, request: &Request) -> Result<Answer> {
    check_options(request)?;
    let before = match sent_token(request) {
        None => None,
        Some(text) => Some(FoldersToken::read(text, access.account()).ok_or_else(|| expired(request))?),
    };
    let (default, others): (Vec<_>, Vec<_>) = access.books().await?.into_iter().partition(|book| book.is_default);
    let root = default.first().ok_or(HubError::NoSuchAccount)?.book;
    let since = before.as_ref().map_or(0, |token| token.revision);
    let known = before.map(|token| token.known).unwrap_or_default();
    let living: BTreeSet<i64> = others.iter().map(|book| book.book.0).collect();

    let changed = others.iter().filter(|book| book.revision.0 > since || !known.contains(&book.book.0));
    let mut values: Vec<Value> = changed
        .map(|book| Value::Object(request.query.select(resource::folder(access.account(), book, root))))
        .collect();
    values.extend(
        known
            .difference(&living)
            .map(|book| json!({"id": ids::folder(access.account(), BookId(*book)), "@removed": {"reason": "deleted"}})),
    );
    let newest = others.iter().map(|book| book.revision.0).chain([since]).max().unwrap_or(since);
    let next = FoldersToken::new(access.account(), Revision(newest), living);
    let link = link(request, false, &token::write(&next));
    Ok(answer(request, "$metadata#Collection(contactFolder)", values, link))
}
