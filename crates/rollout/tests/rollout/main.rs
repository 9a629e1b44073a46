//! Rollouts over a world of simulated phones, and laws over arbitrary events.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that does not find what it looks for has failed"
)]

mod a_thousand;
mod bench;
mod crashes;
mod document;
mod ladder;
mod laws;
mod waves;
mod without_answers;
mod world;
