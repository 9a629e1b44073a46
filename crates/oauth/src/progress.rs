//! A sign-in that is in progress, from the app's request to the code: what it is for, and how far it is. And the people
//! a browser knows.
//!
//! ```text
//! request -> choose (the browser knows people) -> password or company -> second factor (or adding one) -> consent -> code
//! ```

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use federation::Memory;
use hub::{AccessPath, AccountId};
use identity::{PersonFacts, PkceChallenge, second_factor::FactorId};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::{language::Language, limits, service::Service};

/// What binds a form to the browser it was made for. Drawn anew when a sign-in begins and when somebody has signed in,
/// so that nothing from before can be used after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FormToken(String);

impl FormToken {
    pub(crate) fn draw(service: &Service) -> Self {
        let mut random = [0; 18];
        service.entropy.fill(&mut random);
        Self(URL_SAFE_NO_PAD.encode(random))
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// Whether a form bears it.
    pub(crate) fn fits(&self, sent: Option<&str>) -> bool {
        sent.is_some_and(|sent| bool::from(sent.as_bytes().ct_eq(self.0.as_bytes())))
    }
}

/// What an app asked for (RFC 6749 4.1.1), checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AuthorizationRequest {
    pub(crate) client: String,
    /// The client's name, for people.
    pub(crate) app: String,
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
    #[serde(with = "path_name")]
    pub(crate) path: AccessPath,
    /// What is granted.
    pub(crate) scope: String,
    pub(crate) resource: Option<String>,
    pub(crate) challenge: Option<PkceChallenge>,
    pub(crate) nonce: Option<String>,
    pub(crate) claims_challenge: bool,
}

/// What somebody signs in for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Purpose {
    /// An app wants a code.
    Authorize(Box<AuthorizationRequest>),
    /// A device without a browser waits; the code as it was typed.
    Device { user_code: String },
    /// The person wants to see their account.
    Account,
    /// The person wants to see how their devices stand.
    Help,
}

/// Somebody who has proved who they are in this browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SignedIn {
    #[serde(with = "account_id")]
    pub(crate) account: AccountId,
    pub(crate) email: String,
    pub(crate) name: String,
    /// Microseconds since 1970.
    pub(crate) at: i64,
    /// RFC 8176.
    pub(crate) amr: Vec<String>,
    /// What was known about the person then: whoever changes their password ends this, too.
    pub(crate) revision: i64,
    /// They had no second factor to show, which is not enough where one is required.
    #[serde(default)]
    pub(crate) password_alone: bool,
}

impl SignedIn {
    pub(crate) fn new(person: &PersonFacts, amr: Vec<String>, at: i64) -> Self {
        Self {
            account: person.account,
            email: person.email.clone(),
            name: person.name.clone(),
            at,
            amr,
            revision: person.revision,
            password_alone: false,
        }
    }
}

/// A sign-in that is in progress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    pub(crate) token: FormToken,
    /// Microseconds since 1970.
    pub(crate) began_at: i64,
    pub(crate) language: Language,
    pub(crate) purpose: Purpose,
    /// Who is expected: OpenID Connect's `login_hint`, or whom the person chose.
    pub(crate) login_hint: String,
    /// Only a sign-in from then on counts, in microseconds since 1970 (`prompt=login`, `max_age`).
    pub(crate) not_before: i64,
    /// Who has typed their password and owes a second factor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) half_way: Option<SignedIn>,
    /// The authenticator app they are adding, because they must have one and have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) enrolling: Option<String>,
    /// Who has signed in, once somebody has.
    pub(crate) person: Option<SignedIn>,
    /// What the person was sent to the company's provider with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) company: Option<Memory>,
}

impl Progress {
    pub(crate) fn begin(service: &Service, purpose: Purpose, language: Language) -> Self {
        Self {
            token: FormToken::draw(service),
            began_at: service.clock.now(),
            language,
            purpose,
            login_hint: String::new(),
            not_before: 0,
            half_way: None,
            enrolling: None,
            person: None,
            company: None,
        }
    }

    pub(crate) fn is_over(&self, now: i64) -> bool {
        !(0..limits::PROGRESS_LIFE).contains(&now.saturating_sub(self.began_at))
    }

    /// Where the person goes on to, as they know it.
    pub(crate) fn app<'a>(&'a self, organization: &'a str) -> &'a str {
        match &self.purpose {
            Purpose::Authorize(request) => &request.app,
            Purpose::Device { .. } | Purpose::Account | Purpose::Help => organization,
        }
    }

    /// Somebody has proved who they are.
    pub(crate) fn signed_in(&mut self, service: &Service, person: SignedIn) {
        self.token = FormToken::draw(service);
        self.company = None;
        self.half_way = None;
        self.enrolling = None;
        self.person = Some(person);
    }

    /// Somebody has typed their password; that alone does not let them in.
    pub(crate) fn owes_second_factor(&mut self, service: &Service, person: SignedIn) {
        self.token = FormToken::draw(service);
        self.half_way = Some(person);
        self.enrolling = None;
        self.person = None;
    }

    /// Somebody has typed their password, must have a second factor and has none: they add this authenticator app.
    pub(crate) fn enrols(&mut self, service: &Service, person: SignedIn, app: &FactorId) {
        self.owes_second_factor(service, person);
        self.enrolling = Some(app.to_string());
    }

    /// Nobody has proved anything any more: another person goes on with it.
    pub(crate) fn starts_over(&mut self, service: &Service) {
        self.token = FormToken::draw(service);
        self.half_way = None;
        self.enrolling = None;
        self.person = None;
        self.login_hint = String::new();
    }

    /// The page that comes next.
    pub(crate) fn next_page(&self) -> &'static str {
        match (&self.person, &self.purpose) {
            (None, _) if self.half_way.is_some() && self.enrolling.is_some() => "/sign-in/enrol",
            (None, _) if self.half_way.is_some() => "/sign-in/code",
            (None, _) => "/sign-in",
            (Some(_), Purpose::Authorize(_)) => "/sign-in/consent",
            (Some(_), Purpose::Device { .. }) => "/device/confirm",
            (Some(_), Purpose::Account) => "/account",
            (Some(_), Purpose::Help) => "/help/device",
        }
    }
}

/// The people a browser knows, the last one to sign in first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Browser {
    /// For the forms of pages that are no sign-in.
    pub(crate) token: Option<FormToken>,
    pub(crate) people: Vec<SignedIn>,
}

impl Browser {
    /// Remembers somebody.
    pub(crate) fn remember(&mut self, service: &Service, person: SignedIn) {
        self.token = Some(FormToken::draw(service));
        self.people.retain(|known| known.account != person.account);
        self.people.insert(0, person);
        self.people.truncate(limits::SIGNED_IN_MAX);
    }

    /// Somebody of this address.
    pub(crate) fn known(&self, email: &str) -> Option<&SignedIn> {
        self.people.iter().find(|person| person.email.eq_ignore_ascii_case(email.trim()))
    }
}

/// Whether a sign-in is recent enough to need no password.
pub(crate) fn is_recent(person: &SignedIn, not_before: i64, now: i64) -> bool {
    person.at >= not_before && (0..limits::SIGNED_IN_LIFE).contains(&now.saturating_sub(person.at))
}

mod path_name {
    use hub::AccessPath;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
    pub(super) fn serialize<S: Serializer>(path: &AccessPath, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(path.name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<AccessPath, D::Error> {
        let name = String::deserialize(deserializer)?;
        AccessPath::ALL.into_iter().find(|path| path.name() == name).ok_or_else(|| D::Error::custom("no path"))
    }
}

mod account_id {
    use hub::AccountId;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(account: &AccountId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{:032x}", u128::from_be_bytes(account.0)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<AccountId, D::Error> {
        let text = String::deserialize(deserializer)?;
        let id = u128::from_str_radix(&text, 16).map_err(D::Error::custom)?;
        Ok(AccountId(id.to_be_bytes()))
    }
}
