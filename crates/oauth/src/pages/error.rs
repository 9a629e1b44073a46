//! What people see when there is nothing to go back to.

use http::StatusCode;
use maud::{Markup, html};

use super::layout::{Look, Width, page};

/// Why a page cannot be shown, or a sign-in cannot begin. Never a redirection: there is no address to be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PageError {
    #[error("the client is not known")]
    UnknownClient,
    #[error("the redirection URI is not registered for the client")]
    UnknownRedirect,
    /// Says what is wrong, for administrators.
    #[error("{0}")]
    BadRequest(String),
    /// No sign-in is in progress in this browser, or it took too long.
    #[error("no sign-in is in progress")]
    Expired,
    /// The form was not made for this browser and this sign-in.
    #[error("the form belongs to another sign-in")]
    OtherForm,
    #[error("there is no such page")]
    NotFound,
    /// Try again.
    #[error("{0}")]
    NotNow(String),
}

impl PageError {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::OtherForm => StatusCode::FORBIDDEN,
            Self::NotNow(_) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

pub(crate) fn render(look: &Look, error: &PageError) -> Markup {
    let texts = look.texts();
    let text = match error {
        PageError::UnknownClient => texts.error_client,
        PageError::UnknownRedirect => texts.error_redirect,
        PageError::BadRequest(_) => texts.error_request,
        PageError::Expired => texts.error_expired,
        PageError::OtherForm => texts.error_form,
        PageError::NotFound => texts.error_not_found,
        PageError::NotNow(_) => texts.error_not_now,
    };
    let body = html! {
        p { (text) }
        @if let PageError::BadRequest(detail) = error {
            p.quiet { (texts.error_id) " " code { (detail) } }
        }
    };
    page(look, Width::Form, texts.cannot_go_on, &[], &body)
}
