//! The `Authorization` header (RFC 7617 for `Basic`, RFC 6750 for `Bearer`).

use std::fmt;

use base64::{Engine, engine::general_purpose};

use crate::limits;

/// A text nobody may see: it prints as dots, wherever it ends up.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a text for secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for hashing it or for showing it once to the person it was made for.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"...\"")
    }
}

/// What a request says about who is asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// Nothing.
    Missing,
    /// A name and a password.
    Basic {
        /// As sent: an address, an alias, either behind `DOMAIN\`.
        user: String,
        /// The account's password or an app password.
        password: Secret,
    },
    /// A token.
    Bearer(Secret),
    /// `Bearer` and nothing behind it. iOS sends this to find out whether it can sign in with OAuth.
    EmptyBearer,
    /// Something else.
    Malformed,
}

impl Credentials {
    /// Reads the header's value; `None` when there is no such header. Names and passwords that are not UTF-8 are taken
    /// for Latin-1, as older clients send them.
    #[must_use]
    pub fn from_authorization(header: Option<&[u8]>) -> Self {
        let Some(header) = header else { return Self::Missing };
        if header.len() > limits::HEADER_BYTES {
            return Self::Malformed;
        }
        let header = header.trim_ascii();
        let (scheme, rest) = match header.iter().position(u8::is_ascii_whitespace) {
            Some(end) => header.split_at(end),
            None => (header, &b""[..]),
        };
        let rest = rest.trim_ascii();
        if scheme.eq_ignore_ascii_case(b"Bearer") {
            return Self::bearer(rest);
        }
        if scheme.eq_ignore_ascii_case(b"Basic") {
            return Self::basic(rest).unwrap_or(Self::Malformed);
        }
        Self::Malformed
    }

    fn bearer(token: &[u8]) -> Self {
        if token.is_empty() {
            return Self::EmptyBearer;
        }
        match std::str::from_utf8(token) {
            Ok(token) if token.bytes().all(|byte| byte.is_ascii_graphic()) => Self::Bearer(Secret::new(token)),
            _ => Self::Malformed,
        }
    }

    fn basic(encoded: &[u8]) -> Option<Self> {
        let padding = encoded.iter().rev().take_while(|byte| **byte == b'=').count();
        let decoded = general_purpose::STANDARD_NO_PAD.decode(encoded.get(..encoded.len() - padding)?).ok()?;
        let text =
            String::from_utf8(decoded).unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect());
        let (user, password) = text.split_once(':')?;
        let fits = (1..=limits::PASSWORD_BYTES).contains(&password.len()) && user.len() <= limits::LOGIN_NAME_BYTES;
        fits.then(|| Self::Basic { user: user.to_owned(), password: Secret::new(password) })
    }
}

/// The form under which names to sign in with are kept and looked up: without `DOMAIN\`, in lower case.
pub(crate) fn login_name(user: &str) -> String {
    let name = user.rsplit_once('\\').map_or(user, |(_, name)| name);
    name.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: &str) -> Credentials {
        Credentials::from_authorization(Some(header.as_bytes()))
    }

    fn basic(user: &str, password: &str) -> Credentials {
        Credentials::Basic { user: user.into(), password: Secret::new(password) }
    }

    #[test]
    fn a_password_may_hold_colons_and_umlauts() {
        assert_eq!(read("Basic YW5uYUBleGFtcGxlLm9yZzphOmI6w7w="), basic("anna@example.org", "a:b:ü"));
    }

    #[test]
    fn the_scheme_is_not_case_sensitive_and_padding_may_be_missing() {
        assert_eq!(read("bAsIc  YTpi"), basic("a", "b"));
        assert_eq!(read("Basic YTpiYg"), basic("a", "bb"));
        assert_eq!(read("Basic YTpiYg=="), basic("a", "bb"));
    }

    #[test]
    fn latin_1_is_understood() {
        let header = format!("Basic {}", general_purpose::STANDARD.encode(b"anna:gr\xfc\xdfe"));
        assert_eq!(read(&header), basic("anna", "grüße"));
    }

    #[test]
    fn an_empty_bearer_is_a_question_and_not_a_token() {
        assert_eq!(read("Bearer"), Credentials::EmptyBearer);
        assert_eq!(read("Bearer "), Credentials::EmptyBearer);
        assert_eq!(read("Bearer abc.def"), Credentials::Bearer(Secret::new("abc.def")));
    }

    #[test]
    fn what_cannot_be_read_is_malformed_and_never_a_panic() {
        for header in ["", "Basic", "Basic !", "Basic YQ==", "Basic YTo=", "Digest x", "Bearer a b", "Basic ====", "="]
        {
            assert_eq!(read(header), Credentials::Malformed, "{header}");
        }
        assert_eq!(read(&format!("Bearer {}", "x".repeat(9000))), Credentials::Malformed);
        assert_eq!(Credentials::from_authorization(Some(b"Bearer \xff")), Credentials::Malformed);
        assert_eq!(Credentials::from_authorization(None), Credentials::Missing);
    }

    #[test]
    fn a_secret_never_shows_in_a_log() {
        let printed = format!("{:?} {:?}", basic("anna", "hunter2"), Credentials::Bearer(Secret::new("token1")));
        assert!(printed.contains("anna") && !printed.contains("hunter2") && !printed.contains("token1"));
    }

    #[test]
    fn a_domain_before_the_name_and_its_case_do_not_matter() {
        assert_eq!(login_name("EXAMPLE\\Anna"), "anna");
        assert_eq!(login_name("Anna@Example.org"), "anna@example.org");
    }
}
