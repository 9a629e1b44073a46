//! `bothways fleet rollout`: bring the contacts account to devices, wave by wave.

mod arguments;
mod standing;
mod world;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Subcommand;
use fleet::enrolment::EnrolmentId;
use jiff::Timestamp;
use rollout::{
    inventory,
    state::{
        Rollout as State,
        control::{Scope, Word},
    },
};

use self::{
    arguments::{Judging, Source, Waves},
    standing::{Standing, planned},
    world::World,
};
use super::enrolment;
use crate::{
    cli::Done,
    output,
    rollouts::{self, Name},
    span,
};

pub(crate) use self::world::managed;

const EXAMPLES: &str = "\
Examples:
  bothways fleet rollout plan --devices devices.csv --wave pilot=group:it --wave first=10% --wave all=rest
  bothways fleet rollout start autumn --devices devices.csv --wave pilot=group:it --wave all=rest --policies exports/
  bothways fleet rollout status autumn
  bothways fleet rollout refresh autumn --devices devices.csv
  bothways fleet rollout pause autumn
  bothways fleet rollout rollback autumn --wave pilot

A running server carries rollouts on by itself where devices are managed through it ([mdm]). Otherwise `step` does.";

/// The columns of a CSV file, as the reader has them.
fn columns() -> String {
    format!(
        "Columns of a CSV file: {}. Needed, if only their names: {}. docs/rollout.md explains them.",
        inventory::csv::columns(),
        inventory::csv::needed()
    )
}

/// Rollouts.
#[derive(Debug, Subcommand)]
#[command(after_help = format!("{EXAMPLES}\n{}", columns()))]
pub enum Rollout {
    /// Show who would get the account when, who is held back and why. Changes nothing.
    #[command(after_help = columns())]
    Plan {
        #[command(flatten)]
        source: Source,
        #[command(flatten)]
        waves: Waves,
        #[command(flatten)]
        judging: Judging,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Begin a rollout. One of that name that was begun goes on as it is.
    #[command(after_help = columns())]
    Start {
        /// Its name.
        name: Name,
        #[command(flatten)]
        source: Source,
        #[command(flatten)]
        waves: Waves,
        #[command(flatten)]
        judging: Judging,
        /// Between telling a person and the first change on the device.
        #[arg(long, value_name = "DURATION", value_parser = span::parse_wait, default_value = "1d")]
        notice: Duration,
        /// Between Outlook's export confirmed off and the account; Outlook takes up to a day to take its copies away.
        #[arg(long, value_name = "DURATION", value_parser = span::parse_wait, default_value = "1d")]
        clean_up: Duration,
    },
    /// Show how far it is.
    Status {
        /// Its name.
        name: Name,
        /// Device by device as well.
        #[arg(long)]
        devices: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Take a newer list of devices and judge again: new ones join their wave, those held back go on when nothing holds them
    /// back any more. Nobody who is under way is stopped, and devices keep their wave. Judge by the same options as `start`.
    #[command(after_help = columns())]
    Refresh {
        /// Its name.
        name: Name,
        #[command(flatten)]
        source: Source,
        #[command(flatten)]
        judging: Judging,
    },
    /// Do now what is due: hear what devices did, ask the hub, give the next orders.
    Step {
        /// Its name.
        name: Name,
        /// Write orders as files into this folder, for another MDM, instead of giving them.
        #[arg(long, value_name = "DIR")]
        files: Option<PathBuf>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Order nothing new. What is being taken back goes on.
    Pause {
        /// Its name.
        name: Name,
    },
    /// Go on after a pause, or with a wave that stopped.
    Resume {
        /// Its name.
        name: Name,
        /// The stopped wave, its errors so far forgiven; or one that was taken back, which is left out.
        #[arg(long)]
        wave: Option<String>,
        /// Begin that wave again: failed and taken back devices start over.
        #[arg(long, requires = "wave")]
        again: bool,
    },
    /// Give a failed device another chance.
    Retry {
        /// Its name.
        name: Name,
        /// The device.
        #[arg(value_parser = enrolment)]
        device: EnrolmentId,
    },
    /// Take the account back, then Outlook's configuration to what it was.
    Rollback {
        /// Its name.
        name: Name,
        /// This wave only.
        #[arg(long, conflicts_with = "device")]
        wave: Option<String>,
        /// This device only.
        #[arg(long, value_parser = enrolment)]
        device: Option<EnrolmentId>,
    },
    /// Say what you have seen on a device, where no answers come back (`step --files`).
    Vouch {
        /// Its name.
        name: Name,
        /// The device.
        #[arg(value_parser = enrolment)]
        device: EnrolmentId,
        /// Outlook's export is off and locked.
        #[arg(long, required_unless_present = "profile_gone")]
        export_off: bool,
        /// The contacts profile is not there any more.
        #[arg(long, conflicts_with = "export_off")]
        profile_gone: bool,
    },
    /// List the rollouts of this installation.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

impl Rollout {
    pub(super) async fn run(self, data: &Path) -> anyhow::Result<Done> {
        let world = World::open(data).await?;
        let now = Timestamp::now();
        match self {
            Self::Plan { source, waves, judging, json } => {
                let (plan, inventory) = world.plan(&source, waves, judging, now).await?;
                if json { output::object(&plan)? } else { output::text(&planned(&plan, &inventory))? }
            }
            Self::Start { name, source, waves, judging, notice, clean_up } => {
                let (plan, inventory) = world.plan(&source, waves, judging, now).await?;
                world.start(&name, &plan, &inventory, (notice, clean_up), now).await?;
            }
            Self::Refresh { name, source, judging } => {
                let (new, status) = world.refresh(&name, &source, judging, now).await?;
                output::line(&format!("{new} new {}", if new == 1 { "device" } else { "devices" }))?;
                output::text(&status.to_string())?;
            }
            Self::Status { name, devices, json } => {
                let rollout = world.rollout(&name).await?;
                let standing = Standing::of(&rollout, devices);
                if json { output::object(&standing)? } else { standing.print()? }
            }
            Self::Step { name, files, json } => {
                let report = world.step(&name, files, now).await?;
                if json { output::object(&report)? } else { output::text(&report.to_string())? }
            }
            Self::Pause { name } => {
                let pause = |rollout: &mut State| {
                    rollout.pause();
                    Ok(())
                };
                world.change_and_tell(&name, pause).await?;
            }
            Self::Resume { name, wave, again } => {
                let resume = |rollout: &mut State| match &wave {
                    None => {
                        rollout.resume();
                        Ok(())
                    }
                    Some(wave) if again => Ok(rollout.again(wave, now)?),
                    Some(wave) => Ok(rollout.go_on(wave, now)?),
                };
                world.change_and_tell(&name, resume).await?;
            }
            Self::Retry { name, device } => {
                world.change_and_tell(&name, |rollout| Ok(rollout.retry(&device, now)?)).await?;
            }
            Self::Rollback { name, wave, device } => {
                let scope = match (wave, device) {
                    (Some(wave), _) => Scope::Wave(wave),
                    (None, Some(device)) => Scope::Device(device),
                    (None, None) => Scope::All,
                };
                world.change_and_tell(&name, |rollout| Ok(rollout.roll_back(&scope, now)?)).await?;
            }
            Self::Vouch { name, device, export_off, .. } => {
                let said = if export_off { Word::ExportIsOff } else { Word::ProfileIsGone };
                let way = world.way_to(&name, &device).await?;
                world.change_and_tell(&name, |rollout| Ok(rollout.vouch(&device, said, way, now)?)).await?;
            }
            Self::List { json } => {
                let names: Vec<String> = rollouts::names(&world.folder)?.iter().map(ToString::to_string).collect();
                output::list(json, &names, &[output::Column("ROLLOUT", Clone::clone)], "there is no rollout yet")?;
            }
        }
        Ok(Done::Whole)
    }
}
