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
  bothways demo --rollout
  bothways demo --json | jq 'select(.ok | not)'

It works offline and speaks with this machine alone, in a temporary folder, unless --stay is given.
Exit code 0: every check held.";

/// Show what it does, in a few seconds: two clients, one hub, every promise checked.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Demo {
    /// How many contacts; made-up people are added to the sample address books until there are as many.
    #[arg(long, value_name = "N", default_value_t = 250)]
    contacts: usize,
    /// Show a rollout to a thousand devices instead: checks, waves, a wave that stops and is taken back.
    #[arg(long, conflicts_with_all = ["contacts", "stay"])]
    rollout: bool,
    /// To so many devices.
    #[arg(long, value_name = "N", default_value_t = demo::DEVICES, requires = "rollout", value_parser = devices)]
    devices: usize,
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

fn devices(text: &str) -> Result<usize, String> {
    let number = text.parse().map_err(|_| format!("{text} is no number"))?;
    if (100..=20_000).contains(&number) { Ok(number) } else { Err("from 100 to 20000 devices".to_owned()) }
}

impl Demo {
    pub(super) async fn run(self) -> anyhow::Result<Done> {
        let Self { contacts, rollout, devices, seed, json, keep, stay, listen } = self;
        let rollout = rollout.then_some(devices);
        demo::run(Options { contacts, seed, json, keep, stay: stay.then_some(listen), rollout }).await?;
        Ok(Done::Whole)
    }
}
