//! `/account/...`: people add and remove their own second factors.

use axum::{body::Body, response::Response};
use http::StatusCode;
use identity::{
    Secret,
    second_factor::{FactorError, FactorId, FactorKind, TotpEnrolment},
};

use super::account::{at_home, home, still_known};
use crate::{
    answers::{self, Page},
    cookies::Jar,
    limits,
    pages::{
        authenticator::{self, App},
        error::PageError,
        layout::Problem,
        passkey::{self, PasskeyForm},
        recovery_codes,
        texts::Texts,
    },
    parameters::Parameters,
    passkey_question::{self, Wish},
    progress::{Browser, FormToken, SignedIn},
    visit::Visit,
};

/// Somebody at their own account, and the form they sent.
struct Owner {
    form: Parameters,
    browser: Browser,
    token: FormToken,
    person: SignedIn,
}

impl Owner {
    async fn of(visit: &Visit, body: Body) -> Result<Self, PageError> {
        let form = visit.form(body).await?;
        let browser = visit.browser();
        let Some((token, person)) = at_home(visit, &browser).await? else { return Err(PageError::Expired) };
        if !token.fits(form.get("token")) {
            return Err(PageError::OtherForm);
        }
        let (token, person) = (token.clone(), person.clone());
        Ok(Self { form, browser, token, person })
    }

    /// What they call what they add.
    fn label(&self) -> &str {
        let label = self.form.get("label").unwrap_or_default().trim();
        if label.len() > limits::FACTOR_LABEL_BYTES_MAX { "" } else { label }
    }
}

fn not_now(error: &FactorError) -> PageError {
    PageError::NotNow(error.to_string())
}

/// Whoever reloads one of these pages, or asks for it in another language, goes back to the account.
pub(crate) async fn back(visit: Visit) -> Response {
    let language = visit.asked_language.map_or_else(String::new, |language| format!("?ui_locales={}", language.tag()));
    answers::see_other(&format!("/account{language}"), None)
}

pub(crate) async fn begin_app(visit: Visit, body: Body) -> Response {
    let result = app_begun(&visit, body).await;
    visit.answer(result)
}

async fn app_begun(visit: &Visit, body: Body) -> Result<Response, PageError> {
    let owner = Owner::of(visit, body).await?;
    let (person, site) = (&owner.person, &visit.service.settings.organization);
    match visit.identity.begin_totp(person.account, &person.email, site, owner.label()).await {
        Ok(app) => Ok(app_page(visit, &owner, &app, &[]).answer()),
        Err(error) => refused(visit, &owner, &error).await,
    }
}

fn app_page(visit: &Visit, owner: &Owner, app: &TotpEnrolment, problems: &[Problem]) -> Page {
    Page::new(authenticator::render(&App {
        look: &visit.look(visit.language()),
        token: owner.token.text(),
        action: "/account/app/confirm",
        intro: None,
        email: &owner.person.email,
        factor: Some(&app.id.to_string()),
        secret: &app.secret,
        address: &app.address,
        problems,
    }))
}

/// The account again, with the reason why nothing was done.
async fn refused(visit: &Visit, owner: &Owner, error: &FactorError) -> Result<Response, PageError> {
    let text: fn(&Texts) -> &'static str = match error {
        FactorError::TooMany => |texts| texts.too_many_factors,
        FactorError::Wrong => |texts| texts.passkey_failed,
        _ => return Err(not_now(error)),
    };
    let problems = [Problem::of_all(text(visit.look(visit.language()).texts()))];
    let page = home(visit, &owner.token, &owner.person, None, &problems).await?;
    Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY).answer())
}

pub(crate) async fn confirm_app(visit: Visit, body: Body) -> Response {
    let result = app_confirmed(&visit, body).await;
    visit.answer(result)
}

async fn app_confirmed(visit: &Visit, body: Body) -> Result<Response, PageError> {
    let owner = Owner::of(visit, body).await?;
    let account = owner.person.account;
    let id = owner.form.get("factor").unwrap_or_default().parse::<FactorId>();
    let id = id.map_err(|error| PageError::BadRequest(error.to_string()))?;
    let look = visit.look(visit.language());
    let code = owner.form.get("code").filter(|code| code.len() <= limits::CODE_BYTES_MAX);
    let text = match code {
        None => look.texts().code_missing,
        Some(code) => match visit.identity.confirm_totp(account, &id, &Secret::new(code)).await {
            Ok(()) => return added(visit, owner).await,
            Err(FactorError::Wrong) => look.texts().app_code_wrong,
            Err(FactorError::NoSuchFactor) => return Ok(answers::see_other("/account", None)),
            Err(error) => return Err(not_now(&error)),
        },
    };
    let site = &visit.service.settings.organization;
    match visit.identity.begun_totp(account, &owner.person.email, site, &id).await {
        Ok(app) => {
            let page = app_page(visit, &owner, &app, &[Problem::of_field("code", text)]);
            Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY).answer())
        }
        // Confirmed already, with the form sent twice; or begun anew in another browser.
        Err(FactorError::NoSuchFactor) => Ok(answers::see_other("/account", None)),
        Err(error) => Err(not_now(&error)),
    }
}

/// After adding one: recovery codes for whoever has none, then the account.
async fn added(visit: &Visit, mut owner: Owner) -> Result<Response, PageError> {
    let factors = visit.identity.second_factors(owner.person.account).await.map_err(|error| not_now(&error))?;
    if !factors.iter().any(|factor| factor.kind == FactorKind::Recovery) {
        return codes(visit, owner).await;
    }
    let cookies = [Some(still_known(visit, &mut owner.browser).await?), visit.forget(Jar::Passkey)];
    Ok(answers::see_other("/account?done=factor-added", cookies.into_iter().flatten()))
}

/// New recovery codes, shown once.
async fn codes(visit: &Visit, mut owner: Owner) -> Result<Response, PageError> {
    let codes = visit.identity.make_recovery_codes(owner.person.account).await.map_err(|error| not_now(&error))?;
    let look = visit.look(visit.language());
    let mut page = Page::new(recovery_codes::render(&look, &codes, "/account"));
    page.cookies.push(still_known(visit, &mut owner.browser).await?);
    page.cookies.extend(visit.forget(Jar::Passkey));
    Ok(page.answer())
}

pub(crate) async fn make_codes(visit: Visit, body: Body) -> Response {
    let result = codes_made(&visit, body).await;
    visit.answer(result)
}

async fn codes_made(visit: &Visit, body: Body) -> Result<Response, PageError> {
    let owner = Owner::of(visit, body).await?;
    codes(visit, owner).await
}

pub(crate) async fn remove(visit: Visit, body: Body) -> Response {
    let result = removed(&visit, body).await;
    visit.answer(result)
}

async fn removed(visit: &Visit, body: Body) -> Result<Response, PageError> {
    let mut owner = Owner::of(visit, body).await?;
    let id = owner.form.get("factor").unwrap_or_default().parse::<FactorId>();
    let id = id.map_err(|error| PageError::BadRequest(error.to_string()))?;
    match visit.identity.remove_second_factor(owner.person.account, &id).await {
        // Of a form that is sent twice, the second one finds it gone.
        Ok(()) | Err(FactorError::NoSuchFactor) => {
            let cookie = still_known(visit, &mut owner.browser).await?;
            Ok(answers::see_other("/account?done=factor-removed", [cookie]))
        }
        Err(error) => Err(not_now(&error)),
    }
}

pub(crate) async fn begin_passkey(visit: Visit, body: Body) -> Response {
    let result = passkey_begun(&visit, body).await;
    visit.answer(result)
}

async fn passkey_begun(visit: &Visit, body: Body) -> Result<Response, PageError> {
    let owner = Owner::of(visit, body).await?;
    let person = &owner.person;
    let site = visit.service.passkey_site(&visit.origin);
    let begun = visit.identity.begin_passkey(person.account, &person.email, &person.name, &site).await;
    let challenge = match begun {
        Ok(challenge) => challenge,
        Err(FactorError::UnfitSite(_)) => return Err(PageError::NotFound),
        Err(error) => return refused(visit, &owner, &error).await,
    };
    let Some(cookie) = passkey_question::keep(visit, Wish::Add, person.account, &owner.token, &challenge) else {
        return refused(visit, &owner, &FactorError::TooMany).await;
    };
    let page = Page::new(passkey::add(&PasskeyForm {
        look: &visit.look(visit.language()),
        token: owner.token.text(),
        action: "/account/passkey/confirm",
        add: true,
        label: Some(owner.label()),
        options: &challenge.options,
    }));
    Ok(page.with_script().with_cookie(cookie).answer())
}

pub(crate) async fn confirm_passkey(visit: Visit, body: Body) -> Response {
    let result = passkey_confirmed(&visit, body).await;
    visit.answer(result)
}

async fn passkey_confirmed(visit: &Visit, body: Body) -> Result<Response, PageError> {
    let owner = Owner::of(visit, body).await?;
    let account = owner.person.account;
    let asked = passkey_question::kept(visit, Wish::Add, account, &owner.token);
    let (Some(state), Some(answer)) = (asked, owner.form.get("passkey")) else {
        return refused(visit, &owner, &FactorError::Wrong).await;
    };
    let site = visit.service.passkey_site(&visit.origin);
    match visit.identity.finish_passkey(account, owner.label(), &site, &state, answer).await {
        Ok(_) => added(visit, owner).await,
        Err(error) => refused(visit, &owner, &error).await,
    }
}
