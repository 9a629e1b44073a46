//! The file that names the running server's process, for scripts and service managers.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// A file with this process's id; removed when dropped, unless another process has written its own meanwhile.
#[derive(Debug)]
pub struct PidFile {
    path: PathBuf,
}

impl PidFile {
    /// Writes the file, over one that a crash has left. It appears with its whole content at once.
    pub fn write(path: &Path) -> io::Result<Self> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".new");
        let beside = path.with_file_name(name);
        fs::write(&beside, format!("{}\n", std::process::id()))?;
        fs::rename(&beside, path)?;
        Ok(Self { path: path.to_owned() })
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        let ours = fs::read_to_string(&self.path).is_ok_and(|text| text.trim() == std::process::id().to_string());
        if ours {
            // Nothing to be done about a file that does not go, and nothing depends on it.
            let _ = fs::remove_file(&self.path);
        }
    }
}
