//! `bothways fleet check`: what the company's policies do together.

use std::path::PathBuf;

use clap::Args;
use tenant::{Options, check};

use super::exports;
use crate::{cli::Done, output};

/// Find contradictions between exported policies that no single portal page shows.
///
/// DIR holds one JSON file per policy object as Microsoft Graph returns it, and Exchange's rules as Get-* | ConvertTo-Json.
/// Exit code 1: as things stand people in the rollout would be locked out, doubled or exposed. docs/checks.md has every rule.
#[derive(Debug, Args)]
pub struct Check {
    /// The exports.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Print the findings as a JSON array.
    #[arg(long, conflicts_with = "sarif")]
    json: bool,
    /// Print SARIF 2.1.0, for pipelines.
    #[arg(long)]
    sarif: bool,
    #[command(flatten)]
    about: About,
}

/// What exports do not say.
#[derive(Debug, Args)]
pub struct About {
    /// A host of the company's own Exchange servers, beside Exchange Online's.
    #[arg(long = "exchange-host", value_name = "HOST")]
    exchange_hosts: Vec<String>,
    /// The application id under which Entra knows this hub.
    #[arg(long = "hub-app", value_name = "ID")]
    hub_applications: Vec<String>,
    /// The tenant no longer enforces "Require approved client app", which was retired on 30 June 2026.
    #[arg(long)]
    approved_app_retired: bool,
}

impl About {
    /// Nothing of it was said.
    pub fn is_empty(&self) -> bool {
        self.exchange_hosts.is_empty() && self.hub_applications.is_empty() && !self.approved_app_retired
    }

    /// As the checks want it.
    pub fn options(self) -> Options {
        Options {
            exchange_hosts: self.exchange_hosts,
            hub_application_ids: self.hub_applications,
            approved_application_enforced: !self.approved_app_retired,
        }
    }
}

impl Check {
    pub(super) fn run(self) -> anyhow::Result<Done> {
        let report = check(&exports::read(&self.folder)?, &self.about.options());
        if self.json {
            output::object(&report)?;
        } else if self.sarif {
            output::object(&report.to_sarif())?;
        } else {
            output::text(&report.to_string())?;
        }
        Ok(if report.would_break() { Done::WithFindings } else { Done::Whole })
    }
}
