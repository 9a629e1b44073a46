//! Migration 2: people, and what proves who they are.
//!
//! A person is found before their account is known, so these tables are keyed by what is asked for (the address, the
//! digest of a token) and not by account; an installation has as many rows here as it has people.

use super::Migration;

pub(crate) const MIGRATION: Migration = Migration {
    number: 2,
    name: "identity",
    statements: &[
        // email: lower case. password: PHC string or null. groups: one per line. disabled: 0 or 1.
        "CREATE TABLE IF NOT EXISTS person (
            account BYTEA NOT NULL PRIMARY KEY,
            email TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            password TEXT,
            groups_text TEXT NOT NULL,
            disabled BIGINT NOT NULL,
            created_at BIGINT NOT NULL
        )",
        // Every name a person may sign in with, the main address included: unique over all people.
        "CREATE TABLE IF NOT EXISTS login_name (
            name TEXT NOT NULL PRIMARY KEY,
            account BYTEA NOT NULL
        )",
        "CREATE INDEX IF NOT EXISTS login_name_account ON login_name (account)",
        // device: the first DeviceId that used it, when it is bound to one. bound: 0 or 1.
        "CREATE TABLE IF NOT EXISTS app_password (
            account BYTEA NOT NULL,
            id BYTEA NOT NULL,
            label TEXT NOT NULL,
            secret TEXT NOT NULL,
            bound BIGINT NOT NULL,
            device TEXT,
            created_at BIGINT NOT NULL,
            last_used_at BIGINT,
            PRIMARY KEY (account, id)
        )",
        // One secret under one label: revoking by label takes exactly one away.
        "CREATE UNIQUE INDEX IF NOT EXISTS app_password_label ON app_password (account, label)",
        // digest: SHA-256 of the token, which is not kept. path: the name of the way it opens.
        "CREATE TABLE IF NOT EXISTS bearer_token (
            digest BYTEA NOT NULL PRIMARY KEY,
            account BYTEA NOT NULL,
            path TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            expires_at BIGINT NOT NULL
        )",
        "CREATE INDEX IF NOT EXISTS bearer_token_account ON bearer_token (account)",
        // One row, counted up by every change above, so that a server sees at once what a command has changed.
        "CREATE TABLE IF NOT EXISTS credentials_revision (
            one BIGINT NOT NULL PRIMARY KEY,
            revision BIGINT NOT NULL
        )",
    ],
};
