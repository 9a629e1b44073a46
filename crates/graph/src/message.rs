//! A request taken apart and an answer not yet written: what the outside and a batch have in common.

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use serde_json::{Map, Value, json};

use crate::{
    error::{GraphError, Result},
    limits::{PATH_SEGMENTS_MAX, RETRY_AFTER},
    odata::Query,
};

/// The version served; the first segment of every path.
pub(crate) const VERSION: &str = "v1.0";

/// A request whose path is known to begin with [`VERSION`].
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Scheme and host the client used: `https://hub.example`.
    pub(crate) origin: String,
    /// The path as the client wrote it, version included.
    pub(crate) path: String,
    /// The decoded segments after the version.
    pub(crate) segments: Vec<String>,
    pub(crate) query: Query,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    /// The decoded segments of a path after the version.
    pub(crate) fn segments_of(path: &str) -> Result<Vec<String>> {
        let mut segments = Vec::new();
        for segment in path.split('/').filter(|segment| !segment.is_empty()) {
            let decoded = percent_encoding::percent_decode_str(segment).decode_utf8();
            let decoded = decoded.map_err(|_| GraphError::NoSuchSegment(segment.to_owned()))?;
            // `contacts('id')` is another way to write `contacts/id` (OData 4.0 URL conventions 4.3).
            match decoded.strip_suffix("')").and_then(|decoded| decoded.split_once("('")) {
                Some((name, key)) => segments.extend([name.to_owned(), key.to_owned()]),
                None => segments.push(decoded.into_owned()),
            }
        }
        if segments.first().is_none_or(|first| first != VERSION) || segments.len() > PATH_SEGMENTS_MAX {
            return Err(GraphError::NoSuchSegment(segments.into_iter().next().unwrap_or_default()));
        }
        segments.remove(0);
        Ok(segments)
    }

    /// A header as text; `None` when it is missing or no text.
    pub(crate) fn header(&self, name: impl Into<HeaderNameOrText>) -> Option<&str> {
        let HeaderNameOrText(name) = name.into();
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).map_err(|_| GraphError::BodyNotJson)
    }

    /// The address of something under the version.
    pub(crate) fn link(&self, path: &str) -> String {
        format!("{}/{VERSION}/{path}", self.origin)
    }

    /// This address with another query.
    pub(crate) fn same_path_with(&self, query: &str) -> String {
        format!("{}{}?{query}", self.origin, self.path)
    }

    /// What the client prefers (RFC 7240).
    pub(crate) fn prefers(&self) -> Preferences {
        Preferences::read(&self.headers)
    }
}

/// A header's name, known or written out.
pub(crate) struct HeaderNameOrText(HeaderName);

impl From<HeaderName> for HeaderNameOrText {
    fn from(name: HeaderName) -> Self {
        Self(name)
    }
}

impl From<&'static str> for HeaderNameOrText {
    fn from(name: &'static str) -> Self {
        Self(HeaderName::from_static(name))
    }
}

/// The preferences that are honoured; all others are ignored, as RFC 7240 wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Preferences {
    /// `odata.maxpagesize`
    pub(crate) page: Option<usize>,
    /// `return=minimal`
    pub(crate) minimal: bool,
    /// `IdType="ImmutableId"`; every id of this server is one.
    pub(crate) immutable_ids: bool,
}

impl Preferences {
    fn read(headers: &HeaderMap) -> Self {
        let mut found = Self::default();
        let values = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
        for preference in values.flat_map(|value| value.split(',')) {
            let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
            let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().trim_matches('"'));
            match (name.as_str(), value) {
                ("odata.maxpagesize" | "maxpagesize", size) => found.page = size.parse().ok().filter(|size| *size > 0),
                ("return", "minimal") => found.minimal = true,
                ("idtype", kind) => found.immutable_ids = kind.eq_ignore_ascii_case("ImmutableId"),
                _ => {}
            }
        }
        found
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) content: Content,
}

/// The body of an answer.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Empty,
    Json(Value),
    Bytes { media_type: String, bytes: Bytes },
}

impl Answer {
    pub(crate) fn new(status: StatusCode, content: Content) -> Self {
        Self { status, headers: HeaderMap::new(), content }
    }

    /// 200 with a resource or a collection.
    pub(crate) fn json(value: impl Into<Value>) -> Self {
        Self::new(StatusCode::OK, Content::Json(value.into()))
    }

    /// 201 with what was created.
    pub(crate) fn created(value: impl Into<Value>, location: &str) -> Self {
        Self::new(StatusCode::CREATED, Content::Json(value.into())).with(header::LOCATION, location)
    }

    /// 204.
    pub(crate) fn no_content() -> Self {
        Self::new(StatusCode::NO_CONTENT, Content::Empty)
    }

    /// The same with one header more. A value that no header can hold is left out.
    pub(crate) fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.append(name, value);
        }
        self
    }

    /// The same, saying that a preference was honoured.
    pub(crate) fn preference_applied(self, preference: &str) -> Self {
        self.with(HeaderName::from_static("preference-applied"), preference)
    }

    /// An error as Graph writes it.
    pub(crate) fn refusal(error: &GraphError, about: &About<'_>) -> Self {
        let (status, code) = error.wire();
        let mut inner = json!({"date": about.date, "request-id": about.request_id});
        if let (Some(client), Some(inner)) = (about.client_request_id, inner.as_object_mut()) {
            inner.insert("client-request-id".to_owned(), client.into());
        }
        let body = json!({"error": {"code": code, "message": error.to_string(), "innerError": inner}});
        let answer = Self::new(status, Content::Json(body));
        match error {
            GraphError::Unauthenticated => answer.with(header::WWW_AUTHENTICATE, "Bearer realm=\"contacts\""),
            GraphError::Unavailable => answer.with(header::RETRY_AFTER, &RETRY_AFTER.as_secs().to_string()),
            GraphError::TooManyRequests { retry_after } => {
                answer.with(header::RETRY_AFTER, &retry_after.as_secs().max(1).to_string())
            }
            GraphError::SyncStateNotFound { restart } => answer.with(header::LOCATION, restart),
            _ => answer,
        }
    }

    /// The answer as HTTP.
    pub(crate) fn into_response(self) -> Response<Body> {
        let (media_type, bytes) = match self.content {
            Content::Empty => (None, Bytes::new()),
            Content::Json(value) => (Some(JSON.to_owned()), Bytes::from(value.to_string())),
            Content::Bytes { media_type, bytes } => (Some(media_type), bytes),
        };
        let mut response = Response::new(Body::from(bytes));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        if let Some(value) = media_type.and_then(|media_type| HeaderValue::from_str(&media_type).ok()) {
            response.headers_mut().insert(header::CONTENT_TYPE, value);
        }
        response
    }
}

/// The media type of every JSON answer.
pub(crate) const JSON: &str =
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

/// What an error's `innerError` says of its request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About<'a> {
    pub(crate) request_id: &'a str,
    pub(crate) client_request_id: Option<&'a str>,
    pub(crate) date: &'a str,
}

/// A collection as Graph writes it.
pub(crate) fn collection(context: &str, values: Vec<Value>, count: Option<u64>, next: Option<String>) -> Value {
    let mut object = Map::new();
    object.insert("@odata.context".to_owned(), context.into());
    if let Some(count) = count {
        object.insert("@odata.count".to_owned(), count.into());
    }
    if let Some(next) = next {
        object.insert("@odata.nextLink".to_owned(), next.into());
    }
    object.insert("value".to_owned(), Value::Array(values));
    Value::Object(object)
}

/// Microseconds since 1970 as Graph writes a point in time, to the second.
pub(crate) fn date_time(microseconds: i64) -> String {
    let seconds =
        jiff::Timestamp::from_second(microseconds.div_euclid(1_000_000)).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    seconds.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferences_are_found_among_others() {
        let mut headers = HeaderMap::new();
        let prefer = "outlook.timezone=\"UTC\", odata.maxpagesize=50, IdType=\"ImmutableId\"";
        headers.append("prefer", HeaderValue::from_static(prefer));
        headers.append("prefer", HeaderValue::from_static("return=minimal"));
        let expected = Preferences { page: Some(50), minimal: true, immutable_ids: true };
        assert_eq!(Preferences::read(&headers), expected);
    }

    #[test]
    fn a_point_in_time_has_no_fraction() {
        assert_eq!(date_time(1_800_000_000_999_999), "2027-01-15T08:00:00Z");
    }

    #[test]
    fn a_path_outside_the_version_is_none_of_ours() {
        assert_eq!(Request::segments_of("/v1.0/me/contacts/a%2Fb").unwrap(), ["me", "contacts", "a/b"]);
        assert_eq!(Request::segments_of("/v1.0/users('a@b')/contacts").unwrap(), ["users", "a@b", "contacts"]);
        assert!(Request::segments_of("/beta/me").is_err());
        assert!(Request::segments_of("/v1.0/%FF").is_err());
        assert!(Request::segments_of(&format!("/v1.0{}", "/x".repeat(50))).is_err());
    }
}
