//! `/help/device`, the style sheet, the script, and what is not there.

use axum::response::{IntoResponse, Response};
use http::header;

use super::{account::at_home, own_devices};
use crate::{
    answers::{self, Page},
    cookies::Jar,
    limits,
    pages::{
        self,
        error::PageError,
        help::{self, Reader},
    },
    progress::{Progress, Purpose},
    visit::Visit,
};

pub(crate) async fn device(visit: Visit) -> Response {
    let result = shown(&visit).await;
    visit.answer(result)
}

/// For whoever is signing in on a page before this one, else for whoever this browser knows, else for everybody.
async fn shown(visit: &Visit) -> Result<Response, PageError> {
    let (browser, progress) = (visit.browser(), visit.progress().ok());
    let left = progress.as_ref().filter(|progress| matches!(progress.purpose, Purpose::Authorize(_)));
    let signing_in = match left.and_then(|progress| progress.person.as_ref()) {
        Some(person) if visit.is_unchanged(person).await? => Some(person),
        _ => None,
    };
    let person = match signing_in {
        Some(person) => Some(person),
        None => at_home(visit, &browser).await?.map(|(_, person)| person),
    };
    let look = visit.look(left.map_or_else(|| visit.language(), |progress| progress.language));
    let devices = match person {
        Some(person) => own_devices::shown(visit, &look, person).await?,
        None => Vec::new(),
    };
    let reader = person.map_or(Reader::Stranger, |person| Reader::Known {
        name: &person.name,
        email: &person.email,
        devices: &devices,
    });
    let contact = visit.service.settings.help_contact.as_ref();
    let back = signing_in.and(left).map(Progress::next_page);
    let mut page = Page::new(help::device(&look, &reader, contact, back));
    if person.is_some() && progress.is_some_and(|progress| progress.purpose == Purpose::Help) {
        // The sign-in that led here is over.
        page.cookies.extend(visit.forget(Jar::Progress));
    }
    Ok(page.answer())
}

/// `/help/device/sign-in`: begins a sign-in that comes back.
pub(crate) async fn sign_in(visit: Visit) -> Response {
    let result = begun(&visit).await;
    visit.answer(result)
}

async fn begun(visit: &Visit) -> Result<Response, PageError> {
    let browser = visit.browser();
    if at_home(visit, &browser).await?.is_some() {
        return Ok(answers::see_other("/help/device", None));
    }
    let mut progress = Progress::begin(&visit.service, Purpose::Help, visit.language());
    progress.login_hint = browser.people.first().map(|person| person.email.clone()).unwrap_or_default();
    Ok(answers::see_other("/sign-in", [visit.keep_progress(&progress)?]))
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
