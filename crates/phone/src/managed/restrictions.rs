//! The three keys of `com.apple.applicationaccess` on which managed open-in of contacts hangs.

use super::os_version::{Feature, OsVersion};
use super::profile::Payload;

/// The master switch.
pub(super) const OPEN: &str = "allowOpenFromManagedToUnmanaged";
/// What Outlook's export needs once the master switch is off.
pub(super) const WRITE: &str = "allowManagedToWriteUnmanagedContacts";
/// What lets personal apps read managed contacts although the master switch is off.
pub(super) const READ: &str = "allowUnmanagedToReadManagedContacts";

/// The payload type.
pub(super) const KIND: &str = "com.apple.applicationaccess";

/// What holds on the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restrictions {
    /// `allowOpenFromManagedToUnmanaged`: while `true` the other two mean nothing.
    pub open_managed_in_unmanaged: bool,
    /// `allowManagedToWriteUnmanagedContacts`.
    pub managed_writes_unmanaged: bool,
    /// `allowUnmanagedToReadManagedContacts`.
    pub unmanaged_reads_managed: bool,
}

impl Restrictions {
    /// What all payloads together come to on this release. Where two set the same key, Apple promises nothing; the
    /// stricter one wins here, and [`set_twice`] tells.
    pub(super) fn merged<'a>(payloads: impl Iterator<Item = &'a Payload>, os: OsVersion) -> Self {
        let mut all =
            Self { open_managed_in_unmanaged: true, managed_writes_unmanaged: false, unmanaged_reads_managed: false };
        let (mut writes, mut reads) = (Vec::new(), Vec::new());
        for payload in payloads {
            all.open_managed_in_unmanaged &= payload.content.boolean(OPEN) != Some(false);
            writes.extend(payload.content.boolean(WRITE));
            reads.extend(payload.content.boolean(READ));
        }
        if os.knows(Feature::ContactExceptions) {
            all.managed_writes_unmanaged = !writes.is_empty() && writes.iter().all(|allowed| *allowed);
            all.unmanaged_reads_managed = !reads.is_empty() && reads.iter().all(|allowed| *allowed);
        }
        all
    }
}

/// The keys that more than one payload sets.
pub(super) fn set_twice<'a>(payloads: impl Iterator<Item = &'a Payload>) -> Vec<&'static str> {
    let payloads: Vec<&Payload> = payloads.collect();
    let twice = |key: &&str| payloads.iter().filter(|payload| payload.content.has(key)).count() > 1;
    [OPEN, WRITE, READ].into_iter().filter(twice).collect()
}
