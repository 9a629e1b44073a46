//! What a provider, a browser or somebody in between may do wrong, on purpose or not.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has to stop"
)]

mod house;
mod provider;
mod sign_in;
mod tokens;
mod trouble;
