//! Company sign-in: other OpenID Connect providers and LDAP directories as sources of who people are.
//!
//! Three ways, each by itself:
//!
//! - [`Company`] is a relying party: a person is sent to the company's own sign-in page and comes back with a code
//!   ([`Company::begin`], [`Company::complete`]).
//! - [`CompanyTokens`] accepts access tokens that the company's provider has issued for Bothways, on the API paths.
//! - [`LdapPasswords`] asks a directory whether a password is right, for `Basic` and for the sign-in page.
//!
//! What they find out about a person is an [`identity::sources::ForeignPerson`]; `identity` makes it somebody with an account, or
//! refuses. This crate stores nothing and knows nothing of contacts, pages or the ledger.
//!
//! To add another kind of provider: what it says about a person becomes an [`identity::sources::ForeignPerson`], and whatever
//! goes wrong a variant of [`CompanyError`] whose sentence an administrator can act on.

mod access_tokens;
mod cached;
mod claims;
mod company;
mod error;
mod examine;
mod id_token;
mod jws;
mod ldap;
mod limits;
mod provider;
mod settings;
mod web;

pub use access_tokens::CompanyTokens;
pub use company::{Company, CompanyPerson, Memory, Redirect, Start};
pub use error::{CompanyError, Remedy, SettingsError, TokenFault};
pub use examine::{Check, Problem};
pub use ldap::{LdapError, LdapPasswords};
pub use settings::{
    ClaimSettings, ClientAuthentication, CompanySettings, GroupSource, LdapKind, LdapSettings, TokenSettings,
};
