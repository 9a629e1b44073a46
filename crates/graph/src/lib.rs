//! Path: Microsoft Graph's REST API for contacts, v1.0, as far as real clients of contacts and the directory go.
//!
//! The files carry Graph's own words: `contacts`, `folders`, `delta`, `photo`, `batch`, `users`, `subscriptions`;
//! `routes` lists every path. A request is signed in, taken apart into a `message`, answered by one of them, and what
//! went wrong becomes a status and a code in one place, `error`. The server keeps nothing for a client but its
//! subscriptions: tokens and change keys are revisions.
//!
//! This crate must never know a database, another path, or how cards merge; the mapping of a card to the `contact`
//! resource is `contact::graph`. To add a resource: a file of its name, and its lines in `routes`.

mod batch;
mod contacts;
mod delta;
mod error;
mod folders;
mod ids;
pub mod limits;
mod message;
mod notifications;
mod odata;
mod photo;
mod resource;
mod routes;
mod serve;
mod service;
mod subscriptions;
mod token;
mod users;

pub use service::{Options, Service, http_client};

/// The routes of this path, under `/v1.0`.
pub fn router(service: Service) -> axum::Router {
    serve::router(service)
}

/// Tells subscribers of changes, until the future is dropped. To be run once beside the router.
pub async fn notify(service: Service) {
    notifications::run(service).await;
}
