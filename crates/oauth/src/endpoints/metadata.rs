//! What this server says about itself: RFC 8414, OpenID Connect Discovery 1.0, RFC 9728, and its keys (RFC 7517).

use axum::response::Response;
use identity::GrantType;
use serde_json::{Value, json};

use crate::{answers, error::OAuthError, scope, visit::Visit};

/// The same at the addresses of RFC 8414, of OpenID Connect and of the one where iOS looks.
pub(crate) async fn authorization_server(visit: Visit) -> Response {
    answers::published(&document(&visit))
}

fn document(visit: &Visit) -> Value {
    let at = |path: &str| format!("{}{path}", visit.origin);
    let authentication = ["none", "client_secret_basic", "client_secret_post"];
    json!({
        "issuer": visit.origin,
        "authorization_endpoint": at("/oauth2/v2.0/authorize"),
        "token_endpoint": at("/oauth2/v2.0/token"),
        "device_authorization_endpoint": at("/oauth2/devicecode"),
        "introspection_endpoint": at("/oauth2/introspect"),
        "revocation_endpoint": at("/oauth2/revoke"),
        "jwks_uri": at("/oauth2/jwks"),
        "scopes_supported": scope::supported(),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": GrantType::ALL.map(GrantType::name),
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": authentication,
        "revocation_endpoint_auth_methods_supported": authentication,
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "claims_supported":
            ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "amr", "tid", "name", "email", "preferred_username", "upn"],
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": true,
        "ui_locales_supported": ["en", "de"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
    })
}

/// RFC 9728: which authorization server the paths of this host take tokens from.
pub(crate) async fn protected_resource(visit: Visit) -> Response {
    answers::published(&json!({
        "resource": format!("{}/", visit.origin),
        "authorization_servers": [visit.origin],
        "jwks_uri": format!("{}/oauth2/jwks", visit.origin),
        "scopes_supported": scope::supported(),
        "bearer_methods_supported": ["header"],
        "resource_name": visit.service.settings.organization,
    }))
}

/// The public keys, each with its certificate (`x5c`), which iOS demands.
pub(crate) async fn jwks(visit: Visit) -> Response {
    match visit.identity.jwks().await {
        Ok(keys) => answers::published(&keys),
        Err(error) => OAuthError::from(error).answer(),
    }
}
