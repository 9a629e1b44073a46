//! `/device`: connecting a device that shows a code (RFC 8628 3.3). The code is looked up only for somebody who has
//! signed in, so that strangers cannot try codes.

use axum::{body::Body, response::Response};
use http::StatusCode;
use identity::{Client, ClientId, Decision, DeviceRequest};

use crate::{
    answers::{self, Page},
    cookies::Jar,
    endpoints::authorize::first_page,
    limits,
    pages::{
        consent::{self, Consent},
        device,
        error::PageError,
        layout::Problem,
    },
    progress::{Progress, Purpose, SignedIn},
    steps::consent::somebody_else,
    visit::Visit,
};

pub(crate) async fn show(visit: Visit) -> Response {
    let result = shown(&visit);
    visit.answer(result)
}

fn shown(visit: &Visit) -> Result<Response, PageError> {
    let mut user_code = visit.query.get("user_code").unwrap_or_default().to_owned();
    user_code.retain(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    user_code.truncate(limits::USER_CODE_BYTES_MAX);
    let purpose = Purpose::Device { user_code: user_code.clone() };
    let progress = Progress::begin(&visit.service, purpose, visit.language());
    let look = visit.look(progress.language);
    let page = Page::new(device::ask(&look, progress.token.text(), &user_code, &[]));
    Ok(page.with_cookie(visit.keep_progress(&progress)?).answer())
}

pub(crate) async fn submit(visit: Visit, body: Body) -> Response {
    let result = submitted(&visit, body).await;
    visit.answer(result)
}

async fn submitted(visit: &Visit, body: Body) -> Result<Response, PageError> {
    let form = visit.form(body).await?;
    let mut progress = visit.progress_of(&form)?;
    let user_code = form.get("user_code").unwrap_or_default().trim().to_owned();
    if user_code.is_empty() || user_code.len() > limits::USER_CODE_BYTES_MAX {
        return unknown_code(visit, &progress, "");
    }
    progress.purpose = Purpose::Device { user_code };
    let place = if progress.person.is_some() {
        progress.next_page()
    } else {
        first_page(visit, &mut progress, &visit.browser(), false).await?
    };
    Ok(answers::see_other(place, [visit.keep_progress(&progress)?]))
}

fn unknown_code(visit: &Visit, progress: &Progress, user_code: &str) -> Result<Response, PageError> {
    let look = visit.look(progress.language);
    let problems = [Problem::of_field("code", look.texts().device_code_wrong)];
    let page = Page::new(device::ask(&look, progress.token.text(), user_code, &problems));
    visit.progress_page(progress, page.with_status(StatusCode::UNPROCESSABLE_ENTITY))
}

pub(crate) async fn show_confirmation(visit: Visit) -> Response {
    let result = confirmation(&visit).await;
    visit.answer(result)
}

async fn confirmation(visit: &Visit) -> Result<Response, PageError> {
    let progress = visit.progress()?;
    let (Purpose::Device { user_code }, Some(person)) = (&progress.purpose, &progress.person) else {
        return Ok(answers::see_other(progress.next_page(), None));
    };
    let Some(found) = find(visit, user_code).await? else { return unknown_code(visit, &progress, user_code) };
    let client = app(visit, &found.request.client).await?;
    let look = visit.look(progress.language);
    let page = Page::new(consent::render(&Consent {
        look: &look,
        token: progress.token.text(),
        action: "/device/confirm",
        app: &client.name,
        device: None,
        name: &person.name,
        email: &person.email,
        path: found.request.path,
        held_back: &[],
        user_code: Some(&found.user_code),
    }));
    visit.progress_page(&progress, page)
}

async fn find(visit: &Visit, user_code: &str) -> Result<Option<DeviceRequest>, PageError> {
    visit.identity.find_user_code(user_code).await.map_err(|error| PageError::NotNow(error.to_string()))
}

async fn app(visit: &Visit, id: &ClientId) -> Result<Client, PageError> {
    let found = visit.identity.client(id).await.map_err(|error| PageError::NotNow(error.to_string()))?;
    found.ok_or(PageError::UnknownClient)
}

pub(crate) async fn confirm(visit: Visit, body: Body) -> Response {
    let result = confirmed(&visit, body).await;
    visit.answer(result)
}

async fn confirmed(visit: &Visit, body: Body) -> Result<Response, PageError> {
    let form = visit.form(body).await?;
    let progress = visit.progress_of(&form)?;
    let (Purpose::Device { user_code }, Some(person)) = (&progress.purpose, &progress.person) else {
        return Err(PageError::Expired);
    };
    let allowed = match form.get("decision") {
        Some("allow") => true,
        Some("other") => return somebody_else(visit, progress),
        _ => false,
    };
    let decided = visit.identity.decide_user_code(user_code, decision(person, allowed)).await;
    if !decided.map_err(|error| PageError::NotNow(error.to_string()))? {
        return unknown_code(visit, &progress, user_code);
    }
    let mut page = Page::new(device::decided(&visit.look(progress.language), allowed));
    page.cookies.extend(visit.forget(Jar::Progress));
    Ok(page.answer())
}

fn decision(person: &SignedIn, allowed: bool) -> Decision {
    if !allowed {
        return Decision::Deny;
    }
    Decision::Allow { account: person.account, amr: person.amr.clone(), auth_time: person.at }
}
