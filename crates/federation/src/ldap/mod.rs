//! Passwords checked by a directory (LDAP, RFC 4511): the person is looked up, then the directory is asked to let them
//! in with the password (a simple bind), and what it says decides.
//!
//! Three hazards of that: an empty password is no bind but a greeting that every directory answers with success (RFC
//! 4513 5.1.2), a name is text for a filter and must be escaped there (RFC 4515), and a directory that is busy or out
//! of reach has not said that a password is wrong.

mod connection;
mod names;

use std::{fmt, path::Path, sync::Arc, time::Duration};

use identity::{
    Secret,
    sources::{Answer, ForeignPerson, PasswordAnswer, PasswordSource, SourceError},
};
use ldap3::{LdapResult, Scope, SearchEntry};

use self::connection::{Connection, Place};
use crate::{
    error::SettingsError,
    limits,
    settings::{GroupSource, LdapSettings},
};

/// Why a directory did not say anything about a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LdapError {
    /// No connection to any of the servers.
    #[error("the directory cannot be reached: {0}")]
    Unreachable(String),
    /// The connection ended, or the answer took too long.
    #[error("the directory did not answer: {0}")]
    NoAnswer(String),
    /// The one who searches may not come in.
    #[error("the directory does not let {dn:?} in ([ldap] bind_dn, bind_password_file): {reason}")]
    Service {
        /// Who.
        dn: String,
        /// What the directory said.
        reason: String,
    },
    /// Another server should be asked. It is not: nobody knows who that is.
    #[error(
        "the directory refers to other servers for {0:?}, which is not followed; name a server that holds [ldap] base"
    )]
    Referral(String),
    /// Something else than success.
    #[error("the directory refused a {what}: {reason}")]
    Refused {
        /// What was asked.
        what: &'static str,
        /// What it said.
        reason: String,
    },
}

/// Asks a directory. Clones share everything.
#[derive(Clone)]
pub struct LdapPasswords {
    inner: Arc<Inner>,
}

struct Inner {
    settings: LdapSettings,
    places: Vec<Place>,
    password: Option<Secret>,
    /// Who vouches for subjects: the tree, not the server that was asked.
    issuer: String,
    timeout: Duration,
}

impl fmt::Debug for LdapPasswords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LdapPasswords").field("urls", &self.inner.settings.urls).finish_non_exhaustive()
    }
}

/// What was found out about a password.
enum Verdict {
    Unknown,
    Wrong(String),
    Right(ForeignPerson),
}

impl LdapPasswords {
    /// File names in the settings are relative to `folder`.
    ///
    /// # Errors
    /// Settings that make no sense or would send passwords in the clear, files that cannot be read. Nobody is asked
    /// anything yet.
    pub fn new(settings: LdapSettings, folder: &Path) -> Result<Self, SettingsError> {
        let complain = |text: &str| Err(SettingsError(format!("[ldap] {text}")));
        if settings.urls.is_empty() || settings.base.is_empty() {
            return complain("needs urls and base");
        }
        if settings.bind_template.is_some() && settings.bind_dn.is_some() {
            return complain("takes bind_dn or bind_template, not both");
        }
        if settings.bind_dn.is_some() != settings.bind_password_file.is_some() {
            return complain("bind_dn and bind_password_file go together");
        }
        let templates = [settings.bind_template.as_deref(), settings.filter.as_deref()];
        if templates.into_iter().flatten().any(|template| !template.contains("{name}")) {
            return complain("bind_template and filter need {name}, the place of what was typed");
        }
        let filter = settings.filter.as_deref().unwrap_or(settings.kind.filter());
        for filter in [names::fill(filter, "x", "x"), names::fill(&settings.group_filter, "x", "x")] {
            if ldap3::parse_filter(&filter).is_err() {
                return complain(&format!("{filter:?} is no LDAP filter (RFC 4515)"));
            }
        }
        let password = settings.bind_password_file.as_deref().map(|file| crate::settings::secret(folder, file));
        let password =
            password.transpose().map_err(|error| SettingsError(format!("[ldap] bind_password_file: {error}")))?;
        let places = connection::places(&settings, folder)?;
        let issuer = format!("ldap:{}", settings.base.to_lowercase());
        let timeout = Duration::from_secs(settings.timeout_seconds.clamp(1, 60).into());
        Ok(Self { inner: Arc::new(Inner { settings, places, password, issuer, timeout }) })
    }

    /// For an examination.
    pub(crate) async fn look(&self) -> Result<String, LdapError> {
        self.contained(|inner| async move {
            let mut connection = inner.connect().await?;
            inner.let_service_in(&mut connection).await?;
            let place = connection.url().to_owned();
            if inner.settings.bind_template.is_some() {
                return Ok(format!("{place} answers"));
            }
            let found = connection.search(&inner.settings.base, Scope::Base, "(objectClass=*)", &["1.1"]).await?;
            match found.len() {
                0 => Err(LdapError::Refused {
                    what: "look at [ldap] base",
                    reason: "it is not there, or hidden".to_owned(),
                }),
                _ => Ok(format!("{place} answers, {} is there", inner.settings.base)),
            }
        })
        .await
    }

    /// Runs an exchange in a task of its own: whatever a server sends, not more than the task ends.
    async fn contained<T: Send + 'static, F: Future<Output = Result<T, LdapError>> + Send + 'static>(
        &self,
        exchange: impl FnOnce(Arc<Inner>) -> F,
    ) -> Result<T, LdapError> {
        // A bind, a search, a bind, a search: all of them together.
        let whole = self.inner.timeout.saturating_mul(3);
        let mut task = tokio::spawn(exchange(Arc::clone(&self.inner)));
        match tokio::time::timeout(whole, &mut task).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(LdapError::NoAnswer("it sent something that is no LDAP".to_owned())),
            Err(_) => {
                task.abort();
                Err(LdapError::NoAnswer(format!("not within {} s", whole.as_secs())))
            }
        }
    }
}

impl PasswordSource for LdapPasswords {
    fn check<'a>(&'a self, login_name: &'a str, password: &'a Secret) -> Answer<'a, PasswordAnswer> {
        Box::pin(async move {
            if !(1..=limits::LDAP_NAME_BYTES).contains(&login_name.len()) || login_name.contains('\0') {
                return Ok(PasswordAnswer::Unknown);
            }
            // With an empty password the bind would be one of nobody and succeed; some servers stop reading at a zero.
            if password.reveal().is_empty() || password.reveal().contains('\0') {
                return Ok(PasswordAnswer::Wrong);
            }
            let (name, password) = (login_name.to_owned(), password.clone());
            let verdict = self.contained(|inner| async move { inner.check(&name, &password).await }).await;
            match verdict {
                Ok(Verdict::Unknown) => Ok(PasswordAnswer::Unknown),
                Ok(Verdict::Right(person)) => Ok(PasswordAnswer::Right(person)),
                Ok(Verdict::Wrong(reason)) => {
                    tracing::info!(login_name, reason, "the directory does not let this person in");
                    Ok(PasswordAnswer::Wrong)
                }
                Err(error) => {
                    tracing::warn!(%error, "the directory cannot be asked");
                    Err(SourceError(error.to_string()))
                }
            }
        })
    }
}

impl Inner {
    async fn connect(&self) -> Result<Connection, LdapError> {
        let mut reasons = Vec::new();
        for place in &self.places {
            match Connection::open(place, self.timeout).await {
                Ok(connection) => return Ok(connection),
                Err(reason) => reasons.push(format!("{}: {reason}", place.url)),
            }
        }
        Err(LdapError::Unreachable(reasons.join("; ")))
    }

    /// The one who searches; nobody without a name.
    async fn let_service_in(&self, connection: &mut Connection) -> Result<(), LdapError> {
        let (Some(dn), Some(password)) = (&self.settings.bind_dn, &self.password) else { return Ok(()) };
        let result = connection.bind(dn, password.reveal()).await?;
        if result.rc == 0 { Ok(()) } else { Err(LdapError::Service { dn: dn.clone(), reason: names::said(&result) }) }
    }

    async fn check(&self, name: &str, password: &Secret) -> Result<Verdict, LdapError> {
        let mut connection = self.connect().await?;
        let entry = match self.settings.bind_template.as_deref() {
            None => {
                self.let_service_in(&mut connection).await?;
                let filter = self.settings.filter.as_deref().unwrap_or(self.settings.kind.filter());
                let filter = names::fill(filter, name, "");
                let mut found = self.people(&mut connection, &self.settings.base, Scope::Subtree, &filter).await?;
                let entry = match (found.pop(), found.pop()) {
                    (None, _) => return Ok(Verdict::Unknown),
                    (Some(entry), None) => entry,
                    (Some(_), Some(_)) => return Ok(Verdict::Wrong("the filter finds several people".to_owned())),
                };
                if let Some(reason) = refusal(&bind(&mut connection, &entry.dn, password).await?)? {
                    return Ok(Verdict::Wrong(reason));
                }
                entry
            }
            Some(template) => {
                let who = names::bind_name(template, name);
                if let Some(reason) = refusal(&bind(&mut connection, &who, password).await?)? {
                    return Ok(Verdict::Wrong(reason));
                }
                // Only the one who was let in, never somebody else whom a wider filter would find.
                let (base, scope, filter) = if names::is_dn(template) {
                    (&*who, Scope::Base, "(objectClass=*)".to_owned())
                } else {
                    (&*self.settings.base, Scope::Subtree, format!("(userPrincipalName={})", ldap3::ldap_escape(&*who)))
                };
                let mut found = self.people(&mut connection, base, scope, &filter).await?;
                match (found.pop(), found.pop()) {
                    (Some(entry), None) => entry,
                    _ => {
                        return Ok(Verdict::Wrong("they may not read their own entry, or it is not unique".to_owned()));
                    }
                }
            }
        };
        self.person(&mut connection, name, &entry).await
    }

    async fn people(
        &self,
        connection: &mut Connection,
        base: &str,
        scope: Scope,
        filter: &str,
    ) -> Result<Vec<SearchEntry>, LdapError> {
        let settings = &self.settings;
        let (name, subject) = (self.name_attribute(), self.subject_attribute());
        connection.search(base, scope, filter, &[&*settings.email, name, subject, "memberOf"]).await
    }

    fn name_attribute(&self) -> &str {
        self.settings.name.as_deref().unwrap_or(self.settings.kind.name())
    }

    fn subject_attribute(&self) -> &str {
        self.settings.subject.as_deref().unwrap_or(self.settings.kind.subject())
    }

    async fn person(&self, connection: &mut Connection, name: &str, entry: &SearchEntry) -> Result<Verdict, LdapError> {
        let lacks = |attribute: &str| Ok(Verdict::Wrong(format!("{} has no usable {attribute}", entry.dn)));
        let Some(subject) = names::stable_id(entry, self.subject_attribute()) else {
            return lacks(self.subject_attribute());
        };
        let email = names::texts(entry, &self.settings.email).next().and_then(|text| identity::normal_email(text).ok());
        let Some(email) = email else { return lacks(&self.settings.email) };
        let groups = self.groups(connection, name, entry).await?;
        if !self.settings.groups.is_empty() {
            let wanted =
                |group: &String| self.settings.groups.iter().any(|one| one.to_lowercase() == group.to_lowercase());
            if !groups.as_ref().is_some_and(|groups| groups.iter().any(wanted)) {
                return Ok(Verdict::Wrong(format!("{email} is in none of the groups that may sign in")));
            }
        }
        Ok(Verdict::Right(ForeignPerson {
            issuer: self.issuer.clone(),
            subject,
            email,
            name: names::texts(entry, self.name_attribute()).next().unwrap_or_default().to_owned(),
            groups,
            just_in_time: self.settings.create_people,
        }))
    }

    async fn groups(
        &self,
        connection: &mut Connection,
        name: &str,
        entry: &SearchEntry,
    ) -> Result<Option<Vec<String>>, LdapError> {
        let settings = &self.settings;
        match settings.group_source {
            GroupSource::None => Ok(None),
            GroupSource::MemberOf => {
                let groups = names::texts(entry, "memberOf").take(limits::GROUPS).map(names::first_name).collect();
                Ok(Some(groups))
            }
            GroupSource::Search => {
                // People may not read groups everywhere; whoever may search for people may.
                self.let_service_in(connection).await?;
                let base = settings.group_base.as_deref().unwrap_or(&settings.base);
                let filter = names::fill(&settings.group_filter, name, &entry.dn);
                let found = connection.search_many(base, &filter, &[&*settings.group_name]).await?;
                let named = found.iter().filter_map(|group| names::texts(group, &settings.group_name).next());
                Ok(Some(named.take(limits::GROUPS).map(str::to_owned).collect()))
            }
        }
    }
}

async fn bind(connection: &mut Connection, dn: &str, password: &Secret) -> Result<LdapResult, LdapError> {
    if dn.is_empty() {
        // The root of the tree: a bind of nobody.
        return Err(LdapError::Refused { what: "bind", reason: "an entry without a name was found".to_owned() });
    }
    connection.bind(dn, password.reveal()).await
}

/// Why the directory does not let a person in; `None` when it does.
///
/// # Errors
/// It did not decide.
fn refusal(result: &LdapResult) -> Result<Option<String>, LdapError> {
    const CONSTRAINT_VIOLATION: u32 = 19;
    const NO_SUCH_OBJECT: u32 = 32;
    const INAPPROPRIATE_AUTHENTICATION: u32 = 48;
    const INVALID_CREDENTIALS: u32 = 49;
    const UNWILLING_TO_PERFORM: u32 = 53;
    let locked = |text: &str| text.contains("inactivated") || text.contains("locked");
    match result.rc {
        0 => Ok(None),
        CONSTRAINT_VIOLATION | NO_SUCH_OBJECT | INAPPROPRIATE_AUTHENTICATION | INVALID_CREDENTIALS => {
            Ok(Some(names::said(result)))
        }
        // 389 Directory Server says so of people who are shut out; others of themselves.
        UNWILLING_TO_PERFORM if locked(&result.text) => Ok(Some(names::said(result))),
        _ => Err(LdapError::Refused { what: "bind", reason: names::said(result) }),
    }
}
