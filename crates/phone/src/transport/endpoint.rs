//! Scheme, host and port: all that iOS takes from an address it is given.

use std::fmt;
use std::str::FromStr;

use http::Uri;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// https instead of http.
    pub https: bool,
    /// Name or address, an IPv6 address without its brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// An address that is no http(s) address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is not an http or https address")]
pub struct BadAddress(pub String);

impl Endpoint {
    /// The Host header.
    pub fn authority(&self) -> String {
        let standard = if self.https { 443 } else { 80 };
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == standard { host } else { format!("{host}:{}", self.port) }
    }
}

impl FromStr for Endpoint {
    type Err = BadAddress;

    /// Takes scheme, host and port of an address; the path does not count.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadAddress(text.to_owned());
        let uri: Uri = text.trim().parse().map_err(|_| bad())?;
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(bad()),
        };
        let host = uri.host().ok_or_else(bad)?.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Endpoint { https, host, port: uri.port_u16().unwrap_or(if https { 443 } else { 80 }) })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.https { "https" } else { "http" }, self.authority())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_scheme_host_and_port_of_an_address_are_taken() {
        let endpoint: Endpoint = "https://eas.example.org/somewhere/else".parse().unwrap();
        assert_eq!(endpoint.to_string(), "https://eas.example.org");
        let endpoint: Endpoint = "http://[::1]:8080".parse().unwrap();
        assert_eq!((endpoint.host.as_str(), endpoint.to_string().as_str()), ("::1", "http://[::1]:8080"));
        assert!("ftp://x".parse::<Endpoint>().is_err());
    }
}
