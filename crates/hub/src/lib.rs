//! The rules: accounts, address books, rounds of sync, merge, replay, history, the change feed, wake-ups.

pub mod caller;

pub use caller::{AccessPath, Caller};
pub use ledger::{AccountId, BookId, CardId, Revision};
