//! Which credentials help, said in `WWW-Authenticate`.

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
    /// The authorization endpoint. iOS reads it up to a comma or an equals sign: it must have neither.
    pub authorization_uri: String,
    /// `ADFS` makes iOS take the on-premises way.
    pub issuer_kind: Option<String>,
}

impl Challenge {
    /// The headers of a 401. As Exchange, a Bearer challenge is shown to those who came with a Bearer header, be it
    /// an empty one.
    #[must_use]
    pub fn headers(&self, asked_for_bearer: bool) -> Vec<HeaderValue> {
        let basic = self.basic_realm.as_ref().map(|realm| format!("Basic realm=\"{}\"", unquoted(realm)));
        let bearer = self.bearer.as_ref().filter(|_| asked_for_bearer || basic.is_none()).map(BearerChallenge::text);
        basic.into_iter().chain(bearer).filter_map(|text| HeaderValue::try_from(text).ok()).collect()
    }
}

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
        challenge.headers(bearer).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
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
    fn who_comes_without_bearer_is_asked_for_a_password_only() {
        assert_eq!(texts(&challenge(), false), ["Basic realm=\"Bothways\""]);
    }

    #[test]
    fn without_an_authorization_server_there_is_no_bearer_challenge() {
        let basic_only = Challenge { bearer: None, ..challenge() };
        assert_eq!(texts(&basic_only, true), ["Basic realm=\"Bothways\""]);
    }
}
