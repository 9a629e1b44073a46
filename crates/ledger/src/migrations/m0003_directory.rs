//! The directory: who can be looked up, and the words they are found by.

use super::Migration;

/// Every key begins with the tenant, so that a tenant can live on any shard.
pub(crate) const MIGRATION: Migration = Migration {
    number: 3,
    name: "directory",
    statements: &[
        // `revision` goes up with every import, so that two imports cannot interleave; entries from `indexed_below`
        // on have been written and not yet been indexed.
        "CREATE TABLE IF NOT EXISTS directory_state (
            tenant BIGINT NOT NULL PRIMARY KEY, revision BIGINT NOT NULL, next_entry BIGINT NOT NULL,
            indexed_below BIGINT NOT NULL)",
        "CREATE TABLE IF NOT EXISTS directory_entry (
            tenant BIGINT NOT NULL, entry BIGINT NOT NULL, email_key TEXT NOT NULL, email TEXT NOT NULL,
            name TEXT NOT NULL, given_name TEXT NOT NULL, surname TEXT NOT NULL, phone TEXT NOT NULL,
            mobile TEXT NOT NULL, home_phone TEXT NOT NULL, company TEXT NOT NULL, department TEXT NOT NULL,
            title TEXT NOT NULL, office TEXT NOT NULL, alias TEXT NOT NULL, photo BYTEA,
            PRIMARY KEY (tenant, entry))",
        "CREATE UNIQUE INDEX IF NOT EXISTS directory_entry_by_email ON directory_entry (tenant, email_key)",
        // BYTEA, because bytes are ordered alike on every engine and under every collation.
        "CREATE TABLE IF NOT EXISTS directory_token (
            tenant BIGINT NOT NULL, token BYTEA NOT NULL, entry BIGINT NOT NULL,
            PRIMARY KEY (tenant, token, entry))/* the key is the table */",
        "CREATE TABLE IF NOT EXISTS directory_photo (
            tenant BIGINT NOT NULL, entry BIGINT NOT NULL, source BYTEA NOT NULL, bytes BYTEA NOT NULL,
            PRIMARY KEY (tenant, entry))",
    ],
};
