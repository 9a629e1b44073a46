//! `contactFolders`: the address books. The default one is not listed among them: it is the folder they lie in, and
//! clients add it themselves by its well-known id `contacts`.

use hub::{Access, BookId, books::Book};
use serde_json::Value;

use crate::{
    error::{GraphError, Result},
    ids,
    limits::PAGE_MAX,
    message::{Answer, Request, collection},
    odata::query::compare,
    resource,
};

/// The books of the mailbox, the default one apart.
async fn books(access: &Access) -> Result<(Book, Vec<Book>)> {
    let (default, others): (Vec<_>, Vec<_>) = access.books().await?.into_iter().partition(|book| book.is_default);
    let default = default.into_iter().next().ok_or(hub::HubError::NoSuchAccount)?;
    Ok((default, others))
}

/// The folder an id in a path names, and the default one.
async fn find(access: &Access, id: &str) -> Result<(Book, BookId)> {
    let wanted = ids::parse_folder(access.account(), id)?;
    let (default, others) = books(access).await?;
    let root = default.book;
    match wanted {
        None => Ok((default, root)),
        Some(book) if book == root => Ok((default, root)),
        Some(book) => {
            let found = others.into_iter().find(|known| known.book == book);
            found.map(|found| (found, root)).ok_or(GraphError::ItemNotFound)
        }
    }
}

pub(crate) async fn list(access: &Access, request: &Request) -> Result<Answer> {
    let (default, others) = books(access).await?;
    let query = &request.query;
    let folders = others.iter().map(|book| resource::folder(access.account(), book, default.book));
    let filter = |folder: &Value| query.filter.as_ref().is_none_or(|filter| filter.matches(folder));
    let mut matching: Vec<_> = folders.filter(|folder| filter(&Value::Object(folder.clone()))).collect();
    matching.sort_by(|a, b| compare(&query.order_by, a, b));
    let total = matching.len();
    let page = query.top.or(request.prefers().page).unwrap_or(PAGE_MAX).clamp(1, PAGE_MAX);
    let end = query.skip.saturating_add(page);
    let next = (total > end).then(|| request.same_path_with(&query.with(&[("$skip", end.to_string())])));
    let values =
        matching.into_iter().skip(query.skip).take(page).map(|folder| Value::Object(query.select(folder))).collect();
    let count = query.count.then_some(total as u64);
    Ok(Answer::json(collection(&request.link("$metadata#contactFolders"), values, count, next)))
}

/// The folders in a folder: all others in the default one, none in the others.
pub(crate) async fn list_children(access: &Access, request: &Request, id: &str) -> Result<Answer> {
    let (folder, _) = find(access, id).await?;
    if folder.is_default {
        return list(access, request).await;
    }
    Ok(Answer::json(collection(&request.link("$metadata#contactFolders"), Vec::new(), None, None)))
}

pub(crate) async fn create_child(access: &Access, request: &Request, id: &str) -> Result<Answer> {
    let (folder, _) = find(access, id).await?;
    if !folder.is_default {
        return Err(GraphError::BadBody("Folders within folders other than 'contacts' are not supported.".to_owned()));
    }
    create(access, request).await
}

fn shown(access: &Access, request: &Request, book: &Book, default: BookId) -> Value {
    let resource = request.query.select(resource::folder(access.account(), book, default));
    resource::annotated(&request.link("$metadata#contactFolders/$entity"), resource)
}

pub(crate) async fn get(access: &Access, request: &Request, id: &str) -> Result<Answer> {
    let (folder, default) = find(access, id).await?;
    Ok(Answer::json(shown(access, request, &folder, default)))
}

fn display_name(request: &Request) -> Result<Option<String>> {
    match request.json()?.get("displayName") {
        None => Ok(None),
        Some(Value::String(name)) => Ok(Some(name.clone())),
        Some(_) => Err(GraphError::BadFolderName),
    }
}

pub(crate) async fn create(access: &Access, request: &Request) -> Result<Answer> {
    let name = display_name(request)?.ok_or(GraphError::BadFolderName)?;
    let book = access.create_book(&name).await?;
    let default = access.default_book().await?;
    let location = request.link(&format!("me/contactFolders/{}", ids::folder(access.account(), book.book)));
    Ok(Answer::created(shown(access, request, &book, default.book), &location))
}

pub(crate) async fn rename(access: &Access, request: &Request, id: &str) -> Result<Answer> {
    let (folder, default) = find(access, id).await?;
    let renamed = match display_name(request)? {
        Some(name) if name != folder.name => access.rename_book(folder.book, &name).await?,
        _ => folder,
    };
    Ok(Answer::json(shown(access, request, &renamed, default)))
}

pub(crate) async fn delete(access: &Access, id: &str) -> Result<Answer> {
    let (folder, _) = find(access, id).await?;
    access.delete_book(folder.book).await?;
    Ok(Answer::no_content())
}
