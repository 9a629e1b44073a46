//! What a provider says about itself (OpenID Connect Discovery 1.0, RFC 8414).

use jsonwebtoken::Algorithm;
use reqwest::Url;
use serde_json::{Map, Value};

use crate::{
    error::CompanyError,
    jws,
    settings::ClientAuthentication,
    web::{secure, shown},
};

/// The part of a provider's document that is used here.
#[derive(Debug, Clone)]
pub(crate) struct Metadata {
    pub authorization_endpoint: Url,
    pub token_endpoint: Url,
    pub userinfo_endpoint: Option<Url>,
    pub jwks_uri: Url,
    /// Announced for ID tokens, and accepted here.
    pub algorithms: Vec<Algorithm>,
    pub client_authentication: ClientAuthentication,
    /// The provider names itself in every authorization response (RFC 9207).
    pub names_itself: bool,
}

impl Metadata {
    /// Reads the document that was found at `url`.
    pub fn read(document: &Map<String, Value>, url: &Url, issuer: &str) -> Result<Self, CompanyError> {
        let lacks = |what: &str| CompanyError::NotUnderstood { url: shown(url), reason: format!("it has no {what}") };
        let text = |name: &'static str| document.get(name).and_then(Value::as_str);
        let announced = text("issuer").ok_or_else(|| lacks("issuer"))?;
        if announced != issuer {
            return Err(CompanyError::IssuerDiffers { configured: issuer.to_owned(), announced: announced.to_owned() });
        }
        let endpoint = |name: &'static str| text(name).map(|text| secure(name, text)).transpose();
        let needed = |name: &'static str| endpoint(name)?.ok_or_else(|| lacks(name));
        let list = |name: &str| {
            let values = document.get(name).and_then(Value::as_array);
            values.map(|values| values.iter().filter_map(Value::as_str).collect::<Vec<_>>())
        };
        // Core 15.1: every provider must know RS256.
        let announced = list("id_token_signing_alg_values_supported").unwrap_or_else(|| vec!["RS256"]);
        let algorithms: Vec<_> = announced.into_iter().filter_map(jws::algorithm).collect();
        if algorithms.is_empty() {
            return Err(CompanyError::NoAlgorithm);
        }
        // Discovery 3: `client_secret_basic` is the default.
        let methods = list("token_endpoint_auth_methods_supported");
        let only_post = methods.is_some_and(|methods| {
            methods.contains(&"client_secret_post") && !methods.contains(&"client_secret_basic")
        });
        let names_itself = document.get("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true));
        Ok(Self {
            authorization_endpoint: needed("authorization_endpoint")?,
            token_endpoint: needed("token_endpoint")?,
            userinfo_endpoint: endpoint("userinfo_endpoint")?,
            jwks_uri: needed("jwks_uri")?,
            algorithms,
            client_authentication: if only_post { ClientAuthentication::Post } else { ClientAuthentication::Basic },
            names_itself,
        })
    }
}
