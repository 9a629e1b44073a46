//! Where the state of rollouts is kept, all or nothing.

use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    str::FromStr,
};

use rollout::{
    driver::{Store, StoreError, Stored},
    state::Rollout,
};
use sha2::{Digest, Sha256};

use super::root;
use crate::data_folder::DataFolder;

/// The name of a rollout, which is that of its file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(String);

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        if begins && text.len() <= 64 && text.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err("a rollout is named with small letters, digits and hyphens".to_owned())
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Name {
    /// Its state.
    pub fn file(&self, folder: &DataFolder) -> PathBuf {
        root(folder).join(format!("{self}.json"))
    }

    /// Its orders as files, where no devices are managed through this installation.
    pub fn orders(&self, folder: &DataFolder) -> PathBuf {
        root(folder).join(format!("{self}-orders"))
    }

    /// The mails to its people.
    pub fn outbox(&self, folder: &DataFolder) -> PathBuf {
        root(folder).join(format!("{self}-outbox"))
    }
}

/// The rollouts of a data folder.
pub fn names(folder: &DataFolder) -> io::Result<Vec<Name>> {
    let entries = match fs::read_dir(root(folder)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        names.extend(name.to_str().and_then(|name| name.strip_suffix(".json")?.parse().ok()));
    }
    names.sort();
    Ok(names)
}

/// A rollout's state in a file. Two who save at once do not overwrite each other: the second is told.
#[derive(Debug, Clone)]
pub struct StateFile(PathBuf);

impl StateFile {
    /// In this file, which need not be there yet.
    pub fn new(file: PathBuf) -> Self {
        Self(file)
    }
}

impl Store for StateFile {
    async fn load(&self) -> Result<Option<Stored>, StoreError> {
        let document = read(&self.0).map_err(|error| unavailable(&self.0, &error))?;
        let stored = |document: Vec<u8>| -> Result<Stored, StoreError> {
            Ok(Stored { rollout: Rollout::from_document(&document)?, revision: revision(&document) })
        };
        document.map(stored).transpose()
    }

    async fn save(&self, rollout: &Rollout, over: Option<u64>) -> Result<u64, StoreError> {
        let document = rollout.to_document()?;
        let saved = save(&self.0, &document, over).map_err(|error| unavailable(&self.0, &error))?;
        if saved { Ok(revision(&document)) } else { Err(StoreError::Changed) }
    }
}

fn unavailable(file: &Path, error: &io::Error) -> StoreError {
    StoreError::Unavailable(format!("{}: {error}", file.display()))
}

/// What tells one state from another.
fn revision(document: &[u8]) -> u64 {
    let digest = Sha256::digest(document);
    digest.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

fn read(file: &Path) -> io::Result<Option<Vec<u8>>> {
    match File::open(file) {
        Ok(mut open) => {
            let mut document = Vec::new();
            open.read_to_end(&mut document)?;
            Ok(Some(document))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes beside the file, then puts it in its place. False: it is not at that revision any more.
fn save(file: &Path, document: &[u8], over: Option<u64>) -> io::Result<bool> {
    let folder = file.parent().ok_or_else(|| io::Error::other("a file in no folder"))?;
    fs::create_dir_all(folder)?;
    let lock =
        OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(file.with_extension("lock"))?;
    lock.lock()?;
    if read(file)?.map(|document| revision(&document)) != over {
        return Ok(false);
    }
    let part = file.with_extension("part");
    let mut written = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&part)?;
    written.write_all(document)?;
    written.sync_all()?;
    fs::rename(&part, file)?;
    File::open(folder)?.sync_all()?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_who_save_at_once_do_not_overwrite_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rollouts/a.json");
        assert_eq!(read(&file).unwrap(), None);
        assert!(save(&file, b"one", None).unwrap());
        assert!(!save(&file, b"two", None).unwrap());
        assert!(save(&file, b"two", Some(revision(b"one"))).unwrap());
        assert!(!save(&file, b"three", Some(revision(b"one"))).unwrap());
        assert_eq!(read(&file).unwrap().as_deref(), Some(&b"two"[..]));
    }

    #[test]
    fn a_name_is_that_of_a_file() {
        assert!("pilot-2".parse::<Name>().is_ok());
        for wrong in ["", "../a", "a b", "A", "-a", ".a"] {
            assert!(wrong.parse::<Name>().is_err(), "{wrong}");
        }
    }
}
