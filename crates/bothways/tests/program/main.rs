//! The program as people and scripts use it: the real binary, a data folder of its own, standard streams, signals.

// A test that cannot go on says so by failing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod access;
mod adoption;
mod certificates;
mod commands;
mod company;
mod fleet;
mod fleet_managed;
mod fleet_rollout;
mod help;
mod house;
mod imports;
mod intune;
mod serving;
mod sign_in;
