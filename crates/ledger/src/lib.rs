//! Where facts are kept: one SQL text on two engines, transactions as retryable closures.
//!
//! This crate knows tables and engines and no rules: what may be written when is the hub's. Only its engines name a
//! database driver. To add a table: a migration in `migrations/`, its statements in `tables/`, and a test on both
//! engines through [`testing::both_engines`].

pub mod database;
pub mod error;
pub mod ids;
mod limits;
pub mod lock;
mod migrations;
mod postgres;
mod sqlite;
mod statement;
pub mod tables;
pub mod testing;
pub mod transaction;

pub use database::Database;
pub use error::{LedgerError, Result, WorkError};
pub use ids::{AccountId, BookId, CardId, Revision};
pub use sqlite::{Durability, SqliteOptions};
pub use transaction::{Row, Transaction, Value};
