//! `/sign-in/company`: signing in at the company's own provider.

use axum::response::Response;
use federation::{CompanyError, CompanyPerson, Remedy, Start};
use http::StatusCode;
use identity::Refusal;

use super::{password, signed_in};
use crate::{
    answers,
    pages::{error::PageError, layout::Problem, texts::Texts},
    progress::{Progress, SignedIn},
    visit::Visit,
};

pub(crate) async fn begin(visit: Visit) -> Response {
    let result = begun(&visit).await;
    visit.answer(result)
}

async fn begun(visit: &Visit) -> Result<Response, PageError> {
    let mut progress = visit.progress()?;
    let company = visit.service.company.as_ref().ok_or(PageError::NotFound)?;
    let hint = Some(progress.login_hint.clone()).filter(|hint| !hint.is_empty());
    let start = Start { choose_account: hint.is_none(), login_hint: hint };
    match company.begin(&start).await {
        Ok(redirect) => {
            progress.company = Some(redirect.memory);
            Ok(answers::see_other(&redirect.url, [visit.keep_progress(&progress)?]))
        }
        Err(error) => failed(visit, progress, &error),
    }
}

/// Where the provider sends the person back to.
pub(crate) async fn complete(visit: Visit) -> Response {
    let result = completed(&visit).await;
    visit.answer(result)
}

async fn completed(visit: &Visit) -> Result<Response, PageError> {
    let mut progress = visit.progress()?;
    let company = visit.service.company.as_ref().ok_or(PageError::NotFound)?;
    // Used once, whatever comes of it.
    let memory = progress.company.take().ok_or(PageError::Expired)?;
    let person = match company.complete(&memory, &visit.query_text).await {
        Ok(person) => person,
        Err(error) => {
            if let CompanyError::NotInGroup { issuer, subject, .. } = &error {
                left(visit, issuer, subject).await?;
            }
            return failed(visit, progress, &error);
        }
    };
    let facts = match visit.identity.adopt(&person.person).await {
        Ok(facts) => facts,
        Err(refusal) => return refused(visit, progress, &refusal),
    };
    let CompanyPerson { auth_time, amr, .. } = person;
    let at = auth_time.map_or(visit.now, |seconds| seconds.saturating_mul(1_000_000).min(visit.now));
    signed_in(visit, progress, SignedIn::new(&facts, amr, at))
}

/// The provider says that somebody is no longer one of those who may come in: where they are still signed in, that ends.
async fn left(visit: &Visit, issuer: &str, subject: &str) -> Result<(), PageError> {
    let outcome = "in none of the groups that may come in, says the company's provider";
    let ended = visit.identity.dismiss(issuer, subject, visit.network, outcome).await;
    let ended = ended.map_err(|error| PageError::NotNow(error.to_string()))?;
    tracing::info!(ended, "sessions of somebody who left the groups that may come in");
    Ok(())
}

fn failed(visit: &Visit, progress: Progress, error: &CompanyError) -> Result<Response, PageError> {
    tracing::warn!(%error, "the company's provider did not let somebody in");
    let (status, text): (_, fn(&Texts) -> &'static str) = match error.remedy() {
        Remedy::Later => (StatusCode::SERVICE_UNAVAILABLE, |texts| texts.not_now),
        Remedy::Permission => (StatusCode::FORBIDDEN, |texts| texts.company_refused),
        Remedy::BeginAgain | Remedy::Settings => (StatusCode::BAD_REQUEST, |texts| texts.company_failed),
    };
    page(visit, progress, status, text)
}

/// The provider vouches for somebody who may not come in here.
fn refused(visit: &Visit, progress: Progress, refusal: &Refusal) -> Result<Response, PageError> {
    match refusal {
        Refusal::Unavailable(reason) => Err(PageError::NotNow(reason.clone())),
        Refusal::Disabled => page(visit, progress, StatusCode::FORBIDDEN, |texts| texts.shut_out),
        _ => page(visit, progress, StatusCode::FORBIDDEN, |texts| texts.company_refused),
    }
}

fn page(
    visit: &Visit,
    mut progress: Progress,
    status: StatusCode,
    text: fn(&Texts) -> &'static str,
) -> Result<Response, PageError> {
    progress.company = None;
    let look = visit.look(progress.language);
    let problems = [Problem::of_all(text(look.texts()))];
    let page = password::page(visit, &progress, &progress.login_hint, &problems).with_status(status);
    visit.progress_page(&progress, page.with_cookie(visit.keep_progress(&progress)?))
}
