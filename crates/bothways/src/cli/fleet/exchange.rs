//! `bothways fleet exchange`: Exchange's own device access rules, which Graph has no way to.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use intune::{
    exchange::{
        DeviceAccessRule, Exported, RuleStanding, RuleState, compare, desired_rules, native_client_rules, script,
    },
    limits,
};
use serde::Serialize;

use super::intune::read_settings;
use crate::{cli::Done, input, output};

const EXAMPLES: &str = "\
Examples:
  bothways fleet exchange script > device-rules.ps1
  bothways fleet exchange script --settings intune.toml > device-rules.ps1
  bothways fleet exchange compare rules.json organization.json

The script asks before each change with -Confirm and only tells with -WhatIf.
How the exports are made is written at its end.";

/// Exchange's device access rules, for contacts that come from Exchange Online.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Exchange {
    /// Print a PowerShell script that makes the rules, and can take them away again.
    Script {
        #[command(flatten)]
        about: About,
    },
    Compare(Compare),
}

/// Say whether exports of Exchange have the rules.
///
/// Exit code 1: a rule is missing or says something else, or another one blocks the same devices.
#[derive(Debug, Args)]
pub struct Compare {
    /// What Get-ActiveSyncDeviceAccessRule and Get-ActiveSyncOrganizationSettings gave as JSON; `-` for standard input.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    about: About,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What is wanted.
#[derive(Debug, Args)]
pub struct About {
    /// The settings of `bothways fleet intune`; without, iPhones and iPads shall reach Exchange.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
}

impl About {
    fn rules(&self) -> anyhow::Result<Vec<DeviceAccessRule>> {
        let Some(file) = &self.settings else { return Ok(native_client_rules()) };
        Ok(desired_rules(&read_settings(file, None)?))
    }
}

/// What is printed as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Compared {
    rules: Vec<RuleStanding>,
    /// What happens to devices that no rule is about, where it was exported.
    default_access_level: Option<String>,
}

impl Exchange {
    pub(super) fn run(self) -> anyhow::Result<Done> {
        match self {
            Self::Script { about } => {
                output::text(&script(&about.rules()?))?;
                Ok(Done::Whole)
            }
            Self::Compare(comparing) => comparing.run(),
        }
    }
}

impl Compare {
    fn run(self) -> anyhow::Result<Done> {
        let wanted = self.about.rules()?;
        let mut exported = Exported::default();
        for file in &self.files {
            let shown = file.display();
            let bytes =
                input::read(file, limits::EXPORT_BYTES_MAX).with_context(|| format!("{shown} cannot be read"))?;
            let one = Exported::from_json(&bytes).with_context(|| format!("{shown} cannot be read"))?;
            exported = exported.and(one);
        }
        let rules = compare(&wanted, &exported);
        let stands = |standing: &RuleStanding| standing.state == RuleState::Present && standing.against.is_empty();
        let done = if rules.iter().all(stands) { Done::Whole } else { Done::WithFindings };
        let default_access_level = exported.default_level.map(|level| level.to_string());
        if self.json {
            output::object(&Compared { rules, default_access_level })?;
            return Ok(done);
        }
        if rules.is_empty() {
            output::line("No rule is wanted: no native client talks to Exchange.")?;
        }
        for standing in &rules {
            output::text(&told(standing))?;
        }
        if let Some(level) = default_access_level {
            output::line(&format!("devices that no rule is about: {level}"))?;
        }
        Ok(done)
    }
}

fn told(standing: &RuleStanding) -> String {
    let state = match standing.state {
        RuleState::Present => "there".to_owned(),
        RuleState::Missing => "missing".to_owned(),
        RuleState::Other(level) => format!("says {level} instead"),
    };
    let mut lines = vec![format!("{}: {state}", standing.rule)];
    if standing.state == RuleState::Present {
        let against =
            standing.against.iter().map(|other| format!("    but there is also {other}, which Exchange asks first"));
        lines.extend(against);
    }
    lines.join("\n")
}
