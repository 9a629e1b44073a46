//! Accounts, address books, cards with their history, photos, and what devices hold.

use super::Migration;

/// The first tables. Every key begins with the account, so that an account can live on any shard.
pub(crate) const MIGRATION: Migration = Migration {
    number: 1,
    name: "contacts",
    statements: &[
        "CREATE TABLE IF NOT EXISTS account (
            account BYTEA NOT NULL PRIMARY KEY, revision BIGINT NOT NULL, created_at BIGINT NOT NULL,
            changed_at BIGINT NOT NULL)",
        // For the sweep that catches lost wake-ups.
        "CREATE INDEX IF NOT EXISTS account_by_change ON account (changed_at)",
        "CREATE TABLE IF NOT EXISTS book (
            account BYTEA NOT NULL, book BIGINT NOT NULL, name TEXT NOT NULL, is_default BIGINT NOT NULL,
            revision BIGINT NOT NULL, deleted BIGINT NOT NULL, PRIMARY KEY (account, book))",
        // A card's life in one book. `revision_end` is the revision of the next version in the same book, or the
        // largest integer: it turns 'the latest at or below a revision' into a range. A move is a tombstone in the
        // old book and a version in the new one. Facts are never updated.
        "CREATE TABLE IF NOT EXISTS version (
            account BYTEA NOT NULL, book BIGINT NOT NULL, card BIGINT NOT NULL, revision BIGINT NOT NULL,
            revision_end BIGINT NOT NULL, deleted BIGINT NOT NULL, namesake BIGINT NOT NULL, facts TEXT NOT NULL,
            written_at BIGINT NOT NULL, author TEXT NOT NULL, PRIMARY KEY (account, book, card, revision))",
        "CREATE UNIQUE INDEX IF NOT EXISTS version_by_revision ON version (account, book, revision)",
        "CREATE INDEX IF NOT EXISTS version_by_namesake ON version (account, book, namesake, card)",
        // The newest version of every card and its encoded ActiveSync form.
        "CREATE TABLE IF NOT EXISTS card (
            account BYTEA NOT NULL, card BIGINT NOT NULL, book BIGINT NOT NULL, revision BIGINT NOT NULL,
            deleted BIGINT NOT NULL, created_at BIGINT NOT NULL, uid TEXT NOT NULL, note_bytes BIGINT NOT NULL,
            form BYTEA, PRIMARY KEY (account, card))",
        "CREATE INDEX IF NOT EXISTS card_by_uid ON card (account, uid)",
        "CREATE INDEX IF NOT EXISTS card_by_book ON card (account, book, card)",
        "CREATE TABLE IF NOT EXISTS photo (
            account BYTEA NOT NULL, hash BYTEA NOT NULL, bytes BYTEA NOT NULL, PRIMARY KEY (account, hash))",
        "CREATE TABLE IF NOT EXISTS conflict (
            account BYTEA NOT NULL, card BIGINT NOT NULL, revision BIGINT NOT NULL, facts TEXT NOT NULL,
            PRIMARY KEY (account, card, revision))",
        "CREATE TABLE IF NOT EXISTS device (
            account BYTEA NOT NULL, device TEXT NOT NULL, device_type TEXT NOT NULL, user_agent TEXT NOT NULL,
            protocol TEXT NOT NULL, first_seen BIGINT NOT NULL, last_seen BIGINT NOT NULL, policy_key BIGINT NOT NULL,
            wipe BIGINT NOT NULL, information TEXT NOT NULL, ping TEXT NOT NULL, hierarchy TEXT NOT NULL,
            PRIMARY KEY (account, device))",
        // `state` is small and read by every request; `previous` holds what a repeated request needs.
        "CREATE TABLE IF NOT EXISTS collection (
            account BYTEA NOT NULL, device TEXT NOT NULL, book BIGINT NOT NULL, serial BIGINT NOT NULL,
            state TEXT NOT NULL, previous TEXT NOT NULL, options TEXT NOT NULL,
            PRIMARY KEY (account, device, book))",
    ],
};
