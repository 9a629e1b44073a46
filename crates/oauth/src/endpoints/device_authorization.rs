//! The device authorization endpoint (RFC 8628 3.1): a program without a browser asks for a code to show.

use axum::{body::Body, response::Response};
use http::StatusCode;
use identity::{CodeRequest, GrantType};
use serde_json::{Value, json};

use super::token::{path, read};
use crate::{answers, client_authentication, device_hint, error::OAuthError, limits, redirect, scope, visit::Visit};

pub(crate) async fn device_authorization(visit: Visit, body: Body) -> Response {
    match started(&visit, body).await {
        Ok(answer) => answers::json(StatusCode::OK, &answer),
        Err(error) => error.answer(),
    }
}

async fn started(visit: &Visit, body: Body) -> Result<Value, OAuthError> {
    let form = read(visit, body).await?;
    let (client, _) = client_authentication::authenticate(visit, &form).await?;
    if !client.grants.contains(&GrantType::DeviceCode) {
        return Err(OAuthError::UnauthorizedClient);
    }
    if ["scope", "resource"].iter().any(|name| form.get(name).is_some_and(|it| it.len() > limits::ASKED_BYTES_MAX)) {
        return Err(OAuthError::TooLarge);
    }
    if form.get("resource").is_some_and(|resource| !visit.is_here(resource)) {
        return Err(OAuthError::InvalidTarget);
    }
    let path = path(&client, &form)?;
    let request = CodeRequest {
        client: client.id,
        redirect_uri: String::new(),
        path,
        resource: form.get("resource").map(str::to_owned),
        scope: scope::granted(form.get("scope").unwrap_or_default(), path),
        pkce: None,
        nonce: None,
        claims_challenge: false,
        amr: Vec::new(),
        user_agent: device_hint::user_agent(&visit.headers),
        network: visit.network,
        auth_time: visit.now,
    };
    let code = visit.identity.start_device_code(request).await?;
    let page = format!("{}/device", visit.origin);
    Ok(json!({
        "device_code": code.device_code.reveal(),
        "user_code": code.user_code,
        "verification_uri": page,
        "verification_uri_complete": redirect::with_parameters(&page, &[("user_code", &code.user_code)]),
        "expires_in": code.expires_in,
        "interval": code.interval,
    }))
}
