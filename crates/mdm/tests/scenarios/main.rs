//! The MDM server as devices see it: the real router, real ledgers, and devices that write and read their own property
//! lists.

// A test that cannot go on says so by failing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod declarative;
mod device;
mod files;
mod house;
mod life;
mod nanomdm;
mod pushing;
mod queue;
mod signatures;
mod traps;
