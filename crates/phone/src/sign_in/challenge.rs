//! A 401's `WWW-Authenticate`, read as iOS reads it.

use http::HeaderMap;

/// What a Bearer challenge says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BearerChallenge {
    /// Where to sign in.
    pub authorization_uri: Option<String>,
    /// `insufficient_claims`, `invalid_token` ...
    pub error: Option<String>,
    /// What the next token must have, base64.
    pub claims: Option<String>,
}

impl BearerChallenge {
    /// The Bearer challenge among the headers of an answer.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let texts = headers.get_all("www-authenticate").iter().filter_map(|value| value.to_str().ok());
        let mut bearer = texts.filter(|text| text.trim_start().starts_with("Bearer"));
        let text = bearer.next()?;
        let parameter = |name: &str| {
            let parts = text.trim_start().trim_start_matches("Bearer").split(',');
            let value = parts.filter_map(|part| part.trim().split_once('=')).find(|(key, _)| *key == name);
            value.map(|(_, value)| value.trim().trim_matches('"').to_owned())
        };
        Some(Self {
            authorization_uri: authorization_uri(text),
            error: parameter("error"),
            claims: parameter("claims"),
        })
    }
}

/// Reads a challenge as iOS does: split at commas; a part must *begin* with `authorization_uri`, so it must not be the first
/// parameter after the word Bearer; the value is the text between the first and the second `=`, quotes removed.
pub fn authorization_uri(challenge: &str) -> Option<String> {
    let part = challenge.split(',').map(str::trim).find(|part| part.starts_with("authorization_uri"))?;
    Some(part.split('=').nth(1)?.trim().trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_read_only_behind_another_parameter() {
        let good = "Bearer client_id=\"x\", authorization_uri=\"https://login.example.org/oauth2/authorize\"";
        assert_eq!(authorization_uri(good).as_deref(), Some("https://login.example.org/oauth2/authorize"));
        assert_eq!(authorization_uri("Bearer authorization_uri=\"https://x\", client_id=\"y\""), None);
        assert_eq!(
            authorization_uri("Bearer a=b, authorization_uri=\"https://x?y=z\"").as_deref(),
            Some("https://x?y")
        );
    }

    #[test]
    fn claims_keep_their_padding() {
        let mut headers = HeaderMap::new();
        headers.append("www-authenticate", "Basic realm=\"x\"".parse().unwrap());
        let bearer = "Bearer client_id=\"x\", error=\"insufficient_claims\", claims=\"e30=\"";
        headers.append("www-authenticate", bearer.parse().unwrap());
        let challenge = BearerChallenge::of(&headers).unwrap();
        assert_eq!(challenge.claims.as_deref(), Some("e30="));
        assert_eq!(challenge.error.as_deref(), Some("insufficient_claims"));
    }
}
