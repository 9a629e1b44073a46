//! `bothways completions`

use std::io::{self, Write};

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Done;

/// Print a completion script for a shell.
#[derive(Debug, Args)]
#[command(after_help = "For bash:\n  bothways completions bash > ~/.local/share/bash-completion/completions/bothways")]
pub struct Completions {
    /// Which shell.
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self) -> anyhow::Result<Done> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::Arguments::command(), "bothways", &mut script);
        io::stdout().lock().write_all(&script)?;
        Ok(Done::Whole)
    }
}
