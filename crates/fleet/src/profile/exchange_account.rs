//! `com.apple.eas.account`: the Exchange ActiveSync account, contacts and nothing else.

use plist::{Dictionary, Value};

use super::{
    identity::Uuid,
    payload::{Names, Payload},
};

/// Apple's names of the five services.
const SERVICES: [&str; 5] = ["Mail", "Contacts", "Calendars", "Reminders", "Notes"];
/// The one that is on.
const CONTACTS: &str = "Contacts";

/// How the account signs in. There is no password: a profile that carries one is a secret in everybody's mailbox.
#[derive(Debug, Clone, Copy)]
pub(super) enum Credentials<'a> {
    /// OAuth at these addresses; with a sign-in address there is no Autodiscover, and the host must be there.
    OAuth { sign_in_url: &'a str, token_url: &'a str, certificate: Option<Uuid> },
    /// A client certificate in the same profile.
    Certificate(Uuid),
}

pub(super) struct ExchangeAccount<'a> {
    pub host: &'a str,
    pub user_name: &'a str,
    pub email: &'a str,
    pub credentials: Credentials<'a>,
    /// Bundle id of the app that calls this account's contacts.
    pub audio_calls: Option<&'a str>,
}

impl ExchangeAccount<'_> {
    pub const ROLE: &'static str = "exchange";

    /// All ten switches are written: what is left out is on, and can be switched on.
    pub fn payload(&self, names: &Names, display_name: &str) -> Payload {
        let mut payload = Payload::new(names, "com.apple.eas.account", Self::ROLE, display_name)
            .text("Host", self.host)
            .flag("SSL", true)
            .text("UserName", self.user_name)
            .text("EmailAddress", self.email);
        payload = match self.credentials {
            Credentials::OAuth { sign_in_url, token_url, certificate } => payload
                .flag("OAuth", true)
                .text("OAuthSignInURL", sign_in_url)
                .text("OAuthTokenRequestURL", token_url)
                .maybe_text("PayloadCertificateUUID", certificate.map(|uuid| uuid.to_string()).as_deref()),
            Credentials::Certificate(uuid) => {
                payload.flag("OAuth", false).text("PayloadCertificateUUID", &uuid.to_string())
            }
        };
        for service in SERVICES {
            payload = payload
                .flag(&format!("Enable{service}"), service == CONTACTS)
                .flag(&format!("Enable{service}UserOverridable"), false);
        }
        match self.audio_calls {
            Some(app) => payload.value("CommunicationServiceRules", service_rules(app)),
            None => payload,
        }
    }
}

/// CommunicationServiceRules: which app calls an account's contacts.
pub(super) fn service_rules(app: &str) -> Value {
    let nest = |key: &str, value: Value| Value::Dictionary(Dictionary::from_iter([(key.to_owned(), value)]));
    nest("DefaultServiceHandlers", nest("AudioCall", super::printable(app).into()))
}
