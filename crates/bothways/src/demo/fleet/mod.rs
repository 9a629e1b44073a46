//! `bothways demo --rollout`: a company with a thousand phones gets the contacts account.
//!
//! The hub, its MDM server, the rollout and the checks are the real ones; the phones are simulated and share no line with
//! them. To add a scene, write it in [`scenes`] and give it its line here.

mod bells;
mod handset;
mod scenes;
mod tenant;
mod world;

use super::{Options, Place, house::House, report::Report};
use world::World;

/// Devices without `--devices`.
pub const DEVICES: usize = 1_000;

/// Plays the rollout.
///
/// # Errors
/// A check that did not hold, after its line was printed.
pub async fn play(options: &Options, place: &Place, devices: usize) -> anyhow::Result<House> {
    let mut report = Report::begin_rollout(options.json)?;
    report.step("contradictions", "The tenant", async { scenes::contradictions() }).await?;
    report.step("mended", "Mended", async { scenes::mended() }).await?;
    let mut world = report.step("hub", "The hub starts", Box::pin(World::open(place, devices))).await?;
    report.step("people", "People join", Box::pin(scenes::people(&mut world))).await?;
    report.step("enrolment", "Devices enrol", Box::pin(scenes::enrolment(&mut world))).await?;
    report.step("export", "Outlook exports", Box::pin(scenes::export(&mut world))).await?;
    report.step("plan", "The plan", Box::pin(scenes::plan(&mut world))).await?;
    report.step("pilot", "First wave", Box::pin(scenes::pilot(&mut world))).await?;
    report.step("branch", "Second wave stops", Box::pin(scenes::branch(&mut world))).await?;
    report.step("back", "Taken back", Box::pin(scenes::taken_back(&mut world))).await?;
    report.step("again", "Mended, again", Box::pin(scenes::again(&mut world))).await?;
    report.step("all", "Everybody else", Box::pin(scenes::everybody(&mut world))).await?;
    report.step("twice", "Carried on again", Box::pin(scenes::nothing_new(&mut world))).await?;
    report.step("both-ways", "Contacts both ways", Box::pin(scenes::both_ways(&mut world))).await?;
    report.step("no-doubles", "No duplicates", async { scenes::no_doubles(&world) }).await?;
    report.step("boundary", "Personal apps", async { scenes::boundary(&world) }).await?;
    report.step("rules", "Rules of iOS", async { scenes::rules(&world) }).await?;
    report.rollout_summary(world.devices())?;
    Ok(world.into_house())
}
