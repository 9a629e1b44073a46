//! Plans and rollouts as people read them, device by device where they ask for it.

use rollout::{
    inventory::Inventory,
    plan::Plan,
    state::Rollout as State,
    status::{Evidence, Status},
};
use serde::Serialize;

use crate::{
    limits::ROLLOUT_HELD_SHOWN,
    output::{self, Column},
};

/// A plan, and by name the devices that are held back.
pub(super) fn planned(plan: &Plan, inventory: &Inventory) -> String {
    let held: Vec<String> = plan
        .devices
        .iter()
        .filter(|(_, planned)| !planned.readiness.ready())
        .map(|(id, planned)| {
            let person = inventory.get(id).and_then(|device| device.person.as_deref()).unwrap_or("nobody");
            let reasons: Vec<String> = planned.readiness.held.iter().map(ToString::to_string).collect();
            format!("{id} ({person}): {}", reasons.join("; "))
        })
        .collect();
    let mut lines = vec![plan.to_string().trim_end().to_owned()];
    lines.extend(held.iter().take(ROLLOUT_HELD_SHOWN).cloned());
    if held.len() > ROLLOUT_HELD_SHOWN {
        lines.push(format!("and {} more; --json names them all", held.len() - ROLLOUT_HELD_SHOWN));
    }
    lines.join("\n")
}

/// A device of a rollout.
#[derive(Debug, Serialize)]
struct Row {
    device: String,
    user: Option<String>,
    wave: Option<String>,
    /// The highest that there is.
    evidence: Evidence,
}

/// Where a rollout stands.
#[derive(Debug, Serialize)]
pub(super) struct Standing {
    #[serde(flatten)]
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    devices: Option<Vec<Row>>,
}

impl Standing {
    /// Of this rollout; device by device if that is asked for.
    pub(super) fn of(rollout: &State, devices: bool) -> Self {
        let waves: Vec<&str> = rollout.waves().map(|(wave, _)| wave.name.as_str()).collect();
        let rows = rollout.members().map(|member| Row {
            device: member.id().to_string(),
            user: member.device.person.clone(),
            wave: member.wave.and_then(|place| waves.get(place)).map(|name| (*name).to_owned()),
            evidence: Evidence::of(member),
        });
        Self { status: Status::of(rollout), devices: devices.then(|| rows.collect()) }
    }

    pub(super) fn print(&self) -> anyhow::Result<()> {
        output::text(&self.status.to_string())?;
        let Some(rows) = &self.devices else { return Ok(()) };
        let columns: [Column<Row>; 4] = [
            Column("DEVICE", |row| row.device.clone()),
            Column("USER", |row| row.user.clone().unwrap_or_else(|| "-".to_owned())),
            Column("WAVE", |row| row.wave.clone().unwrap_or_else(|| "-".to_owned())),
            Column("EVIDENCE", |row| row.evidence.to_string()),
        ];
        output::rows(rows, &columns)
    }
}
