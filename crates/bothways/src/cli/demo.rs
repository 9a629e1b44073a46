//! `bothways demo`

use std::net::SocketAddr;

use clap::Args;

use super::Done;
use crate::demo::{self, Options};

const EXAMPLES: &str = "\
Examples:
  bothways demo
  bothways demo --contacts 10000
  bothways demo --stay                        then connect a phone of your own
  bothways demo --json | jq 'select(.ok | not)'

It works offline and speaks with this machine alone, in a temporary folder, unless --stay is given.
Exit code 0: every check held.";

/// Show what it does, in a few seconds: two clients, one hub, every promise checked.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Demo {
    /// How many contacts; made-up people are added to the sample address books until there are as many.
    #[arg(long, value_name = "N", default_value_t = 250)]
    contacts: usize,
    /// Decides who the made-up people are.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Print one JSON object per step, then a summary.
    #[arg(long)]
    json: bool,
    /// Keep the data folder, and say where it is.
    #[arg(long)]
    keep: bool,
    /// Leave the hub running afterwards, for phones in the same network, and say how to connect one.
    #[arg(long, conflicts_with = "json")]
    stay: bool,
    /// Where the hub listens afterwards.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "0.0.0.0:8443", requires = "stay")]
    listen: SocketAddr,
}

impl Demo {
    pub(super) async fn run(self) -> anyhow::Result<Done> {
        let Self { contacts, seed, json, keep, stay, listen } = self;
        demo::run(Options { contacts, seed, json, keep, stay: stay.then_some(listen) }).await?;
        Ok(Done::Whole)
    }
}
