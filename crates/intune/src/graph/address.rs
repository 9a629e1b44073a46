//! Addresses in Graph.

use std::net::IpAddr;

use reqwest::Url;

use super::GraphError;
use crate::{limits, metadata::Version};

/// Where something is: a version, a path, a query. Ids are encoded, so that none can lead elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    version: Version,
    segments: Vec<String>,
    query: Vec<(&'static str, String)>,
}

impl Address {
    /// A path below a version.
    pub fn new(version: Version, segments: &[&str]) -> Self {
        Self { version, segments: segments.iter().map(ToString::to_string).collect(), query: Vec::new() }
    }

    /// Further down, with the same query.
    #[must_use]
    pub fn below(mut self, segments: &[&str]) -> Self {
        self.segments.extend(segments.iter().map(ToString::to_string));
        self
    }

    /// With one more query option.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.query.push((name, value.to_owned()));
        self
    }

    pub(super) fn url(&self, base: &Url) -> Result<Url, GraphError> {
        // `.` and `..` would climb; no id in Graph is one of them.
        if self.segments.iter().any(|segment| matches!(segment.as_str(), "" | "." | "..")) {
            return Err(GraphError::BadId(self.segments.join("/")));
        }
        let mut url = base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(self.version.as_str()).extend(&self.segments);
        }
        if !self.query.is_empty() {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(&self.query);
            // OData reads a plus as a plus in places; %20 is a space everywhere.
            url.set_query(Some(&query.finish().replace('+', "%20")));
        }
        Ok(url)
    }
}

/// Without the query.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.into()
}

/// An address that tokens may be sent to: `https`, or `http` on this machine.
pub(super) fn secure(text: &str) -> Result<Url, GraphError> {
    let not_secure = || GraphError::NotSecure(text.chars().take(limits::SAID_CHARS_MAX).collect());
    let url = Url::parse(text).map_err(|_| not_secure())?;
    let this_machine = |host: &str| {
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
    };
    let fits = match url.scheme() {
        "https" => url.has_host(),
        "http" => url.host_str().is_some_and(this_machine),
        _ => false,
    };
    let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    if fits && plain { Ok(url) } else { Err(not_secure()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_cannot_lead_elsewhere() {
        let base = Url::parse("https://graph.example").unwrap();
        let url = |id: &str| Address::new(Version::V1, &["things"]).below(&[id]).url(&base);
        assert_eq!(url("a/b?c#d").unwrap().as_str(), "https://graph.example/v1.0/things/a%2Fb%3Fc%23d");
        assert!(url("..").is_err());
        assert!(url("").is_err());
    }

    #[test]
    fn spaces_in_a_filter_are_no_pluses() {
        let base = Url::parse("https://graph.example").unwrap();
        let address = Address::new(Version::Beta, &["x"]).with("$filter", "a eq 'b+c'");
        assert_eq!(address.url(&base).unwrap().query(), Some("%24filter=a%20eq%20%27b%2Bc%27"));
    }

    #[test]
    fn tokens_go_over_tls_or_stay_on_this_machine() {
        assert!(secure("https://graph.microsoft.com").is_ok());
        assert!(secure("http://127.0.0.1:9").is_ok());
        for bad in ["http://graph.microsoft.com", "https://a:b@graph.example", "file:///x", "graph.example", ""] {
            assert!(secure(bad).is_err(), "{bad}");
        }
    }
}
