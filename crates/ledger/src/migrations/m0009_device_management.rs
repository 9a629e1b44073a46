//! Migration 9: devices under management, what they were told to do, what they said.

use super::Migration;

pub(crate) const MIGRATION: Migration = Migration {
    number: 9,
    name: "device management",
    statements: &[
        // What no enrolled device takes a change of: where it asks, and the topic it is woken under.
        "CREATE TABLE IF NOT EXISTS mdm_address (
            server TEXT NOT NULL PRIMARY KEY, server_url TEXT NOT NULL, check_in_url TEXT NOT NULL,
            topic TEXT NOT NULL, access_rights BIGINT NOT NULL)",
        // standing: authenticated (not enrolled before its first TokenUpdate), enrolled, left. certificate: SHA-256 of
        // the one it enrolled with, null when another MDM knows it. push: what it takes to wake it, sealed. push_gone:
        // it cannot be woken until it brings another token. facts: what it says of itself, JSON. declarations_at: when
        // its declarations last changed. commands: counts those it was ever given, so that they keep their order.
        "CREATE TABLE IF NOT EXISTS mdm_enrolment (
            enrolment TEXT NOT NULL PRIMARY KEY, kind TEXT NOT NULL, standing TEXT NOT NULL, account BYTEA,
            certificate BYTEA, push BYTEA, push_gone BIGINT NOT NULL, pushed_at BIGINT NOT NULL,
            token_updates BIGINT NOT NULL, facts TEXT NOT NULL, eas_device TEXT, managed BIGINT,
            created_at BIGINT NOT NULL, last_seen BIGINT NOT NULL, declarations_at BIGINT NOT NULL,
            commands BIGINT NOT NULL)",
        // One certificate is one device's.
        "CREATE UNIQUE INDEX IF NOT EXISTS mdm_enrolment_by_certificate ON mdm_enrolment (certificate)",
        "CREATE INDEX IF NOT EXISTS mdm_enrolment_by_account ON mdm_enrolment (account)",
        // state: queued, delivered, not-now; acknowledged, failed. plist: sealed, empty when it is done, because
        // profiles hold secrets. result: what the device answered, sealed. taken_at: when another MDM took it.
        "CREATE TABLE IF NOT EXISTS mdm_command (
            enrolment TEXT NOT NULL, command TEXT NOT NULL, place BIGINT NOT NULL, request_type TEXT NOT NULL,
            plist BYTEA NOT NULL, state TEXT NOT NULL, result BYTEA, created_at BIGINT NOT NULL, changed_at BIGINT NOT NULL,
            taken_at BIGINT, PRIMARY KEY (enrolment, command))",
        "CREATE INDEX IF NOT EXISTS mdm_command_by_place ON mdm_command (enrolment, place)",
        // position: one row counts, locked until the transaction that writes the event ends, so that whoever reads
        // after a position misses nothing.
        "CREATE TABLE IF NOT EXISTS mdm_log (log TEXT NOT NULL PRIMARY KEY, position BIGINT NOT NULL)",
        "CREATE TABLE IF NOT EXISTS mdm_event (
            enrolment TEXT NOT NULL, position BIGINT NOT NULL, at BIGINT NOT NULL, event TEXT NOT NULL,
            PRIMARY KEY (enrolment, position))",
        "CREATE UNIQUE INDEX IF NOT EXISTS mdm_event_by_position ON mdm_event (position)",
        // payload: JSON.
        "CREATE TABLE IF NOT EXISTS mdm_declaration (
            enrolment TEXT NOT NULL, identifier TEXT NOT NULL, type TEXT NOT NULL, server_token TEXT NOT NULL,
            payload TEXT NOT NULL, PRIMARY KEY (enrolment, identifier))",
        // status: all that a device has reported so far, joined, JSON. errors: of the last report.
        "CREATE TABLE IF NOT EXISTS mdm_status (
            enrolment TEXT NOT NULL PRIMARY KEY, status TEXT NOT NULL, errors TEXT NOT NULL,
            reported_at BIGINT NOT NULL)",
    ],
};
