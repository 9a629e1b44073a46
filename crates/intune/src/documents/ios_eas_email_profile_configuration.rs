//! `iosEasEmailProfileConfiguration` (beta only): Intune's template for a managed ActiveSync account.
//!
//! It has no fields for OAuth's addresses: a server of one's own must answer the empty bearer with a challenge, or be
//! configured by [`IosCustomConfiguration`](super::ios_custom_configuration::IosCustomConfiguration).

use std::collections::BTreeSet;

use serde::{Serialize, Serializer};

use super::{Document, default_scope_tags};

/// A managed ActiveSync account.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_excessive_bools)] // the service's own properties
pub struct IosEasEmailProfileConfiguration {
    /// Name in the portal.
    pub display_name: String,
    /// Words in the portal.
    pub description: String,
    /// Who may administer it.
    pub role_scope_tag_ids: Vec<String>,
    /// The server.
    pub host_name: String,
    /// Name of the account on the device.
    pub account_name: String,
    /// Where the user name comes from.
    pub username_source: UserEmailSource,
    /// Where the user name comes from in Entra.
    #[serde(rename = "usernameAADSource")]
    pub username_aad_source: UsernameSource,
    /// Where the address comes from.
    pub email_address_source: UserEmailSource,
    /// How the device proves itself. With OAuth and no certificate: user name and password.
    pub authentication_method: EasAuthenticationMethod,
    /// The certificate profile, for [`EasAuthenticationMethod::Certificate`]: its address in Graph.
    #[serde(rename = "identityCertificate@odata.bind", skip_serializing_if = "Option::is_none")]
    pub identity_certificate: Option<String>,
    /// Sign-in in a browser (iOS 12).
    #[serde(rename = "useOAuth")]
    pub use_oauth: bool,
    /// TLS.
    pub require_ssl: bool,
    /// What is synchronised (iOS 13; older versions take everything).
    pub eas_services: EasServices,
    /// Whether the person may change what is synchronised.
    pub eas_services_user_override_enabled: bool,
    /// How far back mail goes. May not be absent, and means nothing without mail.
    pub duration_of_email_to_sync: EmailSyncDuration,
    /// S/MIME.
    pub require_smime: bool,
    /// Apple's PreventMove.
    pub block_moving_messages_to_other_email_accounts: bool,
    /// Apple's PreventAppSheet.
    pub block_sending_email_from_third_party_apps: bool,
    /// Apple's disableMailRecentsSyncing.
    pub block_syncing_recently_used_email_addresses: bool,
}

impl IosEasEmailProfileConfiguration {
    /// An account that has contacts and nothing else, that signs in with OAuth, and that the person cannot widen.
    pub fn contacts_only(display_name: String, account_name: String, host_name: String) -> Self {
        Self {
            display_name,
            description: "Two-way contact sync with the native Contacts app; mail, calendar, reminders and notes off"
                .to_owned(),
            role_scope_tag_ids: default_scope_tags(),
            host_name,
            account_name,
            username_source: UserEmailSource::UserPrincipalName,
            username_aad_source: UsernameSource::UserPrincipalName,
            email_address_source: UserEmailSource::PrimarySmtpAddress,
            authentication_method: EasAuthenticationMethod::UsernameAndPassword,
            identity_certificate: None,
            use_oauth: true,
            require_ssl: true,
            eas_services: EasServices::only(EasService::Contacts),
            eas_services_user_override_enabled: false,
            duration_of_email_to_sync: EmailSyncDuration::OneWeek,
            require_smime: false,
            block_moving_messages_to_other_email_accounts: false,
            block_sending_email_from_third_party_apps: false,
            block_syncing_recently_used_email_addresses: true,
        }
    }

    /// The same with a certificate from the SCEP or PKCS profile of this id.
    #[must_use]
    pub fn with_certificate(mut self, profile_id: &str) -> Self {
        self.authentication_method = EasAuthenticationMethod::Certificate;
        self.identity_certificate =
            Some(format!("https://graph.microsoft.com/beta/deviceManagement/deviceConfigurations('{profile_id}')"));
        self
    }
}

impl Document for IosEasEmailProfileConfiguration {
    const TYPE: &'static str = "iosEasEmailProfileConfiguration";
}

/// `userEmailSource`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum UserEmailSource {
    /// The name for signing in.
    UserPrincipalName,
    /// The address.
    PrimarySmtpAddress,
}

/// `usernameSource`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum UsernameSource {
    /// The name for signing in.
    UserPrincipalName,
    /// The address.
    PrimarySmtpAddress,
    /// The name in the directory on premises.
    SamAccountName,
}

/// `easAuthenticationMethod`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum EasAuthenticationMethod {
    /// Also with OAuth.
    UsernameAndPassword,
    /// A client certificate.
    Certificate,
    /// A derived credential.
    DerivedCredential,
}

/// `emailSyncDuration`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum EmailSyncDuration {
    /// The person decides.
    UserDefined,
    /// A day.
    OneDay,
    /// Three days.
    ThreeDays,
    /// A week.
    OneWeek,
    /// Two weeks.
    TwoWeeks,
    /// A month.
    OneMonth,
    /// All.
    Unlimited,
}

/// One flag of `easServices`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EasService {
    /// 1.
    Calendars,
    /// 2.
    Contacts,
    /// 4.
    Email,
    /// 8.
    Notes,
    /// 16.
    Reminders,
}

impl EasService {
    fn name(self) -> &'static str {
        match self {
            Self::Calendars => "calendars",
            Self::Contacts => "contacts",
            Self::Email => "email",
            Self::Notes => "notes",
            Self::Reminders => "reminders",
        }
    }
}

/// `easServices`, a flags enum: joined by commas in the order of the bits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EasServices(BTreeSet<EasService>);

impl EasServices {
    /// One service.
    pub fn only(service: EasService) -> Self {
        Self(BTreeSet::from([service]))
    }
}

impl FromIterator<EasService> for EasServices {
    fn from_iter<I: IntoIterator<Item = EasService>>(services: I) -> Self {
        Self(services.into_iter().collect())
    }
}

impl Serialize for EasServices {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let names: Vec<_> = self.0.iter().map(|service| service.name()).collect();
        if names.is_empty() { serializer.serialize_str("none") } else { serializer.serialize_str(&names.join(",")) }
    }
}
