//! Whole scenarios against a stand-in for Microsoft Graph.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // a test that fails should stop

mod applying;
mod company;
mod exchange;
mod going_back;
mod inventory;
mod laws;
mod planning;
mod published_types;
mod stand_in;
mod trouble;
mod verifying;
