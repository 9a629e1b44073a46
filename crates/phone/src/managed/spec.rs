//! A device before anything happens to it, its person, and what goes wrong with it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::os_version::OsVersion;
use crate::transport::{BadAddress, Endpoint};

/// What the device is.
#[derive(Debug, Clone)]
pub struct DeviceSpec {
    /// Its release.
    pub os: OsVersion,
    /// UDID; never told under user enrolment.
    pub udid: String,
    /// Serial number; never told under user enrolment.
    pub serial: String,
    /// ProductName.
    pub product: String,
    /// EASDeviceIdentifier, which is the DeviceId of its Exchange accounts.
    pub eas_device_identifier: String,
    /// Supervised.
    pub supervised: bool,
    /// Decides everything random.
    pub seed: u64,
    /// Authorities whose servers are trusted (PEM); empty for plain http. Root certificates in profiles come on top.
    pub authorities: Arc<[u8]>,
    /// Where Exchange accounts really connect, when their Host is a name that only exists in the profile.
    pub exchange_at: Option<String>,
    /// Where management (check-in, commands, SCEP, documents) really is, when the names in the profile exist nowhere else:
    /// scheme, host and port are taken from here, the path from the profile.
    pub management_at: Option<String>,
}

impl DeviceSpec {
    /// An unsupervised iPhone whose names follow from a number.
    pub fn numbered(number: u64, os: OsVersion) -> Self {
        Self {
            os,
            udid: format!("00008110-{number:016X}"),
            serial: format!("F4G{number:09X}"),
            product: "iPhone15,4".to_owned(),
            eas_device_identifier: format!("7Q2M5T9KD14V{number:014X}"),
            supervised: false,
            seed: number,
            authorities: Arc::from(Vec::new()),
            exchange_at: None,
            management_at: None,
        }
    }

    /// Where a request to a management address goes.
    pub(super) fn management_endpoint(&self, address: &str) -> Result<Endpoint, BadAddress> {
        self.management_at.as_deref().unwrap_or(address).parse()
    }
}

/// How the person behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Habits {
    /// They agree when management wants an app of theirs, or wants to install one.
    pub accepts_apps: bool,
    /// They sign in when asked.
    pub signs_in: bool,
}

impl Default for Habits {
    fn default() -> Self {
        Self { accepts_apps: true, signs_in: true }
    }
}

/// What goes wrong; nothing by default.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// No network.
    pub offline: bool,
    /// So many answers to commands are not sent, although the command was carried out.
    pub drop_acknowledgements: u32,
    /// Commands of these RequestTypes fail and change nothing.
    pub fail: BTreeSet<String>,
    /// The release the device claims to have.
    pub claimed_os: Option<OsVersion>,
}
