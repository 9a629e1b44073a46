//! `/sign-in/choose`: which of the people this browser knows.

use axum::{body::Body, response::Response};

use crate::{
    answers::{self, Page},
    pages::{
        choose::{self, Known},
        error::PageError,
    },
    progress::is_recent,
    visit::Visit,
};

pub(crate) async fn show(visit: Visit) -> Response {
    let result = shown(&visit);
    visit.answer(result)
}

fn shown(visit: &Visit) -> Result<Response, PageError> {
    let progress = visit.progress()?;
    let browser = visit.browser();
    if browser.people.is_empty() {
        return Ok(answers::see_other("/sign-in", None));
    }
    let people = browser.people.iter().map(|person| Known {
        name: &person.name,
        email: &person.email,
        signed_in: is_recent(person, progress.not_before, visit.now),
    });
    let people: Vec<_> = people.collect();
    let look = visit.look(progress.language);
    let app = progress.app(&look.organization);
    let page = Page::new(choose::render(&look, progress.token.text(), app, &people));
    visit.progress_page(&progress, page)
}

pub(crate) async fn submit(visit: Visit, body: Body) -> Response {
    let result = submitted(&visit, body).await;
    visit.answer(result)
}

async fn submitted(visit: &Visit, body: Body) -> Result<Response, PageError> {
    let form = visit.form(body).await?;
    let mut progress = visit.progress_of(&form)?;
    progress.starts_over(&visit.service);
    progress.login_hint = form.get("account").unwrap_or_default().to_owned();
    let browser = visit.browser();
    if let Some(person) = browser.known(&progress.login_hint)
        && visit.still_signed_in(person, progress.not_before).await?
    {
        progress.signed_in(&visit.service, person.clone());
    }
    Ok(answers::see_other(progress.next_page(), [visit.keep_progress(&progress)?]))
}
