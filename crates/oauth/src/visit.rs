//! One request of a browser or a client: what every handler needs of it.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use axum::{body::Body, extract::FromRequestParts, response::Response};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use identity::{Identity, PersonFacts};

use crate::{
    answers::Page,
    cookies::{self, Jar, TooLong},
    language::Language,
    pages::{
        error::{self, PageError},
        layout::Look,
    },
    parameters::{ParameterError, Parameters},
    progress::{Browser, Progress, Purpose, SignedIn, is_recent},
    redirect,
    service::{Network, SecondFactorRule, Service},
};

/// A request.
pub(crate) struct Visit {
    pub(crate) service: Arc<Service>,
    /// Issues tokens under this server's name, as the client knows it.
    pub(crate) identity: Identity,
    /// That name: scheme, host and port.
    pub(crate) origin: String,
    pub(crate) headers: HeaderMap,
    pub(crate) query: Parameters,
    /// The same, as it came.
    pub(crate) query_text: String,
    pub(crate) network: IpAddr,
    /// Microseconds since 1970.
    pub(crate) now: i64,
    /// The language that the address asks for.
    pub(crate) asked_language: Option<Language>,
}

impl FromRequestParts<Arc<Service>> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, Response> {
        let refused = |status: StatusCode, text: &'static str| {
            let mut answer = Response::new(Body::from(text));
            *answer.status_mut() = status;
            answer
        };
        let origin = service
            .origin(&parts.headers)
            .ok_or_else(|| refused(StatusCode::BAD_REQUEST, "the Host header names no host\n"))?;
        let query = Parameters::parse(parts.uri.query().unwrap_or_default().as_bytes())
            .map_err(|_| refused(StatusCode::URI_TOO_LONG, "the query is too long\n"))?;
        let network = parts.extensions.get::<Network>().map_or(Ipv4Addr::UNSPECIFIED.into(), |network| network.0);
        Ok(Self {
            identity: service.identity.issuing_as(&origin),
            service: Arc::clone(service),
            origin,
            headers: std::mem::take(&mut parts.headers),
            network,
            now: service.clock.now(),
            asked_language: query.get("ui_locales").and_then(Language::of_ui_locales),
            query,
            query_text: parts.uri.query().unwrap_or_default().to_owned(),
        })
    }
}

impl Visit {
    /// Whether a resource (RFC 8707) is on this server, by its public name or by the one the request came to.
    pub(crate) fn is_here(&self, resource: &str) -> bool {
        let Ok(uri) = resource.parse::<http::Uri>() else { return false };
        let Some(authority) = uri.authority().map(http::uri::Authority::as_str) else { return false };
        let public = self.origin.split_once("://").map_or("", |(_, authority)| authority);
        let asked = self.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let bare = |authority: &str| authority.strip_suffix(":443").unwrap_or(authority).to_ascii_lowercase();
        [public, asked].into_iter().any(|own| bare(own) == bare(authority))
    }

    /// The language of a page that belongs to no sign-in.
    pub(crate) fn language(&self) -> Language {
        self.asked_language.unwrap_or_else(|| Language::of_browser(&self.headers))
    }

    pub(crate) fn look(&self, language: Language) -> Look {
        Look { language, organization: self.service.settings.organization.clone() }
    }

    /// What a form says.
    pub(crate) async fn form(&self, body: Body) -> Result<Parameters, PageError> {
        match Parameters::from_form(&self.headers, body).await {
            Ok(form) => match form.repeated() {
                None => Ok(form),
                Some(name) => Err(PageError::BadRequest(format!("{name} is repeated"))),
            },
            Err(ParameterError::Broken) => Err(PageError::NotNow(ParameterError::Broken.to_string())),
            Err(error) => Err(PageError::BadRequest(error.to_string())),
        }
    }

    /// The sign-in that is in progress in this browser.
    pub(crate) fn progress(&self) -> Result<Progress, PageError> {
        let kept: Option<Progress> = cookies::kept(&self.service, &self.headers, Jar::Progress);
        let mut progress = kept.filter(|progress| !progress.is_over(self.now)).ok_or(PageError::Expired)?;
        progress.language = self.asked_language.unwrap_or(progress.language);
        Ok(progress)
    }

    /// The sign-in in progress that a form was made for.
    pub(crate) fn progress_of(&self, form: &Parameters) -> Result<Progress, PageError> {
        let progress = self.progress()?;
        if progress.token.fits(form.get("token")) { Ok(progress) } else { Err(PageError::OtherForm) }
    }

    pub(crate) fn browser(&self) -> Browser {
        cookies::kept(&self.service, &self.headers, Jar::Browser).unwrap_or_default()
    }

    pub(crate) fn keep_progress(&self, progress: &Progress) -> Result<HeaderValue, PageError> {
        cookies::keep(&self.service, Jar::Progress, progress).map_err(too_long)
    }

    pub(crate) fn keep_browser(&self, browser: &Browser) -> Result<HeaderValue, PageError> {
        cookies::keep(&self.service, Jar::Browser, browser).map_err(too_long)
    }

    pub(crate) fn forget(&self, jar: Jar) -> Option<HeaderValue> {
        cookies::forget(&self.service, jar)
    }

    /// A page of a sign-in in progress. Its forms may lead back to the app, and it keeps the language it was asked in.
    pub(crate) fn progress_page(&self, progress: &Progress, mut page: Page) -> Result<Response, PageError> {
        if let Purpose::Authorize(request) = &progress.purpose {
            page.form_leads_to = redirect::form_action_source(&request.redirect_uri);
        }
        if self.asked_language.is_some() {
            page = page.with_cookie(self.keep_progress(progress)?);
        }
        Ok(page.answer())
    }

    /// Whether somebody this browser knows may go on without a password: not for too long, and not when anything about
    /// them has changed since (a password, a session taken away, the person shut out).
    pub(crate) async fn still_signed_in(&self, person: &SignedIn, not_before: i64) -> Result<bool, PageError> {
        let enough = !person.password_alone || self.service.settings.second_factor == SecondFactorRule::Optional;
        Ok(enough && is_recent(person, not_before, self.now) && self.is_unchanged(person).await?)
    }

    /// Whether nothing about somebody has changed since they showed who they are.
    pub(crate) async fn is_unchanged(&self, person: &SignedIn) -> Result<bool, PageError> {
        let found = self.facts(person).await?;
        Ok(found.is_some_and(|found| found.revision == person.revision))
    }

    /// What is known now about somebody this browser knows; `None` when they are gone.
    pub(crate) async fn facts(&self, person: &SignedIn) -> Result<Option<PersonFacts>, PageError> {
        let found = self.identity.facts_of(person.account).await;
        found.map_err(|error| PageError::NotNow(error.to_string()))
    }

    /// The answer of a page, or the page that says why there is none.
    pub(crate) fn answer(&self, result: Result<Response, PageError>) -> Response {
        result.unwrap_or_else(|problem| {
            match &problem {
                PageError::NotNow(reason) => tracing::warn!(reason, "a page cannot be shown now"),
                problem => tracing::info!(%problem, network = %self.network, "a page is refused"),
            }
            let look = self.look(self.language());
            Page::new(error::render(&look, &problem)).with_status(problem.status()).answer()
        })
    }
}

fn too_long(error: TooLong) -> PageError {
    PageError::BadRequest(error.to_string())
}
