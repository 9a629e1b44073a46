//! The web view: a browser without script that follows redirects, keeps cookies, obeys the page's Content-Security-Policy
//! where it concerns forms, and ends at the app's own scheme.

use std::collections::HashMap;

use bytes::Bytes;
use http::Method;
use percent_encoding::percent_decode_str;

use super::fault::SignInFault;
use super::form::{self, Form};
use super::person::Person;
use crate::config::PhoneConfig;
use crate::error::PhoneError;
use crate::limits::{COMMAND_TIMEOUT, SIGN_IN_STEPS_MAX};
use crate::transport::{Answer, Endpoint, FaultRates, Outgoing, Transport};

/// What stood in the callback.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Callback {
    pub(super) code: Option<String>,
    pub(super) state: Option<String>,
    pub(super) error: Option<String>,
}

/// Safari, with the scale of an iPhone.
const USER_AGENT: &str =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148";

/// A browser without a past.
struct WebView<'a> {
    config: &'a PhoneConfig,
    hosts: HashMap<String, Transport>,
    redirect_uri: &'a str,
}

/// Where the browser goes next.
struct Step {
    address: String,
    form: Option<String>,
    /// `form-action` of the page whose form is sent; it holds for the redirects of that request, too.
    form_action: Option<String>,
}

/// Opens an address and lets the person go through the pages until the browser is sent to `redirect_uri`.
pub(super) async fn open(
    config: &PhoneConfig,
    address: &str,
    redirect_uri: &str,
    person: &Person,
) -> Result<Callback, PhoneError> {
    let mut view = WebView { config, hosts: HashMap::new(), redirect_uri };
    let mut step = Step { address: address.to_owned(), form: None, form_action: None };
    let mut filled = Vec::new();
    for _ in 0..SIGN_IN_STEPS_MAX {
        let answer = view.fetch(&step).await?;
        if let 301 | 302 | 303 | 307 | 308 = answer.status {
            let target = resolved(&step.address, answer.header("location"))?;
            view.obey(step.form_action.as_deref(), &target)?;
            if let Some(callback) = view.callback(&target) {
                return Ok(callback);
            }
            let keeps = matches!(answer.status, 307 | 308);
            step = Step { address: target, form: step.form.filter(|_| keeps), form_action: step.form_action };
            continue;
        }
        step = view.fill(&step, &answer, person, &mut filled)?;
    }
    Err(SignInFault::Circles.into())
}

impl WebView<'_> {
    async fn fetch(&mut self, step: &Step) -> Result<Answer, PhoneError> {
        let endpoint: Endpoint = step.address.parse()?;
        let config = self.config;
        let transport = self.hosts.entry(endpoint.to_string()).or_insert_with(|| {
            Transport::new(endpoint, config.trust.clone(), config.source, FaultRates::default(), config.seed)
        });
        let after_scheme = step.address.split_once("://").map_or("", |(_, rest)| rest);
        let target = after_scheme.find('/').and_then(|at| after_scheme.get(at..)).unwrap_or("/");
        let target = target.split('#').next().unwrap_or("/").to_owned();
        let mut headers = vec![
            ("user-agent", USER_AGENT.to_owned()),
            ("accept", "text/html,application/xhtml+xml".to_owned()),
            ("accept-language", "de-DE,de;q=0.9".to_owned()),
        ];
        let mut method = Method::GET;
        if step.form.is_some() {
            method = Method::POST;
            headers.push(("content-type", "application/x-www-form-urlencoded".to_owned()));
            headers.push(("origin", step.address.parse::<Endpoint>()?.to_string()));
        }
        let body = Bytes::from(step.form.clone().unwrap_or_default());
        Ok(transport.ask(&Outgoing { method, target, headers, body }, COMMAND_TIMEOUT).await?)
    }

    /// What the person does with a page. A form that comes back unchanged was not taken.
    fn fill(
        &self,
        step: &Step,
        answer: &Answer,
        person: &Person,
        filled: &mut Vec<(String, Vec<String>)>,
    ) -> Result<Step, PhoneError> {
        let (forms, words) = form::read(&answer.body);
        if let Some(on_page) = &person.on_page {
            on_page(&words);
        }
        // A wrong password may come back as 200, 401 or 422, with the form; an error page has none.
        let usable = |form: &&Form| !form.buttons.is_empty();
        let typed = |form: &&Form| form.fields.iter().any(form::Field::is_typed);
        let wanted = |form: &&Form| form.buttons.iter().any(|button| button.refuses == person.refuses);
        let form = forms.iter().filter(usable).find(typed).or_else(|| forms.iter().filter(usable).find(wanted));
        let Some(form) = form else {
            let fault =
                if answer.status >= 400 { SignInFault::Page(answer.status, words) } else { SignInFault::NoForm(words) };
            return Err(fault.into());
        };
        let names = form.fields.iter().filter(|field| field.is_typed()).map(|field| field.name.clone()).collect();
        let seen = (form.action.clone(), names);
        if filled.contains(&seen) && typed(&form) {
            return Err(SignInFault::NotLetIn(words).into());
        }
        filled.push(seen);
        let address = resolved(&step.address, &form.action)?;
        let form_action = form_action(answer.header("content-security-policy"));
        self.obey(form_action.as_deref(), &address)?;
        let body = sent(form, person);
        if form.post {
            return Ok(Step { address, form: Some(body), form_action });
        }
        let bare = address.split('?').next().unwrap_or_default();
        Ok(Step { address: format!("{bare}?{body}"), form: None, form_action })
    }

    /// Browsers apply `form-action` to where a form goes and to where its answer redirects.
    fn obey(&self, form_action: Option<&str>, target: &str) -> Result<(), PhoneError> {
        let Some(sources) = form_action else { return Ok(()) };
        let scheme = target.split(':').next().unwrap_or_default();
        let origin = |text: &str| text.parse::<Endpoint>().map(|endpoint| endpoint.to_string()).unwrap_or_default();
        let allowed = sources.split_whitespace().any(|source| {
            let is_web = matches!(scheme, "http" | "https");
            // Every page of one sign-in is on one host, or its policy names the other.
            (source == "'self'" && is_web && self.hosts.contains_key(&origin(target)))
                || source.strip_suffix(':').is_some_and(|allowed| allowed.eq_ignore_ascii_case(scheme))
                || (is_web && !source.starts_with('\'') && origin(source) == origin(target))
        });
        if allowed { Ok(()) } else { Err(SignInFault::FormActionForbids(target.to_owned()).into()) }
    }

    /// The callback, if the address is the app's. A final slash does not matter, and neither does the scheme's case.
    fn callback(&self, target: &str) -> Option<Callback> {
        let (address, query) = target.split_once('?').unwrap_or((target, ""));
        let bare = |text: &str| text.trim_end_matches('/').to_ascii_lowercase();
        if bare(address) != bare(self.redirect_uri) {
            return None;
        }
        let mut callback = Callback::default();
        for pair in query.split('#').next().unwrap_or_default().split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = percent_decode_str(&value.replace('+', " ")).decode_utf8_lossy().into_owned();
            match name {
                "code" => callback.code = Some(value),
                "state" => callback.state = Some(value),
                "error" => callback.error = Some(value),
                _ => {}
            }
        }
        Some(callback)
    }
}

/// The value of `form-action` in a Content-Security-Policy; `None` when there is no such rule.
fn form_action(policy: &str) -> Option<String> {
    let mut rules = policy.split(';').map(str::trim);
    rules.find_map(|rule| rule.strip_prefix("form-action").map(|sources| sources.trim().to_owned()))
}

/// What is sent: fields as typed, and the button pressed.
fn sent(form: &Form, person: &Person) -> String {
    let mut parameters: Vec<(&str, String)> = Vec::new();
    for field in &form.fields {
        let typed = if field.is_typed() { person.types(&field.kind, &field.autocomplete) } else { None };
        parameters.push((&field.name, typed.map_or_else(|| field.value.clone(), str::to_owned)));
    }
    let button = form.buttons.iter().find(|button| button.refuses == person.refuses).or(form.buttons.first());
    if let Some(button) = button.filter(|button| !button.name.is_empty()) {
        parameters.push((&button.name, button.value.clone()));
    }
    super::form_encoded(&parameters)
}

/// An address as a link on a page has it, made whole.
fn resolved(base: &str, link: &str) -> Result<String, PhoneError> {
    let scheme_ends = link.find(':').unwrap_or(usize::MAX);
    let path_begins = link.find(['/', '?', '#']).unwrap_or(usize::MAX);
    if scheme_ends < path_begins {
        return Ok(link.to_owned());
    }
    let endpoint: Endpoint = base.parse()?;
    let path = base.splitn(4, '/').nth(3).unwrap_or_default().split(['?', '#']).next().unwrap_or_default();
    Ok(match link {
        "" => format!("{endpoint}/{path}"),
        link if link.starts_with('/') => format!("{endpoint}{link}"),
        link if link.starts_with('?') => format!("{endpoint}/{path}{link}"),
        link => {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            format!("{endpoint}/{folder}{}{link}", if folder.is_empty() { "" } else { "/" })
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_made_whole() {
        let base = "https://x.example:8443/oauth2/authorize?a=b";
        assert_eq!(resolved(base, "/sign-in").unwrap(), "https://x.example:8443/sign-in");
        assert_eq!(resolved(base, "consent").unwrap(), "https://x.example:8443/oauth2/consent");
        assert_eq!(resolved(base, "").unwrap(), "https://x.example:8443/oauth2/authorize");
        assert_eq!(
            resolved(base, "com.apple.Preferences://oauth-redirect?code=1").unwrap(),
            "com.apple.Preferences://oauth-redirect?code=1"
        );
    }

    #[test]
    fn the_rule_for_forms_is_found_in_a_policy() {
        let policy = "default-src 'none'; form-action 'self' com.apple.Preferences:; frame-ancestors 'none'";
        assert_eq!(form_action(policy).as_deref(), Some("'self' com.apple.Preferences:"));
        assert_eq!(form_action("default-src 'none'"), None);
    }
}
