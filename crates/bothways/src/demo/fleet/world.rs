//! The hub with its MDM server, the fleet, and the rollout between them.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use anyhow::Context;
use fleet::{delivery::OrderId, enrolment::EnrolmentId, profile::Hub};
use jiff::{SignedDuration, Timestamp};
use mdm::{Push, Service, command::Command};
use phone::managed::OUTLOOK;
use rollout::{
    driver::{Report as Step, StepError, StoreError},
    inventory::{Device, Inventory},
    plan::{Errors, Gate, Plan, Settings, Wave, Who},
    state::{Phase, Rollout},
};

use super::{
    bells::Bells,
    handset::{Group, Handset, Kind, each},
};
use crate::{
    cli::fleet::rollout::managed,
    configuration::{self, Configuration},
    demo::{
        Place,
        house::{House, free_address},
        report::Told,
    },
    fleet_settings,
    installation::Installation,
    management::{self, Way},
    reach::Reach,
    rollouts::{self, Carrier, Name},
};

/// Rounds in which nothing happens before a wave counts as come to rest.
const QUIET_ROUNDS: usize = 2;
/// Rounds until something is wrong.
const ROUNDS_MAX: usize = 60;

/// Everything there is.
pub struct World {
    house: House,
    pub installation: Installation,
    pub hub: Hub,
    pub service: Service,
    pub handsets: Vec<Handset>,
    pub way: Way,
    pub bells: Arc<Bells>,
    subscribed: HashSet<EnrolmentId>,
    carrier: Option<Carrier>,
}

impl World {
    /// Starts the hub and makes the devices.
    pub async fn open(place: &Place, devices: usize) -> anyhow::Result<Told<Self>> {
        let address = free_address().context("there is no free port")?;
        let server = configuration::Server {
            public_url: Some(format!("https://{address}")),
            ..configuration::Server::default()
        };
        let mdm = management::Mdm { server: management::Server::Inside, ..management::Mdm::default() };
        let fleet = fleet_settings::Fleet {
            identifier: Some("example.lake.contacts".to_owned()),
            ..fleet_settings::Fleet::default()
        };
        let mut configuration = Configuration { server, fleet, mdm, ..Configuration::default() };
        // A thousand devices make tens of thousands of commits, and the folder is gone afterwards.
        configuration.database.durability = configuration::Durability::ProcessEnd;
        "Lake".clone_into(&mut configuration.sign_in.organization);
        let bells = Arc::new(Bells::default());
        let push: Arc<dyn Push> = bells.clone();
        let house = House::of(place, configuration, address, Some(Arc::clone(&push))).await?;
        let installation = house.administer().await?;
        let (hub, _) = fleet_settings::hub(house.configuration());
        let authority: Arc<[u8]> = std::fs::read(house.folder().certificate())?.into();
        let handsets = (0..devices).map(|number| Handset::numbered(number, &hub.host, &authority));
        let handsets = handsets.collect::<anyhow::Result<Vec<_>>>()?;
        let way = Way::open(&installation, house.folder(), house.configuration(), Some(push)).await?;
        let Some(Way::Inside(service)) = way.clone() else { anyhow::bail!("there is no MDM server") };
        let way = Way::Inside(service.clone());
        let world =
            Self { house, installation, hub, service, handsets, way, bells, subscribed: HashSet::new(), carrier: None };
        let told = format!("at {}, with its MDM server; {devices} simulated devices wait", world.hub.host);
        Ok(Told::new(told).fact("devices", devices).with(world))
    }

    /// How many devices there are.
    pub fn devices(&self) -> usize {
        self.handsets.len()
    }

    /// The hub, to be stopped.
    pub fn into_house(self) -> House {
        self.house
    }

    /// The address of the hub and the authority its certificate is of, for clients.
    pub fn reach(&self) -> anyhow::Result<(String, Vec<u8>)> {
        Ok((format!("https://{}", self.hub.host), std::fs::read(self.house.folder().certificate())?))
    }

    /// Has Outlook installed by MDM, and devices report their accounts.
    pub async fn equip(&mut self) -> anyhow::Result<()> {
        self.way.subscribe(&mut self.subscribed, &self.hub).await?;
        for handset in &self.handsets {
            let Some(device) = &handset.enrolment else { continue };
            let id = OrderId(format!("outlook-{device}"));
            let install =
                Command::InstallApplication { identifier: OUTLOOK.to_owned(), configuration: None, take_over: false };
            self.service.give(device, &id, install).await?;
            self.service.give(device, &OrderId(format!("about-{device}")), Command::DeviceInformation).await?;
        }
        self.answer_bells().await.map(drop)
    }

    /// Devices that were rung come and do what there is to do; how many came.
    pub async fn answer_bells(&mut self) -> anyhow::Result<usize> {
        let rung = self.bells.take();
        let came = rung.len();
        each(&mut self.handsets, |mut handset| {
            let rung = handset.enrolment.as_ref().is_some_and(|device| rung.contains(device));
            async move {
                if handset.off || !handset.phone.is_enrolled() {
                    return Ok(handset);
                }
                if rung {
                    handset.phone.connect().await?;
                }
                while handset.phone.connect_by_itself().await?.is_some() {}
                Ok(handset)
            }
        })
        .await?;
        Ok(came)
    }

    /// The devices as management knows them, with the waves they belong to.
    async fn inventory(&self) -> anyhow::Result<Inventory> {
        let mut inventory = Inventory::default();
        for mut device in managed(&self.way, &self.installation, Timestamp::now()).await? {
            let handset = self.handsets.iter().find(|handset| handset.enrolment.as_ref() == Some(&device.id));
            let handset = handset.with_context(|| format!("{} is no device of ours", device.id))?;
            group(&mut device, handset);
            inventory.merge(device);
        }
        Ok(inventory)
    }

    /// Judges every device and begins the rollout: who comes when.
    pub async fn begin(&mut self) -> anyhow::Result<Plan> {
        let inventory = self.inventory().await?;
        let conditions = rollouts::conditions(&self.installation, &self.hub.host).await?;
        let gate = Gate { done_percent: 90, errors_max: Errors::Percent(5), at_least: SignedDuration::ZERO };
        let wave = |group: Group, who| Wave { name: group.name().to_owned(), who, gate };
        let waves = vec![
            wave(Group::Pilot, Who::Group(Group::Pilot.name().to_owned())),
            wave(Group::Branch, Who::Group(Group::Branch.name().to_owned())),
            wave(Group::Company, Who::Rest),
        ];
        let plan = Plan::make(&inventory, waves, &conditions, Timestamp::now())?;
        let settings = Settings {
            notice: SignedDuration::ZERO,
            clean_up: SignedDuration::ZERO,
            ..Settings::usual(&self.hub.host)
        };
        let name: Name = "demo".parse().map_err(anyhow::Error::msg)?;
        let reach = Reach::Managed(self.way.clone());
        let (folder, configuration) = (self.house.folder(), self.house.configuration());
        let mut carrier = rollouts::carrier(&name, reach, folder, configuration, &self.installation).await?;
        let mut rollout = Rollout::new("demo", &plan, &inventory, settings);
        rollout.start(Timestamp::now());
        carrier.begin(rollout).await?;
        self.carrier = Some(carrier);
        Ok(plan)
    }

    fn carrier(&mut self) -> anyhow::Result<&mut Carrier> {
        self.carrier.as_mut().context("the rollout has not begun")
    }

    /// The rollout as it stands.
    pub async fn rollout(&mut self) -> anyhow::Result<Rollout> {
        Ok(self.carrier()?.rollout().await?.clone())
    }

    /// Changes the rollout.
    pub async fn change(&mut self, change: impl Fn(&mut Rollout) -> anyhow::Result<()>) -> anyhow::Result<()> {
        loop {
            match self.carrier()?.change(&change).await {
                // The running server carries it on as well.
                Err(StepError::Store(StoreError::Changed)) => {}
                changed => return changed?,
            }
        }
    }

    /// One step of the rollout; the running server may be about to do the same.
    async fn step(&mut self) -> anyhow::Result<Step> {
        loop {
            match self.carrier()?.step(Timestamp::now()).await {
                Err(StepError::Store(StoreError::Changed)) => {}
                stepped => return Ok(stepped?),
            }
        }
    }

    /// Lets the rollout, the devices and their people go on until nothing happens any more or `until` holds.
    pub async fn run(&mut self, until: impl Fn(&Rollout) -> bool) -> anyhow::Result<()> {
        // Some are in pockets: they put commands off until their people look at them.
        each(&mut self.handsets, |mut handset| async move {
            if handset.pocketed {
                handset.phone.lock();
            }
            Ok(handset)
        })
        .await?;
        let mut quiet = 0;
        for _ in 0..ROUNDS_MAX {
            let step = self.step().await?;
            let came = self.answer_bells().await?;
            self.people_live().await?;
            if until(&self.rollout().await?) {
                return Ok(());
            }
            quiet = if step.idle() && came == 0 { quiet + 1 } else { 0 };
            if quiet >= QUIET_ROUNDS {
                return Ok(());
            }
        }
        anyhow::bail!("the rollout does not come to rest")
    }

    async fn people_live(&mut self) -> anyhow::Result<()> {
        each(&mut self.handsets, |mut handset| async move {
            if !handset.off && handset.phone.is_enrolled() {
                handset.phone.unlock();
                handset.live().await.with_context(|| format!("{} on {}", handset.email, handset.phone.os()))?;
            }
            Ok(handset)
        })
        .await
    }

    /// Lets many devices do something.
    pub async fn each<F, W>(&mut self, work: F) -> anyhow::Result<()>
    where
        F: Fn(Handset) -> W,
        W: Future<Output = anyhow::Result<Handset>> + Send + 'static,
    {
        each(&mut self.handsets, work).await
    }

    /// The phase of a wave, and how many of its devices are done and failed.
    pub async fn wave(&mut self, group: Group) -> anyhow::Result<(Phase, usize, usize)> {
        let rollout = self.rollout().await?;
        let waves = rollout.waves().map(|(wave, state)| (wave.name.clone(), state.phase)).zip(rollout.health());
        let mut of_group = waves.filter(|((name, _), _)| name == group.name());
        let ((_, phase), health) = of_group.next().context("there is no such wave")?;
        Ok((phase, health.done, health.failed))
    }

    /// Devices that are to have the account by now: ready ones of these waves that are switched on.
    pub fn expected(&self, groups: &[Group]) -> BTreeSet<EnrolmentId> {
        let of = |handset: &&Handset| groups.contains(&handset.group) && !handset.too_old() && !handset.off;
        self.handsets.iter().filter(of).filter_map(|handset| handset.enrolment.clone()).collect()
    }
}

fn group(device: &mut Device, handset: &Handset) {
    device.group = Some(handset.group.name().to_owned());
    if handset.kind == Kind::Supervised {
        device.supervised = Some(true);
    }
}
