//! `bothways access`: which devices get contacts, why, and what another policy would change.

use std::path::{Path, PathBuf};

use access::{Decision, Facts, Policy, Standing, Verdict, decide, what_if};
use anyhow::Context;
use clap::Subcommand;
use hub::AccessPath;
use identity::DeviceRecord;
use serde::Serialize;

use super::{Done, Missing, open};
use crate::{
    access_policy,
    configuration::Configuration,
    data_folder::DataFolder,
    installation::{Installation, Person},
    output::{self, Column},
};

const EXAMPLES: &str = "\
Examples:
  bothways access explain --user anna@example.com
  bothways access check access-new.toml
  bothways access what-if --policy access-new.toml && mv access-new.toml bothways-data/access.toml

The policy in force is access.toml in the data folder; a running server reads it again as soon as it changes.";

/// Which devices get contacts.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Access {
    /// Say what happens to a person's devices, step by step, and which rule decides.
    Explain {
        /// Whose devices.
        #[arg(long, value_name = "EMAIL")]
        user: String,
        /// This one only, as `device list` shows it. One that never asked is taken for a new device.
        #[arg(long, value_name = "ID")]
        device: Option<String>,
        /// Under this policy instead of the one in force.
        #[arg(long, value_name = "FILE")]
        policy: Option<PathBuf>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Say who would gain or lose access under another policy, among all known devices.
    ///
    /// Exit code 0: nobody would lose access; 1: somebody would; 2: the policy cannot be used.
    WhatIf {
        /// The policy to compare with the one in force.
        #[arg(long, value_name = "FILE")]
        policy: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Say whether a policy can be used; if not, which line is wrong and what to do. Exit code 1 then.
    Check {
        /// The policy.
        file: PathBuf,
    },
    /// Write a policy with every setting explained, where there is none yet.
    Template,
}

impl Access {
    pub(super) async fn run(self, data: &Path) -> anyhow::Result<Done> {
        match self {
            Self::Explain { user, device, policy, json } => {
                let world = World::open(data, policy.as_deref()).await?;
                world.explain(&user, device.as_deref(), json).await
            }
            Self::WhatIf { policy, json } => {
                let world = World::open(data, None).await?;
                match existing(&policy) {
                    Ok(after) => world.what_if(&after, json).await,
                    Err(error) => {
                        eprintln!("error: {error:#}");
                        Ok(Done::InPart)
                    }
                }
            }
            Self::Check { file } => {
                let policy = existing(&file)?;
                let rules = policy.block.len() + policy.quarantine.len() + policy.allow.len();
                output::line(&format!(
                    "{} can be used: {rules} rules, default {}",
                    file.display(),
                    policy.default.name()
                ))?;
                Ok(Done::Whole)
            }
            Self::Template => {
                let file = DataFolder::open(data)?.access_policy();
                access_policy::write_template(&file)
                    .with_context(|| format!("{} cannot be written", file.display()))?;
                output::line(&file.display().to_string())?;
                Ok(Done::Whole)
            }
        }
    }
}

/// A policy that was named must be there.
fn existing(file: &Path) -> anyhow::Result<Policy> {
    if !file.exists() {
        anyhow::bail!("there is no {}; `bothways access template` writes one to begin with", file.display());
    }
    access_policy::read(file)
}

/// What decisions are made from.
struct World {
    installation: Installation,
    policy: Policy,
    /// Devices must provision.
    provisioning: bool,
    /// Where people read why a device gets no contacts.
    help_page: String,
}

/// A device with the facts about it.
struct Known {
    person: Person,
    record: DeviceRecord,
    facts: Facts,
}

/// What happens to a device, as it is printed.
#[derive(Serialize)]
struct Explained {
    user: String,
    device: String,
    #[serde(flatten)]
    decision: Decision,
    /// Where the person reads it; only when the device gets no contacts.
    #[serde(skip_serializing_if = "Option::is_none")]
    help_page: Option<String>,
}

/// A step, as it is printed.
struct StepRow(&'static str, String, String);

const STEPS: [Column<StepRow>; 3] = [
    Column("QUESTION", |row| row.0.to_owned()),
    Column("VERDICT", |row| row.1.clone()),
    Column("BECAUSE", |row| row.2.clone()),
];

/// What would change for a device, as it is printed.
#[derive(Serialize)]
struct Change {
    user: String,
    device: String,
    what: &'static str,
    before: Decision,
    after: Decision,
    #[serde(skip)]
    model: String,
}

const CHANGES: [Column<Change>; 6] = [
    Column("USER", |row| row.user.clone()),
    Column("DEVICE", |row| row.device.clone()),
    Column("MODEL", |row| row.model.clone()),
    Column("WOULD", |row| row.what.to_owned()),
    Column("NOW", |row| format!("{} ({})", row.before.verdict.name(), row.before.reason.text())),
    Column("THEN", |row| format!("{} ({})", row.after.verdict.name(), row.after.reason.text())),
];

impl World {
    async fn open(data: &Path, policy: Option<&Path>) -> anyhow::Result<Self> {
        let folder = DataFolder::open(data)?;
        let policy = match policy {
            Some(file) => existing(file)?,
            None => access_policy::read(&folder.access_policy())?,
        };
        let configuration = Configuration::read(&folder)?;
        let (provisioning, help_page) = (configuration.provisioning.required, configuration.help_page());
        Ok(Self { installation: open(data, Missing::Refuse).await?, policy, provisioning, help_page })
    }

    async fn known(&self, person: &Person) -> anyhow::Result<Vec<Known>> {
        let records = self.installation.gate.records(&self.installation.access(person)).await?;
        let facts = self.facts_of(person).await?;
        let known = |record: DeviceRecord| {
            let facts = record.facts(facts.clone(), self.provisioning);
            Known { person: person.clone(), record, facts }
        };
        Ok(records.into_iter().map(known).collect())
    }

    async fn facts_of(&self, person: &Person) -> anyhow::Result<access::Person> {
        let facts = self.installation.identity.facts(&person.email).await?;
        let off = facts.is_some_and(|facts| facts.paths_off.contains(&AccessPath::ActiveSync));
        let standing = match (person.disabled, off) {
            (true, _) => Standing::Disabled,
            (false, true) => Standing::ActiveSyncOff,
            (false, false) => Standing::Enabled,
        };
        Ok(access::Person { email: person.email.clone(), groups: person.groups.clone(), standing })
    }

    async fn explain(&self, user: &str, device: Option<&str>, json: bool) -> anyhow::Result<Done> {
        let person = self.installation.person(user).await?;
        let mut known = self.known(&person).await?;
        let wanted = device.map(str::to_ascii_uppercase);
        if let Some(id) = &wanted {
            known.retain(|one| one.record.id == *id);
        }
        if known.is_empty() {
            let id = wanted.unwrap_or_else(|| "a new device".to_owned());
            let record = DeviceRecord {
                device: None,
                id,
                number: None,
                access: ledger::tables::device_access::DeviceAccess::default(),
            };
            let facts = record.facts(self.facts_of(&person).await?, self.provisioning);
            known.push(Known { person, record, facts });
        }
        let explained: Vec<_> = known
            .into_iter()
            .map(|one| {
                let decision = decide(&one.facts, &self.policy);
                let help_page = (decision.verdict != Verdict::Allow).then(|| self.help_page.clone());
                Explained { user: one.person.email, device: one.record.id, decision, help_page }
            })
            .collect();
        if json {
            output::object(&explained)?;
            return Ok(Done::Whole);
        }
        for (place, one) in explained.iter().enumerate() {
            if place > 0 {
                output::line("")?;
            }
            let (verdict, reason) = (one.decision.verdict.name(), one.decision.reason.text());
            output::line(&format!("{} on {}: {verdict} ({reason})", one.user, one.device))?;
            let row = |step: &access::Step| {
                let verdict = step.verdict.map_or("", access::Verdict::name).to_owned();
                let rule = step.rule.as_ref().map(|rule| format!("{rule:?}: ")).unwrap_or_default();
                StepRow(step.question.text(), verdict, format!("{rule}{}", step.because))
            };
            output::rows(&one.decision.reasons.iter().map(row).collect::<Vec<_>>(), &STEPS)?;
            if let Some(page) = &one.help_page {
                output::line(&format!("The person reads this in their own words at {page}"))?;
            }
        }
        Ok(Done::Whole)
    }

    async fn what_if(&self, after: &Policy, json: bool) -> anyhow::Result<Done> {
        let mut known = Vec::new();
        for person in self.installation.people().await? {
            known.extend(self.known(&person).await?);
        }
        let (differences, totals) = what_if(&self.policy, after, known.iter().map(|one| &one.facts));
        let changes: Vec<Change> = differences
            .into_iter()
            .filter_map(|difference| {
                let one = known.get(difference.place)?;
                Some(Change {
                    user: one.person.email.clone(),
                    device: one.record.id.clone(),
                    what: if difference.after.verdict > difference.before.verdict { "gain" } else { "lose" },
                    before: difference.before,
                    after: difference.after,
                    model: one.facts.device.model.clone().unwrap_or_default(),
                })
            })
            .collect();
        if json {
            output::object(&serde_json::json!({ "changes": changes, "totals": totals }))?;
        } else {
            output::list(false, &changes, &CHANGES, "nothing would change for any known device")?;
            output::line(&format!(
                "{} devices: {} would gain, {} would lose, {} the same by another rule; then {} allowed, {} quarantined, \
                 {} blocked",
                totals.devices,
                totals.gain,
                totals.lose,
                totals.other_reason,
                totals.allowed,
                totals.quarantined,
                totals.blocked
            ))?;
        }
        Ok(if totals.lose > 0 { Done::WithFindings } else { Done::Whole })
    }
}
