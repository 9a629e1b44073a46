//! The rules of the house: accounts, address books, rounds of sync, merge, replay, history, the change feed, access,
//! wake-ups.
//!
//! A path asks for [`Hub::for_caller`] and gets an [`Access`], which offers what that caller may do and nothing else.
//! This crate knows no HTTP, WBXML, XML or JSON of a protocol; clock, randomness and the encoder of the form that
//! phones are served are handed in.
//!
//! To add a path: translate its requests into calls of [`Access`], and its tokens into revisions ([`feed::Position`]).
//! If it needs a rule of its own, the rule belongs here.

pub mod adoption;
mod ambient;
pub mod books;
pub mod caller;
pub mod cards;
pub mod devices;
mod error;
pub mod feed;
pub mod hierarchy;
pub mod history;
mod hub;
pub mod limits;
pub mod round;
pub mod subscriptions;
pub mod wait;
pub mod withheld;
mod writer;

pub use ambient::{Clock, Entropy};
pub use caller::{AccessPath, Caller};
pub use error::{HubError, Result};
pub use hub::{Access, Hub};
pub use ledger::{AccountId, BookId, CardId, Revision};
pub use writer::FormEncoder;
