//! How commands tell a running server what they changed: the account's id as a datagram to a socket in the data
//! folder. A hint that gets lost costs nothing but time: the server's [sweep](crate::server) finds the change.

use std::{
    fs, io,
    os::unix::{
        fs::{FileTypeExt, PermissionsExt},
        net::UnixDatagram,
    },
    path::{Path, PathBuf},
};

use hub::{AccountId, Hub};
use identity::Identity;

use crate::limits::HINT_BYTES_MAX;

/// Tells the server of a data folder, if one runs, that an account has changed.
pub fn send(socket: &Path, account: AccountId) {
    let sent = UnixDatagram::unbound().and_then(|from| {
        from.set_nonblocking(true)?;
        from.send_to(account.to_string().as_bytes(), socket)
    });
    match sent {
        Ok(_) => {}
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {}
        Err(error) => tracing::debug!(%error, "the server was not told; it will see the change by itself"),
    }
}

/// The server's end. Dropping it removes the socket.
#[derive(Debug)]
pub struct Listener {
    socket: tokio::net::UnixDatagram,
    path: PathBuf,
}

impl Listener {
    /// Takes the place of a socket that a crash has left. Whoever calls this holds the data folder's lock.
    pub fn bind(path: &Path) -> io::Result<Self> {
        match fs::symlink_metadata(path) {
            Ok(found) if found.file_type().is_socket() => fs::remove_file(path)?,
            Ok(_) => {
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, "a file that is no socket is in the way"));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let socket = tokio::net::UnixDatagram::bind(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        Ok(Self { socket, path: path.to_owned() })
    }

    /// Passes hints on to those who wait; ends with the task.
    pub async fn run(self, hub: Hub, identity: Identity) {
        let mut buffer = [0; HINT_BYTES_MAX];
        loop {
            match self.socket.recv(&mut buffer).await {
                Ok(length) => {
                    if let Some(account) = buffer.get(..length).and_then(account) {
                        // Who wakes asks whether the person may still come in, and shall hear what is true now.
                        if let Err(error) = identity.look().await {
                            tracing::debug!(%error, "who has changed will be seen with the next look");
                        }
                        // The revision is only a hint as well: those who wake look into the ledger.
                        hub.wake_ups().publish(account);
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "hints from commands are not heard any more; changes are found within a minute");
                    return;
                }
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // The next server would remove it as well.
        let _ = fs::remove_file(&self.path);
    }
}

/// Thirty-two hexadecimal digits.
fn account(text: &[u8]) -> Option<AccountId> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.len() == 32)?;
    // `from_str_radix` would take a sign.
    let digits = text.bytes().all(|digit| digit.is_ascii_hexdigit());
    u128::from_str_radix(text, 16).ok().filter(|_| digits).map(|id| AccountId(id.to_be_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_comes_through_as_it_was_sent() {
        let id = AccountId([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255]);
        assert_eq!(account(id.to_string().as_bytes()), Some(id));
        assert_eq!(account(b"+0000000000000000000000000000001"), None);
        assert_eq!(account(b"not an account"), None);
    }

    #[tokio::test]
    async fn a_socket_left_by_a_crash_is_replaced_and_a_file_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        drop(UnixDatagram::bind(&path).unwrap());
        assert!(path.exists());
        let listener = Listener::bind(&path).unwrap();
        drop(listener);
        assert!(!path.exists());
        fs::write(&path, "precious").unwrap();
        assert!(Listener::bind(&path).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    }

    #[test]
    fn without_a_server_a_hint_is_no_trouble() {
        let folder = tempfile::tempdir().unwrap();
        send(&folder.path().join("nobody"), AccountId([1; 16]));
    }
}
