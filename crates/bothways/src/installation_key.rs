//! The installation's key: thirty-two random bytes that seal what the database must not tell alone.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    process,
};

use anyhow::{Context, bail};
use identity::InstallationKey;

use crate::{ambient::SystemEntropy, configuration::Configuration, data_folder::DataFolder};

/// Reads the key. One in the data folder is made when it is missing; one elsewhere must be there.
pub fn open(folder: &DataFolder, configuration: &Configuration) -> anyhow::Result<InstallationKey> {
    if let Some(named) = &configuration.secrets.key_file {
        return read(&folder.path().join(named));
    }
    let file = folder.key();
    make_if_missing(&file).with_context(|| format!("the key {} cannot be made", file.display()))?;
    read(&file)
}

fn read(file: &Path) -> anyhow::Result<InstallationKey> {
    let mode = fs::metadata(file).with_context(|| format!("the key {} is not there", file.display()))?.permissions();
    if mode.mode() & 0o077 != 0 {
        bail!("others than you can read the key {0}; `chmod 600 {0}` ends that", file.display());
    }
    let text = fs::read_to_string(file).with_context(|| format!("the key {} cannot be read", file.display()))?;
    match parse(text.trim()) {
        Some(key) => Ok(InstallationKey::from(key)),
        None => bail!("{} is not a key: 64 hexadecimal digits are", file.display()),
    }
}

fn parse(text: &str) -> Option<[u8; 32]> {
    let digits = text.len() == 64 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    let (first, second) = text.split_at_checked(32).filter(|_| digits)?;
    let half = |text| u128::from_str_radix(text, 16).ok().map(u128::to_be_bytes);
    let mut key = [0; 32];
    for (to, from) in key.iter_mut().zip(half(first)?.into_iter().chain(half(second)?)) {
        *to = from;
    }
    Some(key)
}

/// Two processes may start at once: the file appears whole, and the first one's stays.
fn make_if_missing(file: &Path) -> io::Result<()> {
    if file.exists() {
        return Ok(());
    }
    let mut draft: PathBuf = file.to_owned();
    draft.set_extension(format!("{}.new", process::id()));
    let _ = fs::remove_file(&draft);
    let key = InstallationKey::draw(&SystemEntropy);
    let digits = key.reveal().iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let mut text: String = digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect();
    text.push('\n');
    let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    out.write_all(text.as_bytes())?;
    out.sync_all()?;
    let linked = fs::hard_link(&draft, file);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_for_this_user_alone() {
        let data = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(data.path()).unwrap();
        let first = open(&folder, &Configuration::default()).unwrap();
        assert_eq!(open(&folder, &Configuration::default()).unwrap(), first);
        assert_eq!(fs::metadata(folder.key()).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(data.path()).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn a_key_that_others_can_read_or_that_is_none_is_refused_with_a_hint() {
        let data = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(data.path()).unwrap();
        open(&folder, &Configuration::default()).unwrap();
        fs::set_permissions(folder.key(), fs::Permissions::from_mode(0o644)).unwrap();
        let error = open(&folder, &Configuration::default()).unwrap_err().to_string();
        assert!(error.contains("chmod 600"), "{error}");
        fs::set_permissions(folder.key(), fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(folder.key(), "+123").unwrap();
        let error = open(&folder, &Configuration::default()).unwrap_err().to_string();
        assert!(error.contains("64 hexadecimal digits"), "{error}");
    }
}
