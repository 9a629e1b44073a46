//! Migration 6: second factors.

use super::Migration;

pub(crate) const MIGRATION: Migration = Migration {
    number: 6,
    name: "second factors",
    statements: &[
        // kind: totp, passkey or recovery. factor: a passkey's credential id, else random. secret: sealed with the
        // installation's key (TOTP), the credential as JSON (passkey), a hash (recovery code). counter: the last time
        // step or signature counter seen, so that nothing is taken twice.
        "CREATE TABLE IF NOT EXISTS second_factor (
            account BYTEA NOT NULL, factor BYTEA NOT NULL, kind TEXT NOT NULL, label TEXT NOT NULL,
            secret BYTEA NOT NULL, counter BIGINT NOT NULL, confirmed BIGINT NOT NULL, created_at BIGINT NOT NULL,
            used_at BIGINT, PRIMARY KEY (account, factor))",
    ],
};
