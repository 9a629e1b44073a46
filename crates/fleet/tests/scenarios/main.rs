//! Profiles, declarations and findings in scenarios.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod apple;
mod declarations;
mod house;
mod laws;
mod profiles;
mod python;
mod rules;
mod strangers;
mod traps;
