//! `/account`: a person's own devices and programs, each of which can be signed out, and their second factors
//! (`own_factors`).

use axum::{body::Body, response::Response};
use http::HeaderValue;
use identity::{
    Client, SessionEntry, SessionId,
    second_factor::{FactorEntry, FactorKind},
};

use super::own_devices;
use crate::{
    answers::{self, Page},
    cookies::Jar,
    device_hint,
    pages::{
        account::{self, Account, Entry, Factor},
        consent::path_name,
        error::PageError,
        layout::{Look, Problem},
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
    let texts = look.texts();
    let told = match visit.query.get("done") {
        Some("signed-out") => Some(texts.session_ended),
        Some("factor-added") => Some(texts.factor_added),
        Some("factor-removed") => Some(texts.factor_removed),
        _ => None,
    };
    let mut page = home(visit, token, person, told, &[]).await?;
    // The sign-in that led here is over.
    page.cookies.extend(visit.forget(Jar::Progress));
    Ok(page.answer())
}

/// The page itself.
pub(super) async fn home(
    visit: &Visit,
    token: &FormToken,
    person: &SignedIn,
    told: Option<&'static str>,
    problems: &[Problem],
) -> Result<Page, PageError> {
    let look = visit.look(visit.language());
    let factors = visit.identity.second_factors(person.account).await;
    let factors = factors.map_err(|error| PageError::NotNow(error.to_string()))?;
    let devices = own_devices::shown(visit, &look, person).await?;
    Ok(Page::new(account::render(&Account {
        look: &look,
        token: token.text(),
        name: &person.name,
        email: &person.email,
        devices: &devices,
        contact: visit.service.settings.help_contact.as_ref(),
        sessions: &sessions(visit, &look, person).await?,
        factors: &factors.iter().filter_map(|factor| factor_entry(&look, factor)).collect::<Vec<_>>(),
        recovery_codes: factors.iter().filter(|factor| factor.kind == FactorKind::Recovery).count(),
        passkeys: visit.service.passkey_site(&visit.origin).is_fit(),
        told,
        problems,
    })))
}

/// A second factor in the list. Recovery codes are counted instead.
fn factor_entry(look: &Look, factor: &FactorEntry) -> Option<Factor> {
    let texts = look.texts();
    let kind = match factor.kind {
        FactorKind::Totp => texts.authenticator_app,
        FactorKind::Passkey => texts.passkey,
        FactorKind::Recovery => return None,
    };
    Some(Factor {
        id: factor.id.to_string(),
        title: if factor.label.is_empty() { kind.to_owned() } else { format!("{}, {kind}", factor.label) },
        since: day(factor.created_at),
        last_used: factor.used_at.map(day),
    })
}

/// Whose account it is: the last one who signed in with this browser, if they are still known.
pub(super) async fn at_home<'a>(
    visit: &Visit,
    browser: &'a Browser,
) -> Result<Option<(&'a FormToken, &'a SignedIn)>, PageError> {
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
pub(super) fn day(microseconds: i64) -> String {
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
    Ok(answers::see_other("/account?done=signed-out", [still_known(visit, &mut browser).await?]))
}

/// What was done counts as a change of the person, and they did it here themselves: the browser goes on knowing them.
pub(super) async fn still_known(visit: &Visit, browser: &mut Browser) -> Result<HeaderValue, PageError> {
    if let Some(known) = browser.people.first_mut()
        && let Some(facts) = visit.facts(known).await?
    {
        known.revision = facts.revision;
    }
    visit.keep_browser(browser)
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
    page.cookies.extend([Jar::Progress, Jar::Browser, Jar::Passkey].into_iter().filter_map(|jar| visit.forget(jar)));
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
