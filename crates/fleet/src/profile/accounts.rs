//! `com.apple.carddav.account` and `com.apple.ldap.account`: contacts without Exchange, and a directory to search.

use plist::Value;

use super::{
    exchange_account::service_rules,
    payload::{Names, Payload, printable},
};

/// Contacts by CardDAV. It has neither OAuth nor certificates: the person enters an app password.
pub(super) struct CardDavAccount<'a> {
    pub host: &'a str,
    pub port: Option<u16>,
    pub user_name: &'a str,
    pub principal_url: Option<&'a str>,
    pub audio_calls: Option<&'a str>,
}

impl CardDavAccount<'_> {
    pub fn payload(&self, names: &Names, display_name: &str) -> Payload {
        let mut payload = Payload::new(names, "com.apple.carddav.account", "carddav", display_name)
            .text("CardDAVAccountDescription", display_name)
            .text("CardDAVHostName", self.host)
            .flag("CardDAVUseSSL", true)
            .text("CardDAVUsername", self.user_name)
            .maybe_text("CardDAVPrincipalURL", self.principal_url);
        if let Some(port) = self.port {
            payload = payload.number("CardDAVPort", port.into());
        }
        match self.audio_calls {
            Some(app) => payload.value("CommunicationServiceRules", service_rules(app)),
            None => payload,
        }
    }
}

/// A directory that the phone searches by LDAP. It is searched and not kept: it tells nobody who is calling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LdapDirectory {
    /// Host name.
    pub host: String,
    /// What the phone calls it.
    pub description: String,
    /// Where the search begins, such as `ou=people,o=example`.
    pub search_base: String,
    /// Who searches; `None`: everybody may.
    pub user_name: Option<String>,
}

impl LdapDirectory {
    pub(super) fn payload(&self, names: &Names) -> Payload {
        let search = [
            ("LDAPSearchSettingDescription", self.description.as_str()),
            ("LDAPSearchSettingSearchBase", &self.search_base),
            ("LDAPSearchSettingScope", "LDAPSearchSettingScopeSubtree"),
        ];
        let search = search.into_iter().map(|(key, value)| (key.to_owned(), Value::String(printable(value))));
        Payload::new(names, "com.apple.ldap.account", "directory", &self.description)
            .text("LDAPAccountDescription", &self.description)
            .text("LDAPAccountHostName", &self.host)
            .flag("LDAPAccountUseSSL", true)
            .maybe_text("LDAPAccountUserName", self.user_name.as_deref())
            .value("LDAPSearchSettings", Value::Array(vec![Value::Dictionary(search.collect())]))
    }
}
