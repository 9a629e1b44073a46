//! Folders of exported policies, read for the checks.

use std::path::Path;

use anyhow::Context;
use tenant::Tenant;

use crate::{input, limits};

/// Reads every JSON file of a folder.
///
/// # Errors
/// The folder cannot be read, or has no such file, or has too many.
pub fn read(folder: &Path) -> anyhow::Result<Tenant> {
    let shown = folder.display();
    let entries = std::fs::read_dir(folder).with_context(|| format!("{shown} cannot be read; it must be a folder"))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        if !is_json || !path.is_file() {
            continue;
        }
        anyhow::ensure!(files.len() < limits::EXPORTS_MAX, "{shown} has more than {} files", limits::EXPORTS_MAX);
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let bytes = input::read(&path, tenant::limits::FILE_BYTES_MAX);
        files.push((name, bytes.with_context(|| format!("{} cannot be read", path.display()))?));
    }
    anyhow::ensure!(
        !files.is_empty(),
        "{shown} has no .json file; export each policy from Microsoft Graph, and Exchange's rules by Get-* | ConvertTo-Json"
    );
    files.sort();
    Ok(Tenant::read(files))
}
