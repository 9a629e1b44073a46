//! Which credentials help, said in `WWW-Authenticate`.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::HeaderValue;

/// How clients may prove who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The realm of a password; `None` when passwords are not taken.
    pub basic_realm: Option<String>,
    /// Where tokens come from; `None` when there are none.
    pub bearer: Option<BearerChallenge>,
}

/// Where a client gets tokens, as Exchange words it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BearerChallenge {
    /// The resource's own client id.
    pub client_id: String,
    /// The authorization endpoint, or its path on this server. iOS reads it up to a comma or an equals sign: it must
    /// have neither.
    pub authorization_uri: String,
    /// `ADFS` makes iOS take the on-premises way.
    pub issuer_kind: Option<String>,
}

impl Challenge {
    /// The same, told to a client that reaches this server at `origin` (scheme, host and port).
    #[must_use]
    pub fn told_at(&self, origin: &str) -> Self {
        let mut told = self.clone();
        if let Some(bearer) = &mut told.bearer
            && bearer.authorization_uri.starts_with('/')
        {
            bearer.authorization_uri.insert_str(0, origin);
        }
        told
    }

    /// The headers of a 401. As Exchange, a Bearer challenge is shown to those who came with a Bearer header, be it
    /// an empty one.
    #[must_use]
    pub fn headers(&self, asked_for_bearer: bool, fault: Option<TokenFault>) -> Vec<HeaderValue> {
        let basic = self.basic_realm.as_ref().map(|realm| format!("Basic realm=\"{}\"", unquoted(realm)));
        let bearer = match &self.bearer {
            Some(bearer) if asked_for_bearer || basic.is_none() => {
                Some(bearer.text() + &fault.map(TokenFault::text).unwrap_or_default())
            }
            None if asked_for_bearer => Some("Bearer error=\"invalid_token\"".to_owned()),
            _ => None,
        };
        basic.into_iter().chain(bearer).filter_map(|text| HeaderValue::try_from(text).ok()).collect()
    }
}

/// Why a token is not taken, where the client can do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenFault {
    /// The token was good and is not any more: the client, which said `cp1`, gets another one by showing these claims.
    /// Seconds since 1970 before which no token is good.
    InsufficientClaims(i64),
}

impl TokenFault {
    /// As parameters of the challenge.
    fn text(self) -> String {
        match self {
            Self::InsufficientClaims(not_before) => {
                let claims =
                    format!("{{\"access_token\":{{\"nbf\":{{\"essential\":true,\"value\":\"{not_before}\"}}}}}}");
                format!(", error=\"insufficient_claims\", claims=\"{}\"", STANDARD.encode(claims))
            }
        }
    }
}

/// What Exchange says beside a Bearer challenge when tokens are not taken; iOS asks for a password then.
pub const OAUTH_NOT_AVAILABLE: HeaderValue =
    HeaderValue::from_static("4000000;reason=\"Tokens are not taken here.\";error_category=\"oauth_not_available\"");

impl BearerChallenge {
    /// iOS splits the header at commas and wants a part that begins with `authorization_uri`, so that it must not be
    /// the first after the word Bearer.
    fn text(&self) -> String {
        let mut text = format!(
            "Bearer client_id=\"{}\", token_types=\"app_asserted_user_v1\", authorization_uri=\"{}\"",
            unquoted(&self.client_id),
            unquoted(&self.authorization_uri),
        );
        if let Some(kind) = &self.issuer_kind {
            text.push_str(", issuer_kind=\"");
            text.push_str(&unquoted(kind));
            text.push('"');
        }
        text
    }
}

fn unquoted(text: &str) -> String {
    text.chars().filter(|character| !matches!(character, '"' | '\\') && !character.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenge() -> Challenge {
        Challenge {
            basic_realm: Some("Bothways".into()),
            bearer: Some(BearerChallenge {
                client_id: "00000002-0000-0ff1-ce00-000000000000".into(),
                authorization_uri: "https://login.example.org/oauth2/authorize".into(),
                issuer_kind: Some("ADFS".into()),
            }),
        }
    }

    fn texts(challenge: &Challenge, bearer: bool) -> Vec<String> {
        challenge.headers(bearer, None).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn ios_finds_the_authorization_uri() {
        let headers = texts(&challenge(), true);
        let bearer = headers.iter().find(|text| text.starts_with("Bearer ")).unwrap();
        let part = bearer.split(',').map(str::trim).find(|part| part.starts_with("authorization_uri")).unwrap();
        let value = part.split('=').nth(1).unwrap().replace('"', "");
        assert_eq!(value, "https://login.example.org/oauth2/authorize");
    }

    #[test]
    fn a_path_becomes_an_address_on_the_server_the_client_asked() {
        let mut told = challenge().told_at("https://a.example:8443");
        assert_eq!(told, challenge());
        if let Some(bearer) = &mut told.bearer {
            bearer.authorization_uri = "/oauth2/authorize".into();
        }
        let bearer = told.told_at("https://a.example:8443").bearer.unwrap();
        assert_eq!(bearer.authorization_uri, "https://a.example:8443/oauth2/authorize");
    }

    #[test]
    fn who_comes_without_bearer_is_asked_for_a_password_only() {
        assert_eq!(texts(&challenge(), false), ["Basic realm=\"Bothways\""]);
    }

    #[test]
    fn without_an_authorization_server_there_is_no_bearer_challenge() {
        let basic_only = Challenge { bearer: None, ..challenge() };
        assert_eq!(texts(&basic_only, false), ["Basic realm=\"Bothways\""]);
        let asked = texts(&basic_only, true);
        assert_eq!(asked, ["Basic realm=\"Bothways\"", "Bearer error=\"invalid_token\""]);
        assert!(!asked.iter().any(|text| text.contains("authorization_uri")), "iOS would go there");
    }

    #[test]
    fn a_client_that_understands_claims_is_told_which_to_show() {
        let headers = challenge().headers(true, Some(TokenFault::InsufficientClaims(1_800_000_000)));
        let bearer = headers.last().unwrap().to_str().unwrap();
        let (_, claims) = bearer.split_once("error=\"insufficient_claims\", claims=\"").unwrap();
        let claims = STANDARD.decode(claims.trim_end_matches('"')).unwrap();
        assert_eq!(
            String::from_utf8(claims).unwrap(),
            "{\"access_token\":{\"nbf\":{\"essential\":true,\"value\":\"1800000000\"}}}"
        );
    }
}
