//! `$batch`: up to twenty requests in one body, worked on one after the other, in their order.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde_json::{Map, Value, json};

use crate::{
    error::{GraphError, Result},
    limits::BATCH_REQUESTS_MAX,
    message::{Answer, Content, Request, VERSION},
    odata::Query,
};

/// One request of a batch.
pub(crate) struct Step {
    pub(crate) id: String,
    depends_on: Vec<String>,
    /// The request, or why it is none.
    request: Result<Request>,
}

/// Reads a batch. What is wrong with one request is that request's own answer; what is wrong with the batch is this
/// one's.
pub(crate) fn parse(outer: &Request) -> Result<Vec<Step>> {
    let body = outer.json()?;
    let requests = body.get("requests").and_then(Value::as_array);
    let requests = requests.ok_or_else(|| bad("The batch has no 'requests'."))?;
    if requests.len() > BATCH_REQUESTS_MAX {
        return Err(GraphError::BatchTooLong);
    }
    let mut steps: Vec<Step> = Vec::with_capacity(requests.len());
    for request in requests {
        let object = request.as_object().ok_or_else(|| bad("A request of the batch is no object."))?;
        let id = object.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| bad("A request of the batch has no 'id'."))?;
        if steps.iter().any(|step| step.id == id) {
            return Err(bad(&format!("Two requests of the batch have the id '{id}'.")));
        }
        let depends_on = depends_on(object)?;
        if let Some(unknown) = depends_on.iter().find(|other| !steps.iter().any(|step| step.id == **other)) {
            return Err(bad(&format!("The request '{id}' depends on '{unknown}', which does not come before it.")));
        }
        steps.push(Step { id: id.to_owned(), depends_on, request: inner(outer, object) });
    }
    Ok(steps)
}

fn bad(message: &str) -> GraphError {
    GraphError::BadBatch(message.to_owned())
}

fn depends_on(object: &Map<String, Value>) -> Result<Vec<String>> {
    let ids = match object.get("dependsOn") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(ids)) => ids,
        Some(_) => return Err(bad("'dependsOn' must be an array.")),
    };
    let ids = ids.iter().map(|id| id.as_str().map(str::to_owned).ok_or_else(|| bad("'dependsOn' must name ids.")));
    ids.collect()
}

fn inner(outer: &Request, object: &Map<String, Value>) -> Result<Request> {
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    let method = text("method").unwrap_or_default().to_ascii_uppercase();
    let method = Method::from_bytes(method.as_bytes()).map_err(|_| bad("The method is none."))?;
    let url = text("url").ok_or_else(|| bad("The request has no 'url'."))?;
    let url = without_origin(url).trim_start_matches('/');
    let url = url.strip_prefix("v1.0/").unwrap_or(url);
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let path = format!("/{VERSION}/{path}");
    let segments = Request::segments_of(&path)?;
    if segments.first().is_some_and(|first| first == "$batch") {
        return Err(bad("A batch cannot be within a batch."));
    }
    let headers = headers(object.get("headers"))?;
    let body = content(object.get("body"), &headers)?;
    Ok(Request { method, origin: outer.origin.clone(), path, segments, query: Query::parse(query)?, headers, body })
}

/// Microsoft's Python library writes whole addresses where the documentation has paths.
fn without_origin(url: &str) -> &str {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.map_or(url, |rest| rest.find('/').map_or("", |path| rest.get(path..).unwrap_or_default()))
}

fn headers(value: Option<&Value>) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in value.and_then(Value::as_object).into_iter().flatten() {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad("A header has no valid name."))?;
        let value = value.as_str().and_then(|value| HeaderValue::from_str(value).ok());
        headers.append(name, value.ok_or_else(|| bad("A header has no valid value."))?);
    }
    Ok(headers)
}

/// A body of JSON stands as it is; any other as base64 in a string.
fn content(body: Option<&Value>, headers: &HeaderMap) -> Result<Bytes> {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match body {
        None | Some(Value::Null) => Ok(Bytes::new()),
        Some(Value::String(text)) if !is_json(media_type) => {
            let decoded = STANDARD.decode(text.trim()).map_err(|_| bad("The body is not valid base64."))?;
            Ok(decoded.into())
        }
        Some(body) => Ok(body.to_string().into()),
    }
}

fn is_json(media_type: &str) -> bool {
    media_type.trim_start().to_ascii_lowercase().starts_with("application/json")
}

/// The answers so far, and what later requests must know of them.
#[derive(Default)]
pub(crate) struct Responses {
    succeeded: BTreeMap<String, bool>,
    values: Vec<Value>,
}

impl Responses {
    /// The request to be worked on next, unless it is none or one it depends on has failed.
    pub(crate) fn admit(&self, step: Step) -> Result<Request> {
        if step.depends_on.iter().any(|other| self.succeeded.get(other) != Some(&true)) {
            return Err(GraphError::FailedDependency);
        }
        step.request
    }

    /// Takes down the answer to a request.
    pub(crate) fn add(&mut self, id: String, answer: Answer) {
        let mut headers = Map::new();
        for (name, value) in &answer.headers {
            headers.insert(name.to_string(), value.to_str().unwrap_or_default().into());
        }
        let (media_type, body) = match answer.content {
            Content::Empty => (None, None),
            Content::Json(value) => (Some("application/json".to_owned()), Some(value)),
            Content::Bytes { media_type, bytes } => (Some(media_type), Some(STANDARD.encode(bytes).into())),
        };
        if let Some(media_type) = media_type {
            headers.insert("Content-Type".to_owned(), media_type.into());
        }
        let mut response = json!({"id": id, "status": answer.status.as_u16(), "headers": headers});
        if let (Some(body), Some(response)) = (body, response.as_object_mut()) {
            response.insert("body".to_owned(), body);
        }
        self.succeeded.insert(id, answer.status.is_success());
        self.values.push(response);
    }

    /// The answer to the batch.
    pub(crate) fn into_answer(self) -> Answer {
        Answer::json(json!({"responses": self.values}))
    }
}
