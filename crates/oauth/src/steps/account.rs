//! `/account`: a person's own devices and programs, each of which can be signed out.

use axum::{body::Body, response::Response};
use identity::{Client, SessionEntry, SessionId};

use crate::{
    answers::{self, Page},
    cookies::Jar,
    device_hint,
    pages::{
        account::{self, Entry},
        consent::path_name,
        error::PageError,
        layout::Look,
    },
    progress::{Browser, FormToken, Progress, Purpose, SignedIn},
    visit::Visit,
};

pub(crate) async fn show(visit: Visit) -> Response {
    let result = shown(&visit).await;
    visit.answer(result)
}

async fn shown(visit: &Visit) -> Result<Response, PageError> {
    let browser = visit.browser();
    let Some((token, person)) = at_home(visit, &browser).await? else {
        let mut progress = Progress::begin(&visit.service, Purpose::Account, visit.language());
        progress.login_hint = browser.people.first().map(|person| person.email.clone()).unwrap_or_default();
        return Ok(answers::see_other("/sign-in", [visit.keep_progress(&progress)?]));
    };
    let look = visit.look(visit.language());
    let sessions = sessions(visit, &look, person).await?;
    let ended = visit.query.get("done") == Some("signed-out");
    let markup = account::render(&look, token.text(), &person.name, &person.email, &sessions, ended);
    let mut page = Page::new(markup);
    // The sign-in that led here is over.
    page.cookies.extend(visit.forget(Jar::Progress));
    Ok(page.answer())
}

/// Whose account it is: the last one who signed in with this browser, if they are still known.
async fn at_home<'a>(visit: &Visit, browser: &'a Browser) -> Result<Option<(&'a FormToken, &'a SignedIn)>, PageError> {
    let (Some(token), Some(person)) = (&browser.token, browser.people.first()) else { return Ok(None) };
    Ok(visit.still_signed_in(person, 0).await?.then_some((token, person)))
}

async fn sessions(visit: &Visit, look: &Look, person: &SignedIn) -> Result<Vec<Entry>, PageError> {
    let found = visit.identity.sessions(&person.email).await;
    let found = found.map_err(|error| PageError::NotNow(error.to_string()))?;
    let mut entries = Vec::new();
    for session in found.into_iter().filter(|session| session.ended.is_none() && session.expires_at > visit.now) {
        let client = visit.identity.client(&session.client).await;
        let client = client.map_err(|error| PageError::NotNow(error.to_string()))?;
        entries.push(entry(look, &session, client.as_ref()));
    }
    Ok(entries)
}

fn entry(look: &Look, session: &SessionEntry, client: Option<&Client>) -> Entry {
    let app = client.map_or_else(|| session.client.to_string(), |client| client.name.clone());
    let device = device_hint::device(&session.user_agent);
    Entry {
        id: session.session.to_string(),
        title: device.map_or_else(|| app.clone(), |device| format!("{device}, {app}")),
        reaches: path_name(look, session.path),
        since: day(session.created_at),
        last_used: day(session.used_at),
    }
}

/// A day in UTC, `2026-11-23` (Howard Hinnant's `civil_from_days`).
fn day(microseconds: i64) -> String {
    let days = microseconds.div_euclid(86_400_000_000) + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

pub(crate) async fn sign_out_session(visit: Visit, body: Body) -> Response {
    let result = session_signed_out(&visit, body).await;
    visit.answer(result)
}

async fn session_signed_out(visit: &Visit, body: Body) -> Result<Response, PageError> {
    let form = visit.form(body).await?;
    let mut browser = visit.browser();
    let Some((token, person)) = at_home(visit, &browser).await? else { return Err(PageError::Expired) };
    if !token.fits(form.get("token")) {
        return Err(PageError::OtherForm);
    }
    let session: SessionId = form.get("session").unwrap_or_default().parse().map_err(|_| PageError::Expired)?;
    let ended = visit.identity.end_session(person.account, session, "signed out by the person").await;
    ended.map_err(|error| PageError::NotNow(error.to_string()))?;
    // This counts as a change of the person, and they made it here themselves: the browser goes on knowing them.
    let facts = visit.facts(person).await?;
    if let (Some(known), Some(facts)) = (browser.people.first_mut(), facts) {
        known.revision = facts.revision;
    }
    Ok(answers::see_other("/account?done=signed-out", [visit.keep_browser(&browser)?]))
}

pub(crate) async fn sign_out(visit: Visit, body: Body) -> Response {
    let result = signed_out(&visit, body).await;
    visit.answer(result)
}

async fn signed_out(visit: &Visit, body: Body) -> Result<Response, PageError> {
    let form = visit.form(body).await?;
    if !visit.browser().token.is_some_and(|token| token.fits(form.get("token"))) {
        return Err(PageError::OtherForm);
    }
    let mut page = Page::new(account::signed_out(&visit.look(visit.language())));
    page.cookies.extend([Jar::Progress, Jar::Browser].into_iter().filter_map(|jar| visit.forget(jar)));
    Ok(page.answer())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        assert_eq!(day(0), "1970-01-01");
        assert_eq!(day(1_795_426_199_600_000), "2026-11-23");
        assert_eq!(day(951_782_400_000_000), "2000-02-29");
        assert_eq!(day(-1), "1969-12-31");
    }
}
