//! Files that commands are given, read whole within a limit.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// A file, or standard input for `-`. One byte more than `limit` is read, so that whoever looks at it sees that it is
/// too long and says so in its own words.
pub fn read(file: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        io::stdin().lock().take(most).read_to_end(&mut bytes)?;
    } else {
        File::open(file)?.take(most).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_read_than_shows_that_it_is_too_long() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("long");
        std::fs::write(&file, [b'x'; 100]).unwrap();
        assert_eq!(read(&file, 10).unwrap().len(), 11);
        assert_eq!(read(&file, 1_000).unwrap().len(), 100);
        assert!(read(&folder.path().join("none"), 10).is_err());
    }
}
