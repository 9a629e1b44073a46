//! `/sign-in/code`: the second factor, for people who have one. Who signs in at the company's provider shows theirs
//! there.

use std::time::Duration;

use axum::{body::Body, response::Response};
use http::{HeaderValue, StatusCode, header};
use identity::{
    Secret,
    second_factor::{FactorError, FactorKind},
};

use super::{consent::somebody_else, enrol, signed_in};
use crate::{
    answers::{self, Page},
    cookies::Jar,
    limits,
    pages::{
        error::PageError,
        layout::Problem,
        passkey::{self, PasskeyForm},
        second_factor,
    },
    passkey_question::{self, Wish},
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
    let result = shown(&visit).await;
    visit.answer(result)
}

async fn shown(visit: &Visit) -> Result<Response, PageError> {
    let progress = visit.progress()?;
    let Some(person) = progress.half_way.as_ref().filter(|_| progress.enrolling.is_none()) else {
        return Ok(answers::see_other(progress.next_page(), None));
    };
    let page = page(visit, &progress, person, &[]).await?;
    visit.progress_page(&progress, page)
}

async fn page(visit: &Visit, progress: &Progress, person: &SignedIn, problems: &[Problem]) -> Result<Page, PageError> {
    let look = visit.look(progress.language);
    let token = progress.token.text();
    let question = passkey_question(visit, progress, person).await?;
    let form = question.as_ref().map(|(options, _)| {
        let action = "/sign-in/code";
        passkey::form(&PasskeyForm { look: &look, token, action, add: false, label: None, options })
    });
    let page = Page::new(second_factor::render(&look, token, &person.email, form.as_ref(), problems));
    Ok(match question {
        Some((_, cookie)) => page.with_script().with_cookie(cookie),
        None => page,
    })
}

/// The question for the person's passkeys, and the cookie that keeps it; `None` when they have none that is good here.
async fn passkey_question(
    visit: &Visit,
    progress: &Progress,
    person: &SignedIn,
) -> Result<Option<(String, HeaderValue)>, PageError> {
    let site = visit.service.passkey_site(&visit.origin);
    match visit.identity.ask_for_passkey(person.account, &site).await {
        Ok(Some(challenge)) => {
            let cookie = passkey_question::keep(visit, Wish::Show, person.account, &progress.token, &challenge);
            Ok(cookie.map(|cookie| (challenge.options, cookie)))
        }
        Ok(None) | Err(FactorError::UnfitSite(_)) => Ok(None),
        Err(error) => Err(PageError::NotNow(error.to_string())),
    }
}

/// Takes the passkey a form bears. Its question is over, whatever comes of it.
async fn take_passkey(
    visit: &Visit,
    progress: &Progress,
    person: &SignedIn,
    answer: &str,
) -> Result<FactorKind, FactorError> {
    let state = passkey_question::kept(visit, Wish::Show, person.account, &progress.token).ok_or(FactorError::Wrong)?;
    let site = visit.service.passkey_site(&visit.origin);
    visit.identity.take_passkey(person.account, &site, &state, answer).await?;
    Ok(FactorKind::Passkey)
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
    let (shown, field) = match (form.get("passkey"), code) {
        (Some(answer), _) => (take_passkey(visit, &progress, &person, answer).await, "passkey"),
        (None, Some(code)) => (visit.identity.take_code(person.account, &Secret::new(code)).await, "code"),
        (None, None) => {
            let text = visit.look(progress.language).texts().code_missing.to_owned();
            let missing = (StatusCode::UNPROCESSABLE_ENTITY, None, Problem::of_field("code", text));
            return refused(visit, progress, person, missing).await;
        }
    };
    match shown {
        Ok(kind) => {
            person.amr.extend([kind.amr(), "mfa"].map(str::to_owned));
            person.at = visit.now;
            // A recovery code that is used up changes the person.
            let facts = visit.facts(&person).await?.ok_or(PageError::Expired)?;
            person.revision = facts.revision;
            let mut answer = signed_in(visit, progress, person)?;
            if let Some(cookie) = visit.forget(Jar::Passkey) {
                answer.headers_mut().append(header::SET_COOKIE, cookie);
            }
            Ok(answer)
        }
        Err(error) => {
            let complaint = complaint(visit, &progress, field, error)?;
            refused(visit, progress, person, complaint).await
        }
    }
}

type Complaint = (StatusCode, Option<Duration>, Problem);

fn complaint(
    visit: &Visit,
    progress: &Progress,
    field: &'static str,
    error: FactorError,
) -> Result<Complaint, PageError> {
    let look = visit.look(progress.language);
    let texts = look.texts();
    match error {
        FactorError::Wrong => {
            let text = if field == "passkey" { texts.passkey_failed } else { texts.code_wrong };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, None, Problem::of_field(field, text)))
        }
        FactorError::TooManyAttempts { retry_after } => {
            let text = (texts.too_many_codes)(retry_after.as_secs().max(1));
            Ok((StatusCode::TOO_MANY_REQUESTS, Some(retry_after), Problem::of_field(field, text)))
        }
        error => Err(PageError::NotNow(error.to_string())),
    }
}

async fn refused(
    visit: &Visit,
    mut progress: Progress,
    person: SignedIn,
    (status, retry_after, problem): Complaint,
) -> Result<Response, PageError> {
    let page = page(visit, &progress, &person, &[problem]).await?.with_status(status);
    progress.half_way = Some(person);
    let mut answer = visit.progress_page(&progress, page)?;
    if let Some(retry_after) = retry_after {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after.as_secs().max(1)));
    }
    Ok(answer)
}
