//! Token revocation (RFC 7009).

use axum::{body::Body, response::Response};
use identity::Secret;

use super::token::{needed, read};
use crate::{answers, client_authentication, error::OAuthError, visit::Visit};

/// Ends the session a token belongs to. A token that is none of this client's is answered alike: it has no effect
/// either way (RFC 7009 2.2).
pub(crate) async fn revoke(visit: Visit, body: Body) -> Response {
    match revoked(&visit, body).await {
        Ok(()) => answers::nothing(),
        Err(error) => error.answer(),
    }
}

async fn revoked(visit: &Visit, body: Body) -> Result<(), OAuthError> {
    let form = read(visit, body).await?;
    let (client, _) = client_authentication::authenticate(visit, &form).await?;
    visit.identity.revoke(&Secret::new(needed(&form, "token")?), &client.id).await?;
    Ok(())
}
