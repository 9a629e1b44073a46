//! Who wants to be told of changes, and how far they have been told.

use super::Migration;

pub(crate) const MIGRATION: Migration = Migration {
    number: 4,
    name: "subscriptions",
    statements: &[
        // `cursor` is the revision up to which the endpoint has accepted; `attempt_at` keeps two nodes from telling
        // the same thing, and an endpoint that fails from being asked too often.
        "CREATE TABLE IF NOT EXISTS subscription (
            account BYTEA NOT NULL, subscription TEXT NOT NULL, book BIGINT NOT NULL, resource TEXT NOT NULL,
            change_types BIGINT NOT NULL, notification_url TEXT NOT NULL, lifecycle_url TEXT, client_state TEXT,
            created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, cursor BIGINT NOT NULL, attempt_at BIGINT NOT NULL,
            failing_since BIGINT, renewal_told BIGINT NOT NULL, PRIMARY KEY (account, subscription))",
    ],
};
