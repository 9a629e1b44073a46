//! The token endpoint (RFC 6749 3.2): codes, refresh tokens, device codes and clients' own secrets become tokens.

use axum::{body::Body, response::Response};
use http::StatusCode;
use identity::{Client, Grant, GrantType, Secret};
use serde_json::json;

use crate::{answers, client_authentication, error::OAuthError, parameters::Parameters, scope, visit::Visit};

pub(crate) async fn token(visit: Visit, body: Body) -> Response {
    match granted(&visit, body).await {
        Ok(grant) => answer(&grant),
        Err(error) => error.answer(),
    }
}

async fn granted(visit: &Visit, body: Body) -> Result<Grant, OAuthError> {
    let form = read(visit, body).await?;
    let kind = needed(&form, "grant_type")?;
    let kind = GrantType::named(kind).ok_or(OAuthError::UnsupportedGrantType)?;
    let (client, secret) = client_authentication::authenticate(visit, &form).await?;
    if !client.grants.contains(&kind) {
        return Err(OAuthError::UnauthorizedClient);
    }
    let identity = &visit.identity;
    Ok(match kind {
        GrantType::AuthorizationCode => {
            let (code, redirect_uri) = (Secret::new(needed(&form, "code")?), needed(&form, "redirect_uri")?);
            let verifier = form.get("code_verifier").map(Secret::new);
            identity.redeem_code(&code, &client.id, redirect_uri, verifier.as_ref()).await?
        }
        GrantType::RefreshToken => identity.refresh(&Secret::new(needed(&form, "refresh_token")?), &client.id).await?,
        GrantType::DeviceCode => {
            identity.poll_device_code(&Secret::new(needed(&form, "device_code")?), &client.id).await?
        }
        GrantType::ClientCredentials => {
            let secret = secret.ok_or(OAuthError::UnauthorizedClient)?;
            identity.client_credentials(&client.id, &secret, path(&client, &form)?).await?
        }
    })
}

/// A form whose parameters come once each.
pub(crate) async fn read(visit: &Visit, body: Body) -> Result<Parameters, OAuthError> {
    let form = Parameters::from_form(&visit.headers, body).await?;
    match form.repeated() {
        None => Ok(form),
        Some(name) => Err(OAuthError::InvalidRequest(format!("{name} is repeated"))),
    }
}

pub(crate) fn needed<'a>(form: &'a Parameters, name: &str) -> Result<&'a str, OAuthError> {
    form.get(name).ok_or_else(|| OAuthError::InvalidRequest(format!("{name} is missing")))
}

/// The path that a request's scope is about.
pub(crate) fn path(client: &Client, form: &Parameters) -> Result<hub::AccessPath, OAuthError> {
    let paths: Vec<_> = client.paths.iter().copied().collect();
    scope::path(form.get("scope").unwrap_or_default(), &paths).map_err(OAuthError::InvalidScope)
}

/// iOS wants an id_token in every answer, refreshed ones included, and all four of them in one of status 200.
fn answer(grant: &Grant) -> Response {
    let mut body = json!({
        "token_type": "Bearer",
        "access_token": grant.access_token.reveal(),
        "id_token": grant.id_token.reveal(),
        "expires_in": grant.expires_in.as_secs(),
        "scope": grant.scope,
    });
    if let (Some(refresh_token), Some(body)) = (&grant.refresh_token, body.as_object_mut()) {
        body.insert("refresh_token".to_owned(), refresh_token.reveal().into());
    }
    answers::json(StatusCode::OK, &body)
}
