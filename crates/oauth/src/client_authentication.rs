//! Which client asks, and its proof (RFC 6749 2.3).

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, header};
use identity::{Client, ClientId, GrantError, Secret};

use crate::{error::OAuthError, parameters::Parameters, visit::Visit};

/// What a request says about its client.
#[derive(Debug)]
struct Shown {
    id: ClientId,
    secret: Option<Secret>,
    /// By the `Authorization` header.
    basic: bool,
}

/// The client of a request, once it has proved to be it. Public ones only say who they are.
pub(crate) async fn authenticate(visit: &Visit, form: &Parameters) -> Result<(Client, Option<Secret>), OAuthError> {
    let shown = shown(&visit.headers, form)?;
    match visit.identity.authenticate_client(&shown.id, shown.secret.as_ref()).await {
        Ok(client) => Ok((client, shown.secret)),
        Err(GrantError::Client) => Err(OAuthError::InvalidClient { basic: shown.basic }),
        Err(error) => Err(error.into()),
    }
}

fn shown(headers: &HeaderMap, form: &Parameters) -> Result<Shown, OAuthError> {
    let in_form = form.get("client_id");
    let Some(header) = headers.get(header::AUTHORIZATION) else {
        let id = in_form.ok_or_else(|| OAuthError::InvalidRequest("client_id is missing".to_owned()))?;
        let secret = form.get("client_secret").map(Secret::new);
        return Ok(Shown { id: ClientId::new(id), secret, basic: false });
    };
    if form.has("client_secret") {
        return Err(OAuthError::InvalidRequest("the client authenticates in two ways".to_owned()));
    }
    let (id, secret) = header.to_str().ok().and_then(basic).ok_or(OAuthError::InvalidClient { basic: true })?;
    if in_form.is_some_and(|in_form| in_form != id) {
        return Err(OAuthError::InvalidRequest("client_id is not the one of the Authorization header".to_owned()));
    }
    let secret = Some(secret).filter(|secret| !secret.is_empty()).map(Secret::new);
    Ok(Shown { id: ClientId::new(id), secret, basic: true })
}

/// `Basic`, with id and secret each encoded as in a form (RFC 6749 2.3.1).
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((form_decoded(id)?, form_decoded(secret)?))
}

fn form_decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(authorization: Option<&str>, form: &str) -> Result<(String, Option<Secret>), OAuthError> {
        let headers = authorization.map(|value| (header::AUTHORIZATION, value.parse().unwrap()));
        let headers = HeaderMap::from_iter(headers);
        shown(&headers, &Parameters::parse(form.as_bytes()).unwrap()).map(|it| (it.id.to_string(), it.secret))
    }

    #[test]
    fn id_and_secret_are_form_encoded_before_they_are_base64() {
        let header = format!("Basic {}", STANDARD.encode("app%3A1:s+e%2Bc%25"));
        assert_eq!(of(Some(&header), "").unwrap(), ("app:1".into(), Some(Secret::new("s e+c%"))));
    }

    #[test]
    fn one_way_at_a_time_and_one_client() {
        let header = format!("Basic {}", STANDARD.encode("app:secret"));
        assert!(matches!(of(Some(&header), "client_secret=x"), Err(OAuthError::InvalidRequest(_))));
        assert!(matches!(of(Some(&header), "client_id=other"), Err(OAuthError::InvalidRequest(_))));
        assert!(of(Some(&header), "client_id=app").is_ok());
        assert!(matches!(of(Some("Basic !"), ""), Err(OAuthError::InvalidClient { basic: true })));
        assert!(matches!(of(Some("Bearer x"), ""), Err(OAuthError::InvalidClient { basic: true })));
        assert!(matches!(of(None, ""), Err(OAuthError::InvalidRequest(_))));
        assert_eq!(of(None, "client_id=a").unwrap(), ("a".into(), None));
    }
}
