//! `/sign-in/enrol`: where a second factor is required, whoever has none adds an authenticator app before they go on.

use axum::{body::Body, response::Response};
use http::StatusCode;
use identity::{
    Secret,
    second_factor::{FactorError, FactorId, FactorKind, TotpEnrolment},
};

use super::{consent::somebody_else, remembered};
use crate::{
    answers::{self, Page},
    limits,
    pages::{
        authenticator::{self, App},
        error::PageError,
        layout::Problem,
        recovery_codes,
    },
    progress::{Progress, SignedIn},
    visit::Visit,
};

/// After the right password of somebody who must have a second factor and has none.
pub(crate) async fn begin(visit: &Visit, mut progress: Progress, person: SignedIn) -> Result<Response, PageError> {
    let begun = begin_totp(visit, &person).await?;
    progress.enrols(&visit.service, person, &begun.id);
    Ok(answers::see_other(progress.next_page(), [visit.keep_progress(&progress)?]))
}

async fn begin_totp(visit: &Visit, person: &SignedIn) -> Result<TotpEnrolment, PageError> {
    let site = &visit.service.settings.organization;
    visit.identity.begin_totp(person.account, &person.email, site, "").await.map_err(|error| not_now(&error))
}

fn not_now(error: &FactorError) -> PageError {
    PageError::NotNow(error.to_string())
}

pub(crate) async fn show(visit: Visit) -> Response {
    let result = shown(&visit).await;
    visit.answer(result)
}

async fn shown(visit: &Visit) -> Result<Response, PageError> {
    let mut progress = visit.progress()?;
    let (Some(person), Some(id)) = (progress.half_way.clone(), begun(&progress)) else {
        return Ok(answers::see_other(progress.next_page(), None));
    };
    // Also when they added one somewhere else meanwhile: then they are asked for it.
    if !visit.is_unchanged(&person).await? {
        return somebody_else(visit, progress);
    }
    match shown_again(visit, &person, &id).await {
        Ok(app) => visit.progress_page(&progress, page(visit, &progress, &person, &app, &[])),
        // They began anew in another browser.
        Err(FactorError::NoSuchFactor) => {
            let app = begin_totp(visit, &person).await?;
            progress.enrolling = Some(app.id.to_string());
            let page = page(visit, &progress, &person, &app, &[]);
            visit.progress_page(&progress, page.with_cookie(visit.keep_progress(&progress)?))
        }
        Err(error) => Err(not_now(&error)),
    }
}

fn begun(progress: &Progress) -> Option<FactorId> {
    progress.enrolling.as_ref()?.parse().ok()
}

async fn shown_again(visit: &Visit, person: &SignedIn, id: &FactorId) -> Result<TotpEnrolment, FactorError> {
    let site = &visit.service.settings.organization;
    visit.identity.begun_totp(person.account, &person.email, site, id).await
}

fn page(visit: &Visit, progress: &Progress, person: &SignedIn, app: &TotpEnrolment, problems: &[Problem]) -> Page {
    let look = visit.look(progress.language);
    let texts = look.texts();
    Page::new(authenticator::render(&App {
        look: &look,
        token: progress.token.text(),
        action: "/sign-in/enrol",
        intro: Some(texts.enrol_required),
        email: &person.email,
        factor: None,
        secret: &app.secret,
        address: &app.address,
        problems,
    }))
}

pub(crate) async fn submit(visit: Visit, body: Body) -> Response {
    let result = submitted(&visit, body).await;
    visit.answer(result)
}

async fn submitted(visit: &Visit, body: Body) -> Result<Response, PageError> {
    let form = visit.form(body).await?;
    let progress = visit.progress_of(&form)?;
    if form.get("decision") == Some("other") {
        return somebody_else(visit, progress);
    }
    let (Some(person), Some(id)) = (progress.half_way.clone(), begun(&progress)) else {
        return Ok(answers::see_other(progress.next_page(), None));
    };
    if !visit.is_unchanged(&person).await? {
        return somebody_else(visit, progress);
    }
    let look = visit.look(progress.language);
    let texts = look.texts();
    let code = form.get("code").filter(|code| code.len() <= limits::CODE_BYTES_MAX);
    let text = match code {
        None => texts.code_missing,
        Some(code) => match visit.identity.confirm_totp(person.account, &id, &Secret::new(code)).await {
            Ok(()) => return enrolled(visit, progress, person).await,
            Err(FactorError::Wrong) => texts.app_code_wrong,
            Err(FactorError::NoSuchFactor) => return Ok(answers::see_other("/sign-in/enrol", None)),
            Err(error) => return Err(not_now(&error)),
        },
    };
    let app = shown_again(visit, &person, &id).await.map_err(|error| not_now(&error))?;
    let problems = [Problem::of_field("code", text)];
    let page = page(visit, &progress, &person, &app, &problems).with_status(StatusCode::UNPROCESSABLE_ENTITY);
    visit.progress_page(&progress, page)
}

/// The app is there, and they have shown its code: that is their second factor for this sign-in.
async fn enrolled(visit: &Visit, mut progress: Progress, mut person: SignedIn) -> Result<Response, PageError> {
    let codes = visit.identity.make_recovery_codes(person.account).await.map_err(|error| not_now(&error))?;
    person.amr.extend([FactorKind::Totp.amr(), "mfa"].map(str::to_owned));
    person.at = visit.now;
    // This changed the person, and they did it themselves.
    person.revision = visit.facts(&person).await?.ok_or(PageError::Expired)?.revision;
    let cookies = remembered(visit, &mut progress, person)?;
    let look = visit.look(progress.language);
    let mut page = Page::new(recovery_codes::render(&look, &codes, progress.next_page()));
    page.cookies.extend(cookies);
    Ok(page.answer())
}
