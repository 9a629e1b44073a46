//! Outlook's "Save Contacts": a one-way copy of the mailbox into the phone's own contacts.

use super::plist::Dictionary;
use crate::local_contact::LocalContact;

/// Whether Outlook exports.
pub const LOCAL_SYNC_ENABLED: &str = "com.microsoft.outlook.Contacts.LocalSyncEnabled";
/// Whether the person can change that.
pub const USER_CHANGE_ALLOWED: &str = "com.microsoft.outlook.Contacts.LocalSyncEnabled.UserChangeAllowed";

/// What became of the export when Outlook was in the foreground.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Export {
    /// It is off; whatever was exported is gone now.
    Off,
    /// The mailbox was written over whatever was exported before.
    Written(usize),
    /// Managed open-in forbids a managed app to write where exports go.
    Forbidden,
    /// There is no container to write to; Outlook asks for iCloud.
    NoContainer,
    /// Outlook is not on the device.
    NoOutlook,
}

/// The person may not change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Save Contacts is set by the organisation")]
pub struct SetByOrganisation;

/// Outlook's settings and what it exported.
#[derive(Debug, Default)]
pub struct Outlook {
    /// What its mailbox holds; it comes by Outlook's own protocol.
    pub mailbox: Vec<LocalContact>,
    choice: Option<bool>,
    /// The configuration it read when last in the foreground: enabled, and open to the person.
    seen: Option<(bool, bool)>,
    pub(super) exported: Vec<LocalContact>,
}

impl Outlook {
    /// Whether it exports, as its settings page shows.
    pub fn saves_contacts(&self) -> bool {
        let (enabled, open) = self.seen.unwrap_or((false, true));
        if open { self.choice.unwrap_or(enabled) } else { enabled }
    }

    /// Whether the person can move the switch.
    pub fn is_open_to_the_person(&self) -> bool {
        self.seen.is_none_or(|(_, open)| open)
    }

    /// The contacts it exported and has not taken away. Editing one natively is possible and lasts until the next export.
    pub fn exported(&self) -> &[LocalContact] {
        &self.exported
    }

    /// As [`Outlook::exported`], for the person's edits.
    pub fn exported_mut(&mut self) -> &mut Vec<LocalContact> {
        &mut self.exported
    }

    pub(super) fn choose(&mut self, on: bool) -> Result<(), SetByOrganisation> {
        if !self.is_open_to_the_person() {
            return Err(SetByOrganisation);
        }
        self.choice = Some(on);
        Ok(())
    }

    /// Outlook opens and reads what management says.
    pub(super) fn read(&mut self, configuration: Option<&Dictionary>) {
        let value = |key: &str, default: bool| configuration.and_then(|found| found.boolean(key)).unwrap_or(default);
        let managed =
            configuration.is_some_and(|found| found.has(LOCAL_SYNC_ENABLED) || found.has(USER_CHANGE_ALLOWED));
        self.seen = managed.then(|| (value(LOCAL_SYNC_ENABLED, false), value(USER_CHANGE_ALLOWED, true)));
    }

    /// The mailbox goes out, over whatever was there.
    pub(super) fn export(&mut self, may_write: bool, container: bool) -> Export {
        if !self.saves_contacts() {
            self.exported.clear();
            return Export::Off;
        }
        if !may_write {
            return Export::Forbidden;
        }
        if !container {
            return Export::NoContainer;
        }
        self.exported.clone_from(&self.mailbox);
        Export::Written(self.exported.len())
    }
}
