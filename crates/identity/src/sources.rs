//! Where people are known besides the ledger: a company's directory (LDAP), a company's provider (OpenID Connect).
//!
//! To add one: implement [`PasswordSource`] or [`TokenSource`] in another crate and hand it in with
//! [`Settings`](crate::Settings). A source says who somebody is; whether they may come in is decided here.

use std::{future::Future, pin::Pin};

use hub::AccessPath;

use crate::credentials::Secret;

/// What a source answers, once it has.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, SourceError>> + Send + 'a>>;

/// A source cannot say anything now. Nobody is refused for that: they are asked to come again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SourceError(pub String);

/// A person, as a source knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignPerson {
    /// Who says so: OpenID Connect's `iss`, or the address of an LDAP directory.
    pub issuer: String,
    /// What never changes about them there: `sub`, `oid`, `entryUUID`.
    pub subject: String,
    /// The address they are known by here. The person who has it is taken when the subject is seen for the first time.
    pub email: String,
    /// The name; empty when it is not known.
    pub name: String,
    /// Groups; `None` when the source says nothing about them, and what is known here stays.
    pub groups: Option<Vec<String>>,
    /// Make the person when there is none.
    pub just_in_time: bool,
}

/// What a directory says about a name and a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordAnswer {
    /// It knows nobody of this name: the passwords kept here count.
    Unknown,
    /// It knows the person, and this is not their password. The account's password here does not count either.
    Wrong,
    /// It is theirs.
    Right(ForeignPerson),
}

/// A directory that passwords are checked against.
pub trait PasswordSource: Send + Sync {
    /// Looks at a password. The name is in lower case, without a domain before a backslash.
    fn check<'a>(&'a self, login_name: &'a str, password: &'a Secret) -> Answer<'a, PasswordAnswer>;
}

/// What a provider's access token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignToken {
    /// Whose it is.
    pub person: ForeignPerson,
    /// When it ends, in microseconds since 1970.
    pub expires_at: i64,
    /// Its client understands a claims challenge (`xms_cc` with `cp1`).
    pub claims_challenge: bool,
}

/// A provider whose access tokens are accepted beside our own.
pub trait TokenSource: Send + Sync {
    /// Checks signature, issuer, audience, times and scope of a token for a path. `None` when it is not one of this
    /// provider's, or not a good one for this path.
    fn check<'a>(&'a self, token: &'a Secret, path: AccessPath) -> Answer<'a, Option<ForeignToken>>;
}
