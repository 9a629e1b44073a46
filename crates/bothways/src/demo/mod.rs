//! `bothways demo`: one person's contacts, an iPhone on one side, Outlook on the other, the hub between them.
//!
//! Nothing is staged: the hub is the real server on the embedded database, both sides speak to it over HTTP, and every
//! line is printed only after what it says was checked. [`run`] is the play; a scene is a function in [`scenes`] that
//! does something, checks it and says so. To add one, write it there and give it its line here.

mod bell;
mod books;
mod fleet;
mod house;
mod outlook;
mod report;
mod scenes;
mod sides;
mod stay;

use std::{net::SocketAddr, time::Duration};

use house::{House, Place};
use outlook::Outlook;
use phone::{Credentials, Discovery, Phone, PhoneConfig};
use report::{Report, Told};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Whose contacts they are.
const PERSON: (&str, &str) = ("anna@lake.example", "Anna Lee");

/// The iPhone's DeviceId.
const DEVICE: &str = "7Q2M5T9KD14V9B3R0H8N6C1XEE";

/// How long anything that should take milliseconds may take before it counts as failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// What to play.
#[derive(Debug, Clone)]
pub struct Options {
    /// Contacts in all; generated people are added to those of the sample address books until there are as many.
    pub contacts: usize,
    /// Decides who the generated people are.
    pub seed: u64,
    /// One JSON object per step instead of text.
    pub json: bool,
    /// The data folder stays.
    pub keep: bool,
    /// The hub stays, on this address, for real phones.
    pub stay: Option<SocketAddr>,
    /// A rollout to so many devices instead of one person's contacts.
    pub rollout: Option<usize>,
}

pub use fleet::DEVICES;

/// Plays until the end, the first check that does not hold, or Ctrl-C.
///
/// # Errors
/// A check that did not hold, after its line was printed; Ctrl-C.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let mut stop = Stop::listen()?;
    let mut place = Place::new()?;
    if options.keep {
        place.keep();
    }
    let played = tokio::select! {
        played = Box::pin(chosen(&options, &place)) => played,
        () = stop.asked() => Err(anyhow::anyhow!("stopped before the end")),
    };
    let ended = match (played, options.stay) {
        (Ok(house), Some(listen)) => stay::stay(house, listen, PERSON.0, &mut stop).await,
        (played, _) => played.map(drop),
    };
    if options.keep {
        eprintln!(
            "  The hub's data stays in {path}; look into it with\n    bothways --data {path} contacts list --user {email}",
            path = place.path().display(),
            email = PERSON.0
        );
    }
    ended
}

/// Ctrl-C, or SIGTERM.
struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    fn listen() -> std::io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

async fn chosen(options: &Options, place: &Place) -> anyhow::Result<House> {
    match options.rollout {
        Some(devices) => Box::pin(fleet::play(options, place, devices)).await,
        None => Box::pin(play(options, place)).await,
    }
}

async fn play(options: &Options, place: &Place) -> anyhow::Result<House> {
    let mut report = Report::begin(options.json)?;
    let (email, name) = PERSON;

    let mut house = report.step("hub", "The hub starts", scenes::hub(place)).await?;
    let keys = report.step("person", "Anna joins", scenes::person(&house, email, name)).await?;
    let imported = report.step("import", "Five address books", scenes::import(&house, options)).await?;
    report.step("import-again", "The same again", scenes::import_again(&house, imported)).await?;
    report.step("directory", "Company directory", scenes::directory(&house, options.seed)).await?;

    let mut phone = Phone::new(phone_config(&house, &keys.app_password, options.seed))?;
    let mut outlook = Outlook::new(&house.url(), &keys.token)?;
    report.step("set-up", "iPhone set-up", scenes::set_up(&mut phone)).await?;
    report.step("first-sync", "First sync", scenes::first_sync(&mut phone, imported)).await?;
    report.step("outlook-reads", "Outlook reads", scenes::outlook_reads(&mut outlook, imported)).await?;

    let edits = Box::pin(scenes::outlook_edits(&mut phone, &mut outlook));
    report.step("outlook-edits", "Outlook edits", edits).await?;
    report.step("iphone-edits", "iPhone edits", scenes::iphone_edits(&house, &mut phone, &mut outlook)).await?;
    report.step("both-edit", "Both edit at once", scenes::both_edit(&mut phone, &mut outlook)).await?;
    report.step("conflict", "The same field", scenes::conflict(&house, &mut phone, &mut outlook)).await?;
    report.step("lost-answer", "An answer is lost", scenes::lost_answer(&mut phone, &mut outlook)).await?;
    report.step("restart", "The hub restarts", scenes::restart(&mut house, &mut phone, &mut outlook)).await?;
    report.step("search", "Directory search", scenes::search(&mut phone)).await?;
    let gone = report.step("delete", "Outlook deletes", scenes::delete(&house, &mut phone, &mut outlook)).await?;
    report.step("restore", "Back from history", scenes::restore(&house, gone, &mut phone, &mut outlook)).await?;
    report.step("rules", "Rules of iOS", scenes::rules(&phone)).await?;

    let expected = imported + scenes::ADDED_ON_THE_WAY;
    report.step("agreement", "Both sides agree", scenes::agreement(&house, expected, &phone, &mut outlook)).await?;
    report.summary(&phone.counters(), outlook.requests())?;
    if options.stay.is_none() {
        report.what_next()?;
    }
    Ok(house)
}

/// An iPhone that looks for its server by Autodiscover, as one does whose owner typed no address.
fn phone_config(house: &House, app_password: &str, seed: u64) -> PhoneConfig {
    let password = Credentials::Password(app_password.to_owned());
    let mut config = PhoneConfig::new(&house.url(), PERSON.0, password, DEVICE).hurried();
    config.discovery = Discovery::At(house.url());
    config.seed = seed;
    config
}

/// A line without anything to hand on.
type Line = Told<()>;
