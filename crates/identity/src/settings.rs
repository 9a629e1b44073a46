//! What an installation decides about signing in.

use std::{collections::BTreeSet, fmt, sync::Arc, time::Duration};

use hub::{AccessPath, Hub};

use crate::{
    seal::InstallationKey,
    sources::{PasswordSource, TokenSource},
};

/// What the account's own password is good for. App passwords are always good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AccountPassword {
    /// It opens what an app password opens.
    #[default]
    Allowed,
    /// Programs and devices need an app password each.
    Refused,
}

/// What the administrator decides about signing in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// What the account's own password is good for.
    pub account_password: AccountPassword,
    /// The paths that `Basic` opens. Microsoft Graph's clients know only tokens, so it is not among them unless asked for.
    pub basic: BTreeSet<AccessPath>,
}

impl Default for Policy {
    fn default() -> Self {
        let basic = [AccessPath::ActiveSync, AccessPath::CardDav, AccessPath::Jmap];
        Self { account_password: AccountPassword::default(), basic: basic.into() }
    }
}

/// Everything [`Identity`](crate::Identity) is told about its installation: `Settings { policy, ..Settings::new(key) }`.
#[derive(Clone)]
pub struct Settings {
    /// What the administrator decides about signing in.
    pub policy: Policy,
    /// The installation's key.
    pub key: InstallationKey,
    /// The authorization server's `iss`, the public address without a path or final slash; `None` when the address is
    /// only known from requests ([`Identity::issuing_as`](crate::Identity::issuing_as)).
    pub issuer: Option<String>,
    /// How long an access token is good.
    pub access_token_life: Duration,
    /// How long a session lives that nobody renews.
    pub session_life: Duration,
    /// How long the audit is kept.
    pub audit_retention: Duration,
    /// For wake-ups of held requests, and for accounts of people who come in for the first time.
    pub hub: Option<Hub>,
    /// The company's directory.
    pub password_source: Option<Arc<dyn PasswordSource>>,
    /// Providers whose access tokens are accepted.
    pub token_sources: Vec<Arc<dyn TokenSource>>,
}

impl Settings {
    /// The defaults, and a key.
    #[must_use]
    pub fn new(key: InstallationKey) -> Self {
        Self {
            policy: Policy::default(),
            key,
            issuer: None,
            access_token_life: Duration::from_hours(1),
            session_life: Duration::from_hours(24 * 90),
            audit_retention: Duration::from_hours(24 * 365),
            hub: None,
            password_source: None,
            token_sources: Vec::new(),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("policy", &self.policy).field("issuer", &self.issuer).finish_non_exhaustive()
    }
}
