//! Where facts are kept: one SQL text on two engines, transactions as retryable closures.

pub mod error;
pub mod ids;
pub mod tables;
pub mod transaction;

pub use error::{LedgerError, Result};
pub use ids::{AccountId, BookId, CardId, Revision};
pub use transaction::{Row, Transaction, Value};
