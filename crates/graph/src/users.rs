//! `users`, `people` and `me`: the directory, for looking up.

use directory::{Directory, Entry, EntryId, Range};
use hub::{Caller, HubError};
use serde_json::{Map, Value, json};

use crate::{
    error::{GraphError, Result},
    ids,
    limits::{USERS_PAGE_DEFAULT, USERS_PAGE_MAX, USERS_SCANNED_MAX},
    message::{Answer, Content, Request, collection},
    odata::{Query, query::compare},
};

fn text(value: &str) -> Value {
    if value.is_empty() { Value::Null } else { value.into() }
}

/// An entry as a `user`.
fn user(entry: &Entry) -> Map<String, Value> {
    let business_phones: Vec<&str> = [entry.phone.as_str()].into_iter().filter(|phone| !phone.is_empty()).collect();
    let name = if entry.name.is_empty() { &entry.email } else { &entry.name };
    let members = [
        ("id", ids::person(entry.id).into()),
        ("businessPhones", json!(business_phones)),
        ("companyName", text(&entry.company)),
        ("department", text(&entry.department)),
        ("displayName", text(name)),
        ("givenName", text(&entry.given_name)),
        ("jobTitle", text(&entry.title)),
        ("mail", text(&entry.email)),
        ("mailNickname", text(&entry.alias)),
        ("mobilePhone", text(&entry.mobile)),
        ("officeLocation", text(&entry.office)),
        ("preferredLanguage", Value::Null),
        ("surname", text(&entry.surname)),
        ("userPrincipalName", text(&entry.email)),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The caller as a `user`: what the directory says, and where it says nothing what the account says.
fn profile(caller: &Caller, entry: Option<&Entry>) -> Map<String, Value> {
    let nobody = || Entry {
        id: EntryId(0),
        email: caller.email.clone(),
        name: caller.name.clone(),
        given_name: String::new(),
        surname: String::new(),
        phone: String::new(),
        mobile: String::new(),
        home_phone: String::new(),
        company: String::new(),
        department: String::new(),
        title: String::new(),
        office: String::new(),
        alias: String::new(),
        photo: None,
    };
    let mut resource = entry.map_or_else(|| user(&nobody()), user);
    resource.insert("id".to_owned(), ids::user(caller.account).into());
    resource
}

fn shown(request: &Request, resource: Map<String, Value>) -> Answer {
    let mut object = request.query.select(resource);
    object.insert("@odata.context".to_owned(), request.link("$metadata#users/$entity").into());
    Answer::json(object)
}

/// `/me`
pub(crate) async fn me(directory: &Directory, caller: &Caller, request: &Request) -> Result<Answer> {
    let entry = directory.get(&caller.email).await.map_err(HubError::from)?;
    Ok(shown(request, profile(caller, entry.as_ref())))
}

/// The person an id or an address names; `None` when nobody is.
async fn find(directory: &Directory, id: &str) -> Result<Option<Entry>> {
    Ok(match ids::parse_person(id) {
        Some(entry) => directory.by_id(entry).await.map_err(HubError::from)?,
        None => directory.get(id).await.map_err(HubError::from)?,
    })
}

/// `/users/{id}` of somebody else.
pub(crate) async fn get(directory: &Directory, request: &Request, id: &str) -> Result<Answer> {
    let entry = find(directory, id).await?.ok_or_else(|| GraphError::NoSuchUser(id.to_owned()))?;
    Ok(shown(request, user(&entry)))
}

/// `/users/{id}/photo/$value`, and that of `/me`.
pub(crate) async fn photo(directory: &Directory, id: &str) -> Result<Answer> {
    let entry = find(directory, id).await?.ok_or(GraphError::NoPhoto)?;
    let bytes = directory.photo(entry.id).await.map_err(HubError::from)?.ok_or(GraphError::NoPhoto)?;
    let content = Content::Bytes { media_type: "image/jpeg".to_owned(), bytes: bytes.into() };
    Ok(Answer::new(http::StatusCode::OK, content))
}

/// `/users`: the directory by id, or what a `$search` or `$filter` finds in it.
pub(crate) async fn list(directory: &Directory, request: &Request) -> Result<Answer> {
    let query = &request.query;
    let eventual = request.header("consistencylevel").is_some_and(|level| level.eq_ignore_ascii_case("eventual"));
    if query.search.is_some() && !eventual {
        return Err(GraphError::ConsistencyLevelMissing);
    }
    let page = query.top.or(request.prefers().page).unwrap_or(USERS_PAGE_DEFAULT).clamp(1, USERS_PAGE_MAX);
    let context = request.link("$metadata#users");
    if query.search.is_none() && query.filter.is_none() && query.order_by.is_empty() {
        return all(directory, request, page, &context).await;
    }
    let mut found = candidates(directory, query).await?;
    found.sort_by(|a, b| compare(&query.order_by, a, b));
    let total = found.len();
    let end = query.skip.saturating_add(page);
    let next = (total > end).then(|| request.same_path_with(&query.with(&[("$skip", end.to_string())])));
    let values = found.into_iter().skip(query.skip).take(page).map(|user| Value::Object(query.select(user))).collect();
    Ok(Answer::json(collection(&context, values, query.count.then_some(total as u64), next)))
}

async fn all(directory: &Directory, request: &Request, page: usize, context: &str) -> Result<Answer> {
    let query = &request.query;
    let after = query.skip_token.as_deref().and_then(ids::parse_person);
    if query.skip_token.is_some() && after.is_none() {
        return Err(GraphError::QueryOption { option: "$skiptoken", reason: "it is not one of ours".to_owned() });
    }
    let entries = directory.list(after, u32::try_from(page).unwrap_or(u32::MAX)).await.map_err(HubError::from)?;
    let last = entries.last().filter(|_| entries.len() == page);
    let next = last.map(|last| request.same_path_with(&query.with(&[("$skiptoken", ids::person(last.id))])));
    let count = if query.count { Some(directory.count().await.map_err(HubError::from)?) } else { None };
    let values = entries.iter().map(|entry| Value::Object(query.select(user(entry)))).collect();
    Ok(Answer::json(collection(context, values, count, next)))
}

/// Everyone a request asks for. The index finds those who can match, the request's own words decide.
async fn candidates(directory: &Directory, query: &Query) -> Result<Vec<Map<String, Value>>> {
    let hints: Option<Vec<String>> = match (&query.search, &query.filter) {
        (Some(search), _) => Some(search.texts()),
        (None, Some(filter)) => filter.beginnings().map(|texts| texts.into_iter().map(str::to_owned).collect()),
        (None, None) => None,
    };
    let entries = match hints {
        Some(hints) => looked_up(directory, &hints).await?,
        None => scanned(directory).await?,
    };
    let matches = |user: &Map<String, Value>| {
        let user = Value::Object(user.clone());
        query.search.as_ref().is_none_or(|search| search.matches(&user))
            && query.filter.as_ref().is_none_or(|filter| filter.matches(&user))
    };
    Ok(entries.iter().map(user).filter(matches).collect())
}

async fn looked_up(directory: &Directory, hints: &[String]) -> Result<Vec<Entry>> {
    let mut found: Vec<Entry> = Vec::new();
    for hint in hints {
        // Addresses and GUIDs are exact, everything else is the beginning of words.
        let exact = find(directory, hint).await?;
        let range = Range::first(u32::try_from(USERS_PAGE_MAX).unwrap_or(u32::MAX));
        let searched = directory.search(hint, range).await.map_err(HubError::from)?.entries;
        for entry in exact.into_iter().chain(searched) {
            if !found.iter().any(|known| known.id == entry.id) {
                found.push(entry);
            }
        }
    }
    Ok(found)
}

async fn scanned(directory: &Directory) -> Result<Vec<Entry>> {
    let mut found: Vec<Entry> = Vec::new();
    while found.len() < USERS_SCANNED_MAX {
        let portion = directory
            .list(found.last().map(|entry| entry.id), directory::limits::LIST_MAX)
            .await
            .map_err(HubError::from)?;
        if portion.is_empty() {
            break;
        }
        found.extend(portion);
    }
    Ok(found)
}

/// `/me/people`: the same directory as `person` resources; without a search nobody is relevant.
pub(crate) async fn people(directory: &Directory, request: &Request) -> Result<Answer> {
    let query = &request.query;
    let page = query.top.unwrap_or(crate::limits::PAGE_DEFAULT).clamp(1, USERS_PAGE_MAX);
    let found = match &query.search {
        Some(search) => looked_up(directory, &search.texts()).await?,
        None => Vec::new(),
    };
    let values = found.iter().skip(query.skip).take(page).map(|entry| Value::Object(query.select(person(entry))));
    Ok(Answer::json(collection(&request.link("$metadata#people"), values.collect(), None, None)))
}

/// An entry as a `person`.
fn person(entry: &Entry) -> Map<String, Value> {
    let phones = [("business", &entry.phone), ("mobile", &entry.mobile), ("home", &entry.home_phone)];
    let phones = phones.iter().filter(|(_, number)| !number.is_empty());
    let phones: Vec<Value> = phones.map(|(kind, number)| json!({"type": kind, "number": number})).collect();
    let mut resource = user(entry);
    for name in ["mail", "mailNickname", "mobilePhone", "businessPhones", "preferredLanguage"] {
        resource.remove(name);
    }
    resource.insert("phones".to_owned(), json!(phones));
    resource.insert("scoredEmailAddresses".to_owned(), json!([{"address": entry.email, "relevanceScore": 1.0}]));
    resource.insert("personType".to_owned(), json!({"class": "Person", "subclass": "OrganizationUser"}));
    resource
}
