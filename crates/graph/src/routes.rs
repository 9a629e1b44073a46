//! The table of contents: every path and method this server knows.

use http::Method;
use hub::{Access, Caller};

use crate::{
    contacts::{self, Folder, existing_book},
    delta,
    error::{GraphError, Result},
    folders, ids,
    message::{Answer, Request},
    photo,
    service::Service,
    subscriptions, users,
};

/// How the Python client library writes `/me`.
const ME_TOKEN: &str = "me-token-to-replace";

/// What people ask Microsoft 365 for and this server never has.
const NOT_CONTACTS: [&str; 24] = [
    "messages",
    "mailFolders",
    "sendMail",
    "inferenceClassification",
    "mailboxSettings",
    "outlook",
    "calendar",
    "calendars",
    "calendarGroups",
    "calendarView",
    "events",
    "findMeetingTimes",
    "todo",
    "planner",
    "tasks",
    "onenote",
    "drive",
    "drives",
    "sites",
    "teams",
    "joinedTeams",
    "chats",
    "onlineMeetings",
    "presence",
];

/// Answers a request for a resource; batches are taken apart before.
pub(crate) async fn answer(service: &Service, caller: &Caller, request: &Request) -> Result<Answer> {
    let access = &service.hub.for_caller(caller);
    let segments: Vec<&str> = request.segments.iter().map(|segment| plain(segment)).collect();
    match (&request.method, segments.as_slice()) {
        (&Method::GET, ["me"]) => users::me(&service.directory, caller, request).await,
        (_, ["me", rest @ ..]) => own(service, access, caller, request, rest).await,
        (&Method::GET, ["users"]) => users::list(&service.directory, request).await,
        (_, ["users", user, rest @ ..]) if is_self(caller, user) => match (&request.method, rest) {
            (&Method::GET, []) => users::me(&service.directory, caller, request).await,
            _ => own(service, access, caller, request, rest).await,
        },
        (_, ["users", user, rest @ ..]) => somebody_else(service, request, user, rest).await,

        (&Method::GET, ["subscriptions"]) => subscriptions::list(access, request).await,
        (&Method::POST, ["subscriptions"]) => subscriptions::create(service, access, request).await,
        (&Method::GET, ["subscriptions", id]) => subscriptions::get(access, request, id).await,
        (&Method::PATCH, ["subscriptions", id]) => subscriptions::renew(service, access, request, id).await,
        (&Method::DELETE, ["subscriptions", id]) => subscriptions::delete(access, id).await,
        (&Method::POST, ["subscriptions", id, "reauthorize"]) => subscriptions::reauthorize(access, id).await,
        (_, ["users"] | ["subscriptions", ..]) => Err(GraphError::MethodNotAllowed),
        (_, segments) => Err(unknown(segments)),
    }
}

/// The words of the paths below. Clients write them in any case; ids are none of them.
const WORDS: [&str; 14] = [
    "me",
    "users",
    "people",
    "contacts",
    "contactFolders",
    "childFolders",
    "delta",
    "photo",
    "$value",
    "$count",
    "permanentDelete",
    "subscriptions",
    "reauthorize",
    "$batch",
];

/// A segment as it stands below: without the decoration of functions and actions (`delta()`, `microsoft.graph.delta()`).
fn plain(segment: &str) -> &str {
    let segment = segment.strip_prefix("microsoft.graph.").unwrap_or(segment);
    let segment = segment.strip_suffix("()").unwrap_or(segment);
    WORDS.iter().find(|word| word.eq_ignore_ascii_case(segment)).copied().unwrap_or(segment)
}

fn is_self(caller: &Caller, user: &str) -> bool {
    user == ME_TOKEN
        || user.eq_ignore_ascii_case(&caller.email)
        || user.eq_ignore_ascii_case(&ids::user(caller.account))
}

fn unknown(segments: &[&str]) -> GraphError {
    match segments.iter().find(|segment| NOT_CONTACTS.contains(segment)) {
        Some(segment) => GraphError::NotContacts((*segment).to_owned()),
        None => GraphError::NoSuchSegment(segments.last().copied().unwrap_or_default().to_owned()),
    }
}

/// Another person's entry in the directory can be looked at, their mailbox cannot.
async fn somebody_else(service: &Service, request: &Request, user: &str, rest: &[&str]) -> Result<Answer> {
    match (&request.method, rest) {
        (&Method::GET, []) => users::get(&service.directory, request, user).await,
        (&Method::GET, ["photo", "$value"]) => users::photo(&service.directory, user).await,
        _ => Err(GraphError::OtherMailbox),
    }
}

/// What lies in the caller's own mailbox.
async fn own(
    service: &Service,
    access: &Access,
    caller: &Caller,
    request: &Request,
    segments: &[&str],
) -> Result<Answer> {
    match (&request.method, segments) {
        (&Method::GET, ["people"]) => users::people(&service.directory, request).await,
        (&Method::GET, ["photo", "$value"]) => users::photo(&service.directory, &caller.email).await,

        (_, ["contacts", rest @ ..]) => {
            let folder = Folder::Any(access.default_book().await?.book);
            in_folder(access, request, folder, rest).await
        }
        (&Method::GET, ["contactFolders"]) => folders::list(access, request).await,
        (&Method::POST, ["contactFolders"]) => folders::create(access, request).await,
        (&Method::GET, ["contactFolders", "delta"]) => delta::folders(access, request).await,
        (&Method::GET, ["contactFolders", id]) => folders::get(access, request, id).await,
        (&Method::PATCH, ["contactFolders", id]) => folders::rename(access, request, id).await,
        (&Method::DELETE, ["contactFolders", id]) | (&Method::POST, ["contactFolders", id, "permanentDelete"]) => {
            folders::delete(access, id).await
        }
        (&Method::GET, ["contactFolders", id, "childFolders"]) => folders::list_children(access, request, id).await,
        (&Method::POST, ["contactFolders", id, "childFolders"]) => folders::create_child(access, request, id).await,
        (_, ["contactFolders", id, "contacts", rest @ ..]) => {
            let folder = Folder::Only(existing_book(access, id).await?);
            in_folder(access, request, folder, rest).await
        }
        (_, [] | ["contactFolders" | "people"] | ["contactFolders", _] | ["contactFolders", _, "childFolders"]) => {
            Err(GraphError::MethodNotAllowed)
        }
        (_, segments) => Err(unknown(segments)),
    }
}

/// What lies in a folder.
async fn in_folder(access: &Access, request: &Request, folder: Folder, segments: &[&str]) -> Result<Answer> {
    match (&request.method, segments) {
        (&Method::GET, []) => contacts::list(access, request, folder).await,
        (&Method::POST, []) => contacts::create(access, request, folder).await,
        (&Method::GET, ["$count"]) => contacts::count(access, request, folder).await,
        (&Method::GET, ["delta"]) => delta::contacts(access, request, folder).await,
        (&Method::GET, [id]) => contacts::get(access, request, folder, id).await,
        (&Method::PATCH, [id]) => contacts::update(access, request, folder, id).await,
        (&Method::DELETE, [id]) | (&Method::POST, [id, "permanentDelete"]) => {
            contacts::delete(access, request, folder, id).await
        }
        (&Method::GET, [id, "photo"]) => photo::metadata(access, request, folder, id).await,
        (&Method::GET, [id, "photo", "$value"]) => photo::value(access, folder, id).await,
        (&Method::PUT | &Method::PATCH, [id, "photo"] | [id, "photo", "$value"]) => {
            photo::put(access, request, folder, id).await
        }
        (&Method::DELETE, [id, "photo"] | [id, "photo", "$value"]) => photo::delete(access, folder, id).await,
        (_, [] | [_] | [_, "photo" | "permanentDelete"] | [_, "photo", "$value"]) => Err(GraphError::MethodNotAllowed),
        (_, segments) => Err(unknown(segments)),
    }
}
