//! `bothways fleet lint`: what is wrong with a configuration profile.

use std::path::PathBuf;

use access::version::Version;
use anyhow::Context as _;
use clap::Args;
use fleet::lint::{Context, lint};

use super::Mode;
use crate::{cli::Done, input, output};

/// Say what is wrong with a configuration profile, one of ours or anybody's, and what would happen on devices.
///
/// Reads .mobileconfig files in XML or binary form, signed or not. Exit code 1: something would break.
#[derive(Debug, Args)]
pub struct Lint {
    /// The profile; `-` for standard input.
    file: PathBuf,
    /// Print the findings as a JSON array.
    #[arg(long)]
    json: bool,
    /// How the devices are enrolled that get it; what depends on it is not judged without.
    #[arg(long, value_enum)]
    mode: Option<Mode>,
    /// Their iOS, such as 17.2.
    #[arg(long, value_name = "VERSION", value_parser = version)]
    ios: Option<Version>,
    /// People install it by hand instead of MDM.
    #[arg(long)]
    by_hand: bool,
}

fn version(text: &str) -> Result<Version, String> {
    Version::parse(text).ok_or_else(|| format!("{text} is no version such as 17.2"))
}

impl Lint {
    pub(super) fn run(self) -> anyhow::Result<Done> {
        let bytes = input::read(&self.file, fleet::limits::FILE_BYTES_MAX)
            .with_context(|| format!("{} cannot be read", self.file.display()))?;
        let context = Context { enrolment: self.mode.map(Into::into), os: self.ios, manual: self.by_hand };
        let report = lint(&bytes, &context);
        if self.json {
            output::object(&report.findings)?;
        } else {
            output::text(&report.to_string())?;
        }
        Ok(if report.breaks() { Done::WithFindings } else { Done::Whole })
    }
}
