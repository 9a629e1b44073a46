//! Migration 8: the issuing authority and what it issued.

use super::Migration;

pub(crate) const MIGRATION: Migration = Migration {
    number: 8,
    name: "certificates",
    statements: &[
        // key: sealed with the installation's key. revocations: counted up by each, so that a list that was signed
        // before is known to be old. crl_number: of the last list that was signed.
        "CREATE TABLE IF NOT EXISTS certificate_authority (
            authority TEXT NOT NULL PRIMARY KEY, key BYTEA NOT NULL, certificate BYTEA NOT NULL,
            created_at BIGINT NOT NULL, revocations BIGINT NOT NULL, crl_number BIGINT NOT NULL)",
        // serial: lower-case hexadecimal digits. public_key: SHA-256 of the key it is for. transaction_id: SCEP's, of
        // the request it answered. reason: CRLReason (RFC 5280 5.3.1), null while it is good.
        "CREATE TABLE IF NOT EXISTS certificate (
            account BYTEA NOT NULL, serial TEXT NOT NULL, certificate BYTEA NOT NULL, label TEXT NOT NULL,
            public_key BYTEA NOT NULL, transaction_id TEXT, issued_at BIGINT NOT NULL, not_after BIGINT NOT NULL,
            revoked_at BIGINT, reason BIGINT,
            PRIMARY KEY (account, serial))",
        "CREATE UNIQUE INDEX IF NOT EXISTS certificate_by_serial ON certificate (serial)",
        "CREATE INDEX IF NOT EXISTS certificate_by_key ON certificate (public_key)",
        // challenge: digest. serial: of the certificate it was used for, so that a lost answer can be given again.
        "CREATE TABLE IF NOT EXISTS scep_challenge (
            challenge BYTEA NOT NULL PRIMARY KEY, account BYTEA NOT NULL, label TEXT NOT NULL,
            expires_at BIGINT NOT NULL, used_at BIGINT, serial TEXT)",
        "CREATE INDEX IF NOT EXISTS scep_challenge_by_account ON scep_challenge (account)",
    ],
};
