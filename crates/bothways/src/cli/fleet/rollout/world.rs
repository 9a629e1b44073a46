//! The installation that a rollout is of, and what is done with it.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use fleet::enrolment::EnrolmentId;
use jiff::Timestamp;
use mdm::{Files, register::ManagedDevice};
use rollout::{
    driver::{Report, StepError, StoreError},
    inventory::{self, Device, Inventory, Managed},
    plan::{Plan, Settings, Wave, Who},
    readiness::Conditions,
    state::{Rollout as State, ladder},
    status::Status,
};

use super::{
    arguments::{Judging, Source, Waves, signed},
    standing::planned,
};
use crate::{
    cli::{Missing, open_with},
    configuration::Configuration,
    data_folder::DataFolder,
    fleet_settings::{self, Address},
    input,
    installation::Installation,
    limits,
    management::Way,
    output,
    reach::Reach,
    rollouts::{self, Carrier, Name},
};

/// What a command about rollouts works with.
pub(super) struct World {
    pub(super) folder: DataFolder,
    configuration: Configuration,
    installation: Installation,
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

/// A wave that names somebody and has nobody: a misspelt group, or devices of which no list says the group.
fn missed(plan: &Plan) -> Option<&str> {
    let named = |wave: &Wave| matches!(wave.who, Who::Group(_) | Who::People(_) | Who::Devices(_));
    let mut waves = plan.waves.iter().enumerate();
    waves.find(|(place, wave)| named(wave) && plan.counts(*place).1 == 0).map(|(_, wave)| wave.name.as_str())
}

impl World {
    /// Opens the installation, which must be there.
    pub(super) async fn open(data: &Path) -> anyhow::Result<Self> {
        let (folder, configuration, installation) = open_with(data, Missing::Refuse).await?;
        Ok(Self { folder, configuration, installation })
    }

    /// With the way to the devices that the settings name, or files.
    pub(super) async fn carrier(&self, name: &Name, files: Option<PathBuf>) -> anyhow::Result<Carrier> {
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

    /// What the devices of a list, and of a rollout that has begun, are judged against.
    async fn conditions(
        &self,
        judging: Judging,
        inventory: &Inventory,
        begun: Option<&State>,
    ) -> anyhow::Result<Conditions> {
        let listed = inventory.devices().filter_map(|device| device.person.clone());
        let known = begun.into_iter().flat_map(State::members).filter_map(|member| member.device.person.clone());
        let people: BTreeSet<String> = listed.chain(known).collect();
        let (hub, _) = fleet_settings::hub(&self.configuration);
        judging.conditions(&self.installation, &hub.host, people).await
    }

    pub(super) async fn plan(
        &self,
        source: &Source,
        waves: Waves,
        judging: Judging,
        now: Timestamp,
    ) -> anyhow::Result<(Plan, Inventory)> {
        let inventory = self.inventory(source, now).await?;
        let conditions = self.conditions(judging, &inventory, None).await?;
        Ok((Plan::make(&inventory, waves.list(), &conditions, now)?, inventory))
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
        anyhow::ensure!(!inventory.is_empty(), "there are no devices; name them with --devices, --intune or --managed");
        Ok(inventory)
    }

    pub(super) async fn start(
        &self,
        name: &Name,
        plan: &Plan,
        inventory: &Inventory,
        (notice, clean_up): (Duration, Duration),
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let (hub, address) = fleet_settings::hub(&self.configuration);
        anyhow::ensure!(
            address == Address::Set,
            "devices would be sent to {}, which is a guess; set public_url in [server] of bothways.toml to the address that \
             phones reach",
            hub.host
        );
        let settings = Settings { notice: signed(notice), clean_up: signed(clean_up), ..Settings::usual(&hub.host) };
        if let Some(wave) = missed(plan) {
            anyhow::bail!(
                "no device is in wave {wave}, so the next would begin at once; groups come from the column of a CSV file, people \
                 and devices are named in full"
            );
        }
        let mut carrier = self.carrier(name, None).await?;
        let mut rollout = State::new(&name.to_string(), plan, inventory, settings);
        rollout.start(now);
        match carrier.begin(rollout).await {
            Ok(()) => output::text(&planned(plan, inventory)),
            Err(StepError::Begun) => {
                eprintln!("note: {name} was begun before; it goes on as it is");
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Returns how many devices are new, and where the rollout stands then.
    pub(super) async fn refresh(
        &self,
        name: &Name,
        source: &Source,
        judging: Judging,
        now: Timestamp,
    ) -> anyhow::Result<(usize, Status)> {
        let inventory = self.inventory(source, now).await?;
        let mut carrier = self.carrier(name, None).await?;
        let begun = carrier.rollout().await.map_err(explained)?;
        let before = begun.members().count();
        let conditions = self.conditions(judging, &inventory, Some(begun)).await?;
        self.change(name, |rollout| {
            rollout.refresh(&inventory, &conditions, now);
            Ok(())
        })
        .await?;
        let mut carrier = self.carrier(name, None).await?;
        let rollout = carrier.rollout().await.map_err(explained)?;
        Ok((rollout.members().count().saturating_sub(before), Status::of(rollout)))
    }

    /// The rollout as it is kept.
    pub(super) async fn rollout(&self, name: &Name) -> anyhow::Result<State> {
        Ok(self.carrier(name, None).await?.rollout().await.map_err(explained)?.clone())
    }

    /// The way to one device: files, unless it is managed through this installation.
    pub(super) async fn way_to(&self, name: &Name, device: &EnrolmentId) -> anyhow::Result<ladder::Way> {
        let Self { folder, configuration, installation } = self;
        let managed = match Way::open(installation, folder, configuration, None).await? {
            Some(way) => way.register().devices().await?.iter().any(|known| known.enrolled && known.id == *device),
            None => false,
        };
        let files = (!managed).then(|| name.orders(folder));
        Ok(self.carrier(name, files).await?.way())
    }

    /// Changes it and says where it stands then.
    pub(super) async fn change_and_tell(
        &self,
        name: &Name,
        change: impl Fn(&mut State) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        self.change(name, change).await?;
        output::text(&Status::of(&self.rollout(name).await?).to_string())
    }

    /// A running server may do the same at this moment; then its work is done first.
    pub(super) async fn step(&self, name: &Name, files: Option<PathBuf>, now: Timestamp) -> anyhow::Result<Report> {
        let mut carrier = self.carrier(name, files).await?;
        let mut tries = 1..limits::ROLLOUT_TRIES;
        loop {
            match carrier.step(now).await {
                Err(StepError::Store(StoreError::Changed)) if tries.next().is_some() => {}
                stepped => return stepped.map_err(explained),
            }
        }
    }

    /// As [`World::step`].
    async fn change(&self, name: &Name, change: impl Fn(&mut State) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let mut carrier = self.carrier(name, None).await?;
        let mut tries = 1..limits::ROLLOUT_TRIES;
        loop {
            match carrier.change(&change).await {
                Err(StepError::Store(StoreError::Changed)) if tries.next().is_some() => {}
                changed => return changed.map_err(explained)?,
            }
        }
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
