//! Path: Exchange ActiveSync 14.1, 16.0 and 16.1, contacts only, with Autodiscover.
//!
//! [`ActiveSync::handle`] takes an HTTP request and gives an answer. The files carry the protocol's words: one per
//! command in [`commands`], both forms of [`autodiscover`], every situation's code in [`status`]. This crate
//! translates: what a change is, who wins and what a device holds is the hub's; what an element means is the lens's
//! (`contact::eas`). It must never know a database, another path, or anything but contacts and the directory.
//!
//! To add a command see [`commands`]; to add a protocol version see `version.rs`, and give every answer its shape.

mod admittance;
pub mod answer;
pub mod application_data;
pub mod autodiscover;
mod body;
mod catch_panic;
pub mod challenge;
pub mod command;
pub mod commands;
pub mod device;
mod device_information;
mod forms;
pub mod gal;
mod ids;
pub mod limits;
mod own_contacts;
pub mod policy;
pub mod query;
pub mod request;
mod same_key;
mod server;
mod session;
pub mod status;
pub mod version;
mod waits;

pub use forms::ApplicationDataForms;
pub use server::{ActiveSync, Settings};
