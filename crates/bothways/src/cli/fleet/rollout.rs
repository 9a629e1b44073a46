//! `bothways fleet rollout`: bring the contacts account to devices, wave by wave.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use anyhow::Context;
use clap::{Args, Subcommand};
use fleet::enrolment::EnrolmentId;
use jiff::{SignedDuration, Timestamp};
use mdm::{Files, register::ManagedDevice};
use rollout::{
    driver::StepError,
    inventory::{self, Device, Inventory, Managed},
    plan::{Errors, Gate, Plan, Settings, Wave, Who},
    state::{
        Rollout as State,
        control::{Scope, Word},
    },
    status::Status,
};

use crate::{
    cli::{Done, Missing, duration, open_with},
    configuration::Configuration,
    data_folder::DataFolder,
    fleet_settings, input,
    installation::Installation,
    limits,
    management::Way,
    output,
    reach::Reach,
    rollouts::{self, Carrier, Name},
};

const EXAMPLES: &str = "\
Examples:
  bothways fleet rollout plan --devices devices.csv --wave pilot=group:it --wave first=10% --wave all=rest
  bothways fleet rollout start autumn --devices devices.csv --wave pilot=group:it --wave all=rest
  bothways fleet rollout status autumn
  bothways fleet rollout pause autumn
  bothways fleet rollout rollback autumn --wave pilot

A running server carries rollouts on by itself where devices are managed through it ([mdm]). Otherwise `step` does.
Columns of a CSV file: device, user and os_version are needed; see docs/rollout.md for the others.";

/// Rollouts.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Rollout {
    /// Show who would get the account when, who is held back and why. Changes nothing.
    Plan {
        #[command(flatten)]
        source: Source,
        #[command(flatten)]
        waves: Waves,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Begin a rollout. One of that name that was begun goes on as it is.
    Start {
        /// Its name.
        name: Name,
        #[command(flatten)]
        source: Source,
        #[command(flatten)]
        waves: Waves,
        /// Between telling a person and the first change on the device.
        #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "1d")]
        notice: Duration,
        /// Between Outlook's export confirmed off and the account; Outlook takes up to a day to take its copies away.
        #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "1d")]
        clean_up: Duration,
    },
    /// Show how far it is.
    Status {
        /// Its name.
        name: Name,
        /// Print JSON.
        #[arg(long)]
        json: bool,
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

/// Where devices come from; several are joined.
#[derive(Debug, Args)]
pub struct Source {
    /// A CSV file.
    #[arg(long, value_name = "FILE")]
    devices: Vec<PathBuf>,
    /// Intune's managedDevices as JSON.
    #[arg(long, value_name = "FILE")]
    intune: Vec<PathBuf>,
    /// The devices managed through this installation. So it is when no file is named.
    #[arg(long)]
    managed: bool,
}

/// The waves and what must have come out of each.
#[derive(Debug, Args)]
pub struct Waves {
    /// NAME=group:GROUP, NAME=10%, NAME=people:A,B, NAME=devices:ID,ID or NAME=rest, in order; the first that wants a device
    /// has it. One wave of all without it.
    #[arg(long = "wave", value_name = "NAME=WHO")]
    order: Vec<Named>,
    /// Share of a wave that must be done before the next begins.
    #[arg(long, value_name = "PERCENT", default_value_t = 90, value_parser = clap::value_parser!(u8).range(0..=100))]
    done: u8,
    /// With more failures than this, in percent, a wave stops.
    #[arg(long, value_name = "PERCENT", default_value_t = 5, value_parser = clap::value_parser!(u8).range(0..=100))]
    errors: u8,
    /// Shortest time between two waves.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "0s")]
    at_least: Duration,
}

/// A wave as the command line has it.
#[derive(Debug, Clone)]
struct Named(String, Who);

impl FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, who) = text.split_once('=').ok_or("a wave is NAME=WHO, such as pilot=group:it")?;
        let list = |text: &str| text.split(',').map(|one| one.trim().to_owned()).collect::<BTreeSet<_>>();
        let who = match who.split_once(':') {
            Some(("group", group)) => Who::Group(group.to_owned()),
            Some(("people", people)) => Who::People(list(people)),
            Some(("devices", devices)) => {
                Who::Devices(list(devices).iter().map(|id| enrolment(id)).collect::<Result<_, _>>()?)
            }
            None if who == "rest" => Who::Rest,
            None if who.ends_with('%') => Who::Percent(
                who.trim_end_matches('%').parse().map_err(|_| format!("{who} is no percentage from 0% to 100%"))?,
            ),
            _ => return Err(format!("{who} is none of group:GROUP, people:A,B, devices:ID,ID, 10%, rest")),
        };
        Ok(Self(name.trim().to_owned(), who))
    }
}

fn enrolment(text: &str) -> Result<EnrolmentId, String> {
    EnrolmentId::parse(text).ok_or_else(|| format!("{text} is no device's name"))
}

fn span(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

/// What a command about rollouts works with.
struct World {
    folder: DataFolder,
    configuration: Configuration,
    installation: Installation,
}

impl Rollout {
    pub(super) async fn run(self, data: &Path) -> anyhow::Result<Done> {
        let (folder, configuration, installation) = open_with(data, Missing::Refuse).await?;
        let world = World { folder, configuration, installation };
        let now = Timestamp::now();
        match self {
            Self::Plan { source, waves, json } => {
                let (plan, _) = world.plan(&source, waves, now).await?;
                if json { output::object(&plan)? } else { output::text(&plan.to_string())? }
            }
            Self::Start { name, source, waves, notice, clean_up } => {
                let (plan, inventory) = world.plan(&source, waves, now).await?;
                world.start(&name, &plan, &inventory, (notice, clean_up), now).await?;
            }
            Self::Status { name, json } => {
                let status = Status::of(world.carrier(&name, None).await?.rollout().await?);
                if json { output::object(&status)? } else { output::text(&status.to_string())? }
            }
            Self::Step { name, files, json } => {
                let report = world.carrier(&name, files).await?.step(now).await.map_err(explained)?;
                if json { output::object(&report)? } else { output::text(&report.to_string())? }
            }
            Self::Pause { name } => {
                world
                    .change(&name, |rollout| {
                        rollout.pause();
                        Ok(())
                    })
                    .await?;
            }
            Self::Resume { name, wave: None, .. } => {
                world
                    .change(&name, |rollout| {
                        rollout.resume();
                        Ok(())
                    })
                    .await?;
            }
            Self::Resume { name, wave: Some(wave), again: true } => {
                world.change(&name, |rollout| Ok(rollout.again(&wave, now)?)).await?;
            }
            Self::Resume { name, wave: Some(wave), again: false } => {
                world.change(&name, |rollout| Ok(rollout.go_on(&wave, now)?)).await?;
            }
            Self::Retry { name, device } => world.change(&name, |rollout| Ok(rollout.retry(&device, now)?)).await?,
            Self::Rollback { name, wave, device } => {
                let scope = match (wave, device) {
                    (Some(wave), _) => Scope::Wave(wave),
                    (None, Some(device)) => Scope::Device(device),
                    (None, None) => Scope::All,
                };
                world.change(&name, |rollout| Ok(rollout.roll_back(&scope, now)?)).await?;
            }
            Self::Vouch { name, device, export_off, .. } => {
                let said = if export_off { Word::ExportIsOff } else { Word::ProfileIsGone };
                let way = world.carrier(&name, Some(world.folder.path().to_owned())).await?.way();
                world.change(&name, |rollout| Ok(rollout.vouch(&device, said, way, now)?)).await?;
            }
            Self::List { json } => {
                let names: Vec<String> = rollouts::names(&world.folder)?.iter().map(ToString::to_string).collect();
                output::list(json, &names, &[output::Column("ROLLOUT", Clone::clone)], "there is no rollout yet")?;
            }
        }
        Ok(Done::Whole)
    }
}

fn explained(error: StepError) -> anyhow::Error {
    match error {
        StepError::NoRollout => {
            anyhow::anyhow!(
                "there is no rollout of that name; `bothways fleet rollout list` shows them, `start` begins one"
            )
        }
        error => error.into(),
    }
}

impl World {
    /// With the way to the devices that the settings name, or files.
    async fn carrier(&self, name: &Name, files: Option<PathBuf>) -> anyhow::Result<Carrier> {
        let Self { folder, configuration, installation } = self;
        let reach = if let Some(files) = files {
            std::fs::create_dir_all(&files).with_context(|| format!("{} cannot be made", files.display()))?;
            Reach::Files(Files::new(files))
        } else {
            match Way::open(installation, folder, configuration, None).await? {
                Some(way) => Reach::Managed(way),
                None => Reach::Files(Files::new(name.orders(folder))),
            }
        };
        rollouts::carrier(name, reach, folder, configuration, installation).await
    }

    async fn plan(&self, source: &Source, waves: Waves, now: Timestamp) -> anyhow::Result<(Plan, Inventory)> {
        let inventory = self.inventory(source, now).await?;
        anyhow::ensure!(!inventory.is_empty(), "there are no devices; name them with --devices, --intune or --managed");
        let (hub, _) = fleet_settings::hub(&self.configuration);
        let conditions = rollouts::conditions(&self.installation, &hub.host).await?;
        let gate = Gate {
            done_percent: waves.done,
            errors_max: Errors::Percent(waves.errors),
            at_least: span(waves.at_least),
        };
        let mut list: Vec<Wave> = waves.order.into_iter().map(|Named(name, who)| Wave { name, who, gate }).collect();
        if list.is_empty() {
            list.push(Wave { name: "all".to_owned(), who: Who::Rest, gate });
        }
        Ok((Plan::make(&inventory, list, &conditions, now)?, inventory))
    }

    async fn inventory(&self, source: &Source, now: Timestamp) -> anyhow::Result<Inventory> {
        let mut inventory = Inventory::default();
        let read = |file: &PathBuf| {
            let bytes = input::read(file, limits::INVENTORY_BYTES_MAX);
            bytes.with_context(|| format!("{} cannot be read", file.display()))
        };
        for file in &source.devices {
            let devices = inventory::csv::read(&read(file)?).with_context(|| file.display().to_string())?;
            devices.devices().for_each(|device| inventory.merge(device.clone()));
        }
        for file in &source.intune {
            let devices = inventory::intune::read(&read(file)?).with_context(|| file.display().to_string())?;
            devices.devices().for_each(|device| inventory.merge(device.clone()));
        }
        if source.managed || (source.devices.is_empty() && source.intune.is_empty()) {
            let Self { folder, configuration, installation } = self;
            let way = Way::open(installation, folder, configuration, None).await?;
            let way = way.context("no devices are managed through this installation; name a file with --devices")?;
            for device in managed(&way, installation, now).await? {
                inventory.merge(device);
            }
        }
        Ok(inventory)
    }

    async fn start(
        &self,
        name: &Name,
        plan: &Plan,
        inventory: &Inventory,
        (notice, clean_up): (Duration, Duration),
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let (hub, _) = fleet_settings::hub(&self.configuration);
        let settings = Settings { notice: span(notice), clean_up: span(clean_up), ..Settings::usual(&hub.host) };
        let mut carrier = self.carrier(name, None).await?;
        let mut rollout = State::new(&name.to_string(), plan, inventory, settings);
        rollout.start(now);
        match carrier.begin(rollout).await {
            Ok(()) => output::text(&plan.to_string()),
            Err(StepError::Begun) => {
                eprintln!("note: {name} was begun before; it goes on as it is");
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn change(&self, name: &Name, change: impl FnOnce(&mut State) -> anyhow::Result<()>) -> anyhow::Result<()> {
        self.carrier(name, None).await?.change(change).await.map_err(explained)?
    }
}

/// The devices under management, as far as they have said who they are.
pub async fn managed(way: &Way, installation: &Installation, now: Timestamp) -> anyhow::Result<Vec<Device>> {
    let people = installation.people().await?;
    let device = |known: ManagedDevice| {
        let mut device = Device::new(known.id);
        device.person =
            people.iter().find(|person| Some(person.account) == known.account).map(|person| person.email.clone());
        device.managed = if known.enrolled { Managed::As(known.kind) } else { Managed::No };
        device.last_seen = Timestamp::from_microsecond(known.last_seen).ok().or(Some(now));
        device.learn(&known.facts);
        device
    };
    Ok(way.register().devices().await?.into_iter().map(device).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waves_are_written_as_people_think_of_them() {
        let who = |text: &str| text.parse::<Named>().map(|Named(_, who)| who);
        assert_eq!(who("pilot=group:it"), Ok(Who::Group("it".to_owned())));
        assert_eq!(who("first=10%"), Ok(Who::Percent(10)));
        assert_eq!(who("all=rest"), Ok(Who::Rest));
        for wrong in ["pilot", "a=10", "a=1000%", "a=everybody", "a=devices:a b"] {
            assert!(who(wrong).is_err(), "{wrong}");
        }
    }
}
