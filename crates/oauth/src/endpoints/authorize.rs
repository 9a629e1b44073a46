//! The authorization endpoint (RFC 6749 3.1, OpenID Connect Core 3.1.2): an app sends a person here.
//!
//! Two addresses, one for each way of iOS: `/oauth2/authorize` (on-premises: `resource` without scope, no PKCE from
//! Apple's client) and `/oauth2/v2.0/authorize` (Entra-like). Whoever is not Apple's client needs PKCE on both.

use axum::{body::Body, response::Response};
use identity::{Client, ClientId};
use serde_json::Value;

use crate::{
    answers,
    language::Language,
    limits,
    pages::error::PageError,
    parameters::Parameters,
    pkce,
    progress::{AuthorizationRequest, Browser, Progress, Purpose},
    redirect,
    scope::{self, ScopeError},
    visit::Visit,
};

/// Which of the two addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    OnPremises,
    Entra,
}

pub(crate) async fn on_premises(visit: Visit) -> Response {
    let result = by_query(&visit, Mode::OnPremises).await;
    visit.answer(result)
}

pub(crate) async fn entra(visit: Visit) -> Response {
    let result = by_query(&visit, Mode::Entra).await;
    visit.answer(result)
}

pub(crate) async fn on_premises_form(visit: Visit, body: Body) -> Response {
    let result = by_form(&visit, body, Mode::OnPremises).await;
    visit.answer(result)
}

pub(crate) async fn entra_form(visit: Visit, body: Body) -> Response {
    let result = by_form(&visit, body, Mode::Entra).await;
    visit.answer(result)
}

async fn by_query(visit: &Visit, mode: Mode) -> Result<Response, PageError> {
    authorize(visit, &visit.query, mode).await
}

async fn by_form(visit: &Visit, body: Body, mode: Mode) -> Result<Response, PageError> {
    let read = Parameters::from_form(&visit.headers, body).await;
    let form = read.map_err(|error| PageError::BadRequest(error.to_string()))?;
    authorize(visit, &form, mode).await
}

/// An error that the app is told (RFC 6749 4.1.2.1, OpenID Connect Core 3.1.2.6): a registered code and why.
type ToldToApp = (&'static str, String);

/// Until client and address are known to belong together, nobody is sent anywhere: errors are a page.
async fn authorize(visit: &Visit, parameters: &Parameters, mode: Mode) -> Result<Response, PageError> {
    let client = client(visit, parameters).await?;
    let redirect_uri = single(parameters, "redirect_uri").filter(|uri| redirect::is_allowed(&client, uri));
    let redirect_uri = redirect_uri.ok_or(PageError::UnknownRedirect)?;
    let state = parameters.get("state");
    if state.is_some_and(|state| state.len() > limits::STATE_BYTES_MAX) {
        return Err(PageError::BadRequest("state is too long".to_owned()));
    }
    match request(visit, parameters, mode, &client, redirect_uri) {
        Ok(request) => begin(visit, parameters, request).await,
        Err((code, why)) => {
            tracing::info!(client = %client.id, error = code, why, "an authorization request is refused");
            Ok(told(visit, redirect_uri, state, code, &why))
        }
    }
}

/// A parameter that came exactly once.
fn single<'a>(parameters: &'a Parameters, name: &str) -> Option<&'a str> {
    parameters.get(name).filter(|_| !parameters.is_repeated(name))
}

async fn client(visit: &Visit, parameters: &Parameters) -> Result<Client, PageError> {
    let id = single(parameters, "client_id").ok_or(PageError::UnknownClient)?;
    let found = visit.identity.client(&ClientId::new(id)).await;
    found.map_err(|error| PageError::NotNow(error.to_string()))?.ok_or(PageError::UnknownClient)
}

/// Sends the person back to the app with an error. `iss` tells the app who says so (RFC 9207).
fn told(visit: &Visit, redirect_uri: &str, state: Option<&str>, code: &str, why: &str) -> Response {
    answers::see_other(&error_location(visit, redirect_uri, state, code, why), None)
}

/// The app's address with an error.
pub(crate) fn error_location(visit: &Visit, redirect_uri: &str, state: Option<&str>, code: &str, why: &str) -> String {
    let mut parameters = vec![("error", code), ("error_description", why)];
    parameters.extend(state.map(|state| ("state", state)));
    parameters.push(("iss", &visit.origin));
    redirect::with_parameters(redirect_uri, &parameters)
}

/// Checks everything that the app can be told about.
fn request(
    visit: &Visit,
    parameters: &Parameters,
    mode: Mode,
    client: &Client,
    redirect_uri: &str,
) -> Result<AuthorizationRequest, ToldToApp> {
    let invalid = |why: String| ("invalid_request", why);
    if let Some(name) = parameters.repeated() {
        return Err(invalid(format!("{name} is repeated")));
    }
    // Only what OpenID Connect calls `code` comes back as a code in a query; nothing else is offered.
    match parameters.get("response_type") {
        Some("code") => {}
        Some(_) => return Err(("unsupported_response_type", "only code is supported".to_owned())),
        None => return Err(invalid("response_type is missing".to_owned())),
    }
    if parameters.get("response_mode").is_some_and(|mode| mode != "query") {
        return Err(invalid("only the response_mode query is supported".to_owned()));
    }
    if parameters.has("request") {
        return Err(("request_not_supported", "request objects are not supported".to_owned()));
    }
    if parameters.has("request_uri") {
        return Err(("request_uri_not_supported", "request objects are not supported".to_owned()));
    }
    for (name, max) in [
        ("nonce", limits::NONCE_BYTES_MAX),
        ("scope", limits::ASKED_BYTES_MAX),
        ("resource", limits::ASKED_BYTES_MAX),
        ("claims", limits::ASKED_BYTES_MAX),
        ("login_hint", limits::TYPED_BYTES_MAX),
    ] {
        if parameters.get(name).is_some_and(|value| value.len() > max) {
            return Err(invalid(format!("{name} is too long")));
        }
    }
    let is_apple = client.id.as_str() == ClientId::APPLE;
    let challenge = pkce::challenge(parameters, !(is_apple && mode == Mode::OnPremises));
    let challenge = challenge.map_err(|error| invalid(error.to_string()))?;
    let resource = parameters.get("resource");
    if resource.is_some_and(|resource| !visit.is_here(resource)) {
        return Err(("invalid_target", "the resource is not this server".to_owned()));
    }
    let asked = parameters.get("scope").unwrap_or_default();
    let paths: Vec<_> = client.paths.iter().copied().collect();
    let path = scope::path(asked, &paths).map_err(|error: ScopeError| ("invalid_scope", error.to_string()))?;
    Ok(AuthorizationRequest {
        client: client.id.to_string(),
        app: client.name.clone(),
        redirect_uri: redirect_uri.to_owned(),
        state: parameters.get("state").map(str::to_owned),
        path,
        scope: scope::granted(asked, path),
        resource: resource.map(str::to_owned),
        challenge,
        nonce: parameters.get("nonce").map(str::to_owned),
        claims_challenge: parameters.get("claims").is_some_and(understands_claims_challenges),
    })
}

/// Whether `claims` declares `cp1`: `{"access_token":{"xms_cc":{"values":["cp1"]}}}`. What cannot be read declares
/// nothing.
fn understands_claims_challenges(claims: &str) -> bool {
    let claims: Value = serde_json::from_str(claims).unwrap_or_default();
    let values = claims.pointer("/access_token/xms_cc/values").and_then(Value::as_array);
    values.is_some_and(|values| values.iter().any(|value| value == "cp1"))
}

/// `prompt` and `max_age` (OpenID Connect Core 3.1.2.1).
struct Wishes {
    silent: bool,
    choose: bool,
    not_before: i64,
}

fn wishes(parameters: &Parameters, now: i64) -> Result<Wishes, ToldToApp> {
    let prompt: Vec<_> = parameters.get("prompt").unwrap_or_default().split_ascii_whitespace().collect();
    let silent = prompt.contains(&"none");
    if silent && prompt.len() > 1 {
        return Err(("invalid_request", "prompt=none goes with nothing else".to_owned()));
    }
    let max_age = parameters.get("max_age").map(str::parse::<u32>).transpose();
    let max_age = max_age.map_err(|_| ("invalid_request", "max_age is no number of seconds".to_owned()))?;
    let not_before = match max_age {
        // Whoever signed in before this request counts as nobody.
        _ if prompt.contains(&"login") => now.saturating_add(1),
        Some(seconds) => now.saturating_sub(i64::from(seconds).saturating_mul(1_000_000)),
        None => 0,
    };
    Ok(Wishes { silent, choose: prompt.contains(&"select_account"), not_before })
}

/// Begins a sign-in: with whom the browser knows, if it does, else with the password.
async fn begin(visit: &Visit, parameters: &Parameters, request: AuthorizationRequest) -> Result<Response, PageError> {
    let wishes = match wishes(parameters, visit.now) {
        Ok(wishes) => wishes,
        Err((code, why)) => return Ok(told(visit, &request.redirect_uri, request.state.as_deref(), code, &why)),
    };
    let browser = visit.browser();
    let login_hint = parameters.get("login_hint").unwrap_or_default().trim().to_owned();
    if wishes.silent {
        let known = if login_hint.is_empty() { browser.people.first() } else { browser.known(&login_hint) };
        let signed_in = match known {
            Some(person) => visit.still_signed_in(person, wishes.not_before).await?,
            None => false,
        };
        let (code, why) = if signed_in {
            ("consent_required", "the person must agree each time")
        } else {
            ("login_required", "nobody is signed in")
        };
        return Ok(told(visit, &request.redirect_uri, request.state.as_deref(), code, why));
    }
    let language = parameters.get("ui_locales").and_then(Language::of_ui_locales);
    let language = language.unwrap_or_else(|| Language::of_browser(&visit.headers));
    let mut progress = Progress::begin(&visit.service, Purpose::Authorize(Box::new(request)), language);
    progress.login_hint = login_hint;
    progress.not_before = wishes.not_before;
    let place = first_page(visit, &mut progress, &browser, wishes.choose).await?;
    Ok(answers::see_other(place, [visit.keep_progress(&progress)?]))
}

/// The page a sign-in begins with. Somebody expected who is signed in already goes on at once.
pub(crate) async fn first_page(
    visit: &Visit,
    progress: &mut Progress,
    browser: &Browser,
    choose: bool,
) -> Result<&'static str, PageError> {
    if !progress.login_hint.is_empty() && !choose {
        if let Some(person) = browser.known(&progress.login_hint)
            && visit.still_signed_in(person, progress.not_before).await?
        {
            progress.signed_in(&visit.service, person.clone());
        }
        return Ok(progress.next_page());
    }
    Ok(if browser.people.is_empty() { "/sign-in" } else { "/sign-in/choose" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_declares_with_cp1_that_it_understands_claims_challenges() {
        assert!(understands_claims_challenges(r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#));
        for claims in ["", "{", "[]", r#"{"access_token":{"xms_cc":{"values":["cp2"]}}}"#, r#"{"id_token":{}}"#] {
            assert!(!understands_claims_challenges(claims), "{claims}");
        }
    }

    #[test]
    fn prompt_and_max_age_ask_for_a_recent_sign_in() {
        let of = |query: &str| wishes(&Parameters::parse(query.as_bytes()).unwrap(), 100_000_000);
        assert_eq!(of("prompt=login").unwrap().not_before, 100_000_001);
        assert_eq!(of("max_age=30").unwrap().not_before, 70_000_000);
        assert_eq!(of("").unwrap().not_before, 0);
        assert!(of("prompt=none+login").is_err() && of("max_age=-1").is_err());
        assert!(of("prompt=none").unwrap().silent && of("prompt=select_account").unwrap().choose);
    }
}
