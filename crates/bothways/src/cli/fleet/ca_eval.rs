//! `bothways fleet ca-eval`: what Conditional Access makes of a sign-in.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use tenant::conditional_access::{SignIn, Verdict, evaluate};

use super::{check::About, exports};
use crate::{cli::Done, input, limits, output};

const EXAMPLES: &str = "\
The sign-in is written as Graph's what-if wants it (identity/conditionalAccess/evaluate), such as
  {\"signInIdentity\": {\"userId\": \"...\"}, \"signInConditions\": {\"devicePlatform\": \"iOS\", \"deviceInfo\": {\"isCompliant\": true}}}
What is left out is taken to be an iPhone's.";

/// Say which policies apply to a sign-in of the native Contacts app, Outlook and this hub, and whether they can be met.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CaEval {
    /// The exported policies, groups and users.
    #[arg(long, value_name = "DIR")]
    policies: PathBuf,
    /// Who signs in, from what.
    #[arg(long, value_name = "FILE")]
    sign_in: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    about: About,
}

impl CaEval {
    pub(super) fn run(self) -> anyhow::Result<Done> {
        let tenant = exports::read(&self.policies)?;
        let file = self.sign_in.display().to_string();
        let bytes =
            input::read(&self.sign_in, limits::SIGN_IN_BYTES_MAX).with_context(|| format!("{file} cannot be read"))?;
        let sign_in = SignIn::read(&bytes).with_context(|| format!("{file} is no sign-in"))?;
        let verdicts = evaluate(&tenant, &sign_in, &self.about.options());
        if self.json {
            output::object(&verdicts)?;
        } else {
            for verdict in &verdicts {
                output::text(&told(verdict))?;
            }
        }
        Ok(Done::Whole)
    }
}

fn told(verdict: &Verdict) -> String {
    let list = |title: &str, items: &[String]| {
        if items.is_empty() { String::new() } else { format!("\n    {title}: {}", items.join(", ")) }
    };
    let client = serde_json::to_value(verdict.client).ok().and_then(|name| name.as_str().map(str::to_owned));
    format!(
        "{}: {}{}{}{}",
        client.unwrap_or_default(),
        if verdict.allowed { "allowed" } else { "refused" },
        list(if verdict.allowed { "met" } else { "refused by" }, &verdict.decided_by),
        list("cannot be met", &verdict.unmet),
        list("would apply, only reports", &verdict.report_only),
    )
}
