//! Photos from a folder: `<email>.jpg`, `.jpeg` or `.png`.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
};

use contact::{BlobHash, photo};
use ledger::tables::directory::email_key;

use super::Reason;
use crate::limits::PHOTO_FILE_BYTES_MAX;

/// The photos of a folder by address.
#[derive(Debug, Clone, Default)]
pub struct PhotoFolder {
    files: HashMap<String, PathBuf>,
}

/// A photo ready to be served.
#[derive(Debug, Clone)]
pub(super) struct Photo {
    /// The hash of the file.
    pub(super) source: BlobHash,
    pub(super) served: Vec<u8>,
    pub(super) served_hash: BlobHash,
}

impl PhotoFolder {
    /// Lists the folder. Files of other kinds are ignored.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let mut files = HashMap::new();
        for file in fs::read_dir(folder)? {
            let path = file?.path();
            let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
            let is_photo = ["jpg", "jpeg", "png"].iter().any(|known| extension.eq_ignore_ascii_case(known));
            if let Some(email) = path.file_stem().and_then(|stem| stem.to_str()).filter(|_| is_photo) {
                files.insert(email_key(email), path);
            }
        }
        Ok(Self { files })
    }

    /// The hash of an entry's file; `None` without one.
    pub(super) fn source(&self, email_key: &str) -> Option<Result<BlobHash, Reason>> {
        Some(read(self.files.get(email_key)?).map(|bytes| BlobHash::of(&bytes)))
    }

    /// An entry's photo, scaled; `None` without a file.
    pub(super) fn photo(&self, email_key: &str) -> Option<Result<Photo, Reason>> {
        let path = self.files.get(email_key)?;
        Some(read(path).and_then(|bytes| {
            let prepared = photo::prepare(&bytes).map_err(|error| refused(path, &error))?;
            Ok(Photo { source: BlobHash::of(&bytes), served: prepared.served, served_hash: prepared.served_hash })
        }))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Reason> {
    let length = fs::metadata(path).map_err(|error| refused(path, &error))?.len();
    if length > PHOTO_FILE_BYTES_MAX {
        return Err(refused(path, &format_args!("{length} bytes are too many")));
    }
    fs::read(path).map_err(|error| refused(path, &error))
}

fn refused(path: &Path, reason: &dyn std::fmt::Display) -> Reason {
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Reason::Photo { file, reason: reason.to_string() }
}
