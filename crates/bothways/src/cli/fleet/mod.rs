//! `bothways fleet`: what enrolled devices need, whether the company's policies agree with it, and how it gets there.

mod ca_eval;
mod check;
mod declarations;
mod devices;
mod exchange;
mod exports;
mod intune;
mod lint;
mod outlook;
mod profile;
pub(crate) mod rollout;

use std::path::Path;

use clap::{Subcommand, ValueEnum};
use fleet::{
    enrolment::{Enrolment, EnrolmentId},
    profile::{Hub, Person},
};

use super::Done;
use crate::{
    configuration::Configuration,
    fleet_settings::{self, Address},
    installation::Installation,
};

const EXAMPLES: &str = "\
Examples:
  bothways fleet profile contacts --user anna@example.com > anna.mobileconfig
  bothways fleet lint anna.mobileconfig
  bothways fleet outlook off --form devices
  bothways fleet check exported-policies/
  bothways fleet ca-eval --policies exported-policies/ --sign-in anna.json
  bothways fleet intune plan --settings intune.toml --out plan.json

docs/rollout.md leads through a rollout; docs/checks.md lists what is checked.";

/// Enrolled devices: profiles, checks, rollout.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Fleet {
    /// Make a configuration profile and print it.
    #[command(subcommand)]
    Profile(profile::Profile),
    Declarations(declarations::Declarations),
    #[command(subcommand)]
    Outlook(outlook::Outlook),
    Lint(lint::Lint),
    Check(check::Check),
    CaEval(ca_eval::CaEval),
    Devices(devices::Devices),
    #[command(subcommand)]
    Intune(intune::Intune),
    #[command(subcommand)]
    Exchange(exchange::Exchange),
    /// Bring the contacts account to devices, wave by wave: plan, start, status, pause, rollback.
    #[command(subcommand)]
    Rollout(rollout::Rollout),
}

impl Fleet {
    pub(super) async fn run(self, data: &Path) -> anyhow::Result<Done> {
        match self {
            Self::Profile(profile) => profile.run(data).await,
            Self::Declarations(declarations) => declarations.run(data).await,
            Self::Outlook(outlook) => outlook.run(data).await,
            Self::Lint(lint) => lint.run(),
            Self::Check(check) => check.run(),
            Self::CaEval(ca_eval) => ca_eval.run(),
            Self::Devices(devices) => devices.run(data).await,
            Self::Intune(intune) => intune.run().await,
            Self::Exchange(exchange) => exchange.run(),
            Self::Rollout(rollout) => rollout.run(data).await,
        }
    }
}

/// The hub as documents for devices name it; says aloud when its address is a guess.
fn hub(configuration: &Configuration) -> Hub {
    let (hub, address) = fleet_settings::hub(configuration);
    if address == Address::Guessed {
        eprintln!(
            "warning: it names {}, which is a guess; set public_url in [server] of bothways.toml to the address that \
             phones reach",
            hub.host
        );
    }
    hub
}

/// A person as documents for devices name them; says aloud when nobody here is called so.
async fn person(installation: &Installation, user: &str) -> anyhow::Result<Person> {
    if let Some(known) = installation.identity.find(user).await? {
        return Ok(Person { user_name: known.email.clone(), email: known.email, full_name: Some(known.name) });
    }
    eprintln!(
        "note: nobody here is called {user} yet; until they are added, or sign in with the company's provider, the \
         account stays empty"
    );
    Ok(Person { email: user.to_owned(), user_name: user.to_owned(), full_name: None })
}

/// A device's name, for clap.
fn enrolment(text: &str) -> Result<EnrolmentId, String> {
    EnrolmentId::parse(text).ok_or_else(|| format!("{text} is no device's name"))
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
