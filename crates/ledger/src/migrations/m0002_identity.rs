//! Migration 2: people, and what proves who they are.
//!
//! A person is found before their account is known, so two of these tables are keyed by what is asked for (a name to
//! sign in with, the digest of a token) and not by account.

use super::Migration;

pub(crate) const MIGRATION: Migration = Migration {
    number: 2,
    name: "identity",
    statements: &[
        // email: lower case. password: PHC string or null. group_names: one per line. revision: counted up by every
        // change to this person or what proves them, so that a server sees at once what a command has changed.
        "CREATE TABLE IF NOT EXISTS person (
            account BYTEA NOT NULL PRIMARY KEY,
            email TEXT NOT NULL,
            name TEXT NOT NULL,
            password TEXT,
            group_names TEXT NOT NULL,
            disabled BIGINT NOT NULL,
            revision BIGINT NOT NULL,
            created_at BIGINT NOT NULL
        )",
        // Every name a person may sign in with, the main address included: unique over all people.
        "CREATE TABLE IF NOT EXISTS login_name (
            login_name TEXT NOT NULL PRIMARY KEY,
            account BYTEA NOT NULL
        )",
        "CREATE INDEX IF NOT EXISTS login_name_by_account ON login_name (account)",
        // bound: it belongs to the first device that uses it. device: that one's DeviceId, once there was one.
        "CREATE TABLE IF NOT EXISTS app_password (
            account BYTEA NOT NULL,
            label TEXT NOT NULL,
            secret TEXT NOT NULL,
            bound BIGINT NOT NULL,
            device TEXT,
            created_at BIGINT NOT NULL,
            last_used_at BIGINT,
            PRIMARY KEY (account, label)
        )",
        // digest: SHA-256 of the token, which is not kept. path: the name of the way it opens.
        "CREATE TABLE IF NOT EXISTS bearer_token (
            digest BYTEA NOT NULL PRIMARY KEY,
            account BYTEA NOT NULL,
            path TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            expires_at BIGINT NOT NULL
        )",
        "CREATE INDEX IF NOT EXISTS bearer_token_by_account ON bearer_token (account)",
    ],
};
