//! The data folder: everything an installation keeps on this machine, by name.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use anyhow::Context;

/// A data folder that exists.
#[derive(Debug, Clone)]
pub struct DataFolder {
    path: PathBuf,
}

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataFolderError {
    /// There is none.
    #[error(
        "there is no data folder {path}; name another one with --data, or make it with `bothways serve` or `bothways user add`",
        path = .0.display()
    )]
    Missing(PathBuf),
    /// A file is in the way.
    #[error("{path} is not a folder; name another data folder with --data", path = .0.display())]
    NotAFolder(PathBuf),
}

impl DataFolder {
    /// Opens the folder and makes it when it is missing, readable by this user alone: it will hold contacts and keys.
    pub fn open_or_create(path: &Path) -> anyhow::Result<Self> {
        match Self::open(path) {
            Ok(folder) => return Ok(folder),
            Err(DataFolderError::Missing(_)) => {}
            Err(error) => return Err(error.into()),
        }
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .with_context(|| format!("the data folder {} cannot be made", path.display()))?;
        Ok(Self { path: path.to_owned() })
    }

    /// Opens a folder that must be there.
    pub fn open(path: &Path) -> Result<Self, DataFolderError> {
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => Ok(Self { path: path.to_owned() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(DataFolderError::Missing(path.to_owned())),
            _ => Err(DataFolderError::NotAFolder(path.to_owned())),
        }
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The settings.
    pub fn configuration(&self) -> PathBuf {
        self.path.join("bothways.toml")
    }

    /// The embedded database.
    pub fn database(&self) -> PathBuf {
        self.path.join("bothways.db")
    }

    /// Where the running server hears of changes made by commands.
    pub fn hints(&self) -> PathBuf {
        self.path.join("bothways.sock")
    }

    /// Which devices get contacts.
    pub fn access_policy(&self) -> PathBuf {
        self.path.join("access.toml")
    }

    /// The installation's key.
    pub fn key(&self) -> PathBuf {
        self.path.join("secret.key")
    }

    /// The certificate made on the first start.
    pub fn certificate(&self) -> PathBuf {
        self.path.join("certificate.pem")
    }

    /// Its private key.
    pub fn certificate_key(&self) -> PathBuf {
        self.path.join("certificate.key")
    }
}
