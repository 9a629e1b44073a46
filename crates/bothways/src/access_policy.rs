//! The policy file about devices: read when the server starts, and again whenever it changes.

use std::{fs, io, path::Path, path::PathBuf, time::SystemTime};

use access::Policy;
use anyhow::Context;
use identity::Gate;
use tokio::time::MissedTickBehavior;

use crate::limits::POLICY_LOOK;

/// The policy of a file; the one without rules when there is no file.
///
/// # Errors
/// A file that cannot be read, or a line that cannot be understood.
pub fn read(file: &Path) -> anyhow::Result<Policy> {
    let text = match fs::read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Policy::default()),
        other => other.with_context(|| format!("{} cannot be read", file.display()))?,
    };
    Policy::parse(&text).with_context(|| format!("{} cannot be used", file.display()))
}

/// Writes the commented template where there is no file. Somebody else's file stays.
pub fn write_template(file: &Path) -> io::Result<()> {
    match fs::OpenOptions::new().write(true).create_new(true).open(file) {
        Ok(mut created) => io::Write::write_all(&mut created, access::TEMPLATE.as_bytes()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// What tells one state of a file from another without reading it.
type Mark = Option<(SystemTime, u64)>;

fn mark(file: &Path) -> Mark {
    let found = fs::metadata(file).ok()?;
    Some((found.modified().ok()?, found.len()))
}

/// Looks a few times a second whether the file has changed, and puts it in force when it can be understood; otherwise
/// the policy stays, and the log says which line is wrong.
pub async fn watch(file: PathBuf, gate: Gate) {
    let mut ticks = tokio::time::interval(POLICY_LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut known = None;
    loop {
        ticks.tick().await;
        let now = mark(&file);
        if known == Some(now) {
            continue;
        }
        let first = known.is_none();
        known = Some(now);
        match read(&file) {
            Ok(policy) if *gate.policy() == policy => {}
            Ok(policy) => {
                gate.set_policy(policy);
                tracing::info!(file = %file.display(), "another access policy is in force");
            }
            Err(error) if first => tracing::debug!(error = format!("{error:#}"), "the access policy was read before"),
            Err(error) => tracing::error!(error = format!("{error:#}"), "the access policy stays as it was"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_file_there_are_no_rules_and_a_faulty_one_names_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("access.toml");
        assert_eq!(read(&file).unwrap(), Policy::default());
        write_template(&file).unwrap();
        assert_eq!(read(&file).unwrap(), Policy::default());
        fs::write(&file, "default = 'allow'\ndefualt = 'block'").unwrap();
        let error = format!("{:#}", read(&file).unwrap_err());
        assert!(error.contains("line 2") && error.contains("access.toml"), "{error}");
        write_template(&file).unwrap();
        assert!(read(&file).is_err(), "a file that is there is nobody's to replace");
    }
}
