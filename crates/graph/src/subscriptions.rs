//! `subscriptions`: who is told of changes, from the handshake to the end. The telling itself is in `notifications`.

use std::time::Duration;

use hub::{
    Access, AccountId, Revision,
    subscriptions::{Subscription, SubscriptionProgress},
};
use reqwest::Url;
use serde_json::{Map, Value, json};

use crate::{
    contacts::existing_book,
    error::{GraphError, Result},
    ids,
    limits::{
        CLIENT_STATE_CHARS_MAX, NOTIFICATION_URL_CHARS_MAX, SUBSCRIPTION_LIFETIME_MIN, SUBSCRIPTIONS_MAX,
        VALIDATION_TIMEOUT,
    },
    message::{Answer, Request, collection, date_time},
    service::Service,
};

/// The kinds of changes a subscriber wants to hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChangeTypes(i64);

/// One kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChangeType {
    Created = 1,
    Updated = 2,
    Deleted = 4,
}

impl ChangeType {
    const ALL: [Self; 3] = [Self::Created, Self::Updated, Self::Deleted];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
        }
    }
}

impl ChangeTypes {
    pub(crate) fn of(subscription: &Subscription) -> Self {
        Self(subscription.change_types)
    }

    fn parse(text: &str) -> Result<Self> {
        let mut types = 0;
        for name in text.split(',').map(str::trim) {
            let known = ChangeType::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(name));
            types |= known.ok_or_else(|| bad(&format!("The changeType '{name}' is not supported.")))? as i64;
        }
        Ok(Self(types))
    }

    pub(crate) fn contains(self, change: ChangeType) -> bool {
        self.0 & change as i64 != 0
    }

    fn names(self) -> String {
        let names: Vec<_> =
            ChangeType::ALL.into_iter().filter(|change| self.contains(*change)).map(ChangeType::name).collect();
        names.join(",")
    }
}

fn bad(message: &str) -> GraphError {
    GraphError::BadSubscription(message.to_owned())
}

fn resource(request: &Request, subscription: &Subscription, account: AccountId) -> Map<String, Value> {
    let members = [
        ("@odata.context", request.link("$metadata#subscriptions/$entity").into()),
        ("id", subscription.id.clone().into()),
        ("resource", subscription.resource.clone().into()),
        ("changeType", ChangeTypes::of(subscription).names().into()),
        ("clientState", subscription.client_state.clone().into()),
        ("notificationUrl", subscription.notification_url.clone().into()),
        ("lifecycleNotificationUrl", subscription.lifecycle_url.clone().into()),
        ("expirationDateTime", date_time(subscription.expires_at).into()),
        ("creatorId", ids::user(account).into()),
        ("applicationId", Value::Null),
        ("includeResourceData", Value::Null),
        ("notificationQueryOptions", Value::Null),
        ("latestSupportedTlsVersion", "v1_2".into()),
        ("encryptionCertificate", Value::Null),
        ("encryptionCertificateId", Value::Null),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

pub(crate) async fn list(access: &Access, request: &Request) -> Result<Answer> {
    let all = access.subscriptions().await?;
    let values = all.iter().map(|subscription| {
        let mut resource = resource(request, subscription, access.account());
        resource.remove("@odata.context");
        Value::Object(resource)
    });
    Ok(Answer::json(collection(&request.link("$metadata#subscriptions"), values.collect(), None, None)))
}

pub(crate) async fn get(access: &Access, request: &Request, id: &str) -> Result<Answer> {
    let known = access.subscription(id).await?.ok_or(GraphError::NoSuchSubscription)?;
    Ok(Answer::json(resource(request, &known, access.account())))
}

pub(crate) async fn delete(access: &Access, id: &str) -> Result<Answer> {
    if access.unsubscribe(id).await? { Ok(Answer::no_content()) } else { Err(GraphError::NoSuchSubscription) }
}

pub(crate) async fn create(service: &Service, access: &Access, request: &Request) -> Result<Answer> {
    let body = request.json()?;
    let wanted = wanted(service, access, &body).await?;
    let urls = [Some(&wanted.notification_url), wanted.lifecycle_url.as_ref()];
    for url in urls.into_iter().flatten() {
        validate_endpoint(service, url).await?;
    }
    let stored = access.subscribe(wanted, SUBSCRIPTIONS_MAX).await?.ok_or(GraphError::TooManySubscriptions)?;
    let location = request.link(&format!("subscriptions/{}", stored.id));
    Ok(Answer::created(resource(request, &stored, access.account()), &location))
}

/// What a body asks for, checked as far as it can be without talking to the endpoint.
async fn wanted(service: &Service, access: &Access, body: &Value) -> Result<Subscription> {
    let text = |name: &str| match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(bad(&format!("The property '{name}' must be a string."))),
    };
    let required = |name: &str| text(name)?.ok_or_else(|| bad(&format!("The property '{name}' is required.")));
    if body.get("includeResourceData").and_then(Value::as_bool) == Some(true) {
        return Err(bad("Notifications with resource data are not supported."));
    }
    let client_state = text("clientState")?;
    if client_state.as_ref().is_some_and(|state| state.chars().count() > CLIENT_STATE_CHARS_MAX) {
        return Err(bad(&format!("The clientState is longer than {CLIENT_STATE_CHARS_MAX} characters.")));
    }
    let resource = required("resource")?;
    let now = service.hub.now();
    let wanted = Subscription {
        id: service.new_guid(),
        book: watched_book(access, &resource).await?,
        resource,
        change_types: ChangeTypes::parse(&required("changeType")?)?.0,
        notification_url: endpoint(service, required("notificationUrl")?)?,
        lifecycle_url: text("lifecycleNotificationUrl")?.map(|url| endpoint(service, url)).transpose()?,
        client_state,
        created_at: now,
        expires_at: end(service, &required("expirationDateTime")?)?,
        progress: SubscriptionProgress {
            cursor: Revision(0),
            attempt_at: now,
            failing_since: None,
            renewal_told: false,
        },
    };
    Ok(wanted)
}

/// The book behind `/me/contacts`, `/users/{me}/contactFolders/{id}/contacts` and their like.
async fn watched_book(access: &Access, resource: &str) -> Result<hub::BookId> {
    let path = resource.split('?').next().unwrap_or_default().to_owned();
    let normal = path.replace("('", "/").replace("')", "");
    let segments: Vec<&str> = normal.split('/').filter(|segment| !segment.is_empty()).collect();
    let own = match segments.as_slice() {
        [me, rest @ ..] if me.eq_ignore_ascii_case("me") => rest,
        [users, _, rest @ ..] if users.eq_ignore_ascii_case("users") => rest,
        _ => return Err(bad("The resource must be the contacts of a user.")),
    };
    let equal = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    match own {
        [contacts] if equal(contacts, "contacts") => Ok(access.default_book().await?.book),
        [folders, id, contacts] if equal(folders, "contactFolders") && equal(contacts, "contacts") => {
            existing_book(access, id).await
        }
        _ => Err(bad("The resource must be the contacts of a user.")),
    }
}

/// An address notifications can be sent to.
fn endpoint(service: &Service, text: String) -> Result<String> {
    let url = Url::parse(&text).ok().filter(|url| text.chars().count() <= NOTIFICATION_URL_CHARS_MAX && url.has_host());
    let url = url.ok_or_else(|| bad("The notification URL is not valid."))?;
    let allowed = url.scheme() == "https" || url.scheme() == "http" && service.options.plain_http_endpoints;
    if !allowed || !url.username().is_empty() || url.password().is_some() {
        return Err(bad("The notification URL must begin with https and have no user."));
    }
    Ok(text)
}

/// When a subscription shall end. Too soon is put off, too late is refused, as in Graph.
fn end(service: &Service, text: &str) -> Result<i64> {
    let now = service.hub.now();
    let asked: jiff::Timestamp = text.parse().map_err(|_| bad("The expirationDateTime is not a DateTimeOffset."))?;
    let max = service.options.subscription_lifetime_max;
    if asked.as_microsecond() > now.saturating_add(micros(max)) {
        let minutes = max.as_secs() / 60;
        return Err(bad(&format!("Subscription expiration can only be {minutes} minutes in the future.")));
    }
    Ok(asked.as_microsecond().max(now.saturating_add(micros(SUBSCRIPTION_LIFETIME_MIN.min(max)))))
}

/// A duration in microseconds.
pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// The handshake: the endpoint must send back a token as plain text.
async fn validate_endpoint(service: &Service, url: &str) -> Result<()> {
    let refused = |reason: &str| GraphError::EndpointNotValidated(reason.to_owned());
    let token = format!(
        "Validation: Testing client application reachability for subscription Request-Id: {}",
        service.new_guid()
    );
    let mut address = Url::parse(url).map_err(|_| refused("The notification URL is not valid."))?;
    address.query_pairs_mut().append_pair("validationToken", &token);
    let exchange = async {
        let sent = service.http.post(address).header(http::header::CONTENT_TYPE, "text/plain; charset=utf-8");
        let response = sent.send().await.map_err(|_| refused("The endpoint cannot be reached."))?;
        if response.status() != http::StatusCode::OK {
            return Err(refused(&format!(
                "Notification endpoint must respond with 200 OK, not {}.",
                response.status()
            )));
        }
        let text = short_text(response).await.ok_or_else(|| refused("The endpoint's answer cannot be read."))?;
        if text.trim() == token { Ok(()) } else { Err(refused("The endpoint did not send back the token.")) }
    };
    tokio::time::timeout(VALIDATION_TIMEOUT, exchange)
        .await
        .unwrap_or_else(|_| Err(refused("The endpoint took too long.")))
}

/// The beginning of a body; a stranger's server decides how long it is.
async fn short_text(mut response: reqwest::Response) -> Option<String> {
    const BYTES_MAX: usize = 4096;
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > BYTES_MAX {
            return None;
        }
    }
    String::from_utf8(bytes).ok()
}

/// PATCH of `expirationDateTime`; nothing else can be changed.
pub(crate) async fn renew(service: &Service, access: &Access, request: &Request, id: &str) -> Result<Answer> {
    let body = request.json()?;
    let expires_at = body.get("expirationDateTime").and_then(Value::as_str);
    let expires_at = end(service, expires_at.ok_or_else(|| bad("The property 'expirationDateTime' is required."))?)?;
    let renewed = access.renew_subscription(id, expires_at).await?.ok_or(GraphError::NoSuchSubscription)?;
    Ok(Answer::json(resource(request, &renewed, access.account())))
}

/// `reauthorize`: the caller has just proved who they are, which is all there is to it.
pub(crate) async fn reauthorize(access: &Access, id: &str) -> Result<Answer> {
    access.subscription(id).await?.ok_or(GraphError::NoSuchSubscription)?;
    Ok(Answer::new(http::StatusCode::OK, crate::message::Content::Json(json!({}))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_changes_are_a_set() {
        assert_eq!(ChangeTypes::parse("deleted, Created").unwrap().names(), "created,deleted");
        assert!(ChangeTypes::parse("created,read").is_err());
        assert!(ChangeTypes::parse("").is_err());
    }
}
