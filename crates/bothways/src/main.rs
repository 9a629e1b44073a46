//! `bothways`: two-way company contacts for managed phones, as one program.
//!
//! This crate wires the others together and is the only one that reads settings, the environment and the clock:
//! [`cli`] holds the commands, one file per group; [`server`] the listeners; [`installation`] opens what a data folder
//! holds, alike for both. To add a command, add a file to `cli` and a line to its list.

mod access_policy;
mod ambient;
mod certificate;
mod cli;
mod configuration;
mod data_folder;
mod demo;
mod fleet_settings;
mod hints;
mod input;
mod installation;
mod installation_key;
mod limits;
mod logging;
mod management;
mod network;
mod output;
mod progress;
mod reach;
mod rollouts;
mod secret;
mod server;
mod span;

use std::process::ExitCode;

/// Gives memory back when phones leave, and keeps those that wait small.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    cli::main()
}
