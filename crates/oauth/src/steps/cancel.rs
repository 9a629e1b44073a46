//! `/sign-in/cancel`: the person does not want to sign in.

use axum::{body::Body, response::Response};

use super::consent;
use crate::{
    answers::Page,
    cookies::Jar,
    pages::{self, error::PageError},
    progress::Purpose,
    visit::Visit,
};

pub(crate) async fn submit(visit: Visit, body: Body) -> Response {
    let result = submitted(&visit, body).await;
    visit.answer(result)
}

async fn submitted(visit: &Visit, body: Body) -> Result<Response, PageError> {
    let form = visit.form(body).await?;
    let progress = visit.progress_of(&form)?;
    let look = visit.look(progress.language);
    let markup = match &progress.purpose {
        Purpose::Authorize(request) => return Ok(consent::denied(visit, request, "the person did not sign in")),
        Purpose::Device { .. } => pages::device::decided(&look, false),
        Purpose::Account | Purpose::Help => pages::account::signed_out(&look),
    };
    let mut page = Page::new(markup);
    page.cookies.extend(visit.forget(Jar::Progress));
    Ok(page.answer())
}
