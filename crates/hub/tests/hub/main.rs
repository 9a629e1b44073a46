//! What the hub promises: the rules of a round and of folders, a scenario each, and the promises over random schedules.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a broken promise has to stop")]

mod adoption;
mod folders;
mod rounds;
mod schedules;
mod support;
