//! Who is asking: people, their passwords, app passwords, sessions, tokens and certificates, and what was done by whom.
//!
//! [`Identity::authenticate`] turns what a request shows into an [`Admission`] or a [`Refusal`], and
//! [`Identity::still`] says whether it still holds for a request that is held. The authorization server's endpoints are
//! another crate; what they grant ([`Grant`]) is decided and kept here. This crate knows no HTTP beyond the
//! `Authorization` header, no contacts, and never lets a secret out again: it keeps hashes, and its types print secrets
//! as dots.
//!
//! To add a way to prove who one is: a variant of [`SignInMethod`], what has to stay so for it to be good (`Proof` in
//! `standing`), and its check in `authenticate`. Whatever it is, a person who is shut out must stay out, and whoever
//! takes something back counts up the person (`ledger::tables::people::changed`) in the same transaction, so that every
//! process knows within a second.

mod admission;
mod app_passwords;
mod attempts;
mod audit;
mod authenticate;
mod certificates;
mod clients;
mod credentials;
mod device_codes;
pub mod devices;
mod error;
mod foreign_people;
mod grants;
mod hashing;
mod introspection;
mod jwt;
mod limits;
mod own_devices;
mod people;
mod recent;
pub mod seal;
pub mod second_factor;
mod sessions;
mod settings;
mod sign_in;
mod signing_keys;
pub mod sources;
mod standing;
mod tickets;
mod tokens;
mod watch;

pub use access::Verdict;
pub use admission::{Admission, Attempt, PersonFacts, SignInMethod};
pub use app_passwords::{AppPasswordEntry, Binding};
pub use audit::{Audit, AuditEntry, AuditEvent};
pub use authenticate::Identity;
pub use certificates::ClientCertificate;
pub use clients::{Client, ClientId, GrantType, NewClient};
pub use credentials::{Credentials, Secret};
pub use device_codes::{Decision, DeviceCode, DeviceRequest};
pub use devices::{DeviceRecord, Gate, Passage, Visit};
pub use error::{IdentityError, Refusal, Result};
pub use introspection::Introspection;
pub use own_devices::{Cause, OwnDevice, Remedy};
pub use people::{NewPerson, PersonEntry, normal_email};
pub use seal::{InstallationKey, NotSealedHere};
pub use sessions::{CodeRequest, Grant, GrantError, NotASessionId, PkceChallenge, SessionEntry, SessionId};
pub use settings::{AccountPassword, Policy, Settings};
pub use signing_keys::SigningKeyEntry;
pub use sources::{ForeignPerson, ForeignToken, PasswordAnswer, PasswordSource, SourceError, TokenSource};
pub use tokens::{TokenEntry, TokenId};
