//! Orders as files for any MDM: profiles to upload, commands to send. Nothing comes back.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use fleet::{
    delivery::{Capabilities, Delivery, DeliveryError, Logged, Order, OrderId},
    enrolment::{Enrolment, EnrolmentId},
};

use crate::{command::Command, register::checked_order_id};

/// Delivery into a folder: `<device>/<order>.mobileconfig` for a profile, `<device>/<order>.plist` for any other command.
#[derive(Debug, Clone)]
pub struct Files {
    folder: PathBuf,
}

impl Files {
    /// Writes into a folder, which must exist.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where an order to a device is, or would be.
    ///
    /// # Errors
    /// Names that cannot be those of files.
    pub fn path(&self, device: &EnrolmentId, id: &OrderId, order: &Order) -> Result<PathBuf, DeliveryError> {
        checked_order_id(id).map_err(crate::embedded::not_taken)?;
        let plain = |text: &str| {
            !text.starts_with('.') && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        // A colon separates streams and drives on some file systems.
        let name = id.0.replace(':', "_");
        if !plain(device.as_str()) || !plain(&name) {
            return Err(DeliveryError::Refused(format!("{device} and {name} cannot be names of files")));
        }
        let extension = if matches!(order, Order::InstallProfile(_)) { "mobileconfig" } else { "plist" };
        Ok(self.folder.join(device.as_str()).join(format!("{name}.{extension}")))
    }
}

impl Delivery for Files {
    fn capabilities(&self) -> Capabilities {
        Capabilities { push: false, answers: false, status_reports: false }
    }

    async fn give(&self, device: &EnrolmentId, id: &OrderId, order: &Order) -> Result<(), DeliveryError> {
        let path = self.path(device, id, order)?;
        let bytes = match order {
            Order::InstallProfile(profile) => profile.clone(),
            // Nobody knows how the device is enrolled: what every kind may be asked.
            _ => Command::of(order)
                .write(&id.0, Enrolment::User)
                .map_err(|unfit| DeliveryError::Refused(unfit.to_string()))?,
        };
        let written = tokio::task::spawn_blocking(move || write(&path, &bytes));
        let written = written.await.map_err(|error| DeliveryError::Temporary(error.to_string()))?;
        written.map_err(|error| DeliveryError::Temporary(format!("the file cannot be written: {error}")))
    }

    async fn events(&self, _: i64) -> Result<Vec<Logged>, DeliveryError> {
        Ok(Vec::new())
    }
}

/// Writes a file whole or not at all. One that is there stays: the same order twice is once.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let folder = path.parent().ok_or_else(|| io::Error::other("a file in no folder"))?;
    std::fs::create_dir_all(folder)?;
    let part = path.with_extension("part");
    let mut file = std::fs::File::create(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&part, path)
}
