//! Reading back what was done, and following it to the devices.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    collection::Collection,
    desired::Desired,
    graph::{Graph, text},
    plan::{self, Action, Plan, PlanError, Step},
    role::Role,
};

/// How an object stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    /// What it is for.
    pub role: Role,
    /// Its display name.
    pub name: String,
    /// Whether it says what is wanted.
    pub state: State,
    /// On how many devices it arrived, where the service counts them.
    pub devices: Option<Devices>,
}

/// Whether an object says what is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It does.
    AsWanted,
    /// It is not there.
    Missing,
    /// It differs, in these words.
    Differs(Vec<String>),
}

/// Devices by what became of an object on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Devices {
    /// It is there.
    pub succeeded: u64,
    /// Not yet known.
    pub pending: u64,
    /// It is not meant for them.
    pub not_applicable: u64,
    /// It could not be applied.
    pub failed: u64,
    /// It contradicts something else or was refused.
    pub errors: u64,
    /// The counts are of an earlier version of the object, so they prove nothing about this one.
    pub outdated: bool,
}

/// All objects of a set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// In safe order.
    pub objects: Vec<Standing>,
}

impl Report {
    /// Whether the tenant says what is wanted.
    pub fn is_as_wanted(&self) -> bool {
        self.objects.iter().all(|object| object.state == State::AsWanted)
    }

    /// Whether no device is awaited any more.
    pub fn is_settled(&self) -> bool {
        self.objects.iter().filter_map(|object| object.devices).all(|devices| devices.pending == 0 && !devices.outdated)
    }

    /// Devices on which something did not work.
    pub fn failures(&self) -> u64 {
        self.objects.iter().filter_map(|object| object.devices).map(|devices| devices.failed + devices.errors).sum()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for object in &self.objects {
            match &object.state {
                State::AsWanted => write!(f, "ok       {}", object.name)?,
                State::Missing => write!(f, "missing  {}", object.name)?,
                State::Differs(_) => write!(f, "differs  {}", object.name)?,
            }
            if let Some(devices) = object.devices {
                write!(f, ": on {} devices", devices.succeeded)?;
                let counts = [(devices.pending, "awaited"), (devices.failed, "failed"), (devices.errors, "in error")];
                for (count, what) in counts.iter().filter(|(count, _)| *count > 0) {
                    write!(f, ", {count} {what}")?;
                }
                if devices.outdated {
                    write!(f, " (counted before the last change)")?;
                }
            }
            writeln!(f)?;
            if let State::Differs(words) = &object.state {
                words.iter().try_for_each(|words| writeln!(f, "    {words}"))?;
            }
        }
        Ok(())
    }
}

/// Reads everything back and compares it with what is wanted, and asks on how many devices it arrived.
///
/// # Errors
/// As [`plan::make`].
pub async fn verify(graph: &Graph, desired: &Desired) -> Result<Report, PlanError> {
    let plan = plan::make(graph, desired).await?;
    report(graph, &plan).await
}

/// Looks again every `interval` until no device is awaited any more, at most `looks` times; each report is told as it
/// comes, the last is returned.
///
/// # Errors
/// As [`verify`].
pub async fn follow(
    graph: &Graph,
    desired: &Desired,
    interval: Duration,
    looks: u32,
    tell: &mut (dyn FnMut(&Report) + Send),
) -> Result<Report, PlanError> {
    let mut report = verify(graph, desired).await?;
    tell(&report);
    for _ in 1..looks {
        if report.is_settled() {
            break;
        }
        graph.clock().sleep(interval).await;
        report = verify(graph, desired).await?;
        tell(&report);
    }
    Ok(report)
}

async fn report(graph: &Graph, plan: &Plan) -> Result<Report, PlanError> {
    let mut objects = Vec::new();
    for step in &plan.steps {
        let words = || step.changes.iter().map(|change| change.words.clone()).collect();
        let state = match step.action {
            Action::Nothing => State::AsWanted,
            Action::Create => State::Missing,
            Action::Update | Action::Replace | Action::Assign => State::Differs(words()),
        };
        let devices = devices(graph, step).await?;
        objects.push(Standing { role: step.role, name: step.name.clone(), state, devices });
    }
    Ok(Report { objects })
}

async fn devices(graph: &Graph, step: &Step) -> Result<Option<Devices>, PlanError> {
    let Some(base) = step.base.as_ref().filter(|_| !step.creates()) else { return Ok(None) };
    let Some(address) = Collection::status(step.collection, &base.id) else { return Ok(None) };
    let Some(overview) = graph.get(&address).await? else { return Ok(None) };
    let count = |name: &str| overview.get(name).and_then(Value::as_u64).unwrap_or(0);
    let counted = overview.get("configurationVersion").and_then(Value::as_i64);
    let version = base.object.get("version").and_then(Value::as_i64);
    let outdated = matches!((counted, version), (Some(counted), Some(version)) if counted < version);
    tracing::debug!(name = text(&base.object, "displayName"), "read its status");
    Ok(Some(Devices {
        succeeded: count("successCount"),
        pending: count("pendingCount"),
        not_applicable: count("notApplicableCount"),
        failed: count("failedCount"),
        errors: count("errorCount"),
        outdated,
    }))
}
