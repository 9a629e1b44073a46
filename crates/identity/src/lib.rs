//! Who is asking: people, their passwords, app passwords and tokens.
//!
//! [`Identity::authenticate`] turns the `Authorization` header of a request into a [`hub::Caller`] or a [`Refusal`].
//! This crate knows no HTTP beyond that header, no contacts, and never lets a secret out again: it keeps hashes, and
//! its types print secrets as dots.
//!
//! To add a way to prove who one is: a variant of [`Credentials`], its table in the ledger's `people`, and its check in
//! `authenticate`. Whatever it is, a person who is shut out must stay out.

mod app_passwords;
mod attempts;
mod authenticate;
mod credentials;
mod error;
mod hashing;
mod limits;
mod people;
mod recent;
mod tokens;

pub use app_passwords::{AppPasswordEntry, Binding};
pub use authenticate::{AccountPassword, Identity, Policy};
pub use credentials::{Credentials, Secret};
pub use error::{IdentityError, Refusal, Result};
pub use people::{NewPerson, PersonEntry, normal_email};
