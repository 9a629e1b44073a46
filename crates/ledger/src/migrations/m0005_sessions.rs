//! Migration 5: sessions that began with a sign-in, what they are renewed with, and what was done by whom.
//!
//! Codes and refresh tokens name their account, so that their rows live with it; only what is asked for before anybody
//! is known (a client, a device code) is keyed by itself.

use super::Migration;

pub(crate) const MIGRATION: Migration = Migration {
    number: 5,
    name: "sessions",
    statements: &[
        // One row per person whose facts or credentials were ever changed: the newest revision, and a number that counts
        // all changes in the order of their commits, so that every process finds out by one short query who has changed
        // since it last asked. No clock decides it.
        "CREATE TABLE IF NOT EXISTS person_change (
            account BYTEA NOT NULL PRIMARY KEY, revision BIGINT NOT NULL, change_number BIGINT NOT NULL)",
        "CREATE INDEX IF NOT EXISTS person_change_by_number ON person_change (change_number)",
        // What an administrator has decided about a person beyond who they are. paths_off: names of paths, one per line.
        "CREATE TABLE IF NOT EXISTS person_policy (account BYTEA NOT NULL PRIMARY KEY, paths_off TEXT NOT NULL)",
        // A person as another provider knows them: OpenID Connect's `iss` and `sub`.
        "CREATE TABLE IF NOT EXISTS foreign_subject (
            issuer TEXT NOT NULL, subject TEXT NOT NULL, account BYTEA NOT NULL, PRIMARY KEY (issuer, subject))",
        "CREATE INDEX IF NOT EXISTS foreign_subject_by_account ON foreign_subject (account)",
        // device: the DeviceId that first used it. amr: how the person proved who they are, words with spaces between.
        // refresh: digest of the valid refresh token, null for a service; refresh_before: of the one it replaced, good
        // for a lost answer only; arrived: a token of the newest answer was seen, so that answer was not lost.
        "CREATE TABLE IF NOT EXISTS sign_in_session (
            account BYTEA NOT NULL, session BYTEA NOT NULL, client TEXT NOT NULL, path TEXT NOT NULL,
            scope TEXT NOT NULL, resource TEXT, amr TEXT NOT NULL, claims_challenge BIGINT NOT NULL,
            auth_time BIGINT NOT NULL, user_agent TEXT NOT NULL, network TEXT NOT NULL, device TEXT,
            created_at BIGINT NOT NULL, used_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, ended_at BIGINT,
            ended_why TEXT NOT NULL, refresh BYTEA, refresh_before BYTEA, refreshed_at BIGINT NOT NULL,
            arrived BIGINT NOT NULL, PRIMARY KEY (account, session))",
        // code: digest. request: what the client asked for, as JSON. session: what came of it, once it was used.
        "CREATE TABLE IF NOT EXISTS authorization_code (
            account BYTEA NOT NULL, code BYTEA NOT NULL, request TEXT NOT NULL, expires_at BIGINT NOT NULL,
            session BYTEA, PRIMARY KEY (account, code))",
        // RFC 8628. Keyed by the digest of the device code: nobody is known when it is asked for. account, amr, auth_time:
        // of whoever allowed it. state: 0 waiting, 1 allowed, 2 denied.
        "CREATE TABLE IF NOT EXISTS device_code (
            device_code BYTEA NOT NULL PRIMARY KEY, user_code TEXT NOT NULL, request TEXT NOT NULL,
            expires_at BIGINT NOT NULL, polled_at BIGINT NOT NULL, state BIGINT NOT NULL, account BYTEA,
            amr TEXT NOT NULL, auth_time BIGINT NOT NULL)",
        "CREATE UNIQUE INDEX IF NOT EXISTS device_code_by_user_code ON device_code (user_code)",
        // secret: hash, null for a public client. redirect_uris, paths, grants: one per line. acts_for: whose contacts
        // a service reaches with its own credentials.
        "CREATE TABLE IF NOT EXISTS oauth_client (
            client TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, secret TEXT, redirect_uris TEXT NOT NULL,
            paths TEXT NOT NULL, grants TEXT NOT NULL, acts_for BYTEA, created_at BIGINT NOT NULL)",
        // key: sealed with the installation's key. certificate: self-signed, DER, for `x5c`.
        "CREATE TABLE IF NOT EXISTS signing_key (
            kid TEXT NOT NULL PRIMARY KEY, key BYTEA NOT NULL, certificate BYTEA NOT NULL, created_at BIGINT NOT NULL,
            retired_at BIGINT)",
        // Append-only. account: of whom it tells; sixteen zeros when nobody is known. detail: JSON.
        "CREATE TABLE IF NOT EXISTS audit (
            account BYTEA NOT NULL, at BIGINT NOT NULL, id BYTEA NOT NULL, actor TEXT NOT NULL, event TEXT NOT NULL,
            outcome TEXT NOT NULL, network TEXT NOT NULL, device TEXT NOT NULL, detail TEXT NOT NULL,
            PRIMARY KEY (account, at, id))",
        "CREATE INDEX IF NOT EXISTS audit_by_time ON audit (at)",
    ],
};
