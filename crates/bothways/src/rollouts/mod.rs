//! Rollouts of this installation: each is a file in the data folder, `rollouts/NAME.json`, carried out by a driver over the
//! way that devices are managed by.

mod documents;
mod folder;
mod herald;
mod lockouts;
mod syncs;

use std::path::Path;

use anyhow::Context;
use hub::AccessPath;
use jiff::{SignedDuration, Timestamp};
use rollout::{
    driver::{Driver, Report, StepError, Store},
    readiness::{Conditions, Mode, People},
    state::Rollout,
};

pub use documents::Papers;
pub use folder::{Name, StateFile, names};
pub use herald::Outbox;
pub use lockouts::lockouts;
pub use syncs::HubSyncs;

use crate::{
    configuration::Configuration, data_folder::DataFolder, fleet_settings, installation::Installation, limits,
    management::Way, reach::Reach,
};

/// A rollout with everything that carries it out.
pub type Carrier = Driver<Reach, Papers, HubSyncs, Outbox, StateFile>;

/// Opens what carries a rollout out.
///
/// # Errors
/// The signing certificate cannot be read, or there is no authority and none can be made.
pub async fn carrier(
    name: &Name,
    reach: Reach,
    folder: &DataFolder,
    configuration: &Configuration,
    installation: &Installation,
) -> anyhow::Result<Carrier> {
    let (hub, _) = fleet_settings::hub(configuration);
    let papers = Papers::new(hub.clone(), folder, configuration, installation).await?;
    let state = StateFile::new(name.file(folder));
    // A state that cannot be read is told of by whatever is asked of the rollout next.
    let begun = state.load().await.ok().flatten();
    let notice = begun.map_or(SignedDuration::ZERO, |stored| stored.rollout.settings().notice);
    let help = configuration.sign_in.help_contact.as_ref().map(|contact| contact.text().to_owned());
    let outbox = Outbox::new(name.outbox(folder), &hub, help, notice);
    Ok(Driver::new(reach, papers, HubSyncs::new(installation), outbox, state))
}

/// What devices are judged against: the hub's own people, and nothing that a tenant could add.
pub async fn conditions(installation: &Installation, host: &str) -> anyhow::Result<Conditions> {
    let mut people = People::default();
    for person in installation.people().await? {
        let facts = installation.identity.facts_of(person.account).await?;
        let open = facts.is_some_and(|facts| !facts.paths_off.contains(&AccessPath::ActiveSync));
        let active_sync = open && !person.disabled;
        people.add(&person.email, active_sync);
        person.aliases.iter().for_each(|alias| people.add(alias, active_sync));
    }
    Ok(Conditions {
        mode: Mode::Hub,
        host: host.to_owned(),
        people,
        lockouts: Vec::new(),
        turns_export_off: true,
        seen_within: limits::ROLLOUT_SEEN_WITHIN,
        waived: std::collections::BTreeSet::new(),
    })
}

/// Carries all rollouts of a data folder out while the server runs.
pub async fn tend(way: Way, folder: DataFolder, configuration: Configuration, installation: Installation) {
    loop {
        tokio::time::sleep(limits::ROLLOUT_ROUND).await;
        let names = names(&folder).unwrap_or_else(|error| {
            tracing::warn!(%error, "rollouts cannot be found");
            Vec::new()
        });
        for name in names {
            match step(&name, &way, &folder, &configuration, &installation).await {
                Ok(Some(report)) if !report.idle() => {
                    tracing::info!(rollout = %name, told = report.told, orders = report.given, done = report.done.len(),
                        failed = report.failed.len(), "a rollout goes on");
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(rollout = %name, error = format!("{error:#}"), "a rollout does not go on"),
            }
        }
    }
}

async fn step(
    name: &Name,
    way: &Way,
    folder: &DataFolder,
    configuration: &Configuration,
    installation: &Installation,
) -> anyhow::Result<Option<Report>> {
    let reach = Reach::Managed(way.clone());
    let mut carrier = carrier(name, reach, folder, configuration, installation).await?;
    if !begun(carrier.rollout().await?) {
        return Ok(None);
    }
    match carrier.step(Timestamp::now()).await {
        Ok(report) => Ok(Some(report)),
        Err(StepError::Store(rollout::driver::StoreError::Changed)) => Ok(None),
        Err(error) => Err(error).context("it stays as it was"),
    }
}

/// A rollout that was started and has something left to do.
fn begun(rollout: &Rollout) -> bool {
    !rollout.finished() && rollout.waves().any(|(_, wave)| wave.phase != rollout::state::Phase::Waiting)
}

/// Where the files of rollouts are.
fn root(folder: &DataFolder) -> std::path::PathBuf {
    let path: &Path = folder.path();
    path.join("rollouts")
}
