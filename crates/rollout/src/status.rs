//! Where a rollout stands, for people and for programs.

use std::{collections::BTreeMap, fmt};

use fleet::enrolment::EnrolmentId;
use serde::Serialize;

use crate::{
    inventory::versions::Contradiction,
    plan::tally,
    readiness::Reason,
    state::{
        Member, Phase, Rollout,
        ladder::{Account, AccountStep, ExportStep, RollBack, Rung},
        order::Stage,
        waves::Health,
    },
};

/// The highest evidence there is for a device, lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "see their texts")]
pub enum Evidence {
    HeldBack,
    Planned,
    Told,
    Examining,
    ExportRead,
    ExportQueued,
    ExportDelivered,
    ExportAcknowledged,
    ExportConfirmed,
    AccountQueued,
    AccountDelivered,
    AccountAcknowledged,
    AccountListed,
    AccountReported,
    AccountSynced,
    Done,
    Failed,
    RollingBack,
    RolledBack,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HeldBack => "held back",
            Self::Planned => "planned",
            Self::Told => "person told",
            Self::Examining => "asked what it is",
            Self::ExportRead => "Outlook's configuration being read",
            Self::ExportQueued => "export off: queued",
            Self::ExportDelivered => "export off: delivered",
            Self::ExportAcknowledged => "export off: acknowledged, being read back",
            Self::ExportConfirmed => "export off: confirmed, Outlook cleans up",
            Self::AccountQueued => "account: queued",
            Self::AccountDelivered => "account: delivered",
            Self::AccountAcknowledged => "account: acknowledged, not yet listed",
            Self::AccountListed => "account: listed, not yet signed in",
            Self::AccountReported => "account: reported by the device, not yet synced",
            Self::AccountSynced => "account: synced, other evidence missing",
            Self::Done => "done: synced",
            Self::Failed => "failed",
            Self::RollingBack => "rolling back",
            Self::RolledBack => "rolled back",
        })
    }
}

impl Evidence {
    /// Of a device.
    #[must_use]
    pub fn of(member: &Member) -> Self {
        let delivered = member.order().is_some_and(|order| {
            matches!(order.stage, Stage::Delivered(_) | Stage::NotNow(_) | Stage::Acknowledged(_))
        });
        match member.rung() {
            Rung::HeldBack(_) => Self::HeldBack,
            Rung::Planned => Self::Planned,
            Rung::Told(_) => Self::Told,
            Rung::Examining(_) => Self::Examining,
            Rung::ExportOff(off) => match off.step() {
                ExportStep::Reading => Self::ExportRead,
                ExportStep::Setting if delivered => Self::ExportDelivered,
                ExportStep::Setting => Self::ExportQueued,
                ExportStep::ReadingBack => Self::ExportAcknowledged,
            },
            Rung::CleaningUp(_) => Self::ExportConfirmed,
            Rung::Account(account) => Self::of_account(account, delivered),
            Rung::Done(_) => Self::Done,
            Rung::Failed(_) => Self::Failed,
            Rung::RollingBack(RollBack::Account { .. } | RollBack::Outlook { .. }) => Self::RollingBack,
            Rung::RolledBack(_) => Self::RolledBack,
        }
    }

    fn of_account(account: &Account, delivered: bool) -> Self {
        match account.step() {
            _ if account.synced().is_some() => Self::AccountSynced,
            _ if account.switches().is_some() => Self::AccountReported,
            AccountStep::SigningIn => Self::AccountListed,
            AccountStep::Listing => Self::AccountAcknowledged,
            AccountStep::Installing if delivered => Self::AccountDelivered,
            AccountStep::Installing => Self::AccountQueued,
        }
    }
}

/// A wave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WaveStatus {
    /// Its name.
    pub name: String,
    /// How far it is.
    pub phase: Phase,
    /// All its devices.
    pub devices: usize,
    /// What its gate looks at.
    pub health: Health,
    /// Its gate, for people.
    pub gate: String,
    /// How many devices have which evidence as their highest.
    pub evidence: BTreeMap<Evidence, usize>,
}

/// A reason and how many devices it holds back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    /// The reason.
    pub reason: &'static str,
    /// What to do.
    pub remedy: &'static str,
    /// How many.
    pub devices: usize,
}

/// A device that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FailedDevice {
    /// Which.
    pub device: EnrolmentId,
    /// Whose.
    pub person: Option<String>,
    /// The most specific error.
    pub error: String,
    /// What to do.
    pub remedy: &'static str,
    /// On the way back.
    pub rolling_back: bool,
}

/// A device whose iOS is told differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Doubt {
    /// Which.
    pub device: EnrolmentId,
    /// What is contradictory, and what counts.
    pub text: String,
    /// The same for programs.
    pub contradiction: Contradiction,
}

/// Where a rollout stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The rollout's name.
    pub rollout: String,
    /// Nothing new is ordered.
    pub paused: bool,
    /// Nothing is left to do.
    pub finished: bool,
    /// Wave by wave.
    pub waves: Vec<WaveStatus>,
    /// Devices in no wave.
    pub in_no_wave: usize,
    /// Why devices are held back, most frequent first.
    pub held: Vec<Held>,
    /// Those that failed.
    pub failed: Vec<FailedDevice>,
    /// Those that are in doubt.
    pub doubts: Vec<Doubt>,
    /// Those whose account waits for a sync that could not be recognised: their EASDeviceIdentifier is not known.
    pub unrecognisable: Vec<EnrolmentId>,
}

impl Status {
    /// Of a rollout.
    #[must_use]
    pub fn of(rollout: &Rollout) -> Self {
        let healths = rollout.health();
        let waves = rollout.waves().zip(healths).enumerate().map(|(place, ((wave, state), health))| {
            let mut evidence = BTreeMap::new();
            let mut devices = 0;
            for member in rollout.members().filter(|member| member.wave == Some(place)) {
                *evidence.entry(Evidence::of(member)).or_default() += 1;
                devices += 1;
            }
            let gate = wave.gate.to_string();
            WaveStatus { name: wave.name.clone(), phase: state.phase, devices, health, gate, evidence }
        });
        let held = tally(rollout.members().flat_map(reasons));
        let held = held.into_iter().map(|(reason, remedy, devices)| Held { reason, remedy, devices });
        Self {
            rollout: rollout.id().to_owned(),
            paused: rollout.paused(),
            finished: rollout.finished(),
            waves: waves.collect(),
            in_no_wave: rollout.members().filter(|member| member.wave.is_none()).count(),
            held: held.collect(),
            failed: rollout.members().filter_map(failed).collect(),
            doubts: rollout.members().filter_map(doubt).collect(),
            unrecognisable: rollout.members().filter(|member| unrecognisable(member)).map(|m| m.id().clone()).collect(),
        }
    }
}

fn reasons(member: &Member) -> &[Reason] {
    if let Rung::HeldBack(reasons) = member.rung() { reasons } else { &[] }
}

fn failed(member: &Member) -> Option<FailedDevice> {
    let Rung::Failed(failed) = member.rung() else { return None };
    Some(FailedDevice {
        device: member.id().clone(),
        person: member.device.person.clone(),
        error: failed.failure.to_string(),
        remedy: failed.failure.remedy(),
        rolling_back: failed.rolling_back,
    })
}

fn doubt(member: &Member) -> Option<Doubt> {
    let contradiction = member.device.versions.contradiction()?;
    Some(Doubt { device: member.id().clone(), text: contradiction.to_string(), contradiction })
}

fn unrecognisable(member: &Member) -> bool {
    matches!(member.rung(), Rung::Account(_)) && member.device.eas_device_identifier.is_none()
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match (self.finished, self.paused) {
            (true, _) => "finished",
            (false, true) => "paused",
            (false, false) => "going on",
        };
        writeln!(f, "Rollout {}: {state}", self.rollout)?;
        let width = self.waves.iter().map(|wave| wave.name.chars().count()).max().unwrap_or(0).max(4);
        writeln!(
            f,
            "{:width$}  {:<12} {:>7} {:>6} {:>6} {:>6}",
            "wave", "state", "devices", "ready", "done", "failed"
        )?;
        for wave in &self.waves {
            let Health { ready, done, failed, .. } = wave.health;
            let phase = wave.phase.to_string();
            writeln!(f, "{:width$}  {phase:<12} {:>7} {ready:>6} {done:>6} {failed:>6}", wave.name, wave.devices)?;
            for (evidence, count) in &wave.evidence {
                writeln!(f, "{:width$}  {count:>5}  {evidence}", "")?;
            }
        }
        if self.in_no_wave > 0 {
            writeln!(f, "In no wave: {}", self.in_no_wave)?;
        }
        for held in &self.held {
            writeln!(f, "Held back: {:>5}  {}. {}", held.devices, held.reason, held.remedy)?;
        }
        for failed in &self.failed {
            let person = failed.person.as_deref().unwrap_or("nobody");
            writeln!(
                f,
                "Failed: {} ({person}): {}. {}",
                failed.device,
                failed.error.trim_end_matches('.'),
                failed.remedy
            )?;
        }
        for doubt in &self.doubts {
            writeln!(f, "In doubt: {}: {}", doubt.device, doubt.text)?;
        }
        for device in &self.unrecognisable {
            writeln!(f, "{device}: its EASDeviceIdentifier is not known, so its syncs cannot be recognised")?;
        }
        Ok(())
    }
}
