//! Certificates as phones, programs and OpenSSL see them: the real router over both engines.

// A test that cannot go on says so by failing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod audit;
mod documents;
mod enrolment;
mod files;
mod hostile;
mod house;
mod phone;
mod proxies;
mod revocation;
mod scepclient;
