//! Logs, on standard error: for people, or one JSON object a line for programs.

use std::{io, panic};

use anyhow::Context;
use tracing_subscriber::{EnvFilter, fmt};

use crate::configuration::{Log, LogFormat};

/// Starts logging; panics are logged too, with their place.
pub fn start(log: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::builder().parse(&log.filter).with_context(|| {
        format!("log.filter {:?} is no filter; write for example \"info,activesync=debug\"", log.filter)
    })?;
    let lines = fmt().with_env_filter(filter).with_writer(io::stderr);
    let started = match log.format {
        LogFormat::Text => lines.with_ansi(io::IsTerminal::is_terminal(&io::stderr())).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init(),
    };
    // A second start, as in tests of several servers in one process, keeps the first.
    if started.is_ok() {
        panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            let message = panic.payload_as_str().unwrap_or("a panic");
            tracing::error!(place, message, "panic");
        }));
    }
    Ok(())
}
