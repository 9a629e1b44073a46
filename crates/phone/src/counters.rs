//! What the phone did, in numbers.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::commands::Command;

/// Counts since the phone was switched on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Requests by command, repeats included.
    pub requests: BTreeMap<Command, u64>,
    /// OPTIONS requests.
    pub options: u64,
    /// Autodiscover requests.
    pub autodiscover: u64,
    /// Bytes sent on all connections.
    pub bytes_sent: u64,
    /// Bytes received on all connections.
    pub bytes_received: u64,
    /// Connections opened.
    pub connections: u64,
    /// Answers that never came, by any fault.
    pub answers_lost: u64,
    /// Sync requests with key 0.
    pub initial_syncs: u64,
    /// Times a folder was put back to key 0 by a status.
    pub resets: u64,
    /// Contacts that vanished into a namesake during a first run.
    pub collapses: u64,
    /// Contacts of a first run merged with a local one of the same name.
    pub merges_by_name: u64,
    /// Items received: Adds, Changes and Deletes in Commands.
    pub items_received: u64,
    /// Adds, Changes and Deletes sent, repeats of a request not counted.
    pub items_sent: u64,
    /// Items the server answered with status 7.
    pub conflicts: u64,
    /// Items the server refused with another status.
    pub items_refused: u64,
    /// Provision runs.
    pub provisions: u64,
    /// Renewals of tokens that were sent.
    pub renewals: u64,
    /// 401s that demanded other claims.
    pub claims_challenges: u64,
    /// Crashes.
    pub crashes: u64,
}

impl Counters {
    /// Requests of one command.
    pub fn of(&self, command: Command) -> u64 {
        self.requests.get(&command).copied().unwrap_or_default()
    }
}
