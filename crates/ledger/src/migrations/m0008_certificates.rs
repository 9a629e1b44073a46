//! Migration 8: the issuing authority and what it issued.

use super::Migration;

pub(crate) const MIGRATION: Migration = Migration {
    number: 8,
    name: "certificates",
    statements: &[
        // key: sealed with the installation's key. crl_number: of the last list that was signed.
        "CREATE TABLE IF NOT EXISTS certificate_authority (
            authority TEXT NOT NULL PRIMARY KEY, key BYTEA NOT NULL, certificate BYTEA NOT NULL,
            created_at BIGINT NOT NULL, crl_number BIGINT NOT NULL)",
        // serial: lower-case hexadecimal digits. reason: CRLReason (RFC 5280 5.3.1), null while it is good.
        "CREATE TABLE IF NOT EXISTS certificate (
            account BYTEA NOT NULL, serial TEXT NOT NULL, certificate BYTEA NOT NULL, label TEXT NOT NULL,
            issued_at BIGINT NOT NULL, not_after BIGINT NOT NULL, revoked_at BIGINT, reason BIGINT,
            PRIMARY KEY (account, serial))",
        "CREATE UNIQUE INDEX IF NOT EXISTS certificate_by_serial ON certificate (serial)",
        // challenge: digest. transaction_id: of the request it was used for, so that the same one may be repeated.
        "CREATE TABLE IF NOT EXISTS scep_challenge (
            challenge BYTEA NOT NULL PRIMARY KEY, account BYTEA NOT NULL, label TEXT NOT NULL,
            expires_at BIGINT NOT NULL, transaction_id TEXT, used_at BIGINT)",
    ],
};
