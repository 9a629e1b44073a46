//! Parameters of requests, in a query or in a form body (RFC 6749 3.1, 3.2 and appendix B).

use std::collections::BTreeMap;

use axum::body::Body;
use http::{HeaderMap, header};

use crate::limits;

/// The media type of form bodies.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// Why parameters could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ParameterError {
    /// More than [`limits::REQUEST_BYTES_MAX`] or [`limits::PARAMETERS_MAX`].
    #[error("the request is too large")]
    TooLarge,
    /// The body is no form.
    #[error("the body must be {FORM}")]
    NotAForm,
    /// The body ended too early, or did not come in time.
    #[error("the body could not be read")]
    Broken,
}

/// What a request says, each parameter once. An empty one counts as missing (RFC 6749 3.1).
#[derive(Debug, Clone, Default)]
pub(crate) struct Parameters {
    values: BTreeMap<String, String>,
    repeated: Vec<String>,
}

impl Parameters {
    /// Reads a query or the text of a form.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, ParameterError> {
        if text.len() > limits::REQUEST_BYTES_MAX {
            return Err(ParameterError::TooLarge);
        }
        let mut parameters = Self::default();
        for (count, (name, value)) in form_urlencoded::parse(text).enumerate() {
            if count >= limits::PARAMETERS_MAX {
                return Err(ParameterError::TooLarge);
            }
            if parameters.values.insert(name.clone().into_owned(), value.into_owned()).is_some() {
                parameters.repeated.push(name.into_owned());
            }
        }
        Ok(parameters)
    }

    /// Reads a form body.
    pub(crate) async fn from_form(headers: &HeaderMap, body: Body) -> Result<Self, ParameterError> {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        let read = tokio::time::timeout(limits::BODY_WAIT, axum::body::to_bytes(body, limits::REQUEST_BYTES_MAX)).await;
        let bytes = match read {
            Ok(Ok(bytes)) => bytes,
            Ok(Err(error)) if is_too_large(&error) => return Err(ParameterError::TooLarge),
            _ => return Err(ParameterError::Broken),
        };
        if !kind.eq_ignore_ascii_case(FORM) {
            return Err(ParameterError::NotAForm);
        }
        Self::parse(&bytes)
    }

    /// The value of a parameter; `None` when it is missing or empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whether a parameter came, be it empty.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// A parameter that came more than once, which no parameter may.
    pub(crate) fn repeated(&self) -> Option<&str> {
        self.repeated.first().map(String::as_str)
    }

    /// Whether this parameter came more than once.
    pub(crate) fn is_repeated(&self, name: &str) -> bool {
        self.repeated.iter().any(|repeated| repeated == name)
    }
}

fn is_too_large(error: &axum::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if inner.is::<http_body_util::LengthLimitError>() {
            return true;
        }
        source = inner.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_parameter_counts_as_missing() {
        let parameters = Parameters::parse(b"a=&b=2&c").unwrap();
        assert_eq!(parameters.get("a"), None);
        assert_eq!(parameters.get("b"), Some("2"));
        assert!(parameters.has("a") && parameters.has("c") && !parameters.has("d"));
    }

    #[test]
    fn a_repeated_parameter_is_told_even_when_both_are_alike() {
        let parameters = Parameters::parse(b"state=1&code=a&state=1").unwrap();
        assert_eq!(parameters.repeated(), Some("state"));
        assert!(parameters.is_repeated("state") && !parameters.is_repeated("code"));
    }

    #[test]
    fn too_much_is_refused_before_it_is_kept() {
        let many = "a=1&".repeat(limits::PARAMETERS_MAX + 1);
        assert_eq!(Parameters::parse(many.as_bytes()).unwrap_err(), ParameterError::TooLarge);
        let long = format!("a={}", "x".repeat(limits::REQUEST_BYTES_MAX));
        assert_eq!(Parameters::parse(long.as_bytes()).unwrap_err(), ParameterError::TooLarge);
    }

    #[tokio::test]
    async fn a_body_must_be_a_form_and_fit() {
        let form = HeaderMap::from_iter([(header::CONTENT_TYPE, FORM.parse().unwrap())]);
        let json = HeaderMap::from_iter([(header::CONTENT_TYPE, "application/json".parse().unwrap())]);
        assert_eq!(Parameters::from_form(&form, Body::from("a=b")).await.unwrap().get("a"), Some("b"));
        assert_eq!(Parameters::from_form(&json, Body::from("{}")).await.unwrap_err(), ParameterError::NotAForm);
        let long = Body::from("x".repeat(limits::REQUEST_BYTES_MAX + 1));
        assert_eq!(Parameters::from_form(&form, long).await.unwrap_err(), ParameterError::TooLarge);
    }
}
