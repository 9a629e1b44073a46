//! Token introspection (RFC 7662): for services that are handed our tokens.

use axum::{body::Body, response::Response};
use http::StatusCode;
use identity::{Introspection, Secret};
use serde_json::{Value, json};

use super::token::{needed, read};
use crate::{answers, client_authentication, error::OAuthError, visit::Visit};

pub(crate) async fn introspect(visit: Visit, body: Body) -> Response {
    match examined(&visit, body).await {
        Ok(answer) => answers::json(StatusCode::OK, &answer),
        Err(error) => error.answer(),
    }
}

/// Only clients with a secret may ask, and only about tokens of a path they are registered for; about any other token
/// they learn as much as about one that does not exist.
async fn examined(visit: &Visit, body: Body) -> Result<Value, OAuthError> {
    let form = read(visit, body).await?;
    let (client, _) = client_authentication::authenticate(visit, &form).await?;
    if !client.confidential {
        return Err(OAuthError::InvalidClient { basic: false });
    }
    let found = visit.identity.introspect(&Secret::new(needed(&form, "token")?)).await?;
    let found = found.filter(|token| token.client == client.id || client.paths.contains(&token.path));
    Ok(found.map_or_else(|| json!({ "active": false }), |token| told(visit, &token)))
}

fn told(visit: &Visit, token: &Introspection) -> Value {
    json!({
        "active": true,
        "scope": token.scope,
        "client_id": token.client.as_str(),
        "username": token.person.email,
        "token_type": if token.refresh { "refresh_token" } else { "Bearer" },
        "exp": token.expires_at,
        "iat": token.issued_at,
        "sub": token.person.account.to_string(),
        "aud": visit.identity.audience(token.path),
        "iss": visit.origin,
        "sid": token.session.to_string(),
    })
}
