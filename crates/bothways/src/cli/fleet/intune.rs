//! `bothways fleet intune`: the policies in Intune and Entra, brought in by plan, read back, taken back.

mod connection;
mod files;
mod settings;

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use intune::{
    apply::{self, Act, ApplyError, Entry, Journal, Progress},
    devices::{ManagedDevice, managed_devices},
    plan::{self, Class, Confirmed, Plan, PlanError},
    role::Role,
    rollback::{Foreign, rollback},
    verify::{Report, follow, verify},
};

use crate::{
    cli::{Done, duration},
    output::{self, Column},
};
use connection::{Connection, advice, advised};
use files::Held;

pub(super) use settings::read as read_settings;

const EXAMPLES: &str = "\
Examples:
  bothways fleet intune settings-template > intune.toml
  bothways fleet intune plan --settings intune.toml --out plan.json
  bothways fleet intune apply --plan plan.json --journal pilot.json --before-account
  bothways fleet intune apply --plan plan.json --journal pilot.json --resume
  bothways fleet intune verify --settings intune.toml --follow
  bothways fleet intune rollback --journal pilot.json
  bothways fleet intune devices --json > devices.json

BOTHWAYS_GRAPH_TENANT, BOTHWAYS_GRAPH_CLIENT_ID and BOTHWAYS_GRAPH_SECRET say who acts;
the secret is never an argument. docs/rollout.md names the permissions it takes.";

/// Policies in Intune and Entra.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Intune {
    Plan(Planning),
    Apply(Applying),
    Verify(Verifying),
    Rollback(GoingBack),
    /// Print a file of settings with notes, to begin with.
    SettingsTemplate,
    Devices(Devices),
}

/// Read the tenant and show what would change, and what each change does to people. Changes nothing.
///
/// Exit code 0 also when there is something to do; the first line of what is shown counts it.
#[derive(Debug, Args)]
pub struct Planning {
    #[command(flatten)]
    wanted: Wanted,
    /// Keep the plan in a file, for apply.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print the plan as JSON, as --out keeps it.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// What the tenant shall have.
#[derive(Debug, Args)]
pub struct Wanted {
    /// What the company wants; see settings-template.
    #[arg(long, value_name = "FILE")]
    settings: PathBuf,
    /// The profile, in place of the one that the settings name.
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
}

/// Do what a plan says, one request at a time, each written down before and after.
///
/// Before the first request everything is looked at once more: when somebody changed anything that the plan rests on,
/// nothing is done. Conditional Access is made report-only.
#[derive(Debug, Args)]
pub struct Applying {
    /// The plan.
    #[arg(long, value_name = "FILE")]
    plan: PathBuf,
    /// Where is written down what was done and what was there before; keep it, rollback needs it.
    #[arg(long, value_name = "FILE")]
    journal: PathBuf,
    /// Agree to changes that do more than nothing to people; once for each kind.
    #[arg(long, value_enum, value_name = "WHAT")]
    confirm: Vec<Agreed>,
    /// Go on with a journal that was begun.
    #[arg(long)]
    resume: bool,
    /// Stop before anybody gets the account: Outlook takes up to a day to take its copies away. Then go on by --resume.
    #[arg(long)]
    before_account: bool,
    #[command(flatten)]
    connection: Connection,
}

/// What changes may do to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Agreed {
    /// People are asked to sign in again on their devices.
    AsksToSignInAgain,
    /// People may lose access to something.
    CanLockOut,
}

impl From<Agreed> for Class {
    fn from(agreed: Agreed) -> Self {
        match agreed {
            Agreed::AsksToSignInAgain => Self::AsksToSignInAgain,
            Agreed::CanLockOut => Self::CanLockOut,
        }
    }
}

/// Read back whether the tenant has what the settings say, and on how many devices it arrived.
///
/// Exit code 1: something is missing or differs; with --follow also when it failed on devices, or is still awaited.
#[derive(Debug, Args)]
pub struct Verifying {
    #[command(flatten)]
    wanted: Wanted,
    /// Look again until no device is awaited any more.
    #[arg(long)]
    follow: bool,
    /// Between two looks.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "5m", requires = "follow")]
    every: Duration,
    /// How often it looks at most.
    #[arg(long, value_name = "TIMES", default_value_t = 288, requires = "follow", value_parser = clap::value_parser!(u32).range(1..))]
    looks: u32,
    /// Print JSON; with --follow that of the last look.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Put the tenant back to what it was before a plan was applied.
///
/// When somebody changed since what the plan had set, nothing at all is undone, unless --force is given. Objects that the
/// plan made are deleted, with what others added to them. May be run again after it was interrupted.
#[derive(Debug, Args)]
pub struct GoingBack {
    /// What apply wrote down.
    #[arg(long, value_name = "FILE")]
    journal: PathBuf,
    /// Overwrite also what somebody changed since.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    connection: Connection,
}

/// List the iPhones and iPads that Intune manages; as JSON for `bothways fleet rollout plan --intune`.
#[derive(Debug, Args)]
pub struct Devices {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

impl Intune {
    pub(super) async fn run(self) -> anyhow::Result<Done> {
        match self {
            Self::Plan(planning) => planning.run().await,
            Self::Apply(applying) => applying.run().await,
            Self::Verify(verifying) => verifying.run().await,
            Self::Rollback(going_back) => going_back.run().await,
            Self::SettingsTemplate => {
                output::text(settings::TEMPLATE)?;
                Ok(Done::Whole)
            }
            Self::Devices(devices) => devices.run().await,
        }
    }
}

impl Planning {
    async fn run(self) -> anyhow::Result<Done> {
        let desired = settings::wanted(&self.wanted.settings, self.wanted.profile.as_deref())?;
        let graph = self.connection.open()?;
        eprintln!("reading the tenant");
        let plan = plan::make(&graph, &desired).await.map_err(no_plan)?;
        if let Some(file) = &self.out {
            files::write(file, &plan).with_context(|| format!("{} cannot be written", file.display()))?;
        }
        if self.json {
            output::object(&plan)?;
            return Ok(Done::Whole);
        }
        output::text(&plan.to_string())?;
        output::line(&match &self.out {
            _ if plan.is_empty() => "There is nothing to do.".to_owned(),
            Some(file) => format!("Nothing was changed. The plan is in {}; apply does it.", file.display()),
            None => "Nothing was changed. --out FILE keeps the plan for apply.".to_owned(),
        })?;
        Ok(Done::Whole)
    }
}

impl Applying {
    async fn run(self) -> anyhow::Result<Done> {
        let bytes = files::read(&self.plan)?;
        let plan = Plan::from_json(&bytes).with_context(|| format!("{} cannot be used", self.plan.display()))?;
        let held = Held::take(&self.journal)?;
        let begun = self.begun()?;
        if plan.is_empty() {
            output::line("There is nothing to do.")?;
            return Ok(Done::Whole);
        }
        let confirmed = self.confirm.iter().fold(Confirmed::nothing(), |all, agreed| all.and(Class::from(*agreed)));
        let graph = self.connection.open()?;
        eprintln!("looking whether the tenant is as the plan found it");
        let mut told = Told::from(begun.as_ref());
        let mut stopped = false;
        let mut keep = |journal: &Journal| {
            // What is not written down is not done.
            stopped = self.before_account && journal.entries.last().is_some_and(gives_the_account);
            if stopped {
                return Err(io::Error::other("the account is not assigned yet"));
            }
            held.write(journal)?;
            told.tell(journal);
            Ok(())
        };
        let done = apply::apply(&graph, &plan, &confirmed, begun, &mut keep).await;
        let shown = self.journal.display();
        if stopped && matches!(done, Err(ApplyError::Keeping(_))) {
            output::line(&format!(
                "Stopped before anybody gets the account. Wait until Outlook has taken its copies away, up to a day, then \
                 go on with {shown} by --resume."
            ))?;
            return Ok(Done::Whole);
        }
        let journal = done.map_err(|error| not_applied(&error, &held))?;
        output::line(&format!(
            "Done: {} requests. They are written down in {shown}; verify reads back, rollback takes back.",
            journal.entries.len()
        ))?;
        Ok(Done::Whole)
    }

    /// The journal to go on with.
    fn begun(&self) -> anyhow::Result<Option<Journal>> {
        let shown = self.journal.display();
        match (self.journal.try_exists().with_context(|| format!("{shown} cannot be read"))?, self.resume) {
            (true, false) => anyhow::bail!(
                "{shown} is there already and tells what was done before; go on with it by --resume, or name another file"
            ),
            (false, true) => {
                anyhow::bail!("{shown} is not there: nothing was begun with it. Leave out --resume to begin")
            }
            (false, false) => Ok(None),
            (true, true) => read_journal(&self.journal).map(Some),
        }
    }
}

/// Whether an operation that is about to be done lets people have the account, or takes what it replaces away from them.
fn gives_the_account(entry: &Entry) -> bool {
    entry.progress == Progress::Intended
        && entry.role >= Role::Account
        && matches!(entry.act, Act::Assign | Act::RemoveOld)
}

fn read_journal(file: &Path) -> anyhow::Result<Journal> {
    Journal::from_json(&files::read(file)?).with_context(|| format!("{} cannot be used", file.display()))
}

impl Verifying {
    async fn run(self) -> anyhow::Result<Done> {
        let desired = settings::wanted(&self.wanted.settings, self.wanted.profile.as_deref())?;
        let graph = self.connection.open()?;
        let report = if self.follow {
            let mut tell = |report: &Report| eprint!("{report}");
            follow(&graph, &desired, self.every, self.looks, &mut tell).await
        } else {
            verify(&graph, &desired).await
        };
        let report = report.map_err(no_plan)?;
        if self.json {
            output::object(&report)?;
        } else {
            output::text(&report.to_string())?;
        }
        let arrived = !self.follow || (report.is_settled() && report.failures() == 0);
        Ok(if report.is_as_wanted() && arrived { Done::Whole } else { Done::WithFindings })
    }
}

impl GoingBack {
    async fn run(self) -> anyhow::Result<Done> {
        anyhow::ensure!(self.journal.exists(), "{} is not there", self.journal.display());
        let held = Held::take(&self.journal)?;
        let journal = read_journal(&self.journal)?;
        if journal.is_undone() {
            output::line("There is nothing to take back.")?;
            return Ok(Done::Whole);
        }
        let foreign = if self.force { Foreign::Overwritten } else { Foreign::Stays };
        let graph = self.connection.open()?;
        let mut told = Told::from(Some(&journal));
        let mut keep = |journal: &Journal| {
            held.write(journal)?;
            told.tell(journal);
            Ok(())
        };
        let back = rollback(&graph, journal, foreign, &mut keep).await;
        let journal = back.map_err(|error| not_taken_back(&error))?;
        output::line(&format!("Taken back: {} requests. The tenant is as it was before.", journal.entries.len()))?;
        Ok(Done::Whole)
    }
}

impl Devices {
    async fn run(self) -> anyhow::Result<Done> {
        const COLUMNS: [Column<ManagedDevice>; 5] = [
            Column("DEVICE", |device| said(device.device_name.as_ref())),
            Column("USER", |device| said(device.user_principal_name.as_ref())),
            Column("IOS", |device| said(device.os_version.as_ref())),
            Column("COMPLIANCE", |device| said(device.compliance_state.as_ref())),
            Column("ACTIVESYNC", |device| said(device.eas_device_id.as_ref())),
        ];
        let graph = self.connection.open()?;
        let devices = managed_devices(&graph).await.map_err(advised)?;
        output::list(self.json, &devices, &COLUMNS, "Intune manages no iPhone and no iPad")?;
        Ok(Done::Whole)
    }
}

fn said(text: Option<&String>) -> String {
    text.cloned().unwrap_or_else(|| "-".to_owned())
}

/// What of a journal was told to whoever waits.
struct Told(Vec<Entry>);

impl Told {
    fn from(begun: Option<&Journal>) -> Self {
        Self(begun.map(|journal| journal.entries.clone()).unwrap_or_default())
    }

    fn tell(&mut self, journal: &Journal) {
        for (place, entry) in journal.entries.iter().enumerate() {
            let before = self.0.get(place).map(|before| before.progress);
            let name = || journal.plan.step(entry.role).map_or(entry.role.as_str(), |step| step.name.as_str());
            match (before, entry.progress) {
                (before, now) if before == Some(now) => {}
                (_, Progress::Intended) => eprintln!("{} {}", entry.act, name()),
                (None, Progress::Done) => eprintln!("{} {}: was done already", entry.act, name()),
                (_, Progress::Undoing) => eprintln!("take back: {} {}", entry.act, name()),
                (_, Progress::Done | Progress::Undone) => {}
            }
        }
        self.0.clone_from(&journal.entries);
    }
}

fn no_plan(error: PlanError) -> anyhow::Error {
    match error {
        PlanError::Graph(error) => advised(error),
        other => other.into(),
    }
}

/// Why a plan was not applied, and what to do now.
fn not_applied(error: &ApplyError, held: &Held) -> anyhow::Error {
    let journal = held.file();
    let advice = match error {
        ApplyError::NotConfirmed(_) => Some(
            "Nothing was done. Agree by --confirm asks-to-sign-in-again and --confirm can-lock-out, as far as the plan \
             says so.",
        ),
        ApplyError::Graph { error, .. } | ApplyError::Looking(error) => advice(error),
        _ => None,
    };
    let begun = journal.exists().then(|| {
        let shown = journal.display();
        format!("What was done is in {shown}: go on by --resume, or take it back by rollback.")
    });
    let lines = [Some(error.to_string()), advice.map(str::to_owned), begun];
    anyhow::anyhow!(lines.into_iter().flatten().collect::<Vec<_>>().join("\n"))
}

fn not_taken_back(error: &ApplyError) -> anyhow::Error {
    match error {
        ApplyError::Changed(what) => anyhow::anyhow!(
            "somebody changed since what would be taken back: {}\nIt stays, and nothing of it was undone; --force takes it \
             back all the same.",
            what.join("; ")
        ),
        ApplyError::Graph { error: cause, .. } | ApplyError::Looking(cause) => {
            let advice = advice(cause).unwrap_or_default();
            anyhow::anyhow!("{error}\n{advice} Run rollback again to go on.")
        }
        other => anyhow::anyhow!("{other}"),
    }
}
