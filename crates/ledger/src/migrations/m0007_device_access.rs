//! Migration 7: what was decided about a device.

use super::Migration;

pub(crate) const MIGRATION: Migration = Migration {
    number: 7,
    name: "device access",
    statements: &[
        // exemption: allow, quarantine or block, by an administrator for this person and device; empty when none.
        // enrolled: the enrolled device it belongs to. compliant, managed: null while nobody has said. verdict: the
        // last decision, with the rule that made it.
        "CREATE TABLE IF NOT EXISTS device_access (
            account BYTEA NOT NULL, device TEXT NOT NULL, exemption TEXT NOT NULL, exemption_by TEXT NOT NULL,
            exemption_at BIGINT NOT NULL, enrolled TEXT, compliant BIGINT, managed BIGINT, sign_in TEXT NOT NULL,
            network TEXT NOT NULL, login_name TEXT NOT NULL, host TEXT NOT NULL, verdict TEXT NOT NULL,
            verdict_rule TEXT NOT NULL, verdict_at BIGINT NOT NULL, PRIMARY KEY (account, device))",
    ],
};
