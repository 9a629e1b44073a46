//! `/sign-in/code`: the second factor, for people who have one. Who signs in at the company's provider shows theirs
//! there.

use std::time::Duration;

use axum::{body::Body, response::Response};
use http::{HeaderValue, StatusCode, header};
use identity::{Secret, second_factor::FactorError};

use super::{consent::somebody_else, enrol, signed_in};
use crate::{
    answers::{self, Page},
    limits,
    pages::{error::PageError, layout::Problem, second_factor},
    progress::{Progress, SignedIn},
    service::SecondFactorRule,
    visit::Visit,
};

/// After the right password: in, or on to the second factor, or to adding one.
pub(crate) async fn after_password(
    visit: &Visit,
    mut progress: Progress,
    person: SignedIn,
) -> Result<Response, PageError> {
    let owes = visit.identity.has_second_factor(person.account).await;
    if !owes.map_err(|error| PageError::NotNow(error.to_string()))? {
        return match visit.service.settings.second_factor {
            SecondFactorRule::Required => enrol::begin(visit, progress, person).await,
            SecondFactorRule::Optional => signed_in(visit, progress, SignedIn { password_alone: true, ..person }),
        };
    }
    progress.owes_second_factor(&visit.service, person);
    Ok(answers::see_other(progress.next_page(), [visit.keep_progress(&progress)?]))
}

pub(crate) async fn show(visit: Visit) -> Response {
    let result = shown(&visit);
    visit.answer(result)
}

fn shown(visit: &Visit) -> Result<Response, PageError> {
    let progress = visit.progress()?;
    let Some(person) = &progress.half_way else {
        return Ok(answers::see_other(progress.next_page(), None));
    };
    visit.progress_page(&progress, page(visit, &progress, person, &[]))
}

fn page(visit: &Visit, progress: &Progress, person: &SignedIn, problems: &[Problem]) -> Page {
    let look = visit.look(progress.language);
    Page::new(second_factor::render(&look, progress.token.text(), &person.email, problems))
}

pub(crate) async fn submit(visit: Visit, body: Body) -> Response {
    let result = submitted(&visit, body).await;
    visit.answer(result)
}

async fn submitted(visit: &Visit, body: Body) -> Result<Response, PageError> {
    let form = visit.form(body).await?;
    let mut progress = visit.progress_of(&form)?;
    if form.get("decision") == Some("other") {
        return somebody_else(visit, progress);
    }
    // Who must add an authenticator app does so; a recovery code that was left over is no way around it.
    if progress.enrolling.is_some() {
        return Ok(answers::see_other(progress.next_page(), None));
    }
    let mut person = progress.half_way.take().ok_or(PageError::Expired)?;
    // A password that was changed meanwhile, a person shut out: begin again.
    if !visit.is_unchanged(&person).await? {
        return somebody_else(visit, progress);
    }
    let code = form.get("code").map(str::trim).filter(|code| code.len() <= limits::CODE_BYTES_MAX);
    let problem = match code {
        None => (StatusCode::UNPROCESSABLE_ENTITY, None, visit.look(progress.language).texts().code_missing.to_owned()),
        Some(code) => match visit.identity.take_code(person.account, &Secret::new(code)).await {
            Ok(kind) => {
                person.amr.extend([kind.amr(), "mfa"].map(str::to_owned));
                person.at = visit.now;
                // A recovery code that is used up changes the person.
                let facts = visit.facts(&person).await?.ok_or(PageError::Expired)?;
                person.revision = facts.revision;
                return signed_in(visit, progress, person);
            }
            Err(error) => complaint(visit, &progress, error)?,
        },
    };
    refused(visit, progress, person, problem)
}

type Complaint = (StatusCode, Option<Duration>, String);

fn complaint(visit: &Visit, progress: &Progress, error: FactorError) -> Result<Complaint, PageError> {
    let look = visit.look(progress.language);
    let texts = look.texts();
    match error {
        FactorError::Wrong => Ok((StatusCode::UNPROCESSABLE_ENTITY, None, texts.code_wrong.to_owned())),
        FactorError::TooManyAttempts { retry_after } => {
            let text = (texts.too_many_codes)(retry_after.as_secs().max(1));
            Ok((StatusCode::TOO_MANY_REQUESTS, Some(retry_after), text))
        }
        error => Err(PageError::NotNow(error.to_string())),
    }
}

fn refused(
    visit: &Visit,
    mut progress: Progress,
    person: SignedIn,
    (status, retry_after, text): Complaint,
) -> Result<Response, PageError> {
    let problems = [Problem::of_field("code", text)];
    let page = page(visit, &progress, &person, &problems).with_status(status);
    progress.half_way = Some(person);
    let mut answer = visit.progress_page(&progress, page)?;
    if let Some(retry_after) = retry_after {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after.as_secs().max(1)));
    }
    Ok(answer)
}
