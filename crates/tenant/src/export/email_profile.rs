//! Managed Exchange ActiveSync accounts: Intune's e-mail profile, or a payload in a custom configuration.

use std::collections::BTreeSet;

use super::value::Object;

/// What an account syncs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Calendars.
    Calendars,
    /// Contacts.
    Contacts,
    /// Mail.
    Mail,
    /// Notes.
    Notes,
    /// Reminders.
    Reminders,
}

impl Service {
    /// All of them, in the order of `easServices`' bits.
    pub const ALL: [Self; 5] = [Self::Calendars, Self::Contacts, Self::Mail, Self::Notes, Self::Reminders];

    /// Its flag in Graph's `easServices`.
    pub fn graph_name(self) -> &'static str {
        match self {
            Self::Calendars => "calendars",
            Self::Contacts => "contacts",
            Self::Mail => "email",
            Self::Notes => "notes",
            Self::Reminders => "reminders",
        }
    }

    /// Its part of Apple's keys, as in `EnableMail`.
    pub(crate) fn apple_name(self) -> &'static str {
        match self {
            Self::Calendars => "Calendars",
            Self::Contacts => "Contacts",
            Self::Mail => "Mail",
            Self::Notes => "Notes",
            Self::Reminders => "Reminders",
        }
    }
}

/// An Exchange ActiveSync account as it lands on a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EasAccount {
    /// The server; without one the phone asks autodiscovery.
    pub host: Option<String>,
    /// What is switched on.
    pub services: BTreeSet<Service>,
    /// What the person may switch.
    pub user_may_change: BTreeSet<Service>,
    /// Sign-in with OAuth.
    pub oauth: bool,
    /// Sign-in with a certificate.
    pub certificate: bool,
    /// Encrypted connections.
    pub ssl: bool,
    /// `OAuthSignInURL`, which only a custom profile can have.
    pub sign_in_url: Option<String>,
}

impl EasAccount {
    /// From an `iosEasEmailProfileConfiguration`. What is not written is as Apple's defaults have it: all services on,
    /// all of them to be changed by the person, no OAuth.
    pub(crate) fn read(object: Object<'_>) -> Self {
        let all: BTreeSet<Service> = Service::ALL.into_iter().collect();
        let changes = object.flag("easServicesUserOverrideEnabled").unwrap_or(true);
        let method = object.text("authenticationMethod").unwrap_or_default().to_ascii_lowercase();
        Self {
            host: object.text("hostName"),
            services: services(object).unwrap_or_else(|| all.clone()),
            user_may_change: if changes { all } else { BTreeSet::new() },
            oauth: object.flag("useOAuth").unwrap_or(false),
            certificate: matches!(method.as_str(), "certificate" | "derivedcredential" | "1" | "2"),
            ssl: object.flag("requireSsl").unwrap_or(true),
            sign_in_url: None,
        }
    }

    /// What it syncs, in Graph's words.
    #[must_use]
    pub fn services_in_words(&self) -> String {
        let words: Vec<&str> = self.services.iter().map(|service| service.graph_name()).collect();
        if words.is_empty() { "none".into() } else { words.join(",") }
    }
}

/// `easServices`: words in any order, or the sum of their bits.
fn services(object: Object<'_>) -> Option<BTreeSet<Service>> {
    object.get("easServices")?;
    if let Some(bits) = object.number("easServices") {
        let on = |place: usize| bits & (1 << place) != 0;
        return Some(Service::ALL.into_iter().enumerate().filter(|(place, _)| on(*place)).map(|(_, it)| it).collect());
    }
    let words = object.words("easServices");
    Some(Service::ALL.into_iter().filter(|service| words.contains(service.graph_name())).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn services_are_words_in_any_order_or_bits_and_without_any_apples_defaults_hold() {
        let read = |value: serde_json::Value| EasAccount::read(Object::of(&value).unwrap()).services_in_words();
        assert_eq!(read(json!({ "easServices": "contacts, calendars" })), "calendars,contacts");
        assert_eq!(read(json!({ "easServices": "Contacts" })), "contacts");
        assert_eq!(read(json!({ "easServices": 2 })), "contacts");
        assert_eq!(read(json!({ "easServices": "none" })), "none");
        assert_eq!(read(json!({})), "calendars,contacts,email,notes,reminders");
    }
}
