//! Managed open-in: which app may read or write which contacts.

use super::exchange_account::AccountId;
use super::os_version::{Feature, OsVersion};
use super::restrictions::Restrictions;

/// Where contacts live on the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Store {
    /// An Exchange account; managed or the person's own.
    Account(AccountId),
    /// The person's: iCloud or "On My iPhone".
    Personal,
    /// What Outlook exported, which lies in a personal container and counts as unmanaged.
    OutlookExport,
}

/// An app as managed open-in sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppKind {
    /// Contacts, Phone, Messages: they see everything, and so does caller ID.
    System,
    /// Installed or taken over by MDM.
    Managed,
    /// The person's own.
    Unmanaged,
}

/// One side of the wall and the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct OpenIn {
    pub(super) restrictions: Restrictions,
    pub(super) os: OsVersion,
}

impl OpenIn {
    /// Whether the wall between managed and unmanaged stands at all.
    fn wall(self) -> bool {
        !self.restrictions.open_managed_in_unmanaged && self.os.knows(Feature::ContactsContained)
    }

    pub(super) fn may_read(self, app: AppKind, managed_store: bool) -> bool {
        match (app, managed_store) {
            (AppKind::Unmanaged, true) => !self.wall() || self.restrictions.unmanaged_reads_managed,
            _ => true,
        }
    }

    pub(super) fn may_write(self, app: AppKind, managed_store: bool) -> bool {
        match (app, managed_store) {
            // Who cannot see a store cannot write into it.
            (AppKind::Unmanaged, true) => self.may_read(app, managed_store),
            (AppKind::Managed, false) => !self.wall() || self.restrictions.managed_writes_unmanaged,
            _ => true,
        }
    }
}
