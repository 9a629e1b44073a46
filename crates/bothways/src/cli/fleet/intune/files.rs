//! Plans and journals on disk: whole or not at all, and for nobody else's eyes.

use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;
use intune::limits;
use serde::Serialize;
use tempfile::NamedTempFile;

use crate::input;

/// Reads a plan or a journal.
pub(super) fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let shown = file.display();
    let bytes = input::read(file, limits::FILE_BYTES_MAX).with_context(|| format!("{shown} cannot be read"))?;
    anyhow::ensure!(bytes.len() <= limits::FILE_BYTES_MAX, "{shown} has more than {} bytes", limits::FILE_BYTES_MAX);
    Ok(bytes)
}

/// Writes a value as JSON beside the file, sees it on the disk, and puts it in its place. Only its owner reads it.
pub(super) fn write<T: Serialize>(file: &Path, value: &T) -> io::Result<()> {
    let folder = folder(file);
    // Made with mode 0600.
    let mut beside = NamedTempFile::new_in(folder)?;
    serde_json::to_writer_pretty(&mut beside, value)?;
    beside.write_all(b"\n")?;
    beside.as_file().sync_all()?;
    beside.persist(file)?;
    File::open(folder)?.sync_all()
}

fn folder(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A journal that this process alone works with, until it is dropped.
pub(super) struct Held {
    file: PathBuf,
    _lock: File,
}

impl Held {
    /// Takes a journal, which need not be there yet.
    ///
    /// # Errors
    /// When its folder cannot be written to, or another process has it.
    pub(super) fn take(file: &Path) -> anyhow::Result<Self> {
        let shown = file.display();
        let mut beside = file.as_os_str().to_owned();
        beside.push(".lock");
        let lock = File::options().create(true).truncate(false).write(true).open(&beside);
        let lock = lock.with_context(|| format!("the journal {shown} cannot be written"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { file: file.to_owned(), _lock: lock }),
            Err(std::fs::TryLockError::WouldBlock) => anyhow::bail!("another process is at work with {shown}"),
            Err(std::fs::TryLockError::Error(error)) => Err(error).with_context(|| format!("{shown} cannot be locked")),
        }
    }

    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    pub(super) fn write<T: Serialize>(&self, value: &T) -> io::Result<()> {
        write(&self.file, value)
    }
}
