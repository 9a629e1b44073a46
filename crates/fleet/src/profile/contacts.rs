//! The profile that brings a person's company contacts to the native Contacts app.

use super::{
    Profile,
    accounts::{CardDavAccount, LdapDirectory},
    certificates::{ClientIdentity, RootCertificate},
    exchange_account::{Credentials, ExchangeAccount},
    payload::Names,
    restrictions, web_clip,
};
use crate::enrolment::Enrolment;

/// The hub that the account speaks to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hub {
    /// Host name, without scheme and path.
    pub host: String,
    /// Where people sign in (OAuthSignInURL), HTTPS.
    pub sign_in_url: String,
    /// Where tokens are given (OAuthTokenRequestURL), HTTPS.
    pub token_url: String,
    /// The help page.
    pub help_url: String,
    /// The organisation, as people know it.
    pub organisation: String,
    /// Beginning of all PayloadIdentifiers, reverse DNS, such as `org.example.contacts`. It must never change: a
    /// device takes a profile with another identifier for another profile.
    pub identifier_prefix: String,
}

/// Whose account it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// SMTP address.
    pub email: String,
    /// The name to sign in with: with Entra the user principal name.
    pub user_name: String,
    /// As people write it.
    pub full_name: Option<String>,
}

/// How the profile reaches the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Installation {
    /// MDM installs it.
    #[default]
    Mdm,
    /// A person installs it. Keys that are MDM's alone are left out.
    ByHand,
}

/// How the account proves who it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SignIn {
    /// The person signs in at the hub's page.
    #[default]
    OAuth,
    /// The same, and the connection carries a client certificate.
    OAuthWithCertificate(ClientIdentity),
    /// The client certificate alone.
    Certificate(ClientIdentity),
}

/// The protocol of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Account {
    /// Exchange ActiveSync, contacts only.
    Exchange(SignIn),
    /// CardDAV, with an app password that the person enters.
    CardDav {
        /// Where the person's address books are; `None`: the phone finds them.
        principal_url: Option<String>,
        /// `None`: the usual one.
        port: Option<u16>,
    },
}

impl Default for Account {
    fn default() -> Self {
        Self::Exchange(SignIn::default())
    }
}

/// What else is in the profile. The default is the account and nothing more.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// The account.
    pub account: Account,
    /// How it gets there.
    pub installation: Installation,
    /// Whether managed open-in and the contact restrictions are set.
    pub restrictions: bool,
    /// Whether the help page is put on the Home screen.
    pub web_clip: bool,
    /// A directory to search by LDAP; the Exchange account searches the hub's by itself.
    pub directory: Option<LdapDirectory>,
    /// Authorities that the device shall trust.
    pub roots: Vec<RootCertificate>,
    /// Bundle id of the app that calls these contacts; `None`: the person's choice.
    pub audio_calls: Option<String>,
}

/// PayloadIdentifier of the contacts profile of this hub, the same for everybody: a phone that changes hands gets the
/// next person's in place of the last one's.
pub fn contacts_identifier(hub: &Hub) -> String {
    format!("{}.contacts", hub.identifier_prefix)
}

/// The profile for a person's device.
///
/// The identifiers depend on the hub; the payloads' UUIDs on hub and person, so that the same account comes again under
/// the same UUID and nobody is asked to sign in; the profile's UUID on everything in it.
pub fn contacts(hub: &Hub, person: &Person, enrolment: Enrolment, options: &Options) -> Profile {
    let names = Names {
        identifier: contacts_identifier(hub),
        owner: [&hub.host, &person.email, &person.user_name].map(|word| word.to_lowercase()).into(),
        organisation: hub.organisation.clone(),
    };
    let title = format!("{} Contacts", hub.organisation);
    let mut payloads: Vec<_> = (0..).zip(&options.roots).map(|(place, root)| root.payload(&names, place)).collect();
    let audio_calls = options.audio_calls.as_deref();
    match &options.account {
        Account::Exchange(sign_in) => {
            payloads.extend(sign_in.identity().map(|identity| identity.payload(&names)));
            let account = ExchangeAccount {
                host: &hub.host,
                user_name: &person.user_name,
                email: &person.email,
                credentials: sign_in.credentials(hub, &names),
                audio_calls,
            };
            payloads.push(account.payload(&names, &title));
        }
        Account::CardDav { principal_url, port } => {
            let account = CardDavAccount {
                host: &hub.host,
                port: *port,
                user_name: &person.user_name,
                principal_url: principal_url.as_deref(),
                audio_calls,
            };
            payloads.push(account.payload(&names, &title));
        }
    }
    payloads.extend(options.directory.as_ref().map(|directory| directory.payload(&names)));
    if options.restrictions {
        payloads.push(restrictions::payload(&names, enrolment, options.installation));
    }
    if options.web_clip {
        payloads.push(web_clip::payload(&names, &format!("{title}: help"), &hub.help_url));
    }
    let description = format!(
        "Puts the company contacts of {} into the Contacts app. Mail and calendars are not part of it.",
        person.email
    );
    Profile::assemble(&names, &title, &description, payloads)
}

impl SignIn {
    fn identity(&self) -> Option<&ClientIdentity> {
        match self {
            Self::OAuth => None,
            Self::OAuthWithCertificate(identity) | Self::Certificate(identity) => Some(identity),
        }
    }

    fn credentials<'a>(&self, hub: &'a Hub, names: &Names) -> Credentials<'a> {
        let certificate = self.identity().map(|_| ClientIdentity::uuid(names));
        match (self, certificate) {
            (Self::Certificate(_), Some(uuid)) => Credentials::Certificate(uuid),
            _ => Credentials::OAuth { sign_in_url: &hub.sign_in_url, token_url: &hub.token_url, certificate },
        }
    }
}
