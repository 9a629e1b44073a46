//! `/help/device`, the style sheet, the script, and what is not there.

use axum::response::{IntoResponse, Response};
use http::header;

use crate::{
    answers::Page,
    limits,
    pages::{self, error::PageError, help},
    visit::Visit,
};

pub(crate) async fn device(visit: Visit) -> Response {
    Page::new(help::device(&visit.look(visit.language()))).answer()
}

pub(crate) async fn style() -> Response {
    file("text/css; charset=utf-8", pages::STYLE)
}

pub(crate) async fn passkey_script() -> Response {
    file("text/javascript; charset=utf-8", pages::PASSKEY_SCRIPT)
}

fn file(kind: &str, content: &'static str) -> Response {
    let age = format!("public, max-age={}", limits::STYLE_AGE_SECONDS);
    let headers =
        [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, &age), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
    (headers, content).into_response()
}

pub(crate) async fn nothing(visit: Visit) -> Response {
    visit.answer(Err(PageError::NotFound))
}
