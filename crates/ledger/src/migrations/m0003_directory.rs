//! Migration 3: directory.

use super::Migration;

pub(crate) const MIGRATION: Migration = Migration { number: 3, name: "directory", statements: &[] };
