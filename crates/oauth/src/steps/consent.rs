//! `/sign-in/consent`: the person sees who asks for what, and decides. Then the app gets its code, or hears no.

use axum::{body::Body, response::Response};
use http::{HeaderValue, StatusCode};
use hub::AccessPath;
use identity::{ClientId, CodeRequest, GrantError};

use super::own_devices;
use crate::{
    answers::{self, Page},
    cookies::Jar,
    device_hint,
    endpoints::authorize::error_location,
    pages::{
        consent::{self, Consent},
        error::PageError,
    },
    progress::{AuthorizationRequest, Progress, Purpose, SignedIn},
    redirect,
    visit::Visit,
};

pub(crate) async fn show(visit: Visit) -> Response {
    let result = shown(&visit).await;
    visit.answer(result)
}

async fn shown(visit: &Visit) -> Result<Response, PageError> {
    let progress = visit.progress()?;
    let (Purpose::Authorize(request), Some(person)) = (&progress.purpose, &progress.person) else {
        return Ok(answers::see_other(progress.next_page(), None));
    };
    let look = visit.look(progress.language);
    if is_closed(visit, person, request.path).await? {
        let page = Page::new(consent::closed(&look, progress.token.text(), &person.name, &person.email));
        return visit.progress_page(&progress, page.with_status(StatusCode::FORBIDDEN));
    }
    let user_agent = device_hint::user_agent(&visit.headers);
    let device = device_hint::device(&user_agent);
    let held_back = match request.path {
        AccessPath::ActiveSync => own_devices::perhaps_here(visit, &look, person, &user_agent).await?,
        _ => Vec::new(),
    };
    let page = Page::new(consent::render(&Consent {
        look: &look,
        token: progress.token.text(),
        action: "/sign-in/consent",
        app: &request.app,
        device: device.as_deref(),
        name: &person.name,
        email: &person.email,
        path: request.path,
        held_back: &held_back,
        user_code: None,
    }));
    visit.progress_page(&progress, page)
}

/// Whether an administrator has closed this path for the person.
async fn is_closed(visit: &Visit, person: &SignedIn, path: AccessPath) -> Result<bool, PageError> {
    Ok(visit.facts(person).await?.is_none_or(|facts| facts.paths_off.contains(&path)))
}

pub(crate) async fn submit(visit: Visit, body: Body) -> Response {
    let result = submitted(&visit, body).await;
    visit.answer(result)
}

async fn submitted(visit: &Visit, body: Body) -> Result<Response, PageError> {
    let form = visit.form(body).await?;
    let progress = visit.progress_of(&form)?;
    let (Purpose::Authorize(request), Some(person)) = (&progress.purpose, &progress.person) else {
        return Err(PageError::Expired);
    };
    match form.get("decision") {
        Some("allow") if is_closed(visit, person, request.path).await? => {
            Ok(denied(visit, request, "the path is closed for this person"))
        }
        Some("allow") => allowed(visit, request, person).await,
        Some("other") => somebody_else(visit, progress),
        _ => Ok(denied(visit, request, "the person did not allow it")),
    }
}

/// Back to the app with a code. Nothing of the sign-in is left in the browser but who it was.
async fn allowed(visit: &Visit, request: &AuthorizationRequest, person: &SignedIn) -> Result<Response, PageError> {
    let asked = CodeRequest {
        client: ClientId::new(&request.client),
        redirect_uri: request.redirect_uri.clone(),
        path: request.path,
        resource: request.resource.clone(),
        scope: request.scope.clone(),
        pkce: request.challenge.clone(),
        nonce: request.nonce.clone(),
        claims_challenge: request.claims_challenge,
        amr: person.amr.clone(),
        user_agent: device_hint::user_agent(&visit.headers),
        network: visit.network,
        auth_time: person.at,
    };
    let code = match visit.identity.issue_code(person.account, asked).await {
        Ok(code) => code,
        Err(GrantError::Temporary(reason)) => return Err(PageError::NotNow(reason)),
        // Shut out, or gone, since the password was typed.
        Err(error) => return Ok(denied(visit, request, &error.to_string())),
    };
    let mut parameters = vec![("code", code.reveal())];
    parameters.extend(request.state.as_deref().map(|state| ("state", state)));
    parameters.push(("iss", &visit.origin));
    let location = redirect::with_parameters(&request.redirect_uri, &parameters);
    Ok(answers::see_other(&location, over(visit)))
}

/// Back to the app without one.
pub(crate) fn denied(visit: &Visit, request: &AuthorizationRequest, why: &str) -> Response {
    let state = request.state.as_deref();
    answers::see_other(&error_location(visit, &request.redirect_uri, state, "access_denied", why), over(visit))
}

fn over(visit: &Visit) -> Option<HeaderValue> {
    visit.forget(Jar::Progress)
}

/// The person at the browser is another one.
pub(crate) fn somebody_else(visit: &Visit, mut progress: Progress) -> Result<Response, PageError> {
    progress.starts_over(&visit.service);
    Ok(answers::see_other("/sign-in", [visit.keep_progress(&progress)?]))
}
