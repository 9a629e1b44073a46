//! What Graph clients do, request by request, against the real router over a real ledger.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that fails here fails for good reason"
)]

mod batch;
mod contacts;
mod contacts_only;
mod delta;
mod directory;
mod edges;
mod folders;
mod photos;
mod subscriptions;
mod world;
