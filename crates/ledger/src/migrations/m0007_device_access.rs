//! Migration 7: what was decided about a device.

use super::Migration;

pub(crate) const MIGRATION: Migration = Migration {
    number: 7,
    name: "device access",
    statements: &[
        // exemption: allow, quarantine or block, by an administrator for this person and device; empty when none.
        // enrolled: the enrolled device it belongs to. compliant, managed: null while nobody has said. login_name, host:
        // of the account that is in use on the device, last seen at holder_at. second_name: of another one that was
        // refused. verdict: the last decision, which holds since verdict_at, and verdict_by what decided.
        "CREATE TABLE IF NOT EXISTS device_access (
            account BYTEA NOT NULL, device TEXT NOT NULL, exemption TEXT NOT NULL DEFAULT '',
            exemption_by TEXT NOT NULL DEFAULT '', exemption_why TEXT NOT NULL DEFAULT '',
            exemption_at BIGINT NOT NULL DEFAULT 0, enrolled TEXT, compliant BIGINT, managed BIGINT,
            sign_in TEXT NOT NULL DEFAULT '', network TEXT NOT NULL DEFAULT '', login_name TEXT NOT NULL DEFAULT '',
            host TEXT NOT NULL DEFAULT '', holder_at BIGINT NOT NULL DEFAULT 0, second_name TEXT NOT NULL DEFAULT '',
            second_at BIGINT NOT NULL DEFAULT 0, first_sync_at BIGINT, last_sync_at BIGINT,
            verdict TEXT NOT NULL DEFAULT '', verdict_by TEXT NOT NULL DEFAULT '',
            verdict_at BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (account, device))",
    ],
};
