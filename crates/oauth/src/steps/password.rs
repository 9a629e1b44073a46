//! `/sign-in`: the password.

use std::time::Duration;

use axum::{body::Body, response::Response};
use http::{HeaderValue, StatusCode, header};
use identity::{Refusal, Secret};

use super::second_factor;
use crate::{
    answers::{self, Page},
    limits,
    pages::{
        error::PageError,
        layout::Problem,
        sign_in::{self, SignIn},
    },
    parameters::Parameters,
    progress::{Progress, SignedIn},
    visit::Visit,
};

pub(crate) async fn show(visit: Visit) -> Response {
    let result = shown(&visit);
    visit.answer(result)
}

fn shown(visit: &Visit) -> Result<Response, PageError> {
    let progress = visit.progress()?;
    if progress.person.is_some() {
        return Ok(answers::see_other(progress.next_page(), None));
    }
    let page = page(visit, &progress, &progress.login_hint, &[]);
    visit.progress_page(&progress, page)
}

/// The sign-in page.
pub(crate) fn page(visit: &Visit, progress: &Progress, login_name: &str, problems: &[Problem]) -> Page {
    let look = visit.look(progress.language);
    Page::new(sign_in::render(&SignIn {
        look: &look,
        token: progress.token.text(),
        app: progress.app(&look.organization),
        login_name,
        company: visit.service.company.as_ref().map(federation::Company::name),
        passwords: visit.service.settings.passwords,
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
    if !visit.service.settings.passwords {
        return Err(PageError::NotFound);
    }
    let name = form.get("name").unwrap_or_default().trim();
    let complaint = match typed(visit, &progress, &form, name) {
        Err(problems) => (StatusCode::UNPROCESSABLE_ENTITY, problems, None),
        Ok(password) => match visit.identity.sign_in_with_password(name, &password, visit.network).await {
            Ok(person) => {
                let person = SignedIn::new(&person, vec!["pwd".to_owned()], visit.now);
                return second_factor::after_password(visit, progress, person).await;
            }
            Err(refusal) => complaint(visit, &progress, &refusal),
        },
    };
    let (status, problems, retry_after) = complaint;
    let page = page(visit, &progress, name, &problems).with_status(status);
    let mut answer = visit.progress_page(&progress, page)?;
    if let Some(retry_after) = retry_after {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after.as_secs().max(1)));
    }
    Ok(answer)
}

/// The password, or what is missing.
fn typed(visit: &Visit, progress: &Progress, form: &Parameters, name: &str) -> Result<Secret, Vec<Problem>> {
    let look = visit.look(progress.language);
    let texts = look.texts();
    let password = form.get("password");
    let mut problems = Vec::new();
    if name.is_empty() {
        problems.push(Problem::of_field("name", texts.login_name_missing));
    }
    match password {
        None => problems.push(Problem::of_field("password", texts.password_missing)),
        // Nobody has one of this length; it is not looked at.
        Some(password) if password.len().max(name.len()) > limits::TYPED_BYTES_MAX => {
            problems.push(Problem::of_field("password", texts.wrong_password));
        }
        Some(password) if problems.is_empty() => return Ok(Secret::new(password)),
        Some(_) => {}
    }
    Err(problems)
}

/// What a refusal looks like. A wrong password and a person who does not exist look alike.
fn complaint(visit: &Visit, progress: &Progress, refusal: &Refusal) -> (StatusCode, Vec<Problem>, Option<Duration>) {
    let look = visit.look(progress.language);
    let texts = look.texts();
    match refusal {
        Refusal::TooManyAttempts { retry_after } => {
            let text = (texts.too_many_attempts)(retry_after.as_secs().max(1));
            (StatusCode::TOO_MANY_REQUESTS, vec![Problem::of_all(text)], Some(*retry_after))
        }
        Refusal::Unavailable(reason) => {
            tracing::warn!(reason, "nobody can sign in now");
            let pause = Duration::from_secs(limits::RETRY_AFTER_SECONDS.into());
            (StatusCode::SERVICE_UNAVAILABLE, vec![Problem::of_all(texts.not_now)], Some(pause))
        }
        // Said only to those who know the password.
        Refusal::Disabled => (StatusCode::FORBIDDEN, vec![Problem::of_all(texts.shut_out)], None),
        _ => (StatusCode::UNPROCESSABLE_ENTITY, vec![Problem::of_field("password", texts.wrong_password)], None),
    }
}
