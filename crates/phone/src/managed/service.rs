//! The five data types of an Exchange account.

use std::collections::BTreeSet;

/// A data type with a switch of its own in Settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Mail.
    Mail,
    /// Contacts.
    Contacts,
    /// Calendars.
    Calendars,
    /// Reminders.
    Reminders,
    /// Notes.
    Notes,
}

impl Service {
    /// All five.
    pub const ALL: [Service; 5] =
        [Service::Mail, Service::Contacts, Service::Calendars, Service::Reminders, Service::Notes];

    /// The word in `Enable…` and `Enable…UserOverridable`.
    pub(super) fn in_profile(self) -> &'static str {
        match self {
            Service::Mail => "Mail",
            Service::Contacts => "Contacts",
            Service::Calendars => "Calendars",
            Service::Reminders => "Reminders",
            Service::Notes => "Notes",
        }
    }

    /// The word in `…ServiceActive` and `Lock…Service`: "Calendar" is singular there.
    pub(super) fn in_declaration(self) -> &'static str {
        match self {
            Service::Calendars => "Calendar",
            service => service.in_profile(),
        }
    }

    /// The key in `account.list.exchange`.
    pub(super) fn in_status(self) -> &'static str {
        match self {
            Service::Mail => "is-mail-enabled",
            Service::Contacts => "are-contacts-enabled",
            Service::Calendars => "are-calendars-enabled",
            Service::Reminders => "are-reminders-enabled",
            Service::Notes => "are-notes-enabled",
        }
    }

    pub(super) fn every() -> BTreeSet<Service> {
        Self::ALL.into_iter().collect()
    }
}
