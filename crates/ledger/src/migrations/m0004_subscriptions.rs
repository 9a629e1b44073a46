//! Migration 4: subscriptions.

use super::Migration;

pub(crate) const MIGRATION: Migration = Migration { number: 4, name: "subscriptions", statements: &[] };
