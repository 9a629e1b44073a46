//! `bothways fleet declarations`: the account by declarative device management.

use std::path::Path;

use clap::Args;
use fleet::declaration::{self, Declaration};

use super::{hub, person};
use crate::{
    cli::{Done, Missing, open_with},
    output,
};

const EXAMPLES: &str = "\
Examples:
  bothways fleet declarations --user anna@example.com

An array of declarations: the account, the person's identity that it refers to, what the device shall report, and the
activation of all that. Each has a ServerToken that changes with its contents only. iOS before 15 takes profiles only
(`fleet profile contacts`); give a device one of the two.";

/// Print the declarations that bring a person's contacts, the twins of `profile contacts`, as JSON.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Declarations {
    /// Whose account.
    #[arg(long, value_name = "EMAIL")]
    user: String,
}

impl Declarations {
    pub(super) async fn run(self, data: &Path) -> anyhow::Result<Done> {
        let (_, configuration, installation) = open_with(data, Missing::Create).await?;
        let person = person(&installation, &self.user).await?;
        let set = declaration::contacts(&hub(&configuration), &person, Vec::new())?;
        output::object(&set.iter().map(Declaration::to_json).collect::<Vec<_>>())?;
        Ok(Done::Whole)
    }
}
