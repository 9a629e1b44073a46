//! `bothways fleet`: what enrolled devices need, whether the company's policies agree with it, and how it gets there.

mod ca_eval;
mod check;
mod devices;
mod exports;
mod lint;
mod profile;
pub(crate) mod rollout;

use std::path::Path;

use clap::{Subcommand, ValueEnum};
use fleet::enrolment::Enrolment;

use super::Done;

const EXAMPLES: &str = "\
Examples:
  bothways fleet profile contacts --user anna@example.com > anna.mobileconfig
  bothways fleet lint anna.mobileconfig
  bothways fleet check exported-policies/
  bothways fleet ca-eval --policies exported-policies/ --sign-in anna.json

docs/rollout.md leads through a rollout; docs/checks.md lists what is checked.";

/// Enrolled devices: profiles, checks, rollout.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Fleet {
    /// Make a configuration profile and print it.
    #[command(subcommand)]
    Profile(profile::Profile),
    Lint(lint::Lint),
    Check(check::Check),
    CaEval(ca_eval::CaEval),
    Devices(devices::Devices),
    /// Bring the contacts account to devices, wave by wave: plan, start, status, pause, rollback.
    #[command(subcommand)]
    Rollout(rollout::Rollout),
}

impl Fleet {
    pub(super) async fn run(self, data: &Path) -> anyhow::Result<Done> {
        match self {
            Self::Profile(profile) => profile.run(data).await,
            Self::Lint(lint) => lint.run(),
            Self::Check(check) => check.run(),
            Self::CaEval(ca_eval) => ca_eval.run(),
            Self::Devices(devices) => devices.run(data).await,
            Self::Rollout(rollout) => rollout.run(data).await,
        }
    }
}

/// How the devices are enrolled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Mode {
    /// Device enrolment.
    Device,
    /// Device enrolment of supervised devices.
    Supervised,
    /// User enrolment: a person's own device.
    User,
}

impl From<Mode> for Enrolment {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Device => Self::Device,
            Mode::Supervised => Self::Supervised,
            Mode::User => Self::User,
        }
    }
}
