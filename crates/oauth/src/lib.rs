//! The authorization server (OAuth 2.1, OpenID Connect) and its pages.
//!
//! Knows HTTP and HTML; who people are and what was granted is the identity crate's. Nothing is kept here: a sign-in in
//! progress is sealed into a cookie (`progress`, `cookies`), so a restart or another node in the middle of it changes
//! nothing.
//!
//! - `endpoints`: what apps and programs speak to, one file each, errors on the wire in `error`.
//! - `steps`: what people do in the browser, one file per page; `pages` is how it looks, `pages::texts` what it says.
//! - `redirect`, `pkce`, `scope`, `parameters`: what an app may ask for, each by itself.
//!
//! To add a language: a variant of `Language` and its texts. To add an endpoint: its file, its line below, its line in
//! `endpoints::metadata`.

mod answers;
mod client_authentication;
mod cookies;
mod device_hint;
mod endpoints;
mod error;
mod help_contact;
mod language;
pub mod limits;
mod pages;
mod parameters;
mod passkey_question;
mod pkce;
mod progress;
mod redirect;
mod scope;
mod service;
mod steps;
mod visit;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};

use crate::endpoints::{authorize, device_authorization, introspect, metadata, revoke, token};
use crate::steps::{
    account, cancel, choose, company, consent, device, enrol, help, own_factors, password, second_factor,
};

pub use help_contact::{HelpContact, HelpContactError};
pub use service::{Network, SecondFactorRule, Service, Settings};

/// The first parts of the paths that [`router`] answers for, beside `/.well-known/`.
pub const ROOMS: [&str; 8] = ["oauth2", "common", "sign-in", "sign-out", "device", "account", "help", ".well-known"];

/// Where people read why a device has no contacts.
pub const HELP_PAGE: &str = "/help/device";

/// Everything this crate answers. A request should bear its [`Network`] as an extension.
pub fn router(service: Service) -> Router {
    Router::new()
        .route("/oauth2/authorize", get(authorize::on_premises).post(authorize::on_premises_form))
        .route("/oauth2/v2.0/authorize", get(authorize::entra).post(authorize::entra_form))
        .route("/oauth2/token", post(token::token))
        .route("/oauth2/v2.0/token", post(token::token))
        .route("/oauth2/devicecode", post(device_authorization::device_authorization))
        .route("/oauth2/introspect", post(introspect::introspect))
        .route("/oauth2/revoke", post(revoke::revoke))
        .route("/oauth2/jwks", get(metadata::jwks))
        .route("/.well-known/oauth-authorization-server", get(metadata::authorization_server))
        .route("/.well-known/openid-configuration", get(metadata::authorization_server))
        .route("/common/v2.0/.well-known/openid-configuration", get(metadata::authorization_server))
        .route("/.well-known/oauth-protected-resource", get(metadata::protected_resource))
        .route("/sign-in", get(password::show).post(password::submit))
        .route("/sign-in/choose", get(choose::show).post(choose::submit))
        .route("/sign-in/consent", get(consent::show).post(consent::submit))
        .route("/sign-in/code", get(second_factor::show).post(second_factor::submit))
        .route("/sign-in/enrol", get(enrol::show).post(enrol::submit))
        .route("/sign-in/company/begin", get(company::begin))
        .route("/sign-in/company", get(company::complete))
        .route("/sign-in/cancel", post(cancel::submit))
        .route("/sign-in/style.css", get(help::style))
        .route(pages::passkey::SCRIPT_PATH, get(help::passkey_script))
        .route("/sign-out", post(account::sign_out))
        .route("/device", get(device::show).post(device::submit))
        .route("/device/confirm", get(device::show_confirmation).post(device::confirm))
        .route("/account", get(account::show))
        .route("/account/sign-out", post(account::sign_out_session))
        .route("/account/app", get(own_factors::back).post(own_factors::begin_app))
        .route("/account/app/confirm", get(own_factors::back).post(own_factors::confirm_app))
        .route("/account/passkey", get(own_factors::back).post(own_factors::begin_passkey))
        .route("/account/passkey/confirm", get(own_factors::back).post(own_factors::confirm_passkey))
        .route("/account/recovery-codes", get(own_factors::back).post(own_factors::make_codes))
        .route("/account/remove", get(own_factors::back).post(own_factors::remove))
        .route(HELP_PAGE, get(help::device))
        .route("/help/device/sign-in", get(help::sign_in))
        .fallback(help::nothing)
        .with_state(Arc::new(service))
}
