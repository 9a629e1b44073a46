//! The MDM server inside: check-in, the command queue, declarative management, push; and the ways to another MDM.
//!
//! [`Register`] is what is known of managed devices and the only one that changes it, whoever the devices talk to.
//! [`Service`] is the MDM server over it ([`router`]); [`Embedded`], [`NanoMdm`]
//! and [`Files`] are ways for a rollout to reach devices (`fleet::delivery::Delivery`). This crate knows
//! nothing of contacts and passwords, and nothing of what is in a profile beyond its PayloadIdentifier.
//!
//! Whatever goes wrong on an MDM route, the answer is never 401: an enrolled device takes it for an order to leave.
//! [`Refusal`] has every situation and its status; a layer in [`router`] stands behind it.
//!
//! To add a command: a variant of [`Command`](command::Command), what it is written as, and what its answer means in
//! `command::outcome`. To add a check-in message: `checkin::message`, and its work in `register`.

pub mod checkin;
pub mod command;
pub mod declarative;
mod document;
pub mod embedded;
mod error;
pub mod event_log;
pub mod files;
mod hexadecimal;
mod identity_of;
pub mod limits;
pub mod nanomdm;
pub mod push;
pub mod register;
mod router;
mod service;

pub use document::NotAPlist;
pub use embedded::Embedded;
pub use error::Refusal;
pub use files::Files;
pub use nanomdm::NanoMdm;
pub use push::{Push, PushError};
pub use register::{EnrolmentChange, Enrolments, Register};
pub use router::router;
pub use service::{ACCESS_RIGHTS, AddressChanged, Letterhead, Offer, OpenError, Service, Settings};

/// What an asynchronous method of an object gives.
pub type Pending<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;
