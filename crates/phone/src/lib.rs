//! A faithful simulated iPhone that speaks Exchange ActiveSync for contacts.
//!
//! It does request by request what iOS does, keeps contacts as iOS keeps them, and refuses what iOS refuses: every rule a real
//! phone enforces is a [`Violation`] with a name. It loses answers, crashes and repeats itself on demand, always the same way
//! for the same seed. It never uses a line of the server's code; both sides read the specification on their own.
//!
//! ```no_run
//! # async fn example() -> Result<(), phone::PhoneError> {
//! use phone::{Credentials, LocalContact, Phone, PhoneConfig, Property};
//!
//! let password = Credentials::Password("secret".to_owned());
//! let config = PhoneConfig::new("http://127.0.0.1:8080", "anna@example.org", password, "7Q2M5T9KD14V9B3R0H8N6C1XEE");
//! let mut phone = Phone::new(config)?;
//! phone.set_up().await?;
//! let bea = phone.add_contact(LocalContact::named("Bea", "Muster").with(Property::MobilePhoneNumber, "+49 170 1"))?;
//! phone.lose_next_answer();
//! phone.sync().await?;
//! assert!(phone.server_id(bea).is_some() && phone.violations().is_empty());
//! # Ok(()) }
//! ```
//!
//! Under management it is a [`managed::ManagedPhone`]: profiles, an MDM server's commands and declarations, managed open-in.
//!
//! A new kind of client is a variant of [`DeviceKind`]; a new command is a file in [`commands`]; a new rule of iOS is a variant
//! of [`Violation`] and a line in `parse_rules`.

pub mod address_book;
mod application_data;
mod autodiscover;
mod birthday;
pub mod commands;
mod config;
mod counters;
mod device;
mod device_kind;
mod error;
mod file_as;
mod ids;
mod kana;
pub mod limits;
mod local_contact;
pub mod managed;
mod parse_rules;
mod ping_loop;
mod property;
mod session;
pub mod sign_in;
mod state;
mod strictness;
mod sync_run;
pub mod transport;
mod version;
pub mod wbxml;

pub use address_book::{Record, Unsent};
pub use autodiscover::FoundBy;
pub use commands::Command;
pub use commands::search::{Found, GalEntry};
pub use config::{Credentials, Discovery, Pace, PhoneConfig};
pub use counters::Counters;
pub use device::{Phone, SetUp};
pub use device_kind::DeviceKind;
pub use error::PhoneError;
pub use ids::{FolderId, LocalId, ServerId};
pub use local_contact::{LocalContact, PhoneLabel, Picture, PictureOrigin};
pub use ping_loop::PingOutcome;
pub use property::Property;
pub use sign_in::{AddAccount, Mode, OAuthProfile, Person, SignInFault, Tokens, authorization_uri};
pub use state::Folder;
pub use strictness::Violation;
pub use sync_run::SyncReport;
pub use transport::{FaultRates, LinkFault, Trust};
pub use version::{UnknownVersion, Version};
