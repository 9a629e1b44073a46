//! One server for one data folder.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
};

/// Why a data folder could not be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another server uses it.
    #[error("{folder} is in use by another server{}", holder.map(|pid| format!(" (process {pid})")).unwrap_or_default(), folder = folder.display())]
    Held {
        /// The data folder.
        folder: PathBuf,
        /// The other server's process, when it could be read.
        holder: Option<u32>,
    },
    /// The file system said no.
    #[error("{folder} cannot be locked: {source}", folder = folder.display())]
    Io {
        /// The data folder.
        folder: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

/// A data folder held by this process until this is dropped, or the process ends in whatever way: the operating system
/// gives the lock back, so a crash leaves nothing to clean up.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Locks `folder`, which must exist, through a file `serve.lock` in it that also names this process.
    pub fn acquire(folder: &Path) -> Result<Self, LockError> {
        let io = |source| LockError::Io { folder: folder.to_owned(), source };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(folder.join("serve.lock"))
            .map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let holder = file.read_to_string(&mut holder).ok().and_then(|_| holder.trim().parse().ok());
                return Err(LockError::Held { folder: folder.to_owned(), holder });
            }
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        file.set_len(0).and_then(|()| file.rewind()).map_err(io)?;
        writeln!(file, "{}", std::process::id()).and_then(|()| file.flush()).map_err(io)?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_server_on_the_same_folder_is_refused_and_told_who_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = FolderLock::acquire(folder.path()).unwrap();
        let Err(LockError::Held { holder, .. }) = FolderLock::acquire(folder.path()) else { panic!("two servers") };
        assert_eq!(holder, Some(std::process::id()));
        drop(first);
        FolderLock::acquire(folder.path()).unwrap();
    }

    #[test]
    fn a_missing_folder_is_told_as_such() {
        let folder = tempfile::tempdir().unwrap();
        let error = FolderLock::acquire(&folder.path().join("missing")).unwrap_err();
        assert!(matches!(error, LockError::Io { source, .. } if source.kind() == io::ErrorKind::NotFound));
    }
}
