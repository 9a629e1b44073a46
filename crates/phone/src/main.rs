//! `phone`: a simulated phone as a program, against any ActiveSync server.
//!
//! `phone run` plays one session and tells what happened; `phone load` lets many phones work and measures.

mod program;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "phone", version, about = "A simulated iPhone that speaks Exchange ActiveSync for contacts")]
struct Program {
    #[command(subcommand)]
    command: Work,
}

#[derive(Subcommand)]
enum Work {
    /// Play one session and tell what happened; fails if the server broke a rule of iOS
    Run(Box<program::run::Run>),
    /// Let many phones work, and measure throughput, latency and the server's cost
    Load(Box<program::load::Load>),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Program::parse().command {
        Work::Run(run) => run.play().await,
        Work::Load(load) => load.measure().await,
    }
}
